#include "tests/unit/fetch_rig.h"

#include <stdio.h>

static void
get_one(struct fix *f, const char *text)
{
	const struct page p = { .path = "/list", .text = text };

	serve(f, &p, 1);
	get_list(f, "");
}

static void
test_framings(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" LIST_TEXT,
		"HTTP/1.1 200 OK\r\n\r\n" LIST_TEXT,
		"HTTP/1.0 200 OK\r\n\r\n" LIST_TEXT,
		"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" LIST_TEXT
		"more",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\n{\"l\r\n8\r\nist\":1}\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: "
		"identity\r\n\r\n" LIST_TEXT,
	};
	struct fix *f = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		get_one(f, texts[i]);
		expect_list(f);
	}
	assert_non_null(strstr(f->request, "GET /list.minisig HTTP/1.1"));
	assert_null(strstr(f->request, "Accept-Encoding"));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx",
		    "compressed" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" LIST_TEXT,
		    "closes the connection early" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "b\r\n" LIST_TEXT "\r\n",
		    "closes the connection early" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "zz\r\n",
		    "" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "ffffffffffffffff\r\nx",
		    "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" LIST_TEXT,
		    "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
		    "sends too much" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999"
		  "\r\n\r\n",
		    "" },
		{ "SSH-2.0-OpenSSH_9.2\r\n", "no HTTP" },
		{ "\r\n\r\n\r\n", "" },
		{ "HTTP/1.1 200", "closes the connection early" },
		{ "HTTP/1.1 200 OK\r\nno header at all\r\n\r\nx", "no HTTP" },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		    "the list: HTTP status 404" },
		{ "HTTP/1.1 500 Oh\r\nContent-Length: 11\r\n\r\n" LIST_TEXT,
		    "the list: HTTP status 500" },
		{ "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP status 304" },
		{ "HTTP/1.1 302 Found\r\n\r\n", "HTTP status 302" },
		{ "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/\r\n\r\n",
		    "a redirect to no address" },
		{ "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
		    "a redirect to no address" },
		{ "HTTP/1.1 302 Found\r\nLocation: http://u:p@127.0.0.1/"
		  "\r\n\r\n",
		    "a user's name" },
		{ "HTTP/1.1 302 Found\r\nLocation: http://\r\n\r\n",
		    "no host" },
	};
	struct fix *f = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		get_one(f, bad[i].text);
		expect_fail(f, bad[i].why);
	}
}

static void
test_sizes(void **state)
{
	static const struct page much = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\n\r\n",
		.repeat = "abcdefghijklmnopqrstuvwxyz" };
	static const struct page heads = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\n",
		.repeat = "X-A: bcdefghijklmnopqrstuvwxyz\r\n" };
	static const struct page line = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\nX-A: ",
		.repeat = "abcdefghijklmnopqrstuvwxyz" };
	static const struct page conts = { .path = "/list",
		.text = "",
		.repeat = "HTTP/1.1 100 Continue\r\nX-A: bcdefghijkl\r\n\r\n" };
	static const struct page chunks = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		.repeat = "1\r\nx\r\n" };
	static const struct page *const endless[] = { &much, &heads, &line,
		&conts, &chunks };
	struct page p = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\n\r\n",
		.fill = FETCH_MAX };
	struct fix *f = *state;
	size_t i;

	serve(f, &p, 1);
	get_list(f, "");
	assert_true(f->res.ok);
	assert_int_equal(f->res.len, FETCH_MAX);
	f->page[0].fill++;
	get_list(f, "");
	expect_fail(f, "sends too much");
	for (i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		p = *endless[i];
		if (p.text[0] == '\0')
			p.text = p.repeat;
		serve(f, &p, 1);
		get_list(f, "");
		assert_false(f->res.ok);
		assert_true(f->res.why[0] != '\0');
	}
}

