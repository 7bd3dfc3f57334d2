/* Lists of vnodes: as text and back; what is out of bounds is no list. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "tests/unit/recgen.h"
#include "wire/entry.h"

#define DAY 86400

static uint8_t
random_percent(struct rng *r)
{
	uint8_t v = (uint8_t)rng_below(r, 102);

	return v == 101 ? ENTRY_NO_DAY : v;
}

static struct entry_server
random_server(struct rng *r)
{
	struct record rec = recgen_record(r);
	struct entry_server s = { 0 };
	size_t i;

	memcpy(s.key, rec.key, sizeof(s.key));
	strcpy(s.name, rec.name);
	strcpy(s.community, rec.community);
	strcpy(s.country, rec.country);
	strcpy(s.contact, rec.contact);
	s.has_place = rec.has_place;
	s.lat = rec.lat;
	s.lon = rec.lon;
	do
		s.ep[s.n_ep++] = recgen_endpoint(r);
	while (s.n_ep < RECORD_ENDPOINTS && rng_below(r, 2) == 0);
	while (s.n_prefix < RECORD_PREFIXES && rng_below(r, 3) == 0)
		s.prefix[s.n_prefix++] = recgen_prefix(r);
	s.up = rng_below(r, 2) == 0;
	s.first_seen = (int64_t)rng_below(r, 4000000000);
	s.observed = (uint32_t)rng_next(r);
	for (i = 0; i < ENTRY_DAYS; i++)
		s.day[i] = random_percent(r);
	s.uptime_7d = random_percent(r);
	s.uptime_30d = random_percent(r);
	s.rtt_us = (uint32_t)rng_below(r, 3600000000);
	s.load = rec.load;
	s.accepts = rec.accepts;
	if (rng_below(r, 2) == 0) {
		s.record_len =
		    RECORD_SIG + 1 + rng_below(r, RECORD_MAX - RECORD_SIG);
		rng_fill(r, s.record, s.record_len);
	}
	return s;
}

static struct entry_list
random_list(struct rng *r, unsigned n)
{
	struct entry_list l = { .serial = rng_next(r) >> 2,
		.generated = 1760000000,
		.fresh_until = 1760003600,
		.valid_until = 1760086400 };

	recgen_text(r, l.network, ENTRY_NETWORK);
	if (rng_below(r, 2) == 0)
		recgen_text(r, l.publisher, ENTRY_PUBLISHER);
	l.server = xcalloc(n, sizeof(*l.server));
	for (l.n = 0; l.n < n; l.n++)
		l.server[l.n] = random_server(r);
	return l;
}

static void
assert_same_server(const struct entry_server *a, const struct entry_server *b)
{
	assert_memory_equal(a->key, b->key, sizeof(a->key));
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->community, b->community);
	assert_string_equal(a->country, b->country);
	assert_string_equal(a->contact, b->contact);
	assert_int_equal(a->has_place, b->has_place);
	assert_int_equal(a->lat, b->lat);
	assert_int_equal(a->lon, b->lon);
	assert_int_equal(a->n_ep, b->n_ep);
	assert_memory_equal(a->ep, b->ep, a->n_ep * sizeof(a->ep[0]));
	assert_int_equal(a->n_prefix, b->n_prefix);
	assert_memory_equal(
	    a->prefix, b->prefix, a->n_prefix * sizeof(a->prefix[0]));
	assert_int_equal(a->up, b->up);
	assert_int_equal(a->first_seen, b->first_seen);
	assert_int_equal(a->observed, b->observed);
	assert_memory_equal(a->day, b->day, sizeof(a->day));
	assert_int_equal(a->uptime_7d, b->uptime_7d);
	assert_int_equal(a->uptime_30d, b->uptime_30d);
	assert_int_equal(a->rtt_us, b->rtt_us);
	assert_int_equal(a->load, b->load);
	assert_int_equal(a->accepts, b->accepts);
	assert_int_equal(a->record_len, b->record_len);
	assert_memory_equal(a->record, b->record, a->record_len);
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(101);
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct entry_list l =
		    random_list(&r, (unsigned)rng_below(&r, 12));
		struct entry_list got;
		size_t len, again_len;
		char *text = entry_write(&l, &len), *again;
		const char *why;
		unsigned k;

		assert_int_equal(strlen(text), len);
		assert_true(entry_parse(text, len, &got, &why));
		assert_null(why);
		assert_string_equal(got.network, l.network);
		assert_string_equal(got.publisher, l.publisher);
		assert_int_equal(got.serial, l.serial);
		assert_int_equal(got.generated, l.generated);
		assert_int_equal(got.fresh_until, l.fresh_until);
		assert_int_equal(got.valid_until, l.valid_until);
		assert_int_equal(got.n, l.n);
		for (k = 0; k < l.n; k++)
			assert_same_server(&l.server[k], &got.server[k]);
		again = entry_write(&got, &again_len);
		assert_string_equal(again, text);
		free(again);
		free(text);
		entry_fini(&got);
		entry_fini(&l);
	}
}

/* By somebody else's reader, a line at a time. */
static void
one_server_a_line(void **state)
{
	struct rng r = rng_seeded(102);
	struct entry_list l = random_list(&r, 20);
	size_t len;
	char *text = entry_write(&l, &len), *line, *save = NULL;
	unsigned n = 0;

	(void)state;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct json_object *o, *v;

		if (strncmp(line, "{\"id\":", 6) != 0)
			continue;
		if (line[strlen(line) - 1] == ',')
			line[strlen(line) - 1] = '\0';
		o = json_tokener_parse(line);
		assert_non_null(o);
		assert_string_equal(
		    json_object_get_string(json_object_object_get(o, "name")) ==
			    NULL
			? ""
			: json_object_get_string(
			      json_object_object_get(o, "name")),
		    l.server[n].name);
		v = json_object_object_get(o, "age_days");
		assert_int_equal(
		    json_object_get_int64(v), l.server[n].observed / DAY);
		v = json_object_object_get(o, "days");
		assert_int_equal(json_object_array_length(v), ENTRY_DAYS);
		v = json_object_object_get(o, "protocol");
		assert_int_equal(json_object_array_length(v), 1);
		json_object_put(o);
		n++;
	}
	assert_int_equal(n, 20);
	free(text);
	entry_fini(&l);
}

