/* What claims may be, and what a descriptor must satisfy. */
#include "wire/netdesc.h"

#include <string.h>

#define MAPPED_LEVEL 8 /* of ::ffff:0:0/96 in the row for plain prefixes */
#define MAPPED_GID 0xffff
#define MAPPED_TOP 6 /* the second byte of an IPv4 address */

static unsigned
higher(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static bool
path_equal(const struct topology *topo, unsigned level, const struct claim *a,
    const struct claim *b)
{
	return level >= topo->levels ||
	    memcmp(&a->gid[level], &b->gid[level],
		(topo->levels - level) * sizeof(a->gid[0])) == 0;
}

bool
claims_overlap(const struct topology *topo, const struct claim *a,
    const struct claim *b, unsigned *ret_level)
{
	unsigned level = higher(a->level, b->level);

	if (!path_equal(topo, level, a, b))
		return false;
	if (ret_level != NULL)
		*ret_level = level;
	return true;
}

bool
claims_equal(
    const struct topology *topo, const struct claim *a, const struct claim *b)
{
	return a->level == b->level && path_equal(topo, a->level, a, b);
}

/* Within the IPv4 addresses of the row for plain prefixes, or around them. */
static bool
touches_mapped(const struct topology *topo, const struct claim *c)
{
	struct claim mapped = { .level = MAPPED_LEVEL };

	mapped.gid[MAPPED_LEVEL] = MAPPED_GID;
	return claims_overlap(topo, c, &mapped, NULL);
}

/* How many levels at the upper end keep their gid for ever, by class. */
static const uint8_t fixed_levels[NETDESC_CLASSES] = {
	[NETDESC_ANY] = 0,
	[NETDESC_10] = 1,
	[NETDESC_172] = 1,
	[NETDESC_SITE6] = 2,
	[NETDESC_PLAIN] = 1,
};

unsigned
claim_top(const struct topology *topo, const struct claim *c)
{
	if (topo->class == NETDESC_PLAIN && touches_mapped(topo, c))
		return MAPPED_TOP;
	return topo->levels - 1u - fixed_levels[topo->class];
}

/* Unrestricted IPv4; second is only there when the path goes that deep. */
static bool
any_allowed(unsigned first, bool deep, unsigned second)
{
	if (first == 0 || first == 127 || first >= 224)
		return false;
	if (deep && first == 192)
		return second != 168;
	if (deep && first == 172)
		return second < 16 || second > 31;
	return true;
}

static bool
path_allowed(const struct topology *topo, const struct claim *c)
{
	unsigned last = topo->levels - 1u;
	unsigned first = c->gid[last], second = last > 0 ? c->gid[last - 1] : 0;

	switch (topo->class) {
	case NETDESC_ANY:
		return any_allowed(first, c->level < last, second);
	case NETDESC_10:
		return first == 10 && second != 0; /* 0: ntkd hooks there */
	case NETDESC_172:
		return first == 172 && second >= 17 && second <= 31;
	case NETDESC_SITE6:
		return first == 0xfe && second == 0xc0;
	default:
		return true;
	}
}

static bool
path_in_range(const struct topology *topo, unsigned level, const uint16_t *gid)
{
	unsigned k;

	for (k = level; k < topo->levels; k++)
		if (gid[k] >> topo->bits[k] != 0)
			return false;
	return true;
}

bool
gids_in_range(const struct topology *topo, const uint16_t gid[NETDESC_LEVELS])
{
	return path_in_range(topo, 0, gid);
}

bool
claim_in_range(const struct topology *topo, const struct claim *c)
{
	return c->level < topo->levels && path_in_range(topo, c->level, c->gid);
}

bool
claim_allowed(const struct topology *topo, const struct claim *c)
{
	return claim_in_range(topo, c) && c->level <= claim_top(topo, c) &&
	    path_allowed(topo, c);
}

static const char *
claims_fault(const struct netdesc *d)
{
	unsigned i, k;

	if (d->n_claims == 0 || d->n_claims > NETDESC_CLAIMS)
		return "nclaims";
	for (i = 0; i < d->n_claims; i++) {
		if (!claim_allowed(&d->topo, &d->claim[i]) ||
		    (d->claim[i].flags & ~CLAIM_LEAVING) != 0)
			return "claims";
		for (k = 0; k < i; k++)
			if (claims_overlap(
				&d->topo, &d->claim[k], &d->claim[i], NULL))
				return "claims";
	}
	return NULL;
}

static bool
under_a_claim(const struct netdesc *d, const struct claim *whole)
{
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_overlap(&d->topo, &d->claim[i], whole, NULL))
			return true;
	return false;
}

