#include "io/udp_rx.h"

#include <netinet/udp.h>
#include <string.h>

#include "io/udp.h"

#define TRAIN_ROOM 65535u /* the kernel merges up to that */
#define TRAIN_BUFS 8
#define COPY_SHARE 4 /* a message below 1/4 of its buffer leaves it */

/* What one drain gathers: neighbours of one path. */
struct gather {
	struct udp_rx *rx;
	struct turn *t;
	struct path path;
	struct run run;
};

/* What the kernel said of a message. */
struct arrival {
	struct path path;
	size_t size; /* of each datagram in it but the last, or 0: one */
};

void
udp_rx_init(
    struct udp_rx *rx, const struct udp_handler *h, struct counters *cnt)
{
	memset(rx, 0, sizeof(*rx));
	rx->h = h;
	rx->cnt = cnt;
	rx->one.room = UDP_RX_LEN;
	rx->one.max = RUN_MAX;
	rx->train.room = TRAIN_ROOM;
	rx->train.max = TRAIN_BUFS;
}

static void
bufs_end(struct udp_bufs *b)
{
	if (b->n > 0)
		memset(b->pkt, 0, sizeof(b->pkt));
	b->n = b->used = 0;
}

void
udp_rx_end(struct udp_rx *rx)
{
	bufs_end(&rx->one);
	bufs_end(&rx->train);
}

static void
buf_prepare(struct udp_bufs *b, unsigned i)
{
	b->iov[i] = (struct iovec){ b->pkt[i].p, b->room };
	b->msg[i].msg_hdr = (struct msghdr){
		.msg_name = &b->from[i],
		.msg_namelen = sizeof(b->from[i]),
		.msg_iov = &b->iov[i],
		.msg_iovlen = 1,
		.msg_control = b->ctl[i],
		.msg_controllen = sizeof(b->ctl[i]),
	};
}

/* Replaces what was used, up to the first for which there is no memory. */
static void
bufs_fill(struct udp_bufs *b, unsigned want, struct arena *mem, size_t limit)
{
	unsigned i;

	for (i = 0; i < want; i++) {
		if (i >= b->used && i < b->n)
			continue;
		if (b->pkt[i].p == NULL &&
		    (mem->used >= limit || !pkt_new(&b->pkt[i], b->room, mem)))
			break;
		buf_prepare(b, i);
	}
	b->n = i;
	b->used = 0;
}

/* The packet in buffer i, in the smallest place that holds it. */
static struct pkt
buf_take(struct udp_bufs *b, unsigned i, size_t len, struct arena *mem)
{
	struct pkt pk;

	if (len < b->room / COPY_SHARE && pkt_new(&pk, len, mem)) {
		memcpy(pk.p, b->pkt[i].p, len);
		return pk;
	}
	pk = b->pkt[i];
	pk.len = (uint32_t)len;
	b->pkt[i].p = NULL;
	return pk;
}

static void
local_v4(const struct cmsghdr *c, struct addr *ret)
{
	struct in_pktinfo pi;

	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	ret->ip[10] = ret->ip[11] = 0xff;
	memcpy(ret->ip + 12, &pi.ipi_spec_dst, 4);
}

/* A multicast is no address of ours: none then. */
static void
local_v6(const struct cmsghdr *c, struct addr *ret)
{
	struct in6_pktinfo pi;

	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	if (IN6_IS_ADDR_MULTICAST(&pi.ipi6_addr))
		return;
	memcpy(ret->ip, &pi.ipi6_addr, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&pi.ipi6_addr))
		ret->scope = (uint32_t)pi.ipi6_ifindex;
}

static void
control_read(struct msghdr *mh, struct arrival *ret)
{
	struct cmsghdr *c;
	int size;

	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			local_v4(c, &ret->path.local);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			local_v6(c, &ret->path.local);
		else if (c->cmsg_level == IPPROTO_UDP &&
		    c->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			ret->size = size > 0 ? (size_t)size : 0;
		}
	}
}

