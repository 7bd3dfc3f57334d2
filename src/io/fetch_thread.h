/* A part of a fetch that blocks, and so runs on a thread. */
#ifndef VPLAM_IO_FETCH_THREAD_H
#define VPLAM_IO_FETCH_THREAD_H

#include <stdatomic.h>

#include "io/fetch_part.h"

/* What the thread has: copies, as the part may be gone before it. */
struct fetch_task {
	char url[FETCH_URL], etag[FETCH_ETAG];
	size_t max;
	atomic_bool stop; /* nobody waits any more */
	struct fetch_got got;
	void (*run)(struct fetch_task *k);
	struct fetch_thread *owner; /* not the thread's to look at */
};

/* For struct fetch_ops. */
void *fetch_thread_begin(const struct fetch_ask *ask,
    void (*run)(struct fetch_task *k), fetch_got_fn *done, void *arg);
void fetch_thread_end(void *part);

#endif
