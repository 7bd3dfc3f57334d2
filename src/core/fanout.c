#include "core/fanout.h"

#include <string.h>

#include "core/core.h"
#include "core/peer_send.h"
#include "core/session.h"

#define HOPS_START 16

/* Bytes of the arena before it is used again. */
#define COPIES_MAX (128u << 10)

/* What a fingerprint is of; the same bytes mean something else in each. */
enum print_kind { PRINT_BODY, PRINT_KEY, PRINT_SEQ };

static uint64_t
print_of(const struct core *c, enum print_kind kind, const void *p, size_t len)
{
	uint8_t key[16];

	memcpy(key, c->sip_key, sizeof(key));
	key[0] = (uint8_t)(key[0] + kind);
	return siphash(key, p, len);
}

/* Of what stays the same at each hop: the key, else the whole body. */
static uint64_t
content_print(const struct core *c, const uint8_t *key, size_t key_len,
    const uint8_t *body, size_t len)
{
	return key_len > 0 ? print_of(c, PRINT_KEY, key, key_len)
			   : print_of(c, PRINT_BODY, body, len);
}

static struct peer *
next_live(struct peer *p)
{
	while (p != NULL && (p->state != PEER_VRNODE || !p->carries))
		p = TAILQ_NEXT(p, link);
	return p;
}

/* All checks on what the mesh daemon wants sent. Remembers what passes. */
static bool
admit(struct core *c, const struct mesh_pkt *pkt, struct turn *t)
{
	uint64_t print =
	    content_print(c, pkt->key, pkt->key_len, pkt->body, pkt->len);

	if (pkt->provenance != MESH_INTERNAL) {
		count(&c->cnt, CNT_fan_internet);
		return false;
	}
	if (dupcache_has(&c->dups, print, t->now)) {
		count(&c->cnt, CNT_fan_dup);
		return false;
	}
	if (!bucket_take(&c->fan_own, t->now)) {
		count(&c->cnt, CNT_fan_rate);
		return false;
	}
	dupcache_add(&c->dups, print, t->now);
	count(&c->cnt, CNT_fan_in);
	return true;
}

static void
send_whole(struct core *c, struct peer *p, uint8_t flags,
    const struct pkt *whole, bool last, struct turn *t)
{
	struct run one; /* in the arena it would take five times its packet */

	one.n = 1;
	one.pkt[0] = *whole; /* the last one takes the original */
	if (!last) {
		if (!pkt_new(&one.pkt[0], whole->len, t->mem)) {
			count(&c->cnt, CNT_arena_full);
			return;
		}
		memcpy(one.pkt[0].p, whole->p, whole->len);
	}
	peer_send(c, p, FRAME_NTK, flags, &one, t);
}

/*
 * What the copies take does not grow with the number of peers, nor with that of
 * the packets in a turn.
 */
static void
use_again(struct core *c, size_t mark, struct turn *t)
{
	if (t->mem->used - mark < COPIES_MAX || c->io.udp_flush == NULL)
		return;
	c->io.udp_flush(c->io.arg);
	arena_rewind(t->mem, mark);
}

static void
send_all(struct core *c, uint8_t flags, const struct pkt *whole, struct turn *t)
{
	struct peer *next, *p = next_live(TAILQ_FIRST(&c->peers));
	size_t mark = t->mem->used;

	if (p == NULL)
		count(&c->cnt, CNT_fan_no_peer);
	for (; p != NULL; p = next) {
		size_t mtu = peer_mtu(c, p);

		next = next_live(TAILQ_NEXT(p, link));
		p->stats.fan_sent++;
		count(&c->cnt, CNT_fan_out);
		if (whole->len <= mtu)
			send_whole(c, p, flags, whole, next == NULL, t);
		else if (!peer_send_parts(c, p, FRAME_NTK, flags, whole, t))
			count(&c->cnt, CNT_fan_too_big);
		use_again(c, mark, t);
	}
}

