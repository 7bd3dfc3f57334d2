#include "neg/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "neg/space.h"
#include "tests/rng.h"
#include "tests/unit/descs.h"

#define NONE VERDICT_NO_LEVEL

/* A 10.79, B and C as in the names of the networks: the 26 cases. */
static const struct vector {
	const char *i, *r;
	bool known_before;
	enum verdict_rule rule;
	enum verdict_kind kind;
	uint8_t level;
	enum mover who, teller;
	uint64_t third;
} vectors[] = {
	/* 1 */
	{ "B 10.238.0.0/16 n=3", "A 10.79.0.0/16 n=5", false, RULE_SEED,
	    VERDICT_COMPATIBLE, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 n=3", "A 10.79.0.0/16 n=5", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 n=500", "A 10.79.0.0/16 n=1", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 n=500", "A 10.79.0.0/16 n=1", false, RULE_SIZE,
	    VERDICT_REHOOK, 2, MOVE_R, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 n=5 age=50", "A 10.79.0.0/16 n=5 age=90", false,
	    RULE_SIZE, VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	/* 6 */
	{ "B 10.79.0.0/16 n=5 age=50", "A 10.79.0.0/16 n=5 age=50", false,
	    RULE_SIZE, VERDICT_REHOOK, 2, MOVE_R, MOVE_NOBODY, 0 },
	{ "B 10.79.228.0/24 n=2", "A 10.79.0.0/16 n=300", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 n=300", "A 10.79.228.0/24 n=2", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	{ "B 10.79.228.0/24 n=2", "A 10.79.229.0/24 n=2", false, RULE_SEED,
	    VERDICT_COMPATIBLE, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 10.80.0.0/16 n=9", "A 10.80.0.0/16 10.90.0.0/16 n=9",
	    false, RULE_SEED, VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	/* 11 */
	{ "A 10.79.0.0/16", "A 10.79.0.0/16", false, RULE_SEED, VERDICT_SAME,
	    NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A 172 172.79.0.0/16", false, RULE_SEED,
	    VERDICT_TOPOLOGY, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A any 10.79.0.0/16", false, RULE_SEED,
	    VERDICT_TOPOLOGY, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A L3 10.79.0.0/16", false, RULE_SEED,
	    VERDICT_TOPOLOGY, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A 10.79.0.0/16 stable", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	/* 16 */
	{ "B 10.79.0.0/16 stable", "A 10.79.0.0/16", true, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_R, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 stable", "A 10.79.0.0/16", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16 stable", "A 10.79.0.0/16 stable", true, RULE_SEED,
	    VERDICT_HOLD, 2, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A 10.79.0.0/16 rehooking", false, RULE_SEED,
	    VERDICT_DEFER, 2, MOVE_NOBODY, MOVE_NOBODY, 0 },
	{ "B 10.79.0.0/16", "A 10.90.0.0/16 C:10.79.0.0/16", false, RULE_SEED,
	    VERDICT_REHOOK, 2, MOVE_I, MOVE_NOBODY, 0xc },
	/* 21 */
	{ "B 10.79.0.0/16 stable", "A 10.90.0.0/16 C:10.79.0.0/16", true,
	    RULE_SEED, VERDICT_NOTICE, 2, MOVE_T, MOVE_R, 0xc },
	{ "B 10.79.0.0/16 stable", "A 10.90.0.0/16 C:10.79.0.0/16!", true,
	    RULE_SEED, VERDICT_PARTIAL, 2, MOVE_NOBODY, MOVE_NOBODY, 0xc },
	{ "B 10.79.0.0/16 C:10.90.0.0/16", "A 10.90.0.0/16", false, RULE_SEED,
	    VERDICT_NOTICE, 2, MOVE_T, MOVE_I, 0xc },
	{ "B 10.79.0.0/16 C:10.90.0.0/16!", "A 10.90.0.0/16", false, RULE_SEED,
	    VERDICT_PARTIAL, 2, MOVE_NOBODY, MOVE_NOBODY, 0xc },
	{ "B 10.79.0.0/16 A:10.90.0.0/16", "A 10.90.0.0/16", false, RULE_SEED,
	    VERDICT_COMPATIBLE, NONE, MOVE_NOBODY, MOVE_NOBODY, 0 },
	/* 26 */
	{ "B 10.79.228.42/32", "A 10.79.228.0/24 n=12", false, RULE_SEED,
	    VERDICT_REHOOK, 1, MOVE_I, MOVE_NOBODY, 0 },
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void
judges_as_the_vectors(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(VECTORS, 26);
	for (n = 0; n < VECTORS; n++) {
		const struct vector *v = &vectors[n];
		struct verdict_facts facts = { v->known_before, v->rule };
		struct netdesc i = desc_of(v->i), r = desc_of(v->r);
		struct verdict got;

		verdict_of(&i, &r, &facts, &got);
		if (got.kind != v->kind || got.who != v->who)
			print_error("case %zu: %s %s\n", n + 1,
			    verdict_name(got.kind), mover_name(got.who));
		assert_int_equal(got.kind, v->kind);
		assert_int_equal(got.level, v->level);
		assert_int_equal(got.who, v->who);
		assert_int_equal(got.teller, v->teller);
		assert_int_equal(got.third, v->third);
		assert_true(strlen(got.why) > 0);
		netdesc_fini(&i);
		netdesc_fini(&r);
	}
	printf("# figure vectors %zu\n", n);
}

static struct verdict
judge(const char *ti, const char *tr, bool known_before)
{
	struct verdict_facts facts = { known_before, RULE_SEED };
	struct netdesc i = desc_of(ti), r = desc_of(tr);
	struct verdict v;

	verdict_of(&i, &r, &facts, &v);
	netdesc_fini(&i);
	netdesc_fini(&r);
	return v;
}

/* What is being left is no reason to move, whoever else has it. */
static void
claims_being_left_do_not_count(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("B 10.80.0.0/16 -10.79.0.0/16", "A 10.79.0.0/16", false);
	assert_int_equal(v.kind, VERDICT_COMPATIBLE);
	v = judge("B 10.79.0.0/16", "A 10.80.0.0/16 -10.79.0.0/16", false);
	assert_int_equal(v.kind, VERDICT_COMPATIBLE);
	v = judge("B 10.80.0.0/16 -10.79.0.0/16",
	    "A 10.90.0.0/16 C:10.79.0.0/16", false);
	assert_int_equal(v.kind, VERDICT_COMPATIBLE);
	v = judge("B 10.80.0.0/16 C:10.79.0.0/16",
	    "A 10.90.0.0/16 -10.79.0.0/16", false);
	assert_int_equal(v.kind, VERDICT_COMPATIBLE);
	/* the flag of a known one with that value says that it is stable */
	v = judge(
	    "B 10.80.0.0/16 stable", "A 10.90.0.0/16 C:10.80.0.0/16!", true);
	assert_int_equal(v.kind, VERDICT_PARTIAL);
}

/* A reserved place is as good as an occupied one, but for whom it is kept. */
static void
reserved_counts_but_for_its_holder(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("B 10.80.0.0/16", "A 10.90.0.0/16 C:10.80.0.0/16*", false);
	assert_int_equal(v.kind, VERDICT_REHOOK);
	assert_int_equal(v.who, MOVE_I);
	v = judge("B 10.80.0.0/16", "A 10.90.0.0/16 B:10.80.0.0/16*", false);
	assert_int_equal(v.kind, VERDICT_COMPATIBLE);
}

/* Which claims collide: the highest level, then the first of I, then of R. */
static void
highest_level_decides_then_the_order(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("B 10.1.5.0/24 10.2.0.0/16 10.3.0.0/16",
	    "A 10.1.5.0/24 10.3.0.0/16 10.2.7.0/24", false);
	assert_int_equal(v.level, 2);
	assert_int_equal(v.claim_i, 1);
	assert_int_equal(v.claim_r, 2);
	v = judge("B 10.3.0.0/16", "A 10.9.0.0/16 D:10.3.1.0/24 C:10.3.0.0/16",
	    false);
	assert_int_equal(v.claim_i, 0);
	assert_int_equal(v.claim_r, -1);
	assert_int_equal(v.known, 0);
	assert_false(v.known_of_i);
	assert_int_equal(v.third, 0xd);
	v = judge("B 10.3.0.0/16 D:10.9.1.0/24", "A 10.9.1.7/32", false);
	assert_int_equal(v.level, 1);
	assert_int_equal(v.claim_i, -1);
	assert_int_equal(v.claim_r, 0);
	assert_true(v.known_of_i);
	/* direct comes first, even if it is lower */
	v = judge("B 10.3.1.0/24", "A 10.3.1.7/32 C:10.3.0.0/16", false);
	assert_int_equal(v.level, 1);
	assert_int_equal(v.third, 0);
	/* and newcomer before reverse */
	v = judge("B 10.3.1.0/24 D:10.9.0.0/16", "A 10.9.0.0/16 C:10.3.1.0/24",
	    false);
	assert_int_equal(v.third, 0xc);
}

static void
rank_is_nodes_then_age_then_netid(void **state)
{
	static const char *const rising[] = { "F 10.1.0.0/16 n=1 age=9",
		"1 10.1.0.0/16 n=2 age=1", "2 10.1.0.0/16 n=2 age=1",
		"1 10.1.0.0/16 n=2 age=2",
		"8000000000000000 10.1.0.0/16 n=2 age=2",
		"1 10.1.0.0/16 n=4294967295 age=0" };
	size_t a, b;

	(void)state;
	for (a = 0; a < sizeof(rising) / sizeof(rising[0]); a++)
		for (b = 0; b < sizeof(rising) / sizeof(rising[0]); b++) {
			struct netdesc da = desc_of(rising[a]),
				       db = desc_of(rising[b]);
			int rank = netdesc_rank(&da, &db);

			assert_int_equal(
			    (rank > 0) - (rank < 0), (a > b) - (a < b));
		}
}

static void
everything_has_a_name(void **state)
{
	unsigned a, b;

	(void)state;
	for (a = 0; a < VERDICT_KINDS; a++)
		for (b = 0; b < a; b++)
			assert_string_not_equal(
			    verdict_name((enum verdict_kind)a),
			    verdict_name((enum verdict_kind)b));
	assert_string_equal(verdict_name(VERDICT_REHOOK), "REHOOK");
	assert_string_equal(verdict_name(VERDICT_KINDS), "?");
	assert_string_equal(mover_name(MOVE_NOBODY), "nobody");
	assert_string_equal(mover_name(MOVE_T), "T");
	assert_string_equal(mover_name((enum mover)4), "?");
}

/* --- the model ------------------------------------------------------------ */

/* One pair that collides; the worst is the one that is judged. */
struct pair {
	unsigned level;
	int a, b;
};

static bool
collide(const struct topology *topo, const struct claim *a,
    const struct claim *b, unsigned *ret_level)
{
	unsigned k;

	*ret_level = a->level > b->level ? a->level : b->level;
	for (k = *ret_level; k < topo->levels; k++)
		if (a->gid[k] != b->gid[k])
			return false;
	return true;
}

static int
worse(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

/* All pairs of s with o's claims (known: with what o knows), the worst first */
static size_t
all_pairs(const struct netdesc *s, const struct netdesc *o, bool known,
    struct pair *out)
{
	size_t n = 0;
	int a, b, max = known ? o->n_known : o->n_claims;

	for (a = 0; a < s->n_claims; a++)
		for (b = 0; b < max; b++) {
			struct pair p = { 0, a, b };

			if (s->claim[a].flags & CLAIM_LEAVING)
				continue;
			if (known &&
			    (o->known[b].netid == s->netid ||
				o->known[b].netid == o->netid))
				continue;
			if (!known && (o->claim[b].flags & CLAIM_LEAVING))
				continue;
			if (collide(&s->topo, &s->claim[a],
				known ? &o->known[b].claim : &o->claim[b],
				&p.level))
				out[n++] = p;
		}
	qsort(out, n, sizeof(*out), worse);
	return n;
}

/* A row for each line of the table, looked up by what it depends on. */
static void
direct_slowly(const struct netdesc *i, const struct netdesc *r, bool istab,
    enum verdict_rule rule, struct verdict *v)
{
	bool rstab = r->flags & NETDESC_STABLE;
	bool i_smaller = i->nodes < r->nodes ||
	    (i->nodes == r->nodes && i->age < r->age) ||
	    (i->nodes == r->nodes && i->age == r->age && i->netid < r->netid);
	static const struct {
		enum verdict_kind kind;
		enum mover who;
	} rows[2][2] = {
		{ { VERDICT_REHOOK, MOVE_I }, { VERDICT_REHOOK, MOVE_R } },
		{ { VERDICT_REHOOK, MOVE_I }, { VERDICT_HOLD, MOVE_NOBODY } },
	};

	v->kind = rows[rstab][istab].kind;
	v->who = rows[rstab][istab].who;
	if (!rstab && !istab && rule == RULE_SIZE && !i_smaller)
		v->who = MOVE_R;
	if (r->flags & NETDESC_REHOOKING) {
		v->kind = VERDICT_DEFER;
		v->who = MOVE_NOBODY;
	}
}

static void
known_slowly(const struct known *t, bool of_i, bool istab, struct verdict *v)
{
	bool tstab = t->claim.flags & KNOWN_STABLE;

	v->third = t->netid;
	v->known_of_i = of_i;
	if (!of_i && !istab) {
		v->kind = VERDICT_REHOOK;
		v->who = MOVE_I;
	} else if (tstab) {
		v->kind = VERDICT_PARTIAL;
	} else {
		v->kind = VERDICT_NOTICE;
		v->who = MOVE_T;
		v->teller = of_i ? MOVE_I : MOVE_R;
	}
}

static struct verdict
verdict_slowly(const struct netdesc *i, const struct netdesc *r,
    const struct verdict_facts *f)
{
	static struct pair pairs[NETDESC_CLAIMS * NETDESC_KNOWN];
	struct verdict v = { .kind = VERDICT_COMPATIBLE,
		.level = NONE,
		.claim_i = -1,
		.claim_r = -1,
		.known = -1 };
	bool istab = f->known_before && (i->flags & NETDESC_STABLE);

	if (i->netid == r->netid) {
		v.kind = VERDICT_SAME;
	} else if (!topology_equal(&i->topo, &r->topo)) {
		v.kind = VERDICT_TOPOLOGY;
	} else if (all_pairs(i, r, false, pairs) > 0) {
		v.claim_i = pairs[0].a;
		v.claim_r = pairs[0].b;
		v.level = (uint8_t)pairs[0].level;
		direct_slowly(i, r, istab, f->rule, &v);
	} else if (all_pairs(i, r, true, pairs) > 0) {
		v.claim_i = pairs[0].a;
		v.known = pairs[0].b;
		v.level = (uint8_t)pairs[0].level;
		known_slowly(&r->known[pairs[0].b], false, istab, &v);
	} else if (all_pairs(r, i, true, pairs) > 0) {
		v.claim_r = pairs[0].a;
		v.known = pairs[0].b;
		v.level = (uint8_t)pairs[0].level;
		known_slowly(&i->known[pairs[0].b], true, istab, &v);
	}
	return v;
}

static void
judges_as_the_model(void **state)
{
	struct rng rng = rng_seeded(48);
	unsigned round, kinds[VERDICT_KINDS] = { 0 }, movers[4] = { 0 }, k;

	(void)state;
	for (round = 0; round < 60000; round++) {
		unsigned kind = (unsigned)rng_below(&rng, DESC_KINDS);
		unsigned other = rng_below(&rng, 16) == 0
		    ? (unsigned)rng_below(&rng, DESC_KINDS)
		    : kind;
		unsigned known = rng_below(&rng, 64) == 0 ? NETDESC_KNOWN : 5;
		struct netdesc i = desc_random(&rng, kind, known);
		struct netdesc r = desc_random(&rng, other, known);
		struct verdict_facts facts = { rng_below(&rng, 2) == 0,
			rng_below(&rng, 2) == 0 ? RULE_SEED : RULE_SIZE };
		struct verdict got, expected;

		assert_null(netdesc_check(&i, NETDESC_TUNNEL));
		assert_null(netdesc_check(&r, NETDESC_TUNNEL));
		verdict_of(&i, &r, &facts, &got);
		expected = verdict_slowly(&i, &r, &facts);
		assert_int_equal(got.kind, expected.kind);
		assert_int_equal(got.who, expected.who);
		assert_int_equal(got.level, expected.level);
		assert_int_equal(got.claim_i, expected.claim_i);
		assert_int_equal(got.claim_r, expected.claim_r);
		assert_int_equal(got.known, expected.known);
		assert_int_equal(got.known_of_i, expected.known_of_i);
		assert_int_equal(got.third, expected.third);
		assert_int_equal(got.teller, expected.teller);
		kinds[got.kind]++;
		movers[got.who]++;
		netdesc_fini(&i);
		netdesc_fini(&r);
	}
	for (k = 0; k < VERDICT_KINDS; k++)
		assert_true(kinds[k] > 100);
	for (k = 0; k < 4; k++)
		assert_true(movers[k] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_as_the_vectors),
		cmocka_unit_test(claims_being_left_do_not_count),
		cmocka_unit_test(reserved_counts_but_for_its_holder),
		cmocka_unit_test(highest_level_decides_then_the_order),
		cmocka_unit_test(rank_is_nodes_then_age_then_netid),
		cmocka_unit_test(everything_has_a_name),
		cmocka_unit_test(judges_as_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
