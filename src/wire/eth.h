/* Ethernet headers, looked at and not changed (IEEE 802.3, 802.1Q). */
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
};

/* dst and src borrow from the frame. */
struct eth {
	const uint8_t *dst, *src;
	uint16_t vlan; /* of the outermost tag; 0: none, or priority only */
	uint16_t type; /* behind that tag; a further tag is not looked into */
	size_t head;   /* where the payload begins: 14 or 18 */
};

/* False for a frame too short for its header, or with a group as source. */
bool eth_parse(const uint8_t *p, size_t len, struct eth *ret);

/* Multicast or broadcast: goes to everybody. */
static inline bool
eth_is_group(const uint8_t mac[ETH_ALEN])
{
	return (mac[0] & 1) != 0;
}

#endif
