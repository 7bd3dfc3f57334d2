/* What is wanted against what is installed, before a kernel of our own. */
#include "vplamad/routes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "priv/priv.h"
#include "tests/rng.h"
#include "tests/starve.h"

#define PEERS 6
#define PREFIXES 12

/* Routes 10.(number).0.0/16, each into the device of a unit. */
struct kernel {
	bool there[PREFIXES];
	char unit[PREFIXES][PRIV_UNIT];
	int refuse[PREFIXES]; /* -errno of adding it, or 0 */
	int keep[PREFIXES];   /* -errno of taking it away, or 0 */
	unsigned adds, dels, flushes;

	bool per_peer;
	bool away[PEERS + 1]; /* the device of the peer, of all at 0 */
	char name[PEERS + 1][4];
};

static void
on_call(void *arg, const struct priv_req *req, struct priv_reply *ret)
{
	struct kernel *k = arg;
	unsigned no = req->dst[1];

	*ret = (struct priv_reply){ .fd = -1 };
	if (req->op == PRIV_ROUTE_FLUSH) {
		memset(k->there, 0, sizeof(k->there));
		k->flushes++;
		return;
	}
	assert_int_equal(req->family, PREFIX_IPV4);
	assert_int_equal(req->bits, 16);
	assert_int_equal(req->dst[0], 10);
	assert_true(no < PREFIXES);
	if (req->op == PRIV_ROUTE_DEL) {
		k->dels++;
		ret->rc = k->keep[no];
		k->there[no] = k->there[no] && ret->rc < 0;
		return;
	}
	assert_int_equal(req->op, PRIV_ROUTE_ADD);
	k->adds++;
	ret->rc = k->refuse[no];
	k->there[no] = ret->rc == 0;
	strcpy(k->unit[no], req->unit);
}

static const char *
on_unit(void *arg, uint32_t peer)
{
	struct kernel *k = arg;

	assert_true(peer >= 1 && peer <= PEERS);
	if (!k->per_peer)
		return k->away[0] ? NULL : "";
	snprintf(k->name[peer], sizeof(k->name[peer]), "p%u", peer % 10);
	return k->away[peer] ? NULL : k->name[peer];
}

struct fix {
	struct kernel k;
	struct priv pv;
	struct routes *r;
	struct mono now;
	unsigned asked; /* how often for all that is wanted */
};

static struct prefix
prefix(unsigned no)
{
	return (struct prefix){ PREFIX_IPV4, 16, { 10, (uint8_t)no } };
}

/* All that test_memory wants: prefix 2 of peer 1, 3 of peer 2. */
static void
on_all(void *arg)
{
	struct kernel *k = arg;
	struct fix *f = CONTAINER_OF(k, struct fix, k);
	const struct prefix two = prefix(2), three = prefix(3);

	f->asked++;
	routes_set(f->r, 1, &two, 1);
	routes_set(f->r, 2, &three, 1);
}

static void
fix_init(struct fix *f, bool per_peer)
{
	struct routes_env env = { &f->k, &f->pv, on_unit, on_all };

	*f = (struct fix){ .k = { .per_peer = per_peer }, .now = { 1000 } };
	f->pv = (struct priv){ on_call, &f->k };
	f->r = routes_new(&env);
	assert_int_equal(f->k.flushes, 1); /* of an earlier life */
}

static void
fix_fini(struct fix *f)
{
	unsigned i;

	routes_free(f->r);
	for (i = 0; i < PREFIXES; i++)
		assert_false(f->k.there[i]);
}

/* The prefixes whose bits are set are wanted for the peer. */
static void
want(struct fix *f, uint32_t peer, unsigned bits)
{
	struct prefix p[PREFIXES];
	size_t n = 0;
	unsigned i;

	for (i = 0; i < PREFIXES; i++)
		if ((bits >> i & 1) != 0)
			p[n++] = prefix(i);
	routes_set(f->r, peer, p, n);
}

static void
apply(struct fix *f)
{
	routes_apply(f->r, f->now);
}

/* Adds and removals since the last look. */
static void
expect_calls(struct fix *f, unsigned adds, unsigned dels)
{
	apply(f);
	assert_int_equal(f->k.adds, adds);
	assert_int_equal(f->k.dels, dels);
	f->k.adds = f->k.dels = 0;
}

static void
only_what_changes(void **state)
{
	struct routes_info info;
	struct fix f;

	(void)state;
	fix_init(&f, false);
	want(&f, 1, 0x3);
	assert_int_equal(f.k.adds, 0); /* at the end of the turn */
	expect_calls(&f, 2, 0);
	expect_calls(&f, 0, 0);
	want(&f, 1, 0x3); /* told again */
	expect_calls(&f, 0, 0);
	want(&f, 1, 0x6);
	expect_calls(&f, 1, 1);
	assert_false(f.k.there[0]);
	assert_true(f.k.there[1] && f.k.there[2]);
	want(&f, 1, 0);
	want(&f, 1, 0x6); /* came back before anybody saw it go */
	expect_calls(&f, 0, 0);
	assert_true(routes_get(f.r, 1, &info));
	assert_true(info.installed);
	assert_int_equal(info.peer, 1);
	assert_null(info.why);
	assert_false(routes_get(f.r, 2, &info));
	assert_true(mono_is_never(routes_deadline(f.r)));
	want(&f, 1, 0);
	expect_calls(&f, 0, 2);
	assert_false(routes_get(f.r, 0, &info));
	fix_fini(&f);
}

