#include "book/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "book/proven.h"
#include "tests/entrycopy.h"
#include "tests/unit/bookrig.h"

static struct rig rig;

static int
setup(void **state)
{
	return rig_setup(&rig, 3, state);
}

static enum book_news
hear(struct book_source src, unsigned n, uint64_t seq)
{
	const struct addr at = rig_place(n);
	const struct record rec = rig_record(&rig, n, seq, &at, 1);

	return rig_heard(&rig, src, &rec);
}

static enum book_news
hear_of(struct book_source src, unsigned n, const char *at)
{
	const struct addr a = rig_at(at);

	return book_heard_of(rig.b, src, rig_key(n), &a, 1, rig.now);
}

static bool
revoke_as(unsigned n, unsigned by, bool by_person)
{
	struct book_revoked r;
	struct revoke v = { .issued = rig.wall, .reason = REVOKE_STOLEN };

	memset(&r, 0, sizeof(r));
	memcpy(v.key, rig_key(n), RECORD_KEY);
	memcpy(v.by, rig_key(by), RECORD_KEY);
	memcpy(r.key, v.key, RECORD_KEY);
	revoke_write(&v, r.raw);
	return book_revoke(rig.b, &r, by_person);
}

static bool
revoke(unsigned n, unsigned by)
{
	return revoke_as(n, by, false);
}

/* --- records ----------------------------------------------------------------
 */

static void
the_higher_number_holds(void **state)
{
	struct record rec;
	struct addr at = rig_place(1), other = rig_at("203.0.113.9:1000");

	(void)state;
	assert_int_equal(hear(RIG_LIST, 1, 10), BOOK_NEW);
	assert_int_equal(hear(rig_teller(7), 1, 10), BOOK_KNOWN);
	assert_int_equal(hear(rig_teller(7), 1, 9), BOOK_KNOWN);
	rec = rig_record(&rig, 1, 11, &other, 1);
	assert_int_equal(rig_heard(&rig, rig_teller(7), &rec), BOOK_NEWER);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &other));
	assert_int_equal(rig_entry(&rig, 1)->n_ep, 1);
	assert_int_equal(hear(RIG_LIST, 1, 10), BOOK_KNOWN);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &other));
	/* Who told first is still the source. */
	assert_int_equal(rig_entry(&rig, 1)->source.from, BOOK_FROM_LIST);
	rec = rig_record(&rig, 1, UINT64_MAX, &at, 1);
	assert_int_equal(rig_heard(&rig, rig_teller(7), &rec), BOOK_NEWER);
	assert_int_equal(hear(RIG_LIST, 1, UINT64_MAX - 1), BOOK_KNOWN);
}

static void
two_of_one_number_do_not_fight(void **state)
{
	struct addr at = rig_place(1), other = rig_at("203.0.113.9:1000");
	struct record a, b;
	int i;

	(void)state;
	a = rig_record(&rig, 1, 5, &at, 1);
	b = rig_record(&rig, 1, 5, &other, 1);
	assert_int_equal(rig_heard(&rig, RIG_LIST, &a), BOOK_NEW);
	for (i = 0; i < 100; i++) {
		assert_int_equal(
		    rig_heard(&rig, rig_teller(7), &b), BOOK_CLASH);
		assert_int_equal(
		    rig_heard(&rig, rig_teller(7), &a), BOOK_KNOWN);
		assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &at));
	}
}

/* Whatever comes in whatever order: the first of the highest number is kept. */
static void
any_order_ends_at_the_highest(void **state)
{
	uint64_t best[20] = { 0 };
	unsigned i, n;

	(void)state;
	for (i = 0; i < 5000; i++) {
		uint64_t seq = 1 + rng_below(&rig.rng, 50);
		enum book_news news;

		n = 1 + (unsigned)rng_below(&rig.rng, 19);
		news = hear(i % 2 ? RIG_LIST : rig_teller(7), n, seq);
		if (best[n] == 0)
			assert_int_equal(news, BOOK_NEW);
		else if (seq > best[n])
			assert_int_equal(news, BOOK_NEWER);
		else
			assert_int_equal(news, BOOK_KNOWN);
		if (seq > best[n])
			best[n] = seq;
		if (i % 100 == 0) {
			struct record r;
			const uint8_t *sig;
			size_t len;
			const struct book_entry *e = rig_entry(&rig, n);

			assert_true(record_parse(
			    e->record, e->record_len, &r, &len, &sig));
			assert_int_equal(r.seq, best[n]);
		}
	}
	assert_int_equal(rig_count(&rig), 19);
}

