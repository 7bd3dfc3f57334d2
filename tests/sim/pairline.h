/*
 * Two cores with a device each, under virtual time, on a line that loses,
 * delays, reorders and doubles datagrams. Each end's device gives a packet with
 * a number again and again; what comes out at the other end is counted.
 */
#ifndef VPLAM_SIM_PAIRLINE_H
#define VPLAM_SIM_PAIRLINE_H

#include <stdint.h>

#include "base/heap.h"
#include "core/core.h"
#include "tests/rng.h"

/* Who knows whom when it begins. */
enum contact {
	CONTACT_BOTH,	  /* both have the other's address, and dial at once */
	CONTACT_ONE,	  /* the second has only the first one's key */
	CONTACT_STRANGER, /* the second has never heard of the first */
	CONTACTS
};

const char *contact_name(enum contact c);

struct pairline_options {
	enum contact contact;
	double loss, reorder, dup; /* of each datagram, 0 to 1 */
	uint64_t hold_us;	   /* a reordered one waits up to so much */
	uint64_t send_every_us;	   /* 0: the devices are silent */
	uint64_t seed;
};

struct pairline_end {
	struct pairline *l;
	unsigned nr;
	struct core core;
	struct addr addr;
	struct hpent due;  /* the core's deadline */
	struct hpent send; /* the device's next packet */
	uint32_t next_id;

	/* What its device sent and the line lost, and what came out there. */
	uint64_t sent, wire_sent, wire_lost, delivered, twice, wrong;
	uint64_t datagrams, dropped; /* of all that it sent */
	struct mono first; /* the other end's first packet; NEVER: none yet */
	struct mono last;
	uint64_t silence_us; /* the longest between two of the other end */
	uint8_t *seen;	     /* a bit for each number of the other end */
	uint32_t seen_max;
};

struct pairline {
	struct pairline_options opt;
	struct rng rng;
	struct mono now;
	struct heap events;
	struct arena mem;
	struct pairline_end end[2];
};

/* They begin at once. */
void pairline_init(struct pairline *l, const struct pairline_options *opt);
void pairline_fini(struct pairline *l);

void pairline_run(struct pairline *l, uint64_t us);

/* Until data has come out at both ends, or the time is over. */
bool pairline_run_up(struct pairline *l, uint64_t us, uint64_t *ret_us);

/* Counts what is sent from now on, and none of what is under way. */
void pairline_count_anew(struct pairline *l);

/* No more packets of the devices; those under way arrive. */
void pairline_end_sending(struct pairline *l);

#endif
