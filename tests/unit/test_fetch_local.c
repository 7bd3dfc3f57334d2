#include <errno.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "io/fetch_dns.h"
#include "tests/unit/fetch_rig.h"

/* A program of the test's own in the folder; its path in ret. */
static void
program(struct fix *f, const char *text, char ret[static 128])
{
	snprintf(ret, 128, "%s/prog", f->e.dir);
	(void)unlink(ret);
	assert_int_equal(file_write(ret, text, strlen(text), 0700), 0);
}

static void
run(struct fix *f, const char *text)
{
	char path[128];

	program(f, text, path);
	get(f, SOURCE_CMD, path);
	(void)unlink(path);
}

static void
test_cmd(void **state)
{
	struct fix *f = *state;

	run(f,
	    "#!/bin/sh\nprintf '{\"list\":1}\\n---\\nuntrusted comment: "
	    "x\\nRU\\n'\n");
	expect_list(f);
	run(f, "#!/bin/sh\nprintf 'x\\n---\\ny'; exit 3\n");
	expect_fail(f, "ended with exit code 3");
	run(f, "#!/bin/sh\nkill -TERM $$\n");
	expect_fail(f, "was killed by signal 15");
	run(f, "#!/bin/sh\nprintf 'x\\n--\\ny'\n");
	expect_fail(f, "no line \"---\"");
	run(f, "#!/bin/sh\n:\n");
	expect_fail(f, "no line \"---\"");
	run(f, "#!/bin/sh\nyes\n");
	expect_fail(f, "prints too much");
	run(f, "#!/bin/sh\necho x; echo ---; head -c 1025 /dev/zero\n");
	expect_fail(f, "its signature is too long");
	run(f, "not a program");
	expect_fail(f, "cannot be run");
	get(f, SOURCE_CMD, "/nonexistent/prog");
	expect_fail(f, "cannot be run: No such file");
}

/* Where nobody learns how a program has ended, nothing of it counts. */
static void
test_cmd_lost(void **state)
{
	struct fix *f = *state;

	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	run(f,
	    "#!/bin/sh\nsleep 0.1\n"
	    "printf '{\"list\":1}\\n---\\nuntrusted comment: x\\nRU\\n'\n");
	expect_fail(f, "nobody knows how");
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/* A program has no descriptor of ours, such as a connection under way. */
static void
test_cmd_alone(void **state)
{
	static const struct page mute = {
		.path = "/mute", .text = "", .keep = true
	};
	struct fix *f = *state;
	char url[64], path[128];

	fix_limit(f, 2000);
	serve(f, &mute, 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/mute", f->port);
	begin(f, SOURCE_HTTP, url, "");
	while (f->asked == 0) /* the server says nothing */
		env_run(&f->e, 10);
	program(f,
	    "#!/bin/sh\nls -l /proc/$$/fd | grep -v ' [0-2] ->' | "
	    "grep -q socket: && exit 9\n"
	    "printf '{\"list\":1}\\n---\\nuntrusted comment: x\\nRU\\n'\n",
	    path);
	begin(f, SOURCE_CMD, path, "");
	f->want = 1; /* of the two */
	wait_done(f);
	expect_list(f);
	(void)unlink(path);
}

/* What becomes true without waking the loop, which goes on meanwhile. */
static void
poll_until(struct fix *f, bool (*cond)(void *arg), void *arg)
{
	unsigned i;

	for (i = 0; i < 1000 && !cond(arg); i++)
		env_run(&f->e, 10);
	assert_true(cond(arg));
}

static bool
is_dead(void *arg)
{
	const pid_t *pid = arg;

	return kill(*pid, 0) < 0 && errno == ESRCH;
}

static pid_t
read_pid(struct fix *f, const char *name)
{
	char path[128], text[32];
	long pid;

	snprintf(path, sizeof(path), "%s/%s", f->e.dir, name);
	if (file_read(path, text, sizeof(text)) <= 0)
		return 0;
	pid = strtol(text, NULL, 10);
	(void)unlink(path);
	return (pid_t)pid;
}

/* What takes too long ends with all that it has started. */
static void
test_too_long(void **state)
{
	static const struct page pages[] = {
		{ .path = "/mute", .text = "", .keep = true },
		{ .path = "/list",
		    .text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
		    .keep = true },
	};
	struct fix *f = *state;
	char path[128], text[256], url[64];
	pid_t child;

	fix_limit(f, 300);
	serve(f, pages, 2);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/mute", f->port);
	begin(f, SOURCE_HTTP, url, "");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/list", f->port);
	begin(f, SOURCE_HTTP, url, "");
	snprintf(text, sizeof(text),
	    "#!/bin/sh\nsleep 100 &\necho $! >%s/pid.new\n"
	    "mv %s/pid.new %s/pid\nwait\n",
	    f->e.dir, f->e.dir, f->e.dir);
	program(f, text, path);
	get(f, SOURCE_CMD, path);
	expect_fail(f, "takes too long");
	assert_int_equal(f->done, 3);
	child = read_pid(f, "pid");
	assert_true(child > 0);
	poll_until(f, is_dead, &child);

	/* a child that outlives its program keeps the pipe, and nobody */
	snprintf(text, sizeof(text),
	    "#!/bin/sh\nsleep 100 &\necho $! >%s/pid\n"
	    "printf '{\"list\":1}\\n---\\nuntrusted comment: x\\nRU\\n'\n",
	    f->e.dir);
	fix_limit(f, 5000);
	run(f, text);
	expect_list(f);
	child = read_pid(f, "pid");
	assert_true(child > 0);
	poll_until(f, is_dead, &child);
}

static void
put(struct fix *f, const char *name, const char *text, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->e.dir, name);
	assert_int_equal(file_write(path, text, len, 0600), 0);
}

static void
drop(struct fix *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->e.dir, name);
	assert_int_equal(unlink(path), 0);
}

