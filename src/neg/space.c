#include "neg/space.h"

#include <stdio.h>
#include <string.h>

#define A_BITS 128 /* of the longest address */

/* Bits of the row from a level up: the length of a claim as a prefix. */
static unsigned
bits_from(const struct topology *topo, unsigned level)
{
	unsigned k, n = 0;

	for (k = level; k < topo->levels; k++)
		n += topo->bits[k];
	return n;
}

static bool
same_from(const struct topology *topo, const uint16_t *a, const uint16_t *b,
    unsigned level)
{
	unsigned k;

	for (k = level; k < topo->levels; k++)
		if (a[k] != b[k])
			return false;
	return true;
}

bool
claim_has(
    const struct topology *topo, const struct claim *c, const uint16_t *gid)
{
	return same_from(topo, c->gid, gid, c->level);
}

/* --- as prefixes ---------------------------------------------------------- */

/* The n bits of an address from bit off; those behind its end are zero. */
static uint16_t
bits_get(const uint8_t a[16], unsigned off, unsigned n)
{
	unsigned v = 0, i;

	for (i = off; i < off + n; i++) {
		v <<= 1;
		if (i < A_BITS)
			v |= (unsigned)a[i / 8] >> (7 - i % 8) & 1;
	}
	return (uint16_t)v;
}

static void
bits_put(uint8_t a[16], unsigned off, unsigned n, uint16_t v)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if ((v >> (n - 1 - i) & 1) != 0)
			a[(off + i) / 8] |= (uint8_t)(0x80 >> (off + i) % 8);
}

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool
claim_prefix(
    const struct topology *topo, const struct claim *c, struct prefix *ret)
{
	unsigned off = 0, k;

	*ret = (struct prefix){
		.family = topo->family == 4 ? PREFIX_IPV4 : PREFIX_IPV6,
	};
	if (bits_from(topo, 0) != 8 * prefix_alen(ret->family))
		return false;
	ret->bits = (uint8_t)bits_from(topo, c->level);
	for (k = topo->levels; k-- > c->level;) {
		bits_put(ret->a, off, topo->bits[k], c->gid[k]);
		off += topo->bits[k];
	}
	if (topo->class == NETDESC_PLAIN && ret->bits >= 8 * sizeof(mapped) &&
	    memcmp(ret->a, mapped, sizeof(mapped)) == 0) {
		ret->family = PREFIX_IPV4;
		ret->bits = (uint8_t)(ret->bits - 8 * sizeof(mapped));
		memmove(ret->a, ret->a + sizeof(mapped), 4);
		memset(ret->a + 4, 0, sizeof(ret->a) - 4);
	}
	return true;
}

const char *
claim_format(const struct topology *topo, const struct claim *c,
    char buf[static CLAIM_TEXT])
{
	struct prefix p;
	size_t len;
	unsigned k;

	if (claim_prefix(topo, c, &p))
		return prefix_format(&p, buf);
	len = (size_t)snprintf(buf, CLAIM_TEXT, "level %u:", c->level);
	for (k = c->level; k < topo->levels; k++)
		len += (size_t)snprintf(buf + len, CLAIM_TEXT - len, "%c%u",
		    k == c->level ? ' ' : '.', c->gid[k]);
	return buf;
}

/*
 * The bits of p in the row of topo: where they lie, and how many; false: they
 * are none of its.
 */
static bool
row_of(const struct topology *topo, const struct prefix *p, uint8_t a[16],
    unsigned *ret_bits)
{
	*ret_bits = p->bits;
	if (topo->class == NETDESC_PLAIN && p->family == PREFIX_IPV4) {
		memcpy(a, mapped, sizeof(mapped));
		memcpy(a + sizeof(mapped), p->a, 4);
		*ret_bits += 8 * sizeof(mapped);
		return true;
	}
	memcpy(a, p->a, sizeof(p->a));
	return p->family == (topo->family == 4 ? PREFIX_IPV4 : PREFIX_IPV6);
}

/* The path that begins with these bits, down to a level. */
static struct claim
claim_at(const struct topology *topo, unsigned level, const uint8_t a[16])
{
	struct claim c = { .level = (uint8_t)level };
	unsigned off = 0, k;

	for (k = topo->levels; k-- > level;) {
		c.gid[k] = bits_get(a, off, topo->bits[k]);
		off += topo->bits[k];
	}
	return c;
}

int
claims_of_prefix(const struct topology *topo, const struct prefix *p,
    struct claim *out, unsigned max)
{
	unsigned bits, level, n, i;
	uint8_t a[16];

