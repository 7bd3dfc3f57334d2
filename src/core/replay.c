#include "core/replay.h"

#include <string.h>

#include "base/xmem.h"

#define WORD_BITS 64u

static size_t
words(const struct replay *rp)
{
	return rp->all != NULL ? REPLAY_WORDS : REPLAY_FEW;
}

/*
 * The word of n in the ring. Neighbouring words hold neighbouring counters;
 * the one that is being filled costs up to a word of the look back, which is
 * why REPLAY_WINDOW is a word short of the bits there are.
 */
static size_t
place(const struct replay *rp, uint64_t n)
{
	return (n / WORD_BITS) % words(rp);
}

static uint64_t *
word_of(struct replay *rp, uint64_t n)
{
	return (rp->all != NULL ? rp->all : rp->few) + place(rp, n);
}

static uint64_t
bit_of(uint64_t n)
{
	return UINT64_C(1) << (n % WORD_BITS);
}

/* n < top: was it, or might it have been? */
static bool
is_seen(const struct replay *rp, uint64_t n)
{
	const uint64_t *bits = rp->all != NULL ? rp->all : rp->few;

	return (bits[place(rp, n)] & bit_of(n)) != 0;
}

/* Of few words both are there, wherever in the last one the top lies. */
static bool
is_too_old(const struct replay *rp, uint64_t n)
{
	uint64_t last = rp->top - 1;

	return rp->all != NULL ? last - n > REPLAY_WINDOW
			       : last / WORD_BITS - n / WORD_BITS >= REPLAY_FEW;
}

/*
 * Makes the whole window. What came before the few words is forgotten if there
 * was no memory at its time, and counts as seen.
 */
static void
grow(struct replay *rp)
{
	uint64_t *all = try_malloc(REPLAY_WORDS * sizeof(*all));
	uint64_t old = rp->top == 0 ? 0 : rp->top - 1;
	unsigned i;

	if (all == NULL)
		return;
	memset(all, 0xff, REPLAY_WORDS * sizeof(*all));
	for (i = 0; i < REPLAY_FEW && i <= old / WORD_BITS; i++)
		all[(old / WORD_BITS - i) % REPLAY_WORDS] =
		    *word_of(rp, old - i * WORD_BITS);
	rp->all = all;
}

/* Empties the words between that of the old top and that of n > top. */
static void
advance(struct replay *rp, uint64_t n)
{
	uint64_t old = rp->top == 0 ? 0 : rp->top - 1;
	uint64_t steps = n / WORD_BITS - old / WORD_BITS;
	uint64_t i;

	if (steps > 0 && rp->all == NULL && n >= REPLAY_FEW * WORD_BITS)
		grow(rp);
	for (i = 0; i < steps && i < words(rp); i++)
		*word_of(rp, n - i * WORD_BITS) = 0;
	rp->top = n + 1;
}

void
replay_init(struct replay *rp)
{
	memset(rp, 0, sizeof(*rp));
}

void
replay_fini(struct replay *rp)
{
	free(rp->all);
	rp->all = NULL;
}

bool
replay_check(const struct replay *rp, uint64_t n)
{
	if (n == UINT64_MAX) /* top has no place for it; no key lives so long */
		return false;
	if (n >= rp->top)
		return true;
	return !is_too_old(rp, n) && !is_seen(rp, n);
}

bool
replay_accept(struct replay *rp, uint64_t n)
{
	if (!replay_check(rp, n))
		return false;
	if (n >= rp->top)
		advance(rp, n);
	*word_of(rp, n) |= bit_of(n);
	return true;
}
