#include "wire/ip.h"

#include <string.h>

#include "wire/be.h"

#define IP4_HEAD 20
#define IP6_HEAD 40
#define EXT_MAX 16 /* extension headers of a packet; more is mischief */

enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_DEST = 60 };
enum { ROUTER_ADVERT = 134, REDIRECT = 137 };
enum { DHCP4_SERVER = 67, DHCP6_SERVER = 547 };

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

bool
ip_addrs(const uint8_t *p, size_t len, const uint8_t **ret_src,
    const uint8_t **ret_dst, size_t *ret_alen)
{
	bool v4;

	if (extent(p, len) == 0) {
		*ret_src = *ret_dst = NULL;
		*ret_alen = 0;
		return false;
	}
	v4 = p[0] >> 4 == 4;
	*ret_src = p + (v4 ? 12 : 8);
	*ret_dst = p + (v4 ? 16 : 24);
	*ret_alen = v4 ? 4 : 16;
	return true;
}

static void
read4(const uint8_t *p, struct ip *ip)
{
	ip->proto = p[9];
	ip->head = (size_t)(p[0] & 15) * 4;
	ip->df = (p[6] & 0x40) != 0;
	ip->frag = (be16_get(p + 6) & 0x1fff) != 0;
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
	struct ip ip = { 0 };

	*ret = (struct ip){ 0 };
	ip.len = extent(p, len);
	if (ip.len == 0)
		return false;
	ip.version = p[0] >> 4;
	if (ip.version == 4)
		read4(p, &ip);
	else if (!read6(p, &ip))
		return false;
	if (!ip_addrs(p, len, &ip.src, &ip.dst, &len))
		return false;
	ip.alen = (uint8_t)len;
	*ret = ip;
	return true;
}

bool
ip_is_group(const uint8_t *addr, size_t alen)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	if (alen == 16)
		return addr[0] == 0xff;
	return addr[0] >> 4 == 14 || memcmp(addr, all, sizeof(all)) == 0;
}

bool
ip_is_router_advert(const uint8_t *p, size_t len)
{
	struct ip ip;
	uint8_t type;

	if (!ip_parse(p, len, &ip) || ip.version != 6 || ip.frag ||
	    ip.proto != IP_ICMPV6 || ip.head == ip.len)
		return false;
	type = p[ip.head];
	return type == ROUTER_ADVERT || type == REDIRECT;
}

bool
ip_is_dhcp_server(const uint8_t *p, size_t len)
{
	struct ip ip;

	if (!ip_parse(p, len, &ip) || ip.proto != IP_UDP || ip.frag ||
	    ip.len - ip.head < 2)
		return false;
	return be16_get(p + ip.head) ==
	    (ip.version == 4 ? DHCP4_SERVER : DHCP6_SERVER);
}
