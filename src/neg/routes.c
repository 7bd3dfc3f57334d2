#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"
#include "wire/frame.h"

#define LEAVING_S 300u /* so long a claim that we leave takes no place */

/* A claim that we are leaving gives way for a while, then it counts again. */
static bool
own_blocks(const struct neg *g, const struct claim *c, struct mono now)
{
	const struct topology *topo = &g->own.topo;
	const struct move *m;
	unsigned i;

	for (i = 0; i < g->own.n_claims; i++) {
		const struct claim *own = &g->own.claim[i];

		if (!claims_overlap(topo, own, c, NULL))
			continue;
		if ((own->flags & CLAIM_LEAVING) == 0)
			return true;
		m = budget_left_by(&g->budget, topo, own);
		if (m == NULL ||
		    mono_since(m->done_at, now) >=
			LEAVING_S * (uint64_t)MONO_SEC)
			return true;
	}
	return false;
}

bool
link_is_of(const struct link *l, const uint8_t *key, uint64_t netid)
{
	return memcmp(l->p.key, key, NEG_KEY) == 0 ||
	    (l->p.trusted && l->desc != NULL && l->desc->netid == netid);
}

static bool
has_claim(const struct topology *topo, const struct claim *list, unsigned n,
    const struct claim *c)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (claims_equal(topo, &list[i], c))
			return true;
	return false;
}

/*
 * One network may have a route by two links if a person vouches for the second
 * one (a netid is no secret), but no other claim within it.
 */
static bool
route_blocks(const struct neg *g, const struct link *l, const struct claim *c)
{
	const struct topology *topo = &g->own.topo;
	const struct link *o;
	unsigned i;

	TAILQ_FOREACH (o, &g->links, all) {
		if (o == l)
			continue;
		for (i = 0; i < o->n_routes; i++)
			if (claims_overlap(topo, &o->route[i], c, NULL) &&
			    (o->desc->netid != l->desc->netid ||
				!claims_equal(topo, &o->route[i], c) ||
				!(l->p.trusted ||
				    has_claim(topo, l->route, l->n_routes, c))))
				return true;
	}
	return false;
}

/* Which of the two was there first, or is the one that we know. */
static bool
goes_first(const struct link *o, const struct link *l)
{
	if (o->p.trusted != l->p.trusted)
		return o->p.trusted;
	return mono_before(o->up_at, l->up_at);
}

/*
 * What is not routed to a peer because a part of it is ours, or only while both
 * agree anew, goes to nobody else piece by piece or meanwhile.
 */
static bool
pending_blocks(const struct neg *g, const struct link *l, const struct claim *c,
    struct mono now)
{
	const struct topology *topo = &g->own.topo;
	const struct link *o;
	unsigned i;

	TAILQ_FOREACH (o, &g->links, all) {
		if (o == l || o->desc == NULL || o->closed ||
		    !topology_equal(&o->desc->topo, topo))
			continue;
		for (i = 0; i < o->desc->n_claims; i++) {
			const struct claim *theirs = &o->desc->claim[i];

			if (claims_overlap(topo, theirs, c, NULL) &&
			    ((!link_settled(o) &&
				 has_claim(topo, o->held, o->n_held, theirs)) ||
				(goes_first(o, l) &&
				    own_blocks(g, theirs, now))))
				return true;
		}
	}
	return false;
}

/* A place that is kept for another network. */
static bool
kept_blocks(const struct neg *g, const struct link *l, const struct claim *c,
    struct mono now)
{
	const struct topology *topo = &g->own.topo;
	const struct reserve *rs;
	const struct network *n;
	unsigned i;

	TAILQ_FOREACH (rs, &g->reserves, all)
		if (!win_is_for(rs, l) && topology_equal(&rs->topo, topo) &&
		    claims_overlap(topo, &rs->claim, c, NULL))
			return true;
	TAILQ_FOREACH (n, &g->mem.all, all) {
		if (link_is_of(l, n->key, n->netid) || !network_kept(n, now) ||
		    !topology_equal(&n->topo, topo))
			continue;
		for (i = 0; i < n->n_claims; i++)
			if (claims_overlap(topo, &n->claim[i], c, NULL))
				return true;
	}
	return false;
}

/*
 * First come stays: what is installed and still claimed goes first, whatever
 * else is kept meanwhile.
 */
static unsigned
wanted(const struct neg *g, const struct link *l, struct claim *out,
    struct mono now)
{
	const struct topology *topo = &g->own.topo;
	unsigned i, n = 0;

	if (!g->has_own || !l->routed || l->desc == NULL ||
	    l->desc->netid == g->netid || !topology_equal(topo, &l->desc->topo))
		return 0;
	for (i = 0; i < l->desc->n_claims; i++) {
		const struct claim *c = &l->desc->claim[i];

		if ((c->flags & CLAIM_LEAVING) == 0 && !own_blocks(g, c, now) &&
		    !taken_from(g, l, c) && !route_blocks(g, l, c) &&
		    (has_claim(topo, l->route, l->n_routes, c) ||
			(!kept_blocks(g, l, c, now) &&
			    !pending_blocks(g, l, c, now))))
			out[n++] = *c;
	}
	return n;
}

static bool
same_routes(const struct neg *g, const struct link *l, const struct claim *c,
    unsigned n)
{
	unsigned i;

	if (n != l->n_routes)
		return false;
	for (i = 0; i < n; i++)
		if (!has_claim(&g->own.topo, c, n, &l->route[i]))
			return false;
	return true;
}

