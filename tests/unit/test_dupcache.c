#include "core/dupcache.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define LIFE_US (UINT64_C(60) * MONO_SEC)
#define STEPS 30000

/* The obvious model: everything ever added, searched from end to end. */
struct model {
	size_t n;
	uint64_t print[STEPS];
	uint64_t at[STEPS];
};

static bool
model_has(const struct model *m, uint64_t print, uint64_t now)
{
	size_t from = m->n > DUP_ENTRIES ? m->n - DUP_ENTRIES : 0, i;

	for (i = from; i < m->n; i++)
		if (m->print[i] == print && now - m->at[i] <= LIFE_US)
			return true;
	return false;
}

static struct mono
at(uint64_t us)
{
	return (struct mono){ us };
}

/* As a keyed hash: spread, and no two alike. */
static uint64_t
print_of(uint64_t i)
{
	struct rng r = { i };

	return rng_next(&r);
}

static void
lives_for_a_minute(void **state)
{
	struct dupcache dc;

	(void)state;
	dupcache_init(&dc);
	assert_false(dupcache_has(&dc, 0, at(0)));
	dupcache_add(&dc, 0, at(5));
	assert_true(dupcache_has(&dc, 0, at(5)));
	assert_false(dupcache_has(&dc, 1, at(5)));
	assert_true(dupcache_has(&dc, 0, at(5 + LIFE_US)));
	assert_false(dupcache_has(&dc, 0, at(6 + LIFE_US)));
	dupcache_add(&dc, 0, at(7 + LIFE_US)); /* seen anew */
	assert_true(dupcache_has(&dc, 0, at(7 + 2 * LIFE_US)));
	assert_false(dupcache_has(&dc, 0, at(8 + 2 * LIFE_US)));
	dupcache_fini(&dc);
}

static void
oldest_gives_way(void **state)
{
	struct dupcache dc;
	uint64_t i, j;

	(void)state;
	dupcache_init(&dc);
	for (i = 0; i < 3 * DUP_ENTRIES; i++) {
		assert_false(dupcache_has(&dc, print_of(i), at(i)));
		dupcache_add(&dc, print_of(i), at(i));
		assert_true(dupcache_has(&dc, print_of(i), at(i)));
		if (i < DUP_ENTRIES)
			continue;
		j = i - DUP_ENTRIES;
		assert_false(dupcache_has(&dc, print_of(j), at(i)));
		assert_true(dupcache_has(&dc, print_of(j + 1), at(i)));
	}
	for (j = i - DUP_ENTRIES; j < i; j++)
		assert_true(dupcache_has(&dc, print_of(j), at(i)));
	for (j = 0; j < i - DUP_ENTRIES; j++)
		assert_false(dupcache_has(&dc, print_of(j), at(i)));
	dupcache_fini(&dc);
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

static void
memory_is_fixed(void **state)
{
	struct dupcache dc;
	uint64_t i;
	size_t before;

	(void)state;
	dupcache_init(&dc);
	before = heap_in_use();
	for (i = 0; i < 5 * DUP_ENTRIES; i++)
		dupcache_add(&dc, print_of(i), at(i * 1000));
	assert_int_equal(heap_in_use(), before);
	dupcache_fini(&dc);
}

/* spread prints differ in all bits; others crowd where the hash wraps. */
static uint64_t
draw(struct rng *r, bool spread)
{
	uint64_t low = 16380 + rng_below(r, 9);

	if (spread)
		return print_of(rng_below(r, 12000));
	return rng_below(r, 40) << 32 | low % 16384;
}

static void
against_the_model(struct rng *r, bool spread, size_t max_step)
{
	struct model *m = calloc(1, sizeof(*m));
	struct dupcache dc;
	uint64_t now = 0;
	unsigned i;

	assert_non_null(m);
	dupcache_init(&dc);
	for (i = 0; i < STEPS; i++) {
		uint64_t print = draw(r, spread);
		bool has;

		now += rng_below(r, max_step);
		has = model_has(m, print, now);
		assert_int_equal(dupcache_has(&dc, print, at(now)), has);
		if (has)
			continue;
		dupcache_add(&dc, print, at(now));
		m->print[m->n] = print;
		m->at[m->n++] = now;
	}
	dupcache_fini(&dc);
	free(m);
}

static void
random_full(void **state)
{
	struct rng r = rng_seeded(8192);

	(void)state;
	against_the_model(&r, true, 100); /* gives way before it is old */
}

static void
random_ageing(void **state)
{
	struct rng r = rng_seeded(60);

	(void)state;
	against_the_model(&r, true, 200000); /* some 600 alive */
}

static void
random_crowded(void **state)
{
	struct rng r = rng_seeded(16384);

	(void)state;
	against_the_model(&r, false, 3000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_for_a_minute),
		cmocka_unit_test(oldest_gives_way),
		cmocka_unit_test(memory_is_fixed),
		cmocka_unit_test(random_full),
		cmocka_unit_test(random_ageing),
		cmocka_unit_test(random_crowded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
