#include "book/uptime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define SPAN (40 * 1440)

/* Each minute of the last 40 days: was it looked at, and was it up? */
struct model {
	uint8_t seen[SPAN + 1], up[SPAN + 1]; /* by number; the first is 1 */
};

static unsigned
model_slot(const struct model *m, uint32_t from, uint32_t to)
{
	unsigned up = 0, seen = 0;
	uint32_t i;

	for (i = from + 1; i <= to; i++) {
		seen += m->seen[i];
		up += m->up[i];
	}
	return seen == 0 ? UPTIME_NONE : 100 * up / seen;
}

static unsigned
model_mean(const struct model *m, uint32_t at, uint32_t len, unsigned n)
{
	uint32_t begin = at - at % len, i;
	unsigned sum = 0, seen = 0, k;

	for (i = begin + 1; i <= at; i++) {
		seen += m->seen[i];
		sum += 100u * m->up[i];
	}
	for (k = 0; k < n && begin >= len; k++, begin -= len) {
		unsigned v = model_slot(m, begin - len, begin);

		if (v == UPTIME_NONE)
			continue;
		sum += v * len;
		seen += len;
	}
	return seen == 0 ? UPTIME_NONE : sum / seen;
}

static void
compare(const struct model *m, const struct uptime *u)
{
	static const unsigned some[] = { 0, 1, 7, 24, 30, 72 };
	size_t i;

	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_int_equal(uptime_hours(u, some[i]),
		    model_mean(m, u->at, 60, some[i]));
		if (some[i] <= UPTIME_DAYS)
			assert_int_equal(uptime_days(u, some[i]),
			    model_mean(m, u->at, 1440, some[i]));
	}
	assert_int_equal(uptime_hours(u, 500), uptime_hours(u, UPTIME_HOURS));
	assert_int_equal(uptime_days(u, 500), uptime_days(u, UPTIME_DAYS));
}

static void
through_bytes(struct uptime *u)
{
	uint8_t buf[UPTIME_BYTES];
	size_t len = uptime_write(u, buf);
	struct uptime got;

	assert_true(uptime_read(buf, len, &got));
	assert_memory_equal(&got, u, sizeof(got));
	memset(u, 0, sizeof(*u));
	*u = got;
}

static void
is_what_a_list_of_minutes_says(void **state)
{
	static struct model m;
	struct rng r = rng_seeded(1);
	struct uptime u;
	uint32_t at = 0;

	(void)state;
	memset(&m, 0, sizeof(m));
	uptime_init(&u, 0);
	while (at < SPAN) {
		uint32_t run = 1 + (uint32_t)rng_below(&r, 200);
		size_t good = rng_below(&r, 101);

		if (rng_below(&r, 8) == 0) { /* nobody looks for a while */
			at += run * (1 + (uint32_t)rng_below(&r, 30));
			continue;
		}
		for (; run > 0 && at < SPAN; run--) {
			bool up = rng_below(&r, 100) < good;

			uptime_minute(&u, ++at, up);
			m.seen[at] = 1;
			m.up[at] = up;
			if (up)
				assert_int_equal(u.up_at, at);
			assert_int_equal(u.at, at);
		}
		compare(&m, &u);
		through_bytes(&u);
	}
}

static void
a_minute_counts_once(void **state)
{
	struct uptime u, was;

	(void)state;
	uptime_init(&u, 100);
	uptime_minute(&u, 101, true);
	was = u;
	uptime_minute(&u, 101, true);
	uptime_minute(&u, 100, false);
	uptime_minute(&u, 0, false);
	uptime_move(&u, 50);
	assert_memory_equal(&u, &was, sizeof(u));
}

static void
what_nobody_saw_is_not_said(void **state)
{
	struct uptime u;

	(void)state;
	uptime_init(&u, 12345);
	assert_int_equal(uptime_hours(&u, 72), UPTIME_NONE);
	assert_int_equal(uptime_days(&u, 30), UPTIME_NONE);
	assert_int_equal(u.up_at, 0);
	uptime_minute(&u, 12346, false);
	assert_int_equal(uptime_hours(&u, 1), 0);
	uptime_minute(&u, 12347, true);
	assert_int_equal(uptime_hours(&u, 1), 50);
	/* Days later it is in no hour, later in no day either. */
	uptime_move(&u, 12347 + 80 * 60);
	assert_int_equal(uptime_hours(&u, 72), UPTIME_NONE);
	assert_int_equal(uptime_days(&u, 30), 50);
	uptime_move(&u, 12347 + 32 * 1440);
	assert_int_equal(uptime_days(&u, 30), UPTIME_NONE);
	uptime_move(&u, UINT32_MAX - 1);
	assert_int_equal(uptime_days(&u, 30), UPTIME_NONE);
}

static void
one_lost_minute_is_not_a_hundred(void **state)
{
	struct uptime u;
	uint32_t i;

	(void)state;
	uptime_init(&u, 0);
	for (i = 1; i <= 3 * 1440; i++)
		uptime_minute(&u, i, i != 2000);
	assert_int_equal(uptime_days(&u, 3), 99);
	assert_int_equal(uptime_hours(&u, 24), 100);
}

static void
other_bytes_are_refused(void **state)
{
	struct uptime u, got;
	uint8_t buf[UPTIME_BYTES + 1], bad[UPTIME_BYTES + 1];
	size_t len, i;
	uint32_t k;

	(void)state;
	uptime_init(&u, 0);
	for (k = 1; k < 5000; k++)
		uptime_minute(&u, k, k % 7 != 0);
	memset(buf, 0, sizeof(buf));
	len = uptime_write(&u, buf);
	assert_in_range(len, 1, UPTIME_BYTES);
	for (i = 0; i < len; i++)
		assert_false(uptime_read(buf, i, &got));
	assert_false(uptime_read(buf, len + 1, &got));

	memcpy(bad, buf, sizeof(bad));
	bad[0]++; /* another layout */
	assert_false(uptime_read(bad, len, &got));
	memcpy(bad, buf, sizeof(bad));
	bad[5] = 101; /* percent */
	assert_false(uptime_read(bad, len, &got));
	memcpy(bad, buf, sizeof(bad));
	bad[1] = 0xff; /* watched for 8000 years */
	assert_false(uptime_read(bad, len, &got));
	memcpy(bad, buf, sizeof(bad));
	bad[5 + UPTIME_HOURS + UPTIME_DAYS] = 1; /* more up than seen */
	assert_false(uptime_read(bad, len, &got));
	memcpy(bad, buf, sizeof(bad));
	bad[len - 4] = 1; /* up in a minute that is to come */
	assert_false(uptime_read(bad, len, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_a_list_of_minutes_says),
		cmocka_unit_test(a_minute_counts_once),
		cmocka_unit_test(what_nobody_saw_is_not_said),
		cmocka_unit_test(one_lost_minute_is_not_a_hundred),
		cmocka_unit_test(other_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
