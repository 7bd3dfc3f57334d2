/* What is published: lines, zone, figures, files, serials, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/base64.h"
#include "base/xmem.h"
#include "crypto/prim.h"
#include "entry_made.h"
#include "entryserver/lists.h"
#include "entryserver/release.h"
#include "entryserver/site.h"

static const unsigned none_left[LEFT_KINDS];

static char *
written(const struct model *m, void (*write)(const struct model *m, FILE *f))
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	write(m, f);
	fclose(f);
	return text;
}

static void
zone_of_example(const struct model *m, FILE *f)
{
	zone_write(m, "example.org", f);
}

static void
metrics(const struct model *m, FILE *f)
{
	unsigned left[LEFT_KINDS];

	for (unsigned i = 0; i < LEFT_KINDS; i++)
		left[i] = 100 + i;
	metrics_write(m, left, f);
}

static unsigned
count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

/* Each line reads back as the server it was. */
static void
lines(void **state)
{
	struct model m;
	struct uri uri;
	const char *why;
	char *text, *line, *rest;
	unsigned n = 0;

	(void)state;
	entry_made(&m, 30);
	text = written(&m, lines_write);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] == '#')
			continue;
		assert_true(uri_parse(line, &uri, &why));
		assert_memory_equal(uri.key, m.list.server[n].key, RECORD_KEY);
		assert_string_equal(uri.name, m.list.server[n].name);
		assert_string_equal(uri.network, m.list.network);
		assert_int_equal(uri.n_ep, m.list.server[n].n_ep);
		n++;
	}
	assert_int_equal(n, 30);
	free(text);
	free(m.list.server);
}

static void
zone(void **state)
{
	char key[BASE64_TEXT(RECORD_KEY)], want[256], *text;
	struct model m;

	(void)state;
	entry_made(&m, 40);
	text = written(&m, zone_of_example);
	assert_int_equal(count(text, "_vplama._udp\tIN SRV\t"), ZONE_SERVERS);
	assert_int_equal(count(text, "\tIN TXT\t\"v=vpla1 k="), ZONE_SERVERS);
	assert_non_null(strstr(text, "\n$ORIGIN example.org.\n"));
	base64_format(BASE64_PLAIN, m.list.server[0].key, RECORD_KEY, key);
	snprintf(want, sizeof(want), "\"v=vpla1 k=%s\"\n", key);
	assert_int_equal(count(text, want), 1);
	/* Number 3: 198.0.0.3:7469, and an IPv6 with another port. */
	assert_int_equal(count(text, "\tIN A\t198.0.0.3\n"), 1);
	assert_int_equal(count(text, "\tIN AAAA\t2001:db8:0:3::1\n"), 0);
	/* Number 6: both on one port. */
	assert_int_equal(count(text, "\tIN AAAA\t2001:db8:0:6::1\n"), 1);
	free(text);
	m.list.n = 0;
	text = written(&m, zone_of_example);
	assert_int_equal(count(text, "SRV"), 0);
	free(text);
	free(m.list.server);
}

static void
figures(void **state)
{
	struct model m;
	char *text;

	(void)state;
	entry_made(&m, 30);
	text = written(&m, metrics);
	assert_non_null(strstr(text, "\nvplama_entry_servers 30\n"));
	assert_non_null(strstr(text, "\nvplama_entry_serial 1795300000\n"));
	assert_non_null(
	    strstr(text, "\nvplama_entry_left_out{why=\"young\"} 101\n"));
	assert_non_null(
	    strstr(text, "\nvplama_entry_left_out{why=\"room\"} 108\n"));
	free(text);
	free(m.list.server);
}

/* --- files --------------------------------------------------------------- */

