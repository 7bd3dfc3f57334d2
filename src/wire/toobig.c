#include "wire/ip.h"

#include <string.h>

#include "base/wr.h"
#include "wire/be.h"
#include "wire/csum.h"
#include "wire/l4.h"

#define ICMP_HEAD 8
#define ICMP_CSUM 2	 /* place of the checksum */
#define TOS_CONTROL 0xc0 /* internetwork control (RFC 1812, 4.3.2.5) */
#define IP4_DF 0x4000	 /* with it an id is not needed (RFC 6864) */
#define HOPS 64
#define IP6_MTU_MIN 1280

enum { UNREACHABLE = 3, NEEDS_FRAG = 4, PACKET_TOO_BIG = 2 };
enum { ICMP6_INFO = 128, ICMP6_REDIRECT = 137 };

static bool
is_error(const struct ip *ip, uint8_t type)
{
	static const uint64_t errors4 =
	    1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12;

	if (ip->proto == IP_ICMP && ip->version == 4)
		return type < 64 && (errors4 >> type & 1) != 0;
	return ip->proto == IP_ICMPV6 && ip->version == 6 &&
	    (type < ICMP6_INFO || type == ICMP6_REDIRECT);
}

/* Names one host (RFC 1122, 3.2.2): not nobody, a group, ourselves. */
static bool
is_host(const uint8_t *addr, size_t alen)
{
	static const uint8_t nobody[16];

	if (ip_is_group(addr, alen) || memcmp(addr, nobody, alen) == 0)
		return false;
	return alen == 16 || (addr[0] != 127 && addr[0] < 240);
}

static bool
may_answer(const uint8_t *p, const struct ip *ip)
{
	bool icmp = ip->proto == IP_ICMP || ip->proto == IP_ICMPV6;

	if (ip->frag || !is_host(ip->src, ip->alen) ||
	    !is_host(ip->dst, ip->alen))
		return false;
	return !icmp || (ip->head < ip->len && !is_error(ip, p[ip->head]));
}

static size_t
answer4(struct wr *w, const uint8_t *p, const struct ip *ip, size_t mtu)
{
	size_t quote = ip->len, icmp_len;

	if (quote > IP_TOO_BIG_MAX - IP4_HEAD - ICMP_HEAD)
		quote = IP_TOO_BIG_MAX - IP4_HEAD - ICMP_HEAD;
	icmp_len = ICMP_HEAD + quote;
	wr_u8(w, 0x45);
	wr_u8(w, TOS_CONTROL);
	wr_be16(w, (uint16_t)(IP4_HEAD + icmp_len));
	wr_be32(w, IP4_DF);
	wr_u8(w, HOPS);
	wr_u8(w, IP_ICMP);
	wr_be16(w, 0);
	wr_bytes(w, ip->dst, ip->alen);
	wr_bytes(w, ip->src, ip->alen);
	be16_put(w->start + 10,
	    (uint16_t)~csum_fold(csum_add(0, w->start, IP4_HEAD)));
	wr_u8(w, UNREACHABLE);
	wr_u8(w, NEEDS_FRAG);
	wr_be32(w, 0);
	wr_be16(w, (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX));
	wr_bytes(w, p, quote);
	be16_put(w->start + IP4_HEAD + ICMP_CSUM,
	    (uint16_t)~csum_fold(csum_add(0, w->start + IP4_HEAD, icmp_len)));
	return w->len;
}

static size_t
answer6(struct wr *w, const uint8_t *p, const struct ip *ip, size_t mtu)
{
	size_t quote = ip->len, icmp_len;
	uint32_t sum;

	if (quote > IP_TOO_BIG_MAX - IP6_HEAD - ICMP_HEAD)
		quote = IP_TOO_BIG_MAX - IP6_HEAD - ICMP_HEAD;
	icmp_len = ICMP_HEAD + quote;
	if (mtu < IP6_MTU_MIN)
		mtu = IP6_MTU_MIN;
	wr_be32(w, 6u << 28);
	wr_be16(w, (uint16_t)icmp_len);
	wr_u8(w, IP_ICMPV6);
	wr_u8(w, HOPS);
	wr_bytes(w, ip->dst, ip->alen);
	wr_bytes(w, ip->src, ip->alen);
	wr_u8(w, PACKET_TOO_BIG);
	wr_u8(w, 0);
	wr_be16(w, 0);
	wr_be32(w, mtu < UINT32_MAX ? (uint32_t)mtu : UINT32_MAX);
	wr_bytes(w, p, quote);
	/* The pseudo-header: both addresses, then length and protocol. */
	sum =
	    csum_add((uint32_t)icmp_len + IP_ICMPV6, w->start + 8, w->len - 8);
	be16_put(w->start + IP6_HEAD + ICMP_CSUM, (uint16_t)~csum_fold(sum));
	return w->len;
}

size_t
ip_too_big(
    uint8_t out[IP_TOO_BIG_MAX], const uint8_t *p, size_t len, size_t mtu)
{
	struct wr w = wr_of(out, IP_TOO_BIG_MAX);
	struct ip ip;

	if (!ip_parse(p, len, &ip) || !may_answer(p, &ip))
		return 0;
	return ip.version == 4 ? answer4(&w, p, &ip, mtu)
			       : answer6(&w, p, &ip, mtu);
}
