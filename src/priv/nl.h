/* A talk with the kernel over rtnetlink: one request, its answer. */
#ifndef VPLAM_PRIV_NL_H
#define VPLAM_PRIV_NL_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#define NL_ROOM 1024 /* bytes; every request of ours is far shorter */

union nl_msg {
	struct nlmsghdr head; /* aligns the bytes */
	char buf[NL_ROOM];
};

struct nl {
	struct mnl_socket *sock;
	unsigned seq;
};

/* All return 0 or -errno. */
int nl_open(struct nl *n);
void nl_close(struct nl *n); /* fine on zeroes */

/* Sends a request and waits for the kernel's verdict, which comes at once. */
int nl_talk(struct nl *n, struct nlmsghdr *req);

/*
 * Has the kernel list what req (of a GET type, without flags) describes, and
 * gives each to fn; starts again when things change meanwhile, then begin(arg)
 * comes first each time.
 */
int nl_dump(struct nl *n, struct nlmsghdr *req, void (*begin)(void *arg),
    mnl_cb_t fn, void *arg);

#endif
