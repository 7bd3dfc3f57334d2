/*
 * What has been seen in the last minute: 64-bit fingerprints with an age,
 * bounded; the oldest gives way (threats.md 1.3).
 */
#ifndef VPLAM_CORE_DUPCACHE_H
#define VPLAM_CORE_DUPCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

/* Two prints a packet at 200 packets a second for a minute. */
#define DUP_ENTRIES 32768
#define DUP_LIFE_S 60

struct dupcache {
	struct dup_entry *ring; /* in order of arrival; the oldest at head */
	uint16_t *slot;		/* open hashing into ring, by fingerprint */
	size_t head, n;
};

void dupcache_init(struct dupcache *dc); /* aborts without memory */
void dupcache_fini(struct dupcache *dc);

/* Seen within DUP_LIFE_S? Does not count as seeing it again. */
bool dupcache_has(const struct dupcache *dc, uint64_t print, struct mono now);

/*
 * Remembers it from now on. The caller has checked that it is not in;
 * print is spread evenly, as a keyed hash is.
 */
void dupcache_add(struct dupcache *dc, uint64_t print, struct mono now);

#endif
