#include "book/book.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/bookrig.h"

#define DAY 86400u
#define PARTIAL RECORD_ASK

static struct rig rig;

static int
setup(void **state)
{
	return rig_setup(&rig, 5, state);
}

static void
minutes(unsigned n, unsigned count)
{
	while (count-- > 0)
		rig_minute(&rig, &n, 1);
}

/* --- observed seconds -------------------------------------------------------
 */

static void
no_clock_makes_anybody_older(void **state)
{
	static const int64_t walls[] = { 0, 1, (int64_t)RIG_WALL - DAY,
		(int64_t)RIG_WALL + DAY, INT64_C(4291747200) /* 2106 */,
		INT64_MAX };
	uint32_t observed = 0;
	size_t i;

	(void)state;
	rig_meet(&rig, 1);
	for (i = 0; i < 600; i++) {
		rig.wall = (uint64_t)walls[i % 6];
		book_minute(rig.b, rig_key(1), i % 5 != 0, 1, rig.wall);
		book_minute_end(rig.b);
		observed += i % 5 != 0 ? 60 : 0;
		assert_int_equal(rig_entry(&rig, 1)->observed, observed);
	}
	assert_int_equal(book_watched(rig.b), 600);
	assert_int_equal(rig.watched, 600);
	assert_int_equal(uptime_hours(&rig_entry(&rig, 1)->uptime, 9), 80);
}

static void
a_minute_has_sixty_seconds(void **state)
{
	int i;

	(void)state;
	rig_meet(&rig, 1);
	for (i = 0; i < 100; i++)
		book_minute(rig.b, rig_key(1), true, 1, rig.wall);
	assert_int_equal(rig_entry(&rig, 1)->observed, 60);
	book_minute_end(rig.b);
	book_minute(rig.b, rig_key(1), true, 1, rig.wall);
	assert_int_equal(rig_entry(&rig, 1)->observed, 120);
}

static void
only_who_was_reached_is_observed(void **state)
{
	const struct addr at = rig_place(1);
	const struct record rec = rig_record(&rig, 1, 1, &at, 1);

	(void)state;
	rig_heard(&rig, RIG_SELF, &rec);
	book_minute(rig.b, rig_key(1), true, 1, rig.wall);
	book_minute(rig.b, rig_key(2), true, 1, rig.wall);
	book_minute_end(rig.b);
	assert_int_equal(rig_entry(&rig, 1)->observed, 0);
	assert_null(rig_entry(&rig, 2));
}

/* Whatever it says of itself: issued long ago, or with a high number. */
static void
a_lie_makes_nobody_older(void **state)
{
	const struct addr at = rig_place(1);
	struct record rec;

	(void)state;
	rig_meet(&rig, 1);
	rec = rig_record(&rig, 1, UINT64_MAX, &at, 1);
	rec.issued = rig.wall - RECORD_LIFE_S;
	strcpy(rec.name, "here since 1999");
	assert_int_equal(rig_heard(&rig, RIG_SELF, &rec), BOOK_NEWER);
	assert_int_equal(rig_entry(&rig, 1)->observed, 0);
	minutes(1, 1);
	assert_int_equal(rig_entry(&rig, 1)->observed, 60);
}

static void
three_days_are_4320_minutes(void **state)
{
	(void)state;
	rig_meet(&rig, 1);
	minutes(1, 4319);
	assert_true(rig_entry(&rig, 1)->observed < BOOK_AGE_S);
	rig_restart(&rig);
	assert_true(rig_entry(&rig, 1)->observed < BOOK_AGE_S);
	minutes(1, 1);
	assert_int_equal(rig_entry(&rig, 1)->observed, BOOK_AGE_S);
}

/* --- anchors ----------------------------------------------------------------
 */

static unsigned
anchors(unsigned ret[], unsigned of)
{
	unsigned i, n = 0;

	for (i = 1; i <= of; i++)
		if (rig_entry(&rig, i) != NULL && rig_entry(&rig, i)->anchor)
			ret[n++] = i;
	return n;
}

