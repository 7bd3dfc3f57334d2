/* Records to rows of an open database and back, and which rows are too old. */
#ifndef VPLAM_STORE_RECDB_H
#define VPLAM_STORE_RECDB_H

#include "store/db.h"
#include "store/rec.h"

/*
 * Hands over every record, kind after kind as they are numbered, each from the
 * oldest. Rows with values out of their range are left out and counted in
 * *ret_bad.
 */
enum db_rc recdb_load(
    struct db *db, store_rec_fn *each, void *arg, unsigned *ret_bad);
/* Those of one kind; *bad grows. */
enum db_rc recdb_load_kind(struct db *db, enum store_kind kind,
    store_rec_fn *each, void *arg, unsigned *bad);

/* Writes or forgets one; within db_begin() and db_commit(). */
enum db_rc recdb_put(struct db *db, const struct store_rec *rec);

/*
 * Forgets what is too old: moves of more than 31 days but for the last 16,
 * networks not seen for 180 days but for the last 64, reservations that ended
 * a day ago, closed demands but for the last 64, peers but for 16384 that were
 * reached and 1024 that were not, revocations but for the last 4096, lists not
 * seen for a year but for the last 64.
 */
enum db_rc recdb_prune(struct db *db, int64_t now);

#endif
