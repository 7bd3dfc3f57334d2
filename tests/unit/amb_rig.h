/*
 * An ambassador on a bench: a clock of its own, every callback written down,
 * and a small ntkd that answers when it is asked.
 */
#ifndef VPLAM_TESTS_AMB_RIG_H
#define VPLAM_TESTS_AMB_RIG_H

#include "ntkd-shim/ambassador.h"
#include "ntkd-shim/ntk_ops.h"
#include "tests/rng.h"

#define RIG_NTKD 0x0aee0305u   /* 10.238.3.5 */
#define RIG_PEER_A 0x0a4fe416u /* 10.79.228.22 */
#define RIG_PEER_B 0x0ac80102u /* 10.200.1.2 */
#define SEC ((uint64_t)MONO_SEC)

enum rig_kind {
	RIG_ADD,     /* a: address */
	RIG_DEL,     /* a */
	RIG_ROUTE,   /* a: peer, b: how many; bytes: struct prefix[] */
	RIG_UDP,     /* a: from, b: to */
	RIG_CONNECT, /* a: connection, b: from */
	RIG_SEND,    /* a: connection */
	RIG_CLOSE,   /* a */
	RIG_PKT,     /* bytes: body; key */
	RIG_DESC,    /* bytes: struct netdesc, or none */
	RIG_DONE,    /* a: id */
	RIG_FAILED,  /* a: id, b: why */
};

struct rig_event {
	enum rig_kind kind;
	struct mono at;
	uint32_t a, b;
	uint8_t *p;
	size_t len;
	uint8_t key[NTK_KEY_LEN];
	bool taken;
};

struct rig {
	struct amb *amb;
	struct mono now;
	struct rng rng;
	uint32_t say_random; /* if not 0: the next 4 random bytes */
	struct rig_event *ev;
	size_t n, max;

	/* What the small ntkd answers. */
	enum ntk_wire wire;
	bool deaf;	   /* does not even greet */
	bool no_near;	   /* does not tell its internal map */
	uint32_t wrong_id; /* by so much */
	uint32_t ip, qspn_id;
	uint32_t gcount;   /* nodes of its level-1 gnode */
	uint32_t believed; /* more than there are, after a rehook */
	uint8_t *map; /* a body of its own, or NULL: it knows itself alone */
	size_t map_len;
	uint32_t asked[8]; /* connections on which it is asked */
};

void rig_init(struct rig *r, enum ntk_wire cfg, enum ntk_wire spoken);
void rig_fini(struct rig *r);

/* Serves what waits: after each call of an amb_ function. */
void rig_serve(struct rig *r);

/* Time passes, with every deadline kept. */
void rig_pass(struct rig *r, uint64_t us);

/* The first event of a kind that nobody took; any_a 0: whatever a is. */
struct rig_event *rig_take(struct rig *r, enum rig_kind kind, uint32_t a);
void rig_take_all(struct rig *r, enum rig_kind kind);

/* ntkd comes up at an address: address watch, one radar round. */
void rig_home(struct rig *r, uint32_t ip);

/* One packet of the radar; flags: hooking, restricted. */
void rig_echo(struct rig *r, uint32_t from, uint32_t id, uint8_t flags);

/* Two rounds: whoever is there has been seen. */
void rig_rounds(struct rig *r);

/* A peer with an address and one claim at level 2 for each gid. */
void rig_peer(
    struct rig *r, uint32_t peer, uint32_t ip, const uint8_t *gids, unsigned n);
void rig_peer1(struct rig *r, uint32_t peer, uint32_t ip);

/* ntkd connects to an identity; the greeting is taken. */
uint32_t rig_connect(struct rig *r, uint32_t to, uint32_t from);

/* ntkd greets on a connection to it. */
void rig_greet(struct rig *r, uint32_t conn);

/* The test in both widths, which the radar shows. */
void rig_both(void (*test)(struct rig *r));

/* What was sent as a packet: there, and sound. */
struct ntk_packet rig_parsed(const struct rig_event *e);

/* The last descriptor of those that were told, at least one. */
struct netdesc rig_told(struct rig *r);

struct rig_hop {
	uint8_t gid;
	uint32_t rtt_ms, gcount;
};
struct ntk_flood_out rig_flood(uint8_t op, uint32_t id, unsigned level,
    uint8_t gid, const struct rig_hop *hop, unsigned hops);

/* ntkd says a flood on its connection; a peer does; one of us did. */
void rig_say(struct rig *r, uint32_t conn, const struct ntk_flood_out *f);
void rig_pkt(struct rig *r, uint32_t peer, const struct ntk_flood_out *f);
struct ntk_flood_out rig_spoken(struct rig *r, uint32_t conn);

/* The line of an identity to ntkd, greeted; 0: there is none. */
uint32_t rig_line(struct rig *r, uint32_t ip);

/* A path at level 2. */
struct claim rig_claim(uint8_t a, uint8_t b);

#endif
