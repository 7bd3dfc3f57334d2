/* The web server: one client by itself, and the whole over TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xmem.h"
#include "crypto/prim.h"
#include "entry_made.h"
#include "entryserver/conn.h"
#include "entryserver/release.h"
#include "entryserver/web.h"

/* --- one client, with time as it is told --------------------------------- */

#define BODY (600u * 1024)

struct lab {
	struct event_base *base;
	struct guests guests;
	struct conn_env env;
	struct conn *conn; /* NULL: it has gone */
	int fd;		   /* the client's end */
	struct mono now;
	char *body;
	unsigned asked;
};

static void
on_answer(void *arg, enum http_status parsed, const struct http_request *req,
    struct answer *ret)
{
	struct lab *lab = arg;

	(void)req;
	lab->asked += parsed == HTTP_OK;
	memcpy(ret->head, "head", 4);
	ret->n_head = 4;
	ret->body = lab->body;
	ret->n_body = BODY;
}

static void
on_gone(void *arg, struct conn *c)
{
	struct lab *lab = arg;

	conn_free(c);
	lab->conn = NULL;
}

static void
open_lab(struct lab *lab)
{
	static const uint8_t secret[16] = "sixteen bytes..";
	struct addr from;
	int fd[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	*lab = (struct lab){ .fd = fd[0], .now = clock_boot() };
	lab->body = xcalloc(1, BODY);
	lab->base = event_base_new();
	guests_init(&lab->guests, 9, 1000, secret);
	lab->env = (struct conn_env){ lab, lab->base, &lab->guests, on_answer,
		on_gone };
	assert_true(addr_parse("192.0.2.1", 1, &from));
	lab->conn = conn_new(&lab->env, fd[1],
	    guests_enter(&lab->guests, &from, lab->now), lab->now);
}

static void
close_lab(struct lab *lab)
{
	close(lab->fd);
	if (lab->conn != NULL)
		conn_free(lab->conn);
	guests_fini(&lab->guests);
	event_base_free(lab->base);
	free(lab->body);
}

static void
turn(struct lab *lab)
{
	event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

static void
say(struct lab *lab, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);

	assert_int_equal(send(lab->fd, text, (size_t)n, MSG_NOSIGNAL), n);
	turn(lab);
}

/* Reads up to so much of what is there. */
static size_t
hear(struct lab *lab, size_t most)
{
	char buf[4096];
	size_t got = 0;
	ssize_t n;

	while (got < most &&
	    (n = recv(lab->fd, buf,
		 most - got < sizeof(buf) ? most - got : sizeof(buf),
		 MSG_DONTWAIT)) > 0) {
		got += (size_t)n;
		turn(lab);
	}
	return got;
}

static bool
slow_at(struct lab *lab, double seconds)
{
	return conn_is_slow(
	    lab->conn, mono_add(lab->now, (uint64_t)(seconds * MONO_SEC)));
}

/* A request has its time as a whole, however many bytes come in it. */
static void
slow_request(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	assert_false(slow_at(&lab, CONN_HEAD_S - 0.1));
	say(&lab, "GET / HTT");
	for (int i = 0; i < 20; i++)
		say(&lab, "x");
	assert_false(slow_at(&lab, CONN_HEAD_S - 0.1));
	assert_true(slow_at(&lab, CONN_HEAD_S + 0.1));
	close_lab(&lab);
}

static void
slow_reader(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	say(&lab, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(lab.conn->state, CONN_SEND);
	lab.now = clock_boot();
	assert_false(slow_at(&lab, CONN_WINDOW_S - 1));
	/* It begins to read: the first window is fine, in the next it stops. */
	hear(&lab, 300 * 1024);
	assert_int_equal(lab.conn->state, CONN_SEND);
	assert_false(slow_at(&lab, CONN_WINDOW_S + 1));
	assert_false(slow_at(&lab, 2 * CONN_WINDOW_S));
	assert_true(slow_at(&lab, 2 * CONN_WINDOW_S + 2));
	close_lab(&lab);
}

static void
never_reads(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	say(&lab, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	lab.now = clock_boot();
	lab.conn->sent_before = lab.conn->sent;
	assert_true(slow_at(&lab, CONN_WINDOW_S + 1));
	close_lab(&lab);
}

/* Requests one behind the other are answered one after the other. */
static void
many_at_once(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	say(&lab,
	    "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
	    "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT");
	assert_int_equal(lab.asked, 1);
	assert_int_equal(hear(&lab, SIZE_MAX), 3 * (4 + BODY));
	assert_int_equal(lab.asked, 3);
	assert_int_equal(lab.conn->state, CONN_HEAD);
	say(&lab, "TP/1.0\r\n\r\n");
	assert_int_equal(lab.asked, 4);
	assert_int_equal(hear(&lab, SIZE_MAX), 4 + BODY);
	assert_int_equal(lab.conn->state, CONN_DRAIN);
	lab.now = clock_boot();
	assert_true(slow_at(&lab, CONN_DRAIN_S));
	close_lab(&lab);
}

static void
hangs_up(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	say(&lab, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	close(lab.fd);
	turn(&lab);
	assert_null(lab.conn);
	lab.fd = -1;
	close_lab(&lab);
}

/* --- all of it ----------------------------------------------------------- */

struct place {
	char dir[32];
	struct options o;
	pid_t pid;
	struct minisign_key key;
};

static void
publish(struct place *p, uint64_t serial, int64_t valid_until)
{
	static const unsigned left[LEFT_KINDS];
	struct release r;
	struct model m;

	entry_made(&m, 20);
	m.list.serial = serial;
	if (valid_until != 0)
		m.list.valid_until = valid_until;
	release_make(&r, &m, &p->key, "", left);
	assert_int_equal(release_publish(&r, p->o.out, serial), 0);
	release_fini(&r);
	free(m.list.server);
}

/* A connection to it, or -1. */
static int
dial(const struct place *p)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&p->o.listen[0], false, &ss);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A port that nobody has. */
static uint16_t
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static void
nap(void)
{
	const struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

static void
start(struct place *p)
{
	const uint8_t loop[4] = { 127, 0, 0, 1 };
	int fd;

	p->o.listen[0] = addr_from_ip(loop, 4, free_port());
	p->o.n_listen = 1;
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		web_run(&p->o);
	for (int i = 0; (fd = dial(p)) < 0; i++) {
		assert_true(i < 500);
		nap();
	}
	close(fd);
}

static int
enter(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->dir, "/tmp/vplama-web-XXXXXX");
	if (mkdtemp(p->dir) == NULL || chmod(p->dir, 0755) < 0)
		return -1;
	minisign_generate(&p->key);
	snprintf(p->o.out, sizeof(p->o.out), "%s/out", p->dir);
	snprintf(p->o.web_user, sizeof(p->o.web_user), "nobody");
	p->o.interval = 600;
	p->o.clients = 64;
	p->o.clients_per_address = 16;
	p->o.rate = 1000;
	*state = p;
	return mkdir(p->o.out, 0755);
}

static int
leave(void **state)
{
	struct place *p = *state;
	char cmd[64];
	int rc;

	if (p->pid > 0) {
		kill(p->pid, SIGTERM);
		waitpid(p->pid, NULL, 0);
	}
	snprintf(cmd, sizeof(cmd), "rm -rf %s", p->dir);
	rc = system(cmd);
	free(p);
	return rc;
}

/* What is answered to that until the end; for free(). */
static char *
ask(const struct place *p, const char *request)
{
	const struct timeval limit = { 10, 0 };
	char *got = xmalloc(1 << 20);
	size_t n = 0;
	ssize_t len;
	int fd = dial(p);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	len = (ssize_t)strlen(request);
	assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
	while ((len = recv(fd, got + n, (1 << 20) - 1 - n, 0)) > 0)
		n += (size_t)len;
	assert_int_equal(len, 0); /* the end, and no reset */
	got[n] = '\0';
	close(fd);
	return got;
}

static char *
get(const struct place *p, const char *method, const char *path,
    const char *fields)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method,
	    path, fields);
	return ask(p, text);
}

static int
status_of(const char *got)
{
	return strncmp(got, "HTTP/1.1 ", 9) == 0 ? atoi(got + 9) : 0;
}

static void
status_is(const struct place *p, const char *request, int status)
{
	char *got = ask(p, request);

	if (status_of(got) != status)
		print_error("%s -> %s\n", request, got);
	assert_int_equal(status_of(got), status);
	free(got);
}

/* The value of a field, or "". */
static const char *
field(const char *got, const char *name, char buf[static 512])
{
	const char *at = strstr(got, name);

	buf[0] = '\0';
	if (at != NULL)
		sscanf(at + strlen(name), ": %511[^\r]", buf);
	return buf;
}

static void
serves(void **state)
{
	struct place *p = *state;
	char *got, *body, buf[512], fields[600], modified[512];

	publish(p, 7, 0);
	start(p);
	got = get(p, "GET", "/entry.json", "");
	assert_int_equal(status_of(got), 200);
	body = strstr(got, "\r\n\r\n") + 4;
	assert_int_equal(atoi(field(got, "Content-Length", buf)), strlen(body));
	assert_int_equal(strncmp(body, "{\"format\":", 10), 0);
	assert_string_equal(
	    field(got, "Content-Type", buf), "application/json");
	assert_string_equal(
	    field(got, "Cache-Control", buf), "public, max-age=300");
	assert_string_equal(
	    field(got, "X-Content-Type-Options", buf), "nosniff");
	assert_string_equal(
	    field(got, "Content-Security-Policy", buf), "default-src 'none'");
	assert_null(strstr(got, "Server:"));
	field(got, "Last-Modified", modified);
	snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n",
	    field(got, "ETag", buf));
	free(got);

	got = get(p, "GET", "/entry.json", fields);
	assert_int_equal(status_of(got), 304);
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
	free(got);
	got = get(p, "GET", "/index.html", fields); /* of another file */
	assert_int_equal(status_of(got), 200);
	assert_non_null(strstr(got, "<html"));
	assert_non_null(strstr(
	    field(got, "Content-Security-Policy", buf), "script-src 'sha256-"));
	free(got);
	snprintf(fields, sizeof(fields), "If-Modified-Since: %s\r\n", modified);
	got = get(p, "GET", "/entry.txt", fields);
	assert_int_equal(status_of(got), 304);
	free(got);
	got = get(p, "HEAD", "/", "");
	assert_int_equal(status_of(got), 200);
	assert_true(atoi(field(got, "Content-Length", buf)) > 1000);
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
	free(got);
}

