/* Seedable random for tests: VPLAMA_SEED sets it, a failure names it. */
#ifndef VPLAM_TESTS_RND_H
#define VPLAM_TESTS_RND_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct rnd {
	uint64_t state;
};

/* Says on standard output how to get the same numbers again. */
static inline struct rnd
rnd_new(uint64_t fallback)
{
	const char *s = getenv("VPLAMA_SEED");
	struct rnd r = { s != NULL ? strtoull(s, NULL, 0) : fallback };

	printf("# VPLAMA_SEED=%llu\n", (unsigned long long)r.state);
	return r;
}

static inline uint64_t
rnd_u64(struct rnd *r) /* splitmix64 */
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline size_t
rnd_below(struct rnd *r, size_t n)
{
	return (size_t)(rnd_u64(r) % n);
}

static inline void
rnd_fill(struct rnd *r, void *p, size_t len)
{
	uint8_t *to = p;

	while (len-- > 0)
		*to++ = (uint8_t)rnd_u64(r);
}

#endif
