#include "neg/space.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"
#include "tests/unit/descs.h"

#define TAKEN 600

/* Which candidate is to be taken, and how many there were. */
struct picker {
	uint32_t want;
	uint32_t n;
};

static uint32_t
pick(void *arg, uint32_t n)
{
	struct picker *p = arg;

	assert_true(n > 0);
	p->n = n;
	return p->want < n ? p->want : n - 1;
}

/* --- the choice ----------------------------------------------------------- */

/* "10.79.0.0/16 10.0.0.0/16"; "A/16-B/16": all claims of a level from A to B */
static size_t
taken_of(const struct topology *topo, const char *text, struct claim *out)
{
	char copy[256], *next = copy, *word, *to;
	size_t n = 0;

	strcpy(copy, text);
	while ((word = strsep(&next, " ")) != NULL) {
		struct claim c, last;

		to = strchr(word, '-');
		if (to != NULL)
			*to++ = '\0';
		c = claim_of(topo, word);
		last = to != NULL ? claim_of(topo, to) : c;
		for (; c.gid[c.level] <= last.gid[c.level]; c.gid[c.level]++)
			out[n++] = c;
	}
	return n;
}

static const struct example {
	const char *claim;
	unsigned k;
	const char *taken;
	const char *chosen; /* NULL: FULL */
} examples[] = {
	{ "10.79.0.0/16", 2, "10.79.0.0/16 10.0.0.0/16 10.1.0.0/16",
	    "10.2.0.0/16" },
	{ "10.79.228.0/24", 2, "10.79.0.0/16", "10.1.228.0/24" },
	{ "10.79.228.0/24", 1, "10.79.228.0/24 10.79.0.0/24", "10.79.1.0/24" },
	{ "10.79.228.0/24", 1, "10.79.0.0/24-10.79.255.0/24", "10.1.228.0/24" },
	{ "10.79.228.42/32", 1, "10.79.228.0/24", "10.79.0.42/32" },
	{ "10.79.0.0/16", 2, "10.0.0.0/16-10.255.0.0/16", NULL },
	/* beyond the six: a /8 that is taken leaves nothing below it */
	{ "10.79.0.0/16", 2, "10.0.0.0/8", NULL },
	{ "10.79.228.42/32", 0, "10.79.0.0/16 10.1.7.0/24", "10.2.228.42/32" },
	/* no level below the claim's own is looked at */
	{ "10.79.0.0/16", 0, "10.79.0.0/16", "10.1.0.0/16" },
};

static void
chooses_as_in_the_examples(void **state)
{
	struct topology topo = topology_ntk(NETDESC_10);
	static struct claim list[TAKEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		struct claim c = claim_of(&topo, e->claim), got;
		struct taken taken = { list, taken_of(&topo, e->taken, list) };
		struct picker p = { 0 };
		char text[CLAIM_TEXT];

		c.flags = CLAIM_LEAVING;
		if (e->chosen == NULL) {
			assert_int_equal(space_choose(&topo, &c, e->k, &taken,
					     pick, &p, &got),
			    CHOOSE_FULL);
			continue;
		}
		assert_int_equal(
		    space_choose(&topo, &c, e->k, &taken, pick, &p, &got),
		    CHOOSE_OK);
		assert_string_equal(claim_format(&topo, &got, text), e->chosen);
		assert_int_equal(got.flags, 0);
	}
}

static void
nobody_is_sent_among_private_addresses(void **state)
{
	struct topology topo = topology_ntk(NETDESC_ANY);
	struct claim c = claim_of(&topo, "1.0.0.0/8"), got;
	struct taken none = { NULL, 0 };
	struct picker p = { 0 };
	unsigned n = 0;

	(void)state;
	do {
		assert_int_equal(
		    space_choose(&topo, &c, 3, &none, pick, &p, &got),
		    CHOOSE_OK);
		assert_true(got.gid[3] > 1 && got.gid[3] < 224);
		assert_int_not_equal(got.gid[3], 127);
		assert_int_not_equal(got.gid[3], 172);
		assert_int_not_equal(got.gid[3], 192);
		n++;
	} while (++p.want < p.n);
	assert_int_equal(n, 223 - 1 - 3); /* 2 to 223 without three */
}

/* --- the model ------------------------------------------------------------ */

