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
	const char *name; /* for people: "aes256-gcm by libsodium" */
	enum suite suite;
	bool (*usable)(void); /* has this machine what it needs? */
	void *(*key_new)(const uint8_t key[KEY_LEN]); /* NULL: no memory */
	void (*key_free)(void *key);		      /* wipes; NULL is fine */

	/*
	 * p[0..len) is replaced by ciphertext and TAG_LEN bytes behind it.
	 * Nonce: 4 zero bytes and the counter, in the order the suite wants.
	 * key may hold the state of the packet: one thread at a time.
	 */
	void (*seal)(void *key, uint64_t counter, const uint8_t *ad,
	    size_t ad_len, uint8_t *p, size_t len);

	/* len includes the tag; false leaves p of no use. */
	bool (*open)(void *key, uint64_t counter, const uint8_t *ad,
	    size_t ad_len, uint8_t *p, size_t len);
};

/* Which backend does what, as one machine decided it. */
struct aead_choice {
	const struct aead_ops *ops[SUITE_MAX]; /* NULL: not on this machine */
	uint8_t suites;	   /* bitmap: what to offer; only of those in ops */
	uint8_t preferred; /* the quickest of them */
};

/*
 * What a backend has for a suite, usable here or not; NULL for none. For the
 * choices below and tests.
 */
const struct aead_ops *aead_sodium(enum suite suite);
const struct aead_ops *aead_openssl(enum suite suite); /* if built with it */
const struct aead_ops *aead_ipsecmb(enum suite suite); /* if built with it */

/*
 * Measures what is usable here on full-size packets, which takes a few
 * milliseconds. The daemon calls it at start.
 */
struct aead_choice aead_choose(void);

/*
 * libsodium, and AES where the processor has it, without measuring: the same
 * each time, for simulations and tests.
 */
struct aead_choice aead_default(void);

/*
 * Transport key from a Noise key: no key serves two algorithms. suite must be
 * one of the enum.
 */
void aead_derive(
    uint8_t ret[KEY_LEN], const uint8_t t[KEY_LEN], enum suite suite);

#endif
