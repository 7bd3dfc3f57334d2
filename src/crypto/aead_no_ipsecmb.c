#include "crypto/aead.h"

/* In place of aead_ipsecmb.c in a build without libIPSec_MB. */
const struct aead_ops *
aead_ipsecmb(enum suite suite)
{
	(void)suite;
	return NULL;
}
