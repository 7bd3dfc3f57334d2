#include "core/ratelimit.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prim.h"
#include "tests/rng.h"

#define RATE 20u
#define BURST 5u

static const uint8_t secret[16] = "sixteen  letters";

static struct mono
at(uint64_t us)
{
	return (struct mono){ us };
}

static struct addr
addr_of(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, 7469, &a));
	return a;
}

static struct addr
v4_of(uint32_t ip)
{
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255,
	    ip >> 8 & 255, ip & 255);
	return addr_of(text);
}

static void
burst_then_rate_to_the_microsecond(void **state)
{
	const uint64_t start = 77;
	struct bucket b;
	unsigned i;

	(void)state;
	bucket_init(&b, RATE, BURST, at(start));
	assert_int_equal(bucket_left(&b, at(start)), BURST);
	for (i = 0; i < BURST; i++)
		assert_true(bucket_take(&b, at(start)));
	assert_false(bucket_take(&b, at(start)));
	assert_false(bucket_take(&b, at(start + 49999)));
	assert_int_equal(bucket_left(&b, at(start + 49999)), 0);
	assert_true(bucket_take(&b, at(start + 50000)));
	assert_false(bucket_take(&b, at(start + 99999)));
	assert_true(bucket_take(&b, at(start + 100000)));
	assert_int_equal(bucket_left(&b, at(start + 250000)), 3);
	assert_false(bucket_take_n(&b, 4, at(start + 250000)));
	assert_true(bucket_take_n(&b, 3, at(start + 250000)));
	assert_false(bucket_take(&b, at(start + 250000)));
}

/* However often it is asked, nothing is lost to rounding. */
static void
exact_over_a_long_time(void **state)
{
	const unsigned rates[] = { 1, 3, 7, 20, 200, 999, 4400 };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t us, n = 0;
		struct bucket b;

		bucket_init(&b, rates[i], BURST, at(0));
		for (us = 0; us <= 100u * MONO_SEC; us += 125)
			n += bucket_take(&b, at(us));
		assert_int_equal(n, BURST + 100u * rates[i]);
	}
}

static void
never_more_than_the_burst(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, RATE, BURST, at(0));
	assert_int_equal(bucket_left(&b, at(UINT64_MAX / 2)), BURST);
	bucket_init(&b, UINT32_MAX, UINT32_MAX, at(0));
	assert_true(bucket_take(&b, at(0)));
	assert_int_equal(bucket_left(&b, at(0)), UINT32_MAX - 1);
	assert_int_equal(bucket_left(&b, at(UINT64_MAX)), UINT32_MAX);
}

static void
no_rate_no_burst(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 2, at(0));
	assert_true(bucket_take(&b, at(1)));
	assert_true(bucket_take(&b, at(2)));
	assert_false(bucket_take(&b, at(UINT64_MAX / 2)));
	bucket_init(&b, RATE, 0, at(0));
	assert_false(bucket_take(&b, at(UINT64_MAX / 2)));
}

static void
a_clock_that_goes_back_gives_nothing(void **state)
{
	struct bucket b;
	unsigned i;

	(void)state;
	bucket_init(&b, RATE, 1, at(MONO_SEC));
	assert_true(bucket_take(&b, at(MONO_SEC)));
	for (i = 0; i < 100; i++) {
		assert_false(bucket_take(&b, at(0)));
		assert_false(bucket_take(&b, at(MONO_SEC + 49999)));
	}
	assert_true(bucket_take(&b, at(MONO_SEC + 50000)));
}

static void
set_keeps_what_is_in_it(void **state)
{
	struct bucket b;
	unsigned i;

	(void)state;
	bucket_init(&b, RATE, 40, at(0));
	for (i = 0; i < 40; i++)
		assert_true(bucket_take(&b, at(0)));
	bucket_set(&b, 1000, 30, at(MONO_SEC)); /* 20 came at the old rate */
	assert_int_equal(bucket_left(&b, at(MONO_SEC)), 20);
	assert_int_equal(bucket_left(&b, at(MONO_SEC + 5000)), 25);
	bucket_set(&b, 1, 7, at(MONO_SEC + 5000));
	assert_int_equal(bucket_left(&b, at(MONO_SEC + 5000)), 7);
	bucket_set(&b, 1, 50, at(MONO_SEC + 5000));
	assert_int_equal(bucket_left(&b, at(MONO_SEC + 5000)), 7);
}

