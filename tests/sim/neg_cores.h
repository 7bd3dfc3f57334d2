/* The same with whole cores: real messages, sessions, keys. */
#ifndef VPLAM_SIM_NEG_CORES_H
#define VPLAM_SIM_NEG_CORES_H

#include "neg_plan.h"

struct cores_totals {
	unsigned links, not_up, moves, max_moves;
	uint64_t rest_us, datagrams;
};

/* Runs one seed until all links rest; a fault ends the program. */
void cores_run(const struct nw_options *opt, struct cores_totals *ret);

#endif
