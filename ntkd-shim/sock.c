#include "ntkd-shim/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "ntkd-shim/client.h"

#define BACKLOG 256
#define READ_MAX 65536
#define UDP_BATCH 64
#define LINGER_US (2 * MONO_SEC) /* for ntkd to read the last words */
#define TCP_TIMEOUT_MS 15000	 /* unanswered data, then it has failed */
#define TCP_SYNS 3		 /* unanswered, then it has failed: 15 s */

/* The last addresses of the class, where ntkd's hook rarely puts a node. */
#define OWN_IN_172 0xac1ffe01u /* 172.31.254.1 */
#define OWN_HOST 0x00fefe01u   /* x.254.254.1 */

struct sock_conn {
	LIST_ENTRY(sock_conn) link;
	struct sock *owner;
	struct source src;
	uint32_t num;
	uint32_t local; /* the identity, 0: a question of our own */
	uint32_t bound; /* its address all the same */
	bool connecting, over, broken;
	struct mono until; /* over: closed at the latest */
	uint8_t *out;
	size_t out_len;
};

static struct sockaddr_in
to_sin(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ip) };
}

static void
to_bytes(uint32_t ip, uint8_t ret[4])
{
	ip = htonl(ip);
	memcpy(ret, &ip, 4);
}

static bool
is_identity(const struct sock *s, uint32_t ip)
{
	size_t i;

	for (i = 0; i < s->n_identities; i++)
		if (s->identity[i] == ip)
			return true;
	return false;
}

/* --- connections ------------------------------------------------------------
 */

static void
set_num(struct sock *s, struct sock_conn *c, uint32_t num)
{
	c->num = num;
	LIST_INSERT_HEAD(&s->bucket[num % SOCK_BUCKETS], c, link);
}

/* Words for a number that is new are for the connection just accepted. */
static struct sock_conn *
find(struct sock *s, uint32_t num)
{
	struct sock_conn *c;

	LIST_FOREACH (c, &s->bucket[num % SOCK_BUCKETS], link)
		if (c->num == num)
			return c;
	if (s->fresh != NULL)
		set_num(s, s->fresh, num);
	return s->fresh;
}

static void
free_conn(struct sock_conn *c)
{
	if (c->broken)
		c->owner->n_broken--;
	if (c->src.fd >= 0) {
		loop_del(c->owner->loop, &c->src);
		close(c->src.fd);
	}
	LIST_REMOVE(c, link);
	free(c->out);
	free(c);
}

/* To be told by sock_tick(); nothing more is read or sent. */
static void
set_broken(struct sock_conn *c)
{
	if (c->broken)
		return;
	c->broken = true;
	c->owner->n_broken++;
	if (c->src.fd >= 0) {
		loop_del(c->owner->loop, &c->src);
		close(c->src.fd);
	}
	c->src.fd = -1;
}

static void
watch_conn(struct sock_conn *c)
{
	uint32_t events = EPOLLIN;

	if (c->connecting || c->out_len > 0)
		events |= EPOLLOUT;
	loop_change(c->owner->loop, &c->src, events);
}

