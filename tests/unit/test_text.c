#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#define LAST 0x10ffffu

/* As RFC 3629 has it in its table; 0: no such character. */
static size_t
encode(uint32_t c, unsigned char s[4])
{
	size_t i, n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char head[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = n; i-- > 1; c >>= 6)
		s[i] = (unsigned char)(0x80 | (c & 0x3f));
	s[0] = (unsigned char)(head[n] | c);
	return n;
}

static void
each_character(void **state)
{
	unsigned char s[4];
	uint32_t c, got;
	size_t left, n;

	(void)state;
	for (c = 0; c <= LAST; c++) {
		bool fits = c < 0xd800 || c > 0xdfff;
		bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);

		n = encode(c, s);
		got = ~c;
		for (left = 0; left < n; left++)
			assert_int_equal(text_next(s, left, &got), 0);
		assert_int_equal(text_next(s, 4, &got), fits ? n : 0);
		assert_int_equal(got, fits ? c : ~c);
		assert_int_equal(text_check(s, n) == NULL, fits && !control);
	}
}

/* Whatever is read is what was written: each character in one form alone. */
static void
each_start(void **state)
{
	unsigned char s[4], again[4];
	uint32_t v, c;
	size_t n;

	(void)state;
	for (v = 0; v < 1u << 24; v++) {
		s[0] = (unsigned char)(v >> 16);
		s[1] = (unsigned char)(v >> 8);
		s[2] = s[3] = (unsigned char)v;
		n = text_next(s, 4, &c);
		if (n == 0)
			continue;
		assert_true(c <= LAST);
		assert_int_equal(encode(c, again), n);
		assert_memory_equal(again, s, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character),
		cmocka_unit_test(each_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
