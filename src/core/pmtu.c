#include "core/pmtu.h"

#include "base/xmem.h"
#include "core/core.h"
#include "core/peer_send.h"
#include "core/timers.h"

/* Big frames on a path are worth a probe so often: a stall is that short. */
#define CONFIRM_US (300 * MONO_MS)
/* Less often where that would be more than one part in SHARE of the bytes. */
#define CONFIRM_SLOW_US (1 * MONO_SEC)
#define SHARE 16
#define RAISE_US (30 * MONO_SEC)
#define WAIT_MIN_US (100 * MONO_MS)
#define WAIT_MAX_US (2 * MONO_SEC)
#define TRIES 3 /* probes of one size at once, where a loss must not decide */

/*
 * Bodies that fit the usual paths: IP bytes less 60 for IPv4, 80 for IPv6, and
 * 4 for the frame's head. Descending; all but 1416, a frame of an Ethernet of
 * 1400 on IPv6 lines of 1500, leave the plaintext a multiple of 16.
 */
static const uint16_t ladder[] = { 8908, 7964, 4284, 4012, 2988, 2012, 1484,
	1436, 1420, 1416, 1404, 1388, 1372, 1356, 1340, 1324, 1308, 1292, 1276,
	1260, 1244, 1228, 1212, 1196, 1132, 1020, 908, 780, 636, PMTU_FLOOR };

#define RUNGS (sizeof(ladder) / sizeof(ladder[0]))

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
	if (m->sent == NULL)
		m->sent = try_calloc(PMTU_SENT, sizeof(*m->sent));
	if (m->sent == NULL)
		return; /* as one that is lost */
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
	if (m->state != PMTU_CONFIRM)
		m->bunch = p->probe_seq;
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
}

static void
ask_bigger(struct core *c, struct peer *p, struct turn *t)
{
	size_t now = peer_mtu(c, p), max = peer_mtu_agreed(c, p);
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
	free(p->pmtu.sent);
	p->pmtu.sent = NULL;
	timers_arm(c, p, TM_MTU,
	    p->pmtu.used ? mono_add(now, CONFIRM_US) : MONO_NEVER);
}

/* size 0 is all we take; what fragments are is the caller's business. */
static void
set_size(struct core *c, struct peer *p, uint16_t size, struct mono now)
{
	size_t old = peer_mtu(c, p);

	p->pmtu.size = size >= peer_mtu_agreed(c, p) ? 0 : size;
	if (peer_mtu(c, p) < old)
		p->pmtu.raise_at = mono_add(now, RAISE_US);
	if (peer_mtu(c, p) < old)
		count(&c->cnt, CNT_mtu_down);
	else if (peer_mtu(c, p) > old)
		count(&c->cnt, CNT_mtu_up);
}

static bool
is_worth_a_probe(const struct core *c, const struct peer *p, struct mono now)
{
	const struct pmtu *m = &p->pmtu;

	return m->hurried || m->bytes >= SHARE * peer_mtu(c, p) ||
	    mono_due(mono_add(m->asked_at, CONFIRM_SLOW_US), now);
}

static void
begin(struct core *c, struct peer *p, struct turn *t)
{
	struct pmtu *m = &p->pmtu;
	bool raise =
	    m->size != 0 && !m->hurried && mono_due(m->raise_at, t->now);

	if (!m->used)
		return;
	if (!raise && !is_worth_a_probe(c, p, t->now)) {
		timers_arm(c, p, TM_MTU, mono_add(t->now, CONFIRM_US));
		return;
	}
	m->used = false;
	m->bytes = 0;
	if (raise) {
		ask_bigger(c, p, t);
		return;
	}
	m->asked_at = t->now;
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
	free(p->pmtu.sent);
	p->pmtu =
	    (struct pmtu){ .raise_at = MONO_NEVER, .bunch = p->pmtu.bunch };
	timers_off(c, p, TM_MTU);
}

void
pmtu_note_sent(struct core *c, struct peer *p, size_t longest, size_t bytes,
    struct mono now)
{
	if (longest <= PMTU_FLOOR)
		return;
	p->pmtu.bytes += bytes;
	if (p->pmtu.used)
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

bool
pmtu_note_reply(struct core *c, struct peer *p, uint32_t seq, struct mono now)
{
	struct pmtu *m = &p->pmtu;
	uint32_t at = seq - m->first;
	bool alone = seq > m->bunch;
	uint16_t size;

	if (m->state == PMTU_IDLE || at >= m->n || m->sent[at] == 0)
		return alone;
	size = m->sent[at];
	m->sent[at] = 0;
	m->hurried = false;
	if (size > m->best)
		m->best = size;
	if (size < peer_mtu(c, p))
		return alone;
	m->known_at = now;
	if (m->state == PMTU_CONFIRM)
		rest(c, p, now);
	return alone;
}
