#include "vplamad/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#include "base/clock.h"

#define ALIVE "WATCHDOG=1"

/* Where to: 0, 1 when there is nobody, or -errno. */
static int
find(struct sockaddr_un *ret, socklen_t *ret_len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;

	if (path == NULL || path[0] == '\0')
		return 1;
	len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(ret->sun_path))
		return -EINVAL;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, len);
	if (path[0] == '@')
		ret->sun_path[0] = '\0'; /* the abstract namespace */
	*ret_len = (socklen_t)(len + offsetof(struct sockaddr_un, sun_path));
	return 0;
}

static int
put(int fd, const char *text, int flags)
{
	struct sockaddr_un sun;
	socklen_t len;
	int rc = find(&sun, &len);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | flags,
		(const struct sockaddr *)&sun, len) < 0)
		return -errno;
	return 0;
}

static int
socket_new(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
send_text(const char *text, int flags)
{
	struct sockaddr_un sun;
	socklen_t len;
	int fd, rc = find(&sun, &len);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	fd = socket_new();
	if (fd < 0)
		return -errno;
	rc = put(fd, text, flags);
	close(fd);
	return rc;
}

int
notify_send(const char *text)
{
	return send_text(text, 0);
}

int
notify_ready(void)
{
	return notify_send("READY=1");
}

int
notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_mono().us);
	return notify_send(text);
}

int
notify_stopping(void)
{
	return notify_send("STOPPING=1");
}

int
notify_live(unsigned n)
{
	char text[64];

	snprintf(
	    text, sizeof(text), "STATUS=%u peer%s live", n, n == 1 ? "" : "s");
	/* only to be looked at: not worth waiting for a busy manager */
	return send_text(text, MSG_DONTWAIT);
}

/* A number of the environment; 0: it is not there, or is none. */
static uint64_t
env_number(const char *name)
{
	const char *s = getenv(name);
	unsigned long long v;
	char *end;

	if (s == NULL || s[0] < '0' || s[0] > '9')
		return 0;
	errno = 0;
	v = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0' ? v : 0;
}

void
watchdog_begin(struct watchdog *w, struct mono now)
{
	uint64_t pid = env_number("WATCHDOG_PID");
	struct sockaddr_un sun;
	socklen_t len;

	*w = (struct watchdog){ .fd = -1, .at = MONO_NEVER };
	w->every_us = env_number("WATCHDOG_USEC") / 3;
	if (w->every_us == 0 || (pid != 0 && pid != (uint64_t)getpid()) ||
	    find(&sun, &len) != 0)
		return;
	w->fd = socket_new();
	if (w->fd < 0)
		log_warn(
		    "watchdog: no socket; the service manager will miss us");
	else
		w->at = now;
}

/* What is not taken now is said again well before it is missed. */
void
watchdog_tick(struct watchdog *w, struct mono now)
{
	if (!mono_due(w->at, now))
		return;
	w->at = mono_add(now, w->every_us);
	(void)put(w->fd, ALIVE, MSG_DONTWAIT);
}

void
watchdog_end(struct watchdog *w)
{
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct watchdog){ .fd = -1, .at = MONO_NEVER };
}
