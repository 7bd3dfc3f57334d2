#include "ntkd-shim/ntk_ops.h"

#include <string.h>
#include <zlib.h>

#include "base/xmem.h"

#define FAMILY_IPV4 2
#define IP_WORDS 4 /* of an address field, whatever the family */
#define BMAP_COUNTS 2

/* Flags of a node in a map, and of a gnode in its second row of flags. */
enum { MAP_ME = 1, MAP_VOID = 2, MAP_GNODE = 32, MAP_NEIGHBOUR = 64 };
enum { GNODE_ME = 1, GNODE_VOID = 2 };

size_t
ntk_write_plain(enum ntk_wire wire, uint8_t op, uint8_t flags, uint32_t id,
    uint8_t out[static NTK_SMALL])
{
	struct ntk_head head = { .id = id, .flags = flags, .op = op };
	struct wr w = wr_of(out, NTK_SMALL);

	ntk_put_head(&w, wire, &head);
	return w.len;
}

size_t
ntk_write_error(enum ntk_wire wire, uint8_t flags, uint32_t id,
    enum ntk_error err, uint8_t out[static NTK_SMALL])
{
	struct ntk_head head = {
		.id = id, .flags = flags, .op = NTK_ACK_NEGATIVE, .size = 1
	};
	struct wr w = wr_of(out, NTK_SMALL);

	ntk_put_head(&w, wire, &head);
	wr_u8(&w, (uint8_t)err);
	return w.len;
}

uint8_t *
ntk_unpack(const struct ntk_packet *pkt, size_t *ret_len)
{
	uLongf len = pkt->compressed ? pkt->unpacked : pkt->body_len;
	uint8_t *body = xmalloc(len + 1); /* one more shows what is too long */

	*ret_len = len;
	if (!pkt->compressed) {
		memcpy(body, pkt->body, len);
		return body;
	}
	len++;
	if (uncompress(body, &len, pkt->body, pkt->body_len) != Z_OK ||
	    len != *ret_len) {
		free(body);
		return NULL;
	}
	return body;
}

/* A size_t of the other side. */
static bool
get_size(struct rd *r, enum ntk_wire wire, uint32_t *out)
{
	return rd_be32(r, out) && rd_zeros(r, wire == NTK_WIRE_64 ? 4 : 0);
}

bool
ntk_free_nodes_parse(struct rd *r, struct ntk_free_nodes *ret)
{
	uint8_t levels, last;

	*ret = (struct ntk_free_nodes){ 0 };
	if (!rd_u8(r, &levels) || levels != NTK_LEVELS ||
	    !rd_be32(r, &ret->ipstart) || !rd_zeros(r, 12) ||
	    !rd_u8(r, &ret->level) || !rd_u8(r, &ret->gid) ||
	    !rd_u8(r, &last) || !rd_be32(r, &ret->join_rate) ||
	    !rd_bytes(r, ret->bitmap, sizeof(ret->bitmap)))
		return false;
	ret->nodes = (uint16_t)(last + 1);
	return rd_skip(r, r->left) && ret->level >= 1 &&
	    ret->level < NTK_LEVELS;
}

void
ntk_free_nodes_write(struct wr *w, const struct ntk_free_nodes *f)
{
	wr_u8(w, NTK_LEVELS);
	wr_be32(w, f->ipstart);
	wr_zeros(w, 12);
	wr_u8(w, f->level);
	wr_u8(w, f->gid);
	wr_u8(w, (uint8_t)(f->nodes - 1));
	wr_be32(w, f->join_rate);
	wr_bytes(w, f->bitmap, sizeof(f->bitmap));
}

/*
 * A 64-bit daemon takes its times for half as many words as they are: those
 * of the lower levels have four bytes swapped, the others none.
 */
static bool
get_time(struct rd *r, enum ntk_wire wire, unsigned level, uint64_t *out)
{
	uint32_t v;

	if (wire == NTK_WIRE_64 && level >= NTK_LEVELS / 2)
		return rd_le64(r, out);
	if (!get_size(r, wire, &v))
		return false;
	*out = v;
	return true;
}

static void
put_time(struct wr *w, enum ntk_wire wire, unsigned level, uint64_t v)
{
	if (wire == NTK_WIRE_64 && level >= NTK_LEVELS / 2)
		wr_le64(w, v);
	else
		ntk_put_size(w, wire, (size_t)v);
}

