/* Records, revocations and questions: as bytes and back, nothing else taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "tests/unit/recgen.h"

#define HEAD 60 /* bytes of a record before its fields */

struct signed_record {
	uint8_t p[RECORD_MAX];
	size_t len;
};

static struct signed_record
made(const struct record *rec)
{
	struct signed_record s;

	s.len = record_write(rec, s.p);
	assert_int_not_equal(s.len, 0);
	memset(s.p + s.len, 0x5a, RECORD_SIG);
	s.len += RECORD_SIG;
	return s;
}

static bool
parses(const uint8_t *p, size_t len, struct record *ret)
{
	const uint8_t *sig;
	size_t n;
	bool ok = record_parse(p, len, ret, &n, &sig);

	if (ok) {
		assert_int_equal(n, len - RECORD_SIG);
		assert_ptr_equal(sig, p + n);
	} else {
		assert_null(sig);
		assert_int_equal(n, 0);
		assert_int_equal(ret->life, 0);
	}
	return ok;
}

static struct record
plain(void)
{
	struct record rec = { .life = 3600, .load = 5 };

	memset(rec.key, 7, sizeof(rec.key));
	return rec;
}

/* Does a record with these fields behind its head parse? */
static bool
with_fields(const void *fields, size_t len, struct record *ret)
{
	struct record rec = plain();
	struct signed_record s = made(&rec);

	assert_int_equal(s.len, HEAD + RECORD_SIG);
	assert_true(HEAD + len + RECORD_SIG <= RECORD_MAX);
	memcpy(s.p + HEAD, fields, len);
	memset(s.p + HEAD + len, 0, RECORD_SIG);
	return parses(s.p, HEAD + len + RECORD_SIG, ret);
}

static bool
with_field(uint8_t tag, const void *value, uint8_t len, struct record *ret)
{
	uint8_t p[2 + 255] = { tag, len };

	memcpy(p + 2, value, len);
	return with_fields(p, 2u + len, ret);
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(51);
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct record rec = recgen_record(&r), got;
		struct signed_record s = made(&rec), again;

		assert_true(parses(s.p, s.len, &got));
		assert_true(recgen_same(&rec, &got));
		again = made(&got);
		assert_int_equal(again.len, s.len);
		assert_memory_equal(again.p, s.p, s.len);
	}
}

static void
no_other_length_is_taken(void **state)
{
	struct rng r = rng_seeded(52);
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct record rec = recgen_record(&r), got;
		struct signed_record s = made(&rec);
		uint8_t longer[RECORD_MAX + 1];
		size_t cut;

		/* Cut between two fields it is a record still, that says less.
		 */
		for (cut = 0; cut < s.len; cut++)
			assert_false(
			    parses(s.p, cut, &got) && recgen_same(&rec, &got));
		memcpy(longer, s.p, s.len);
		longer[s.len] = 0;
		assert_false(
		    parses(longer, s.len + 1, &got) && recgen_same(&rec, &got));
	}
	for (i = 0; i < HEAD + RECORD_SIG; i++) {
		struct record rec = plain(), got;

		assert_false(parses(made(&rec).p, (size_t)i, &got));
	}
}

