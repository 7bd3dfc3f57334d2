#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neg/space.h"
#include "neg_pair.h"

/* A site of n claims of a single IPv4 address each: paths as long as any. */
static void
own_hosts(struct line *ln, unsigned side, unsigned second, unsigned n)
{
	struct netdesc *d = &ln->s[side].own;
	unsigned i;

	memset(d, 0, sizeof(*d));
	d->topo = topology_plain();
	d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	for (i = 0; i < n; i++) {
		struct prefix p = { PREFIX_IPV4, 32,
			{ 10, (uint8_t)second, (uint8_t)i, 1 } };

		assert_int_equal(
		    claims_from_prefix(&p, &d->claim[d->n_claims++], 1), 1);
	}
	line_place(ln, side);
}

/*
 * All that is taken does not fit a message through the narrowest tunnel: as
 * much of it is told as fits, and whoever is to move does.
 */
static void
narrow(void **state)
{
	struct line ln;
	unsigned i, round;

	(void)state;
	line_init(&ln, 6, 1);
	ln.part_max = 500;
	own_hosts(&ln, 0, 1, 1);
	for (round = 0; round < 2; round++)
		for (i = 1; i < 5; i++) {
			if (round > 0)
				line_cut(&ln, 0, i);
			ln.s[i].life = (uint8_t)round;
			own_hosts(&ln, i, 10 * round + 10 + i, NETDESC_CLAIMS);
			line_join(&ln, i, 0, false);
			line_run(&ln, 700);
			assert_int_equal(line_state(&ln, 0, i), NEG_UP);
		}
	own_hosts(&ln, 5, 1, 1);
	line_join(&ln, 5, 0, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[5].told, 1);
	line_fini(&ln);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
