/*
 * Carries bytes from one namespace to another and compares each of them:
 *
 *	carry FROM-NS TO-NS FROM-ADDR TO-ADDR tcp KIB
 *	carry FROM-NS TO-NS FROM-ADDR TO-ADDR udp COUNTxLEN[+LAST]...
 *
 * tcp: a stream of random bytes. udp: numbered datagrams of random bytes;
 * COUNT of them, and one more of LAST bytes, leave by one call (UDP_SEGMENT),
 * which a device with USO gets in one piece. Prints what came, and the numbers
 * of the datagrams that did not.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xmem.h"
#include "tests/rng.h"
#include "tests/tool.h"

#define CHUNK 65536
#define GRAMS_MAX 65536
#define NUMBER_LEN 4
#define LULL_MS 4    /* before the next train leaves, if some are missing */
#define QUIET_MS 300 /* nothing comes any more */
#define STALL_MS 20000

/* The same bytes at both ends. */
struct bytes {
	struct rng rng;
	uint8_t p[CHUNK];
	size_t at; /* of them are used */
};

struct grams {
	unsigned n, got, bad, dup;
	uint16_t len[GRAMS_MAX];
	bool seen[GRAMS_MAX];
};

/* Bound to that address in that namespace, at a port of the kernel's choice. */
static int
sock_at(const char *ns, const char *text, int type)
{
	struct sockaddr_storage ss;
	struct addr a;
	socklen_t len;
	int fd, on = 1, room = 8 << 20;

	if (!addr_parse(text, 1, &a))
		errx(1, "%s: not an address", text);
	a.port = 0;
	len = addr_to_sockaddr(&a, false, &ss);
	tool_enter(ns);
	fd = socket(ss.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) < 0)
		err(1, "%s in %s", text, ns);
	if (type == SOCK_DGRAM &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		err(1, "receive buffer");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static void
join(int fd, int to)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(to, (struct sockaddr *)&ss, &len) < 0)
		err(1, "getsockname");
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
}

/* False: nothing happened for so long. */
static bool
await(int a, short events_a, int b, short events_b, int ms)
{
	struct pollfd pfd[2] = { { a, events_a, 0 }, { b, events_b, 0 } };
	int n = poll(pfd, 2, ms);

	if (n < 0)
		err(1, "poll");
	return n > 0;
}

/* --- a stream ------------------------------------------------------------- */

static struct bytes *
bytes_new(void)
{
	struct bytes *b = xcalloc(1, sizeof(*b));

	b->rng.s = 1;
	b->at = CHUNK;
	return b;
}

/* How many of at most n bytes are ready, in one piece. */
static size_t
bytes_ready(struct bytes *b, size_t n)
{
	if (b->at == CHUNK) {
		rng_fill(&b->rng, b->p, CHUNK);
		b->at = 0;
	}
	return n < CHUNK - b->at ? n : CHUNK - b->at;
}

static int
accept_one(int listening)
{
	int fd;

	if (!await(listening, POLLIN, -1, 0, STALL_MS))
		errx(1, "no connection");
	fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		err(1, "accept");
	close(listening);
	return fd;
}

/* Sends what the socket takes; returns what is left. */
static size_t
stream_out(int fd, struct bytes *b, size_t left)
{
	while (left > 0) {
		size_t n = bytes_ready(b, left);
		ssize_t rc = send(fd, b->p + b->at, n, MSG_NOSIGNAL);

		if (rc < 0 && errno == EAGAIN)
			break;
		if (rc < 0)
			err(1, "send");
		b->at += (size_t)rc;
		left -= (size_t)rc;
	}
	if (left == 0)
		shutdown(fd, SHUT_WR);
	return left;
}

/* Adds to *got and *bad; false at the end. */
static bool
stream_in(int fd, struct bytes *b, size_t *got, size_t *bad)
{
	uint8_t buf[CHUNK];

	for (;;) {
		size_t i, n = bytes_ready(b, CHUNK);
		ssize_t rc = recv(fd, buf, n, 0);

		if (rc < 0 && errno == EAGAIN)
			return true;
		if (rc < 0)
			err(1, "recv");
		if (rc == 0)
			return false;
		for (i = 0; i < (size_t)rc; i++)
			*bad += buf[i] != b->p[b->at + i];
		b->at += (size_t)rc;
		*got += (size_t)rc;
	}
}

