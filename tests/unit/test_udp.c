#include "io/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/sock.h"
#include "tests/unit/udp_side.h"

/* A plain socket, connected to number sock of s at ip. */
static int
client(const struct side *s, unsigned sock, const char *ip)
{
	struct sockaddr_storage ss;
	struct addr to = sock_addr(ip), at;
	struct timeval tv = { 5, 0 };
	socklen_t len;
	int fd;

	assert_true(udp_local(s->u, sock, &at));
	to.port = at.port;
	len = addr_to_sockaddr(&to, false, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

/* An environment with one side, and a client of it; one_close() ends them. */
static struct side *
one_open(struct env *e, const char *listen, const char *ip, int *ret_fd)
{
	struct side *s;

	env_init(e);
	s = side_new(e, listen, NULL);
	*ret_fd = client(s, 0, ip);
	return s;
}

static void
one_close(struct env *e, struct side *s, int fd)
{
	close(fd);
	side_free(s);
	env_fini(e);
}

static void
put(int fd, uint8_t type, uint32_t no, size_t len)
{
	uint8_t buf[60000] = { type };

	memcpy(buf + 1, &no, 4);
	assert_int_equal(send(fd, buf, len, 0), len);
}

/* Sent last, read first: they came to a socket of their own. */
static void
data_before_handshakes(void **state)
{
	struct env e;
	struct side *s;
	uint32_t i;
	int fd;

	(void)state;
	s = one_open(&e, "127.0.0.1", "127.0.0.1", &fd);
	for (i = 0; i < 10; i++)
		put(fd, (uint8_t)(i == 9 ? 0xff : i % 3 + 1), i, 100);
	for (i = 10; i < 20; i++)
		put(fd, 4, i, 100);
	side_wait(s, 20);
	for (i = 0; i < 20; i++) {
		assert_int_equal(s->got[i].no, (i + 10) % 20);
		assert_int_equal(s->got[i].run_n, 10);
	}
	assert_int_equal(s->loads, 0);
	assert_int_equal(e.cnt.v[CNT_udp_rx], 20);
	one_close(&e, s, fd);
}

static void
handshakes_are_rationed(void **state)
{
	struct env e;
	struct side *s;
	unsigned i, n = 0;
	int fd;

	(void)state;
	s = one_open(&e, "127.0.0.1", "127.0.0.1", &fd);
	for (i = 0; i < 200; i++)
		put(fd, 1, i, 168);
	side_wait(s, 200);
	for (i = 0; i < 200; i++) {
		n = i > 0 && s->got[i].turn == s->got[i - 1].turn ? n + 1 : 1;
		assert_true(n <= UDP_TURN_HS / 168 + 8);
		assert_int_equal(s->got[i].no, i);
	}
	one_close(&e, s, fd);
}

/* However much data there is, a handshake is read in the same turn. */
static void
data_leaves_room(void **state)
{
	struct env e;
	struct side *s;
	unsigned i;
	int fd;

	(void)state;
	env_init(&e);
	s = side_new(&e, "127.0.0.1", NULL);
	fd = client(s, 0, "127.0.0.1");
	for (i = 0; i < RUN_MAX; i++) /* one call to the kernel */
		put(fd, 4, i, 100);
	put(fd, 1, i, 100);
	s->eat = true;
	side_wait(s, RUN_MAX + 1);
	assert_int_equal(s->got[0].type, 4);
	assert_int_equal(s->got[RUN_MAX].type, 1);
	assert_int_equal(s->got[RUN_MAX].turn, s->got[0].turn);
	close(fd);
	side_free(s);
	env_fini(&e);
}

static void
load_is_noticed(void **state)
{
	struct env e;
	struct side *s;
	unsigned i;
	int fd;

	(void)state;
	s = one_open(&e, "127.0.0.1", "127.0.0.1", &fd);
	for (i = 0; i < 2000; i++)
		put(fd, 1, i, 1500);
	side_wait(s, 65);
	assert_true(s->loads > 0);
	env_run(&e, 100); /* until it is empty */
	s->loads = 0;
	put(fd, 1, 0, 168);
	side_wait(s, s->n + 1);
	assert_int_equal(s->loads, 0);
	one_close(&e, s, fd);
}

/* The answer must leave from the address that was asked. */
static void
answers_from(const char *listen, const char *ip)
{
	struct addr at, me;
	struct env e;
	struct side *s;
	uint8_t buf[64];
	int fd;

	s = one_open(&e, listen, ip, &fd);
	me = sock_name(fd);
	s->echo = true;
	put(fd, 1, 7, 20);
	put(fd, 4, 8, 30);
	side_wait(s, 2);
	at = sock_addr(ip);
	assert_true(udp_local(s->u, 0, &me));
	at.port = me.port;
	me = sock_name(fd);
	assert_true(addr_equal(&s->got[0].from.local, &at));
	assert_true(addr_equal(&s->got[1].from.remote, &me));
	assert_int_equal(s->got[0].from.sock, 0);
	/* a connected socket takes nothing from another address */
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 30);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 20);
	assert_int_equal(e.cnt.v[CNT_udp_tx], 2);
	one_close(&e, s, fd);
}

