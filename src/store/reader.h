/*
 * The database as another process reads it: read-only, in one short
 * transaction; the entry server's way in. Never writes, not even a journal.
 */
#ifndef VPLAM_STORE_READER_H
#define VPLAM_STORE_READER_H

#include "store/db.h"
#include "store/rec.h"

/*
 * Hands over the rows of peers (reached ones), revocations and the watch row,
 * watch first. DB_FAILED: try again later (locked, or a journal waits for its
 * owner); DB_NEWER, DB_DAMAGED: as they are; why is a sentence for the log.
 */
enum db_rc reader_load(
    const char *path, store_rec_fn *each, void *arg, char why[static DB_WHY]);

#endif
