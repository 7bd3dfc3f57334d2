#include "io/ctlsock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "tests/unit/io_env.h"
#include "wire/ctlmsg.h"

#define IDLE_MS 800
#define NOBODY 65534

struct fix {
	struct env e;
	struct ctlsock *cs;
	struct ctlsock_handler h;
	unsigned n, want;
	size_t last_len;
	int role;
	bool talk; /* an event comes up while a request is carried out */
	unsigned before, most; /* requests until this turn; in one turn */
};

static struct json_object *
event(size_t len)
{
	struct json_object *o = json_object_new_object();
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'e', len);
	text[len] = '\0';
	json_object_object_add(o, "event", json_object_new_string(text));
	free(text);
	return o;
}

static void
tell(struct fix *f, size_t len)
{
	struct json_object *o = event(len);

	ctlsock_broadcast(f->cs, o);
	json_object_put(o);
}

/* Answers with the line; "monitor" and "big N" mean something. */
static struct json_object *
dispatch(void *arg, int role, const char *line, size_t len, struct turn *t,
    bool *ret_monitor)
{
	struct json_object *o;
	struct fix *f = arg;

	assert_non_null(t);
	assert_false(*ret_monitor);
	assert_int_equal(line[len], '\0');
	f->n++;
	f->last_len = len;
	f->role = role;
	*ret_monitor = strcmp(line, "monitor") == 0;
	if (f->talk)
		tell(f, 1000);
	if (strncmp(line, "slow", 4) == 0)
		usleep(CTLSOCK_TURN_US / 2);
	if (strncmp(line, "big ", 4) == 0)
		return event(strtoul(line + 4, NULL, 10));
	o = json_object_new_object();
	json_object_object_add(
	    o, "line", json_object_new_string_len(line, (int)len));
	return o;
}

static void
fix_init(struct fix *f)
{
	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	f->h = (struct ctlsock_handler){ f, dispatch };
	assert_int_equal(ctlsock_open(&f->cs, f->e.loop, &f->e.priv, &f->h,
			     &f->e.cnt, IDLE_MS),
	    0);
}

static void
fix_fini(struct fix *f)
{
	ctlsock_close(f->cs);
	env_fini(&f->e);
}

static bool
served(void *arg)
{
	const struct fix *f = arg;

	return f->n >= f->want;
}

static int
dial(struct fix *f)
{
	int fd = unix_connect(f->e.control, SOCK_STREAM);

	assert_true(fd >= 0);
	assert_int_equal(fd_nonblock(fd), 0);
	return fd;
}

static void
put(int fd, const char *s)
{
	assert_int_equal(send(fd, s, strlen(s), MSG_NOSIGNAL), strlen(s));
}

static void
ask(struct fix *f, int fd, const char *s, unsigned n)
{
	put(fd, s);
	f->want = f->n + n;
	env_until(&f->e, served, f);
}

/* Everything that is there; sets *ret_eof when the other side has closed. */
static size_t
get(int fd, char *buf, size_t max, bool *ret_eof)
{
	size_t len = 0;
	ssize_t n;

	*ret_eof = false;
	while (len < max - 1 && (n = recv(fd, buf + len, max - 1 - len, 0)) > 0)
		len += (size_t)n;
	if (len < max - 1)
		*ret_eof = n == 0 || errno != EAGAIN;
	buf[len] = '\0';
	return len;
}

static void
expect(struct fix *f, int fd, const char *want)
{
	char buf[4096];
	bool eof;

	env_run(&f->e, 10);
	get(fd, buf, sizeof(buf), &eof);
	assert_string_equal(buf, want);
	assert_false(eof);
}

static void
expect_error(struct fix *f, int fd, const char *code)
{
	char buf[4096];
	bool eof;

	env_run(&f->e, 20);
	get(fd, buf, sizeof(buf), &eof);
	assert_non_null(strstr(buf, code));
	assert_int_equal(buf[strlen(buf) - 1], '\n');
	assert_true(eof);
}

static void
lines_in_any_split(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	ask(&f, fd, "a\nbb\r\n\nccc\nd", 4);
	expect(&f, fd,
	    "{\"line\":\"a\"}\n{\"line\":\"bb\"}\n{\"line\":\"\"}\n"
	    "{\"line\":\"ccc\"}\n");
	put(fd, "d");
	env_run(&f.e, 10);
	assert_int_equal(f.n, 4);
	ask(&f, fd, "\n", 1);
	expect(&f, fd, "{\"line\":\"dd\"}\n");
	close(fd);
	fix_fini(&f);
}