/* All addresses below a path that lie below another: tried one by one. */
static bool
overlap_slowly(
    const struct topology *topo, const struct claim *a, const struct claim *b)
{
	unsigned k;

	for (k = topo->levels; k-- > 0;) {
		if (k < a->level || k < b->level)
			return true; /* one of them has everything from here */
		if (a->gid[k] != b->gid[k])
			return false;
	}
	return true;
}

/* What the specification says, word by word; how many candidates, -1: FULL. */
static int
choose_slowly(const struct topology *topo, const struct claim *claim,
    unsigned k, const struct taken *taken, uint32_t want, struct claim *ret)
{
	static struct claim found[1 << 16];
	unsigned v, n;
	uint32_t g;
	size_t i;

	for (v = k > claim->level ? k : claim->level;
	     v <= claim_top(topo, claim); v++) {
		n = 0;
		for (g = 0; g < 1u << topo->bits[v]; g++) {
			struct claim path = *claim, c = *claim;

			if (g == claim->gid[v])
				continue;
			c.gid[v] = path.gid[v] = (uint16_t)g;
			path.level = (uint8_t)v;
			memset(path.gid, 0, v * sizeof(path.gid[0]));
			for (i = 0; i < taken->n; i++)
				if (overlap_slowly(
					topo, &path, &taken->claim[i]))
					break;
			if (i == taken->n && claim_allowed(topo, &c) &&
			    claim_allowed(topo, &path) &&
			    (topo->class != NETDESC_ANY || v < 3 ||
				(g != 172 && g != 192)))
				found[n++] = c;
		}
		if (n > 0) {
			*ret = found[want < n ? want : n - 1];
			ret->flags = 0;
			return (int)n;
		}
	}
	return -1;
}

/* A small space of one's own, so that it is often full. */
static struct topology
small_space(struct rng *rng)
{
	struct topology topo = { .family = 4, .class = NETDESC_ANY };
	unsigned k;

	topo.levels = (uint8_t)(1 + rng_below(rng, 5));
	for (k = 0; k < topo.levels; k++)
		topo.bits[k] = (uint8_t)(1 + rng_below(rng, 4));
	return topo;
}

/* Any path, also one that nobody may claim. */
static struct claim
any_path(struct rng *rng, const struct topology *topo)
{
	struct claim c = { .level = (uint8_t)rng_below(rng, topo->levels) };
	unsigned k;

	for (k = c.level; k < topo->levels; k++)
		c.gid[k] = (uint16_t)rng_below(rng, 1u << topo->bits[k]);
	return c;
}

static void
chooses_as_the_model(void **state)
{
	struct rng rng = rng_seeded(46);
	static struct claim list[TAKEN];
	unsigned round, full = 0, higher = 0;

	(void)state;
	for (round = 0; round < 20000; round++) {
		bool small = rng_below(&rng, 8) != 0;
		struct topology topo = small
		    ? small_space(&rng)
		    : desc_topology((unsigned)rng_below(&rng, DESC_KINDS));
		struct claim c =
		    small ? any_path(&rng, &topo) : claim_random(&rng, &topo);
		struct taken taken = { list, rng_below(&rng, small ? 60 : 9) };
		unsigned k = (unsigned)rng_below(&rng, topo.levels);
		struct picker p = { .want = (uint32_t)rng_below(&rng, 20) };
		struct claim got, expected;
		size_t i;
		int n;

		for (i = 0; i < taken.n; i++)
			list[i] = small ? any_path(&rng, &topo)
					: claim_random(&rng, &topo);
		n = choose_slowly(&topo, &c, k, &taken, p.want, &expected);
		if (n < 0) {
			full++;
			assert_int_equal(
			    space_choose(&topo, &c, k, &taken, pick, &p, &got),
			    CHOOSE_FULL);
			continue;
		}
		assert_int_equal(
		    space_choose(&topo, &c, k, &taken, pick, &p, &got),
		    CHOOSE_OK);
		assert_int_equal(p.n, n);
		assert_memory_equal(&got, &expected, sizeof(got));
		for (i = 0; i < taken.n; i++)
			assert_false(
			    claims_overlap(&topo, &got, &list[i], NULL));
		if (got.gid[k > c.level ? k : c.level] ==
		    c.gid[k > c.level ? k : c.level])
			higher++;
	}
	assert_true(full > 100 && full < 15000);
	assert_true(higher > 100);
}

