#include "io/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

static unsigned settimes;

/* Stands before the one of libc. */
int
timerfd_settime(
    int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	settimes++;
	return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
}

static long slept, stopped; /* seconds of the one clock, of both */

/* Time passes as we say. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (id == CLOCK_BOOTTIME)
		ts->tv_sec += slept + stopped;
	if (id == CLOCK_MONOTONIC)
		ts->tv_sec += stopped;
	return rc;
}

struct fix {
	struct loop *loop;
	struct mono at; /* the deadline */
	unsigned woke;
	unsigned ticks, max_ticks, signals, turns;
	uint64_t period_us;
	int signo;
	struct mono ticked[64];
	const void *first; /* what the arena gave first in this turn */
	char order[64];
	struct counters cnt;
};

static struct mono
deadline(void *arg)
{
	return ((struct fix *)arg)->at;
}

static void
tick(void *arg, struct turn *t)
{
	struct fix *f = arg;

	assert_true(mono_due(f->at, t->now));
	f->ticked[f->ticks++] = t->now;
	strcat(f->order, "t");
	f->at = f->period_us == 0 ? MONO_NEVER : mono_add(f->at, f->period_us);
	if (f->ticks == f->max_ticks)
		loop_stop(f->loop);
}

static void
on_signal(void *arg, int signo, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t->mem);
	f->signals++;
	f->signo = signo;
	loop_stop(f->loop);
}

static void
on_woke(void *arg, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t->mem);
	f->woke++;
}

static void
fix_init(struct fix *f)
{
	struct loop_ops ops = { f, deadline, tick, on_signal, on_woke,
		&f->cnt };

	memset(f, 0, sizeof(*f));
	f->at = MONO_NEVER;
	f->loop = loop_new(&ops);
}

static void
deadline_on_time(void **state)
{
	struct fix f;
	struct mono start;
	unsigned i;

	(void)state;
	fix_init(&f);
	start = clock_boot();
	f.period_us = 20 * MONO_MS;
	f.max_ticks = 10;
	f.at = mono_add(start, f.period_us);
	assert_int_equal(loop_run(f.loop), 0);
	assert_int_equal(f.ticks, 10);
	for (i = 0; i < f.ticks; i++) {
		uint64_t us = mono_since(start, f.ticked[i]);

		assert_true(us >= (i + 1) * f.period_us); /* never early */
		assert_true(us < (i + 1) * f.period_us + 500 * MONO_MS);
	}
	loop_free(f.loop);
}

/* A deadline that had passed before the loop ran is not forgotten. */
static void
deadline_in_the_past(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	f.at = (struct mono){ 0 };
	f.max_ticks = 1;
	assert_int_equal(loop_run(f.loop), 0);
	assert_int_equal(f.ticks, 1);
	loop_free(f.loop);
}

struct pipe_fix {
	struct fix f;
	int fd[2];
	struct watch w;
	struct hook act, flush;
};

static void
on_pipe(void *arg, struct turn *t)
{
	struct pipe_fix *p = arg;
	char c;
	void *mem = arena_get(t->mem, 3u << 20); /* more than half */

	assert_non_null(mem);
	if (p->f.first == NULL)
		p->f.first = mem;
	assert_ptr_equal(mem, p->f.first);
	assert_int_equal(read(p->fd[0], &c, 1), 1);
	strcat(p->f.order, "r");
	if (++p->f.turns == 3)
		p->f.at = t->now; /* due in this very turn */
}

static void
on_act(void *arg, struct turn *t)
{
	struct pipe_fix *p = arg;

	(void)t;
	if (p->f.turns > 0)
		strcat(p->f.order, "a");
}

static void
on_flush(void *arg, struct turn *t)
{
	struct pipe_fix *p = arg;

	if (p->f.turns == 0)
		return;
	assert_true(t->mem->used > 0); /* not emptied before */
	strcat(p->f.order, "f");
}

