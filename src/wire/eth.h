/*
 * Ethernet headers, looked at and not changed (IEEE 802.3, 802.1Q).
 *
 * A receiver takes off every tag that names no VLAN and both kinds of tags, so
 * what it will find is behind all of them: to look behind the first alone would
 * let a packet hide.
 */
#ifndef VPLAM_WIRE_ETH_H
#define VPLAM_WIRE_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_HEAD 14
#define ETH_VLAN 4
#define ETH_ALEN 6

enum {
	ETH_IPV4 = 0x0800,
	ETH_ARP = 0x0806,
	ETH_TAGGED = 0x8100,
	ETH_IPV6 = 0x86dd,
	ETH_SERVICE = 0x88a8, /* a provider's tag (802.1ad) */
};

/* dst and src borrow from the frame. */
struct eth {
	const uint8_t *dst, *src;
	uint16_t vlan;	/* of the outermost tag that names one; 0: none does */
	uint16_t inner; /* of the second that does; 0: none */
	uint16_t type;	/* behind all tags, and behind LLC with SNAP */
	size_t head;	/* where the payload begins: 14 or more */
};

/*
 * False for a frame too short for its header, with a group as source, or in
 * more than two VLANs.
 */
bool eth_parse(const uint8_t *p, size_t len, struct eth *ret);

/* Multicast or broadcast: goes to everybody. */
static inline bool
eth_is_group(const uint8_t mac[ETH_ALEN])
{
	return (mac[0] & 1) != 0;
}

#endif
