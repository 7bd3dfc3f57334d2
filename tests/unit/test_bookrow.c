/* What the address book saves comes back as it was; nothing else comes. */
#include "vplamad/bookrow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static struct addr
some_addr(struct rng *r)
{
	uint8_t ip[16] = { 0x20, 0x01 };
	size_t len = rng_below(r, 2) ? 16 : 4;

	if (len == 4)
		ip[0] = 198;
	rng_fill(r, ip + 2, len - 2);
	return addr_from_ip(ip, len, (uint16_t)(1 + rng_below(r, 65535)));
}

static void
some_record(struct rng *r, struct book_entry *e)
{
	struct record rec = { .seq = rng_next(r),
		.issued = 1800000000,
		.life = 3600,
		.load = 7,
		.n_ep = 1 };
	static uint8_t raw[RECORD_MAX];
	size_t len;

	memcpy(rec.key, e->key, RECORD_KEY);
	rec.ep[0] = some_addr(r);
	strcpy(rec.name, "tower");
	len = record_write(&rec, raw);
	assert_true(len > 0);
	rng_fill(r, raw + len, RECORD_SIG);
	e->record = raw;
	e->record_len = (uint16_t)(len + RECORD_SIG);
}

static struct book_entry
some_entry(struct rng *r)
{
	struct book_entry e;
	unsigned i;

	memset(&e, 0, sizeof(e));
	rng_fill(r, e.key, sizeof(e.key));
	e.source.from = (uint8_t)rng_below(r, BOOK_FROMS);
	e.source.which = (uint32_t)rng_next(r);
	e.n_ep = (unsigned)rng_below(r, RECORD_ENDPOINTS + 1);
	for (i = 0; i < e.n_ep; i++)
		e.ep[i] = some_addr(r);
	e.reached = rng_below(r, 2);
	e.dialled = rng_below(r, 2);
	e.anchor = rng_below(r, 2);
	if (rng_below(r, 2))
		e.proven = some_addr(r);
	e.observed = (uint32_t)rng_next(r);
	e.rtt_us = (uint32_t)rng_next(r);
	e.fails = (uint32_t)rng_next(r);
	e.first_at = (int64_t)(rng_next(r) >> 2);
	e.last_at = (int64_t)(rng_next(r) >> 2);
	uptime_init(&e.uptime, 5);
	for (i = 6; i < 200; i++)
		uptime_minute(&e.uptime, i, rng_below(r, 2));
	if (rng_below(r, 2))
		some_record(r, &e);
	return e;
}

static void
same_uptime(const struct uptime *a, const struct uptime *b)
{
	uint8_t x[UPTIME_BYTES], y[UPTIME_BYTES];
	size_t n = uptime_write(a, x);

	assert_int_equal(uptime_write(b, y), n);
	assert_memory_equal(x, y, n);
}

static void
same_entry(const struct book_entry *a, const struct book_entry *b)
{
	unsigned i;

	assert_memory_equal(a->key, b->key, RECORD_KEY);
	assert_int_equal(a->source.from, b->source.from);
	assert_int_equal(a->source.which, b->source.which);
	assert_int_equal(a->n_ep, b->n_ep);
	for (i = 0; i < a->n_ep; i++)
		assert_true(addr_equal(&a->ep[i], &b->ep[i]));
	assert_int_equal(a->reached, b->reached);
	assert_int_equal(a->dialled, b->dialled);
	assert_int_equal(a->anchor, b->anchor);
	assert_true(addr_equal(&a->proven, &b->proven));
	assert_int_equal(a->observed, b->observed);
	assert_int_equal(a->rtt_us, b->rtt_us);
	assert_int_equal(a->fails, b->fails);
	assert_true(a->first_at == b->first_at && a->last_at == b->last_at);
	assert_int_equal(a->record_len, b->record_len);
	assert_memory_equal(a->record, b->record, a->record_len);
	same_uptime(&a->uptime, &b->uptime);
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(1);
	struct bookrow_buf buf;
	struct store_rec row;
	unsigned i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct book_entry e = some_entry(&r), back;

		bookrow_from_entry(&e, &row, &buf);
		assert_int_equal(row.kind, STORE_PEER);
		assert_false(row.gone);
		assert_true(bookrow_to_entry(&row, &back));
		same_entry(&e, &back);
	}
}

