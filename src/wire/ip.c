#include "wire/ip.h"

#include "wire/be.h"
#include "wire/l4.h"

#define EXT_MAX 16 /* extension headers of a packet; more is mischief */

enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_DEST = 60 };
enum {
	ROUTER_ADVERT = 134,
	SOLICIT = 135,
	ADVERT = 136,
	REDIRECT = 137,
};

/* Of a neighbour solicitation or advertisement (RFC 4861 4.3, 4.4). */
#define NEIGHBOUR_LEN 24
#define NEIGHBOUR_TARGET 8

/* Bytes of the packet by its own word; 0: no packet, or not all of it. */
static inline size_t
extent(const uint8_t *p, size_t len)
{
	size_t head, n;

	if (len >= IP4_HEAD && p[0] >> 4 == 4) {
		head = (size_t)(p[0] & 15) * 4;
		n = be16_get(p + 2);
		return head >= IP4_HEAD && n >= head && n <= len ? n : 0;
	}
	if (len >= IP6_HEAD && p[0] >> 4 == 6) {
		n = IP6_HEAD + (size_t)be16_get(p + 4);
		return n <= len ? n : 0;
	}
	return 0;
}

static bool
read4(const uint8_t *p, struct ip *ip)
{
	ip->version = 4;
	ip->alen = 4;
	ip->src = p + 12;
	ip->dst = p + 16;
	ip->proto = p[9];
	ip->head = (size_t)(p[0] & 15) * 4;
	ip->df = (p[6] & 0x40) != 0;
	ip->frag = (be16_get(p + 6) & 0x1fff) != 0;
	return true;
}

/* From header ip->proto at ip->head to the next; false if it is cut off. */
static bool
step6(const uint8_t *p, struct ip *ip)
{
	const uint8_t *ext = p + ip->head;
	size_t left = ip->len - ip->head, n = 8;

	if (left < 8)
		return false;
	if (ip->proto == EXT_FRAGMENT)
		ip->frag = (be16_get(ext + 2) & 0xfff8) != 0;
	else
		n = ((size_t)ext[1] + 1) * 8;
	if (n > left)
		return false;
	ip->proto = ext[0];
	ip->head += n;
	return true;
}

static bool
read6(const uint8_t *p, struct ip *ip)
{
	int i;

	ip->version = 6;
	ip->alen = 16;
	ip->src = p + 8;
	ip->dst = p + 24;
	ip->proto = p[6];
	ip->head = IP6_HEAD;
	ip->df = true;
	for (i = 0; i < EXT_MAX && !ip->frag; i++) {
		switch (ip->proto) {
		case EXT_HOP:
		case EXT_ROUTING:
		case EXT_DEST:
		case EXT_FRAGMENT:
			if (!step6(p, ip))
				return false;
			break;
		default:
			return true;
		}
	}
	return ip->frag;
}

bool
ip_parse(const uint8_t *p, size_t len, struct ip *ret)
{
	*ret = (struct ip){ .len = extent(p, len) };
	if (ret->len > 0 && (p[0] >> 4 == 4 ? read4(p, ret) : read6(p, ret)))
		return true;
	*ret = (struct ip){ 0 };
	return false;
}

bool
ip_udp_parse(const uint8_t *p, size_t len, struct ip_udp *ret)
{
	bool v4 = len > 0 && p[0] == 0x45, v6 = len > 0 && p[0] >> 4 == 6;
	size_t head = v4 ? IP4_HEAD : IP6_HEAD;

	if ((!v4 && !v6) || len < head + UDP_HEAD || p[v4 ? 9 : 6] != IP_UDP ||
	    (v4 && (be16_get(p + 6) & 0x1fff) != 0))
		return false;
	ret->dst = p + (v4 ? 16 : 24);
	ret->alen = v4 ? 4 : 16;
	ret->port = be16_get(p + head + 2);
	ret->data = p + head + UDP_HEAD;
	ret->len = len - head - UDP_HEAD;
	return true;
}

static enum ip_says
icmp6_says(const uint8_t *p, size_t len, const uint8_t **ret_target)
{
	bool whole = len >= NEIGHBOUR_LEN;

	*ret_target = p + NEIGHBOUR_TARGET;
	switch (len > 0 ? p[0] : 0) {
	case ROUTER_ADVERT:
	case REDIRECT:
		return IP_SAYS_ROUTER;
	case SOLICIT:
		return whole ? IP_SAYS_WHERE : IP_SAYS_NOTHING;
	case ADVERT:
		return whole ? IP_SAYS_HERE : IP_SAYS_NOTHING;
	default:
		return IP_SAYS_NOTHING;
	}
}

/* By either port: who sends chooses his own, and the client has but one. */
static enum ip_says
udp_says(const uint8_t *p, size_t len, bool v4)
{
	uint16_t server = v4 ? 67 : 547, client = v4 ? 68 : 546;

	if (len >= 4 && (be16_get(p) == server || be16_get(p + 2) == client))
		return IP_SAYS_DHCP;
	return IP_SAYS_NOTHING;
}

enum ip_says
ip_says(const uint8_t *p, const struct ip *ip, const uint8_t **ret_target)
{
	const uint8_t *l4 = p + ip->head;
	size_t len = ip->len - ip->head;

	if (ip->frag)
		return IP_SAYS_NOTHING;
	if (ip->proto == IP_UDP)
		return udp_says(l4, len, ip->version == 4);
	if (ip->proto == IP_ICMPV6 && ip->version == 6)
		return icmp6_says(l4, len, ret_target);
	return IP_SAYS_NOTHING;
}
