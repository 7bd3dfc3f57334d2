#include "base/clock.h"
#include "crypto/kx.h"

#define BATCHES 3	 /* the quickest counts: what disturbs only slows */
#define BATCH_NS 4000000 /* at least, for clocks that tick slowly */
#define NS UINT64_C(1000000000)

/* As many a second as one batch did. */
static uint64_t
batch(uint8_t pk[KEY_LEN], const uint8_t sk[KEY_LEN])
{
	uint64_t start = clock_mono_ns(), took, n = 0;

	do {
		(void)kx_shared(pk, sk, pk);
		n++;
		took = clock_mono_ns() - start;
	} while (took < BATCH_NS);
	return n * NS / took;
}

uint32_t
kx_rate(void)
{
	const uint8_t sk[KEY_LEN] = { 1 };
	uint64_t best = 0, rate;
	uint8_t pk[KEY_LEN];
	unsigned i;

	kx_public(pk, sk);
	for (i = 0; i < BATCHES; i++) {
		rate = batch(pk, sk);
		if (rate > best)
			best = rate;
	}
	return best < KX_RATE_MAX ? (uint32_t)best : KX_RATE_MAX;
}
