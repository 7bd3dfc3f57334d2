/* The web server's reading of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "entryserver/http.h"
#include "tests/rng.h"

#define END "\r\n\r\n"
#define HOST "\r\nHost: x"

static enum http_status
parse(const char *text, struct http_request *ret)
{
	size_t len = strlen(text);

	assert_int_equal(http_head_len(text, len, 0), len);
	return http_parse(text, len, ret);
}

static bool
text_is(struct http_text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.p, word, t.len) == 0;
}

static void
answers(void **state)
{
	static const struct {
		const char *text;
		enum http_status status;
	} cases[] = {
		{ "GET / HTTP/1.1" HOST END, HTTP_OK },
		{ "GET / HTTP/1.0" END, HTTP_OK },
		{ "HEAD /x HTTP/1.1" HOST END, HTTP_OK },
		{ "GET / HTTP/1.1" END, HTTP_BAD }, /* no Host */
		{ "GET / HTTP/1.1" HOST HOST END, HTTP_BAD },
		{ "GET  / HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET / HTTP/1.1 " HOST END, HTTP_BAD },
		{ "GET /" END, HTTP_BAD },
		{ "GET" END, HTTP_BAD },
		{ " GET / HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET x HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET http://x HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET https://x/ HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET * HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET /\x01 HTTP/1.1" HOST END, HTTP_BAD },
		{ "GET / HTTP/2.0" HOST END, HTTP_VERSION },
		{ "GET / HTTP/0.9" HOST END, HTTP_VERSION },
		{ "GET / FTP/1.11" HOST END, HTTP_BAD },
		{ "get / HTTP/1.1" HOST END, HTTP_METHOD },
		{ "POST / HTTP/1.1" HOST END, HTTP_METHOD },
		{ "DELETE / HTTP/1.1" HOST END, HTTP_METHOD },
		{ "GET / HTTP/1.1" HOST "\r\nContent-Length: 0" END, HTTP_OK },
		{ "GET / HTTP/1.1" HOST "\r\nContent-Length: 1" END,
		    HTTP_BODY },
		{ "GET / HTTP/1.1" HOST "\r\ncontent-length:+0" END,
		    HTTP_BODY },
		{ "GET / HTTP/1.1" HOST "\r\nTransfer-Encoding: chunked" END,
		    HTTP_BODY },
		{ "GET / HTTP/1.1" HOST "\r\nNo colon" END, HTTP_BAD },
		{ "GET / HTTP/1.1" HOST "\r\n: x" END, HTTP_BAD },
		{ "GET / HTTP/1.1" HOST "\r\nA : x" END, HTTP_BAD },
		{ "GET / HTTP/1.1" HOST "\r\nA: x\r\n folded: y" END,
		    HTTP_BAD },
		{ "GET / HTTP/1.1" HOST "\r\nA: \x02" END, HTTP_BAD },
		{ "GET / HTTP/1.1" HOST "\r\nA: a\rb" END, HTTP_BAD },
	};
	struct http_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum http_status is = parse(cases[i].text, &r);

		if (is != cases[i].status)
			print_error("%s\n", cases[i].text);
		assert_int_equal(is, cases[i].status);
		assert_true(is == HTTP_OK || !r.keep);
	}
}

static void
fields(void **state)
{
	struct http_request r;

	(void)state;
	parse("HEAD /entry.json?x=/y HTTP/1.1\r\nHOST: h\r\n"
	      "If-None-Match:  \"a\", W/\"b\" \r\n"
	      "If-Modified-Since: Sat, 21 Nov 2026 22:30:00 GMT" END,
	    &r);
	assert_true(r.head_only);
	assert_true(r.keep);
	assert_true(text_is(r.path, "/entry.json"));
	assert_true(text_is(r.none_match, "\"a\", W/\"b\""));
	assert_true(text_is(r.modified_since, "Sat, 21 Nov 2026 22:30:00 GMT"));
	parse("GET HTTP://host:80/p HTTP/1.1" HOST END, &r);
	assert_true(text_is(r.path, "/p"));
	assert_false(r.head_only);
}

