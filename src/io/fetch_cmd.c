#include "io/fetch_part.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/xmem.h"
#include "io/loop.h"
#include "io/spawn.h"

/* A run of a program, until both it and what it prints have ended. */
struct cmd {
	fetch_got_fn *done;
	void *arg;
	size_t max;
	pid_t pid; /* 0: none, or waited for */
	int pidfd, out;
	struct watch pid_watch, out_watch;
	struct fetch_got got;
	bool over;
};

static void
finish(struct cmd *c)
{
	if (c->over)
		return;
	c->over = true;
	if (c->got.data != NULL)
		c->got.data[c->got.len] = '\0';
	c->done(c->arg, &c->got);
}

/* With all that it has started: that is still its group, as it waits. */
static int
bury(struct cmd *c)
{
	int code = c->pid > 0 ? spawn_bury(c->pid) : 0;

	c->pid = 0;
	watch_close(&c->pid_watch, &c->pidfd);
	return code;
}

/* False: there is no more for now, or ever. */
static bool
read_some(struct cmd *c)
{
	struct fetch_got *got = &c->got;
	ssize_t n = read(c->out, got->data + got->len, c->max + 1 - got->len);

	if (n > 0)
		got->len += (size_t)n;
	if (got->len > c->max) {
		fetch_got_fail(got, "prints too much");
		finish(c);
		return false;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		watch_close(&c->out_watch, &c->out);
	return n > 0;
}

static void
on_output(void *arg, struct turn *t)
{
	struct cmd *c = arg;

	(void)t;
	if (!c->over)
		(void)read_some(c);
}

static void
on_end(void *arg, struct turn *t)
{
	struct cmd *c = arg;
	int code;

	(void)t;
	if (!spawn_ended(c->pid))
		return;
	while (!c->over && c->out >= 0 && read_some(c))
		;
	code = bury(c);
	watch_close(&c->out_watch, &c->out);
	if (code == SPAWN_LOST)
		fetch_got_fail(&c->got, "ended, and nobody knows how");
	else if (code < 0)
		fetch_got_fail(&c->got, "was killed by signal %d", -code);
	else if (code > 0)
		fetch_got_fail(&c->got, "ended with exit code %d", code);
	finish(c);
}

static int
start(struct cmd *c, const struct fetch_ask *ask)
{
	char *program = try_strdup(ask->url);
	char *argv[] = { program, NULL };
	char *env[] = { spawn_path(), NULL };
	struct spawned sp;
	int rc = -ENOMEM;

	if (program != NULL && env[0] != NULL)
		rc = spawn_program(argv, env, false, &sp);
	free(program);
	free(env[0]);
	if (rc < 0)
		return rc;
	c->pid = sp.pid;
	c->pidfd = sp.pidfd;
	c->out = sp.out;
	watch_read(&c->pid_watch, ask->loop, c->pidfd, on_end, c);
	watch_read(&c->out_watch, ask->loop, c->out, on_output, c);
	return 0;
}

static void *
cmd_begin(const struct fetch_ask *ask, fetch_got_fn *done, void *arg)
{
	struct cmd *c = xcalloc(1, sizeof(*c));
	int rc;

	c->done = done;
	c->arg = arg;
	c->max = ask->max;
	c->pidfd = c->out = -1;
	c->got.data = try_malloc(ask->max + 2);
	rc = c->got.data != NULL ? start(c, ask) : -ENOMEM;
	if (rc < 0) {
		fetch_got_fail(&c->got, "cannot be run: %s", strerror(-rc));
		finish(c);
	}
	return c;
}

static void
cmd_end(void *part)
{
	struct cmd *c = part;

	(void)bury(c);
	watch_close(&c->out_watch, &c->out);
	fetch_got_fini(&c->got);
	free(c);
}

const struct fetch_ops fetch_cmd_ops = { cmd_begin, cmd_end };