static bool
gids_ok(const struct netdesc *d)
{
	static const uint16_t none[NETDESC_LEVELS];
	struct claim whole = { .level = 0 };

	if (!gids_in_range(&d->topo, d->gid))
		return false;
	memcpy(whole.gid, d->gid, sizeof(whole.gid));
	/* A site of prefixes need not have an address of its own. */
	return under_a_claim(d, &whole) ||
	    (d->topo.class == NETDESC_PLAIN &&
		memcmp(d->gid, none, d->topo.levels * sizeof(none[0])) == 0);
}

static const char *
known_fault(const struct netdesc *d)
{
	unsigned i;

	if (d->n_known > NETDESC_KNOWN)
		return "nknown";
	for (i = 0; i < d->n_known; i++)
		if (d->known[i].netid == 0 ||
		    (d->known[i].claim.flags &
			~(KNOWN_STABLE | KNOWN_RESERVED)) != 0 ||
		    !claim_allowed(&d->topo, &d->known[i].claim))
			return "known";
	return NULL;
}

static const char *
tunnel_fault(const struct netdesc *d)
{
	if (d->netid == 0)
		return "netid";
	if ((d->flags & ~NETDESC_TUNNEL_FLAGS) != 0)
		return "flags";
	return known_fault(d);
}

static const char *
mesh_fault(const struct netdesc *d)
{
	if (d->netid != 0)
		return "netid";
	if (d->vnodeid != 0)
		return "vnodeid";
	if (d->epoch != 0)
		return "epoch";
	if (d->age != 0)
		return "age";
	if ((d->flags & ~NETDESC_MESH_FLAGS) != 0)
		return "flags";
	return d->n_known != 0 ? "nknown" : NULL;
}

const char *
netdesc_check(const struct netdesc *d, enum netdesc_use use)
{
	const char *field = topology_check(&d->topo);

	if (field == NULL)
		field = claims_fault(d);
	if (field == NULL && !gids_ok(d))
		field = "gids";
	if (field == NULL && d->nodes == 0)
		field = "nodes";
	if (field == NULL)
		field = use == NETDESC_MESH ? mesh_fault(d) : tunnel_fault(d);
	return field;
}

/* The family that an address of this class belongs to. */
static const uint8_t class_family[NETDESC_CLASSES] = {
	[NETDESC_ANY] = 4,
	[NETDESC_10] = 4,
	[NETDESC_172] = 4,
	[NETDESC_SITE6] = 6,
	[NETDESC_PLAIN] = 6,
};

const char *
topology_check(const struct topology *topo)
{
	struct topology plain = topology_plain();
	unsigned k;

	if (topo->family != 4 && topo->family != 6)
		return "family";
	if (topo->class >= NETDESC_CLASSES ||
	    topo->family != class_family[topo->class])
		return "class";
	if (topo->levels <= fixed_levels[topo->class] ||
	    topo->levels > NETDESC_LEVELS)
		return "levels";
	for (k = 0; k < topo->levels; k++)
		if (topo->bits[k] < 1 || topo->bits[k] > 16)
			return "bits";
	if (topo->class == NETDESC_PLAIN && !topology_equal(topo, &plain))
		return topo->levels != plain.levels ? "levels" : "bits";
	return NULL;
}