static void
no_part_is_a_list(void **state)
{
	struct rng r = rng_seeded(103);
	struct entry_list l = random_list(&r, 3), got;
	size_t len, cut;
	char *text = entry_write(&l, &len), *part;
	const char *why;

	(void)state;
	for (cut = 0; cut + 1 < len; cut++) { /* but for the last newline */
		part = xmalloc(cut);
		memcpy(part, text, cut);
		assert_false(entry_parse(part, cut, &got, &why));
		assert_non_null(why);
		assert_null(got.server);
		free(part);
	}
	free(text);
	entry_fini(&l);
}

#define ID "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define TIMES "\"serial\":1,\"generated\":5,\"fresh_until\":6,\"valid_until\":7"
#define TOP "{\"format\":\"vplama-entry/1\",\"network\":\"m\","
#define SERVER "{\"id\":\"" ID "\",\"endpoints\":[\"udp://192.0.2.1:1\"]"

/* Does the text parse? Otherwise the clause names word. */
static bool
takes(const char *text, const char *word)
{
	struct entry_list l;
	const char *why;
	bool ok = entry_parse(text, strlen(text), &l, &why);

	if (!ok && strstr(why, word) == NULL)
		fail_msg("%s\nwas refused for: %s", text, why);
	if (!ok)
		assert_null(l.server);
	entry_fini(&l);
	return ok;
}

/* A list with one server that has this member besides. */
static bool
takes_member(const char *name, const char *value)
{
	char *text = xasprintf(
	    TOP TIMES ",\"servers\":[" SERVER ",\"%s\":%s}]}\n", name, value);
	bool ok = takes(text, name);

	free(text);
	return ok;
}

