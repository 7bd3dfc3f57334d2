#include "io/port_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "tests/unit/port_peer.h"
#include "tests/unit/sock.h"

static const enum port_kind kinds[] = { PORT_TCP, PORT_UNIX_STREAM,
	PORT_UNIX_SEQPACKET };
#define N_KINDS 3

static int
type_of(const struct fix *f)
{
	return f->conf.kind == PORT_UNIX_SEQPACKET ? SOCK_SEQPACKET
						   : SOCK_STREAM;
}

static struct peer *
peer_at(const struct fix *f, int fd)
{
	return peer_new(fd, fd, f->conf.kind != PORT_UNIX_SEQPACKET);
}

/* A TCP socket bound to the loopback; *a is its address, port 0: any. */
static int
tcp_at(struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, false, &ss);
	int on = 1, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	*a = sock_name(fd);
	return fd;
}

/* The port listens. */
static void
start_listening(struct fix *f, enum port_kind kind)
{
	fix_init(f, kind);
	if (kind == PORT_TCP) {
		f->conf.local = sock_addr("127.0.0.1");
		close(tcp_at(&f->conf.local));
	} else {
		strcpy(f->conf.local_path, f->path[0]);
	}
	assert_int_equal(fix_open(f), 0);
}

static struct peer *
dial(const struct fix *f)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&f->conf.local, false, &ss);
	int fd;

	if (f->conf.kind != PORT_TCP)
		return peer_at(f, unix_connect(f->path[0], type_of(f)));
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	return peer_at(f, fd);
}

/* The other side listens, where the port will look for it. */
static int
remote_listen(struct fix *f)
{
	int fd;

	if (f->conf.kind == PORT_TCP) {
		fd = tcp_at(&f->conf.remote);
		assert_int_equal(listen(fd, 5), 0);
		assert_int_equal(fd_nonblock(fd), 0);
	} else {
		fd = unix_listen(f->path[1], type_of(f), 0600);
	}
	assert_true(fd >= 0);
	return fd;
}

static void
start_dialing(struct fix *f, enum port_kind kind)
{
	fix_init(f, kind);
	if (kind == PORT_TCP) {
		f->conf.remote = sock_addr("127.0.0.1");
		close(tcp_at(&f->conf.remote));
	} else {
		strcpy(f->conf.remote_path, f->path[1]);
	}
}

static struct peer *
remote_accept(struct fix *f, int listener)
{
	unsigned ms;
	int fd = -1;

	for (ms = 0; ms < ENV_LIMIT_MS && fd < 0; ms += 5) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			env_run(&f->e, 5);
	}
	env_run(&f->e, 5);
	return peer_at(f, fd);
}

static void
listening_echo(void **state)
{
	struct peer *pe;
	struct fix f;
	unsigned i;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		start_listening(&f, kinds[i]);
		pe = dial(&f);
		fix_echo(&f, pe, 4000, 32, PORT_FRAME_MAX);
		peer_free(pe); /* goes away and returns */
		pe = dial(&f);
		fix_echo(&f, pe, 100, 32, PORT_FRAME_MAX);
		assert_int_equal(fix_count(&f, CNT_port_bad), 0);
		assert_true(f.max_turn <= RUN_MAX);
		peer_free(pe);
		fix_fini(&f);
	}
}

/* Nobody is there at first; later the connection breaks. */
static void
dialing_echo(void **state)
{
	struct peer *pe;
	struct fix f;
	unsigned i;
	int fd;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		start_dialing(&f, kinds[i]);
		assert_int_equal(fix_open(&f), 0);
		env_run(&f.e, 20);
		fix_give(&f, 0, 5, 100);
		assert_int_equal(fix_count(&f, CNT_port_drop), 5);
		f.e.cnt.v[CNT_port_drop] = 0;
		fd = remote_listen(&f);
		pe = remote_accept(&f, fd);
		fix_echo(&f, pe, 500, 32, PORT_FRAME_MAX);
		peer_free(pe);
		pe = remote_accept(&f, fd);
		fix_echo(&f, pe, 100, 32, PORT_FRAME_MAX);
		f.p->ops->close(f.p);
		assert_int_equal(peer_get(pe, &f.want), -1);
		f.p = NULL;
		peer_free(pe);
		close(fd);
		unlink(f.path[1]);
		fix_fini(&f);
	}
}

