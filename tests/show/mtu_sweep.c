/* The side that sends: packets of many sizes, and streams. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mono.h"
#include "tests/show/mtulab.h"
#include "tests/tool.h"
#include "wire/be.h"

#define SIZES 64
#define REGULAR 20		/* of them, evenly over the range */
#define SMALLEST 80		/* bytes of IP */
#define LIMIT_US (3 * MONO_SEC) /* then it is a black hole */
#define ROUND_US (60 * MONO_MS) /* then what is missing is sent again */
#define STREAM_BYTES 300000
#define STREAM_LIMIT_S 10

/* A packet of some size on its way, and what became of it. */
struct probe {
	size_t size; /* bytes of IP */
	bool passed;
	size_t told; /* "too big", make it this; 0: not said */
};

struct sweep {
	int fd;
	size_t head; /* bytes of IP and UDP */
	struct probe probe[SIZES];
	unsigned n, bad;
	size_t told; /* the last that was said; 0: nothing was */
};

static struct addrinfo *
resolved(const char *addr, const char *port, int type)
{
	const struct addrinfo hints = { .ai_socktype = type,
		.ai_flags = AI_NUMERICHOST };
	struct addrinfo *ai;

	if (getaddrinfo(addr, port, &hints, &ai) != 0)
		errx(2, "%s: no address", addr);
	return ai;
}

/*
 * A socket whose packets are as long as they are asked to be, whatever the
 * kernel has heard of the path before.
 */
static int
udp_socket(const struct addrinfo *ai, bool df)
{
	int fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int how = df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_INTERFACE;
	int how6 = df ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_INTERFACE;
	const int yes = 1, room = 1 << 20;
	bool v4 = ai->ai_family == AF_INET;

	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) < 0 ||
	    (v4 ? setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof(how))
		: setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how6,
		      sizeof(how6))) < 0 ||
	    (v4 ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof(yes))
		: setsockopt(
		      fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof(yes))) < 0)
		err(1, "UDP socket");
	return fd;
}

/* Size is to be tried, if need be once more. */
static void
ask(struct sweep *s, size_t size, size_t max)
{
	unsigned i = 0;

	if (size < SMALLEST || size > max)
		return;
	while (i < s->n && s->probe[i].size != size)
		i++;
	if (i == SIZES)
		return;
	s->probe[i] = (struct probe){ .size = size };
	if (i == s->n)
		s->n++;
}

static bool
is_open(const struct probe *p)
{
	return !p->passed && p->told == 0;
}

static unsigned
n_open(const struct sweep *s)
{
	unsigned i, n = 0;

	for (i = 0; i < s->n; i++)
		n += is_open(&s->probe[i]);
	return n;
}

static void
send_open(struct sweep *s)
{
	uint8_t buf[LAB_PACKET_MAX];
	unsigned i;

	for (i = 0; i < s->n; i++) {
		size_t len = s->probe[i].size - s->head;

		if (!is_open(&s->probe[i]))
			continue;
		lab_fill(buf, len, i);
		/* an error that waits is told first, and then it is gone */
		if (send(s->fd, buf, len, 0) < 0)
			(void)send(s->fd, buf, len, 0);
	}
}

static void
take_acks(struct sweep *s)
{
	uint8_t ack[LAB_ACK];
	uint32_t number;

	while (recv(s->fd, ack, sizeof(ack), MSG_DONTWAIT) == LAB_ACK) {
		number = be32_get(ack);
		if (number >= s->n)
			continue;
		s->bad += be32_get(ack + 4) != 1;
		s->probe[number].passed = true;
	}
}

/* What was said of a packet of ours: 0, or the size it should have. */
static size_t
size_told(struct msghdr *mh)
{
	struct sock_extended_err e;
	struct cmsghdr *cm;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (!(cm->cmsg_level == IPPROTO_IP &&
			cm->cmsg_type == IP_RECVERR) &&
		    !(cm->cmsg_level == IPPROTO_IPV6 &&
			cm->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&e, CMSG_DATA(cm), sizeof(e));
		if (e.ee_errno == EMSGSIZE && e.ee_info > 0)
			return e.ee_info;
	}
	return 0;
}

static void
take_errors(struct sweep *s)
{
	uint8_t data[LAB_PACKET_MAX];
	_Alignas(struct cmsghdr) uint8_t ctl[512];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr mh;
	ssize_t n;

	for (;;) {
		uint32_t number;
		size_t told;

		mh = (struct msghdr){ .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = ctl,
			.msg_controllen = sizeof(ctl) };
		n = recvmsg(s->fd, &mh, MSG_ERRQUEUE | MSG_DONTWAIT);
		if (n < 0)
			return;
		told = size_told(&mh);
		number = n >= 4 ? be32_get(data) : SIZES;
		if (told > 0 && number < s->n && told < s->probe[number].size)
			s->probe[number].told = s->told = told;
	}
}