static void
the_head_is_checked(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{ "", "cut off" },
		{ "[]", "object" },
		{ "7 ", "object" },
		{ "null ", "object" },
		{ "{}", "format" },
		{ "{\"format\":\"vplama-entry/2\"}", "format" },
		{ "{\"format\":1}", "format" },
		{ "{\"format\":\"vplama-entry/1\"}", "network" },
		{ "{\"format\":\"vplama-entry/1\",\"network\":\"\"}",
		    "network" },
		{ TOP "\"serial\":1}", "generated" },
		{ TOP TIMES "}", "servers" },
		{ TOP TIMES ",\"servers\":{}}", "servers" },
		{ TOP TIMES ",\"servers\":[1]}", "servers" },
		{ TOP TIMES ",\"servers\":[null]}", "servers" },
		{ TOP TIMES ",\"servers\":[]}x", "the whole" },
		{ TOP TIMES ",\"servers\":[]}{}", "the whole" },
		{ TOP TIMES ",\"servers\":[],}", "JSON" },
		{ TOP TIMES ",\"servers\":[" SERVER "}," SERVER "}]}",
		    "twice" },
		{ TOP "\"serial\":-1}", "serial" },
		{ TOP "\"serial\":1.5}", "serial" },
		{ TOP "\"serial\":\"1\"}", "serial" },
		{ TOP "\"serial\":99999999999999999999}", "serial" },
		{ TOP "\"serial\":1,\"generated\":-1}", "generated" },
		{ TOP "\"serial\":1,\"generated\":6,\"fresh_until\":5,"
		      "\"valid_until\":7,\"servers\":[]}",
		    "valid_until" },
		{ TOP "\"serial\":1,\"generated\":5,\"fresh_until\":8,"
		      "\"valid_until\":7,\"servers\":[]}",
		    "valid_until" },
		{ TOP "\"serial\":1,\"generated\":5,\"fresh_until\":8,"
		      "\"valid_until\":253402300800,\"servers\":[]}",
		    "valid_until" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(takes(bad[i].text, bad[i].word));
	assert_true(takes(TOP TIMES ",\"servers\":[]}", ""));
	assert_true(takes(TOP TIMES ",\"later\":{\"a\":[1]},\"servers\":[]}\n"
				    " \n",
	    ""));
}

static const struct {
	const char *name, *value;
	bool ok;
} members[] = {
	{ "later", "{\"a\":[1,2]}", true },
	{ "name", "null", true },
	{ "name", "\"\\u00e9\\\"\"", true },
	{ "name", "7", false },
	{ "name", "\"\\u0000\"", false },
	{ "name", "\"\\u001b[2J\"", false },
	{ "name", "\"abcdefghijklmnopqrstuvwxyzABCDEF\"", true },
	{ "name", "\"abcdefghijklmnopqrstuvwxyzABCDEFG\"", false },
	{ "community", "\"a\\nb\"", false },
	{ "country", "\"DE\"", true },
	{ "country", "\"\"", true },
	{ "country", "\"D\"", false },
	{ "country", "\"de\"", false },
	{ "country", "\"DEU\"", false },
	{ "lat", "90", true },
	{ "lat", "-90.0", true },
	{ "lat", "90.1", false },
	{ "lat", "NaN", false },
	{ "lat", "1e999", false },
	{ "lon", "-180", true },
	{ "lon", "180.00002", false },
	{ "lon", "\"1\"", false },
	{ "endpoints", "[]", false },
	{ "endpoints", "[\"tcp://192.0.2.1:1\"]", false },
	{ "endpoints", "[\"tcp://192.0.2.1:1\",\"udp://192.0.2.1:1\"]", true },
	{ "endpoints", "[\"udp://[2001:db8::1]:1\"]", true },
	{ "endpoints", "[\"udp://192.0.2.1\"]", false },
	{ "endpoints", "[\"udp://192.0.2.1:0\"]", false },
	{ "endpoints", "[\"udp://127.0.0.1:1\"]", false },
	{ "endpoints", "[\"udp://[ff02::1]:1\"]", false },
	{ "endpoints", "[\"udp://example.org:1\"]", false },
	{ "endpoints", "[1]", false },
	{ "endpoints", "\"udp://192.0.2.1:1\"", false },
	{ "endpoints",
	    "[\"udp://10.0.0.1:1\",\"udp://10.0.0.1:2\",\"udp://10.0.0.1:3\","
	    "\"udp://10.0.0.1:4\",\"udp://10.0.0.1:5\"]",
	    false },
	{ "prefixes", "[\"10.0.0.0/8\",\"fd00::/16\"]", true },
	{ "prefixes", "[]", true },
	{ "prefixes", "[\"10.0.0.1/8\"]", false },
	{ "prefixes", "[\"0.0.0.0/0\"]", false },
	{ "prefixes", "[1]", false },
	{ "prefixes", "[1,2,3,4,5,6,7,8,9]", false },
	{ "up", "true", true },
	{ "up", "1", false },
	{ "first_seen", "0", true },
	{ "first_seen", "-1", false },
	{ "first_seen", "99999999999999", false },
	{ "observed_s", "4294967295", true },
	{ "observed_s", "4294967296", false },
	{ "observed_s", "-1", false },
	{ "uptime_7d", "100", true },
	{ "uptime_7d", "101", false },
	{ "uptime_30d", "-1", false },
	{ "uptime_30d", "99.5", false },
	{ "days", "[]", true },
	{ "days", "[null,0,100]", true },
	{ "days", "[101]", false },
	{ "days", "[\"1\"]", false },
	{ "days",
	    "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
	    false },
	{ "rtt_ms", "12.3456", true },
	{ "rtt_ms", "null", true },
	{ "rtt_ms", "-0.1", false },
	{ "rtt_ms", "4000000", false },
	{ "load", "null", true },
	{ "load", "101", false },
	{ "accepts", "\"ask\"", true },
	{ "accepts", "\"Ask\"", false },
	{ "accepts", "1", false },
	{ "contact", "\"\\u0085\"", false },
	{ "record", "\"AAAA\"", false },
	{ "record", "\"A\"", false },
	{ "record", "7", false },
	{ "id", "\"AQ==\"", false },
	{ "id", "null", false },
};

static void
each_member_has_its_bounds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (takes_member(members[i].name, members[i].value) !=
		    members[i].ok)
			fail_msg("%s: %s", members[i].name, members[i].value);
}