static void
answer_leaves_where_asked(void **state)
{
	(void)state;
	answers_from("0.0.0.0", "127.0.0.5");
	answers_from("127.0.0.9", "127.0.0.9");
	answers_from("::", "::1");
}

static void
several_addresses(void **state)
{
	struct env e;
	struct side *s;
	struct addr a, b;
	uint8_t buf[64];
	int v4, v6;

	(void)state;
	env_init(&e);
	s = side_new(&e, "0.0.0.0", "::");
	assert_true(udp_local(s->u, 0, &a) && udp_local(s->u, 1, &b));
	assert_false(udp_local(s->u, 2, &b));
	assert_true(addr_is_v4(&a));
	v4 = client(s, 0, "127.0.0.1");
	v6 = client(s, 1, "::1");
	s->echo = true;
	put(v4, 4, 1, 40);
	side_wait(s, 1);
	assert_int_equal(s->got[0].from.sock, 0);
	put(v6, 4, 1, 50);
	side_wait(s, 2);
	assert_int_equal(s->got[1].from.sock, 1);
	assert_int_equal(recv(v4, buf, sizeof(buf), 0), 40);
	assert_int_equal(recv(v6, buf, sizeof(buf), 0), 50);
	close(v4);
	close(v6);
	side_free(s);
	env_fini(&e);
}

static void
thousand_arrive_in_order(void **state)
{
	struct env e;
	struct side *s;
	unsigned i;
	int fd;

	(void)state;
	s = one_open(&e, "127.0.0.1", "127.0.0.1", &fd);
	for (i = 0; i < 1000; i++) {
		put(fd, 4, i, 5 + i);
		if (i % 100 == 99) { /* the smallest buffer holds as many */
			side_wait(s, i + 1);
		}
	}
	for (i = 0; i < 1000; i++) {
		assert_int_equal(s->got[i].no, i);
		assert_int_equal(s->got[i].len, 5 + i);
		assert_int_equal(s->got[i].run_n, i % 100 < 64 ? 64 : 36);
	}
	one_close(&e, s, fd);
}

static void
runs_have_one_source(void **state)
{
	struct env e;
	struct side *s;
	unsigned i;
	int fd[2];

	(void)state;
	env_init(&e);
	s = side_new(&e, "0.0.0.0", NULL);
	fd[0] = client(s, 0, "127.0.0.1");
	fd[1] = client(s, 0, "127.0.0.2");
	for (i = 0; i < 30; i++)
		put(fd[i / 3 % 2], 4, i, 20);
	side_wait(s, 30);
	for (i = 0; i < 30; i++) {
		const struct addr me = sock_name(fd[i / 3 % 2]);

		assert_int_equal(s->got[i].no, i);
		assert_int_equal(s->got[i].run_n, 3);
		assert_true(addr_equal(&s->got[i].from.remote, &me));
	}
	close(fd[0]);
	close(fd[1]);
	side_free(s);
	env_fini(&e);
}

