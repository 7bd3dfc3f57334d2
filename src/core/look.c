#include "core/look.h"

#include <string.h>

#include "base/prefix.h"
#include "wire/eth.h"
#include "wire/ip.h"

/* ARP for IPv4 over Ethernet (RFC 826): kinds, then two pairs of addresses. */
#define ARP_LEN 28
#define ARP_SENDER_IP 14
#define ARP_TARGET_IP 24

/* ICMPv6 neighbour solicitation (RFC 4861 4.3): the target follows 8 bytes. */
#define SOLICIT_TYPE 135
#define SOLICIT_LEN 24
#define SOLICIT_TARGET 8

static void
look_arp(struct look *l, const uint8_t *p, size_t len)
{
	static const uint8_t ipv4_on_ethernet[6] = { 0, 1, 8, 0, 6, 4 };

	if (len < ARP_LEN || memcmp(p, ipv4_on_ethernet, 6) != 0)
		return;
	l->net_family = PREFIX_IPV4;
	memcpy(l->net_src, p + ARP_SENDER_IP, 4);
	memcpy(l->net_dst, p + ARP_TARGET_IP, 4);
}

/* Who asks everybody for one address asks its owner. */
static void
look_solicit(struct look *l, const uint8_t *p, size_t len)
{
	struct ip ip;

	if (!ip_parse(p, len, &ip) || ip.proto != IP_ICMPV6 || ip.frag ||
	    ip.len - ip.head < SOLICIT_LEN || p[ip.head] != SOLICIT_TYPE)
		return;
	memcpy(l->net_dst, p + ip.head + SOLICIT_TARGET, 16);
}

static bool
look_ip(struct look *l, const uint8_t *p, size_t len)
{
	const uint8_t *src, *dst;
	size_t alen;

	if (!ip_addrs(p, len, &src, &dst, &alen))
		return false;
	l->net_family = alen == 4 ? PREFIX_IPV4 : PREFIX_IPV6;
	memcpy(l->net_src, src, alen);
	memcpy(l->net_dst, dst, alen);
	return true;
}

static bool
look_frame(struct look *l, const struct pkt *pk, bool deep)
{
	struct eth e;

	if (!eth_parse(pk->p, pk->len, &e))
		return false;
	l->src.family = l->dst.family = PREFIX_MAC;
	l->src.vlan = l->dst.vlan = e.vlan;
	l->src.inner = l->dst.inner = e.inner;
	memcpy(l->src.a, e.src, ETH_ALEN);
	memcpy(l->dst.a, e.dst, ETH_ALEN);
	l->group = eth_is_group(e.dst);
	l->net_family = PREFIX_FAMILIES;
	if (!deep)
		return true;
	if (e.type == ETH_ARP)
		look_arp(l, pk->p + e.head, pk->len - e.head);
	else if (e.type == ETH_IPV4 || e.type == ETH_IPV6)
		(void)look_ip(l, pk->p + e.head, pk->len - e.head);
	if (e.type == ETH_IPV6 && l->group)
		look_solicit(l, pk->p + e.head, pk->len - e.head);
	return true;
}

bool
look_at(struct look *ret, const struct pkt *pk, bool ethernet, bool deep)
{
	memset(ret, 0, sizeof(*ret));
	if (ethernet)
		return look_frame(ret, pk, deep);
	if (!look_ip(ret, pk->p, pk->len))
		return false;
	ret->src.family = ret->dst.family = (uint16_t)ret->net_family;
	memcpy(ret->src.a, ret->net_src, sizeof(ret->net_src));
	memcpy(ret->dst.a, ret->net_dst, sizeof(ret->net_dst));
	ret->group = ip_is_group(
	    ret->net_dst, prefix_alen((enum prefix_family)ret->net_family));
	return true;
}

size_t
look_l3(const struct pkt *pk, bool ethernet)
{
	struct eth e;

	if (!ethernet)
		return 0;
	if (!eth_parse(pk->p, pk->len, &e) ||
	    (e.type != ETH_IPV4 && e.type != ETH_IPV6))
		return pk->len;
	return e.head;
}
