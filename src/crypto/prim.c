#include "crypto/prim.h"

#include <sodium.h>
#include <string.h>

#include "base/rd.h"

bool
crypto_start(void)
{
	return sodium_init() >= 0;
}

void
blake2b(uint8_t *out, size_t out_len, const uint8_t key[KEY_LEN], const void *a,
    size_t a_len, const void *b, size_t b_len)
{
	crypto_generichash_blake2b_state st;

	crypto_generichash_blake2b_init(
	    &st, key, key == NULL ? 0 : KEY_LEN, out_len);
	crypto_generichash_blake2b_update(&st, a, a_len);
	crypto_generichash_blake2b_update(&st, b, b_len);
	crypto_generichash_blake2b_final(&st, out, out_len); /* wipes st */
}

void
blake2b_mac(uint8_t out[MAC_LEN], const uint8_t *key, size_t key_len,
    const void *p, size_t len)
{
	crypto_generichash_blake2b(out, MAC_LEN, p, len, key, key_len);
}

void
cookie_seal(uint8_t out[MAC_LEN + TAG_LEN], const uint8_t key[KEY_LEN],
    const uint8_t nonce[24], const uint8_t cookie[MAC_LEN],
    const uint8_t ad[MAC_LEN])
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	    out, NULL, cookie, MAC_LEN, ad, MAC_LEN, NULL, nonce, key);
}

bool
cookie_open(uint8_t cookie[MAC_LEN], const uint8_t key[KEY_LEN],
    const uint8_t nonce[24], const uint8_t sealed[MAC_LEN + TAG_LEN],
    const uint8_t ad[MAC_LEN])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(cookie, NULL, NULL,
		   sealed, MAC_LEN + TAG_LEN, ad, MAC_LEN, nonce, key) == 0;
}

bool
equal_ct(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

uint64_t
siphash(const uint8_t key[16], const void *p, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t ret;

	crypto_shorthash(out, p, len, key);
	struct rd r = rd_of(out, sizeof(out));
	rd_le64(&r, &ret);
	return ret;
}

void
random_bytes(void *p, size_t len)
{
	randombytes_buf(p, len);
}

void
wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
