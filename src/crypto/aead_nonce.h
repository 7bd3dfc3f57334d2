/* Nonces of the suites: 4 zero bytes and the counter; the order differs. */
#ifndef VPLAM_CRYPTO_AEAD_NONCE_H
#define VPLAM_CRYPTO_AEAD_NONCE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define NONCE_LEN 12

/* Inline and not by base/wr: each packet needs one. */
static inline void
nonce_of(uint8_t ret[NONCE_LEN], uint64_t counter_as_sent)
{
	memset(ret, 0, 4);
	memcpy(ret + 4, &counter_as_sent, 8);
}

static inline void
nonce_le(uint8_t ret[NONCE_LEN], uint64_t counter)
{
	nonce_of(ret, htole64(counter));
}

static inline void
nonce_be(uint8_t ret[NONCE_LEN], uint64_t counter)
{
	nonce_of(ret, htobe64(counter));
}

#endif
