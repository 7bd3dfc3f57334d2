/*
 * The symmetric state of the Noise protocol framework, revision 34, with
 * BLAKE2b and one of its two ciphers. Knows no pattern and no message of ours:
 * core/handshake.c and the public vectors both run on it.
 */
#ifndef VPLAM_CRYPTO_NOISE_H
#define VPLAM_CRYPTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/prim.h"

/* AESGCM only where aead_default() has AES: it is libsodium's. */
enum noise_cipher { NOISE_CHACHAPOLY, NOISE_AESGCM };

struct noise {
	enum noise_cipher cipher;
	bool has_key;
	uint64_t n; /* nonce; each MixKey sets it back to 0 */
	uint8_t k[KEY_LEN];
	uint8_t ck[HASH_LEN];
	uint8_t h[HASH_LEN];
};

/* name is at most HASH_LEN bytes and filled with zeros. */
void noise_init(struct noise *ns, enum noise_cipher cipher, const char *name);
void noise_mix_hash(struct noise *ns, const void *p, size_t len);
void noise_mix_key(struct noise *ns, const void *ikm, size_t len);
void noise_mix_key_and_hash(struct noise *ns, const void *ikm, size_t len);

/*
 * out has len + TAG_LEN bytes; without a key yet, len, and nothing sealed.
 * out may be p, here and in noise_open().
 */
void noise_seal(struct noise *ns, uint8_t *out, const uint8_t *p, size_t len);

/* len includes the tag; false leaves ns as it was and zeroes out. */
bool noise_open(struct noise *ns, uint8_t *out, const uint8_t *p, size_t len);

/* Transport keys: first towards the responder, second towards the initiator. */
void noise_split(
    const struct noise *ns, uint8_t to_resp[KEY_LEN], uint8_t to_init[KEY_LEN]);

/* One AEAD call with an explicit nonce, for the vectors' transport messages. */
void noise_aead_seal(enum noise_cipher cipher, uint8_t *out,
    const uint8_t k[KEY_LEN], uint64_t n, const uint8_t *ad, size_t ad_len,
    const uint8_t *p, size_t len);

#endif
