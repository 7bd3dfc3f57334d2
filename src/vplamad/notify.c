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

#include "base/clock.h"

static int
send_text(const char *text, int flags)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;
	int fd, rc = 0;

	if (path == NULL || path[0] == '\0')
		return 0;
	len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(sun.sun_path))
		return -EINVAL;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	len += offsetof(struct sockaddr_un, sun_path);
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | flags,
		(const struct sockaddr *)&sun, (socklen_t)len) < 0)
		rc = -errno;
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