static void
take_lengths(bool gro)
{
	static const size_t len[] = { UDP_RX_LEN + 1, UDP_RX_LEN, 60000, 5,
		UDP_RX_LEN - 1, UDP_RX_LEN / 4, UDP_RX_LEN / 4 - 1, 20000 };
	struct env e;
	struct side *s;
	unsigned i;
	int fd;

	s = one_open(&e, "127.0.0.1", "127.0.0.1", &fd);
	udp_offload(s->u, (struct udp_offload){ .gro = gro });
	assert_int_equal(send(fd, "", 0, 0), 0);
	side_wait(s, 1);
	assert_int_equal(s->got[0].len, 0);
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		put(fd, 4, i, len[i]);
	side_wait(s, 6);
	env_run(&e, 20);
	assert_int_equal(s->n, 6);
	for (i = 1; i < 6; i++)
		assert_int_equal(s->got[i].len, len[s->got[i].no]);
	assert_int_equal(e.cnt.v[CNT_udp_rx], 9);
	assert_int_equal(e.cnt.v[CNT_udp_rx_trunc], 3);
	one_close(&e, s, fd);
}

static void
lengths(void **state)
{
	(void)state;
	take_lengths(true);
	take_lengths(false);
}

/* More in one turn than the queue holds, to several peers. */
static void
long_queue(void **state)
{
	struct env e;
	struct side *a, *b, *c;
	struct path to_b, to_c;
	unsigned i;

	(void)state;
	env_init(&e);
	a = side_new(&e, "0.0.0.0", "::");
	b = side_new(&e, "127.0.0.1", NULL);
	c = side_new(&e, "::1", NULL);
	to_b = side_path(b, "127.0.0.1");
	to_c = side_path(c, "::1");
	for (i = 0; i < 5; i++) {
		udp_send(a->u, &to_b, side_run(&e, 60, i * 60, 20));
		udp_send(a->u, &to_c, side_run(&e, 60, i * 60, 20));
	}
	side_wait(b, 300);
	side_wait(c, 300);
	for (i = 0; i < 300; i++) {
		assert_int_equal(b->got[i].no, i);
		assert_int_equal(c->got[i].no, i);
	}
	assert_int_equal(e.cnt.v[CNT_udp_tx], 600);
	assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 0);
	side_free(a);
	side_free(b);
	side_free(c);
	env_fini(&e);
}

/* What one packet suffers does not touch its neighbours. */
static void
drops_are_counted(void **state)
{
	struct env e;
	struct side *a, *b;
	struct path to, v6;

	(void)state;
	env_init(&e);
	a = side_new(&e, "0.0.0.0", NULL);
	b = side_new(&e, "127.0.0.1", NULL);
	to = side_path(b, "127.0.0.1");
	v6 = side_path(b, "::1");
	udp_send(a->u, &v6, side_run(&e, 3, 0, 20)); /* no such socket */
	assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 3);
	udp_send(a->u, &to, side_run(&e, 2, 0, 20));
	udp_send(a->u, &to, side_run(&e, 2, 90, 66000)); /* no datagram */
	udp_send(a->u, &to, side_run(&e, 2, 2, 20));
	side_wait(b, 4);
	assert_int_equal(b->got[1].no, 1);
	assert_int_equal(b->got[2].no, 2);
	assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 3);
	assert_int_equal(e.cnt.v[CNT_udp_tx_big], 2);
	assert_int_equal(a->too_big, 1);
	assert_true(addr_equal(&a->too_big_to, &to.remote));
	assert_int_equal(e.cnt.v[CNT_udp_tx], 4);
	side_free(a);
	side_free(b);
	env_fini(&e);
}

/* An address that we have lost must not silence the peers it served. */
static void
lost_source_address(void **state)
{
	struct env e;
	struct side *a, *b;
	struct path to;

	(void)state;
	env_init(&e);
	a = side_new(&e, "0.0.0.0", NULL);
	b = side_new(&e, "127.0.0.1", NULL);
	to = side_path(b, "127.0.0.1");
	to.local = sock_addr("203.0.113.77");
	udp_send(a->u, &to, side_run(&e, 2, 0, 20));
	side_wait(b, 2);
	assert_int_equal(e.cnt.v[CNT_udp_tx], 2);
	assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 0);
	side_free(a);
	side_free(b);
	env_fini(&e);
}