static void
two_want_one(void **state)
{
	struct routes_info info;
	struct fix f;

	(void)state;
	/* by one device it stays as it is */
	fix_init(&f, false);
	want(&f, 1, 1);
	want(&f, 2, 1);
	expect_calls(&f, 1, 0);
	want(&f, 1, 0);
	expect_calls(&f, 0, 0);
	assert_true(routes_get(f.r, 0, &info));
	assert_int_equal(info.peer, 2);
	want(&f, 2, 0);
	expect_calls(&f, 0, 1);
	fix_fini(&f);
	/* with devices of their own it moves, and stays there */
	fix_init(&f, true);
	want(&f, 2, 1);
	want(&f, 1, 1);
	expect_calls(&f, 1, 0);
	assert_string_equal(f.k.unit[0], "p2");
	want(&f, 2, 0);
	expect_calls(&f, 1, 0);
	assert_string_equal(f.k.unit[0], "p1");
	want(&f, 2, 1);
	expect_calls(&f, 0, 0);
	assert_string_equal(f.k.unit[0], "p1");
	want(&f, 1, 0);
	want(&f, 2, 0);
	expect_calls(&f, 0, 1);
	fix_fini(&f);
}

static void
device_goes_and_comes(void **state)
{
	const struct prefix p = prefix(0);
	struct fix f;

	(void)state;
	fix_init(&f, false);
	want(&f, 1, 3);
	expect_calls(&f, 2, 0);
	f.k.away[0] = true;
	routes_again(f.r, 0);
	expect_calls(&f, 0, 2);
	assert_non_null(strstr(routes_why(f.r, &p), "device"));
	f.k.away[0] = false;
	memset(f.k.there, 0, sizeof(f.k.there));
	routes_again(f.r, 0);
	expect_calls(&f, 2, 0);
	assert_null(routes_why(f.r, &p));
	/* gone and back within one turn */
	memset(f.k.there, 0, sizeof(f.k.there));
	routes_again(f.r, 0);
	expect_calls(&f, 2, 0);
	assert_true(f.k.there[0] && f.k.there[1]);
	fix_fini(&f);
	/* of one peer: the other one has its prefix meanwhile, and keeps it */
	fix_init(&f, true);
	want(&f, 1, 3);
	want(&f, 2, 1);
	expect_calls(&f, 2, 0);
	f.k.away[1] = true;
	routes_again(f.r, 1);
	expect_calls(&f, 1, 1);
	assert_string_equal(f.k.unit[0], "p2");
	f.k.away[1] = false;
	routes_again(f.r, 1);
	expect_calls(&f, 1, 0);
	assert_string_equal(f.k.unit[0], "p2");
	assert_string_equal(f.k.unit[1], "p1");
	fix_fini(&f);
}

static void
refused_and_tried_again(void **state)
{
	const struct prefix p = prefix(3);
	struct routes_info info;
	struct fix f;

	(void)state;
	fix_init(&f, true);
	f.k.refuse[3] = -EEXIST;
	want(&f, 1, 1 << 3 | 1);
	expect_calls(&f, 2, 0);
	assert_non_null(strstr(routes_why(f.r, &p), "another program"));
	assert_true(routes_get(f.r, 1, &info));
	assert_false(info.installed);
	assert_string_equal(info.why, routes_why(f.r, &p));
	assert_int_equal(routes_deadline(f.r).us, f.now.us + ROUTES_RETRY_US);
	expect_calls(&f, 0, 0); /* not before */
	f.now = routes_deadline(f.r);
	expect_calls(&f, 1, 0);
	f.k.refuse[3] = 0;
	f.now = routes_deadline(f.r);
	expect_calls(&f, 1, 0);
	assert_null(routes_why(f.r, &p));
	assert_true(mono_is_never(routes_deadline(f.r)));
	/* one that cannot go where it should is nowhere */
	f.k.refuse[3] = -ENETDOWN;
	want(&f, 2, 1 << 3);
	want(&f, 1, 1);
	expect_calls(&f, 1, 1);
	assert_false(f.k.there[3]);
	want(&f, 2, 0);
	expect_calls(&f, 0, 0);
	assert_true(mono_is_never(routes_deadline(f.r)));
	fix_fini(&f);
}

