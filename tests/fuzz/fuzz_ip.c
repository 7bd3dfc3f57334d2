/*
 * IP packets, behind two bytes of MTU: all looks and answers stay within them,
 * and what is changed or written parses again.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "wire/csum.h"
#include "wire/ip.h"

static void
check_parse(const uint8_t *p, size_t len, struct ip *ip)
{
	const uint8_t *target = NULL;
	enum ip_says says;

	if (!ip_parse(p, len, ip)) {
		MUST(ip->src == NULL && ip->len == 0);
		return;
	}
	MUST(ip->head <= ip->len && ip->len <= len);
	MUST(ip->src > p && ip->dst == ip->src + ip->alen);
	MUST(ip->dst + ip->alen <= p + ip->head);
	says = ip_says(p, ip, &target);
	MUST(says != IP_SAYS_ROUTER || ip->proto == IP_ICMPV6);
	MUST(says != IP_SAYS_DHCP || ip->proto == IP_UDP);
	if (says == IP_SAYS_WHERE || says == IP_SAYS_HERE)
		MUST(target > p && target + 16 <= p + ip->len);
}

static void
check_too_big(const uint8_t *p, size_t len, size_t mtu)
{
	uint8_t out[IP_TOO_BIG_MAX], again[IP_TOO_BIG_MAX];
	size_t n = ip_too_big(out, p, len, mtu);
	struct ip was, ip;

	if (n == 0)
		return;
	MUST(n <= sizeof(out));
	MUST(ip_parse(p, len, &was) && ip_parse(out, n, &ip));
	MUST(ip.len == n && ip.version == was.version);
	MUST(memcmp(ip.src, was.dst, ip.alen) == 0);
	MUST(memcmp(ip.dst, was.src, ip.alen) == 0);
	MUST(ip.version == 6 || csum_fold(csum_add(0, out, ip.head)) == 0xffff);
	MUST(memcmp(out + ip.head + 8, p, n - ip.head - 8) == 0);
	MUST(ip_too_big(again, out, n, mtu) == 0); /* no error on an error */
}

static void
check_clamp(const uint8_t *p, size_t len, size_t mtu)
{
	uint8_t *copy = malloc(len + 1);
	struct ip was, ip;

	MUST(copy != NULL);
	memcpy(copy, p, len);
	if (ip_clamp_mss(copy, len, mtu, (mtu & 1) != 0)) {
		MUST(ip_parse(p, len, &was) && ip_parse(copy, len, &ip));
		MUST(memcmp(copy, p, was.head + 16) == 0);
		MUST(!ip_clamp_mss(copy, len, mtu, (mtu & 1) != 0));
	} else {
		MUST(memcmp(copy, p, len) == 0);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct ip ip;
	size_t mtu;

	if (len < 2)
		return 0;
	mtu = p[0] * 256u + p[1];
	p += 2;
	len -= 2;
	check_parse(p, len, &ip);
	check_too_big(p, len, mtu);
	check_clamp(p, len, mtu);
	return 0;
}
