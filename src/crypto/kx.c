#include "crypto/kx.h"

#include <sodium.h>

void
kx_public(uint8_t pk[KEY_LEN], const uint8_t sk[KEY_LEN])
{
	crypto_scalarmult_base(pk, sk);
}

bool
kx_shared(
    uint8_t out[KEY_LEN], const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
	if (crypto_scalarmult(out, sk, pk) == 0)
		return true;
	sodium_memzero(out, KEY_LEN);
	return false;
}