static void
many_pipelined(void **state)
{
	static char all[9 * 3000 + 1], buf[65536];
	struct fix f;
	unsigned i, lines = 0;
	bool eof;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	for (i = 0; i < 3000; i++)
		sprintf(all + 9 * i, "req %4u\n", i);
	ask(&f, fd, all, 3000);
	do {
		size_t n;

		env_run(&f.e, 5);
		n = get(fd, buf, sizeof(buf), &eof);
		assert_false(eof);
		for (i = 0; i < n; i++)
			lines += buf[i] == '\n';
		if (n == 0)
			break;
	} while (lines < 3000);
	assert_int_equal(lines, 3000);
	close(fd);
	fix_fini(&f);
}

/* printf ... | socat: the end of the input does not cost the answer. */
static void
half_close_still_answers(void **state)
{
	char buf[256];
	struct fix f;
	bool eof;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	put(fd, "x\ny\nrest");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	env_run(&f.e, 30);
	get(fd, buf, sizeof(buf), &eof);
	assert_string_equal(buf, "{\"line\":\"x\"}\n{\"line\":\"y\"}\n");
	assert_true(eof);
	close(fd);
	fix_fini(&f);
}

static void
send_all(struct fix *f, int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n < 0) {
			env_run(&f->e, 5);
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
}

static void
count_turn(void *arg, struct turn *t)
{
	struct fix *f = arg;

	(void)t;
	if (f->n - f->before > f->most)
		f->most = f->n - f->before;
	f->before = f->n;
}

static unsigned
lines_of(int fd, bool *ret_eof)
{
	static char buf[1 << 20];
	unsigned n = 0;
	size_t i, len = get(fd, buf, sizeof(buf), ret_eof);

	for (i = 0; i < len; i++)
		n += buf[i] == '\n';
	return n;
}

#define SLOW_LINE 5000 /* twenty are more than a client may have waiting */

/* Whoever asks much at once gets it all, in turns that others share. */
static void
long_requests_take_turns(void **state)
{
	static char line[SLOW_LINE];
	unsigned i, k, got[3];
	struct hook h;
	struct fix f;
	int fd[3];
	bool eof;

	(void)state;
	fix_init(&f);
	memset(line, ' ', sizeof(line));
	memcpy(line, "slow", 4);
	line[SLOW_LINE - 1] = '\n';
	hook_add(&h, f.e.loop, LOOP_ACT, count_turn, &f);
	for (i = 0; i < 3; i++) {
		fd[i] = dial(&f);
		for (k = 0; k < 20; k++)
			send_all(&f, fd[i], line, SLOW_LINE);
		assert_int_equal(shutdown(fd[i], SHUT_WR), 0);
	}
	f.want = 30;
	env_until(&f.e, served, &f);
	for (i = 0; i < 3; i++) {
		got[i] = lines_of(fd[i], &eof);
		assert_in_range(got[i], 4, 15);
	}
	f.want = 60;
	env_until(&f.e, served, &f);
	for (i = 0; i < 3; i++) {
		for (k = 0, eof = false; !eof && k < 500; k++) {
			env_run(&f.e, 5);
			got[i] += lines_of(fd[i], &eof);
		}
		assert_int_equal(got[i], 20);
		assert_true(eof);
		close(fd[i]);
	}
	assert_in_range(f.most, 1, 2); /* and the clients are three */
	hook_del(&h, f.e.loop);
	fix_fini(&f);
}

static void
longest_line(void **state)
{
	static char line[CTL_LINE_MAX + 1];
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	memset(line, 'x', CTL_LINE_MAX);
	line[CTL_LINE_MAX - 1] = '\n';
	fd = dial(&f);
	f.want = 1;
	send_all(&f, fd, line, CTL_LINE_MAX);
	env_until(&f.e, served, &f);
	assert_int_equal(f.last_len, CTL_LINE_MAX - 1);
	close(fd);

	line[CTL_LINE_MAX - 1] = 'x';
	line[CTL_LINE_MAX] = '\n';
	fd = dial(&f);
	send_all(&f, fd, line, CTL_LINE_MAX + 1);
	expect_error(&f, fd, "too-long");
	assert_int_equal(f.n, 1);
	assert_int_equal(f.e.cnt.v[CNT_ctl_bad], 1);
	close(fd);
	fix_fini(&f);
}

