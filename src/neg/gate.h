/*
 * The policy (doc/negotiation.md "Policy"): may we do what a verdict wants of
 * us? Apart from the verdict: this one looks at our own side alone.
 */
#ifndef VPLAM_NEG_GATE_H
#define VPLAM_NEG_GATE_H

#include "neg/link.h"

enum gate_answer {
	GATE_OPEN,
	GATE_LATER, /* in wait_s seconds, if nothing else changes */
	GATE_SHUT,  /* why */
};

struct gate {
	enum gate_answer answer;
	uint8_t why; /* enum neg_why */
	uint32_t wait_s;
	bool person; /* a person could still let it happen */
};

/* notice: it is a third party that complains, through l. */
struct gate gate_ask(const struct neg *g, const struct link *l,
    const struct claim *from, bool notice, bool approved, struct mono now);

/* Whose our claim is as the link says: a netid, or 0. */
uint64_t gate_holder(
    const struct neg *g, const struct link *l, const struct claim *from);

#endif