static void
test_file(void **state)
{
	struct fix *f = *state;
	char path[96], *big = xcalloc(1, FETCH_MAX + 1);

	snprintf(path, sizeof(path), "%s/list", f->e.dir);
	get(f, SOURCE_FILE, path);
	expect_fail(f, "No such file");
	put(f, "list", LIST_TEXT, strlen(LIST_TEXT));
	get(f, SOURCE_FILE, path);
	expect_fail(f, "its signature: No such file");
	put(f, "list.minisig", SIG_TEXT, strlen(SIG_TEXT));
	get(f, SOURCE_FILE, path);
	expect_list(f);
	put(f, "list", big, FETCH_MAX);
	get(f, SOURCE_FILE, path);
	assert_true(f->res.ok);
	put(f, "list", big, FETCH_MAX + 1);
	get(f, SOURCE_FILE, path);
	expect_fail(f, "is longer than");
	free(big);
	drop(f, "list");
	assert_int_equal(mkfifo(path, 0600), 0);
	get(f, SOURCE_FILE, path);
	expect_fail(f, "no regular file");
	drop(f, "list");
	drop(f, "list.minisig");
	get(f, SOURCE_FILE, f->e.dir);
	expect_fail(f, "no regular file");
}

static void
once(struct fix *f)
{
	event_base_loop(loop_base(f->e.loop), EVLOOP_NONBLOCK);
}

/* Whatever is under way may be given up, at any step. */
static void
test_cancel(void **state)
{
	static const struct page pages[] = {
		{ .path = "/list",
		    .text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
		    .keep = true },
	};
	static const enum source_kind kinds[] = { SOURCE_HTTP, SOURCE_FILE,
		SOURCE_CMD, SOURCE_HTTPS };
	struct fix *f = *state;
	struct source src = { .kind = SOURCE_HTTP };
	struct fetch_job *j;
	char path[128];
	unsigned i, turns, done;

	serve(f, pages, 1);
	program(f, "#!/bin/sh\nexec sleep 100\n", path);
	for (i = 0; i < 16; i++) {
		src.kind = kinds[i % 4];
		snprintf(src.url, sizeof(src.url), "%s", path);
		if (src.kind == SOURCE_HTTP || src.kind == SOURCE_HTTPS)
			snprintf(src.url, sizeof(src.url),
			    "http%s://127.0.0.1:%u/list", i % 4 == 0 ? "" : "s",
			    f->port);
		done = f->done;
		j = fetch_begin(f->f, &src, "", on_done, f);
		for (turns = 0; turns < i / 4; turns++)
			once(f);
		if (f->done == done) /* a file is there at once */
			fetch_cancel(j);
		done = f->done;
		f->want = done;
	}
	begin(f, SOURCE_CMD, path, ""); /* fetch_close() ends it */
	once(f);
	(void)unlink(path);
	assert_int_equal(f->done, done);
}

