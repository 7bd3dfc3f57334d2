#include "wire/entry.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/xmem.h"

/*
 * What json-c may be asked to build: a list is small when it is read, but "[]"
 * takes two bytes of it and hundreds of memory.
 */
#define DEPTH_MAX 8
#define CONTAINERS_MAX (12 * ENTRY_SERVERS + 64)
#define VALUES_MAX (96 * ENTRY_SERVERS + 64)
#define TIME_MAX INT64_C(253402300799) /* the last second of 9999 */
#define SERIAL_MAX (INT64_MAX / 2)     /* larger ones json-c would cut */

/*
 * A member of an object: where it goes (from the beginning of the struct) and
 * within which bounds. A member that is not needed may be null or left out.
 */
struct member {
	const char *name;
	bool needed;
	bool (*take)(
	    struct json_object *v, void *to, int64_t least, int64_t most);
	size_t at;
	int64_t least, most;
	const char *why; /* what was expected */
};

static const char *
members_take(struct json_object *o, const struct member *m, size_t n, void *to)
{
	struct json_object *v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = NULL;
		json_object_object_get_ex(o, m[i].name, &v);
		if (v == NULL && !m[i].needed)
			continue;
		if (v == NULL ||
		    !m[i].take(v, (char *)to + m[i].at, m[i].least, m[i].most))
			return m[i].why;
	}
	return NULL;
}

static bool
take_text(struct json_object *v, void *to, int64_t least, int64_t most)
{
	const char *s = json_object_get_string(v);
	int len = json_object_get_string_len(v);

	if (!json_object_is_type(v, json_type_string) || len < least ||
	    len > most || text_check(s, (size_t)len) != NULL)
		return false;
	memcpy(to, s, (size_t)len);
	((char *)to)[len] = '\0';
	return true;
}

static bool
take_format(struct json_object *v, void *to, int64_t least, int64_t most)
{
	(void)to, (void)least, (void)most;
	return json_object_is_type(v, json_type_string) &&
	    strcmp(json_object_get_string(v), ENTRY_FORMAT) == 0;
}