static void
seventeenth_is_refused(void **state)
{
	int fd[CTLSOCK_CLIENTS], extra;
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < CTLSOCK_CLIENTS; i++) {
		fd[i] = dial(&f);
		ask(&f, fd[i], "monitor\n", 1);
	}
	extra = dial(&f);
	put(extra, "hello\n");
	expect_error(&f, extra, "busy");
	close(extra);
	assert_int_equal(f.e.cnt.v[CNT_ctl_bad], 1);
	assert_int_equal(f.n, CTLSOCK_CLIENTS);
	close(fd[3]); /* and the next is welcome, at once */
	fd[3] = dial(&f);
	ask(&f, fd[3], "hello\n", 1);
	for (i = 0; i < CTLSOCK_CLIENTS; i++)
		close(fd[i]);
	fix_fini(&f);
}

/* Neither a busy loop nor the end: when there is room again all goes on. */
static void
out_of_descriptors(void **state)
{
	struct rlimit was, low;
	struct fix f;
	unsigned turns;
	int fd, top;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	top = dup(fd); /* the lowest free number */
	assert_true(top >= 0);
	close(top);
	low = (struct rlimit){ (rlim_t)top, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	put(fd, "a\n");
	turns = f.e.turns;
	env_run(&f.e, 200);
	turns = f.e.turns - turns;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_true(turns < 20);
	assert_int_equal(f.n, 0);
	f.want = 1;
	env_until(&f.e, served, &f);
	expect(&f, fd, "{\"line\":\"a\"}\n");
	close(fd);
	fix_fini(&f);
}

/* A monitor that has shut down its end and reads no more frees its place. */
static void
half_closed_monitor_goes(void **state)
{
	char buf[256];
	struct fix f;
	bool eof;
	int fd, i;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	ask(&f, fd, "monitor\n", 1);
	for (i = 0; i < 4; i++) /* more than the kernel takes off us */
		ask(&f, fd, "big 100000\n", 1);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	env_run(&f.e, IDLE_MS + 300);
	while (get(fd, buf, sizeof(buf), &eof) == sizeof(buf) - 1)
		;
	assert_true(eof);
	close(fd);
	fix_fini(&f);
}

static void
slow_monitor_is_cut(void **state)
{
	static char buf[1 << 20];
	struct fix f;
	size_t len;
	unsigned i;
	bool eof;
	int slow, good;

	(void)state;
	fix_init(&f);
	assert_false(ctlsock_has_monitors(f.cs));
	tell(&f, 10); /* nobody hears it */
	slow = dial(&f);
	ask(&f, slow, "monitor\n", 1);
	good = dial(&f);
	ask(&f, good, "monitor\n", 1);
	for (i = 0; i < 100; i++) {
		tell(&f, 10000);
		env_run(&f.e, 1);
		len = get(good, buf, sizeof(buf), &eof);
		assert_true(len > 10000 && !eof);
	}
	assert_true(ctlsock_has_monitors(f.cs));
	len = get(slow, buf, sizeof(buf), &eof);
	assert_true(eof);
	assert_true(len < CTLSOCK_OUT_MAX + 400000); /* the kernel's part */
	tell(&f, 10);
	env_run(&f.e, 5);
	assert_int_equal(get(good, buf, sizeof(buf), &eof), 23);
	assert_string_equal(buf, "{\"event\":\"eeeeeeeeee\"}\n");
	close(slow);
	close(good);
	fix_fini(&f);
}

static void
slow_asker_is_cut(void **state)
{
	static char buf[1 << 20], all[10 * 200 + 1];
	struct fix f;
	size_t len;
	unsigned i;
	bool eof;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	for (i = 0; i < 200; i++)
		strcpy(all + 10 * i, "big 10000\n");
	put(fd, all);
	env_run(&f.e, 50);
	assert_true(f.n < 200);
	len = get(fd, buf, sizeof(buf), &eof);
	assert_true(eof);
	assert_true(len < CTLSOCK_OUT_MAX + 400000);
	close(fd);
	fix_fini(&f);
}

/* `show` with a thousand peers is one reply: it may be large. */
static void
one_large_reply(void **state)
{
	static char buf[3 << 20];
	struct fix f;
	size_t len = 0;
	bool eof = false;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	ask(&f, fd, "big 2000000\n", 1);
	while (len < 2000013 && !eof) {
		env_run(&f.e, 2);
		len += get(fd, buf + len, sizeof(buf) - len, &eof);
	}
	assert_int_equal(len, 2000013);
	assert_false(eof);
	close(fd);
	fix_fini(&f);
}

/* Events that a request causes may cut the very client that asked. */
static void
events_during_requests(void **state)
{
	static char all[2 * 1000 + 1];
	struct fix f;
	unsigned i;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	ask(&f, fd, "monitor\n", 1);
	f.talk = true;
	for (i = 0; i < 1000; i++)
		strcpy(all + 2 * i, "x\n");
	put(fd, all);
	env_run(&f.e, 50);
	assert_true(f.n > 200 && f.n < 1000);
	assert_false(ctlsock_has_monitors(f.cs));
	close(fd);
	fix_fini(&f);
}

static void
idle_clients_go(void **state)
{
	char buf[64];
	struct fix f;
	unsigned i;
	bool eof;
	int quiet, drip, busy, mon;

	(void)state;
	fix_init(&f);
	quiet = dial(&f);
	drip = dial(&f);
	busy = dial(&f);
	mon = dial(&f);
	ask(&f, mon, "monitor\n", 1);
	for (i = 0; i < 8; i++) { /* twice as long as is allowed */
		send(drip, "x", 1, MSG_NOSIGNAL); /* a line without end */
		put(busy, "ok\n");
		env_run(&f.e, IDLE_MS / 4);
	}
	get(quiet, buf, sizeof(buf), &eof);
	assert_true(eof);
	get(drip, buf, sizeof(buf), &eof);
	assert_true(eof);
	get(busy, buf, sizeof(buf), &eof);
	assert_false(eof);
	get(mon, buf, sizeof(buf), &eof);
	assert_false(eof);
	close(quiet);
	close(drip);
	close(busy);
	close(mon);
	fix_fini(&f);
}

/* In a process of its own, since credentials are taken at connect(). */
static void
ask_as(struct fix *f, uid_t uid)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd;

		if (uid != geteuid() && (setgid(uid) != 0 || setuid(uid) != 0))
			_exit(1);
		fd = unix_connect(f->e.control, SOCK_STREAM);
		_exit(fd >= 0 && send(fd, "x\n", 2, 0) == 2 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	f->want = f->n + 1;
	env_until(&f->e, served, f);
}

static void
roles_by_credentials(void **state)
{
	struct stat st;
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(stat(f.e.control, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	ask_as(&f, geteuid());
	assert_int_equal(f.role, CTLSOCK_ADMIN);
	if (geteuid() == 0) {
		/* let through by the mode of the file, as a group would be */
		assert_int_equal(chmod(f.e.dir, 0755), 0);
		assert_int_equal(chmod(f.e.control, 0666), 0);
		ask_as(&f, NOBODY);
		assert_int_equal(f.role, CTLSOCK_READ);
	}
	fix_fini(&f);
}

/* The reply to `stop` is out before the daemon is. */
static void
close_sends_what_waits(void **state)
{
	char buf[64];
	struct fix f;
	bool eof;
	int fd;

	(void)state;
	fix_init(&f);
	fd = dial(&f);
	ask(&f, fd, "stop\n", 1);
	fix_fini(&f);
	get(fd, buf, sizeof(buf), &eof);
	assert_string_equal(buf, "{\"line\":\"stop\"}\n");
	assert_true(eof);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_in_any_split),
		cmocka_unit_test(many_pipelined),
		cmocka_unit_test(half_close_still_answers),
		cmocka_unit_test(long_requests_take_turns),
		cmocka_unit_test(longest_line),
		cmocka_unit_test(seventeenth_is_refused),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(half_closed_monitor_goes),
		cmocka_unit_test(slow_monitor_is_cut),
		cmocka_unit_test(slow_asker_is_cut),
		cmocka_unit_test(one_large_reply),
		cmocka_unit_test(events_during_requests),
		cmocka_unit_test(idle_clients_go),
		cmocka_unit_test(roles_by_credentials),
		cmocka_unit_test(close_sends_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