static void
the_head_has_its_bounds(void **state)
{
	static const struct {
		size_t at;
		uint8_t p[4];
		size_t len;
		bool ok;
	} cases[] = {
		{ 0, { 2 }, 1, false },
		{ 0, { 0 }, 1, false },
		{ 1, { 0 }, 1, false },
		{ 1, { 2 }, 1, false },
		{ 50, { 0, 0, 0, 0 }, 4, false },
		{ 50, { 0, 0, 0, 1 }, 4, true },
		{ 50, { 0, 0x02, 0xa3, 0x00 }, 4, true }, /* 172800 */
		{ 50, { 0, 0x02, 0xa3, 0x01 }, 4, false },
		{ 59, { 100 }, 1, true },
		{ 59, { 101 }, 1, false },
		{ 59, { 254 }, 1, false },
		{ 59, { 255 }, 1, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record rec = plain(), got;
		struct signed_record s = made(&rec);

		memcpy(s.p + cases[i].at, cases[i].p, cases[i].len);
		assert_int_equal(parses(s.p, s.len, &got), cases[i].ok);
	}
}

static void
unknown_flags_and_fields_are_skipped(void **state)
{
	static const uint8_t fields[] = { 0, 0, 200, 3, 1, 2, 3, 3, 2, 'h', 'i',
		200, 1, 9, 9, 0, 255, 2, 0, 0 };
	struct record rec = plain(), got;
	struct signed_record s = made(&rec);

	(void)state;
	s.p[58] = 0xff;
	assert_true(parses(s.p, s.len, &got));
	assert_int_equal(got.flags, RECORD_PUBLIC | RECORD_STABLE);
	assert_true(with_fields(fields, sizeof(fields), &got));
	assert_string_equal(got.name, "hi");
}

static void
endpoints_can_be_dialled(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "192.0.2.1:7469", true },
		{ "10.0.0.1:1", true },
		{ "223.255.255.255:65535", true },
		{ "0.0.0.0:7469", false },
		{ "0.1.2.3:7469", false },
		{ "127.0.0.1:7469", false },
		{ "169.254.1.1:7469", false },
		{ "224.0.0.1:7469", false },
		{ "240.0.0.1:7469", false },
		{ "255.255.255.255:7469", false },
		{ "[2001:db8::1]:7469", true },
		{ "[fd00::1]:7469", true },
		{ "[::]:7469", false },
		{ "[::1]:7469", false },
		{ "[fe80::1]:7469", false },
		{ "[ff02::1]:7469", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record rec = plain(), got;
		uint8_t p[18], out[RECORD_MAX];
		struct wr w = wr_of(p, sizeof(p));
		struct addr a;
		size_t alen;

		assert_true(addr_parse(cases[i].text, 0, &a));
		alen = addr_is_v4(&a) ? 4 : 16;
		wr_bytes(&w, a.ip + 16 - alen, alen);
		wr_be16(&w, a.port);
		assert_int_equal(
		    with_field(1, p, (uint8_t)w.len, &got), cases[i].ok);
		if (cases[i].ok)
			assert_true(
			    got.n_ep == 1 && addr_equal(&got.ep[0], &a));
		rec.ep[rec.n_ep++] = a;
		assert_int_equal(record_write(&rec, out) > 0, cases[i].ok);
		memset(p + alen, 0, 2); /* the port */
		assert_false(with_field(1, p, (uint8_t)w.len, &got));
		rec.ep[0].port = 0;
		assert_int_equal(record_write(&rec, out), 0);
		rec.ep[0].port = 1;
		rec.ep[0].scope = 2;
		assert_int_equal(record_write(&rec, out), 0);
	}
}

static void
endpoints_have_two_lengths(void **state)
{
	uint8_t p[32] = { 192, 0, 2, 1, 0x1d, 0x2d };
	uint8_t mapped[18] = {
		[10] = 0xff, [11] = 0xff, 192, 0, 2, 1, 0x1d, 0x2d
	};
	struct record got;
	uint8_t len;

	(void)state;
	p[16] = p[17] = 1;
	for (len = 0; len < sizeof(p); len++)
		assert_int_equal(
		    with_field(1, p, len, &got), len == 6 || len == 18);
	assert_false(with_field(1, mapped, sizeof(mapped), &got));
}