static int
enter(void **state)
{
	char dir[] = "/tmp/vplama-entry-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
leave(void **state)
{
	char cmd[64];
	int rc;

	snprintf(cmd, sizeof(cmd), "rm -rf %s", (char *)*state);
	rc = chdir("/") < 0 ? -1 : system(cmd);
	free(*state);
	return rc;
}

static void
make(struct release *r, unsigned n, uint64_t serial,
    const struct minisign_key *key)
{
	struct model m;

	entry_made(&m, n);
	m.list.serial = serial;
	release_make(r, &m, key, "", none_left);
	free(m.list.server);
}

/* A list and a signature that were read apart belong together. */
static void
pair_holds(const char *dir, const struct minisign_pub *pub, uint64_t serial)
{
	char path[256], sig[MINISIGN_FILE_MAX];
	uint8_t id[MINISIGN_ID];
	char *text = xmalloc(ENTRY_BYTES + 1);
	struct entry_list list;
	ssize_t len, sig_len;
	const char *why;
	struct stat st;

	snprintf(path, sizeof(path), "%s/entry.json", dir);
	len = file_read(path, text, ENTRY_BYTES + 1);
	assert_true(len > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	snprintf(path, sizeof(path), "%s/entry.json.minisig", dir);
	sig_len = file_read(path, sig, sizeof(sig));
	assert_true(sig_len > 0);
	assert_true(minisign_verify(
	    pub, text, (size_t)len, sig, (size_t)sig_len, id, NULL, &why));
	assert_true(entry_parse(text, (size_t)len, &list, &why));
	assert_int_equal(list.serial, serial);
	entry_fini(&list);
	text[len / 2] ^= 1;
	assert_false(minisign_verify(
	    pub, text, (size_t)len, sig, (size_t)sig_len, id, NULL, &why));
	free(text);
}

static unsigned
editions(void)
{
	DIR *d = opendir("out");
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, "v.", 2) == 0;
	closedir(d);
	return n;
}

static void
publishes(void **state)
{
	struct minisign_key key;
	struct release r;

	(void)state;
	minisign_generate(&key);
	assert_int_equal(release_serial("out"), 0);
	mkdir("out", 0755);
	for (uint64_t serial = 5; serial < 9; serial++) {
		mode_t was = umask(077); /* others read it all the same */

		make(&r, 12, serial, &key);
		assert_int_equal(release_publish(&r, "out", serial), 0);
		umask(was);
		release_fini(&r);
		pair_holds("out/current", &key.pub, serial);
		assert_int_equal(release_serial("out"), serial);
		assert_int_equal(editions(), serial == 5 ? 1 : 2);
	}
	pair_holds("out/v.7", &key.pub, 7); /* for who still reads it */
	/* Either of them is enough to remember a serial by. */
	unlink("out/serial");
	assert_int_equal(release_serial("out"), 8);
	assert_int_equal(system("echo 100 > out/serial"), 0);
	assert_int_equal(release_serial("out"), 100);
	assert_int_equal(system("echo -5x > out/serial"), 0);
	assert_int_equal(release_serial("out"), 8);
}

/* What cannot be written leaves what was there. */
static void
keeps_the_last(void **state)
{
	struct minisign_key key;
	struct release r;

	(void)state;
	minisign_generate(&key);
	mkdir("out", 0755);
	make(&r, 3, 5, &key);
	assert_int_equal(release_publish(&r, "out", 5), 0);
	assert_int_equal(system("touch out/v.6"), 0);
	assert_int_not_equal(release_publish(&r, "out", 6), 0);
	pair_holds("out/current", &key.pub, 5);
	assert_int_not_equal(release_publish(&r, "none", 7), 0);
	release_fini(&r);
}

static void
exports(void **state)
{
	struct minisign_key key;
	struct release r;

	(void)state;
	minisign_generate(&key);
	for (uint64_t serial = 5; serial < 8; serial++) {
		make(&r, 12, serial, &key);
		assert_int_equal(release_export(&r, "dir"), 0);
		release_fini(&r);
		pair_holds("dir", &key.pub, serial);
		assert_int_equal(release_serial("dir"), serial);
	}
	assert_int_equal(access("dir/index.html", R_OK), 0);
	assert_int_equal(access("dir/zone.txt", R_OK), 0);
	make(&r, 1, 9, &key);
	assert_int_not_equal(release_export(&r, "no/such"), 0);
	release_fini(&r);
}

/* A list that would be too long loses those at its end. */
static void
too_long(void **state)
{
	struct minisign_key key;
	struct release r;
	struct model m;

	(void)state;
	minisign_generate(&key);
	entry_made(&m, ENTRY_SERVERS);
	for (unsigned i = 0; i < m.list.n; i++)
		m.list.server[i].record_len = RECORD_MAX;
	release_make(&r, &m, &key, "", none_left);
	assert_in_range(r.len[FILE_JSON], ENTRY_BYTES * 9 / 10, ENTRY_BYTES);
	assert_in_range(m.list.n, 500, ENTRY_SERVERS - 1);
	assert_int_equal(count(r.text[FILE_JSON], "\"id\":"), m.list.n);
	assert_int_equal(count(r.text[FILE_LINES], "\nvpla://"), m.list.n);
	release_fini(&r);
	free(m.list.server);
}

/* --- what the web server has of it --------------------------------------- */

static struct http_text
path_of(const char *text)
{
	return (struct http_text){ text, strlen(text) };
}

static void
names(void **state)
{
	static const char *const wrong[] = { "/x", "//", "/entry", "/./healthz",
		"/entry.jsonx", "/entry.json/", "/../serial", "/serial",
		"/%65ntry.json", "/ENTRY.JSON", "/current/entry.json" };

	(void)state;
	assert_int_equal(site_find(path_of("/")), FILE_PAGE);
	for (unsigned i = 0; i < FILES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/%s", file_kind(i)->name);
		assert_int_equal(site_find(path_of(path)), i);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(site_find(path_of(wrong[i])), FILES);
}

static void
loads(void **state)
{
	struct site *s, *t;
	struct minisign_key key;
	struct release r;

	(void)state;
	minisign_generate(&key);
	mkdir("out", 0755);
	assert_int_equal(chdir("out"), 0);
	assert_false(site_changed(NULL));
	assert_null(site_load());
	make(&r, 5, 5, &key);
	assert_int_equal(release_publish(&r, ".", 5), 0);
	assert_true(site_changed(NULL));
	s = site_load();
	assert_non_null(s);
	assert_false(site_changed(s));
	assert_int_equal(s->valid_until, MADE_AT + 86400);
	for (unsigned i = 0; i < FILES; i++) {
		assert_int_equal(s->file[i].len, r.len[i]);
		assert_memory_equal(s->file[i].data, r.text[i], r.len[i]);
	}
	release_fini(&r);
	make(&r, 5, 6, &key);
	assert_int_equal(release_publish(&r, ".", 6), 0);
	release_fini(&r);
	assert_true(site_changed(s));
	t = site_load();
	assert_non_null(t);
	assert_string_not_equal(
	    s->file[FILE_JSON].etag, t->file[FILE_JSON].etag);
	/* Who is still being served has the old one whole. */
	assert_int_equal(memcmp(site_ref(s)->file[FILE_JSON].data, "{", 1), 0);
	site_unref(s);
	site_unref(s);
	site_unref(t);
	/* An edition that lacks a file is none. */
	unlink("v.6/zone.txt");
	assert_null(site_load());
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(zone),
		cmocka_unit_test(figures),
		T(publishes),
		T(keeps_the_last),
		T(exports),
		T(too_long),
		T(names),
		T(loads),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
