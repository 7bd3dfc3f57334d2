#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static void
ceiling(void **state)
{
	struct pool pl = { .max = 1000 + sizeof(struct pbuf) };
	struct pbuf *a, *b;

	(void)state;
	assert_null(pool_get(&pl, 1001));
	assert_null(pool_get(&pl, SIZE_MAX));
	assert_int_equal(pl.used, 0);
	a = pool_get(&pl, 1000);
	assert_non_null(a);
	assert_int_equal(a->len, 1000);
	assert_null(pool_get(&pl, 1));
	pool_put(&pl, a);
	pool_put(&pl, NULL);
	assert_int_equal(pl.used, 0);
	b = pool_dup(&pl, "hello", 5);
	assert_non_null(b);
	assert_memory_equal(b->data, "hello", 5);
	assert_null(b->next);
	assert_null(pool_dup(&pl, "x", 996));
	pool_put(&pl, b);
}

/* Empty copies take memory too: they must not be free of charge. */
static void
empty_copies_are_bounded(void **state)
{
	struct pool pl = { .max = 4096 };
	struct pbuf *list = NULL, *b;
	size_t n;

	(void)state;
	for (n = 0; n < 10000; n++) {
		b = pool_get(&pl, 0);
		if (b == NULL)
			break;
		b->next = list;
		list = b;
	}
	assert_true(n > 0 && n < 10000);
	while ((b = list) != NULL) {
		list = b->next;
		pool_put(&pl, b);
	}
	assert_int_equal(pl.used, 0);
}

static void
random_use(void **state)
{
	struct rng r = rng_seeded(17);
	struct pool pl = { .max = 20000 };
	struct pbuf *held[64] = { NULL };
	size_t bytes = 0, i, refused = 0;
	int step;

	(void)state;
	for (step = 0; step < 20000; step++) {
		size_t len = rng_below(&r, 2000);

		i = rng_below(&r, 64);
		if (held[i] != NULL) {
			bytes -= held[i]->len;
			pool_put(&pl, held[i]);
			held[i] = NULL;
		} else if ((held[i] = pool_get(&pl, len)) != NULL) {
			bytes += len;
			memset(held[i]->data, 0x11, len);
		} else {
			refused++;
		}
		assert_true(bytes <= pl.used && pl.used <= pl.max);
	}
	assert_true(refused > 0);
	for (i = 0; i < 64; i++)
		pool_put(&pl, held[i]);
	assert_int_equal(pl.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ceiling),
		cmocka_unit_test(empty_copies_are_bounded),
		cmocka_unit_test(random_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