static void
prefixes_are_whole(void **state)
{
	static const struct {
		uint8_t p[8], len;
		bool ok;
	} cases[] = {
		{ { 4, 16, 10, 1 }, 4, true },
		{ { 4, 16, 10, 1, 0 }, 5, false },
		{ { 4, 16, 10 }, 3, false },
		{ { 4, 12, 172, 16 }, 4, true },
		{ { 4, 12, 172, 17 }, 4, false }, /* a bit behind */
		{ { 4, 32, 10, 1, 2, 3 }, 6, true },
		{ { 4, 33, 10, 1, 2, 3, 0 }, 7, false },
		{ { 4, 0 }, 2, false },
		{ { 4, 8, 127 }, 3, false },
		{ { 6, 16, 0xfd, 0 }, 4, true },
		{ { 6, 129, 0xfd, 0 }, 4, false },
		{ { 6, 10, 0xfe, 0x80 }, 4, false },
		{ { 5, 8, 10 }, 3, false },
		{ { 0, 8, 10 }, 3, false },
		{ { 4 }, 1, false },
		{ { 0 }, 0, false },
	};
	struct record got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    with_field(2, cases[i].p, cases[i].len, &got), cases[i].ok);
}

static void
texts_are_clean(void **state)
{
	static const struct {
		uint8_t tag, most;
	} texts[] = { { 3, RECORD_NAME }, { 4, RECORD_NAME },
		{ 7, RECORD_CONTACT } };
	static const char *const bad[] = { "\x1b[2J", "a\nb", "\x7f",
		"\xc2\x85", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xff", "\x80" };
	struct record got;
	char fill[256];
	size_t i, k;

	(void)state;
	memset(fill, 'x', sizeof(fill));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (k = 0; k <= 255; k++)
			assert_int_equal(
			    with_field(texts[i].tag, fill, (uint8_t)k, &got),
			    k >= 1 && k <= texts[i].most);
		for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
			assert_false(with_field(texts[i].tag, bad[k],
			    (uint8_t)strlen(bad[k]), &got));
		assert_false(with_field(texts[i].tag, "a\0b", 3, &got));
	}
}

static void
small_fields_have_bounds(void **state)
{
	static const struct {
		uint8_t tag, p[9], len;
		bool ok;
	} cases[] = {
		{ 5, "DE", 2, true },
		{ 5, "AZ", 2, true },
		{ 5, "de", 2, false },
		{ 5, "D", 1, false },
		{ 5, "DEU", 3, false },
		{ 5, "D1", 2, false },
		{ 5, "", 0, false },
		{ 6, { 0, 0x89, 0x54, 0x40, 1, 0x12, 0xa8, 0x80 }, 8, true },
		{ 6, { 0, 0x89, 0x54, 0x41, 0, 0, 0, 0 }, 8, false },
		{ 6, { 0, 0, 0, 0, 1, 0x12, 0xa8, 0x81 }, 8, false },
		{ 6, { 0xff, 0x76, 0xab, 0xc0, 0xfe, 0xed, 0x57, 0x80 }, 8,
		    true },
		{ 6, { 0xff, 0x76, 0xab, 0xbf, 0, 0, 0, 0 }, 8, false },
		{ 6, { 0, 0, 0, 0, 0xfe, 0xed, 0x57, 0x7f }, 8, false },
		{ 6, { 0 }, 7, false },
		{ 6, { 0 }, 9, false },
		{ 8, { 0 }, 1, true },
		{ 8, { 2 }, 1, true },
		{ 8, { 3 }, 1, false },
		{ 8, { 0 }, 0, false },
		{ 8, { 0 }, 2, false },
	};
	struct record got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    with_field(cases[i].tag, cases[i].p, cases[i].len, &got),
		    cases[i].ok);
}

