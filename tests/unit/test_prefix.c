#include "base/prefix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "tests/rng.h"

#define SPACE "has a space"
#define ZONE "has a zone"
#define MAPPED "is an IPv4 address written as IPv6"
#define NONE "is no IPv4, IPv6 or MAC address"
#define LENGTH "has a length that is no number"
#define LONG "has a length beyond the end of the address"
#define BEHIND "has bits behind its length"

/* What is written, and what it is written back as, or why it is refused. */
static const struct {
	const char *in, *out, *why;
} texts[] = {
	{ "10.1.0.0/16", "10.1.0.0/16", NULL },
	{ "10.1.2.3", "10.1.2.3/32", NULL },
	{ "0.0.0.0/0", "0.0.0.0/0", NULL },
	{ "255.255.255.255", "255.255.255.255/32", NULL },
	{ "2001:db8::/48", "2001:db8::/48", NULL },
	{ "2001:0DB8:0::/48", "2001:db8::/48", NULL },
	{ "::/0", "::/0", NULL },
	{ "::", "::/128", NULL },
	{ "::1.2.3.4", "::1.2.3.4/128", NULL },
	{ "64:ff9b::/96", "64:ff9b::/96", NULL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", NULL },
	{ "02:76:70:00:00:00/24", "02:76:70:00:00:00/24", NULL },
	{ "0A:bC:Ff:00:01:99", "0a:bc:ff:00:01:99/48", NULL },
	{ "00:00:00:00:00:00/0", "00:00:00:00:00:00/0", NULL },
	{ "", NULL, "is empty" },
	{ "/8", NULL, "is empty" },
	{ " 10.0.0.0/8", NULL, SPACE },
	{ "10.0.0.0 /8", NULL, SPACE },
	{ "10.0.0.0\t", NULL, SPACE },
	{ "10.0.0.0\n/8", NULL, SPACE },
	{ "10.0.0.0/8 ", NULL, LENGTH },
	{ "10.0.0.0/ 8", NULL, LENGTH },
	{ "fe80::1%lo", NULL, ZONE },
	{ "fe80::%1/64", NULL, ZONE },
	{ "::ffff:10.0.0.1", NULL, MAPPED },
	{ "::ffff:10.0.0.0/104", NULL, MAPPED },
	{ "::ffff:0:0/96", NULL, MAPPED },
	{ "0:0:0:0:0:FFFF:0a00:0001", NULL, MAPPED },
	{ "10.1", NULL, NONE },
	{ "10.1/16", NULL, NONE },
	{ "10.0.0.0.0/8", NULL, NONE },
	{ "010.0.0.0/8", NULL, NONE },
	{ "10.0.0.00/8", NULL, NONE },
	{ "0x0a.0.0.0/8", NULL, NONE },
	{ "167772160/8", NULL, NONE },
	{ "256.0.0.0/8", NULL, NONE },
	{ "-1.0.0.0/8", NULL, NONE },
	{ "+1.0.0.0/8", NULL, NONE },
	{ "[2001:db8::]/48", NULL, NONE },
	{ "2001:db8/32", NULL, NONE },
	{ "2001::db8::/48", NULL, NONE },
	{ "12345::/16", NULL, NONE },
	{ "host.example/8", NULL, NONE },
	{ "default", NULL, NONE },
	{ "2:76:70:0:0:0", NULL, NONE },
	{ "02:76:70:00:00", NULL, NONE },
	{ "02:76:70:00:00:00:", NULL, NONE },
	{ "02:76:70:00:00:00:00", NULL, NONE },
	{ "02-76-70-00-00-00", NULL, NONE },
	{ "0276.7000.0000", NULL, NONE },
	{ "02:76:70:00:00:0g", NULL, NONE },
	{ "02:76:70:00:00:-1", NULL, NONE },
	{ "02:76:70:00:0:000", NULL, NONE },
	{ "1111111111111111111111111111111111111111111111111", NULL, NONE },
	{ "10.0.0.0/", NULL, LENGTH },
	{ "10.0.0.0//8", NULL, LENGTH },
	{ "10.0.0.0/8/8", NULL, LENGTH },
	{ "10.0.0.0/08", NULL, LENGTH },
	{ "0.0.0.0/00", NULL, LENGTH },
	{ "10.0.0.0/+8", NULL, LENGTH },
	{ "10.0.0.0/-1", NULL, LENGTH },
	{ "10.0.0.0/8x", NULL, LENGTH },
	{ "10.0.0.0/0x8", NULL, LENGTH },
	{ "10.0.0.0/255.0.0.0", NULL, LENGTH },
	{ "10.0.0.0/1000", NULL, LENGTH },
	{ "10.0.0.0/4294967304", NULL, LENGTH },
	{ "10.0.0.0/33", NULL, LONG },
	{ "10.0.0.0/264", NULL, LONG },
	{ "::/129", NULL, LONG },
	{ "02:76:70:00:00:00/49", NULL, LONG },
	{ "10.1.2.3/16", NULL, BEHIND },
	{ "128.0.0.0/0", NULL, BEHIND },
	{ "2001:db8::1/127", NULL, BEHIND },
	{ "02:76:70:00:00:01/47", NULL, BEHIND },
};

static void
texts_are_read_or_refused(void **state)
{
	struct prefix p, untouched;
	char buf[PREFIX_TEXT];
	const char *why;
	size_t i;

	(void)state;
	memset(&untouched, 0x7e, sizeof(untouched));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(&p, 0x7e, sizeof(p));
		why = prefix_parse(texts[i].in, &p);
		if ((why == NULL) != (texts[i].why == NULL) ||
		    (why != NULL && strcmp(why, texts[i].why) != 0))
			fail_msg("%s: %s", texts[i].in, why ? why : "taken");
		if (why != NULL)
			assert_memory_equal(&p, &untouched, sizeof(p));
		else
			assert_string_equal(
			    prefix_format(&p, buf), texts[i].out);
	}
}

