/* Who may be listed, who is, in which order: census and choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "book/book.h"
#include "crypto/prim.h"
#include "entry_rows.h"
#include "entryserver/choose.h"

#define NOW 1795300000u
#define MINUTES 5000u
#define ANY 1u /* number of a vnode */

static const uint8_t secret[16] = "sixteen bytes..";

static void
begin(struct census *c, uint64_t now)
{
	struct store_rec watch = rows_watch(MINUTES, (int64_t)now);

	census_begin(c, now);
	census_rec(c, &watch);
}

static void
add(struct census *c, unsigned i)
{
	struct row_vnode v;

	row_vnode(&v, i, MINUTES, NOW);
	census_rec(c, &v.rec);
}

/* A store with that one vnode, at that time. */
static struct census
alone(struct row_vnode *v, uint64_t now)
{
	struct census c;

	row_seal(v);
	begin(&c, now);
	census_rec(&c, &v->rec);
	census_end(&c);
	return c;
}

/* It is not listed, for that reason and no other. */
static void
left_for(struct row_vnode *v, uint64_t now, enum left_out why)
{
	struct census c = alone(v, now);
	struct entry_list l = { .n = 9 };

	for (unsigned i = 0; i < LEFT_KINDS; i++)
		assert_int_equal(c.left[i], i == why);
	choose(&c, 10, secret, &l);
	assert_int_equal(l.n, 0);
	free(l.server);
	census_fini(&c);
}

static void
listed_at(struct row_vnode *v, uint64_t now)
{
	struct census c = alone(v, now);

	assert_int_equal(c.n, 1);
	census_fini(&c);
}

static void
good_one_is_listed(void **state)
{
	const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 9 };
	struct row_vnode v;
	struct census c;
	struct entry_list l;
	struct entry_server *s;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	v.record.ep[0] = addr_from_ip(v6, 16, 7000);
	v.record.ep[1] = v.proven;
	v.record.n_ep = 2;
	v.record.load = 42;
	c = alone(&v, NOW);
	choose(&c, 10, secret, &l);
	assert_int_equal(l.n, 1);
	s = &l.server[0];
	assert_memory_equal(s->key, v.id.ed_pk, RECORD_KEY);
	assert_int_equal(s->n_ep, 2);
	assert_true(addr_equal(&s->ep[0], &v.proven)); /* proven first */
	assert_true(addr_equal(&s->ep[1], &v.record.ep[0]));
	assert_string_equal(s->name, "vnode-1");
	assert_true(s->up);
	assert_int_equal(s->load, 42);
	assert_int_equal(s->observed, MINUTES * 60);
	assert_int_equal(s->first_seen, NOW - MINUTES * 60);
	assert_int_equal(s->rtt_us, 1010);
	assert_int_equal(s->uptime_7d, 100);
	assert_int_equal(s->day[ENTRY_DAYS - 1], 100);
	assert_int_equal(s->day[ENTRY_DAYS - 4], 100);
	assert_int_equal(s->day[0], ENTRY_NO_DAY); /* nobody watched yet */
	assert_int_equal(s->record_len, v.rec.u.peer.record.len);
	assert_memory_equal(s->record, v.raw, s->record_len);
	assert_int_equal(c.reached, 1);
	assert_int_equal(c.lasting, 1);
	free(l.server);
	census_fini(&c);
}

/* The proven address counts even where its record names another. */
static void
proven_is_listed_whatever_is_claimed(void **state)
{
	const uint8_t claimed[4] = { 203, 0, 113, 5 };
	struct row_vnode v;
	struct census c;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	v.record.ep[0] = addr_from_ip(claimed, 4, 7469);
	c = alone(&v, NOW);
	assert_int_equal(c.n, 1);
	assert_true(addr_equal(&c.candidate[0].server.ep[0], &v.proven));
	census_fini(&c);
}

