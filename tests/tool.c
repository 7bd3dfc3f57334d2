#include "tests/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define BUFFER (4 << 20)

struct mono
tool_now(void)
{
	return clock_mono();
}

int
tool_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fatal("signalfd");
	return fd;
}

void
tool_wait(struct pollfd *pfd, nfds_t n, struct mono until)
{
	uint64_t us = mono_since(tool_now(), until);
	const struct timespec ts = clock_timespec((struct mono){ us });

	if (ppoll(pfd, n, mono_is_never(until) ? NULL : &ts, NULL) < 0 &&
	    errno != EINTR)
		fatal("ppoll");
}

bool
tool_commands(struct tool_input *in,
    bool (*command)(void *arg, const char *line), void *arg)
{
	size_t room = sizeof(in->buf) - 1 - in->len;
	ssize_t n = read(STDIN_FILENO, in->buf + in->len, room);
	char *line = in->buf, *nl;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	in->len += (size_t)n;
	in->buf[in->len] = '\0';
	while ((nl = strchr(line, '\n')) != NULL) {
		*nl = '\0';
		if (!command(arg, line))
			log_warnx("command not understood: %s", line);
		line = nl + 1;
	}
	in->len -= (size_t)(line - in->buf);
	memmove(in->buf, line, in->len);
	if (in->len == sizeof(in->buf) - 1)
		in->len = 0; /* a line without end is no command */
	return true;
}

void
tool_enter(const char *ns)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/var/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fatal("%s", ns);
	close(fd);
}

struct addr
tool_addr(const char *text)
{
	struct addr a;

	if (!addr_parse(text, 0, &a) || a.port == 0)
		fatalx("%s: not an address with a port", text);
	return a;
}

void
tool_buffer(int fd)
{
	int size = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}