bool
ntk_qspn_round_parse(
    struct rd *r, enum ntk_wire wire, struct ntk_qspn_round *ret)
{
	uint8_t levels;
	unsigned i;
	bool ok;

	*ret = (struct ntk_qspn_round){ 0 };
	ok = rd_u8(r, &levels) && levels == NTK_LEVELS;
	for (i = 0; ok && i < NTK_LEVELS; i++)
		ok = rd_be32(r, &ret->id[i]);
	for (i = 0; ok && i < NTK_LEVELS; i++)
		ok = get_time(r, wire, i, &ret->sec[i]) &&
		    get_time(r, wire, i, &ret->usec[i]);
	for (i = 0; ok && i < NTK_COUNTS; i++)
		ok = rd_be32(r, &ret->gcount[i]);
	return ok && rd_end(r);
}

void
ntk_qspn_round_write(
    struct wr *w, enum ntk_wire wire, const struct ntk_qspn_round *q)
{
	unsigned i;

	wr_u8(w, NTK_LEVELS);
	for (i = 0; i < NTK_LEVELS; i++)
		wr_be32(w, q->id[i]);
	for (i = 0; i < NTK_LEVELS; i++) {
		put_time(w, wire, i, q->sec[i]);
		put_time(w, wire, i, q->usec[i]);
	}
	for (i = 0; i < NTK_COUNTS; i++)
		wr_be32(w, q->gcount[i]);
}

static bool
get_gnode(struct rd *r, struct ntk_gnode *out)
{
	uint8_t gflags, seeds;
	uint32_t ignored;
	uint16_t flags;

	if (!rd_be16(r, &flags) || !rd_be32(r, &ignored) ||
	    !rd_be16(r, &out->links) || !rd_u8(r, &gflags) ||
	    !rd_u8(r, &seeds) || !rd_be32(r, &out->gcount))
		return false;
	out->ours = (flags & MAP_ME) != 0;
	out->neighbour = !out->ours && (flags & MAP_NEIGHBOUR) != 0;
	out->known = (flags & MAP_VOID) == 0 && (gflags & GNODE_VOID) == 0 &&
	    (out->ours || out->links > 0);
	return true;
}

/*
 * A way names its gateway by where that lies in the map as the daemon has it
 * in memory, so the step is that of its own words. What is no such place is a
 * pointer into something else.
 */
static bool
get_ways(struct rd *r, enum ntk_wire wire, struct ntk_gnode *out)
{
	uint32_t step = wire == NTK_WIRE_64 ? 32 : 24, place, rtt;
	unsigned i;

	for (i = 0; i < out->links; i++) {
		if (!rd_be32(r, &place) || !rd_be32(r, &rtt))
			return false;
		if (place % step == 0 && place / step < NTK_GIDS &&
		    !out->ours && !out->neighbour &&
		    out->n_gateways < NTK_GATEWAYS)
			out->gateway[out->n_gateways++] =
			    (uint8_t)(place / step);
	}
	return true;
}

static bool
get_ext_levels(struct rd *r, enum ntk_wire wire, const uint32_t *ways,
    struct ntk_ext_map *ret)
{
	struct rd nodes, blocks;
	unsigned l, i;

	if (!rd_sub(r, &nodes, NTK_EXT_LEVELS * NTK_GIDS * 14))
		return false;
	for (l = 0; l < NTK_EXT_LEVELS; l++) {
		if (!rd_sub(r, &blocks, ways[l]))
			return false;
		for (i = 0; i < NTK_GIDS; i++)
			if (!get_gnode(&nodes, &ret->at[l][i]) ||
			    !get_ways(&blocks, wire, &ret->at[l][i]))
				return false;
		if (!rd_end(&blocks))
			return false;
	}
	return true;
}

