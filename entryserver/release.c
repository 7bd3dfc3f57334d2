#include "entryserver/release.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "entryserver/lists.h"
#include "entryserver/page.h"

#define EDITION "v."
#define SERIAL_FILE "serial"
#define PATH_BYTES 512

static const struct file_kind kinds[FILES] = {
	[FILE_JSON] = { "entry.json", "application/json" },
	[FILE_SIG] = { "entry.json.minisig", "text/plain; charset=utf-8" },
	[FILE_LINES] = { "entry.txt", "text/plain; charset=utf-8" },
	[FILE_PAGE] = { "index.html", "text/html; charset=utf-8" },
	[FILE_ZONE] = { "zone.txt", "text/plain; charset=utf-8" },
	[FILE_HEALTH] = { "healthz", "text/plain; charset=utf-8" },
	[FILE_METRICS] = { "metrics", "text/plain; version=0.0.4" },
};

const struct file_kind *
file_kind(enum file_id id)
{
	return &kinds[id];
}

/* --- make ---------------------------------------------------------------- */

static FILE *
file_begin(struct release *r, enum file_id id)
{
	FILE *f = open_memstream(&r->text[id], &r->len[id]);

	if (f == NULL)
		fatal("open_memstream");
	return f;
}

static void
file_end(FILE *f)
{
	if (ferror(f) != 0 || fclose(f) != 0)
		fatalx("out of memory");
}

/* The best that fit; what is cut off is a few of the last. */
static void
make_list(struct release *r, struct model *m)
{
	for (;;) {
		char *text = entry_write(&m->list, &r->len[FILE_JSON]);

		if (r->len[FILE_JSON] <= ENTRY_BYTES || m->list.n == 0) {
			r->text[FILE_JSON] = text;
			return;
		}
		free(text);
		m->list.n -= m->list.n / 64 + 1;
	}
}

static void
sign_list(
    struct release *r, const struct model *m, const struct minisign_key *key)
{
	char trusted[MINISIGN_COMMENT], pub[MINISIGN_KEY_TEXT];
	char sig[MINISIGN_FILE_MAX];
	FILE *f = file_begin(r, FILE_SIG);

	minisign_pub_format(&key->pub, pub);
	snprintf(trusted, sizeof(trusted),
	    "timestamp:%" PRId64 "\tfile:%s\tserial:%" PRIu64
	    "\tvalid-until:%" PRId64 "\tkey:%s",
	    m->list.generated, file_kind(FILE_JSON)->name, m->list.serial,
	    m->list.valid_until, pub);
	minisign_sign(key, r->text[FILE_JSON], r->len[FILE_JSON], trusted, sig);
	fputs(sig, f);
	file_end(f);
}

void
release_make(struct release *ret, struct model *m,
    const struct minisign_key *key, const char *zone,
    const unsigned left[LEFT_KINDS])
{
	FILE *f;

	*ret = (struct release){ 0 };
	make_list(ret, m);
	sign_list(ret, m, key);
	m->up = 0;
	for (unsigned i = 0; i < m->list.n; i++)
		m->up += m->list.server[i].up;
	lines_write(m, f = file_begin(ret, FILE_LINES));
	file_end(f);
	page_write(m, f = file_begin(ret, FILE_PAGE));
	file_end(f);
	zone_write(m, zone, f = file_begin(ret, FILE_ZONE));
	file_end(f);
	health_write(m, f = file_begin(ret, FILE_HEALTH));
	file_end(f);
	metrics_write(m, left, f = file_begin(ret, FILE_METRICS));
	file_end(f);
}

void
release_fini(struct release *r)
{
	for (unsigned i = 0; i < FILES; i++)
		free(r->text[i]);
	*r = (struct release){ 0 };
}

/* --- lay out ------------------------------------------------------------- */

static int
write_all(const struct release *r, const char *dir)
{
	char path[PATH_BYTES];
	int rc = 0;

	for (unsigned i = 0; i < FILES && rc == 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, file_kind(i)->name);
		rc = file_write(path, r->text[i], r->len[i], 0644);
	}
	return rc;
}

