#include "neg/link.h"

#include "neg/act.h"

#define HELLO_S 5u     /* again, if the other side says nothing */
#define HELLO_TRIES 3u /* then only now and then */
#define HELLO_SLOW_S 60u
#define VERDICT_S 10u
#define BACKOFF_S 5u
#define BACKOFF_MAX 6u
#define RETRY_MAX_S 600u
#define ANEW_S 1u /* the least between two lives of the channel */

enum event {
	EV_VERDICT,
	EV_PROPOSE,
	EV_ACCEPT,
	EV_REJECT,
	EV_BUSY,
	EV_REFUSE,
	EV_NOTICE,
	EV_ABORT,
	EV_TIME,
	EVENTS
};

typedef void handler(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);

bool
link_settled(const struct link *l)
{
	return l->state >= NEG_UP;
}

/*
 * Compatible seconds add up here; with each look a link that stays settled is
 * saved.
 */
static void
count_uptime(struct neg *g, struct link *l, struct mono now)
{
	struct network *n = l->net;
	struct neg_record rec;

	if (!mono_is_never(l->compat)) {
		n->uptime += (uint32_t)(mono_since(n->counted, now) / MONO_SEC);
		network_record(n, &rec);
		g->io.save(g->io.arg, &rec);
	}
	n->counted = n->seen = now;
}

bool
link_established(const struct link *l)
{
	return !l->p.stranger &&
	    (l->p.established || l->net->uptime >= NEG_KNOWN_S);
}

void
link_state(struct neg *g, struct link *l, enum neg_state state, struct mono now)
{
	bool moved = l->state != state;

	if (moved && l->state == NEG_UP)
		count_uptime(g, l, now);
	l->state = state;
	if (moved)
		l->since = now;
	if (state != NEG_UP)
		l->compat = MONO_NEVER;
	else if (mono_is_never(l->compat))
		l->compat = now;
	win_refresh(g);
	link_schedule(g, l);
	if (moved) {
		stable_check(g, now);
		g->io.event(g->io.arg, NEG_EV_STATE, l->p.id);
	}
}

static void
set_timer(struct neg *g, struct link *l, uint64_t s, struct mono now)
{
	l->timer = mono_add(now, s * MONO_SEC);
	link_schedule(g, l);
}

static void
settle(struct neg *g, struct link *l, enum neg_state state, uint8_t why,
    bool by_peer, struct mono now)
{
	l->why = why;
	l->why_peer = by_peer;
	l->routed =
	    state == NEG_UP || state == NEG_PARTIAL || state == NEG_HELD;
	if (l->state != state)
		l->net->counted = now;
	link_state(g, l, state, now);
	set_timer(g, l, NEG_RECHECK_S, now);
	routes_update(g, l, now);
}

void
link_settle(
    struct neg *g, struct link *l, enum neg_state state, struct mono now)
{
	l->backoff = 0;
	settle(g, l, state, 0, false, now);
	if (state == NEG_UP || state == NEG_SAME) {
		l->conflict = MONO_NEVER;
		demand_gone(g, l->p.key);
	}
}

void
link_held(
    struct neg *g, struct link *l, uint8_t why, bool by_peer, struct mono now)
{
	settle(g, l, NEG_HELD, why, by_peer, now);
}

/* U(0.5, 1.5) of base x 2^n: two that wait for each other come apart. */
static uint64_t
growing(const struct neg *g, struct link *l)
{
	uint64_t ms = (uint64_t)BACKOFF_S * 1000u << l->backoff;

	if (l->backoff < BACKOFF_MAX)
		l->backoff++;
	return ms / 2 + neg_random(g) % (ms + 1);
}

void
link_backoff(struct neg *g, struct link *l, uint32_t after_s, uint8_t why,
    struct mono now)
{
	uint64_t ms = after_s == 0
	    ? growing(g, l)
	    : (uint64_t)(after_s < RETRY_MAX_S ? after_s : RETRY_MAX_S) * 1000u;

	if (l == g->mover)
		lose_drop(g, l);
	l->routed = false;
	l->why = why;
	l->why_peer = false;
	link_state(g, l, NEG_BACKOFF, now);
	l->timer = mono_add(now, ms * MONO_MS);
	link_schedule(g, l);
	routes_update(g, l, now);
}

