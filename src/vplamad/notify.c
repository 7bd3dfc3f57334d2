#include "vplamad/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

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

void
notify_open(struct notify *n)
{
	struct sockaddr_un sun;
	socklen_t len;
	int rc = find(&sun, &len);

	*n = (struct notify){ .fd = -1, .at = MONO_NEVER };
	if (rc < 0)
		log_warnx("NOTIFY_SOCKET: %s", strerror(-rc));
	if (rc != 0)
		return;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		log_warn("the service manager cannot be told how we are");
}

void
notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct notify){ .fd = -1, .at = MONO_NEVER };
}

static int
put(const struct notify *n, const char *text, int flags)
{
	struct sockaddr_un sun;
	socklen_t len;
	int rc = find(&sun, &len);

	if (n->fd < 0 || rc != 0)
		return rc < 0 ? rc : 0;
	if (sendto(n->fd, text, strlen(text), MSG_NOSIGNAL | flags,
		(const struct sockaddr *)&sun, len) < 0)
		return -errno;
	return 0;
}

int
notify_ready(const struct notify *n)
{
	return put(n, "READY=1", 0);
}

int
notify_reloading(const struct notify *n)
{
	struct timespec ts = clock_timespec(clock_mono());
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	return put(n, text, 0);
}

int
notify_stopping(const struct notify *n)
{
	return put(n, "STOPPING=1", 0);
}

int
notify_live(const struct notify *n, unsigned peers)
{
	char text[64];

	snprintf(text, sizeof(text), "STATUS=%u peer%s live", peers,
	    peers == 1 ? "" : "s");
	/* only to be looked at: not worth waiting for a busy manager */
	return put(n, text, MSG_DONTWAIT);
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
notify_watchdog(struct notify *n, struct mono now)
{
	uint64_t pid = env_number("WATCHDOG_PID");

	n->every_us = env_number("WATCHDOG_USEC") / 3;
	if (n->fd >= 0 && n->every_us > 0 &&
	    (pid == 0 || pid == (uint64_t)getpid()))
		n->at = now;
}

/* What is not taken now is said again well before it is missed. */
void
notify_tick(struct notify *n, struct mono now)
{
	if (!mono_due(n->at, now))
		return;
	n->at = mono_add(now, n->every_us);
	(void)put(n, "WATCHDOG=1", MSG_DONTWAIT);
}
