#include "wire/ip.h"

#include "wire/be.h"
#include "wire/csum.h"
#include "wire/l4.h"

enum { OPT_END = 0, OPT_NOP = 1, OPT_MSS = 2 };
#define OPT_MSS_LEN 4

/* RFC 1624; a word at an odd place counts with its bytes swapped. */
static void
csum_replace(uint8_t *field, uint16_t from, uint16_t to, bool odd)
{
	uint32_t sum = (uint16_t)~be16_get(field);

	if (odd) {
		from = (uint16_t)(from << 8 | from >> 8);
		to = (uint16_t)(to << 8 | to >> 8);
	}
	sum += (uint16_t)~from + (uint32_t)to;
	be16_put(field, (uint16_t)~csum_fold(sum));
}

/* The option at place at of a TCP header. */
static bool
lower(uint8_t *tcp, size_t at, uint16_t most, bool csum_partial)
{
	uint16_t mss = be16_get(tcp + at + 2);

	if (mss <= most)
		return false;
	be16_put(tcp + at + 2, most);
	if (!csum_partial)
		csum_replace(tcp + TCP_CSUM, mss, most, at % 2 != 0);
	return true;
}

/* head: bytes of the TCP header, which are there. */
static bool
walk_options(uint8_t *tcp, size_t head, uint16_t most, bool csum_partial)
{
	size_t at = TCP_HEAD, n;
	bool changed = false;

	while (at < head && tcp[at] != OPT_END) {
		if (tcp[at] == OPT_NOP) {
			at++;
			continue;
		}
		if (head - at < 2)
			break;
		n = tcp[at + 1];
		if (n < 2 || n > head - at)
			break;
		/* Of several the last counts, so each is lowered. */
		if (tcp[at] == OPT_MSS && n == OPT_MSS_LEN)
			changed |= lower(tcp, at, most, csum_partial);
		at += n;
	}
	return changed;
}

bool
ip_clamp_mss(uint8_t *p, size_t len, size_t mtu, bool csum_partial)
{
	struct ip ip;
	size_t head, fixed;
	uint8_t *tcp;

	if (!ip_parse(p, len, &ip) || ip.proto != IP_TCP || ip.frag ||
	    ip.len - ip.head < TCP_HEAD)
		return false;
	tcp = p + ip.head;
	head = (size_t)(tcp[TCP_OFF] >> 4) * 4;
	fixed = TCP_HEAD + (ip.version == 4 ? 20 : 40);
	if ((tcp[TCP_FLAGS] & TCP_SYN) == 0 || head < TCP_HEAD ||
	    head > ip.len - ip.head || mtu <= fixed)
		return false;
	mtu -= fixed;
	return walk_options(tcp, head,
	    mtu < UINT16_MAX ? (uint16_t)mtu : UINT16_MAX, csum_partial);
}