/* Only the last reason of all is none to an address on a network. */
static void
host_bits_are_kept_when_asked(void **state)
{
	struct prefix p;
	char buf[PREFIX_TEXT];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool behind = texts[i].why && !strcmp(texts[i].why, BEHIND);

		why = prefix_parse_host(texts[i].in, &p);
		if (behind || texts[i].why == NULL) {
			assert_null(why);
			assert_string_equal(prefix_format(&p, buf),
			    behind ? texts[i].in : texts[i].out);
		} else {
			assert_string_equal(why, texts[i].why);
		}
	}
}

static unsigned
all_bits(enum prefix_family f)
{
	return (unsigned)prefix_alen(f) * 8;
}

static void
flip(uint8_t *a, unsigned bit)
{
	a[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

/* One bit after the other, as slow as it gets. */
static unsigned
slow_common(const uint8_t *a, const uint8_t *b, unsigned max)
{
	unsigned i;

	for (i = 0; i < max; i++)
		if ((a[i / 8] >> (7 - i % 8) & 1) !=
		    (b[i / 8] >> (7 - i % 8) & 1))
			break;
	return i;
}

static struct prefix
random_prefix(struct rng *r, enum prefix_family f, unsigned bits)
{
	struct prefix p = { (uint8_t)f, (uint8_t)bits, { 0 } };
	unsigned i;

	for (i = 0; i < bits; i++)
		if (rng_below(r, 2) == 0)
			flip(p.a, i);
	return p;
}

/* Every length: the text reads back, one bit behind it is refused. */
static void
all_lengths(void **state)
{
	struct rng r = rng_seeded(41);
	struct prefix p, q;
	char buf[PREFIX_TEXT];
	unsigned f, bits, bit;

	(void)state;
	for (f = 0; f < PREFIX_FAMILIES; f++)
		for (bits = 0; bits <= all_bits(f); bits++) {
			p = random_prefix(&r, f, bits);
			assert_null(prefix_parse(prefix_format(&p, buf), &q));
			assert_memory_equal(&p, &q, sizeof(p));
			for (bit = 0; bit < all_bits(f); bit++) {
				q = p;
				flip(q.a, bit);
				assert_int_equal(
				    prefix_has(&p, q.a), bit >= bits);
				assert_int_equal(
				    prefix_parse(prefix_format(&q, buf), &q) ==
					NULL,
				    bit < bits);
			}
		}
}

static void
random_against_single_bits(void **state)
{
	struct rng r = rng_seeded(42);
	size_t met = 0, step;

	(void)state;
	for (step = 0; step < 100000; step++) {
		unsigned f = (unsigned)rng_below(&r, PREFIX_FAMILIES);
		struct prefix a = random_prefix(
		    &r, f, (unsigned)rng_below(&r, all_bits(f) + 1));
		struct prefix b = random_prefix(
		    &r, f, (unsigned)rng_below(&r, all_bits(f) + 1));
		unsigned min, common;

		memcpy(b.a, a.a, rng_below(&r, prefix_alen(f) + 1));
		min = a.bits < b.bits ? a.bits : b.bits;
		common = slow_common(a.a, b.a, min);
		met += common == min && min > 0;
		assert_int_equal(prefix_common(&a, &b), common);
		assert_int_equal(prefix_overlaps(&a, &b), common == min);
		assert_int_equal(prefix_overlaps(&b, &a), common == min);
		assert_int_equal(
		    prefix_equal(&a, &b), a.bits == b.bits && common == min);
		assert_int_equal(prefix_has(&a, b.a),
		    slow_common(a.a, b.a, a.bits) == a.bits);
	}
	assert_true(met > 1000);
}

/* The same bytes and length in another family are another prefix. */
static void
families_are_apart(void **state)
{
	struct prefix a = { 0 }, b = { 0 };
	unsigned f, g;

	(void)state;
	for (f = 0; f < PREFIX_FAMILIES; f++)
		for (g = 0; g < PREFIX_FAMILIES; g++) {
			a.family = (uint8_t)f;
			b.family = (uint8_t)g;
			assert_int_equal(prefix_equal(&a, &b), f == g);
			assert_int_equal(prefix_overlaps(&a, &b), f == g);
		}
	assert_int_equal(prefix_alen(PREFIX_IPV4), 4);
	assert_int_equal(prefix_alen(PREFIX_IPV6), 16);
	assert_int_equal(prefix_alen(PREFIX_MAC), 6);
}

/* What may be routed, and what nobody may be given. */
static void
routable(void **state)
{
	static const char *const good[] = { "10.0.0.0/8", "10.79.0.0/16",
		"192.0.2.1", "1.0.0.0/8", "126.0.0.0/8", "128.0.0.0/3",
		"169.255.0.0/16", "223.255.255.255", "172.16.0.0/12", "::2",
		"fd00::/8", "2001:db8::/32", "fec0::/10", "4000::/2",
		"fd00::1:2/127" };
	static const char *const bad[] = { "0.0.0.0/0", "0.0.0.0/1",
		"64.0.0.0/2", "126.0.0.0/7", "127.0.0.1", "127.0.0.0/8",
		"128.0.0.0/1", "169.254.7.0/24", "224.0.0.0/4", "192.0.0.0/2",
		"255.255.255.255", "240.0.0.0/4", "::/0", "::1", "::", "::/8",
		"fe80::/10", "fe80::1", "fe00::/8", "8000::/1", "ff02::1",
		"ff00::/8", "02:00:00:00:00:07" };
	struct prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(prefix_parse(good[i], &p));
		if (!prefix_routable(&p))
			fail_msg("%s is refused", good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(prefix_parse(bad[i], &p));
		if (prefix_routable(&p))
			fail_msg("%s is taken", bad[i]);
	}
	p = (struct prefix){ PREFIX_IPV6, 104, { [10] = 0xff, 0xff, 10 } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_IPV4, 33, { 10 } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_IPV6, 129, { 0xfd } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_IPV4, 8, { 10, 1 } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_IPV4, 9, { 10, 0x40 } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_IPV4, 8, { 10, [15] = 1 } };
	assert_false(prefix_routable(&p));
	p = (struct prefix){ PREFIX_FAMILIES, 8, { 10 } };
	assert_false(prefix_routable(&p));
}

/* The sixteen bytes of an address: IPv4 is the last four of them. */
static void
addresses_of_either_family(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool has;
	} cases[] = {
		{ "10.1.0.0/16", "10.1.255.255", true },
		{ "10.1.0.0/16", "10.2.0.0", false },
		{ "fd00:1::/32", "fd00:1:ffff::1", true },
		{ "fd00:1::/32", "fd00:2::1", false },
		{ "::/0", "10.1.0.1", false },
		{ "0.0.0.0/0", "fd00:1::1", false },
		{ "0a:01:00:00:00:00/16", "10.1.0.0", false },
	};
	struct prefix p;
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(prefix_parse(cases[i].prefix, &p));
		assert_true(addr_parse(cases[i].addr, 7469, &a));
		assert_int_equal(prefix_has_addr(&p, &a), cases[i].has);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_or_refused),
		cmocka_unit_test(host_bits_are_kept_when_asked),
		cmocka_unit_test(all_lengths),
		cmocka_unit_test(random_against_single_bits),
		cmocka_unit_test(families_are_apart),
		cmocka_unit_test(routable),
		cmocka_unit_test(addresses_of_either_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