static void
stream(int from, int to, size_t total)
{
	struct bytes *out = bytes_new(), *in = bytes_new();
	size_t left = total, got = 0, bad = 0;

	if (listen(to, 1) < 0)
		err(1, "listen");
	join(from, to);
	to = accept_one(to);
	do {
		left = left > 0 ? stream_out(from, out, left) : 0;
		if (!await(to, POLLIN, from, left > 0 ? POLLOUT : 0, STALL_MS))
			errx(1, "stalled after %zu bytes", got);
	} while (stream_in(to, in, &got, &bad));
	printf("sent=%zu got=%zu bad=%zu\n", total, got, bad);
	close(to);
	free(out);
	free(in);
}

/* --- datagrams ------------------------------------------------------------ */

static void
gram_write(uint8_t *p, unsigned number, size_t len)
{
	struct rng r = { number };
	unsigned i;

	for (i = 0; i < NUMBER_LEN; i++)
		p[i] = (uint8_t)(number >> 8 * i);
	rng_fill(&r, p + NUMBER_LEN, len - NUMBER_LEN);
}

static void
gram_check(struct grams *g, const uint8_t *p, size_t len)
{
	uint8_t want[CHUNK];
	unsigned i, number = 0;

	for (i = 0; i < NUMBER_LEN && len >= NUMBER_LEN; i++)
		number |= (unsigned)p[i] << 8 * i;
	if (len < NUMBER_LEN || number >= g->n || len != g->len[number]) {
		g->bad++;
		return;
	}
	gram_write(want, number, len);
	if (memcmp(p, want, len) != 0)
		g->bad++;
	else if (g->seen[number])
		g->dup++;
	else
		g->got++;
	g->seen[number] = true;
}

/* Until all came, or none for that long. */
static void
grams_in(int fd, struct grams *g, int ms)
{
	uint8_t buf[CHUNK];
	ssize_t n;

	while (g->got < g->n && await(fd, POLLIN, -1, 0, ms)) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			err(1, "recv");
		gram_check(g, buf, (size_t)n);
	}
}

static size_t
gram_put(struct grams *g, uint8_t *p, size_t len)
{
	if (g->n == GRAMS_MAX || len < NUMBER_LEN || len > UINT16_MAX)
		errx(1, "too many, or a bad length");
	g->len[g->n] = (uint16_t)len;
	gram_write(p, g->n, len);
	g->n++;
	return len;
}

/* "COUNTxLEN[+LAST]" leaves by one call. */
static void
train(int fd, struct grams *g, const char *text)
{
	static const int none = 0;
	uint8_t buf[CHUNK + UINT16_MAX];
	unsigned count, len, last = 0;
	size_t total = 0;
	int size;

	if (sscanf(text, "%ux%u+%u", &count, &len, &last) < 2)
		errx(1, "%s: not COUNTxLEN[+LAST]", text);
	while (count-- > 0 && total < CHUNK)
		total += gram_put(g, buf + total, len);
	if (last > 0)
		total += gram_put(g, buf + total, last);
	size = total > len ? (int)len : none;
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0)
		err(1, "UDP_SEGMENT");
	if (send(fd, buf, total, 0) != (ssize_t)total)
		err(1, "%s", text);
}

static void
grams(int from, int to, char *const *text, int n)
{
	struct grams *g = xcalloc(1, sizeof(*g));
	const char *sep = "";
	unsigned i;

	join(from, to);
	for (; n > 0; n--, text++) {
		train(from, g, *text);
		grams_in(to, g, LULL_MS);
	}
	grams_in(to, g, QUIET_MS);
	printf("sent=%u got=%u bad=%u dup=%u missing=", g->n, g->got, g->bad,
	    g->dup);
	for (i = 0; i < g->n; i++) {
		if (g->seen[i])
			continue;
		printf("%s%u", sep, i);
		sep = ",";
	}
	printf("\n");
	free(g);
}

int
main(int argc, char **argv)
{
	bool tcp = argc == 7 && strcmp(argv[5], "tcp") == 0;
	int type = tcp ? SOCK_STREAM : SOCK_DGRAM;
	int from, to;

	if (argc < 7 || (!tcp && strcmp(argv[5], "udp") != 0))
		errx(1,
		    "FROM-NS TO-NS FROM-ADDR TO-ADDR tcp KIB | "
		    "udp COUNTxLEN[+LAST]...");
	from = sock_at(argv[1], argv[3], type);
	to = sock_at(argv[2], argv[4], type);
	if (tcp)
		stream(from, to, strtoul(argv[6], NULL, 10) * 1024);
	else
		grams(from, to, argv + 6, argc - 6);
	close(from);
	if (!tcp)
		close(to);
	return 0;
}
