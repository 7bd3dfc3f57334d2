#include "io/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "io/udp_tx.h"
#include "priv/priv.h"
#include "wire/msg.h"

#define BATCH RUN_MAX
#define CTL_LEN CMSG_SPACE(sizeof(struct in6_pktinfo))

/* One listen address. */
struct lsock {
	struct udp *u;
	struct addr local;
	uint16_t no;
	int hs, data; /* data is -1 when the kernel cannot sort */
	struct watch hs_watch, data_watch;
};

/* Buffers for one recvmmsg(); rebuilt for each, but the packets stay. */
struct rx {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	_Alignas(struct cmsghdr) uint8_t ctl[BATCH][CTL_LEN];
	struct pkt pkt[BATCH]; /* in the arena, not used yet */
	unsigned n;	       /* how many of those */
};

struct udp {
	struct loop *loop;
	const struct udp_handler *h;
	struct counters *cnt;
	unsigned n;
	struct lsock sock[UDP_LISTEN_MAX];
	struct rx rx;
	struct udp_tx tx;
	struct hook flush;
};

/* Index in the reuseport group: data is the second socket that was bound. */
static int
steer(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MSG_DATA, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog;

	memset(&prog, 0, sizeof(prog)); /* the kernel sees the padding */
	prog.len = sizeof(code) / sizeof(code[0]);
	prog.filter = code;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
		sizeof(prog)) < 0)
		return -errno;
	return 0;
}

static int
bound_port(int fd, uint16_t *ret)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr a;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return -errno;
	if (!addr_from_sockaddr((const struct sockaddr *)&ss, &a))
		return -EAFNOSUPPORT;
	*ret = a.port;
	return 0;
}

/* The second socket; without it everything comes to the first. */
static void
split(struct lsock *s, const struct priv *pv)
{
	int rc, fd = priv_udp_bind(pv, &s->local, PRIV_UDP_DATA, UDP_RCVBUF);

	if (fd < 0) {
		rc = fd;
	} else {
		rc = steer(fd);
		if (rc == 0) {
			s->data = fd;
			return;
		}
		close(fd);
	}
	log_info("handshakes and data share a socket: %s", strerror(-rc));
}

static void
rx_fill(struct rx *rx, struct arena *mem, size_t limit)
{
	while (rx->n < BATCH && mem->used < limit &&
	    pkt_new(&rx->pkt[rx->n], UDP_RX_LEN, mem))
		rx->n++;
}

static void
rx_prepare(struct rx *rx)
{
	unsigned i;

	for (i = 0; i < rx->n; i++) {
		rx->iov[i] = (struct iovec){ rx->pkt[i].p, UDP_RX_LEN };
		rx->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &rx->from[i],
			.msg_namelen = sizeof(rx->from[i]),
			.msg_iov = &rx->iov[i],
			.msg_iovlen = 1,
			.msg_control = rx->ctl[i],
			.msg_controllen = sizeof(rx->ctl[i]),
		};
	}
}

/* The address a packet came to; none if it was a multicast. */
static void
local_of(struct msghdr *mh, struct addr *ret)
{
	struct cmsghdr *c;
	struct in_pktinfo pi;
	struct in6_pktinfo pi6;

	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			ret->ip[10] = ret->ip[11] = 0xff;
			memcpy(ret->ip + 12, &pi.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&pi6, CMSG_DATA(c), sizeof(pi6));
			if (IN6_IS_ADDR_MULTICAST(&pi6.ipi6_addr))
				return;
			memcpy(ret->ip, &pi6.ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&pi6.ipi6_addr))
				ret->scope = (uint32_t)pi6.ipi6_ifindex;
		}
	}
}

static bool
path_of(const struct lsock *s, struct msghdr *mh, struct path *ret)
{
	const struct sockaddr *from = mh->msg_name;

	*ret = (struct path){ .sock = s->no };
	if (!addr_from_sockaddr(from, &ret->remote))
		return false;
	local_of(mh, &ret->local);
	ret->local.port = s->local.port;
	return true;
}

static bool
path_equal(const struct path *a, const struct path *b)
{
	return a->sock == b->sock && addr_equal(&a->remote, &b->remote) &&
	    addr_equal(&a->local, &b->local);
}

static void
hand_over(
    struct udp *u, const struct path *from, struct run *run, struct turn *t)
{
	if (run->n > 0)
		u->h->input(u->h->arg, from, run, t);
	run->n = 0;
}

/* Neighbours from one address to one address make a run. */
static void
rx_runs(struct lsock *s, unsigned n, struct turn *t)
{
	struct udp *u = s->u;
	struct rx *rx = &u->rx;
	struct path path, last = { 0 };
	struct run run = { 0 };
	unsigned i;

	for (i = 0; i < n; i++) {
		struct msghdr *mh = &rx->msg[i].msg_hdr;

		if (mh->msg_flags & MSG_TRUNC) {
			count(u->cnt, CNT_udp_rx_trunc);
			continue;
		}
		if (!path_of(s, mh, &path))
			continue;
		if (run.n > 0 && !path_equal(&path, &last))
			hand_over(u, &last, &run, t);
		last = path;
		rx->pkt[i].len = rx->msg[i].msg_len;
		run.pkt[run.n++] = rx->pkt[i];
	}
	hand_over(u, &last, &run, t);
}

