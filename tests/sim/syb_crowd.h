/*
 * Who is out there in vplama-sim sybil: honest vnodes in the networks of many
 * providers, and one attacker's keys in a few.
 */
#ifndef VPLAM_SIM_SYB_CROWD_H
#define VPLAM_SIM_SYB_CROWD_H

#include <stdbool.h>

#include "tests/rng.h"
#include "wire/record.h"

#define CROWD_NETS 160	     /* networks (/16) that honest ones are in */
#define CROWD_TELL_SYBILS 50 /* percent of what honest ones tell */
#define CROWD_ANSWER 70	     /* percent of trials that an honest one answers */

struct vnode {
	struct record r;
	uint8_t raw[RECORD_MAX];
	size_t len;
	bool sybil;
};

struct crowd {
	struct vnode *v; /* honest ones first */
	unsigned honest, sybils, networks;
	unsigned list; /* entries of the honest list */
	unsigned late; /* minutes after which it is to be had */
	struct rng rng;
	struct record lie; /* the last one that crowd_lie() made */
	uint8_t lie_raw[RECORD_MAX];
	size_t lie_len;
};

void crowd_init(
    struct crowd *c, unsigned honest, unsigned sybils, unsigned networks);
void crowd_fini(struct crowd *c);

/* Another run: honest ones live elsewhere. */
void crowd_move(struct crowd *c, uint64_t seed);

unsigned crowd_honest(struct crowd *c); /* any, at random */
unsigned crowd_sybil(struct crowd *c);

/* What the vnode of that number tells when it is asked. */
unsigned crowd_told(struct crowd *c, unsigned by);

/* A record of a new key at an address that nobody answers from. */
void crowd_lie(struct crowd *c);

#define CROWD_WALL UINT64_C(1790000000)

#endif
