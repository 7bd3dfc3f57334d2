#include "priv/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/prefix.h"
#include "priv/monitor.h"
#include "priv/tun.h"
#include "tests/unit/sock.h"

struct fix {
	char dir[64], path[96];
	struct monitor m;
	struct priv pv;
};

static void
fix_init(struct fix *f)
{
	strcpy(f->dir, "/tmp/vplama-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	f->m = (struct monitor){ .path[PRIV_PATH_MESH] = f->path };
	f->pv = (struct priv){ monitor_call, &f->m };
}

static void
fix_fini(struct fix *f)
{
	assert_int_equal(rmdir(f->dir), 0); /* nothing was left in it */
}

static void
pair_on(const char *where)
{
	struct monitor m = { .listen = { sock_addr(where) }, .n_listen = 1 };
	struct priv pv = { monitor_call, &m };
	int hs = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 1 << 16);
	int data, other;

	assert_true(hs >= 0);
	m.listen[0] = sock_name(hs);
	assert_int_not_equal(m.listen[0].port, 0);
	assert_true(fcntl(hs, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(hs, F_GETFD) & FD_CLOEXEC);
	data = priv_udp_bind(&pv, 0, PRIV_UDP_DATA, 0);
	assert_true(data >= 0);
	assert_int_equal(sock_name(data).port, m.listen[0].port);
	/* one leave, one socket */
	other = priv_udp_bind(&pv, 0, PRIV_UDP_DATA, 0);
	assert_int_equal(other, -EINVAL);
	/* another daemon, though of the same user, is told */
	other = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0);
	assert_int_equal(other, -EADDRINUSE);
	close(hs);
	close(data);
}

static void
udp_pairs(void **state)
{
	(void)state;
	pair_on("127.0.0.1");
	pair_on("0.0.0.0");
	pair_on("::1");
	pair_on("::");
}

static void
udp_both_families_on_one_port(void **state)
{
	struct monitor m = { .listen = { sock_addr("::"),
				 sock_addr("0.0.0.0") },
		.n_listen = 2 };
	struct priv pv = { monitor_call, &m };
	int v6 = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0), v4;

	(void)state;
	assert_true(v6 >= 0);
	m.listen[1].port = sock_name(v6).port;
	v4 = priv_udp_bind(&pv, 1, PRIV_UDP_HANDSHAKE, 0);
	assert_true(v4 >= 0);
	close(v4);
	close(v6);
}

static void
udp_foreign_address(void **state)
{
	struct monitor m = { .listen = { sock_addr("203.0.113.1") },
		.n_listen = 1 };
	struct priv pv = { monitor_call, &m };

	(void)state;
	assert_int_equal(
	    priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0), -EADDRNOTAVAIL);
}

/* A data socket without its handshake socket would take another's packets. */
static void
udp_only_where_it_may(void **state)
{
	struct monitor m = { .listen = { sock_addr("127.0.0.1"),
				 sock_addr("127.0.0.1:7469") },
		.n_listen = 2 };
	struct priv pv = { monitor_call, &m };
	int hs;

	(void)state;
	assert_int_equal(priv_udp_bind(&pv, 0, PRIV_UDP_DATA, 0), -EINVAL);
	assert_int_equal(priv_udp_bind(&pv, 1, PRIV_UDP_DATA, 0), -EINVAL);
	assert_int_equal(priv_udp_bind(&pv, 2, PRIV_UDP_HANDSHAKE, 0), -ENOENT);
	assert_int_equal(
	    priv_udp_bind(&pv, MONITOR_LISTEN, PRIV_UDP_HANDSHAKE, 0), -ENOENT);
	assert_int_equal(
	    priv_udp_bind(&pv, UINT32_MAX, PRIV_UDP_DATA, 0), -ENOENT);
	hs = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0);
	assert_true(hs >= 0);
	assert_int_equal(priv_udp_bind(&pv, 1, PRIV_UDP_DATA, 0), -EINVAL);
	close(hs);
}

static void
unix_listen_and_unlink(void **state)
{
	struct fix f;
	struct stat st;
	int fd, c, type = 0;
	socklen_t len = sizeof(type);

	(void)state;
	fix_init(&f);
	fd = priv_unix_listen(&f.pv, PRIV_PATH_MESH, PRIV_UNIX_SEQPACKET, 0660);
	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(type, SOCK_SEQPACKET);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	c = unix_connect(f.path, SOCK_SEQPACKET);
	assert_true(c >= 0);
	close(c);
	close(fd);
	assert_int_equal(priv_unix_unlink(&f.pv, PRIV_PATH_MESH), 0);
	assert_int_equal(stat(f.path, &st), -1);
	assert_int_equal(priv_unix_unlink(&f.pv, PRIV_PATH_MESH), 0);
	fix_fini(&f);
}