void
fanout_send(
    struct core *c, const struct mesh_pkt *pkt, uint8_t *body, struct turn *t)
{
	struct envelope env = {
		.hops = HOPS_START, .class = pkt->class, .key_len = pkt->key_len
	};
	uint8_t head[NTK_HEAD_MAX], flags;
	struct pkt whole;
	size_t n;

	if (!admit(c, pkt, t))
		return;
	memcpy(env.origin, c->id.x_pk, sizeof(env.origin));
	memcpy(env.boot, c->boot, sizeof(env.boot));
	env.seq = c->fan_seq++;
	if (pkt->key_len > 0)
		memcpy(env.key, pkt->key, pkt->key_len);
	n = envelope_write(head, &env, &flags);
	memcpy(body - n, head, n);
	whole = (struct pkt){ body - n, (uint32_t)(n + pkt->len), 0 };
	send_all(c, flags, &whole, t);
}

/* An envelope speaks only for the peer whose session carries it. */
static bool
is_from(const struct rx *rx, const struct envelope *env)
{
	return memcmp(env->origin, rx->p->cfg.x_pk, sizeof(env->origin)) == 0 &&
	    memcmp(env->boot, rx->s->boot, sizeof(env->boot)) == 0;
}

/* All checks on what came out of a tunnel. Remembers what passes. */
static enum counter
take(struct rx *rx, const struct envelope *env, size_t len, uint64_t print,
    uint64_t seq)
{
	struct core *c = rx->c;
	struct mono now = rx->t->now;

	if (!is_from(rx, env))
		return CNT_rx_origin;
	if (env->hops == 0)
		return CNT_rx_hops;
	if (!c->mesh_up)
		return CNT_rx_no_mesh;
	if (len > c->mesh_body_max)
		return CNT_rx_too_big;
	if (dupcache_has(&c->dups, seq, now) ||
	    dupcache_has(&c->dups, print, now))
		return CNT_rx_dup;
	if (!bucket_take(&rx->p->fan, now))
		return CNT_rx_rate_origin;
	if (!bucket_take(&c->fan_in, now))
		return CNT_rx_rate_total;
	dupcache_add(&c->dups, seq, now);
	dupcache_add(&c->dups, print, now);
	return CNT_fan_delivered;
}

/* The record takes the place of envelope and frame header: no copy. */
static void
deliver(struct rx *rx, const struct envelope *env, uint8_t *body, size_t len)
{
	struct mesh_pkt pkt = { .provenance = MESH_INTERNET,
		.class = env->class,
		.peer = rx->p->id,
		.key_len = env->key_len,
		.key = env->key,
		.body = body,
		.len = len };
	size_t n = mesh_pkt_head_len(pkt.key_len);

	mesh_pkt_head(body - n, &pkt);
	rx->out->pkt[rx->out->n++] =
	    (struct pkt){ body - n, (uint32_t)(n + len), 0 };
	rx->p->stats.fan_received++;
}

void
fanout_receive(struct rx *rx, const struct frame *f)
{
	uint8_t seq_id[16] = { 0 };
	struct envelope env;
	const uint8_t *body;
	enum counter what;
	size_t len;

	if (!envelope_parse(f->body, f->len, f->flags, &env, &body, &len) ||
	    len == 0 || len > PACKET_MAX) {
		count(&rx->c->cnt, CNT_frame_bad);
		return;
	}
	memcpy(seq_id, env.origin, sizeof(env.origin));
	memcpy(seq_id + 8, env.boot, sizeof(env.boot));
	memcpy(seq_id + 12, &env.seq, sizeof(env.seq));
	what = take(rx, &env, len,
	    content_print(rx->c, env.key, env.key_len, body, len),
	    print_of(rx->c, PRINT_SEQ, seq_id, sizeof(seq_id)));
	count(&rx->c->cnt, what);
	if (what == CNT_fan_delivered)
		deliver(rx, &env, rx->raw + (body - rx->raw), len);
}
