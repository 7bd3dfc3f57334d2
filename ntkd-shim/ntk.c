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
#define SIZE_OFF 9u /* of the size of the body, in both widths */

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

/* What needs no look at the head: the flood of an op that has one. */
static bool
look_into(struct ntk_packet *pkt, const char **field)
{
	const char *ignored;

	return !op_has_tracer[pkt->op] || (pkt->flags & NTK_FLOODED) == 0 ||
	    pkt->compressed || get_flood(pkt, NTK_BIG, field) ||
	    get_flood(pkt, NTK_LITTLE, &ignored);
}

bool
ntk_parse_body(struct ntk_packet *pkt, const uint8_t *body, size_t len)
{
	const char *field;

	pkt->flags &= (uint8_t)~NTK_ZLIB;
	pkt->compressed = false;
	pkt->unpacked = 0;
	pkt->body = body;
	pkt->body_len = len;
	return look_into(pkt, &field);
}

bool
ntk_parse(const uint8_t *p, size_t len, struct ntk_packet *ret,
    const char **ret_field)
{
	struct rd r = rd_of(p, len);
	struct ntk_packet pkt = { 0 };

	*ret = pkt;
	if (!get_head(&r, &pkt, ret_field))
		return false;
	*ret_field = "body";
	pkt.body_len = r.left;
	if (!rd_ref(&r, &pkt.body, r.left) || !rd_end(&r))
		return false;
	pkt.compressed = (pkt.flags & NTK_ZLIB) != 0;
	if (!look_into(&pkt, ret_field))
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

size_t
ntk_head_len(enum ntk_wire wire)
{
	return wire == NTK_WIRE_64 ? HEAD_64 : HEAD_32;
}

void
ntk_put_size(struct wr *w, enum ntk_wire wire, size_t size)
{
	wr_be32(w, (uint32_t)size);
	wr_zeros(w, size_pad(wire));
}

void
ntk_put_head(struct wr *w, enum ntk_wire wire, const struct ntk_head *head)
{
	wr_bytes(w, magic, sizeof(magic));
	wr_be32(w, head->id);
	wr_u8(w, head->flags);
	wr_u8(w, head->op);
	ntk_put_size(w, wire, head->size);
	ntk_put_size(w, wire, 0); /* not compressed */
}

enum ntk_cut
ntk_cut(const uint8_t *p, size_t len, enum ntk_wire wire, size_t *ret_len)
{
	size_t head = ntk_head_len(wire);
	struct rd r = rd_of(p, len < head ? len : head);
	const uint8_t *name;
	uint32_t size;

	if (memcmp(p, magic, len < sizeof(magic) ? len : sizeof(magic)) != 0)
		return NTK_CUT_BROKEN;
	if (len < head)
		return NTK_CUT_MORE;
	if (!rd_ref(&r, &name, SIZE_OFF) || !rd_be32(&r, &size) ||
	    !rd_zeros(&r, size_pad(wire)) || size > NTK_BODY_MAX)
		return NTK_CUT_BROKEN;
	*ret_len = head + size;
	return len < head + size ? NTK_CUT_MORE : NTK_CUT_WHOLE;
}

/* Bytes of the flood behind its own header. */
static size_t
tracer_size(const struct ntk_flood_out *f)
{
	return TRACER_LEN + f->tracer.hops * CHUNK_LEN + f->blocks_len;
}

static size_t
flood_head_len(enum ntk_wire wire)
{
	return wire == NTK_WIRE_64 ? FLOOD_64 : FLOOD_32;
}

static void
put_chunk(struct wr *w, const struct ntk_chunk *chunk)
{
	wr_u8(w, chunk->gid);
	wr_be32(w, chunk->rtt_ms);
	wr_be32(w, chunk->gcount);
}

bool
ntk_put_flood(struct wr *w, enum ntk_wire wire, const struct ntk_flood_out *f)
{
	size_t size = tracer_size(f);
	unsigned i;

	if (f->tracer.hops < 1 || f->tracer.hops > NTK_HOPS_MAX ||
	    flood_head_len(wire) + size > NTK_BODY_MAX)
		return false;
	wr_u8(w, f->flood.gid);
	wr_u8(w, f->flood.level);
	wr_u8(w, f->flood.gttl);
	wr_u8(w, f->flood.sub_id);
	ntk_put_size(w, wire, size);
	wr_u8(w, f->flood.flags);
	wr_u8(w, f->tracer.flags);
	wr_be16(w, f->tracer.hops);
	wr_be16(w, f->tracer.first_open);
	for (i = 0; i < f->tracer.hops; i++)
		put_chunk(w, &f->chunk[i]);
	wr_bytes(w, f->blocks, f->blocks_len);
	return wr_ok(w);
}

size_t
ntk_write_flood(
    const struct ntk_flood_out *f, enum ntk_wire wire, uint8_t *out, size_t max)
{
	struct ntk_head head = { .id = f->id,
		.flags = f->pkt_flags,
		.op = f->op,
		.size = flood_head_len(wire) + tracer_size(f) };
	struct wr w = wr_of(out, max);

	ntk_put_head(&w, wire, &head);
	return ntk_put_flood(&w, wire, f) ? w.len : 0;
}

void
ntk_flood_of(const struct ntk_packet *pkt, struct ntk_flood_out *ret)
{
	unsigned i;

	*ret = (struct ntk_flood_out){ .op = pkt->op,
		.pkt_flags = pkt->flags,
		.id = pkt->id,
		.flood = pkt->flood,
		.tracer = pkt->tracer,
		.blocks = pkt->blocks,
		.blocks_len = pkt->blocks_len };
	for (i = 0; i < pkt->tracer.hops; i++)
		ret->chunk[i] = ntk_chunk_at(pkt, i);
}

size_t
ntk_append_hop(const struct ntk_packet *pkt, const struct ntk_chunk *hop,
    uint8_t *out, size_t max)
{
	struct ntk_flood_out f;

	if (!pkt->has_flood || pkt->tracer.hops >= NTK_HOPS_MAX)
		return 0;
	ntk_flood_of(pkt, &f);
	f.chunk[f.tracer.hops++] = *hop;
	return ntk_write_flood(&f, pkt->wire, out, max);
}
