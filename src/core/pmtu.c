#include "core/pmtu.h"

#include "core/core.h"
#include "core/peer_send.h"
#include "core/timers.h"

/* Big frames on a path are worth a probe so often: a stall is that short. */
#define CONFIRM_US (300 * MONO_MS)
#define RAISE_US (30 * MONO_SEC)
#define WAIT_MIN_US (100 * MONO_MS)
#define WAIT_MAX_US (2 * MONO_SEC)
#define TRIES 3 /* probes of one size at once, where a loss must not decide */

/*
 * Bodies that fit the usual paths: IP bytes less 60 for IPv4, 80 for IPv6, and
 * 4 for the frame's head. Descending; all leave the plaintext a multiple of 16.
 */
static const uint16_t ladder[] = { 8908, 7964, 4284, 4012, 2988, 2012, 1484,
	1436, 1420, 1404, 1388, 1372, 1356, 1340, 1324, 1308, 1292, 1276, 1260,
	1244, 1228, 1212, 1196, 1132, 1020, 908, 780, 636, PMTU_FLOOR };

#define RUNGS (sizeof(ladder) / sizeof(ladder[0]))

/* What a path would carry if it had no limit of its own. */
static size_t
most(const struct core *c, struct peer *p)
{
	uint16_t size = p->pmtu.size;
	size_t ret;

	p->pmtu.size = 0;
	ret = peer_mtu(c, p);
	p->pmtu.size = size;
	return ret;
}

/* A probe takes a few round trips at most, on a line that is busy. */
static uint64_t
wait_us(const struct peer *p)
{
	uint64_t us = 3 * (uint64_t)p->rtt_us;

	return us < WAIT_MIN_US ? WAIT_MIN_US
	    : us > WAIT_MAX_US	? WAIT_MAX_US
				: us;
}

static void
probe(struct core *c, struct peer *p, size_t size, struct turn *t)
{
	struct pmtu *m = &p->pmtu;

	if (m->n == PMTU_SENT || peer_session(p) == NULL)
		return;
	if (m->n == 0)
		m->first = p->probe_seq + 1;
	/* Other probes may come between: they hold a place of size 0. */
	while (m->n < PMTU_SENT && m->first + m->n != p->probe_seq + 1)
		m->sent[m->n++] = 0;
	if (m->n == PMTU_SENT)
		return;
	m->sent[m->n++] = (uint16_t)size;
	count(&c->cnt, CNT_mtu_probe);
	peer_send_probe_padded(c, p, size, t);
}

static void
enter(struct core *c, struct peer *p, enum pmtu_state s, struct turn *t)
{
	struct pmtu *m = &p->pmtu;

	m->state = s;
	m->n = 0;
	m->best = 0;
	timers_arm(c, p, TM_MTU, mono_add(t->now, wait_us(p)));
}

static void
probe_times(
    struct core *c, struct peer *p, size_t size, unsigned n, struct turn *t)
{
	while (n-- > 0)
		probe(c, p, size, t);
}

/* Every size below the present one, and that one as well. */
static void
ask_ladder(struct core *c, struct peer *p, struct turn *t)
{
	size_t now = peer_mtu(c, p);
	unsigned i;

	enter(c, p, PMTU_LADDER, t);
	probe_times(c, p, now, TRIES, t);
	for (i = 0; i < RUNGS; i++)
		if (ladder[i] < now)
			probe(c, p, ladder[i], t);
	probe(c, p, PMTU_FLOOR, t);
}

static void
ask_bigger(struct core *c, struct peer *p, struct turn *t)
{
	size_t now = peer_mtu(c, p), max = most(c, p);
	unsigned i;

	enter(c, p, PMTU_RAISE, t);
	p->pmtu.raise_at = mono_add(t->now, RAISE_US);
	probe(c, p, max, t);
	for (i = 0; i < RUNGS; i++)
		if (ladder[i] > now && ladder[i] < max)
			probe(c, p, ladder[i], t);
}

static void
rest(struct core *c, struct peer *p, struct mono now)
{
	p->pmtu.state = PMTU_IDLE;
	p->pmtu.n = 0;
	timers_arm(c, p, TM_MTU,
	    p->pmtu.used ? mono_add(now, CONFIRM_US) : MONO_NEVER);
}

/* size 0 is all we take; what fragments are is the caller's business. */
static void
set_size(struct core *c, struct peer *p, uint16_t size, struct mono now)
{
	size_t old = peer_mtu(c, p);

	p->pmtu.size = size >= most(c, p) ? 0 : size;
	if (p->pmtu.size != 0 && mono_is_never(p->pmtu.raise_at))
		p->pmtu.raise_at = mono_add(now, RAISE_US);
	if (peer_mtu(c, p) < old)
		count(&c->cnt, CNT_mtu_down);
	else if (peer_mtu(c, p) > old)
		count(&c->cnt, CNT_mtu_up);
}

