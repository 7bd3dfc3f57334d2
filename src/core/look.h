/*
 * What forwarding looks at in a packet: the addresses that decide where it goes
 * and whose it is. Neighbours of one flow look the same, byte by byte.
 */
#ifndef VPLAM_CORE_LOOK_H
#define VPLAM_CORE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/run.h"
#include "core/fdb.h"

/* Unused bytes are zero, so that two can be compared whole. */
struct look {
	struct fdb_key src, dst; /* of the layer that the device carries */
	uint32_t group;		 /* dst is a group: for everybody */

	/*
	 * The network's addresses inside a frame, for routing and for the
	 * check of prefixes: of IP, of ARP (who asks, who is asked for) and of
	 * neighbour solicitations. On IP devices these are src and dst again.
	 * family is PREFIX_FAMILIES when there are none.
	 */
	uint32_t net_family;
	uint8_t net_src[16], net_dst[16];
};

/*
 * False for what the layer does not carry. deep: fill in the network's
 * addresses inside a frame as well; else there are none.
 */
bool look_at(struct look *ret, const struct pkt *pk, bool ethernet, bool deep);

/* Where IP begins in the packet, or pk->len when it holds none. */
size_t look_l3(const struct pkt *pk, bool ethernet);

#endif
