#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmem.h"

#define CORRUPT_KEPT 3
#define FILE_MODE 0640 /* as db_open() makes it */

static void
remove_journal(const char *path)
{
	char *journal = xasprintf("%s-journal", path);

	(void)unlink(journal);
	free(journal);
}

static void
remove_files(const char *path)
{
	remove_journal(path);
	(void)unlink(path);
}

/* Their times are in their names, so glob() sorts them. */
static void
forget_oldest(const char *path)
{
	char *pattern = xasprintf("%s.corrupt-*[0-9]", path);
	glob_t g;
	size_t i;

	if (glob(pattern, 0, NULL, &g) == 0) {
		for (i = 0; i + CORRUPT_KEPT <= g.gl_pathc; i++)
			remove_files(g.gl_pathv[i]);
		globfree(&g);
	}
	free(pattern);
}

/* sqlite finds a journal by the name of its database, here as there. */
static int
move_file(const char *from, const char *to, const char *suffix)
{
	char *a = xasprintf("%s%s", from, suffix);
	char *b = xasprintf("%s%s", to, suffix);
	int rc = rename(a, b) < 0 && errno != ENOENT ? -errno : 0;

	free(a);
	free(b);
	return rc;
}

int
copy_set_aside(const char *path, int64_t now)
{
	char *to = xasprintf("%s.corrupt-%010" PRId64, path, now);
	int rc;

	forget_oldest(path);
	rc = move_file(path, to, "-journal");
	if (rc == 0)
		rc = move_file(path, to, "");
	free(to);
	return rc;
}

char *
copy_path(const char *path, unsigned n)
{
	return xasprintf("%s.%u", path, n);
}

bool
copy_is_missing(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT;
	return st.st_size == 0;
}

bool
copy_is_due(const char *path, int64_t now)
{
	char *newest = copy_path(path, 1);
	struct stat st;
	bool due = stat(newest, &st) < 0 || st.st_mtim.tv_sec > now ||
	    now - st.st_mtim.tv_sec >= COPY_EVERY_S;

	free(newest);
	return due;
}

/* 0 or -errno, as all below. */
static int
sync_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int
sync_folder(const char *path)
{
	char *text = xstrdup(path);
	int rc = sync_file(dirname(text), O_RDONLY | O_DIRECTORY);

	free(text);
	return rc;
}

/* The older copy goes only when the new one is on the disk. */
static int
rotate(const char *path, const char *made)
{
	char *one = copy_path(path, 1), *two = copy_path(path, 2);
	int rc = sync_file(made, O_RDONLY);

	if (rc == 0 && rename(one, two) < 0 && errno != ENOENT)
		rc = -errno;
	if (rc == 0 && rename(made, one) < 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(path);
	free(one);
	free(two);
	return rc;
}

static enum db_rc
result(int rc, char why[static DB_WHY])
{
	if (rc == 0)
		return DB_OK;
	snprintf(why, DB_WHY, "%s", strerror(-rc));
	return DB_FAILED;
}

enum db_rc
copy_make(
    struct db *db, const char *path, atomic_bool *quit, char why[static DB_WHY])
{
	char *made = xasprintf("%s.new", path);
	enum db_rc rc;

	remove_files(made); /* of an earlier life */
	rc = db_copy(db, made, quit);
	if (rc == DB_OK)
		rc = result(rotate(path, made), why);
	else
		memcpy(why, db_why(db), DB_WHY);
	if (rc != DB_OK)
		remove_files(made);
	free(made);
	return rc;
}

/* Reads on until the end; *ret_read: it was the reading that failed. */
static int
pour(int from, int to, bool *ret_read)
{
	char buf[16384];
	ssize_t n, done;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (done = 0; done < n;) {
			ssize_t k = write(to, buf + done, (size_t)(n - done));

			if (k < 0)
				return -errno;
			done += k;
		}
	}
	*ret_read = n < 0;
	return n < 0 ? -errno : 0;
}

/* *ret_read: nothing is wrong with the disk but for this copy. */
static int
clone_file(const char *from, const char *to, bool *ret_read)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, rc;

	*ret_read = in < 0;
	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	rc = out < 0 ? -errno : 0;
	if (rc == 0)
		rc = pour(in, out, ret_read);
	if (rc == 0 && (fchmod(out, FILE_MODE) < 0 || fsync(out) < 0))
		rc = -errno;
	if (out >= 0)
		close(out);
	close(in);
	return rc;
}

/* A journal that is left there belongs to no file any more. */
static int
put_in_place(const char *path, const char *made)
{
	remove_journal(path);
	if (rename(made, path) < 0)
		return -errno;
	return sync_folder(path);
}

/* DB_DAMAGED, DB_NEWER: this copy is of no use. */
static enum db_rc
restore_one(const char *path, const char *copy, const struct db_schema *schema,
    char why[static DB_WHY])
{
	char *made = xasprintf("%s.new", path);
	enum db_rc rc = DB_DAMAGED;
	bool unread;
	int err;

	remove_files(made);
	err = clone_file(copy, made, &unread);
	if (err < 0 && !unread)
		rc = result(err, why);
	if (err == 0) {
		db_close(db_open(made, schema, &rc, why));
		if (rc == DB_OK)
			rc = result(put_in_place(path, made), why);
	}
	if (rc != DB_OK)
		remove_files(made);
	free(made);
	return rc;
}

enum db_rc
copy_restore(const char *path, const struct db_schema *schema, unsigned *ret,
    char why[static DB_WHY])
{
	enum db_rc rc = DB_DAMAGED;
	unsigned n;

	for (n = 1; n <= COPIES; n++) {
		char *copy = copy_path(path, n);

		if (!copy_is_missing(copy))
			rc = restore_one(path, copy, schema, why);
		free(copy);
		if (rc != DB_DAMAGED && rc != DB_NEWER)
			break;
	}
	*ret = rc == DB_OK ? n : 0;
	return rc == DB_FAILED ? DB_FAILED : DB_OK;
}
