#include "book/book.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/bookrig.h"

#define MANY 400 /* tunnels and picks that a test may have */

static struct rig rig;
static struct book_tunnel tun[MANY];
static size_t n_tun;
static struct book_entry got[MANY];

static int
setup(void **state)
{
	rig_setup(&rig, 7, state);
	n_tun = 0;
	return 0;
}

static void
hear_at(struct book_source src, unsigned n, struct addr at)
{
	const struct record rec = rig_record(&rig, n, 1, &at, 1);

	assert_int_equal(rig_heard(&rig, src, &rec), BOOK_NEW);
}

static void
configure(unsigned max_peers, bool dial)
{
	const struct book_config cfg = { max_peers, dial };

	book_set_config(rig.b, &cfg);
}

static unsigned
pick(unsigned max, struct mono *ret_at)
{
	return book_pick(rig.b, tun, n_tun, got, max, rig.now, ret_at);
}

static unsigned
picks(void)
{
	struct mono at;

	return pick(MANY, &at);
}

/* What was picked becomes a trial. */
static void
dial(const struct book_entry *e)
{
	struct book_tunnel *t = &tun[n_tun++];

	assert_true(n_tun <= MANY);
	memset(t, 0, sizeof(*t));
	memcpy(t->key, e->key, RECORD_KEY);
	t->trial = true;
	t->dialled = true;
	t->at = e->proven.port != 0 ? e->proven : e->ep[0];
	t->source = e->source;
}

static void
dial_all(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		dial(&got[i]);
}

static void
answer(struct book_tunnel *t)
{
	book_reached(rig.b, t->key, t->source, &t->at, true, rig.now, rig.wall);
	book_tried(rig.b, t->key, true, rig.now);
	t->trial = false;
	t->live = true;
}

static void
hang_up(size_t i)
{
	tun[i] = tun[--n_tun];
}

static void
inbound(unsigned n, struct addr at)
{
	struct book_tunnel *t = &tun[n_tun++];

	assert_true(n_tun <= MANY);
	memset(t, 0, sizeof(*t));
	memcpy(t->key, rig_key(n), RECORD_KEY);
	t->live = true;
	t->at = at;
	t->source = RIG_SELF;
	book_reached(rig.b, t->key, RIG_SELF, &at, false, rig.now, rig.wall);
}

static bool
picked(unsigned from, unsigned n, unsigned key)
{
	unsigned i;

	for (i = from; i < n; i++)
		if (memcmp(got[i].key, rig_key(key), RECORD_KEY) == 0)
			return true;
	return false;
}

static struct addr
in_group(unsigned a, unsigned b, unsigned n)
{
	const uint8_t ip[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)(n >> 8),
		(uint8_t)n };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

/* --- how many ---------------------------------------------------------------
 */

