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
	uint16_t group;		 /* dst is a group: for everybody */
	uint16_t says;		 /* enum ip_says */

	/*
	 * The network's addresses inside a frame, for routing and for the
	 * check of prefixes: of IP, of ARP (who asks, who is asked for) and of
	 * neighbour solicitations. On IP devices these are src and dst again.
	 * family is PREFIX_FAMILIES when there are none.
	 */
	uint16_t net_family;
	uint16_t has_claim;
	uint8_t net_src[16], net_dst[16];

	/*
	 * With has_claim: an address that the sender says is its own besides,
	 * or is about to be. Of neighbour advertisements, and of probes for
	 * duplicates, which come from no address (RFC 4862, RFC 5227).
	 */
	uint8_t claim[16];
};

/* How deep to look into a frame; all is seen of a packet of an IP device. */
enum look_depth {
	LOOK_LINK, /* its own header */
	LOOK_SAYS, /* and what the packet in it says */
	LOOK_NET,  /* and the network's addresses */
};

/*
 * False for what the layer does not carry; where the look goes deeper than the
 * header, also for a frame whose IP or ARP cannot be read: it could be anything
 * to who reads it another way.
 */
bool look_at(struct look *ret, const struct pkt *pk, bool ethernet,
    enum look_depth depth);

/* Where IP begins in the packet, or pk->len when it holds none. */
size_t look_l3(const struct pkt *pk, bool ethernet);

#endif
