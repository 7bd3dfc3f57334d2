#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/log.h"
#include "base/xmem.h"
#include "store/writer.h"

struct store {
	char *path;
	unsigned every_ms, retry_ms, max;
	int fd; /* an eventfd */
	pthread_t thread;
	struct writer writer; /* the thread's alone, once it runs */
	atomic_bool quit;     /* a copy is not to be waited for */

	pthread_mutex_t lock; /* never held while the disk works */
	pthread_cond_t wake;
	struct item_list waiting;
	struct htab by_id;	  /* those, but for STORE_LIST */
	struct item_list refused; /* see store_refused() */
	uint8_t secret[16];
	unsigned n_waiting;
	struct mono due; /* of those that wait */
	bool flush, stop;
	bool off;		 /* nothing is kept */
	bool gone;		 /* see store_lost() */
	bool failing;		 /* the last batch: a flush does not count */
	uint64_t put, committed; /* tickets */
	uint64_t lost;		 /* puts without room */
	int64_t move_id;	 /* the last given */
};

static void
item_free(struct item *it)
{
	free(it->rec);
	free(it);
}

static void
list_free(struct item_list *l)
{
	struct item *it;

	while ((it = TAILQ_FIRST(l)) != NULL) {
		TAILQ_REMOVE(l, it, entry);
		item_free(it);
	}
}

static void
box_init(struct store *s)
{
	TAILQ_INIT(&s->waiting);
	htab_init(&s->by_id, HTAB_KEY_OFF(struct item, node, id),
	    sizeof(struct store_id), s->secret);
	s->n_waiting = 0;
}

/* What was in it is the caller's. Asks for no memory. */
static void
box_clear(struct store *s)
{
	TAILQ_INIT(&s->waiting);
	htab_clear(&s->by_id);
	s->n_waiting = 0;
}

static void
box_fini(struct store *s)
{
	list_free(&s->waiting);
	htab_fini(&s->by_id);
	s->n_waiting = 0;
}

/* Lists have long names, and are few. */
static struct item *
box_find(const struct store *s, const struct item *like)
{
	struct hnode *n;
	struct item *it;

	if (like->rec->kind != STORE_LIST) {
		n = htab_find(&s->by_id, &like->id);
		return n != NULL ? CONTAINER_OF(n, struct item, node) : NULL;
	}
	TAILQ_FOREACH (it, &s->waiting, entry)
		if (store_rec_same(it->rec, like->rec))
			return it;
	return NULL;
}

static void
box_index(struct store *s, struct item *it)
{
	if (it->rec->kind != STORE_LIST)
		htab_add(&s->by_id, &it->node);
	s->n_waiting++;
}

static void
box_drop(struct store *s, struct item *it)
{
	TAILQ_REMOVE(&s->waiting, it, entry);
	if (it->rec->kind != STORE_LIST)
		htab_del(&s->by_id, &it->node);
	s->n_waiting--;
	item_free(it);
}

static struct mono
after_ms(unsigned ms)
{
	return mono_add(clock_mono(), (uint64_t)ms * MONO_MS);
}

static void
wait_until(struct store *s, struct mono due)
{
	const struct timespec ts = clock_timespec(due);

	pthread_cond_timedwait(&s->wake, &s->lock, &ts);
}

/* True: write what waits, now. False: it is over. */
static bool
wait_for_work(struct store *s)
{
	for (;;) {
		bool any = s->n_waiting > 0;

		if (any &&
		    (s->stop || (s->flush && !s->failing) ||
			mono_due(s->due, clock_mono())))
			return true;
		if (s->stop)
			return false;
		if (any)
			wait_until(s, s->due);
		else
			pthread_cond_wait(&s->wake, &s->lock);
	}
}

static struct item *
find_refused(const struct store *s, const struct store_rec *like)
{
	struct item *it;

	TAILQ_FOREACH (it, &s->refused, entry)
		if (store_rec_same(it->rec, like))
			return it;
	return NULL;
}

/* What was refused is remembered until another of its name is taken. */
static void
sort_batch(struct store *s, struct item_list *batch)
{
	struct item *it, *old;

	while ((it = TAILQ_FIRST(batch)) != NULL) {
		TAILQ_REMOVE(batch, it, entry);
		old = find_refused(s, it->rec);
		if (old != NULL) {
			TAILQ_REMOVE(&s->refused, old, entry);
			item_free(old);
		}
		if (it->refused)
			TAILQ_INSERT_TAIL(&s->refused, it, entry);
		else
			item_free(it);
	}
}

static void
batch_done(struct store *s, struct item_list *batch, uint64_t ticket)
{
	const uint64_t one = 1;

	sort_batch(s, batch);
	s->committed = ticket;
	if (write(s->fd, &one, sizeof(one)) < 0)
		log_warn("%s: nobody hears of a commit", s->path);
}

/* Back in front, but for those that were replaced meanwhile. */
static void
batch_failed(struct store *s, struct item_list *batch)
{
	struct item *it;

	while ((it = TAILQ_LAST(batch, item_list)) != NULL) {
		TAILQ_REMOVE(batch, it, entry);
		if (box_find(s, it) != NULL) {
			item_free(it);
			continue;
		}
		TAILQ_INSERT_HEAD(&s->waiting, it, entry);
		box_index(s, it);
	}
	s->due = after_ms(s->retry_ms);
}

static void
go_off(struct store *s)
{
	s->off = true;
	list_free(&s->waiting);
	box_clear(s);
}

