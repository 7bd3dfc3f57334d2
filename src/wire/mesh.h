/*
 * Records of the mesh socket (doc/mesh-socket.md): what a mesh daemon and
 * vplamad say to one another, one record per SOCK_SEQPACKET message. Integers
 * are big-endian.
 *
 * record = u8 version, u8 type, u16 zero, fixed part, attributes
 * attribute = u16 type, u16 length, value; unknown ones are skipped unless
 * MESH_ATTR_MUST is set in their type. PKT and NETDESC have a body in place of
 * attributes, REHOOK and ROUTE one before them.
 */
#ifndef VPLAM_WIRE_MESH_H
#define VPLAM_WIRE_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"
#include "wire/netdesc.h"

#define MESH_VERSION 1
#define MESH_HEAD 4
#define MESH_KEY_MAX 32
#define MESH_BODY_MAX 65536
#define MESH_RECORD_MAX (MESH_HEAD + 8 + MESH_KEY_MAX + MESH_BODY_MAX)
#define MESH_TEXT_MAX 64
#define MESH_SMALL_MAX 1536 /* bytes that any record but a PKT fits */

enum mesh_type {
	MESH_HELLO = 1,	  /* both ways, first */
	MESH_REFUSED = 2, /* from vplamad, then it closes */
	MESH_PKT = 3,	  /* both ways */
	MESH_PEER_UP = 4, /* from vplamad */
	MESH_PEER_DOWN = 5,
	MESH_PEER_RTT = 6,
	MESH_PING = 7, /* both ways, answered by PONG with the same token */
	MESH_PONG = 8,
	/* 16..23: the negotiation of addresses */
	MESH_NETDESC = 16,     /* from the mesh daemon */
	MESH_REHOOK = 17,      /* from vplamad */
	MESH_REHOOK_DONE = 18, /* from the mesh daemon, as is FAILED */
	MESH_REHOOK_FAILED = 19,
	MESH_ROUTE = 20, /* from vplamad */
};

#define MESH_ATTR_MUST 0x8000u /* who does not know it refuses the record */
enum mesh_attr {
	MESH_ATTR_NAME = 1,	/* text: software, or name of a peer */
	MESH_ATTR_ENDPOINT = 2, /* text */
	MESH_ATTR_NETWORK = 3,	/* text: name of the network */
	MESH_ATTR_WHY = 4,	/* text */
};

enum mesh_provenance {
	MESH_INTERNAL = 0, /* born in, or received from inside the gnode */
	MESH_INTERNET = 1, /* came out of a tunnel */
};

enum mesh_refusal {
	MESH_REF_BUSY = 1,    /* another mesh daemon is connected */
	MESH_REF_VERSION = 2, /* no common version */
	MESH_REF_FORMAT = 3,  /* a record that breaks the format */
	MESH_REF_ORDER = 4,   /* a record before HELLO */
	MESH_REF_CREDENTIALS = 5,
};

enum mesh_down {
	MESH_DOWN_DEAD = 1,
	MESH_DOWN_CLOSED = 2,
	MESH_DOWN_REMOVED = 3
};

/*
 * The fixed part of a record has the members of its struct in order, without
 * the texts (attributes), pointers and lengths; zero bytes follow where said.
 * An empty text is an attribute that is not there.
 */

struct mesh_hello {
	/* Versions its sender speaks, from 1; vplamad: both chosen; 2 zeros. */
	uint8_t min, max;
	uint8_t key[32];   /* vplamad's public key; zero from a mesh daemon */
	uint32_t body_max; /* largest PKT body its sender takes, at least 1 */
	uint32_t rate;	   /* packets a second vplamad takes; 0 from a daemon */
	uint32_t burst;
	char name[MESH_TEXT_MAX + 1];
	char network[MESH_TEXT_MAX + 1];
};

struct mesh_refused {
	uint16_t code; /* enum mesh_refusal; 2 zeros */
	char why[MESH_TEXT_MAX + 1];
};

struct mesh_pkt {
	uint8_t provenance;
	uint8_t class;	    /* 0 until classes are defined; carried as it is */
	uint8_t key_len;    /* 1 zero */
	uint32_t peer;	    /* from vplamad: whom it came from; to it: 0 */
	const uint8_t *key; /* borrowed: stays the same at each hop */
	const uint8_t *body;
	size_t len; /* 1 to MESH_BODY_MAX */
};

struct mesh_peer_up {
	uint32_t peer;
	uint8_t key[32]; /* Ed25519 public key */
	uint32_t rtt_us; /* 0: not measured yet */
	char name[MESH_TEXT_MAX + 1];
	char endpoint[MESH_TEXT_MAX + 1];
};

struct mesh_peer_down {
	uint32_t peer;
	uint8_t why; /* enum mesh_down; 3 zeros */
};

struct mesh_peer_rtt {
	uint32_t peer;
	uint32_t rtt_us;
};

struct mesh_ping {
	uint32_t token;
};

/* Move the claim from to the path to; rows of levels as in NETDESC. */
struct mesh_rehook {
	uint32_t id;
	uint32_t count; /* nodes that the gnode there is said to have */
	struct topology topo;
	struct claim from, to; /* both claim_allowed() */
};

struct mesh_rehook_done {
	uint32_t id;
};

struct mesh_rehook_failed {
	uint32_t id;
	char why[MESH_TEXT_MAX + 1];
};

/* All that goes to this peer now; without claims: nothing, and no topo. */
struct mesh_route {
	uint32_t peer;
	uint8_t n_claims; /* 3 zeros */
	struct topology topo;
	uint16_t gid[NETDESC_LEVELS]; /* of the peer itself */
	struct claim claim[NETDESC_CLAIMS];
};

/* One record: the member of u that type names. Owns no memory. */
struct mesh_rec {
	uint8_t type;
	union {
		struct mesh_hello hello;
		struct mesh_refused refused;
		struct mesh_pkt pkt;
		struct mesh_peer_up up;
		struct mesh_peer_down down;
		struct mesh_peer_rtt rtt;
		struct mesh_ping ping;	/* PING and PONG */
		struct netdesc netdesc; /* for NETDESC_MESH: none are known */
		struct mesh_rehook rehook;
		struct mesh_rehook_done done;
		struct mesh_rehook_failed failed;
		struct mesh_route route;
	} u;
};

enum mesh_parse {
	MESH_OK,
	MESH_UNKNOWN, /* only the head was looked at: skip it */
	MESH_BAD,
	MESH_BAD_VERSION
};

/*
 * On MESH_BAD *ret_field names the field at fault ("PKT.key_len"). *ret is zero
 * unless MESH_OK, but for the type of what is MESH_UNKNOWN.
 */
enum mesh_parse mesh_parse(
    const uint8_t *p, size_t len, struct mesh_rec *ret, const char **ret_field);

/*
 * Writes a record; false if it does not fit or a field is out of range. A
 * PKT's key and body may lie anywhere but in the output.
 */
bool mesh_write(struct wr *w, const struct mesh_rec *rec);

/* Bytes of what goes before a PKT's body, so that it can be put in front. */
size_t mesh_pkt_head_len(size_t key_len);
void mesh_pkt_head(uint8_t *out, const struct mesh_pkt *pkt);

const char *mesh_type_name(uint8_t type); /* "PKT"; "?" when unknown */

#endif