static void
out_of_time_is_refused(void **state)
{
	struct addr at = rig_place(1);
	struct record rec = rig_record(&rig, 1, 5, &at, 1);

	(void)state;
	rec.issued = rig.wall - RECORD_LIFE_S - RECORD_SKEW_S - 1;
	assert_int_equal(rig_heard(&rig, RIG_LIST, &rec), BOOK_REFUSED);
	rec.issued = rig.wall + RECORD_SKEW_S + 1;
	assert_int_equal(rig_heard(&rig, RIG_LIST, &rec), BOOK_REFUSED);
	rec.issued = rig.wall;
	rec.life = 10;
	rig_pass(&rig, 10 + RECORD_SKEW_S + 1);
	assert_int_equal(rig_heard(&rig, RIG_LIST, &rec), BOOK_REFUSED);
	assert_int_equal(rig_count(&rig), 0);
	/* Without a clock nothing is: the handshake will tell. */
	rig.wall = 1000;
	assert_int_equal(rig_heard(&rig, RIG_LIST, &rec), BOOK_NEW);
}

static void
our_own_key_is_no_entry(void **state)
{
	struct addr at = rig_place(1);

	(void)state;
	assert_int_equal(hear(RIG_LIST, 0, 5), BOOK_REFUSED);
	assert_int_equal(hear(RIG_SELF, 0, 5), BOOK_REFUSED);
	assert_int_equal(hear_of(RIG_USER, 0, "192.0.2.1"), BOOK_REFUSED);
	book_reached(rig.b, rig_key(0), RIG_SELF, &at, true, rig.now, rig.wall);
	assert_int_equal(rig_count(&rig), 0);
}

static void
who_cannot_be_dialled_must_have_come(void **state)
{
	struct record rec = rig_record(&rig, 1, 5, NULL, 0);
	struct addr nat = { .port = 0 };

	(void)state;
	assert_int_equal(rig_heard(&rig, RIG_LIST, &rec), BOOK_REFUSED);
	assert_int_equal(rig_heard(&rig, rig_teller(7), &rec), BOOK_REFUSED);
	assert_int_equal(rig_heard(&rig, RIG_SELF, &rec), BOOK_NEW);
	book_reached(
	    rig.b, rig_key(1), RIG_SELF, &nat, false, rig.now, rig.wall);
	assert_true(rig_entry(&rig, 1)->reached);
	assert_int_equal(rig_entry(&rig, 1)->proven.port, 0);
	assert_int_not_equal(rig_entry(&rig, 1)->record_len, 0);
}

/* --- addresses without a record ---------------------------------------------
 */

static void
others_name_no_address_of_ours(void **state)
{
	static const char *const bad[] = { "127.0.0.1:7469", "[::1]:7469",
		"224.0.0.1:7469", "0.0.0.0:7469", "[ff02::1]:7469",
		"[fe80::1]:7469" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    hear_of(RIG_LIST, 1 + (unsigned)i, bad[i]), BOOK_REFUSED);
	assert_int_equal(hear_of(RIG_USER, 1, "127.0.0.1:7469"), BOOK_NEW);
}

