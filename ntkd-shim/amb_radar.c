/* ntkd's radar, answered as if each peer were a neighbour so far away. */
#include "base/container.h"
#include "base/xmem.h"
#include "ntkd-shim/amb.h"

#define DELAY_MAX_US (4 * (uint64_t)MONO_SEC) /* a round lasts 5 s */
#define REPLIES_MAX (64 * AMB_PEERS)

static void
reply(struct amb *a, uint32_t from, uint32_t to, uint32_t id, uint8_t flags)
{
	uint8_t out[NTK_SMALL];
	size_t n = ntk_write_plain(a->wire, NTK_ECHO_REPLY, flags, id, out);

	a->io.udp_send(a->io.arg, from, to, out, n);
}

static void
reply_later(struct amb *a, const struct amb_ident *i, uint32_t to, uint32_t id,
    uint8_t flags, struct mono at, struct mono now)
{
	struct amb_reply *r;

	if (mono_due(at, now)) {
		reply(a, i->ip, to, id, flags);
		return;
	}
	if (a->replies.n >= REPLIES_MAX)
		return;
	r = xcalloc(1, sizeof(*r));
	r->from = i->ip;
	r->to = to;
	r->id = id;
	r->flags = flags;
	heap_set(&a->replies, &r->due, at);
}

/*
 * It has just taken its interface down and up, and our end may take a second
 * to notice: what is sent until then is lost. It scans but once, and counts at
 * most one answer for each packet.
 */
static void
reply_to_hooking(
    struct amb *a, uint32_t to, uint32_t id, uint8_t flags, struct mono now)
{
	static const uint64_t after_us[] = { 0, 600 * MONO_MS, 2000 * MONO_MS };
	size_t i;

	for (i = 0; i < sizeof(after_us) / sizeof(after_us[0]); i++)
		reply_later(
		    a, a->temp, to, id, flags, mono_add(now, after_us[i]), now);
}

/* The packets of one round have one id; what a round saw counts from its end.
 */
static void
note_round(struct amb *a, struct amb_ident *i, uint32_t id, struct mono now)
{
	if (i->answered && i->round != id && !i->seen) {
		i->seen = true;
		amb_line_tick(a, i, now);
	}
	i->answered = true;
	i->round = id;
}

static uint64_t
far(const struct amb_ident *i)
{
	return i->rtt_us < DELAY_MAX_US ? i->rtt_us : DELAY_MAX_US;
}

static void
echo_me(
    struct amb *a, uint32_t from, const struct ntk_packet *pkt, struct mono now)
{
	uint8_t flags = pkt->flags & NTK_RESTRICTED;
	struct amb_ident *i;

	if ((pkt->flags & NTK_HOOKING) != 0) {
		/* It asks whom it heard first: nobody hooks through tunnels. */
		if (a->temp != NULL && a->temp->there)
			reply_to_hooking(a, from, pkt->id, flags, now);
		return;
	}
	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->there) {
			reply_later(a, i, from, pkt->id, flags,
			    mono_add(now, far(i)), now);
			note_round(a, i, pkt->id, now);
		}
}

void
amb_udp(struct amb *a, uint32_t from, uint32_t to, const uint8_t *p, size_t len,
    struct mono now)
{
	struct ntk_packet pkt;
	const char *field;

	(void)to;
	if (!ntk_parse(p, len, &pkt, &field) || pkt.op != NTK_ECHO_ME ||
	    (a->cfg.wire != 0 && pkt.wire != a->cfg.wire))
		return;
	a->wire = pkt.wire;
	amb_place_heard(a, now);
	echo_me(a, from, &pkt, now);
}

void
amb_radar_tick(struct amb *a, struct mono now)
{
	struct hpent *e;

	while ((e = heap_min(&a->replies)) != NULL && mono_due(e->at, now)) {
		struct amb_reply *r = CONTAINER_OF(e, struct amb_reply, due);

		heap_set(&a->replies, e, MONO_NEVER);
		if (amb_ident_at(a, r->from) != NULL)
			reply(a, r->from, r->to, r->id, r->flags);
		free(r);
	}
}

struct mono
amb_radar_deadline(const struct amb *a)
{
	const struct hpent *e = heap_min(&a->replies);

	return e == NULL ? MONO_NEVER : e->at;
}

void
amb_radar_fini(struct amb *a)
{
	struct hpent *e;

	while ((e = heap_min(&a->replies)) != NULL) {
		heap_set(&a->replies, e, MONO_NEVER);
		free(CONTAINER_OF(e, struct amb_reply, due));
	}
	heap_fini(&a->replies);
}
