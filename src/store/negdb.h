/* The queries for what the negotiation of addresses remembers. */
#ifndef VPLAM_STORE_NEGDB_H
#define VPLAM_STORE_NEGDB_H

#include "store/db.h"
#include "store/rec.h"

/*
 * Hands over every record: self first, then networks, moves, reservations and
 * demands, each from the oldest. Rows with values out of their range are left
 * out and counted in *ret_bad.
 */
enum db_rc negdb_load(
    struct db *db, store_rec_fn *each, void *arg, unsigned *ret_bad);

/* Writes or forgets one; within db_begin() and db_commit(). */
enum db_rc negdb_put(struct db *db, const struct store_rec *rec);

/*
 * Forgets what is too old: moves of more than 31 days but for the last 16,
 * networks not seen for 180 days but for the last 64, reservations that ended
 * a day ago, closed demands but for the last 64.
 */
enum db_rc negdb_prune(struct db *db, int64_t now);

#endif
