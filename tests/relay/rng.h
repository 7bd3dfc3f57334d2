/* splitmix64: the same seed gives the same numbers, on every machine. */
#ifndef VPLAM_TESTS_RELAY_RNG_H
#define VPLAM_TESTS_RELAY_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t x;
};

static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->x += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Evenly in [0, 1). */
static inline double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

#endif
