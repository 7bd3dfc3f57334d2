#include "core/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static struct prefix
pfx(const char *s)
{
	struct prefix p;
	const char *why = prefix_parse(s, &p);

	if (why != NULL)
		fail_msg("%s %s", s, why);
	return p;
}

/* Whose an address is; -1: nobody's. */
static int
who(const struct route *r, const char *address)
{
	struct prefix p = pfx(address);
	uint32_t whose;

	return route_find(r, p.family, p.a, &whose) ? (int)whose : -1;
}

static bool
add(struct route *r, const char *prefix, uint32_t whose)
{
	struct prefix p = pfx(prefix);
	uint32_t other = UINT32_MAX;
	bool ok = route_add(r, ROUTE_CONFIGURED, &p, whose, &other);

	assert_int_equal(ok, other == UINT32_MAX);
	return ok;
}

static void
longest_match(void **state)
{
	struct route *r = route_new();

	(void)state;
	assert_int_equal(who(r, "10.1.2.3"), -1);
	assert_true(add(r, "10.1.0.0/16", 1));
	assert_true(add(r, "10.1.2.0/24", 2));
	assert_true(add(r, "10.1.2.3/32", 3));
	assert_true(add(r, "10.1.0.0/24", ROUTE_LOCAL));
	assert_int_equal(who(r, "10.1.2.3"), 3);
	assert_int_equal(who(r, "10.1.2.4"), 2);
	assert_int_equal(who(r, "10.1.3.4"), 1);
	assert_int_equal(who(r, "10.1.0.9"), ROUTE_LOCAL);
	assert_int_equal(who(r, "10.2.0.9"), -1);
	assert_int_equal(who(r, "::"), -1);
	assert_true(add(r, "0.0.0.0/0", 4));
	assert_int_equal(who(r, "10.2.0.9"), 4);
	assert_int_equal(who(r, "10.1.2.3"), 3);
	assert_int_equal(who(r, "::"), -1);
	assert_int_equal(who(r, "02:00:00:00:00:01"), -1);
	route_free(r);
}

static void
who_has_it_keeps_it(void **state)
{
	struct route *r = route_new();
	struct prefix p = pfx("2001:db8::/48");
	uint32_t other = 99;

	(void)state;
	assert_true(add(r, "2001:db8::/48", 1));
	assert_true(add(r, "2001:db8::/48", 1)); /* its own again */
	assert_int_equal(route_count(r), 1);
	assert_false(route_add(r, ROUTE_CONFIGURED, &p, 2, &other));
	assert_int_equal(other, 1);
	assert_int_equal(who(r, "2001:db8::1"), 1);
	assert_int_equal(route_count(r), 1);
	route_drop(r, ROUTE_CONFIGURED, 2);
	assert_int_equal(who(r, "2001:db8::1"), 1);
	route_drop(r, ROUTE_CONFIGURED, 1);
	assert_int_equal(who(r, "2001:db8::1"), -1);
	assert_int_equal(route_count(r), 0);
	assert_true(route_add(r, ROUTE_CONFIGURED, &p, 2, &other));
	assert_int_equal(who(r, "2001:db8::1"), 2);
	route_free(r);
}

static void
first_of_all(
    void *arg, const struct prefix *p, enum route_kind kind, uint32_t whose)
{
	struct prefix *ret = arg;

	(void)kind, (void)whose;
	if (ret->bits == UINT8_MAX)
		*ret = *p;
}

/* A prefix that was only where two others part; and back to that. */
static void
fork_becomes_a_route(void **state)
{
	struct route *r = route_new();
	struct prefix first = { .bits = UINT8_MAX }, want = pfx("10.0.0.0/8");

	(void)state;
	assert_true(add(r, "10.128.0.1", 1));
	assert_true(add(r, "10.0.0.1", 2));
	assert_int_equal(who(r, "10.0.0.2"), -1);
	assert_true(add(r, "10.0.0.0/8", 3));
	assert_int_equal(who(r, "10.0.0.2"), 3);
	route_each(r, first_of_all, &first);
	assert_memory_equal(&first, &want, sizeof(want));
	route_drop(r, ROUTE_CONFIGURED, 3);
	assert_int_equal(who(r, "10.0.0.2"), -1);
	assert_int_equal(who(r, "10.0.0.1"), 2);
	assert_int_equal(who(r, "10.128.0.1"), 1);
	route_free(r);
}

/* The model: all prefixes in a list, searched from end to end. */
#define MODEL_MAX 6000
#define OWNERS 40

struct model {
	size_t n;
	struct {
		struct prefix p;
		uint32_t whose;
	} e[MODEL_MAX];
};

static size_t
model_at(const struct model *m, const struct prefix *p)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (memcmp(&m->e[i].p, p, sizeof(*p)) == 0)
			break;
	return i;
}

static int
model_find(const struct model *m, unsigned family, const uint8_t *a)
{
	int best = -1;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->e[i].p.family == family && prefix_has(&m->e[i].p, a) &&
		    (best < 0 || m->e[i].p.bits > m->e[best].p.bits))
			best = (int)i;
	return best < 0 ? -1 : (int)m->e[best].whose;
}

static void
model_drop(struct model *m, uint32_t whose)
{
	size_t i, kept = 0;

	for (i = 0; i < m->n; i++)
		if (m->e[i].whose != whose)
			m->e[kept++] = m->e[i];
	m->n = kept;
}