/* The model counts microseconds one by one. */
static void
random_against_the_model(void **state)
{
	struct rng r = rng_seeded(20);
	unsigned round, i;

	(void)state;
	for (round = 0; round < 50; round++) {
		uint32_t rate = (uint32_t)rng_below(&r, 3000);
		uint32_t burst = (uint32_t)rng_below(&r, 9);
		uint64_t now = rng_below(&r, 1000);
		uint64_t have = (uint64_t)burst * 1000000;
		struct bucket b;

		bucket_init(&b, rate, burst, at(now));
		for (i = 0; i < 200; i++) {
			size_t step = rng_below(&r, 3000);
			bool want;

			now += step;
			while (step-- > 0)
				have = have + rate < burst * UINT64_C(1000000)
				    ? have + rate
				    : burst * UINT64_C(1000000);
			want = have >= 1000000;
			have -= want ? 1000000 : 0;
			assert_int_equal(bucket_take(&b, at(now)), want);
			assert_int_equal(
			    bucket_left(&b, at(now)), have / 1000000);
		}
	}
}

static void
drain(struct ratelimit *rl, const char *s, struct mono now)
{
	struct addr a = addr_of(s);
	unsigned i;

	for (i = 0; i < BURST; i++)
		assert_true(ratelimit_take(rl, &a, now));
	assert_false(ratelimit_take(rl, &a, now));
}

static bool
takes(struct ratelimit *rl, const char *s, struct mono now)
{
	struct addr a = addr_of(s);

	return ratelimit_take(rl, &a, now);
}

static void
by_prefix(void **state)
{
	struct ratelimit *rl = ratelimit_new(RATE, BURST, secret);
	struct mono now = at(12345);

	(void)state;
	drain(rl, "192.0.2.1", now);
	assert_false(takes(rl, "192.0.2.1:1", now)); /* ports do not count */
	assert_true(takes(rl, "192.0.2.2", now));
	drain(rl, "2001:db8:1:2::1", now);
	assert_false(takes(rl, "2001:db8:1:2:ffff::9", now));
	assert_true(takes(rl, "2001:db8:1:3::1", now));
	drain(rl, "::1:2:3:4", now); /* begins as a mapped address does */
	assert_true(takes(rl, "192.0.2.3", now));
	assert_false(takes(rl, "192.0.2.1", at(12345 + 49999)));
	assert_true(takes(rl, "192.0.2.1", at(12345 + 50000)));
	ratelimit_free(rl);
}

static size_t
heap_in_use(void)
{
#ifdef __GLIBC__
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

/*
 * 100 000 addresses come by in a minute. One that asks 100 times a second is
 * held to rate and burst all the while; each of the others gets its one.
 */
static void
crowd(void **state)
{
	struct ratelimit *rl = ratelimit_new(RATE, BURST, secret);
	struct addr busy = addr_of("198.51.100.7");
	size_t before = heap_in_use();
	uint32_t i, taken = 0, asked = 0;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct mono now = at(MONO_SEC + i * UINT64_C(600));
		struct addr a = v4_of(0x0a000000 + i);

		assert_true(ratelimit_take(rl, &a, now));
		if (now.us / 10000 > asked) {
			asked = (uint32_t)(now.us / 10000);
			taken += ratelimit_take(rl, &busy, now);
		}
	}
	assert_in_range(taken, RATE * 60 - 1, RATE * 60 + BURST);
	assert_int_equal(heap_in_use(), before);
	ratelimit_free(rl);
}

/* Who has long been silent gives way, not who is there all the time. */
static void
oldest_gives_way(void **state)
{
	struct ratelimit *rl = ratelimit_new(1, BURST, secret);
	struct mono now = at(MONO_SEC);
	uint32_t i;

	(void)state;
	drain(rl, "192.0.2.1", now);
	drain(rl, "192.0.2.2", now);
	for (i = 0; i < 20000; i++) {
		struct addr a = v4_of(0x0a000000 + i);

		now.us++;
		ratelimit_take(rl, &a, now);
		assert_false(takes(rl, "192.0.2.1", now));
	}
	assert_true(takes(rl, "192.0.2.2", now)); /* forgotten meanwhile */
	ratelimit_free(rl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_then_rate_to_the_microsecond),
		cmocka_unit_test(exact_over_a_long_time),
		cmocka_unit_test(never_more_than_the_burst),
		cmocka_unit_test(no_rate_no_burst),
		cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
		cmocka_unit_test(set_keeps_what_is_in_it),
		cmocka_unit_test(random_against_the_model),
		cmocka_unit_test(by_prefix),
		cmocka_unit_test(crowd),
		cmocka_unit_test(oldest_gives_way),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
