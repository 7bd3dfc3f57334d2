#include "core/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define COUNTERS (1u << 18)
#define W ((uint64_t)REPLAY_WINDOW)

/* The obvious model: remembers everything. */
struct model {
	bool any;
	uint64_t top; /* highest accepted */
	uint8_t seen[COUNTERS];
};

static bool
model_check(const struct model *m, uint64_t n)
{
	return !(m->any && m->top > n && m->top - n > W) && !m->seen[n];
}

static bool
model_accept(struct model *m, uint64_t n)
{
	if (!model_check(m, n))
		return false;
	m->seen[n] = 1;
	if (!m->any || n > m->top)
		m->top = n;
	m->any = true;
	return true;
}

/* Both agree on all that lies around the window. */
static void
compare(const struct replay *rp, const struct model *m)
{
	uint64_t from = m->top > W + 130 ? m->top - W - 130 : 0, n;

	for (n = from; n < m->top + 70 && n < COUNTERS; n++)
		if (replay_check(rp, n) != model_check(m, n))
			fail_msg("counter %llu, top %llu",
			    (unsigned long long)n, (unsigned long long)m->top);
}

/* All that a window holds. */
struct picture {
	struct replay rp;
	uint64_t all[REPLAY_WORDS];
};

static struct picture
picture_of(const struct replay *rp)
{
	struct picture ret = { .rp = *rp };

	if (rp->all != NULL)
		memcpy(ret.all, rp->all, sizeof(ret.all));
	return ret;
}

static void
assert_unchanged(const struct replay *rp, const struct picture *before)
{
	struct picture now = picture_of(rp);

	assert_memory_equal(&now.rp, &before->rp, sizeof(now.rp));
	assert_memory_equal(now.all, before->all, sizeof(now.all));
}

static void
each_once_in_order(void **state)
{
	struct replay rp;
	uint64_t n;

	(void)state;
	replay_init(&rp);
	for (n = 0; n < 4 * W; n++) {
		assert_true(replay_accept(&rp, n));
		assert_false(replay_accept(&rp, n));
		assert_false(replay_accept(&rp, n / 2));
	}
	replay_fini(&rp);
}

static void
each_once_backwards(void **state)
{
	struct replay rp;
	uint64_t n;

	(void)state;
	replay_init(&rp);
	assert_true(replay_accept(&rp, W + 5));
	for (n = W + 4; n >= 5; n--) {
		assert_true(replay_accept(&rp, n));
		assert_false(replay_accept(&rp, n));
	}
	for (n = 0; n < 5; n++)
		assert_false(replay_accept(&rp, n));
	replay_fini(&rp);
}

/* The look back is the same wherever in its word the top lies. */
static void
edge_at_every_alignment(void **state)
{
	struct picture before;
	struct replay rp;
	uint64_t top, n;

	(void)state;
	for (top = W; top < W + 64 * 130; top++) {
		replay_init(&rp);
		assert_true(replay_accept(&rp, top));
		before = picture_of(&rp);
		assert_true(replay_check(&rp, top - W));
		assert_true(replay_check(&rp, top + 1));
		assert_false(replay_check(&rp, top));
		if (top > W)
			assert_false(replay_accept(&rp, top - W - 1));
		assert_unchanged(&rp, &before);
		assert_true(replay_accept(&rp, top - W));
		assert_false(replay_accept(&rp, top - W));
		for (n = top - W + 1; n < top; n += 61)
			assert_true(replay_check(&rp, n));
		replay_fini(&rp);
	}
}

static void
refused_changes_nothing(void **state)
{
	struct picture before;
	struct replay rp;

	(void)state;
	replay_init(&rp);
	assert_true(replay_accept(&rp, 3 * W));
	before = picture_of(&rp);
	assert_false(replay_accept(&rp, 3 * W));
	assert_false(replay_accept(&rp, 0));
	assert_false(replay_accept(&rp, 2 * W - 1));
	assert_false(replay_accept(&rp, UINT64_MAX));
	assert_unchanged(&rp, &before);
	replay_fini(&rp);
}

static void
jump(struct model *m, uint64_t start, uint64_t by)
{
	struct replay rp;
	uint64_t n;

	memset(m, 0, sizeof(*m));
	replay_init(&rp);
	for (n = start > W ? start - W : 0; n <= start; n++)
		assert_true(replay_accept(&rp, n) && model_accept(m, n));
	assert_true(
	    replay_accept(&rp, start + by) && model_accept(m, start + by));
	compare(&rp, m);
	replay_fini(&rp);
}

