#include "neg/show.h"

#include <string.h>

#include "neg/act.h"
#include "neg/gate.h"

const char *
neg_state_name(enum neg_state s)
{
	static const char *const names[NEG_STATES] = {
		[NEG_HELLO_WAIT] = "hello-wait",
		[NEG_PROBING] = "probing",
		[NEG_VERDICT_WAIT] = "verdict-wait",
		[NEG_LOSE_ASK] = "lose-ask",
		[NEG_MOVING] = "moving",
		[NEG_WIN_WAIT] = "win-wait",
		[NEG_RESERVED] = "reserved",
		[NEG_BACKOFF] = "backoff",
		[NEG_UP] = "up",
		[NEG_SAME] = "same",
		[NEG_PARTIAL] = "partial",
		[NEG_TOPO] = "topo",
		[NEG_HELD] = "held",
	};

	return (unsigned)s < NEG_STATES ? names[s] : "?";
}

const char *
neg_role_name(enum neg_role r)
{
	static const char *const names[] = {
		[ROLE_IDLE] = "idle",
		[ROLE_LOSER] = "loser",
		[ROLE_WINNER] = "winner",
	};

	return (unsigned)r < sizeof(names) / sizeof(names[0]) ? names[r] : "?";
}

const char *
demand_state_name(enum demand_state s)
{
	static const char *const names[] = {
		[DEMAND_WAITS] = "waits",
		[DEMAND_DONE] = "done",
		[DEMAND_APPROVED] = "approved",
		[DEMAND_REFUSED] = "refused",
		[DEMAND_GONE] = "gone",
	};

	return (unsigned)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

void
neg_show_self(const struct neg *g, struct neg_self_view *ret, struct mono now)
{
	now = neg_in(now);
	memset(ret, 0, sizeof(*ret));
	ret->own = g->has_own ? &g->own : NULL;
	ret->role = g->role;
	ret->stable = g->stable;
	ret->moves_10min = budget_spent(&g->budget, 600, now);
	ret->moves_24h = budget_spent(&g->budget, NEG_DAY_S, now);
	ret->moves_30d = budget_spent(&g->budget, 30 * NEG_DAY_S, now);
	ret->hold_until = neg_out(budget_hold(&g->budget, now));
}

bool
neg_show_link(const struct neg *g, uint32_t peer, struct neg_link_view *ret)
{
	const struct link *l = link_find(g, peer);

	memset(ret, 0, sizeof(*ret));
	if (l == NULL)
		return false;
	ret->peer = peer;
	ret->state = l->state;
	ret->since = neg_out(l->since);
	ret->initiator = l->initiator;
	ret->desc = l->desc;
	ret->verdict = l->verdict;
	ret->has_verdict = l->has_verdict;
	ret->why = l->why;
	ret->why_peer = l->why_peer;
	ret->n_routes = l->n_routes;
	ret->route = l->route;
	return true;
}

bool
neg_show_demand(const struct neg *g, unsigned i, struct demand_view *ret)
{
	const struct demand *d;
	const struct link *l;

	memset(ret, 0, sizeof(*ret));
	if (i >= g->demands.n)
		return false;
	d = &g->demands.d[g->demands.n - 1 - i];
	l = link_of_key(g, d->key);
	ret->id = d->id;
	ret->peer = l == NULL ? 0 : l->p.id;
	memcpy(ret->key, d->key, NEG_KEY);
	ret->at = neg_out(d->at);
	ret->topo = &d->topo;
	ret->from = d->from;
	ret->why = d->why;
	ret->state = d->state;
	return true;
}

/* The last one that was said, if it still is about what is there now. */
static void
plan_verdict(const struct neg *g, const struct link *l, struct verdict *ret)
{
	bool known = l->has_verdict && l->initiator
	    ? l->verdict.who == MOVE_R
	    : !l->initiator && eval_known(g, l);

	eval_verdict(g, l, known, ret);
}

static void
plan_ours(const struct neg *g, const struct link *l, struct mono now,
    struct neg_plan *ret)
{
	const struct claim *own = eval_own_claim(g, l, &ret->verdict);
	struct choice ch;
	struct gate gate;

	if (own == NULL)
		return;
	gate = gate_ask(g, l, own, false, false, now);
	ret->gate_open = gate.answer != GATE_SHUT;
	ret->why_not = gate.why;
	ret->from = *own;
	ret->has_to = lose_choose(g, l, own, ret->verdict.level, now, &ch);
	ret->to = ch.to;
	ret->n_free = ch.n_free;
}

bool
neg_plan(
    const struct neg *g, uint32_t peer, struct mono now, struct neg_plan *ret)
{
	const struct link *l = link_find(g, peer);
	bool ours;

	memset(ret, 0, sizeof(*ret));
	if (l == NULL || l->desc == NULL || !g->has_own || !l->has_role)
		return false;
	plan_verdict(g, l, &ret->verdict);
	ours = (ret->verdict.who == MOVE_I) == l->initiator;
	if (ret->verdict.who == MOVE_NOBODY || ret->verdict.who == MOVE_T)
		return true;
	ret->nodes = ours ? g->own.nodes : l->desc->nodes;
	if (ours)
		plan_ours(g, l, neg_in(now), ret);
	return true;
}
