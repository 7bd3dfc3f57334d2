/*
 * udpblast: numbered datagrams out, and what came of them.
 *
 * As a sender it sends -n datagrams to the target and counts the answers; as
 * a receiver (-l) it counts what comes, and sends it back with -e. Every
 * datagram is a function of its number, so that a changed bit is noticed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mono.h"
#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "tests/tool.h"

#define SIZE_MIN 8
#define SIZE_MAX_UDP 65507
#define NUMBERS_MAX (1u << 24)
#define SOURCES_MAX 64

struct tally {
	uint64_t received, unique, dup, bad;
	uint64_t late;	 /* came after one with a higher number */
	uint64_t digest; /* of the set of numbers, whatever their order */
	uint32_t top;
	uint8_t *seen; /* one bit for each number */
	struct addr source[SOURCES_MAX];
	unsigned sources;
};

struct blast {
	int fd;
	bool echo;
	uint32_t n; /* datagrams to send */
	uint32_t sent;
	double rate; /* a second */
	size_t size;
	uint64_t idle_us; /* ends when so long nothing came */
	struct tally got;
	uint8_t buf[SIZE_MAX_UDP + 1];
};

static uint64_t
mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The number, half of its hash, and the rest repeats the hash. */
static void
fill(uint8_t *p, size_t len, uint32_t number)
{
	uint64_t h = mix(number + 0x9e3779b97f4a7c15u);
	struct wr w = wr_of(p, len);

	wr_be32(&w, number);
	while (w.len < len)
		wr_u8(&w, (uint8_t)(h >> (8 * (w.len % 8))));
}

static bool
check(const uint8_t *p, size_t len, uint32_t *ret)
{
	uint8_t want[SIZE_MAX_UDP];
	struct rd r = rd_of(p, len);

	if (len < SIZE_MIN || len > sizeof(want) || !rd_be32(&r, ret) ||
	    *ret >= NUMBERS_MAX)
		return false;
	fill(want, len, *ret);
	return memcmp(p, want, len) == 0;
}

static void
note_source(struct tally *t, const struct sockaddr_storage *ss)
{
	struct addr a;
	unsigned i;

	if (!addr_from_sockaddr((const struct sockaddr *)ss, &a))
		return;
	for (i = 0; i < t->sources; i++)
		if (addr_equal(&t->source[i], &a))
			return;
	if (t->sources < SOURCES_MAX)
		t->source[t->sources++] = a;
}

static void
note(struct tally *t, const uint8_t *p, size_t len)
{
	uint32_t number;
	uint8_t bit;

	t->received++;
	if (!check(p, len, &number)) {
		t->bad++;
		return;
	}
	bit = (uint8_t)(1u << (number % 8));
	if ((t->seen[number / 8] & bit) != 0) {
		t->dup++;
		return;
	}
	t->seen[number / 8] |= bit;
	t->unique++;
	t->digest += mix(number + 1u);
	if (number < t->top)
		t->late++;
	else
		t->top = number;
}

/* Takes all that waits; false when nothing did. */
static bool
drain(struct blast *b)
{
	struct sockaddr_storage ss;
	socklen_t len;
	bool any = false;
	ssize_t n;

	for (;;) {
		len = sizeof(ss);
		n = recvfrom(b->fd, b->buf, sizeof(b->buf), MSG_DONTWAIT,
		    (struct sockaddr *)&ss, &len);
		if (n < 0 && errno == ECONNREFUSED)
			continue; /* the ICMP answer to something sent */
		if (n < 0)
			return any;
		any = true;
		note(&b->got, b->buf, (size_t)n);
		note_source(&b->got, &ss);
		if (b->echo)
			(void)sendto(b->fd, b->buf, (size_t)n, MSG_DONTWAIT,
			    (struct sockaddr *)&ss, len);
	}
}

static void
send_due(struct blast *b, struct mono start, struct mono now)
{
	double due = (double)mono_since(start, now) / MONO_SEC * b->rate + 1;

	while (b->sent < b->n && b->sent < due) {
		fill(b->buf, b->size, b->sent);
		if (send(b->fd, b->buf, b->size, 0) < 0 &&
		    errno != ECONNREFUSED)
			fatal("send");
		b->sent++;
	}
}

/* A receiver waits for its first datagram as long as it takes. */
static void
blast_run(struct blast *b)
{
	struct pollfd pfd[2] = { { b->fd, POLLIN, 0 },
		{ tool_signals(), POLLIN, 0 } };
	struct mono start = tool_now(), last = start, now;

	while (pfd[1].revents == 0) {
		if (poll(pfd, 2, b->sent < b->n ? 1 : 10) < 0 && errno != EINTR)
			fatal("poll");
		now = tool_now();
		if (b->sent < b->n) {
			send_due(b, start, now);
			last = now;
		}
		if (drain(b))
			last = now;
		if ((b->n > 0 || b->got.received > 0) &&
		    mono_since(last, now) >= b->idle_us)
			break;
	}
	close(pfd[1].fd);
}

static void
blast_open(struct blast *b, const char *text, bool listen)
{
	struct addr a = tool_addr(text);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&a, false, &ss);

	b->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (b->fd < 0)
		fatal("socket");
	tool_buffer(b->fd);
	if ((listen ? bind : connect)(b->fd, (struct sockaddr *)&ss, len) < 0)
		fatal("%s", text);
}

static void
report(const struct blast *b)
{
	const struct tally *t = &b->got;

	printf("sent=%u received=%llu unique=%llu dup=%llu late=%llu bad=%llu "
	       "missing=%lld sources=%u digest=%016llx\n",
	    b->sent, (unsigned long long)t->received,
	    (unsigned long long)t->unique, (unsigned long long)t->dup,
	    (unsigned long long)t->late, (unsigned long long)t->bad,
	    b->n > 0 ? (long long)b->n - (long long)t->unique : 0, t->sources,
	    (unsigned long long)t->digest);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: udpblast [-n count] [-r rate] [-s size] [-w idle-ms] "
	    "target\n"
	    "       udpblast -l address [-e] [-w idle-ms]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	struct blast *b = xcalloc(1, sizeof(*b));
	const char *listen = NULL;
	bool fit;
	int c;

	log_init("udpblast", LOG_LV_INFO);
	*b = (struct blast){
		.n = 100, .rate = 1000, .size = 64, .idle_us = 500 * MONO_MS
	};
	while ((c = getopt(argc, argv, "el:n:r:s:w:")) != -1) {
		if (c == 'e')
			b->echo = true;
		else if (c == 'l')
			listen = optarg;
		else if (c == 'n')
			b->n = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			b->rate = strtod(optarg, NULL);
		else if (c == 's')
			b->size = strtoul(optarg, NULL, 10);
		else if (c == 'w')
			b->idle_us = strtoul(optarg, NULL, 10) * MONO_MS;
		else
			usage();
	}
	fit = b->n > 0 && b->n <= NUMBERS_MAX && b->rate > 0 &&
	    b->size >= SIZE_MIN && b->size <= SIZE_MAX_UDP;
	if (!fit || argc - optind != (listen != NULL ? 0 : 1))
		usage();
	if (listen != NULL)
		b->n = 0;
	b->got.seen = xcalloc(NUMBERS_MAX / 8, 1);
	blast_open(b, listen != NULL ? listen : argv[optind], listen != NULL);
	if (listen != NULL) {
		printf("ready\n");
		fflush(stdout);
	}
	blast_run(b);
	report(b);
	close(b->fd);
	free(b->got.seen);
	free(b);
	return 0;
}