bool
ntk_ext_map_parse(struct rd *r, enum ntk_wire wire, struct ntk_ext_map *ret)
{
	uint32_t size, total, ways[NTK_COUNTS], gid[NTK_COUNTS];
	uint8_t levels;
	unsigned i;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	ok = rd_u8(r, &levels) && levels == NTK_LEVELS;
	for (i = 0; ok && i < NTK_COUNTS; i++)
		ok = rd_be32(r, &gid[i]) && gid[i] < NTK_GIDS;
	ok = ok && rd_skip(r, NTK_COUNTS * (4 + 4 * IP_WORDS)) &&
	    get_size(r, wire, &size) && size == NTK_EXT_LEVELS * NTK_GIDS * 14;
	for (i = 0; ok && i < NTK_COUNTS; i++)
		ok = get_size(r, wire, &ways[i]);
	if (!ok || !get_size(r, wire, &total) ||
	    !get_ext_levels(r, wire, ways, ret) || !rd_end(r))
		return false;
	for (i = 0; i < NTK_LEVELS; i++)
		ret->gid[i] = (uint8_t)gid[i];
	return true;
}

bool
ntk_int_map_parse(struct rd *r, enum ntk_wire wire, struct ntk_int_map *ret)
{
	uint32_t size, ways, ignored, links = 0;
	uint16_t flags, n;
	unsigned i;

	*ret = (struct ntk_int_map){ 0 };
	if (!rd_u8(r, &ret->gid) || !get_size(r, wire, &size) ||
	    size != NTK_GIDS * 8 || !get_size(r, wire, &ways))
		return false;
	for (i = 0; i < NTK_GIDS; i++) {
		if (!rd_be16(r, &flags) || !rd_be32(r, &ignored) ||
		    !rd_be16(r, &n))
			return false;
		links += n;
		ret->known[i] =
		    i == ret->gid || ((flags & MAP_VOID) == 0 && n > 0);
	}
	return ways == links * 8 && rd_skip(r, ways) && rd_end(r);
}

/* Bytes of the part of an address from a level up. */
static uint32_t
start_of(uint32_t ip, unsigned level)
{
	return level >= NTK_LEVELS ? 0 : ip >> 8 * level << 8 * level;
}

static void
put_place(struct wr *w, uint32_t ip)
{
	unsigned i;

	wr_u8(w, NTK_LEVELS);
	for (i = 0; i < NTK_COUNTS; i++)
		wr_be32(w, i < NTK_LEVELS ? ntk_gid(ip, i) : 0);
	for (i = 0; i < NTK_LEVELS; i++) {
		wr_u8(w, FAMILY_IPV4);
		wr_be16(w, 4);
		wr_u8(w, 32);
		wr_be32(w, start_of(ip, i));
		wr_zeros(w, 12);
	}
	wr_zeros(w, (NTK_COUNTS - NTK_LEVELS) * (4 + 4 * IP_WORDS));
}

static void
put_gnode(struct wr *w, bool ours, uint32_t gcount)
{
	wr_be16(w, ours ? MAP_ME | MAP_GNODE : MAP_VOID);
	wr_zeros(w, 4 + 2);
	wr_u8(w, ours ? GNODE_ME : GNODE_VOID);
	wr_u8(w, ours ? 1 : 0);
	wr_be32(w, ours ? gcount : 0);
}

void
ntk_ext_map_write(
    struct wr *w, enum ntk_wire wire, uint32_t ip, uint32_t gcount)
{
	unsigned l, i;

	put_place(w, ip);
	ntk_put_size(w, wire, NTK_EXT_LEVELS * NTK_GIDS * 14);
	for (i = 0; i < NTK_COUNTS + 1; i++) /* ways of each level, in all */
		ntk_put_size(w, wire, 0);
	for (l = 1; l < NTK_LEVELS; l++)
		for (i = 0; i < NTK_GIDS; i++)
			put_gnode(w, i == ntk_gid(ip, l), gcount);
}

void
ntk_int_map_write(struct wr *w, enum ntk_wire wire, uint8_t gid)
{
	unsigned i;

	wr_u8(w, gid);
	ntk_put_size(w, wire, NTK_GIDS * 8);
	ntk_put_size(w, wire, 0);
	for (i = 0; i < NTK_GIDS; i++) {
		wr_be16(w, i == gid ? MAP_ME : MAP_VOID);
		wr_zeros(w, 4 + 2);
	}
}

void
ntk_bnode_map_write(struct wr *w, enum ntk_wire wire)
{
	size_t head = 1 + BMAP_COUNTS * (wire == NTK_WIRE_64 ? 8 : 4);

	wr_u8(w, NTK_EXT_LEVELS);
	ntk_put_size(w, wire, NTK_EXT_LEVELS * head);
	wr_zeros(w, NTK_EXT_LEVELS * head);
}