/* The waits grow: 1, then 2 s; so not more than three attempts in 2.5 s. */
static void
dials_with_patience(void **state)
{
	unsigned turns;
	struct fix f;

	(void)state;
	start_dialing(&f, PORT_UNIX_STREAM);
	assert_int_equal(fix_open(&f), 0);
	env_run(&f.e, 900);
	assert_true(f.e.turns <= 3);
	turns = f.e.turns;
	env_run(&f.e, 1600);
	assert_in_range(f.e.turns, turns + 1, turns + 5);
	fix_fini(&f);
}

static void
second_waits(void **state)
{
	struct peer *a, *b;
	struct fix f;
	unsigned i;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		start_listening(&f, kinds[i]);
		a = dial(&f);
		fix_echo(&f, a, 5, 8, 1514);
		b = dial(&f);
		assert_true(peer_put(b, 77, 100));
		f.n = 0;
		env_run(&f.e, 20);
		assert_int_equal(f.n, 0);
		fix_echo(&f, a, 5, 8, 1514);
		peer_free(a);
		fix_wait(&f, 6);
		assert_int_equal(f.last_no, 77);
		fix_echo(&f, b, 5, 8, 1514);
		peer_free(b);
		fix_fini(&f);
	}
}

static bool
has_ended(struct fix *f, struct peer *pe)
{
	unsigned i, no;
	ssize_t len = 0;

	for (i = 0; i < 100 && (len = peer_get(pe, &no)) == 0; i++)
		env_run(&f->e, 5);
	return len < 0;
}

static void
garbage_closes(void **state)
{
	static const uint8_t bad[][4] = { { 0, 0, 0, 0 }, { 0, 1, 0, 14 },
		{ 0xff, 0xff, 0xff, 0xff }, { 'G', 'E', 'T', ' ' } };
	struct peer *pe;
	struct fix f;
	unsigned i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		start_listening(&f, kinds[i]);
		for (j = 0; j < 4; j++) {
			pe = dial(&f);
			assert_true(peer_put(pe, j, 60)); /* still counts */
			assert_int_equal(write(pe->out, bad[j], 4), 4);
			assert_true(has_ended(&f, pe));
			assert_int_equal(f.n, j + 1);
			assert_int_equal(fix_count(&f, CNT_port_bad), j + 1);
			peer_free(pe);
		}
		pe = dial(&f);
		fix_echo(&f, pe, 10, 8, PORT_FRAME_MAX);
		peer_free(pe);
		fix_fini(&f);
	}
}

static void
bad_records(void **state)
{
	static uint8_t big[PORT_FRAME_MAX + 1];
	struct peer *pe;
	struct fix f;

	(void)state;
	start_listening(&f, PORT_UNIX_SEQPACKET);
	pe = dial(&f);
	assert_int_equal(send(pe->out, big, sizeof(big), 0), sizeof(big));
	assert_true(peer_put(pe, 1, PORT_FRAME_MAX));
	fix_wait(&f, 1);
	assert_int_equal(fix_count(&f, CNT_port_bad), 1);
	assert_int_equal(send(pe->out, "", 0, 0), 0);
	assert_true(has_ended(&f, pe));
	peer_free(pe);
	pe = dial(&f);
	fix_echo(&f, pe, 10, 8, PORT_FRAME_MAX);
	peer_free(pe);
	fix_fini(&f);
}