static void
begin(struct core *c, struct peer *p, struct turn *t)
{
	struct pmtu *m = &p->pmtu;

	if (!m->used)
		return;
	m->used = false;
	if (m->size != 0 && mono_due(m->raise_at, t->now)) {
		ask_bigger(c, p, t);
		return;
	}
	enter(c, p, PMTU_CONFIRM, t);
	probe(c, p, peer_mtu(c, p), t);
}

/* Nobody knows better than the answers that came in the meantime. */
static void
after_ladder(struct core *c, struct peer *p, struct turn *t)
{
	size_t now = peer_mtu(c, p);

	if (p->pmtu.best == 0 || p->pmtu.best >= now) {
		rest(c, p, t->now); /* a dead line, or a mere loss */
		return;
	}
	/* Until it is certain, fragments of what was answered carry on. */
	p->pmtu.before = (uint16_t)now;
	set_size(c, p, p->pmtu.best, t->now);
	enter(c, p, PMTU_CERTAIN, t);
	probe_times(c, p, now, TRIES, t);
}

static void
after_certain(struct core *c, struct peer *p, struct turn *t)
{
	if (p->pmtu.best >= p->pmtu.before)
		set_size(c, p, p->pmtu.before, t->now);
	rest(c, p, t->now);
}

static void
after_raise(struct core *c, struct peer *p, struct turn *t)
{
	if (p->pmtu.best > peer_mtu(c, p))
		set_size(c, p, p->pmtu.best, t->now);
	rest(c, p, t->now);
}

void
pmtu_run(struct core *c, struct peer *p, struct turn *t)
{
	static void (*const next[])(
	    struct core *, struct peer *, struct turn *) = {
		[PMTU_IDLE] = begin,
		[PMTU_CONFIRM] = ask_ladder, /* answered, it would be idle */
		[PMTU_LADDER] = after_ladder,
		[PMTU_CERTAIN] = after_certain,
		[PMTU_RAISE] = after_raise,
	};

	if (p->state != PEER_VRNODE || peer_session(p) == NULL) {
		pmtu_forget(c, p);
		return;
	}
	next[p->pmtu.state](c, p, t);
}

void
pmtu_forget(struct core *c, struct peer *p)
{
	p->pmtu = (struct pmtu){ .raise_at = MONO_NEVER };
	timers_off(c, p, TM_MTU);
}

void
pmtu_note_sent(struct core *c, struct peer *p, size_t len, struct mono now)
{
	/* On the smallest path the parts of frames are no longer. */
	if (p->pmtu.used || len < PMTU_FLOOR ||
	    (len == PMTU_FLOOR && p->pmtu.size != PMTU_FLOOR))
		return;
	p->pmtu.used = true;
	if (mono_is_never(p->deadline[TM_MTU]))
		timers_arm(c, p, TM_MTU,
		    p->pmtu.known_at.us == 0 ? now : mono_add(now, CONFIRM_US));
}

/*
 * The question goes ahead of its time; when it is refused, too, there is no
 * answer to wait for. A line on which nothing is answered is not asked without
 * a pause.
 */
static void
hurry(struct core *c, struct peer *p, struct mono now)
{
	struct pmtu *m = &p->pmtu;

	if (m->state == PMTU_IDLE && !m->hurried) {
		m->hurried = true;
		m->used = true;
		timers_arm(c, p, TM_MTU, now);
	} else if (m->state == PMTU_CONFIRM) {
		timers_arm(c, p, TM_MTU, now);
	}
}

void
pmtu_refused(struct core *c, const struct addr *remote, struct mono now)
{
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		if (p->has_path && addr_equal(&p->path.remote, remote))
			hurry(c, p, now);
}

void
pmtu_note_reply(struct core *c, struct peer *p, uint32_t seq, struct mono now)
{
	struct pmtu *m = &p->pmtu;
	uint32_t at = seq - m->first;
	uint16_t size;

	if (m->state == PMTU_IDLE || at >= m->n || m->sent[at] == 0)
		return;
	size = m->sent[at];
	m->sent[at] = 0;
	m->hurried = false;
	if (size > m->best)
		m->best = size;
	if (size < peer_mtu(c, p))
		return;
	m->known_at = now;
	if (m->state == PMTU_CONFIRM)
		rest(c, p, now);
}
