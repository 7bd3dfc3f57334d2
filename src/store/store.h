/*
 * What survives a restart: records go into a mailbox, a thread of its own
 * writes them to the database in batches. Who puts never waits for the disk.
 */
#ifndef VPLAM_STORE_STORE_H
#define VPLAM_STORE_STORE_H

#include "store/rec.h"

#define STORE_EVERY_MS 5000u
#define STORE_RETRY_MS 3000u
#define STORE_WAITING 2048u

struct store_config {
	const char *path;  /* copied; only the file's folder must be there */
	unsigned every_ms; /* so long a record waits for others at most: for
			    * flash an hour is fine */
	unsigned retry_ms; /* after a failure */
	unsigned waiting; /* records that may wait, from 1; besides, as many may
			   * be under way */
};

struct store;

/*
 * Reads every record into each, then starts the thread. Aborts without memory,
 * else always returns a store, and says in the log what is wrong:
 * - a damaged file is set aside (PATH.corrupt-TIME), and the newest of its two
 *   daily copies that is sound takes its place, or a new one is begun,
 * - one of a later release stays as it is: the store holds nothing,
 * - of what cannot be opened or read a copy is read; it is tried again when
 *   there is something to write.
 */
struct store *store_open(
    const struct store_config *cfg, store_rec_fn *each, void *arg);

/*
 * Takes a copy. In place of a record that it replaces and that still waits.
 * Returns a ticket for store_committed(), or 0: nothing is kept, the mailbox is
 * full or the store holds nothing.
 */
uint64_t store_put(struct store *s, const struct store_rec *rec);

/* What waits is not to wait for more. */
void store_flush(struct store *s);

/*
 * The descriptor is readable when something was committed since
 * store_committed() was last asked. All with tickets up to that number are on
 * the disk, or were replaced by what is.
 */
int store_fd(const struct store *s);
uint64_t store_committed(struct store *s);

/* But for this: its table has refused the last that was put of it. */
bool store_refused(struct store *s, const struct store_rec *rec);

/*
 * Ask it when the descriptor was readable. True, once: the file was damaged or
 * taken away since, and what was on the disk may not be there any more, or be a
 * day old. Whoever still has it may put it again.
 */
bool store_lost(struct store *s);

/* Writes what waits, waiting for the disk; false: something was lost. */
bool store_close(struct store *s); /* NULL is fine */

#endif
