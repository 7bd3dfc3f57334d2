/*
 * Floods: ntkd's out, once and in the form of doc/mesh-socket.md; those of
 * peers in, rewritten.
 */
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "ntkd-shim/amb.h"

#define KNOWN_US (60 * (uint64_t)MONO_SEC)
#define KNOWN_MAX 8192
#define HOPS_MAX 64		 /* of what comes out of a tunnel */
#define RTT_MAX_MS 60000	 /* of one of its hops */
#define TRACER_ID_MAX (1u << 24) /* no originator counts that far */
#define QSPN_ID_MAX (1u << 30)	 /* ntkd's own is signed, and goes on */
#define TRACER_FLAG_GATEWAYS 2
#define FLOOD_FLAGS_IN (NTK_FLOOD_TRACER | 4 | 8 | 16)
#define NEUTRAL_HEAD 6 /* op, id, flags */

static void
forget_first(struct amb *a)
{
	struct amb_known *k = STAILQ_FIRST(&a->known);

	STAILQ_REMOVE_HEAD(&a->known, entry);
	a->n_known--;
	free(k);
}

void
amb_known_tick(struct amb *a, struct mono now)
{
	struct amb_known *k;

	while ((k = STAILQ_FIRST(&a->known)) != NULL && mono_due(k->until, now))
		forget_first(a);
}

void
amb_known_fini(struct amb *a)
{
	while (!STAILQ_EMPTY(&a->known))
		forget_first(a);
}

/* True the first time in 60 s. */
static bool
first_time(struct amb *a, const uint8_t *key, struct mono now)
{
	struct amb_known *k;

	amb_known_tick(a, now);
	STAILQ_FOREACH (k, &a->known, entry)
		if (memcmp(k->key, key, sizeof(k->key)) == 0)
			return false;
	if (a->n_known >= KNOWN_MAX)
		forget_first(a);
	k = xcalloc(1, sizeof(*k));
	memcpy(k->key, key, sizeof(k->key));
	k->until = mono_add(now, KNOWN_US);
	a->n_known++;
	STAILQ_INSERT_TAIL(&a->known, k, entry);
	return true;
}

/* It is bounded by a gnode that we are in. */
static bool
is_for_us(const struct amb *a, const struct ntk_packet *pkt)
{
	uint8_t level = pkt->flood.level;

	return level >= 1 && level <= NTK_LEVELS && amb_home(a) != 0 &&
	    (level == NTK_LEVELS ||
		pkt->flood.gid == ntk_gid(amb_home(a), level));
}

/* The gid at the level below, where the chunks of a flood are. */
static uint8_t
chunk_gid(uint32_t ip, const struct ntk_packet *pkt)
{
	return ntk_gid(ip, pkt->flood.level - 1u);
}

/*
 * The hop before ntkd itself is one of ours: it came out of a tunnel. (What we
 * spoke ourselves is known by its key, too; this finds what is older.)
 */
static bool
from_tunnel(const struct amb *a, const struct ntk_packet *pkt)
{
	unsigned last = pkt->tracer.hops - 1u;
	const struct amb_ident *i;
	uint8_t gid;

	if (pkt->last.gid == chunk_gid(amb_home(a), pkt)) {
		if (last == 0)
			return false;
		last--;
	}
	gid = ntk_chunk_at(pkt, last).gid;
	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->there && chunk_gid(i->ip, pkt) == gid &&
		    amb_shares(i->ip, amb_home(a), pkt->flood.level))
			return true;
	return false;
}

/* Some peer is in the gnode that bounds it. */
static bool
concerns_peer(const struct amb *a, const struct ntk_packet *pkt)
{
	const struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->there && i != a->temp &&
		    amb_shares(i->ip, amb_home(a), pkt->flood.level))
			return true;
	return false;
}

static void
hand_over(struct amb *a, const struct ntk_packet *pkt, const uint8_t *key)
{
	uint8_t *body = xmalloc(AMB_BODY_MAX);
	struct wr w = wr_of(body, AMB_BODY_MAX);
	struct ntk_flood_out f;

	ntk_flood_of(pkt, &f);
	if (pkt->order != NTK_BIG)
		f.blocks_len = 0; /* nobody could tell their order later */
	wr_u8(&w, pkt->op);
	wr_be32(&w, pkt->id);
	wr_u8(&w, NTK_FLOODED);
	if (ntk_put_flood(&w, NTK_WIRE_32, &f))
		a->io.mesh_pkt(a->io.arg, key, NTK_KEY_LEN, body, w.len);
	free(body);
}

