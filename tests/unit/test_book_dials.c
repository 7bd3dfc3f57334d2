#include "book/book.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/bookrig.h"

#define TARGETS 16384 /* that a book remembers */
#define MODEL 400

static struct rig rig;

static int
setup(void **state)
{
	const struct addr at = rig_at("203.0.113.200");

	rig_setup(&rig, 4, state);
	book_heard_of(rig.b, RIG_LIST, rig_key(1), &at, 1, rig.now);
	return 0;
}

static bool
may_for(unsigned n, const struct addr *to)
{
	return book_may_dial(rig.b, rig_key(n), to, rig.now);
}

/* For one that a list told of. */
static bool
may(const char *to)
{
	const struct addr a = rig_at(to);

	return may_for(1, &a);
}

static void
three_and_then_a_day_of_silence(void **state)
{
	unsigned i, sent = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(may("192.0.2.1:7469"));
		rig_pass(&rig, 100);
	}
	/* Another port is no other victim. */
	assert_false(may("192.0.2.1:7469"));
	assert_false(may("192.0.2.1:1"));
	for (i = 0; i < 86400 - 200; i += 100) {
		sent += may("192.0.2.1:7469");
		rig_pass(&rig, 100);
	}
	assert_int_equal(sent, 0);
	rig_pass(&rig, 100);
	assert_true(may("192.0.2.1:7469"));
}

/* Neither does he get more who asks for it slowly. */
static void
no_more_at_any_pace(void **state)
{
	static const unsigned every[] = { 1, 10, 61, 250, 301, 601, 3600 };
	size_t k;
	unsigned s, sent;

	(void)state;
	for (k = 0; k < sizeof(every) / sizeof(every[0]); k++) {
		char to[32];

		snprintf(to, sizeof(to), "192.0.2.%zu:7469", k + 1);
		sent = 0;
		for (s = 0; s < 80000; s += every[k]) {
			sent += may(to);
			rig_pass(&rig, every[k]);
		}
		assert_int_equal(sent, 3);
	}
}

/* Keys are made for nothing: they leave one to those that a list names. */
static void
rumours_do_not_silence_an_address(void **state)
{
	const struct addr at = rig_at("192.0.2.1:7469");

	(void)state;
	book_heard_of(rig.b, rig_teller(7), rig_key(2), &at, 1, rig.now);
	assert_true(may_for(2, &at));
	assert_true(may_for(9, &at)); /* nobody has heard of that one */
	assert_false(may_for(2, &at));
	assert_false(may_for(9, &at));
	assert_true(may_for(1, &at));
	assert_false(may_for(1, &at));
	/* The list may tell of it later, too. */
	rig_pass(&rig, 86400);
	assert_true(may_for(2, &at));
	assert_true(may_for(2, &at));
	assert_false(may_for(2, &at));
	book_heard_of(rig.b, RIG_LIST, rig_key(2), &at, 1, rig.now);
	assert_true(may_for(2, &at));
}

static void
who_answers_is_no_victim(void **state)
{
	const struct addr at = rig_at("192.0.2.1:7469");
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(may("192.0.2.1:7469"), i < 3);
	book_reached(
	    rig.b, rig_key(1), rig_teller(7), &at, true, rig.now, rig.wall);
	for (i = 0; i < 4; i++)
		assert_int_equal(may("192.0.2.1:7470"), i < 3);
}

static void
an_ipv6_site_is_one(void **state)
{
	(void)state;
	assert_true(may("[2001:db8:1:2::1]:7469"));
	assert_true(may("[2001:db8:1:2::2]:7469"));
	assert_true(may("[2001:db8:1:2:ffff::3]:7469"));
	assert_false(may("[2001:db8:1:2::4]:7469"));
	assert_true(may("[2001:db8:1:3::1]:7469"));
}

/* Of a network that has many addresses not each gets three. */
static void
a_site_of_many_is_one(void **state)
{
	struct addr v4 = rig_at("198.51.100.0:7469");
	struct addr v6 = rig_at("[2001:db8:7::1]:7469");
	unsigned i, got4 = 0, got6 = 0;

	(void)state;
	for (i = 0; i < 3 * 250; i++) {
		v4.ip[15] = (uint8_t)(1 + i % 250);
		v6.ip[7] = (uint8_t)(i % 250);
		got4 += may_for(1, &v4);
		rig_pass(&rig, 1);
		got6 += may_for(1, &v6);
		rig_pass(&rig, 1);
	}
	assert_int_equal(got4, 24);
	assert_int_equal(got6, 24);
	assert_true(may("198.51.101.1"));
	assert_true(may("[2001:db8:8::1]"));
	/* One that answers gives back what it got, and no more. */
	v4.ip[15] = 1;
	book_reached(
	    rig.b, rig_key(3), rig_teller(7), &v4, true, rig.now, rig.wall);
	v4.ip[15] = 200;
	assert_true(may_for(1, &v4));
	assert_false(may_for(1, &v4));
	rig_pass(&rig, 86400);
	assert_true(may_for(1, &v4));
}