static void
hold(struct link *l, const struct claim *c, unsigned n)
{
	free(l->held);
	l->held = n > 0 ? try_calloc(n, sizeof(*c)) : NULL;
	l->n_held = l->held != NULL ? n : 0;
	if (l->held != NULL)
		memcpy(l->held, c, n * sizeof(*c));
}

/* Which of its routes it will not have any more. */
static unsigned
lost(const struct neg *g, const struct link *l, const struct claim *c,
    unsigned n, struct claim *out)
{
	unsigned i, k = 0;

	for (i = 0; i < l->n_routes; i++)
		if (!has_claim(&g->own.topo, c, n, &l->route[i]))
			out[k++] = l->route[i];
	return k;
}

/* How many places have become free: free_ones. */
static unsigned
update(struct neg *g, struct link *l, struct claim *free_ones, struct mono now)
{
	struct claim c[NETDESC_CLAIMS], *route = NULL;
	unsigned n = wanted(g, l, c, now), k;

	l->net->routed = n > 0;
	if (n > 0 || link_settled(l))
		hold(l, c, n);
	if (l->state == NEG_UP && n > 0 && n == l->net->n_claims)
		l->net->agreed = true;
	if (same_routes(g, l, c, n))
		return 0;
	if (n > 0 && (route = try_calloc(n, sizeof(*c))) == NULL) {
		g->io.close(g->io.arg, l->p.id, CLOSE_NONE);
		return 0;
	}
	k = lost(g, l, c, n, free_ones);
	free(l->route);
	l->route = route;
	l->n_routes = n;
	if (n > 0)
		memcpy(l->route, c, n * sizeof(*c));
	g->io.routes(g->io.arg, l->p.id, l->desc, l->route, n);
	own_dirty(g);
	return k;
}

/* May it have waited for one of these? */
static bool
claims_any(const struct neg *g, const struct link *l, const struct claim *c,
    unsigned n)
{
	unsigned i, k;

	if (l->desc == NULL || !topology_equal(&l->desc->topo, &g->own.topo))
		return false;
	for (i = 0; i < l->desc->n_claims; i++)
		for (k = 0; k < n; k++)
			if (claims_overlap(
				&g->own.topo, &l->desc->claim[i], &c[k], NULL))
				return true;
	return false;
}

void
routes_update(struct neg *g, struct link *l, struct mono now)
{
	struct claim c[NETDESC_CLAIMS], other[NETDESC_CLAIMS];
	unsigned n = l == NULL ? 0 : update(g, l, c, now);
	struct link *o;

	if (l != NULL && n == 0)
		return;
	TAILQ_FOREACH (o, &g->links, all)
		if (o != l && (l == NULL || claims_any(g, o, c, n)))
			update(g, o, other, now);
}

/* A list of known ones that is being made. */
struct list {
	const struct topology *topo;
	struct known *k;
	unsigned n, max;
};

static void
list_add(struct list *ls, uint64_t netid, const struct claim *c, unsigned flags)
{
	unsigned i;

	for (i = 0; i < ls->n; i++)
		if (ls->k[i].netid == netid &&
		    claims_equal(ls->topo, &ls->k[i].claim, c))
			return;
	if (ls->n == ls->max)
		return;
	ls->k[ls->n].netid = netid;
	ls->k[ls->n].claim = *c;
	ls->k[ls->n++].claim.flags = (uint8_t)flags;
}

/* By somebody who came while the one that it was kept for was away. */
static bool
in_use(const struct neg *g, uint64_t netid, const struct claim *c)
{
	const struct link *l;
	unsigned i;

	TAILQ_FOREACH (l, &g->links, all)
		for (i = 0; i < l->n_routes; i++)
			if (l->desc->netid != netid &&
			    claims_overlap(&g->own.topo, &l->route[i], c, NULL))
				return true;
	return false;
}

/* The first end of those that are in the list. */
struct mono
routes_kept_until(const struct neg *g, struct mono now)
{
	struct mono at = MONO_NEVER;
	const struct network *n;

	TAILQ_FOREACH (n, &g->mem.all, all)
		if (network_kept(n, now))
			at = mono_min(at, network_kept_until(n));
	return at;
}

static void
list_kept(struct list *ls, const struct neg *g, struct mono now)
{
	const struct network *n;
	unsigned i;

	TAILQ_FOREACH (n, &g->mem.all, all) {
		if (n->netid == g->netid || !network_kept(n, now) ||
		    !topology_equal(&n->topo, ls->topo))
			continue;
		for (i = 0; i < n->n_claims; i++)
			if (!own_blocks(g, &n->claim[i], now) &&
			    !in_use(g, n->netid, &n->claim[i]))
				list_add(ls, n->netid, &n->claim[i],
				    KNOWN_STABLE | KNOWN_RESERVED);
	}
}

unsigned
routes_known(
    const struct neg *g, struct known *out, unsigned max, struct mono now)
{
	struct list ls = { &g->place.topo, out, 0, max };
	const struct reserve *rs;
	const struct link *l;
	unsigned i;

	TAILQ_FOREACH (l, &g->links, all)
		for (i = 0;
		     i < l->n_routes && topology_equal(&l->desc->topo, ls.topo);
		     i++)
			list_add(&ls, l->desc->netid, &l->route[i],
			    (l->desc->flags & NETDESC_STABLE) != 0
				? KNOWN_STABLE
				: 0);
	TAILQ_FOREACH (rs, &g->reserves, all)
		if (topology_equal(&rs->topo, ls.topo))
			list_add(&ls, rs->netid, &rs->claim, KNOWN_RESERVED);
	list_kept(&ls, g, now);
	return ls.n;
}