/* The monitor has no path of that number: nothing is made anywhere. */
static void
unix_path_not_set(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(
	    priv_unix_listen(&f.pv, PRIV_PATH_CONTROL, PRIV_UNIX_STREAM, 0660),
	    -ENOENT);
	assert_int_equal(priv_unix_unlink(&f.pv, PRIV_PATH_CONTROL), -ENOENT);
	fix_fini(&f);
}

static void
refused(struct fix *f, struct priv_req req)
{
	struct priv_reply rep = { 0 };

	monitor_call(&f->m, &req, &rep);
	assert_int_equal(rep.rc, -EINVAL);
	assert_int_equal(rep.fd, -1);
}

/* What a device per peer may not be called. */
static void
bad_units(struct fix *f)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "a b", "%d",
		"a\n", "\xc3\xa4", "-:" };
	struct priv_req req = { .op = PRIV_TUN_OPEN };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(req.unit, bad[i]);
		refused(f, req);
	}
	memset(req.unit, 'x', sizeof(req.unit)); /* has no end */
	refused(f, req);
}

static void
tun_out_of_range(void **state)
{
	const struct priv_req req = { .op = PRIV_TUN_OPEN };
	struct priv_req bad;
	uint32_t got = 5;
	struct fix f;

	(void)state;
	fix_init(&f);
	bad = req;
	bad.dev = MONITOR_DEVS;
	refused(&f, bad);
	bad.dev = UINT32_MAX;
	refused(&f, bad);
	bad = req;
	bad.offload = 1 << 3;
	refused(&f, bad);
	/* a device that is none of its settings */
	assert_int_equal(priv_tun_open(&f.pv, 0, "", 0, &got), -ENOENT);
	f.m.dev[0].used = true;
	refused(&f, req); /* without a name */
	strcpy(f.m.dev[0].name, "vt%d");
	refused(&f, req); /* the kernel would choose */
	memset(f.m.dev[0].name, 'x', MONITOR_NAME);
	refused(&f, req);
	strcpy(f.m.dev[0].name, "vt");
	bad = req;
	strcpy(bad.unit, "a");
	refused(&f, bad); /* one device and no more */
	f.m.dev[0].per_peer = true;
	bad_units(&f);
	assert_int_equal(priv_tun_open(&f.pv, 0, "1234567890123456", 0, &got),
	    -ENAMETOOLONG);
	assert_int_equal(got, 5);
	fix_fini(&f);
}

static void
route_out_of_range(void **state)
{
	const struct prefix p = { PREFIX_IPV4, 8, { 10 } };
	struct priv_req req = { .op = PRIV_ROUTE_ADD,
		.family = PREFIX_IPV4,
		.bits = 8,
		.dst = { 10 } };
	struct priv_req bad;
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(priv_route_add(&f.pv, "", &p), -ENOENT);
	assert_int_equal(priv_route_del(&f.pv, &p), -ENOENT);
	assert_int_equal(priv_route_flush(&f.pv), -ENOENT);
	f.m.has_routes = true;
	f.m.dev[0].used = true;
	for (; req.op <= PRIV_ROUTE_DEL; req.op++) {
		bad = req;
		bad.family = PREFIX_MAC;
		refused(&f, bad);
		bad.family = 256; /* cut short it would be IPv4 */
		refused(&f, bad);
		bad = req;
		bad.bits = 33;
		refused(&f, bad);
		bad.bits = 256 + 8;
		refused(&f, bad);
		bad = req;
		bad.dst[1] = 1;
		refused(&f, bad);
	}
	req.op = PRIV_ROUTE_ADD;
	refused(&f, req); /* the device has no name */
	strcpy(f.m.dev[0].name, "vplama-none");
	assert_int_equal(priv_route_add(&f.pv, "", &p), -ENODEV);
	assert_int_equal(priv_route_add(&f.pv, "a", &p), -EINVAL);
	f.m.dev[0].per_peer = true;
	assert_int_equal(priv_route_add(&f.pv, "", &p), -EINVAL);
	assert_int_equal(priv_route_add(&f.pv, "abcde", &p), -ENAMETOOLONG);
	assert_int_equal(
	    priv_route_add(&f.pv, "1234567890123456", &p), -ENAMETOOLONG);
	memset(req.unit, 'x', sizeof(req.unit)); /* has no end */
	refused(&f, req);
	fix_fini(&f);
}

