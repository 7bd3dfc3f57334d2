#include "wire/eth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static const uint8_t plain[] = { 1, 2, 3, 4, 5, 6, 2, 8, 9, 10, 11, 12, 0x86,
	0xdd, 99 };
static const uint8_t tagged[] = { 2, 2, 3, 4, 5, 6, 2, 8, 9, 10, 11, 12, 0x81,
	0, 0xe1, 0x23, 8, 0, 99 };

/* Parses a copy of exactly len bytes, so that ASan sees each overrun. */
static bool
parse(const uint8_t *p, size_t len, struct eth *e)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, p, len);
	ok = eth_parse(copy, len, e);
	if (ok)
		assert_true(
		    e->dst == copy && e->src == copy + 6 && e->head <= len);
	else
		assert_true(e->dst == NULL && e->src == NULL && e->head == 0);
	free(copy);
	return ok;
}

static void
untagged(void **state)
{
	struct eth e;

	(void)state;
	assert_true(parse(plain, sizeof(plain), &e));
	assert_int_equal(e.type, ETH_IPV6);
	assert_int_equal(e.vlan, 0);
	assert_int_equal(e.head, 14);
}

static void
with_tag(void **state)
{
	uint8_t p[sizeof(tagged)];
	struct eth e;

	(void)state;
	assert_true(parse(tagged, sizeof(tagged), &e));
	assert_int_equal(e.type, ETH_IPV4);
	assert_int_equal(e.vlan, 0x123); /* without the priority */
	assert_int_equal(e.head, 18);

	memcpy(p, tagged, sizeof(p));
	p[14] = 0xe0;
	p[15] = 0; /* priority only */
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.vlan, 0);
	assert_int_equal(e.head, 18);

	p[16] = 0x81; /* a second tag stays closed */
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.type, ETH_TAGGED);
	assert_int_equal(e.head, 18);
}

static void
truncated(void **state)
{
	struct eth e;
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(plain); n++)
		assert_int_equal(parse(plain, n, &e), n >= 14);
	for (n = 0; n <= sizeof(tagged); n++)
		assert_int_equal(parse(tagged, n, &e), n >= 18);
}

static void
groups(void **state)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint8_t p[sizeof(plain)];
	struct eth e;

	(void)state;
	assert_true(eth_is_group(all));
	assert_true(eth_is_group(plain));
	assert_false(eth_is_group(tagged));
	memcpy(p, plain, sizeof(p));
	p[6] |= 1;
	assert_false(parse(p, sizeof(p), &e));
}

/* Against the words of the standard, said another way. */
static void
random_bytes(void **state)
{
	struct rng r = rng_seeded(30);
	uint8_t p[24];
	struct eth e;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		size_t len = rng_below(&r, sizeof(p) + 1);
		bool tag, want;

		rng_fill(&r, p, sizeof(p));
		if (rng_below(&r, 2) == 0)
			memcpy(p + 12, "\x81", 2);
		tag = p[12] == 0x81 && p[13] == 0;
		want = len >= (tag ? 18 : 14) && p[6] % 2 == 0;
		assert_int_equal(parse(p, len, &e), want);
		if (!want)
			continue;
		assert_int_equal(e.head, tag ? 18 : 14);
		assert_int_equal(e.type, p[e.head - 2] * 256 + p[e.head - 1]);
		assert_int_equal(
		    e.vlan, tag ? (p[14] * 256 + p[15]) % 4096 : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untagged),
		cmocka_unit_test(with_tag),
		cmocka_unit_test(truncated),
		cmocka_unit_test(groups),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
