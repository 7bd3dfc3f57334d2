/*
 * The shim's own network namespace beside that of ntkd, the one in which the
 * program was started. A veth pair joins them: vp0 is an interface of ntkd, vp1
 * is ours. In ours the kernel forwards between vp1 and the TUN vpd0.
 *
 * What ntkd's host sends to an identity (an address of ours) at TCP or UDP port
 * 269 is for us; all else for an address inside a claim goes to vpd0. What
 * comes from vpd0 goes to ntkd's host and nowhere else.
 */
#ifndef VPLAM_NTKD_SHIM_NETNS_H
#define VPLAM_NTKD_SHIM_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "ntkd-shim/nl.h"

#define NETNS_NTKD_IF "vp0"
#define NETNS_OWN_IF "vp1"
#define NETNS_TUN_IF "vpd0"
#define NETNS_INDEX_MAX 16 /* ntkd takes no interface above */

struct netns_conf {
	const char *name; /* of "ip netns"; NULL: a private one */
	uint16_t mtu;
	struct prefix mesh; /* where ntkd's nodes live: 10.0.0.0/8 */
};

struct netns {
	const struct netns_conf *conf; /* borrowed */
	int ntkd_fd;		       /* ntkd's namespace */
	int own_fd;
	int lock_fd;	     /* one shim for each namespace */
	struct nl ntkd, own; /* the kernel, in each of them */
	unsigned vp0, vp1;   /* indices of the interfaces */
	bool named;
};

/*
 * Sets all up but the TUN, and takes the process into our namespace. 0, or
 * -errno and the log says why; then nothing is left behind.
 */
int netns_open(struct netns *ns, const struct netns_conf *conf);

/* Removes it. The process stays where it is. Fine on zeroes. */
void netns_close(struct netns *ns);

/* The TUN: its descriptor, nonblocking, or -errno. */
int netns_tun(struct netns *ns);

/* An address of an identity on vp1. 0 or -errno; there already is fine. */
int netns_addr(struct netns *ns, const uint8_t addr[4], bool add);

/* A claim: to vpd0. */
int netns_route(struct netns *ns, const struct prefix *to, bool add);

/* A socket for what happens in ntkd's namespace. 0 or -errno. */
int netns_listen(struct netns *ns, struct nl *ret, unsigned groups);

/* For a new process: back into ntkd's namespace. */
int netns_to_ntkd(const struct netns *ns);

#endif
