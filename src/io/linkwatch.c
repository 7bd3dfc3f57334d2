#include "io/linkwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xmem.h"
#include "io/loop.h"

#define READS 16 /* a turn */

struct linkwatch {
	int fd;
	struct watch watch;
	void (*changed)(void *arg, unsigned index, bool up);
	void *arg;
};

/* One message of the kernel's; len covers its header. */
static void
take(const struct linkwatch *lw, const struct nlmsghdr *head, const char *p)
{
	struct ifinfomsg ifi;

	if (head->nlmsg_type != RTM_NEWLINK ||
	    head->nlmsg_len < NLMSG_HDRLEN + sizeof(ifi))
		return;
	memcpy(&ifi, p + NLMSG_HDRLEN, sizeof(ifi));
	lw->changed(
	    lw->arg, (unsigned)ifi.ifi_index, (ifi.ifi_flags & IFF_UP) != 0);
}

static void
take_all(const struct linkwatch *lw, const char *p, size_t left)
{
	struct nlmsghdr head;

	while (left >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > left)
			return;
		take(lw, &head, p);
		if (NLMSG_ALIGN(head.nlmsg_len) >= left)
			return;
		left -= NLMSG_ALIGN(head.nlmsg_len);
		p += NLMSG_ALIGN(head.nlmsg_len);
	}
}

static void
on_readable(void *arg, struct turn *t)
{
	struct linkwatch *lw = arg;
	struct sockaddr_nl from = { 0 };
	socklen_t len;
	char buf[8192];
	unsigned i;
	ssize_t n;

	(void)t;
	for (i = 0; i < READS; i++) {
		len = sizeof(from);
		n = recvfrom(lw->fd, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOBUFS)
			lw->changed(lw->arg, 0, false);
		else if (n < 0)
			return;
		else if (from.nl_pid == 0) /* the kernel */
			take_all(lw, buf, (size_t)n);
	}
}

struct linkwatch *
linkwatch_new(struct loop *l,
    void (*changed)(void *arg, unsigned index, bool up), void *arg)
{
	const struct sockaddr_nl at = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK };
	struct linkwatch *lw;
	int err,
	    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);

	if (fd < 0)
		return NULL;
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return NULL;
	}
	lw = xcalloc(1, sizeof(*lw));
	lw->fd = fd;
	lw->changed = changed;
	lw->arg = arg;
	watch_init(&lw->watch, l, fd, WATCH_READ, on_readable, lw);
	watch_on(&lw->watch);
	return lw;
}

void
linkwatch_free(struct linkwatch *lw)
{
	if (lw == NULL)
		return;
	watch_fini(&lw->watch);
	close(lw->fd);
	free(lw);
}
