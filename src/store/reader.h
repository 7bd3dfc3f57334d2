/*
 * The database as another process reads it: read-only, in one short
 * transaction; the entry server's way in. Never writes, not even a journal.
 */
#ifndef VPLAM_STORE_READER_H
#define VPLAM_STORE_READER_H

#include "store/db.h"
#include "store/rec.h"

/*
 * Hands over the watch row, revocations and peers that were reached, in this
 * order; rows with values out of their range are left out. The one who writes
 * waits meanwhile, so each is to be quick. Other than DB_OK, when some may have
 * been handed over: DB_FAILED: try again later (there is no file yet, it is
 * locked, or a journal waits for its owner); DB_NEWER, DB_DAMAGED: as they are;
 * why is a sentence for the log.
 */
enum db_rc reader_load(
    const char *path, store_rec_fn *each, void *arg, char why[static DB_WHY]);

#endif