static void
refuses(void **state)
{
	char *text = xmalloc(16384);
	struct place *p = *state;

	publish(p, 7, 0);
	start(p);
	status_is(p, "GET /../serial HTTP/1.0\r\n\r\n", 404);
	status_is(p, "GET /serial HTTP/1.0\r\n\r\n", 404);
	status_is(p, "POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd", 405);
	status_is(p, "GET / HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd", 413);
	status_is(p, "nonsense\r\n\r\n", 400);
	status_is(p, "GET / HTTP/3.0\r\n\r\n", 505);
	memset(text, 'a', 16384);
	memcpy(text, "GET /", 5);
	strcpy(text + 3000, " HTTP/1.0\r\n\r\n");
	status_is(p, text, 414);
	memset(text, 'a', 16384);
	memcpy(text, "GET / HTTP/1.0\r\nX: ", 19);
	text[HTTP_HEAD_MAX] = '\0';
	status_is(p, text, 431);
	strcpy(text + HTTP_HEAD_MAX - 4, "\r\n\r\n");
	status_is(p, text, 200); /* just as long as it may be */
	free(text);
}

/* Until that path is answered with that status. */
static bool
comes(const struct place *p, const char *path, int status)
{
	for (int i = 0; i < 500; i++, nap()) {
		char *got = get(p, "GET", path, "");
		int is = status_of(got);

		free(got);
		if (is == status)
			return true;
	}
	return false;
}