static void
flood_out(struct amb *a, const struct ntk_packet *pkt, struct mono now)
{
	uint8_t key[NTK_KEY_LEN];

	if (!ntk_is_flood_forwarded(pkt) || !is_for_us(a, pkt) ||
	    from_tunnel(a, pkt) || !concerns_peer(a, pkt))
		return;
	ntk_key(pkt, key);
	if (first_time(a, key, now))
		hand_over(a, pkt, key);
}

void
amb_flood_out(struct amb *a, const struct ntk_packet *pkt, struct mono now)
{
	struct ntk_packet open = *pkt;
	uint8_t *body;
	size_t len;

	if (!pkt->compressed) {
		flood_out(a, pkt, now);
		return;
	}
	body = ntk_unpack(pkt, &len);
	if (body != NULL && len <= NTK_BODY_MAX &&
	    ntk_parse_body(&open, body, len))
		flood_out(a, &open, now);
	free(body);
}

static bool
is_tracer(uint8_t op)
{
	return op == NTK_TRACER || op == NTK_TRACER_CONNECT;
}

/*
 * An originator's tracers are only believed while their ids grow. When it has
 * begun again we go on counting.
 */
static uint32_t
next_id(struct amb *a, const struct ntk_flood_out *f)
{
	uint32_t *last = &a->last_id[f->flood.level - 1][f->chunk[0].gid];

	if (f->id > *last && f->id < TRACER_ID_MAX)
		*last = f->id;
	else
		(*last)++;
	return *last;
}

/* Of one block: whether it is whole, and its links are not gateways. */
static bool
block_sound(struct rd *r)
{
	uint8_t levels, level;
	uint16_t links;

	if (!rd_u8(r, &levels) || !rd_be16(r, &links) || levels < 1 ||
	    levels > NTK_LEVELS || !rd_skip(r, levels))
		return false;
	for (; links > 0; links--)
		if (!rd_skip(r, 1) || !rd_u8(r, &level) || level > levels ||
		    !rd_skip(r, 4))
			return false;
	return true;
}

static bool
blocks_sound(const struct ntk_packet *pkt)
{
	struct rd r = rd_of(pkt->blocks, pkt->blocks_len);

	if (pkt->order != NTK_BIG ||
	    (pkt->tracer.flags & TRACER_FLAG_GATEWAYS) != 0)
		return false;
	while (r.left > 0)
		if (!block_sound(&r))
			return false;
	return !r.bad && pkt->blocks_len > 0;
}

/*
 * Nobody out there is bigger than we are: with counts of zero ntkd moves for
 * none of them by itself.
 */
static void
rewrite(struct amb *a, const struct amb_ident *i, const struct ntk_packet *pkt,
    struct ntk_flood_out *f)
{
	unsigned k;

	ntk_flood_of(pkt, f);
	f->pkt_flags = NTK_FLOODED;
	f->flood.gttl = UINT8_MAX;
	f->flood.flags &= FLOOD_FLAGS_IN;
	f->tracer.flags = 0;
	if (amb_shares(i->ip, amb_home(a), a->top) && blocks_sound(pkt)) {
		f->flood.flags |= NTK_FLOOD_BNODES;
		f->tracer.flags = NTK_TRACER_BNODES;
	} else {
		f->blocks_len = 0;
	}
	for (k = 0; k < f->tracer.hops; k++) {
		f->chunk[k].gcount = 0;
		if (f->chunk[k].rtt_ms > RTT_MAX_MS)
			f->chunk[k].rtt_ms = RTT_MAX_MS;
	}
	if (is_tracer(f->op))
		f->id = next_id(a, f);
}

/* Did it come through our own gnode? Then ntkd knows it from there. */
static bool
passed_us(const struct amb *a, const struct ntk_packet *pkt)
{
	unsigned k;

	for (k = 0; k < pkt->tracer.hops; k++)
		if (ntk_chunk_at(pkt, k).gid == chunk_gid(amb_home(a), pkt))
			return true;
	return false;
}

