/* What is set on a network interface, by netlink and ethtool. */
#ifndef VPLAM_PRIV_LINK_H
#define VPLAM_PRIV_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "priv/nl.h"

struct link {
	struct nl nl;
	const char *name; /* borrowed */
	unsigned index;
};

/* All return 0 or -errno. -ENODEV when there is no such interface. */
int link_init(struct link *l, const char *name);
void link_fini(struct link *l); /* fine on zeroes */

int link_set_up(struct link *l, bool up);
int link_set_mtu(struct link *l, uint16_t mtu);

/* Takes the interface down for a moment when it has another one. */
int link_set_mac(struct link *l, const uint8_t mac[6]);

/* False: the kernel makes no link-local address; true: one of the MAC. */
int link_set_own_ll(struct link *l, bool from_mac);

/* What is there already stays as it is; no duplicate is looked for. */
int link_add_addr(struct link *l, const struct prefix *addr);

/*
 * Takes away what link_add_addr() added, in another life too, but for its own
 * link-local address and the n that stay. What others added stays, also in the
 * same network. Needs Linux 5.18: before, nothing shows whose an address is.
 */
int link_drop_addrs(struct link *l, const struct prefix *own,
    const struct prefix *stay, size_t n);

/* What ethtool says of it: Mbit/s, full duplex. */
int link_set_speed(struct link *l, uint32_t mbit);

#endif
