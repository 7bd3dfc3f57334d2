/*
 * mac1, mac2 and cookies (protocol.md 2.2, 2.3, 2.5): proof of address before
 * any Diffie-Hellman. The responder's side keeps two secrets and no state per
 * source; the initiator's keeps the cookies that it got.
 */
#ifndef VPLAM_CORE_COOKIE_H
#define VPLAM_CORE_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "crypto/prim.h"
#include "wire/msg.h"

#define COOKIE_LIFE_S 120 /* a cookie serves so long for its endpoint */
#define COOKIE_GRACE_S 10 /* and the secret before the present one */

struct cookie_check {
	uint8_t secret[KEY_LEN], old[KEY_LEN];
	struct mono born;  /* of secret */
	bool has, has_old; /* zeroed: no secret yet, renewal due */
};

/*
 * fresh: 32 random bytes, used only when the secret is due. Call before
 * cookie_make() and mac2_ok().
 */
void cookie_renew(
    struct cookie_check *ck, const uint8_t fresh[KEY_LEN], struct mono now);
bool cookie_due(const struct cookie_check *ck, struct mono now);

/* BLAKE2b-128(secret, ip v4-mapped, port big-endian). */
void cookie_make(const struct cookie_check *ck, const struct addr *from,
    uint8_t ret[MAC_LEN]);

/* mac1 over the first len bytes, compared with the MAC_LEN bytes behind. */
bool mac1_ok(const uint8_t mac1key[KEY_LEN], const uint8_t *msg, size_t len);
void mac1_write(const uint8_t mac1key[KEY_LEN], uint8_t *msg, size_t len);

/* mac2 of a 168-byte message, by the present secret or (in grace) the old. */
bool mac2_ok(const struct cookie_check *ck, const uint8_t *msg,
    const struct addr *from, struct mono now);
void mac2_write(const uint8_t cookie[MAC_LEN], uint8_t *msg);

/*
 * Cookies that one peer gave us, each for the address that was asked: a try
 * races some. Most peers give none.
 */
#define COOKIES_KEPT 3 /* as many as a try asks */

struct cookie_kept {
	struct addr to;
	struct mono at; /* when it came; 0: none has */
	uint8_t cookie[MAC_LEN];
};

struct cookie_jar {
	struct cookie_kept kept[COOKIES_KEPT];
};

/* Makes the jar with its first cookie; without memory nothing is kept. */
void cookie_keep(struct cookie_jar **jar, const struct addr *to,
    const uint8_t cookie[MAC_LEN], struct mono now);

/* The one of an address, however old it is; jar may be NULL, and so is none. */
const struct cookie_kept *cookie_of(
    const struct cookie_jar *jar, const struct addr *to);
bool cookie_serves(const struct cookie_kept *k, struct mono now);
struct mono cookie_last(const struct cookie_jar *jar); /* 0: none came */

/*
 * Whose turn it is to get a cookie while more ask than can be answered: of the
 * parts that the sources fall into one is answered in each slice of time, so
 * that who asks again is answered before long, whatever the others do. A slice
 * is as long as makes the tries of an initiator fall into different ones.
 */
#define COOKIE_SLICE_US (900 * MONO_MS)

struct cookie_turns {
	struct mono began; /* the slice */
	uint32_t slice;	   /* its number */
	uint32_t asked;	   /* in it */
	uint32_t parts;	   /* 0 or 1: all have their turn */
};

/* print: a keyed hash of the source; rate: answers a second. Counts it. */
bool cookie_turn(
    struct cookie_turns *ct, uint64_t print, uint32_t rate, struct mono now);

/* A cookie reply to the 168-byte message msg, whose sender index is index. */
void cookie_reply_write(const struct cookie_check *ck,
    const uint8_t cookiekey[KEY_LEN], const uint8_t nonce[24],
    const uint8_t *msg, uint32_t index, const struct addr *from,
    uint8_t out[COOKIE_LEN]);

/* Opens a reply to msg, which was sent by us. */
bool cookie_reply_open(const struct msg_cookie *in,
    const uint8_t cookiekey[KEY_LEN], const uint8_t *msg, uint8_t ret[MAC_LEN]);

#endif
