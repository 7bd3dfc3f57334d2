/*
 * Guests of a web server, good and bad ones:
 *
 *	entry_guests slow ADDR:PORT N FROM K SECONDS
 *		N clients that are in no hurry, from K addresses on from FROM;
 *		who is closed comes again
 *	entry_guests ask ADDR:PORT PATH RATE WORKERS SECONDS keep|close
 *		GET PATH so often a second in all; times count from when it
 *		was due
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "tests/tool.h"

#define BODY_MAX (8u << 20)
#define REST_US 200000u /* before who was closed comes again */

static unsigned
number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static int
dial(const struct addr *to, const struct addr *from, int flags, int rcvbuf)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, false, &ss);
	int one = 1, fd = socket(ss.ss_family, SOCK_STREAM | flags, 0);

	if (fd < 0)
		fatal("socket");
	if (rcvbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (from != NULL) {
		struct sockaddr_storage own;
		socklen_t own_len = addr_to_sockaddr(from, false, &own);

		setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&own, own_len) < 0)
			fatal("bind");
	}
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- slow ---------------------------------------------------------------- */

enum slowness {
	SLOW_HEAD,   /* a byte of its request a second */
	SLOW_READER, /* the whole request, and 64 bytes of the answer a second
		      */
	SLOW_IDLE,   /* nothing at all */
	SLOW_DEAF,   /* many requests at once, and no reading */
	SLOWNESSES
};

struct slow {
	enum slowness how;
	struct addr from;
	int fd; /* -1: resting */
	struct mono next;
	size_t said;
};

struct crowd {
	struct addr to;
	struct slow *all;
	unsigned n, dialled, closed;
};

static void
hang_up(struct crowd *c, struct slow *s)
{
	close(s->fd);
	s->fd = -1;
	s->next = mono_add(tool_now(), REST_US);
	c->closed++;
}

static bool
say(struct slow *s)
{
	static const char head[] = "GET /entry.json HTTP/1.1\r\nHost: x\r\n";
	static const char end[] = "\r\n";
	char text[2048] = "";
	ssize_t n = 0;

	if (s->how == SLOW_HEAD) {
		char c = s->said < sizeof(head) - 1 ? head[s->said]
		    : s->said % 40 == 0		    ? '\n'
		    : s->said % 40 == 2		    ? ':'
						    : 'x';

		n = send(s->fd, &c, 1, MSG_NOSIGNAL);
	} else if (s->how != SLOW_IDLE && s->said == 0) {
		for (int i = 0; i < (s->how == SLOW_DEAF ? 40 : 1); i++)
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%s%s", head, end);
		n = send(s->fd, text, strlen(text), MSG_NOSIGNAL);
	}
	s->said++;
	return n >= 0 || errno == EAGAIN || errno == ENOTCONN;
}

static bool
hear(struct slow *s)
{
	char buf[64];
	ssize_t n = recv(s->fd, buf, sizeof(buf),
	    MSG_DONTWAIT | (s->how == SLOW_READER ? 0 : MSG_PEEK));

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == ENOTCONN));
}

static void
slow_step(struct crowd *c, struct slow *s)
{
	if (s->fd < 0) {
		s->fd = dial(&c->to, &s->from, SOCK_NONBLOCK, 4096);
		s->said = 0;
		c->dialled += s->fd >= 0;
	} else if (!say(s) || !hear(s)) {
		hang_up(c, s);
		return;
	}
	s->next = mono_add(tool_now(), MONO_SEC);
}

static int
run_slow(char **arg)
{
	struct crowd c = { .to = tool_addr(arg[0]), .n = number(arg[1]) };
	struct addr from = tool_addr(arg[2]);
	unsigned k = number(arg[3]), open = 0;
	struct mono end =
	    mono_add(tool_now(), number(arg[4]) * (uint64_t)MONO_SEC);
	const struct timespec nap = { 0, 5000000 };

	c.all = xcalloc(c.n, sizeof(*c.all));
	for (unsigned i = 0; i < c.n; i++) {
		unsigned host = 1 + i % k;

		c.all[i] = (struct slow){
			.how = i / k % SLOWNESSES, .from = from, .fd = -1
		};
		c.all[i].from.port = 0;
		c.all[i].from.ip[14] = (uint8_t)(host >> 8);
		c.all[i].from.ip[15] = (uint8_t)host;
	}
	while (mono_before(tool_now(), end)) {
		for (unsigned i = 0; i < c.n; i++)
			if (mono_due(c.all[i].next, tool_now()))
				slow_step(&c, &c.all[i]);
		nanosleep(&nap, NULL);
	}
	for (unsigned i = 0; i < c.n; i++)
		open += c.all[i].fd >= 0;
	printf("dialled %u closed %u open %u\n", c.dialled, c.closed, open);
	free(c.all);
	return 0;
}

/* --- ask ----------------------------------------------------------------- */

struct asker {
	pthread_t thread;
	struct addr to;
	const char *path;
	bool keep;
	unsigned n; /* requests */
	uint64_t every_us;
	struct mono begin;
	uint32_t *took_us; /* of each that was answered whole */
	unsigned answered, failed;
	uint64_t bytes;
	char *buf;
};

