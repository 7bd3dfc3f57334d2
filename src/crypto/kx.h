/*
 * X25519. The only Diffie-Hellman of the project; long simulations link
 * tests/sim/kx_hashed.c in its place, nothing else may.
 */
#ifndef VPLAM_CRYPTO_KX_H
#define VPLAM_CRYPTO_KX_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/prim.h"

void kx_public(uint8_t pk[KEY_LEN], const uint8_t sk[KEY_LEN]);

/* false for a low-order public key: the result is all zero. */
bool kx_shared(
    uint8_t out[KEY_LEN], const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN]);

/*
 * How many kx_shared() this machine does in a second, at most KX_RATE_MAX.
 * Measured, which takes some 12 ms; where one takes longer than 4, three of
 * them.
 */
#define KX_RATE_MAX 1000000u
uint32_t kx_rate(void);

#endif
