#include "core/fdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "tests/rng.h"

#define AGE_MS 1000u

static const uint8_t secret[16] = "sixteen bytes..";

static struct fdb_key
mac(uint32_t no)
{
	struct fdb_key k = { .family = PREFIX_MAC };

	k.a[0] = 2;
	k.a[3] = (uint8_t)(no >> 16);
	k.a[4] = (uint8_t)(no >> 8);
	k.a[5] = (uint8_t)no;
	return k;
}

static struct mono
ms(uint64_t t)
{
	return (struct mono){ t * MONO_MS };
}

/* Where an address is; -1: not known. */
static int
where(struct fdb *f, struct fdb_key k, uint64_t t)
{
	uint32_t w = 77777;

	if (fdb_find(f, &k, ms(t), &w))
		return (int)w;
	assert_int_equal(w, 77777);
	return -1;
}

static enum fdb_verdict
learn(struct fdb *f, struct fdb_key k, uint32_t w, uint64_t t)
{
	return fdb_learn(f, &k, w, ms(t));
}

static void
count(void *arg, const struct fdb_entry *e)
{
	(void)e;
	++*(size_t *)arg;
}

static size_t
known(const struct fdb *f, uint64_t t)
{
	size_t n = 0;

	fdb_each(f, ms(t), count, &n);
	return n;
}

/* All zeros is what one says who has none yet. */
static void
nobody_is_not_learned(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 1, secret);
	enum prefix_family family;
	uint32_t who;

	(void)state;
	for (family = PREFIX_IPV4; family < PREFIX_FAMILIES; family++)
		for (who = FDB_LOCAL; who < 3; who++) {
			struct fdb_key k = { .vlan = 7,
				.family = (uint16_t)family };

			assert_int_equal(learn(f, k, who, 0), FDB_OK);
			assert_int_equal(where(f, k, 0), -1);
		}
	assert_int_equal(known(f, 0), 0);
	assert_int_equal(learn(f, mac(1), 1, 0), FDB_OK);
	assert_int_equal(known(f, 0), 1);
	fdb_free(f);
}

/* The same address is another in another VLAN, and in one within it. */
static void
vlans_are_apart(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 32, secret);
	uint16_t v, i;

	(void)state;
	for (v = 0; v < 3; v++)
		for (i = 0; i < 3; i++) {
			struct fdb_key k = mac(1);

			k.vlan = v;
			k.inner = i;
			assert_int_equal(where(f, k, 0), -1);
			assert_int_equal(learn(f, k, 1 + i, 0), FDB_OK);
			assert_int_equal(where(f, k, 0), 1 + i);
		}
	fdb_free(f);
}

/* The first keeps it while it is seen, and not a millisecond longer. */
static void
peer_takes_nothing_before_it_aged(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 32, secret);
	uint64_t t;

	(void)state;
	assert_int_equal(where(f, mac(1), 0), -1);
	assert_int_equal(learn(f, mac(1), 1, 0), FDB_OK);
	for (t = 0; t < 5000; t += 500) {
		assert_int_equal(learn(f, mac(1), 1, t), FDB_OK);
		assert_int_equal(learn(f, mac(1), 2, t + 499), FDB_SPOOF);
		assert_int_equal(where(f, mac(1), t + 499), 1);
	}
	t = 4500 + AGE_MS;
	assert_int_equal(learn(f, mac(1), 2, t - 1), FDB_SPOOF);
	assert_int_equal(where(f, mac(1), t - 1), 1);
	assert_int_equal(known(f, t - 1), 1);
	assert_int_equal(where(f, mac(1), t), -1);
	assert_int_equal(known(f, t), 0);
	assert_int_equal(learn(f, mac(1), 2, t), FDB_OK);
	assert_int_equal(where(f, mac(1), t), 2);
	assert_int_equal(learn(f, mac(1), 1, t), FDB_SPOOF);
	fdb_free(f);
	fdb_free(NULL);
}

