/* The side that takes what is sent, compares it, and says when it came. */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mono.h"
#include "tests/show/mtulab.h"
#include "tests/tool.h"
#include "wire/be.h"

#define STREAMS 64
#define DEVICES 4

/* One connection; what is marked begins anew with each "mark NUMBER". */
struct stream {
	int fd; /* -1: free */
	char from[INET6_ADDRSTRLEN];
	uint64_t bytes, marked;
	bool bad;
	struct mono last;
	uint64_t gap_us;
};

struct sink {
	int udp, listener, done;
	struct stream stream[STREAMS];
	int dev[DEVICES];
	unsigned n_dev;
	unsigned frames, bad; /* frames since the last mark */
	size_t longest;
	struct tool_input in;
};

static int
bound(int type, uint16_t port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int no = 0, yes = 1;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		err(1, "port %u", port);
	return fd;
}

static int
tapped(const char *dev)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(LAB_ETHERTYPE) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    htons(LAB_ETHERTYPE));

	at.sll_ifindex = (int)if_nametoindex(dev);
	if (fd < 0 || at.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		err(1, "device %s", dev);
	tool_buffer(fd);
	return fd;
}

static void
take_datagrams(struct sink *s)
{
	uint8_t buf[65536], ack[LAB_ACK];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint32_t number;
	ssize_t n;

	while ((n = recvfrom(s->udp, buf, sizeof(buf), 0,
		    (struct sockaddr *)&from, &from_len)) >= 0) {
		bool ok = lab_is_filled(buf, (size_t)n, &number);

		if (n >= 4) {
			be32_put(ack, number);
			be32_put(ack + 4, ok);
			(void)sendto(s->udp, ack, sizeof(ack), 0,
			    (struct sockaddr *)&from, from_len);
		}
		from_len = sizeof(from);
	}
}

static void
take_frames(struct sink *s, int fd)
{
	uint8_t buf[65536];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	uint32_t number;
	ssize_t n;

	while ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
		    &from_len)) >= 0) {
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (!lab_is_filled(buf, (size_t)n, &number)) {
			s->bad++;
			continue;
		}
		s->frames++;
		if ((size_t)n > s->longest)
			s->longest = (size_t)n;
	}
}

static void
take_connection(struct sink *s)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	int fd = accept4(s->listener, (struct sockaddr *)&from, &len,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct stream *st = s->stream;

	if (fd < 0)
		return;
	while (st < s->stream + STREAMS && st->fd >= 0)
		st++;
	if (st == s->stream + STREAMS)
		errx(1, "too many streams");
	*st = (struct stream){ .fd = fd, .last = tool_now() };
	inet_ntop(
	    AF_INET6, &from.sin6_addr, st->from, (socklen_t)sizeof(st->from));
}

static void
note_gap(struct stream *st)
{
	struct mono now = tool_now();
	uint64_t us = mono_since(st->last, now);

	if (us > st->gap_us)
		st->gap_us = us;
	st->last = now;
}

/* At the end the sender is told how much came, and whether it was right. */
static void
end_stream(struct stream *st)
{
	uint8_t verdict[12];

	be32_put(verdict, (uint32_t)(st->bytes >> 32));
	be32_put(verdict + 4, (uint32_t)st->bytes);
	be32_put(verdict + 8, !st->bad);
	(void)send(st->fd, verdict, sizeof(verdict), MSG_NOSIGNAL);
	close(st->fd);
	st->fd = -1;
}

static void
take_stream(struct stream *st)
{
	uint8_t buf[65536];
	ssize_t n, i;

	while ((n = recv(st->fd, buf, sizeof(buf), 0)) > 0) {
		note_gap(st);
		for (i = 0; i < n; i++)
			st->bad |= buf[i] != lab_byte(st->bytes + (uint64_t)i);
		st->bytes += (uint64_t)n;
	}
	if (n == 0)
		end_stream(st);
}

static bool
on_command(void *arg, const char *line)
{
	struct sink *s = arg;
	struct stream *st;
	unsigned number;
	char more;

	if (sscanf(line, "mark %u%c", &number, &more) != 1)
		return false;
	for (st = s->stream; st < s->stream + STREAMS; st++) {
		if (st->fd < 0)
			continue;
		note_gap(st);
		printf("flow number=%u from=%s gap_ms=%llu bytes=%llu bad=%d\n",
		    number, st->from, (unsigned long long)st->gap_us / 1000,
		    (unsigned long long)(st->bytes - st->marked), st->bad);
		st->gap_us = 0;
		st->marked = st->bytes;
	}
	printf("mark number=%u frames=%u longest=%zu bad=%u\n", number,
	    s->frames, s->longest, s->bad);
	fflush(stdout);
	s->frames = s->bad = 0;
	s->longest = 0;
	return true;
}

/* Waits once; false when it is over. */
static bool
serve(struct sink *s)
{
	struct pollfd pfd[4 + DEVICES + STREAMS] = {
		{ s->done, POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 },
		{ s->udp, POLLIN, 0 },
		{ s->listener, POLLIN, 0 },
	};
	struct pollfd *dev = pfd + 4, *stream = dev + s->n_dev;
	unsigned i;

	for (i = 0; i < s->n_dev; i++)
		dev[i] = (struct pollfd){ s->dev[i], POLLIN, 0 };
	for (i = 0; i < STREAMS; i++)
		stream[i] = (struct pollfd){ s->stream[i].fd, POLLIN, 0 };
	tool_wait(pfd, 4 + s->n_dev + STREAMS, MONO_NEVER);
	take_datagrams(s);
	for (i = 0; i < s->n_dev; i++)
		take_frames(s, s->dev[i]);
	for (i = 0; i < STREAMS; i++)
		if (stream[i].revents != 0)
			take_stream(&s->stream[i]);
	if (pfd[3].revents != 0)
		take_connection(s);
	if (pfd[1].revents != 0 && !tool_commands(&s->in, on_command, s))
		return false;
	return pfd[0].revents == 0;
}

int
lab_sink(const char *port, char **dev)
{
	struct sink s = { .done = tool_signals() };
	uint16_t number = (uint16_t)strtoul(port, NULL, 10);
	unsigned i;

	s.udp = bound(SOCK_DGRAM, number);
	tool_buffer(s.udp);
	s.listener = bound(SOCK_STREAM, number);
	if (listen(s.listener, STREAMS) < 0)
		err(1, "listen");
	for (; *dev != NULL && s.n_dev < DEVICES; dev++)
		s.dev[s.n_dev++] = tapped(*dev);
	for (i = 0; i < STREAMS; i++)
		s.stream[i].fd = -1;
	while (serve(&s))
		continue;
	return 0;
}
