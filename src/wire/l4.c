#include "wire/l4.h"

#include "wire/be.h"
#include "wire/csum.h"
#include "wire/eth.h"
#include "wire/ip.h"

#define IP4_PARTS 0x3fff /* more fragments, and the place of this one */

enum { EXT_HOP = 0, EXT_DEST = 60 };

/* With one 802.1Q tag at most: both ends have to agree, and all do on this. */
static bool
find_l3(const uint8_t *p, size_t len, size_t *ret)
{
	struct eth e;

	if (!eth_parse(p, len, &e) || e.head == len ||
	    e.head > ETH_HEAD + ETH_VLAN ||
	    (e.head > ETH_HEAD && be16_get(p + 2 * ETH_ALEN) != ETH_TAGGED))
		return false;
	*ret = e.head;
	return e.type == (p[e.head] >> 4 == 4 ? ETH_IPV4 : ETH_IPV6);
}

/* For what ip_parse() has walked: all extension headers are plain ones. */
static bool
plain6(const uint8_t *ip, size_t head)
{
	uint8_t type = ip[6];
	size_t at;

	for (at = IP6_HEAD; at < head; at += ((size_t)ip[at + 1] + 1) * 8) {
		if (type != EXT_HOP && type != EXT_DEST)
			return false;
		type = ip[at];
	}
	return true;
}

/* The header behind IP, len bytes with all that follows. */
static bool
read_l4(const uint8_t *p, size_t len, struct l4 *at)
{
	size_t head = UDP_HEAD;

	if (at->proto == IP_TCP && len >= TCP_HEAD) {
		head = (size_t)(p[TCP_OFF] >> 4) * 4;
		at->csum = TCP_CSUM;
		if (head < TCP_HEAD || head > len)
			return false;
	} else if (at->proto == IP_UDP && len >= UDP_HEAD) {
		at->csum = UDP_CSUM;
		if (be16_get(p + UDP_LEN) != len)
			return false;
	} else {
		return false;
	}
	at->head = (uint16_t)(at->l4 + head);
	return true;
}

bool
l4_find(const uint8_t *p, size_t len, bool ethernet, struct l4 *ret)
{
	size_t l3 = 0;
	struct ip ip;

	if (ethernet && !find_l3(p, len, &l3))
		return false;
	p += l3;
	len -= l3;
	if (!ip_parse(p, len, &ip) || ip.len != len || ip.head > UINT16_MAX / 2)
		return false;
	if (ip.version == 4 ? (be16_get(p + IP4_FLAGS) & IP4_PARTS) != 0
			    : !plain6(p, ip.head))
		return false;
	*ret = (struct l4){
		.l3 = (uint16_t)l3,
		.l4 = (uint16_t)(l3 + ip.head),
		.version = ip.version,
		.proto = ip.proto,
	};
	return read_l4(p + ip.head, len - ip.head, ret);
}

uint32_t
l4_pseudo(const uint8_t *p, const struct l4 *at)
{
	p += at->l3;
	return at->version == 4 ? csum_add(at->proto, p + 12, 8)
				: csum_add(at->proto, p + 8, 32);
}

uint32_t
l4_ip_sum(const uint8_t *p, const struct l4 *at)
{
	uint32_t sum;

	if (at->version != 4)
		return 0;
	p += at->l3;
	sum = csum_add(0, p, (size_t)(at->l4 - at->l3));
	sum += (uint16_t)~be16_get(p + IP4_LEN);
	return sum + (uint16_t)~be16_get(p + IP4_CSUM);
}

void
l4_set_len(uint8_t *p, const struct l4 *at, size_t len, uint32_t ip_sum,
    uint32_t pseudo)
{
	uint8_t *ip = p + at->l3;
	uint16_t n = (uint16_t)(len - at->l4), ip_len;

	if (at->version == 4) {
		ip_len = (uint16_t)(len - at->l3);
		be16_put(ip + IP4_LEN, ip_len);
		be16_put(ip + IP4_CSUM, (uint16_t)~csum_fold(ip_sum + ip_len));
	} else {
		be16_put(ip + IP6_LEN, (uint16_t)(len - at->l3 - IP6_HEAD));
	}
	if (at->proto == IP_UDP)
		be16_put(p + at->l4 + UDP_LEN, n);
	be16_put(p + at->l4 + at->csum, csum_fold(pseudo + n));
}
