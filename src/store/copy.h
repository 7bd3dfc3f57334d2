/*
 * What lies beside the database: damaged files that were set aside
 * (PATH.corrupt-TIME) and its daily copies, PATH.1 and the older PATH.2
 * (doc/decisions/0022-store-copies.md).
 */
#ifndef VPLAM_STORE_COPY_H
#define VPLAM_STORE_COPY_H

#include "store/db.h"

#define COPIES 2
#define COPY_EVERY_S 86400

/*
 * Moves a damaged file, and the journal that belongs to it, out of the way:
 * PATH.corrupt-NOW. Of those the newest three stay. 0 or -errno.
 */
int copy_set_aside(const char *path, int64_t now);

/* No copy was made in the day before now, or the clock was wrong then. */
bool copy_is_due(const char *path, int64_t now);

/*
 * A copy of what was committed becomes PATH.1, whole or not at all, and what
 * that was PATH.2. The caller has checked the database. Given up when *quit.
 */
enum db_rc copy_make(struct db *db, const char *path, atomic_bool *quit,
    char why[static DB_WHY]);

/*
 * There is nothing at path, as after copy_set_aside(): puts there the newest
 * copy that is sound, brought to the schema, and says which in *ret: 1 or 2; 0:
 * none is. DB_FAILED: it may go later.
 */
enum db_rc copy_restore(const char *path, const struct db_schema *schema,
    unsigned *ret, char why[static DB_WHY]);

/* No file, or an empty one, which holds nothing. */
bool copy_is_missing(const char *path);

/* The name of the n-th copy, for free(). */
char *copy_path(const char *path, unsigned n);

#endif
