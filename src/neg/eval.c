#include "neg/act.h"

#include <stdlib.h>
#include <string.h>

#define FLAP_SETTLE_S 60u
#define TOLD_S 60u /* a NOTICE is good for so long */

/* The descriptors in the order initiator, responder. */
static void
sides(const struct neg *g, const struct link *l, const struct netdesc **i,
    const struct netdesc **r)
{
	*i = l->initiator ? &g->own : l->desc;
	*r = l->initiator ? l->desc : &g->own;
}

static void
verdict_by(const struct neg *g, const struct link *l, bool known,
    enum verdict_rule rule, struct verdict *ret)
{
	struct verdict_facts facts = { known, rule };
	const struct netdesc *i, *r;

	sides(g, l, &i, &r);
	verdict_of(i, r, &facts, ret);
	if (l->sibling && ret->kind != VERDICT_SAME) {
		*ret = (struct verdict){ .kind = VERDICT_SAME,
			.level = VERDICT_NO_LEVEL,
			.claim_i = -1,
			.claim_r = -1,
			.known = -1,
			.why = "heard in the mesh: one network" };
	}
}

void
eval_verdict(
    const struct neg *g, const struct link *l, bool known, struct verdict *ret)
{
	verdict_by(g, l, known, g->cfg.rule, ret);
}

bool
eval_known(const struct link *l)
{
	return l->net->netid == l->desc->netid &&
	    l->net->uptime >= NEG_STABLE_S;
}

const struct claim *
eval_own_claim(
    const struct neg *g, const struct link *l, const struct verdict *v)
{
	int at = l->initiator ? v->claim_i : v->claim_r;

	return at < 0 ? NULL : &g->own.claim[at];
}

void
eval_conflict(struct neg *g, struct link *l, struct mono now)
{
	struct verdict v;

	if (!g->has_own || l->desc == NULL || !l->has_role)
		return;
	verdict_by(g, l, false, RULE_SEED, &v);
	if (v.level == VERDICT_NO_LEVEL)
		l->conflict = MONO_NEVER;
	else if (mono_is_never(l->conflict))
		l->conflict = now;
}

static bool
same_verdict(const struct link *l, const struct verdict *v)
{
	return l->verdict.kind == v->kind && l->verdict.who == v->who &&
	    l->verdict.level == v->level && l->verdict.third == v->third;
}

/* Tells the other side, unless it has heard the same. */
static void
say(struct neg *g, struct link *l, const struct verdict *v, struct mono now)
{
	bool same = l->has_verdict && link_settled(l) && same_verdict(l, v);

	l->verdict = *v;
	l->has_verdict = true;
	if (!same && !l->initiator)
		talk_verdict(g, l, now);
}

static struct link *
link_of_netid(const struct neg *g, uint64_t netid)
{
	struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (l->desc != NULL && l->desc->netid == netid && !l->closed)
			return l;
	return NULL;
}

bool
eval_told(const struct link *l, struct mono now)
{
	return l->told.us != 0 &&
	    mono_since(l->told, now) < TOLD_S * (uint64_t)MONO_SEC;
}

/* The third party is told by whom it has a tunnel with. */
static void
tell_third(struct neg *g, struct link *l, struct mono now)
{
	const struct verdict *v = &l->verdict;
	struct link *t = link_of_netid(g, v->third);
	int at = l->initiator ? v->claim_r : v->claim_i;

	if (t == NULL || t == g->mover || at < 0 ||
	    (v->teller == MOVE_I) != l->initiator ||
	    !topology_equal(&t->desc->topo, &g->own.topo))
		return;
	t->told = now;
	talk_notice(g, t, l->desc->netid, &l->desc->claim[at], now);
}

void
eval_told_busy(
    struct neg *g, const struct link *third, uint32_t s, struct mono now)
{
	struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (l->state == NEG_PARTIAL &&
		    l->verdict.kind == VERDICT_NOTICE &&
		    l->verdict.third == third->desc->netid) {
			l->timer = mono_min(l->timer,
			    mono_add(now, (s + 1) * (uint64_t)MONO_SEC));
			link_schedule(g, l);
		}
}

typedef void follow_fn(struct neg *g, struct link *l, struct mono now);

static void
follow_settled(struct neg *g, struct link *l, struct mono now)
{
	static const enum neg_state states[VERDICT_KINDS] = {
		[VERDICT_COMPATIBLE] = NEG_UP,
		[VERDICT_SAME] = NEG_SAME,
		[VERDICT_TOPOLOGY] = NEG_TOPO,
		[VERDICT_PARTIAL] = NEG_PARTIAL,
		[VERDICT_NOTICE] = NEG_PARTIAL,
	};

	link_settle(g, l, states[l->verdict.kind], now);
	if (l->verdict.kind == VERDICT_NOTICE)
		tell_third(g, l, now);
}

/*
 * One network, if it was heard in the mesh or a person gave us its netid. Else
 * it is a stranger that uses our name: nobody moves, nothing goes there.
 */
static bool
is_proved(const struct neg *g, const struct link *l)
{
	return l->sibling || g->cfg.netid != 0;
}

static void
follow_same(struct neg *g, struct link *l, struct mono now)
{
	if (is_proved(g, l))
		follow_settled(g, l, now);
	else
		link_held(g, l, NEG_WHY_POLICY, false, now);
}

