#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"
#include "neg/gate.h"
#include "neg/space.h"

#define ASK_S 24u /* PROPOSE and the answer may each need all their tries */
#define ROUNDS 4u
#define TAKEN_MAX 1024u /* paths that one winner may name */

uint32_t
move_seconds(uint32_t nodes)
{
	uint64_t most = (uint64_t)nodes + 1;
	uint32_t rings = 0, s;

	while ((uint64_t)1 << rings < most)
		rings++;
	s = 60 + 20 * rings;
	return s < 600 ? s : 600;
}

/* splitmix64: vnodes of one gnode that are told at once choose alike. */
struct pick {
	uint64_t seed;
	unsigned n;
};

static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint32_t
pick(void *arg, uint32_t n)
{
	struct pick *p = arg;

	p->seed = mix(p->seed);
	p->n = n;
	return (uint32_t)(p->seed % n);
}

static uint64_t
seed_of(const struct neg *g, const struct claim *from)
{
	uint64_t s = mix(g->netid ^ mix(g->epoch));
	unsigned i, k;

	for (i = 0; i < g->budget.n; i++) /* what failed is not tried again */
		if (topology_equal(&g->budget.move[i].topo, &g->own.topo) &&
		    claims_equal(&g->own.topo, &g->budget.move[i].from, from))
			s = mix(s);
	for (k = from->level; k < g->own.topo.levels; k++)
		s = mix(s ^ from->gid[k]);
	return s;
}

static bool
choose(const struct neg *g, const struct link *l, const struct claim *from,
    unsigned level, bool strict, struct mono now, struct choice *ret)
{
	struct claim_list ls = { 0 };
	struct pick p = { seed_of(g, from), 0 };
	struct taken taken;
	bool ok;

	taken_choose(g, l, from, strict, &ls, now);
	taken = (struct taken){ ls.c, ls.n };
	ok = !ls.failed &&
	    space_choose(&g->own.topo, from, level, &taken, pick, &p,
		&ret->to) == CHOOSE_OK;
	free(ls.c);
	ret->n_free = ok ? p.n : 0;
	return ok;
}

/* Peers that call all places taken must not keep us from those that are not. */
bool
lose_choose(const struct neg *g, const struct link *l, const struct claim *from,
    unsigned level, struct mono now, struct choice *ret)
{
	memset(ret, 0, sizeof(*ret));
	return choose(g, l, from, level, true, now, ret) ||
	    choose(g, l, from, level, false, now, ret);
}

void
lose_drop(struct neg *g, struct link *l)
{
	if (g->mover != l)
		return;
	if (g->moving) {
		g->moving = false;
		g->io.rehook_stop(g->io.arg, g->rehook_id);
		own_dirty(g);
	}
	g->mover = NULL;
	win_refresh(g);
}

/* A third party's complaint changes nothing between the two of the link. */
static bool
at_peace(const struct link *l)
{
	return l->wish.notice && link_settled(l);
}

static void
no_place(struct neg *g, struct link *l, struct mono now)
{
	talk_why(g, l, NEG_REFUSE, NEG_WHY_FULL, now);
	lose_drop(g, l);
	if (!l->wish.notice)
		link_held(g, l, NEG_WHY_FULL, false, now);
	else if (!link_settled(l))
		link_backoff(g, l, 0, NEG_WHY_FULL, now);
}

static void
ask(struct neg *g, struct link *l, struct mono now)
{
	struct choice ch;

	if (!lose_choose(g, l, &l->wish.from, l->wish.level, now, &ch)) {
		no_place(g, l, now);
		return;
	}
	l->wish.to = ch.to;
	l->wish.to.flags = 0;
	g->mover = l;
	link_state(g, l, NEG_LOSE_ASK, now);
	l->timer = mono_add(now, ASK_S * (uint64_t)MONO_SEC);
	link_schedule(g, l);
	talk_propose(g, l, NEG_PROPOSE, &l->wish.from, &l->wish.to, now);
}

static void
come_back(
    struct neg *g, struct link *l, uint32_t s, uint8_t why, struct mono now)
{
	talk_busy(g, l, s, now);
	if (!at_peace(l))
		link_backoff(g, l, l->initiator ? s + 30 : s, why, now);
}

void
lose_begin(struct neg *g, struct link *l, const struct claim *from,
    unsigned level, struct mono now)
{
	struct mono hold = budget_hold(&g->budget, now);

	if (g->role == ROLE_WINNER && g->cfg.policy != REHOOK_AUTO)
		win_yield(g, now);
	if (g->role != ROLE_IDLE) {
		come_back(g, l, 5, NEG_WHY_PINNED, now);
		return;
	}
	if (mono_before(now, hold)) {
		come_back(g, l,
		    (uint32_t)(mono_since(now, hold) / MONO_SEC) + 1,
		    NEG_WHY_BUDGET, now);
		return;
	}
	l->wish.from = *from;
	l->wish.from.flags = 0;
	l->wish.level = level;
	l->wish.rounds = 0;
	ask(g, l, now);
}