/* Takes all that waits and leaves the lock while the disk works. */
static enum db_rc
write_batch(struct store *s)
{
	struct item_list batch;
	uint64_t ticket = s->put, lost = s->lost;
	enum db_rc rc;

	TAILQ_INIT(&batch);
	TAILQ_CONCAT(&batch, &s->waiting, entry);
	box_clear(s);
	s->flush = false;
	pthread_mutex_unlock(&s->lock);
	rc = writer_write(&s->writer, &batch, lost);
	pthread_mutex_lock(&s->lock);
	s->gone |= rc == DB_OK && s->writer.lost;
	s->writer.lost &= rc != DB_OK;
	if (rc == DB_OK)
		batch_done(s, &batch, ticket);
	else
		batch_failed(s, &batch);
	s->failing = rc != DB_OK;
	if (rc == DB_NEWER)
		go_off(s);
	return rc;
}

/* After the acknowledgement, which nobody is to wait longer for. */
static void
copy_now_and_then(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
	writer_copy(&s->writer);
	pthread_mutex_lock(&s->lock);
}

static void *
store_run(void *arg)
{
	struct store *s = arg;
	bool last;
	enum db_rc rc;

	pthread_mutex_lock(&s->lock);
	while (wait_for_work(s)) {
		last = s->stop;
		rc = write_batch(s);
		if (rc != DB_OK && last)
			break;
		if (rc == DB_OK && !last)
			copy_now_and_then(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Signals are for the thread that began us. */
static void
start_thread(struct store *s)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, store_run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		fatalx("no thread for the store: %s", strerror(rc));
}

static void
init_lock(struct store *s)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
}

struct load {
	struct store *s;
	store_rec_fn *each;
	void *arg;
};

static void
on_load(void *arg, const struct store_rec *rec)
{
	struct load *l = arg;

	if (rec->kind == STORE_MOVE && rec->u.move.id > l->s->move_id)
		l->s->move_id = rec->u.move.id;
	l->each(l->arg, rec);
}

struct store *
store_open(const struct store_config *cfg, store_rec_fn *each, void *arg)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct load load = { s, each, arg };

	s->path = xstrdup(cfg->path);
	s->every_ms = cfg->every_ms;
	s->retry_ms = cfg->retry_ms;
	s->max = cfg->waiting;
	s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->fd < 0)
		fatal("no eventfd for the store");
	if (getrandom(s->secret, sizeof(s->secret), 0) < 0)
		fatal("no random bytes for the store");
	box_init(s);
	TAILQ_INIT(&s->refused);
	writer_init(&s->writer, s->path, &s->quit);
	s->off = writer_load(&s->writer, on_load, &load) == DB_NEWER;
	init_lock(s);
	start_thread(s);
	return s;
}

/*
 * Moves are told apart by the moment they were put, so that one which is
 * written twice is one, and none replaces another that could not be read.
 */
static int64_t
next_move(struct store *s)
{
	int64_t now = (int64_t)clock_wall_us();

	s->move_id = now > s->move_id ? now : s->move_id + 1;
	return s->move_id;
}

/* False: there is no room. */
static bool
put_item(struct store *s, struct item *it)
{
	struct item *old = box_find(s, it);
	bool first = s->n_waiting == 0;

	if (old == NULL && s->n_waiting >= s->max) {
		s->lost++;
		return false;
	}
	if (old != NULL)
		box_drop(s, old);
	TAILQ_INSERT_TAIL(&s->waiting, it, entry);
	box_index(s, it);
	if (first && !s->failing) {
		s->due = after_ms(s->every_ms);
		pthread_cond_signal(&s->wake);
	}
	return true;
}

uint64_t
store_put(struct store *s, const struct store_rec *rec)
{
	struct item *it = try_calloc(1, sizeof(*it));
	uint64_t ticket = 0;

	if (it == NULL)
		return 0;
	it->rec = store_rec_dup(rec);
	if (it->rec == NULL) {
		free(it);
		return 0;
	}
	pthread_mutex_lock(&s->lock);
	if (rec->kind == STORE_MOVE)
		it->rec->u.move.id = next_move(s);
	store_rec_id(it->rec, &it->id);
	if (!s->off && put_item(s, it))
		ticket = ++s->put;
	pthread_mutex_unlock(&s->lock);
	if (ticket == 0)
		item_free(it);
	return ticket;
}

void
store_flush(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->flush = s->n_waiting > 0;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

int
store_fd(const struct store *s)
{
	return s->fd;
}

uint64_t
store_committed(struct store *s)
{
	uint64_t ticket, n;

	if (read(s->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_warn("%s: cannot read the eventfd", s->path);
	pthread_mutex_lock(&s->lock);
	ticket = s->committed;
	pthread_mutex_unlock(&s->lock);
	return ticket;
}

bool
store_refused(struct store *s, const struct store_rec *rec)
{
	bool refused;

	pthread_mutex_lock(&s->lock);
	refused = find_refused(s, rec) != NULL;
	pthread_mutex_unlock(&s->lock);
	return refused;
}

bool
store_lost(struct store *s)
{
	bool gone;

	pthread_mutex_lock(&s->lock);
	gone = s->gone;
	s->gone = false;
	pthread_mutex_unlock(&s->lock);
	return gone;
}

bool
store_close(struct store *s)
{
	unsigned left;

	if (s == NULL)
		return true;
	atomic_store(&s->quit, true);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	left = s->n_waiting;
	if (left > 0)
		log_warnx(
		    "%s: changes that could not be written: %u", s->path, left);
	box_fini(s);
	list_free(&s->refused);
	writer_fini(&s->writer);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	close(s->fd);
	free(s->path);
	free(s);
	return left == 0;
}