static void
nobody_without_leave(void **state)
{
	struct mono at;
	unsigned i;

	(void)state;
	for (i = 1; i <= 50; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	configure(32, false);
	assert_int_equal(pick(MANY, &at), 0);
	assert_true(mono_is_never(at));
	configure(0, true);
	assert_int_equal(pick(MANY, &at), 0);
	assert_true(mono_is_never(at));
	configure(1, true);
	assert_int_equal(pick(MANY, &at), 1);
}

static void
half_is_left_to_those_who_dial_us(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	assert_int_equal(picks(), 16);
	dial_all(16);
	assert_int_equal(picks(), 0);
	for (i = 0; i < 16; i++)
		answer(&tun[i]);
	assert_int_equal(picks(), 0);
	hang_up(3);
	assert_int_equal(picks(), 1);
}

static void
never_more_than_all(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	for (i = 300; i < 325; i++)
		inbound(i, rig_place(i));
	assert_int_equal(picks(), 7); /* of 32 */
}

static void
configured_ones_do_not_count(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	for (i = 300; i < 350; i++) {
		inbound(i, rig_place(i));
		tun[n_tun - 1].configured = true;
	}
	assert_int_equal(picks(), 16);
}

static void
more_than_asked_for_come_at_once(void **state)
{
	struct mono at;
	unsigned i;

	(void)state;
	for (i = 1; i <= 50; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	assert_int_equal(pick(10, &at), 10);
	assert_int_equal(at.us, rig.now.us);
	dial_all(10);
	assert_int_equal(pick(10, &at), 6);
	dial_all(6);
	assert_int_equal(pick(10, &at), 0);
	assert_true(mono_before(rig.now, at));
}

static void
nobody_twice(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 10; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	assert_int_equal(picks(), 10);
	assert_int_equal(picks(), 0); /* under way, though not in the list */
	for (i = 0; i < 10; i++)
		book_tried(rig.b, got[i].key, true, rig.now);
	assert_int_equal(picks(), 0); /* not so soon */
	rig_pass(&rig, 60);
	assert_int_equal(picks(), 10);
}

/* --- who --------------------------------------------------------------------
 */

static void
anchors_then_known_then_others(void **state)
{
	unsigned up[BOOK_ANCHORS], i;

	(void)state;
	for (i = 1; i <= 5; i++) {
		rig_meet(&rig, i);
		up[i - 1] = i;
	}
	for (i = 0; i < 10; i++)
		rig_minute(&rig, up, 5);
	rig_restart(&rig);
	for (i = 10; i < 13; i++) {
		const struct addr at = rig_place(i);

		book_reached(rig.b, rig_key(i), rig_teller(9), &at, true,
		    rig.now, rig.wall);
	}
	for (i = 100; i < 200; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	assert_int_equal(picks(), 16);
	for (i = 1; i <= 5; i++)
		assert_true(picked(0, 5, i));
	for (i = 10; i < 13; i++)
		assert_true(picked(5, 8, i));
}

/* Two of a network, as long as there are others. */
static void
two_of_a_network_while_there_are_others(void **state)
{
	unsigned i, n = 0, sybils = 0;

	(void)state;
	for (i = 1; i <= 30; i++)
		hear_at(rig_teller(i), i, in_group(198, 51, i));
	for (i = 100; i < 130; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	n = picks();
	for (i = 0; i < n; i++)
		sybils += got[i].ep[0].ip[12] == 198;
	assert_int_equal(n, 16);
	assert_in_range(sybils, 0, 2);
}

static void
more_of_a_network_when_there_are_no_others(void **state)
{
	unsigned i, n;

	(void)state;
	for (i = 1; i <= 30; i++)
		hear_at(rig_teller(i), i, in_group(198, 51, i));
	for (i = 100; i < 105; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	n = picks();
	assert_int_equal(n, 12);
	for (i = 100; i < 105; i++)
		assert_true(picked(0, 7, i));
	/* A quarter of the places is kept: who comes later finds one. */
	dial_all(n);
	for (i = 0; i < n; i++)
		answer(&tun[i]);
	assert_int_equal(picks(), 0);
	for (i = 105; i < 115; i++)
		hear_at(rig_teller(i), i, rig_place(i));
	n = picks();
	assert_int_equal(n, 4);
	for (i = 0; i < n; i++)
		assert_int_not_equal(got[i].ep[0].ip[12], 198);
}

/* A network with many entries is not dialled more than one with a few. */
static void
networks_are_alike(void **state)
{
	unsigned runs, i, sybils = 0;

	(void)state;
	configure(2, true);
	for (runs = 0; runs < 400; runs++) {
		rig_fini(&rig);
		rig_init(&rig, runs);
		configure(2, true);
		for (i = 1; i <= 32; i++)
			hear_at(rig_teller(i), i, in_group(198, 51, i));
		for (i = 100; i < 109; i++)
			hear_at(rig_teller(i), i, rig_place(i));
		assert_int_equal(picks(), 1);
		sybils += got[0].ep[0].ip[12] == 198;
	}
	/* 40 are to be expected: one network of ten. */
	assert_in_range(sybils, 15, 70);
}

/* Nor one of whom somebody told a lot. */
static void
sources_are_alike(void **state)
{
	unsigned runs, i, loud = 0;

	(void)state;
	for (runs = 0; runs < 400; runs++) {
		rig_fini(&rig);
		rig_init(&rig, runs);
		configure(2, true);
		for (i = 1; i <= 200; i++)
			hear_at(rig_teller(1), i, rig_place(i));
		for (i = 201; i <= 203; i++)
			hear_at(RIG_LIST, i, rig_place(i));
		assert_int_equal(picks(), 1);
		loud += got[0].source.from == BOOK_FROM_PEER;
	}
	assert_in_range(loud, 150, 250);
}

/* A quarter of all from one source, half when there are no others. */
static void
one_source_is_not_all(void **state)
{
	unsigned i, n, from_list = 0;

	(void)state;
	for (i = 1; i <= 100; i++)
		hear_at(RIG_LIST, i, rig_place(i));
	for (i = 101; i <= 150; i++)
		hear_at(rig_teller(i % 3), i, rig_place(i));
	n = picks();
	assert_int_equal(n, 16);
	for (i = 0; i < n; i++)
		from_list += got[i].source.from == BOOK_FROM_LIST;
	assert_in_range(from_list, 0, 8);
}

static void
one_source_alone_is_half(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 100; i++)
		hear_at(RIG_LIST, i, rig_place(i));
	assert_int_equal(picks(), 16);
}

static void
who_has_no_address_is_not_dialled(void **state)
{
	const struct addr nat = { .port = 0 };

	(void)state;
	book_reached(
	    rig.b, rig_key(1), RIG_SELF, &nat, false, rig.now, rig.wall);
	assert_int_equal(picks(), 0);
}

/* --- again ------------------------------------------------------------------
 */

/* Seconds until that one is picked, at most so many; somebody else is up. */
static unsigned
wait_for(unsigned n, unsigned most)
{
	const struct addr at = rig_place(9999);
	unsigned s, i, k;
	bool mine;

	for (s = 0; s < most; s += 10) {
		book_reached(rig.b, rig_key(9999), RIG_SELF, &at, false,
		    rig.now, rig.wall);
		i = picks();
		for (mine = false, k = 0; k < i; k++) {
			if (memcmp(got[k].key, rig_key(n), RECORD_KEY) == 0)
				mine = true;
			else
				book_tried(rig.b, got[k].key, true, rig.now);
		}
		if (mine)
			return s;
		rig_pass(&rig, 10);
	}
	return most;
}

static void
failures_are_tried_ever_more_rarely(void **state)
{
	static const unsigned expected[] = { 60, 120, 240, 480, 960, 1920, 3840,
		7680, 15360, 30720, 61440, 86400, 86400 };
	unsigned i, s;

	(void)state;
	rig_meet(&rig, 1);
	rig_pass(&rig, 60);
	assert_int_equal(wait_for(1, 100), 0);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		book_tried(rig.b, rig_key(1), false, rig.now);
		assert_int_equal(rig_entry(&rig, 1)->fails, i + 1);
		s = wait_for(1, 200000);
		assert_in_range(s, expected[i] - 10, expected[i] + 10);
	}
	/* Once up for a minute, all is forgotten. */
	book_tried(rig.b, rig_key(1), true, rig.now);
	book_minute(rig.b, rig_key(1), true, 0, rig.wall);
	assert_int_equal(rig_entry(&rig, 1)->fails, 0);
}

static void
who_never_answers_is_dropped(void **state)
{
	const struct addr at = rig_at("192.0.2.1");
	unsigned i;

	(void)state;
	hear_at(RIG_LIST, 1, rig_place(1));
	book_heard_of(rig.b, RIG_USER, rig_key(2), &at, 1, rig.now);
	for (i = 0; i < 3; i++) {
		assert_non_null(rig_entry(&rig, 1));
		book_tried(rig.b, rig_key(1), false, rig.now);
		book_tried(rig.b, rig_key(2), false, rig.now);
	}
	assert_null(rig_entry(&rig, 1));
	assert_int_equal(rig_entry(&rig, 2)->fails, 3);
	/* Heard again it is one like any other. */
	hear_at(RIG_LIST, 1, rig_place(1));
	assert_int_equal(rig_entry(&rig, 1)->fails, 0);
}

static void
a_hundred_dead_ones_end(void **state)
{
	unsigned i, n, trials = 0;
	int s;

	(void)state;
	for (i = 1; i <= 100; i++)
		hear_at(RIG_LIST, i, rig_place(i));
	for (s = 0; s < 3600; s += 5) {
		n = picks();
		trials += n;
		for (i = 0; i < n; i++)
			book_tried(rig.b, got[i].key, false, rig.now);
		rig_pass(&rig, 5);
	}
	assert_int_equal(trials, 300);
	assert_int_equal(rig_count(&rig), 0);
	assert_int_equal(rig.saves, 0);
}

/* Our own line was down for a day: it is not they who are gone. */
static void
nobody_answers_and_then_one(void **state)
{
	const struct addr at = rig_place(1);
	unsigned i, n, s, trials = 0;

	(void)state;
	for (i = 1; i <= 16; i++)
		rig_meet(&rig, i);
	rig_pass(&rig, 700);
	for (s = 0; s < 86400; s += 10) {
		n = picks();
		for (i = 0; i < n; i++) {
			trials += s > 40000;
			book_tried(rig.b, got[i].key, false, rig.now);
		}
		rig_pass(&rig, 10);
	}
	/* Each one still each ten minutes. */
	assert_in_range(trials, 900, 16 * 80);
	book_reached(rig.b, rig_key(1), RIG_SELF, &at, true, rig.now, rig.wall);
	assert_int_equal(rig_entry(&rig, 2)->fails, rig_entry(&rig, 3)->fails);
	n = picks();
	assert_in_range(n, 15, 17);
}

/* In a day not so many as there is room to remember (test_book_dials.c). */
static void
trials_have_an_end(void **state)
{
	unsigned i, n, s, next = 1, trials = 0;

	(void)state;
	for (s = 0; s < 86400; s += 5) {
		for (i = 0; i < 8; i++, next++)
			hear_at(rig_teller(next % 30), next, rig_place(next));
		n = picks();
		trials += n;
		for (i = 0; i < n; i++)
			book_tried(rig.b, got[i].key, false, rig.now);
		rig_pass(&rig, 5);
	}
	assert_in_range(trials, 3500, 4096 - 100);
}

/* --- feelers ----------------------------------------------------------------
 */

static void
a_feeler_each_two_minutes(void **state)
{
	unsigned i, n, s, felt = 0, k, known = 0;
	struct mono at;

	(void)state;
	for (i = 1; i <= 200; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	n = picks();
	dial_all(n);
	for (i = 0; i < n; i++) {
		answer(&tun[i]);
		assert_false(book_is_feeler(rig.b, tun[i].key));
	}
	for (s = 0; s < 3600; s++) {
		n = pick(MANY, &at);
		assert_in_range(
		    at.us, rig.now.us + 1, rig.now.us + 120 * MONO_SEC);
		for (k = 0; k < n; k++) {
			assert_true(book_is_feeler(rig.b, got[k].key));
			known += got[k].reached;
			book_tried(rig.b, got[k].key, true, rig.now);
			assert_false(book_is_feeler(rig.b, got[k].key));
		}
		felt += n;
		rig_pass(&rig, 1);
	}
	assert_in_range(felt, 29, 30);
	assert_int_equal(known, 0); /* they are all up */
}

/* Those that we met are felt for now and then, or nobody would be told. */
static void
feelers_find_old_friends(void **state)
{
	unsigned i, n, s, old = 0, fresh = 0;

	(void)state;
	for (i = 1; i <= 16; i++) {
		hear_at(rig_teller(i), i, rig_place(i));
		dial(rig_entry(&rig, i));
		answer(&tun[i - 1]);
	}
	for (i = 50; i < 250; i++)
		rig_meet(&rig, i);
	for (i = 300; i < 500; i++)
		hear_at(rig_teller(i % 20), i, rig_place(i));
	for (i = 0; i < 721; i++)
		rig_minute(&rig, NULL, 0);
	for (s = 0; s < 12000; s += 120) {
		n = picks();
		for (i = 0; i < n; i++) {
			*(got[i].reached ? &old : &fresh) += 1;
			book_tried(rig.b, got[i].key, true, rig.now);
		}
		rig_pass(&rig, 120);
	}
	assert_in_range(old, 10, 45);
	assert_in_range(fresh, 55, 90);
}

/* --- eviction ---------------------------------------------------------------
 */

static void
age(unsigned n, unsigned minutes)
{
	while (minutes-- > 0)
		rig_minute(&rig, &n, 1);
}

static void
the_largest_network_gives_way(void **state)
{
	unsigned i;
	int v;

	(void)state;
	for (i = 1; i <= 8; i++)
		inbound(i, rig_place(i));
	for (i = 20; i < 24; i++)
		inbound(i, in_group(198, 51, i));
	age(20, 50);
	age(22, 40);
	age(23, 30);
	for (i = 1; i <= 8; i++)
		age(i, 60);
	v = book_evict(rig.b, tun, n_tun);
	assert_memory_equal(tun[v].key, rig_key(21), RECORD_KEY);
	/* One more of that network is the next itself, and so on. */
	hang_up((size_t)v);
	v = book_evict(rig.b, tun, n_tun);
	assert_memory_equal(tun[v].key, rig_key(23), RECORD_KEY);
}

static void
some_tunnels_never_give_way(void **state)
{
	unsigned i;

	(void)state;
	assert_int_equal(book_evict(rig.b, tun, 0), -1);
	inbound(1, rig_place(1));
	tun[0].configured = true;
	inbound(2, rig_place(2));
	tun[1].dialled = true;
	inbound(3, rig_place(3));
	tun[2].live = false;
	inbound(4, rig_place(4));
	age(4, BOOK_AGE_S / 60);
	assert_int_equal(book_evict(rig.b, tun, n_tun), -1);
	/* Of all others some that were here longest. */
	for (i = 10; i < 14; i++) {
		inbound(i, rig_place(i));
		age(i, i);
	}
	assert_int_equal(book_evict(rig.b, tun, n_tun), 4);
	hang_up(4);
	assert_int_equal(book_evict(rig.b, tun, n_tun), -1);
	inbound(50, rig_place(50));
	assert_int_equal(book_evict(rig.b, tun, n_tun), (int)n_tun - 1);
}

/* --- all of it --------------------------------------------------------------
 */

/* For a day things happen at random: no limit is ever broken. */
static void
limits_hold_in_a_day_of_weather(void **state)
{
	unsigned next = 1, i, k, n, out, feelers, hours = 0;
	struct mono at;

	(void)state;
	while (rig.now.us < UINT64_C(86400) * MONO_SEC) {
		for (i = 0; i < rng_below(&rig.rng, 3); i++, next++)
			hear_at(rig_teller(next % 9), next,
			    in_group(50, next % 70, next));
		n = pick(1 + (unsigned)rng_below(&rig.rng, 16), &at);
		for (i = 0; i < n; i++)
			if (rng_below(&rig.rng, 4) == 0)
				book_tried(rig.b, got[i].key, false, rig.now);
			else
				dial(&got[i]);
		out = feelers = 0;
		for (i = 0; i < n_tun; i++) {
			for (k = 0; k < i; k++)
				assert_memory_not_equal(
				    tun[k].key, tun[i].key, RECORD_KEY);
			if (book_is_feeler(rig.b, tun[i].key))
				feelers++;
			else if (tun[i].dialled)
				out++;
		}
		assert_in_range(out, 0, 16);
		for (i = (unsigned)n_tun; i-- > 0;) {
			size_t luck = rng_below(&rig.rng, 20);

			bool felt = book_is_feeler(rig.b, tun[i].key);

			if (tun[i].trial && luck < 10) {
				answer(&tun[i]);
				if (felt)
					hang_up(i);
			} else if (tun[i].trial) {
				book_tried(rig.b, tun[i].key, false, rig.now);
				hang_up(i);
			} else if (luck == 0) {
				hang_up(i);
			}
		}
		hours++;
		rig_pass(&rig, 20);
	}
	assert_true(hours > 4000);
	assert_in_range(n_tun, 8, 60);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_without_leave),
		TEST(half_is_left_to_those_who_dial_us),
		TEST(never_more_than_all),
		TEST(configured_ones_do_not_count),
		TEST(more_than_asked_for_come_at_once),
		TEST(nobody_twice),
		TEST(anchors_then_known_then_others),
		TEST(two_of_a_network_while_there_are_others),
		TEST(more_of_a_network_when_there_are_no_others),
		TEST(networks_are_alike),
		TEST(sources_are_alike),
		TEST(one_source_is_not_all),
		TEST(one_source_alone_is_half),
		TEST(who_has_no_address_is_not_dialled),
		TEST(failures_are_tried_ever_more_rarely),
		TEST(who_never_answers_is_dropped),
		TEST(a_hundred_dead_ones_end),
		TEST(nobody_answers_and_then_one),
		TEST(trials_have_an_end),
		TEST(a_feeler_each_two_minutes),
		TEST(feelers_find_old_friends),
		TEST(the_largest_network_gives_way),
		TEST(some_tunnels_never_give_way),
		TEST(limits_hold_in_a_day_of_weather),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
