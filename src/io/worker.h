/*
 * Work that blocks (a file, a name server, a library without a loop), each on a
 * thread of its own that comes back to the loop.
 */
#ifndef VPLAM_IO_WORKER_H
#define VPLAM_IO_WORKER_H

struct loop;
struct work;
struct worker;

#define WORKER_THREADS 16  /* at once; those that were given up count, too */
#define WORKER_BYE_MS 1000 /* worker_close() waits at most */

struct worker_ops {
	void (*run)(void *task);  /* on the thread: nothing but the task */
	void (*done)(void *task); /* in the loop, when run is over */
	void (*free)(void *task); /* last, in either */
};

struct worker *worker_open(struct loop *l);

/*
 * All work has been cancelled. Waits a little for threads that end soon; what
 * goes on is left to itself.
 */
void worker_close(struct worker *w);

/*
 * Takes over the task; ops is borrowed. NULL, and the task stays the caller's:
 * too many threads run. Work is gone once done has been called.
 */
struct work *worker_start(
    struct worker *w, const struct worker_ops *ops, void *task);

/* Its done is not called any more; run goes on to its end. */
void worker_cancel(struct work *k);

#endif
