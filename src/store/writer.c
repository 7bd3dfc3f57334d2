#include "store/writer.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "store/recdb.h"
#include "store/schema.h"

#define SAY_US (60 * (uint64_t)MONO_SEC)
#define ASIDE_US (60 * (uint64_t)MONO_SEC)
#define PRUNE_US (86400 * (uint64_t)MONO_SEC)

struct mono
writer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * MONO_SEC +
		(uint64_t)ts.tv_nsec / 1000 };
}

int64_t
writer_wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * MONO_SEC + ts.tv_nsec / 1000;
}

void
writer_init(struct writer *w, const char *path)
{
	*w = (struct writer){ .path = path };
}

void
writer_fini(struct writer *w)
{
	db_close(w->db);
	w->db = NULL;
}

/* After any failure the file is opened anew, and by that checked again. */
static void
give_up(struct writer *w)
{
	if (w->db != NULL)
		memcpy(w->why, db_why(w->db), sizeof(w->why));
	writer_fini(w);
}

/* A full disk stays full for a while: one line a minute. */
static void
say_failed(struct writer *w, uint64_t lost)
{
	struct mono now = writer_now();

	if (mono_before(now, w->say_at))
		return;
	w->said = true;
	w->say_at = mono_add(now, SAY_US);
	log_warnx("%s: cannot be used: %s; changes are kept in memory, lost "
		  "for want of room: %" PRIu64,
	    w->path, w->why, lost);
}

static void
say_works(struct writer *w)
{
	if (w->said)
		log_info("%s: is written again", w->path);
	w->said = false;
}

/* A disk that damages whatever is written must not be filled with it. */
static bool
begin_anew(struct writer *w)
{
	struct mono now = writer_now();
	int64_t wall = writer_wall_us() / MONO_SEC;
	int rc;

	if (mono_before(now, w->aside_at))
		return false;
	w->aside_at = mono_add(now, ASIDE_US);
	rc = db_set_aside(w->path, wall);
	if (rc < 0)
		log_warnx("%s: damaged: %s; it cannot be set aside: %s",
		    w->path, w->why, strerror(-rc));
	else
		log_warnx("%s: damaged: %s; set aside as %s.corrupt-%010" PRId64
			  ", a new one is begun",
		    w->path, w->why, w->path, wall);
	return rc == 0;
}

static enum db_rc
open_db(struct writer *w)
{
	const struct db_schema schema = schema_now();
	enum db_rc rc;

	w->db = db_open(w->path, &schema, &rc, w->why);
	if (rc == DB_DAMAGED && begin_anew(w))
		w->db = db_open(w->path, &schema, &rc, w->why);
	if (rc == DB_NEWER)
		log_warnx("%s: %s; it is left alone, and nothing is remembered",
		    w->path, w->why);
	return rc;
}

static enum db_rc
prune(struct writer *w)
{
	struct mono now = writer_now();

	if (mono_before(now, w->prune_at))
		return DB_OK;
	w->prune_at = mono_add(now, PRUNE_US);
	return recdb_prune(w->db, writer_wall_us() / MONO_SEC);
}

/* A row that its table refuses must not keep the others from the disk. */
static enum db_rc
put_row(struct writer *w, const struct store_rec *rec)
{
	enum db_rc rc = recdb_put(w->db, rec);

	if (rc != DB_REFUSED)
		return rc;
	log_warnx("%s: a record of kind %d was refused: %s", w->path,
	    (int)rec->kind, db_why(w->db));
	return DB_OK;
}

static enum db_rc
write_list(struct writer *w, const struct item_list *l)
{
	enum db_rc rc = db_begin(w->db);
	struct item *it;

	TAILQ_FOREACH (it, l, entry)
		if (rc == DB_OK)
			rc = put_row(w, it->rec);
	if (rc == DB_OK)
		rc = prune(w);
	if (rc == DB_OK)
		rc = db_commit(w->db);
	if (rc != DB_OK)
		db_rollback(w->db);
	return rc;
}

enum db_rc
writer_write(struct writer *w, const struct item_list *l, uint64_t lost)
{
	enum db_rc rc = DB_FAILED;
	unsigned tries;

	for (tries = 0; tries < 2; tries++) {
		rc = w->db == NULL ? open_db(w) : DB_OK;
		if (rc == DB_OK)
			rc = write_list(w, l);
		if (rc == DB_NEWER)
			return rc;
		if (rc == DB_OK) {
			say_works(w);
			return rc;
		}
		give_up(w);
		if (rc != DB_DAMAGED || !begin_anew(w))
			break;
	}
	say_failed(w, lost);
	return rc;
}

/* Where nothing can be written, what is too old is read all the same. */
static void
prune_first(struct writer *w)
{
	if (db_begin(w->db) != DB_OK || prune(w) != DB_OK ||
	    db_commit(w->db) != DB_OK)
		db_rollback(w->db);
}

enum db_rc
writer_load(struct writer *w, store_rec_fn *each, void *arg)
{
	unsigned bad = 0;
	enum db_rc rc = open_db(w);

	if (rc == DB_OK) {
		prune_first(w);
		rc = recdb_load(w->db, each, arg, &bad);
	}
	if (bad > 0)
		log_warnx(
		    "%s: records without sense: %u; left out", w->path, bad);
	if (rc == DB_OK || rc == DB_NEWER)
		return rc;
	give_up(w);
	if (rc != DB_DAMAGED || !begin_anew(w))
		say_failed(w, 0);
	return DB_FAILED;
}