/* One call to the kernel; how many datagrams came, 0 also on errors. */
static unsigned
read_batch(struct lsock *s, int fd, size_t limit, struct turn *t)
{
	struct rx *rx = &s->u->rx;
	unsigned n;
	int rc;

	rx_fill(rx, t->mem, limit);
	if (rx->n == 0)
		return 0;
	rx_prepare(rx);
	rc = recvmmsg(fd, rx->msg, rx->n, MSG_DONTWAIT, NULL);
	if (rc <= 0)
		return 0;
	n = (unsigned)rc;
	count_n(s->u->cnt, CNT_udp_rx, n);
	rx_runs(s, n, t);
	rx->n -= n;
	memmove(rx->pkt, rx->pkt + n, rx->n * sizeof(rx->pkt[0]));
	return n;
}

/* Until a batch is not full: that is, until empty or the arena is half full */
static void
drain(struct lsock *s, int fd, struct turn *t)
{
	while (read_batch(s, fd, UDP_ARENA, t) == BATCH)
		;
}

static void
drain_data(struct udp *u, struct turn *t)
{
	unsigned i;

	for (i = 0; i < u->n; i++)
		if (u->sock[i].data >= 0)
			drain(&u->sock[i], u->sock[i].data, t);
}

static void
check_load(const struct lsock *s, struct turn *t)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(s->hs, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0)
		return;
	if (mem[SK_MEMINFO_RMEM_ALLOC] > mem[SK_MEMINFO_RCVBUF] / 8)
		s->u->h->load(s->u->h->arg, t->now);
}

static void
on_data(void *arg, struct turn *t)
{
	struct lsock *s = arg;

	drain(s, s->data, t);
}

/*
 * Data goes first and last: handshakes may be a flood (protocol.md 2.5). Data
 * may be one too, so that it must not use up what handshakes are read into.
 */
static void
on_handshake(void *arg, struct turn *t)
{
	struct lsock *s = arg;

	if (s->data < 0) {
		drain(s, s->hs, t);
		check_load(s, t);
		return;
	}
	drain_data(s->u, t);
	(void)read_batch(s, s->hs, UDP_ARENA_HS, t);
	check_load(s, t);
	drain_data(s->u, t);
}

static void
on_flush(void *arg, struct turn *t)
{
	struct udp *u = arg;

	(void)t;
	udp_tx_flush(&u->tx);
	u->rx.n = 0; /* the arena is about to be emptied */
}

static int
lsock_open(struct udp *u, const struct priv *pv, const struct addr *a)
{
	struct lsock *s = &u->sock[u->n];
	int rc;

	*s = (struct lsock){
		.u = u, .local = *a, .no = (uint16_t)u->n, .data = -1
	};
	s->hs = priv_udp_bind(pv, a, PRIV_UDP_HANDSHAKE, UDP_RCVBUF);
	if (s->hs < 0)
		return s->hs;
	rc = bound_port(s->hs, &s->local.port);
	if (rc < 0) {
		close(s->hs);
		return rc;
	}
	split(s, pv);
	watch_init(&s->hs_watch, u->loop, s->hs, WATCH_READ, on_handshake, s);
	watch_on(&s->hs_watch);
	if (s->data >= 0) {
		watch_init(
		    &s->data_watch, u->loop, s->data, WATCH_READ, on_data, s);
		watch_on(&s->data_watch);
	}
	u->n++;
	return 0;
}

int
udp_open(struct udp **ret, struct loop *l, const struct priv *pv,
    const struct addr *listen, unsigned n, const struct udp_handler *h,
    struct counters *cnt, unsigned *ret_which)
{
	struct udp *u;
	unsigned i;
	int rc = -EINVAL;

	*ret_which = 0;
	if (n == 0 || n > UDP_LISTEN_MAX)
		return rc;
	u = xcalloc(1, sizeof(*u));
	u->loop = l;
	u->h = h;
	u->cnt = cnt;
	udp_tx_init(&u->tx, cnt);
	hook_add(&u->flush, l, LOOP_FLUSH, on_flush, u);
	for (i = 0; i < n; i++) {
		rc = lsock_open(u, pv, &listen[i]);
		if (rc < 0) {
			*ret_which = i;
			udp_close(u);
			return rc;
		}
	}
	*ret = u;
	return 0;
}

void
udp_close(struct udp *u)
{
	unsigned i;

	if (u == NULL)
		return;
	udp_tx_flush(&u->tx);
	hook_del(&u->flush, u->loop);
	for (i = 0; i < u->n; i++) {
		struct lsock *s = &u->sock[i];

		watch_fini(&s->hs_watch);
		watch_fini(&s->data_watch);
		close(s->hs);
		if (s->data >= 0)
			close(s->data);
	}
	free(u);
}

static const struct lsock *
sock_for(const struct udp *u, const struct path *to)
{
	bool v4 = addr_is_v4(&to->remote);
	unsigned i;

	if (to->sock < u->n && addr_is_v4(&u->sock[to->sock].local) == v4)
		return &u->sock[to->sock];
	for (i = 0; i < u->n; i++)
		if (addr_is_v4(&u->sock[i].local) == v4)
			return &u->sock[i];
	return NULL;
}

void
udp_send(void *arg, const struct path *to, struct run *run)
{
	struct udp *u = arg;
	const struct lsock *s = sock_for(u, to);

	if (s == NULL) {
		count_n(u->cnt, CNT_udp_tx_drop, run->n);
		return;
	}
	udp_tx_add(&u->tx, s->data >= 0 ? s->data : s->hs, to, run);
}

bool
udp_local(const struct udp *u, unsigned sock, struct addr *ret)
{
	if (sock >= u->n)
		return false;
	*ret = u->sock[sock].local;
	return true;
}

bool
udp_is_split(const struct udp *u, unsigned sock)
{
	return sock < u->n && u->sock[sock].data >= 0;
}
