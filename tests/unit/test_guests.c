/* The web server's book of who is connected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "entryserver/guests.h"

static const uint8_t secret[16] = "sixteen bytes..";
static const struct mono begin = { 1000 * (uint64_t)MONO_SEC };

static struct addr
from(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, 1, &a));
	return a;
}

static struct guest *
enter(struct guests *g, const char *text)
{
	struct addr a = from(text);

	return guests_enter(g, &a, begin);
}

static void
connections(void **state)
{
	struct guest *a, *b;
	struct guests g;

	(void)state;
	guests_init(&g, 2, 10, secret);
	a = enter(&g, "192.0.2.1");
	assert_non_null(a);
	assert_ptr_equal(enter(&g, "192.0.2.1:9"), a); /* ports are not asked */
	assert_null(enter(&g, "192.0.2.1"));
	b = enter(&g, "192.0.2.2");
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	guests_leave(a);
	assert_ptr_equal(enter(&g, "192.0.2.1"), a);
	/* Of IPv6 a /64 is one. */
	a = enter(&g, "2001:db8:0:1::1");
	assert_ptr_equal(enter(&g, "2001:db8:0:1:ffff::2"), a);
	assert_null(enter(&g, "2001:db8:0:1::3"));
	assert_ptr_not_equal(enter(&g, "2001:db8:0:2::1"), a);
	guests_fini(&g);
}

static unsigned
ask_all(struct guests *g, struct guest *a, struct mono now)
{
	unsigned n = 0;

	while (guests_ask(g, a, now))
		n++;
	return n;
}

static void
requests(void **state)
{
	struct guests g;
	struct guest *a, *b;

	(void)state;
	guests_init(&g, 2, 10, secret);
	a = enter(&g, "192.0.2.1");
	b = enter(&g, "192.0.2.2");
	assert_int_equal(ask_all(&g, a, begin), 10 * GUESTS_BURST);
	assert_int_equal(ask_all(&g, b, begin), 10 * GUESTS_BURST);
	assert_int_equal(ask_all(&g, a, mono_add(begin, MONO_SEC / 10 - 1)), 0);
	assert_int_equal(ask_all(&g, a, mono_add(begin, MONO_SEC / 10)), 1);
	assert_int_equal(ask_all(&g, a, mono_add(begin, MONO_SEC)), 9);
	assert_int_equal(
	    ask_all(&g, a, mono_add(begin, 1000 * (uint64_t)MONO_SEC)),
	    10 * GUESTS_BURST);
	guests_fini(&g);
}

/* Nobody gets more by coming again, and nobody is remembered for ever. */
static void
forgets(void **state)
{
	struct guests g;
	struct guest *a, *b;

	(void)state;
	guests_init(&g, 2, 10, secret);
	a = enter(&g, "192.0.2.1");
	b = enter(&g, "192.0.2.2");
	ask_all(&g, a, begin);
	guests_leave(a);
	guests_tidy(&g, mono_add(begin, MONO_SEC));
	assert_int_equal(g.tab.n, 2);
	assert_ptr_equal(enter(&g, "192.0.2.1"), a);
	guests_leave(a);
	guests_tidy(&g, mono_add(begin, GUESTS_BURST * (uint64_t)MONO_SEC));
	assert_int_equal(g.tab.n, 1); /* the other is connected */
	guests_leave(b);
	guests_tidy(&g, mono_add(begin, GUESTS_BURST * (uint64_t)MONO_SEC));
	assert_int_equal(g.tab.n, 0);
	guests_fini(&g);
}

static void
bounded(void **state)
{
	struct guests g;
	unsigned n = 0;

	(void)state;
	guests_init(&g, 1, 10, secret);
	for (uint32_t i = 0; i < GUESTS_MAX + 100; i++) {
		uint8_t ip[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			(uint8_t)i };
		struct addr a = addr_from_ip(ip, 4, 1);

		n += guests_enter(&g, &a, begin) != NULL;
	}
	assert_int_equal(n, GUESTS_MAX);
	guests_fini(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections),
		cmocka_unit_test(requests),
		cmocka_unit_test(forgets),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
