#include "base/base64.h"

#include <sodium.h>

static int
variant(enum base64_kind kind)
{
	return kind == BASE64_URL ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
				  : sodium_base64_VARIANT_ORIGINAL;
}

void
base64_format(enum base64_kind kind, const void *p, size_t len, char *ret)
{
	sodium_bin2base64(ret, BASE64_TEXT(len), p, len, variant(kind));
}

bool
base64_parse(enum base64_kind kind, const char *text, size_t text_len,
    void *ret, size_t max, size_t *ret_len)
{
	size_t i;

	*ret_len = 0;
	/* libsodium takes some bytes above 127 for letters (a signed char). */
	for (i = 0; i < text_len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	if (sodium_base642bin(ret, max, text, text_len, NULL, ret_len, NULL,
		variant(kind)) == 0)
		return true;
	*ret_len = 0;
	return false;
}