/* Content-Length, and where the body begins; 0: no 200 with one. */
static size_t
head_of(const char *buf, size_t n, size_t *ret_length)
{
	const char *end = memmem(buf, n, "\r\n\r\n", 4), *len;

	if (end == NULL)
		return 0;
	len = memmem(buf, n, "Content-Length: ", 16);
	if (len == NULL || len > end || memcmp(buf, "HTTP/1.1 200", 12) != 0)
		return 0;
	*ret_length = strtoul(len + 16, NULL, 10);
	return (size_t)(end + 4 - buf);
}

static bool
ask_once(struct asker *a, int fd)
{
	size_t n = 0, body = 0, length = 0;
	char request[512];
	int len = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", a->path,
	    a->keep ? "" : "Connection: close\r\n");

	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		return false;
	while (body == 0 || n < body + length) {
		ssize_t got = recv(fd, a->buf + n, BODY_MAX - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
		if (body == 0)
			body = head_of(a->buf, n, &length);
	}
	a->bytes += n;
	return n == body + length;
}

static void
sleep_until(struct mono due)
{
	struct mono now = tool_now();
	uint64_t us = mono_since(now, due);
	struct timespec ts = { (time_t)(us / MONO_SEC),
		(long)(us % MONO_SEC) * 1000 };

	nanosleep(&ts, NULL);
}

static void *
run_asker(void *arg)
{
	const struct timeval limit = { 10, 0 };
	struct asker *a = arg;
	int fd = -1;

	a->buf = xmalloc(BODY_MAX);
	for (unsigned i = 0; i < a->n; i++) {
		struct mono due = mono_add(a->begin, i * a->every_us);
		bool ok;

		sleep_until(due);
		if (fd < 0) {
			fd = dial(&a->to, NULL, 0, 0);
			if (fd >= 0)
				setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
				    sizeof(limit));
		}
		ok = fd >= 0 && ask_once(a, fd);
		if (ok)
			a->took_us[a->answered++] =
			    (uint32_t)mono_since(due, tool_now());
		else
			a->failed++;
		if (fd >= 0 && (!ok || !a->keep)) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		close(fd);
	free(a->buf);
	return NULL;
}

static int
by_time(const void *pa, const void *pb)
{
	uint32_t a, b;

	memcpy(&a, pa, sizeof(a));
	memcpy(&b, pb, sizeof(b));
	return a < b ? -1 : a > b;
}

static int
report(struct asker *a, unsigned workers, double seconds)
{
	uint32_t *all = NULL;
	unsigned n = 0, failed = 0;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < workers; i++) {
		all = xreallocarray(all, n + a[i].answered + 1, sizeof(*all));
		memcpy(all + n, a[i].took_us, a[i].answered * sizeof(*all));
		n += a[i].answered;
		failed += a[i].failed;
		bytes += a[i].bytes;
		free(a[i].took_us);
	}
	qsort(all, n, sizeof(*all), by_time);
	printf("answered %u failed %u seconds %.2f p50_us %u p99_us %u "
	       "max_us %u bytes %" PRIu64 "\n",
	    n, failed, seconds, n > 0 ? all[n / 2] : 0,
	    n > 0 ? all[n * 99 / 100] : 0, n > 0 ? all[n - 1] : 0, bytes);
	free(all);
	return 0;
}

static int
run_ask(char **arg)
{
	unsigned rate = number(arg[2]), workers = number(arg[3]);
	unsigned seconds = number(arg[4]);
	struct asker *a = xcalloc(workers, sizeof(*a));
	struct mono begin = mono_add(tool_now(), 100 * MONO_MS);
	int rc;

	for (unsigned i = 0; i < workers; i++) {
		a[i] = (struct asker){ .to = tool_addr(arg[0]),
			.path = arg[1],
			.keep = strcmp(arg[5], "keep") == 0,
			.n = rate * seconds / workers,
			.every_us = (uint64_t)MONO_SEC * workers / rate };
		a[i].begin = mono_add(begin, i * a[i].every_us / workers);
		a[i].took_us = xcalloc(a[i].n + 1, sizeof(uint32_t));
		if (pthread_create(&a[i].thread, NULL, run_asker, &a[i]) != 0)
			fatalx("no thread");
	}
	for (unsigned i = 0; i < workers; i++)
		pthread_join(a[i].thread, NULL);
	rc = report(
	    a, workers, (double)mono_since(begin, tool_now()) / MONO_SEC);
	free(a);
	return rc;
}

int
main(int argc, char **argv)
{
	log_init("entry_guests", LOG_LV_INFO);
	if (argc == 7 && strcmp(argv[1], "slow") == 0)
		return run_slow(argv + 2);
	if (argc == 8 && strcmp(argv[1], "ask") == 0)
		return run_ask(argv + 2);
	fatalx("usage: entry_guests slow ADDR:PORT N FROM K SECONDS | ask "
	       "ADDR:PORT PATH RATE WORKERS SECONDS keep|close");
}
