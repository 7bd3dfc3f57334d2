/*
 * Two devices in two namespaces, joined back to back by their ports: what
 * programs send through the one arrives at the other, whatever is switched off.
 */
#include "io/port_tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/netns/tunlab.h"
#include "tests/rng.h"
#include "tests/unit/io_env.h"

#define ALL (PORT_VNET | PORT_TSO | PORT_USO)
#define MTU 1400
#define TCP_BYTES (24u << 20)
#define SEED 7469

/* A device in its namespace, and its port. */
struct side {
	int ns;
	struct port_env env;
	struct counters cnt;
	struct port *port;
	struct prefix addr[2];
};

struct lab {
	struct env e;
	struct side s[2];
	int home;
	bool join; /* hand packets to the other side, else only look at them */
	unsigned runs, most;
	struct watch end; /* of the programs on both sides */
	bool ended;
	unsigned gone;
};

static const struct port_ops *const ops[] = {
	[PORT_TAP] = &port_tap,
	[PORT_TUN] = &port_tun,
	[PORT_TUN_PER_PEER] = &port_tun_per_peer,
};

/* All that is ours may be overwritten, as sealing does. */
static void
scribble(const struct run *run)
{
	unsigned i;

	assert_true(run->n >= 1 && run->n <= RUN_MAX);
	for (i = 0; i < run->n; i++) {
		memset(run->pkt[i].p - RUN_HEAD, 0xee, RUN_HEAD);
		memset(run->pkt[i].p + run->pkt[i].len, 0xee, RUN_TAIL);
	}
}

static void
on_input(void *arg, unsigned no, struct run *run, struct turn *t)
{
	struct lab *l = arg;
	struct port *to = l->s[no ^ 1].port;

	assert_non_null(t);
	scribble(run);
	l->runs++;
	l->most = run->n > l->most ? run->n : l->most;
	if (l->join)
		to->ops->send(to, run);
}

static void
on_gone(void *arg, unsigned no)
{
	struct lab *l = arg;

	assert_true(no < 2);
	l->gone++;
}

static void
side_open(struct lab *l, unsigned i, enum port_kind kind, unsigned offload)
{
	struct side *s = &l->s[i];
	struct monitor_dev *d = &l->e.monitor.dev[i];
	const struct port_conf conf = {
		.kind = kind,
		.dev = i,
		.unit = { kind == PORT_TUN_PER_PEER ? 'p' : '\0' },
		.offload = offload,
	};

	s->addr[0] =
	    (struct prefix){ PREFIX_IPV4, 24, { 10, 9, 0, (uint8_t)(i + 1) } };
	s->addr[1] = (struct prefix){ PREFIX_IPV6, 64,
		{ 0xfd, 9, [15] = (uint8_t)(i + 1) } };
	*d = (struct monitor_dev){
		.used = true,
		.name = "vt",
		.tap = kind == PORT_TAP,
		.per_peer = kind == PORT_TUN_PER_PEER,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)(i + 1) },
		.mtu = MTU,
		.addr = s->addr,
		.n_addr = 2,
	};
	s->env = (struct port_env){ l, l->e.loop, &l->e.priv, &s->cnt, on_input,
		on_gone };
	s->ns = lab_ns();
	assert_int_equal(ops[kind]->open(&s->port, &conf, i, &s->env), 0);
	assert_ptr_equal(s->port->ops, ops[kind]);
	s->port->ops->carrier(s->port, true);
}

static void
lab_init(struct lab *l, int home)
{
	memset(l, 0, sizeof(*l));
	l->home = home;
	env_init(&l->e);
	l->join = true;
}

static void
lab_fini(struct lab *l)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (l->s[i].port == NULL)
			continue;
		l->s[i].port->ops->close(l->s[i].port);
		close(l->s[i].ns);
	}
	env_fini(&l->e);
	lab_enter(l->home);
}

/* --- programs on both sides ----------------------------------------------- */

/* One end of a flow, in a process of its own: true when all was right. */
struct flow {
	const char *name;
	int type;
	bool (*client)(int fd, struct rng *r);
	bool (*server)(int fd, struct rng *r);
};