static void
our_device_takes_and_keeps(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 32, secret);

	(void)state;
	assert_int_equal(learn(f, mac(1), 1, 0), FDB_OK);
	assert_int_equal(learn(f, mac(1), FDB_LOCAL, 1), FDB_OK);
	assert_int_equal(where(f, mac(1), 1), FDB_LOCAL);
	assert_int_equal(learn(f, mac(1), 1, 1000), FDB_SPOOF);
	assert_int_equal(where(f, mac(1), 1000), FDB_LOCAL);
	assert_int_equal(learn(f, mac(1), 1, 1001), FDB_OK);
	assert_int_equal(where(f, mac(1), 1001), 1);
	fdb_free(f);
}

static void
each_part_of_the_key_counts(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 32, secret);
	struct fdb_key k[5] = { mac(1), mac(2), mac(1), mac(1), mac(1) };
	uint32_t i;

	(void)state;
	k[2].vlan = 4094;
	k[3].family = PREFIX_IPV4;
	k[4].family = PREFIX_IPV6;
	for (i = 0; i < 5; i++)
		assert_int_equal(learn(f, k[i], i + 1, 0), FDB_OK);
	for (i = 0; i < 5; i++)
		assert_int_equal(where(f, k[i], 0), i + 1);
	fdb_free(f);
}

static void
peer_has_so_many(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 3, secret);
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(learn(f, mac(i), 1, i * 10), FDB_OK);
	assert_int_equal(learn(f, mac(9), 1, 20), FDB_ROOM);
	assert_int_equal(where(f, mac(9), 20), -1);
	assert_int_equal(learn(f, mac(0), 1, 20), FDB_OK); /* its own */
	assert_int_equal(learn(f, mac(9), 2, 20), FDB_OK); /* others do */
	for (i = 10; i < 60; i++)
		assert_int_equal(learn(f, mac(i), FDB_LOCAL, 20), FDB_OK);
	assert_int_equal(learn(f, mac(8), 1, 1009), FDB_ROOM);
	assert_int_equal(learn(f, mac(8), 1, 1010), FDB_OK); /* 1 aged */
	assert_int_equal(where(f, mac(1), 1010), -1);
	assert_int_equal(where(f, mac(0), 1010), 1);
	assert_int_equal(where(f, mac(2), 1010), 1);
	assert_int_equal(learn(f, mac(7), 1, 1010), FDB_ROOM);
	fdb_free(f);

	f = fdb_new(AGE_MS, 0, secret);
	assert_int_equal(learn(f, mac(1), 1, 0), FDB_ROOM);
	assert_int_equal(learn(f, mac(1), FDB_LOCAL, 0), FDB_OK);
	fdb_free(f);
}

static void
only_one_is_forgotten(void **state)
{
	struct fdb *f = fdb_new(AGE_MS, 1000, secret);
	uint32_t i;

	(void)state;
	for (i = 0; i < 900; i++)
		assert_int_equal(learn(f, mac(i), i % 3, 0), FDB_OK);
	fdb_forget(f, 2);
	fdb_forget(f, 2);
	fdb_forget(f, 55);
	assert_int_equal(known(f, 0), 600);
	for (i = 0; i < 900; i++)
		assert_int_equal(
		    where(f, mac(i), 0), i % 3 == 2 ? -1 : (int)(i % 3));
	assert_int_equal(learn(f, mac(2), 1, 0), FDB_OK); /* free at once */
	fdb_forget(f, FDB_LOCAL);
	assert_int_equal(known(f, 0), 301);
	fdb_free(f);
}

/* Ten times as many as there is room for: the last seen stay. */
static void
oldest_goes_when_full(void **state)
{
	struct fdb *f = fdb_new(1000 * AGE_MS, FDB_MAX, secret);
	uint32_t i, n = 10 * FDB_MAX;

	(void)state;
	for (i = 1; i < n; i++) {
		assert_int_equal(learn(f, mac(i), i % 2, i / 1000), FDB_OK);
		assert_int_equal(learn(f, mac(0), 1, i / 1000), FDB_OK);
	}
	assert_int_equal(known(f, n / 1000), FDB_MAX);
	assert_int_equal(where(f, mac(0), n / 1000), 1);
	for (i = 1; i < n; i++)
		assert_int_equal(where(f, mac(i), n / 1000),
		    i <= n - FDB_MAX ? -1 : (int)(i % 2));
	fdb_forget(f, 1);
	assert_int_equal(known(f, n / 1000), FDB_MAX / 2 - 1);
	fdb_free(f);
}

