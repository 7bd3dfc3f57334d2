#include "book/book.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/bookrig.h"

static struct rig rig;

static int
setup(void **state)
{
	return rig_setup(&rig, 6, state);
}

static enum book_news
hear_at(struct book_source src, unsigned n, struct addr at)
{
	const struct record rec = rig_record(&rig, n, 1, &at, 1);

	return rig_heard(&rig, src, &rec);
}

static enum book_news
hear(struct book_source src, unsigned n)
{
	return hear_at(src, n, rig_place(n));
}

/* How many of these numbers the book has. */
static unsigned
have(unsigned from, unsigned to)
{
	unsigned n = 0;

	for (; from <= to; from++)
		n += rig_entry(&rig, from) != NULL;
	return n;
}

static struct addr
in_group(unsigned a, unsigned b, unsigned n)
{
	const uint8_t ip[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)(n >> 8),
		(uint8_t)n };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

/* --- heard of ---------------------------------------------------------------
 */

static void
one_teller_pushes_out_only_its_own(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 200; i++)
		assert_int_equal(hear(RIG_LIST, i), BOOK_NEW);
	for (i = 201; i <= 300; i++)
		assert_int_equal(hear(rig_teller(2), i), BOOK_NEW);
	for (i = 1000; i < 11000; i++)
		assert_int_equal(hear(rig_teller(1), i), BOOK_NEW);
	assert_int_equal(have(1, 200), 200);
	assert_int_equal(have(201, 300), 100);
	assert_int_equal(have(1000, 10999), BOOK_PER_SOURCE);
	/* Of its own at random: not the last ones alone. */
	assert_in_range(
	    have(10999 - BOOK_PER_SOURCE, 10999), 100, BOOK_PER_SOURCE - 10);
}

static void
one_network_pushes_out_only_its_own(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear(RIG_LIST, i);
	for (i = 1000; i < 5000; i++)
		hear_at(rig_teller(i % 50), i, in_group(198, 51, i));
	assert_int_equal(have(1, 200), 200);
	assert_int_equal(have(1000, 4999), BOOK_PER_GROUP);
}

/* Who names thousands in my network does not take my place in it. */
static void
in_a_network_the_loudest_lose(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 8; i++)
		hear_at(rig_teller(i), i, in_group(198, 51, i));
	for (i = 1000; i < 5000; i++)
		hear_at(rig_teller(77), i, in_group(198, 51, i));
	assert_int_equal(have(1, 8), 8);
	assert_int_equal(have(1000, 4999), BOOK_PER_GROUP - 8);
}

/* Neither many tellers drive out a list, nor a list the tellers. */
static void
many_tellers_leave_the_lists(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 250; i++)
		hear(RIG_LIST, i);
	for (i = 251; i <= 300; i++)
		hear(RIG_USER, i);
	for (i = 1000; i < 6000; i++)
		hear(rig_teller(i), i);
	assert_int_equal(have(1, 300), 300);
	assert_int_equal(rig_count(&rig), BOOK_HEARD);
}

static void
the_loudest_teller_loses(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 100; i++)
		hear(rig_teller(i % 10), i);
	for (i = 1000; i < 9000; i++)
		hear(rig_teller(20 + i % 20), i);
	assert_int_equal(have(1, 100), 100);
	assert_int_equal(rig_count(&rig), BOOK_HEARD);
}

static void
what_a_person_said_stays(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= BOOK_PER_SOURCE; i++)
		hear(RIG_USER, i);
	for (i = 2000; i < 6000; i++)
		hear(rig_teller(i % 100), i);
	for (i = 6000; i < 9000; i++)
		hear((struct book_source){ BOOK_FROM_LIST, i % 9 }, i);
	assert_int_equal(have(1, BOOK_PER_SOURCE), BOOK_PER_SOURCE);
	assert_int_equal(rig.forgets, 0);
	/* Of too many of these, some go. */
	for (i = 1000; i < 1100; i++)
		assert_int_equal(hear(RIG_USER, i), BOOK_NEW);
	assert_int_equal(
	    have(1, BOOK_PER_SOURCE) + have(1000, 1099), BOOK_PER_SOURCE);
	assert_int_equal(rig.n_rows, BOOK_PER_SOURCE);
}

