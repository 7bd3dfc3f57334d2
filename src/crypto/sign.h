/*
 * Signatures of identities. Every kind of signed thing has a label of its own
 * and names the network (doc/protocol.md "Keys"), so that no signature serves
 * for another kind or another network.
 */
#ifndef VPLAM_CRYPTO_SIGN_H
#define VPLAM_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keys.h"

#define SIG_LEN 64

enum sign_kind { SIGN_CLAIM, SIGN_RECORD, SIGN_REVOKE, SIGN_KINDS };

/* Ed25519 over the label, netid and the BLAKE2b-512 of p. */
void identity_sign(const struct identity *id, enum sign_kind kind,
    const uint8_t netid[KEY_LEN], const void *p, size_t len,
    uint8_t sig[SIG_LEN]);
bool key_verify(const uint8_t ed_pk[KEY_LEN], enum sign_kind kind,
    const uint8_t netid[KEY_LEN], const void *p, size_t len,
    const uint8_t sig[SIG_LEN]);

#define SIGN_NONCE 32

/*
 * Of nothing but who one is, for a first contact: over the label, netid, the
 * nonce of who asks, and the key itself.
 */
void identity_prove(const struct identity *id, const uint8_t netid[KEY_LEN],
    const uint8_t nonce[SIGN_NONCE], uint8_t sig[SIG_LEN]);
bool identity_proven(const uint8_t ed_pk[KEY_LEN], const uint8_t netid[KEY_LEN],
    const uint8_t nonce[SIGN_NONCE], const uint8_t sig[SIG_LEN]);

#endif
