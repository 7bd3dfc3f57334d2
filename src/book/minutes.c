#include <string.h>

#include "book/act.h"

/* --- contact ----------------------------------------------------------------
 */

void
book_minute(struct book *b, const uint8_t key[RECORD_KEY], bool up,
    uint32_t rtt_us, uint64_t wall)
{
	struct item *it = act_find(b, key);
	uint32_t minute = b->watched + 1;

	if (it == NULL || !it->e.reached || it->minute == minute)
		return;
	it->minute = minute;
	uptime_minute(&it->e.uptime, minute, up);
	it->up = it->met = up;
	if (up) {
		it->tries = it->e.fails = 0;
		it->e.last_at = (int64_t)wall;
		if (it->e.observed <= UINT32_MAX - 60)
			it->e.observed += 60;
		if (rtt_us != 0)
			it->e.rtt_us = rtt_us;
	}
	act_save(b, it, false);
}

/* --- anchors ----------------------------------------------------------------
 */

/*
 * Those dialled and up; where they are too few, those of before: when our own
 * line is down all are, and they are still whom to try first.
 */
static bool
can_anchor(const struct item *it)
{
	return it->e.dialled && (it->up || it->e.anchor);
}

static bool
worth_more(const struct item *a, const struct item *b)
{
	if (a->up != b->up)
		return a->up;
	if (a->e.observed != b->e.observed)
		return a->e.observed > b->e.observed;
	return memcmp(a->e.key, b->e.key, RECORD_KEY) < 0;
}

/* The best are first in top; it goes in, or is not good enough. */
static unsigned
insert(struct item **top, unsigned n, struct item *it)
{
	unsigned i;

	if (n == BOOK_ANCHORS && !worth_more(it, top[n - 1]))
		return n;
	if (n < BOOK_ANCHORS)
		n++;
	for (i = n - 1; i > 0 && worth_more(it, top[i - 1]); i--)
		top[i] = top[i - 1];
	top[i] = it;
	return n;
}

static void
set_anchor(struct book *b, struct item *it, bool anchor)
{
	if (it->e.anchor == anchor)
		return;
	it->e.anchor = anchor;
	act_save(b, it, true);
}

static void
choose_anchors(struct book *b)
{
	struct item *top[BOOK_ANCHORS];
	unsigned n = 0, k;
	size_t i;

	for (i = 0; i < b->n[REACHED]; i++)
		if (can_anchor(b->list[REACHED][i]))
			n = insert(top, n, b->list[REACHED][i]);
	for (i = 0; i < b->n[REACHED]; i++) {
		for (k = 0; k < n && top[k] != b->list[REACHED][i]; k++)
			;
		set_anchor(b, b->list[REACHED][i], k < n);
		b->list[REACHED][i]->up = false;
	}
}

void
book_minute_end(struct book *b)
{
	b->watched++;
	choose_anchors(b);
	b->io.save_watched(b->io.arg, b->watched);
}

uint32_t
book_watched(const struct book *b)
{
	return b->watched;
}
