#include "crypto/aead.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <sys/auxv.h>

#include "base/log.h"
#include "base/xmem.h"
#include "crypto/aead_nonce.h"

/*
 * A key is one EVP_CIPHER_CTX with the key schedule in it; a packet sets only
 * the nonce. Of the ways EVP has to do that, instructions around a 64-byte
 * packet were counted (OpenSSL 3.0): tags as parameters cost 5 % less than by
 * EVP_CIPHER_CTX_ctrl(), which translates to them; the tag to open goes along
 * with the nonce, which saves a call; EVP_Cipher() is no cheaper than the
 * update and final calls. What is left, some 100 ns more than libsodium, are
 * look-ups of parameters by name inside EVP, one of them in each setting of a
 * nonce. A context or a fetch for each packet would cost several times that.
 */

#ifdef __aarch64__
#define HWCAP_WITH_AES HWCAP_AES
#else
#define HWCAP_WITH_AES 0ul
#endif

/*
 * Without the configuration file of OpenSSL: what the daemon was built for is
 * not replaced from outside, and it takes 0.6 MiB less.
 */
static EVP_CIPHER *
fetch(const char *name)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return NULL;
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

static bool
offered(const char *name)
{
	EVP_CIPHER *cipher = fetch(name);
	bool ret = cipher != NULL;

	EVP_CIPHER_free(cipher);
	return ret;
}

static void *
key_new(const char *name, const uint8_t key[KEY_LEN])
{
	EVP_CIPHER *cipher = fetch(name);
	EVP_CIPHER_CTX *ret = EVP_CIPHER_CTX_new();

	if (cipher == NULL || ret == NULL ||
	    EVP_EncryptInit_ex2(ret, cipher, key, NULL, NULL) != 1) {
		mem_note_failed(); /* nothing else can go wrong with it */
		EVP_CIPHER_CTX_free(ret);
		ret = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds it */
	return ret;
}

static void
key_free(void *key)
{
	EVP_CIPHER_CTX_free(key); /* wipes; NULL is fine */
}

static OSSL_PARAM
tag_param(uint8_t *tag)
{
	return (OSSL_PARAM)OSSL_PARAM_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG_LEN);
}

/*
 * No packet makes it fail. Should libcrypto do so all the same, a plaintext
 * must not go out for a ciphertext.
 */
static void
seal(EVP_CIPHER_CTX *ctx, const uint8_t nonce[NONCE_LEN], const uint8_t *ad,
    size_t ad_len, uint8_t *p, size_t len)
{
	OSSL_PARAM tag[] = { tag_param(p + len), OSSL_PARAM_END };
	int n;

	if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, ad, (int)ad_len) != 1 ||
	    EVP_EncryptUpdate(ctx, p, &n, p, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, p + len, &n) != 1 ||
	    EVP_CIPHER_CTX_get_params(ctx, tag) != 1)
		fatalx("libcrypto cannot encrypt");
}

static bool
open_sealed(EVP_CIPHER_CTX *ctx, const uint8_t nonce[NONCE_LEN],
    const uint8_t *ad, size_t ad_len, uint8_t *p, size_t len)
{
	OSSL_PARAM tag[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	int n;

	if (len < TAG_LEN)
		return false;
	len -= TAG_LEN;
	tag[0] = tag_param(p + len);
	return EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, tag) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, ad, (int)ad_len) == 1 &&
	    EVP_DecryptUpdate(ctx, p, &n, p, (int)len) == 1 &&
	    EVP_DecryptFinal_ex(ctx, p + len, &n) == 1;
}

static const char chacha_name[] = "ChaCha20-Poly1305";

static bool
chacha_usable(void)
{
	return offered(chacha_name);
}

static void *
chacha_key_new(const uint8_t key[KEY_LEN])
{
	return key_new(chacha_name, key);
}

static void
chacha_seal(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_le(nonce, counter);
	seal(key, nonce, ad, ad_len, p, len);
}

static bool
chacha_open(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_le(nonce, counter);
	return open_sealed(key, nonce, ad, ad_len, p, len);
}

static const char aes_name[] = "AES-256-GCM";

/*
 * Only where the processor has AES: elsewhere libcrypto may compute it from
 * tables, and what of them is in the cache tells of the key.
 */
static bool
aes_usable(void)
{
	return (sodium_runtime_has_aesni() == 1 ||
		   (getauxval(AT_HWCAP) & HWCAP_WITH_AES) != 0) &&
	    offered(aes_name);
}

static void *
aes_key_new(const uint8_t key[KEY_LEN])
{
	return key_new(aes_name, key);
}

static void
aes_seal(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_be(nonce, counter);
	seal(key, nonce, ad, ad_len, p, len);
}

static bool
aes_open(void *key, uint64_t counter, const uint8_t *ad, size_t ad_len,
    uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_be(nonce, counter);
	return open_sealed(key, nonce, ad, ad_len, p, len);
}

static const struct aead_ops suites[SUITE_MAX] = {
	[SUITE_CHACHAPOLY] = { "chacha20-poly1305 by libcrypto",
	    SUITE_CHACHAPOLY, chacha_usable, chacha_key_new, key_free,
	    chacha_seal, chacha_open },
	[SUITE_AES256GCM] = { "aes256-gcm by libcrypto", SUITE_AES256GCM,
	    aes_usable, aes_key_new, key_free, aes_seal, aes_open },
};

const struct aead_ops *
aead_openssl(enum suite suite)
{
	return suite < SUITE_MAX ? &suites[suite] : NULL;
}
