#include "ntkd-shim/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#define STOP_TRIES 50 /* of 100 ms */

void
child_init(
    struct child *c, const struct netns *ns, char **argv, struct mono now)
{
	*c = (struct child){ .ns = ns,
		.argv = argv,
		.again = argv == NULL ? MONO_NEVER : now,
		.backoff_us = CHILD_BACKOFF_MIN_US };
	if (getrlimit(RLIMIT_NOFILE, &c->files) < 0)
		c->files = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
}

struct mono
child_deadline(const struct child *c)
{
	return c->again;
}

/* In the new process. ntkd must not outlive us: a second one would be run. */
static _Noreturn void
become(const struct child *c, pid_t parent)
{
	sigset_t none;
	int rc = netns_to_ntkd(c->ns);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)setrlimit(RLIMIT_NOFILE, &c->files);
	if (rc < 0)
		fatalx("ntkd's namespace: %s", strerror(-rc));
	if (getppid() == parent)
		execvp(c->argv[0], c->argv);
	log_warn("%s", c->argv[0]);
	_exit(127);
}

static void
plan_next(struct child *c, struct mono now)
{
	c->again = mono_add(now, c->backoff_us);
	c->backoff_us *= 2;
	if (c->backoff_us > CHILD_BACKOFF_MAX_US)
		c->backoff_us = CHILD_BACKOFF_MAX_US;
}

void
child_tick(struct child *c, struct mono now)
{
	pid_t self = getpid(), pid;

	if (!mono_due(c->again, now))
		return;
	pid = fork();
	if (pid == 0)
		become(c, self);
	if (pid < 0) {
		log_warn("fork");
		plan_next(c, now);
		return;
	}
	c->pid = pid;
	c->started = now;
	c->again = MONO_NEVER;
	c->starts++;
	log_info("%s started (%d)", c->argv[0], (int)pid);
}

static void
say_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_warnx("%s died of signal %d", c->argv[0], WTERMSIG(status));
	else if (WEXITSTATUS(status) == 0)
		log_warnx("%s ended; it must stay in the foreground (-D)",
		    c->argv[0]);
	else
		log_warnx("%s ended with %d", c->argv[0], WEXITSTATUS(status));
}

bool
child_reap(struct child *c, struct mono now)
{
	int status;

	if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return false;
	say_end(c, status);
	c->pid = 0;
	if (mono_since(c->started, now) >= CHILD_PROVEN_US)
		c->backoff_us = CHILD_BACKOFF_MIN_US;
	plan_next(c, now);
	return true;
}

void
child_restart(struct child *c)
{
	c->backoff_us = CHILD_BACKOFF_MIN_US;
	if (c->pid != 0)
		kill(c->pid, SIGTERM);
}

void
child_stop(struct child *c)
{
	int i;

	if (c->pid == 0)
		return;
	kill(c->pid, SIGTERM);
	for (i = 0; i < STOP_TRIES; i++) {
		if (waitpid(c->pid, NULL, WNOHANG) != 0)
			break;
		usleep(100000);
	}
	if (i == STOP_TRIES) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	c->pid = 0;
}
