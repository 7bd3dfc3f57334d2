#include "core/dupcache.h"

#include <stdlib.h>

#include "base/xmem.h"

#define SLOTS ((size_t)DUP_ENTRIES * 2) /* a power of two, half full */

struct dup_entry {
	uint64_t print;
	struct mono at;
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are masked");
_Static_assert(DUP_ENTRIES < UINT16_MAX, "a slot holds a place plus one");

/* A slot is 0 when empty, else a place in the ring plus one. */
static size_t
home_of(uint64_t print)
{
	return print & (SLOTS - 1);
}

static size_t
next_slot(size_t s)
{
	return (s + 1) & (SLOTS - 1);
}

static bool
fresh(const struct dup_entry *e, struct mono now)
{
	return mono_since(e->at, now) <= (uint64_t)DUP_LIFE_S * MONO_SEC;
}

void
dupcache_init(struct dupcache *dc)
{
	dc->ring = xcalloc(DUP_ENTRIES, sizeof(*dc->ring));
	dc->slot = xcalloc(SLOTS, sizeof(*dc->slot));
	dc->head = 0;
	dc->n = 0;
}

void
dupcache_fini(struct dupcache *dc)
{
	free(dc->ring);
	free(dc->slot);
	*dc = (struct dupcache){ 0 };
}

bool
dupcache_has(const struct dupcache *dc, uint64_t print, struct mono now)
{
	size_t s = home_of(print);

	for (; dc->slot[s] != 0; s = next_slot(s)) {
		const struct dup_entry *e = &dc->ring[dc->slot[s] - 1];

		if (e->print == print && fresh(e, now))
			return true;
	}
	return false;
}

/*
 * Empties slot s. What follows without a gap moves back unless that would put
 * it in front of its home: so no search ends early and no grave is left.
 */
static void
slot_clear(struct dupcache *dc, size_t s)
{
	size_t i, hole = s;

	for (i = next_slot(s); dc->slot[i] != 0; i = next_slot(i)) {
		size_t home = home_of(dc->ring[dc->slot[i] - 1].print);

		if (((i - home) & (SLOTS - 1)) < ((i - hole) & (SLOTS - 1)))
			continue;
		dc->slot[hole] = dc->slot[i];
		hole = i;
	}
	dc->slot[hole] = 0;
}

static void
drop_oldest(struct dupcache *dc)
{
	size_t s = home_of(dc->ring[dc->head].print);

	while (dc->slot[s] != dc->head + 1)
		s = next_slot(s);
	slot_clear(dc, s);
	dc->head = (dc->head + 1) % DUP_ENTRIES;
	dc->n--;
}

/* Whatever has come of age goes too: every entry is dropped once. */
void
dupcache_add(struct dupcache *dc, uint64_t print, struct mono now)
{
	size_t at, s = home_of(print);

	while (dc->n == DUP_ENTRIES ||
	    (dc->n > 0 && !fresh(&dc->ring[dc->head], now)))
		drop_oldest(dc);
	at = (dc->head + dc->n) % DUP_ENTRIES;
	dc->ring[at] = (struct dup_entry){ print, now };
	while (dc->slot[s] != 0)
		s = next_slot(s);
	dc->slot[s] = (uint16_t)(at + 1);
	dc->n++;
}