static void
editions(void **state)
{
	struct place *p = *state;
	char *got, buf[512], was[512];

	start(p);
	status_is(p, "GET / HTTP/1.0\r\n\r\n", 503); /* there is none yet */
	status_is(p, "GET /healthz HTTP/1.0\r\n\r\n", 503);
	status_is(p, "GET /metrics HTTP/1.0\r\n\r\n", 200);
	publish(p, 7, time(NULL) + 1000);
	assert_true(comes(p, "/healthz", 200));
	got = get(p, "GET", "/entry.json", "");
	field(got, "ETag", was);
	free(got);
	publish(p, 8, 1000); /* has ended, but may still help */
	assert_true(comes(p, "/healthz", 503));
	got = get(p, "GET", "/entry.json", "");
	assert_int_equal(status_of(got), 200);
	assert_string_not_equal(field(got, "ETag", buf), was);
	free(got);
	got = get(p, "GET", "/metrics", "");
	assert_non_null(strstr(got, "\nvplama_entry_servers 20\n"));
	assert_non_null(strstr(got, "\nvplama_web_clients 1\n"));
	free(got);
}

/* Has the other side closed it by now? Waits for a moment. */
static bool
is_closed(int fd)
{
	const struct timeval limit = { 0, 200000 };
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return recv(fd, &c, 1, 0) == 0;
}

static void
crowded(void **state)
{
	struct place *p = *state;
	int fd[16], more;

	publish(p, 7, 0);
	start(p);
	nap(); /* the one of start() has gone */
	for (int i = 0; i < 16; i++)
		fd[i] = dial(p);
	more = dial(p);
	assert_true(is_closed(more));
	assert_false(is_closed(fd[15]));
	close(more);
	close(fd[0]);
	nap();
	more = dial(p);
	assert_false(is_closed(more));
	close(more);
	for (int i = 1; i < 16; i++)
		close(fd[i]);
}

/* Where all places are taken, who comes takes that of who waits longest. */
static void
full(void **state)
{
	struct place *p = *state;
	int fd[5];

	p->o.clients = 4;
	publish(p, 7, 0);
	start(p);
	nap();
	for (int i = 0; i < 5; i++)
		fd[i] = dial(p);
	assert_true(is_closed(fd[0]));
	assert_false(is_closed(fd[1]));
	status_is(p, "GET /healthz HTTP/1.0\r\n\r\n", 200);
	assert_true(is_closed(fd[1]));
	for (int i = 0; i < 5; i++)
		close(fd[i]);
}

static void
greedy(void **state)
{
	struct place *p = *state;

	p->o.rate = 2; /* and so much in two seconds */
	publish(p, 7, 0);
	start(p);
	for (int i = 0; i < 4; i++)
		status_is(p, "GET /healthz HTTP/1.0\r\n\r\n", 200);
	status_is(p, "GET /healthz HTTP/1.0\r\n\r\n", 429);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_request),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(never_reads),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(hangs_up),
		T(serves),
		T(refuses),
		T(editions),
		T(crowded),
		T(full),
		T(greedy),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