/* --- claims and prefixes -------------------------------------------------- */

static void
claim_has_what_is_under_it(void **state)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct claim c = claim_of(&topo, "10.79.0.0/16");
	const uint16_t in[16] = { 1, 2, 79, 10 }, out[16] = { 1, 2, 78, 10 };

	(void)state;
	assert_true(claim_has(&topo, &c, in));
	assert_false(claim_has(&topo, &c, out));
	c = claim_of(&topo, "10.79.2.1/32");
	assert_true(claim_has(&topo, &c, in));
	c.gid[0] = 0;
	assert_false(claim_has(&topo, &c, in));
}

static const struct {
	enum netdesc_class class;
	const char *text;
} texts[] = {
	{ NETDESC_10, "10.79.0.0/16" },
	{ NETDESC_10, "10.79.228.42/32" },
	{ NETDESC_172, "172.20.0.0/16" },
	{ NETDESC_ANY, "11.0.0.0/8" },
	{ NETDESC_SITE6, "fec0:1200::/24" },
	{ NETDESC_SITE6, "fec0::1/128" },
	{ NETDESC_PLAIN, "10.79.0.0/16" },
	{ NETDESC_PLAIN, "192.168.7.0/24" },
	{ NETDESC_PLAIN, "192.168.7.1/32" },
	{ NETDESC_PLAIN, "2001:db8::/32" },
	{ NETDESC_PLAIN, "2001:db8:5::/48" },
	{ NETDESC_PLAIN, "fd00::1/128" },
	{ NETDESC_PLAIN, "::/96" },
};

static void
claims_are_written_as_they_are_read(void **state)
{
	struct topology odd = { .family = 4,
		.class = NETDESC_10,
		.levels = 3,
		.bits = { 8, 8, 8 } };
	char buf[CLAIM_TEXT];
	struct prefix p;
	struct claim c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct topology topo = texts[i].class == NETDESC_PLAIN
		    ? topology_plain()
		    : topology_ntk(texts[i].class);

		c = claim_of(&topo, texts[i].text);
		assert_true(claim_prefix(&topo, &c, &p));
		assert_string_equal(
		    claim_format(&topo, &c, buf), texts[i].text);
	}
	c = (struct claim){ .level = 1, .gid = { 0, 79, 10 } };
	assert_false(claim_prefix(&odd, &c, &p));
	assert_string_equal(claim_format(&odd, &c, buf), "level 1: 79.10");
	/* the longest there is */
	odd = (struct topology){ .family = 6, .levels = 16 };
	c = (struct claim){ 0 };
	for (i = 0; i < 16; i++) {
		odd.bits[i] = 16;
		c.gid[i] = 65535;
	}
	assert_int_equal(strlen(claim_format(&odd, &c, buf)), 8 + 16 * 6);
}

/* With an address of the family in it; 0 bits and all bits are possible. */
static struct prefix
random_prefix(struct rng *rng, bool v4)
{
	struct prefix p = { .family = v4 ? PREFIX_IPV4 : PREFIX_IPV6 };
	unsigned len = v4 ? 32 : 128, i;

	p.bits = (uint8_t)rng_below(rng, len + 1);
	for (i = 0; i < p.bits; i++)
		if (rng_below(rng, 2) == 0)
			p.a[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return p;
}

/*
 * The claims of a prefix are neighbours that fill it: each lies in it and is as
 * long as the others, there are as many as it takes, and they differ.
 */
static void
claims_cover_the_prefix(void **state)
{
	static struct claim list[1 << 8];
	struct rng rng = rng_seeded(47);
	struct topology plain = topology_plain();
	unsigned round, many = 0, refused = 0;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct prefix p = random_prefix(&rng, rng_below(&rng, 2) == 0),
			      q;
		unsigned max = 1u << rng_below(&rng, 9);
		int n = claims_from_prefix(&p, list, max), i;

		if (n < 0) {
			refused++;
			continue;
		}
		assert_in_range(n, 1, max);
		many += n > 1;
		for (i = 0; i < n; i++) {
			assert_true(claim_prefix(&plain, &list[i], &q));
			assert_int_equal(q.family, p.family);
			assert_int_equal(1 << (q.bits - p.bits), n);
			assert_true(prefix_has(&p, q.a));
			assert_true(i == 0 ||
			    !claims_overlap(
				&plain, &list[i - 1], &list[i], NULL));
			assert_true(i == 0 ||
			    list[i].gid[list[i].level] ==
				list[i - 1].gid[list[i].level] + 1);
		}
	}
	assert_true(many > 1000 && refused > 1000 && refused < 19000);
}

