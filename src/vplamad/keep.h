/*
 * The daemon's store, STATE_DIR/store.db: hands each row to whom it belongs at
 * the start, decides how long changes wait for more, and tells of vnodes whose
 * rows are safe on the disk.
 *
 * The rows have wall-clock times, as nothing else goes on between two runs.
 */
#ifndef VPLAM_VPLAMAD_KEEP_H
#define VPLAM_VPLAMAD_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "store/store.h"

struct keep;
struct loop;

#define KEEP_LAZY_S 60 /* what can wait waits so long, or the interval */

struct keep_config {
	const char *state_dir;
	unsigned interval_s; /* option store-interval */

	/*
	 * By kind: takes a row of an earlier life, now in seconds since 1970;
	 * false: it makes no sense. NULL: nobody wants them.
	 */
	bool (*take[STORE_KINDS])(
	    void *arg, const struct store_rec *row, int64_t now);

	/* Rows of these vnodes are on the disk since the last time. */
	void (*stored)(void *arg, const uint8_t (*key)[STORE_KEY], size_t n);
	/*
	 * The file was damaged: a copy of yesterday is in its place, or a new
	 * one. What is known is to be put again. NULL: nobody has it.
	 */
	void (*lost)(void *arg);
	void *arg;
};

/* Always succeeds; the log says what is wrong with the file. */
struct keep *keep_open(struct loop *loop, const struct keep_config *cfg);
void keep_close(struct keep *k); /* writes the rest; NULL is fine */

/* Does not wait for the disk. LATE: within KEEP_LAZY_S; SOON: the interval. */
enum keep_when { KEEP_LATE, KEEP_SOON, KEEP_NOW };
void keep_put(struct keep *k, const struct store_rec *row, enum keep_when when);

/* When it wants keep_tick(). */
struct mono keep_deadline(const struct keep *k);
void keep_tick(struct keep *k, struct mono now);

#endif
