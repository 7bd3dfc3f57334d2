/*
 * What ntkd and its neighbours ask and answer besides floods: free nodes, the
 * QSPN round, maps, errors. Bodies alone, of either width; the head is ntk.h's.
 */
#ifndef VPLAM_NTKD_SHIM_NTK_OPS_H
#define VPLAM_NTKD_SHIM_NTK_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"
#include "ntkd-shim/ntk.h"

#define NTK_LEVELS 4  /* of IPv4, 8 bits each */
#define NTK_COUNTS 16 /* rows that are there for IPv6, too */
#define NTK_GIDS 256  /* places at a level */
#define NTK_EXT_LEVELS (NTK_LEVELS - 1)
#define NTK_GATEWAYS 64 /* at most, of a gnode */
#define NTK_SMALL 64	/* bytes that a packet without, or with a byte of, */
			/* body fits */

/* Codes of ACK_NEGATIVE. */
enum ntk_error {
	NTK_ERR_REQUEST = 1,
	NTK_ERR_GNODE_FULL = 3, /* never 4: a hooking ntkd ends itself on it */
};

/* A packet without a body; or with one byte. Returns its length. */
size_t ntk_write_plain(enum ntk_wire wire, uint8_t op, uint8_t flags,
    uint32_t id, uint8_t out[static NTK_SMALL]);
size_t ntk_write_error(enum ntk_wire wire, uint8_t flags, uint32_t id,
    enum ntk_error err, uint8_t out[static NTK_SMALL]);

/*
 * The body before zlib, the caller's to free; NULL: it is damaged, or not as
 * long as its head says. A body that is not compressed is copied.
 */
uint8_t *ntk_unpack(const struct ntk_packet *pkt, size_t *ret_len);

/* Addresses that a hooking node may take in the lowest gnode with room. */
struct ntk_free_nodes {
	uint32_t ipstart; /* 10.1.2.0 is 0x0a010200 */
	uint8_t level, gid;
	uint16_t nodes; /* 1 to 256 */
	uint32_t join_rate;
	uint8_t bitmap[NTK_GIDS / 8]; /* the lowest gid in bit 0 of byte 0 */
};

/* What stock daemons leave behind the bitmap is skipped; not written. */
bool ntk_free_nodes_parse(struct rd *r, struct ntk_free_nodes *ret);
void ntk_free_nodes_write(struct wr *w, const struct ntk_free_nodes *f);

struct ntk_qspn_round {
	uint32_t id[NTK_LEVELS];
	uint64_t sec[NTK_LEVELS], usec[NTK_LEVELS]; /* since it began */
	uint32_t gcount[NTK_COUNTS]; /* nodes of our gnode of level k + 1 */
};

bool ntk_qspn_round_parse(
    struct rd *r, enum ntk_wire wire, struct ntk_qspn_round *ret);
void ntk_qspn_round_write(
    struct wr *w, enum ntk_wire wire, const struct ntk_qspn_round *q);

/* A gnode of the map of external gnodes. */
struct ntk_gnode {
	bool known;	/* there are nodes in it, as far as one can tell */
	bool ours;	/* we are in it */
	bool neighbour; /* a node of it is on a link of that node's */
	uint16_t links; /* ways to it */
	uint32_t gcount;
	/*
	 * Through which gnodes of its level one comes there, as far as they can
	 * be told; not of ours or of a neighbour's.
	 */
	uint8_t n_gateways;
	uint8_t gateway[NTK_GATEWAYS];
};

struct ntk_ext_map {
	uint8_t gid[NTK_LEVELS]; /* of the node that it comes from */
	struct ntk_gnode at[NTK_EXT_LEVELS][NTK_GIDS]; /* level 1 first */
};

bool ntk_ext_map_parse(
    struct rd *r, enum ntk_wire wire, struct ntk_ext_map *ret);

/* The nodes of the level-1 gnode that it comes from. */
struct ntk_int_map {
	uint8_t gid; /* of the node itself, which is known, too */
	bool known[NTK_GIDS];
};

bool ntk_int_map_parse(
    struct rd *r, enum ntk_wire wire, struct ntk_int_map *ret);

/* Maps of a node that knows itself alone. gcount: of each of its gnodes. */
#define NTK_MAP_MAX 16384 /* bytes that each of them fits */
void ntk_ext_map_write(
    struct wr *w, enum ntk_wire wire, uint32_t ip, uint32_t gcount);
void ntk_int_map_write(struct wr *w, enum ntk_wire wire, uint8_t gid);
void ntk_bnode_map_write(struct wr *w, enum ntk_wire wire);

/* Level k of an address. */
static inline uint8_t
ntk_gid(uint32_t ip, unsigned level)
{
	return (uint8_t)(ip >> 8 * level);
}

#endif
