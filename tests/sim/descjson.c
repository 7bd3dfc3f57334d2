#include "descjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/xmem.h"
#include "neg/space.h"

#define WHERE 64 /* bytes of a place: "responder.known[511]." */

bool
fault_set(
    struct fault *f, const char *where, const char *field, const char *expected)
{
	if (f->text[0] == '\0')
		snprintf(f->text, sizeof(f->text), "%s%s: expected %s", where,
		    field, expected);
	return false;
}

/* --- members -------------------------------------------------------------- */

bool
json_get_bool(struct json_object *o, const char *where, const char *name,
    struct fault *f, bool *ret)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v))
		return true;
	if (!json_object_is_type(v, json_type_boolean))
		return fault_set(f, where, name, "true or false");
	*ret = json_object_get_boolean(v);
	return true;
}

static bool
get_number(struct json_object *o, const char *where, const char *name,
    int64_t min, struct fault *f, uint32_t *ret)
{
	struct json_object *v;
	char expected[WHERE];
	int64_t n;

	if (!json_object_object_get_ex(o, name, &v))
		return true;
	n = json_object_get_int64(v);
	if (!json_object_is_type(v, json_type_int) || n < min ||
	    n > UINT32_MAX) {
		snprintf(expected, sizeof(expected),
		    "a whole number from %" PRId64 " to %" PRIu32, min,
		    UINT32_MAX);
		return fault_set(f, where, name, expected);
	}
	*ret = (uint32_t)n;
	return true;
}

/* NULL: no string, or one with a zero byte in it. */
static const char *
string_of(struct json_object *v)
{
	const char *s;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	return strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

static bool
get_netid(
    struct json_object *o, const char *where, struct fault *f, uint64_t *ret)
{
	const char *s = string_of(json_object_object_get(o, "netid"));
	size_t len = s != NULL ? strlen(s) : 0;

	*ret = 0;
	if (len >= 1 && len <= 16 && strspn(s, "0123456789abcdefABCDEF") == len)
		*ret = strtoull(s, NULL, 16);
	return *ret != 0 ||
	    fault_set(f, where, "netid",
		"1 to 16 hexadecimal digits as a string, not 0");
}

/* Every member is one of these names, the last of which is NULL. */
static bool
only(struct json_object *o, const char *where, const char *const *names,
    struct fault *f)
{
	struct json_object_iterator at = json_object_iter_begin(o),
				    end = json_object_iter_end(o);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *name = json_object_iter_peek_name(&at);
		const char *const *n = names;

		while (*n != NULL && strcmp(*n, name) != 0)
			n++;
		if (*n == NULL)
			return fault_set(f, where,
			    strlen(name) < WHERE ? name : "a field",
			    "one of those that there are");
	}
	return true;
}

/* --- the row of levels ---------------------------------------------------- */

static bool
get_class(struct json_object *o, const char *where, struct fault *f,
    struct topology *ret)
{
	static const char *const names[NETDESC_CLASSES] = {
		[NETDESC_ANY] = "any",
		[NETDESC_10] = "10",
		[NETDESC_172] = "172",
		[NETDESC_SITE6] = "site6",
		[NETDESC_PLAIN] = "plain",
	};
	struct json_object *v;
	const char *s = "10";
	unsigned c;

	if (json_object_object_get_ex(o, "class", &v))
		s = string_of(v);
	for (c = 0; s != NULL && c < NETDESC_CLASSES; c++)
		if (strcmp(s, names[c]) == 0) {
			*ret = c == NETDESC_PLAIN
			    ? topology_plain()
			    : topology_ntk((enum netdesc_class)c);
			return true;
		}
	return fault_set(f, where, "class",
	    "\"10\", \"172\", \"any\", \"site6\" or \"plain\"");
}

static bool
get_levels(struct json_object *o, const char *where, struct fault *f,
    struct topology *topo)
{
	static const char expected[] =
	    "1 to 16 numbers from 1 to 16 that suit the class";
	struct json_object *v;
	size_t i, n;

	if (!json_object_object_get_ex(o, "levels", &v))
		return true;
	n = json_object_is_type(v, json_type_array)
	    ? json_object_array_length(v)
	    : 0;
	if (n < 1 || n > NETDESC_LEVELS)
		return fault_set(f, where, "levels", expected);
	topo->levels = (uint8_t)n;
	memset(topo->bits, 0, sizeof(topo->bits));
	for (i = 0; i < n; i++) {
		struct json_object *b = json_object_array_get_idx(v, i);
		int64_t bits = json_object_get_int64(b);

		if (!json_object_is_type(b, json_type_int) || bits < 1 ||
		    bits > 16)
			return fault_set(f, where, "levels", expected);
		topo->bits[i] = (uint8_t)bits;
	}
	return topology_check(topo) == NULL ||
	    fault_set(f, where, "levels", expected);
}

/* --- claims --------------------------------------------------------------- */

static const char claim_expected[] =
    "a prefix that the levels can name, as \"10.79.0.0/16\"";

