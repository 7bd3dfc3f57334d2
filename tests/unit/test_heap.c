#include "base/container.h"
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define N 300

struct waiter {
	int id;
	struct hpent ent;
};

/* The slow model: look at all of them. */
static uint64_t
earliest(const struct waiter *w)
{
	uint64_t min = UINT64_MAX;
	int i;

	for (i = 0; i < N; i++)
		if (w[i].ent.pos != 0 && w[i].ent.at.us < min)
			min = w[i].ent.at.us;
	return min;
}

static void
random_against_a_search(void **state)
{
	static struct waiter w[N];
	struct rng r = rng_seeded(16);
	uint64_t want[N];
	struct heap h;
	size_t in, i;
	int step;

	(void)state;
	memset(want, 0xff, sizeof(want));
	heap_init(&h);
	for (step = 0; step < 30000; step++) {
		struct hpent *min;

		i = rng_below(&r, N);
		want[i] =
		    rng_below(&r, 4) == 0 ? UINT64_MAX : rng_below(&r, 500);
		heap_set(&h, &w[i].ent, (struct mono){ want[i] });
		for (i = 0, in = 0; i < N; i++) {
			assert_int_equal(
			    w[i].ent.pos != 0, want[i] != UINT64_MAX);
			in += want[i] != UINT64_MAX;
		}
		assert_int_equal(h.n, in);
		min = heap_min(&h);
		assert_int_equal(min != NULL, in > 0);
		if (min != NULL)
			assert_true(min->at.us == earliest(w));
	}
	for (in = h.n; in > 0; in--) { /* they leave in order */
		struct hpent *min = heap_min(&h);

		assert_true(min->at.us == earliest(w));
		heap_set(&h, min, MONO_NEVER);
		assert_int_equal(min->pos, 0);
	}
	assert_null(heap_min(&h));
	heap_fini(&h);
}

static void
never_is_not_in(void **state)
{
	struct waiter w = { .id = 7 };
	struct heap h;

	(void)state;
	heap_init(&h);
	assert_null(heap_min(&h));
	heap_set(&h, &w.ent, MONO_NEVER);
	assert_null(heap_min(&h));
	heap_set(&h, &w.ent, (struct mono){ 0 });
	assert_ptr_equal(heap_min(&h), &w.ent);
	assert_int_equal(CONTAINER_OF(heap_min(&h), struct waiter, ent)->id, 7);
	heap_set(&h, &w.ent, (struct mono){ UINT64_MAX - 1 });
	assert_ptr_equal(heap_min(&h), &w.ent);
	heap_set(&h, &w.ent, MONO_NEVER);
	heap_set(&h, &w.ent, MONO_NEVER);
	assert_null(heap_min(&h));
	heap_fini(&h);
}

static void
mono_edges(void **state)
{
	const struct mono zero = { 0 }, ten = { 10 };

	(void)state;
	assert_true(mono_is_never(mono_add(ten, UINT64_MAX)));
	assert_true(mono_is_never(mono_add(MONO_NEVER, 1)));
	assert_int_equal(mono_add(ten, 5).us, 15);
	assert_int_equal(mono_since(zero, ten), 10);
	assert_int_equal(mono_since(ten, zero), 0);
	assert_true(mono_due(ten, ten));
	assert_false(mono_due(ten, (struct mono){ 9 }));
	assert_false(mono_due(MONO_NEVER, MONO_NEVER));
	assert_int_equal(mono_min(ten, MONO_NEVER).us, 10);
	assert_false(mono_before(ten, ten));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_against_a_search),
		cmocka_unit_test(never_is_not_in),
		cmocka_unit_test(mono_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
