/*
 * What two descriptors mean for each other (doc/negotiation.md "Verdict"): the
 * same on both sides. A pure function; whether the one that is named also
 * moves is decided elsewhere (neg/gate.h).
 */
#ifndef VPLAM_NEG_VERDICT_H
#define VPLAM_NEG_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/netdesc.h"

/* The numbers travel in VERDICT. */
enum verdict_kind {
	VERDICT_COMPATIBLE = 0,
	VERDICT_SAME = 1,     /* one network: a second path */
	VERDICT_TOPOLOGY = 2, /* other address spaces: nobody ever moves */
	VERDICT_REHOOK = 3,
	VERDICT_HOLD = 4,    /* no routes; nobody moves */
	VERDICT_DEFER = 5,   /* later */
	VERDICT_PARTIAL = 6, /* routes without the overlapping claims */
	VERDICT_NOTICE = 7,  /* PARTIAL, and the third party is told */
	VERDICT_KINDS
};

enum mover { MOVE_NOBODY = 0, MOVE_I = 1, MOVE_R = 2, MOVE_T = 3 };

enum verdict_rule { RULE_SEED, RULE_SIZE };

/* What the responder knows besides the descriptors. */
struct verdict_facts {
	bool known_before; /* I's network: stable connections to it, stored */
	enum verdict_rule rule;
};

#define VERDICT_NO_LEVEL 0xff
struct verdict {
	enum verdict_kind kind;
	enum mover who;
	uint8_t level; /* of the conflict, or VERDICT_NO_LEVEL */

	/* Whose claims collide: index in I's, in R's; -1: see known. */
	int claim_i, claim_r;
	int known;	   /* index of the third party in ...; -1: none */
	bool known_of_i;   /* ... I's known ones (else R's) */
	uint64_t third;	   /* its netid, or 0 */
	enum mover teller; /* NOTICE: who tells it */
	const char *why;   /* static, for people: "responder stable" */
};

void verdict_of(const struct netdesc *i, const struct netdesc *r,
    const struct verdict_facts *facts, struct verdict *ret);

/* rank: (nodes, age, netid) as a tuple; below 0 when a's is smaller. */
int netdesc_rank(const struct netdesc *a, const struct netdesc *b);

const char *verdict_name(enum verdict_kind kind); /* "REHOOK" */
const char *mover_name(enum mover who);		  /* "I", "R", "T", "nobody" */

#endif
