#include "core/peer_send.h"

#include <string.h>

#include "core/core.h"
#include "core/dial.h"
#include "core/session.h"
#include "core/timers.h"

#define STAGED_MAX 64 /* frames per peer that wait for a session */

static void
staged_drop_first(struct core *c, struct peer *p)
{
	struct pbuf *b = p->staged;

	p->staged = b->next;
	if (p->staged == NULL)
		p->staged_end = &p->staged;
	p->n_staged--;
	pool_put(&c->staging, b);
}

struct session *
peer_session(const struct peer *p)
{
	struct session *s = p->slot[SLOT_CUR];

	return s != NULL && !session_spent(s) ? s : NULL;
}

size_t
peer_mtu_agreed(const struct core *c, const struct peer *p)
{
	const struct session *s = p->slot[SLOT_CUR];
	size_t mtu = s != NULL ? s->mtu : MTU_MIN;

	if (mtu > c->limits.mtu)
		mtu = c->limits.mtu;
	if (mtu < MTU_MIN)
		mtu = MTU_MIN;
	return mtu;
}

size_t
peer_mtu(const struct core *c, const struct peer *p)
{
	size_t mtu = peer_mtu_agreed(c, p);

	return p->pmtu.size != 0 && p->pmtu.size < mtu ? p->pmtu.size : mtu;
}

/* What is known of a packet goes with it. */
static uint8_t
flags_of(uint8_t flags, const struct pkt *pk)
{
	return (pk->flags & PKT_CSUM) != 0 ? flags | FRAME_CSUM : flags;
}

/* Turns bodies into whole plaintexts: header in front, zeros behind. */
static void
add_heads(struct run *run, uint8_t type, uint8_t flags, size_t mtu)
{
	unsigned i;

	for (i = 0; i < run->n; i++) {
		struct pkt *pk = &run->pkt[i];
		size_t pad = frame_write_head(pk->p - FRAME_HEAD, type,
		    flags_of(flags, pk), pk->len, mtu);

		memset(pk->p + pk->len, 0, pad);
		pk->p -= FRAME_HEAD;
		pk->len += (uint32_t)(FRAME_HEAD + pad);
	}
}

/* Past its time, though a late loop has not come to TM_REJECT yet. */
static bool
is_expired(const struct session *s, struct mono now)
{
	return mono_due(s->end, now);
}

static void
seal_and_send(struct core *c, struct peer *p, struct session *s,
    const struct path *to, bool payload, struct run *run, struct turn *t)
{
	size_t longest = 0, bytes = 0;
	unsigned i;

	if (run->n == 0)
		return;
	if (is_expired(s, t->now) || !session_seal(s, run)) {
		count_n(&c->cnt, CNT_seal_ended, run->n);
		return;
	}
	for (i = 0; i < run->n; i++) {
		bytes += run->pkt[i].len;
		if (run->pkt[i].len > longest)
			longest = run->pkt[i].len;
	}
	p->stats.tx_bytes += bytes;
	p->stats.tx_packets += run->n;
	if (payload)
		pmtu_note_sent(c, p, longest - DATA_HEAD - TAG_LEN - FRAME_HEAD,
		    bytes, t->now);
	c->io.udp_send(c->io.arg, to, run);
	timers_sent(c, p, payload, t);
	if (session_wants_rekey(s))
		dial_begin(c, p, t);
}

void
peer_send_on(struct core *c, struct peer *p, struct session *s,
    const struct path *to, uint8_t type, uint8_t flags, struct run *run,
    struct turn *t)
{
	add_heads(run, type, flags, peer_mtu(c, p));
	seal_and_send(c, p, s, to, frame_is_payload(type), run, t);
}

void
peer_send_small(struct core *c, struct peer *p, struct session *s,
    const struct path *to, uint8_t type, const void *body, size_t len,
    struct turn *t)
{
	struct run run;
	struct pkt *pk = run_one(&run, len, t->mem);

	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	if (len > 0)
		memcpy(pk->p, body, len);
	if (type == 0)
		seal_and_send(c, p, s, to, false, &run, t);
	else
		peer_send_on(c, p, s, to, type, 0, &run, t);
}

void
peer_send_close(struct core *c, struct peer *p, uint8_t reason, struct turn *t)
{
	struct session *s = peer_session(p);
	uint8_t body[CLOSE_LEN];

	if (s == NULL)
		return;
	close_write(body, reason, c->boot);
	peer_send_small(c, p, s, &p->path, FRAME_CLOSE, body, sizeof(body), t);
}