/* Few different bytes, so that prefixes lie within each other. */
static struct prefix
random_prefix(struct rng *r)
{
	struct prefix p = { .family = (uint8_t)rng_below(r, PREFIX_FAMILIES) };
	size_t i, alen = prefix_alen(p.family);
	unsigned bits = (unsigned)rng_below(r, alen * 8 + 1);

	p.bits = (uint8_t)bits;
	for (i = 0; i < alen; i++)
		p.a[i] = rng_below(r, 3) > 0 ? 0 : (uint8_t)rng_next(r);
	for (i = bits; i < alen * 8; i++)
		p.a[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return p;
}

struct order {
	const struct model *m;
	struct prefix last;
	size_t n;
};

static void
in_order(
    void *arg, const struct prefix *p, enum route_kind kind, uint32_t whose)
{
	struct order *o = arg;
	size_t at = model_at(o->m, p);
	int cmp;

	assert_true(at < o->m->n);
	assert_int_equal(kind, ROUTE_CONFIGURED);
	assert_int_equal(o->m->e[at].whose, whose);
	if (o->n++ > 0) {
		cmp = (int)o->last.family - (int)p->family;
		if (cmp == 0)
			cmp = memcmp(o->last.a, p->a, sizeof(p->a));
		if (cmp == 0)
			cmp = (int)o->last.bits - (int)p->bits;
		assert_true(cmp < 0);
	}
	o->last = *p;
}

static void
same_as_model(const struct route *r, const struct model *m, struct rng *rng)
{
	struct order o = { .m = m };
	size_t i;

	assert_int_equal(route_count(r), m->n);
	route_each(r, in_order, &o);
	assert_int_equal(o.n, m->n);
	for (i = 0; i < 400; i++) {
		struct prefix p = m->n > 0 && i % 2 == 0
		    ? m->e[rng_below(rng, m->n)].p
		    : random_prefix(rng);
		uint32_t whose = 0;
		bool found;

		p.a[rng_below(rng, prefix_alen(p.family))] ^=
		    (uint8_t)(1u << rng_below(rng, 8));
		found = route_find(r, p.family, p.a, &whose);
		assert_int_equal(
		    found ? (int)whose : -1, model_find(m, p.family, p.a));
	}
}

static void
random_add(struct route *r, struct model *m, struct rng *rng)
{
	struct prefix p = random_prefix(rng);
	uint32_t whose = (uint32_t)rng_below(rng, OWNERS), other = UINT32_MAX;
	size_t at = model_at(m, &p);
	bool ok = route_add(r, ROUTE_CONFIGURED, &p, whose, &other);

	if (at < m->n) {
		assert_int_equal(ok, m->e[at].whose == whose);
		assert_int_equal(other, ok ? UINT32_MAX : m->e[at].whose);
		return;
	}
	assert_true(ok);
	m->e[m->n].p = p;
	m->e[m->n++].whose = whose;
}

static void
random_against_a_list(void **state)
{
	static struct model m;
	struct rng rng = rng_seeded(43);
	struct route *r = route_new();
	size_t most = 0;
	int round, i;

	(void)state;
	for (round = 0; round < 40; round++) {
		for (i = 0; i < 300 && m.n < MODEL_MAX; i++)
			random_add(r, &m, &rng);
		most = m.n > most ? m.n : most;
		if (round % 2 == 1) {
			uint32_t whose = (uint32_t)rng_below(&rng, OWNERS);

			route_drop(r, ROUTE_CONFIGURED, whose);
			model_drop(&m, whose);
		}
		same_as_model(r, &m, &rng);
	}
	assert_true(most > 2000);
	for (i = 0; i < OWNERS; i++) {
		route_drop(r, ROUTE_CONFIGURED, (uint32_t)i);
		model_drop(&m, (uint32_t)i);
		same_as_model(r, &m, &rng);
	}
	assert_int_equal(route_count(r), 0);
	route_free(r);
}

/* Every length in one line, the deepest that a trie can get. */
static void
one_inside_the_other(void **state)
{
	struct route *r = route_new();
	struct prefix p = { .family = PREFIX_IPV6 };
	uint32_t whose;
	unsigned i;

	(void)state;
	for (i = 128; i <= 128; i--) {
		p.bits = (uint8_t)i;
		assert_true(route_add(r, ROUTE_CONFIGURED, &p, i + 1, &whose));
	}
	for (i = 0; i <= 128; i++) {
		memset(p.a, 0, sizeof(p.a));
		if (i < 128)
			p.a[i / 8] = (uint8_t)(0x80 >> i % 8);
		assert_true(route_find(r, PREFIX_IPV6, p.a, &whose));
		assert_int_equal(whose, i + 1);
	}
	for (i = 0; i <= 128; i += 2)
		route_drop(r, ROUTE_CONFIGURED, i + 1);
	assert_int_equal(route_count(r), 64);
	memset(p.a, 0, sizeof(p.a));
	assert_true(route_find(r, PREFIX_IPV6, p.a, &whose));
	assert_int_equal(whose, 128);
	route_free(r);
	route_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_match),
		cmocka_unit_test(who_has_it_keeps_it),
		cmocka_unit_test(fork_becomes_a_route),
		cmocka_unit_test(random_against_a_list),
		cmocka_unit_test(one_inside_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
