/*
 * Bulk authenticated encryption in place, behind one interface: one backend
 * per implementation, one context per key (never per packet).
 */
#ifndef VPLAM_CRYPTO_AEAD_H
#define VPLAM_CRYPTO_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/prim.h"

/* Numbers on the wire (protocol.md 2.3); each is also a bit number. */
enum suite { SUITE_CHACHAPOLY = 0, SUITE_AES256GCM = 1, SUITE_MAX };

struct aead_ops {
	const char *name; /* for people: "libsodium aes256-gcm" */
	enum suite suite;
	bool (*usable)(void); /* has this machine what it needs? */
	void *(*key_new)(const uint8_t key[KEY_LEN]);
	void (*key_free)(void *key); /* wipes; NULL is fine */

	/*
	 * p[0..len) is replaced by ciphertext and TAG_LEN bytes behind it.
	 * Nonce: 4 zero bytes and the counter, in the order the suite wants.
	 */
	void (*seal)(const void *key, uint64_t counter, const uint8_t *ad,
	    size_t ad_len, uint8_t *p, size_t len);

	/* len includes the tag; false leaves p of no use. */
	bool (*open)(const void *key, uint64_t counter, const uint8_t *ad,
	    size_t ad_len, uint8_t *p, size_t len);
};

/*
 * What a backend has for a suite, usable here or not; NULL for none. For
 * aead.c and tests: the rest asks aead_find().
 */
const struct aead_ops *aead_sodium(enum suite suite);

/* The backend for a suite, or NULL when this machine has none. */
const struct aead_ops *aead_find(enum suite suite);

/* Bitmap of the suites for which aead_find() finds one. */
uint8_t aead_suites(void);

/*
 * Measures each suite for a few milliseconds on full-size packets and says
 * which is faster here. The daemon calls it at start; simulations do not.
 */
enum suite aead_preferred(void);

/*
 * Transport key from a Noise key: no key serves two algorithms. suite must be
 * one of the enum.
 */
void aead_derive(
    uint8_t ret[KEY_LEN], const uint8_t t[KEY_LEN], enum suite suite);

#endif
