#include "crypto/aead.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "crypto/aead_nonce.h"

#define AES_ALIGN 64 /* libsodium asks for 16; this is a cache line */

static bool
chacha_usable(void)
{
	return true;
}

static void *
chacha_key_new(const uint8_t key[KEY_LEN])
{
	uint8_t *ret = try_malloc(KEY_LEN);

	if (ret != NULL)
		memcpy(ret, key, KEY_LEN);
	return ret;
}

static void
chacha_key_free(void *key)
{
	if (key != NULL)
		wipe(key, KEY_LEN);
	free(key);
}

static void
chacha_seal(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_le(nonce, counter);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    p, NULL, p, len, ad, ad_len, NULL, nonce, key);
}

static bool
chacha_open(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_le(nonce, counter);
	return crypto_aead_chacha20poly1305_ietf_decrypt(
		   p, NULL, NULL, p, len, ad, ad_len, nonce, key) == 0;
}

static bool
aes_usable(void)
{
	return crypto_aead_aes256gcm_is_available() == 1;
}

static void *
aes_key_new(const uint8_t key[KEY_LEN])
{
	void *ret =
	    try_aligned_alloc(AES_ALIGN, sizeof(crypto_aead_aes256gcm_state));

	if (ret != NULL)
		crypto_aead_aes256gcm_beforenm(ret, key);
	return ret;
}

static void
aes_key_free(void *key)
{
	if (key != NULL)
		wipe(key, sizeof(crypto_aead_aes256gcm_state));
	free(key);
}

static void
aes_seal(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_be(nonce, counter);
	crypto_aead_aes256gcm_encrypt_afternm(
	    p, NULL, p, len, ad, ad_len, NULL, nonce, key);
}

static bool
aes_open(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_be(nonce, counter);
	return crypto_aead_aes256gcm_decrypt_afternm(
		   p, NULL, NULL, p, len, ad, ad_len, nonce, key) == 0;
}

static const struct aead_ops suites[SUITE_MAX] = {
	[SUITE_CHACHAPOLY] = { "chacha20-poly1305 by libsodium",
	    SUITE_CHACHAPOLY, chacha_usable, chacha_key_new, chacha_key_free,
	    chacha_seal, chacha_open },
	[SUITE_AES256GCM] = { "aes256-gcm by libsodium", SUITE_AES256GCM,
	    aes_usable, aes_key_new, aes_key_free, aes_seal, aes_open },
};

const struct aead_ops *
aead_sodium(enum suite suite)
{
	return suite < SUITE_MAX ? &suites[suite] : NULL;
}
