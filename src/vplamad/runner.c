#include "vplamad/runner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/xmem.h"
#include "io/loop.h"
#include "io/spawn.h"

#define LINE_MAX_LEN 200
#define READS 16 /* of what a program that has ended has left to read */

/* One run: of the program's process group. */
struct runner_job {
	LIST_ENTRY(runner_job) link;
	struct runner *r;
	runner_done *done; /* NULL: stopped, only to be buried */
	void *arg;
	pid_t pid;
	int pidfd, out, timer; /* -1: none */
	bool late;	       /* killed for it */
	struct watch pid_watch, out_watch, timer_watch;
	char line[LINE_MAX_LEN + 1];
	size_t len;
	unsigned lines; /* told, then those that were not */
};

struct runner {
	struct loop *loop;
	const char *what;
	unsigned most_lines;
	runner_say *say;
	LIST_HEAD(, runner_job) jobs;
};

struct runner *
runner_new(
    struct loop *loop, const char *what, unsigned most_lines, runner_say *say)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->what = what;
	r->most_lines = most_lines;
	r->say = say;
	LIST_INIT(&r->jobs);
	return r;
}

static void
job_free(struct runner_job *j)
{
	LIST_REMOVE(j, link);
	watch_close(&j->pid_watch, &j->pidfd);
	watch_close(&j->out_watch, &j->out);
	watch_close(&j->timer_watch, &j->timer);
	free(j);
}

static void
say_line(struct runner_job *j)
{
	j->line[j->len] = '\0';
	if (j->len > 0 && j->lines++ < j->r->most_lines)
		j->r->say("%s: %s", j->r->what, j->line);
	j->len = 0;
}

/* What cannot be shown is a question mark; long lines are cut in two. */
static void
take_output(struct runner_job *j, const char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n') {
			say_line(j);
			continue;
		}
		if (j->len == LINE_MAX_LEN)
			say_line(j);
		j->line[j->len++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
	}
}

/* False: there is no more for now, or ever. */
static bool
read_output(struct runner_job *j)
{
	char buf[4096];
	ssize_t n = read(j->out, buf, sizeof(buf));

	if (n > 0)
		take_output(j, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		watch_close(&j->out_watch, &j->out);
	return n > 0;
}

static void
on_output(void *arg, struct turn *t)
{
	(void)t;
	(void)read_output(arg);
}

/* The rest of what it said. */
static void
tell_rest(struct runner_job *j)
{
	unsigned i;

	for (i = 0; i < READS && j->out >= 0 && read_output(j); i++)
		;
	say_line(j);
	if (j->lines > j->r->most_lines)
		j->r->say("%s: %u more lines are not shown", j->r->what,
		    j->lines - j->r->most_lines);
}

static void
on_end(void *arg, struct turn *t)
{
	struct runner_job *j = arg;
	runner_done *done = j->done;
	void *done_arg = j->arg;
	int code;

	if (!spawn_ended(j->pid))
		return;
	if (done != NULL)
		tell_rest(j);
	code = spawn_bury(j->pid);
	if (j->late)
		code = RUNNER_LATE;
	job_free(j);
	if (done != NULL)
		done(done_arg, code, t);
}

static void
on_timeout(void *arg, struct turn *t)
{
	struct runner_job *j = arg;

	(void)t;
	j->late = true;
	watch_close(&j->timer_watch, &j->timer);
	spawn_kill(j->pid);
}

static int
start_timer(struct runner_job *j, unsigned ms)
{
	const struct itimerspec at = { .it_value = { ms / 1000,
					   (long)(ms % 1000) * 1000000 } };

	j->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (j->timer < 0 || timerfd_settime(j->timer, 0, &at, NULL) < 0)
		return -errno;
	return 0;
}

static int
start_process(struct runner_job *j, const char *program, char *const *env)
{
	char *const argv[] = { (char *)(uintptr_t)program, NULL };
	struct spawned sp;
	int rc = spawn_program(argv, env, true, &sp);

	if (rc < 0)
		return rc;
	j->pid = sp.pid;
	j->pidfd = sp.pidfd;
	j->out = sp.out;
	return 0;
}

static int
start_job(struct runner_job *j, const char *program, unsigned timeout_ms,
    char *const *env)
{
	int rc = start_timer(j, timeout_ms);

	if (rc == 0)
		rc = start_process(j, program, env);
	if (rc < 0)
		return rc;
	watch_read(&j->pid_watch, j->r->loop, j->pidfd, on_end, j);
	watch_read(&j->out_watch, j->r->loop, j->out, on_output, j);
	watch_read(&j->timer_watch, j->r->loop, j->timer, on_timeout, j);
	return 0;
}

/* With PATH in front; the caller frees the first, and all. NULL: no memory. */
static char **
with_path(const char *const *env)
{
	char **ret;
	size_t n = 0;

	while (env[n] != NULL)
		n++;
	ret = try_calloc(n + 2, sizeof(*ret));
	if (ret == NULL)
		return NULL;
	ret[0] = spawn_path();
	if (ret[0] == NULL) {
		free(ret);
		return NULL;
	}
	memcpy(ret + 1, env, n * sizeof(*env));
	return ret;
}

int
runner_run(struct runner *r, const char *program, const char *const *env,
    unsigned timeout_ms, runner_done *done, void *arg, struct runner_job **ret)
{
	struct runner_job *j = try_calloc(1, sizeof(*j));
	char **all = with_path(env);
	int rc;

	if (j == NULL || all == NULL) {
		if (all != NULL)
			free(all[0]);
		free(all);
		free(j);
		return -ENOMEM;
	}
	*j = (struct runner_job){
		.r = r,
		.done = done,
		.arg = arg,
		.pidfd = -1,
		.out = -1,
		.timer = -1,
	};
	LIST_INSERT_HEAD(&r->jobs, j, link);
	rc = start_job(j, program, timeout_ms, all);
	free(all[0]);
	free(all);
	if (rc < 0)
		job_free(j);
	else
		*ret = j;
	return rc;
}

void
runner_stop(struct runner_job *j)
{
	j->done = NULL;
	spawn_kill(j->pid);
}

void
runner_free(struct runner *r)
{
	struct runner_job *j;

	if (r == NULL)
		return;
	while ((j = LIST_FIRST(&r->jobs)) != NULL) {
		(void)spawn_bury(j->pid);
		job_free(j);
	}
	free(r);
}
