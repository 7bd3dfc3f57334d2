/* What others say must neither aim our trials at anybody nor hide anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "book/book.h"
#include "tests/unit/bookrig.h"

#define MANY 32

static struct rig rig;
static struct book_entry got[MANY];

static int
setup(void **state)
{
	rig_setup(&rig, 9, state);
	rig.idle = true;
	return 0;
}

static unsigned
picks(void)
{
	struct mono at;

	return book_pick(rig.b, NULL, 0, got, MANY, rig.now, &at);
}

static void
hear_at(struct book_source src, unsigned n, const struct addr *at)
{
	const struct record rec = rig_record(&rig, n, 1, at, 1);

	assert_int_equal(rig_heard(&rig, src, &rec), BOOK_NEW);
}

static void
reach(unsigned n, const struct addr *at)
{
	book_reached(rig.b, rig_key(n), RIG_SELF, at, true, rig.now, rig.wall);
}

/* Somebody else's record has used up what may be sent there. */
static void
who_was_not_asked_is_not_forgotten(void **state)
{
	const struct addr at = rig_place(1);
	unsigned s, n, tried = 0;

	(void)state;
	hear_at(rig_teller(1), 1, &at);
	hear_at(rig_teller(1), 2, &at);
	for (s = 0; s < 40000; s += 20) {
		n = picks();
		while (n-- > 0) {
			const uint8_t *key = got[n].key;

			tried++;
			if (!book_may_dial(rig.b, key, &at, rig.now))
				book_untried(rig.b, key);
			else if (book_may_dial(rig.b, key, &at, rig.now))
				book_tried(rig.b, key, false, rig.now);
		}
		rig_pass(&rig, 20);
	}
	assert_int_equal(tried, 2);
	assert_non_null(rig_entry(&rig, 1));
	assert_non_null(rig_entry(&rig, 2));
	assert_int_equal(
	    rig_entry(&rig, 1)->fails + rig_entry(&rig, 2)->fails, 1);
	rig_pass(&rig, 86400);
	assert_int_equal(picks(), 2);
}

/* Two days of trials in which only number 9999, elsewhere, answers. */
static unsigned
trials_that_fail(void)
{
	const struct addr other = rig_place(9999);
	unsigned i, n, s, trials = 0;

	for (s = 0; s < 2 * 86400; s += 30) {
		if (s % 300 == 0)
			reach(9999, &other);
		n = picks();
		for (i = 0; i < n; i++) {
			bool there =
			    memcmp(got[i].key, rig_key(9999), RECORD_KEY) == 0;

			trials += !there;
			book_tried(rig.b, got[i].key, there, rig.now);
		}
		rig_pass(&rig, 30);
	}
	return trials;
}

/* They have left it, and it is another's now. */
static void
an_address_is_left_alone_whatever_the_key(void **state)
{
	const struct addr at = rig_place(1);
	unsigned i;

	(void)state;
	for (i = 1; i <= 2000; i++)
		reach(i, &at);
	assert_in_range(trials_that_fail(), 4, 20);
	/* Somebody is there again. */
	book_answers(rig.b, &at);
	assert_in_range(picks(), 2, 16);
}

static void
an_ipv6_site_is_left_alone(void **state)
{
	struct addr at = rig_at("[2001:db8:1:2::1]:7469");
	unsigned i;

	(void)state;
	for (i = 1; i <= 2000; i++) {
		at.ip[14] = (uint8_t)(i >> 8);
		at.ip[15] = (uint8_t)i;
		reach(i, &at);
	}
	assert_in_range(trials_that_fail(), 4, 20);
}

/* Those that answered once may not lead us anywhere for nothing either. */
static void
who_was_met_pays_for_new_places(void **state)
{
	unsigned i, k, n, s, elsewhere = 0, proven = 0;

	(void)state;
	for (i = 1; i <= 1500; i++) {
		const struct addr ep[] = { rig_place(i), rig_place(i + 5000),
			rig_place(i + 10000), rig_place(i + 15000) };
		const struct record rec = rig_record(&rig, i, 1, ep, 4);

		reach(i, &ep[0]);
		assert_int_equal(rig_heard(&rig, RIG_SELF, &rec), BOOK_NEWER);
	}
	for (s = 0; s < 86400; s += 20) {
		n = picks();
		for (i = 0; i < n; i++) {
			for (k = 0; k < got[i].n_ep; k++)
				elsewhere +=
				    !addr_equal(&got[i].ep[k], &got[i].proven);
			proven += got[i].n_ep == 0;
			book_tried(rig.b, got[i].key, false, rig.now);
		}
		rig_pass(&rig, 20);
	}
	assert_in_range(elsewhere, 3000, 4 * (1024 + 2880));
	assert_true(proven > 1000); /* there they are tried all the same */
}

/* Behind one address there may be some. */
static void
neighbours_at_an_address_are_found(void **state)
{
	const struct addr at = rig_place(1);
	unsigned i;

	(void)state;
	for (i = 1; i <= 3; i++)
		reach(i, &at);
	rig_pass(&rig, 60);
	assert_int_equal(picks(), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_was_not_asked_is_not_forgotten),
		TEST(an_address_is_left_alone_whatever_the_key),
		TEST(an_ipv6_site_is_left_alone),
		TEST(who_was_met_pays_for_new_places),
		TEST(neighbours_at_an_address_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
