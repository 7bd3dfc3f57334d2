/*
 * A stand-in for X25519 in long simulations. It is NOT secure, in no sense:
 * whoever sees two public keys knows what they share. It is only cheap (two
 * or three hashes), deterministic and symmetric:
 *
 *	public(sk)	= BLAKE2b("kx_hashed public", sk)
 *	shared(sk, pk)	= BLAKE2b(the smaller of public(sk) and pk, the larger)
 *
 * A pair agrees when each side holds what kx_public() gave the other. Static
 * keys do: identity_from_seed() takes x_pk from kx_public(). But what
 * key_to_x25519() makes of a peer's Ed25519 key is a point of the real curve
 * and no key of this stand-in. So a simulation that links this file must take
 * its peers' keys from their identity.x_pk and never convert an Ed25519 key.
 */
#include "crypto/kx.h"

#include <string.h>

void
kx_public(uint8_t pk[KEY_LEN], const uint8_t sk[KEY_LEN])
{
	static const char label[] = "kx_hashed public";

	blake2b(pk, KEY_LEN, NULL, label, sizeof(label) - 1, sk, KEY_LEN);
}

bool
kx_shared(
    uint8_t out[KEY_LEN], const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
	static const uint8_t zero[KEY_LEN];
	uint8_t own[KEY_LEN];

	/* The one low-order point that a simulated attacker can send here. */
	if (memcmp(pk, zero, KEY_LEN) == 0) {
		memset(out, 0, KEY_LEN);
		return false;
	}
	kx_public(own, sk);
	if (memcmp(own, pk, KEY_LEN) < 0)
		blake2b(out, KEY_LEN, NULL, own, KEY_LEN, pk, KEY_LEN);
	else
		blake2b(out, KEY_LEN, NULL, pk, KEY_LEN, own, KEY_LEN);
	return true;
}
