#include "crypto/aead.h"

#include <assert.h>
#include <string.h>

struct aead_choice
aead_default(void)
{
	struct aead_choice ret = { .preferred = SUITE_CHACHAPOLY };
	unsigned i;

	for (i = 0; i < SUITE_MAX; i++) {
		const struct aead_ops *ops = aead_sodium((enum suite)i);

		if (!ops->usable())
			continue;
		ret.ops[i] = ops;
		ret.suites |= (uint8_t)(1U << i);
		ret.preferred = (uint8_t)i;
	}
	return ret;
}

void
aead_derive(uint8_t ret[KEY_LEN], const uint8_t t[KEY_LEN], enum suite suite)
{
	static const char *const labels[SUITE_MAX] = {
		[SUITE_CHACHAPOLY] = "VPL1 tx chachapoly",
		[SUITE_AES256GCM] = "VPL1 tx aes256gcm",
	};

	assert(suite < SUITE_MAX);
	blake2b(ret, KEY_LEN, t, labels[suite], strlen(labels[suite]), NULL, 0);
}
