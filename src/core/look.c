#include "core/look.h"

#include <string.h>

#include "base/prefix.h"
#include "wire/be.h"
#include "wire/eth.h"
#include "wire/ip.h"

/* ARP for IPv4 over Ethernet (RFC 826): kinds, then two pairs of addresses. */
#define ARP_LEN 28
#define ARP_NETWORK 2
#define ARP_SIZES 4
#define ARP_SENDER_IP 14
#define ARP_TARGET_IP 24

static const uint8_t nobody[16];

_Static_assert(sizeof(struct look) == 2 * sizeof(struct fdb_key) + 56,
    "a look has no hidden bytes");

/* Ethernet is kind 1, and kind 6 to receivers that know IEEE 802 as well. */
static bool
is_readable_arp(const uint8_t *p, size_t len)
{
	return len >= ARP_LEN && p[0] == 0 && (p[1] == 1 || p[1] == 6) &&
	    p[ARP_SIZES] == ETH_ALEN && p[ARP_SIZES + 1] == 4;
}

static bool
look_arp(struct look *l, const uint8_t *p, size_t len)
{
	if (len >= ARP_SIZES && be16_get(p + ARP_NETWORK) != ETH_IPV4)
		return true; /* of another network */
	if (!is_readable_arp(p, len))
		return false;
	l->net_family = PREFIX_IPV4;
	memcpy(l->net_src, p + ARP_SENDER_IP, 4);
	memcpy(l->net_dst, p + ARP_TARGET_IP, 4);
	l->has_claim = memcmp(l->net_src, nobody, 4) == 0;
	if (l->has_claim)
		memcpy(l->claim, l->net_dst, 4);
	return true;
}

/* Who asks everybody for one address asks its owner. */
static void
look_neighbour(struct look *l, const uint8_t *target)
{
	l->has_claim = l->says == IP_SAYS_HERE ||
	    memcmp(l->net_src, nobody, sizeof(nobody)) == 0;
	if (l->has_claim)
		memcpy(l->claim, target, sizeof(l->claim));
	if (l->says == IP_SAYS_WHERE && l->group)
		memcpy(l->net_dst, target, sizeof(l->net_dst));
}

/* Two lengths known to the compiler: this is done for each packet. */
static inline void
set_addr(uint8_t to[16], const uint8_t *from, size_t alen)
{
	if (alen == 4)
		memcpy(to, from, 4);
	else
		memcpy(to, from, 16);
}

static bool
look_ip(struct look *l, const uint8_t *p, size_t len, bool net, struct ip *ip)
{
	const uint8_t *target = NULL;

	if (!ip_parse(p, len, ip) || ip_is_group(ip->src, ip->alen))
		return false;
	l->says = (uint16_t)ip_says(p, ip, &target);
	if (!net)
		return true;
	l->net_family = ip->version == 4 ? PREFIX_IPV4 : PREFIX_IPV6;
	set_addr(l->net_src, ip->src, ip->alen);
	set_addr(l->net_dst, ip->dst, ip->alen);
	if (l->says == IP_SAYS_WHERE || l->says == IP_SAYS_HERE)
		look_neighbour(l, target);
	return true;
}

static bool
look_inside(struct look *l, uint16_t type, const uint8_t *p, size_t len,
    enum look_depth depth)
{
	struct ip ip;

	if (type == ETH_ARP)
		return depth < LOOK_NET || look_arp(l, p, len);
	if (type != ETH_IPV4 && type != ETH_IPV6)
		return true;
	return len > 0 && p[0] >> 4 == (type == ETH_IPV4 ? 4 : 6) &&
	    look_ip(l, p, len, depth == LOOK_NET, &ip);
}

static void
set_key(struct fdb_key *k, const struct eth *e, const uint8_t *mac)
{
	k->family = PREFIX_MAC;
	k->vlan = e->vlan;
	k->inner = e->inner;
	memcpy(k->a, mac, ETH_ALEN);
}

static bool
look_frame(struct look *l, const struct pkt *pk, enum look_depth depth)
{
	struct eth e;

	if (!eth_parse(pk->p, pk->len, &e))
		return false;
	set_key(&l->src, &e, e.src);
	set_key(&l->dst, &e, e.dst);
	l->group = eth_is_group(e.dst);
	l->net_family = PREFIX_FAMILIES;
	return depth == LOOK_LINK ||
	    look_inside(l, e.type, pk->p + e.head, pk->len - e.head, depth);
}

/* By parts, which compilers do faster than all at once. */
static inline void
clear(struct look *l)
{
	l->src = l->dst = (struct fdb_key){ 0 };
	l->group = l->says = l->net_family = l->has_claim = 0;
	memset(l->net_src, 0, sizeof(l->net_src));
	memset(l->net_dst, 0, sizeof(l->net_dst));
	memset(l->claim, 0, sizeof(l->claim));
}

bool
look_at(struct look *ret, const struct pkt *pk, bool ethernet,
    enum look_depth depth)
{
	struct ip ip;

	clear(ret);
	if (ethernet)
		return look_frame(ret, pk, depth);
	if (!look_ip(ret, pk->p, pk->len, true, &ip))
		return false;
	ret->src.family = ret->dst.family = ret->net_family;
	set_addr(ret->src.a, ip.src, ip.alen);
	set_addr(ret->dst.a, ip.dst, ip.alen);
	ret->group = ip_is_group(ip.dst, ip.alen);
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
