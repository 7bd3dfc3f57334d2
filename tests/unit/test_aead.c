#include "crypto/aead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"

/*
 * chachapoly: RFC 8439, appendix A.5. aes256gcm: the GCM specification's test
 * cases 13 and 14. These are the published vectors whose nonce begins with
 * four zero bytes; the golden packets have more.
 */
static const struct {
	enum suite suite;
	uint64_t counter;
	const char *key, *ad, *plain, *sealed;
} vectors[] = {
	{ SUITE_CHACHAPOLY, 0x0807060504030201U,
	    "1c9240a5eb55d38af333888604f6b5f0"
	    "473917c1402b80099dca5cbc207075c0",
	    "f33388860000000000004e91",
	    "496e7465726e65742d44726166747320617265206472616674"
	    "20646f63756d656e74732076616c696420666f722061206d61"
	    "78696d756d206f6620736978206d6f6e74687320616e64206d"
	    "617920626520757064617465642c207265706c616365642c20"
	    "6f72206f62736f6c65746564206279206f7468657220646f63"
	    "756d656e747320617420616e792074696d652e204974206973"
	    "20696e617070726f70726961746520746f2075736520496e74"
	    "65726e65742d447261667473206173207265666572656e6365"
	    "206d6174657269616c206f7220746f2063697465207468656d"
	    "206f74686572207468616e206173202fe2809c776f726b2069"
	    "6e2070726f67726573732e2fe2809d",
	    "64a0861575861af460f062c79be643bd5e805cfd345cf389f1"
	    "08670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7"
	    "b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a8"
	    "4abd0b948114ad176e008d33bd60f982b1ff37c8559797a06e"
	    "f4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53"
	    "c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433"
	    "225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc54"
	    "6a0d072b04b3564eea1b422273f548271a0bb2316053fa7699"
	    "1955ebd63159434ecebb4e466dae5a1073a6727627097a1049"
	    "e617d91d361094fa68f0ff77987130305beaba2eda04df997b"
	    "714d6c6f2c29a6ad5cb4022b02709b"
	    "eead9d67890cbb22392336fea1851f38" },
	{ SUITE_AES256GCM, 0,
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ SUITE_AES256GCM, 0,
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    "", "00000000000000000000000000000000",
	    "cea7403d4d606b6e074ec5d3baf39d18"
	    "d0d1c8a799996bf0265b98b5d48ab919" },
};

/* Every backend of every suite; NULL where the build has none. */
static const struct aead_ops *
backend(unsigned nr, enum suite suite)
{
	static const struct aead_ops *(*const all[])(enum suite suite) = {
		aead_sodium,
		aead_openssl,
		aead_ipsecmb,
	};

	return all[nr](suite);
}

#define BACKENDS 3

/* What a test is about. */
struct which {
	unsigned backend;
	enum suite suite;
};

/* Backends that this build and machine have; others are said to be missing. */
static const struct aead_ops *
ops_or_skip(void **state)
{
	const struct which *w = *state;
	const struct aead_ops *ops = backend(w->backend, w->suite);

	if (ops == NULL || !ops->usable()) {
		printf("backend %u, suite %d: not here\n", w->backend,
		    (int)w->suite);
		skip();
	}
	assert_int_equal(ops->suite, w->suite);
	return ops;
}

static void
published_vectors(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	uint8_t key[KEY_LEN], ad[64], plain[512], sealed[512], buf[512];
	size_t i, seen = 0;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint64_t n = vectors[i].counter;
		size_t ad_len, len, sealed_len;
		void *ctx;

		if (vectors[i].suite != ops->suite)
			continue;
		seen++;
		hex_bytes(vectors[i].key, key, KEY_LEN);
		ad_len = hex_bytes(vectors[i].ad, ad, sizeof(ad));
		len = hex_bytes(vectors[i].plain, plain, sizeof(plain));
		sealed_len = hex_bytes(vectors[i].sealed, sealed, 512);
		assert_int_equal(sealed_len, len + TAG_LEN);
		ctx = ops->key_new(key);
		memcpy(buf, plain, len);
		ops->seal(ctx, n, ad, ad_len, buf, len);
		assert_memory_equal(buf, sealed, sealed_len);
		assert_true(ops->open(ctx, n, ad, ad_len, buf, sealed_len));
		assert_memory_equal(buf, plain, len);
		ops->key_free(ctx);
	}
	assert_true(seen > 0);
}

