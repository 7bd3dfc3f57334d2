#include "io/port_dgram.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "tests/unit/port_peer.h"
#include "tests/unit/sock.h"

/* A UDP socket on the loopback, whose address goes to *ret. */
static int
udp_at(const char *text, struct addr *ret)
{
	struct addr a = sock_addr(text);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&a, false, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	*ret = sock_name(fd);
	return fd;
}

static void
udp_connect(int fd, const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, false, &ss);

	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
}

/* An address that nobody has at the moment. */
static struct addr
udp_free(const char *text)
{
	struct addr a;

	close(udp_at(text, &a));
	return a;
}

static struct peer *
udp_pair(struct fix *f, const char *ip)
{
	int fd;

	fix_init(f, PORT_UDP);
	fd = udp_at(ip, &f->conf.remote);
	f->conf.local = udp_free(ip);
	assert_int_equal(fix_open(f), 0);
	udp_connect(fd, &f->conf.local);
	return peer_new(fd, fd, false);
}

static void
udp_echo(void **state)
{
	static const char *const ip[] = { "127.0.0.1", "::1" };
	struct peer *pe;
	struct fix f;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pe = udp_pair(&f, ip[i]);
		fix_echo(&f, pe, 3000, 8, 65507);
		peer_free(pe);
		fix_fini(&f);
	}
}

/* Only what comes from the other side is taken. */
static void
udp_stranger(void **state)
{
	struct addr other;
	struct peer *pe;
	struct fix f;
	int fd;

	(void)state;
	pe = udp_pair(&f, "127.0.0.1");
	fd = udp_at("127.0.0.1", &other);
	udp_connect(fd, &f.conf.local);
	assert_int_equal(write(fd, "stranger", 8), 8);
	assert_true(peer_put(pe, 1, 100));
	assert_int_equal(write(fd, "stranger", 8), 8);
	fix_wait(&f, 1);
	fix_wait_count(&f, CNT_port_bad, 2);
	assert_int_equal(f.last_no, 1);
	assert_int_equal(send(pe->out, "", 0, 0), 0); /* no frame at all */
	fix_wait_count(&f, CNT_port_bad, 3);
	fix_echo(&f, pe, 20, 8, 1514);
	close(fd);
	peer_free(pe);
	fix_fini(&f);
}

/* Who speaks first has the place; until then frames have nowhere to go. */
static void
udp_learns(void **state)
{
	struct addr a, b;
	struct peer *pe;
	struct fix f;
	int fd, late;

	(void)state;
	fix_init(&f, PORT_UDP);
	f.conf.local = udp_free("127.0.0.1");
	assert_int_equal(fix_open(&f), 0);
	fix_give(&f, 0, 3, 60);
	assert_int_equal(fix_count(&f, CNT_port_drop), 3);
	f.e.cnt.v[CNT_port_drop] = 0;
	fd = udp_at("127.0.0.1", &a);
	late = udp_at("127.0.0.1", &b);
	udp_connect(fd, &f.conf.local);
	udp_connect(late, &f.conf.local);
	pe = peer_new(fd, fd, false);
	fix_echo(&f, pe, 50, 8, 1514);
	assert_int_equal(write(late, "late", 4), 4);
	fix_wait_count(&f, CNT_port_bad, 1);
	fix_echo(&f, pe, 50, 8, 1514);
	close(late);
	peer_free(pe);
	fix_fini(&f);
}

/* With remote alone the other side answers to where frames come from. */
static void
udp_remote_alone(void **state)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t buf[100];
	struct peer *pe;
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f, PORT_UDP);
	fd = udp_at("127.0.0.1", &f.conf.remote);
	assert_int_equal(fix_open(&f), 0);
	fix_give(&f, 3, 1, 60);
	assert_int_equal(
	    recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len),
	    60);
	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	pe = peer_new(fd, fd, false);
	fix_echo(&f, pe, 50, 8, 1514);
	peer_free(pe);
	fix_fini(&f);
}

/* Nobody there, back again, and frames that fit no datagram. */
static void
udp_comes_and_goes(void **state)
{
	struct peer *pe;
	struct fix f;
	int fd;

	(void)state;
	pe = udp_pair(&f, "127.0.0.1");
	fix_give(&f, 0, 1, 65508);
	fix_give(&f, 0, 1, 65507);
	assert_int_equal(fix_count(&f, CNT_port_drop), 1);
	peer_free(pe);
	fix_give(&f, 0, 64, 100);
	env_run(&f.e, 5);
	fix_give(&f, 0, 64, 100);
	env_run(&f.e, 5);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	{
		struct sockaddr_storage ss;
		socklen_t len = addr_to_sockaddr(&f.conf.remote, false, &ss);

		assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	}
	udp_connect(fd, &f.conf.local);
	pe = peer_new(fd, fd, false);
	f.e.cnt.v[CNT_port_drop] = 0;
	fix_echo(&f, pe, 50, 8, 1514);
	peer_free(pe);
	fix_fini(&f);
}