void
link_restart(struct neg *g, struct link *l, struct mono now)
{
	if (l == g->mover && g->has_own && g->moving)
		return; /* we are on our way; the end of it is looked at */
	if (l == g->mover)
		lose_drop(g, l);
	l->tries = 0;
	l->why = 0;
	l->routed = false;
	l->has_verdict = false; /* it is said again, if the same */
	if (!g->has_own || l->desc == NULL) {
		link_state(g, l, NEG_HELLO_WAIT, now);
		l->timer = MONO_NEVER;
		if (g->has_own)
			set_timer(g, l, HELLO_S, now);
	} else if (l->initiator) {
		link_state(g, l, NEG_VERDICT_WAIT, now);
		set_timer(g, l, VERDICT_S, now);
	} else
		eval_link(g, l, now);
	routes_update(g, l, now);
}

static void
on_verdict(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	if (l->initiator)
		eval_check(g, l, m, now);
}

static void
answer_busy(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	talk_busy(g, l, BACKOFF_S, now);
}

static void
on_accept(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	lose_accepted(g, l, m, now);
}

static void
on_reject(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	lose_rejected(g, l, m, now);
}

/* The other side cannot now. It comes back itself if it is to propose. */
static void
put_off(struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	uint32_t s = m->u.retry_s < RETRY_MAX_S ? m->u.retry_s : RETRY_MAX_S;

	if (l->state == NEG_WIN_WAIT && l->initiator)
		s += NEG_PATIENCE_S;
	if (l->state != NEG_WIN_WAIT || l->backoff > 0)
		link_backoff(g, l, 0, 0, now);
	else {
		link_backoff(g, l, s + 1, 0, now);
		l->backoff = 1; /* its word counts once */
	}
}

/* Whom we have told of a third party's claim; peers in peace say no more. */
static void
third_busy(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	if (eval_told(l, now))
		eval_told_busy(g, l, m->u.retry_s, now);
}

static void
refused(struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	if (l == g->mover)
		lose_drop(g, l);
	link_held(g, l, m->u.why, true, now);
}

static void
on_abort(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	win_aborted(g, l, m, now);
}

static void
hello_again(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	if (!g->has_own)
		return;
	if (l->ch.n_out == 0)
		talk_hello(g, l, now);
	if (l->tries < HELLO_TRIES)
		l->tries++;
	set_timer(g, l, l->tries < HELLO_TRIES ? HELLO_S : HELLO_SLOW_S, now);
}

static void
probe_time(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	greet_probe_tick(g, l, now);
}

static void
no_answer(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	link_backoff(g, l, 0, NEG_WHY_TIMEOUT, now);
}

static void
on_late(struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	lose_late(g, l, now);
}

static void
retry(struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	if (l->initiator)
		talk_hello(g, l, now);
	link_restart(g, l, now);
}

/* Held ones are judged anew: a budget may be there again, a window open. */
static void
recheck(struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	(void)m;
	count_uptime(g, l, now);
	set_timer(g, l, NEG_RECHECK_S, now);
	if (!l->initiator &&
	    (l->state == NEG_HELD || l->state == NEG_PARTIAL)) {
		l->has_verdict = false;
		eval_link(g, l, now);
	}
	routes_update(g, l, now);
}

#define SETTLED                                                        \
	{                                                              \
		[EV_VERDICT] = on_verdict, [EV_PROPOSE] = win_propose, \
		[EV_BUSY] = third_busy, [EV_NOTICE] = lose_notice,     \
		[EV_TIME] = recheck                                    \
	}