static void
each_reason(void **state)
{
	static const uint8_t loop[4] = { 127, 0, 0, 1 };
	struct row_vnode v;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	v.rec.u.peer.dialled = false;
	left_for(&v, NOW, LEFT_UNPROVEN);
	row_vnode(&v, ANY, MINUTES, NOW);
	v.proven = addr_from_ip(loop, 4, 7469);
	left_for(&v, NOW, LEFT_UNPROVEN);
	row_vnode(&v, ANY, MINUTES, NOW);
	v.proven.port = 0;
	left_for(&v, NOW, LEFT_UNPROVEN);
	row_vnode(&v, ANY, MINUTES, NOW);
	v.rec.u.peer.observed = BOOK_AGE_S - 1;
	left_for(&v, NOW, LEFT_YOUNG);
	v.rec.u.peer.observed = BOOK_AGE_S;
	listed_at(&v, NOW);
	row_vnode(&v, ANY, MINUTES, NOW);
	v.record.flags = RECORD_STABLE;
	left_for(&v, NOW, LEFT_CONSENT);
	row_vnode(&v, ANY, MINUTES, NOW);
	left_for(
	    &v, v.record.issued + RECORD_LIFE_S + RECORD_SKEW_S + 1, LEFT_LATE);
	listed_at(&v, v.record.issued + RECORD_LIFE_S);
	left_for(&v, v.record.issued - RECORD_SKEW_S - 1, LEFT_LATE);
}

/* What the owner says of its age changes nothing, whatever it says. */
static void
lying_record(void **state)
{
	struct row_vnode v;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	v.rec.u.peer.observed = 60;
	v.rec.u.peer.first_at = 0;
	v.record.issued = 0;
	left_for(&v, NOW, LEFT_YOUNG);
	v.rec.u.peer.observed = BOOK_AGE_S;
	left_for(&v, NOW, LEFT_LATE);
}

static void
records_of_others(void **state)
{
	struct row_vnode v, other;
	struct census c;

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(v.raw); bit++) {
		row_vnode(&v, ANY, 4400, NOW);
		if (bit / 8 >= v.rec.u.peer.record.len)
			break;
		begin(&c, NOW);
		v.raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		census_rec(&c, &v.rec);
		census_end(&c);
		assert_int_equal(c.n, 0);
		census_fini(&c);
		bit += 40; /* a few hundred of them */
	}
	/* One whose signature holds, under another's key. */
	row_vnode(&v, ANY, MINUTES, NOW);
	row_vnode(&other, ANY + 1, MINUTES, NOW);
	v.rec.u.peer.record = other.rec.u.peer.record;
	begin(&c, NOW);
	census_rec(&c, &v.rec);
	v.rec.u.peer.record.len = 0;
	census_rec(&c, &v.rec);
	census_end(&c);
	assert_int_equal(c.left[LEFT_RECORD], 2);
	assert_int_equal(c.n, 0);
	census_fini(&c);
}

/* A signature of another network does not serve for this one. */
static void
record_of_another_network(void **state)
{
	struct store_rec watch = rows_watch(MINUTES, NOW);
	struct row_vnode v;
	struct census c;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	watch.u.watch.netid[0] ^= 1;
	census_begin(&c, NOW);
	census_rec(&c, &watch);
	census_rec(&c, &v.rec);
	census_end(&c);
	assert_int_equal(c.left[LEFT_RECORD], 1);
	census_fini(&c);
}

static void
revoked_in_any_order(void **state)
{
	struct store_rec revoked = { .kind = STORE_REVOKED };
	struct row_vnode v;
	struct census c;

	(void)state;
	for (int first = 0; first < 2; first++) {
		row_vnode(&v, 2, MINUTES, NOW);
		memcpy(revoked.u.revoked.key, v.id.ed_pk, STORE_KEY);
		begin(&c, NOW);
		if (first)
			census_rec(&c, &revoked);
		for (unsigned i = 0; i < 5; i++)
			add(&c, i);
		if (!first)
			census_rec(&c, &revoked);
		census_end(&c);
		assert_int_equal(c.n, 4);
		assert_int_equal(c.left[LEFT_REVOKED], 1);
		for (size_t i = 0; i < c.n; i++)
			assert_memory_not_equal(
			    c.candidate[i].server.key, v.id.ed_pk, RECORD_KEY);
		census_fini(&c);
	}
}

/* Silent for the last so many minutes of MINUTES. */
static void
silent_for(struct row_vnode *v, uint32_t silent)
{
	row_vnode(v, ANY, 0, NOW);
	for (uint32_t at = 1; at <= MINUTES; at++)
		uptime_minute(&v->uptime, at, at <= MINUTES - silent);
	v->rec.u.peer.observed = BOOK_AGE_S;
}