static bool
tcp_client(int fd, struct rng *r)
{
	static uint8_t buf[1 << 16];
	size_t done, n, at;
	ssize_t m;

	for (done = 0; done < TCP_BYTES; done += n) {
		n = sizeof(buf);
		rng_fill(r, buf, n);
		for (at = 0; at < n; at += (size_t)m) {
			m = send(fd, buf + at, n - at, MSG_NOSIGNAL);
			if (m <= 0)
				return false;
		}
	}
	/* the other side has it all when it closes */
	return shutdown(fd, SHUT_WR) == 0 && recv(fd, buf, 1, 0) == 0;
}

static bool
tcp_server(int fd, struct rng *r)
{
	static uint8_t buf[1 << 16], want[1 << 16];
	size_t done;
	int c = accept(fd, NULL, NULL);

	for (done = 0; done < TCP_BYTES; done += sizeof(buf)) {
		if (recv(c, buf, sizeof(buf), MSG_WAITALL) !=
		    (ssize_t)sizeof(buf))
			return false;
		rng_fill(r, want, sizeof(want));
		if (memcmp(buf, want, sizeof(buf)) != 0)
			return false;
	}
	return recv(c, buf, 1, 0) == 0;
}

/* Bursts: so many datagrams of that size, and a shorter one. */
#define BURSTS 200
#define BURST_MAX 30

static size_t
burst(struct rng *r, uint8_t *buf, int *ret_seg)
{
	size_t seg = 16 + rng_below(r, MTU - 48 - 16);
	size_t len = seg * rng_below(r, BURST_MAX) + 1 + rng_below(r, seg);

	*ret_seg = (int)seg;
	rng_fill(r, buf, len);
	return len;
}

static bool
udp_client(int fd, struct rng *r)
{
	static uint8_t buf[BURST_MAX * MTU];
	unsigned i;
	int seg;

	for (i = 0; i < BURSTS; i++) {
		size_t len = burst(r, buf, &seg);

		if (setsockopt(
			fd, IPPROTO_UDP, UDP_SEGMENT, &seg, sizeof(seg)) < 0 ||
		    send(fd, buf, len, 0) != (ssize_t)len)
			return false;
		if (recv(fd, buf, 1, 0) != 1) /* it has arrived */
			return false;
	}
	return true;
}

static bool
udp_server(int fd, struct rng *r)
{
	static uint8_t want[BURST_MAX * MTU], buf[MTU];
	struct sockaddr_storage from;
	socklen_t from_len;
	size_t at, len, n;
	unsigned i;
	int seg;

	for (i = 0; i < BURSTS; i++) {
		len = burst(r, want, &seg);
		for (at = 0; at < len; at += n) {
			n = len - at < (size_t)seg ? len - at : (size_t)seg;
			from_len = sizeof(from);
			if (recvfrom(fd, buf, sizeof(buf), 0,
				(struct sockaddr *)&from,
				&from_len) != (ssize_t)n ||
			    memcmp(buf, want + at, n) != 0)
				return false;
		}
		seg = 0; /* the answer is one datagram */
		if (setsockopt(
			fd, IPPROTO_UDP, UDP_SEGMENT, &seg, sizeof(seg)) < 0 ||
		    sendto(fd, buf, 1, 0, (struct sockaddr *)&from, from_len) !=
			1)
			return false;
	}
	return true;
}

static const struct flow tcp = { "tcp", SOCK_STREAM, tcp_client, tcp_server };
static const struct flow udp = { "udp", SOCK_DGRAM, udp_client, udp_server };

static socklen_t
server_addr(bool v6, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in s4 = { .sin_family = AF_INET };

	memset(ret, 0, sizeof(*ret));
	inet_pton(AF_INET6, "fd09::2", &s6.sin6_addr);
	inet_pton(AF_INET, "10.9.0.2", &s4.sin_addr);
	s6.sin6_port = s4.sin_port = htons(7000);
	if (v6)
		memcpy(ret, &s6, sizeof(s6));
	else
		memcpy(ret, &s4, sizeof(s4));
	return v6 ? sizeof(s6) : sizeof(s4);
}