/* What was dropped is asked for again by time, whatever else is set. */
static void
without_memory(void **state)
{
	struct fix f;
	unsigned n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		fix_init(&f, false);
		starve(n, STARVE_ALL);
		want(&f, 1, 1u << 2);
		apply(&f);
		assert_false(f.k.there[2]);
		f.now = mono_add(f.now, ROUTES_RETRY_US / 2);
		want(&f, 2, 1u << 3);
		apply(&f);
		assert_int_equal(f.asked, 0);
		f.now = mono_add(f.now, ROUTES_RETRY_US / 2);
		assert_true(mono_due(routes_deadline(f.r), f.now));
		apply(&f);
		assert_int_equal(f.asked, 1);
		assert_false(f.k.there[2]); /* there is still none */
		starve_end();
		f.now = routes_deadline(f.r);
		apply(&f);
		assert_int_equal(f.asked, 2);
		assert_true(f.k.there[2] && f.k.there[3]);
		assert_true(mono_is_never(routes_deadline(f.r)));
		fix_fini(&f);
	}
}

static void
without_any(void **state)
{
	const struct prefix p = prefix(0);
	struct routes_info info;

	(void)state;
	routes_set(NULL, 1, &p, 1);
	routes_again(NULL, 0);
	routes_apply(NULL, (struct mono){ 5 });
	assert_true(mono_is_never(routes_deadline(NULL)));
	assert_false(routes_get(NULL, 0, &info));
	assert_null(routes_why(NULL, &p));
	routes_free(NULL);
}

/* Who wants what, as plain as can be. */
struct model {
	unsigned wants[PEERS + 1];
};

static void
expect_model(const struct fix *f, const struct model *m)
{
	unsigned i, peer;

	for (i = 0; i < PREFIXES; i++) {
		bool some = false, right = false;

		for (peer = 1; peer <= PEERS; peer++) {
			char name[4];

			if ((m->wants[peer] >> i & 1) == 0 ||
			    f->k.away[f->k.per_peer ? peer : 0])
				continue;
			some = true;
			snprintf(name, sizeof(name), "p%u", peer % 10);
			right |=
			    !f->k.per_peer || strcmp(name, f->k.unit[i]) == 0;
		}
		some = some && f->k.refuse[i] == 0;
		assert_int_equal(f->k.there[i], some);
		assert_true(!some || right);
	}
}

/* A device goes or comes, and the kernel forgets what led there. */
static void
toggle(struct fix *f, uint32_t peer)
{
	char name[4];
	unsigned i;

	snprintf(name, sizeof(name), "p%u", peer % 10);
	for (i = 0; i < PREFIXES; i++)
		if (peer == 0 || strcmp(f->k.unit[i], name) == 0)
			f->k.there[i] = false;
	f->k.away[peer] = !f->k.away[peer];
	routes_again(f->r, peer);
}

static void
against_model(bool per_peer, struct rng *rng)
{
	struct model m = { .wants = { 0 } };
	struct fix f;
	unsigned i, k;

	fix_init(&f, per_peer);
	for (i = 0; i < 3000; i++) {
		for (k = (unsigned)rng_below(rng, 4); k > 0; k--) {
			uint32_t peer = 1 + (uint32_t)rng_below(rng, PEERS);

			m.wants[peer] =
			    (unsigned)rng_below(rng, 1u << PREFIXES);
			if (rng_below(rng, 3) == 0)
				m.wants[peer] = 0;
			want(&f, peer, m.wants[peer]);
		}
		if (rng_below(rng, 8) == 0)
			toggle(&f,
			    per_peer ? 1 + (uint32_t)rng_below(rng, PEERS) : 0);
		if (rng_below(rng, 8) == 0) {
			k = (unsigned)rng_below(rng, PREFIXES);
			if (!f.k.there[k])
				f.k.refuse[k] =
				    f.k.refuse[k] == 0 ? -EEXIST : 0;
		}
		apply(&f);
		if (!mono_is_never(routes_deadline(f.r))) {
			f.now = routes_deadline(f.r);
			apply(&f);
		}
		expect_model(&f, &m);
	}
	fix_fini(&f);
}

static void
random_against_model(void **state)
{
	struct rng rng = rng_seeded(1);
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++) {
		against_model(false, &rng);
		against_model(true, &rng);
	}
}

/* One that cannot be taken away now goes later, or is wanted again. */
static void
stays_and_goes(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, false);
	want(&f, 1, 3);
	expect_calls(&f, 2, 0);
	f.k.keep[0] = f.k.keep[1] = -EBUSY;
	want(&f, 1, 0);
	expect_calls(&f, 0, 2);
	assert_true(f.k.there[0]);
	want(&f, 2, 2);
	expect_calls(&f, 0, 1); /* number 1 is there: nothing to add */
	f.k.keep[0] = f.k.keep[1] = 0;
	assert_false(mono_is_never(routes_deadline(f.r)));
	f.now = routes_deadline(f.r);
	expect_calls(&f, 0, 1);
	assert_false(f.k.there[0]);
	assert_true(f.k.there[1]);
	assert_true(mono_is_never(routes_deadline(f.r)));
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_and_goes),
		cmocka_unit_test(only_what_changes),
		cmocka_unit_test(two_want_one),
		cmocka_unit_test(device_goes_and_comes),
		cmocka_unit_test(refused_and_tried_again),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(without_any),
		cmocka_unit_test(random_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
