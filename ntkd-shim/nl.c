#include "ntkd-shim/nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define LIST_ROOM 32768 /* the kernel sends no more at once */
#define LIST_TRIES 4	/* what is listed may change while it is told */

static int
open_groups(struct nl *n, int flags, unsigned groups)
{
	int rc;

	*n = (struct nl){ .sock = mnl_socket_open2(
			      NETLINK_ROUTE, SOCK_CLOEXEC | flags) };
	if (n->sock == NULL)
		return -errno;
	if (mnl_socket_bind(n->sock, groups, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	rc = -errno;
	nl_close(n);
	return rc;
}

int
nl_open(struct nl *n)
{
	return open_groups(n, 0, 0);
}

/* What is left of a list that was given up. */
static void
skip_rest(const struct nl *n)
{
	char buf[LIST_ROOM];

	while (recv(mnl_socket_get_fd(n->sock), buf, sizeof(buf),
		   MSG_DONTWAIT) > 0)
		;
}

int
nl_listen(struct nl *n, unsigned groups)
{
	return open_groups(n, SOCK_NONBLOCK, groups);
}

void
nl_close(struct nl *n)
{
	if (n->sock != NULL)
		mnl_socket_close(n->sock);
	n->sock = NULL;
}

void *
nl_begin(union nl_req *r, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(r->buf);

	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(head, size);
}

/* Sends it, and gives the answers to fn up to the last. */
static int
talk(struct nl *n, union nl_req *r, mnl_cb_t fn, void *arg)
{
	unsigned port = mnl_socket_get_portid(n->sock);
	char buf[LIST_ROOM];
	int rc = MNL_CB_OK;
	ssize_t len;

	r->head.nlmsg_seq = ++n->seq;
	if (mnl_socket_sendto(n->sock, r, r->head.nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(n->sock, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)len, n->seq, port, fn, arg);
	}
	return rc < 0 ? -errno : 0;
}

int
nl_ask(struct nl *n, union nl_req *r)
{
	r->head.nlmsg_flags |= NLM_F_ACK;
	return talk(n, r, NULL, NULL);
}

int
nl_list(struct nl *n, union nl_req *r, mnl_cb_t fn, void *arg)
{
	int rc = -EINTR, i;

	r->head.nlmsg_flags |= NLM_F_DUMP;
	for (i = 0; i < LIST_TRIES && rc == -EINTR; i++) {
		skip_rest(n);
		rc = talk(n, r, fn, arg);
	}
	return rc;
}

struct wanted {
	const struct nlattr **at;
	uint16_t max;
};

static int
on_attr(const struct nlattr *attr, void *arg)
{
	const struct wanted *w = arg;

	if (mnl_attr_get_type(attr) <= w->max)
		w->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void
nl_attrs(const struct nlmsghdr *msg, size_t head, const struct nlattr **ret,
    uint16_t max)
{
	struct wanted w = { ret, max };

	memset(ret, 0, (max + 1u) * sizeof(*ret));
	(void)mnl_attr_parse(msg, (unsigned)head, on_attr, &w);
}