/* The model: an array in the order in which they were last seen. */
#define KEYS 80
#define PEERS 6
#define PER_PEER 9

struct model {
	size_t n;
	struct fdb_entry e[KEYS];
};

static size_t
model_at(const struct model *m, const struct fdb_key *k)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (memcmp(&m->e[i].key, k, sizeof(*k)) == 0)
			break;
	return i;
}

static void
model_remove(struct model *m, size_t at)
{
	memmove(&m->e[at], &m->e[at + 1], (--m->n - at) * sizeof(m->e[0]));
}

/* What has aged is as good as gone, for everybody. */
static void
model_age(struct model *m, struct mono now)
{
	while (m->n > 0 &&
	    mono_since(m->e[0].seen, now) >= (uint64_t)AGE_MS * MONO_MS)
		model_remove(m, 0);
}

static enum fdb_verdict
model_learn(
    struct model *m, const struct fdb_key *k, uint32_t w, struct mono now)
{
	size_t at, i, n = 0;

	model_age(m, now);
	at = model_at(m, k);
	if (at < m->n && m->e[at].where != w && w != FDB_LOCAL)
		return FDB_SPOOF;
	for (i = 0; i < m->n; i++)
		n += m->e[i].where == w;
	if (at == m->n && w != FDB_LOCAL && n >= PER_PEER)
		return FDB_ROOM;
	if (at < m->n)
		model_remove(m, at);
	m->e[m->n++] = (struct fdb_entry){ *k, w, now };
	return FDB_OK;
}

static void
model_forget(struct model *m, uint32_t w)
{
	size_t i;

	for (i = m->n; i-- > 0;)
		if (m->e[i].where == w)
			model_remove(m, i);
}

static void
is_in_model(void *arg, const struct fdb_entry *e)
{
	const struct model *m = arg;
	size_t at = model_at(m, &e->key);

	assert_true(at < m->n);
	assert_int_equal(m->e[at].where, e->where);
	assert_int_equal(m->e[at].seen.us, e->seen.us);
}

static struct fdb_key
random_key(struct rng *r)
{
	struct fdb_key k = mac((uint32_t)rng_below(r, KEYS / 2));

	k.vlan = (uint16_t)rng_below(r, 2);
	return k;
}

static void
random_against_an_array(void **state)
{
	static struct model m;
	struct rng r = rng_seeded(44);
	struct fdb *f = fdb_new(AGE_MS, PER_PEER, secret);
	size_t verdict[3] = { 0 }, i;
	uint64_t t = 0;

	(void)state;
	for (i = 0; i < 200000; i++) {
		struct fdb_key k = random_key(&r);
		uint32_t w = (uint32_t)rng_below(&r, PEERS + 1);
		enum fdb_verdict v = fdb_learn(f, &k, w, ms(t));
		size_t at;

		assert_int_equal(v, model_learn(&m, &k, w, ms(t)));
		verdict[v]++;
		if (rng_below(&r, 4) == 0)
			t += rng_below(&r, 60);
		if (rng_below(&r, 500) == 0)
			t += rng_below(&r, 2 * AGE_MS);
		k = random_key(&r);
		model_age(&m, ms(t));
		at = model_at(&m, &k);
		assert_int_equal(
		    where(f, k, t), at < m.n ? (int)m.e[at].where : -1);
		if (rng_below(&r, 200) == 0) {
			w = (uint32_t)rng_below(&r, PEERS + 1);
			fdb_forget(f, w);
			model_forget(&m, w);
			assert_int_equal(known(f, t), m.n);
			fdb_each(f, ms(t), is_in_model, &m);
		}
	}
	for (i = 0; i < 3; i++)
		assert_true(verdict[i] > 2000);
	fdb_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_not_learned),
		cmocka_unit_test(vlans_are_apart),
		cmocka_unit_test(peer_takes_nothing_before_it_aged),
		cmocka_unit_test(our_device_takes_and_keeps),
		cmocka_unit_test(each_part_of_the_key_counts),
		cmocka_unit_test(peer_has_so_many),
		cmocka_unit_test(only_one_is_forgotten),
		cmocka_unit_test(oldest_goes_when_full),
		cmocka_unit_test(random_against_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
