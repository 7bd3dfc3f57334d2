#include "io/spawn.h"

#include <config.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"

/*
 * None of our descriptors, not even those that libraries open without
 * O_CLOEXEC: a child would keep our connections, and could read from them.
 */
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
static void
keep_ours(posix_spawn_file_actions_t *fa)
{
	posix_spawn_file_actions_addclosefrom_np(fa, STDERR_FILENO + 1);
}
#else
static void
keep_ours(posix_spawn_file_actions_t *fa)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	(void)fa;
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (atoi(e->d_name) > STDERR_FILENO)
			(void)fcntl(atoi(e->d_name), F_SETFD, FD_CLOEXEC);
	if (dir != NULL)
		closedir(dir);
}
#endif

static int
start(char *const *argv, char *const *env, bool err_too, int out, pid_t *ret)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, pipe_sig;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipe_sig);
	sigaddset(&pipe_sig, SIGPIPE);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (err_too)
		posix_spawn_file_actions_adddup2(&fa, out, 2);
	keep_ours(&fa);
	posix_spawnattr_init(&at);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &pipe_sig);
	posix_spawnattr_setpgroup(&at, 0);
	posix_spawnattr_setflags(&at,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(ret, argv[0], &fa, &at, argv, env);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return -rc;
}

int
spawn_program(
    char *const *argv, char *const *env, bool err_too, struct spawned *ret)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = fd_nonblock(ends[0]);
	if (rc == 0)
		rc = start(argv, env, err_too, ends[1], &ret->pid);
	close(ends[1]);
	if (rc == 0) {
		ret->out = ends[0];
		ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
		if (ret->pidfd >= 0)
			return 0;
		rc = -errno;
		(void)spawn_bury(ret->pid);
	}
	close(ends[0]);
	return rc;
}

char *
spawn_path(void)
{
	const char *path = getenv("PATH");

	return try_asprintf("PATH=%s", path != NULL ? path : "/usr/bin:/bin");
}

void
spawn_kill(pid_t pid)
{
	if (kill(-pid, SIGKILL) < 0)
		(void)kill(pid, SIGKILL);
}

/* False: it is none of ours any more, and its number may be another's. */
static bool
look(pid_t pid, siginfo_t *ret)
{
	const int how = WEXITED | WNOHANG | WNOWAIT;

	memset(ret, 0, sizeof(*ret));
	return waitid(P_PID, (id_t)pid, ret, how) == 0;
}

bool
spawn_ended(pid_t pid)
{
	siginfo_t si;

	return !look(pid, &si) || si.si_pid != 0;
}

int
spawn_bury(pid_t pid)
{
	siginfo_t si;
	int status;

	if (!look(pid, &si))
		return SPAWN_LOST;
	spawn_kill(pid);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return SPAWN_LOST;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
