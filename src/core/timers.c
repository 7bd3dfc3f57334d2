#include "core/timers.h"

#include "core/core.h"
#include "core/dial.h"
#include "core/line.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/target.h"
#include "core/tell.h"
#include "core/trial.h"
#include "wire/mesh.h"

#define KEEPALIVE_US (10 * MONO_SEC)
#define PERSIST_US (25 * MONO_SEC)
#define SILENCE_BUSY_US (10 * MONO_SEC)
#define SILENCE_IDLE_US (25 * MONO_SEC)
#define CONFIRMS 6 /* 9.5 s: more than any round trip */
#define PROBES_SLOW 5
#define PROBE_SLOW_US (1 * MONO_SEC)
#define PROBE_FAST_US (500 * MONO_MS)

static uint64_t
rekey_us(const struct core *c)
{
	return (uint64_t)c->limits.rekey_after_ms * MONO_MS;
}

uint64_t
times_reject_us(const struct core *c)
{
	return rekey_us(c) * 3 / 2;
}

uint64_t
times_jitter(struct core *c, uint64_t max)
{
	uint64_t r;

	c->io.random(c->io.arg, &r, sizeof(r));
	return max > 0 ? r % max : 0;
}

uint64_t
times_retry_gap(struct core *c, unsigned n)
{
	static const uint16_t first_ms[] = { 500, 1000, 1000, 2000, 2000 };

	if (n < sizeof(first_ms) / sizeof(first_ms[0]))
		return first_ms[n] * (uint64_t)MONO_MS;
	return 3 * MONO_SEC + times_jitter(c, 334 * MONO_MS);
}

bool
timers_silent(const struct peer *p)
{
	return p->probes > PROBES_SLOW;
}

void
timers_init(struct peer *p)
{
	unsigned i;

	for (i = 0; i < TIMERS; i++)
		p->deadline[i] = MONO_NEVER;
	p->unanswered = MONO_NEVER;
}

void
timers_arm(struct core *c, struct peer *p, enum timer tm, struct mono at)
{
	struct mono old = p->deadline[tm], min;
	unsigned i;

	p->deadline[tm] = at;
	/* Most calls move a deadline that is not the nearest. */
	if (p->due.pos != 0 && mono_before(p->due.at, old) &&
	    !mono_before(at, p->due.at))
		return;
	for (min = MONO_NEVER, i = 0; i < TIMERS; i++)
		min = mono_min(min, p->deadline[i]);
	heap_set(&c->deadlines, &p->due, min);
}

void
timers_off(struct core *c, struct peer *p, enum timer tm)
{
	timers_arm(c, p, tm, MONO_NEVER);
}

void
timers_all_off(struct core *c, struct peer *p)
{
	timers_init(p);
	heap_set(&c->deadlines, &p->due, MONO_NEVER);
}

/*
 * When silence gets suspicious. A peer that owes us an answer, or that was
 * just sending, is missed sooner than one with nothing to say.
 */
static void
arm_silence(struct core *c, struct peer *p)
{
	bool was_sending = p->last_data_rx.us != 0 &&
	    mono_since(p->last_data_rx, p->last_rx) < SILENCE_BUSY_US;
	struct mono at = mono_add(
	    p->last_rx, was_sending ? SILENCE_BUSY_US : SILENCE_IDLE_US);

	if (!mono_is_never(p->unanswered))
		at = mono_min(at, mono_add(p->unanswered, SILENCE_BUSY_US));
	timers_arm(c, p, TM_SILENCE, at);
}

void
timers_session_current(struct core *c, struct peer *p, struct turn *t)
{
	const struct session *s = p->slot[SLOT_CUR];
	uint64_t after = rekey_us(c);

	if (!s->initiator)
		after = after * 5 / 4;
	/* Up to a tenth earlier: a thousand peers must not rekey at once. */
	after -= times_jitter(c, after / 10);
	timers_arm(c, p, TM_REKEY, mono_add(s->born, after));
	p->confirms = 0;
	if (s->heard)
		timers_off(c, p, TM_CONFIRM);
	else
		timers_arm(
		    c, p, TM_CONFIRM, mono_add(t->now, times_retry_gap(c, 0)));
	/* At the end: it may free s, when the loop is late. */
	timers_arm(c, p, TM_REJECT, peer_expire(c, p, t->now));
}

void
timers_confirmed(struct core *c, struct peer *p)
{
	timers_off(c, p, TM_CONFIRM);
}

void
timers_sent(struct core *c, struct peer *p, bool payload, struct turn *t)
{
	p->last_tx = t->now;
	timers_off(c, p, TM_KEEPALIVE);
	if (p->behind_nat)
		timers_arm(c, p, TM_PERSIST, mono_add(t->now, PERSIST_US));
	if (payload && mono_is_never(p->unanswered) && p->probes == 0) {
		p->unanswered = t->now;
		arm_silence(c, p);
	}
}