/* Every length up to three cipher blocks, then packet sizes. */
static void
round_trips(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	uint8_t key[KEY_LEN], ad[16], plain[9000], buf[9000 + TAG_LEN + 1];
	size_t len;
	void *ctx;

	random_bytes(key, sizeof(key));
	random_bytes(ad, sizeof(ad));
	random_bytes(plain, sizeof(plain));
	ctx = ops->key_new(key);
	for (len = 0; len <= sizeof(plain); len += len < 400 ? 1 : 1723) {
		memcpy(buf, plain, len);
		buf[len + TAG_LEN] = 0xa5;
		ops->seal(ctx, len, ad, sizeof(ad), buf, len);
		assert_int_equal(buf[len + TAG_LEN], 0xa5);
		if (len >= 16)
			assert_memory_not_equal(buf, plain, len);
		assert_true(
		    ops->open(ctx, len, ad, sizeof(ad), buf, len + TAG_LEN));
		assert_memory_equal(buf, plain, len);
	}
	ops->key_free(ctx);
}

/* Packets need no alignment, and a context serves any number of them. */
static void
unaligned_packets(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	uint8_t key[KEY_LEN], ad[16 + 1], buf[200 + TAG_LEN], want[200];
	size_t at;
	void *ctx;

	random_bytes(key, sizeof(key));
	random_bytes(ad, sizeof(ad));
	random_bytes(want, sizeof(want));
	ctx = ops->key_new(key);
	for (at = 0; at < 64; at++) {
		memcpy(buf + at, want, 100);
		ops->seal(ctx, at, ad + at % 2, 16, buf + at, 100);
		assert_true(ops->open(
		    ctx, at, ad + at % 2, 16, buf + at, 100 + TAG_LEN));
		assert_memory_equal(buf + at, want, 100);
	}
	ops->key_free(ctx);
}

#define MSG_LEN 40

struct sealed {
	uint8_t key[KEY_LEN];
	uint8_t ad[16];
	uint64_t counter;
	uint8_t p[MSG_LEN + TAG_LEN];
};

static bool
opens(const struct aead_ops *ops, const struct sealed *s, size_t len)
{
	uint8_t buf[MSG_LEN + TAG_LEN];
	void *ctx = ops->key_new(s->key);
	bool ret;

	memcpy(buf, s->p, sizeof(buf));
	ret = ops->open(ctx, s->counter, s->ad, sizeof(s->ad), buf, len);
	ops->key_free(ctx);
	return ret;
}

