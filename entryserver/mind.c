#include "entryserver/mind.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "entryserver/conn.h"
#include "entryserver/jail.h"
#include "entryserver/publish.h"
#include "entryserver/web.h"

#define START_S 2 /* a start takes at most so long */
#define AGAIN_MIN_S 1
#define AGAIN_MAX_S 30

struct child {
	const char *name;
	void (*run)(const struct options *o);
	pid_t pid;  /* 0: not running */
	bool lived; /* has outlived its start once */
	struct mono began,
	    again; /* again: when to start it, when not running */
	unsigned wait_s;
};

static const int caught[] = { SIGCHLD, SIGTERM, SIGINT };

static void
run_publisher(const struct options *o)
{
	publish_run(o);
}

static void
run_web(const struct options *o)
{
	web_run(o);
}

static void
caught_set(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(ret, caught[i]);
}

/* Nothing is open yet, and nothing secret is read, so a fork is enough. */
static void
start(struct child *c, const struct options *o, struct mono now)
{
	sigset_t set;

	c->began = now;
	c->pid = fork();
	if (c->pid < 0)
		fatal("fork");
	if (c->pid > 0)
		return;
	caught_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	c->run(o);
}

/* It has ended. False: so do we. */
static bool
take_end(struct child *c, int status, struct mono now)
{
	uint64_t lived = mono_since(c->began, now);

	c->pid = 0;
	c->lived |= lived > START_S * (uint64_t)MONO_SEC;
	if (!c->lived && WIFEXITED(status))
		return false;
	c->wait_s = lived > AGAIN_MAX_S * (uint64_t)MONO_SEC ? AGAIN_MIN_S
							     : c->wait_s * 2;
	if (c->wait_s > AGAIN_MAX_S)
		c->wait_s = AGAIN_MAX_S;
	c->again = mono_add(now, c->wait_s * (uint64_t)MONO_SEC);
	log_warnx("the %s has ended (%s %d); again in %u s", c->name,
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    c->wait_s);
	return true;
}

static bool
reap(struct child *child, size_t n, struct mono now)
{
	bool ok = true;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < n; i++)
			if (child[i].pid == pid)
				ok &= take_end(&child[i], status, now);
	return ok;
}

static void
end_all(struct child *child, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (child[i].pid > 0)
			kill(child[i].pid, SIGTERM);
	for (size_t i = 0; i < n; i++)
		if (child[i].pid > 0)
			waitpid(child[i].pid, NULL, 0);
}

int
mind_run(const struct options *o)
{
	struct child child[] = {
		{ .name = "publisher", .run = run_publisher, .wait_s = 1 },
		{ .name = "web server", .run = run_web, .wait_s = 1 },
	};
	const size_t n = sizeof(child) / sizeof(child[0]);
	const struct timespec second = { 1, 0 };
	bool ok = true;
	sigset_t set;
	int sig = 0;

	caught_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	jail_folder(o->out, o->user);
	while (ok && sig != SIGTERM && sig != SIGINT) {
		struct mono now = clock_boot();

		for (size_t i = 0; i < n; i++)
			if (child[i].pid == 0 && mono_due(child[i].again, now))
				start(&child[i], o, now);
		sig = sigtimedwait(&set, NULL, &second);
		ok = reap(child, n, clock_boot());
	}
	end_all(child, n);
	return ok ? 0 : 1;
}
