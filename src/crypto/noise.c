#include "crypto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/wr.h"

#define BLOCK_LEN 128 /* of BLAKE2b, for HMAC */
#define NONCE_LEN 12

typedef int noise_seal_fn(unsigned char *, unsigned long long *,
    const unsigned char *, unsigned long long, const unsigned char *,
    unsigned long long, const unsigned char *, const unsigned char *,
    const unsigned char *);
typedef int noise_open_fn(unsigned char *, unsigned long long *,
    unsigned char *, const unsigned char *, unsigned long long,
    const unsigned char *, unsigned long long, const unsigned char *,
    const unsigned char *);

static const struct {
	noise_seal_fn *seal;
	noise_open_fn *open;
	void (*put_counter)(struct wr *, uint64_t); /* section 12 of Noise */
} ciphers[] = {
	[NOISE_CHACHAPOLY] = { crypto_aead_chacha20poly1305_ietf_encrypt,
	    crypto_aead_chacha20poly1305_ietf_decrypt, wr_le64 },
	[NOISE_AESGCM] = { crypto_aead_aes256gcm_encrypt,
	    crypto_aead_aes256gcm_decrypt, wr_be64 },
};

static void
nonce_of(enum noise_cipher cipher, uint64_t n, uint8_t ret[NONCE_LEN])
{
	struct wr w = wr_of(ret, NONCE_LEN);

	wr_zeros(&w, 4);
	ciphers[cipher].put_counter(&w, n);
}

static void
hash_with(
    const uint8_t h[HASH_LEN], const void *p, size_t len, uint8_t ret[HASH_LEN])
{
	blake2b(ret, HASH_LEN, NULL, h, HASH_LEN, p, len);
}

/* RFC 2104; ret may be the key or the message. */
static void
hmac(uint8_t ret[HASH_LEN], const uint8_t key[HASH_LEN], const void *p,
    size_t len)
{
	uint8_t ipad[BLOCK_LEN], opad[BLOCK_LEN];
	size_t i;

	memset(ipad, 0x36, sizeof(ipad));
	memset(opad, 0x5c, sizeof(opad));
	for (i = 0; i < HASH_LEN; i++) {
		ipad[i] ^= key[i];
		opad[i] ^= key[i];
	}
	blake2b(ret, HASH_LEN, NULL, ipad, sizeof(ipad), p, len);
	blake2b(ret, HASH_LEN, NULL, opad, sizeof(opad), ret, HASH_LEN);
	wipe(ipad, sizeof(ipad));
	wipe(opad, sizeof(opad));
}

/* HKDF of Noise, section 4.3: n outputs (2 or 3), each HASH_LEN bytes. */
static void
hkdf(uint8_t out[][HASH_LEN], unsigned n, const uint8_t ck[HASH_LEN],
    const void *ikm, size_t len)
{
	uint8_t temp[HASH_LEN], msg[HASH_LEN + 1];
	unsigned i;

	hmac(temp, ck, ikm, len);
	msg[HASH_LEN] = 1;
	hmac(out[0], temp, msg + HASH_LEN, 1);
	for (i = 1; i < n; i++) {
		memcpy(msg, out[i - 1], HASH_LEN);
		msg[HASH_LEN] = (uint8_t)(i + 1);
		hmac(out[i], temp, msg, sizeof(msg));
	}
	wipe(temp, sizeof(temp));
	wipe(msg, sizeof(msg));
}

static void
set_key(struct noise *ns, const uint8_t k[KEY_LEN])
{
	memcpy(ns->k, k, KEY_LEN);
	ns->has_key = true;
	ns->n = 0;
}

void
noise_init(struct noise *ns, enum noise_cipher cipher, const char *name)
{
	size_t len = strlen(name);

	assert(len <= HASH_LEN);
	memset(ns, 0, sizeof(*ns));
	ns->cipher = cipher;
	memcpy(ns->h, name, len);
	memcpy(ns->ck, ns->h, HASH_LEN);
}

void
noise_mix_hash(struct noise *ns, const void *p, size_t len)
{
	hash_with(ns->h, p, len, ns->h);
}

void
noise_mix_key(struct noise *ns, const void *ikm, size_t len)
{
	uint8_t out[2][HASH_LEN];

	hkdf(out, 2, ns->ck, ikm, len);
	memcpy(ns->ck, out[0], HASH_LEN);
	set_key(ns, out[1]);
	wipe(out, sizeof(out));
}

void
noise_mix_key_and_hash(struct noise *ns, const void *ikm, size_t len)
{
	uint8_t out[3][HASH_LEN];

	hkdf(out, 3, ns->ck, ikm, len);
	memcpy(ns->ck, out[0], HASH_LEN);
	noise_mix_hash(ns, out[1], HASH_LEN);
	set_key(ns, out[2]);
	wipe(out, sizeof(out));
}

void
noise_seal(struct noise *ns, uint8_t *out, const uint8_t *p, size_t len)
{
	size_t out_len = len;

	if (ns->has_key) {
		noise_aead_seal(
		    ns->cipher, out, ns->k, ns->n, ns->h, HASH_LEN, p, len);
		ns->n++;
		out_len += TAG_LEN;
	} else if (len > 0)
		memmove(out, p, len);
	noise_mix_hash(ns, out, out_len);
}

/* The hash is taken first: out may be p. */
bool
noise_open(struct noise *ns, uint8_t *out, const uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN], h[HASH_LEN];

	if (!ns->has_key) {
		noise_mix_hash(ns, p, len);
		if (len > 0)
			memmove(out, p, len);
		return true;
	}
	if (len < TAG_LEN)
		return false;
	nonce_of(ns->cipher, ns->n, nonce);
	hash_with(ns->h, p, len, h);
	if (ciphers[ns->cipher].open(
		out, NULL, NULL, p, len, ns->h, HASH_LEN, nonce, ns->k) != 0) {
		wipe(out, len - TAG_LEN);
		return false;
	}
	memcpy(ns->h, h, HASH_LEN);
	ns->n++;
	return true;
}

void
noise_split(
    const struct noise *ns, uint8_t to_resp[KEY_LEN], uint8_t to_init[KEY_LEN])
{
	uint8_t out[2][HASH_LEN];

	hkdf(out, 2, ns->ck, NULL, 0);
	memcpy(to_resp, out[0], KEY_LEN);
	memcpy(to_init, out[1], KEY_LEN);
	wipe(out, sizeof(out));
}

void
noise_aead_seal(enum noise_cipher cipher, uint8_t *out,
    const uint8_t k[KEY_LEN], uint64_t n, const uint8_t *ad, size_t ad_len,
    const uint8_t *p, size_t len)
{
	uint8_t nonce[NONCE_LEN];

	nonce_of(cipher, n, nonce);
	ciphers[cipher].seal(out, NULL, p, len, ad, ad_len, NULL, nonce, k);
}