/* A jump forgets what it must and no more, also over more than the window. */
static void
jumps(void **state)
{
	struct model *m = malloc(sizeof(*m));
	uint64_t by;

	(void)state;
	assert_non_null(m);
	for (by = 1; by < 140; by++)
		jump(m, 8191 + by % 3, by);
	for (by = W - 70; by < W + 140; by++)
		jump(m, 20000 + by % 5, by);
	for (by = 2 * W - 3; by < 2 * W + 70; by++)
		jump(m, 63, by);
	free(m);
}

static void
far_jumps(void **state)
{
	unsigned shift;

	(void)state;
	for (shift = 14; shift < 64; shift++) {
		uint64_t n = (UINT64_C(1) << shift) + shift;
		struct replay rp;

		replay_init(&rp);
		assert_true(replay_accept(&rp, 17));
		assert_true(replay_accept(&rp, n));
		assert_false(replay_accept(&rp, 17));
		assert_false(replay_accept(&rp, n - W - 1));
		assert_true(replay_accept(&rp, n - W));
		assert_true(replay_accept(&rp, n - 1));
		assert_false(replay_accept(&rp, n - 1));
		assert_true(replay_accept(&rp, n + 1));
		replay_fini(&rp);
	}
}

static void
end_of_the_numbers(void **state)
{
	const uint64_t top = UINT64_MAX - 1;
	struct replay rp;

	(void)state;
	replay_init(&rp);
	assert_false(replay_accept(&rp, UINT64_MAX));
	assert_true(replay_accept(&rp, 0));
	assert_true(replay_accept(&rp, top));
	assert_false(replay_accept(&rp, top));
	assert_false(replay_accept(&rp, UINT64_MAX));
	assert_false(replay_accept(&rp, 0));
	assert_true(replay_accept(&rp, top - W));
	assert_false(replay_accept(&rp, top - W - 1));
	replay_fini(&rp);
}

static uint64_t
next_counter(struct rng *r, uint64_t top)
{
	uint64_t n = top;

	if (rng_below(r, 256) == 0)
		return n + rng_below(r, 3 * REPLAY_WINDOW / 2);
	switch (rng_below(r, 8)) {
	case 1:
	case 2:
		n += rng_below(r, 130);
		break;
	case 3:
		n -= n < W + 9 ? 0 : W - 8 + rng_below(r, 17);
		break;
	default:
		n -= n < W + 99 ? 0 : rng_below(r, REPLAY_WINDOW + 99);
		break;
	}
	return n;
}

static void
random_against_the_model(void **state)
{
	struct model *m = malloc(sizeof(*m));
	struct rng r = rng_seeded(6479);
	unsigned round, i;

	(void)state;
	assert_non_null(m);
	for (round = 0; round < 20; round++) {
		struct replay rp;

		memset(m, 0, sizeof(*m));
		replay_init(&rp);
		for (i = 0; i < 20000; i++) {
			uint64_t n = next_counter(&r, m->top);

			if (n >= COUNTERS)
				break;
			assert_int_equal(
			    replay_check(&rp, n), model_check(m, n));
			assert_int_equal(
			    replay_accept(&rp, n), model_accept(m, n));
			if (i % 1000 == 0)
				compare(&rp, m);
		}
		compare(&rp, m);
		replay_fini(&rp);
	}
	free(m);
}

/* What an idle tunnel sends and gets costs no window. */
static void
small_while_few(void **state)
{
	struct replay rp;
	uint64_t n;

	(void)state;
	replay_init(&rp);
	for (n = 0; n < REPLAY_FEW * 64; n++)
		assert_true(replay_accept(&rp, n ^ 1));
	for (n = 0; n < REPLAY_FEW * 64; n++)
		assert_false(replay_accept(&rp, n));
	assert_null(rp.all);
	assert_true(replay_accept(&rp, n + 7));
	assert_non_null(rp.all);
	assert_true(replay_accept(&rp, n));
	for (n = 0; n < REPLAY_FEW * 64; n++)
		assert_false(replay_accept(&rp, n));
	replay_fini(&rp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once_in_order),
		cmocka_unit_test(each_once_backwards),
		cmocka_unit_test(edge_at_every_alignment),
		cmocka_unit_test(refused_changes_nothing),
		cmocka_unit_test(jumps),
		cmocka_unit_test(far_jumps),
		cmocka_unit_test(end_of_the_numbers),
		cmocka_unit_test(random_against_the_model),
		cmocka_unit_test(small_while_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
