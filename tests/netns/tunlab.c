#include "tests/netns/tunlab.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

const char *
lab_lacks(void)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return "needs root to make network namespaces";
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return "needs /dev/net/tun";
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNET | CLONE_NEWNS) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return "this machine refuses network namespaces";
	return NULL;
}

int
lab_ns(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	lab_do("ip link set lo up");
	return fd;
}

void
lab_enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

void
lab_sys(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("sysfs", "/sys", "sysfs", 0, NULL), 0);
}

bool
lab_says(const char *what, const char *fmt, ...)
{
	char cmd[256], out[16384];
	va_list ap;
	size_t n;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	fflush(NULL);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	pclose(f);
	if (strstr(out, what) != NULL)
		return true;
	printf("# \"%s\" is not in what %s says:\n%s", what, cmd, out);
	return false;
}

void
lab_do(const char *fmt, ...)
{
	char cmd[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	fflush(NULL);
	assert_int_equal(system(cmd), 0);
}