static void
nowhere_is_not_dialled(void **state)
{
	struct addr a = rig_at("192.0.2.1:7469");

	(void)state;
	a.port = 0;
	assert_false(may_for(1, &a));
	assert_false(may("0.0.0.0:7469"));
	assert_false(may("[::]:7469"));
}

/* Each of 10000 keys says that it lives where the victim does. */
static void
ten_thousand_records_make_no_weapon(void **state)
{
	const struct addr victim = rig_at("198.51.100.7:53");
	struct book_entry e[16];
	unsigned i, n, k, sent = 0, trials = 0;
	struct mono at;

	(void)state;
	for (i = 10; i <= 10000; i++) {
		const struct book_source src = { BOOK_FROM_PEER, i % 40 };
		struct record rec = rig_record(&rig, i, 1, &victim, 1);

		rec.ep[0].port = (uint16_t)i;
		rig_heard(&rig, src, &rec);
		if (i % 10 != 0)
			continue;
		n = book_pick(rig.b, NULL, 0, e, 16, rig.now, &at);
		for (k = 0; k < n; k++) {
			trials++;
			sent += memcmp(e[k].ep[0].ip, victim.ip, 16) == 0 &&
			    book_may_dial(
				rig.b, e[k].key, &e[k].ep[0], rig.now);
			book_tried(rig.b, e[k].key, false, rig.now);
		}
		rig_pass(&rig, 30);
	}
	assert_in_range(trials, 2, 100); /* no place for what sends nothing */
	assert_int_equal(sent, BOOK_DIALS - 1);
}

static void
never_more_than_fifty_a_second(void **state)
{
	unsigned s, i, n = 0, sent[20] = { 0 };

	(void)state;
	for (s = 0; s < 20; s++) {
		for (i = 0; i < 400; i++) {
			const struct addr a = rig_place(++n);

			sent[s] += may_for(1, &a);
			rig.now = mono_add(rig.now, MONO_SEC / 400);
		}
		assert_in_range(sent[s], 29, BOOK_DIAL_RATE);
	}
}

/* A limit that holds is not forgotten for a new one, however many there are. */
static void
a_full_table_refuses_new_ones(void **state)
{
	unsigned n, sent = 0;
	struct addr a;

	(void)state;
	for (n = 0; n < 3 * TARGETS; n++) {
		a = rig_place(n);
		sent += may_for(1, &a);
		rig.now = mono_add(rig.now, MONO_SEC / 25);
	}
	assert_int_equal(sent, TARGETS);
	/* The first ones have two left, still. */
	a = rig_place(0);
	assert_true(may_for(1, &a));
	assert_true(may_for(1, &a));
	assert_false(may_for(1, &a));
	/* An answer makes room for one. */
	a = rig_place(1);
	book_reached(
	    rig.b, rig_key(1), rig_teller(7), &a, true, rig.now, rig.wall);
	a = rig_place(3 * TARGETS);
	assert_true(may_for(1, &a));
	a = rig_place(3 * TARGETS + 1);
	assert_false(may_for(1, &a));
	rig_pass(&rig, 86400);
	assert_true(may_for(1, &a));
}

/* What each address got, the simple way. */
struct model {
	unsigned n[MODEL];
	uint64_t last[MODEL];
	uint64_t free_at; /* when the next slot of the rate begins */
};

static bool
model_may(struct model *m, unsigned i, uint64_t now)
{
	uint64_t at = m->free_at < now ? now : m->free_at;

	if (m->n[i] > 0 && now - m->last[i] >= UINT64_C(86400) * MONO_SEC)
		m->n[i] = 0;
	if (m->n[i] >= BOOK_DIALS || at - now > UINT64_C(19) * 33333)
		return false;
	m->free_at = at + 33333;
	m->n[i]++;
	m->last[i] = now;
	return true;
}

static void
is_what_a_table_of_all_says(void **state)
{
	static struct model m;
	unsigned i, k;

	(void)state;
	memset(&m, 0, sizeof(m));
	for (i = 0; i < 200000; i++) {
		unsigned to = (unsigned)rng_below(&rig.rng, MODEL);
		struct addr a = rig_place(to);

		a.port = (uint16_t)(1 + rng_below(&rig.rng, 65535));
		assert_int_equal(may_for(1, &a), model_may(&m, to, rig.now.us));
		if (i % 5000 == 0) {
			k = (unsigned)rng_below(&rig.rng, MODEL);
			a = rig_place(k);
			book_reached(rig.b, rig_key(k + 1), rig_teller(7), &a,
			    true, rig.now, rig.wall);
			m.n[k] = 0;
		}
		rig.now = mono_add(
		    rig.now, rng_below(&rig.rng, i % 3 == 0 ? 10000000 : 5000));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(three_and_then_a_day_of_silence),
		TEST(no_more_at_any_pace),
		TEST(rumours_do_not_silence_an_address),
		TEST(who_answers_is_no_victim),
		TEST(an_ipv6_site_is_one),
		TEST(a_site_of_many_is_one),
		TEST(nowhere_is_not_dialled),
		TEST(ten_thousand_records_make_no_weapon),
		TEST(never_more_than_fifty_a_second),
		TEST(a_full_table_refuses_new_ones),
		TEST(is_what_a_table_of_all_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
