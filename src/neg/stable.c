#include "neg/act.h"

#define LOST_S (3 * NEG_STABLE_S)
#define TUNNELS 2u

/* Up since when, counted; siblings that know it are a tunnel each. */
static bool
sibling_knows(const struct link *l, uint64_t netid)
{
	unsigned i;

	if (l->state != NEG_SAME ||
	    !(l->sibling || l->p.trusted || link_established(l)))
		return false; /* its netid alone is a word that costs nothing */
	for (i = 0; i < l->desc->n_known; i++)
		if (l->desc->known[i].netid == netid &&
		    (l->desc->known[i].claim.flags & KNOWN_RESERVED) == 0)
			return true;
	return false;
}

/* The instant from which l's network counts as well connected, or NEVER. */
static struct mono
connected_at(const struct neg *g, const struct link *l)
{
	struct mono first = MONO_NEVER, second = MONO_NEVER, at;
	const struct link *o;

	TAILQ_FOREACH (o, &g->links, all) {
		if (o->state == NEG_UP && o->desc->netid == l->desc->netid)
			at = o->compat;
		else if (sibling_knows(o, l->desc->netid))
			at = o->since;
		else
			continue;
		if (mono_before(at, first)) {
			second = first;
			first = at;
		} else
			second = mono_min(second, at);
	}
	return mono_is_never(second)
	    ? second
	    : mono_add(second, NEG_STABLE_S * (uint64_t)MONO_SEC);
}

/* Earliest of all networks: in the past, to come, or NEVER. */
static struct mono
earliest(const struct neg *g)
{
	struct mono at = MONO_NEVER;
	const struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (l->state == NEG_UP)
			at = mono_min(at, connected_at(g, l));
	return at;
}

static void
set(struct neg *g, bool stable)
{
	if (g->stable == stable)
		return;
	g->stable = stable;
	if (stable)
		g->joined = true;
	own_dirty(g);
	if (g->has_own)
		own_save(g);
	g->io.event(g->io.arg, NEG_EV_STABLE, 0);
}

/* The mark comes at once and stays for a while without a connection. */
static void
check_auto(struct neg *g, struct mono now)
{
	struct mono at = earliest(g);

	g->check = MONO_NEVER;
	if (mono_due(at, now)) {
		g->unstable = MONO_NEVER;
		set(g, true);
		return;
	}
	g->check = at;
	if (!g->stable)
		return;
	if (mono_is_never(g->unstable))
		g->unstable = now;
	at = mono_add(g->unstable, LOST_S * (uint64_t)MONO_SEC);
	if (mono_due(at, now)) {
		g->unstable = MONO_NEVER;
		set(g, false);
	} else
		g->check = mono_min(g->check, at);
}

void
stable_check(struct neg *g, struct mono now)
{
	if (g->cfg.stable == NEG_STABLE_AUTO)
		check_auto(g, now);
	else {
		g->check = MONO_NEVER;
		set(g, g->cfg.stable == NEG_STABLE_YES);
	}
	neg_schedule(g);
}

void
stable_restore(struct neg *g, bool stable, struct mono now)
{
	g->stable = stable;
	g->joined = stable;
	g->unstable = stable ? now : MONO_NEVER;
	g->check = stable ? now : MONO_NEVER;
}