static void
nobody_moves_an_entry_by_saying_so(void **state)
{
	struct addr at = rig_at("192.0.2.1:7469");
	struct addr other = rig_at("203.0.113.9:7469");

	(void)state;
	assert_int_equal(hear_of(RIG_LIST, 1, "192.0.2.1"), BOOK_NEW);
	assert_int_equal(hear_of(rig_teller(7), 1, "192.0.2.1"), BOOK_KNOWN);
	/* One more place to try; the first stays. */
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.9"), BOOK_NEWER);
	assert_int_equal(rig_entry(&rig, 1)->n_ep, 2);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &at));
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.10"), BOOK_NEWER);
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.11"), BOOK_NEWER);
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.12"), BOOK_KNOWN);
	/* What failed gives way. */
	book_tried(rig.b, rig_key(1), false, rig.now);
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.12"), BOOK_NEWER);
	assert_int_equal(rig_entry(&rig, 1)->n_ep, 1);
	assert_int_equal(rig_entry(&rig, 1)->fails, 0);
	/* The owner's word goes before all. */
	assert_int_equal(hear(rig_teller(7), 1, 1), BOOK_NEWER);
	assert_int_equal(hear_of(RIG_LIST, 1, "203.0.113.9"), BOOK_KNOWN);
	assert_int_equal(hear_of(RIG_USER, 1, "203.0.113.9"), BOOK_NEWER);
	assert_int_equal(rig_entry(&rig, 1)->n_ep, 1);
	other = rig_place(1);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &other));
}

/* It is dialled without a limit: nobody else says where that is. */
static void
what_a_person_typed_stays(void **state)
{
	struct addr at = rig_at("192.0.2.1:7469");

	(void)state;
	assert_int_equal(hear_of(RIG_USER, 1, "192.0.2.1"), BOOK_NEW);
	assert_int_equal(hear_of(RIG_LIST, 1, "203.0.113.9"), BOOK_KNOWN);
	book_tried(rig.b, rig_key(1), false, rig.now);
	assert_int_equal(hear_of(RIG_LIST, 1, "203.0.113.9"), BOOK_KNOWN);
	assert_int_equal(hear_of(rig_teller(7), 1, "203.0.113.9"), BOOK_KNOWN);
	assert_int_equal(rig_entry(&rig, 1)->n_ep, 1);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &at));
	/* But for himself, and the owner. */
	assert_int_equal(hear_of(RIG_USER, 1, "192.0.2.2"), BOOK_NEWER);
	assert_int_equal(hear(rig_teller(7), 1, 1), BOOK_NEWER);
	at = rig_place(1);
	assert_true(addr_equal(&rig_entry(&rig, 1)->ep[0], &at));
}

/* --- the store --------------------------------------------------------------
 */

static void
what_is_only_heard_is_not_written(void **state)
{
	(void)state;
	hear(RIG_LIST, 1, 5);
	hear_of(rig_teller(7), 2, "192.0.2.2");
	assert_int_equal(rig.saves, 0);
	hear_of(RIG_USER, 3, "192.0.2.3");
	assert_non_null(rig_row(&rig, 3));
	hear_of(RIG_USER, 2, "192.0.2.2");
	assert_non_null(rig_row(&rig, 2));
	assert_int_equal(rig.urgent, 2);
	rig_meet(&rig, 1);
	assert_int_equal(rig.urgent, 3);
	assert_non_null(rig_row(&rig, 1));
}

static void
same(const struct book_entry *a, const struct book_entry *b)
{
	assert_memory_equal(a->key, b->key, RECORD_KEY);
	assert_int_equal(a->source.from, b->source.from);
	assert_int_equal(a->source.which, b->source.which);
	assert_int_equal(a->n_ep, b->n_ep);
	assert_memory_equal(a->ep, b->ep, a->n_ep * sizeof(a->ep[0]));
	assert_int_equal(a->reached, b->reached);
	assert_int_equal(a->dialled, b->dialled);
	assert_true(addr_equal(&a->proven, &b->proven));
	assert_int_equal(a->anchor, b->anchor);
	assert_int_equal(a->observed, b->observed);
	assert_int_equal(a->rtt_us, b->rtt_us);
	assert_int_equal(a->fails, b->fails);
	assert_int_equal(a->first_at, b->first_at);
	assert_int_equal(a->last_at, b->last_at);
	assert_memory_equal(&a->uptime, &b->uptime, sizeof(a->uptime));
	assert_int_equal(a->record_len, b->record_len);
	assert_memory_equal(a->record, b->record, a->record_len);
}

