#include "core/ratelimit.h"

#include <string.h>

#include "base/xmem.h"
#include "crypto/prim.h"

#define SETS 2048u
#define WAYS 4u
#define TOKEN MONO_SEC /* one token: microseconds times a rate of 1/s */
#define V6_PREFIX 8u   /* bytes of a /64 */

struct entry {
	uint64_t print; /* of the prefix, keyed; 0 and at 0: never used */
	struct mono at;
	uint64_t tokens;
};

_Static_assert(sizeof(struct entry) == 24, "memory of the table is stated");

struct ratelimit {
	uint32_t rate, burst;
	uint8_t secret[16];
	struct entry set[SETS][WAYS];
};

/* What tokens have grown to us microseconds later. */
static uint64_t
refill(uint64_t tokens, uint64_t us, uint32_t rate, uint32_t burst)
{
	uint64_t max = (uint64_t)burst * TOKEN, gain;

	if (tokens >= max || __builtin_mul_overflow(us, rate, &gain) ||
	    gain > max - tokens)
		return max;
	return tokens + gain;
}

static bool
take(uint64_t *tokens, uint32_t n)
{
	if (*tokens < n * (uint64_t)TOKEN)
		return false;
	*tokens -= n * (uint64_t)TOKEN;
	return true;
}

/* A now that lies before the last one changes nothing. */
static void
settle(struct bucket *b, struct mono now)
{
	uint64_t us = mono_since(b->at, now);

	b->tokens = refill(b->tokens, us, b->rate, b->burst);
	b->at = mono_add(b->at, us);
}

void
bucket_init(struct bucket *b, uint32_t rate, uint32_t burst, struct mono now)
{
	b->rate = rate;
	b->burst = burst;
	b->tokens = (uint64_t)burst * TOKEN;
	b->at = now;
}

void
bucket_set(struct bucket *b, uint32_t rate, uint32_t burst, struct mono now)
{
	settle(b, now);
	b->rate = rate;
	b->burst = burst;
	b->tokens = refill(b->tokens, 0, rate, burst);
}

bool
bucket_take(struct bucket *b, struct mono now)
{
	settle(b, now);
	return take(&b->tokens, 1);
}

bool
bucket_take_n(struct bucket *b, uint32_t n, struct mono now)
{
	settle(b, now);
	return take(&b->tokens, n);
}

uint32_t
bucket_left(struct bucket *b, struct mono now)
{
	settle(b, now);
	return (uint32_t)(b->tokens / TOKEN);
}

struct ratelimit *
ratelimit_new(uint32_t rate, uint32_t burst, const uint8_t secret[16])
{
	struct ratelimit *rl = xcalloc(1, sizeof(*rl));

	rl->rate = rate;
	rl->burst = burst;
	memcpy(rl->secret, secret, sizeof(rl->secret));
	return rl;
}

void
ratelimit_free(struct ratelimit *rl)
{
	free(rl);
}

/* All of an IPv4 address in its mapped form, or a /64: they never meet. */
static uint64_t
print_of(const struct ratelimit *rl, const struct addr *from)
{
	size_t len = addr_is_v4(from) ? sizeof(from->ip) : V6_PREFIX;

	return siphash(rl->secret, from->ip, len);
}

/* Its entry, or the oldest of the set made its own, full. */
static struct entry *
entry_of(struct ratelimit *rl, uint64_t print, struct mono now)
{
	struct entry *set = rl->set[print % SETS], *old = &set[0];
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].print == print)
			return &set[i];
		if (mono_before(set[i].at, old->at))
			old = &set[i];
	}
	old->print = print;
	old->at = now;
	old->tokens = (uint64_t)rl->burst * TOKEN;
	return old;
}

bool
ratelimit_take(struct ratelimit *rl, const struct addr *from, struct mono now)
{
	struct entry *e = entry_of(rl, print_of(rl, from), now);
	uint64_t us = mono_since(e->at, now);

	e->tokens = refill(e->tokens, us, rl->rate, rl->burst);
	e->at = mono_add(e->at, us);
	return take(&e->tokens, 1);
}