/* A name server for the domain "x": see on_query(). */
struct names {
	struct fix *f;
	pthread_t thread;
	struct addr ns;
	const char *name;
	atomic_bool stop;
	int n;
	char why[FETCH_WHY];
	struct fetch_hint hint[FETCH_HINTS];
	atomic_bool over;
};

static void
add(struct evdns_server_request *req, const struct evdns_server_question *q,
    const void *p, size_t len)
{
	assert_int_equal(
	    evdns_server_request_add_reply(req, EVDNS_ANSWER_SECTION, q->name,
		q->type, 1, 60, (int)len, 0, p),
	    0);
}

static void
add_srv(struct evdns_server_request *req, const struct evdns_server_question *q,
    uint8_t priority, char target)
{
	const uint8_t rr[] = { 0, priority, 0, 0, 0x1d, 0x2d, 1,
		(uint8_t)target, 1, 'x', 0 };

	add(req, q, rr, sizeof(rr));
}

static void
add_txt(struct evdns_server_request *req, const struct evdns_server_question *q,
    const char *text)
{
	uint8_t rr[256];
	size_t len = strlen(text);

	rr[0] = (uint8_t)len;
	memcpy(rr + 1, text, len);
	add(req, q, rr, len + 1);
}

#define KEY_A "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
#define KEY_B "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="

static void
answer_target(struct evdns_server_request *req,
    const struct evdns_server_question *q, char target)
{
	static const uint8_t v4[] = { 192, 0, 2, 1 }, v4b[] = { 192, 0, 2, 2 };
	static const uint8_t v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 7 };

	if (q->type == EVDNS_TYPE_TXT && target == 'a')
		add_txt(req, q, "v=vpla1 k=" KEY_A);
	if (q->type == EVDNS_TYPE_TXT && target == 'b') {
		add_txt(req, q, "something else k=" KEY_A);
		add_txt(req, q, "v=vpla1 z=1 k=" KEY_B);
	}
	if (q->type == EVDNS_TYPE_TXT && target == 'c')
		add_txt(req, q, "v=vpla2 k=" KEY_A); /* not ours */
	if (q->type == EVDNS_TYPE_TXT && target == 'd')
		add_txt(req, q, "v=vpla1 k=" KEY_A); /* without address */
	if (q->type == EVDNS_TYPE_A && target != 'd') {
		add(req, q, v4, 4);
		add(req, q, v4b, 4);
	}
	if (q->type == EVDNS_TYPE_AAAA && target == 'a') {
		add(req, q, v6, 16);
		add(req, q, v6, 16);
		add(req, q, v6, 16);
	}
}

static void
on_query(struct evdns_server_request *req, void *arg)
{
	const struct evdns_server_question *q = req->questions[0];
	const char *at;
	int err = 0;

	(void)arg;
	if (strcasecmp(q->name, "_vplama._udp.x") == 0 && q->type == 33) {
		add_srv(req, q, 20, 'a');
		add_srv(req, q, 10, 'b');
		add_srv(req, q, 5, 'c');
		add_srv(req, q, 1, 'd');
	} else if (strcasecmp(q->name, "_vplama._udp.bad.x") == 0) {
		add(req, q, "\0\1\0\0\x1d\x2d\x3fzz", 9); /* torn name */
		add(req, q, "\0", 1);
		add_srv(req, q, 1, 'c');
	} else if (strlen(q->name) == 3 && strcmp(q->name + 1, ".x") == 0) {
		at = q->name;
		answer_target(req, q, at[0]);
	} else {
		err = 3;
	}
	evdns_server_request_respond(req, err);
}

static void *
on_thread_names(void *arg)
{
	struct names *s = arg;

	s->n = dns_vnodes(s->name, &s->ns, &s->stop, s->hint, s->why);
	atomic_store(&s->over, true);
	return NULL;
}

static bool
is_over(void *arg)
{
	struct names *s = arg;

	return atomic_load(&s->over);
}

static void
ask_names(struct names *s, const char *name)
{
	s->name = name;
	atomic_store(&s->over, false);
	assert_int_equal(
	    pthread_create(&s->thread, NULL, on_thread_names, s), 0);
	poll_until(s->f, is_over, s);
	pthread_join(s->thread, NULL);
}

