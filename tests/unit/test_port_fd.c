#include "io/port_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/port_peer.h"

static void
env_set(const char *rx, int in, const char *tx, int out)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", in);
	setenv(rx, text, 1);
	snprintf(text, sizeof(text), "%d", out);
	setenv(tx, text, 1);
}

static int
env_clear(void **state)
{
	(void)state;
	unsetenv("VPLAM_FD_RX");
	unsetenv("VPLAM_FD_TX");
	unsetenv("EG_FD_RX");
	unsetenv("EG_FD_TX");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return 0;
}

static void
echo_over(int type, bool stream)
{
	struct peer *pe;
	struct fix f;
	int s[2], flags;

	fix_init(&f, PORT_FD);
	assert_int_equal(socketpair(AF_UNIX, type, 0, s), 0);
	flags = fcntl(s[0], F_GETFL);
	env_set("VPLAM_FD_RX", s[0], "VPLAM_FD_TX", s[0]);
	assert_int_equal(fix_open(&f), 0);
	pe = peer_new(s[1], s[1], stream);
	fix_echo(&f, pe, 4000, 8, PORT_FRAME_MAX);
	assert_true(f.max_turn <= RUN_MAX);
	f.p->ops->close(f.p);
	assert_int_equal(fcntl(s[0], F_GETFL), flags);
	assert_true(fcntl(s[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fix_open(&f), 0); /* and again */
	f.n = 0;
	fix_echo(&f, pe, 10, 8, PORT_FRAME_MAX);
	peer_free(pe);
	fix_fini(&f);
	close(s[0]);
}

static void
sockets_echo(void **state)
{
	(void)state;
	echo_over(SOCK_STREAM, true);
	echo_over(SOCK_SEQPACKET, false);
	echo_over(SOCK_DGRAM, false);
}

static void
pipes_echo(void **state)
{
	struct peer *pe;
	struct fix f;
	int in[2], out[2];

	(void)state;
	fix_init(&f, PORT_FD);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	env_set("EG_FD_RX", in[0], "EG_FD_TX", out[1]);
	assert_int_equal(fix_open(&f), 0);
	close(in[0]); /* the port has its own */
	close(out[1]);
	pe = peer_new(out[0], in[1], true);
	fix_echo(&f, pe, 4000, 8, PORT_FRAME_MAX);
	peer_free(pe);
	env_run(&f.e, 5); /* both ends are gone: nothing crashes or spins */
	f.e.turns = 0;
	fix_give(&f, 0, 3, 100);
	env_run(&f.e, 50);
	assert_true(f.e.turns <= 3);
	assert_int_equal(fix_count(&f, CNT_port_drop), 3);
	fix_fini(&f);
}

/* The input ends, the output goes on; a part of a frame is counted. */
static void
input_ends(void **state)
{
	struct peer *pe;
	struct fix f;
	int in[2], out[2];
	unsigned no;

	(void)state;
	fix_init(&f, PORT_FD);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	env_set("VPLAM_FD_RX", in[0], "VPLAM_FD_TX", out[1]);
	assert_int_equal(fix_open(&f), 0);
	pe = peer_new(out[0], in[1], true);
	assert_true(peer_put(pe, 5, 100));
	assert_int_equal(write(in[1], "\0\0\0\11ab", 6), 6);
	close(in[1]);
	pe->out = pe->in;
	fix_wait(&f, 1);
	fix_wait_count(&f, CNT_port_bad, 1);
	f.e.turns = 0;
	env_run(&f.e, 50);
	assert_true(f.e.turns <= 2); /* it is not watched any more */
	fix_give(&f, 9, 1, 200);
	assert_int_equal(peer_get(pe, &no), 200);
	assert_int_equal(no, 9);
	peer_free(pe);
	fix_fini(&f);
	close(in[0]);
	close(out[1]);
}

/* The reader stops and goes on: what it gets is whole and in order. */
static void
slow_pipe(void **state)
{
	unsigned i, no, last = 0, got = 0;
	struct peer *pe;
	struct fix f;
	int in[2], out[2];
	ssize_t len;

	(void)state;
	fix_init(&f, PORT_FD);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	env_set("VPLAM_FD_RX", in[0], "VPLAM_FD_TX", out[1]);
	assert_int_equal(fix_open(&f), 0);
	pe = peer_new(out[0], in[1], true);
	for (i = 0; i < 40; i++)
		fix_give(&f, 1 + i * 50, 50, 1000);
	assert_in_range(fix_count(&f, CNT_port_drop), 1600, 1900);
	for (i = 0; i < 50; i++) {
		while ((len = peer_get(pe, &no)) > 0) {
			assert_int_equal(len, 1000);
			assert_true(no > last);
			last = no;
			got++;
		}
		assert_int_equal(len, 0);
		env_run(&f.e, 1);
	}
	assert_int_equal(got, fix_count(&f, CNT_port_tx));
	assert_int_equal(got + fix_count(&f, CNT_port_drop), 2000);
	f.e.cnt.v[CNT_port_drop] = 0;
	fix_echo(&f, pe, 50, 8, PORT_FRAME_MAX);
	peer_free(pe);
	fix_fini(&f);
	close(in[0]);
	close(out[1]);
}

static void
expect_refusal(struct fix *f, const char *rx, const char *tx, int rc)
{
	if (rx != NULL)
		setenv("VPLAM_FD_RX", rx, 1);
	if (tx != NULL)
		setenv("VPLAM_FD_TX", tx, 1);
	assert_int_equal(fix_open(f), rc);
	assert_null(f->p);
	env_clear(NULL);
}

static void
bad_numbers(void **state)
{
	static const char *const wrong[] = { "", "x", "-1", "0", "1", "2", "3x",
		" 3", "0x3", "99999999999" };
	char rd[8], wr[8], file[8], listening[8];
	struct fix f;
	unsigned i;
	int p[2], fd, s;

	(void)state;
	fix_init(&f, PORT_FD);
	assert_int_equal(pipe(p), 0);
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s, &(struct sockaddr){ AF_UNIX, "" }, 2), 0);
	assert_int_equal(listen(s, 1), 0);
	snprintf(rd, sizeof(rd), "%d", p[0]);
	snprintf(wr, sizeof(wr), "%d", p[1]);
	snprintf(file, sizeof(file), "%d", fd);
	snprintf(listening, sizeof(listening), "%d", s);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		expect_refusal(&f, wrong[i], wr, -EINVAL);
		expect_refusal(&f, rd, wrong[i], -EINVAL);
	}
	expect_refusal(&f, NULL, NULL, -EDESTADDRREQ);
	expect_refusal(&f, rd, NULL, -EINVAL);
	expect_refusal(&f, NULL, wr, -EINVAL);
	expect_refusal(&f, "999", wr, -EBADF); /* closed */
	expect_refusal(&f, rd, "999", -EBADF);
	expect_refusal(&f, wr, wr, -EBADF); /* the wrong way */
	expect_refusal(&f, rd, rd, -EBADF);
	expect_refusal(&f, file, wr, -EINVAL); /* cannot be waited for */
	expect_refusal(&f, listening, listening, -EINVAL);
	fix_fini(&f);
	close(p[0]);
	close(p[1]);
	close(fd);
	close(s);
}