void
timers_received(struct core *c, struct peer *p, struct turn *t)
{
	p->last_rx = t->now;
	p->unanswered = MONO_NEVER;
	if (p->probes > 0)
		dial_reassure(c, p);
	p->probes = 0;
	timers_off(c, p, TM_PROBE);
	arm_silence(c, p);
}

void
timers_payload(struct core *c, struct peer *p, struct turn *t)
{
	p->last_data_rx = t->now;
	if (mono_is_never(p->deadline[TM_KEEPALIVE]))
		timers_arm(c, p, TM_KEEPALIVE, mono_add(t->now, KEEPALIVE_US));
	arm_silence(c, p);
}

static void
on_dial(struct core *c, struct peer *p, struct turn *t)
{
	dial_again(c, p, t);
}

static void
on_race(struct core *c, struct peer *p, struct turn *t)
{
	dial_race(c, p, t);
}

/* A probe: the peer may have heard us, and its answer was lost. */
static void
on_confirm(struct core *c, struct peer *p, struct turn *t)
{
	struct session *s = p->slot[SLOT_CUR];

	if (s == NULL || s->heard)
		return;
	p->confirms++;
	timers_arm(c, p, TM_CONFIRM,
	    mono_add(t->now, times_retry_gap(c, p->confirms)));
	peer_send_probe(c, p, t);
	if (p->confirms >= CONFIRMS)
		dial_begin(c, p, t); /* the peer has lost it: try afresh */
}

static void
on_rekey(struct core *c, struct peer *p, struct turn *t)
{
	dial_begin(c, p, t);
}

static void
on_reject(struct core *c, struct peer *p, struct turn *t)
{
	timers_arm(c, p, TM_REJECT, peer_expire(c, p, t->now));
	if (p->slot[SLOT_CUR] == NULL)
		dial_begin(c, p, t);
}

static void
on_keepalive(struct core *c, struct peer *p, struct turn *t)
{
	struct session *s = peer_session(p);

	if (s != NULL)
		peer_send_small(c, p, s, &p->path, 0, NULL, 0, t);
}

/* A probe, because an empty keepalive could not pay for a path challenge. */
static void
on_persist(struct core *c, struct peer *p, struct turn *t)
{
	peer_send_probe(c, p, t);
}

static void
ask(struct core *c, struct peer *p, struct turn *t)
{
	p->probes++;
	timers_arm(c, p, TM_PROBE,
	    mono_add(t->now,
		p->probes <= PROBES_SLOW ? PROBE_SLOW_US : PROBE_FAST_US));
	peer_send_probe(c, p, t);
}

static void
on_silence(struct core *c, struct peer *p, struct turn *t)
{
	if (p->state != PEER_VRNODE)
		return;
	peer_event(c, EV_PEER_SILENT, p); /* its name may have moved on */
	ask(c, p, t);
}

static void
on_probe(struct core *c, struct peer *p, struct turn *t)
{
	if (p->probes < PROBES_MAX) {
		ask(c, p, t);
		if (p->probes == PROBES_SLOW + 1 && target_elsewhere(p))
			dial_in_doubt(c, p, t);
		return;
	}
	count(&c->cnt, CNT_peer_dead);
	p->stats.deaths++;
	peer_drop(c, p, PEER_DEAD, MESH_DOWN_DEAD, t);
	dial_begin(c, p, t);
}

static void
on_path(struct core *c, struct peer *p, struct turn *t)
{
	roam_decide(c, p, t);
}

static void
on_trial(struct core *c, struct peer *p, struct turn *t)
{
	trial_due(c, p, t);
}

static void
on_frag(struct core *c, struct peer *p, struct turn *t)
{
	timers_arm(c, p, TM_FRAG, frag_expire(&p->frags, &c->cnt, t->now));
}

void
timers_run(struct core *c, struct peer *p, struct turn *t)
{
	static void (*const due[TIMERS])(
	    struct core *, struct peer *, struct turn *) = {
		[TM_DIAL] = on_dial,
		[TM_RACE] = on_race,
		[TM_CONFIRM] = on_confirm,
		[TM_REKEY] = on_rekey,
		[TM_REJECT] = on_reject,
		[TM_KEEPALIVE] = on_keepalive,
		[TM_PERSIST] = on_persist,
		[TM_SILENCE] = on_silence,
		[TM_PROBE] = on_probe,
		[TM_PATH] = on_path,
		[TM_FRAG] = on_frag,
		[TM_MTU] = pmtu_run,
		[TM_TRIAL] = on_trial,
		[TM_TELL] = tell_due,
		[TM_LINE] = line_due,
	};
	unsigned i;

	for (i = 0; i < TIMERS; i++) {
		if (!mono_due(p->deadline[i], t->now))
			continue;
		timers_off(c, p, (enum timer)i);
		due[i](c, p, t);
	}
}
