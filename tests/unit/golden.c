#include "tests/unit/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct json_object *
golden_load(void)
{
	const char *dir = getenv("VPLAMA_VECTORS");
	struct json_object *o;
	char path[4096];

	snprintf(path, sizeof(path), "%s/vpl1_golden.json",
	    dir != NULL ? dir : SRCDIR "/../shared/vectors");
	o = json_object_from_file(path);
	if (o == NULL)
		printf("# no %s: set VPLAMA_VECTORS\n", path);
	return o;
}

struct json_object *
golden_get(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, name, &v))
		fail_msg("golden packets lack %s", name);
	return v;
}

static unsigned
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	if (c == '\0' || at == NULL)
		fail_msg("not a hex digit: %d", c);
	return at == NULL ? 0 : (unsigned)(at - digits);
}

size_t
golden_hex(struct json_object *o, const char *name, uint8_t *out, size_t max)
{
	const char *s = json_object_get_string(golden_get(o, name));
	size_t i, len = strlen(s) / 2;

	assert_true(strlen(s) % 2 == 0 && len <= max);
	for (i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(s[2 * i]) << 4 |
		    hex_digit(s[2 * i + 1]));
	return len;
}