static void
test_dns(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct fix *f = *state;
	struct names *s = xcalloc(1, sizeof(*s));
	struct evdns_server_port *server;
	char text[ADDR_TEXT];

	s->f = f;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_true(addr_from_sockaddr((struct sockaddr *)&sin, &s->ns));
	server = evdns_add_server_port_with_base(
	    loop_base(f->e.loop), fd, 0, on_query, NULL);

	ask_names(s, "x"); /* c and d have no key or no address */
	assert_int_equal(s->n, 2);
	assert_int_equal(s->hint[0].key[0], 0xff); /* b has priority */
	assert_int_equal(s->hint[0].key[31], 0xe0);
	assert_int_equal(s->hint[0].n_ep, 2);
	assert_string_equal(
	    addr_format(&s->hint[0].ep[1], text), "192.0.2.2:7469");
	assert_int_equal(s->hint[1].key[31], 32);
	assert_int_equal(s->hint[1].n_ep, 4);
	assert_string_equal(
	    addr_format(&s->hint[1].ep[1], text), "[2001:db8::7]:7469");
	assert_string_equal(
	    addr_format(&s->hint[1].ep[2], text), "192.0.2.1:7469");

	ask_names(s, "bad.x");
	assert_int_equal(s->n, -1);
	ask_names(s, "none.x");
	assert_int_equal(s->n, -1);
	assert_non_null(strstr(s->why, "no SRV"));
	atomic_store(&s->stop, true); /* nobody waits: nobody is asked */
	ask_names(s, "x");
	assert_int_equal(s->n, -1);
	evdns_close_server_port(server);
	free(s);
}

#ifdef HAVE_CURL
static bool
read_port(int fd, uint16_t *ret)
{
	char text[1024] = "", *at = NULL;
	size_t len = 0;
	ssize_t n;

	while (at == NULL || strchr(at, '\n') == NULL) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		at = strstr(text, "ACCEPT ");
	}
	*ret = (uint16_t)strtoul(strrchr(at, ':') + 1, NULL, 10);
	return true;
}

/* openssl's own server, with a certificate of its own, in the folder. */
static pid_t
tls_server(struct fix *f, uint16_t *ret_port)
{
	char cmd[512];
	int ends[2];
	pid_t pid;

	snprintf(cmd, sizeof(cmd),
	    "cd %s && openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem "
	    "-days 2 -subj /CN=localhost -addext "
	    "subjectAltName=IP:127.0.0.1 2>/dev/null",
	    f->e.dir);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		if (chdir(f->e.dir) == 0)
			execlp("openssl", "openssl", "s_server", "-accept",
			    "127.0.0.1:0", "-WWW", "-cert", "tls.pem", "-key",
			    "tls.key", (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	assert_true(read_port(ends[0], ret_port));
	close(ends[0]);
	return pid;
}

static void
test_https(void **state)
{
	struct fix *f = *state;
	char url[64], ca[96], to[128];
	struct page moved = { .path = "/list", .text = to };
	uint16_t port = 0;
	pid_t pid;

	if (system("command -v openssl >/dev/null") != 0)
		skip();
	put(f, "list", LIST_TEXT, strlen(LIST_TEXT));
	put(f, "list.minisig", SIG_TEXT, strlen(SIG_TEXT));
	pid = tls_server(f, &port);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/list", port);
	get(f, SOURCE_HTTPS, url); /* nobody vouches for it */
	expect_fail(f, "ertificate");

	snprintf(ca, sizeof(ca), "%s/tls.pem", f->e.dir);
	setenv("CURL_CA_BUNDLE", ca, 1);
	get(f, SOURCE_HTTPS, url);
	expect_list(f);
	snprintf(to, sizeof(to), "HTTP/1.1 302 M\r\nLocation: %s\r\n\r\n", url);
	serve(f, &moved, 1);
	get_list(f, "");
	expect_list(f);
	snprintf(url, sizeof(url), "https://localhost:%u/list", port);
	get(f, SOURCE_HTTPS, url); /* not the name in it */
	expect_fail(f, "ertificate");
	f->page[0].text = "HTTP/1.1 302 M\r\nLocation: "
			  "https://127.0.0.1:1/list\r\n\r\n";
	get_list(f, "");
	expect_fail(f, "onnect");

	unsetenv("CURL_CA_BUNDLE");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	drop(f, "list");
	drop(f, "list.minisig");
	drop(f, "tls.pem");
	drop(f, "tls.key");
}
#endif

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_cmd),
		T(test_cmd_lost),
		T(test_cmd_alone),
		T(test_too_long),
		T(test_file),
		T(test_cancel),
		T(test_dns),
#ifdef HAVE_CURL
		T(test_https),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