static void
keeping(void **state)
{
	struct http_request r;

	(void)state;
	parse("GET / HTTP/1.1" HOST END, &r);
	assert_true(r.keep);
	parse("GET / HTTP/1.1" HOST "\r\nConnection: x, Close" END, &r);
	assert_false(r.keep);
	parse("GET / HTTP/1.0" END, &r);
	assert_false(r.keep);
	parse("GET / HTTP/1.0\r\nConnection: Keep-Alive" END, &r);
	assert_true(r.keep);
}

/* Nothing but a whole head has an end, however it is cut. */
static void
ends(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET ";
	const size_t end = strlen(text) - 4;
	size_t from, len;

	(void)state;
	for (len = 0; len <= strlen(text); len++)
		for (from = 0; from <= len; from++) {
			/* What lies before from had no end in it. */
			size_t is =
			    from < end ? http_head_len(text, len, from) : end;

			assert_int_equal(is, len < end ? 0 : end);
		}
	assert_int_equal(http_head_len("a\n\nb", 4, 0), 3);
	assert_int_equal(http_head_len("a\r\n\nb", 5, 0), 4);
	assert_int_equal(http_head_len("a\n\r\nb", 5, 0), 4);
}

static bool
unchanged(const char *field, int64_t modified)
{
	struct http_request r;
	char text[256];

	snprintf(text, sizeof(text), "GET / HTTP/1.1" HOST "\r\n%s" END, field);
	assert_int_equal(parse(text, &r), HTTP_OK);
	return http_unchanged(&r, "\"etag\"", modified);
}

static void
conditions(void **state)
{
	const int64_t at = 1795300200; /* 2026-11-21 22:30:00 */
	char date[HTTP_DATE];

	(void)state;
	assert_string_equal(
	    http_date(at, date), "Sat, 21 Nov 2026 22:30:00 GMT");
	assert_false(unchanged("A: b", at));
	assert_true(unchanged("If-None-Match: \"etag\"", at));
	assert_true(unchanged("If-None-Match: W/\"etag\"", at));
	assert_true(unchanged("If-None-Match: \"x\" , \"etag\"", at));
	assert_true(unchanged("If-None-Match: *", at));
	assert_false(unchanged("If-None-Match: etag", at));
	assert_false(unchanged("If-None-Match: \"eta\"", at));
	assert_false(unchanged("If-None-Match: ,", at));
	assert_true(
	    unchanged("If-Modified-Since: Sat, 21 Nov 2026 22:30:00 GMT", at));
	assert_true(
	    unchanged("If-Modified-Since: Sat, 21 Nov 2026 22:30:01 GMT", at));
	assert_false(
	    unchanged("If-Modified-Since: Sat, 21 Nov 2026 22:29:59 GMT", at));
	assert_false(unchanged("If-Modified-Since: yesterday", at));
	/* The tag decides where there is one. */
	assert_false(unchanged("If-None-Match: \"x\"\r\nIf-Modified-Since: "
			       "Sat, 21 Nov 2026 22:30:00 GMT",
	    at));
}

/* Whatever comes is answered by something, and what is kept lies in it. */
static void
random_bytes_are_no_harm(void **state)
{
	static const char alphabet[] =
	    "GET /HP1.0\r\n\r\n:HostConec-?*\x01\xff";
	static const enum http_status all[] = { HTTP_OK, HTTP_BAD, HTTP_METHOD,
		HTTP_BODY, HTTP_LONG, HTTP_VERSION };
	struct rng rng = rng_seeded(5);
	struct http_request r;
	char text[96];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		size_t len = rng_below(&rng, sizeof(text));
		bool known = false;
		enum http_status is;

		for (size_t k = 0; k < len; k++)
			text[k] =
			    alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		is = http_parse(text, len, &r);
		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			known |= is == all[k];
		assert_true(known);
		if (is == HTTP_OK)
			assert_true(r.path.p > text && r.path.len > 0 &&
			    r.path.p + r.path.len <= text + len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(fields),
		cmocka_unit_test(keeping),
		cmocka_unit_test(ends),
		cmocka_unit_test(conditions),
		cmocka_unit_test(random_bytes_are_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