/* How many claims it makes; 0 and a fault. */
static unsigned
claims_of(const struct topology *topo, struct json_object *v, const char *where,
    const char *field, struct fault *f, struct claim *out, unsigned max)
{
	const char *s = string_of(v);
	struct prefix p;
	int n = -1;

	if (s != NULL && prefix_parse(s, &p) == NULL)
		n = claims_of_prefix(topo, &p, out, max);
	if (n > 0)
		return (unsigned)n;
	fault_set(f, where, field, claim_expected);
	return 0;
}

static bool
get_claims(struct json_object *o, const char *where, struct fault *f,
    struct netdesc *d)
{
	struct json_object *list = json_object_object_get(o, "claims");
	char field[WHERE];
	size_t i, n;
	unsigned made;

	n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;
	if (n < 1 || n > NETDESC_CLAIMS)
		return fault_set(
		    f, where, "claims", "a list of 1 to 32 prefixes");
	for (i = 0; i < n; i++) {
		snprintf(field, sizeof(field), "claims[%zu]", i);
		made = claims_of(&d->topo, json_object_array_get_idx(list, i),
		    where, field, f, d->claim + d->n_claims,
		    NETDESC_CLAIMS - d->n_claims);
		if (made == 0)
			return false;
		d->n_claims = (uint8_t)(d->n_claims + made);
	}
	memcpy(d->gid, d->claim[0].gid, sizeof(d->gid));
	return true;
}

/* One that the levels cannot name in one piece is several. */
static bool
add_known(struct netdesc *d, struct json_object *o, const char *where,
    struct fault *f)
{
	static const char *const names[] = { "netid", "claim", "stable",
		"reserved", NULL };
	bool stable = false, reserved = false;
	struct claim made[NETDESC_CLAIMS];
	uint64_t netid;
	unsigned n, i;

	if (!json_object_is_type(o, json_type_object))
		return fault_set(f, where, "netid", "an object around it");
	if (!only(o, where, names, f) || !get_netid(o, where, f, &netid) ||
	    !json_get_bool(o, where, "stable", f, &stable) ||
	    !json_get_bool(o, where, "reserved", f, &reserved))
		return false;
	n = claims_of(&d->topo, json_object_object_get(o, "claim"), where,
	    "claim", f, made, NETDESC_CLAIMS);
	if (n == 0)
		return false;
	if (d->n_known + n > NETDESC_KNOWN)
		return fault_set(f, where, "claim", "512 in all at most");
	d->known = xreallocarray(d->known, d->n_known + n, sizeof(*d->known));
	for (i = 0; i < n; i++) {
		made[i].flags = (uint8_t)((stable ? KNOWN_STABLE : 0) |
		    (reserved ? KNOWN_RESERVED : 0));
		d->known[d->n_known++] = (struct known){ netid, made[i] };
	}
	return true;
}

static bool
get_known(struct json_object *o, const char *where, struct fault *f,
    struct netdesc *d)
{
	struct json_object *list;
	char place[WHERE];
	size_t i, n;

	if (!json_object_object_get_ex(o, "known", &list))
		return true;
	if (!json_object_is_type(list, json_type_array))
		return fault_set(f, where, "known", "a list of objects");
	n = json_object_array_length(list);
	for (i = 0; i < n; i++) {
		snprintf(place, sizeof(place), "%sknown[%zu].", where, i);
		if (!add_known(d, json_object_array_get_idx(list, i), place, f))
			return false;
	}
	return true;
}

/* --- all of it ------------------------------------------------------------ */

static bool
get_flags(struct json_object *o, const char *where, struct fault *f,
    struct netdesc *d)
{
	bool stable = false, rehooking = false;

	if (!json_get_bool(o, where, "stable", f, &stable) ||
	    !json_get_bool(o, where, "rehooking", f, &rehooking))
		return false;
	d->flags = (uint16_t)((stable ? NETDESC_STABLE : 0) |
	    (rehooking ? NETDESC_REHOOKING : 0));
	return true;
}

bool
descjson_read(struct json_object *o, const char *where, struct fault *f,
    struct netdesc *ret)
{
	static const char *const names[] = { "class", "levels", "netid",
		"nodes", "age", "stable", "rehooking", "claims", "known",
		NULL };

	*ret = (struct netdesc){ .nodes = 1 };
	return only(o, where, names, f) && get_class(o, where, f, &ret->topo) &&
	    get_levels(o, where, f, &ret->topo) &&
	    get_netid(o, where, f, &ret->netid) &&
	    get_number(o, where, "nodes", 1, f, &ret->nodes) &&
	    get_number(o, where, "age", 0, f, &ret->age) &&
	    get_flags(o, where, f, ret) && get_claims(o, where, f, ret) &&
	    get_known(o, where, f, ret);
}

const char *
descjson_expected(const char *field)
{
	if (strcmp(field, "claims") == 0)
		return "paths that a gnode may have, no two overlapping";
	if (strcmp(field, "known") == 0)
		return "claims of paths that a gnode may have";
	return "what a descriptor allows";
}
