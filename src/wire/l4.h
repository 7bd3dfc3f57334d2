/*
 * Where the TCP or UDP header of a packet of a device lies, by the rules under
 * which a checksum may stay partial (PKT_CSUM): sender and receiver must find
 * the same place. A packet has one when it is whole (no fragment), as long as
 * it says with nothing behind, its TCP header is there or its UDP length is
 * right, and of the extension headers of IPv6 only those that leave the
 * addresses of the pseudo-header alone precede it (no routing header). A frame
 * has no tag before it, or one of 802.1Q.
 */
#ifndef VPLAM_WIRE_L4_H
#define VPLAM_WIRE_L4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4_HEAD 20 /* without options */
#define IP6_HEAD 40
#define TCP_HEAD 20
#define UDP_HEAD 8

/* Places in the headers. */
enum { IP4_LEN = 2, IP4_ID = 4, IP4_FLAGS = 6, IP4_CSUM = 10, IP6_LEN = 4 };
enum { TCP_SEQ = 4, TCP_OFF = 12, TCP_FLAGS = 13, TCP_CSUM = 16 };
enum { UDP_LEN = 4, UDP_CSUM = 6 };
enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_URG = 0x20,
	TCP_CWR = 0x80
};

struct l4 {
	uint16_t l3;   /* where IP begins: 0, or behind Ethernet */
	uint16_t l4;   /* where TCP or UDP begins */
	uint16_t head; /* where its payload begins */
	uint16_t csum; /* place of the checksum, from l4 on */
	uint8_t version, proto;
};

bool l4_find(const uint8_t *p, size_t len, bool ethernet, struct l4 *ret);

/* Sum of the pseudo-header but for its length (RFC 9293 3.1, RFC 8200 8.1). */
uint32_t l4_pseudo(const uint8_t *p, const struct l4 *at);

/*
 * Writes all fields that follow from the length of a packet: those of IP and
 * UDP, the checksum of IPv4, and the partial sum. Both sums leave the length
 * out: ip_sum is l4_ip_sum(), pseudo is l4_pseudo().
 */
void l4_set_len(uint8_t *p, const struct l4 *at, size_t len, uint32_t ip_sum,
    uint32_t pseudo);

/* Sum of an IPv4 header without its length and checksum; 0 for IPv6. */
uint32_t l4_ip_sum(const uint8_t *p, const struct l4 *at);

#endif
