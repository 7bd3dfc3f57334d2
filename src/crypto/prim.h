/* The primitives that other folders need, so that they need no libsodium. */
#ifndef VPLAM_CRYPTO_PRIM_H
#define VPLAM_CRYPTO_PRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN 32
#define HASH_LEN 64 /* BLAKE2b-512, HASHLEN of the handshake */
#define MAC_LEN 16
#define TAG_LEN 16

/* Call once before anything else; false when libsodium cannot start. */
bool crypto_start(void);

/*
 * BLAKE2b of a joined with b; the length is a parameter of the hash, not a
 * cut. key may be NULL. out_len 1 to 64; out may be one of the inputs.
 */
void blake2b(uint8_t *out, size_t out_len, const uint8_t key[KEY_LEN],
    const void *a, size_t a_len, const void *b, size_t b_len);

/* As above with a key of MAC_LEN bytes: mac2 is keyed by a cookie. */
void blake2b_mac(uint8_t out[MAC_LEN], const uint8_t *key, size_t key_len,
    const void *p, size_t len);

/* XChaCha20-Poly1305 of a cookie (MAC_LEN bytes), for cookie replies. */
void cookie_seal(uint8_t out[MAC_LEN + TAG_LEN], const uint8_t key[KEY_LEN],
    const uint8_t nonce[24], const uint8_t cookie[MAC_LEN],
    const uint8_t ad[MAC_LEN]);
bool cookie_open(uint8_t cookie[MAC_LEN], const uint8_t key[KEY_LEN],
    const uint8_t nonce[24], const uint8_t sealed[MAC_LEN + TAG_LEN],
    const uint8_t ad[MAC_LEN]);

bool equal_ct(const void *a, const void *b, size_t len); /* constant time */
uint64_t siphash(const uint8_t key[16], const void *p, size_t len);
void random_bytes(void *p, size_t len); /* from the kernel */
void wipe(void *p, size_t len);

#endif