	if (!row_of(topo, p, a, &bits) || bits_from(topo, 0) < bits)
		return -1;
	for (level = topo->levels - 1u; bits_from(topo, level) < bits; level--)
		;
	n = 1u << (bits_from(topo, level) - bits);
	if (n > max)
		return -1;
	for (i = 0; i < n; i++) {
		out[i] = claim_at(topo, level, a);
		out[i].gid[level] = (uint16_t)(out[i].gid[level] + i);
	}
	return (int)n;
}

int
claims_from_prefix(const struct prefix *p, struct claim *out, unsigned max)
{
	struct topology topo = topology_plain();

	return claims_of_prefix(&topo, p, out, max);
}

bool
claim_covering(
    const struct topology *topo, const struct prefix *p, struct claim *ret)
{
	unsigned bits, level;
	uint8_t a[16];

	*ret = (struct claim){ 0 };
	if (!row_of(topo, p, a, &bits))
		return false;
	for (level = 0; level < topo->levels; level++)
		if (bits_from(topo, level) <= bits) {
			*ret = claim_at(topo, level, a);
			return true;
		}
	return false;
}

/* --- a new address -------------------------------------------------------- */

/* The gids of one level that cannot be had. */
struct gids {
	uint64_t used[(1 << 16) / 64];
};

static bool
gid_used(const struct gids *g, uint32_t gid)
{
	return (g->used[gid / 64] >> gid % 64 & 1) != 0;
}

static void
gid_use(struct gids *g, uint32_t gid)
{
	g->used[gid / 64] |= UINT64_C(1) << gid % 64;
}

/* Those of level v beside the claim; false: what is above them is taken. */
static bool
use_taken(const struct topology *topo, const struct claim *claim, unsigned v,
    const struct taken *taken, struct gids *g)
{
	const struct claim *t;

	for (t = taken->claim; t < taken->claim + taken->n; t++) {
		if (t->level > v) {
			if (same_from(topo, t->gid, claim->gid, t->level))
				return false;
		} else if (same_from(topo, t->gid, claim->gid, v + 1))
			gid_use(g, t->gid[v]);
	}
	return true;
}

/*
 * Unrestricted IPv4: a gnode that has private addresses in it. There may be
 * one, but nobody should move there.
 */
static bool
has_private(const struct topology *topo, const struct claim *path)
{
	unsigned last = topo->levels - 1u;

	return topo->class == NETDESC_ANY && path->level == last &&
	    (path->gid[last] == 172 || path->gid[last] == 192);
}

/* Also those that the claim has now or may not have; how many are left. */
static uint32_t
use_rest(const struct topology *topo, const struct claim *claim, unsigned v,
    struct gids *g)
{
	uint32_t gid, free_ones = 0, end = UINT32_C(1) << topo->bits[v];
	struct claim c = *claim, path = *claim; /* equal at its own level */

	path.level = (uint8_t)v;
	memset(path.gid, 0, v * sizeof(path.gid[0]));
	gid_use(g, claim->gid[v]);
	for (gid = 0; gid < end; gid++) {
		if (gid_used(g, gid))
			continue;
		c.gid[v] = path.gid[v] = (uint16_t)gid;
		if (claim_allowed(topo, &path) && !has_private(topo, &path) &&
		    (v == claim->level || claim_allowed(topo, &c)))
			free_ones++;
		else
			gid_use(g, gid);
	}
	return free_ones;
}

/* The gid of the nth that is left. */
static uint32_t
gid_nth(const struct gids *g, uint32_t nth)
{
	uint32_t gid;

	for (gid = 0;; gid++)
		if (!gid_used(g, gid) && nth-- == 0)
			return gid;
}

enum choose_result
space_choose(const struct topology *topo, const struct claim *claim, unsigned k,
    const struct taken *taken, uint32_t (*pick)(void *arg, uint32_t n),
    void *arg, struct claim *ret)
{
	unsigned v = k > claim->level ? k : claim->level;
	unsigned top = claim_top(topo, claim);

	for (; v <= top; v++) {
		struct gids g = { 0 };
		uint32_t n;

		if (!use_taken(topo, claim, v, taken, &g))
			continue;
		n = use_rest(topo, claim, v, &g);
		if (n == 0)
			continue;
		*ret = *claim;
		ret->flags = 0;
		ret->gid[v] = (uint16_t)gid_nth(&g, pick(arg, n));
		return CHOOSE_OK;
	}
	return CHOOSE_FULL;
}