static void
test_signature(void **state)
{
	static const struct page list = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\n\r\n" LIST_TEXT };
	struct fix *f = *state;

	serve(f, &list, 1);
	f->page[1].text = "HTTP/1.1 404 Not Found\r\n\r\n";
	get_list(f, "");
	expect_fail(f, "its signature: HTTP status 404");
	f->page[1].text = "HTTP/1.1 200 OK\r\n\r\n";
	f->page[1].fill = FETCH_SIG_MAX;
	get_list(f, "");
	assert_true(f->res.ok);
	assert_int_equal(f->res.sig_len, FETCH_SIG_MAX);
	f->page[1].fill++;
	get_list(f, "");
	expect_fail(f, "its signature: sends too much");
}

static void
test_etag(void **state)
{
	static const struct page list = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\nETag: \"a1\"\r\n\r\n" LIST_TEXT };
	struct fix *f = *state;

	serve(f, &list, 1);
	get_list(f, "");
	expect_list(f);
	assert_string_equal(f->res.etag, "\"a1\"");
	f->page[0].text = "HTTP/1.1 304 Not Modified\r\n\r\n";
	f->asked = 0;
	get_list(f, "\"a1\"");
	assert_true(f->res.ok && f->res.unchanged);
	assert_int_equal(f->asked, 1);
	assert_non_null(strstr(f->request, "If-None-Match: \"a1\"\r\n"));
	assert_string_equal(f->res.etag, "\"a1\"");
	assert_int_equal(f->res.len + f->res.sig_len, 0);

	/* changed: the signature is asked for without */
	f->page[0].text = list.text;
	get_list(f, "\"a0\"");
	expect_list(f);
	assert_null(strstr(f->request, "If-None-Match"));
	/* one that could end a header line is none */
	f->page[0].text = "HTTP/1.1 200 OK\r\nETag: a b\r\n\r\n" LIST_TEXT;
	get_list(f, "");
	expect_list(f);
	assert_string_equal(f->res.etag, "");
}

static void
test_redirects(void **state)
{
	char to[128];
	const struct page p[] = {
		{ .path = "/list",
		    .text = "HTTP/1.1 301 M\r\nLocation: /a?b=c\r\n\r\n" },
		{ .path = "/a?b=c", .text = to },
		{ .path = "/c",
		    .text = "HTTP/1.1 307 M\r\nLocation: /d\r\n\r\n" },
		{ .path = "/d", .text = "HTTP/1.1 200 OK\r\n\r\n" LIST_TEXT },
	};
	struct fix *f = *state;

	snprintf(to, sizeof(to),
	    "HTTP/1.1 302 M\r\nLocation: http://127.0.0.1:%u/c\r\n\r\n",
	    f->port);
	serve(f, p, 4);
	get_list(f, "");
	expect_list(f);
	f->page[3].text = "HTTP/1.1 302 M\r\nLocation: /d\r\n\r\n";
	f->asked = 0;
	get_list(f, "");
	expect_fail(f, "more than 3 redirects");
	assert_int_equal(f->asked, 4);
	snprintf(to, sizeof(to),
	    "HTTP/1.1 302 M\r\nLocation: //127.0.0.1:%u/d\r\n\r\n", f->port);
	f->page[3].text = p[3].text;
	get_list(f, "");
	expect_list(f);
}

static void
test_names(void **state)
{
	static const struct page list = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\n\r\n" LIST_TEXT };
	struct fix *f = *state;
	char url[64];

	serve(f, &list, 1);
	snprintf(url, sizeof(url), "http://localhost:%u/list", f->port);
	get(f, SOURCE_HTTP, url);
	expect_list(f);
	snprintf(url, sizeof(url), "Host: localhost:%u\r\n", f->port);
	assert_non_null(strstr(f->request, url));
	get(f, SOURCE_HTTP, "http://[::1]:1/list");
	expect_fail(f, "cannot be reached");
	get(f, SOURCE_HTTP, "http://127.0.0.1:1/list");
	expect_fail(f, "cannot be reached");
}

static void
test_reset(void **state)
{
	static const struct page list = { .path = "/list",
		.text = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc",
		.reset = true };
	struct fix *f = *state;

	serve(f, &list, 1);
	get_list(f, "");
	assert_false(f->res.ok);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_framings),
		T(test_refused),
		T(test_sizes),
		T(test_signature),
		T(test_etag),
		T(test_redirects),
		T(test_names),
		T(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
