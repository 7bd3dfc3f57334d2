/*
 * A peer that speaks from a new address: path check before we follow
 * (protocol.md 2.8).
 */
#ifndef VPLAM_CORE_ROAM_H
#define VPLAM_CORE_ROAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "wire/frame.h"

struct core;
struct peer;
struct session;
struct turn;

/* One side of a check: the address asked and what it must say back. */
struct roam_leg {
	struct path path;
	uint8_t cookie[CHALLENGE_LEN];
	bool asked, answered;
};

struct roam_check {
	struct roam_leg old, new;
	uint64_t got;		/* bytes received from the new address so far */
	uint64_t sent;		/* bytes sent to it */
	unsigned got_n, sent_n; /* datagrams */
};

struct roam {
	struct roam_check *check; /* NULL: none is under way */
	struct mono settled;	  /* no switch before */
};

/*
 * An authenticated packet with the highest counter so far came from an address
 * that is not the peer's. bytes: UDP payload of n datagrams. May start or feed
 * a check.
 */
void roam_candidate(struct core *c, struct peer *p, const struct path *from,
    size_t bytes, unsigned n, struct turn *t);

/* A challenge came by path: the answer goes back the way it came. */
void roam_challenge(struct core *c, struct peer *p, const struct path *from,
    const uint8_t *cookie, struct turn *t);

/* A response came by path. */
void roam_response(struct core *c, struct peer *p, const struct path *from,
    const uint8_t *cookie, struct turn *t);

/* TM_PATH is due: decide by what was answered. */
void roam_decide(struct core *c, struct peer *p, struct turn *t);

/* The check is over, whatever was answered; fine without one. */
void roam_end(struct core *c, struct peer *p);

#endif
