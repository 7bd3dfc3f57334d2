#include "crypto/aead.h"

#include <time.h>

#define BENCH_LEN 1400	 /* bytes of a full-size packet */
#define BENCH_PACKETS 16 /* to a round; the best of the rounds counts */
#define BENCH_ROUNDS 8

static const struct aead_ops *(*const backends[])(enum suite suite) = {
	aead_sodium,
	aead_openssl,
};

#define N_BACKENDS (sizeof(backends) / sizeof(backends[0]))

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/*
 * Nanoseconds that the quickest round of packets sealed and opened took. A
 * backend that does not get back what it sealed takes for ever.
 */
static uint64_t
bench(const struct aead_ops *ops)
{
	uint8_t buf[BENCH_LEN + TAG_LEN] = { 0 };
	uint8_t ad[16] = { 0 }, raw[KEY_LEN] = { 0 };
	void *key = ops->key_new(raw);
	uint64_t best = UINT64_MAX, counter = 0;
	bool works = true;
	unsigned round, i;

	for (round = 0; round < BENCH_ROUNDS; round++) {
		uint64_t start = now_ns(), took;

		for (i = 0; i < BENCH_PACKETS; i++, counter++) {
			ops->seal(key, counter, ad, sizeof(ad), buf, BENCH_LEN);
			works &= ops->open(
			    key, counter, ad, sizeof(ad), buf, sizeof(buf));
		}
		took = now_ns() - start;
		if (took < best)
			best = took;
	}
	ops->key_free(key);
	return works ? best : UINT64_MAX;
}

/* The quickest backend for a suite, or NULL; *best as from bench(). */
static const struct aead_ops *
quickest(enum suite suite, uint64_t *best)
{
	const struct aead_ops *ret = NULL;
	size_t i;

	*best = UINT64_MAX;
	for (i = 0; i < N_BACKENDS; i++) {
		const struct aead_ops *ops = backends[i](suite);
		uint64_t took;

		if (ops == NULL || !ops->usable())
			continue;
		took = bench(ops);
		if (took < *best) {
			*best = took;
			ret = ops;
		}
	}
	return ret;
}

struct aead_choice
aead_choose(void)
{
	struct aead_choice ret = { .suites = 0 };
	uint64_t best = UINT64_MAX, took;
	unsigned i;

	for (i = 0; i < SUITE_MAX; i++) {
		ret.ops[i] = quickest((enum suite)i, &took);
		if (ret.ops[i] == NULL)
			continue;
		ret.suites |= (uint8_t)(1U << i);
		if (took < best) {
			best = took;
			ret.preferred = (uint8_t)i;
		}
	}
	return ret;
}