static void
mesh_out_of_range(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	assert_int_equal(priv_mesh_bind(&f.pv, 0), -ENOENT);
	strcpy(f.m.mesh[0], "vplama-none");
	f.m.n_mesh = 1;
	assert_int_equal(priv_mesh_bind(&f.pv, 0), -ENODEV);
	for (i = 1; i != 0; i *= 2)
		assert_int_equal(priv_mesh_bind(&f.pv, i), -ENOENT);
	fix_fini(&f);
}

static void
out_of_range(void **state)
{
	static const uint32_t bad_op[] = { 0, 9, 10, 255, UINT32_MAX };
	static const uint32_t modes[] = { 0001, 0662, 01660, 04770, 0777 };
	const struct priv_req udp = { .op = PRIV_UDP_BIND };
	const struct priv_req un = { .op = PRIV_UNIX_LISTEN, .mode = 0660 };
	struct priv_req req;
	struct fix f;
	size_t i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < sizeof(bad_op) / sizeof(bad_op[0]); i++)
		refused(&f, (struct priv_req){ .op = bad_op[i] });
	for (i = 0; i < 3; i++) {
		const uint32_t v = i == 2 ? UINT32_MAX : 2 + (uint32_t)i;

		req = udp;
		req.udp_kind = v;
		refused(&f, req);
		req = un;
		req.path = v;
		refused(&f, req);
		req = un;
		req.unix_type = v;
		refused(&f, req);
		req = (struct priv_req){ .op = PRIV_UNIX_UNLINK, .path = v };
		refused(&f, req);
	}
	req = udp;
	req.rcvbuf = PRIV_RCVBUF_MAX + 1;
	refused(&f, req);
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		req = un;
		req.mode = modes[i];
		refused(&f, req);
	}
	fix_fini(&f);
}

struct seen {
	unsigned calls;
	struct priv_req req;
	struct priv_reply rep;
};

static void
fake_call(void *arg, const struct priv_req *req, struct priv_reply *ret)
{
	struct seen *s = arg;

	s->calls++;
	s->req = *req;
	*ret = s->rep;
}

/* Callers see nothing but the transport: it may lead anywhere. */
static void
any_transport(void **state)
{
	struct seen s = { .rep = { .rc = 0, .fd = 77 } };
	struct priv pv = { fake_call, &s };
	uint32_t got = 0;

	(void)state;
	assert_int_equal(priv_udp_bind(&pv, 6, PRIV_UDP_DATA, 4096), 77);
	assert_int_equal(s.req.op, PRIV_UDP_BIND);
	assert_int_equal(s.req.udp_kind, PRIV_UDP_DATA);
	assert_int_equal(s.req.rcvbuf, 4096);
	assert_int_equal(s.req.listen, 6);
	s.rep = (struct priv_reply){ .rc = -EPERM, .fd = -1 };
	assert_int_equal(
	    priv_unix_listen(&pv, PRIV_PATH_CONTROL, PRIV_UNIX_STREAM, 0600),
	    -EPERM);
	assert_int_equal(s.req.path, PRIV_PATH_CONTROL);
	assert_int_equal(s.req.mode, 0600);
	s.rep = (struct priv_reply){ .rc = 0, .fd = -1 };
	assert_int_equal(priv_unix_unlink(&pv, PRIV_PATH_MESH), 0);
	s.rep = (struct priv_reply){ .fd = 9, .offload = PRIV_TUN_VNET };
	assert_int_equal(priv_tun_open(&pv, 2, "7", 7, &got), 9);
	assert_int_equal(got, PRIV_TUN_VNET);
	assert_int_equal(s.req.dev, 2);
	assert_string_equal(s.req.unit, "7");
	assert_int_equal(s.req.offload, 7);
	assert_int_equal(s.calls, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_pairs),
		cmocka_unit_test(udp_both_families_on_one_port),
		cmocka_unit_test(udp_foreign_address),
		cmocka_unit_test(udp_only_where_it_may),
		cmocka_unit_test(unix_listen_and_unlink),
		cmocka_unit_test(unix_path_not_set),
		cmocka_unit_test(route_out_of_range),
		cmocka_unit_test(mesh_out_of_range),
		cmocka_unit_test(out_of_range),
		cmocka_unit_test(tun_out_of_range),
		cmocka_unit_test(any_transport),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
