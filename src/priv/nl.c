#include "priv/nl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define DUMP_ROOM 32768 /* the kernel sends no more at once */
#define DUMP_TRIES 4	/* things may change while they are told */

int
nl_open(struct nl *n)
{
	int on = 1;

	n->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (n->sock == NULL)
		return -errno;
	/* lists of what was asked for; older kernels tell of all */
	(void)mnl_socket_setsockopt(
	    n->sock, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (mnl_socket_bind(n->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		int rc = -errno;

		nl_close(n);
		return rc;
	}
	return 0;
}

void
nl_close(struct nl *n)
{
	if (n->sock != NULL)
		mnl_socket_close(n->sock);
	n->sock = NULL;
}

int
nl_talk(struct nl *n, struct nlmsghdr *req)
{
	unsigned port = mnl_socket_get_portid(n->sock);
	char buf[4096];
	ssize_t len;

	req->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	req->nlmsg_seq = ++n->seq;
	if (mnl_socket_sendto(n->sock, req, req->nlmsg_len) < 0)
		return -errno;
	len = mnl_socket_recvfrom(n->sock, buf, sizeof(buf));
	if (len < 0 ||
	    mnl_cb_run(buf, (size_t)len, n->seq, port, NULL, NULL) < 0)
		return -errno;
	return 0;
}

/* -EINTR: some changed meanwhile, so that others may be missing. */
static int
dump_once(struct nl *n, struct nlmsghdr *req, mnl_cb_t fn, void *arg)
{
	unsigned port = mnl_socket_get_portid(n->sock);
	char buf[DUMP_ROOM];
	int rc = MNL_CB_OK;
	ssize_t len;

	req->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req->nlmsg_seq = ++n->seq;
	if (mnl_socket_sendto(n->sock, req, req->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(n->sock, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)len, n->seq, port, fn, arg);
	}
	return rc < 0 ? -errno : 0;
}

/* The rest of a list that was interrupted goes with its socket. */
int
nl_dump(struct nl *n, struct nlmsghdr *req, void (*begin)(void *arg),
    mnl_cb_t fn, void *arg)
{
	int rc = -EINTR, i;

	for (i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		if (i > 0) {
			nl_close(n);
			rc = nl_open(n);
			if (rc < 0)
				return rc;
		}
		begin(arg);
		rc = dump_once(n, req, fn, arg);
	}
	return rc;
}