static int
make_folder(const char *path)
{
	/* Not what the umask leaves: the web server is another user. */
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return chmod(path, 0755) < 0 ? -errno : 0;
}

int
release_export(const struct release *r, const char *dir)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	return write_all(r, dir);
}

static bool
serial_parse(const char *text, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && (*end == '\0' || *end == '\n');
}

/* Of the list that lies there; 0: none. */
static uint64_t
list_serial(const char *dir)
{
	char path[PATH_BYTES], *text = xmalloc(ENTRY_BYTES + 1);
	struct entry_list list;
	uint64_t serial = 0;
	const char *why;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, file_kind(FILE_JSON)->name);
	len = file_read(path, text, ENTRY_BYTES + 1);
	if (len > 0 && entry_parse(text, (size_t)len, &list, &why)) {
		serial = list.serial;
		entry_fini(&list);
	}
	free(text);
	return serial;
}

uint64_t
release_serial(const char *out)
{
	char path[PATH_BYTES], text[64];
	uint64_t most = list_serial(out), serial;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/" SERIAL_FILE, out);
	if (file_read(path, text, sizeof(text)) > 0 &&
	    serial_parse(text, &serial))
		most = serial;
	d = opendir(out);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, EDITION, strlen(EDITION)) == 0 &&
		    serial_parse(e->d_name + strlen(EDITION), &serial) &&
		    serial > most)
			most = serial;
	if (d != NULL)
		closedir(d);
	return most;
}

static void
remove_edition(const char *out, const char *name)
{
	char path[PATH_BYTES];

	for (unsigned i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", out, name,
		    file_kind(i)->name);
		unlink(path);
		strncat(path, ".new", sizeof(path) - strlen(path) - 1);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", out, name);
	rmdir(path);
}

/* All but the newest and the one before it. */
static void
remove_old(const char *out, uint64_t newest, uint64_t before)
{
	DIR *d = opendir(out);
	struct dirent *e;
	uint64_t serial;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, EDITION, strlen(EDITION)) == 0 &&
		    serial_parse(e->d_name + strlen(EDITION), &serial) &&
		    serial != newest && serial != before)
			remove_edition(out, e->d_name);
	if (d != NULL)
		closedir(d);
}

/* Where current leads to now; 0: nowhere. */
static uint64_t
current_serial(const char *out)
{
	char path[PATH_BYTES], to[64];
	uint64_t serial = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/" FILES_CURRENT, out);
	len = readlink(path, to, sizeof(to) - 1);
	if (len <= (ssize_t)strlen(EDITION))
		return 0;
	to[len] = '\0';
	return serial_parse(to + strlen(EDITION), &serial) ? serial : 0;
}

static int
turn_current(const char *out, uint64_t serial)
{
	char path[PATH_BYTES], made[PATH_BYTES], to[64];

	snprintf(path, sizeof(path), "%s/" FILES_CURRENT, out);
	snprintf(made, sizeof(made), "%s/" FILES_CURRENT ".new", out);
	snprintf(to, sizeof(to), EDITION "%" PRIu64, serial);
	unlink(made);
	if (symlink(to, made) < 0 || rename(made, path) < 0)
		return -errno;
	return 0;
}

int
release_publish(const struct release *r, const char *out, uint64_t serial)
{
	char path[PATH_BYTES], text[32];
	uint64_t before = current_serial(out);
	int rc;

	/* First of all: a number that was out once is never used again. */
	snprintf(path, sizeof(path), "%s/" SERIAL_FILE, out);
	snprintf(text, sizeof(text), "%" PRIu64 "\n", serial);
	rc = file_write(path, text, strlen(text), 0644);
	snprintf(path, sizeof(path), "%s/" EDITION "%" PRIu64, out, serial);
	if (rc == 0)
		rc = make_folder(path);
	if (rc == 0)
		rc = write_all(r, path);
	if (rc == 0)
		rc = turn_current(out, serial);
	if (rc == 0)
		remove_old(out, serial, before);
	return rc;
}
