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
	ret->established = link_established(l);
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

/* The last one that was said: it went by the rule of the other side. */
static void
plan_verdict(const struct neg *g, const struct link *l, struct verdict *ret)
{
	if (l->has_verdict && l->verdict.kind != VERDICT_DEFER)
		*ret = l->verdict;
	else
		eval_verdict(g, l, !l->initiator && eval_known(l), ret);
}

static uint32_t
waiting(const struct neg *g, const struct link *l, const struct claim *own)
{
	unsigned i;

	for (i = 0; i < g->demands.n; i++) {
		const struct demand *d = &g->demands.d[i];

		if (d->state == DEMAND_WAITS &&
		    memcmp(d->key, l->p.key, NEG_KEY) == 0 &&
		    topology_equal(&d->topo, &g->own.topo) &&
		    claims_equal(&d->topo, &d->from, own))
			return d->id;
	}
	return 0;
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
	ret->person = gate.answer == GATE_SHUT && gate.person;
	ret->why_not = gate.why;
	ret->from = *own;
	ret->has_to = lose_choose(g, l, own, ret->verdict.level, now, &ch);
	ret->to = ch.to;
	ret->n_free = ch.n_free;
}

static void
otherwise(struct neg_plan *ret, const char *what)
{
	ret->otherwise[ret->n_otherwise++] = what;
}

static void
plan_otherwise(const struct neg *g, bool ours, bool peer, struct neg_plan *ret)
{
	const struct verdict *v = &ret->verdict;

	if (v->level == VERDICT_NO_LEVEL)
		return;
	if (ours && ret->why_not == NEG_WHY_CANNOT)
		otherwise(ret,
		    g->own.topo.class == NETDESC_PLAIN
			? "set rehook-hook, or change claim"
			: "change the addresses by hand: our mesh daemon "
			  "cannot move");
	if (peer)
		otherwise(ret, "ask the peer's operator to let it move");
	if (v->who == MOVE_T)
		otherwise(ret, "ask the third gnode's operator to let it move");
	if (v->kind == VERDICT_HOLD)
		otherwise(ret, "agree with the peer's operator who moves");
	otherwise(ret, "stay: what overlaps is not routed, the rest is");
}

bool
neg_plan(
    const struct neg *g, uint32_t peer, struct mono now, struct neg_plan *ret)
{
	const struct link *l = link_find(g, peer);
	const struct claim *own;
	bool moves, ours;

	memset(ret, 0, sizeof(*ret));
	if (l == NULL || l->desc == NULL || !g->has_own || !l->has_role)
		return false;
	plan_verdict(g, l, &ret->verdict);
	moves = ret->verdict.who == MOVE_I || ret->verdict.who == MOVE_R;
	ours = moves && (ret->verdict.who == MOVE_I) == l->initiator;
	if (moves)
		ret->nodes = ours ? g->own.nodes : l->desc->nodes;
	if (ours)
		plan_ours(g, l, neg_in(now), ret);
	own = eval_own_claim(g, l, &ret->verdict);
	if (own != NULL)
		ret->demand = waiting(g, l, own);
	plan_otherwise(g, ours, moves && !ours, ret);
	return true;
}
