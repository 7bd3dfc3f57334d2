/*
 * The event loop: descriptors, signals, one deadline, and the turn.
 *
 * A turn is one wake-up: it begins with the first callback, which gets the
 * time and the arena, and ends when all descriptors that were ready have been
 * served. Then, in this order: the tick if it is due, the hooks that may
 * still act, the hooks that flush, the arena is emptied, the timer is set.
 */
#ifndef VPLAM_IO_LOOP_H
#define VPLAM_IO_LOOP_H

#include "base/counters.h"
#include "base/run.h"

struct event;
struct event_base;
struct loop;

#define LOOP_ARENA (4u << 20) /* bytes of the arena of a turn */

struct loop_ops {
	void *arg;

	/* When tick is wanted next; asked at the end of every turn. */
	struct mono (*deadline)(void *arg);
	void (*tick)(void *arg, struct turn *t);

	/* SIGTERM, SIGINT or SIGHUP, in the loop and not in a handler. */
	void (*signal)(void *arg, int signo, struct turn *t);

	/*
	 * The machine slept, or we were stopped: the turn comes seconds later
	 * than it was due. At its end, before tick; may be NULL.
	 */
	void (*woke)(void *arg, struct turn *t);

	/* Where turns are counted, and those that take long; or NULL. */
	struct counters *cnt;
};

/*
 * ops is copied; deadline and tick may both be NULL, so may signal, which
 * leaves those signals alone. SIGPIPE is ignored from here on. Aborts without
 * memory.
 */
struct loop *loop_new(const struct loop_ops *ops);
void loop_free(struct loop *l); /* last: after all that watches */

/* Until loop_stop(); the turn that stops it is finished. 0 or -errno. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* The turn that is under way; begins one when there is none. */
struct turn *loop_turn(struct loop *l);

/* For what only libevent does: bufferevents, evdns. */
struct event_base *loop_base(struct loop *l);

enum watch_what { WATCH_READ, WATCH_WRITE };

/* A descriptor that is watched, level-triggered. Embedded; zero it first. */
struct watch {
	struct loop *loop;
	struct event *ev;
	struct event *again; /* ends a pause; NULL before the first */
	void (*fn)(void *arg, struct turn *t);
	void *arg;
};

/* The descriptor stays the caller's: watch_fini() before its close(). */
void watch_init(struct watch *w, struct loop *l, int fd, enum watch_what what,
    void (*fn)(void *arg, struct turn *t), void *arg);
void watch_fini(struct watch *w); /* fine on zeroes */
void watch_on(struct watch *w);
void watch_off(struct watch *w);

/* Both in one: from now on; fini and close(), after which fd is -1. */
void watch_read(struct watch *w, struct loop *l, int fd,
    void (*fn)(void *arg, struct turn *t), void *arg);
void watch_close(struct watch *w, int *fd);

/*
 * The next connection at the listening socket fd, nonblocking and
 * close-on-exec, or -1. One that cannot be taken for want of descriptors or
 * memory stays where it is, so w rests for WATCH_REST_MS: else it would wake us
 * for ever.
 */
#define WATCH_REST_MS 500
int watch_accept(struct watch *w, int fd);

/* Run at the end of every turn. */
enum loop_phase {
	LOOP_ACT,   /* may still cause sends */
	LOOP_FLUSH, /* sends what the turn has queued */
	LOOP_PHASES
};

struct hook {
	struct hook *next;
	void (*fn)(void *arg, struct turn *t);
	void *arg;
};

void hook_add(struct hook *h, struct loop *l, enum loop_phase phase,
    void (*fn)(void *arg, struct turn *t), void *arg);
void hook_del(struct hook *h, struct loop *l); /* not from within a hook */

#endif
