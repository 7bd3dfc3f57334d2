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

	p[12] = 0x88; /* of a provider */
	p[13] = 0xa8;
	p[15] = 9;
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.vlan, 9);

	p[12] = 0x91; /* no tag to anybody but some switches */
	p[13] = 0;
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.type, 0x9100);
	assert_int_equal(e.head, 14);
}

/* Frames of so many tags, with the VLANs that they name. */
static void
many_tags(void **state)
{
	static const struct {
		uint16_t tag[4], vlan, inner;
		bool ok;
	} cases[] = {
		{ { 0, 0, 0, 0 }, 0, 0, true },
		{ { 5, 0, 0, 0 }, 5, 0, true },
		{ { 0, 0, 0, 5 }, 5, 0, true },
		{ { 0xf005, 0x1000, 7, 0 }, 5, 7, true },
		{ { 0, 4095, 0, 1 }, 4095, 1, true },
		{ { 5, 5, 0, 0 }, 5, 5, true },
		{ { 5, 0, 6, 7 }, 0, 0, false },
		{ { 1, 2, 3, 4 }, 0, 0, false },
	};
	uint8_t p[12 + 4 * 4 + 2];
	struct eth e;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(p, plain, 12);
		for (k = 0; k < 4; k++) {
			memcpy(p + 12 + 4 * k,
			    k % 2 == 0 ? "\x88\xa8" : "\x81\0", 2);
			p[14 + 4 * k] = (uint8_t)(cases[i].tag[k] >> 8);
			p[15 + 4 * k] = (uint8_t)cases[i].tag[k];
		}
		memcpy(p + 28, "\x08\x06", 2);
		assert_int_equal(parse(p, sizeof(p), &e), cases[i].ok);
		assert_int_equal(e.vlan, cases[i].vlan);
		assert_int_equal(e.inner, cases[i].inner);
		assert_int_equal(e.type, cases[i].ok ? ETH_ARP : 0);
		for (n = 0; n < sizeof(p); n++)
			assert_false(parse(p, n, &e));
	}
}

/* A length in place of the type, and the type behind LLC. */
static void
lengths(void **state)
{
	static const uint8_t llc[] = { 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd };
	uint8_t p[14 + sizeof(llc)];
	struct eth e;
	size_t n;

	(void)state;
	memcpy(p, plain, 12);
	memcpy(p + 14, llc, sizeof(llc));
	p[12] = 1500 >> 8;
	p[13] = 1500 & 255;
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.type, ETH_IPV6);
	assert_int_equal(e.head, 22);
	for (n = 14; n < sizeof(p); n++) {
		assert_true(parse(p, n, &e));
		assert_int_equal(e.type, 1500);
		assert_int_equal(e.head, 14);
	}
	for (n = 14; n < 20; n++) { /* of another protocol */
		p[n] ^= 1;
		assert_true(parse(p, sizeof(p), &e));
		assert_int_equal(e.type, 1500);
		p[n] ^= 1;
	}
	p[13]++; /* a type */
	assert_true(parse(p, sizeof(p), &e));
	assert_int_equal(e.type, 1501);
	assert_int_equal(e.head, 14);
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

/* Against the words of the standard, said another way: the last tag first. */
static void
random_bytes(void **state)
{
	struct rng r = rng_seeded(30);
	uint8_t p[40];
	struct eth e;
	int i;

	(void)state;
	for (i = 0; i < 50000; i++) {
		size_t len = rng_below(&r, sizeof(p) + 1), k, tags;
		unsigned vlan[2] = { 0, 0 }, named = 0;

		rng_fill(&r, p, sizeof(p));
		tags = rng_below(&r, 5);
		for (k = 0; k < tags; k++) {
			memcpy(p + 12 + 4 * k,
			    rng_below(&r, 2) == 0 ? "\x81\0" : "\x88\xa8", 2);
			if (rng_below(&r, 2) == 0)
				memset(p + 14 + 4 * k, 0, 2);
		}
		p[12 + 4 * tags] |= 0x90; /* neither tag nor length */
		for (k = tags; k-- > 0;) {
			unsigned v =
			    (p[14 + 4 * k] * 256u + p[15 + 4 * k]) % 4096;

			if (v == 0)
				continue;
			vlan[1] = vlan[0];
			vlan[0] = v;
			named++;
		}
		if (!parse(p, len, &e)) {
			assert_true(
			    len < 14 + 4 * tags || p[6] % 2 == 1 || named > 2);
			continue;
		}
		assert_true(len >= 14 + 4 * tags && p[6] % 2 == 0);
		assert_int_equal(e.head, 14 + 4 * tags);
		assert_int_equal(e.type, p[e.head - 2] * 256 + p[e.head - 1]);
		assert_int_equal(e.vlan, vlan[0]);
		assert_int_equal(e.inner, vlan[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untagged),
		cmocka_unit_test(with_tag),
		cmocka_unit_test(many_tags),
		cmocka_unit_test(lengths),
		cmocka_unit_test(truncated),
		cmocka_unit_test(groups),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
