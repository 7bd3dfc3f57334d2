#include "neg/gate.h"

#include "neg/act.h"

#define ATOMIC_S 10u /* so long a conflict must last: settling time */
#define SMALL_S 60u
#define WITNESSES 2u

static struct gate
shut(uint8_t why, bool person)
{
	return (struct gate){ GATE_SHUT, why, 0, person };
}

static const struct gate open_gate = { GATE_OPEN, 0, 0, false };

uint64_t
gate_holder(const struct neg *g, const struct link *l, const struct claim *from)
{
	const struct topology *topo = &g->own.topo;
	const struct netdesc *d = l->desc;
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_overlap(topo, &d->claim[i], from, NULL))
			return d->netid;
	for (i = 0; i < d->n_known; i++)
		if (d->known[i].netid != g->netid &&
		    claims_overlap(topo, &d->known[i].claim, from, NULL))
			return d->known[i].netid;
	return 0;
}

/* Witnesses found so far: they differ in where they are and who named them. */
struct witnesses {
	uint64_t group[WITNESSES];
	uint32_t source[WITNESSES];
	unsigned n;
};

static bool
testifies(const struct neg *g, const struct link *o, const struct link *l,
    const struct claim *from, const struct witnesses *w)
{
	unsigned i;

	if (o == l || o->desc == NULL || o->closed || !link_established(o) ||
	    o->p.group == l->p.group ||
	    !topology_equal(&o->desc->topo, &g->own.topo) ||
	    gate_holder(g, o, from) != gate_holder(g, l, from))
		return false;
	for (i = 0; i < w->n; i++)
		if (w->group[i] == o->p.group || w->source[i] == o->p.source)
			return false;
	return true;
}

/* Do others that we have known for days say the same of this claim? */
static bool
corroborated(
    const struct neg *g, const struct link *l, const struct claim *from)
{
	struct witnesses w = { .n = 0 };
	const struct link *o;

	TAILQ_FOREACH (o, &g->links, all) {
		if (!testifies(g, o, l, from, &w))
			continue;
		w.group[w.n] = o->p.group;
		w.source[w.n] = o->p.source;
		if (++w.n == WITNESSES)
			return true;
	}
	return false;
}

/* Somebody known for days with whom we have agreed: we are settled here. */
static bool
has_established(const struct neg *g)
{
	const struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (link_established(l) &&
		    (l->state == NEG_UP || l->state == NEG_SAME ||
			l->state == NEG_PARTIAL))
			return true;
	return false;
}

static bool
joining(const struct neg *g, struct mono now)
{
	return !g->joined && !mono_is_never(g->join) &&
	    mono_since(g->join, now) < NEG_JOIN_S * (uint64_t)MONO_SEC;
}

/* Only who has just come, is small, and has it from whom it may believe. */
static struct gate
ask_atomic(const struct neg *g, const struct link *l, const struct claim *from,
    bool notice, struct mono now)
{
	bool atomic = g->own.nodes <= 1;
	uint64_t s = atomic ? ATOMIC_S : SMALL_S;
	uint64_t lasted = mono_since(l->conflict, now) / MONO_SEC;

	if (notice || !l->p.dialled || !l->initiator ||
	    g->own.nodes > g->cfg.max_nodes || !joining(g, now) ||
	    has_established(g))
		return shut(NEG_WHY_POLICY, true);
	if (!(l->p.trusted && atomic) && !corroborated(g, l, from))
		return shut(NEG_WHY_POLICY, true);
	if (!budget_left(&g->budget, true, now))
		return shut(NEG_WHY_BUDGET, true);
	if (lasted < s)
		return (
		    struct gate){ GATE_LATER, 0, (uint32_t)(s - lasted), true };
	return open_gate;
}

struct gate
gate_ask(const struct neg *g, const struct link *l, const struct claim *from,
    bool notice, bool approved, struct mono now)
{
	if ((g->place.flags & NETDESC_MOVABLE) == 0)
		return shut(NEG_WHY_CANNOT, false);
	if (!budget_left(&g->budget, false, now))
		return shut(NEG_WHY_BUDGET, true);
	if (approved)
		return open_gate;
	if (g->stable)
		return shut(NEG_WHY_STABLE, true);
	switch (g->cfg.policy) {
	case REHOOK_AUTO:
		return open_gate;
	case REHOOK_ATOMIC:
		return ask_atomic(g, l, from, notice, now);
	case REHOOK_ASK:
		return shut(NEG_WHY_POLICY, true);
	case REHOOK_NEVER:
	default:
		return shut(NEG_WHY_POLICY, false);
	}
}
