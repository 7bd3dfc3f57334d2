/*
 * Packets that travel together, in the memory of one turn of the loop.
 *
 * A callee may overwrite the bytes of a run (seal and open work in place) and
 * must copy what outlives the turn: the arena is emptied when the turn ends,
 * and poisoned under AddressSanitizer.
 */
#ifndef VPLAM_BASE_RUN_H
#define VPLAM_BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

#define RUN_MAX 64  /* packets; UDP_SEGMENT takes as many on every kernel */
#define RUN_HEAD 96 /* bytes before p that are ours: headers go there */
#define RUN_TAIL 32 /* bytes behind p[len] that are ours: padding, tag */

/*
 * Packets that a socket received stand closer: before p is only what came
 * before it in its own datagram, and behind p[len] only its tag.
 */

/* What is known of a packet of a device; 0 elsewhere. */
enum {
	/*
	 * Its TCP or UDP checksum field holds the sum of the pseudo-header
	 * alone, as the sending kernel left it.
	 */
	PKT_CSUM = 1 << 0,
};

struct pkt {
	uint8_t *p;
	uint32_t len;
	uint32_t flags; /* PKT_* */
};

struct run {
	unsigned n;
	struct pkt pkt[RUN_MAX];
};

/* Bump memory with a ceiling; nothing in it is freed by itself. */
struct arena {
	uint8_t *base;
	size_t used;
	size_t max;
};

/* What one pass of the loop hands down. */
struct turn {
	struct mono now;
	uint64_t wall_ms; /* wall clock, ms since 1970: advice only */
	struct arena *mem;
};

void arena_init(struct arena *a, size_t max); /* aborts without memory */
void arena_fini(struct arena *a);
void arena_reset(struct arena *a); /* every pointer into it is dead now */

/* The same for what was taken since a->used was mark. */
void arena_rewind(struct arena *a, size_t mark);

/* len bytes, aligned to 16, or NULL at the ceiling. */
void *arena_get(struct arena *a, size_t len);

/* A packet of len bytes with head- and tailroom; false at the ceiling. */
bool pkt_new(struct pkt *pk, size_t len, struct arena *a);

/* A copy in the arena, flags too; false at the ceiling. */
bool pkt_copy(struct pkt *ret, const struct pkt *from, struct arena *a);

/* Copies all packets into ret, the caller's own; false at the ceiling. */
bool run_copy(struct run *ret, const struct run *from, struct arena *a);

/* An empty run in the arena, or NULL at the ceiling. */
struct run *run_new(struct arena *a);

/* Appends a packet with room for len bytes; NULL if full or at the ceiling. */
struct pkt *run_add(struct run *run, size_t len, struct arena *a);

/*
 * Makes run, the caller's own, hold one packet with room for len bytes; NULL
 * at the ceiling. A run in the arena would take many times what it holds.
 */
struct pkt *run_one(struct run *run, size_t len, struct arena *a);

#endif
