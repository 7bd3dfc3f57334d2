#include "io/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"

struct work {
	TAILQ_ENTRY(work) entry; /* while it is over */
	struct hub *hub;
	const struct worker_ops *ops;
	void *task;
	bool over, cancelled;
};

/* What the threads share with the loop; whoever is last frees it. */
struct hub {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	int wake; /* eventfd; -1: the loop is gone */
	unsigned running;
	bool closed;
	TAILQ_HEAD(, work) over;
};

struct worker {
	struct hub *hub;
	struct watch watch;
};

static void
hub_free(struct hub *b)
{
	pthread_cond_destroy(&b->ended);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void
work_free(struct work *k)
{
	k->ops->free(k->task);
	free(k);
}

static void
wake(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		log_warn("cannot wake the loop");
}

static void *
on_thread(void *arg)
{
	struct work *k = arg;
	struct hub *b = k->hub;
	bool last, given_up;

	k->ops->run(k->task);
	pthread_mutex_lock(&b->lock);
	given_up = k->cancelled;
	if (!given_up) {
		k->over = true;
		TAILQ_INSERT_TAIL(&b->over, k, entry);
		wake(b->wake);
	}
	pthread_mutex_unlock(&b->lock);
	if (given_up)
		work_free(k);
	pthread_mutex_lock(&b->lock);
	b->running--;
	last = b->closed && b->running == 0;
	pthread_cond_signal(&b->ended);
	pthread_mutex_unlock(&b->lock);
	if (last)
		hub_free(b);
	return NULL;
}

static struct work *
take_over(struct hub *b)
{
	struct work *k;

	pthread_mutex_lock(&b->lock);
	k = TAILQ_FIRST(&b->over);
	if (k != NULL)
		TAILQ_REMOVE(&b->over, k, entry);
	pthread_mutex_unlock(&b->lock);
	return k;
}

static void
on_wake(void *arg, struct turn *t)
{
	struct worker *w = arg;
	struct work *k;
	uint64_t n;

	(void)t;
	if (read(w->hub->wake, &n, sizeof(n)) < 0)
		return;
	while ((k = take_over(w->hub)) != NULL) {
		k->ops->done(k->task);
		work_free(k);
	}
}

struct worker *
worker_open(struct loop *l)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	struct hub *b = xcalloc(1, sizeof(*b));
	pthread_condattr_t at;

	TAILQ_INIT(&b->over);
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&at);
	pthread_condattr_setclock(&at, CLOCK_MONOTONIC);
	pthread_cond_init(&b->ended, &at);
	pthread_condattr_destroy(&at);
	b->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (b->wake < 0)
		fatal("eventfd");
	w->hub = b;
	watch_init(&w->watch, l, b->wake, WATCH_READ, on_wake, w);
	watch_on(&w->watch);
	return w;
}

/* Until all threads have ended, or the time is over. With the lock. */
static void
wait_for_threads(struct hub *b)
{
	const struct timespec until = clock_timespec(
	    mono_add(clock_mono(), (uint64_t)WORKER_BYE_MS * MONO_MS));

	while (b->running > 0)
		if (pthread_cond_timedwait(&b->ended, &b->lock, &until) != 0)
			break;
}

void
worker_close(struct worker *w)
{
	struct hub *b;
	bool last;

	if (w == NULL)
		return;
	b = w->hub;
	watch_fini(&w->watch);
	pthread_mutex_lock(&b->lock);
	wait_for_threads(b);
	close(b->wake); /* nobody is left who would wake us */
	b->closed = true;
	last = b->running == 0;
	pthread_mutex_unlock(&b->lock);
	if (last)
		hub_free(b);
	free(w);
}

/* Signals are for the loop's thread. */
static bool
start_thread(struct work *k)
{
	sigset_t all, before;
	pthread_attr_t at;
	pthread_t id;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&at);
	pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&id, &at, on_thread, k);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&at);
	return rc == 0;
}

struct work *
worker_start(struct worker *w, const struct worker_ops *ops, void *task)
{
	struct hub *b = w->hub;
	struct work *k;
	bool room;

	pthread_mutex_lock(&b->lock);
	room = b->running < WORKER_THREADS;
	if (room)
		b->running++;
	pthread_mutex_unlock(&b->lock);
	if (!room)
		return NULL;
	k = try_calloc(1, sizeof(*k));
	if (k != NULL) {
		k->hub = b;
		k->ops = ops;
		k->task = task;
		if (start_thread(k))
			return k;
	}
	pthread_mutex_lock(&b->lock);
	b->running--;
	pthread_mutex_unlock(&b->lock);
	free(k);
	return NULL;
}

void
worker_cancel(struct work *k)
{
	struct hub *b = k->hub;
	bool over;

	pthread_mutex_lock(&b->lock);
	over = k->over;
	if (over)
		TAILQ_REMOVE(&b->over, k, entry);
	else
		k->cancelled = true;
	pthread_mutex_unlock(&b->lock);
	if (over)
		work_free(k);
}