static void
anchors_are_who_is_up_longest(void **state)
{
	unsigned up[20], got[20], i, m;
	const struct addr at = rig_place(99);

	(void)state;
	for (i = 1; i <= 20; i++) {
		rig_meet(&rig, i);
		up[i - 1] = i;
	}
	/* Up longer than all, but it dialled us. */
	book_reached(
	    rig.b, rig_key(99), RIG_SELF, &at, false, rig.now, rig.wall);
	minutes(99, 100);
	for (m = 20; m >= 1; m--)
		rig_minute(&rig, up, m); /* number 1 has most */
	rig_minute(&rig, up, 20);
	assert_int_equal(anchors(got, 20), BOOK_ANCHORS);
	for (i = 0; i < BOOK_ANCHORS; i++)
		assert_int_equal(got[i], i + 1);
	assert_false(rig_entry(&rig, 99)->anchor);
	/* As soon as they are not up, others are. */
	for (i = 0; i < 15; i++)
		up[i] = 6 + i;
	rig_minute(&rig, up, 15);
	assert_int_equal(anchors(got, 20), BOOK_ANCHORS);
	assert_int_equal(got[0], 6);
	/* All the line is down: whom to try first is not forgotten. */
	for (m = 0; m < 100; m++)
		rig_minute(&rig, NULL, 0);
	assert_int_equal(anchors(got, 20), BOOK_ANCHORS);
	assert_int_equal(got[0], 6);
	rig_restart(&rig);
	assert_int_equal(anchors(got, 20), BOOK_ANCHORS);
	assert_int_equal(got[0], 6);
}

/* --- telling ----------------------------------------------------------------
 */

static unsigned
told(unsigned asker)
{
	const struct book_entry *e[PARTIAL];

	return book_tell(rig.b, rig_key(asker), e, PARTIAL, rig.wall);
}

static void
dead_ones_are_never_told_of(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 100; i++) {
		const struct addr at = rig_place(i);
		const struct record rec = rig_record(&rig, i, 1, &at, 1);

		rig_heard(
		    &rig, (struct book_source){ BOOK_FROM_LIST, 1 }, &rec);
		book_tried(rig.b, rig_key(i), i % 2 == 0, rig.now);
	}
	assert_int_equal(told(500), 0);
}

static void
only_where_it_says_is_told(void **state)
{
	const struct addr at = rig_place(1), other = rig_at("203.0.113.9:1");
	const struct addr nat = { .port = 0 };
	struct record rec = rig_record(&rig, 1, 1, &at, 1);

	(void)state;
	/* Without a record. */
	book_reached(rig.b, rig_key(1), RIG_SELF, &at, true, rig.now, rig.wall);
	assert_int_equal(told(500), 0);
	rig_heard(&rig, RIG_SELF, &rec);
	assert_int_equal(told(500), 1);
	assert_int_equal(told(1), 0); /* not to itself */
	/* It says another place. */
	rec = rig_record(&rig, 1, 2, &other, 1);
	rig_heard(&rig, RIG_SELF, &rec);
	assert_int_equal(told(500), 0);
	book_reached(
	    rig.b, rig_key(1), RIG_SELF, &other, true, rig.now, rig.wall);
	assert_int_equal(told(500), 1);
	/* It came from behind a NAT: what is proven stays so. */
	book_reached(
	    rig.b, rig_key(1), RIG_SELF, &nat, false, rig.now, rig.wall);
	assert_int_equal(told(500), 1);
	/* One that was never anywhere else. */
	rec = rig_record(&rig, 2, 1, NULL, 0);
	rig_heard(&rig, RIG_SELF, &rec);
	book_reached(
	    rig.b, rig_key(2), RIG_SELF, &nat, false, rig.now, rig.wall);
	assert_int_equal(told(500), 1);
	/* It moves: dials us from where its new record says. */
	rec = rig_record(&rig, 1, 3, &at, 1);
	rig_heard(&rig, RIG_SELF, &rec);
	book_reached(
	    rig.b, rig_key(1), RIG_SELF, &at, false, rig.now, rig.wall);
	assert_int_equal(told(500), 1);
}

