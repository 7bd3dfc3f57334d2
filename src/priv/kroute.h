/* Routes of the kernel to prefixes of peers, by netlink; those of ours only. */
#ifndef VPLAM_PRIV_KROUTE_H
#define VPLAM_PRIV_KROUTE_H

#include <stdint.h>

#include "base/prefix.h"

/* What is the same of all of them. */
struct kroute_mark {
	uint32_t table, metric; /* not 0 */
	uint8_t protocol;	/* whose is ours alone */
};

/*
 * All return 0 or -errno. The route to p (prefix_routable()) goes into
 * interface number index, straight to whoever has the address. In the place of
 * one of ours to p; where somebody else has one of this metric: -EEXIST, and it
 * stays.
 */
int kroute_add(
    const struct kroute_mark *m, const struct prefix *p, unsigned index);

/* Ours to p, whatever interface it goes to; 0 also when there is none. */
int kroute_del(const struct kroute_mark *m, const struct prefix *p);

/* All of ours in the table, of whatever metric. */
int kroute_flush(const struct kroute_mark *m);

#endif