static bool
take_country(struct json_object *v, void *to, int64_t least, int64_t most)
{
	char *c = to;

	return take_text(v, to, least, most) &&
	    (c[0] == '\0' ||
		(c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z'));
}

static bool
take_i64(struct json_object *v, void *to, int64_t least, int64_t most)
{
	int64_t n = json_object_get_int64(v);

	memcpy(to, &n, sizeof(n));
	return json_object_is_type(v, json_type_int) && n >= least && n <= most;
}

static bool
take_u32(struct json_object *v, void *to, int64_t least, int64_t most)
{
	uint32_t small;
	int64_t n = 0;

	if (!take_i64(v, &n, least, most))
		return false;
	small = (uint32_t)n;
	memcpy(to, &small, sizeof(small));
	return true;
}

static bool
take_u8(struct json_object *v, void *to, int64_t least, int64_t most)
{
	int64_t n = 0;

	if (!take_i64(v, &n, least, most))
		return false;
	*(uint8_t *)to = (uint8_t)n;
	return true;
}

static bool
take_bool(struct json_object *v, void *to, int64_t least, int64_t most)
{
	(void)least, (void)most;
	*(bool *)to = json_object_get_boolean(v) != 0;
	return json_object_is_type(v, json_type_boolean);
}

/* A number with decimals, times scale and rounded; false beyond the bounds. */
static bool
scaled(struct json_object *v, double scale, int64_t least, int64_t most,
    int64_t *ret)
{
	double d = json_object_get_double(v) * scale;

	if (!json_object_is_type(v, json_type_double) &&
	    !json_object_is_type(v, json_type_int))
		return false;
	if (!(d >= (double)least && d <= (double)most)) /* no number, too */
		return false;
	*ret = (int64_t)(d < 0 ? d - 0.5 : d + 0.5);
	return true;
}

static bool
take_degrees(struct json_object *v, void *to, int64_t least, int64_t most)
{
	int64_t n;
	int32_t small;

	if (!scaled(v, 100000, least, most, &n))
		return false;
	small = (int32_t)n;
	memcpy(to, &small, sizeof(small));
	return true;
}

static bool
take_ms(struct json_object *v, void *to, int64_t least, int64_t most)
{
	int64_t n;
	uint32_t us;

	if (!scaled(v, 1000, least, most, &n))
		return false;
	us = (uint32_t)n;
	memcpy(to, &us, sizeof(us));
	return true;
}

static bool
take_key(struct json_object *v, void *to, int64_t least, int64_t most)
{
	size_t len;

	(void)least, (void)most;
	return json_object_is_type(v, json_type_string) &&
	    base64_parse(BASE64_PLAIN, json_object_get_string(v),
		(size_t)json_object_get_string_len(v), to, RECORD_KEY, &len) &&
	    len == RECORD_KEY;
}

static const char *const accepts_words[ACCEPTS_KINDS] = {
	[ACCEPTS_CLOSED] = "closed",
	[ACCEPTS_ASK] = "ask",
	[ACCEPTS_OPEN] = "open",
};

static bool
take_accepts(struct json_object *v, void *to, int64_t least, int64_t most)
{
	uint8_t kind;

	(void)least, (void)most;
	for (kind = 0; kind < ACCEPTS_KINDS; kind++)
		if (json_object_is_type(v, json_type_string) &&
		    strcmp(json_object_get_string(v), accepts_words[kind]) ==
			0) {
			*(uint8_t *)to = kind;
			return true;
		}
	return false;
}

/* The i-th of an array of strings, or NULL. */
static const char *
string_at(struct json_object *list, size_t i)
{
	struct json_object *v = json_object_array_get_idx(list, i);

	return json_object_is_type(v, json_type_string)
	    ? json_object_get_string(v)
	    : NULL;
}

/* Those of other protocols than UDP are for later versions. */
static bool
take_endpoints(struct json_object *v, void *to, int64_t least, int64_t most)
{
	struct entry_server *s = to;
	size_t i;

	(void)least;
	if (!json_object_is_type(v, json_type_array) ||
	    (int64_t)json_object_array_length(v) > most)
		return false;
	for (i = 0; i < json_object_array_length(v); i++) {
		const char *text = string_at(v, i);
		struct addr a;

		if (text == NULL)
			return false;
		if (strncmp(text, "udp://", 6) != 0)
			continue;
		if (s->n_ep == RECORD_ENDPOINTS ||
		    !addr_parse(text + 6, 0, &a) || !addr_routable(&a))
			return false;
		s->ep[s->n_ep++] = a;
	}
	return s->n_ep > 0;
}

static bool
take_prefixes(struct json_object *v, void *to, int64_t least, int64_t most)
{
	struct entry_server *s = to;
	size_t i;

	(void)least;
	if (!json_object_is_type(v, json_type_array) ||
	    (int64_t)json_object_array_length(v) > most)
		return false;
	for (i = 0; i < json_object_array_length(v); i++) {
		const char *text = string_at(v, i);
		struct prefix *p = &s->prefix[s->n_prefix++];

		if (text == NULL || prefix_parse(text, p) != NULL ||
		    !prefix_routable(p))
			return false;
	}
	return true;
}

/* With fewer than all it is the older ones that are not there. */
static bool
take_days(struct json_object *v, void *to, int64_t least, int64_t most)
{
	struct entry_server *s = to;
	size_t n, i;

	if (!json_object_is_type(v, json_type_array))
		return false;
	n = json_object_array_length(v);
	if (n > ENTRY_DAYS)
		return false;
	for (i = 0; i < n; i++) {
		struct json_object *day = json_object_array_get_idx(v, i);

		if (day != NULL &&
		    !take_u8(day, &s->day[ENTRY_DAYS - n + i], least, most))
			return false;
	}
	return true;
}

static bool
take_record(struct json_object *v, void *to, int64_t least, int64_t most)
{
	struct entry_server *s = to;

	(void)least, (void)most;
	return json_object_is_type(v, json_type_string) &&
	    base64_parse(BASE64_PLAIN, json_object_get_string(v),
		(size_t)json_object_get_string_len(v), s->record,
		sizeof(s->record), &s->record_len) &&
	    s->record_len > RECORD_SIG;
}

#define OF(field) offsetof(struct entry_server, field)

static const struct member server_members[] = {
	{ "id", true, take_key, OF(key), 0, 0,
	    "a server's id: expected 44 characters of base64" },
	{ "name", false, take_text, OF(name), 0, RECORD_NAME,
	    "a server's name: expected at most 32 bytes of printable text" },
	{ "community", false, take_text, OF(community), 0, RECORD_NAME,
	    "a server's community: expected at most 32 bytes of printable "
	    "text" },
	{ "country", false, take_country, OF(country), 0, 2,
	    "a server's country: expected two capital letters" },
	{ "contact", false, take_text, OF(contact), 0, RECORD_CONTACT,
	    "a server's contact: expected at most 64 bytes of printable "
	    "text" },
	{ "lat", false, take_degrees, OF(lat), -9000000, 9000000,
	    "a server's lat: expected degrees, -90 to 90" },
	{ "lon", false, take_degrees, OF(lon), -18000000, 18000000,
	    "a server's lon: expected degrees, -180 to 180" },
	{ "endpoints", true, take_endpoints, 0, 1, 16,
	    "a server's endpoints: expected 1 to 4 like udp://192.0.2.1:7469, "
	    "of addresses that can be dialled" },
	{ "prefixes", false, take_prefixes, 0, 0, RECORD_PREFIXES,
	    "a server's prefixes: expected at most 8 like 10.1.0.0/16" },
	{ "up", false, take_bool, OF(up), 0, 0,
	    "a server's up: expected true or false" },
	{ "first_seen", false, take_i64, OF(first_seen), 0, TIME_MAX,
	    "a server's first_seen: expected seconds since 1970" },
	{ "observed_s", false, take_u32, OF(observed), 0, UINT32_MAX,
	    "a server's observed_s: expected seconds" },
	{ "uptime_7d", false, take_u8, OF(uptime_7d), 0, 100,
	    "a server's uptime_7d: expected percent" },
	{ "uptime_30d", false, take_u8, OF(uptime_30d), 0, 100,
	    "a server's uptime_30d: expected percent" },
	{ "days", false, take_days, 0, 0, 100,
	    "a server's days: expected at most 30 times percent or null" },
	{ "rtt_ms", false, take_ms, OF(rtt_us), 0, 3600000000,
	    "a server's rtt_ms: expected milliseconds" },
	{ "load", false, take_u8, OF(load), 0, 100,
	    "a server's load: expected percent" },
	{ "accepts", false, take_accepts, OF(accepts), 0, 0,
	    "a server's accepts: expected open, ask or closed" },
	{ "record", false, take_record, 0, 0, 0,
	    "a server's record: expected base64 of at most 512 bytes" },
};
#undef OF
#define N_SERVER_MEMBERS (sizeof(server_members) / sizeof(server_members[0]))

static const char *
server_take(struct json_object *o, struct entry_server *s)
{
	const char *why;

	memset(s->day, ENTRY_NO_DAY, sizeof(s->day));
	s->uptime_7d = s->uptime_30d = ENTRY_NO_DAY;
	s->load = RECORD_LOAD_UNKNOWN;
	if (!json_object_is_type(o, json_type_object))
		return "servers: expected objects";
	why = members_take(o, server_members, N_SERVER_MEMBERS, s);
	if (why != NULL)
		return why;
	s->has_place = json_object_object_get(o, "lat") != NULL &&
	    json_object_object_get(o, "lon") != NULL;
	if (!s->has_place)
		s->lat = s->lon = 0;
	return NULL;
}

static bool
is_listed(const struct entry_list *l, const uint8_t key[RECORD_KEY])
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (memcmp(l->server[i].key, key, RECORD_KEY) == 0)
			return true;
	return false;
}

/* NULL, or why not. */
static const char *
servers_take(struct json_object *list, struct entry_list *l)
{
	size_t n = json_object_array_length(list), i;

	if (n > ENTRY_SERVERS)
		return "servers: expected at most 1024";
	if (n == 0)
		return NULL;
	l->server = try_calloc(n, sizeof(*l->server));
	if (l->server == NULL)
		return "servers: there is no memory for them";
	for (i = 0; i < n; i++) {
		const char *why = server_take(
		    json_object_array_get_idx(list, i), &l->server[i]);

		if (why != NULL)
			return why;
		if (is_listed(l, l->server[i].key))
			return "a server's id: it is listed twice";
		l->n++;
	}
	return NULL;
}

#define OF(field) offsetof(struct entry_list, field)

static const struct member list_members[] = {
	{ "format", true, take_format, 0, 0, 0,
	    "format: expected \"" ENTRY_FORMAT "\"" },
	{ "network", true, take_text, OF(network), 1, ENTRY_NETWORK,
	    "network: expected 1 to 64 bytes of printable text" },
	{ "publisher", false, take_text, OF(publisher), 0, ENTRY_PUBLISHER,
	    "publisher: expected at most 64 bytes of printable text" },
	{ "serial", true, take_i64, OF(serial), 0, SERIAL_MAX,
	    "serial: expected a number from 0, below 2^62" },
	{ "generated", true, take_i64, OF(generated), 0, TIME_MAX,
	    "generated: expected seconds since 1970" },
	{ "fresh_until", true, take_i64, OF(fresh_until), 0, TIME_MAX,
	    "fresh_until: expected seconds since 1970" },
	{ "valid_until", true, take_i64, OF(valid_until), 0, TIME_MAX,
	    "valid_until: expected seconds since 1970" },
};
#undef OF
#define N_LIST_MEMBERS (sizeof(list_members) / sizeof(list_members[0]))

static const char *
list_take(struct json_object *top, struct entry_list *l)
{
	struct json_object *servers = NULL;
	const char *why;

	if (!json_object_is_type(top, json_type_object))
		return "the whole: expected an object";
	why = members_take(top, list_members, N_LIST_MEMBERS, l);
	if (why != NULL)
		return why;
	if (l->fresh_until < l->generated || l->valid_until < l->fresh_until)
		return "valid_until: expected generated, fresh_until and "
		       "valid_until in this order";
	if (!json_object_object_get_ex(top, "servers", &servers) ||
	    !json_object_is_type(servers, json_type_array))
		return "servers: expected a list";
	return servers_take(servers, l);
}

/* Behind the string that begins at p; NULL when it has no end. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : NULL;
}

/* NULL, or what there is too much of. */
static const char *
count(const char *p, const char *end)
{
	unsigned depth = 0, containers = 0, values = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			if (p == NULL)
				return "the whole: it ends inside a text";
			continue;
		}
		if (*p == '[' || *p == '{') {
			containers++;
			depth++;
		} else if ((*p == ']' || *p == '}') && depth > 0) {
			depth--;
		} else if (*p == ',') {
			values++;
		}
		if (depth > DEPTH_MAX)
			return "the whole: nested too deep";
		if (containers > CONTAINERS_MAX || values > VALUES_MAX)
			return "the whole: too many values";
		p++;
	}
	return NULL;
}

