/* Routes of the kernel to prefixes of peers, by netlink; those of ours only. */
#ifndef VPLAM_PRIV_ROUTE_H
#define VPLAM_PRIV_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"

/* What is the same of all of them. */
struct route_mark {
	uint32_t table, metric; /* not 0 */
	uint8_t protocol;	/* whose is ours alone */
};

/*
 * May it be routed? An IPv4 or IPv6 prefix without bits behind its length that
 * holds no address of the loopback, of a link alone or of a group: so not all
 * addresses either.
 */
bool route_ok(const struct prefix *p);

/*
 * All return 0 or -errno. The route to p goes into interface number index,
 * straight to whoever has the address. In the place of one of ours to p; where
 * somebody else has one of this metric: -EEXIST, and it stays.
 */
int route_add(
    const struct route_mark *m, const struct prefix *p, unsigned index);

/* Ours to p, whatever interface it goes to; 0 also when there is none. */
int route_del(const struct route_mark *m, const struct prefix *p);

/* All of ours in the table, of whatever metric. */
int route_flush(const struct route_mark *m);

#endif
