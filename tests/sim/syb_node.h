/*
 * The node in the middle of vplama-sim sybil, with the address book as it is
 * shipped; or, to compare, with a bag of all it has heard of.
 */
#ifndef VPLAM_SIM_SYB_NODE_H
#define VPLAM_SIM_SYB_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "syb_crowd.h"

#define SYB_MAX_PEERS 32
#define SYB_LIST_SYBILS 16 /* in the honest list: they lasted three days */
#define SYB_POISON 1000	   /* entries of the other */
#define SYB_FLOOD 3	   /* records a second, unasked */
#define SYB_INBOUND 2	   /* seconds: the attacker dials us */
#define SYB_LIFE_S 21600   /* of a tunnel to an honest one, in the mean */
#define SYB_GRACE 10 /* minutes after the honest list, two after a restart */

struct syb_result {
	bool at_end;		  /* an honest tunnel at the end */
	bool always;		  /* and in each minute but those of grace */
	unsigned honest, tunnels; /* at the end, dialled by us */
	unsigned trials;
};

void syb_run(struct crowd *c, unsigned minutes, struct syb_result *ret);
void syb_run_naive(struct crowd *c, unsigned minutes, struct syb_result *ret);

#endif
