#include "io/worker.h"

#include <dirent.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/io_env.h"

#define N WORKER_THREADS

struct task {
	struct fix *f;
	struct work *work;
	struct task *other; /* to be cancelled once this one is done */
	sem_t go;
	atomic_uint ran, freed;
	unsigned done;
};

struct fix {
	struct env e;
	struct worker *w;
	struct task task[N + 1];
	unsigned threads; /* that are there without any of ours */
	unsigned done;
};

static void
on_run(void *arg)
{
	struct task *k = arg;

	while (sem_wait(&k->go) < 0)
		;
	k->ran++;
}

static void
on_done(void *arg)
{
	struct task *k = arg;

	assert_int_equal(k->ran, 1);
	assert_int_equal(k->freed, 0);
	k->done++;
	k->f->done++;
	if (k->other != NULL)
		worker_cancel(k->other->work);
}

static void
on_free(void *arg)
{
	struct task *k = arg;

	k->freed++;
}

static const struct worker_ops ops = { on_run, on_done, on_free };

static unsigned
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Until all threads of ours have come to their end, without the loop. */
static void
await_threads(const struct fix *f)
{
	const struct timespec ms = { 0, 1000000 };
	unsigned i;

	for (i = 0; threads() > f->threads && i < ENV_LIMIT_MS; i++)
		nanosleep(&ms, NULL);
	assert_int_equal(threads(), f->threads);
}

static void
fix_init(struct fix *f)
{
	unsigned i;

	*f = (struct fix){ 0 };
	env_init(&f->e);
	f->threads = threads();
	f->w = worker_open(f->e.loop);
	for (i = 0; i <= N; i++) {
		f->task[i].f = f;
		sem_init(&f->task[i].go, 0, 0);
	}
}

static void
fix_fini(struct fix *f)
{
	unsigned i;

	worker_close(f->w);
	await_threads(f);
	for (i = 0; i <= N; i++)
		sem_destroy(&f->task[i].go);
	env_fini(&f->e);
}

static struct task *
begin(struct fix *f, unsigned i)
{
	struct task *k = &f->task[i];

	k->work = worker_start(f->w, &ops, k);
	return k;
}

static bool
all_done(void *arg)
{
	return ((struct fix *)arg)->done == N;
}

static void
as_many_as_may_be(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < N; i++)
		assert_non_null(begin(&f, i)->work);
	assert_null(begin(&f, N)->work);
	for (i = 0; i < N; i++)
		sem_post(&f.task[i].go);
	env_until(&f.e, all_done, &f);
	for (i = 0; i < N; i++)
		assert_true(f.task[i].done == 1 && f.task[i].freed == 1);
	/* what was refused is its caller's */
	assert_true(f.task[N].ran == 0 && f.task[N].freed == 0);
	await_threads(&f);
	sem_post(&f.task[N].go);
	assert_non_null(begin(&f, N)->work);
	await_threads(&f);
	env_run(&f.e, 10);
	assert_true(f.task[N].done == 1 && f.task[N].freed == 1);
	fix_fini(&f);
}

static void
cancelled_while_it_runs(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < N; i++)
		worker_cancel(begin(&f, i)->work);
	assert_null(begin(&f, N)->work); /* they run on, and count */
	for (i = 0; i < N; i++) {
		assert_int_equal(f.task[i].freed, 0);
		sem_post(&f.task[i].go);
	}
	await_threads(&f);
	env_run(&f.e, 10);
	assert_int_equal(f.done, 0);
	for (i = 0; i < N; i++)
		assert_true(f.task[i].ran == 1 && f.task[i].freed == 1);
	fix_fini(&f);
}

static void
cancelled_when_it_is_over(void **state)
{
	struct task *k;
	struct fix f;

	(void)state;
	fix_init(&f);
	k = begin(&f, 0);
	sem_post(&k->go);
	await_threads(&f);
	worker_cancel(k->work);
	assert_int_equal(k->freed, 1);
	env_run(&f.e, 10);
	assert_true(k->done == 0 && k->freed == 1);
	fix_fini(&f);
}

/* Both wait for the loop: who comes first forbids the other. */
static void
cancelled_by_another(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < 2; i++) {
		f.task[i].other = &f.task[1 - i];
		sem_post(&begin(&f, i)->go);
	}
	await_threads(&f);
	env_run(&f.e, 10);
	assert_int_equal(f.done, 1);
	assert_int_equal(f.task[0].done + f.task[1].done, 1);
	assert_true(f.task[0].freed == 1 && f.task[1].freed == 1);
	fix_fini(&f);
}

static unsigned
ms_since(struct mono began)
{
	return (unsigned)(mono_since(began, clock_mono()) / MONO_MS);
}

static void
closed_while_it_runs(void **state)
{
	struct mono began;
	struct task *k;
	struct fix f;

	(void)state;
	fix_init(&f);
	k = begin(&f, 0);
	worker_cancel(k->work);
	began = clock_mono();
	worker_close(f.w); /* waits a little, and leaves it to itself */
	assert_in_range(
	    ms_since(began), WORKER_BYE_MS - 10, WORKER_BYE_MS + 5000);
	assert_int_equal(k->freed, 0);
	f.w = NULL;
	sem_post(&k->go);
	await_threads(&f);
	assert_true(k->ran == 1 && k->done == 0 && k->freed == 1);
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_may_be),
		cmocka_unit_test(cancelled_while_it_runs),
		cmocka_unit_test(cancelled_when_it_is_over),
		cmocka_unit_test(cancelled_by_another),
		cmocka_unit_test(closed_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
