#include "core/line.h"

#include "core/core.h"
#include "core/dial.h"
#include "core/peer_send.h"
#include "core/timers.h"

#define WAIT_US (500 * MONO_MS) /* for the answer, if the path is not slow */
#define WAIT_MAX_US (1500 * MONO_MS)

void
core_line_changed(struct core *c, struct turn *t)
{
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link) {
		/* The kernel knows which address to leave from now. */
		p->path.local = (struct addr){ 0 };
		p->line_seq = 0;
		timers_arm(c, p, TM_LINE,
		    mono_add(t->now, times_jitter(c, LINE_SPREAD_US)));
	}
}

static uint64_t
wait_us(const struct peer *p)
{
	uint64_t us = 2 * (uint64_t)p->rtt_us;

	if (us < WAIT_US)
		return WAIT_US;
	return us < WAIT_MAX_US ? us : WAIT_MAX_US;
}

void
line_due(struct core *c, struct peer *p, struct turn *t)
{
	if (peer_session(p) == NULL && peer_is_trial(p))
		return; /* the next one is dialled soon */
	if (peer_session(p) == NULL) {
		dial_anew(c, p, t);
	} else if (p->line_seq == 0) {
		peer_send_probe(c, p, t);
		p->line_seq = p->probe_seq;
		timers_arm(c, p, TM_LINE, mono_add(t->now, wait_us(p)));
	} else {
		dial_in_doubt(c, p, t);
	}
}

void
line_reply(struct core *c, struct peer *p, uint32_t seq)
{
	if (p->line_seq == 0 || seq < p->line_seq)
		return;
	p->line_seq = 0;
	timers_off(c, p, TM_LINE);
	dial_reassure(c, p);
}