static void
one_of_each_but_endpoints_and_prefixes(void **state)
{
	static const struct {
		uint8_t p[12], len;
		unsigned most;
	} cases[] = {
		{ { 1, 6, 10, 0, 0, 1, 0, 1 }, 8, RECORD_ENDPOINTS },
		{ { 2, 3, 4, 8, 10 }, 5, RECORD_PREFIXES },
		{ { 3, 1, 'a' }, 3, 1 },
		{ { 4, 1, 'a' }, 3, 1 },
		{ { 5, 2, 'D', 'E' }, 4, 1 },
		{ { 6, 8, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, 1 },
		{ { 7, 1, 'a' }, 3, 1 },
		{ { 8, 1, 1 }, 3, 1 },
		{ { 77, 1, 1 }, 3, 99 },
	};
	struct record got;
	uint8_t p[160];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (n = 1; n < 10; n++) {
			memcpy(p + (n - 1) * cases[i].len, cases[i].p,
			    cases[i].len);
			assert_int_equal(with_fields(p, n * cases[i].len, &got),
			    n <= cases[i].most);
		}
}

/* What would be refused, or has no room, is not written. */
static void
the_writer_refuses_too(void **state)
{
	uint8_t out[RECORD_MAX];
	struct record rec = plain();
	unsigned i;

	(void)state;
	rec.life = RECORD_LIFE_S + 1;
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	rec.load = 101;
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	rec.accepts = ACCEPTS_KINDS;
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	strcpy(rec.name, "a\tb");
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	strcpy(rec.country, "D");
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	rec.n_ep = RECORD_ENDPOINTS + 1;
	assert_int_equal(record_write(&rec, out), 0);
	rec = plain();
	rec.n_prefix = 1;
	assert_null(prefix_parse("10.0.0.0/8", &rec.prefix[0]));
	rec.prefix[0].a[3] = 1; /* behind its length */
	assert_int_equal(record_write(&rec, out), 0);

	rec = plain(); /* all that there is, as long as can be */
	for (i = 0; i < RECORD_ENDPOINTS; i++)
		assert_true(
		    addr_parse("[2001:db8::1]:7469", 0, &rec.ep[rec.n_ep++]));
	for (i = 0; i < RECORD_PREFIXES; i++)
		assert_null(prefix_parse(
		    "2001:db8::1/128", &rec.prefix[rec.n_prefix++]));
	memset(rec.name, 'n', RECORD_NAME);
	memset(rec.community, 'c', RECORD_NAME);
	memset(rec.contact, 'c', RECORD_CONTACT);
	strcpy(rec.country, "DE");
	rec.has_place = true;
	rec.accepts = ACCEPTS_OPEN;
	assert_int_equal(record_write(&rec, out), 0);
	rec.n_prefix--;
	assert_int_not_equal(record_write(&rec, out), 0);
}

static void
validity(void **state)
{
	const uint64_t t = RECORD_EPOCH + 1000000;
	struct record rec = plain();

	(void)state;
	rec.issued = t;
	assert_true(record_in_time(&rec, t));
	assert_true(record_in_time(&rec, t - RECORD_SKEW_S));
	assert_false(record_in_time(&rec, t - RECORD_SKEW_S - 1));
	assert_true(record_in_time(&rec, t + rec.life + RECORD_SKEW_S));
	assert_false(record_in_time(&rec, t + rec.life + RECORD_SKEW_S + 1));
	assert_true(record_in_time(&rec, RECORD_EPOCH - 1));
	assert_true(record_in_time(&rec, 0));
	rec.issued = UINT64_MAX; /* whatever it claims: not from far ahead */
	assert_false(record_in_time(&rec, t));
	rec.issued = 0;
	assert_false(record_in_time(&rec, t));
	assert_false(record_in_time(&rec, UINT64_MAX));
}

static void
revocations(void **state)
{
	struct revoke r = { .issued = UINT64_C(0x0102030405060708) }, got;
	uint8_t p[REVOKE_LEN + 1] = { 0 };
	const uint8_t *sig;
	size_t len;

	(void)state;
	memset(r.key, 3, sizeof(r.key));
	memset(r.by, 4, sizeof(r.by));
	for (r.reason = 0; r.reason <= REVOKE_REASONS; r.reason++) {
		bool ok = r.reason < REVOKE_REASONS;

		revoke_write(&r, p);
		assert_int_equal(revoke_parse(p, REVOKE_LEN, &got, &sig), ok);
		if (!ok)
			continue;
		assert_memory_equal(&got.key, &r.key, sizeof(r.key));
		assert_memory_equal(&got.by, &r.by, sizeof(r.by));
		assert_int_equal(got.issued, r.issued);
		assert_int_equal(got.reason, r.reason);
		assert_ptr_equal(sig, p + REVOKE_LEN - RECORD_SIG);
		for (len = 0; len <= sizeof(p); len++)
			assert_int_equal(revoke_parse(p, len, &got, &sig),
			    len == REVOKE_LEN);
	}
	r.reason = REVOKE_STOLEN;
	revoke_write(&r, p);
	p[1] = 2;
	assert_false(revoke_parse(p, REVOKE_LEN, &got, &sig));
	assert_null(sig);
	p[1] = 1;
	p[0] = ITEM_RECORD;
	assert_false(revoke_parse(p, REVOKE_LEN, &got, &sig));
}

static void
questions(void **state)
{
	uint8_t p[ASK_LEN + 1] = { 0 }, got;
	unsigned want;

	(void)state;
	for (want = 0; want < 256; want++) {
		ask_write(p, (uint8_t)want);
		assert_int_equal(ask_parse(p, ASK_LEN, &got),
		    want >= 1 && want <= RECORD_ASK);
		assert_int_equal(got, want);
		assert_false(ask_parse(p, ASK_LEN + 1, &got));
		assert_false(ask_parse(p, ASK_LEN - 1, &got));
	}
	ask_write(p, 5);
	p[0] = ITEM_REVOKE;
	assert_false(ask_parse(p, ASK_LEN, &got));
}

static void
a_row_of_items(void **state)
{
	static const uint8_t row[] = { 0, 2, 3, 20, 0, 1, 99, 0, 3, 1, 2, 3 };
	static const uint8_t ends_empty[] = { 0, 1, 9, 0, 0 };
	const uint8_t *p;
	struct rd rd;
	uint8_t kind;
	size_t len, cut;

	(void)state;
	rd = rd_of(row, sizeof(row));
	assert_true(item_next(&rd, &kind, &p, &len));
	assert_true(kind == ITEM_ASK && p == row + 2 && len == 2);
	assert_true(item_next(&rd, &kind, &p, &len));
	assert_true(kind == 99 && p == row + 6 && len == 1);
	assert_true(item_next(&rd, &kind, &p, &len));
	assert_true(kind == 1 && p == row + 9 && len == 3);
	assert_false(item_next(&rd, &kind, &p, &len));
	assert_int_equal(rd.left, 0);
	for (cut = 0; cut < sizeof(row); cut++) {
		rd = rd_of(row, cut);
		while (item_next(&rd, &kind, &p, &len))
			continue;
		/* Only at an end of an item is there nothing amiss. */
		assert_int_equal(
		    rd.left == 0, cut == 0 || cut == 4 || cut == 7);
	}
	rd = rd_of(ends_empty, sizeof(ends_empty));
	assert_true(item_next(&rd, &kind, &p, &len));
	assert_false(item_next(&rd, &kind, &p, &len));
	assert_int_equal(rd.left, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(no_other_length_is_taken),
		cmocka_unit_test(the_head_has_its_bounds),
		cmocka_unit_test(unknown_flags_and_fields_are_skipped),
		cmocka_unit_test(endpoints_can_be_dialled),
		cmocka_unit_test(endpoints_have_two_lengths),
		cmocka_unit_test(prefixes_are_whole),
		cmocka_unit_test(texts_are_clean),
		cmocka_unit_test(small_fields_have_bounds),
		cmocka_unit_test(one_of_each_but_endpoints_and_prefixes),
		cmocka_unit_test(the_writer_refuses_too),
		cmocka_unit_test(validity),
		cmocka_unit_test(revocations),
		cmocka_unit_test(questions),
		cmocka_unit_test(a_row_of_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
