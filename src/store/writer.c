#include "store/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/copy.h"
#include "store/recdb.h"
#include "store/schema.h"

#define SAY_US (60 * (uint64_t)MONO_SEC)
#define ASIDE_US (60 * (uint64_t)MONO_SEC)
#define PRUNE_US (86400 * (uint64_t)MONO_SEC)
#define COPY_US (COPY_EVERY_S * (uint64_t)MONO_SEC)
#define COPY_AGAIN_US (3600 * (uint64_t)MONO_SEC)

void
writer_init(struct writer *w, const char *path, atomic_bool *quit)
{
	*w = (struct writer){ .path = path, .quit = quit };
	if (!copy_is_due(path, clock_wall()))
		w->copy_at = mono_add(clock_mono(), COPY_US);
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
	struct mono now = clock_mono();

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
set_aside(struct writer *w)
{
	struct mono now = clock_mono();
	int64_t wall = clock_wall();
	int rc;

	if (mono_before(now, w->aside_at))
		return false;
	w->aside_at = mono_add(now, ASIDE_US);
	rc = copy_set_aside(w->path, wall);
	if (rc < 0)
		log_warnx("%s: damaged: %s; it cannot be set aside: %s",
		    w->path, w->why, strerror(-rc));
	else
		log_warnx(
		    "%s: damaged: %s; set aside as %s.corrupt-%010" PRId64,
		    w->path, w->why, w->path, wall);
	return rc == 0;
}

/*
 * Where there is no file, and was one: the newest copy that is sound, or a new
 * file. Not a new one when only the disk is full.
 */
static enum db_rc
bring_back(struct writer *w, const struct db_schema *schema)
{
	unsigned n;
	enum db_rc rc = copy_restore(w->path, schema, &n, w->why);

	if (rc != DB_OK)
		return rc;
	if (n > 0)
		log_warnx("%s: restored from %s.%u", w->path, w->path, n);
	else if (w->had)
		log_warnx("%s: there is no copy, a new one is begun", w->path);
	w->lost |= n > 0 || w->had;
	return rc;
}

static enum db_rc
open_once(struct writer *w, const struct db_schema *schema)
{
	enum db_rc rc = DB_OK;

	if (copy_is_missing(w->path))
		rc = bring_back(w, schema);
	if (rc == DB_OK)
		w->db = db_open(w->path, schema, &rc, w->why);
	if (rc == DB_OK || rc == DB_DAMAGED)
		w->had = true;
	return rc;
}

static enum db_rc
open_db(struct writer *w)
{
	const struct db_schema schema = schema_now();
	enum db_rc rc = open_once(w, &schema);

	if (rc == DB_DAMAGED && set_aside(w))
		rc = open_once(w, &schema);
	if (rc == DB_NEWER)
		log_warnx("%s: %s; it is left alone, and nothing is remembered",
		    w->path, w->why);
	return rc;
}

static enum db_rc
prune(struct writer *w)
{
	struct mono now = clock_mono();

	if (mono_before(now, w->prune_at))
		return DB_OK;
	w->prune_at = mono_add(now, PRUNE_US);
	return recdb_prune(w->db, clock_wall());
}

/* A row that its table refuses must not keep the others from the disk. */
static enum db_rc
put_row(struct writer *w, struct item *it)
{
	enum db_rc rc = recdb_put(w->db, it->rec);
	struct mono now = clock_mono();

	it->refused = rc == DB_REFUSED;
	if (!it->refused)
		return rc;
	if (mono_before(now, w->refuse_at))
		return DB_OK;
	w->refuse_at = mono_add(now, SAY_US);
	log_warnx("%s: a record of kind %d was refused: %s", w->path,
	    (int)it->rec->kind, db_why(w->db));
	return DB_OK;
}

static bool
copy_due(const struct writer *w)
{
	return mono_due(w->copy_at, clock_mono());
}

/* What is to be copied is checked before anything more is entrusted to it. */
static enum db_rc
write_list(struct writer *w, struct item_list *l)
{
	enum db_rc rc = copy_due(w) ? db_check(w->db) : DB_OK;
	struct item *it;

	if (rc == DB_OK)
		rc = db_begin(w->db);
	TAILQ_FOREACH (it, l, entry)
		if (rc == DB_OK)
			rc = put_row(w, it);
	if (rc == DB_OK)
		rc = prune(w);
	if (rc == DB_OK)
		rc = db_commit(w->db);
	if (rc != DB_OK)
		db_rollback(w->db);
	return rc;
}

enum db_rc
writer_write(struct writer *w, struct item_list *l, uint64_t lost)
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
		if (!copy_is_missing(w->path) &&
		    (rc != DB_DAMAGED || !set_aside(w)))
			break;
	}
	say_failed(w, lost);
	return rc;
}