static void
refuse(struct neg *g, struct link *l, struct demand *d, const struct gate *gate,
    struct mono now)
{
	demand_set(
	    g, d, gate->person ? DEMAND_WAITS : DEMAND_REFUSED, gate->why);
	talk_why(g, l, NEG_REFUSE, gate->why, now);
	if (!at_peace(l))
		link_held(g, l, gate->why, false, now);
}

void
lose_consider(struct neg *g, struct link *l, const struct claim *from,
    unsigned level, bool notice, struct mono now)
{
	struct demand *d;
	struct gate gate;

	if (from == NULL)
		return;
	if (mono_is_never(l->conflict))
		l->conflict = now;
	l->wish.notice = notice;
	d = demand_note(g, l->p.key, &g->own.topo, from, level, now);
	if (d->state == DEMAND_REFUSED && d->why == 0) {
		talk_why(g, l, NEG_REFUSE, NEG_WHY_POLICY, now);
		if (!at_peace(l))
			link_held(g, l, NEG_WHY_POLICY, false, now);
		return; /* a person has said no */
	}
	gate = gate_ask(g, l, from, notice, d->state == DEMAND_APPROVED, now);
	if (gate.answer == GATE_SHUT) {
		refuse(g, l, d, &gate, now);
		return;
	}
	if (d->state != DEMAND_APPROVED)
		demand_set(g, d, DEMAND_WAITS, 0);
	if (gate.answer == GATE_LATER)
		come_back(g, l, gate.wait_s, 0, now);
	else
		lose_begin(g, l, from, level, now);
}

static bool
as_asked(const struct neg *g, const struct link *l, const struct neg_propose *p)
{
	return claims_equal(&g->own.topo, &p->from, &l->wish.from) &&
	    claims_equal(&g->own.topo, &p->to, &l->wish.to);
}

void
lose_accepted(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	struct move mv = { .at = now,
		.topo = g->own.topo,
		.from = l->wish.from,
		.to = l->wish.to };
	struct neg_record rec = { .kind = NEG_REC_MOVE };

	if (g->mover != l || !as_asked(g, l, &m->u.propose))
		return; /* about what we asked before: it is late, and no lie */
	budget_add(&g->budget, &mv);
	rec.u.move.topo = mv.topo;
	rec.u.move.from = mv.from;
	rec.u.move.to = mv.to;
	g->io.save(g->io.arg, &rec);
	g->moving = true;
	own_dirty(g);
	link_state(g, l, NEG_MOVING, now);
	l->timer =
	    mono_add(now, move_seconds(g->own.nodes) * (uint64_t)MONO_SEC);
	link_schedule(g, l);
	g->io.rehook(g->io.arg, ++g->rehook_id, &g->own.topo, &l->wish.from,
	    &l->wish.to,
	    g->own.nodes < UINT32_MAX ? g->own.nodes + 1 : UINT32_MAX);
}

void
lose_taken(struct link *l, const struct neg_msg *m)
{
	struct wish *w = &l->wish;
	struct claim *more;

	if (m->n_taken == 0 || w->n_taken + m->n_taken > TAKEN_MAX)
		return;
	more = try_reallocarray(
	    w->taken, w->n_taken + m->n_taken, sizeof(*w->taken));
	if (more == NULL)
		return;
	w->taken = more;
	memcpy(w->taken + w->n_taken, m->taken, m->n_taken * sizeof(*w->taken));
	w->n_taken += m->n_taken;
}

void
lose_rejected(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	lose_taken(l, m);
	if (++l->wish.rounds < ROUNDS) {
		ask(g, l, now);
		return;
	}
	lose_drop(g, l);
	link_backoff(g, l, 0, NEG_WHY_FULL, now);
}

/*
 * The other side has not answered in time, or the mesh daemon not moved us:
 * what may be reserved for us is not needed.
 */
void
lose_late(struct neg *g, struct link *l, struct mono now)
{
	talk_why(g, l, NEG_ABORT, NEG_WHY_TIMEOUT, now);
	lose_drop(g, l);
	link_backoff(g, l, 0, NEG_WHY_TIMEOUT, now);
}

static const struct claim *
own_within(const struct neg *g, const struct claim *c, unsigned *ret_level)
{
	unsigned i;

	for (i = 0; i < g->own.n_claims; i++)
		if ((g->own.claim[i].flags & CLAIM_LEAVING) == 0 &&
		    claims_overlap(
			&g->own.topo, &g->own.claim[i], c, ret_level))
			return &g->own.claim[i];
	return NULL;
}

/* A third party's complaint; who is stable does not hear it. */
void
lose_notice(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	const struct known *k = &m->u.notice;
	struct neg_msg taken = { .n_taken = 1 };
	const struct claim *own;
	unsigned level;

	own = k->netid == g->netid ? NULL : own_within(g, &k->claim, &level);
	if (own == NULL || g->stable)
		return;
	if (!l->initiator && eval_told(l, now)) {
		talk_busy(g, l, 5, now); /* each wants the other to: I does */
		return;
	}
	taken.taken[0] = k->claim;
	lose_taken(l, &taken);
	lose_consider(g, l, own, level, true, now);
}