void
peer_send_probe(struct core *c, struct peer *p, struct turn *t)
{
	struct probe pr = { .seq = ++p->probe_seq, .sent_us = t->now.us };
	struct session *s = peer_session(p);
	uint8_t body[PROBE_LEN];

	if (s == NULL)
		return;
	probe_write(body, &pr);
	count(&c->cnt, CNT_probe_sent);
	peer_send_small(c, p, s, &p->path, FRAME_PROBE, body, sizeof(body), t);
}

void
peer_send_probe_padded(
    struct core *c, struct peer *p, size_t size, struct turn *t)
{
	struct probe pr = { .seq = ++p->probe_seq, .sent_us = t->now.us };
	struct session *s = peer_session(p);
	struct run run;
	struct pkt *pk;

	if (s == NULL)
		return;
	pk = run_one(&run, size, t->mem);
	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	memset(pk->p, 0, size);
	probe_write(pk->p, &pr);
	/* The head speaks of the probe; the rest of the body is padding. */
	(void)frame_write_head(
	    pk->p - FRAME_HEAD, FRAME_PROBE, 0, PROBE_LEN, size);
	pk->p -= FRAME_HEAD;
	pk->len += FRAME_HEAD;
	seal_and_send(c, p, s, &p->path, false, &run, t);
}

/* What waits remembers its type and flags in its first two bytes. */
static void
stage(struct core *c, struct peer *p, uint8_t type, uint8_t flags,
    const struct run *run)
{
	unsigned i;

	for (i = 0; i < run->n; i++) {
		struct pbuf *b = pool_get(&c->staging, run->pkt[i].len + 2);

		if (b == NULL) {
			count(&c->cnt, CNT_stage_drop);
			continue;
		}
		b->data[0] = type;
		b->data[1] = flags_of(flags, &run->pkt[i]);
		memcpy(b->data + 2, run->pkt[i].p, run->pkt[i].len);
		*p->staged_end = b;
		p->staged_end = &b->next;
		if (++p->n_staged > STAGED_MAX) {
			staged_drop_first(c, p);
			count(&c->cnt, CNT_stage_drop);
		}
	}
}

void
peer_send(struct core *c, struct peer *p, uint8_t type, uint8_t flags,
    struct run *run, struct turn *t)
{
	struct session *s = peer_session(p);

	if (s == NULL || is_expired(s, t->now)) {
		stage(c, p, type, flags, run);
		dial_begin(c, p, t);
		return;
	}
	peer_send_on(c, p, s, &p->path, type, flags, run, t);
}

bool
peer_send_parts(struct core *c, struct peer *p, uint8_t type, uint8_t flags,
    const struct pkt *whole, struct turn *t)
{
	const struct session *s = peer_session(p);
	size_t mtu = peer_mtu(c, p);
	struct run parts;

	if ((s != NULL && (s->caps & CAP_FRAG) == 0) ||
	    !frag_can(whole->len, mtu))
		return false;
	if (!frag_cut(&parts, whole->p, whole->len, type,
		flags_of(flags, whole), mtu, p->frag_id++, t->mem)) {
		count(&c->cnt, CNT_arena_full);
		return true;
	}
	count_n(&c->cnt, CNT_frag_sent, parts.n);
	/* The parts may be small; what makes the path look narrow is not. */
	if (s != NULL)
		pmtu_note_sent(c, p, whole->len, 0, t->now);
	peer_send(c, p, FRAME_FRAG, 0, &parts, t);
	return true;
}

bool
peer_send_staged(struct core *c, struct peer *p, struct turn *t)
{
	bool any = p->staged != NULL;

	while (p->staged != NULL) {
		struct run run;
		struct pbuf *b = p->staged;
		struct pkt *pk = run_one(&run, b->len - 2, t->mem);

		if (pk == NULL) {
			count(&c->cnt, CNT_arena_full);
		} else {
			memcpy(pk->p, b->data + 2, pk->len);
			peer_send(c, p, b->data[0], b->data[1], &run, t);
		}
		staged_drop_first(c, p);
	}
	return any;
}

void
peer_send_forget(struct core *c, struct peer *p)
{
	while (p->staged != NULL)
		staged_drop_first(c, p);
}
