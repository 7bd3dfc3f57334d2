#include "wire/netdesc.h"

#include <string.h>

#include "base/xmem.h"

#define KNOWN_HEAD 10 /* bytes of a known one before its path */

void
netdesc_fini(struct netdesc *d)
{
	free(d->known);
	d->known = NULL;
	d->n_known = 0;
}

/* Up to the end of its claims: of a kept one there is no more. */
static size_t
len_of(const struct netdesc *d)
{
	return offsetof(struct netdesc, claim) +
	    d->n_claims * sizeof(d->claim[0]);
}

const struct netdesc *
netdesc_keep(struct netdesc *d)
{
	void *kept = try_malloc(len_of(d));

	if (kept == NULL)
		return NULL;
	memcpy(kept, d, len_of(d));
	d->known = NULL;
	d->n_known = 0;
	return kept;
}

void
netdesc_free(const struct netdesc *kept)
{
	if (kept == NULL)
		return;
	free(kept->known);
	free((void *)(uintptr_t)kept);
}

void
netdesc_copy(struct netdesc *to, const struct netdesc *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, len_of(from));
	to->known = NULL;
	if (from->n_known == 0)
		return;
	to->known = try_calloc(from->n_known, sizeof(*to->known));
	if (to->known == NULL) {
		to->n_known = 0;
		return;
	}
	memcpy(to->known, from->known, from->n_known * sizeof(*to->known));
}

static bool
has_claim(const struct netdesc *d, const struct claim *c)
{
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (d->claim[i].flags == c->flags &&
		    claims_equal(&d->topo, &d->claim[i], c))
			return true;
	return false;
}

bool
netdesc_same_place(const struct netdesc *a, const struct netdesc *b)
{
	unsigned i;

	if (!topology_equal(&a->topo, &b->topo) || a->n_claims != b->n_claims ||
	    memcmp(a->gid, b->gid, a->topo.levels * sizeof(a->gid[0])) != 0)
		return false;
	/* No two of one side overlap: so it is all of the other's, too. */
	for (i = 0; i < a->n_claims; i++)
		if (!has_claim(b, &a->claim[i]))
			return false;
	return true;
}

bool
topology_equal(const struct topology *a, const struct topology *b)
{
	return a->family == b->family && a->class == b->class &&
	    a->levels == b->levels && memcmp(a->bits, b->bits, a->levels) == 0;
}

struct topology topology_ntk(enum netdesc_class class)
{
	struct topology topo = { .family = 4,
		.class = (uint8_t) class,
		.levels = 4,
		.bits = { 8, 8, 8, 8 } };

	if (class == NETDESC_SITE6) {
		topo.family = 6;
		topo.levels = 16;
		memset(topo.bits, 8, sizeof(topo.bits));
	}
	return topo;
}

struct topology
topology_plain(void)
{
	return (struct topology){ .family = 6,
		.class = NETDESC_PLAIN,
		.levels = 16,
		.bits = {
		    4, 4, 2, 2, 2, 2, 8, 8, 16, 16, 8, 8, 8, 8, 16, 16 } };
}

static const char *
topology_get(struct rd *r, struct topology *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!rd_u8(r, &ret->family))
		return "family";
	if (!rd_u8(r, &ret->class))
		return "class";
	if (!rd_u8(r, &ret->levels) || ret->levels > NETDESC_LEVELS)
		return "levels";
	if (!rd_bytes(r, ret->bits, ret->levels))
		return "bits";
	return topology_check(ret);
}

