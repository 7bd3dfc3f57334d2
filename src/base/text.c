#include "base/text.h"

#include <stdint.h>

/*
 * Bytes of one UTF-8 character of at most left bytes; 0 when it is none, is
 * longer than need be, a surrogate, or beyond U+10FFFF.
 */
static size_t
utf8_len(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t v;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
		return 0;
	v = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3fu);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	return n;
}

const char *
text_check(const void *p, size_t len)
{
	const unsigned char *s = p;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = utf8_len(s + i, len - i);
		if (n == 0)
			return "is not UTF-8";
		if (s[i] < 0x20 || s[i] == 0x7f ||
		    (s[i] == 0xc2 && s[i + 1] < 0xa0))
			return "has a control character";
	}
	return NULL;
}