static void
claims_are_as_few_as_possible(void **state)
{
	struct prefix mac = { .family = PREFIX_MAC, .bits = 48 }, p;
	struct topology ntk = topology_ntk(NETDESC_10);
	struct claim list[16];

	(void)state;
	assert_null(prefix_parse("10.0.0.0/12", &p));
	assert_int_equal(claims_from_prefix(&p, list, 15), -1);
	assert_int_equal(claims_from_prefix(&p, list, 16), 16);
	assert_int_equal(claims_of_prefix(&ntk, &p, list, 16), 16);
	assert_int_equal(list[15].level, 2);
	assert_int_equal(list[15].gid[2], 15);
	assert_null(prefix_parse("10.0.1.0/31", &p));
	assert_int_equal(claims_of_prefix(&ntk, &p, list, 16), 2);
	assert_int_equal(claims_from_prefix(&mac, list, 16), -1);
	assert_null(prefix_parse("fd00::/16", &p));
	assert_int_equal(claims_from_prefix(&p, list, 16), 1);
	assert_int_equal(claims_of_prefix(&ntk, &p, list, 16), -1);
	/* longer than the row */
	ntk.levels = 3;
	assert_null(prefix_parse("10.0.1.0/24", &p));
	assert_int_equal(claims_of_prefix(&ntk, &p, list, 16), 1);
	assert_null(prefix_parse("10.0.1.0/25", &p));
	assert_int_equal(claims_of_prefix(&ntk, &p, list, 16), -1);
}

/* The whole prefix lies in the claim, and in none of a level below. */
static void
covering_claim_is_the_smallest(void **state)
{
	struct rng rng = rng_seeded(48);
	struct topology plain = topology_plain();
	unsigned round, found = 0;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct prefix p = random_prefix(&rng, rng_below(&rng, 2) == 0),
			      q;
		struct claim c;

		if (!claim_covering(&plain, &p, &c)) {
			assert_true(p.family == PREFIX_IPV6 && p.bits < 16);
			continue;
		}
		found++;
		if (!claim_prefix(&plain, &c, &q) || q.family != p.family)
			fail();
		assert_true(q.bits <= p.bits);
		assert_true(prefix_has(&q, p.a));
		assert_true(
		    c.level == 0 || q.bits + plain.bits[c.level - 1] > p.bits);
	}
	assert_true(found > 15000);
}

static void
covering_claim_of_what_is_outside(void **state)
{
	struct topology ntk = topology_ntk(NETDESC_10);
	struct prefix p = { .family = PREFIX_MAC, .bits = 48 };
	struct claim c;

	(void)state;
	assert_false(claim_covering(&ntk, &p, &c));
	assert_null(prefix_parse("fd00::/16", &p));
	assert_false(claim_covering(&ntk, &p, &c));
	assert_null(prefix_parse("0.0.0.0/7", &p));
	assert_false(claim_covering(&ntk, &p, &c));
	assert_null(prefix_parse("10.79.3.128/25", &p));
	assert_true(claim_covering(&ntk, &p, &c));
	assert_int_equal(c.level, 1);
	assert_int_equal(c.gid[1], 3);
	ntk.levels = 3; /* the row ends before the prefix does */
	assert_true(claim_covering(&ntk, &p, &c));
	assert_int_equal(c.level, 0);
	assert_int_equal(c.gid[0], 3);
	assert_int_equal(c.gid[2], 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_as_in_the_examples),
		cmocka_unit_test(nobody_is_sent_among_private_addresses),
		cmocka_unit_test(chooses_as_the_model),
		cmocka_unit_test(claim_has_what_is_under_it),
		cmocka_unit_test(claims_are_written_as_they_are_read),
		cmocka_unit_test(claims_cover_the_prefix),
		cmocka_unit_test(claims_are_as_few_as_possible),
		cmocka_unit_test(covering_claim_is_the_smallest),
		cmocka_unit_test(covering_claim_of_what_is_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