static void
any_bit_and_any_length_refused(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	struct sealed s;
	uint8_t *const raw[] = { s.key, s.ad, s.p };
	const size_t len[] = { sizeof(s.key), sizeof(s.ad), sizeof(s.p) };
	size_t i, bit;
	void *ctx;

	random_bytes(&s, sizeof(s));
	ctx = ops->key_new(s.key);
	ops->seal(ctx, s.counter, s.ad, sizeof(s.ad), s.p, MSG_LEN);
	ops->key_free(ctx);
	assert_true(opens(ops, &s, sizeof(s.p)));
	for (i = 0; i < 3; i++)
		for (bit = 0; bit < 8 * len[i]; bit++) {
			raw[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(opens(ops, &s, sizeof(s.p)));
			raw[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	for (bit = 0; bit < 64; bit++) {
		s.counter ^= UINT64_C(1) << bit;
		assert_false(opens(ops, &s, sizeof(s.p)));
		s.counter ^= UINT64_C(1) << bit;
	}
	for (i = 0; i < sizeof(s.p); i++)
		assert_false(opens(ops, &s, i));
	assert_true(opens(ops, &s, sizeof(s.p)));
}

static void
key_free_takes_null(void **state)
{
	ops_or_skip(state)->key_free(NULL);
}

/* A context keeps state between packets; no failure may leave any behind. */
static void
failed_open_leaves_nothing(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	const size_t lens[] = { 0, 1, 15, 16, 17, 64, 1400 };
	uint8_t key[KEY_LEN], ad[16], want[1400 + TAG_LEN], buf[sizeof(want)];
	size_t i, cut;
	void *fresh, *used;

	random_bytes(key, sizeof(key));
	random_bytes(ad, sizeof(ad));
	used = ops->key_new(key);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i];

		memset(want, 7, len);
		fresh = ops->key_new(key);
		ops->seal(fresh, i, ad, sizeof(ad), want, len);
		ops->key_free(fresh);
		for (cut = 0; cut < 3; cut++) {
			memcpy(buf, want, len + TAG_LEN);
			buf[cut] ^= 1;
			assert_false(ops->open(
			    used, i, ad, sizeof(ad), buf, len + TAG_LEN));
			assert_false(
			    ops->open(used, i, ad, sizeof(ad), buf, cut * 7));
			memcpy(buf, want, len + TAG_LEN);
			assert_true(ops->open(
			    used, i, ad, sizeof(ad), buf, len + TAG_LEN));
			memcpy(buf, want, len + TAG_LEN);
			buf[len] ^= 1; /* a failure right before a seal */
			assert_false(ops->open(
			    used, i, ad, sizeof(ad), buf, len + TAG_LEN));
			memset(buf, 7, len);
			ops->seal(used, i, ad, sizeof(ad), buf, len);
			assert_memory_equal(buf, want, len + TAG_LEN);
		}
	}
	ops->key_free(used);
}

static void
no_ad_by_null(void **state)
{
	const struct aead_ops *ops = ops_or_skip(state);
	uint8_t key[KEY_LEN] = { 1 }, a[40 + TAG_LEN] = { 0 }, b[sizeof(a)];
	void *ctx = ops->key_new(key);

	memcpy(b, a, sizeof(a));
	ops->seal(ctx, 1, NULL, 0, a, 40);
	ops->seal(ctx, 1, b, 0, b, 40);
	assert_memory_equal(a, b, sizeof(a));
	assert_true(ops->open(ctx, 1, NULL, 0, a, sizeof(a)));
	ops->key_free(ctx);
}

/* What a backend seals libsodium opens, and the other way, byte for byte the
 * same packet. */
static void
each_opens_the_other(void **state)
{
	static const size_t edges[] = { 0, 1, 15, 16, 17, 1400, 9000 };
	const size_t n_edges = sizeof(edges) / sizeof(edges[0]);
	const struct which *w = *state;
	const struct aead_ops *ops[2];
	uint8_t key[KEY_LEN], ad[32], plain[9000], p[2][9000 + TAG_LEN];
	void *ctx[2];
	unsigned i, b;

	ops[0] = ops_or_skip((void *[]){ &(struct which){ 0, w->suite } });
	ops[1] = ops_or_skip(state);
	random_bytes(key, sizeof(key));
	random_bytes(plain, sizeof(plain));
	for (b = 0; b < 2; b++)
		ctx[b] = ops[b]->key_new(key);
	for (i = 0; i < 3000; i++) {
		uint64_t counter;
		uint16_t rnd;
		size_t len, ad_len = i % (sizeof(ad) + 1);

		random_bytes(&counter, sizeof(counter));
		random_bytes(&rnd, sizeof(rnd));
		random_bytes(ad, sizeof(ad));
		len = i < n_edges ? edges[i] : rnd % 2001;
		for (b = 0; b < 2; b++) {
			memcpy(p[b], plain, len);
			ops[b]->seal(ctx[b], counter, ad, ad_len, p[b], len);
		}
		assert_memory_equal(p[0], p[1], len + TAG_LEN);
		for (b = 0; b < 2; b++) {
			assert_true(ops[b]->open(ctx[b], counter, ad, ad_len,
			    p[1 - b], len + TAG_LEN));
			assert_memory_equal(p[1 - b], plain, len);
		}
	}
	for (b = 0; b < 2; b++)
		ops[b]->key_free(ctx[b]);
}

/* Counters count in 64 bits: no two of these may share a nonce. */
static void
counters_past_32_bits(void **state)
{
	static const uint64_t at[] = { 0, 1, UINT32_MAX, UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + 1, UINT64_C(1) << 40, UINT64_C(1) << 56,
		UINT64_MAX };
	const size_t n = sizeof(at) / sizeof(at[0]);
	const struct aead_ops *ops = ops_or_skip(state);
	uint8_t key[KEY_LEN], p[8][64 + TAG_LEN];
	size_t i, j;
	void *ctx;

	random_bytes(key, sizeof(key));
	ctx = ops->key_new(key);
	for (i = 0; i < n; i++) {
		memset(p[i], 0, 64);
		ops->seal(ctx, at[i], key, 16, p[i], 64);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(p[i], p[j], 16);
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			uint8_t buf[sizeof(p[0])];

			memcpy(buf, p[j], sizeof(buf));
			assert_int_equal(
			    ops->open(ctx, at[i], key, 16, buf, sizeof(buf)),
			    i == j);
		}
	ops->key_free(ctx);
}

static void
check_choice(const struct aead_choice *c)
{
	unsigned i;

	assert_true(c->suites & 1U << SUITE_CHACHAPOLY); /* always there */
	assert_int_equal(c->suites >> SUITE_MAX, 0);
	assert_true(c->preferred < SUITE_MAX);
	assert_true(c->suites & 1U << c->preferred);
	for (i = 0; i < SUITE_MAX; i++) {
		assert_int_equal(c->ops[i] != NULL, c->suites >> i & 1);
		if (c->ops[i] == NULL)
			continue;
		assert_int_equal(c->ops[i]->suite, i);
		assert_true(c->ops[i]->usable());
		assert_non_null(c->ops[i]->name);
	}
}

static void
default_is_libsodium(void **state)
{
	struct aead_choice c = aead_default();
	unsigned i;

	(void)state;
	check_choice(&c);
	for (i = 0; i < SUITE_MAX; i++)
		if (aead_sodium((enum suite)i)->usable())
			assert_ptr_equal(c.ops[i], aead_sodium((enum suite)i));
}

/* The measured choice leaves out nothing that one backend can do. */
static void
choice_is_complete(void **state)
{
	struct aead_choice c = aead_choose();
	unsigned i, b;

	(void)state;
	check_choice(&c);
	for (i = 0; i < SUITE_MAX; i++) {
		bool any = false, known = c.ops[i] == NULL;

		for (b = 0; b < BACKENDS; b++) {
			const struct aead_ops *o = backend(b, (enum suite)i);

			any = any || (o != NULL && o->usable());
			known = known || c.ops[i] == o;
		}
		assert_int_equal(any, c.ops[i] != NULL);
		assert_true(known);
	}
}

static void
no_backend_for_no_suite(void **state)
{
	unsigned i;

	(void)state;
	for (i = SUITE_MAX; i < 256; i++) {
		assert_null(aead_sodium((enum suite)i));
		assert_null(aead_openssl((enum suite)i));
		assert_null(aead_ipsecmb((enum suite)i));
	}
}

static void
derived_keys_differ(void **state)
{
	uint8_t t[KEY_LEN], a[KEY_LEN], b[KEY_LEN];

	(void)state;
	random_bytes(t, KEY_LEN);
	aead_derive(a, t, SUITE_CHACHAPOLY);
	aead_derive(b, t, SUITE_AES256GCM);
	assert_memory_not_equal(a, b, KEY_LEN);
	assert_memory_not_equal(a, t, KEY_LEN);
}

/* name, for all that there is */
#define EACH(name)                                                      \
	cmocka_unit_test_prestate(name, &all[0][SUITE_CHACHAPOLY]),     \
	    cmocka_unit_test_prestate(name, &all[0][SUITE_AES256GCM]),  \
	    cmocka_unit_test_prestate(name, &all[1][SUITE_CHACHAPOLY]), \
	    cmocka_unit_test_prestate(name, &all[1][SUITE_AES256GCM]),  \
	    cmocka_unit_test_prestate(name, &all[2][SUITE_AES256GCM])

int
main(void)
{
	struct which all[BACKENDS][SUITE_MAX] = {
		{ { 0, SUITE_CHACHAPOLY }, { 0, SUITE_AES256GCM } },
		{ { 1, SUITE_CHACHAPOLY }, { 1, SUITE_AES256GCM } },
		{ { 2, SUITE_CHACHAPOLY }, { 2, SUITE_AES256GCM } },
	};
	const struct CMUnitTest tests[] = {
		EACH(published_vectors),
		EACH(round_trips),
		EACH(unaligned_packets),
		EACH(any_bit_and_any_length_refused),
		EACH(failed_open_leaves_nothing),
		EACH(no_ad_by_null),
		EACH(counters_past_32_bits),
		EACH(key_free_takes_null),
		cmocka_unit_test_prestate(
		    each_opens_the_other, &all[1][SUITE_CHACHAPOLY]),
		cmocka_unit_test_prestate(
		    each_opens_the_other, &all[1][SUITE_AES256GCM]),
		cmocka_unit_test_prestate(
		    each_opens_the_other, &all[2][SUITE_AES256GCM]),
		cmocka_unit_test(default_is_libsodium),
		cmocka_unit_test(choice_is_complete),
		cmocka_unit_test(no_backend_for_no_suite),
		cmocka_unit_test(derived_keys_differ),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
