/* Signatures: for one kind, one network, one signer, these bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sign.h"

struct fixture {
	struct identity id;
	uint8_t netid[KEY_LEN];
	uint8_t text[1000];
	uint8_t sig[SIG_LEN];
};

static void
make(struct fixture *f)
{
	uint8_t seed[KEY_LEN] = { 7 };
	size_t i;

	assert_true(crypto_start());
	assert_true(identity_from_seed(seed, &f->id));
	memset(f->netid, 5, sizeof(f->netid));
	for (i = 0; i < sizeof(f->text); i++)
		f->text[i] = (uint8_t)i;
	identity_sign(
	    &f->id, SIGN_CLAIM, f->netid, f->text, sizeof(f->text), f->sig);
}

static bool
holds(const struct fixture *f)
{
	return key_verify(f->id.ed_pk, SIGN_CLAIM, f->netid, f->text,
	    sizeof(f->text), f->sig);
}

static void
what_was_signed_holds(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	assert_true(holds(&f));
	identity_sign(&f.id, SIGN_CLAIM, f.netid, NULL, 0, f.sig);
	assert_true(
	    key_verify(f.id.ed_pk, SIGN_CLAIM, f.netid, NULL, 0, f.sig));
}

/* Every bit of text, signature, network and signer counts, and the length. */
static void
nothing_else_does(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	make(&f);
	for (i = 0; i < 8 * sizeof(f.text); i += 7) {
		f.text[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(holds(&f));
		f.text[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < 8 * SIG_LEN; i++) {
		f.sig[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(holds(&f));
		f.sig[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	f.netid[31] ^= 1;
	assert_false(holds(&f));
	f.netid[31] ^= 1;
	f.id.ed_pk[0] ^= 1;
	assert_false(holds(&f));
	f.id.ed_pk[0] ^= 1;
	assert_false(key_verify(f.id.ed_pk, SIGN_CLAIM, f.netid, f.text,
	    sizeof(f.text) - 1, f.sig));
	assert_true(holds(&f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_signed_holds),
		cmocka_unit_test(nothing_else_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