bool
topology_parse(struct rd *r, struct topology *ret)
{
	if (topology_get(r, ret) == NULL)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

void
topology_write(struct wr *w, const struct topology *topo)
{
	wr_u8(w, topo->family);
	wr_u8(w, topo->class);
	wr_u8(w, topo->levels);
	wr_bytes(w, topo->bits, topo->levels);
}

/* The gids from a level up, each within its bits. */
static bool
path_get(struct rd *r, const struct topology *topo, unsigned level,
    uint16_t gid[NETDESC_LEVELS])
{
	unsigned k;

	for (k = level; k < topo->levels; k++)
		if (!rd_be16(r, &gid[k]) || gid[k] >> topo->bits[k] != 0)
			return false;
	return level < topo->levels;
}

static void
path_put(struct wr *w, const struct topology *topo, unsigned level,
    const uint16_t gid[NETDESC_LEVELS])
{
	unsigned k;

	for (k = level; k < topo->levels; k++)
		wr_be16(w, gid[k]);
}

bool
gids_parse(
    struct rd *r, const struct topology *topo, uint16_t ret[NETDESC_LEVELS])
{
	memset(ret, 0, NETDESC_LEVELS * sizeof(ret[0]));
	if (path_get(r, topo, 0, ret))
		return true;
	memset(ret, 0, NETDESC_LEVELS * sizeof(ret[0]));
	return false;
}

void
gids_write(struct wr *w, const struct topology *topo,
    const uint16_t gid[NETDESC_LEVELS])
{
	path_put(w, topo, 0, gid);
}

bool
claim_parse(struct rd *r, const struct topology *topo, struct claim *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (rd_u8(r, &ret->level) && rd_u8(r, &ret->flags) &&
	    path_get(r, topo, ret->level, ret->gid)) {
		ret->flags &= CLAIM_LEAVING;
		return true;
	}
	memset(ret, 0, sizeof(*ret));
	return false;
}

void
claim_write(struct wr *w, const struct topology *topo, const struct claim *c)
{
	wr_u8(w, c->level);
	wr_u8(w, c->flags);
	path_put(w, topo, c->level, c->gid);
}

bool
known_parse(struct rd *r, const struct topology *topo, struct known *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (rd_be64(r, &ret->netid) && rd_u8(r, &ret->claim.flags) &&
	    rd_u8(r, &ret->claim.level) &&
	    path_get(r, topo, ret->claim.level, ret->claim.gid)) {
		ret->claim.flags &= KNOWN_STABLE | KNOWN_RESERVED;
		return true;
	}
	memset(ret, 0, sizeof(*ret));
	return false;
}

void
known_write(struct wr *w, const struct topology *topo, const struct known *k)
{
	wr_be64(w, k->netid);
	wr_u8(w, k->claim.flags);
	wr_u8(w, k->claim.level);
	path_put(w, topo, k->claim.level, k->claim.gid);
}

/* NULL, or the field that ends too early or is out of range. */
static const char *
numbers_get(struct rd *r, enum netdesc_use use, struct netdesc *d)
{
	if (!gids_parse(r, &d->topo, d->gid))
		return "gids";
	if (!rd_be64(r, &d->netid))
		return "netid";
	if (!rd_be64(r, &d->vnodeid))
		return "vnodeid";
	if (!rd_be32(r, &d->epoch))
		return "epoch";
	if (!rd_be32(r, &d->nodes))
		return "nodes";
	if (!rd_be32(r, &d->age))
		return "age";
	if (!rd_be16(r, &d->flags))
		return "flags";
	d->flags &=
	    use == NETDESC_MESH ? NETDESC_MESH_FLAGS : NETDESC_TUNNEL_FLAGS;
	return NULL;
}

static const char *
claims_get(struct rd *r, struct netdesc *d)
{
	unsigned i;

	if (!rd_u8(r, &d->n_claims) || d->n_claims > NETDESC_CLAIMS)
		return "nclaims";
	for (i = 0; i < d->n_claims; i++)
		if (!claim_parse(r, &d->topo, &d->claim[i]))
			return "claims";
	return NULL;
}

static const char *
known_get(struct rd *r, struct netdesc *d)
{
	uint16_t n;
	unsigned i;

	if (!rd_be16(r, &n) || n > NETDESC_KNOWN)
		return "nknown";
	if (n == 0)
		return NULL;
	if (n > r->left / KNOWN_HEAD) /* no memory for what is not there */
		return "known";
	d->known = try_calloc(n, sizeof(*d->known));
	if (d->known == NULL)
		return NETDESC_NO_MEMORY;
	d->n_known = n;
	for (i = 0; i < n; i++)
		if (!known_parse(r, &d->topo, &d->known[i]))
			return "known";
	return NULL;
}

static const char *
netdesc_get(struct rd *r, enum netdesc_use use, struct netdesc *d)
{
	const char *field;
	uint8_t version;

	if (!rd_u8(r, &version) || version != NETDESC_VERSION)
		return "version";
	if ((field = topology_get(r, &d->topo)) != NULL ||
	    (field = numbers_get(r, use, d)) != NULL ||
	    (field = claims_get(r, d)) != NULL ||
	    (field = known_get(r, d)) != NULL)
		return field;
	if (!rd_end(r))
		return "length";
	return netdesc_check(d, use);
}

const char *
netdesc_parse(struct rd *r, enum netdesc_use use, struct netdesc *ret)
{
	const char *field;

	memset(ret, 0, sizeof(*ret));
	field = netdesc_get(r, use, ret);
	if (field != NULL) {
		netdesc_fini(ret);
		memset(ret, 0, sizeof(*ret));
	}
	return field;
}

static void
fixed_put(struct wr *w, const struct netdesc *d)
{
	unsigned i;

	wr_u8(w, NETDESC_VERSION);
	topology_write(w, &d->topo);
	gids_write(w, &d->topo, d->gid);
	wr_be64(w, d->netid);
	wr_be64(w, d->vnodeid);
	wr_be32(w, d->epoch);
	wr_be32(w, d->nodes);
	wr_be32(w, d->age);
	wr_be16(w, d->flags);
	wr_u8(w, d->n_claims);
	for (i = 0; i < d->n_claims; i++)
		claim_write(w, &d->topo, &d->claim[i]);
}

static size_t
known_len(const struct netdesc *d, const struct known *k)
{
	return KNOWN_HEAD + 2u * (d->topo.levels - k->claim.level);
}

/* How many of the known ones, from the first, go into len bytes. */
static uint16_t
known_fitting(const struct netdesc *d, size_t len)
{
	uint16_t n;

	for (n = 0; n < d->n_known && known_len(d, &d->known[n]) <= len; n++)
		len -= known_len(d, &d->known[n]);
	return n;
}

bool
netdesc_write(struct wr *w, const struct netdesc *d, size_t max)
{
	size_t start = w->len, room = w->max - w->len, used;
	uint16_t i, n;

	if (room > max)
		room = max;
	fixed_put(w, d);
	used = w->len - start + sizeof(n);
	if (!wr_ok(w) || used > room) {
		w->bad = true;
		return false;
	}
	n = known_fitting(d, room - used);
	wr_be16(w, n);
	for (i = 0; i < n; i++)
		known_write(w, &d->topo, &d->known[i]);
	return wr_ok(w);
}
