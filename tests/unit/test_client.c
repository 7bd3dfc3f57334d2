/* The client library against a real mesh socket, played by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "ntkd-shim/client.h"

#define MS(n) ((struct mono){ (uint64_t)(n)*MONO_MS })

struct fixture {
	char dir[32];
	char path[64];
	int listener, fd; /* -1: not there */
	struct client *c;
	struct mesh_rec rec; /* last record either side got */
	uint8_t buf[MESH_RECORD_MAX + 1];
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test_client.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/mesh.sock", f->dir);
	f->listener = f->fd = -1;
	f->c = client_new(f->path, "tester");
	*state = f;
	return 0;
}

static void
server_close(struct fixture *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->listener >= 0)
		close(f->listener);
	f->fd = f->listener = -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	server_close(f);
	client_free(f->c);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void
server_open(struct fixture *f)
{
	f->listener = unix_listen(f->path, SOCK_SEQPACKET, 0600);
	assert_true(f->listener >= 0);
}

static void
server_accept(struct fixture *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = accept(f->listener, NULL, NULL);
	assert_true(f->fd >= 0);
}

/* The record that the client sent, of the type. */
static void
server_got(struct fixture *f, uint8_t type)
{
	const char *field;
	ssize_t n = recv(f->fd, f->buf, sizeof(f->buf), MSG_DONTWAIT);

	assert_true(n > 0);
	assert_int_equal(
	    mesh_parse(f->buf, (size_t)n, &f->rec, &field), MESH_OK);
	assert_int_equal(f->rec.type, type);
}

static void
server_send(struct fixture *f, const struct mesh_rec *rec)
{
	uint8_t out[512];
	struct wr w = wr_of(out, sizeof(out));

	assert_true(mesh_write(&w, rec));
	assert_int_equal(send(f->fd, out, w.len, MSG_NOSIGNAL), (ssize_t)w.len);
}

static void
server_hello(struct fixture *f, uint32_t body_max)
{
	struct mesh_rec rec = { .type = MESH_HELLO };

	rec.u.hello.min = rec.u.hello.max = MESH_VERSION;
	memset(rec.u.hello.key, 7, sizeof(rec.u.hello.key));
	rec.u.hello.body_max = body_max;
	rec.u.hello.rate = 50;
	rec.u.hello.burst = 100;
	strcpy(rec.u.hello.network, "net");
	server_send(f, &rec);
}

static enum client_event
step(struct fixture *f, unsigned now_ms)
{
	return client_step(f->c, MS(now_ms), &f->rec);
}

/* Connected and greeted at now_ms. */
static void
come_up(struct fixture *f, unsigned now_ms)
{
	assert_int_equal(step(f, now_ms), CLIENT_NOTHING);
	server_accept(f);
	server_got(f, MESH_HELLO);
	server_hello(f, MESH_BODY_MAX);
	assert_int_equal(step(f, now_ms), CLIENT_UP);
}

static void
test_hello(void **state)
{
	struct fixture *f = *state;

	server_open(f);
	assert_int_equal(client_fd(f->c), -1);
	assert_false(client_is_up(f->c));
	assert_int_equal(step(f, 0), CLIENT_NOTHING);
	assert_true(client_fd(f->c) >= 0);
	assert_int_equal(client_poll_ms(f->c, MS(1000)), 4000);
	assert_int_equal(
	    client_send(f->c, NULL, 0, (const uint8_t *)"x", 1), -ENOTCONN);
	server_accept(f);
	server_got(f, MESH_HELLO);
	assert_int_equal(f->rec.u.hello.min, 1);
	assert_int_equal(f->rec.u.hello.max, 1);
	assert_int_equal(f->rec.u.hello.body_max, MESH_BODY_MAX);
	assert_int_equal(f->rec.u.hello.rate, 0);
	assert_string_equal(f->rec.u.hello.name, "tester");
	server_hello(f, 1000);
	assert_int_equal(step(f, 1), CLIENT_UP);
	assert_int_equal(f->rec.u.hello.rate, 50);
	assert_true(client_is_up(f->c));
	assert_int_equal(client_poll_ms(f->c, MS(1)), -1);
	assert_int_equal(client_hello(f->c)->burst, 100);
	assert_string_equal(client_hello(f->c)->network, "net");
	assert_string_equal(client_why(f->c), "");
	assert_int_equal(step(f, 2), CLIENT_NOTHING);
}