static void
all_of_it_survives_a_restart(void **state)
{
	unsigned up[60];
	struct book_entry was;
	uint8_t raw[RECORD_MAX];
	unsigned i, m;

	(void)state;
	for (i = 1; i <= 60; i++) {
		rig_meet(&rig, i);
		up[i - 1] = i;
	}
	for (m = 0; m < 200; m++)
		rig_minute(&rig, up, 60 - m % 60);
	hear_of(RIG_USER, 100, "192.0.2.3");
	entry_copy(&was, raw, rig_entry(&rig, 17));
	rig_restart(&rig);
	assert_int_equal(rig_count(&rig), 61);
	assert_int_equal(book_watched(rig.b), 200);
	same(rig_entry(&rig, 17), &was);
	for (i = 1; i <= 60; i++)
		same(rig_entry(&rig, i), rig_row(&rig, i));
	assert_int_equal(hear(RIG_LIST, 17, 0), BOOK_KNOWN);
	assert_int_equal(hear(RIG_LIST, 17, 2), BOOK_NEWER);
}

static void
damaged_rows_do_no_harm(void **state)
{
	struct book_entry e;
	uint8_t raw[RECORD_MAX] = { 0 };
	struct rng *g = &rig.rng;
	int i;

	(void)state;
	rig_meet(&rig, 1);
	for (i = 0; i < 3000; i++) {
		size_t at;

		entry_copy(&e, raw, rig_entry(&rig, 1));
		rng_fill(g, e.key, sizeof(e.key));
		e.source.from = (uint8_t)rng_below(g, 8);
		e.n_ep = (unsigned)rng_below(g, 9);
		e.record_len = (uint16_t)rng_below(g, 600);
		at = rng_below(g, sizeof(raw));
		raw[at] ^= (uint8_t)(1 + rng_below(g, 255));
		e.reached = i % 2 == 0;
		book_restore(rig.b, &e);
	}
	assert_in_range(rig_count(&rig), 100, 2000);
	memcpy(&e, rig_entry(&rig, 1), sizeof(e));
	memcpy(e.key, rig_key(0), RECORD_KEY);
	book_restore(rig.b, &e); /* ourselves */
	assert_null(rig_entry(&rig, 0));
}

/* --- revocations ------------------------------------------------------------
 */

static void
revoked_is_for_ever(void **state)
{
	struct addr at = rig_place(1);

	(void)state;
	rig_meet(&rig, 1);
	assert_true(revoke(1, 1));
	assert_false(revoke(1, 1));
	assert_false(revoke(1, 2));
	assert_null(rig_entry(&rig, 1));
	assert_null(rig_row(&rig, 1));
	assert_int_equal(rig.n_revoked, 1);
	assert_int_equal(hear(RIG_LIST, 1, 100), BOOK_REFUSED);
	assert_int_equal(hear_of(RIG_USER, 1, "192.0.2.1"), BOOK_REFUSED);
	book_reached(rig.b, rig_key(1), RIG_SELF, &at, true, rig.now, rig.wall);
	assert_null(rig_entry(&rig, 1));
	rig_restart(&rig);
	assert_true(book_is_revoked(rig.b, rig_key(1)));
	assert_false(revoke(1, 1));
	assert_int_equal(hear(RIG_LIST, 1, 101), BOOK_REFUSED);
}

static void
a_flood_of_revocations_leaves_room(void **state)
{
	unsigned i, kept = 0;
	size_t pos = 0;

	(void)state;
	rig_meet(&rig, 1);
	rig_meet(&rig, 2);
	for (i = 1000; i < 1000 + 2 * BOOK_REVOKED; i++)
		kept += revoke(i, i); /* keys of their own */
	assert_int_equal(kept, BOOK_REVOKED / 2);
	/* Nor is it worth more to have dialled us with such a key. */
	for (i = 500; i < 510; i++) {
		const struct addr at = rig_place(i);

		book_reached(
		    rig.b, rig_key(i), RIG_SELF, &at, false, rig.now, rig.wall);
		assert_false(revoke(i, i));
	}
	/* A person has all of the room. */
	assert_true(revoke_as(511, 511, true));
	assert_true(revoke(1, 1));	/* whom we know */
	assert_true(revoke(600, 9999)); /* an authority's */
	for (i = 20000; i < 20000 + 2 * BOOK_REVOKED; i++)
		kept += revoke(i, 9999);
	assert_in_range(kept, BOOK_REVOKED - 3, BOOK_REVOKED - 3);
	/* No room: it is not news, but the entry goes. */
	assert_false(revoke(2, 2));
	assert_null(rig_entry(&rig, 2));
	assert_false(revoke_as(512, 512, true));
	for (i = 0; book_each_revoked(rig.b, &pos) != NULL; i++)
		;
	assert_int_equal(i, BOOK_REVOKED);
	assert_true(book_is_revoked(rig.b, rig_key(1000)));
}