static bool
arrival_read(const struct udp_in *in, struct msghdr *mh, struct arrival *ret)
{
	const struct sockaddr *from = mh->msg_name;

	*ret = (struct arrival){ .path.sock = in->sock };
	if (!addr_from_sockaddr(from, &ret->path.remote))
		return false;
	control_read(mh, ret);
	ret->path.local.port = in->port;
	return true;
}

static bool
path_equal(const struct path *a, const struct path *b)
{
	return a->sock == b->sock && addr_equal(&a->remote, &b->remote) &&
	    addr_equal(&a->local, &b->local);
}

static void
hand_over(struct gather *g)
{
	const struct udp_handler *h = g->rx->h;

	if (g->run.n > 0)
		h->input(h->arg, &g->path, &g->run, g->t);
	g->run.n = 0;
}

/* Cuts a message into its n datagrams; one that fits a run is not torn. */
static void
gather_add(struct gather *g, const struct arrival *a, struct pkt whole)
{
	size_t size = a->size > 0 ? a->size : whole.len;
	size_t n = whole.len > size ? (whole.len + size - 1) / size : 1;
	size_t at, len;

	count_n(g->rx->cnt, CNT_udp_rx, n);
	if (size > UDP_RX_LEN) {
		count_n(g->rx->cnt, CNT_udp_rx_trunc, n);
		return;
	}
	if (g->run.n + n > RUN_MAX || !path_equal(&a->path, &g->path))
		hand_over(g);
	g->path = a->path;
	for (at = 0; n > 0; n--, at += len) {
		len = whole.len - at < size ? whole.len - at : size;
		if (g->run.n == RUN_MAX)
			hand_over(g);
		g->run.pkt[g->run.n++] =
		    (struct pkt){ .p = whole.p + at, .len = (uint32_t)len };
	}
}

static void
take_message(
    struct gather *g, const struct udp_in *in, struct udp_bufs *b, unsigned i)
{
	struct msghdr *mh = &b->msg[i].msg_hdr;
	struct arrival a;

	if (mh->msg_flags & MSG_TRUNC) {
		count(g->rx->cnt, CNT_udp_rx);
		count(g->rx->cnt, CNT_udp_rx_trunc);
		return;
	}
	if (arrival_read(in, mh, &a))
		gather_add(g, &a, buf_take(b, i, b->msg[i].msg_len, g->t->mem));
}

/*
 * How many messages are left of the share, by the size of the last ones, of
 * which big ones are forgotten slowly; 0: no more. The first call of a turn
 * asks for one at least.
 */
static unsigned
wanted(const struct udp_in *in, const struct udp_bufs *b)
{
	size_t left = in->read < in->share ? in->share - in->read : 0;
	size_t n = left / (in->size > 0 ? in->size : b->room);

	if (n == 0 && in->read == 0)
		return 1;
	return n < b->max ? (unsigned)n : b->max;
}

/* One call to the kernel; true if it filled all it was asked for. */
static bool
read_batch(struct gather *g, struct udp_in *in, size_t limit)
{
	struct udp_bufs *b = in->gro ? &g->rx->train : &g->rx->one;
	unsigned want = wanted(in, b);
	size_t before = in->read, size;
	unsigned i;
	int n;

	if (want == 0 || g->t->mem->used >= limit)
		return false;
	bufs_fill(b, want, g->t->mem, limit);
	if (b->n == 0)
		return false;
	n = recvmmsg(in->fd, b->msg, b->n, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return false;
	b->used = (unsigned)n;
	for (i = 0; i < b->used; i++) {
		in->read += b->msg[i].msg_len;
		take_message(g, in, b, i);
	}
	size = (in->read - before) / b->used;
	in->size = size > in->size / 2 ? size : in->size / 2;
	return b->used == b->n;
}

void
udp_rx_drain(struct udp_rx *rx, struct udp_in *in, size_t limit, struct turn *t)
{
	struct gather g;

	g.rx = rx;
	g.t = t;
	g.path = (struct path){ 0 };
	g.run.n = 0;
	while (read_batch(&g, in, limit))
		;
	hand_over(&g);
}