static void
test_largest_both_ways(void **state)
{
	struct fixture *f = *state;
	uint8_t *body = xmalloc(MESH_BODY_MAX + 1);
	uint8_t key[MESH_KEY_MAX + 1];
	size_t i, n;

	for (i = 0; i <= MESH_BODY_MAX; i++)
		body[i] = (uint8_t)(i * 31 + i / 256);
	memset(key, 0xa5, sizeof(key));
	server_open(f);
	come_up(f, 0);
	assert_int_equal(
	    client_send(f->c, key, MESH_KEY_MAX, body, MESH_BODY_MAX), 0);
	server_got(f, MESH_PKT);
	assert_int_equal(f->rec.u.pkt.provenance, MESH_INTERNAL);
	assert_int_equal(f->rec.u.pkt.peer, 0);
	assert_int_equal(f->rec.u.pkt.key_len, MESH_KEY_MAX);
	assert_memory_equal(f->rec.u.pkt.key, key, MESH_KEY_MAX);
	assert_int_equal(f->rec.u.pkt.len, MESH_BODY_MAX);
	assert_memory_equal(f->rec.u.pkt.body, body, MESH_BODY_MAX);
	n = mesh_pkt_head_len(MESH_KEY_MAX) + MESH_BODY_MAX;
	assert_int_equal(send(f->fd, f->buf, n, MSG_NOSIGNAL), (ssize_t)n);
	assert_int_equal(step(f, 1), CLIENT_RECORD);
	assert_int_equal(f->rec.type, MESH_PKT);
	assert_int_equal(f->rec.u.pkt.len, MESH_BODY_MAX);
	assert_memory_equal(f->rec.u.pkt.body, body, MESH_BODY_MAX);
	/* no key at all, and the limits */
	assert_int_equal(client_send(f->c, NULL, 0, body, 1), 0);
	server_got(f, MESH_PKT);
	assert_int_equal(f->rec.u.pkt.key_len, 0);
	assert_int_equal(f->rec.u.pkt.len, 1);
	assert_int_equal(
	    client_send(f->c, key, MESH_KEY_MAX + 1, body, 1), -EINVAL);
	assert_int_equal(client_send(f->c, NULL, 0, body, 0), -EINVAL);
	assert_int_equal(
	    client_send(f->c, NULL, 0, body, MESH_BODY_MAX + 1), -EMSGSIZE);
	free(body);
}

static void
test_body_max_of_vplamad(void **state)
{
	struct fixture *f = *state;
	uint8_t body[1001] = { 0 };

	server_open(f);
	assert_int_equal(step(f, 0), CLIENT_NOTHING);
	server_accept(f);
	server_hello(f, 1000);
	assert_int_equal(step(f, 0), CLIENT_UP);
	assert_int_equal(client_send(f->c, NULL, 0, body, 1000), 0);
	assert_int_equal(client_send(f->c, NULL, 0, body, 1001), -EMSGSIZE);
}

static void
test_records(void **state)
{
	struct fixture *f = *state;
	static const uint8_t unknown[] = { MESH_VERSION, 77, 0, 0, 1, 2, 3 };
	struct mesh_rec up = { .type = MESH_PEER_UP };
	struct mesh_rec ping = { .type = MESH_PING };
	struct mesh_rec down = { .type = MESH_PEER_DOWN };
	unsigned i;

	up.u.up.peer = 3;
	strcpy(up.u.up.name, "b1");
	ping.u.ping.token = 0xfeedbeef;
	down.u.down.peer = 3;
	down.u.down.why = MESH_DOWN_DEAD;
	server_open(f);
	come_up(f, 0);
	assert_true(send(f->fd, unknown, sizeof(unknown), 0) > 0);
	server_send(f, &ping);
	server_send(f, &up);
	server_send(f, &down);
	assert_int_equal(step(f, 1), CLIENT_RECORD);
	assert_int_equal(f->rec.type, MESH_PEER_UP);
	assert_int_equal(f->rec.u.up.peer, 3);
	assert_string_equal(f->rec.u.up.name, "b1");
	assert_int_equal(step(f, 1), CLIENT_RECORD);
	assert_int_equal(f->rec.type, MESH_PEER_DOWN);
	assert_int_equal(step(f, 1), CLIENT_NOTHING);
	server_got(f, MESH_PONG);
	assert_int_equal(f->rec.u.ping.token, 0xfeedbeef);
	for (i = 0; i < 5; i++) {
		ping.u.ping.token = i;
		server_send(f, &ping);
		assert_int_equal(step(f, 2), CLIENT_NOTHING);
		server_got(f, MESH_PONG);
		assert_int_equal(f->rec.u.ping.token, i);
	}
}

