#include "base/xmem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizers answer a request that cannot be met in their own way. */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_MALLOC true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_MALLOC true
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC false
#endif

#define TOO_MUCH (SIZE_MAX / 4)

static void
failures_count(void **state)
{
	uint64_t before = mem_failed();
	void *p;

	(void)state;
	if (OWN_MALLOC)
		skip();
	p = try_malloc(0);
	assert_non_null(p);
	free(p);
	p = try_calloc(3, 5);
	assert_non_null(p);
	assert_int_equal(mem_failed(), before);
	assert_null(try_reallocarray(p, TOO_MUCH, 16)); /* it overflows */
	assert_null(try_reallocarray(p, TOO_MUCH, 1));
	((char *)p)[14] = 1; /* still there */
	free(p);
	assert_null(try_malloc(TOO_MUCH));
	assert_null(try_calloc(TOO_MUCH, 1));
	assert_null(try_aligned_alloc(64, TOO_MUCH));
	assert_false(mem_has(TOO_MUCH));
	assert_true(mem_has(4096));
	mem_note_failed();
	assert_int_equal(mem_failed(), before + 7);
	p = try_asprintf("%s-%u", "vpl", 7u);
	assert_string_equal(p, "vpl-7");
	free(p);
	assert_int_equal(mem_failed(), before + 7);
}

static void
aligned(void **state)
{
	void *p = try_aligned_alloc(64, 100);

	(void)state;
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 64, 0);
	free(p);
}

/* Everything that there is; a list, to be freed. */
static void **
use_up(void)
{
	void **all = NULL, **p;
	size_t len;

	for (len = 1 << 16; len >= 32; len /= 2)
		while ((p = malloc(len)) != NULL) {
			*p = all;
			all = p;
		}
	return all;
}

static void
give_back(void **all)
{
	void **next;

	for (; all != NULL; all = next) {
		next = *all;
		free(all);
	}
}

static struct rlimit
limit_to(rlim_t bytes)
{
	struct rlimit was, is;

	assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
	is = was;
	is.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_AS, &is), 0);
	return was;
}

/* What cannot do without still finds some, once; then it is refilled. */
static void
reserve_is_there(void **state)
{
	struct rlimit was;
	void **all, *p, *q;
	uint64_t before;

	(void)state;
	if (OWN_MALLOC)
		skip();
	assert_true(mem_reserve());
	assert_true(mem_reserve()); /* it is there */
	was = limit_to(1 << 20);    /* less than there is: no more */
	all = use_up();
	before = mem_failed();
	p = xcalloc(1, 1000);
	q = mem_last(NULL, 1000);
	q = q != NULL ? mem_last(q, 2000) : NULL;
	setrlimit(RLIMIT_AS, &was);
	assert_non_null(q);
	assert_int_equal(mem_failed(), before + 1);
	give_back(all);
	free(p);
	free(q);
	assert_true(mem_reserve());
}

/* Not even a reserve: NULL, and no loop. */
static void
nothing_is_left(void **state)
{
	struct rlimit was;
	void **all, *p;

	(void)state;
	if (OWN_MALLOC)
		skip();
	was = limit_to(1 << 20);
	all = use_up();
	p = mem_last(NULL, 1 << 20);
	setrlimit(RLIMIT_AS, &was);
	give_back(all);
	assert_null(p);
}

static void
texts(void **state)
{
	char *a = xstrdup("a text"), *b = try_strdup(a);

	(void)state;
	assert_string_equal(a, "a text");
	assert_string_equal(b, a);
	free(a);
	free(b);
	a = xasprintf("%d of %s", 3, "four");
	assert_string_equal(a, "3 of four");
	free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_count),
		cmocka_unit_test(aligned),
		cmocka_unit_test(reserve_is_there),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