/* Reads, tick, acting hooks, flushing hooks; then the arena starts anew. */
static void
turn_in_order(void **state)
{
	struct pipe_fix p;

	(void)state;
	memset(&p, 0, sizeof(p));
	fix_init(&p.f);
	p.f.max_ticks = 1;
	assert_int_equal(pipe(p.fd), 0);
	assert_int_equal(write(p.fd[1], "abc", 3), 3);
	watch_init(&p.w, p.f.loop, p.fd[0], WATCH_READ, on_pipe, &p);
	watch_on(&p.w);
	hook_add(&p.flush, p.f.loop, LOOP_FLUSH, on_flush, &p);
	hook_add(&p.act, p.f.loop, LOOP_ACT, on_act, &p);
	assert_int_equal(loop_run(p.f.loop), 0);
	assert_string_equal(p.f.order, "rafrafrtaf");

	/* off is off, and what was taken away is not called */
	watch_off(&p.w);
	hook_del(&p.act, p.f.loop);
	assert_int_equal(write(p.fd[1], "d", 1), 1);
	p.f.order[0] = '\0';
	p.f.ticks = 0;
	hook_del(&p.flush, p.f.loop);
	p.f.at = mono_add(clock_boot(), 20 * MONO_MS);
	assert_int_equal(loop_run(p.f.loop), 0);
	assert_string_equal(p.f.order, "t");
	watch_fini(&p.w);
	watch_fini(&p.w);
	close(p.fd[0]);
	close(p.fd[1]);
	loop_free(p.f.loop);
}

/* The deadline moves on as long as there is something to read. */
static void
on_busy(void *arg, struct turn *t)
{
	struct pipe_fix *p = arg;

	p->f.at = mono_add(t->now, 50 * MONO_MS);
	if (++p->f.turns == 1000)
		watch_off(&p->w);
}

static void
on_sooner(void *arg, struct turn *t)
{
	struct pipe_fix *p = arg;

	p->f.at = mono_add(t->now, 20 * MONO_MS);
	watch_off(&p->w);
}

static void
run_until_tick(struct pipe_fix *p)
{
	p->f.ticks = 0;
	p->f.max_ticks = 1;
	p->f.order[0] = '\0';
	assert_int_equal(loop_run(p->f.loop), 0);
	assert_int_equal(p->f.ticks, 1);
}

/*
 * A deadline that moves on costs nothing, and neither it nor one that was
 * pulled nearer is missed.
 */
static void
deadline_moves(void **state)
{
	struct pipe_fix p;
	struct mono at;

	(void)state;
	memset(&p, 0, sizeof(p));
	fix_init(&p.f);
	assert_int_equal(pipe(p.fd), 0);
	assert_int_equal(write(p.fd[1], "a", 1), 1);
	watch_init(&p.w, p.f.loop, p.fd[0], WATCH_READ, on_busy, &p);
	watch_on(&p.w);
	settimes = 0;
	run_until_tick(&p);
	assert_int_equal(p.f.turns, 1000);
	assert_true(settimes < 20);
	watch_fini(&p.w);

	watch_init(&p.w, p.f.loop, p.fd[0], WATCH_READ, on_sooner, &p);
	watch_on(&p.w);
	at = mono_add(clock_boot(), 3600ull * MONO_SEC);
	p.f.at = at;
	run_until_tick(&p);
	assert_true(mono_since(p.f.ticked[0], at) > 3000ull * MONO_SEC);
	watch_fini(&p.w);
	close(p.fd[0]);
	close(p.fd[1]);
	loop_free(p.f.loop);
}

static void
signals_reach_us(void **state)
{
	static const int signo[] = { SIGTERM, SIGINT, SIGHUP };
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < 3; i++) {
		assert_int_equal(raise(signo[i]), 0);
		assert_int_equal(loop_run(f.loop), 0);
		assert_int_equal(f.signals, i + 1);
		assert_int_equal(f.signo, signo[i]);
	}
	loop_free(f.loop);
}

