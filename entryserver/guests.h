/*
 * Who is connected, by address (of IPv6 by /64), and what each may still ask:
 * connections at one time, requests a second.
 */
#ifndef VPLAM_ENTRYSERVER_GUESTS_H
#define VPLAM_ENTRYSERVER_GUESTS_H

#include "base/addr.h"
#include "base/htab.h"
#include "base/mono.h"

#define GUESTS_MAX 16384 /* addresses that are remembered */
#define GUESTS_BURST 2	 /* seconds of requests at once */

struct guest {
	struct hnode node;
	struct guest *next;
	uint8_t key[16];
	unsigned connections;
	uint64_t spent; /* of its requests, in microseconds of rate */
	struct mono at; /* when spent was so */
};

struct guests {
	struct htab tab;
	struct guest *all;
	unsigned most; /* connections of one */
	uint32_t rate; /* requests a second of one */
};

void guests_init(
    struct guests *g, unsigned most, uint32_t rate, const uint8_t secret[16]);
void guests_fini(struct guests *g);

/* One connection more; NULL: it has too many, or there are too many. */
struct guest *guests_enter(
    struct guests *g, const struct addr *from, struct mono now);
void guests_leave(struct guest *guest);

/* May it ask once more? Then it has. */
bool guests_ask(struct guests *g, struct guest *guest, struct mono now);

/* Forgets whom nothing is held against; about once a second. */
void guests_tidy(struct guests *g, struct mono now);

#endif