/* NULL and *ret, which the caller puts, or why not. */
static const char *
json_read(const char *p, size_t len, struct json_object **ret)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX + 1);
	const char *why = NULL;
	size_t end;

	if (tok == NULL)
		return "the whole: out of memory";
	json_tokener_set_flags(
	    tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*ret = json_tokener_parse_ex(tok, p, (int)len);
	end = json_tokener_get_parse_end(tok);
	while (end < len && strchr(" \t\r\n", p[end]) != NULL && p[end] != '\0')
		end++;
	if (json_tokener_get_error(tok) == json_tokener_continue)
		why = "the whole: it is cut off";
	else if (json_tokener_get_error(tok) != json_tokener_success)
		why = "the whole: it is no JSON";
	else if (end != len)
		why = "the whole: something stands behind the list";
	if (why != NULL) {
		json_object_put(*ret);
		*ret = NULL;
	}
	json_tokener_free(tok);
	return why;
}

bool
entry_parse(
    const char *p, size_t len, struct entry_list *ret, const char **ret_why)
{
	struct json_object *top = NULL;

	memset(ret, 0, sizeof(*ret));
	*ret_why = "the whole: larger than 1 MiB";
	if (len > ENTRY_BYTES)
		return false;
	*ret_why = count(p, p + len);
	if (*ret_why == NULL)
		*ret_why = json_read(p, len, &top);
	if (*ret_why == NULL)
		*ret_why = list_take(top, ret);
	json_object_put(top);
	if (*ret_why != NULL)
		entry_fini(ret);
	return *ret_why == NULL;
}

void
entry_fini(struct entry_list *l)
{
	free(l->server);
	memset(l, 0, sizeof(*l));
}
