/*
 * The rule of the first sketch, for comparison: who connects and finds its own
 * address at the other side takes another one at random, at once.
 */
#ifndef VPLAM_SIM_NEG_NAIVE_H
#define VPLAM_SIM_NEG_NAIVE_H

#include "neg_plan.h"

struct naive_totals {
	uint64_t moves, max_moves;
	unsigned links;
	unsigned conflicts; /* links between equal addresses in the end */
	unsigned clashes;   /* networks with two neighbours of one address */
};

void naive_run(const struct nw_options *opt, struct naive_totals *ret);

#endif