/* One of few, some of them private. */
static struct addr
some_place(void)
{
	static const char *const net[][2] = { { "198.51.100.", ":7469" },
		{ "198.51.101.", ":7469" }, { "203.0.113.", ":99" },
		{ "10.9.9.", ":7469" }, { "[2001:db8::", "]:7469" },
		{ "[fd00::", "]:7469" } };
	size_t i = rng_below(&rig.rng, 6);
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "%s%zu%s", net[i][0],
	    rng_below(&rig.rng, 9), net[i][1]);
	return rig_at(text);
}

static void
something_happens(void)
{
	unsigned n = 1 + (unsigned)rng_below(&rig.rng, 40);
	struct addr at = some_place();
	size_t what = rng_below(&rig.rng, 400);

	if (what < 2)
		revoke(n, n);
	else if (what < 12)
		rig_restart(&rig);
	else if (what < 80)
		book_tried(rig.b, rig_key(n), false, rig.now);
	else if (what < 150)
		book_heard_of(rig.b, RIG_LIST, rig_key(n), &at, 1, rig.now);
	else
		book_reached(rig.b, rig_key(n), RIG_LIST, &at,
		    rng_below(&rig.rng, 3) > 0, rig.now, rig.wall);
}

static unsigned
dialled_in(const struct prefix *p)
{
	size_t pos = 0;
	unsigned n = 0;
	const struct addr *a;

	while ((a = book_proven_in(rig.b, p, &pos)) != NULL) {
		assert_true(prefix_has_addr(p, a));
		n++;
	}
	return n;
}

static unsigned
dialled_in_slowly(const struct prefix *p)
{
	const struct book_entry *e;
	size_t pos = 0;
	unsigned n = 0;

	while ((e = book_each(rig.b, &pos)) != NULL)
		n += e->reached && e->dialled && e->fails < 3 &&
		    e->proven.port != 0 && !addr_is_private(&e->proven) &&
		    prefix_has_addr(p, &e->proven);
	return n;
}

static void
where_entries_answered(void **state)
{
	static const char *const nets[] = { "198.51.100.0/24", "198.0.0.0/8",
		"198.51.101.3/32", "203.0.113.4/30", "10.0.0.0/8",
		"2001:db8::/64", "2001:db8::4/128", "fc00::/7" };
	unsigned i, k, hits = 0;
	struct prefix p;

	(void)state;
	for (i = 0; i < 4000; i++) {
		something_happens();
		for (k = 0; k < 8; k++) {
			assert_null(prefix_parse(nets[k], &p));
			assert_int_equal(dialled_in(&p), dialled_in_slowly(&p));
			hits += dialled_in(&p);
		}
	}
	assert_true(hits > 4000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_higher_number_holds),
		TEST(two_of_one_number_do_not_fight),
		TEST(any_order_ends_at_the_highest),
		TEST(out_of_time_is_refused),
		TEST(our_own_key_is_no_entry),
		TEST(who_cannot_be_dialled_must_have_come),
		TEST(others_name_no_address_of_ours),
		TEST(nobody_moves_an_entry_by_saying_so),
		TEST(what_a_person_typed_stays),
		TEST(what_is_only_heard_is_not_written),
		TEST(all_of_it_survives_a_restart),
		TEST(damaged_rows_do_no_harm),
		TEST(where_entries_answered),
		TEST(revoked_is_for_ever),
		TEST(a_flood_of_revocations_leaves_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
