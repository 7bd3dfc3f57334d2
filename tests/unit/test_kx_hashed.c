/* The stand-in for X25519 that long simulations link. */
#include "crypto/kx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/keys.h"

static void
both_sides_agree(void **state)
{
	uint8_t a[KEY_LEN], b[KEY_LEN], a_pk[KEY_LEN], b_pk[KEY_LEN];
	uint8_t ab[KEY_LEN], ba[KEY_LEN], again[KEY_LEN];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		random_bytes(a, KEY_LEN);
		random_bytes(b, KEY_LEN);
		kx_public(a_pk, a);
		kx_public(b_pk, b);
		assert_true(kx_shared(ab, a, b_pk));
		assert_true(kx_shared(ba, b, a_pk));
		assert_memory_equal(ab, ba, KEY_LEN);
		assert_true(kx_shared(again, a, b_pk));
		assert_memory_equal(ab, again, KEY_LEN);
	}
}

/* Another key on either side gives another secret: a wrong peer fails. */
static void
other_keys_differ(void **state)
{
	uint8_t sk[8][KEY_LEN], pk[8][KEY_LEN], out[8 * 7 / 2][KEY_LEN];
	size_t i, j, n = 0;

	(void)state;
	for (i = 0; i < 8; i++) {
		random_bytes(sk[i], KEY_LEN);
		kx_public(pk[i], sk[i]);
		assert_memory_not_equal(sk[i], pk[i], KEY_LEN);
		for (j = 0; j < i; j++)
			assert_true(kx_shared(out[n++], sk[i], pk[j]));
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(out[i], out[j], KEY_LEN);
}

/* Identities fit each other by x_pk, and only by it. */
static void
identities_agree_by_x_pk(void **state)
{
	struct identity a, b;
	uint8_t seed[KEY_LEN], ab[KEY_LEN], ba[KEY_LEN], conv[KEY_LEN];

	(void)state;
	random_bytes(seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &a));
	random_bytes(seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &b));
	assert_true(kx_shared(ab, a.x_sk, b.x_pk));
	assert_true(kx_shared(ba, b.x_sk, a.x_pk));
	assert_memory_equal(ab, ba, KEY_LEN);
	assert_true(key_to_x25519(b.ed_pk, conv));
	assert_memory_not_equal(conv, b.x_pk, KEY_LEN);
}

static void
zero_refused(void **state)
{
	static const uint8_t zero[KEY_LEN];
	uint8_t sk[KEY_LEN], out[KEY_LEN];

	(void)state;
	random_bytes(sk, KEY_LEN);
	memset(out, 0xaa, KEY_LEN);
	assert_false(kx_shared(out, sk, zero));
	assert_memory_equal(out, zero, KEY_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_agree),
		cmocka_unit_test(other_keys_differ),
		cmocka_unit_test(identities_agree_by_x_pk),
		cmocka_unit_test(zero_refused),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