/* Belongs after a batch: without changes the copy that there is will do. */
void
writer_copy(struct writer *w)
{
	enum db_rc rc;

	if (w->db == NULL || !copy_due(w))
		return;
	w->copy_at = mono_add(clock_mono(), COPY_US);
	rc = copy_make(w->db, w->path, w->quit, w->why);
	if (rc == DB_OK || atomic_load(w->quit))
		return;
	w->copy_at = mono_add(clock_mono(), COPY_AGAIN_US);
	log_warnx("%s: no copy could be made: %s", w->path, w->why);
	if (rc == DB_DAMAGED)
		writer_fini(w); /* the next batch sees to it */
}

/* Where nothing can be written, what is too old is read all the same. */
static void
prune_first(struct writer *w)
{
	if (db_begin(w->db) != DB_OK || prune(w) != DB_OK ||
	    db_commit(w->db) != DB_OK)
		db_rollback(w->db);
}

static void
ignore(void *arg, const struct store_rec *rec)
{
	(void)arg;
	(void)rec;
}

/* All or nothing is handed over: what cannot be read to its end is no help. */
static enum db_rc
load_from(struct writer *w, struct db *db, store_rec_fn *each, void *arg)
{
	unsigned bad;
	enum db_rc rc = recdb_load(db, ignore, NULL, &bad);

	if (rc == DB_OK)
		rc = recdb_load(db, each, arg, &bad);
	if (rc == DB_OK && bad > 0)
		log_warnx(
		    "%s: records without sense: %u; left out", w->path, bad);
	return rc;
}

static enum db_rc
load_copy(struct writer *w, unsigned n, store_rec_fn *each, void *arg)
{
	const struct db_schema schema = schema_now();
	char *path = copy_path(w->path, n);
	char why[DB_WHY];
	enum db_rc rc;
	struct db *db = db_open_read(path, &schema, &rc, why);

	if (db != NULL)
		rc = db_check(db);
	if (rc == DB_OK)
		rc = load_from(w, db, each, arg);
	if (rc == DB_OK)
		log_warnx("%s: what %s holds is used", w->path, path);
	db_close(db);
	free(path);
	return rc;
}

/* What can be neither read nor replaced at the moment has copies. */
static void
load_some_copy(struct writer *w, store_rec_fn *each, void *arg)
{
	unsigned n;

	for (n = 1; n <= COPIES; n++)
		if (load_copy(w, n, each, arg) == DB_OK)
			break;
}

static enum db_rc
open_and_load(struct writer *w, store_rec_fn *each, void *arg)
{
	enum db_rc rc = open_db(w);

	if (rc != DB_OK)
		return rc;
	prune_first(w);
	rc = load_from(w, w->db, each, arg);
	if (rc != DB_OK)
		give_up(w);
	return rc;
}

enum db_rc
writer_load(struct writer *w, store_rec_fn *each, void *arg)
{
	enum db_rc rc = open_and_load(w, each, arg);

	if (rc == DB_DAMAGED && set_aside(w))
		rc = open_and_load(w, each, arg);
	w->lost = false;
	if (rc == DB_OK || rc == DB_NEWER)
		return rc;
	say_failed(w, 0);
	load_some_copy(w, each, arg);
	return DB_FAILED;
}