static void
what_is_not_told(void **state)
{
	static const char text[] =
	    TOP TIMES ",\"servers\":[" SERVER ",\"days\":[7,null],\"lat\":1}]}";
	struct entry_list l;
	const struct entry_server *s;
	const char *why;

	(void)state;
	assert_true(entry_parse(text, strlen(text), &l, &why));
	assert_int_equal(l.n, 1);
	s = &l.server[0];
	assert_int_equal(s->day[ENTRY_DAYS - 1], ENTRY_NO_DAY);
	assert_int_equal(s->day[ENTRY_DAYS - 2], 7);
	assert_int_equal(s->day[0], ENTRY_NO_DAY);
	assert_int_equal(s->uptime_30d, ENTRY_NO_DAY);
	assert_int_equal(s->load, RECORD_LOAD_UNKNOWN);
	assert_int_equal(s->accepts, ACCEPTS_CLOSED);
	assert_false(s->up);
	assert_false(s->has_place); /* half of one is none */
	assert_int_equal(s->lat, 0);
	entry_fini(&l);
}

/* head, n times body, tail, in one text. */
static char *
repeated(const char *head, const char *body, size_t n, const char *tail)
{
	size_t h = strlen(head), b = strlen(body), i;
	char *text = xmalloc(h + n * b + strlen(tail) + 1);

	strcpy(text, head);
	for (i = 0; i < n; i++)
		memcpy(text + h + i * b, body, b);
	strcpy(text + h + n * b, tail);
	return text;
}

static void
size_depth_and_number_have_bounds(void **state)
{
	static const struct {
		const char *body, *tail, *word;
		size_t n;
		bool ok;
	} cases[] = {
		{ "[", "", "deep", 9, false },
		{ "[", "]]]]]],1],\"servers\":[]}", "", 6, true },
		{ "{\"a\":", "1", "deep", 500000 / 5, false },
		{ "[],", "1],\"servers\":[]}", "many", 200000, false },
		{ "1,", "1],\"servers\":[]}", "many", 400000, false },
		{ "[],", "1],\"servers\":[]}", "", 1000, true },
		{ " ", "1],\"servers\":[]}", "", 900000, true },
		{ " ", "1],\"servers\":[]}", "MiB", 1048576, false },
		{ "\"[{,", "", "text", 1, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeated(
		    i == 1 ? TOP TIMES ",\"x\":[" : TOP TIMES ",\"x\":[",
		    cases[i].body, cases[i].n, cases[i].tail);

		assert_int_equal(takes(text, cases[i].word), cases[i].ok);
		free(text);
	}
}

static void
a_thousand_servers_and_no_more(void **state)
{
	struct rng r = rng_seeded(104);
	struct entry_list l = random_list(&r, ENTRY_SERVERS + 1), got;
	const char *why;
	size_t len;
	char *text;
	unsigned i;

	(void)state;
	for (i = 0; i < l.n; i++) { /* what is common, not what is possible */
		l.server[i].n_prefix = 0;
		l.server[i].record_len = 200;
		l.server[i].n_ep = 1;
	}
	text = entry_write(&l, &len);
	assert_false(entry_parse(text, len, &got, &why));
	free(text);
	l.n--;
	text = entry_write(&l, &len);
	assert_true(len < ENTRY_BYTES);
	assert_true(entry_parse(text, len, &got, &why));
	assert_int_equal(got.n, ENTRY_SERVERS);
	free(text);
	entry_fini(&got);
	entry_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(one_server_a_line),
		cmocka_unit_test(no_part_is_a_list),
		cmocka_unit_test(the_head_is_checked),
		cmocka_unit_test(each_member_has_its_bounds),
		cmocka_unit_test(what_is_not_told),
		cmocka_unit_test(size_depth_and_number_have_bounds),
		cmocka_unit_test(a_thousand_servers_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
