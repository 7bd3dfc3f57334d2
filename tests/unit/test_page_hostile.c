/* Names come from strangers: none of them breaks out of its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <confuse.h>

#include "base/text.h"
#include "base/xmem.h"
#include "entryserver/page_html.h"
#include "page_made.h"
#include "tests/rng.h"

#define WORD32 "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"

static const char *const hostile[] = {
	"<script>alert(1)</script>",
	"</script><script>alert(1)//",
	"</style></title></script><h1>",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"\" onmouseover=\"alert(1)",
	"<!--",
	"--><b>",
	"]]><![CDATA[",
	"</td></tr></table>",
	"&lt;b&gt;&amp;&quot;&#60;",
	"javascript:alert(1)",
	"`id` $(id) ${HOME} $HOME ; id",
	"a'b'c\\'d\\",
	"\\\\ \\n \\x41 \\\"",
	WORD32 WORD32 WORD32 WORD32 WORD32 WORD32 WORD32 WORD32,
	"%s%n%d %00 %22 #& ?network=other",
};

/* No text of a record, but nothing here relies on that. */
static const char *const broken[] = {
	"\n</a>\r\t\v\f\x1b[31m\x7f",
	"\xe2\x80\xaeknil\xe2\x80\xac", /* direction */
	"\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c",
	"\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81", /* nothing to see */
	"\xc0\xbcscript\xc0\xbe\xe0\x80\xbc",	    /* longer than need be */
	"\xff\xfe\x80\xbf\xed\xa0\x80\xf4\x90\x80\x80\xf8\x88\x80\x80\x80",
	"\xc2\x80\xc2\x9b\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90",
	"\xe2\x80\xa8line\xe2\x80\xa9paragraph",
	"ends early \xe2\x82",
	"ends early \xf0\x9f",
	"\xc2<b>\xe2<b>\xf0\x9f<b>",
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- what a browser would see -------------------------------------------- */

/* Where the tag behind p, its '<', ends; its name and those of attributes go
 * to out. */
static const char *
tag(const char *p, FILE *out)
{
	size_t n = strcspn(p + 1, " \n>");

	fprintf(out, "<%.*s", (int)n, p + 1);
	for (p += 1 + n; *p == ' ' || *p == '\n';) {
		p += strspn(p, " \n");
		n = strcspn(p, "= >");
		fprintf(out, " %.*s", (int)n, p);
		p += n;
		if (p[0] != '=')
			continue;
		assert_int_equal(p[1], '"');
		p = strchr(p + 2, '"');
		assert_non_null(p);
		p++;
	}
	if (*p == '/')
		p++;
	assert_int_equal(*p, '>');
	putc('\n', out);
	return p + 1;
}

/*
 * All tags with the names of their attributes, a line each. The line for each
 * vnode is left out: it is there only when the name is fit for a URI.
 */
static char *
skeleton(const char *page)
{
	char *text = NULL;
	const char *p = page;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	while ((p = strchr(p, '<')) != NULL) {
		if (strncmp(p, "<details>", 9) == 0) {
			p = strstr(p, "</details>") + 10;
			continue;
		}
		if (strncmp(p, "<style>", 7) == 0)
			p = strstr(p, "</style>");
		else if (strncmp(p, "<script>", 8) == 0)
			p = strstr(p, "</script>");
		p = tag(p, out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

/* UTF-8 without controls but tabs and ends of lines; no change of direction. */
static void
assert_clean(const char *page)
{
	static const char *const directions[] = { "\xe2\x80\xaa",
		"\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
		"\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9",
		"\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c" };
	const char *p;
	size_t i, n;

	for (p = page; *p != '\0'; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\t\n");
		assert_null(text_check(p, n));
	}
	for (i = 0; i < COUNT(directions); i++)
		assert_null(strstr(page, directions[i]));
}

static void
assert_same_page(const char *expected, const char *text)
{
	struct model m;
	char *page, *found;

	made_model(&m, 4);
	made_texts(&m, text);
	page = made_page(&m);
	assert_clean(page);
	found = skeleton(page);
	assert_string_equal(found, expected);
	free(found);
	free(page);
	made_fini(&m);
}

static char *
plain_skeleton(void)
{
	struct model m;
	char *page, *bones;

	made_model(&m, 4);
	made_texts(&m, "x");
	page = made_page(&m);
	bones = skeleton(page);
	free(page);
	made_fini(&m);
	return bones;
}

/* Whatever people call themselves, the page has the same tags. */
static void
breaks_out_of_nothing(void **state)
{
	char *expected = plain_skeleton();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hostile); i++)
		assert_same_page(expected, hostile[i]);
	for (i = 0; i < COUNT(broken); i++)
		assert_same_page(expected, broken[i]);
	free(expected);
}

static void
random_bytes_break_nothing(void **state)
{
	static const char sharp[] = "<>&\"'/=!-\\ \xc2\xe2\x80\xae\xf0";
	char *expected = plain_skeleton(), text[80];
	struct rng rng = rng_seeded(25);
	unsigned i, k, n;

	(void)state;
	for (i = 0; i < 300; i++) {
		n = 1 + (unsigned)rng_below(&rng, sizeof(text) - 1);
		for (k = 0; k < n; k++)
			text[k] = rng_below(&rng, 2) == 0
			    ? sharp[rng_below(&rng, sizeof(sharp) - 1)]
			    : (char)(1 + rng_below(&rng, 255));
		text[n] = '\0';
		assert_same_page(expected, text);
	}
	free(expected);
}

/* --- lines to paste ------------------------------------------------------ */

/* What a browser copies. */
static char *
shown(void write(FILE *, const char *), const char *s)
{
	static const char *const names[] = { "&lt;", "<", "&gt;", ">", "&quot;",
		"\"", "&#39;", "'", "&amp;", "&" };
	char *text = NULL, *from, *to;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write(out, s);
	assert_int_equal(fclose(out), 0);
	for (from = to = text; *from != '\0'; to++) {
		for (i = 0; i < COUNT(names); i += 2)
			if (strncmp(from, names[i], strlen(names[i])) == 0)
				break;
		*to = i < COUNT(names) ? names[i + 1][0] : *from;
		from += i < COUNT(names) ? strlen(names[i]) : 1;
	}
	*to = '\0';
	return text;
}

static void
shells_take_it_as_it_is(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hostile); i++) {
		char *quoted = shown(html_shell, hostile[i]), got[1024];
		char *command = xasprintf("printf %%s %s", quoted);
		FILE *shell = popen(command, "r");

		assert_non_null(shell);
		got[fread(got, 1, sizeof(got) - 1, shell)] = '\0';
		assert_int_equal(pclose(shell), 0);
		assert_string_equal(got, hostile[i]);
		free(command);
		free(quoted);
	}
}

static void
configuration_takes_it_as_it_is(void **state)
{
	cfg_opt_t options[] = { CFG_STR("network", NULL, CFGF_NONE),
		CFG_END() };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hostile); i++) {
		char *quoted = shown(html_conf, hostile[i]);
		char *line = xasprintf("network = %s\n", quoted);
		cfg_t *cfg = cfg_init(options, CFGF_NONE);

		assert_int_equal(cfg_parse_buf(cfg, line), CFG_SUCCESS);
		assert_string_equal(cfg_getstr(cfg, "network"), hostile[i]);
		cfg_free(cfg);
		free(line);
		free(quoted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_out_of_nothing),
		cmocka_unit_test(random_bytes_break_nothing),
		cmocka_unit_test(shells_take_it_as_it_is),
		cmocka_unit_test(configuration_takes_it_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
