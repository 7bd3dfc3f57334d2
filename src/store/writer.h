/*
 * The database in all weathers: opened when it can be, copied once a day,
 * damaged files replaced by a copy, batches written whole or not at all.
 * Belongs to one thread at a time.
 */
#ifndef VPLAM_STORE_WRITER_H
#define VPLAM_STORE_WRITER_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "base/htab.h"
#include "base/mono.h"
#include "store/db.h"
#include "store/rec.h"

/* A record that waits to be written; owns it. */
struct item {
	TAILQ_ENTRY(item) entry;
	struct hnode node;
	struct store_id id;
	struct store_rec *rec;
	bool refused; /* by its table, with the batch it was in */
};
TAILQ_HEAD(item_list, item);

struct writer {
	const char *path; /* borrowed */
	struct db *db;	  /* NULL: to be opened before the next batch */
	char why[DB_WHY];
	bool said;	       /* that it fails */
	struct mono say_at;    /* the next line about it at the earliest */
	struct mono refuse_at; /* so of a row that was refused */
	struct mono aside_at;  /* so with a damaged file */
	struct mono prune_at;
	struct mono copy_at;
	bool had;  /* there was a file */
	bool lost; /* what was written may be gone: see store_lost() */
	atomic_bool *quit;
};

/* quit: a copy under way is given up. */
void writer_init(struct writer *w, const char *path, atomic_bool *quit);
void writer_fini(struct writer *w);

/*
 * Opens and reads. DB_NEWER: never to be written to. Otherwise what
 * there is, be it from a copy; after DB_FAILED the next writer_write() tries
 * again to open.
 */
enum db_rc writer_load(struct writer *w, store_rec_fn *each, void *arg);

/*
 * One transaction, but for items that are refused. lost: what the mailbox had
 * no room for, for the log. DB_OK, DB_NEWER, or try it again later.
 */
enum db_rc writer_write(struct writer *w, struct item_list *l, uint64_t lost);

/* A daily copy, when it is time. */
void writer_copy(struct writer *w);

#endif
