/*
 * Messages of the negotiation (doc/protocol.md "Negotiation"): what the
 * reliable channel inside a tunnel carries, one in up to 16 parts.
 */
#ifndef VPLAM_WIRE_NEGMSG_H
#define VPLAM_WIRE_NEGMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/netdesc.h"

#define NEG_HEAD 8	  /* of a part */
#define NEG_PARTS 16	  /* of a message */
#define NEG_PART_MAX 1024 /* bytes of a part behind its head */
#define NEG_MSG_MAX (NEG_PARTS * NEG_PART_MAX)
#define NEG_SIG 64
#define NEG_NONCE 16
#define NEG_TAKEN 256 /* paths in a REJECT or VERDICT */

/* The longest descriptor that a HELLO in 16 full parts holds. */
#define NEG_DESC_HEAD (NEG_NONCE + 3)
#define NEG_DESC_MAX (NEG_MSG_MAX - NEG_DESC_HEAD - NEG_SIG)

enum neg_type {
	NEG_ACK = 0, /* of the sequence number; no fields, one part */
	NEG_HELLO = 1,
	NEG_PROBE_SEEN = 2,
	NEG_VERDICT = 3,
	NEG_PROPOSE = 4,
	NEG_ACCEPT = 5,
	NEG_REJECT = 6,
	NEG_BUSY = 7,
	NEG_REFUSE = 8,
	NEG_NOTICE = 9,
	NEG_MOVED = 10,
	NEG_ABORT = 11,
	NEG_DESC = 12,
	NEG_TYPES
};

/* Why a side does not do what a VERDICT or PROPOSE wants. */
enum neg_why {
	NEG_WHY_STABLE = 1,
	NEG_WHY_POLICY = 2, /* never, or a person has to approve */
	NEG_WHY_BUDGET = 3,
	NEG_WHY_FULL = 4,   /* no free address */
	NEG_WHY_CANNOT = 5, /* the mesh daemon has no way to move */
	NEG_WHY_TIMEOUT = 6,
	NEG_WHY_FAILED = 7,  /* the mesh daemon tried and failed */
	NEG_WHY_CHANGED = 8, /* the address changed meanwhile */
	NEG_WHY_PINNED = 9,  /* a reservation of ours, or a recent move */
	NEG_WHYS
};

/* The head of a part. */
struct neg_head {
	uint8_t type; /* enum neg_type */
	uint8_t part, parts;
	uint8_t life; /* of the direction: another one begins at seq 1 */
	uint32_t seq; /* from 1, +1 for each message of a direction */
};

bool neg_head_parse(struct rd *r, struct neg_head *ret);
void neg_head_write(struct wr *w, const struct neg_head *h);

/*
 * HELLO (flags and nonce count), DESC and MOVED: a descriptor, signed by its
 * sender.
 */
#define HELLO_DIALLED 1 /* the sender opened the tunnel, as it sees it */
#define HELLO_ALONE 2	/* it has not heard the receiver's HELLO yet */
#define HELLO_FLAGS (HELLO_DIALLED | HELLO_ALONE)
struct neg_desc {
	uint8_t flags;
	uint8_t nonce[NEG_NONCE]; /* HELLO: to be heard in the mesh */
	const uint8_t *bytes;	  /* the descriptor as it is signed: borrowed */
	size_t len;
	uint8_t sig[NEG_SIG];
};

/* The numbers are those of neg/verdict.h. */
#define NEG_VERDICT_KINDS 8
#define NEG_MOVERS 4
#define NEG_NO_LEVEL 0xff
struct neg_verdict {
	uint8_t kind;	/* enum verdict_kind */
	uint8_t level;	/* of the conflict, or NEG_NO_LEVEL */
	uint8_t who;	/* enum mover */
	uint64_t third; /* netid of the third party, or 0 */
	uint32_t epoch; /* of the receiver's descriptor that was judged */
};

struct neg_propose {
	struct claim from, to;
	uint32_t epoch; /* of the descriptor that from is in */
};

/* One message: the member of u that type names. */
struct neg_msg {
	uint8_t type;
	union {
		struct neg_desc desc;	  /* HELLO, DESC, MOVED */
		uint8_t nonce[NEG_NONCE]; /* PROBE_SEEN */
		struct neg_verdict verdict;
		struct neg_propose propose; /* PROPOSE; ACCEPT: the same back */
		uint32_t retry_s;	    /* BUSY */
		uint8_t why;		    /* REFUSE, ABORT: enum neg_why */
		struct known notice;	    /* NOTICE: who complains, where */
	} u;
	/* VERDICT and REJECT: the paths that are taken. */
	unsigned n_taken;
	struct claim taken[NEG_TAKEN];
};

/*
 * The fields of a message of that type (what follows the heads of its parts,
 * put together). Claims are read by topo, that of both sides; NULL before it
 * is known: types with claims are refused. False: *ret is zero but for type.
 */
bool neg_msg_parse(uint8_t type, const uint8_t *p, size_t len,
    const struct topology *topo, struct neg_msg *ret);

/* False: it does not fit, or a field is out of range. */
bool neg_msg_write(
    struct wr *w, const struct neg_msg *m, const struct topology *topo);

const char *neg_why_name(uint8_t why); /* "budget" */

#endif
