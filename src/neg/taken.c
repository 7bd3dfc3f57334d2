#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"
#include "neg/space.h"

void
list_claim(struct claim_list *ls, const struct claim *c)
{
	struct claim *more;

	if (ls->n == ls->max) {
		more = try_reallocarray(
		    ls->c, ls->max + ls->max / 2 + 32, sizeof(*more));
		if (more == NULL) {
			ls->failed = true;
			return;
		}
		ls->c = more;
		ls->max += ls->max / 2 + 32;
	}
	ls->c[ls->n] = *c;
	ls->c[ls->n++].flags = 0;
}

bool
taken_from(const struct neg *g, const struct link *l, const struct claim *c)
{
	struct prefix p;
	size_t i;

	if (!claim_prefix(&l->desc->topo, c, &p))
		return false; /* no host has such addresses */
	if (!prefix_routable(&p))
		return true;
	for (i = 0; i < g->n_avoid; i++)
		if (g->avoid[i].peer != l->p.id && g->avoid[i].p.bits > 0 &&
		    prefix_overlaps(&g->avoid[i].p, &p))
			return true;
	return false;
}

/* l: whose own may be among them; NULL: whosever they are. */
static void
add_avoid(const struct neg *g, const struct link *l, struct claim_list *ls)
{
	struct claim c;
	size_t i;

	for (i = 0; i < g->n_avoid; i++)
		if ((l == NULL || g->avoid[i].peer != l->p.id) &&
		    g->avoid[i].p.bits > 0 &&
		    claim_covering(&g->own.topo, &g->avoid[i].p, &c))
			list_claim(ls, &c);
}

static void
add_link(const struct neg *g, const struct link *l, struct claim_list *ls)
{
	unsigned i;

	if (l->desc == NULL || l->desc->netid == g->netid ||
	    !topology_equal(&l->desc->topo, &g->own.topo))
		return;
	for (i = 0; i < l->desc->n_claims; i++)
		if ((l->desc->claim[i].flags & CLAIM_LEAVING) == 0)
			list_claim(ls, &l->desc->claim[i]);
}

static void
add_links(const struct neg *g, const struct link *but, struct claim_list *ls)
{
	const struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (but == NULL || l->desc == NULL ||
		    !link_is_of(but, l->p.key, l->desc->netid))
			add_link(g, l, ls);
}

static void
add_reserves(const struct neg *g, const struct link *but, struct claim_list *ls)
{
	const struct reserve *rs;

	TAILQ_FOREACH (rs, &g->reserves, all)
		if (rs->netid != g->netid &&
		    (but == NULL || !win_is_for(rs, but)) &&
		    topology_equal(&rs->topo, &g->own.topo))
			list_claim(ls, &rs->claim);
}

/* all: also those whose claims we have never had a route to. */
static void
add_recent(
    const struct neg *g, bool all, struct claim_list *ls, struct mono now)
{
	const struct network *n;
	unsigned i;

	TAILQ_FOREACH (n, &g->mem.all, all)
		if (n->netid != g->netid && (all || n->agreed) &&
		    topology_equal(&n->topo, &g->own.topo) &&
		    mono_since(n->seen, now) <
			PAST_TAKEN_S * (uint64_t)MONO_SEC)
			for (i = 0; i < n->n_claims; i++)
				list_claim(ls, &n->claim[i]);
}

static void
add_kept(const struct neg *g, const struct link *but, struct claim_list *ls,
    struct mono now)
{
	const struct network *n;
	unsigned i;

	TAILQ_FOREACH (n, &g->mem.all, all)
		if (n->netid != g->netid && network_kept(n, now) &&
		    (but == NULL || !link_is_of(but, n->key, n->netid)) &&
		    topology_equal(&n->topo, &g->own.topo))
			for (i = 0; i < n->n_claims; i++)
				list_claim(ls, &n->claim[i]);
}

static void
add_own(const struct neg *g, const struct claim *but, struct claim_list *ls)
{
	unsigned i;

	for (i = 0; i < g->own.n_claims; i++)
		if (but == NULL ||
		    !claims_equal(&g->own.topo, but, &g->own.claim[i]))
			list_claim(ls, &g->own.claim[i]);
}

void
taken_gather(const struct neg *g, const struct link *l, struct claim_list *ls,
    struct mono now)
{
	add_own(g, NULL, ls);
	add_links(g, l, ls);
	add_reserves(g, l, ls);
	add_kept(g, l, ls, now);
	add_avoid(g, l, ls);
}

static void
add_known(const struct neg *g, const struct link *l, struct claim_list *ls)
{
	unsigned i;

	if (l->desc == NULL || !topology_equal(&l->desc->topo, &g->own.topo))
		return;
	for (i = 0; i < l->desc->n_known; i++)
		if (l->desc->known[i].netid != g->netid)
			list_claim(ls, &l->desc->known[i].claim);
}

static void
add_routes(const struct neg *g, struct claim_list *ls)
{
	const struct link *l;
	unsigned i;

	TAILQ_FOREACH (l, &g->links, all)
		for (i = 0; i < l->n_routes; i++)
			list_claim(ls, &l->route[i]);
}

/* Places that we have left in the last day: they lost a conflict. */
static void
add_left(const struct neg *g, struct claim_list *ls, struct mono now)
{
	unsigned i;

	for (i = 0; i < g->budget.n; i++) {
		const struct move *m = &g->budget.move[i];

		if (topology_equal(&m->topo, &g->own.topo) &&
		    mono_since(m->at, now) < NEG_DAY_S * (uint64_t)MONO_SEC)
			list_claim(ls, &m->from);
	}
}

void
taken_choose(const struct neg *g, const struct link *l,
    const struct claim *from, bool strict, struct claim_list *ls,
    struct mono now)
{
	const struct link *o;
	size_t i;

	add_own(g, from, ls);
	add_routes(g, ls);
	add_link(g, l, ls);
	add_known(g, l, ls);
	if (strict) {
		add_links(g, NULL, ls);
		TAILQ_FOREACH (o, &g->links, all)
			add_known(g, o, ls);
	}
	add_reserves(g, NULL, ls);
	add_recent(g, strict, ls, now);
	add_kept(g, NULL, ls, now);
	add_left(g, ls, now);
	for (i = 0; i < l->wish.n_taken; i++)
		list_claim(ls, &l->wish.taken[i]);
	add_avoid(g, NULL, ls);
}
