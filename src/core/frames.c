#include "core/frames.h"

#include <string.h>

#include "core/answer.h"
#include "core/core.h"
#include "core/dial.h"
#include "core/exchange.h"
#include "core/fanout.h"
#include "core/line.h"
#include "core/mesh.h"
#include "core/negotiate.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"
#include "core/trial.h"
#include "core/trust.h"

#define CHALLENGE_PLAIN 16 /* padded: a challenge takes no less */
#define RTT_MAX_US (60 * MONO_SEC)

static void dispatch(struct rx *rx, const struct frame *f);

static void
on_unwanted(struct rx *rx, const struct frame *f)
{
	(void)f;
	count(&rx->c->cnt, CNT_frame_unwanted);
}

static void
on_data(struct rx *rx, const struct frame *f)
{
	fwd_receive(rx, f);
}

static void
on_ntk(struct rx *rx, const struct frame *f)
{
	fanout_receive(rx, f);
}

static void
on_probe(struct rx *rx, const struct frame *f)
{
	uint8_t body[PROBE_REPLY_LEN];
	struct session *s = peer_session(rx->p);
	struct probe pr;

	if (s == NULL || !probe_parse(f->body, f->len, &pr))
		return;
	pr.delay_us = 0; /* answered within the turn it came in */
	probe_reply_write(body, &pr);
	peer_send_small(rx->c, rx->p, s, &rx->p->path, FRAME_PROBE_REPLY, body,
	    sizeof(body), rx->t);
}

/* Tells the mesh daemon only what changes its mind: an eighth and 1 ms. */
static void
note_rtt(struct core *c, struct peer *p, uint64_t us, struct turn *t)
{
	uint32_t diff;

	p->rtt_us = p->rtt_us == 0
	    ? (uint32_t)us
	    : (uint32_t)((7 * (uint64_t)p->rtt_us + us) / 8);
	if (p->rtt_us == 0)
		p->rtt_us = 1; /* 0 says "not measured" */
	diff = p->rtt_us > p->rtt_told_us ? p->rtt_us - p->rtt_told_us
					  : p->rtt_told_us - p->rtt_us;
	if (p->rtt_told_us != 0 && diff < p->rtt_told_us / 8 + MONO_MS)
		return;
	p->rtt_told_us = p->rtt_us;
	mesh_peer_rtt(c, p, t);
	peer_event(c, EV_PEER_RTT, p);
}

static void
on_probe_reply(struct rx *rx, const struct frame *f)
{
	struct probe pr;
	uint64_t us;

	if (!probe_reply_parse(f->body, f->len, &pr))
		return;
	us = rx->t->now.us - pr.sent_us;
	if (pr.seq > rx->p->probe_seq || pr.sent_us > rx->t->now.us ||
	    us > RTT_MAX_US || pr.delay_us > us) {
		count(&rx->c->cnt, CNT_probe_reply_bad);
		return;
	}
	line_reply(rx->c, rx->p, pr.seq);
	if (pmtu_note_reply(rx->c, rx->p, pr.seq, rx->t->now))
		note_rtt(rx->c, rx->p, us - pr.delay_us, rx->t);
}

/* The answer takes 16 bytes of plaintext; who asks must have sent as many. */
static void
on_challenge(struct rx *rx, const struct frame *f)
{
	if (rx->plain < CHALLENGE_PLAIN) {
		count(&rx->c->cnt, CNT_frame_bad);
		return;
	}
	roam_challenge(rx->c, rx->p, rx->from, f->body, rx->t);
}

static void
on_response(struct rx *rx, const struct frame *f)
{
	roam_response(rx->c, rx->p, rx->from, f->body, rx->t);
}

/* Before the news that the peer is gone goes what came from it. */
static void
hand_over(struct rx *rx)
{
	if (rx->out->n > 0)
		rx->c->io.mesh_send(rx->c->io.arg, rx->out);
	rx->out->n = 0;
	fwd_hand_over(rx);
}

static void
on_close(struct rx *rx, const struct frame *f)
{
	const struct session *cur = rx->p->slot[SLOT_CUR];
	const uint8_t *boot;
	uint8_t reason;

	/* Nor may a late goodbye end the session of the peer's next start. */
	if (!close_parse(f->body, f->len, &reason, &boot) ||
	    !equal_ct(boot, rx->s->boot, BOOT_LEN) ||
	    (cur != NULL && !equal_ct(boot, cur->boot, BOOT_LEN))) {
		count(&rx->c->cnt, CNT_close_bad);
		return;
	}
	count(&rx->c->cnt, CNT_peer_closed);
	rx->s = NULL;
	hand_over(rx);
	peer_drop(rx->c, rx->p, PEER_VNODE, MESH_DOWN_CLOSED, rx->t);
	trial_closed(rx->c, rx->p, reason);
	/* at odds: at once it would be no better */
	if (reason == CLOSE_BAD_DESC || reason == CLOSE_POLICY)
		dial_later(rx->c, rx->p, rx->t);
	else
		dial_begin(rx->c, rx->p, rx->t);
}