/* False: it has failed. */
static bool
flush_out(struct sock_conn *c)
{
	ssize_t n;

	if (c->out_len == 0)
		return true;
	n = send(c->src.fd, c->out, c->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->out_len -= (size_t)n;
	memmove(c->out, c->out + n, c->out_len);
	return true;
}

/* What ntkd still says is read and forgotten: a reset could eat our words. */
static void
end_over(struct sock_conn *c)
{
	uint8_t buf[READ_MAX];
	bool ok = flush_out(c);
	ssize_t n;

	if (ok && c->out_len == 0)
		shutdown(c->src.fd, SHUT_WR);
	n = recv(c->src.fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (!ok || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		free_conn(c);
	else
		watch_conn(c);
}

static void
take_input(struct sock_conn *c, struct mono now)
{
	struct sock *s = c->owner;
	uint8_t buf[READ_MAX];
	uint32_t num = c->num;
	ssize_t n;

	n = recv(c->src.fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		amb_tcp(s->amb, num, buf, (size_t)n, now); /* may end c */
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	free_conn(c);
	amb_closed(s->amb, num, now);
}

/* The verdict on an attempt to connect. */
static void
take_connected(struct sock_conn *c, struct mono now)
{
	struct sock *s = c->owner;
	uint32_t num = c->num;
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->src.fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	if (err != 0) {
		log_debug("connection to ntkd: %s", strerror(err));
		free_conn(c);
		amb_closed(s->amb, num, now);
		return;
	}
	c->connecting = false;
	watch_conn(c);
	amb_connected(s->amb, num, now);
}

static void
on_conn(void *arg, uint32_t events, struct mono now)
{
	struct sock_conn *c = arg;

	if (c->over) {
		end_over(c);
	} else if (c->connecting) {
		take_connected(c, now);
	} else if ((events & EPOLLOUT) != 0 && c->out_len > 0) {
		if (flush_out(c))
			watch_conn(c);
		else
			set_broken(c);
	} else {
		take_input(c, now);
	}
}

static void
tune(int fd)
{
	int on = 1, ms = TCP_TIMEOUT_MS, syns = TCP_SYNS;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syns, sizeof(syns));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static struct sock_conn *
new_conn(struct sock *s, int fd, uint32_t local)
{
	struct sock_conn *c = xcalloc(1, sizeof(*c));

	c->owner = s;
	c->src = (struct source){ fd, on_conn, c };
	c->local = local;
	c->bound = local;
	return c;
}

/* --- sockets of all ---------------------------------------------------------
 */

/* The greeting may come before the number does, or even the end. */
static void
welcome(struct sock *s, int fd, uint32_t local, uint32_t from, struct mono now)
{
	struct sock_conn *c = new_conn(s, fd, local);
	uint32_t num = 0;

	s->fresh = c;
	if (loop_add(s->loop, &c->src, EPOLLIN) == 0)
		num = amb_accepted(s->amb, local, from, now);
	if (s->fresh != NULL && c->num == 0)
		set_num(s, c, num);
	if (s->fresh != NULL && num == 0)
		free_conn(c);
	s->fresh = NULL;
}

static void
on_listener(void *arg, uint32_t events, struct mono now)
{
	struct sock *s = arg;
	struct sockaddr_in from = { 0 }, to = { 0 };
	socklen_t from_len = sizeof(from), to_len = sizeof(to);
	int fd;

	(void)events;
	fd = accept4(s->listener.fd, (struct sockaddr *)&from, &from_len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (getsockname(fd, (struct sockaddr *)&to, &to_len) < 0 ||
	    !is_identity(s, ntohl(to.sin_addr.s_addr))) {
		close(fd);
		return;
	}
	tune(fd);
	welcome(
	    s, fd, ntohl(to.sin_addr.s_addr), ntohl(from.sin_addr.s_addr), now);
}

/* The address that a datagram was sent to; 0: a broadcast. */
static uint32_t
spoken_to(struct msghdr *msg)
{
	struct cmsghdr *cm;
	struct in_pktinfo info;
	uint32_t ip = 0;

	for (cm = CMSG_FIRSTHDR(msg); cm != NULL; cm = CMSG_NXTHDR(msg, cm))
		if (cm->cmsg_level == IPPROTO_IP &&
		    cm->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(cm), sizeof(info));
			ip = ntohl(info.ipi_addr.s_addr);
		}
	return ip == INADDR_BROADCAST ? 0 : ip;
}

static bool
take_datagram(struct sock *s, struct mono now)
{
	uint8_t buf[READ_MAX];
	union {
		struct cmsghdr head; /* aligns the bytes */
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} ctl;
	struct sockaddr_in from = { 0 };
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ctl,
		.msg_controllen = sizeof(ctl) };
	ssize_t n = recvmsg(s->udp.fd, &msg, MSG_DONTWAIT);
	uint32_t to;

	if (n < 0)
		return false;
	to = spoken_to(&msg);
	if (to == 0 || is_identity(s, to))
		amb_udp(s->amb, ntohl(from.sin_addr.s_addr), to, buf, (size_t)n,
		    now);
	return true;
}

static void
on_udp(void *arg, uint32_t events, struct mono now)
{
	struct sock *s = arg;
	int i;

	(void)events;
	for (i = 0; i < UDP_BATCH; i++)
		if (!take_datagram(s, now))
			return;
}

/* Bound to the port on vp1: datagrams to broadcasts and to all identities. */
static int
open_bound(struct sock *s, struct source *src, int type)
{
	struct sockaddr_in sin = to_sin(INADDR_ANY, AMB_PORT);
	int on = 1, fd;

	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	src->fd = fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, NETNS_OWN_IF,
		sizeof(NETNS_OWN_IF)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		return -errno;
	return loop_add(s->loop, src, EPOLLIN);
}

static uint32_t
own_address(const struct prefix *mesh)
{
	return mesh->a[0] == 172 ? OWN_IN_172 : 10u << 24 | OWN_HOST;
}

int
sock_open(struct sock *s, struct loop *loop, struct netns *ns, struct amb *amb)
{
	uint8_t own[4];
	int rc;

	*s = (struct sock){ .loop = loop,
		.ns = ns,
		.amb = amb,
		.own = own_address(&ns->conf->mesh),
		.udp = { -1, on_udp, s },
		.listener = { -1, on_listener, s } };
	LIST_INIT(&s->over);
	to_bytes(s->own, own);
	rc = netns_addr(ns, own, true);
	if (rc == 0)
		rc = open_bound(s, &s->udp, SOCK_DGRAM);
	if (rc == 0)
		rc = open_bound(s, &s->listener, SOCK_STREAM);
	if (rc < 0)
		log_warnx("port %d: %s", AMB_PORT, strerror(-rc));
	return rc;
}

static void
free_all(struct sock_conns *list, const uint32_t *of)
{
	struct sock_conn *c, *next;

	for (c = LIST_FIRST(list); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (of == NULL || c->local == *of)
			free_conn(c);
		else if (c->bound == *of && !c->over)
			set_broken(c);
	}
}

static void
free_conns(struct sock *s, const uint32_t *of)
{
	size_t i;

	for (i = 0; i < SOCK_BUCKETS; i++)
		free_all(&s->bucket[i], of);
	free_all(&s->over, of);
}

void
sock_close(struct sock *s)
{
	free_conns(s, NULL);
	if (s->udp.fd >= 0)
		close(s->udp.fd);
	if (s->listener.fd >= 0)
		close(s->listener.fd);
	free(s->identity);
	*s = (struct sock){ .udp.fd = -1, .listener.fd = -1 };
}

/* --- what the ambassador wants ----------------------------------------------
 */

void
sock_identity_add(struct sock *s, uint32_t ip)
{
	uint8_t addr[4];
	int rc;

	to_bytes(ip, addr);
	rc = netns_addr(s->ns, addr, true);
	if (rc < 0)
		log_warnx("%u.%u.%u.%u on " NETNS_OWN_IF ": %s", addr[0],
		    addr[1], addr[2], addr[3], strerror(-rc));
	s->identity = xreallocarray(
	    s->identity, s->n_identities + 1, sizeof(s->identity[0]));
	s->identity[s->n_identities++] = ip;
}

void
sock_identity_del(struct sock *s, uint32_t ip)
{
	uint8_t addr[4];
	size_t i;

	free_conns(s, &ip);
	for (i = 0; i < s->n_identities; i++)
		if (s->identity[i] == ip) {
			s->identity[i] = s->identity[--s->n_identities];
			break;
		}
	to_bytes(ip, addr);
	if (ip != s->own)
		(void)netns_addr(s->ns, addr, false);
}

void
sock_udp_send(
    struct sock *s, uint32_t from, uint32_t to, const uint8_t *p, size_t len)
{
	union {
		struct cmsghdr head; /* aligns the bytes */
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} ctl = { .room = { 0 } };
	struct sockaddr_in sin = to_sin(to, AMB_PORT);
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(from) };
	struct iovec iov = { (void *)(uintptr_t)p, len };
	struct msghdr msg = { .msg_name = &sin,
		.msg_namelen = sizeof(sin),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ctl,
		.msg_controllen = sizeof(ctl) };

	ctl.head.cmsg_level = IPPROTO_IP;
	ctl.head.cmsg_type = IP_PKTINFO;
	ctl.head.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&ctl.head), &info, sizeof(info));
	if (sendmsg(s->udp.fd, &msg, MSG_DONTWAIT) < 0)
		log_debug("datagram to ntkd: %s", strerror(errno));
}