static void
limits_hold_whatever_comes(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i < 20000; i++) {
		struct book_source src = { (uint8_t)rng_below(
					       &rig.rng, BOOK_FROMS),
			(uint32_t)rng_below(&rig.rng, 6) };
		unsigned n = 1 + (unsigned)rng_below(&rig.rng, 3000);
		const struct addr at =
		    in_group(11, (unsigned)rng_below(&rig.rng, 60), n);
		size_t pos = 0, group[60] = { 0 }, source[4][6] = { 0 };
		const struct book_entry *e;

		if (rng_below(&rig.rng, 50) == 0)
			book_reached(rig.b, rig_key(n), src, &at, true, rig.now,
			    rig.wall);
		else
			hear_at(src, n, at);
		if (i % 100 != 0)
			continue;
		while ((e = book_each(rig.b, &pos)) != NULL) {
			assert_ptr_equal(book_find(rig.b, e->key), e);
			if (e->reached)
				continue;
			group[e->ep[0].ip[13]]++;
			source[e->source.from][e->source.which]++;
		}
		for (n = 0; n < 60; n++)
			assert_in_range(group[n], 0, BOOK_PER_GROUP);
		for (n = 0; n < 24; n++)
			assert_in_range(
			    source[n / 6][n % 6], 0, BOOK_PER_SOURCE);
	}
}

/* Moving thousands into one network by newer records helps no more. */
static void
moving_in_is_no_way_round(void **state)
{
	unsigned i, n = 0;
	size_t pos = 0;
	const struct book_entry *e;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear(RIG_LIST, i);
	for (i = 1; i <= 200; i++) {
		const struct addr at = in_group(198, 51, i);
		const struct record rec = rig_record(&rig, i, 2, &at, 1);

		rig_heard(&rig, rig_teller(1), &rec);
	}
	while ((e = book_each(rig.b, &pos)) != NULL)
		n += e->ep[0].ip[12] == 198;
	assert_in_range(n, 1, BOOK_PER_GROUP);
}

/* --- reached ----------------------------------------------------------------
 */

static void
reach(unsigned n)
{
	const struct addr at = rig_place(n);

	book_reached(
	    rig.b, rig_key(n), RIG_SELF, &at, false, rig.now, rig.wall);
}

static void
better_ones_stay(void **state)
{
	unsigned old[150], i, m;

	(void)state;
	rig.idle = true;
	/* 100 that stay for two hours, 50 for half of one. */
	for (i = 1; i <= 150; i++) {
		rig_meet(&rig, i);
		old[i - 1] = i;
	}
	for (m = 0; m < 120; m++)
		rig_minute(&rig, old, m < 30 ? 150 : 100);
	for (i = 1000; i < 1000 + BOOK_REACHED + 2000; i++)
		reach(i);
	assert_int_equal(rig_count(&rig), BOOK_REACHED);
	/* In the minutes in which they came nobody could push out another. */
	assert_int_equal(
	    have(1000, 1000 + BOOK_REACHED + 1999), BOOK_REACHED - 100);
	assert_int_equal(have(1, 100), 100);
	assert_int_equal(have(101, 150), 0);
	/* Later each newcomer pushes out one of these. */
	for (m = 0; m < 3; m++)
		rig_minute(&rig, NULL, 0);
	for (i = 50000; i < 52000; i++)
		reach(i);
	assert_int_equal(have(50000, 51999), 2000);
	assert_int_equal(have(1, 100), 100);
	assert_int_equal(rig_count(&rig), BOOK_REACHED);
}

/* Who has been here for long goes only when it does not answer any more. */
static void
those_of_long_are_tested_first(void **state)
{
	static unsigned all[BOOK_REACHED];
	unsigned i, m;

	(void)state;
	rig.idle = true;
	for (i = 0; i < BOOK_REACHED; i++) {
		all[i] = i + 1;
		reach(i + 1);
	}
	for (m = 0; m < 60; m++)
		rig_minute(&rig, all, BOOK_REACHED);
	for (m = 0; m < 3; m++)
		rig_minute(&rig, NULL, 0);
	reach(50000);
	assert_null(rig_entry(&rig, 50000));
	for (i = 0; i < 3; i++) {
		reach(50000);
		assert_null(rig_entry(&rig, 50000));
		book_tried(rig.b, rig_key(7), false, rig.now);
	}
	reach(50000);
	assert_true(rig_entry(&rig, 50000)->reached);
	assert_null(rig_entry(&rig, 7));
	assert_int_equal(rig_count(&rig), BOOK_REACHED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_teller_pushes_out_only_its_own),
		TEST(one_network_pushes_out_only_its_own),
		TEST(in_a_network_the_loudest_lose),
		TEST(many_tellers_leave_the_lists),
		TEST(the_loudest_teller_loses),
		TEST(what_a_person_said_stays),
		TEST(limits_hold_whatever_comes),
		TEST(moving_in_is_no_way_round),
		TEST(better_ones_stay),
		TEST(those_of_long_are_tested_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