static void
told_for_a_day_after_the_last_contact(void **state)
{
	int i;

	(void)state;
	rig_meet(&rig, 1);
	minutes(1, 10);
	for (i = 0; i < 1439; i++)
		rig_minute(&rig, NULL, 0);
	assert_int_equal(told(500), 1);
	for (i = 0; i < 2; i++)
		rig_minute(&rig, NULL, 0);
	assert_int_equal(told(500), 0);
}

static void
seen_down_is_not_told(void **state)
{
	const struct addr at = rig_place(1);

	(void)state;
	rig_meet(&rig, 1);
	minutes(1, 10);
	assert_int_equal(told(500), 1);
	book_minute(rig.b, rig_key(1), false, 0, rig.wall);
	book_minute_end(rig.b);
	assert_int_equal(told(500), 0);
	minutes(1, 1);
	assert_int_equal(told(500), 1);
	book_tried(rig.b, rig_key(1), false, rig.now);
	assert_int_equal(told(500), 0);
	book_reached(rig.b, rig_key(1), RIG_SELF, &at, true, rig.now, rig.wall);
	assert_int_equal(told(500), 1);
	/* What was so in an earlier life may not be any more. */
	rig_restart(&rig);
	assert_int_equal(told(500), 0);
	minutes(1, 1);
	assert_int_equal(told(500), 1);
}

static void
out_of_time_is_not_told(void **state)
{
	(void)state;
	rig_meet(&rig, 1);
	assert_int_equal(told(500), 1);
	rig.wall += RECORD_LIFE_S + RECORD_SKEW_S;
	assert_int_equal(told(500), 1);
	rig.wall++;
	assert_int_equal(told(500), 0);
	rig.wall = 1000; /* no clock */
	assert_int_equal(told(500), 1);
}

/*
 * Each of 200 is in one answer of 20 as often as any other: within five
 * standard deviations. And 100 answers have all of them.
 */
static void
partial_lists_spread_all(void **state)
{
	const struct book_entry *e[PARTIAL];
	unsigned count[201] = { 0 }, i, k, ask, missing = 200;
	unsigned seen_at[201] = { 0 };

	(void)state;
	for (i = 1; i <= 200; i++)
		rig_meet(&rig, i);
	for (ask = 0; ask < 2000; ask++) {
		assert_int_equal(
		    book_tell(rig.b, rig_key(900), e, PARTIAL, rig.wall),
		    PARTIAL);
		for (i = 0; i < PARTIAL; i++) {
			for (k = 0; k < i; k++)
				assert_ptr_not_equal(e[i], e[k]);
			k = e[i]->ep[0].ip[13]; /* rig_place() */
			assert_in_range(k, 1, 200);
			if (count[k]++ == 0) {
				missing--;
				seen_at[k] = ask;
			}
		}
		if (ask == 99)
			assert_int_equal(missing, 0);
	}
	for (i = 1; i <= 200; i++) {
		assert_in_range(count[i], 200 - 67, 200 + 67);
		assert_in_range(seen_at[i], 0, 99);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_clock_makes_anybody_older),
		TEST(a_minute_has_sixty_seconds),
		TEST(only_who_was_reached_is_observed),
		TEST(a_lie_makes_nobody_older),
		TEST(three_days_are_4320_minutes),
		TEST(anchors_are_who_is_up_longest),
		TEST(dead_ones_are_never_told_of),
		TEST(only_where_it_says_is_told),
		TEST(told_for_a_day_after_the_last_contact),
		TEST(seen_down_is_not_told),
		TEST(out_of_time_is_not_told),
		TEST(partial_lists_spread_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
