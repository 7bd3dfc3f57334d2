/*
 * N protocol cores in one process, joined by a network with delay and loss
 * under a virtual clock. Same options and seed: same run, bit for bit.
 */
#ifndef VPLAM_SIM_WORLD_H
#define VPLAM_SIM_WORLD_H

#include <stdint.h>

#include "base/addr.h"
#include "base/heap.h"
#include "base/run.h"
#include "tests/rng.h"

struct node;

struct world_options {
	unsigned gnodes;
	unsigned tunnels; /* per gnode, even */
	double hours;	  /* virtual */
	double loss;	  /* of each datagram, 0 to 1 */
	uint64_t seed;
	uint32_t send_every_s; /* each gnode sends one packet in this time */
	unsigned paths;	       /* they negotiate on 10.1 to 10.PATHS; 0: not */
};

/* What a run showed; copies are counted per tunnel. */
struct world_totals {
	uint64_t sent;	    /* packets handed to vplamad by mesh daemons */
	uint64_t copies;    /* of them, into tunnels */
	uint64_t delivered; /* handed to a mesh daemon at the other end */
	uint64_t wrong;	    /* delivered, but not as they were sent */
	uint64_t twice;	    /* delivered more than once to one gnode */
	uint64_t datagrams, dropped;
	uint64_t handshakes, rekeys, deaths;
};

struct world {
	struct world_options opt;
	struct rng rng;
	struct mono now;
	struct heap events;
	struct arena mem;
	struct node *node; /* opt.gnodes of them */
	uint64_t digest;   /* of every datagram delivered, in order */
	struct world_totals sum;
};

void world_init(struct world *w, const struct world_options *opt);
void world_fini(struct world *w);

/* Runs to the end of the virtual time and adds up. */
void world_run(struct world *w);
void world_run_until(struct world *w, struct mono end);

/* A turn of the loop at the present instant. */
struct turn world_turn(struct world *w);

/* A datagram leaves; it arrives later, or never. */
void world_send(struct world *w, const struct node *from, const struct addr *to,
    const uint8_t *p, size_t len);

#endif