static bool
claims_gid(const struct amb *a, const struct amb_ident *i, uint8_t gid)
{
	unsigned k;

	for (k = 0; k < i->n_claims; k++)
		if (i->claim[k].level <= a->top &&
		    i->claim[k].gid[a->top] == gid)
			return true;
	return false;
}

/*
 * ntkd makes a route to every gnode in it: only those that may be routed to
 * this peer, or a gnode of ours or of another peer would be drawn there.
 */
static bool
is_agreed(const struct amb *a, const struct amb_ident *i,
    const struct ntk_packet *pkt)
{
	unsigned k;

	if (pkt->flood.level != a->top + 1)
		return true;
	for (k = 0; k < pkt->tracer.hops; k++)
		if (!claims_gid(a, i, ntk_chunk_at(pkt, k).gid))
			return false;
	return true;
}

static bool
may_come_in(const struct amb *a, const struct amb_ident *i,
    const struct ntk_packet *pkt)
{
	return ntk_is_flood_forwarded(pkt) && is_for_us(a, pkt) &&
	    amb_shares(i->ip, amb_home(a), pkt->flood.level) &&
	    pkt->last.gid == chunk_gid(i->ip, pkt) && !passed_us(a, pkt) &&
	    is_agreed(a, i, pkt) && pkt->tracer.hops <= HOPS_MAX &&
	    pkt->id != 0 && (is_tracer(pkt->op) || pkt->id < QSPN_ID_MAX);
}

/* Writes it in ntkd's own width, remembers it and sends it. */
static void
speak(struct amb *a, struct amb_ident *i, const struct ntk_flood_out *f,
    struct mono now)
{
	uint8_t *out, key[NTK_KEY_LEN];
	struct ntk_packet pkt;
	const char *field;
	size_t n;

	if (a->wire == 0)
		return;
	out = xmalloc(NTK_PACKET_MAX);
	n = ntk_write_flood(f, a->wire, out, NTK_PACKET_MAX);
	if (n > 0 && ntk_parse(out, n, &pkt, &field) &&
	    ntk_key(&pkt, key) > 0 && first_time(a, key, now))
		amb_line_send(a, i, out, n, now);
	free(out);
}

static struct amb_ident *
ident_of(const struct amb *a, uint32_t peer)
{
	struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->peer == peer && i != a->temp && !i->extra)
			return i->there && i->seen ? i : NULL;
	return NULL;
}

void
amb_pkt(struct amb *a, uint32_t peer, const uint8_t *body, size_t len,
    struct mono now)
{
	struct rd r = rd_of(body, len);
	struct ntk_packet pkt = { .wire = NTK_WIRE_32 };
	struct amb_ident *i = ident_of(a, peer);
	struct ntk_flood_out f;

	if (i == NULL || amb_home(a) == 0 || !rd_u8(&r, &pkt.op) ||
	    !rd_be32(&r, &pkt.id) || !rd_u8(&r, &pkt.flags))
		return;
	pkt.flags &= NTK_FLOODED;
	if (!ntk_parse_body(&pkt, r.p, r.left) || !may_come_in(a, i, &pkt))
		return;
	rewrite(a, i, &pkt, &f);
	speak(a, i, &f, now);
}

/* At the level of our claims, from its gnode alone. */
void
amb_speak_close(struct amb *a, struct amb_ident *i, uint32_t id,
    uint32_t gcount, struct mono now)
{
	unsigned level = a->top + 1;
	uint8_t gid = ntk_gid(i->ip, a->top);
	struct ntk_flood_out f = { .op = NTK_QSPN_CLOSE,
		.pkt_flags = NTK_FLOODED,
		.id = id,
		.flood = { .level = (uint8_t)level,
		    .gttl = UINT8_MAX,
		    .sub_id = gid,
		    .flags = NTK_FLOOD_TRACER },
		.tracer = { .hops = 1 } };

	if (level < NTK_LEVELS)
		f.flood.gid = ntk_gid(i->ip, level);
	f.chunk[0] = (struct ntk_chunk){ .gid = gid, .gcount = gcount };
	speak(a, i, &f, now);
}
