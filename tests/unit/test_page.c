/* The page says what the model says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/base64.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "entryserver/page.h"
#include "entryserver/page_html.h"
#include "entryserver/page_parts.h"
#include "page_made.h"
#include "tests/rng.h"

static char *
html(void write(FILE *, const char *), const char *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write(out, s);
	assert_int_equal(fclose(out), 0);
	return text;
}

static unsigned
count(const char *page, const char *what)
{
	unsigned n = 0;

	for (; (page = strstr(page, what)) != NULL; page += strlen(what))
		n++;
	return n;
}

/* What stands between the first of begin and the next end, for free(). */
static char *
between(const char *page, const char *begin, const char *end)
{
	const char *from = strstr(page, begin), *to;

	assert_non_null(from);
	from += strlen(begin);
	to = strstr(from, end);
	assert_non_null(to);
	return xasprintf("%.*s", (int)(to - from), from);
}

/* The page with one vnode, which edit may change. */
static char *
page_of_one(void edit(struct entry_server *s))
{
	struct model m;
	char *page;

	made_model(&m, 1);
	if (edit != NULL)
		edit(&m.list.server[0]);
	page = made_page(&m);
	made_fini(&m);
	return page;
}

static void
assert_shows(void edit(struct entry_server *s), const char *what)
{
	char *page = page_of_one(edit);

	if (strstr(page, what) == NULL)
		fail_msg("nowhere: %s", what);
	free(page);
}

/* --- text ---------------------------------------------------------------- */

