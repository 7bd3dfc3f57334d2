#include "crypto/prim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"

/* RFC 7693, appendix A; the keyed ones were made with another library. */
static const struct {
	size_t out_len;
	bool keyed; /* with bytes 0 to 31 */
	const char *text;
	const char *want;
} hashes[] = {
	{ 64, false, "abc",
	    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd400992"
	    "3" },
	{ 32, true, "netid",
	    "994fe89812c2f295639ad7caf02814b1ef50b01743887cc82c6f010f290a481"
	    "6" },
	{ 64, true, "",
	    "84bfa69f0d90df7db2a3ee026042988b5bd9caa2320af1f371823dd28351202f"
	    "8e6277c40c050711c8dd4e2c1ac30c34c9aed0bddd468b031287fe872675e0c"
	    "c" },
	{ 16, true,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaa",
	    "e1ddd7d33e63a35dfc4865878f1dde56" },
	{ 1, false, "abc", "6b" },
};

static void
blake2b_vectors(void **state)
{
	uint8_t key[KEY_LEN], want[HASH_LEN], got[HASH_LEN];
	size_t i, cut;

	(void)state;
	for (i = 0; i < KEY_LEN; i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		const char *text = hashes[i].text;
		size_t len = strlen(text), out_len = hashes[i].out_len;

		assert_int_equal(
		    hex_bytes(hashes[i].want, want, HASH_LEN), out_len);
		/* The two parts are joined, wherever the cut is. */
		for (cut = 0; cut <= len; cut++) {
			blake2b(got, out_len, hashes[i].keyed ? key : NULL,
			    text, cut, text + cut, len - cut);
			assert_memory_equal(got, want, out_len);
		}
	}
}

/* The length is a parameter: a short hash is no prefix of a long one. */
static void
length_is_a_parameter(void **state)
{
	uint8_t a[HASH_LEN], b[HASH_LEN];
	size_t len;

	(void)state;
	blake2b(a, HASH_LEN, NULL, "x", 1, NULL, 0);
	for (len = 4; len < HASH_LEN; len++) {
		blake2b(b, len, NULL, "x", 1, NULL, 0);
		assert_memory_not_equal(a, b, len);
	}
}

static void
mac_is_keyed_blake2b(void **state)
{
	uint8_t key[KEY_LEN], a[MAC_LEN], b[MAC_LEN], want[MAC_LEN];

	(void)state;
	memset(key, 7, sizeof(key));
	blake2b(a, MAC_LEN, key, "msg", 3, NULL, 0);
	blake2b_mac(b, key, KEY_LEN, "msg", 3);
	assert_memory_equal(a, b, MAC_LEN);
	/* The key's length counts, too. */
	hex_bytes("da4ed6323f3b6a758758139db7830b40", want, MAC_LEN);
	blake2b_mac(b, key, MAC_LEN, "msg", 3);
	assert_memory_equal(b, want, MAC_LEN);
}

static void
cookie_any_bit_refused(void **state)
{
	uint8_t key[KEY_LEN], nonce[24], ad[MAC_LEN], cookie[MAC_LEN];
	uint8_t sealed[MAC_LEN + TAG_LEN], got[MAC_LEN];
	struct {
		uint8_t *p;
		size_t len;
	} part[] = { { key, sizeof(key) }, { nonce, sizeof(nonce) },
		{ ad, sizeof(ad) }, { sealed, sizeof(sealed) } };
	size_t i, bit;

	(void)state;
	random_bytes(key, sizeof(key));
	random_bytes(nonce, sizeof(nonce));
	random_bytes(ad, sizeof(ad));
	random_bytes(cookie, sizeof(cookie));
	cookie_seal(sealed, key, nonce, cookie, ad);
	assert_true(cookie_open(got, key, nonce, sealed, ad));
	assert_memory_equal(got, cookie, MAC_LEN);
	for (i = 0; i < 4; i++)
		for (bit = 0; bit < 8 * part[i].len; bit++) {
			part[i].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(cookie_open(got, key, nonce, sealed, ad));
			part[i].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	assert_true(cookie_open(got, key, nonce, sealed, ad));
}

/* The example at the end of the SipHash paper. */
static void
siphash_paper(void **state)
{
	uint8_t key[16], msg[15];
	uint8_t i;

	(void)state;
	for (i = 0; i < 16; i++)
		key[i] = i;
	for (i = 0; i < 15; i++)
		msg[i] = i;
	assert_true(siphash(key, msg, 15) == 0xa129ca6149be45e5U);
	assert_false(siphash(key, msg, 14) == 0xa129ca6149be45e5U);
}

static void
equal_and_wipe(void **state)
{
	uint8_t a[40], b[40];
	size_t i;

	(void)state;
	random_bytes(a, sizeof(a));
	memcpy(b, a, sizeof(a));
	assert_true(equal_ct(a, b, sizeof(a)));
	for (i = 0; i < 8 * sizeof(a); i++) {
		b[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(equal_ct(a, b, sizeof(a)));
		b[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	wipe(a, sizeof(a) - 1);
	for (i = 0; i < sizeof(a) - 1; i++)
		assert_int_equal(a[i], 0);
	assert_int_equal(a[39], b[39]);
}

static void
random_differs(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blake2b_vectors),
		cmocka_unit_test(length_is_a_parameter),
		cmocka_unit_test(mac_is_keyed_blake2b),
		cmocka_unit_test(cookie_any_bit_refused),
		cmocka_unit_test(siphash_paper),
		cmocka_unit_test(equal_and_wipe),
		cmocka_unit_test(random_differs),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