/* 10.79.0.0/16 of ntkd's class 10. */
static const struct claim c79 = { 2, 0, { 0, 0, 79, 10 } },
			  c80 = { 2, 0, { 0, 0, 80, 10 } };

/* The record that came is this one: as bytes, since structs have gaps. */
static void
same_record(const struct fixture *f, const struct mesh_rec *want)
{
	uint8_t a[MESH_SMALL_MAX], b[MESH_SMALL_MAX];
	struct wr wa = wr_of(a, sizeof(a)), wb = wr_of(b, sizeof(b));

	assert_true(mesh_write(&wa, &f->rec) && mesh_write(&wb, want));
	assert_int_equal(wa.len, wb.len);
	assert_memory_equal(a, b, wa.len);
}

static void
test_tells_its_place(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec rec = { .type = MESH_NETDESC,
		.u.netdesc = { .topo = topology_ntk(NETDESC_10),
		    .gid = { 42, 228, 79, 10 },
		    .nodes = 3,
		    .flags = NETDESC_MOVABLE,
		    .n_claims = 1,
		    .claim = { c79 } } };
	struct netdesc *d = &rec.u.netdesc;
	char why[MESH_TEXT_MAX + 20];

	server_open(f);
	assert_int_equal(client_netdesc(f->c, d), -ENOTCONN);
	assert_int_equal(client_rehook_done(f->c, 1), -ENOTCONN);
	assert_int_equal(client_rehook_failed(f->c, 1, "no"), -ENOTCONN);
	come_up(f, 0);
	assert_int_equal(client_netdesc(f->c, d), 0);
	server_got(f, MESH_NETDESC);
	same_record(f, &rec);
	d->nodes = 0;
	assert_int_equal(client_netdesc(f->c, d), -EINVAL);
	assert_int_equal(client_rehook_done(f->c, 7), 0);
	server_got(f, MESH_REHOOK_DONE); /* and nothing before it */
	assert_int_equal(f->rec.u.done.id, 7);
	memset(why, 'w', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	assert_int_equal(client_rehook_failed(f->c, 8, why), 0);
	server_got(f, MESH_REHOOK_FAILED);
	assert_int_equal(f->rec.u.failed.id, 8);
	assert_int_equal(strlen(f->rec.u.failed.why), MESH_TEXT_MAX);
}

static void
test_is_told_to_move(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec re = { .type = MESH_REHOOK,
		.u.rehook = { 7, 301, topology_ntk(NETDESC_10), c79, c80 } };
	struct mesh_rec ro = { .type = MESH_ROUTE,
		.u.route = { .peer = 5, .n_claims = 1, .claim = { c80 } } };
	struct mesh_rec done = { .type = MESH_REHOOK_DONE };

	ro.u.route.topo = re.u.rehook.topo;
	server_open(f);
	come_up(f, 0);
	server_send(f, &re);
	server_send(f, &ro);
	assert_int_equal(step(f, 1), CLIENT_RECORD);
	assert_int_equal(f->rec.type, MESH_REHOOK);
	same_record(f, &re);
	assert_int_equal(step(f, 1), CLIENT_RECORD);
	assert_int_equal(f->rec.type, MESH_ROUTE);
	same_record(f, &ro);
	assert_int_equal(step(f, 1), CLIENT_NOTHING);
	server_send(f, &done); /* which only we send */
	assert_int_equal(step(f, 1), CLIENT_DOWN);
	assert_string_equal(client_why(f->c), "REHOOK_DONE out of order");
}

/* vplamad that does not read: -EAGAIN, nothing lost, and PONG comes later. */
static void
test_slow_vplamad(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec ping = { .type = MESH_PING };
	uint8_t body[4] = { 0 };
	unsigned sent, i;
	int rc = 0;

	ping.u.ping.token = 42;
	server_open(f);
	come_up(f, 0);
	for (sent = 0; rc == 0 && sent < 100000; sent += rc == 0) {
		body[0] = (uint8_t)sent;
		rc = client_send(f->c, NULL, 0, body, sizeof(body));
	}
	assert_int_equal(rc, -EAGAIN);
	server_send(f, &ping);
	assert_int_equal(step(f, 1), CLIENT_NOTHING);
	assert_int_equal(client_events(f->c), POLLIN | POLLOUT);
	for (i = 0; i < sent; i++) {
		server_got(f, MESH_PKT);
		assert_int_equal(f->rec.u.pkt.body[0], (uint8_t)i);
	}
	assert_int_equal(step(f, 2), CLIENT_NOTHING);
	server_got(f, MESH_PONG);
	assert_int_equal(f->rec.u.ping.token, 42);
	assert_int_equal(client_events(f->c), POLLIN);
	assert_true(client_is_up(f->c));
}

/* 0.2 s doubling to 5 s while nobody is there. */
static void
test_backoff(void **state)
{
	static const unsigned wait_ms[] = { 200, 400, 800, 1600, 3200, 5000,
		5000 };
	struct fixture *f = *state;
	unsigned now = 0;
	size_t i;

	for (i = 0; i < sizeof(wait_ms) / sizeof(wait_ms[0]); i++) {
		assert_int_equal(client_poll_ms(f->c, MS(now)), 0);
		assert_int_equal(step(f, now), CLIENT_NOTHING);
		assert_int_equal(
		    client_poll_ms(f->c, MS(now)), (int)wait_ms[i]);
		assert_int_equal(step(f, now + wait_ms[i] - 1), CLIENT_NOTHING);
		assert_int_equal(
		    client_poll_ms(f->c, MS(now + wait_ms[i] - 1)), 1);
		now += wait_ms[i];
	}
	assert_non_null(strstr(client_why(f->c), f->path));
	server_open(f);
	come_up(f, now);
	server_close(f);
	assert_int_equal(step(f, now), CLIENT_DOWN);
	assert_int_equal(client_poll_ms(f->c, MS(now)), 200); /* afresh */
}

static void
test_goes_and_returns(void **state)
{
	struct fixture *f = *state;
	unsigned i, now = 0;

	for (i = 0; i < 3; i++) {
		server_open(f);
		come_up(f, now);
		server_close(f);
		assert_int_equal(step(f, now), CLIENT_DOWN);
		assert_false(client_is_up(f->c));
		assert_int_equal(client_fd(f->c), -1);
		assert_string_equal(
		    client_why(f->c), "connection lost: closed by vplamad");
		assert_int_equal(step(f, now), CLIENT_NOTHING);
		now += 200;
	}
}

static void
test_refused(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec ref = { .type = MESH_REFUSED };
	bool read_first;

	ref.u.refused.code = MESH_REF_BUSY;
	strcpy(ref.u.refused.why, "another mesh daemon is connected");
	server_open(f);
	for (read_first = false;; read_first = true) {
		unsigned now = read_first ? 10000 : 0;

		assert_int_equal(step(f, now), CLIENT_NOTHING);
		server_accept(f);
		if (read_first)
			server_got(f, MESH_HELLO);
		server_send(f, &ref);
		close(f->fd); /* with our HELLO unread, or not */
		f->fd = -1;
		assert_int_equal(step(f, now), CLIENT_DOWN);
		assert_string_equal(client_why(f->c),
		    "vplamad refused (1): another mesh daemon is connected");
		if (read_first)
			break;
	}
}

static void
test_silent_vplamad(void **state)
{
	struct fixture *f = *state;

	server_open(f);
	assert_int_equal(step(f, 0), CLIENT_NOTHING);
	assert_int_equal(step(f, 4999), CLIENT_NOTHING);
	assert_int_equal(step(f, 5000), CLIENT_DOWN);
	assert_string_equal(client_why(f->c), "no HELLO from vplamad");
}

static void
expect_down(struct fixture *f, const void *p, size_t len, const char *why)
{
	unsigned now = 0;

	client_free(f->c);
	f->c = client_new(f->path, "tester");
	come_up(f, now);
	assert_int_equal(send(f->fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
	assert_int_equal(step(f, now), CLIENT_DOWN);
	assert_string_equal(client_why(f->c), why);
}

static void
test_bad_records(void **state)
{
	static const uint8_t version[] = { 9, MESH_PING, 0, 0, 0, 0, 0, 0 };
	static const uint8_t ping[] = { 1, MESH_PING, 0, 0, 0, 0, 0, 0 };
	static const uint8_t why[] = { 1, MESH_PEER_DOWN, 0, 0, 0, 0, 0, 1, 9,
		0, 0, 0 };
	struct fixture *f = *state;
	size_t n = mesh_pkt_head_len(0) + MESH_BODY_MAX + 1;
	uint8_t *large = xcalloc(1, n);
	struct mesh_pkt pkt = { .key = large };

	server_open(f);
	expect_down(
	    f, version, sizeof(version), "bad record from vplamad: version");
	expect_down(f, ping, 7, "bad record from vplamad: PING.token");
	expect_down(
	    f, why, sizeof(why), "bad record from vplamad: PEER_DOWN.why");
	mesh_pkt_head(large, &pkt);
	expect_down(f, large, n, "bad record from vplamad: PKT.body");
	free(large);
}

/* Anything but HELLO first, HELLO twice, a version we did not offer. */
static void
test_out_of_order(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec rec = { .type = MESH_PING };

	server_open(f);
	assert_int_equal(step(f, 0), CLIENT_NOTHING);
	server_accept(f);
	server_send(f, &rec);
	assert_int_equal(step(f, 0), CLIENT_DOWN);
	assert_string_equal(client_why(f->c), "PING out of order");
	come_up(f, 1000);
	server_hello(f, 1);
	assert_int_equal(step(f, 1000), CLIENT_DOWN);
	assert_string_equal(client_why(f->c), "HELLO out of order");
	assert_int_equal(step(f, 2000), CLIENT_NOTHING);
	server_accept(f);
	rec = (struct mesh_rec){ .type = MESH_HELLO };
	rec.u.hello.min = rec.u.hello.max = 2;
	rec.u.hello.body_max = 1;
	server_send(f, &rec);
	assert_int_equal(step(f, 2000), CLIENT_DOWN);
	assert_string_equal(
	    client_why(f->c), "vplamad chose version 2 of the mesh socket");
}

static uint64_t
waited_ms(struct mono from)
{
	return mono_since(from, clock_mono()) / MONO_MS;
}

static void
test_wait(void **state)
{
	struct fixture *f = *state;
	struct mesh_rec up = { .type = MESH_PEER_UP };
	struct mono start = clock_mono();

	assert_int_equal(client_wait(f->c, 50, &f->rec), CLIENT_NOTHING);
	assert_in_range(waited_ms(start), 50, 5000);
	server_open(f);
	/* the next attempt comes by itself, within the wait */
	assert_int_equal(client_wait(f->c, 400, &f->rec), CLIENT_NOTHING);
	server_accept(f);
	server_got(f, MESH_HELLO);
	server_hello(f, 10);
	start = clock_mono();
	assert_int_equal(client_wait(f->c, 5000, &f->rec), CLIENT_UP);
	server_send(f, &up);
	assert_int_equal(client_wait(f->c, -1, &f->rec), CLIENT_RECORD);
	assert_in_range(waited_ms(start), 0, 4000);
	server_close(f);
	assert_int_equal(client_wait(f->c, -1, &f->rec), CLIENT_DOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello),
		TEST(test_largest_both_ways),
		TEST(test_body_max_of_vplamad),
		TEST(test_records),
		TEST(test_tells_its_place),
		TEST(test_is_told_to_move),
		TEST(test_slow_vplamad),
		TEST(test_backoff),
		TEST(test_goes_and_returns),
		TEST(test_refused),
		TEST(test_silent_vplamad),
		TEST(test_bad_records),
		TEST(test_out_of_order),
		TEST(test_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