/* One round: all that is open is sent, and given its time. */
static void
play(struct sweep *s)
{
	struct mono end = mono_add(tool_now(), ROUND_US);
	struct pollfd pfd = { s->fd, POLLIN, 0 };

	send_open(s);
	while (n_open(s) > 0 && mono_before(tool_now(), end)) {
		tool_wait(&pfd, 1, end);
		take_errors(s);
		take_acks(s);
	}
}

/*
 * Who is told a size may rely on it: it passes, and one byte more does not.
 * What was said before the path had been found out does not count any more.
 */
static void
ask_again(struct sweep *s, size_t max, struct mono end)
{
	size_t told = 0;

	while (s->told != told && mono_before(tool_now(), end)) {
		told = s->told;
		ask(s, told, max);
		ask(s, told + 1, max);
		while (n_open(s) > 0 && mono_before(tool_now(), end))
			play(s);
	}
}

static bool
report(const struct sweep *s, const char *addr, bool df, struct mono began)
{
	size_t largest = 0;
	unsigned i, passed = 0;

	for (i = 0; i < s->n; i++) {
		passed += s->probe[i].passed;
		if (s->probe[i].passed && s->probe[i].size > largest)
			largest = s->probe[i].size;
	}
	printf("sizes to=%s df=%d sent=%u passed=%u lost=%u bad=%u largest=%zu "
	       "told=%zu ms=%llu\n",
	    addr, df, s->n, passed, n_open(s), s->bad, largest, s->told,
	    (unsigned long long)mono_since(began, tool_now()) / 1000);
	return n_open(s) == 0 && s->bad == 0;
}

static bool
sizes(const char *addr, const char *port, bool df, size_t max)
{
	struct addrinfo *ai = resolved(addr, port, SOCK_DGRAM);
	struct sweep s = { .fd = udp_socket(ai, df),
		.head = ai->ai_family == AF_INET ? 20 + 8 : 40 + 8 };
	struct mono began = tool_now(), end = mono_add(began, LIMIT_US);
	unsigned i;
	bool ok;

	for (i = 0; i <= REGULAR; i++)
		ask(&s, SMALLEST + (max - SMALLEST) * i / REGULAR, max);
	ask(&s, max - 1, max);
	ask(&s, 1280, max); /* what IPv6 may rely on */
	ask(&s, 1281, max);
	ask(&s, 576, max);
	while (n_open(&s) > 0 && mono_before(tool_now(), end))
		play(&s);
	ask_again(&s, max, end);
	ok = report(&s, addr, df, began);
	close(s.fd);
	freeaddrinfo(ai);
	return ok;
}

static bool
send_stream(int fd, uint64_t bytes)
{
	uint8_t buf[65536];
	uint64_t at = 0, i, n;
	ssize_t sent;

	while (at < bytes) {
		n = bytes - at < sizeof(buf) ? bytes - at : sizeof(buf);
		for (i = 0; i < n; i++)
			buf[i] = lab_byte(at + i);
		sent = send(fd, buf, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += (uint64_t)sent;
	}
	return shutdown(fd, SHUT_WR) == 0;
}

static bool
verdict(int fd, uint64_t bytes)
{
	uint8_t got[12];

	if (recv(fd, got, sizeof(got), MSG_WAITALL) != sizeof(got))
		return false;
	return ((uint64_t)be32_get(got) << 32 | be32_get(got + 4)) == bytes &&
	    be32_get(got + 8) == 1;
}

bool
lab_stream(const char *addr, const char *port, uint64_t bytes, unsigned rate)
{
	struct addrinfo *ai = resolved(addr, port, SOCK_STREAM);
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval limit = { .tv_sec = STREAM_LIMIT_S };
	struct mono began = tool_now();
	bool ok;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) <
		0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) <
		0 ||
	    (rate > 0 &&
		setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
		    sizeof(rate)) < 0))
		err(1, "TCP socket");
	ok = connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    send_stream(fd, bytes) && verdict(fd, bytes);
	printf("stream to=%s bytes=%llu whole=%d ms=%llu\n", addr,
	    (unsigned long long)bytes, ok,
	    (unsigned long long)mono_since(began, tool_now()) / 1000);
	fflush(stdout);
	close(fd);
	freeaddrinfo(ai);
	return ok;
}

int
lab_sweep(const char *port, const char *max_text, char **addr)
{
	size_t max = strtoul(max_text, NULL, 10);
	bool ok = true;

	if (max < 1280 || max > LAB_PACKET_MAX)
		errx(2, "sweep: bad length");
	for (; *addr != NULL; addr++) {
		bool v4 = strchr(*addr, ':') == NULL;

		ok &= sizes(*addr, port, true, max);
		if (v4)
			ok &= sizes(*addr, port, false, max);
		ok &= lab_stream(*addr, port, STREAM_BYTES, 0);
	}
	return ok ? 0 : 1;
}
