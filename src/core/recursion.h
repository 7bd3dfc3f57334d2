/*
 * A mesh route to a peer's endpoint leads our own datagrams into a device of
 * ours, to be sealed and sent once more, and so on: what the device gives is
 * looked at for them. Datagrams of others to the same place are none of it. A
 * tunnel of this node inside another of its tunnels is refused alike.
 */
#ifndef VPLAM_CORE_RECURSION_H
#define VPLAM_CORE_RECURSION_H

#include <stdbool.h>

#include "base/addr.h"

struct core;
struct pkt;
struct turn;

#define RECURSION_TOLD_S 600 /* the host hears of it once in so long */

/* Where the last packet of a run that may be ours went; starts zeroed. */
struct udp_dest {
	struct addr to;
	bool known; /* a peer may be there */
};

/*
 * Is it one of ours? Then it is counted as fwd_recursion, and EV_PEER_RECURSION
 * tells the host of the peer it is for.
 */
bool recursion_found(struct core *c, struct udp_dest *last,
    const struct pkt *pk, bool ethernet, struct turn *t);

#endif
