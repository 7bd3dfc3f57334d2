/* Seeded random numbers (splitmix64), the same on every machine. */
#ifndef VPLAM_TESTS_RNG_H
#define VPLAM_TESTS_RNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rng {
	uint64_t s;
};

/* For unit tests: VPLAMA_SEED, else the given seed; says how to get it again.
 */
static inline struct rng
rng_seeded(uint64_t fallback)
{
	const char *s = getenv("VPLAMA_SEED");
	struct rng r = { s != NULL ? strtoull(s, NULL, 0) : fallback };

	printf("# VPLAMA_SEED=%llu\n", (unsigned long long)r.s);
	return r;
}

static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline size_t
rng_below(struct rng *r, size_t n)
{
	return (size_t)(rng_next(r) % n);
}

/* Evenly in [0, 1). */
static inline double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

static inline void
rng_fill(struct rng *r, void *p, size_t len)
{
	uint8_t *to = p;

	while (len > 0) {
		uint64_t v = rng_next(r);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(to, &v, n);
		to += n;
		len -= n;
	}
}

#endif
