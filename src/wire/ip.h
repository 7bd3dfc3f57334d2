/*
 * IPv4 and IPv6 packets as a device hands them over: what forwarding, filters
 * and MTU handling need to know of them (RFC 791, 8200, 4861, 8415, 4443,
 * 1191).
 */
#ifndef VPLAM_WIRE_IP_H
#define VPLAM_WIRE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IP_TCP = 6, IP_UDP = 17, IP_ICMP = 1, IP_ICMPV6 = 58 };

/* src and dst borrow from the packet. */
struct ip {
	uint8_t version; /* 4 or 6 */
	uint8_t proto;	 /* behind all extension headers we know */
	uint8_t alen;	 /* bytes of an address: 4 or 16 */
	const uint8_t *src, *dst;
	size_t head; /* where proto's header begins */
	size_t len;  /* of the packet by its own word, <= given */
	bool df;     /* may not be fragmented; true for IPv6 */
	bool frag;   /* a later fragment: proto's header is not here */
};

/* False for what is no IP packet, or shorter than it says. */
bool ip_parse(const uint8_t *p, size_t len, struct ip *ret);

/* The first fragment of a UDP packet without options or extension headers. */
struct ip_udp {
	const uint8_t *dst; /* borrowed, as data is */
	uint8_t alen;	    /* bytes of dst */
	uint16_t port;	    /* it goes to */
	const uint8_t *data;
	size_t len; /* of data, as far as it is here */
};

/* Quicker than ip_parse(), for what we send ourselves; false for all else. */
bool ip_udp_parse(const uint8_t *p, size_t len, struct ip_udp *ret);

/* A group: IPv4 224/4 or 255.255.255.255, IPv6 ff00::/8. */
static inline bool
ip_is_group(const uint8_t *addr, size_t alen)
{
	if (alen == 16)
		return addr[0] == 0xff;
	return addr[0] >> 4 == 14 ||
	    (addr[0] & addr[1] & addr[2] & addr[3]) == 0xff;
}

/* What a packet says of the network that its receiver may believe. */
enum ip_says {
	IP_SAYS_NOTHING,
	IP_SAYS_ROUTER, /* "I am your router", or another: ICMPv6 137 */
	IP_SAYS_DHCP,	/* from a DHCP server, or to a client */
	IP_SAYS_WHERE,	/* "who has the target?" (neighbour solicitation) */
	IP_SAYS_HERE,	/* "I have the target" (neighbour advertisement) */
};

/*
 * Of a packet that was parsed. *ret_target borrows the 16 bytes of the target
 * and holds for the last two. A later fragment says nothing: what its first
 * one lacks, a receiver does not take (RFC 6980, RFC 7112).
 */
enum ip_says ip_says(
    const uint8_t *p, const struct ip *ip, const uint8_t **ret_target);

/*
 * Lowers the MSS of a TCP SYN so that its packets have at most mtu bytes of IP
 * (RFC 6691); others stay as they are. csum_partial: the checksum field
 * does not cover the option. Returns whether it changed something.
 */
bool ip_clamp_mss(uint8_t *p, size_t len, size_t mtu, bool csum_partial);

/*
 * Writes to out the answer of a router to a packet p too big for mtu: ICMP
 * type 3 code 4 (RFC 1191) or ICMPv6 type 2 (RFC 4443). Its source is the
 * packet's destination: we have no address of our own on the device. Returns
 * its length (at most IP_TOO_BIG_MAX), or 0 where no answer may be given: to
 * groups, to ICMP errors, to later fragments (RFC 1122 3.2.2, RFC 4443 2.4 e).
 */
#define IP_TOO_BIG_MAX 576
size_t ip_too_big(
    uint8_t out[IP_TOO_BIG_MAX], const uint8_t *p, size_t len, size_t mtu);

#endif