/* Both are stable: until a person, on the side of I, lets it move. */
static void
follow_hold(struct neg *g, struct link *l, struct mono now)
{
	const struct claim *c = eval_own_claim(g, l, &l->verdict);
	struct demand *d;

	link_held(g, l, NEG_WHY_STABLE, false, now);
	if (!l->initiator || c == NULL)
		return;
	d = demand_note(g, l->p.key, &g->own.topo, c, l->verdict.level, now);
	demand_set(g, d, DEMAND_WAITS, NEG_WHY_STABLE);
}

static void
follow_defer(struct neg *g, struct link *l, struct mono now)
{
	link_backoff(g, l, 0, 0, now);
	if (l->initiator) { /* the other side comes back by itself */
		l->timer =
		    mono_add(l->timer, NEG_PATIENCE_S * (uint64_t)MONO_SEC);
		link_schedule(g, l);
	}
}

static void
follow_rehook(struct neg *g, struct link *l, struct mono now)
{
	bool ours = (l->verdict.who == MOVE_I) == l->initiator;

	if (ours)
		lose_consider(g, l, eval_own_claim(g, l, &l->verdict),
		    l->verdict.level, false, now);
	else if (!win_begin(g, l, now)) {
		talk_busy(g, l, 5, now);
		link_backoff(g, l, 0, 0, now);
	}
}

static follow_fn *const follow[VERDICT_KINDS] = {
	[VERDICT_COMPATIBLE] = follow_settled,
	[VERDICT_SAME] = follow_same,
	[VERDICT_TOPOLOGY] = follow_settled,
	[VERDICT_REHOOK] = follow_rehook,
	[VERDICT_HOLD] = follow_hold,
	[VERDICT_DEFER] = follow_defer,
	[VERDICT_PARTIAL] = follow_settled,
	[VERDICT_NOTICE] = follow_settled,
};

/* A link must have lived for a while before anybody moves for it. */
static uint32_t
too_young(const struct link *l, struct mono now)
{
	uint32_t s = network_flaps(l->net, now) ? FLAP_SETTLE_S : NEG_SETTLE_S;
	uint64_t up = mono_since(l->up_at, now) / MONO_SEC;

	return up < s ? (uint32_t)(s - up) : 0;
}

static bool
needs_probe(const struct neg *g, const struct link *l, const struct verdict *v)
{
	bool collide = v->claim_i >= 0 && v->claim_r >= 0;

	if (greet_probed(g, l))
		return false;
	return v->kind == VERDICT_SAME ? !is_proved(g, l)
				       : collide && v->kind != VERDICT_DEFER;
}

static void
defer(struct neg *g, struct link *l, struct verdict *v, uint32_t s,
    struct mono now)
{
	v->kind = VERDICT_DEFER;
	v->who = MOVE_NOBODY;
	say(g, l, v, now);
	link_backoff(g, l, s, 0, now);
}

void
eval_link(struct neg *g, struct link *l, struct mono now)
{
	struct verdict v;
	uint32_t s = too_young(l, now);

	if (!g->has_own || l->desc == NULL || l->initiator || l->closed)
		return;
	eval_verdict(g, l, eval_known(l), &v);
	if (link_settled(l) && l->has_verdict && same_verdict(l, &v))
		return;
	if (needs_probe(g, l, &v))
		greet_probe(g, l, now);
	else if (s > 0 &&
	    (v.kind == VERDICT_REHOOK || v.kind == VERDICT_NOTICE))
		defer(g, l, &v, s, now);
	else if (v.kind == VERDICT_REHOOK && v.who == MOVE_I) {
		if (win_begin(g, l, now))
			say(g, l, &v, now);
		else
			defer(g, l, &v, 0, now);
	} else {
		say(g, l, &v, now);
		follow[v.kind](g, l, now);
	}
}

void
eval_again(struct neg *g, struct mono now)
{
	struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (!l->initiator && link_settled(l))
			eval_link(g, l, now);
}

static bool
matches(const struct verdict *v, const struct neg_verdict *m)
{
	if (m->kind == VERDICT_DEFER)
		return v->level == m->level;
	return v->kind == m->kind && v->who == m->who && v->level == m->level &&
	    v->third == m->third;
}

/*
 * Is there a rule and a word about whether it knew us by which the verdict
 * follows from the descriptors?
 */
static bool
believable(const struct neg *g, const struct link *l,
    const struct neg_verdict *m, struct verdict *ret)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		verdict_by(g, l, (i & 1) != 0,
		    (i & 2) != 0 ? RULE_SIZE : RULE_SEED, ret);
		if (matches(ret, m)) {
			ret->kind = m->kind;
			ret->who = m->who;
			return true;
		}
	}
	return false;
}

/*
 * A verdict about what we were before, or from before the other side heard
 * of our new flags and known ones, is late and no lie; it will judge again.
 */
void
eval_check(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	const struct neg_verdict *nv = &m->u.verdict;
	struct verdict v;

	if (nv->epoch != g->epoch || !l->has_role)
		return;
	if (l->sibling && nv->kind != VERDICT_SAME) {
		greet_said(g, l, now);
		return;
	}
	if (!believable(g, l, nv, &v)) {
		verdict_by(g, l, false, RULE_SEED, &v);
		if (nv->kind == VERDICT_REHOOK ||
		    (v.claim_i >= 0 && v.claim_r >= 0))
			link_close(g, l, true, now);
		return;
	}
	l->verdict = v;
	l->has_verdict = true;
	free(l->wish.taken);
	l->wish.taken = NULL;
	l->wish.n_taken = 0;
	lose_taken(l, m);
	follow[v.kind](g, l, now);
}