static void
on_rekey(struct rx *rx, const struct frame *f)
{
	if (f->len == INIT_NOMACS)
		answer_in_band(
		    rx->c, rx->p, rx->s, rx->from, f->body, f->len, rx->t);
	else
		dial_response_in_band(
		    rx->c, rx->p, rx->s, rx->from, f->body, f->len, rx->t);
}

static void
on_frag(struct rx *rx, const struct frame *f)
{
	struct core *c = rx->c;
	struct peer *p = rx->p;
	struct frame whole;
	struct frag fr;
	struct pkt pk;

	count(&c->cnt, CNT_frag_got);
	if (!frag_parse(f->body, f->len, &fr) ||
	    !frag_take(&p->frags, &fr, rx->s->ix.index, &pk, &c->cnt, rx->t)) {
		timers_arm(
		    c, p, TM_FRAG, frag_expire(&p->frags, &c->cnt, rx->t->now));
		return;
	}
	count(&c->cnt, CNT_frag_whole);
	rx->raw = pk.p;
	whole = (struct frame){ fr.type, fr.flags, pk.p, pk.len };
	if (frame_check(&whole))
		dispatch(rx, &whole);
	else
		count(&c->cnt, CNT_frame_bad);
}

static void
dispatch(struct rx *rx, const struct frame *f)
{
	static void (*const handler[FRAME_TYPES])(
	    struct rx *, const struct frame *) = {
		[FRAME_DATA] = on_data,
		[FRAME_NTK] = on_ntk,
		[FRAME_PROBE] = on_probe,
		[FRAME_PROBE_REPLY] = on_probe_reply,
		[FRAME_CHALLENGE] = on_challenge,
		[FRAME_RESPONSE] = on_response,
		[FRAME_CLOSE] = on_close,
		[FRAME_REKEY] = on_rekey,
		[FRAME_CLAIM] = on_unwanted,
		[FRAME_RECORDS] = exchange_receive,
		[FRAME_NEG] = negotiate_receive,
		[FRAME_FRAG] = on_frag,
	};

	if (f->type >= FRAME_TYPES)
		count(&rx->c->cnt, CNT_frame_unknown);
	else
		handler[f->type](rx, f);
}

static void
note_path(struct core *c, struct peer *p, struct session *s,
    const struct path *from, size_t bytes, unsigned n, struct turn *t)
{
	if (p->slot[SLOT_CUR] != s)
		return;
	if (addr_equal(&from->remote, &p->path.remote))
		p->path = *from; /* answers leave by the way it came */
	else
		roam_candidate(c, p, from, bytes, n, t);
}

static void
handle(struct rx *rx, const struct pkt *pk)
{
	enum counter why;
	struct frame f;

	if (pk->len == 0)
		return; /* a keepalive has no frame */
	rx->raw = pk->p;
	rx->plain = pk->len;
	if (!frame_parse(pk->p, pk->len, &f, &why)) {
		count(&rx->c->cnt, why);
		return;
	}
	if (!rx->p->carries && !trust_carries(rx->c, rx->p, f.type)) {
		count(&rx->c->cnt, CNT_class_refused);
		return;
	}
	rx->payload = rx->payload || frame_is_payload(f.type);
	dispatch(rx, &f);
}

void
frames_receive(struct core *c, struct peer *p, struct session *s,
    const struct path *from, struct run *run, size_t bytes, bool newest,
    struct turn *t)
{
	/* Not inside rx, which is filled with zeros. */
	struct run out, dev[FWD_LAYERS];
	struct rx rx = { .c = c,
		.p = p,
		.s = s,
		.from = from,
		.t = t,
		.out = &out,
		.dev = dev };
	unsigned i;

	out.n = dev[FWD_IP].n = dev[FWD_ETHERNET].n = 0;

	p->stats.rx_bytes += bytes;
	p->stats.rx_packets += run->n;
	timers_received(c, p, t);
	peer_opened(c, p, s, newest, t);
	if (newest)
		note_path(c, p, s, from, bytes, run->n, t);
	for (i = 0; i < run->n && rx.s != NULL; i++)
		handle(&rx, &run->pkt[i]);
	hand_over(&rx);
	if (rx.payload && rx.s != NULL)
		timers_payload(c, p, t);
}