/* An entry with all there can be. */
static struct book_entry
full_entry(struct rng *r)
{
	struct book_entry e;

	do
		e = some_entry(r);
	while (e.n_ep < 2 || e.proven.port == 0 || e.record_len == 0);
	return e;
}

/* Each blob cut anywhere where that leaves no whole address or nothing. */
static void
truncated(void **state)
{
	struct rng r = rng_seeded(2);
	struct book_entry e = full_entry(&r), back;
	struct bookrow_buf buf;
	struct store_rec row, cut;
	size_t len;

	(void)state;
	bookrow_from_entry(&e, &row, &buf);
	for (len = 0; len < row.u.peer.ep.len; len++) {
		cut = row;
		cut.u.peer.ep.len = len;
		assert_int_equal(
		    bookrow_to_entry(&cut, &back), len % STORE_ADDR == 0);
	}
	for (len = 1; len < row.u.peer.proven.len; len++) {
		cut = row;
		cut.u.peer.proven.len = len;
		assert_false(bookrow_to_entry(&cut, &back));
	}
	for (len = 0; len < row.u.peer.uptime.len; len++) {
		cut = row;
		cut.u.peer.uptime.len = len;
		assert_false(bookrow_to_entry(&cut, &back));
	}
	/* what comes before its first field that may lack */
	for (len = 1; len < RECORD_SIG + RECORD_KEY; len++) {
		cut = row;
		cut.u.peer.record.len = len;
		assert_false(bookrow_to_entry(&cut, &back));
	}
}

static void
senseless(void **state)
{
	struct rng r = rng_seeded(3);
	struct book_entry e = full_entry(&r), back;
	uint8_t many[(RECORD_ENDPOINTS + 1) * STORE_ADDR];
	struct bookrow_buf buf;
	struct store_rec row;

	(void)state;
	memset(many, 0x20, sizeof(many));
	bookrow_from_entry(&e, &row, &buf);
	row.u.peer.ep = (struct store_blob){ many, sizeof(many) };
	assert_false(bookrow_to_entry(&row, &back));
	row.u.peer.ep.len -= STORE_ADDR;
	assert_true(bookrow_to_entry(&row, &back));
	row.u.peer.from = BOOK_FROMS;
	assert_false(bookrow_to_entry(&row, &back));
	row.u.peer.from = 0;
	row.u.peer.key[0] ^= 1; /* somebody else's words */
	assert_false(bookrow_to_entry(&row, &back));
	row.u.peer.key[0] ^= 1;
	memset(buf.proven, 0, sizeof(buf.proven)); /* no address */
	assert_false(bookrow_to_entry(&row, &back));
}

static void
revocations(void **state)
{
	struct revoke what = { .issued = 1800000000, .reason = REVOKE_STOLEN };
	struct book_revoked r, back;
	struct store_rec row;

	(void)state;
	memset(what.key, 3, sizeof(what.key));
	memset(what.by, 4, sizeof(what.by));
	memset(&r, 0, sizeof(r));
	revoke_write(&what, r.raw);
	memcpy(r.key, what.key, sizeof(r.key));
	bookrow_from_revoked(&r, 1800000001, &row);
	assert_int_equal(row.kind, STORE_REVOKED);
	assert_int_equal(row.at, 1800000001);
	assert_true(bookrow_to_revoked(&row, &back));
	assert_memory_equal(&r, &back, sizeof(r));
	row.u.revoked.raw.len--;
	assert_false(bookrow_to_revoked(&row, &back));
	row.u.revoked.raw.len++;
	row.u.revoked.key[31] ^= 1;
	assert_false(bookrow_to_revoked(&row, &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(truncated),
		cmocka_unit_test(senseless),
		cmocka_unit_test(revocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
