#include "tests/unit/descgen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"

struct topology
descgen_topology(struct rng *r)
{
	enum netdesc_class class =
	    (enum netdesc_class)rng_below(r, NETDESC_CLASSES);
	struct topology topo = topology_ntk(class);
	unsigned k;

	if (class == NETDESC_PLAIN)
		return topology_plain();
	if (rng_below(r, 2) == 0)
		return topo;
	topo.levels = (uint8_t)(3 + rng_below(r, NETDESC_LEVELS - 2));
	memset(topo.bits, 0, sizeof(topo.bits));
	for (k = 0; k < topo.levels; k++)
		topo.bits[k] = (uint8_t)(1 + rng_below(r, 16));
	for (k = topo.levels - 2u; k < topo.levels; k++)
		topo.bits[k] = (uint8_t)(8 + rng_below(r, 9));
	return topo;
}

/* The gids that never change. */
static void
fix_path(struct rng *r, const struct topology *topo, struct claim *c)
{
	unsigned last = topo->levels - 1u;

	if (topo->class == NETDESC_10) {
		c->gid[last] = 10;
	} else if (topo->class == NETDESC_172) {
		c->gid[last] = 172;
		c->gid[last - 1] = (uint16_t)(17 + rng_below(r, 15));
	} else if (topo->class == NETDESC_SITE6) {
		c->gid[last] = 0xfe;
		c->gid[last - 1] = 0xc0;
	} else if (topo->class == NETDESC_PLAIN && c->level <= 6 &&
	    rng_below(r, 2) == 0) {
		memset(&c->gid[9], 0, 7 * sizeof(c->gid[0]));
		c->gid[8] = 0xffff;
	}
}

struct claim
descgen_claim(struct rng *r, const struct topology *topo)
{
	struct claim c;
	unsigned k;

	do {
		memset(&c, 0, sizeof(c));
		c.level = (uint8_t)rng_below(r, topo->levels);
		c.flags = rng_below(r, 4) == 0 ? CLAIM_LEAVING : 0;
		for (k = c.level; k < topo->levels; k++)
			c.gid[k] =
			    (uint16_t)rng_below(r, (size_t)1 << topo->bits[k]);
		fix_path(r, topo, &c);
		memset(c.gid, 0, c.level * sizeof(c.gid[0]));
	} while (!claim_allowed(topo, &c));
	return c;
}

static void
add_claim(struct rng *r, struct netdesc *d)
{
	struct claim c = descgen_claim(r, &d->topo);
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_overlap(&d->topo, &d->claim[i], &c, NULL))
			return;
	d->claim[d->n_claims++] = c;
}

static void
add_known(struct rng *r, struct netdesc *d, unsigned max)
{
	unsigned i, n = (unsigned)rng_below(r, max + 1u);

	if (n == 0)
		return;
	d->known = xcalloc(n, sizeof(*d->known));
	d->n_known = (uint16_t)n;
	for (i = 0; i < n; i++) {
		d->known[i].netid = 1 + (rng_next(r) >> 1);
		d->known[i].claim = descgen_claim(r, &d->topo);
		d->known[i].claim.flags = (uint8_t)rng_below(r, 4);
	}
}

static void
set_address(struct rng *r, struct netdesc *d)
{
	const struct claim *c = &d->claim[rng_below(r, d->n_claims)];
	unsigned k;

	if (d->topo.class == NETDESC_PLAIN && rng_below(r, 2) == 0)
		return;
	memcpy(d->gid, c->gid, sizeof(d->gid));
	for (k = 0; k < c->level; k++)
		d->gid[k] =
		    (uint16_t)rng_below(r, (size_t)1 << d->topo.bits[k]);
}

void
descgen_desc(
    struct rng *r, enum netdesc_use use, unsigned max_known, struct netdesc *d)
{
	unsigned i, n = 1 + (unsigned)rng_below(r, NETDESC_CLAIMS);

	memset(d, 0, sizeof(*d));
	d->topo = descgen_topology(r);
	for (i = 0; i < n; i++)
		add_claim(r, d);
	set_address(r, d);
	d->nodes = 1 + (uint32_t)(rng_next(r) >> 33);
	if (use == NETDESC_MESH) {
		d->flags = rng_next(r) & NETDESC_MESH_FLAGS;
		return;
	}
	d->netid = 1 + (rng_next(r) >> 1);
	d->vnodeid = rng_next(r);
	d->epoch = (uint32_t)rng_next(r);
	d->age = (uint32_t)rng_next(r);
	d->flags = rng_next(r) & NETDESC_TUNNEL_FLAGS;
	add_known(r, d, max_known);
}

void
descgen_equal(const struct netdesc *a, const struct netdesc *b)
{
	unsigned i;

	assert_true(topology_equal(&a->topo, &b->topo));
	assert_memory_equal(a->gid, b->gid, sizeof(a->gid));
	assert_true(a->netid == b->netid && a->vnodeid == b->vnodeid);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->nodes, b->nodes);
	assert_int_equal(a->age, b->age);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->n_claims, b->n_claims);
	assert_memory_equal(
	    a->claim, b->claim, a->n_claims * sizeof(a->claim[0]));
	assert_int_equal(a->n_known, b->n_known);
	for (i = 0; i < a->n_known; i++) {
		assert_true(a->known[i].netid == b->known[i].netid);
		assert_memory_equal(&a->known[i].claim, &b->known[i].claim,
		    sizeof(a->known[i].claim));
	}
}
