#include "ntkd-shim/filter.h"

#include "base/rd.h"
#include "wire/ip.h"

enum { PORT_NTK = 269, PORT_ANDNA = 277, PROTO_IPIP = 4 };

#define DEPTH_MAX 3 /* packets within one another */

static enum filter_verdict
judge_port(
    uint16_t port, const struct ip *ip, filter_known_fn *known, void *arg)
{
	if (port == PORT_NTK)
		return FILTER_NTK;
	if (port == PORT_ANDNA && !known(arg, ip->src))
		return FILTER_ANDNA;
	return FILTER_PASS;
}

/*
 * A later fragment is of no use without the first, and that one has to show its
 * ports: the kernel keeps nothing of a datagram whose fragments overlap.
 */
enum filter_verdict
filter_judge(const uint8_t *p, size_t len, filter_known_fn *known, void *arg)
{
	struct rd r;
	struct ip ip;
	uint16_t from, to;
	int depth;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		if (!ip_parse(p, len, &ip) || ip.version != 4)
			return FILTER_BAD;
		if (ip.frag)
			return FILTER_PASS;
		p += ip.head;
		len = ip.len - ip.head;
		if (ip.proto == IP_TCP || ip.proto == IP_UDP) {
			r = rd_of(p, len);
			if (!rd_be16(&r, &from) || !rd_be16(&r, &to))
				return FILTER_BAD;
			return judge_port(to, &ip, known, arg);
		}
		if (ip.proto != PROTO_IPIP)
			return FILTER_PASS;
	}
	return FILTER_BAD;
}

const char *
filter_name(enum filter_verdict v)
{
	static const char *const names[FILTER_VERDICTS] = {
		[FILTER_PASS] = "passed",
		[FILTER_NTK] = "port 269",
		[FILTER_ANDNA] = "port 277 of strangers",
		[FILTER_BAD] = "no sound IPv4",
	};

	return v < FILTER_VERDICTS ? names[v] : "?";
}
