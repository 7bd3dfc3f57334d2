/*
 * One connection to a sqlite file: opened so that what was committed stays,
 * checked, brought to the newest schema, its statements prepared.
 */
#ifndef VPLAM_STORE_DB_H
#define VPLAM_STORE_DB_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DB_BUSY_MS 1000 /* how long we wait for who reads the file */

enum db_rc {
	DB_OK,
	DB_ROW,	    /* db_step(): there is one */
	DB_FAILED,  /* disk full, no rights, I/O error: may pass */
	DB_REFUSED, /* this row breaks a rule of its table */
	DB_DAMAGED, /* what lies there is no database of ours, or broken */
	DB_NEWER,   /* written by a later release */
};

/* Borrowed, for as long as the connection is open. */
struct db_schema {
	const char *const *migration; /* the n-th leads to user_version n */
	unsigned n_migrations;
	const char *const *stmt;
	unsigned n_stmts;
};

#define DB_WHY 160

/*
 * An open connection; one thread at a time. Opens or makes the file, checks it
 * and migrates it, each step in a transaction of its own. A new file can be
 * read by its group. Else NULL, *rc and
 * why, a sentence for the log.
 */
struct db *db_open(const char *path, const struct db_schema *schema,
    enum db_rc *rc, char why[static DB_WHY]);
/*
 * The same for another process that only reads: one transaction that lasts
 * until db_close(), and that the writer has to wait for. Makes no file and
 * checks none; a journal that waits for its owner is DB_FAILED.
 */
struct db *db_open_read(const char *path, const struct db_schema *schema,
    enum db_rc *rc, char why[static DB_WHY]);
void db_close(struct db *db); /* rolls back; NULL is fine */

/*
 * Statement number id of the schema, reset: bind by sqlite3_bind_*(), counting
 * from 1, then db_step() until it is not DB_ROW.
 */
sqlite3_stmt *db_stmt(struct db *db, unsigned id);

/* Anything but DB_ROW has reset the statement and freed what was bound. */
enum db_rc db_step(struct db *db, sqlite3_stmt *st);

/* After db_commit() gave DB_OK it is on the disk. On failure: db_rollback(). */
enum db_rc db_begin(struct db *db);
enum db_rc db_commit(struct db *db);
void db_rollback(struct db *db);

/* Are its pages and indices sound? db_open() asks as well. */
enum db_rc db_check(struct db *db);

/*
 * Writes all of it into a file that is not there yet, and syncs nothing. Given
 * up as DB_FAILED soon after *quit is set.
 */
enum db_rc db_copy(struct db *db, const char *to, atomic_bool *quit);

/* Of the last thing that was not DB_OK; until the next. */
const char *db_why(const struct db *db);

#endif
