#include "crypto/sign.h"

#include <sodium.h>
#include <string.h>

#define LABEL_LEN 16 /* zeros behind */
#define SIGNED_LEN (LABEL_LEN + KEY_LEN + HASH_LEN)

#define PROVE_LABEL 18 /* no zeros behind */
#define PROVEN_LEN (PROVE_LABEL + KEY_LEN + SIGN_NONCE + KEY_LEN)

static const char prove_label[PROVE_LABEL + 1] = "vplama identity v1";

static const char labels[SIGN_KINDS][LABEL_LEN] = {
	[SIGN_CLAIM] = "vplama claim v1",
	[SIGN_RECORD] = "vplama record v1",
	[SIGN_REVOKE] = "vplama revoke v1",
};

static void
what_is_signed(uint8_t out[SIGNED_LEN], enum sign_kind kind,
    const uint8_t netid[KEY_LEN], const void *p, size_t len)
{
	memcpy(out, labels[kind], LABEL_LEN);
	memcpy(out + LABEL_LEN, netid, KEY_LEN);
	blake2b(out + LABEL_LEN + KEY_LEN, HASH_LEN, NULL, p, len, NULL, 0);
}

static void
sign(const struct identity *id, const uint8_t *m, size_t len,
    uint8_t sig[SIG_LEN])
{
	uint8_t sk[2 * KEY_LEN]; /* libsodium: seed, then key */

	memcpy(sk, id->seed, KEY_LEN);
	memcpy(sk + KEY_LEN, id->ed_pk, KEY_LEN);
	(void)crypto_sign_detached(sig, NULL, m, len, sk);
	wipe(sk, sizeof(sk));
}

void
identity_sign(const struct identity *id, enum sign_kind kind,
    const uint8_t netid[KEY_LEN], const void *p, size_t len,
    uint8_t sig[SIG_LEN])
{
	uint8_t m[SIGNED_LEN];

	what_is_signed(m, kind, netid, p, len);
	sign(id, m, sizeof(m), sig);
}

bool
key_verify(const uint8_t ed_pk[KEY_LEN], enum sign_kind kind,
    const uint8_t netid[KEY_LEN], const void *p, size_t len,
    const uint8_t sig[SIG_LEN])
{
	uint8_t m[SIGNED_LEN];

	what_is_signed(m, kind, netid, p, len);
	return crypto_sign_verify_detached(sig, m, sizeof(m), ed_pk) == 0;
}

static void
what_is_proven(uint8_t out[PROVEN_LEN], const uint8_t netid[KEY_LEN],
    const uint8_t nonce[SIGN_NONCE], const uint8_t ed_pk[KEY_LEN])
{
	memcpy(out, prove_label, PROVE_LABEL);
	out += PROVE_LABEL;
	memcpy(out, netid, KEY_LEN);
	memcpy(out + KEY_LEN, nonce, SIGN_NONCE);
	memcpy(out + KEY_LEN + SIGN_NONCE, ed_pk, KEY_LEN);
}

void
identity_prove(const struct identity *id, const uint8_t netid[KEY_LEN],
    const uint8_t nonce[SIGN_NONCE], uint8_t sig[SIG_LEN])
{
	uint8_t m[PROVEN_LEN];

	what_is_proven(m, netid, nonce, id->ed_pk);
	sign(id, m, sizeof(m), sig);
}

bool
identity_proven(const uint8_t ed_pk[KEY_LEN], const uint8_t netid[KEY_LEN],
    const uint8_t nonce[SIGN_NONCE], const uint8_t sig[SIG_LEN])
{
	uint8_t m[PROVEN_LEN];

	what_is_proven(m, netid, nonce, ed_pk);
	return crypto_sign_verify_detached(sig, m, sizeof(m), ed_pk) == 0;
}