/* What is not here is ignored: it is late, and what follows repairs it. */
static handler *const table[NEG_STATES][EVENTS] = {
	[NEG_HELLO_WAIT] = { [EV_TIME] = hello_again },
	[NEG_PROBING] = { [EV_PROPOSE] = answer_busy,
	    [EV_NOTICE] = answer_busy,
	    [EV_TIME] = probe_time },
	[NEG_VERDICT_WAIT] = { [EV_VERDICT] = on_verdict,
	    [EV_PROPOSE] = answer_busy,
	    [EV_NOTICE] = answer_busy,
	    [EV_TIME] = no_answer },
	[NEG_LOSE_ASK] = { [EV_PROPOSE] = answer_busy,
	    [EV_ACCEPT] = on_accept,
	    [EV_REJECT] = on_reject,
	    [EV_BUSY] = put_off,
	    [EV_REFUSE] = refused,
	    [EV_NOTICE] = answer_busy,
	    [EV_TIME] = on_late },
	[NEG_MOVING] = { [EV_PROPOSE] = answer_busy,
	    [EV_NOTICE] = answer_busy,
	    [EV_TIME] = on_late },
	[NEG_WIN_WAIT] = { [EV_PROPOSE] = win_propose,
	    [EV_BUSY] = put_off,
	    [EV_REFUSE] = refused,
	    [EV_NOTICE] = answer_busy,
	    [EV_ABORT] = on_abort,
	    [EV_TIME] = no_answer },
	[NEG_RESERVED] = { [EV_PROPOSE] = win_propose,
	    [EV_REFUSE] = refused,
	    [EV_NOTICE] = answer_busy,
	    [EV_ABORT] = on_abort,
	    [EV_TIME] = no_answer },
	[NEG_BACKOFF] = { [EV_VERDICT] = on_verdict,
	    [EV_PROPOSE] = win_propose,
	    [EV_NOTICE] = answer_busy,
	    [EV_TIME] = retry },
	[NEG_UP] = SETTLED,
	[NEG_SAME] = SETTLED,
	[NEG_PARTIAL] = SETTLED,
	[NEG_TOPO] = SETTLED,
	[NEG_HELD] = SETTLED,
};

static const enum event events[NEG_TYPES] = {
	[NEG_VERDICT] = EV_VERDICT,
	[NEG_PROPOSE] = EV_PROPOSE,
	[NEG_ACCEPT] = EV_ACCEPT,
	[NEG_REJECT] = EV_REJECT,
	[NEG_BUSY] = EV_BUSY,
	[NEG_REFUSE] = EV_REFUSE,
	[NEG_NOTICE] = EV_NOTICE,
	[NEG_ABORT] = EV_ABORT,
};

static void
dispatch(struct neg *g, struct link *l, enum event ev, const struct neg_msg *m,
    struct mono now)
{
	handler *h = table[l->state][ev];

	if (h != NULL)
		h(g, l, m, now);
}

/* Claims can be read once both sides live in one address space. */
static const struct topology *
common_topology(const struct neg *g, const struct link *l, uint8_t type)
{
	if (!g->has_own || l->desc == NULL)
		return NULL;
	if (type != NEG_VERDICT &&
	    !topology_equal(&g->own.topo, &l->desc->topo))
		return NULL;
	return &g->own.topo;
}

static bool
is_desc(uint8_t type)
{
	return type == NEG_HELLO || type == NEG_DESC || type == NEG_MOVED;
}

bool
link_message(struct neg *g, struct link *l, uint8_t type, const uint8_t *p,
    size_t len, struct mono now)
{
	const struct topology *topo = common_topology(g, l, type);
	struct neg_msg m;

	if (topo == NULL && !is_desc(type))
		return true; /* our place went, or theirs, while it came */
	if (!neg_msg_parse(type, p, len, topo, &m))
		return false;
	if (is_desc(type))
		greet_desc(g, l, &m, now);
	else if (type == NEG_PROBE_SEEN)
		greet_seen(g, l, &m, now);
	else
		dispatch(g, l, events[type], &m, now);
	return true;
}

/* The other side has not heard us: from the beginning, in a new life. */
static void
begin_anew(struct neg *g, struct link *l, struct mono now)
{
	channel_again(&l->ch);
	l->anew_at = mono_add(now, ANEW_S * (uint64_t)MONO_SEC);
	if (!g->has_own)
		return;
	if (l->desc == NULL) {
		l->greeted = false;
		l->tries = HELLO_TRIES;
		set_timer(g, l, HELLO_SLOW_S, now);
		return;
	}
	talk_hello(g, l, now);
	l->ch.broken = false; /* what does not even fit is not tried again */
	if (link_settled(l)) {
		l->has_verdict = false; /* it may be lost, so it goes again */
		eval_link(g, l, now);
	} else if (l->state != NEG_MOVING)
		link_restart(g, l, now);
}

void
link_tick(struct neg *g, struct link *l, struct mono now)
{
	struct talk_to to = { g, l };

	channel_tick(&l->ch, now, talk_part, &to);
	if (l->ch.broken && mono_due(l->anew_at, now))
		begin_anew(g, l, now);
	if (mono_due(l->timer, now)) {
		l->timer = MONO_NEVER;
		dispatch(g, l, EV_TIME, NULL, now);
	}
	link_schedule(g, l);
}
