#include "store/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmem.h"

#define NO_MEMORY "out of memory" /* as sqlite says it */
#define FILE_MODE 0640		  /* the entry server reads it by its group */
#define QUIT_OPS 10000 /* steps of sqlite between two looks, about 1 ms */

struct db {
	sqlite3 *sql;
	const struct db_schema *schema; /* while it is opened */
	sqlite3_stmt **stmt;
	unsigned n_stmts;
	char why[DB_WHY];
};

static enum db_rc
db_fail(struct db *db, enum db_rc rc, const char *what, const char *why)
{
	snprintf(db->why, sizeof(db->why), "%s%s%s", what,
	    *what != '\0' ? ": " : "", why);
	return rc;
}

/* The text for people: errno says more than "disk I/O error". */
static const char *
why_of(sqlite3 *sql, int rc)
{
	int err = sqlite3_system_errno(sql);

	switch (rc) {
	case SQLITE_READONLY_ROLLBACK:
	case SQLITE_READONLY_RECOVERY:
	case SQLITE_READONLY_CANTLOCK:
		return "a journal waits for the one who writes";
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return err != 0 ? strerror(err) : sqlite3_errmsg(sql);
	default:
		return sqlite3_errmsg(sql);
	}
}

static enum db_rc
db_result(struct db *db, int rc)
{
	enum db_rc is;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return DB_OK;
	case SQLITE_ROW:
		return DB_ROW;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		is = DB_REFUSED;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR: /* our SQL is right: a table or column is missing */
	case SQLITE_SCHEMA:
		is = DB_DAMAGED;
		break;
	default:
		is = DB_FAILED;
		break;
	}
	return db_fail(db, is, "", why_of(db->sql, rc));
}

static enum db_rc
db_exec(struct db *db, const char *sql)
{
	return db_result(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

/* As the log wants it. */
static void
one_line(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			*text = ' ';
}

/* The first column of the first row. */
static enum db_rc
ask(struct db *db, const char *sql, char *text, size_t max)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);
	const unsigned char *is;

	*text = '\0';
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		is = sqlite3_column_text(st, 0);
		snprintf(text, max, "%s", is != NULL ? (const char *)is : "");
		one_line(text);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return db_result(db, rc);
}

/* Against what a file may hold beside our tables. */
static enum db_rc
guard(struct db *db)
{
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, DB_BUSY_MS);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return db_exec(db,
	    "PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON");
}

/*
 * EXTRA and not FULL: the end of a rollback journal is its removal, and FULL
 * leaves that to the kernel (doc/decisions/0017-store-extra.md).
 */
static enum db_rc
set_up(struct db *db)
{
	char mode[16];
	enum db_rc rc = guard(db);

	if (rc == DB_OK)
		rc = db_exec(db, "PRAGMA synchronous = EXTRA");
	if (rc == DB_OK)
		rc =
		    ask(db, "PRAGMA journal_mode = DELETE", mode, sizeof(mode));
	if (rc == DB_OK && strcmp(mode, "delete") != 0)
		rc = db_fail(db, DB_FAILED, "journal mode", mode);
	return rc;
}

/*
 * sqlite takes the missing rest of a last page for zeros, and so for what a
 * record may well hold.
 */
static enum db_rc
check_length(struct db *db)
{
	char text[DB_WHY / 2];
	enum db_rc rc = ask(db, "PRAGMA page_size", text, sizeof(text));
	long page = strtol(text, NULL, 10);
	struct stat st;

	if (rc != DB_OK)
		return rc;
	if (stat(sqlite3_db_filename(db->sql, "main"), &st) < 0)
		return db_fail(db, DB_FAILED, "", strerror(errno));
	if (page <= 0 || st.st_size % page != 0)
		return db_fail(db, DB_DAMAGED, "", "it ends within a page");
	return DB_OK;
}

enum db_rc
db_check(struct db *db)
{
	char text[DB_WHY / 2];
	enum db_rc rc;

	sqlite3_db_release_memory(db->sql); /* what the disk has now */
	rc = ask(db, "PRAGMA quick_check(1)", text, sizeof(text));
	if (rc == DB_OK && strcmp(text, "ok") != 0)
		rc = db_fail(db, DB_DAMAGED, "quick_check", text);
	if (rc == DB_OK)
		rc = check_length(db);
	return rc;
}

static enum db_rc
migrate_step(struct db *db, unsigned to)
{
	char stamp[48];
	enum db_rc rc = db_begin(db);

	if (rc != DB_OK)
		return rc;
	snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %u", to);
	rc = db_exec(db, db->schema->migration[to - 1]);
	if (rc == DB_OK)
		rc = db_exec(db, stamp);
	if (rc == DB_OK)
		rc = db_commit(db);
	if (rc != DB_OK)
		db_rollback(db);
	return rc;
}

static enum db_rc
ask_version(struct db *db, long *ret)
{
	char text[16];
	enum db_rc rc = ask(db, "PRAGMA user_version", text, sizeof(text));

	*ret = strtol(text, NULL, 10);
	if (rc != DB_OK)
		return rc;
	if (*ret < 0)
		return db_fail(db, DB_DAMAGED, "its version is", text);
	if (*ret > (long)db->schema->n_migrations)
		return db_fail(db, DB_NEWER,
		    "a later release has written it, as version", text);
	return DB_OK;
}

