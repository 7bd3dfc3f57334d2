#include "ntkd-shim/ntk.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

#define HEAD_32 17u
#define HEAD_64 25u
#define FLOOD_32 9u
#define FLOOD_64 13u
#define TRACER_LEN 5u
#define CHUNK_LEN 9u

static const uint8_t magic[3] = { 'n', 't', 'k' };

/* Ops whose body starts with a flood header and a tracer header. */
static const bool op_has_tracer[256] = {
	[NTK_QSPN_CLOSE] = true,
	[NTK_QSPN_OPEN] = true,
	[NTK_TRACER] = true,
	[NTK_TRACER_CONNECT] = true,
};

static bool
get16(struct rd *r, enum ntk_order order, uint16_t *out)
{
	return order == NTK_BIG ? rd_be16(r, out) : rd_le16(r, out);
}

static bool
get32(struct rd *r, enum ntk_order order, uint32_t *out)
{
	return order == NTK_BIG ? rd_be32(r, out) : rd_le32(r, out);
}

/* What a 64-bit size_t has beyond its first four bytes is always zero. */
static size_t
size_pad(enum ntk_wire wire)
{
	return wire == NTK_WIRE_64 ? 4 : 0;
}

static bool
get_chunk(struct rd *r, enum ntk_order order, struct ntk_chunk *out)
{
	return rd_u8(r, &out->gid) && get32(r, order, &out->rtt_ms) &&
	    get32(r, order, &out->gcount);
}

/* The size tells the width: only one of them makes the length come out. */
static bool
get_head(struct rd *r, struct ntk_packet *pkt, const char **field)
{
	size_t len = r->left, pad;
	const uint8_t *name;
	uint32_t size;

	*field = "name";
	if (!rd_ref(r, &name, sizeof(magic)) ||
	    memcmp(name, magic, sizeof(magic)) != 0)
		return false;
	*field = "size";
	if (!rd_be32(r, &pkt->id) || !rd_u8(r, &pkt->flags) ||
	    !rd_u8(r, &pkt->op) || !rd_be32(r, &size) || size > NTK_BODY_MAX)
		return false;
	if (len == HEAD_32 + size)
		pkt->wire = NTK_WIRE_32;
	else if (len == HEAD_64 + size)
		pkt->wire = NTK_WIRE_64;
	else
		return false;
	pad = size_pad(pkt->wire);
	if (!rd_zeros(r, pad))
		return false;
	*field = "uncompressed size";
	return rd_be32(r, &pkt->unpacked) && rd_zeros(r, pad) &&
	    pkt->unpacked <= NTK_UNPACKED_MAX;
}

/* Reads the body in one order; pkt is changed only when it is sound. */
static bool
get_flood(struct ntk_packet *pkt, enum ntk_order order, const char **field)
{
	struct rd r = rd_of(pkt->body, pkt->body_len), first, last;
	struct ntk_packet out = *pkt;
	size_t chunks_len;

	*field = "flood size";
	if (!rd_u8(&r, &out.flood.gid) || !rd_u8(&r, &out.flood.level) ||
	    !rd_u8(&r, &out.flood.gttl) || !rd_u8(&r, &out.flood.sub_id) ||
	    !get32(&r, order, &out.flood.size) ||
	    !rd_zeros(&r, size_pad(pkt->wire)) ||
	    !rd_u8(&r, &out.flood.flags) || out.flood.size != r.left)
		return false;
	*field = "hops";
	if (!rd_u8(&r, &out.tracer.flags) ||
	    !get16(&r, order, &out.tracer.hops) ||
	    !get16(&r, order, &out.tracer.first_open) || out.tracer.hops < 1 ||
	    out.tracer.hops > NTK_HOPS_MAX)
		return false;
	chunks_len = out.tracer.hops * CHUNK_LEN;
	if (!rd_ref(&r, &out.chunks, chunks_len))
		return false;
	*field = "bnode blocks";
	out.blocks_len = r.left;
	if (!rd_ref(&r, &out.blocks, r.left) ||
	    (out.blocks_len > 0 && (out.tracer.flags & NTK_TRACER_BNODES) == 0))
		return false;
	first = last = rd_of(out.chunks, chunks_len);
	out.has_flood = get_chunk(&first, order, &out.origin) &&
	    rd_skip(&last, chunks_len - CHUNK_LEN) &&
	    get_chunk(&last, order, &out.last);
	out.order = order;
	*pkt = out;
	return pkt->has_flood;
}

