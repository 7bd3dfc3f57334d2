#include "io/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "io/udp_rx.h"
#include "io/udp_tx.h"
#include "priv/priv.h"
#include "wire/msg.h"

/* One listen address. */
struct lsock {
	struct udp *u;
	struct addr local;
	struct udp_in hs, data; /* data.fd is -1 when the kernel cannot sort */
	struct udp_out out;
	bool can_gso;
	struct watch hs_watch, data_watch;
};

struct udp {
	struct loop *loop;
	const struct udp_handler *h;
	struct counters *cnt;
	unsigned n;
	struct lsock sock[UDP_LISTEN_MAX];
	struct udp_rx rx;
	struct udp_tx tx;
	struct udp_offload use;
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
	int rc, fd = priv_udp_bind(pv, s->hs.sock, PRIV_UDP_DATA, UDP_RCVBUF);

	if (fd < 0) {
		rc = fd;
	} else {
		rc = steer(fd);
		if (rc == 0) {
			s->data.fd = fd;
			return;
		}
		close(fd);
	}
	log_info("handshakes and data share a socket: %s", strerror(-rc));
}

static void
drain_data(struct udp *u, struct turn *t)
{
	unsigned i;

	for (i = 0; i < u->n; i++)
		if (u->sock[i].data.fd >= 0)
			udp_rx_drain(&u->rx, &u->sock[i].data, UDP_ARENA, t);
}

static void
check_load(const struct lsock *s, struct turn *t)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(s->hs.fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0)
		return;
	if (mem[SK_MEMINFO_RMEM_ALLOC] > mem[SK_MEMINFO_RCVBUF] / 8)
		s->u->h->load(s->u->h->arg, t->now);
}

static void
on_data(void *arg, struct turn *t)
{
	struct lsock *s = arg;

	udp_rx_drain(&s->u->rx, &s->data, UDP_ARENA, t);
}

/*
 * Data goes first and last: handshakes may be a flood (protocol.md 2.5). Data
 * may be one too, so that it must not use up what handshakes are read into.
 */
static void
on_handshake(void *arg, struct turn *t)
{
	struct lsock *s = arg;

	if (s->data.fd < 0) {
		udp_rx_drain(&s->u->rx, &s->hs, UDP_ARENA, t);
		check_load(s, t);
		return;
	}
	drain_data(s->u, t);
	udp_rx_drain(&s->u->rx, &s->hs, UDP_ARENA_HS, t);
	check_load(s, t);
	drain_data(s->u, t);
}

static void
on_flush(void *arg, struct turn *t)
{
	struct udp *u = arg;
	unsigned i;

	udp_tx_flush(&u->tx, t->now);
	udp_rx_end(&u->rx);
	for (i = 0; i < u->n; i++)
		u->sock[i].hs.read = u->sock[i].data.read = 0;
}

static bool
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/*
 * Nothing is sent in fragments, and the size of a path is what its probes
 * found: routers may tell the kernel anything. What the kernel refuses, goes
 * on as it was.
 */
