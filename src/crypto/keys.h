/* Identity keys, their text and files, and the keys of a network. */
#ifndef VPLAM_CRYPTO_KEYS_H
#define VPLAM_CRYPTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/prim.h"

#define KEY_TEXT 45 /* RFC 4648 base64 of 32 bytes, 44 characters and NUL */

/* Everything that follows from the 32-byte seed (protocol.md 2.2). */
struct identity {
	uint8_t seed[KEY_LEN];
	uint8_t ed_pk[KEY_LEN]; /* the public key that people see */
	uint8_t x_sk[KEY_LEN];
	uint8_t x_pk[KEY_LEN]; /* what a handshake shows */
};

/* false only if the seed converts to no usable key; wipes on failure. */
bool identity_from_seed(const uint8_t seed[KEY_LEN], struct identity *ret);

/*
 * Ed25519 public key to X25519; false for keys that do not convert (no point of
 * the curve, or one of low order or with a part of low order). Fits
 * identity.x_pk only with the real kx: see tests/sim/kx_hashed.c.
 */
bool key_to_x25519(const uint8_t ed_pk[KEY_LEN], uint8_t ret[KEY_LEN]);

/*
 * One key as text: 44 characters, padding included, no spare bits set. parse
 * refuses anything else, also surrounding space.
 */
bool key_parse(const char *text, uint8_t ret[KEY_LEN]);
void key_format(const uint8_t key[KEY_LEN], char ret[static KEY_TEXT]);

/*
 * A key file: one key text and a newline. Refused (a message for people in
 * *ret_why, static) when missing, open to group or others, not a regular
 * file, or not exactly one key.
 */
bool key_file_load(
    const char *path, uint8_t ret[KEY_LEN], const char **ret_why);

/* Keys of one network; all that the handshake derives from name and secret. */
struct network {
	uint8_t netkey[KEY_LEN];
	uint8_t netid[KEY_LEN];
};

#define NETWORK_NAME_MAX 64 /* bytes of UTF-8, at least 1 */

void network_open(struct network *net, const char *name, size_t name_len);
void network_closed(struct network *net, const uint8_t netkey[KEY_LEN]);

/* Argon2id, 3 passes over 256 MiB: for vplamctl only. false: no memory. */
bool netkey_from_passphrase(uint8_t ret[KEY_LEN], const char *name,
    size_t name_len, const char *pass, size_t pass_len);

/* pair_psk: 32 bytes, all zero when there is none. */
void network_psk(const struct network *net, const uint8_t pair_psk[KEY_LEN],
    uint8_t ret[KEY_LEN]);
uint8_t network_psk_id(const uint8_t pair_psk[KEY_LEN]);
void network_mac1key(const struct network *net, const uint8_t x_pk[KEY_LEN],
    uint8_t ret[KEY_LEN]);
void network_cookiekey(const struct network *net, const uint8_t x_pk[KEY_LEN],
    uint8_t ret[KEY_LEN]);

#endif
