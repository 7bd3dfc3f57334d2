/* The store as the entry server reads it, while another writes. */
#include "store/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/recdb.h"
#include "store/schema.h"
#include "tests/unit/store_made.h"

#define WHO 50

static int
enter(void **state)
{
	char dir[] = "/tmp/vplama-reader-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
leave(void **state)
{
	struct dirent *e;
	DIR *d = opendir(".");
	int rc;

	while ((e = readdir(d)) != NULL)
		(void)unlink(e->d_name);
	closedir(d);
	rc = chdir("/") < 0 || rmdir(*state) < 0;
	free(*state);
	return rc;
}

/* Names, sizes and times of all that is there: has anything been touched? */
static void
footprint(char *text, size_t max)
{
	struct dirent **e;
	int n = scandir(".", &e, NULL, alphasort), i;
	size_t len = 0;
	struct stat st;

	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(stat(e[i]->d_name, &st), 0);
		if (strcmp(e[i]->d_name, "..") != 0)
			len += (size_t)snprintf(text + len, max - len,
			    "%s %lld %lld.%09ld\n", e[i]->d_name,
			    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			    st.st_mtim.tv_nsec);
		assert_true(len < max);
		free(e[i]);
	}
	free(e);
}

static struct db *
writer(void)
{
	const struct db_schema s = schema_now();
	char why[DB_WHY];
	enum db_rc rc;
	struct db *db = db_open("db", &s, &rc, why);

	assert_non_null(db);
	return db;
}

/* Version n of each kind and number. */
static void
put_all(struct db *db, uint32_t n)
{
	struct made m;
	unsigned who;

	for (who = 0; who < WHO; who++) {
		unsigned kind;

		for (kind = 0; kind < STORE_KINDS; kind++) {
			made_init(&m, (enum store_kind)kind,
			    made_alone((enum store_kind)kind) ? 0 : who, n);
			m.rec.u.move.id += kind == STORE_MOVE ? 1 + who : 0;
			if (kind == STORE_PEER)
				m.rec.u.peer.reached = who % 2;
			assert_int_equal(recdb_put(db, &m.rec), DB_OK);
		}
	}
}

static void
write_all(uint32_t n)
{
	struct db *db = writer();

	assert_int_equal(db_begin(db), DB_OK);
	put_all(db, n);
	assert_int_equal(db_commit(db), DB_OK);
	db_close(db);
}

struct got {
	unsigned n[STORE_KINDS];
	enum store_kind last;
	uint32_t version;
};

static void
get(void *arg, const struct store_rec *rec)
{
	struct store_rec r = *rec;
	struct got *g = arg;
	unsigned who;
	struct made m;

	if (r.kind == STORE_PEER) { /* an odd version has it reached */
		assert_true(r.u.peer.reached);
		made_init(&m, STORE_PEER, 0, g->version);
		r.u.peer.reached = m.rec.u.peer.reached;
	}
	assert_int_equal(made_check(&r, &who), g->version);
	assert_true(g->last <= r.kind);
	g->last = r.kind;
	g->n[r.kind]++;
}

static enum db_rc
reads(struct got *g, uint32_t version, char why[static DB_WHY])
{
	char before[2048], after[2048];
	enum db_rc rc;

	*why = '\0';
	memset(g, 0, sizeof(*g));
	g->version = version;
	footprint(before, sizeof(before));
	rc = reader_load("db", get, g, why);
	footprint(after, sizeof(after));
	assert_string_equal(before, after);
	return rc;
}

static void
reads_version(uint32_t version)
{
	char why[DB_WHY];
	struct got g;
	unsigned all = 0, i;

	assert_int_equal(reads(&g, version, why), DB_OK);
	assert_int_equal(g.n[STORE_WATCH], 1);
	assert_int_equal(g.n[STORE_REVOKED], WHO);
	assert_int_equal(g.n[STORE_PEER], WHO / 2);
	for (i = 0; i < STORE_KINDS; i++)
		all += g.n[i];
	assert_int_equal(all, 1 + WHO + WHO / 2); /* nothing else */
}

static void
fails(enum db_rc want, const char *text)
{
	char why[DB_WHY];
	struct got g;

	assert_int_equal(reads(&g, 0, why), want);
	if (strstr(why, text) == NULL)
		print_error("'%s' is not in '%s'\n", text, why);
	assert_non_null(strstr(why, text));
}

