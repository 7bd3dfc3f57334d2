/* vpla:// and places of lists: written, read, and nothing else taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "tests/unit/recgen.h"
#include "wire/uri.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define LIST "RWRxaURqYSZp4gpBG69SizI9H5eFjH7tZuQrGhYwXy16Aqk/4rP8LztC"

static bool
same_uri(const struct uri *a, const struct uri *b)
{
	unsigned i;

	for (i = 0; i < a->n_ep && i < b->n_ep; i++)
		if (strcmp(a->ep[i].host, b->ep[i].host) != 0 ||
		    a->ep[i].port != b->ep[i].port)
			return false;
	return a->n_ep == b->n_ep && memcmp(a->key, b->key, 32) == 0 &&
	    strcmp(a->name, b->name) == 0 &&
	    strcmp(a->network, b->network) == 0;
}

static struct uri_endpoint
random_endpoint(struct rng *r)
{
	struct uri_endpoint e = { .port = (uint16_t)(1 + rng_below(r, 65535)) };
	struct addr a = recgen_endpoint(r);
	char text[ADDR_TEXT];
	size_t i, len;

	if (rng_below(r, 2) == 0) {
		addr_format(&a, text);
		*strrchr(text, ':') = '\0';
		snprintf(e.host, sizeof(e.host), "%s",
		    text[0] == '[' ? text + 1 : text);
		if (text[0] == '[')
			*strchr(e.host, ']') = '\0';
		return e;
	}
	len = 1 + rng_below(r, 50);
	for (i = 0; i < len; i++)
		e.host[i] = "abcXYZ019-_."[rng_below(
		    r, i > 0 && i + 1 < len && e.host[i - 1] != '.' ? 12 : 11)];
	return e;
}

static struct uri
random_uri(struct rng *r)
{
	struct uri u = { 0 };

	rng_fill(r, u.key, sizeof(u.key));
	do
		u.ep[u.n_ep++] = random_endpoint(r);
	while (u.n_ep < RECORD_ENDPOINTS && rng_below(r, 2) == 0);
	if (rng_below(r, 2) == 0)
		recgen_text(r, u.name, RECORD_NAME);
	if (rng_below(r, 2) == 0)
		recgen_text(r, u.network, sizeof(u.network) - 1);
	return u;
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(81);
	char text[URI_TEXT], part[URI_TEXT];
	struct uri u, got;
	const char *why;
	size_t cut;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		u = random_uri(&r);
		assert_true(uri_write(&u, text));
		assert_true(uri_parse(text, &got, &why));
		assert_null(why);
		assert_true(same_uri(&u, &got));
		for (cut = strspn(text, "vpla:/"); text[cut] != '\0'; cut++)
			assert_true(text[cut] > ' ' && text[cut] <= '~' &&
			    strchr("\"<>\\^`{|}", text[cut]) == NULL);
		/* What is cut off may be a URI, but says less. */
		for (cut = 0; cut < strlen(text); cut++) {
			memcpy(part, text, cut);
			part[cut] = '\0';
			if (uri_parse(part, &got, &why))
				assert_true(cut > 51 && !same_uri(&u, &got));
			else
				assert_non_null(why);
		}
	}
}

static void
known_forms(void **state)
{
	static const struct {
		const char *behind, *host;
		uint16_t port;
	} cases[] = {
		{ "192.0.2.1:7000", "192.0.2.1", 7000 },
		{ "192.0.2.1", "192.0.2.1", URI_PORT },
		{ "mesh.example.org:1", "mesh.example.org", 1 },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
		{ "[2001:db8::1]", "2001:db8::1", URI_PORT },
		{ "a/", "a", URI_PORT },
		{ "a:7/?name=x", "a", 7 },
		{ "a?", "a", URI_PORT },
		{ "a?&&", "a", URI_PORT },
		{ "a?later=%zz&x", "a", URI_PORT },
	};
	char text[200];
	struct uri u;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(
		    text, sizeof(text), "vpla://" KEY "@%s", cases[i].behind);
		assert_true(uri_parse(text, &u, &why));
		assert_int_equal(u.n_ep, 1);
		assert_string_equal(u.ep[0].host, cases[i].host);
		assert_int_equal(u.ep[0].port, cases[i].port);
		assert_int_equal(u.key[31], 31);
	}
	assert_true(uri_parse("vpla://" KEY "@a?ep=%5bfd00::1%5D:5&ep=b&name="
			      "d%C3%A9j%c3%a0+vu&network=a%26b",
	    &u, &why));
	assert_int_equal(u.n_ep, 3);
	assert_string_equal(u.ep[1].host, "fd00::1");
	assert_int_equal(u.ep[1].port, 5);
	assert_string_equal(u.ep[2].host, "b");
	assert_string_equal(u.name, "d\xc3\xa9j\xc3\xa0+vu");
	assert_string_equal(u.network, "a&b");
}