static void
one_time_per_turn(void **state)
{
	struct fix f;
	struct mono before, after;
	struct turn *t;

	(void)state;
	fix_init(&f);
	before = clock_boot();
	t = loop_turn(f.loop);
	usleep(2000);
	assert_ptr_equal(loop_turn(f.loop), t);
	after = clock_boot();
	assert_false(mono_before(t->now, before));
	assert_true(mono_since(t->now, after) >= 2000);
	assert_true(t->wall_ms > 1600000000000u); /* ms since 1970 */
	loop_free(f.loop);
}

/* A turn at once; what the clocks say is set before it. */
static void
at_once(void *arg, struct turn *t)
{
	struct fix *f = arg;

	(void)t;
	loop_stop(f->loop);
}

static void
one_turn(struct fix *f)
{
	struct hook h;

	hook_add(&h, f->loop, LOOP_ACT, at_once, f);
	assert_int_equal(loop_run(f->loop), 0);
	hook_del(&h, f->loop);
}

static void
sleep_is_noticed(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	one_turn(&f);
	assert_int_equal(f.woke, 0);
	slept = 2; /* short, and nothing was due */
	one_turn(&f);
	assert_int_equal(f.woke, 1);
	one_turn(&f);
	assert_int_equal(f.woke, 1);
	slept += 3600;
	one_turn(&f);
	assert_int_equal(f.woke, 2);
	loop_free(f.loop);
	slept = 0;
}

/* Stopped: nothing tells but that what was due is long past. */
static void
stop_is_noticed(void **state)
{
	static const struct {
		long due, stopped;
		unsigned woke;
	} rows[] = {
		{ 100, 99, 0 }, { 100, 104, 0 }, /* a slow machine */
		{ 100, 106, 1 }, { 1, 600, 1 },
		{ 0, 600, 0 }, /* who waits for nothing misses nothing */
	};
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fix_init(&f);
		if (rows[i].due > 0)
			f.at = mono_add(
			    clock_boot(), (uint64_t)rows[i].due * MONO_SEC);
		one_turn(&f);
		stopped += rows[i].stopped;
		one_turn(&f);
		one_turn(&f);
		assert_int_equal(f.woke, rows[i].woke);
		loop_free(f.loop);
	}
	stopped = 0;
}

static void
linger(void *arg, struct turn *t)
{
	const useconds_t *us = arg;

	(void)t;
	if (*us == 0)
		stopped++; /* a second */
	else
		usleep(*us);
}

/* A busy machine may make any turn longer, but hardly by a second. */
static void
long_turns_are_counted(void **state)
{
	static const struct {
		useconds_t us;
		uint64_t ms5, ms20, ms100, s1; /* by then, or more */
	} rows[] = { { 6000, 1, 0, 0, 0 }, { 21000, 2, 1, 0, 0 },
		{ 101000, 3, 2, 1, 0 }, { 0, 4, 3, 2, 1 } };
	useconds_t us;
	struct hook h;
	struct fix f;
	size_t i;

	(void)state;
	fix_init(&f);
	hook_add(&h, f.loop, LOOP_ACT, linger, &us);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		us = rows[i].us;
		one_turn(&f);
		assert_true(f.cnt.v[CNT_turns] > i);
		assert_true(f.cnt.v[CNT_turn_5ms] >= rows[i].ms5);
		assert_true(f.cnt.v[CNT_turn_20ms] >= rows[i].ms20);
		assert_true(f.cnt.v[CNT_turn_100ms] >= rows[i].ms100);
		assert_true(f.cnt.v[CNT_turn_1s] >= rows[i].s1);
		assert_true(us == 0 || f.cnt.v[CNT_turn_1s] == 0);
	}
	loop_free(f.loop);
	stopped = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_on_time),
		cmocka_unit_test(deadline_in_the_past),
		cmocka_unit_test(turn_in_order),
		cmocka_unit_test(deadline_moves),
		cmocka_unit_test(signals_reach_us),
		cmocka_unit_test(one_time_per_turn),
		cmocka_unit_test(sleep_is_noticed),
		cmocka_unit_test(stop_is_noticed),
		cmocka_unit_test(long_turns_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