/* Nobody listens there: the router's complaint does not cost a packet. */
static void
refusals_are_ignored(void **state)
{
	struct env e;
	struct side *a, *b;
	struct path dead, to;
	unsigned i;

	(void)state;
	env_init(&e);
	a = side_new(&e, "127.0.0.1", NULL);
	b = side_new(&e, "127.0.0.1", NULL);
	to = side_path(b, "127.0.0.1");
	dead = to;
	dead.remote.port = 9;
	for (i = 0; i < 20; i++) {
		udp_send(a->u, &dead, side_run(&e, 1, 0, 20));
		udp_send(a->u, &to, side_run(&e, 1, i, 20));
		side_wait(b, i + 1);
	}
	assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 0);
	side_free(a);
	side_free(b);
	env_fini(&e);
}

/* What cannot leave is told, one by one; what was lost on the way is not. */
static void
no_way_is_told(void **state)
{
	static const char *const to[] = {
		"198.18.7.7:9",	     /* from the loopback's address */
		"[2001:db8::1]:9",   /* no socket of that family */
		"255.255.255.255:9", /* barred */
	};
	struct path path = { .sock = SOCK_ANY };
	struct env e;
	struct side *s;
	unsigned i;

	(void)state;
	env_init(&e);
	s = side_new(&e, "127.0.0.1", NULL);
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		assert_true(addr_parse(to[i], 9, &path.remote));
		udp_send(s->u, &path, side_run(&e, 2, 10 * i, 100));
		env_run(&e, 5);
		assert_int_equal(s->unreachable, 2 * (i + 1));
		assert_int_equal(s->unreachable_no, 10 * i + 1);
		assert_int_equal(e.cnt.v[CNT_udp_tx_drop], 2 * (i + 1));
	}
	path = side_path(s, "127.0.0.1");
	path.remote.port = 9; /* nobody there */
	udp_send(s->u, &path, side_run(&e, 2, 0, 100));
	env_run(&e, 5);
	assert_int_equal(s->unreachable, 6);
	side_free(s);
	env_fini(&e);
}

static void
all_or_none(void **state)
{
	struct env e;
	struct side *s;
	struct addr listen[3];
	struct udp *u = NULL;
	unsigned which = 99;

	(void)state;
	env_init(&e);
	s = side_new(&e, "127.0.0.1", NULL);
	listen[0] = sock_addr("127.0.0.2");
	assert_true(udp_local(s->u, 0, &listen[1]));
	listen[2] = sock_addr("127.0.0.3");
	env_listen(&e, listen, 3);
	assert_int_equal(
	    udp_open(&u, e.loop, &e.priv, listen, 3, &s->h, &e.cnt, &which),
	    -EADDRINUSE);
	assert_int_equal(which, 1);
	assert_null(u);
	assert_int_equal(
	    udp_open(&u, e.loop, &e.priv, listen, 0, &s->h, &e.cnt, &which),
	    -EINVAL);
	side_free(s);
	env_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_before_handshakes),
		cmocka_unit_test(handshakes_are_rationed),
		cmocka_unit_test(data_leaves_room),
		cmocka_unit_test(load_is_noticed),
		cmocka_unit_test(answer_leaves_where_asked),
		cmocka_unit_test(several_addresses),
		cmocka_unit_test(thousand_arrive_in_order),
		cmocka_unit_test(runs_have_one_source),
		cmocka_unit_test(lengths),
		cmocka_unit_test(long_queue),
		cmocka_unit_test(drops_are_counted),
		cmocka_unit_test(lost_source_address),
		cmocka_unit_test(refusals_are_ignored),
		cmocka_unit_test(no_way_is_told),
		cmocka_unit_test(all_or_none),
	};

	log_init("test_udp", LOG_LV_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
