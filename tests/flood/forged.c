/*
 * Frames with sources that are not ours. A message is not covered by what is
 * in front of it, so that those of the pool serve for all sources.
 */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/flood/flood.h"
#include "tests/rawsock.h"
#include "wire/be.h"
#include "wire/csum.h"

#define IP_AT ETH_HLEN
#define UDP_AT (IP_AT + 20)
#define HEAD (UDP_AT + 8)

struct forge {
	struct flood *f;
	uint8_t head[BATCH][HEAD];
	struct iovec iov[BATCH][2];
	struct mmsghdr msg[BATCH];
};

static void
head_begin(const struct flood *f, uint8_t *p)
{
	memset(p, 0, HEAD);
	memcpy(p, f->mac.a, ETH_ALEN);
	p[ETH_ALEN] = 2; /* somebody's */
	be16_put(p + 12, ETHERTYPE_IP);
	p[IP_AT] = 0x45;
	p[IP_AT + 8] = 64;
	p[IP_AT + 9] = IPPROTO_UDP;
	memcpy(p + IP_AT + 16, f->to.ip + 12, 4);
	be16_put(p + UDP_AT + 2, f->to.port);
}

/* Without a checksum of UDP, which may be. */
static void
head_put(struct flood *f, uint8_t *p, size_t len)
{
	uint64_t r = rng_next(&f->rng);
	uint32_t from = flood_source(f, (uint32_t)r);

	be16_put(p + IP_AT + 2, (uint16_t)(20 + 8 + len));
	memcpy(p + IP_AT + 12, &from, sizeof(from));
	be16_put(p + IP_AT + 10, 0);
	be16_put(
	    p + IP_AT + 10, (uint16_t)~csum_fold(csum_add(0, p + IP_AT, 20)));
	be16_put(p + UDP_AT, (uint16_t)(1024 + (r >> 32) % 60000));
	be16_put(p + UDP_AT + 4, (uint16_t)(8 + len));
}

static void
forge_begin(struct forge *g, struct flood *f)
{
	unsigned i;

	memset(g, 0, sizeof(*g));
	g->f = f;
	for (i = 0; i < BATCH; i++) {
		head_begin(f, g->head[i]);
		g->iov[i][0] = (struct iovec){ g->head[i], HEAD };
		g->msg[i].msg_hdr.msg_iov = g->iov[i];
		g->msg[i].msg_hdr.msg_iovlen = 2;
	}
}

void
flood_forged(struct flood *f)
{
	int yes = 1, fd = raw_open(f->device, false);
	struct forge g;
	struct pace p;
	unsigned i, n, next = 0;

	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) <
	    0)
		fatal("PACKET_QDISC_BYPASS");
	forge_begin(&g, f);
	p = pace_begin(f->rate, f->seconds);
	while (!pace_over(&p)) {
		n = pace_due(&p);
		for (i = 0; i < n; i++, next = (next + 1) % POOL) {
			head_put(f, g.head[i], f->len[next]);
			g.iov[i][1] =
			    (struct iovec){ f->msg[next], f->len[next] };
		}
		raw_put(fd, g.msg, n);
		p.sent += n;
	}
	pace_print(&p);
	close(fd);
}
