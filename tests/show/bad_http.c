/*
 * Hostile web servers for tests/show/bad-lists.
 *
 *	bad_http DIR FIRST LAST
 *
 * Behaviours FIRST to LAST, each on port 8000 and its number of 127.0.0.1; port
 * 8000 (number 0) serves DIR/list and DIR/list.minisig as it should be. Prints
 * "ready" and then runs until it is killed.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/rng.h"

#define PORT 8000
#define FILE_MAX 65536
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* What all of them have to serve. */
static struct files {
	char list[FILE_MAX], sig[4096], other[4096];
	size_t list_len;
} files;

struct req {
	int fd;
	unsigned no;
	bool sig; /* it is the signature that is asked for */
};

/* False: the other side is gone. */
static bool
put(const struct req *r, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(r->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
say(const struct req *r, const char *text)
{
	return put(r, text, strlen(text));
}

static void
pause_ms(unsigned ms)
{
	const struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

/* Until the other side goes away. */
static void
hang(const struct req *r)
{
	char c;

	while (recv(r->fd, &c, 1, 0) > 0)
		;
}

static void
for_ever(const struct req *r, const char *text)
{
	char buf[16384];
	size_t n = strlen(text), len = 0;

	while (len + n <= sizeof(buf)) {
		memcpy(buf + len, text, n);
		len += n;
	}
	while (put(r, buf, len))
		;
}

static void
slowly(const struct req *r, const char *text, unsigned ms)
{
	const char *p;

	for (p = text;; p = p[1] == '\0' ? text : p + 1) {
		if (!put(r, p, 1))
			return;
		pause_ms(ms);
	}
}

/* The file that is asked for, with these headers. */
static void
serve(const struct req *r, const char *head)
{
	say(r, head);
	if (r->sig)
		say(r, files.sig);
	else
		put(r, files.list, files.list_len);
}

static void
good(const struct req *r)
{
	serve(r, OK "ETag: \"good\"\r\n\r\n");
}

static void
reset(const struct req *r)
{
	const struct linger lin = { 1, 0 };

	setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
}

static void
close_at_once(const struct req *r)
{
	(void)r;
}

static void
slow_status(const struct req *r)
{
	slowly(r, OK, 400);
}

static void
slow_headers(const struct req *r)
{
	say(r, OK);
	slowly(r, "X-Slow: yes\r\n", 50);
}

static void
slow_body(const struct req *r)
{
	say(r, OK "Content-Length: 100000\r\n\r\n");
	slowly(r, "{ ", 20);
}

static void
endless_body(const struct req *r)
{
	say(r, OK "\r\n");
	for_ever(r, " ");
}

static void
endless_chunks(const struct req *r)
{
	say(r, CHUNKED);
	for_ever(r, "1\r\n{\r\n");
}

static void
endless_headers(const struct req *r)
{
	say(r, OK);
	for_ever(r, "X-More: and more\r\n");
}

static void
endless_header_line(const struct req *r)
{
	say(r, OK "X-Long: ");
	for_ever(r, "abcdefgh");
}

static void
endless_status_line(const struct req *r)
{
	for_ever(r, "HTTP/1.1 200 O");
}

static void
endless_continue(const struct req *r)
{
	for_ever(r, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
endless_hints(const struct req *r)
{
	for_ever(r, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
}

static void
redirect_to_itself(const struct req *r)
{
	say(r, "HTTP/1.1 302 Found\r\nLocation: /list\r\n\r\n");
}

static void
redirect_on_and_on(const struct req *r)
{
	char text[128];
	snprintf(text, sizeof(text),
	    "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:%u/%" PRIu64
	    "\r\n\r\n",
	    PORT + r->no, clock_mono_ns());
	say(r, text);
}

static void
redirect_to_ftp(const struct req *r)
{
	say(r, "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/list\r\n\r\n");
}

static void
redirect_to_file(const struct req *r)
{
	say(r, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n");
}

static void
redirect_to_nobody(const struct req *r)
{
	say(r, "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
}

static void
redirect_nowhere(const struct req *r)
{
	say(r, "HTTP/1.1 302 Found\r\n\r\n");
}

static void
length_too_long(const struct req *r)
{
	serve(r, OK "Content-Length: 60000\r\n\r\n");
}

static void
length_too_short(const struct req *r)
{
	serve(r, OK "Content-Length: 100\r\n\r\n");
}

static void
length_negative(const struct req *r)
{
	serve(r, OK "Content-Length: -1\r\n\r\n");
}

static void
length_huge(const struct req *r)
{
	serve(r, OK "Content-Length: 9223372036854775807\r\n\r\n");
}

static void
length_twice(const struct req *r)
{
	serve(r, OK "Content-Length: 5\r\nContent-Length: 50000\r\n\r\n");
}

static void
chunk_no_size(const struct req *r)
{
	serve(r, CHUNKED "zz\r\n");
}

static void
chunk_negative(const struct req *r)
{
	serve(r, CHUNKED "-5\r\n");
}

static void
chunk_huge(const struct req *r)
{
	serve(r, CHUNKED "7fffffffffffffff\r\n");
}

static void
chunk_size_endless(const struct req *r)
{
	say(r, CHUNKED);
	for_ever(r, "0");
}

static void
chunk_last_missing(const struct req *r)
{
	char head[128];

	snprintf(head, sizeof(head), CHUNKED "%zx\r\n",
	    r->sig ? strlen(files.sig) : files.list_len);
	serve(r, head);
	say(r, "\r\n");
	hang(r);
}

/* A mebibyte of zeroes in a kibibyte, said to be the list. */
static void
gzip_bomb(const struct req *r)
{
	static const char zeros[1 << 20];
	char out[8192];
	z_stream z = { .next_in = (void *)(uintptr_t)zeros,
		.avail_in = sizeof(zeros),
		.next_out = (void *)out,
		.avail_out = sizeof(out) };

	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, 0) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		fatalx("zlib does not deflate");
	say(r, OK "Content-Encoding: gzip\r\n\r\n");
	put(r, out, sizeof(out) - z.avail_out);
	deflateEnd(&z);
}

static void
gzip_transfer(const struct req *r)
{
	serve(r, OK "Transfer-Encoding: gzip, chunked\r\n\r\n");
}

static void
garbage(const struct req *r)
{
	struct rng rng = rng_seeded(r->no);
	uint8_t bytes[20000];

	rng_fill(&rng, bytes, sizeof(bytes));
	put(r, (const char *)bytes, sizeof(bytes));
}

static void
no_http(const struct req *r)
{
	serve(r, "");
}

static void
unchanged(const struct req *r)
{
	say(r, "HTTP/1.1 304 Not Modified\r\n\r\n");
}

static void
not_found(const struct req *r)
{
	serve(r, "HTTP/1.1 404 Not Found\r\n\r\n");
}

static void
partial(const struct req *r)
{
	serve(r, "HTTP/1.1 206 Partial Content\r\n\r\n");
}

static void
other_version(const struct req *r)
{
	serve(r, "HTTP/9.9 999 What\r\n\r\n");
}

static void
empty(const struct req *r)
{
	say(r, OK "Content-Length: 0\r\n\r\n");
}

static void
web_page(const struct req *r)
{
	say(r, OK "\r\n<html><body>Please log in to the hotspot</body></html>");
}

static void
other_signer(const struct req *r)
{
	if (!r->sig) {
		good(r);
		return;
	}
	say(r, OK "\r\n");
	say(r, files.other);
}

static void
endless_signature(const struct req *r)
{
	if (!r->sig) {
		good(r);
		return;
	}
	say(r, OK "\r\n");
	say(r, files.sig);
	for_ever(r, "\n");
}

static void (*const behave[])(const struct req *r) = { good, hang,
	close_at_once, reset, slow_status, slow_headers, slow_body,
	endless_body, endless_chunks, endless_headers, endless_header_line,
	endless_status_line, endless_continue, endless_hints,
	redirect_to_itself, redirect_on_and_on, redirect_to_ftp,
	redirect_to_file, redirect_to_nobody, redirect_nowhere, length_too_long,
	length_too_short, length_negative, length_huge, length_twice,
	chunk_no_size, chunk_negative, chunk_huge, chunk_size_endless,
	chunk_last_missing, gzip_bomb, gzip_transfer, garbage, no_http,
	unchanged, not_found, partial, other_version, empty, web_page,
	other_signer, endless_signature };

#define BEHAVIOURS (sizeof(behave) / sizeof(behave[0]))

static void *
on_connection(void *arg)
{
	struct req *r = arg;
	char text[4096] = "";
	size_t len = 0;
	ssize_t n;

	while (strstr(text, "\r\n\r\n") == NULL && len < sizeof(text) - 1) {
		n = recv(r->fd, text + len, sizeof(text) - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	r->sig = strncmp(text, "GET /list.minisig ", 18) == 0;
	behave[r->no](r);
	close(r->fd);
	free(r);
	return NULL;
}

static void
start(void *(*fn)(void *), void *arg)
{
	pthread_t id;

	if (pthread_create(&id, NULL, fn, arg) != 0)
		fatalx("no thread");
	pthread_detach(id);
}

struct port {
	unsigned no;
	int fd;
};

static void *
on_port(void *arg)
{
	const struct port *p = arg;

	for (;;) {
		int fd = accept(p->fd, NULL, NULL);
		struct req *r;

		if (fd < 0)
			continue;
		r = xcalloc(1, sizeof(*r));
		r->fd = fd;
		r->no = p->no;
		start(on_connection, r);
	}
	return NULL;
}

static void
listen_at(unsigned no)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)(PORT + no)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct port *p = xcalloc(1, sizeof(*p));
	const int yes = 1;

	p->no = no;
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(p->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(p->fd, 64) < 0)
		fatal("port %u", PORT + no);
	start(on_port, p);
}

static size_t
load(const char *dir, const char *name, char *buf, size_t max)
{
	char *path = xasprintf("%s/%s", dir, name);
	ssize_t len = file_read(path, buf, max);

	if (len < 0)
		fatalx("%s: %s", path, strerror((int)-len));
	free(path);
	return (size_t)len;
}

int
main(int argc, char **argv)
{
	unsigned no, last;

	log_init("bad_http", LOG_LV_INFO);
	if (argc != 4)
		fatalx("usage: bad_http DIR FIRST LAST");
	no = (unsigned)strtoul(argv[2], NULL, 10);
	last = (unsigned)strtoul(argv[3], NULL, 10);
	if (last >= BEHAVIOURS)
		fatalx("there are behaviours 0 to %zu", BEHAVIOURS - 1);
	files.list_len = load(argv[1], "list", files.list, sizeof(files.list));
	load(argv[1], "list.minisig", files.sig, sizeof(files.sig));
	load(argv[1], "other.minisig", files.other, sizeof(files.other));
	signal(SIGPIPE, SIG_IGN);
	for (; no <= last; no++)
		listen_at(no);
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
}
