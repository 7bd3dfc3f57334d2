/* Beacons: each round trip, each wrong character; and codes for cameras. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/recgen.h"
#include "wire/qr.h"
#include "wire/uri.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct beacon
random_beacon(struct rng *r)
{
	struct beacon b = { .ep = recgen_endpoint(r) };

	rng_fill(r, b.key, sizeof(b.key));
	b.ends = (uint32_t)rng_below(r, UINT32_MAX / 3600 + 1) * 3600;
	if (rng_below(r, 4) > 0)
		recgen_text(r, b.network, addr_is_v4(&b.ep) ? 16 : 4);
	return b;
}

static bool
same(const struct beacon *a, const struct beacon *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	    addr_equal(&a->ep, &b->ep) && a->ends == b->ends &&
	    strcmp(a->network, b->network) == 0;
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(91);
	char text[BEACON_TEXT];
	struct beacon b, got;
	const char *why;
	size_t longest = 0;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		b = random_beacon(&r);
		assert_true(beacon_write(&b, text));
		assert_int_equal(strspn(text, alphabet), strlen(text));
		if (strlen(text) > longest)
			longest = strlen(text);
		assert_true(beacon_parse(text, &got, &why));
		assert_null(why);
		assert_true(same(&b, &got));
	}
	assert_int_equal(longest, 100);
}

static void
every_wrong_character_is_noticed(void **state)
{
	struct rng r = rng_seeded(92);
	char text[BEACON_TEXT];
	struct beacon b, got;
	const char *why, *c;
	size_t at;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		b = random_beacon(&r);
		assert_true(beacon_write(&b, text));
		for (at = 0; text[at] != '\0'; at++) {
			char was = text[at];

			for (c = alphabet; *c != '\0'; c++) {
				text[at] = *c;
				assert_int_equal(
				    beacon_parse(text, &got, &why), *c == was);
				assert_int_equal(why == NULL, *c == was);
			}
			text[at] = was;
		}
	}
}

/* What people do: leave one out, say one twice, swap two. */
static void
other_slips_are_noticed(void **state)
{
	struct rng r = rng_seeded(93);
	char text[BEACON_TEXT], slip[BEACON_TEXT + 1];
	struct beacon b, got;
	const char *why;
	size_t at, len;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		b = random_beacon(&r);
		assert_true(beacon_write(&b, text));
		len = strlen(text);
		for (at = 0; at < len; at++) {
			memcpy(slip, text, at);
			slip[at] = '\0';
			assert_false(beacon_parse(slip, &got, &why));
			strcpy(slip + at, text + at + 1);
			assert_false(beacon_parse(slip, &got, &why));
			strcpy(slip + at, text + at);
			memmove(slip + at + 1, slip + at, len - at + 1);
			assert_false(beacon_parse(slip, &got, &why));
			strcpy(slip, text);
			if (at == 0 || slip[at] == slip[at - 1])
				continue;
			slip[at] = text[at - 1];
			slip[at - 1] = text[at];
			assert_false(beacon_parse(slip, &got, &why));
		}
	}
}

static void
as_people_write_it(void **state)
{
	struct beacon b = { .ends = 3600 * 490000, .network = "mesh" }, got;
	char text[BEACON_TEXT], said[3 * BEACON_TEXT];
	const char *why;
	size_t i, n = 0;

	(void)state;
	assert_true(addr_parse("192.0.2.1:7469", 0, &b.ep));
	assert_true(beacon_write(&b, text));
	for (i = 0; text[i] != '\0'; i++) {
		said[n] = text[i];
		if (text[i] >= 'A')
			said[n] = (char)(text[i] - 'A' + 'a');
		if (text[i] == '0')
			said[n] = i % 2 == 0 ? 'o' : 'O';
		if (text[i] == '1')
			said[n] = "iIlL"[i % 4];
		n++;
		if (i % 4 == 3)
			said[n++] = "- \n"[i % 3];
	}
	said[n] = '\0';
	assert_true(beacon_parse(said, &got, &why));
	assert_true(same(&b, &got));
	said[0] = 'u';
	assert_false(beacon_parse(said, &got, &why));
	assert_non_null(strstr(why, "character"));
	assert_false(beacon_parse("", &got, &why));
	assert_false(beacon_parse("0", &got, &why));
	memset(said, '0', sizeof(said) - 1);
	said[sizeof(said) - 1] = '\0';
	assert_false(beacon_parse(said, &got, &why));
	assert_non_null(strstr(why, "too long"));
}

static void
what_does_not_fit_is_not_written(void **state)
{
	static const char *const never[] = { "127.0.0.1:1", "0.0.0.0:1",
		"224.0.0.1:1", "[::1]:1", "[ff02::1]:1", "[fe80::1]:1" };
	struct beacon b = { .ends = 7200 }, got;
	char text[BEACON_TEXT];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_true(addr_parse(never[i], 0, &b.ep));
		assert_false(beacon_write(&b, text));
		assert_string_equal(text, "");
	}
	assert_true(addr_parse("[2001:db8::1]:7469", 0, &b.ep));
	strcpy(b.network, "mesh");
	assert_true(beacon_write(&b, text));
	strcpy(b.network, "mesh5");
	assert_false(beacon_write(&b, text));
	assert_true(addr_parse("192.0.2.1:7469", 0, &b.ep));
	strcpy(b.network, "sixteen bytes ok");
	assert_true(beacon_write(&b, text));
	strcpy(b.network, "a\nb");
	assert_false(beacon_write(&b, text));
	b.network[0] = '\0';
	b.ep.port = 0;
	assert_false(beacon_write(&b, text));
	b.ep.port = 1;
	b.ends = 7201; /* never ends before it was to */
	assert_true(beacon_write(&b, text));
	assert_true(beacon_parse(text, &got, &why));
	assert_int_equal(got.ends, 10800);
	b.ends = UINT32_MAX;
	assert_false(beacon_write(&b, text));
}

/* Cameras find a code by the three squares in its corners. */
static bool
has_square(const struct qr *q, unsigned row, unsigned col)
{
	unsigned r, c;

	for (r = 0; r < 7; r++)
		for (c = 0; c < 7; c++) {
			bool ring = r == 0 || r == 6 || c == 0 || c == 6;
			bool core = r >= 2 && r <= 4 && c >= 2 && c <= 4;

			if (q->dark[row + r][col + c] != (ring || core))
				return false;
		}
	return true;
}

static void
codes_for_cameras(void **state)
{
	static const size_t lengths[] = { 1, 60, 100, 300, 1000, 2000 };
	char text[4000];
	struct qr q;
	unsigned side = 0, i, k;

	(void)state;
	if (!qr_built_in()) {
		assert_false(qr_make("x", &q));
		return;
	}
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(text, 'x', lengths[i]);
		text[lengths[i]] = '\0';
		assert_true(qr_make(text, &q));
		assert_true(q.side > side && q.side <= QR_SIDE_MAX);
		assert_int_equal(q.side % 4, 1);
		side = q.side;
		assert_true(has_square(&q, 0, 0));
		assert_true(has_square(&q, side - 7, 0));
		assert_true(has_square(&q, 0, side - 7));
		assert_false(has_square(&q, side - 7, side - 7));
		for (k = 8; k < side - 8; k++) /* between them: a row of dots */
			assert_int_equal(q.dark[6][k], k % 2 == 0);
	}
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(qr_make(text, &q));
	assert_int_equal(q.side, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(every_wrong_character_is_noticed),
		cmocka_unit_test(other_slips_are_noticed),
		cmocka_unit_test(as_people_write_it),
		cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(codes_for_cameras),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