static enum db_rc
migrate(struct db *db)
{
	long is;
	enum db_rc rc = ask_version(db, &is);

	while (rc == DB_OK && is < (long)db->schema->n_migrations)
		rc = migrate_step(db, (unsigned)++is);
	return rc;
}

static enum db_rc
prepare(struct db *db)
{
	enum db_rc rc = DB_OK;

	db->stmt = try_calloc(db->schema->n_stmts, sizeof(sqlite3_stmt *));
	if (db->stmt == NULL)
		return db_fail(db, DB_FAILED, "", NO_MEMORY);
	while (rc == DB_OK && db->n_stmts < db->schema->n_stmts) {
		unsigned i = db->n_stmts++;

		rc = db_result(db,
		    sqlite3_prepare_v3(db->sql, db->schema->stmt[i], -1,
			SQLITE_PREPARE_PERSISTENT, &db->stmt[i], NULL));
	}
	return rc;
}

static enum db_rc
open_file(struct db *db, const char *path, int flags)
{
	int rc =
	    sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (db->sql == NULL)
		return db_fail(db, DB_FAILED, "", sqlite3_errstr(rc));
	return db_result(db, rc);
}

static struct db *
db_new(const struct db_schema *schema, enum db_rc *rc, char why[static DB_WHY])
{
	struct db *db = try_calloc(1, sizeof(*db));

	if (db != NULL) {
		db->schema = schema;
		return db;
	}
	*rc = DB_FAILED;
	snprintf(why, DB_WHY, NO_MEMORY);
	return NULL;
}

static struct db *
opened(struct db *db, enum db_rc rc, char why[static DB_WHY])
{
	db->schema = NULL;
	if (rc == DB_OK)
		return db;
	memcpy(why, db->why, DB_WHY);
	db_close(db);
	return NULL;
}

/* Without the right to write sqlite opens it for reading, better than nothing.
 */
struct db *
db_open(const char *path, const struct db_schema *schema, enum db_rc *rc,
    char why[static DB_WHY])
{
	struct db *db = db_new(schema, rc, why);
	bool is_new = access(path, F_OK) < 0;

	if (db == NULL)
		return NULL;
	*rc = open_file(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (*rc == DB_OK)
		*rc = set_up(db);
	if (*rc == DB_OK)
		*rc = db_check(db);
	if (*rc == DB_OK)
		*rc = migrate(db);
	if (*rc == DB_OK)
		*rc = prepare(db);
	if (*rc == DB_OK && is_new)
		(void)chmod(path, FILE_MODE);
	return opened(db, *rc, why);
}

/* The first question takes the lock, and whoever writes waits from then on. */
static enum db_rc
check_version(struct db *db)
{
	long is;
	enum db_rc rc = ask_version(db, &is);

	if (rc == DB_OK && is < (long)db->schema->n_migrations)
		rc = db_fail(db, DB_FAILED, "",
		    "its owner has not brought it up to date yet");
	return rc;
}

struct db *
db_open_read(const char *path, const struct db_schema *schema, enum db_rc *rc,
    char why[static DB_WHY])
{
	struct db *db = db_new(schema, rc, why);

	if (db == NULL)
		return NULL;
	*rc = open_file(db, path, SQLITE_OPEN_READONLY);
	if (*rc == DB_OK)
		*rc = guard(db);
	if (*rc == DB_OK)
		*rc = db_exec(db, "BEGIN");
	if (*rc == DB_OK)
		*rc = check_version(db);
	if (*rc == DB_OK)
		*rc = prepare(db);
	return opened(db, *rc, why);
}

void
db_close(struct db *db)
{
	unsigned i;

	if (db == NULL)
		return;
	for (i = 0; i < db->n_stmts; i++)
		sqlite3_finalize(db->stmt[i]);
	free(db->stmt);
	sqlite3_close(db->sql);
	free(db);
}

sqlite3_stmt *
db_stmt(struct db *db, unsigned id)
{
	return db->stmt[id];
}

enum db_rc
db_step(struct db *db, sqlite3_stmt *st)
{
	enum db_rc rc = db_result(db, sqlite3_step(st));

	if (rc != DB_ROW) {
		sqlite3_reset(st);
		sqlite3_clear_bindings(st);
	}
	return rc;
}

enum db_rc
db_begin(struct db *db)
{
	return db_exec(db, "BEGIN IMMEDIATE");
}

enum db_rc
db_commit(struct db *db)
{
	return db_exec(db, "COMMIT");
}

/* sqlite has done so already after some errors; then this one fails. */
void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sql))
		(void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

static int
shall_quit(void *arg)
{
	return atomic_load((atomic_bool *)arg);
}

enum db_rc
db_copy(struct db *db, const char *to, atomic_bool *quit)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->sql, "VACUUM INTO ?1", -1, &st, NULL);

	sqlite3_progress_handler(db->sql, QUIT_OPS, shall_quit, quit);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	sqlite3_finalize(st);
	sqlite3_progress_handler(db->sql, 0, NULL, NULL);
	return db_result(db, rc);
}

const char *
db_why(const struct db *db)
{
	return db->why;
}