static void
udp_refuses(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f, PORT_UDP);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	f.conf.local = sock_addr("127.0.0.1:7000");
	f.conf.remote = sock_addr("[::1]:7000");
	assert_int_equal(fix_open(&f), -EAFNOSUPPORT);
	f.conf.remote = sock_addr("127.0.0.1:7000");
	fd = udp_at("127.0.0.1", &f.conf.local);
	assert_int_equal(fix_open(&f), -EADDRINUSE);
	assert_null(f.p);
	close(fd);
	fix_fini(&f);
}

static int
unix_peer_at(struct fix *f)
{
	int fd = unix_listen(f->path[1], SOCK_DGRAM, 0600);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	assert_true(fd >= 0);
	strcpy(sun.sun_path, f->path[0]);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
unix_start(struct fix *f)
{
	fix_init(f, PORT_UNIX_DGRAM);
	strcpy(f->conf.local_path, f->path[0]);
	strcpy(f->conf.remote_path, f->path[1]);
	assert_int_equal(fix_open(f), 0);
}

static void
unix_echo(void **state)
{
	struct peer *pe;
	struct stat st;
	struct fix f;
	int fd;

	(void)state;
	unix_start(&f);
	assert_int_equal(stat(f.path[0], &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	fix_give(&f, 0, 3, 100); /* nobody there yet */
	assert_int_equal(fix_count(&f, CNT_port_drop), 3);
	f.e.cnt.v[CNT_port_drop] = 0;
	fd = unix_peer_at(&f);
	pe = peer_new(fd, fd, false);
	fix_echo(&f, pe, 3000, 8, PORT_FRAME_MAX);
	peer_free(pe); /* gone, and back at the same place */
	fix_give(&f, 0, 3, 100);
	assert_int_equal(fix_count(&f, CNT_port_drop), 3);
	f.e.cnt.v[CNT_port_drop] = 0;
	fd = unix_peer_at(&f);
	pe = peer_new(fd, fd, false);
	fix_echo(&f, pe, 100, 8, PORT_FRAME_MAX);
	peer_free(pe);
	unlink(f.path[1]);
	fix_fini(&f);
}

static void
unix_bad_lengths(void **state)
{
	static uint8_t big[PORT_FRAME_MAX + 1];
	struct peer *pe;
	struct fix f;
	int fd;

	(void)state;
	unix_start(&f);
	fd = unix_peer_at(&f);
	pe = peer_new(fd, fd, false);
	assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big));
	assert_int_equal(send(fd, "", 0, 0), 0);
	assert_true(peer_put(pe, 4, PORT_FRAME_MAX));
	fix_wait(&f, 1);
	assert_int_equal(fix_count(&f, CNT_port_bad), 2);
	assert_int_equal(f.last_len, PORT_FRAME_MAX);
	peer_free(pe);
	unlink(f.path[1]);
	fix_fini(&f);
}

/* It reads nothing for a while: what it then gets is whole and in order. */
static void
unix_slow(void **state)
{
	unsigned i, no, next = 0;
	struct peer *pe;
	struct fix f;
	int fd;

	(void)state;
	unix_start(&f);
	fd = unix_peer_at(&f);
	pe = peer_new(fd, fd, false);
	for (i = 0; i < 100; i++)
		fix_give(&f, i * 64, 64, 1514);
	assert_true(fix_count(&f, CNT_port_drop) > 3000);
	assert_int_equal(
	    fix_count(&f, CNT_port_drop) + fix_count(&f, CNT_port_tx), 6400);
	while (peer_get(pe, &no) > 0)
		assert_int_equal(no, next++);
	assert_int_equal(next, fix_count(&f, CNT_port_tx));
	f.e.cnt.v[CNT_port_drop] = 0;
	fix_echo(&f, pe, 100, 8, PORT_FRAME_MAX);
	peer_free(pe);
	unlink(f.path[1]);
	fix_fini(&f);
}

static void
unix_refuses(void **state)
{
	struct fix f, g;

	(void)state;
	fix_init(&f, PORT_UNIX_DGRAM);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	strcpy(f.conf.local_path, f.path[0]);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	strcpy(f.conf.remote_path, f.path[1]);
	f.conf.local_path[0] = '\0';
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	strcpy(f.conf.local_path, f.path[0]);
	assert_int_equal(fix_open(&f), 0);
	fix_init(&g, PORT_UNIX_DGRAM); /* another one at the same place */
	g.conf = f.conf;
	assert_int_equal(fix_open(&g), -EADDRINUSE);
	fix_fini(&g);
	close(unix_listen(f.path[1], SOCK_DGRAM, 0600));
	f.p->ops->close(f.p);
	strcpy(f.conf.local_path, f.path[1]); /* left behind by a crash */
	assert_int_equal(fix_open(&f), 0);
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_echo),
		cmocka_unit_test(udp_stranger),
		cmocka_unit_test(udp_learns),
		cmocka_unit_test(udp_remote_alone),
		cmocka_unit_test(udp_comes_and_goes),
		cmocka_unit_test(udp_refuses),
		cmocka_unit_test(unix_echo),
		cmocka_unit_test(unix_bad_lengths),
		cmocka_unit_test(unix_slow),
		cmocka_unit_test(unix_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
