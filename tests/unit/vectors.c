#include "tests/unit/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct json_object *
vectors_load(const char *name)
{
	const char *dir = getenv("VPLAMA_VECTORS");
	struct json_object *ret;
	char path[4096];

	if (dir == NULL)
		dir = SRCDIR "/../shared/vectors";
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ret = json_object_from_file(path);
	if (ret == NULL)
		printf("no test vectors: cannot read %s (VPLAMA_VECTORS names "
		       "their folder)\n",
		    path);
	return ret;
}

struct json_object *
vec_get(struct json_object *o, const char *key)
{
	struct json_object *ret;

	if (!json_object_object_get_ex(o, key, &ret))
		fail_msg("no member %s in the vectors", key);
	return ret;
}

const char *
vec_text(struct json_object *o, const char *key)
{
	return json_object_get_string(vec_get(o, key));
}

uint64_t
vec_int(struct json_object *o, const char *key)
{
	return json_object_get_uint64(vec_get(o, key));
}

static unsigned
nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c);

	if (c == '\0' || at == NULL)
		fail_msg("not lower-case hex: %c", c);
	return (unsigned)(at - digits);
}

size_t
hex_bytes(const char *hex, uint8_t *ret, size_t max)
{
	size_t len = strlen(hex) / 2, i;

	if (strlen(hex) % 2 != 0 || len > max)
		fail_msg("hex of %zu digits for %zu bytes", strlen(hex), max);
	for (i = 0; i < len; i++)
		ret[i] =
		    (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return len;
}

size_t
vec_hex(struct json_object *o, const char *key, uint8_t *ret, size_t max)
{
	return hex_bytes(vec_text(o, key), ret, max);
}

void
vec_fixed(struct json_object *o, const char *key, uint8_t *ret, size_t len)
{
	size_t n = vec_hex(o, key, ret, len);

	if (n != len)
		fail_msg("%s has %zu bytes, not %zu", key, n, len);
}