static void
what_is_there(void **state)
{
	(void)state;
	write_all(1);
	reads_version(1);
	write_all(2);
	reads_version(2);
	assert_int_equal(chmod("db", 0400), 0);
	reads_version(2);
}

static void
exec_raw(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sqlite3 *
raw(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	return db;
}

/* Before the daemon has done its part: nothing is made in its place. */
static void
not_yet(void **state)
{
	struct db_schema s = schema_now();
	char why[DB_WHY];
	enum db_rc rc;
	FILE *f;

	(void)state;
	fails(DB_FAILED, "No such file");
	f = fopen("db", "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	fails(DB_FAILED, "up to date");
	f = fopen("db-journal", "w"); /* begun, not committed */
	assert_non_null(f);
	assert_int_equal(fwrite("x", 1, 1, f), 1);
	assert_int_equal(fclose(f), 0);
	fails(DB_FAILED, "");
	assert_int_equal(unlink("db-journal"), 0);
	s.n_migrations = 1;
	s.n_stmts = 0;
	db_close(db_open("db", &s, &rc, why));
	fails(DB_FAILED, "up to date");
	write_all(1);
	reads_version(1);
}

static void
newer(void **state)
{
	sqlite3 *db;

	(void)state;
	write_all(1);
	db = raw();
	exec_raw(db, "PRAGMA user_version = 99");
	sqlite3_close(db);
	fails(DB_NEWER, "later release");
}

static void
damaged(void **state)
{
	FILE *f;
	unsigned i;

	(void)state;
	write_all(1);
	f = fopen("db", "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096, SEEK_SET), 0);
	for (i = 0; i < 65536; i++)
		fputc(0x5a, f);
	assert_int_equal(fclose(f), 0);
	fails(DB_DAMAGED, "malformed");
	f = fopen("db", "w");
	for (i = 0; i < 1000; i++)
		fputs("no database\n", f);
	assert_int_equal(fclose(f), 0);
	fails(DB_DAMAGED, "not a database");
}

/* Who writes does not disturb us, nor do we wait for ever. */
static void
beside_a_writer(void **state)
{
	struct db *db;
	sqlite3 *other;
	struct mono start;

	(void)state;
	write_all(1);
	db = writer();
	assert_int_equal(db_begin(db), DB_OK);
	put_all(db, 2);
	reads_version(1);
	assert_int_equal(db_commit(db), DB_OK);
	reads_version(2);
	db_close(db);

	other = raw();
	exec_raw(other, "BEGIN EXCLUSIVE");
	start = clock_mono();
	fails(DB_FAILED, "locked");
	assert_true(mono_since(start, clock_mono()) < 5 * MONO_SEC);
	sqlite3_close(other);
	reads_version(2);
}

/* What a reader has begun to read is one state; it waits for nobody. */
static void
one_state(void **state)
{
	const struct db_schema s = schema_now();
	char why[DB_WHY];
	enum db_rc rc;
	unsigned bad = 0;
	struct got g = { .version = 1 };
	struct db *db, *reader;

	(void)state;
	write_all(1);
	reader = db_open_read("db", &s, &rc, why);
	assert_non_null(reader);
	db = writer();
	assert_int_equal(db_begin(db), DB_OK);
	put_all(db, 2);
	assert_int_equal(db_commit(db), DB_FAILED);
	assert_int_equal(
	    recdb_load_kind(reader, STORE_REVOKED, get, &g, &bad), DB_OK);
	assert_int_equal(g.n[STORE_REVOKED], WHO);
	db_close(reader);
	assert_int_equal(db_commit(db), DB_OK);
	db_close(db);
	reads_version(2);
}

/* Killed with half of a transaction in the file. */
static void
dies_in_between(void)
{
	sqlite3 *db = raw();

	exec_raw(db, "PRAGMA cache_size = 2; BEGIN IMMEDIATE");
	exec_raw(db, "UPDATE revoked SET at = 1");
	exec_raw(db, "DELETE FROM peer");
	exec_raw(db, "UPDATE watch SET at = 1");
	_exit(0);
}

static void
hot_journal(void **state)
{
	struct stat st;
	int status;
	pid_t pid;

	(void)state;
	write_all(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		dies_in_between();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(stat("db-journal", &st), 0);
	assert_true(st.st_size > 512);
	fails(DB_FAILED, "a journal waits");
	db_close(writer());
	reads_version(1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_there),
		T(not_yet),
		T(newer),
		T(damaged),
		T(beside_a_writer),
		T(one_state),
		T(hot_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