static void
line_options(int fd, bool v4)
{
	if (v4)
		(void)set_int(
		    fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	else
		(void)set_int(
		    fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	(void)set_int(fd, SOL_SOCKET, SO_SNDBUF, UDP_SNDBUF);
}

/* The socket that data comes to, and that everything leaves from. */
static struct udp_in *
data_of(struct lsock *s)
{
	return s->data.fd >= 0 ? &s->data : &s->hs;
}

static void
set_gro(struct udp_in *in, bool use)
{
	if (in->fd >= 0)
		in->gro = set_int(in->fd, IPPROTO_UDP, UDP_GRO, use) && use;
}

/*
 * Both sockets: before it merges, the kernel asks the filter between the two at
 * a place of the packet that is not yet the right one, so that either may be
 * asked whether trains are welcome.
 */
static void
lsock_offload(struct lsock *s, struct udp_offload use)
{
	s->out.gso = use.gso && s->can_gso;
	set_gro(&s->hs, use.gro);
	set_gro(&s->data, use.gro);
}

static void
lsock_out(struct lsock *s)
{
	s->out.fd = data_of(s)->fd;
	s->can_gso = udp_tx_can_gso(s->out.fd);
	if (!s->can_gso)
		count(s->u->cnt, CNT_udp_gso_off);
	line_options(s->out.fd, addr_is_v4(&s->local));
	lsock_offload(s, s->u->use);
}

static void
lsock_watch(struct lsock *s)
{
	watch_init(
	    &s->hs_watch, s->u->loop, s->hs.fd, WATCH_READ, on_handshake, s);
	watch_on(&s->hs_watch);
	if (s->data.fd < 0)
		return;
	watch_init(
	    &s->data_watch, s->u->loop, s->data.fd, WATCH_READ, on_data, s);
	watch_on(&s->data_watch);
}

static int
lsock_bind(struct lsock *s, const struct priv *pv, unsigned no)
{
	int rc;

	s->data.fd = -1;
	s->hs.fd = priv_udp_bind(pv, no, PRIV_UDP_HANDSHAKE, UDP_RCVBUF);
	if (s->hs.fd < 0)
		return s->hs.fd;
	rc = bound_port(s->hs.fd, &s->local.port);
	if (rc < 0) {
		close(s->hs.fd);
		return rc;
	}
	s->hs.sock = s->data.sock = (uint16_t)no;
	s->hs.port = s->data.port = s->local.port;
	split(s, pv);
	s->data.share = UDP_TURN;
	s->hs.share = s->data.fd < 0 ? UDP_TURN : UDP_TURN_HS;
	return 0;
}

static void
lsock_start(struct lsock *s)
{
	lsock_out(s);
	lsock_watch(s);
}

static void
lsock_close(struct lsock *s)
{
	watch_fini(&s->hs_watch);
	watch_fini(&s->data_watch);
	close(s->hs.fd);
	if (s->data.fd >= 0)
		close(s->data.fd);
}

static int
lsock_open(struct udp *u, const struct priv *pv, const struct addr *a)
{
	struct lsock *s = &u->sock[u->n];
	int rc;

	*s = (struct lsock){ .u = u, .local = *a };
	rc = lsock_bind(s, pv, u->n);
	if (rc < 0)
		return rc;
	lsock_start(s);
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
	u->use = (struct udp_offload){ .gso = true, .gro = true };
	udp_rx_init(&u->rx, h, cnt);
	udp_tx_init(&u->tx, h, cnt);
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
	udp_tx_flush(&u->tx, clock_boot());
	hook_del(&u->flush, u->loop);
	for (i = 0; i < u->n; i++)
		lsock_close(&u->sock[i]);
	free(u);
}

/* The interface that it is bound to has been deleted, and is so for ever. */
static bool
is_cut(int fd)
{
	char name[IFNAMSIZ];
	socklen_t len = sizeof(name);

	return getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len) < 0 &&
	    errno == ENODEV;
}

int
udp_mend(struct udp *u, const struct priv *pv)
{
	unsigned i;
	int rc, first = 0;

	for (i = 0; i < u->n; i++) {
		struct lsock *s = &u->sock[i];
		struct lsock fresh = { .u = u, .local = s->local };

		if (!is_cut(s->hs.fd))
			continue;
		rc = lsock_bind(&fresh, pv, i);
		if (rc < 0) {
			first = first == 0 ? rc : first;
			continue;
		}
		lsock_close(s);
		*s = fresh;
		lsock_start(s);
	}
	return first;
}

static struct lsock *
sock_for(struct udp *u, const struct path *to)
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

static void
no_socket(struct udp *u, const struct run *run)
{
	struct mono now = loop_turn(u->loop)->now;
	unsigned i;

	count_n(u->cnt, CNT_udp_tx_drop, run->n);
	for (i = 0; i < run->n && u->h->unreachable != NULL; i++)
		u->h->unreachable(
		    u->h->arg, run->pkt[i].p, run->pkt[i].len, now);
}

void
udp_send(void *arg, const struct path *to, struct run *run)
{
	struct udp *u = arg;
	struct lsock *s = sock_for(u, to);

	if (s == NULL) {
		no_socket(u, run);
		return;
	}
	udp_tx_add(&u->tx, &s->out, to, run, loop_turn(u->loop)->now);
}

void
udp_flush(void *arg)
{
	struct udp *u = arg;

	udp_tx_flush(&u->tx, loop_turn(u->loop)->now);
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
	return sock < u->n && u->sock[sock].data.fd >= 0;
}

void
udp_offload(struct udp *u, struct udp_offload use)
{
	unsigned i;

	u->use = use;
	for (i = 0; i < u->n; i++)
		lsock_offload(&u->sock[i], use);
}
