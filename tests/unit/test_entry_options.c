/* The configuration of the entry server: defaults, bounds, what errors say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/fdutil.h"
#include "entryserver/options.h"

#define URL "base-url = \"http://x.org/\"\n"

/* The number of errors; *said, for free(), what they were. */
static unsigned
load(const char *text, struct options *o, char **said)
{
	char path[] = "/tmp/vplama-entryd-XXXXXX";
	int fd = mkstemp(path);
	unsigned n;
	size_t len;
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	f = open_memstream(said, &len);
	n = options_load(path, o, f);
	fclose(f);
	unlink(path);
	return n;
}

/* One error, in that line, which says that. */
static void
refused(const char *text, int line, const char *words)
{
	struct options o;
	char *said, at[16];

	assert_int_equal(load(text, &o, &said), 1);
	snprintf(at, sizeof(at), ":%d: ", line);
	if (strstr(said, words) == NULL ||
	    (line > 0 && strstr(said, at) == NULL))
		print_error("%s -> %s\n", text, said);
	assert_non_null(strstr(said, words));
	assert_true(line == 0 || strstr(said, at) != NULL);
	free(said);
}

static void
taken(const char *text, struct options *ret)
{
	char *said;
	unsigned n = load(text, ret, &said);

	if (n > 0)
		print_error("%s", said);
	free(said);
	assert_int_equal(n, 0);
}

static void
defaults(void **state)
{
	char text[ADDR_TEXT];
	struct options o;

	(void)state;
	taken(URL, &o);
	assert_string_equal(o.store, "/var/lib/vplama/store.db");
	assert_string_equal(o.base_url, "http://x.org/");
	assert_int_equal(o.n_listen, 2);
	assert_string_equal(addr_format(&o.listen[0], text), "127.0.0.1:8469");
	assert_string_equal(addr_format(&o.listen[1], text), "[::1]:8469");
	assert_int_equal(o.interval, 600);
	assert_int_equal(o.fresh, 3600);
	assert_int_equal(o.valid, 86400);
	assert_int_equal(o.max_entries, 1024);
	assert_int_equal(o.clients, 512);
	assert_int_equal(o.clients_per_address, 16);
	assert_int_equal(o.log_level, LOG_LV_INFO);
}

static void
values(void **state)
{
	char text[ADDR_TEXT];
	struct options o;

	(void)state;
	taken("# one\n/* two\n */ listen = {\"192.0.2.1\", \"[::]:80\"}\n" URL
	      "title = \"Wege nach \xc3\x9c\"\ndns-zone = example.org.\n",
	    &o);
	assert_int_equal(o.n_listen, 2);
	assert_string_equal(addr_format(&o.listen[0], text), "192.0.2.1:8469");
	assert_string_equal(addr_format(&o.listen[1], text), "[::]:80");
	assert_string_equal(o.title, "Wege nach \xc3\x9c");
	assert_string_equal(o.dns_zone, "example.org");
	taken("base-url = \"https://h:8443/a/b\"\n", &o);
	assert_string_equal(o.base_url, "https://h:8443/a/b/");
}

/* Every number at its ends and one beyond them. */
static void
bounds(void **state)
{
	(void)state;
	for (const struct option_row *row = option_rows(); row->name != NULL;
	     row++) {
		char text[256];
		struct options o;

		if (row->most == 0 || row->def == NULL || row->def[0] < '0' ||
		    row->def[0] > '9' || strcmp(row->name, "listen") == 0)
			continue;
		snprintf(text, sizeof(text), URL "%s = %u\n", row->name,
		    row->least - 1);
		refused(text, 2, "is too small");
		snprintf(text, sizeof(text), URL "%s = %u\n", row->name,
		    row->most + 1);
		refused(text, 2, "is too large");
		snprintf(
		    text, sizeof(text), URL "fresh = 86400\nvalid = 604800\n");
		taken(text, &o);
	}
}

static void
errors(void **state)
{
	static const char *const urls[] = { "ftp://x/", "http://", "http:///",
		"http://x/<b>", "http://x/ y", "x", "" };
	char text[1024];

	(void)state;
	refused("", 0, "base-url: is missing; expected http://HOST/");
	refused("\n\n# x\n/*\n*/\nnix = 3\n" URL, 6, "nix");
	refused(URL "interval = 20\ninterval = 30\n", 3,
	    "is here again; expected once (line 2)");
	refused(URL "interval = 2x\n", 2,
	    "\"2x\" is no such number; expected a number from 10 to 3600 "
	    "(seconds)");
	refused(URL "fresh = 4000\nvalid = 3000\n", 2, "exceed those of valid");
	refused(URL "fresh = 60\n", 0, "exceed those of fresh (60)");
	refused(URL "store = \"x\"\n", 2, "does not begin with /");
	refused(URL "title = \"\"\n", 2, "is too short");
	refused(URL "title = \"a\tb\"\n", 2, "control character");
	refused(
	    URL "log-level = loud\n", 2, "expected error, warn, info or debug");
	refused(URL "dns-zone = \"a..b\"\n", 2, "is no such name");
	refused(URL "dns-zone = \"a b\"\n", 2, "is no such name");
	refused(URL "listen = {\"x\"}\n", 2, "is no address");
	refused(URL "listen = {}\n", 0, "expected at least one");
	refused(URL "listen = {\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\","
		    "\"1.1.1.4\",\"1.1.1.5\",\"1.1.1.6\",\"1.1.1.7\","
		    "\"1.1.1.8\",\n\"1.1.1.9\"}\n",
	    3, "is one too many");
	refused(URL "title = \"x\n", 2, "a quote that is never closed");
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(text, sizeof(text), "base-url = \"%s\"\n", urls[i]);
		refused(text, 1, "expected http://HOST/");
	}
	snprintf(text, sizeof(text), "base-url = \"http://%0300d\"\n", 1);
	refused(text, 1, "is too long");
}

static void
no_file(void **state)
{
	struct options o;
	char *said;
	size_t len;
	FILE *f = open_memstream(&said, &len);

	(void)state;
	assert_int_equal(options_load("/nonexistent/x", &o, f), 1);
	fclose(f);
	assert_non_null(strstr(said, "No such file"));
	free(said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(bounds),
		cmocka_unit_test(errors),
		cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