/* Two frames, cut off behind each byte, and dripping byte by byte. */
static void
truncated(void **state)
{
	uint8_t both[4 + 20 + 4 + 14] = { 0 };
	uint64_t parts = 0;
	unsigned frames = 0;
	struct peer *pe;
	struct fix f;
	size_t cut, i;

	(void)state;
	both[3] = 20;
	frame_fill(both + 4, 1, 20);
	both[27] = 14;
	frame_fill(both + 28, 2, 14);
	start_listening(&f, PORT_UNIX_STREAM);
	for (cut = 0; cut <= sizeof(both); cut++) {
		pe = dial(&f);
		if (cut > 0)
			assert_int_equal(write(pe->out, both, cut), cut);
		parts += (cut != 0 && cut != 24 && cut != sizeof(both)) ? 1 : 0;
		frames += cut == sizeof(both) ? 2 : cut >= 24 ? 1 : 0;
		shutdown(pe->out, SHUT_WR);
		assert_true(has_ended(&f, pe));
		assert_int_equal(f.n, frames);
		assert_int_equal(fix_count(&f, CNT_port_bad), parts);
		peer_free(pe);
	}
	pe = dial(&f);
	for (i = 0; i < sizeof(both); i++) {
		assert_int_equal(write(pe->out, both + i, 1), 1);
		env_run(&f.e, 1);
		assert_int_equal(f.n - frames, i == 41 ? 2 : i >= 23);
	}
	peer_free(pe);
	fix_fini(&f);
}

/* A flood of small frames is taken in portions, whatever one read brings. */
static void
portions(void **state)
{
	static uint8_t buf[1000 * 18];
	struct peer *pe;
	struct fix f;
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		buf[i * 18 + 3] = 14;
		frame_fill(buf + i * 18 + 4, i, 14);
	}
	start_listening(&f, PORT_UNIX_STREAM);
	pe = dial(&f);
	assert_int_equal(write(pe->out, buf, sizeof(buf)), sizeof(buf));
	fix_wait(&f, 1000); /* nothing follows to wake the port again */
	assert_int_equal(f.max_turn, RUN_MAX);
	assert_int_equal(f.last_no, 999);
	peer_free(pe);
	fix_fini(&f);
}

/* The last words of who goes at once are heard, all of them. */
static void
last_words(void **state)
{
	struct peer *pe;
	struct fix f;
	unsigned i, sent;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		start_listening(&f, kinds[i]);
		pe = dial(&f);
		for (sent = 0; sent < 200 && peer_put(pe, sent, 100); sent++)
			;
		peer_free(pe);
		fix_wait(&f, sent);
		assert_int_equal(fix_count(&f, CNT_port_bad), 0);
		fix_fini(&f);
	}
}

static void
slow_reader(void **state)
{
	unsigned i, k, no, next, got;
	struct peer *pe;
	struct fix f;
	ssize_t len;

	(void)state;
	for (k = 0; k < N_KINDS; k++) {
		start_listening(&f, kinds[k]);
		pe = dial(&f);
		fix_echo(&f, pe, 1, 1, 60);
		f.e.cnt.v[CNT_port_tx] = 0;
		for (i = 0; i < 400; i++)
			fix_give(&f, 1 + i * 64, 64, 9000);
		assert_true(fix_count(&f, CNT_port_drop) > 20000);
		for (i = 0, next = got = 0; i < 300; i++) {
			while ((len = peer_get(pe, &no)) > 0) {
				assert_int_equal(len, 9000);
				assert_true(no > next);
				next = no;
				got++;
			}
			assert_int_equal(len, 0);
			env_run(&f.e, 1);
		}
		assert_int_equal(got, fix_count(&f, CNT_port_tx));
		assert_int_equal(got + fix_count(&f, CNT_port_drop), 400u * 64);
		f.e.cnt.v[CNT_port_drop] = 0;
		fix_echo(&f, pe, 50, 32, PORT_FRAME_MAX);
		peer_free(pe);
		fix_fini(&f);
	}
}

