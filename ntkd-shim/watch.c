#include "ntkd-shim/watch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "ntkd-shim/client.h"

#define GROUP(n) (1u << ((n)-1))

/* What the messages of one turn amount to. */
struct seen {
	struct watch *w;
	bool addr, lost;
};

struct found {
	const struct watch *w;
	uint32_t ip;
};

/* Of several the last; what others have put on vp0 lies elsewhere. */
static int
on_listed(const struct nlmsghdr *msg, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
	const struct nlattr *at[IFA_LOCAL + 1];
	struct found *f = arg;
	const uint8_t *a;

	if (ifa->ifa_index != f->w->ns->vp0 || ifa->ifa_family != AF_INET)
		return MNL_CB_OK;
	nl_attrs(msg, sizeof(*ifa), at, IFA_LOCAL);
	if (at[IFA_LOCAL] == NULL ||
	    mnl_attr_get_payload_len(at[IFA_LOCAL]) != 4)
		return MNL_CB_OK;
	a = mnl_attr_get_payload(at[IFA_LOCAL]);
	if (prefix_has(&f->w->ns->conf->mesh, a))
		f->ip = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 |
		    (uint32_t)a[2] << 8 | a[3];
	return MNL_CB_OK;
}

static void
tell_addr(struct watch *w, struct mono now)
{
	struct found f = { .w = w };
	struct ifaddrmsg *ifa;
	union nl_req r;
	int rc;

	ifa = nl_begin(&r, RTM_GETADDR, 0, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	rc = nl_list(&w->ns->ntkd, &r, on_listed, &f);
	if (rc < 0) {
		log_warnx("addresses of " NETNS_NTKD_IF ": %s", strerror(-rc));
		return;
	}
	w->io.addr(w->io.arg, f.ip, now);
}

static int
on_event(const struct nlmsghdr *msg, void *arg)
{
	struct seen *s = arg;
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);

	switch (msg->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		s->addr |= ifa->ifa_index == s->w->ns->vp0;
		break;
	case RTM_DELLINK:
		s->lost |= (unsigned)ifi->ifi_index == s->w->ns->vp0 &&
		    ifi->ifi_family == AF_UNSPEC;
		break;
	}
	return MNL_CB_OK;
}

static void
on_ready(void *arg, uint32_t events, struct mono now)
{
	struct watch *w = arg;
	struct seen s = { .w = w };
	char buf[32768];
	ssize_t n;

	(void)events;
	for (;;) {
		n = mnl_socket_recvfrom(w->events.sock, buf, sizeof(buf));
		if (n < 0 && errno == ENOBUFS) {
			s.addr = true; /* some were lost */
			continue;
		}
		if (n <= 0)
			break;
		(void)mnl_cb_run(buf, (size_t)n, 0, 0, on_event, &s);
	}
	if (s.lost)
		w->io.lost(w->io.arg);
	else if (s.addr)
		tell_addr(w, now);
}

int
watch_open(struct watch *w, struct netns *ns, struct loop *loop,
    const struct watch_io *io)
{
	int rc;

	*w = (struct watch){ .ns = ns, .loop = loop, .io = *io };
	rc = netns_listen(
	    ns, &w->events, GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR));
	if (rc == 0) {
		w->source = (struct source){ mnl_socket_get_fd(w->events.sock),
			on_ready, w };
		rc = loop_add(loop, &w->source, EPOLLIN);
	}
	if (rc < 0)
		log_warnx("watching ntkd: %s", strerror(-rc));
	else
		tell_addr(w, clock_mono());
	return rc;
}

void
watch_close(struct watch *w)
{
	nl_close(&w->events);
}