static void
systemd_passes(void **state)
{
	char text[16];
	struct peer *pe;
	struct fix f;
	int s[2], save = dup(4);

	(void)state;
	fix_init(&f, PORT_FD);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	s[1] = fcntl(s[1], F_DUPFD_CLOEXEC, 20);
	s[0] = fcntl(s[0], F_DUPFD_CLOEXEC, 20);
	save = fcntl(4, F_DUPFD_CLOEXEC, 30); /* -1 if it is free */
	assert_int_equal(dup2(s[0], 4), 4);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "stored:vplama-port", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ); /* for another one */
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDNAMES", "stored:vplama-ports:vplama", 1);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	setenv("LISTEN_FDNAMES", "stored:vplama-port", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(fix_open(&f), -EDESTADDRREQ);
	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(fix_open(&f), 0);
	if (save >= 0)
		dup2(save, 4);
	pe = peer_new(s[1], s[1], false);
	fix_echo(&f, pe, 20, 8, PORT_FRAME_MAX);
	peer_free(pe);
	fix_fini(&f);
	close(s[0]);
	close(save >= 0 ? save : 4);
}

/* In place of our own standard input and output, for as long as it opens. */
static void
stdio_echo(void **state)
{
	int in[2], out[2], old_in = dup(0), old_out = dup(1), rc;
	struct peer *pe;
	struct fix f;

	(void)state;
	fix_init(&f, PORT_STDIO);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fflush(stdout);
	dup2(in[0], 0);
	dup2(out[1], 1);
	rc = fix_open(&f);
	dup2(old_in, 0);
	dup2(old_out, 1);
	assert_int_equal(rc, 0);
	pe = peer_new(out[0], in[1], true);
	fix_echo(&f, pe, 1000, 8, PORT_FRAME_MAX);
	peer_free(pe);
	fix_fini(&f);
	close(in[0]);
	close(out[1]);
	close(old_in);
	close(old_out);
}

/* As the manager starts us when nobody said otherwise. */
static void
stdio_is_null(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), old = dup(0), rc;
	struct fix f;

	(void)state;
	fix_init(&f, PORT_STDIO);
	dup2(null, 0);
	rc = fix_open(&f);
	dup2(old, 0);
	assert_int_equal(rc, -EINVAL);
	fix_fini(&f);
	close(null);
	close(old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sockets_echo, env_clear),
		cmocka_unit_test_teardown(pipes_echo, env_clear),
		cmocka_unit_test_teardown(input_ends, env_clear),
		cmocka_unit_test_teardown(slow_pipe, env_clear),
		cmocka_unit_test_teardown(bad_numbers, env_clear),
		cmocka_unit_test_teardown(systemd_passes, env_clear),
		cmocka_unit_test(stdio_echo),
		cmocka_unit_test(stdio_is_null),
	};

	env_clear(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
