#include "tests/unit/ctlrun.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/prim.h"

static char *dir; /* socket, input and output of the program, and more */
char *ctl_sock;

char *
ctl_path(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

void
ctl_slurp(const char *name, char *buf, unsigned long max)
{
	char *path = ctl_path(name);

	if (file_read(path, buf, max) < 0)
		fail_msg("%s cannot be read", path);
	free(path);
}

struct ctl_result
ctl_run(const char *args, const char *input)
{
	const char *top = getenv("TOP_BUILDDIR");
	char *in = ctl_path("in");
	struct ctl_result r;
	char *cmd;

	assert_int_equal(file_write(in, input, strlen(input), 0600), 0);
	cmd = xasprintf("VPLAMA_CONTROL=%s %s/vplamctl %s <%s >%s/out 2>%s/err",
	    ctl_sock, top != NULL ? top : ".", args, in, dir, dir);
	r.rc = WEXITSTATUS(system(cmd));
	free(cmd);
	free(in);
	ctl_slurp("out", r.out, sizeof(r.out));
	ctl_slurp("err", r.err, sizeof(r.err));
	return r;
}

void
ctl_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text);
}

/* One client: each line it sends gets the next of replies, then it is cut. */
static void
serve(int fd, const char *const *replies)
{
	char *path = ctl_path("requests"), *line = NULL;
	FILE *log = fopen(path, "w"), *in;
	int conn = accept(fd, NULL, NULL);
	size_t max = 0;

	in = fdopen(conn, "r");
	if (log == NULL || in == NULL)
		_exit(1);
	for (; *replies != NULL; replies++) {
		if (getline(&line, &max, in) < 0)
			break;
		fputs(line, log);
		fflush(log);
		if (write(conn, *replies, strlen(*replies)) < 0)
			_exit(1);
	}
	_exit(0);
}

struct ctl_result
ctl_run_against(const char *const *replies, const char *args)
{
	int fd = unix_listen(ctl_sock, SOCK_STREAM, 0600);
	struct ctl_result r;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int flags = fcntl(fd, F_GETFL);

		alarm(30);
		if (fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
			_exit(1);
		serve(fd, replies);
	}
	close(fd);
	r = ctl_run(args, "");
	waitpid(pid, NULL, 0);
	unlink(ctl_sock);
	return r;
}

int
ctl_begin(void **state)
{
	(void)state;
	dir = xstrdup("/tmp/vplamctl-test-XXXXXX");
	if (mkdtemp(dir) == NULL || !crypto_start())
		return -1;
	ctl_sock = ctl_path("control.sock");
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int
ctl_end(void **state)
{
	(void)state;
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(ctl_sock);
	free(dir);
	return 0;
}