bool
ntk_parse(const uint8_t *p, size_t len, struct ntk_packet *ret,
    const char **ret_field)
{
	struct rd r = rd_of(p, len);
	struct ntk_packet pkt = { 0 };
	const char *ignored;

	*ret = pkt;
	if (!get_head(&r, &pkt, ret_field))
		return false;
	*ret_field = "body";
	pkt.body_len = r.left;
	if (!rd_ref(&r, &pkt.body, r.left) || !rd_end(&r))
		return false;
	pkt.compressed = (pkt.flags & NTK_ZLIB) != 0;
	if (op_has_tracer[pkt.op] && (pkt.flags & NTK_FLOODED) != 0 &&
	    !pkt.compressed && !get_flood(&pkt, NTK_BIG, ret_field) &&
	    !get_flood(&pkt, NTK_LITTLE, &ignored))
		return false;
	*ret = pkt;
	return true;
}

struct ntk_chunk
ntk_chunk_at(const struct ntk_packet *pkt, unsigned i)
{
	struct rd r = rd_of(pkt->chunks, pkt->tracer.hops * CHUNK_LEN);
	struct ntk_chunk chunk = { 0 };

	if (rd_skip(&r, i * CHUNK_LEN))
		get_chunk(&r, pkt->order, &chunk);
	return chunk;
}

bool
ntk_is_flood_forwarded(const struct ntk_packet *pkt)
{
	return pkt->has_flood; /* flag, op and hops were checked to get it */
}

size_t
ntk_key(const struct ntk_packet *pkt, uint8_t out[static NTK_KEY_LEN])
{
	struct wr w = wr_of(out, NTK_KEY_LEN);

	if (!pkt->has_flood)
		return 0;
	wr_u8(&w, pkt->op);
	wr_be32(&w, pkt->id);
	wr_u8(&w, pkt->flood.level);
	wr_u8(&w, pkt->flood.gid);
	wr_u8(&w, pkt->origin.gid);
	wr_u8(&w, pkt->flood.sub_id);
	return w.len;
}

void
ntk_set_id(uint8_t *p, uint32_t id)
{
	struct wr w = wr_of(p + NTK_ID_OFF, 4);

	wr_be32(&w, id);
}

static void
put_head(struct wr *w, const struct ntk_packet *pkt, size_t body_len)
{
	size_t pad = size_pad(pkt->wire);

	wr_bytes(w, magic, sizeof(magic));
	wr_be32(w, pkt->id);
	wr_u8(w, pkt->flags);
	wr_u8(w, pkt->op);
	wr_be32(w, (uint32_t)body_len);
	wr_zeros(w, pad);
	wr_be32(w, 0); /* not compressed */
	wr_zeros(w, pad);
}

static void
put_flood(struct wr *w, const struct ntk_packet *pkt, size_t size)
{
	wr_u8(w, pkt->flood.gid);
	wr_u8(w, pkt->flood.level);
	wr_u8(w, pkt->flood.gttl);
	wr_u8(w, pkt->flood.sub_id);
	wr_be32(w, (uint32_t)size);
	wr_zeros(w, size_pad(pkt->wire));
	wr_u8(w, pkt->flood.flags);
	wr_u8(w, pkt->tracer.flags);
	wr_be16(w, (uint16_t)(pkt->tracer.hops + 1));
	wr_be16(w, pkt->tracer.first_open);
}

static void
put_chunk(struct wr *w, const struct ntk_chunk *chunk)
{
	wr_u8(w, chunk->gid);
	wr_be32(w, chunk->rtt_ms);
	wr_be32(w, chunk->gcount);
}

size_t
ntk_append_hop(const struct ntk_packet *pkt, const struct ntk_chunk *hop,
    uint8_t *out, size_t max)
{
	size_t flood = pkt->wire == NTK_WIRE_64 ? FLOOD_64 : FLOOD_32;
	struct wr w = wr_of(out, max);
	size_t size;
	unsigned i;

	if (!pkt->has_flood || pkt->tracer.hops >= NTK_HOPS_MAX)
		return 0;
	size =
	    TRACER_LEN + (pkt->tracer.hops + 1u) * CHUNK_LEN + pkt->blocks_len;
	if (flood + size > NTK_BODY_MAX)
		return 0;
	put_head(&w, pkt, flood + size);
	put_flood(&w, pkt, size);
	for (i = 0; i < pkt->tracer.hops; i++) {
		struct ntk_chunk chunk = ntk_chunk_at(pkt, i);

		put_chunk(&w, &chunk);
	}
	put_chunk(&w, hop);
	wr_bytes(&w, pkt->blocks, pkt->blocks_len);
	return wr_ok(&w) ? w.len : 0;
}
