/* A flood of handshakes: what is sent, from where, and how fast. */
#ifndef VPLAM_TESTS_FLOOD_FLOOD_H
#define VPLAM_TESTS_FLOOD_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/prefix.h"
#include "crypto/prim.h"
#include "tests/rng.h"

#define BATCH 64
#define POOL 4096    /* messages that are sent in turn */
#define MSG_ROOM 512 /* of the longest */

enum kind {
	FLOOD_VALID,   /* initiations with a right mac1 */
	FLOOD_BAD,     /* the same with a wrong one */
	FLOOD_GARBAGE, /* any length, any type */
	FLOOD_COOKIE,  /* with a right mac2, too, from where we are */
	FLOOD_KINDS
};

struct flood {
	enum kind kind;
	struct addr to;
	const char *device;   /* that forged ones leave by */
	struct prefix mac;    /* of who is at its other end */
	struct prefix source; /* addresses they come from */
	unsigned n_source;    /* of those, in use; 0: all */
	double rate;	      /* a second */
	double seconds;
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN]; /* of who is there */
	struct rng rng;

	uint8_t msg[POOL][MSG_ROOM];
	uint16_t len[POOL];
};

/* Fills the pool; the index of an initiation is its number in the pool. */
void pool_fill(struct flood *f);

/* How many are to be sent by now; falling behind is not made up for. */
struct pace {
	int signals; /* or until one of these comes */
	struct mono start, end;
	double rate;
	uint64_t sent, lost; /* lost: could not be sent in time */
};
struct pace pace_begin(double rate, double seconds);
unsigned pace_due(struct pace *p); /* BATCH at most; waits a little if none */
bool pace_over(const struct pace *p);
void pace_print(const struct pace *p);

/* Address number i of the source, in network byte order. */
uint32_t flood_source(const struct flood *f, uint32_t i);
uint32_t flood_sources(const struct flood *f); /* how many there are */

void flood_forged(struct flood *f);
void flood_real(struct flood *f);

#endif
