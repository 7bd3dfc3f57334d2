/* Base64: only what formatting gives is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "tests/rng.h"

#define MOST 64

static void
known_texts(void **state)
{
	static const struct {
		const char *bytes, *plain, *url;
	} cases[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};
	char text[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].bytes);

		base64_format(BASE64_PLAIN, cases[i].bytes, len, text);
		assert_string_equal(text, cases[i].plain);
		base64_format(BASE64_URL, cases[i].bytes, len, text);
		assert_string_equal(text, cases[i].url);
	}
}

/* Whatever is read is what its bytes give again. */
static void
one_text_for_each(void **state)
{
	struct rng r = rng_seeded(61);
	char text[BASE64_TEXT(MOST)], again[BASE64_TEXT(MOST)];
	uint8_t p[MOST], got[MOST];
	size_t len, n, at, read = 0;
	int i, c;

	(void)state;
	for (i = 0; i < 2000; i++) {
		enum base64_kind kind = i % 2 == 0 ? BASE64_PLAIN : BASE64_URL;

		len = 1 + rng_below(&r, MOST);
		rng_fill(&r, p, len);
		base64_format(kind, p, len, text);
		assert_true(base64_parse(
		    kind, text, strlen(text), got, sizeof(got), &n));
		assert_int_equal(n, len);
		assert_memory_equal(got, p, len);
		assert_false(
		    base64_parse(kind, text, strlen(text), got, len - 1, &n));
		assert_int_equal(n, 0);
		at = rng_below(&r, strlen(text));
		for (c = 0; c < 256; c++) {
			text[at] = (char)c;
			if (!base64_parse(
				kind, text, strlen(text), got, sizeof(got), &n))
				continue;
			base64_format(kind, got, n, again);
			assert_string_equal(again, text);
			read++;
		}
	}
	assert_true(read > 2000 * 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts),
		cmocka_unit_test(one_text_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