static void
reliability(void **state)
{
	struct row_vnode v;
	struct census c;

	(void)state;
	silent_for(&v, 10);
	c = alone(&v, NOW);
	assert_int_equal(c.n, 1); /* 10 of 480 minutes */
	assert_true(c.candidate[0].server.up);
	census_fini(&c);
	silent_for(&v, 17);
	c = alone(&v, NOW);
	assert_int_equal(c.n, 1);
	assert_false(c.candidate[0].server.up);
	census_fini(&c);
	silent_for(&v, 60); /* of 8 hours a seventh */
	left_for(&v, NOW, LEFT_SHAKY);
	/* Nobody has looked at it for months. */
	row_vnode(&v, ANY, 10, NOW);
	v.rec.u.peer.observed = BOOK_AGE_S;
	left_for(&v, NOW, LEFT_SHAKY);
	/* Met within the minute that runs, and written before it was counted.
	 */
	row_vnode(&v, ANY, MINUTES, NOW);
	v.uptime.up_at = MINUTES + 1;
	c = alone(&v, NOW);
	assert_true(c.candidate[0].server.up);
	census_fini(&c);
	row_vnode(&v, ANY, MINUTES + 1, NOW);
	c = alone(&v, NOW);
	assert_true(c.candidate[0].server.up);
	census_fini(&c);
	/* From a much later minute than there has been. */
	row_vnode(&v, ANY, MINUTES + 100, NOW);
	left_for(&v, NOW, LEFT_SHAKY);
}

/* What a list cannot say is not known. */
static void
senseless_rtt(void **state)
{
	struct row_vnode v;
	struct census c;

	(void)state;
	row_vnode(&v, ANY, MINUTES, NOW);
	v.rec.u.peer.rtt_us = UINT32_MAX;
	c = alone(&v, NOW);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.candidate[0].server.rtt_us, 0);
	census_fini(&c);
}

static void
clock_is_doubted(void **state)
{
	static const uint64_t wrong[] = { 0, RECORD_EPOCH - 1, NOW + 3 * 86400,
		NOW - 86400, 4294967295u };
	struct census c;

	(void)state;
	for (size_t w = 0; w <= sizeof(wrong) / sizeof(wrong[0]); w++) {
		bool right = w == sizeof(wrong) / sizeof(wrong[0]);

		begin(&c, right ? NOW : wrong[w]);
		for (unsigned i = 0; i < 5; i++)
			add(&c, i);
		census_end(&c);
		assert_int_equal(census_clock_holds(&c), right);
		census_fini(&c);
	}
	/* Two of five that are behind do not make ours wrong. */
	begin(&c, NOW);
	for (unsigned i = 0; i < 5; i++) {
		struct row_vnode v;

		row_vnode(&v, i, MINUTES, i < 2 ? NOW - 5 * 86400 : NOW);
		census_rec(&c, &v.rec);
	}
	census_end(&c);
	assert_int_equal(c.left[LEFT_LATE], 2);
	assert_true(census_clock_holds(&c));
	census_fini(&c);
}

/* --- choose -------------------------------------------------------------- */

static unsigned
rank_of(const struct entry_list *l, unsigned i)
{
	struct row_vnode v;
	unsigned at;

	row_vnode(&v, i, 0, NOW);
	for (at = 0; at < l->n; at++)
		if (memcmp(l->server[at].key, v.id.ed_pk, RECORD_KEY) == 0)
			break;
	return at;
}

static void
ranking(void **state)
{
	struct row_vnode v;
	struct entry_list l;
	struct census c;

	(void)state;
	begin(&c, NOW);
	add(&c, 3); /* 1030 us */
	add(&c, 0); /* 1000 us */
	row_vnode(&v, 1, MINUTES, NOW);
	v.rec.u.peer.rtt_us = 0; /* not known: behind all that are */
	census_rec(&c, &v.rec);
	silent_for(&v, 15); /* the fastest, and less reliable */
	memcpy(&v.rec.u.peer.key, v.id.ed_pk, STORE_KEY);
	row_vnode(&v, 2, MINUTES, NOW);
	v.rec.u.peer.rtt_us = 10;
	for (unsigned i = 0; i < UPTIME_HOURS; i++)
		v.uptime.hour[i] = 97;
	row_seal(&v);
	census_rec(&c, &v.rec);
	census_end(&c);
	choose(&c, 10, secret, &l);
	assert_int_equal(l.n, 4);
	assert_int_equal(rank_of(&l, 0), 0);
	assert_int_equal(rank_of(&l, 3), 1);
	assert_int_equal(rank_of(&l, 1), 2);
	assert_int_equal(rank_of(&l, 2), 3);
	free(l.server);
	census_fini(&c);
}

