/* Who meets whom and when: the same for the negotiation and the naive rule. */
#ifndef VPLAM_SIM_NEG_PLAN_H
#define VPLAM_SIM_NEG_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "tests/rng.h"

struct nw_options {
	unsigned networks;
	unsigned paths; /* that a network may have: 10.1 to 10.PATHS */
	unsigned links; /* of each network, in the mean */
	unsigned stable;
	double loss; /* of each part */
	double hours;
	uint64_t seed;
	bool calm; /* nothing dies, restarts or fails */
	bool far;  /* naive: the other's neighbours count, too */
};

#define PLAN_DEATHS 2

struct plan_link {
	unsigned end[2]; /* the first one dials */
	struct mono open, death[PLAN_DEATHS];
	uint64_t away_us[PLAN_DEATHS];
};

struct plan_net {
	unsigned gid;
	bool stable, other_class;
	struct mono restart; /* or MONO_NEVER */
};

struct plan {
	unsigned n_links;
	struct plan_link *link;
	struct plan_net *net;
	struct mono end; /* nothing comes from outside after it */
};

void plan_make(struct plan *p, const struct nw_options *opt);
void plan_free(struct plan *p);

/* A time between two that are given in seconds. */
uint64_t plan_span(struct rng *r, unsigned min_s, unsigned max_s);

#endif
