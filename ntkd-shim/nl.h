/* A netlink socket of the namespace in which it was opened. */
#ifndef VPLAM_NTKD_SHIM_NL_H
#define VPLAM_NTKD_SHIM_NL_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#define NL_ROOM 1024 /* bytes of a request */

struct nl {
	struct mnl_socket *sock;
	unsigned seq;
};

union nl_req {
	struct nlmsghdr head; /* aligns the bytes */
	char buf[NL_ROOM];
};

/* All return 0 or -errno. */
int nl_open(struct nl *n);
void nl_close(struct nl *n); /* fine on zeroes */

/* Zeroes the family's header of size bytes and returns it. */
void *nl_begin(union nl_req *r, uint16_t type, uint16_t flags, size_t size);

/* Sends a request and waits for the kernel's verdict, which comes at once. */
int nl_ask(struct nl *n, union nl_req *r);

/*
 * Asks for a list; fn gets each entry, some of them twice when the list changes
 * meanwhile.
 */
int nl_list(struct nl *n, union nl_req *r, mnl_cb_t fn, void *arg);

/* A new socket for the messages of these groups (1 << (RTNLGRP_ - 1)). */
int nl_listen(struct nl *n, unsigned groups);

/* The attributes of a message: of the types up to max, the others are NULL. */
void nl_attrs(const struct nlmsghdr *msg, size_t head,
    const struct nlattr **ret, uint16_t max);

#endif
