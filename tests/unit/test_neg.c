#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "neg_pair.h"

static void
two(struct line *ln, unsigned a, unsigned b)
{
	line_init(ln, 2, 1);
	line_own(ln, 0, a);
	line_own(ln, 1, b);
	line_join(ln, 0, 1, false);
}

static void
compatible(void **state)
{
	struct line ln;

	(void)state;
	two(&ln, 79, 80);
	line_run(&ln, 2);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	assert_int_equal(ln.s[0].route[1][0].gid[2], 80);
	assert_int_equal(ln.s[1].route[0][0].gid[2], 79);
	line_cut(&ln, 0, 1);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	assert_int_equal(ln.s[1].n_routes[0], 0);
	line_fini(&ln);
}

static void
newcomer_moves(void **state)
{
	struct line ln;

	(void)state;
	two(&ln, 79, 79);
	line_run(&ln, 30);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(ln.s[1].told, 0);
	line_run(&ln, 5);
	assert_int_equal(line_gid2(&ln, 1), 79);
	assert_int_not_equal(line_gid2(&ln, 0), 79);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	assert_int_equal(ln.s[1].n_routes[0], 1);
	line_fini(&ln);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compatible),
		cmocka_unit_test(newcomer_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