/* ntkd answers strangers by its first interface: better ask as a neighbour. */
static uint32_t
source_of(const struct sock *s, uint32_t from)
{
	if (from != 0)
		return from;
	return s->n_identities > 0 ? s->identity[0] : s->own;
}

void
sock_tcp_connect(struct sock *s, uint32_t num, uint32_t from, uint32_t to)
{
	uint32_t local = source_of(s, from);
	struct sockaddr_in src = to_sin(local, 0), dst = to_sin(to, AMB_PORT);
	struct sock_conn *c;
	int fd, on = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c = new_conn(s, fd, from);
	c->bound = local;
	c->connecting = true;
	set_num(s, c, num);
	if (fd < 0) {
		set_broken(c);
		return;
	}
	tune(fd);
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&src, sizeof(src)) < 0 ||
	    (connect(fd, (struct sockaddr *)&dst, sizeof(dst)) < 0 &&
		errno != EINPROGRESS) ||
	    loop_add(s->loop, &c->src, EPOLLOUT) < 0) {
		log_debug("connection to ntkd: %s", strerror(errno));
		set_broken(c);
	}
}

void
sock_tcp_send(struct sock *s, uint32_t num, const uint8_t *p, size_t len)
{
	struct sock_conn *c = find(s, num);

	if (c == NULL || c->broken)
		return;
	if (c->connecting || len > SOCK_OUT_MAX - c->out_len) {
		set_broken(c);
		return;
	}
	c->out = xreallocarray(c->out, c->out_len + len, 1);
	memcpy(c->out + c->out_len, p, len);
	c->out_len += len;
	if (flush_out(c))
		watch_conn(c);
	else
		set_broken(c);
}

