/*
 * What vnodes tell each other through a tunnel (doc/protocol.md "Type 10"):
 * our own record, revocations, questions for more peers and their answers out;
 * those of the peer in.
 */
#ifndef VPLAM_CORE_TELL_H
#define VPLAM_CORE_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/ratelimit.h"

struct core;
struct frame;
struct peer;
struct rx;
struct turn;

/* How far we are with one peer. */
struct tell {
	uint64_t told_seq; /* of our record, as it has it; 0: none */
	bool got_own;	   /* its record has come through this tunnel */
	bool own_heard;	   /* or was looked at, at least */
	struct mono ask_at;
	uint64_t ask_gap_us;
	struct mono own_at; /* when it is asked again for its own record */
	unsigned own_asks;
	struct mono answered;  /* its last question; 0: none */
	struct bucket records; /* that it may send us */
	size_t revoked_pos;    /* in the book: those before have been told */
	bool revoked_done;
	struct mono revoked_at; /* when the next of them go */
};

/* The peer is live: our record, the question, revocations. */
void tell_up(struct core *c, struct peer *p, struct turn *t);

/* TM_TELL is due. */
void tell_due(struct core *c, struct peer *p, struct turn *t);

/* Our record has changed: each live peer gets it. */
void tell_own(struct core *c, struct turn *t);

/* A revocation, as it came, to all live peers but the one it came from. */
void tell_revoked(struct core *c, const uint8_t *raw, const struct peer *from,
    struct turn *t);

#endif