static const char *const bad_uris[] = {
	"",
	"vpla://",
	"vpla:" KEY "@a",
	"http://" KEY "@a",
	"vpla://" KEY,
	"vpla://" KEY "@",
	"vpla://@a",
	"vpla://A" KEY "@a",
	"vpla://" KEY "=@a",
	"vpla://AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9@a",
	"vpla://AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+@a",
	"vpla://" KEY "@:7469",
	"vpla://" KEY "@a:",
	"vpla://" KEY "@a:0",
	"vpla://" KEY "@a:065",
	"vpla://" KEY "@a:65536",
	"vpla://" KEY "@a:99999999",
	"vpla://" KEY "@a:1x",
	"vpla://" KEY "@a:1:2",
	"vpla://" KEY "@a..b",
	"vpla://" KEY "@.a",
	"vpla://" KEY "@a b",
	"vpla://" KEY "@a#b",
	"vpla://" KEY "@2001:db8::1",
	"vpla://" KEY "@[2001:db8::1",
	"vpla://" KEY "@[2001:db8::1]7",
	"vpla://" KEY "@[192.0.2.1]",
	"vpla://" KEY "@[fe80::1%25eth0]",
	"vpla://" KEY "@a?name=",
	"vpla://" KEY "@a?name=%",
	"vpla://" KEY "@a?name=%4",
	"vpla://" KEY "@a?name=%4g",
	"vpla://" KEY "@a?name=%00",
	"vpla://" KEY "@a?name=%0a",
	"vpla://" KEY "@a?name=%ff",
	"vpla://" KEY "@a?name=a&name=b",
	"vpla://" KEY "@a?name=abcdefghijklmnopqrstuvwxyzABCDEFG",
	"vpla://" KEY "@a?network=",
	"vpla://" KEY "@a?network=a&network=a",
	"vpla://" KEY "@a?ep=",
	"vpla://" KEY "@a?ep=b:0",
	"vpla://" KEY "@a?ep=b&ep=c&ep=d&ep=e",
};

static void
others_are_refused(void **state)
{
	char text[URI_TEXT + 2];
	struct uri u;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_uris) / sizeof(bad_uris[0]); i++) {
		assert_false(uri_parse(bad_uris[i], &u, &why));
		assert_non_null(why);
		assert_int_equal(u.n_ep, 0);
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "vpla://" KEY "@a?x=", 7 + 43 + 5);
	text[URI_TEXT - 1] = '\0';
	assert_true(uri_parse(text, &u, &why));
	text[URI_TEXT - 1] = 'x';
	text[URI_TEXT] = '\0';
	assert_false(uri_parse(text, &u, &why));

	u = (struct uri){ 0 };
	assert_false(uri_write(&u, text));
	assert_string_equal(text, "");
	for (u.n_ep = 0; u.n_ep < RECORD_ENDPOINTS; u.n_ep++)
		memset(u.ep[u.n_ep].host, 'h', 253);
	assert_false(uri_write(&u, text)); /* has no room */
}

static void
sources_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *url, *key, *network;
		enum source_kind kind;
	} cases[] = {
		{ "http://a/entry.json", "http://a/entry.json", "", "",
		    SOURCE_HTTP },
		{ "http://[2001:db8::1]:80/e?x=1#" LIST,
		    "http://[2001:db8::1]:80/e?x=1", LIST, "", SOURCE_HTTP },
		{ "https://a.example/e#" LIST "&network=my%20mesh",
		    "https://a.example/e", LIST, "my mesh", SOURCE_HTTPS },
		{ "https://a#network=m", "https://a", "", "m", SOURCE_HTTPS },
		{ "https://a#network=m&" LIST, "https://a", LIST, "m",
		    SOURCE_HTTPS },
		{ "http://a#", "http://a", "", "", SOURCE_HTTP },
		{ "dns:_mesh.example.org", "_mesh.example.org", "", "",
		    SOURCE_DNS },
		{ "dns:a#" LIST, "a", LIST, "", SOURCE_DNS },
		{ "file:/a/b c.json#" LIST, "/a/b c.json", LIST, "",
		    SOURCE_FILE },
		{ "cmd:/usr/bin/x", "/usr/bin/x", "", "", SOURCE_CMD },
	};
	struct source s;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(source_parse(cases[i].text, &s, &why));
		assert_null(why);
		assert_int_equal(s.kind, cases[i].kind);
		assert_string_equal(s.url, cases[i].url);
		assert_string_equal(s.key, cases[i].key);
		assert_string_equal(s.network, cases[i].network);
	}
}

static void
other_sources_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"a",
		"ftp://a/b",
		"http:/a",
		"http://",
		"http:///x",
		"https://:80/",
		"http://a/b c",
		"http://a/b\n",
		"http://\xc3\xa9",
		"HTTP://a",
		"dns:",
		"dns:a b",
		"dns:a..b",
		"file:a",
		"file:/",
		"file:",
		"cmd:x",
		"cmd:/a\nb",
		"http://a#RW",
		"http://a#" LIST "x",
		"http://a#" LIST "&" LIST,
		"http://a#network=",
		"http://a#network=a&network=b",
		"http://a#network=%zz",
		"http://a#other=1",
		/* a key of another kind */
		("http://a#SWRxaURqYSZp4gpBG69SizI9H5eFjH7tZuQrGhYwXy16Aqk/"
		 "4rP8LztC"),
	};
	char text[SOURCE_TEXT + 80];
	struct source s;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(source_parse(cases[i], &s, &why));
		assert_non_null(why);
		assert_string_equal(s.url, "");
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "http://", 7);
	strcpy(text + SOURCE_TEXT - 1, "#" LIST);
	assert_true(source_parse(text, &s, &why));
	text[SOURCE_TEXT - 1] = 'x';
	strcpy(text + SOURCE_TEXT, "#" LIST);
	assert_false(source_parse(text, &s, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(known_forms),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(sources_are_taken_apart),
		cmocka_unit_test(other_sources_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