void
sock_tcp_close(struct sock *s, uint32_t num)
{
	struct sock_conn *c = find(s, num);

	if (c == NULL)
		return;
	if (c == s->fresh)
		s->fresh = NULL;
	if (c->broken || c->connecting) {
		free_conn(c);
		return;
	}
	c->over = true;
	c->until = mono_add(clock_mono(), LINGER_US);
	LIST_REMOVE(c, link);
	LIST_INSERT_HEAD(&s->over, c, link);
	end_over(c);
}

/* --- time -------------------------------------------------------------------
 */

static struct sock_conn *
first_broken(struct sock *s)
{
	struct sock_conn *c;
	size_t i;

	for (i = 0; i < SOCK_BUCKETS; i++)
		LIST_FOREACH (c, &s->bucket[i], link)
			if (c->broken)
				return c;
	return NULL;
}

void
sock_tick(struct sock *s, struct mono now)
{
	struct sock_conn *c, *next;

	while (s->n_broken > 0 && (c = first_broken(s)) != NULL) {
		uint32_t num = c->num;

		free_conn(c);
		amb_closed(s->amb, num, now);
	}
	for (c = LIST_FIRST(&s->over); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (mono_due(c->until, now))
			free_conn(c);
	}
}

struct mono
sock_deadline(const struct sock *s)
{
	const struct sock_conn *c;
	struct mono first = s->n_broken > 0 ? (struct mono){ 0 } : MONO_NEVER;

	LIST_FOREACH (c, &s->over, link)
		first = mono_min(first, c->until);
	return first;
}
