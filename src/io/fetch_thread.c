#include "io/fetch_thread.h"

#include <stdio.h>

#include "base/xmem.h"
#include "io/worker.h"

struct fetch_thread {
	fetch_got_fn *done;
	void *arg;
	struct work *work; /* NULL: not begun, or over */
	struct fetch_task *task;
	struct fetch_got got;
};

static void
on_run(void *task)
{
	struct fetch_task *k = task;

	k->run(k);
}

static void
on_done(void *task)
{
	struct fetch_task *k = task;
	struct fetch_thread *p = k->owner;

	p->work = NULL;
	p->got = k->got;
	k->got.data = NULL;
	k->got.hint = NULL;
	p->done(p->arg, &p->got);
}

static void
on_free(void *task)
{
	struct fetch_task *k = task;

	fetch_got_fini(&k->got);
	free(k);
}

static const struct worker_ops ops = { on_run, on_done, on_free };

void *
fetch_thread_begin(const struct fetch_ask *ask,
    void (*run)(struct fetch_task *k), fetch_got_fn *done, void *arg)
{
	struct fetch_thread *p = xcalloc(1, sizeof(*p));
	struct fetch_task *k = xcalloc(1, sizeof(*k));

	p->done = done;
	p->arg = arg;
	p->task = k;
	snprintf(k->url, sizeof(k->url), "%s", ask->url);
	snprintf(k->etag, sizeof(k->etag), "%s", ask->etag);
	k->max = ask->max;
	k->run = run;
	k->owner = p;
	p->work = worker_start(ask->worker, &ops, k);
	if (p->work != NULL)
		return p;
	on_free(k);
	fetch_got_fail(&p->got, "too many earlier tries still wait");
	done(arg, &p->got);
	return p;
}

void
fetch_thread_end(void *part)
{
	struct fetch_thread *p = part;

	if (p->work != NULL) {
		atomic_store(&p->task->stop, true);
		worker_cancel(p->work);
	}
	fetch_got_fini(&p->got);
	free(p);
}
