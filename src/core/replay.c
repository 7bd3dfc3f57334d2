#include "core/replay.h"

#include <string.h>

#define WORD_BITS 64u

/*
 * The word of n in the ring. Neighbouring words hold neighbouring counters;
 * the one that is being filled costs up to a word of the look back, which is
 * why REPLAY_WINDOW is a word short of the bits there are.
 */
static size_t
word_of(uint64_t n)
{
	return (n / WORD_BITS) % REPLAY_WORDS;
}

static uint64_t
bit_of(uint64_t n)
{
	return UINT64_C(1) << (n % WORD_BITS);
}

/* Empties the words between that of the old top and that of n > top. */
static void
advance(struct replay *rp, uint64_t n)
{
	uint64_t old = rp->top == 0 ? 0 : rp->top - 1;
	uint64_t steps = n / WORD_BITS - old / WORD_BITS;
	uint64_t i;

	if (steps >= REPLAY_WORDS)
		memset(rp->bits, 0, sizeof(rp->bits));
	else
		for (i = 0; i < steps; i++)
			rp->bits[word_of(n - i * WORD_BITS)] = 0;
	rp->top = n + 1;
}

void
replay_init(struct replay *rp)
{
	memset(rp, 0, sizeof(*rp));
}

bool
replay_check(const struct replay *rp, uint64_t n)
{
	if (n == UINT64_MAX) /* top has no place for it; no key lives so long */
		return false;
	if (n >= rp->top)
		return true;
	if (rp->top - 1 - n > REPLAY_WINDOW)
		return false;
	return (rp->bits[word_of(n)] & bit_of(n)) == 0;
}

bool
replay_accept(struct replay *rp, uint64_t n)
{
	if (!replay_check(rp, n))
		return false;
	if (n >= rp->top)
		advance(rp, n);
	rp->bits[word_of(n)] |= bit_of(n);
	return true;
}
