/*
 * Packets of the C daemon ntkd, whole as they travel on its wire: header,
 * and for tracers and QSPN packets the flood header, the tracer header and
 * one chunk per hop.
 *
 * The width of the header follows the daemon's size_t: 17 bytes (wire 32) or
 * 25 (wire 64). A stock little-endian daemon that merely relays a flood sends
 * its body in host order: both orders are read, big-endian alone is written.
 */
#ifndef VPLAM_NTKD_SHIM_NTK_H
#define VPLAM_NTKD_SHIM_NTK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"

#define NTK_HOPS_MAX 256
#define NTK_BODY_MAX 65536
#define NTK_PACKET_MAX (25 + NTK_BODY_MAX)
#define NTK_UNPACKED_MAX (1u << 20)
#define NTK_KEY_LEN 9
#define NTK_ID_OFF 3 /* where the id lies, in both widths */

enum ntk_wire { NTK_WIRE_32 = 32, NTK_WIRE_64 = 64 };
enum ntk_order { NTK_BIG, NTK_LITTLE };

enum ntk_op {
	NTK_ECHO_ME = 0,
	NTK_ECHO_REPLY = 1,
	NTK_GET_FREE_NODES = 2,
	NTK_GET_QSPN_ROUND = 3,
	NTK_GET_INTERNET_GWS = 4,
	NTK_QSPN_CLOSE = 11,
	NTK_QSPN_OPEN = 12,
	NTK_TRACER = 16,
	NTK_TRACER_CONNECT = 17,
	NTK_GET_INT_MAP = 20,
	NTK_GET_EXT_MAP = 21,
	NTK_GET_BNODE_MAP = 22,
	NTK_PUT_FREE_NODES = 32,
	NTK_PUT_QSPN_ROUND = 33,
	NTK_PUT_INT_MAP = 38,
	NTK_PUT_EXT_MAP = 39,
	NTK_PUT_BNODE_MAP = 40,
	NTK_ACK_AFFERMATIVE = 46,
	NTK_ACK_NEGATIVE = 47,
};

enum ntk_flag {
	NTK_ACK_WANTED = 1,
	NTK_FLOODED = 2,
	NTK_HOOKING = 4,
	NTK_RESTRICTED = 64,
	NTK_ZLIB = 128,
};

enum ntk_flood_flag {
	NTK_FLOOD_TRACER = 1,
	NTK_FLOOD_BNODES = 2,
};

/* level: that of the gnode which bounds the flood. */
struct ntk_flood {
	uint8_t gid, level, gttl, sub_id;
	uint32_t size; /* bytes after the flood header */
	uint8_t flags;
};

#define NTK_TRACER_BNODES 1 /* bnode blocks follow the chunks */
struct ntk_tracer {
	uint8_t flags;
	uint16_t hops, first_open;
};

struct ntk_chunk {
	uint8_t gid;
	uint32_t rtt_ms;
	uint32_t gcount; /* nodes inside that gnode; 1 for a node */
};

/* Pointers borrow from the bytes that were parsed. */
struct ntk_packet {
	enum ntk_wire wire;
	uint32_t id;
	uint8_t flags; /* enum ntk_flag and others */
	uint8_t op;
	uint32_t unpacked; /* size of the body before zlib; else 0 */
	const uint8_t *body;
	size_t body_len;

	/* A compressed body is not looked into: no flood, no key. */
	bool compressed;

	bool has_flood; /* the rest holds; else it is zero */
	enum ntk_order order;
	struct ntk_flood flood;
	struct ntk_tracer tracer;
	const uint8_t *chunks; /* tracer.hops of them, in that order */
	const uint8_t *blocks; /* bnode blocks as they came */
	size_t blocks_len;
	struct ntk_chunk origin; /* first chunk: who made the packet */
	struct ntk_chunk last;	 /* last chunk: whom it came from */
};

/*
 * p is one whole packet; false when it is not. *ret_field then names the
 * field at fault. The width is told by the length alone: what is not a flood,
 * in wire 64 and cut by just 8 bytes, passes for wire 32. A flooded tracer or
 * QSPN packet that is not compressed is refused unless its body is sound in one
 * of the orders.
 */
bool ntk_parse(const uint8_t *p, size_t len, struct ntk_packet *ret,
    const char **ret_field);

/*
 * pkt was parsed, or has wire, op, id and flags set and the rest zero; body is
 * its body, uncompressed, and borrowed. False: it should have a flood, and has
 * no sound one.
 */
bool ntk_parse_body(struct ntk_packet *pkt, const uint8_t *body, size_t len);

/* Chunk i of a packet with has_flood, i < tracer.hops. */
struct ntk_chunk ntk_chunk_at(const struct ntk_packet *pkt, unsigned i);

/*
 * Whether a vnode hands this packet to vplamad when it was born, or came in,
 * inside its gnode: flooded tracers and QSPN packets. ANDNA floods stay
 * inside one level-1 gnode; everything else is for one link. Compressed ones
 * are not: which gnode bounds them cannot be seen.
 */
bool ntk_is_flood_forwarded(const struct ntk_packet *pkt);

/*
 * What stays the same at each hop, in both widths and orders: op, id, level,
 * gid, gid of the originator, sub_id. Returns NTK_KEY_LEN, or 0 (no key)
 * for a packet without a readable flood.
 */
size_t ntk_key(const struct ntk_packet *pkt, uint8_t out[static NTK_KEY_LEN]);

/* Overwrites the id of a packet that parses. */
void ntk_set_id(uint8_t *p, uint32_t id);

/* Where a packet ends in a stream of one width. */
enum ntk_cut {
	NTK_CUT_MORE,	/* not all of it is there yet */
	NTK_CUT_WHOLE,	/* *ret_len bytes are one packet */
	NTK_CUT_BROKEN, /* this is not a stream of packets */
};
enum ntk_cut ntk_cut(
    const uint8_t *p, size_t len, enum ntk_wire wire, size_t *ret_len);

struct ntk_head {
	uint32_t id;
	uint8_t flags, op;
	size_t size; /* of the body, uncompressed */
};

size_t ntk_head_len(enum ntk_wire wire);
void ntk_put_head(
    struct wr *w, enum ntk_wire wire, const struct ntk_head *head);
void ntk_put_size(struct wr *w, enum ntk_wire wire, size_t size);

/* A flood to be written; flood.size counts for nothing. */
struct ntk_flood_out {
	uint8_t op, pkt_flags;
	uint32_t id;
	struct ntk_flood flood;
	struct ntk_tracer tracer;
	struct ntk_chunk chunk[NTK_HOPS_MAX]; /* tracer.hops of them */
	const uint8_t *blocks;
	size_t blocks_len;
};

/* The same as a packet with has_flood; blocks are borrowed. */
void ntk_flood_of(const struct ntk_packet *pkt, struct ntk_flood_out *ret);

/* Its body, or the whole packet (its length, or 0), big-endian. */
bool ntk_put_flood(
    struct wr *w, enum ntk_wire wire, const struct ntk_flood_out *f);
size_t ntk_write_flood(const struct ntk_flood_out *f, enum ntk_wire wire,
    uint8_t *out, size_t max);

/*
 * Writes the packet as the next hop sends it: hop's chunk appended, hops and
 * sizes recomputed, big-endian in the same width. Bnode blocks are copied as
 * they came. Returns the length; 0 without a flood, with too many hops or
 * when it does not fit.
 */
size_t ntk_append_hop(const struct ntk_packet *pkt, const struct ntk_chunk *hop,
    uint8_t *out, size_t max);

#endif