/* Every character there is, but those that must not be. */
static void
keeps_what_is_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "a b", "a b" },
		{ "<&>\"'", "&lt;&amp;&gt;&quot;&#39;" },
		{ "metsä", "metsä" },
		{ "日本橋 𝒳", "日本橋 𝒳" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xc2\x9f", "\xef\xbf\xbd" },
		{ "\x1f\x7f", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x80\xae", "\xef\xbf\xbd" },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
		{ "\xf4\x8f\xbf\xbe", "\xef\xbf\xbd" },
		{ "\xef\xbf\xbd", "\xef\xbf\xbd" },
		{ "a\xff", "a\xef\xbf\xbd" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = html(html_text, rows[i].in);

		assert_string_equal(text, rows[i].out);
		free(text);
	}
}

static void
write_time(FILE *out, const char *s)
{
	html_time(out, strtoll(s, NULL, 10));
}

static void
write_age(FILE *out, const char *s)
{
	html_age(out, (uint32_t)strtoul(s, NULL, 10));
}

static void
says_times_in_words(void **state)
{
	static const struct {
		void (*write)(FILE *, const char *);
		const char *in, *out;
	} rows[] = {
		{ write_time, "1795300000",
		    "<time datetime=\"2026-11-21T22:26:40Z\">"
		    "2026-11-21 22:26 UTC</time>" },
		{ write_time, "253402300799",
		    "<time datetime=\"9999-12-31T23:59:59Z\">"
		    "9999-12-31 23:59 UTC</time>" },
		{ write_time, "253402300800", "unknown" },
		{ write_time, "0", "unknown" },
		{ write_time, "-9223372036854775808", "unknown" },
		{ write_time, "9223372036854775807", "unknown" },
		{ write_age, "259200", "3 days" },
		{ write_age, "345599", "3 days" },
		{ write_age, "6393600", "74 days" },
		{ write_age, "172799", "47 hours" },
		{ write_age, "172800", "2 days" },
		{ write_age, "63071999", "729 days" },
		{ write_age, "63072000", "2 years" },
		{ write_age, "4294967295", "136 years" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = html(rows[i].write, rows[i].in);

		assert_string_equal(text, rows[i].out);
		free(text);
	}
}

/* --- policy -------------------------------------------------------------- */

static void
assert_allowed(const char *page, const char *begin, const char *end)
{
	char *text = between(page, begin, end), *source;
	uint8_t sum[crypto_hash_sha256_BYTES];
	char base64[BASE64_TEXT(sizeof(sum))];

	assert_int_equal(count(page, begin), 1);
	crypto_hash_sha256(sum, (const uint8_t *)text, strlen(text));
	base64_format(BASE64_PLAIN, sum, sizeof(sum), base64);
	source = xasprintf("-src 'sha256-%s'", base64);
	assert_non_null(strstr(page_policy(), source));
	free(source);
	free(text);
}

/* Exactly the style and the script that it holds, and nothing of others. */
static void
allows_itself_and_no_more(void **state)
{
	char *page = page_of_one(NULL);
	char *meta = between(page,
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");

	(void)state;
	assert_string_equal(meta, page_policy_meta());
	assert_memory_equal(page_policy(), meta, strlen(meta));
	assert_non_null(strstr(page_policy(), "default-src 'none'"));
	assert_non_null(strstr(page_policy(), "frame-ancestors 'none'"));
	assert_null(strstr(page_policy(), "unsafe"));
	assert_allowed(page, "<style>", "</style>");
	assert_allowed(page, "<script>", "</script>");
	assert_int_equal(count(page, " style="), 0);
	assert_int_equal(count(page, " onclick="), 0);
	free(meta);
	free(page);
}

/* --- table --------------------------------------------------------------- */

static void
rtt_unknown(struct entry_server *s)
{
	s->rtt_us = 0;
}

static void
rtt_large(struct entry_server *s)
{
	s->rtt_us = 123999;
}

static void
load_unknown(struct entry_server *s)
{
	s->load = RECORD_LOAD_UNKNOWN;
}

static void
load_42(struct entry_server *s)
{
	s->load = 42;
}

static void
silent_closed(struct entry_server *s)
{
	s->up = false;
	s->accepts = ACCEPTS_CLOSED;
}

static void
ask_first(struct entry_server *s)
{
	s->accepts = ACCEPTS_ASK;
}

static void
says_what_was_measured(void **state)
{
	(void)state;
	assert_shows(NULL, "data-sort=\"3400\">3.4&#160;ms<");
	assert_shows(rtt_large, "data-sort=\"123999\">123&#160;ms<");
	assert_shows(rtt_unknown, "data-sort=\"4294967295\">unknown<");
	assert_shows(load_unknown, "data-sort=\"255\">unknown<");
	assert_shows(load_42, "data-sort=\"42\">42&#160;%");
	assert_shows(NULL, "<span class=\"up\">up</span>");
	assert_shows(NULL, "<small>open to all</small>");
	assert_shows(silent_closed, "<span class=\"silent\">silent</span>");
	assert_shows(silent_closed, "<small>by invitation</small>");
	assert_shows(ask_first, "<small>ask first</small>");
	assert_shows(NULL, "<bdi>Freie Netze Thüringen</bdi>");
	assert_shows(NULL, "<code class=\"copy\">192.0.2.1:7469</code>");
	assert_shows(NULL, "<code class=\"copy\">[2001:db8:1f");
	assert_shows(NULL, "<span>IPv4</span> <span>IPv6</span>");
	assert_shows(NULL, "<time datetime=\"P3D\">3 days</time>");
	assert_shows(NULL, "<bdi>noc@hillside.example</bdi>");
}

static void
few_days(struct entry_server *s)
{
	memset(s->day, ENTRY_NO_DAY, sizeof(s->day));
	s->day[29] = 100;
	s->day[28] = 99;
	s->day[27] = 98;
	s->day[15] = 80;
	s->day[14] = 79;
	s->day[0] = 0;
	s->uptime_30d = 76;
}

/* One square a day, the newest at the end of the second row. */
static void
draws_days(void **state)
{
	char *page = page_of_one(few_days), *none;

	(void)state;
	assert_non_null(strstr(page,
	    "6 of the last 30 days watched, 2 of "
	    "them up for 99 % or more"));
	assert_non_null(strstr(page,
	    "<path class=\"full\" d=\""
	    "M130 10h8v8h-8zM140 10h8v8h-8z\"/>"));
	assert_non_null(strstr(page,
	    "<path class=\"good\" d=\""
	    "M120 11h8v7h-8z\"/>"));
	assert_non_null(strstr(page,
	    "<path class=\"fair\" d=\""
	    "M0 13h8v5h-8z\"/>"));
	assert_non_null(strstr(page,
	    "<path class=\"poor\" d=\""
	    "M0 5h8v3h-8zM140 5h8v3h-8z\"/>"));
	assert_non_null(strstr(page, "</svg> 76&#160;%</td>"));
	none = between(page, "<path class=\"none\" d=\"", "\"/>");
	assert_int_equal(count(none, "M"), ENTRY_DAYS);
	free(none);
	free(page);
}

/* Each vnode once, in the order given, with a line that says all of it. */
static void
lists_all(void **state)
{
	struct model m;
	char *page, *body, *p;
	unsigned i;

	(void)state;
	made_model(&m, 60);
	page = made_page(&m);
	body = between(page, "<tbody>", "</tbody>");
	assert_int_equal(count(body, "<tr>"), 60);
	assert_int_equal(count(body, "<th scope=\"row\""), 60);
	for (p = body, i = 0; i < 60; i++) {
		char text[URI_TEXT], *found;

		assert_true(model_uri(&m, &m.list.server[i], text));
		p = strstr(p, "vpla://");
		assert_non_null(p);
		found = between(p, "", "</code>");
		/* "&" as the only thing that needs care in it */
		for (char *a; (a = strstr(found, "&amp;")) != NULL;)
			memmove(a + 1, a + 5, strlen(a + 5) + 1);
		assert_string_equal(found, text);
		free(found);
		p++;
	}
	free(body);
	free(page);
	made_fini(&m);
}

static void
line_leads_to_it(void **state)
{
	struct model m;
	struct uri u;
	char text[URI_TEXT];
	const char *why;

	(void)state;
	made_model(&m, 1);
	assert_true(model_uri(&m, &m.list.server[0], text));
	assert_true(uri_parse(text, &u, &why));
	assert_memory_equal(u.key, m.list.server[0].key, sizeof(u.key));
	assert_string_equal(u.name, "hillside");
	assert_string_equal(u.network, "example-mesh");
	assert_int_equal(u.n_ep, 2);
	assert_string_equal(u.ep[0].host, "192.0.2.1");
	assert_string_equal(u.ep[1].host, "2001:db8:1f::1");
	assert_int_equal(u.ep[1].port, 7469);
	made_fini(&m);
}

static void
empty_list_says_so(void **state)
{
	struct model m;
	char *page;

	(void)state;
	made_model(&m, 0);
	page = made_page(&m);
	assert_non_null(strstr(page, "Nobody is listed yet"));
	assert_non_null(strstr(page, "vplamctl join"));
	assert_int_equal(count(page, "class=\"map\""), 0);
	free(page);
	made_fini(&m);
}

/* What the web server takes, even when each text is as long as it gets. */
static void
largest_page_fits(void **state)
{
	struct model m;
	char *page;

	(void)state;
	made_model(&m, ENTRY_SERVERS);
	made_texts(&m,
	    "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
	    "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
	    "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
	page = made_page(&m);
	assert_in_range(strlen(page), 1, 4 * 1024 * 1024);
	free(page);
	made_fini(&m);
}

/* --- how to join --------------------------------------------------------- */

static void
lines_lead_to_the_list(void **state)
{
	struct model m;
	struct source source;
	char *page, *text, *amp;
	const char *why;

	(void)state;
	made_model(&m, 1);
	snprintf(m.list.network, sizeof(m.list.network), "freie netze/süd");
	page = made_page(&m);
	text = between(page, "vplamctl join &#39;", "&#39;<");
	amp = strstr(text, "&amp;");
	assert_non_null(amp);
	memmove(amp + 1, amp + 5, strlen(amp + 5) + 1);
	assert_true(source_parse(text, &source, &why));
	assert_int_equal(source.kind, SOURCE_HTTP);
	assert_string_equal(source.url, "http://entry.example/entry.json");
	assert_string_equal(source.key, m.key);
	assert_string_equal(source.network, "freie netze/süd");
	assert_int_equal(count(page, text), 0); /* & as it must be */
	assert_non_null(
	    strstr(page, "network = &quot;freie netze/süd&quot;\ntrust"));
	free(text);
	free(page);

	m.key[0] = '\0';
	page = made_page(&m);
	text = between(page, "vplamctl join &#39;", "&#39;<");
	assert_true(source_parse(text, &source, &why));
	assert_string_equal(source.key, "");
	assert_string_equal(source.network, "freie netze/süd");
	assert_non_null(strstr(page, "not signed"));
	assert_int_equal(count(page, "minisig"), 0);
	free(text);
	free(page);
	made_fini(&m);
}

/* --- map ----------------------------------------------------------------- */

static void
land_is_where_it_is(void **state)
{
	static const struct {
		int lat, lon;
		bool land;
	} rows[] = {
		{ 52, 13, true },   /* Berlin */
		{ 41, 15, true },   /* Apulia */
		{ 39, -98, true },  /* Kansas */
		{ -1, 37, true },   /* Nairobi */
		{ -25, 134, true }, /* Uluru */
		{ -16, -48, true }, /* Brasilia */
		{ 28, 77, true },   /* Delhi */
		{ 65, -40, true },  /* Greenland */
		{ 0, -25, false },  /* Atlantic */
		{ 0, -150, false }, /* Pacific */
		{ -20, 80, false }, /* Indian Ocean */
		{ 35, 18, false },  /* Mediterranean */
		{ 60, -85, false }, /* Hudson Bay */
	};
	char land[16384];
	size_t i;

	(void)state;
	assert_int_equal(
	    file_read(SRCDIR "/entryserver/land.txt", land, sizeof(land)),
	    LAND_HIGH * (LAND_WIDE + 1));
	for (i = 0; i < LAND_HIGH; i++)
		assert_int_equal(land[(i + 1) * (LAND_WIDE + 1) - 1], '\n');
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int x = (rows[i].lon * 100000 - LAND_WEST) / LAND_CELL_LON;
		int y = (LAND_NORTH - rows[i].lat * 100000) / LAND_CELL_LAT;

		assert_int_equal(
		    land[y * (LAND_WIDE + 1) + x] == '#', rows[i].land);
	}
}

/* Wherever they are, the map shows them. */
static void
map_holds_all_places(void **state)
{
	static const int32_t lats[] = { -9000000, 9000000, 0, 5200000 };
	static const int32_t lons[] = { -18000000, 18000000, 0, 1300000 };
	struct rng rng = rng_seeded(26);
	double left, top, wide, high, x, y;
	unsigned round, i;

	(void)state;
	for (round = 0; round < 60; round++) {
		struct model m;
		char *page, *p;

		made_model(&m, 1 + round % 5);
		for (i = 0; i < m.list.n; i++) {
			m.list.server[i].has_place = true;
			m.list.server[i].lat = lats[rng_below(&rng, 4)];
			m.list.server[i].lon = lons[rng_below(&rng, 4)];
		}
		page = made_page(&m);
		p = strstr(page, "class=\"map\"");
		assert_non_null(p);
		p = strstr(p, "viewBox");
		assert_int_equal(sscanf(p, "viewBox=\"%lf %lf %lf %lf\"", &left,
				     &top, &wide, &high),
		    4);
		assert_true(left >= 0 && left + wide <= LAND_WIDE);
		assert_true(top >= 0 && top + high <= LAND_HIGH);
		p = strstr(p, "class=\"places\"");
		for (i = 0; i < m.list.n; i++) {
			p = strstr(p + 1, "<circle");
			assert_non_null(p);
			p = strstr(p, "cx=");
			assert_int_equal(
			    sscanf(p, "cx=\"%lf\" cy=\"%lf\"", &x, &y), 2);
			assert_true(x >= left && x <= left + wide);
			assert_true(y >= top && y <= top + high);
		}
		free(page);
		made_fini(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_is_text),
		cmocka_unit_test(says_times_in_words),
		cmocka_unit_test(allows_itself_and_no_more),
		cmocka_unit_test(says_what_was_measured),
		cmocka_unit_test(draws_days),
		cmocka_unit_test(lists_all),
		cmocka_unit_test(line_leads_to_it),
		cmocka_unit_test(empty_list_says_so),
		cmocka_unit_test(largest_page_fits),
		cmocka_unit_test(lines_lead_to_the_list),
		cmocka_unit_test(land_is_where_it_is),
		cmocka_unit_test(map_holds_all_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
