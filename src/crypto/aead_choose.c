#include "crypto/aead.h"

#include <string.h>

#include "base/clock.h"

#define BENCH_LEN 1400	/* bytes of a full-size packet */
#define BENCH_PACKETS 8 /* to a round; the best of the rounds counts */
#define BENCH_ROUNDS 4	/* at least, and for so long: */
#define BENCH_NS 5000000

static const struct aead_ops *(*const backends[])(enum suite suite) = {
	aead_sodium,
	aead_openssl,
	aead_ipsecmb,
};

#define N_BACKENDS (sizeof(backends) / sizeof(backends[0]))

struct racer {
	const struct aead_ops *ops; /* NULL: does not take part */
	void *key;
	uint64_t counter;
	uint64_t best; /* nanoseconds of its quickest round */
	uint8_t buf[BENCH_LEN + TAG_LEN];
};

static void
racer_init(struct racer *r, const struct aead_ops *ops)
{
	const uint8_t key[KEY_LEN] = { 0 };

	memset(r, 0, sizeof(*r));
	r->best = UINT64_MAX;
	if (ops == NULL || !ops->usable() ||
	    (r->key = ops->key_new(key)) == NULL)
		return;
	r->ops = ops;
}

/* One that does not get back what it sealed is out. */
static void
racer_round(struct racer *r)
{
	const uint8_t ad[16] = { 0 };
	bool works = true;
	uint64_t start = clock_mono_ns(), took;
	unsigned i;

	for (i = 0; i < BENCH_PACKETS; i++, r->counter++) {
		r->ops->seal(
		    r->key, r->counter, ad, sizeof(ad), r->buf, BENCH_LEN);
		works &= r->ops->open(
		    r->key, r->counter, ad, sizeof(ad), r->buf, sizeof(r->buf));
	}
	took = clock_mono_ns() - start;
	if (took < r->best)
		r->best = took;
	if (!works) {
		r->ops->key_free(r->key);
		r->ops = NULL;
	}
}

/* The rounds alternate: what disturbs the machine disturbs all. */
static void
race(struct racer racers[], size_t n)
{
	uint64_t start = clock_mono_ns();
	unsigned round;
	size_t i;

	for (round = 0;
	     round < BENCH_ROUNDS || clock_mono_ns() - start < BENCH_NS;
	     round++)
		for (i = 0; i < n; i++)
			if (racers[i].ops != NULL)
				racer_round(&racers[i]);
}

struct aead_choice
aead_choose(void)
{
	struct racer racers[SUITE_MAX * N_BACKENDS];
	const size_t n = sizeof(racers) / sizeof(racers[0]);
	struct aead_choice ret = { .preferred = SUITE_CHACHAPOLY };
	uint64_t best[SUITE_MAX];
	size_t i;

	for (i = 0; i < n; i++)
		racer_init(&racers[i],
		    backends[i / SUITE_MAX]((enum suite)(i % SUITE_MAX)));
	race(racers, n);
	memset(best, 0xff, sizeof(best));
	for (i = 0; i < n; i++) {
		const struct racer *r = &racers[i];
		unsigned suite = i % SUITE_MAX;

		if (r->ops == NULL)
			continue;
		if (r->best < best[suite]) {
			best[suite] = r->best;
			ret.ops[suite] = r->ops;
			ret.suites |= (uint8_t)(1U << suite);
		}
		if (best[suite] < best[ret.preferred])
			ret.preferred = (uint8_t)suite;
		r->ops->key_free(r->key);
	}
	return ret;
}
