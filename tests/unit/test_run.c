#include "base/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static void
arena_ceiling(void **state)
{
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a, 1024);
	for (n = 0; arena_get(&a, 16) != NULL; n++)
		;
	assert_int_equal(n, 64);
	assert_null(arena_get(&a, 1));
	arena_reset(&a);
	assert_null(arena_get(&a, 1025));
	assert_null(arena_get(&a, SIZE_MAX)); /* no wrap-around */
	assert_null(arena_get(&a, SIZE_MAX - 8));
	assert_non_null(arena_get(&a, 1024));
	arena_reset(&a);
	assert_non_null(arena_get(&a, 1010));
	assert_null(arena_get(&a, 1));
	arena_fini(&a);
}

/* Pieces are aligned, apart from one another, and all their bytes usable. */
static void
arena_pieces(void **state)
{
	struct rng r = rng_seeded(11);
	struct arena a;
	int round;

	(void)state;
	arena_init(&a, 100 * 1000); /* not a multiple of the alignment */
	for (round = 0; round < 50; round++) {
		uint8_t *end = NULL;

		for (;;) {
			size_t len = rng_below(&r, 3000);
			uint8_t *p = arena_get(&a, len);

			if (p == NULL) {
				assert_true(a.used + len + 16 > a.max);
				break;
			}
			assert_int_equal((uintptr_t)p % 16, 0);
			assert_true(end == NULL || p >= end);
			memset(p, 0xab, len);
			end = p + len;
		}
		arena_reset(&a);
	}
	arena_fini(&a);
}

static void
packets_have_room(void **state)
{
	static const size_t lens[] = { 0, 1, 64, 1400, 65536 };
	struct arena a;
	struct pkt pk[5];
	size_t i;

	(void)state;
	arena_init(&a, 70000);
	for (i = 0; i < 4; i++) {
		assert_true(pkt_new(&pk[i], lens[i], &a));
		assert_int_equal(pk[i].len, lens[i]);
		memset(
		    pk[i].p - RUN_HEAD, (int)i, RUN_HEAD + lens[i] + RUN_TAIL);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(pk[i].p[-RUN_HEAD], i);
		assert_int_equal(pk[i].p[lens[i] + RUN_TAIL - 1], i);
	}
	assert_true(pkt_new(&pk[4], lens[4], &a));
	assert_false(pkt_new(&pk[4], lens[4], &a));
	arena_reset(&a);
	assert_false(pkt_new(&pk[4], SIZE_MAX, &a));
	assert_false(pkt_new(&pk[4], SIZE_MAX - RUN_HEAD, &a));
	assert_false(pkt_new(&pk[4], SIZE_MAX - RUN_HEAD - RUN_TAIL + 1, &a));
	arena_fini(&a);
}

static void
run_is_bounded(void **state)
{
	struct arena a;
	struct run *run;
	unsigned i;

	(void)state;
	arena_init(&a, 100000);
	run = run_new(&a);
	assert_non_null(run);
	for (i = 0; i < RUN_MAX; i++)
		assert_non_null(run_add(run, 10, &a));
	assert_null(run_add(run, 10, &a));
	assert_int_equal(run->n, RUN_MAX);
	arena_fini(&a);

	arena_init(&a, 4096);
	run = run_new(&a);
	while (run_add(run, 500, &a) != NULL)
		;
	assert_true(run->n > 0 && run->n < 8);
	assert_null(run_add(run, 500, &a));
	while (arena_get(&a, 16) != NULL)
		;
	assert_null(run_new(&a));
	arena_fini(&a);
}

/* The caller's own run begins anew each time, and has rooms at its packet. */
static void
one_packet(void **state)
{
	struct run run = { .n = 7 };
	struct arena a;
	struct pkt *pk;

	(void)state;
	arena_init(&a, RUN_HEAD + 100 + RUN_TAIL + 16);
	pk = run_one(&run, 100, &a);
	assert_ptr_equal(pk, &run.pkt[0]);
	assert_int_equal(run.n, 1);
	assert_int_equal(pk->len, 100);
	memset(pk->p - RUN_HEAD, 1, RUN_HEAD + 100 + RUN_TAIL);
	assert_null(run_one(&run, 100, &a));
	assert_int_equal(run.n, 0);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_ceiling),
		cmocka_unit_test(arena_pieces),
		cmocka_unit_test(packets_have_room),
		cmocka_unit_test(run_is_bounded),
		cmocka_unit_test(one_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
