/* Intrusive binary min-heap of deadlines. */
#ifndef VPLAM_BASE_HEAP_H
#define VPLAM_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mono.h"

/* Embedded in what waits; zero it before its first heap_set(). */
struct hpent {
	struct mono at;
	size_t pos; /* place in the heap, plus one; 0 when not in it */
};

struct heap {
	struct hpent **ent;
	size_t n, max;
};

void heap_init(struct heap *h);
void heap_fini(struct heap *h); /* the entries are the caller's */

/* Room for n entries in all: then heap_set() asks for no memory. */
bool heap_reserve(struct heap *h, size_t n);

/*
 * Puts e at its new deadline; MONO_NEVER takes it out. Aborts without memory
 * for one more than there ever was room for.
 */
void heap_set(struct heap *h, struct hpent *e, struct mono at);

/* The earliest entry, or NULL. Stays in the heap. */
struct hpent *heap_min(const struct heap *h);

#endif