/* It goes while much waits for it: all is counted, the next gets none of it. */
static void
reader_goes(void **state)
{
	struct peer *pe;
	struct fix f;
	unsigned i, k;

	(void)state;
	for (k = 0; k < N_KINDS; k++) {
		start_listening(&f, kinds[k]);
		pe = dial(&f);
		fix_echo(&f, pe, 1, 1, 60);
		f.e.cnt.v[CNT_port_tx] = 0;
		for (i = 0; i < 50; i++)
			fix_give(&f, i * 64, 64, 9000);
		peer_free(pe);
		fix_give(&f, 0, 64, 9000); /* the port has not seen it yet */
		env_run(&f.e, 10);
		fix_give(&f, 0, 36, 9000);
		assert_int_equal(
		    fix_count(&f, CNT_port_tx) + fix_count(&f, CNT_port_drop),
		    51u * 64 + 36);
		f.e.cnt.v[CNT_port_drop] = 0;
		pe = dial(&f);
		fix_echo(&f, pe, 50, 32, PORT_FRAME_MAX);
		peer_free(pe);
		fix_fini(&f);
	}
}

static void
refuses(void **state)
{
	struct addr any = sock_addr("127.0.0.1");
	struct fix f;
	unsigned i;
	int fd = tcp_at(&any);

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	for (i = 0; i < N_KINDS; i++) {
		fix_init(&f, kinds[i]);
		assert_int_equal(fix_open(&f), -EDESTADDRREQ);
		f.conf.local = f.conf.remote = any;
		strcpy(f.conf.local_path, f.path[0]);
		strcpy(f.conf.remote_path, f.path[1]);
		assert_int_equal(fix_open(&f), -EINVAL);
		assert_null(f.p);
		fix_fini(&f);
	}
	fix_init(&f, PORT_TCP);
	f.conf.local = any;
	assert_int_equal(fix_open(&f), -EADDRINUSE);
	fix_fini(&f);
	close(fd);
}

static void
socket_files(void **state)
{
	struct fix f, g;
	struct stat st;
	unsigned i;

	(void)state;
	for (i = 1; i < N_KINDS; i++) {
		fix_init(&f, kinds[i]);
		strcpy(f.conf.local_path, f.path[0]);
		close(unix_listen(f.path[0], type_of(&f), 0600));
		assert_int_equal(fix_open(&f), 0); /* a stale one */
		assert_int_equal(stat(f.path[0], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0660);
		fix_init(&g, kinds[i]);
		g.conf = f.conf;
		assert_int_equal(fix_open(&g), -EADDRINUSE);
		fix_fini(&g);
		fix_fini(&f); /* its folder must be empty */
	}
}

/* The end of our connection: the only socket at that port beside the listener.
 */
static int
accepted(const struct fix *f)
{
	int fd, listens = 0;
	socklen_t len = sizeof(listens);

	for (fd = 3; fd < 256; fd++) {
		struct sockaddr_storage ss = { 0 };
		socklen_t ss_len = sizeof(ss);
		struct addr a;

		if (getsockname(fd, (struct sockaddr *)&ss, &ss_len) == 0 &&
		    addr_from_sockaddr((struct sockaddr *)&ss, &a) &&
		    addr_equal(&a, &f->conf.local) &&
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) ==
			0 &&
		    listens == 0)
			return fd;
	}
	return -1;
}

/* Who vanishes is given up after a minute, also while we send to him. */
static void
vanished(void **state)
{
	int fd, ms = 0;
	socklen_t len = sizeof(ms);
	struct peer *peer;
	struct fix f;

	(void)state;
	start_listening(&f, PORT_TCP);
	peer = dial(&f);
	env_run(&f.e, 50);
	fd = accepted(&f);
	assert_true(fd >= 0);
	assert_int_equal(
	    getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len), 0);
	assert_int_equal(ms, 60000);
	peer_free(peer);
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listening_echo),
		cmocka_unit_test(dialing_echo),
		cmocka_unit_test(dials_with_patience),
		cmocka_unit_test(second_waits),
		cmocka_unit_test(garbage_closes),
		cmocka_unit_test(bad_records),
		cmocka_unit_test(truncated),
		cmocka_unit_test(portions),
		cmocka_unit_test(last_words),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(reader_goes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(socket_files),
		cmocka_unit_test(vanished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