static int
flow_socket(const struct flow *f, bool v6)
{
	struct timeval limit = { .tv_sec = 8 };
	int one = 1, big = 1 << 20;
	int fd = socket(v6 ? AF_INET6 : AF_INET, f->type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (f->type == SOCK_DGRAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	return fd;
}

/* Both programs hold the writing end of a pipe: its end is theirs. */
static pid_t
launch(
    struct lab *l, const struct flow *f, bool v6, int server, const int pipe[2])
{
	struct rng r = { SEED };
	struct sockaddr_storage to;
	socklen_t len = server_addr(v6, &to);
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	close(pipe[0]);
	if (server >= 0)
		_exit(!f->server(server, &r));
	lab_enter(l->s[0].ns);
	fd = flow_socket(f, v6);
	if (connect(fd, (struct sockaddr *)&to, len) < 0)
		_exit(2);
	_exit(!f->client(fd, &r));
}

static void
on_end(void *arg, struct turn *t)
{
	struct lab *l = arg;

	(void)t;
	l->ended = true;
	watch_off(&l->end);
}

static bool
has_ended(void *arg)
{
	const struct lab *l = arg;

	return l->ended;
}

static void
run_flow(struct lab *l, const struct flow *f, bool v6)
{
	struct sockaddr_storage at;
	socklen_t len = server_addr(v6, &at);
	int fd, p[2], status = -1;
	unsigned i;
	pid_t pid[2];

	lab_enter(l->s[1].ns);
	fd = flow_socket(f, v6);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	if (f->type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(pipe(p), 0);
	fflush(NULL);
	pid[0] = launch(l, f, v6, fd, p);
	pid[1] = launch(l, f, v6, -1, p);
	close(p[1]);
	l->ended = false;
	memset(&l->end, 0, sizeof(l->end));
	watch_init(&l->end, l->e.loop, p[0], WATCH_READ, on_end, l);
	watch_on(&l->end);
	env_until(&l->e, has_ended, l);
	watch_fini(&l->end);
	for (i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	close(p[0]);
	close(fd);
}

/* Packets that the kernel of the receiving side counted on its device. */
static uint64_t
dev_received(const struct lab *l)
{
	unsigned long long n = 0;
	char line[512];
	FILE *f;

	lab_enter(l->s[1].ns);
	f = fopen("/proc/thread-self/net/dev", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, " vt") != NULL)
			sscanf(strchr(line, ':'), ": %*u %llu", &n);
	fclose(f);
	return n;
}

static void
all_is_well(const struct side *s)
{
	assert_int_equal(s->cnt.v[CNT_port_bad], 0);
	assert_int_equal(s->cnt.v[CNT_port_drop], 0);
	assert_int_equal(s->cnt.v[CNT_arena_full], 0);
}

/* Devices with these offloads; super: they arrive as super-packets. */
static void
through(int home, enum port_kind kind, unsigned a, unsigned b, bool tcp_super,
    bool udp_super)
{
	uint64_t before, sent;
	struct lab l;
	int v6;

	lab_init(&l, home);
	side_open(&l, 0, kind, a);
	side_open(&l, 1, kind, b);
	for (v6 = 0; v6 < 2; v6++) {
		before = dev_received(&l);
		sent = l.s[1].cnt.v[CNT_port_tx];
		run_flow(&l, &tcp, v6);
		sent = l.s[1].cnt.v[CNT_port_tx] - sent;
		before = dev_received(&l) - before;
		assert_true(sent > TCP_BYTES / MTU);
		assert_true(tcp_super ? before * 4 < sent : before == sent);

		before = dev_received(&l);
		sent = l.s[1].cnt.v[CNT_port_tx];
		run_flow(&l, &udp, v6);
		sent = l.s[1].cnt.v[CNT_port_tx] - sent;
		before = dev_received(&l) - before;
		assert_true(udp_super ? before * 4 < sent : before == sent);
	}
	assert_int_equal(l.s[0].cnt.v[CNT_port_rx], l.s[1].cnt.v[CNT_port_tx]);
	assert_int_equal(l.s[1].cnt.v[CNT_port_rx], l.s[0].cnt.v[CNT_port_tx]);
	all_is_well(&l.s[0]);
	all_is_well(&l.s[1]);
	lab_fini(&l);
}

/* --- tests ---------------------------------------------------------------- */

/* USO is there from Linux 6.2 on. */
static bool
has_uso(int home)
{
	struct lab l;
	bool yes;

	lab_init(&l, home);
	side_open(&l, 0, PORT_TUN, ALL);
	yes = lab_says("tx-udp-segmentation: on", "ethtool -k vt");
	lab_fini(&l);
	return yes;
}

static void
flows_tun(void **state)
{
	int home = *(int *)*state;
	bool uso = has_uso(home);

	through(home, PORT_TUN, ALL, ALL, true, uso);
	through(home, PORT_TUN, ALL & ~PORT_USO, ALL & ~PORT_USO, true, false);
	through(home, PORT_TUN, ALL & ~PORT_TSO, ALL & ~PORT_TSO, false, uso);
	through(home, PORT_TUN, PORT_VNET, PORT_VNET, false, false);
	through(home, PORT_TUN, 0, 0, false, false);
}

/* Sides that differ, as two machines do. */
static void
flows_mixed(void **state)
{
	int home = *(int *)*state;
	bool uso = has_uso(home);

	through(home, PORT_TUN, ALL, 0, false, false);
	through(home, PORT_TUN, ALL, PORT_VNET, false, false);
	through(home, PORT_TUN, PORT_VNET, ALL, true, uso);
}

static void
flows_tap(void **state)
{
	int home = *(int *)*state;

	through(home, PORT_TAP, ALL, ALL, true, has_uso(home));
	through(home, PORT_TAP, 0, 0, false, false);
	through(home, PORT_TUN_PER_PEER, ALL, ALL, true, has_uso(home));
}

static void
carrier_follows(void **state)
{
	struct lab l;
	struct port *p;

	lab_init(&l, *(int *)*state);
	side_open(&l, 0, PORT_TAP, ALL);
	p = l.s[0].port;
	lab_sys();
	assert_true(lab_says("1", "cat /sys/class/net/vt/carrier"));
	p->ops->carrier(p, false);
	assert_true(lab_says("0", "cat /sys/class/net/vt/carrier"));
	p->ops->carrier(p, true);
	assert_true(lab_says("1", "cat /sys/class/net/vt/carrier"));
	/* the kernel's own link-local address, of our MAC */
	assert_true(lab_says("fe80::ff:fe00:1/64", "ip -6 addr show vt"));
	lab_fini(&l);
}

static struct run *
junk(struct rng *r, struct arena *mem)
{
	struct run *run = run_new(mem);
	unsigned n = 1 + (unsigned)rng_below(r, RUN_MAX);

	assert_non_null(run);
	while (run->n < n) {
		struct pkt *pk = run_add(run, rng_below(r, MTU + 100), mem);

		assert_non_null(pk);
		rng_fill(r, pk->p, pk->len);
		pk->flags = rng_below(r, 2) ? PKT_CSUM : 0;
		if (pk->len >= 40 && rng_below(r, 2)) /* nearly IPv4 and TCP */
			memcpy(pk->p, "\x45\0\0\x28\0\0\0\0\x40\6", 10);
	}
	return run;
}

static void
junk_to(int home, enum port_kind kind, unsigned offload)
{
	struct rng r = { SEED };
	uint64_t sent = 0;
	struct lab l;
	unsigned i;

	lab_init(&l, home);
	l.join = false;
	side_open(&l, 0, kind, offload);
	for (i = 0; i < 500; i++) {
		struct arena *mem = loop_turn(l.e.loop)->mem;
		struct run *run;

		if (i % 20 == 0)
			env_run(&l.e, 1); /* a turn's arena ends with it */
		mem = loop_turn(l.e.loop)->mem;
		run = junk(&r, mem);
		sent += run->n;
		l.s[0].port->ops->send(l.s[0].port, run);
	}
	/* what a user sees: each was taken or counted as dropped */
	assert_int_equal(
	    l.s[0].cnt.v[CNT_port_tx] + l.s[0].cnt.v[CNT_port_drop], sent);
	env_run(&l.e, 1);
	lab_fini(&l);
}

static void
junk_written(void **state)
{
	int home = *(int *)*state;

	printf("# seed %d\n", SEED);
	junk_to(home, PORT_TUN, ALL);
	junk_to(home, PORT_TUN, 0);
	junk_to(home, PORT_TAP, ALL);
	junk_to(home, PORT_TAP, 0);
}

static bool
queue_read(void *arg)
{
	const struct lab *l = arg;

	return l->s[0].cnt.v[CNT_port_rx] + l->s[0].cnt.v[CNT_port_bad] >= 1500;
}

/* Frames that no kernel would make, by a program with raw sockets. */
static void
junk_read(void **state)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	struct rng r = { SEED };
	uint8_t buf[MTU + 14];
	struct lab l;
	unsigned i;
	int fd;

	lab_init(&l, *(int *)*state);
	l.join = false;
	side_open(&l, 0, PORT_TAP, ALL);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	to.sll_ifindex = (int)if_nametoindex("vt");
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	for (i = 0; i < 1500; i++) {
		size_t len = 14 + rng_below(&r, MTU + 1);

		rng_fill(&r, buf, len);
		if (rng_below(&r, 2))
			memcpy(buf + 12, "\x08\0\x45\0", 4);
		while (send(fd, buf, len, 0) < 0)
			assert_true(errno == ENOBUFS || errno == EAGAIN);
		if (i % 100 == 99)
			env_run(&l.e, 2);
	}
	env_until(&l.e, queue_read, &l);
	assert_int_equal(l.s[0].cnt.v[CNT_port_bad], 0);
	assert_true(l.most > 1 && l.most <= RUN_MAX); /* they gather */
	close(fd);
	lab_fini(&l);
}

/* Down: drops; up again: goes on. Deleted: drops, and never spins. */
static void
down_and_gone(void **state)
{
	struct rng r = { SEED };
	struct counters *cnt;
	struct lab l;
	struct run *run;
	unsigned n;

	lab_init(&l, *(int *)*state);
	l.join = false;
	side_open(&l, 0, PORT_TUN, ALL);
	cnt = &l.s[0].cnt;
	lab_do("ip link set vt down");
	env_run(&l.e, 20);
	run = junk(&r, loop_turn(l.e.loop)->mem);
	n = run->n;
	l.s[0].port->ops->send(l.s[0].port, run);
	assert_int_equal(cnt->v[CNT_port_drop], n);
	lab_do("ip link set vt up");
	cnt->v[CNT_port_rx] = 0;
	lab_do("ping -c 1 -W 1 10.9.0.9 >/dev/null; true");
	env_run(&l.e, 20);
	assert_true(cnt->v[CNT_port_rx] >= 1);

	lab_do("ip link del vt");
	l.e.turns = 0;
	env_run(&l.e, 200);
	assert_true(l.e.turns < 10);
	cnt->v[CNT_port_drop] = 0;
	run = junk(&r, loop_turn(l.e.loop)->mem);
	n = run->n;
	l.s[0].port->ops->send(l.s[0].port, run);
	assert_int_equal(cnt->v[CNT_port_drop], n);
	l.s[0].port->ops->carrier(l.s[0].port, false);
	env_run(&l.e, 1);
	assert_int_equal(l.gone, 1);
	lab_fini(&l);
}

/* What cannot be opened leaves nothing behind. */
static void
open_fails(void **state)
{
	struct port_conf conf = { .kind = PORT_TUN, .dev = 5 };
	struct port *p = NULL;
	struct port_env env;
	struct lab l;

	lab_init(&l, *(int *)*state);
	env = (struct port_env){ &l, l.e.loop, &l.e.priv, &l.e.cnt, on_input,
		on_gone };
	assert_int_equal(port_tun.open(&p, &conf, 0, &env), -ENOENT);
	assert_null(p);
	port_tun.close(NULL);
	lab_fini(&l);
}

int
main(void)
{
	static int home;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(flows_tun, &home),
		cmocka_unit_test_prestate(flows_mixed, &home),
		cmocka_unit_test_prestate(flows_tap, &home),
		cmocka_unit_test_prestate(junk_written, &home),
		cmocka_unit_test_prestate(junk_read, &home),
		cmocka_unit_test_prestate(down_and_gone, &home),
		cmocka_unit_test_prestate(open_fails, &home),
		cmocka_unit_test_prestate(carrier_follows, &home),
	};
	const char *lack = lab_lacks();

	if (lack != NULL) {
		printf("skipped: %s\n", lack);
		return 77;
	}
	home = lab_ns();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
