#include "crypto/kx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/keys.h"
#include "tests/unit/vectors.h"

/* RFC 7748, section 5.2. */
static void
rfc7748_single(void **state)
{
	static const char *const v[][3] = {
		{ "a546e36bf0527c9d3b16154b82465edd"
		  "62144c0ac1fc5a18506a2244ba449ac4",
		    "e6db6867583030db3594c1a424b15f7c"
		    "726624ec26b3353b10a903a6d0ab1c4c",
		    "c3da55379de9c6908e94ea4df28d084f"
		    "32eccf03491c71f754b4075577a28552" },
		{ "4b66e9d4d1b4673c5ad22691957d6af5"
		  "c11b6421e0ea01d42ca4169e7918ba0d",
		    "e5210f12786811d3f4b7959d0538ae2c"
		    "31dbe7106fc03c3efc4cd549c715a493",
		    "95cbde9476e8907d7aade45cb4b873f8"
		    "8b595a68799fa152e6f8f7647aac7957" },
	};
	uint8_t sk[KEY_LEN], pk[KEY_LEN], want[KEY_LEN], got[KEY_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		hex_bytes(v[i][0], sk, KEY_LEN);
		hex_bytes(v[i][1], pk, KEY_LEN);
		hex_bytes(v[i][2], want, KEY_LEN);
		assert_true(kx_shared(got, sk, pk));
		assert_memory_equal(got, want, KEY_LEN);
	}
}

/* The same section: the result is the next scalar, the scalar the next u. */
static void
rfc7748_iterated(void **state)
{
	uint8_t k[KEY_LEN] = { 9 }, u[KEY_LEN] = { 9 };
	uint8_t r[KEY_LEN], want[KEY_LEN];
	int i;

	(void)state;
	for (i = 1; i <= 1000; i++) {
		assert_true(kx_shared(r, k, u));
		memcpy(u, k, KEY_LEN);
		memcpy(k, r, KEY_LEN);
		if (i == 1) {
			hex_bytes("422c8e7a6227d7bca1350b3e2bb7279f"
				  "7897b87bb6854b783c60e80311ae3079",
			    want, KEY_LEN);
			assert_memory_equal(k, want, KEY_LEN);
		}
	}
	hex_bytes("684cf59ba83309552800ef566f2f4d3c"
		  "1c3887c49360e3875f2eb94d99532c51",
	    want, KEY_LEN);
	assert_memory_equal(k, want, KEY_LEN);
}

/* RFC 7748, section 6.1. */
static void
rfc7748_diffie_hellman(void **state)
{
	uint8_t a[KEY_LEN], b[KEY_LEN], a_pk[KEY_LEN], b_pk[KEY_LEN];
	uint8_t want[KEY_LEN], got[KEY_LEN];

	(void)state;
	hex_bytes("77076d0a7318a57d3c16c17251b26645"
		  "df4c2f87ebc0992ab177fba51db92c2a",
	    a, KEY_LEN);
	hex_bytes("5dab087e624a8a4b79e17f8b83800ee6"
		  "6f3bb1292618b6fd1c2f8b27ff88e0eb",
	    b, KEY_LEN);
	kx_public(a_pk, a);
	kx_public(b_pk, b);
	hex_bytes("8520f0098930a754748b7ddcb43ef75a"
		  "0dbf3a0d26381af4eba4a98eaa9b4e6a",
	    want, KEY_LEN);
	assert_memory_equal(a_pk, want, KEY_LEN);
	hex_bytes("de9edb7d7b7dc1b4d35b61c2ece43537"
		  "3f8343c85b78674dadfc7e146f882b4f",
	    want, KEY_LEN);
	assert_memory_equal(b_pk, want, KEY_LEN);
	hex_bytes("4a5d9d5ba4ce2de1728e3bf480350f25"
		  "e07e21c947d19e3376f09b3c1e161742",
	    want, KEY_LEN);
	assert_true(kx_shared(got, a, b_pk));
	assert_memory_equal(got, want, KEY_LEN);
	assert_true(kx_shared(got, b, a_pk));
	assert_memory_equal(got, want, KEY_LEN);
}

/*
 * Every u coordinate of low order, in each of its spellings: 0, 1, the two
 * of order 8, p - 1, p and p + 1; each with the top bit clear and set, which
 * X25519 masks.
 */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
low_order_refused(void **state)
{
	static const uint8_t zero[KEY_LEN];
	uint8_t sk[KEY_LEN], pk[KEY_LEN], out[KEY_LEN];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 2 * sizeof(low_order) / sizeof(low_order[0]); i++) {
		hex_bytes(low_order[i / 2], pk, KEY_LEN);
		if (i % 2 == 1)
			pk[31] |= 0x80;
		for (n = 0; n < 8; n++) {
			random_bytes(sk, KEY_LEN);
			memset(out, 0xaa, KEY_LEN);
			assert_false(kx_shared(out, sk, pk));
			assert_memory_equal(out, zero, KEY_LEN);
		}
	}
}

/* Neighbours of those points are ordinary keys and must work. */
static void
ordinary_neighbours_accepted(void **state)
{
	uint8_t sk[KEY_LEN], pk[KEY_LEN], out[KEY_LEN];

	(void)state;
	random_bytes(sk, KEY_LEN);
	memset(pk, 0, KEY_LEN);
	for (pk[0] = 2; pk[0] < 20; pk[0]++)
		assert_true(kx_shared(out, sk, pk));
	memset(pk, 0xff, KEY_LEN);
	pk[31] = 0x7f;
	for (pk[0] = 0xef; pk[0] != 0; pk[0]++)
		assert_true(kx_shared(out, sk, pk));
}

/* What keys.c relies on, and what only holds for the real X25519. */
static void
public_key_fits_ed25519(void **state)
{
	uint8_t seed[KEY_LEN], pk[KEY_LEN];
	struct identity id;
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		random_bytes(seed, KEY_LEN);
		assert_true(identity_from_seed(seed, &id));
		assert_true(key_to_x25519(id.ed_pk, pk));
		assert_memory_equal(pk, id.x_pk, KEY_LEN);
	}
}

/* What it measures is what these 200 take, on a machine that does more. */
static void
rate_is_measured(void **state)
{
	const uint8_t sk[KEY_LEN] = { 1 };
	uint64_t start, each;
	uint32_t rate = kx_rate();
	uint8_t pk[KEY_LEN];
	unsigned i;

	(void)state;
	kx_public(pk, sk);
	start = clock_mono_ns();
	for (i = 0; i < 200; i++)
		assert_true(kx_shared(pk, sk, pk));
	each = (clock_mono_ns() - start) / 200;
	assert_true(rate > 10);
	assert_true(1000000000 / rate <= 2 * each); /* the best of some */
	assert_true(1000000000 / rate >= each / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc7748_single),
		cmocka_unit_test(rfc7748_iterated),
		cmocka_unit_test(rfc7748_diffie_hellman),
		cmocka_unit_test(low_order_refused),
		cmocka_unit_test(ordinary_neighbours_accepted),
		cmocka_unit_test(public_key_fits_ed25519),
		cmocka_unit_test(rate_is_measured),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