static void
add_at(struct census *c, unsigned i, const uint8_t *ip, size_t len)
{
	struct row_vnode v;

	row_vnode(&v, i, MINUTES, NOW);
	v.proven = addr_from_ip(ip, len, 7469);
	row_seal(&v);
	census_rec(c, &v.rec);
}

/* How many of len-byte addresses that differ in that byte alone are taken. */
static unsigned
taken(size_t len, size_t byte)
{
	uint8_t ip[16] = { 0x20, 1, 2, 3, 4, 5, 6, 7, [15] = 1 };
	struct entry_list l;
	struct census c;
	unsigned n;

	begin(&c, NOW);
	for (unsigned i = 0; i < 9; i++) {
		ip[byte] = (uint8_t)(100 + i);
		add_at(&c, i, ip, len);
	}
	census_end(&c);
	choose(&c, 100, secret, &l);
	n = l.n;
	assert_int_equal(c.left[LEFT_CROWD], 9 - n);
	assert_true(n == 0 || rank_of(&l, 0) == 0); /* the best of them */
	free(l.server);
	census_fini(&c);
	return n;
}

static void
networks(void **state)
{
	(void)state;
	assert_int_equal(taken(4, 3), CHOOSE_PER_NEAR);
	assert_int_equal(taken(4, 2), CHOOSE_PER_FAR);
	assert_int_equal(taken(4, 1), 9);
	assert_int_equal(taken(16, 15), CHOOSE_PER_NEAR);
	assert_int_equal(taken(16, 6), CHOOSE_PER_NEAR);
	assert_int_equal(taken(16, 5), CHOOSE_PER_FAR);
	assert_int_equal(taken(16, 4), CHOOSE_PER_FAR);
	assert_int_equal(taken(16, 3), 9);
}

static void
samples(void **state)
{
	enum { ALL = 300, MOST = 100, ROUNDS = 40 };
	unsigned seen[ALL] = { 0 };
	struct entry_list l;
	struct census c;

	(void)state;
	begin(&c, NOW);
	for (unsigned i = 0; i < ALL; i++)
		add(&c, i);
	census_end(&c);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint8_t lots[16] = { (uint8_t)round };

		c.left[LEFT_ROOM] = 0;
		choose(&c, MOST, lots, &l);
		assert_int_equal(l.n, MOST);
		assert_int_equal(c.left[LEFT_ROOM], ALL - MOST);
		for (unsigned at = 0; at < MOST; at++) {
			/* RTT names them, and is the order of the list. */
			unsigned who = (l.server[at].rtt_us - 1000) / 10;

			seen[who]++;
			assert_true(at == 0 ||
			    l.server[at - 1].rtt_us < l.server[at].rtt_us);
		}
		free(l.server);
	}
	/* 13 times each on average: none is always there, none never. */
	for (unsigned i = 0; i < ALL; i++)
		assert_in_range(seen[i], 2, 30);
	choose(&c, ALL, secret, &l);
	assert_int_equal(l.n, ALL);
	free(l.server);
	census_fini(&c);
}

static void
rows_of_no_use(void **state)
{
	struct store_rec rec = { .kind = STORE_MOVE };
	struct row_vnode v;
	struct census c;

	(void)state;
	/* Before anybody said whose store it is, no signature can be checked.
	 */
	row_vnode(&v, ANY, MINUTES, NOW);
	census_begin(&c, NOW);
	census_rec(&c, &v.rec);
	census_rec(&c, &rec);
	census_end(&c);
	assert_false(c.watched);
	assert_int_equal(c.n, 0);
	census_fini(&c);
	begin(&c, NOW);
	v.rec.u.peer.reached = false;
	census_rec(&c, &v.rec);
	census_end(&c);
	assert_int_equal(c.reached, 0);
	census_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_one_is_listed),
		cmocka_unit_test(proven_is_listed_whatever_is_claimed),
		cmocka_unit_test(each_reason),
		cmocka_unit_test(lying_record),
		cmocka_unit_test(records_of_others),
		cmocka_unit_test(record_of_another_network),
		cmocka_unit_test(revoked_in_any_order),
		cmocka_unit_test(reliability),
		cmocka_unit_test(senseless_rtt),
		cmocka_unit_test(clock_is_doubted),
		cmocka_unit_test(ranking),
		cmocka_unit_test(networks),
		cmocka_unit_test(samples),
		cmocka_unit_test(rows_of_no_use),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
