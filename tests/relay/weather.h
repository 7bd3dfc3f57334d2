/* What the relay does to a datagram, decided from a seed and nothing else. */
#ifndef VPLAM_TESTS_RELAY_WEATHER_H
#define VPLAM_TESTS_RELAY_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "tests/rng.h"

#define WEATHER_QUEUE_US 200000u /* longest wait for a rate-limited line */

/* Settings that hold for both directions; all zero is a perfect line. */
struct weather {
	double loss, dup, reorder, corrupt; /* probabilities */
	uint64_t delay_us;
	uint64_t jitter_us; /* evenly in delay - jitter to delay + jitter */
	uint64_t hold_us;   /* a reordered datagram waits this much longer */
	uint64_t rate_bps;  /* 0: no limit */
	bool blackhole;
};

struct tally {
	uint64_t received, forwarded, lost, dup, reordered, corrupted,
	    blackholed;
	uint64_t overrun; /* did not fit the rate or the memory */
	uint64_t unsent;  /* refused by the kernel */
};

/*
 * One direction of one line. It has random numbers of its own, so that what
 * happens to its n-th datagram does not depend on the other direction.
 */
struct lane {
	struct rng rng;
	struct mono busy; /* the rate limit is used up until then */
	struct mono last; /* when the last datagram that keeps its place goes */
	struct tally n;
};

#define FATE_INTACT SIZE_MAX
struct fate {
	unsigned copies;   /* 0: dropped, and counted */
	struct mono at[2]; /* when each copy leaves */
	size_t flip;	   /* bit that is turned over, or FATE_INTACT */
};

void weather_init(struct weather *w);
void lane_init(struct lane *l, uint64_t seed, unsigned number);

/*
 * Decides over one datagram and counts what it decides. Takes the same number
 * of random numbers whatever the settings are: a change of weather does not
 * change what the next weather brings.
 */
struct fate weather_decide(
    const struct weather *w, struct lane *l, size_t len, struct mono now);

/*
 * A setting: "loss 0.1", "dup 0.01", "reorder 0.05 [10ms]", "corrupt 0.001",
 * "delay 20ms", "jitter 5ms", "rate 10mbit", "rate off", "blackhole on".
 * false, with *w unchanged, when it is none or its value is out of range.
 */
bool weather_set(struct weather *w, const char *line);

#endif
