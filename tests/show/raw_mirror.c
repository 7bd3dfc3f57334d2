/*
 * Packets there and back: mirror is the program at a port, which returns every
 * byte it gets as it came; probe sends into a device and compares.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "tests/rng.h"
#include "tests/show/rawpkt.h"
#include "wire/be.h"

#define FRAME_MAX 70000
#define PATIENCE_MS 2000 /* for a packet to come back */
#define AFTER_MS 200	 /* for one that comes twice */
#define PAYLOAD_MIN 40	 /* with it even a frame is as long as IPv6 */
#define PACKET_MAX 4096
#define SEED 7469

/* --- mirror --------------------------------------------------------------- */

static void
give_back(int fd)
{
	static uint8_t buf[FRAME_MAX];
	ssize_t n, at, rc;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && (errno == ENETDOWN || errno == ECONNREFUSED))
			continue;
		if (n <= 0)
			return;
		at = 0;
		while (at < n) {
			rc = write(fd, buf + at, (size_t)(n - at));
			if (rc >= 0)
				at += rc;
			else if (errno != ENOBUFS && errno != EINTR)
				break;
		}
	}
}

/* A place as the configuration writes it: a path, or address:port. */
static socklen_t
place(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct addr a;

	if (text == NULL)
		fatalx("a place is missing");
	memset(ret, 0, sizeof(*ret));
	if (text[0] == '/') {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", text);
		memcpy(ret, &un, sizeof(un));
		return sizeof(un);
	}
	if (!addr_parse(text, 0, &a))
		fatalx("no address: %s", text);
	return addr_to_sockaddr(&a, false, ret);
}

static int
join(const char *local, const char *remote, int type)
{
	struct sockaddr_storage to, at;
	socklen_t to_len = place(remote, &to);
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fatal("socket");
	if (local != NULL &&
	    bind(fd, (struct sockaddr *)&at, place(local, &at)) < 0)
		fatal("%s", local);
	if (connect(fd, (struct sockaddr *)&to, to_len) < 0)
		fatal("%s", remote);
	return fd;
}

/* We become the command; a child of it mirrors until that ends. */
static int
become(bool std, char **cmd)
{
	char number[16];
	int s[2];

	if (socketpair(AF_UNIX, std ? SOCK_STREAM : SOCK_SEQPACKET, 0, s) < 0)
		fatal("socketpair");
	switch (fork()) {
	case -1:
		fatal("fork");
	case 0:
		close(s[0]);
		give_back(s[1]);
		_exit(0);
	default:
		break;
	}
	close(s[1]);
	if (std) {
		dup2(s[0], STDIN_FILENO);
		dup2(s[0], STDOUT_FILENO);
	}
	snprintf(number, sizeof(number), "%d", s[0]);
	if (!std &&
	    (setenv("VPLAM_FD_RX", number, 1) < 0 ||
		setenv("VPLAM_FD_TX", number, 1) < 0))
		fatal("setenv");
	execv(cmd[0], cmd);
	fatal("%s", cmd[0]);
}

static const struct {
	const char *name;
	int type;
	bool bound;
} sockets[] = {
	{ "udp", SOCK_DGRAM, true },
	{ "tcp", SOCK_STREAM, false },
	{ "unix-stream", SOCK_STREAM, false },
	{ "unix-dgram", SOCK_DGRAM, true },
	{ "unix-seqpacket", SOCK_SEQPACKET, false },
};

int
raw_mirror(const struct args *a)
{
	char **rest = a->rest;
	const char *how = rest[0];
	size_t i;

	if (how == NULL || rest[1] == NULL)
		fatalx("a mirror of what?");
	if (strcmp(how, "stdio") == 0 || strcmp(how, "fd") == 0)
		return become(strcmp(how, "stdio") == 0, rest + 1);
	if (strcmp(how, "device") == 0)
		give_back(raw_open(rest[1], true));
	for (i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (strcmp(how, sockets[i].name) == 0)
			give_back(join(sockets[i].bound ? rest[1] : NULL,
			    rest[1 + sockets[i].bound], sockets[i].type));
	fatalx("%s: no more of it", how);
}

/* --- probe ---------------------------------------------------------------- */

struct tally {
	unsigned sent, same, changed, more;
};

/* One of ours, by its heads? */
static bool
is_ours(const struct args *a, const uint8_t *p, size_t len)
{
	size_t l3 = a->way[PREFIX_MAC].given ? 14 : 0;

	if (len < l3 + 40)
		return false;
	if (!raw_is_ip(a))
		return be16_get(p + 12) == RAW_TYPE;
	return p[l3] >> 4 == 4 ? p[l3 + 9] == RAW_PROTO
			       : p[l3 + 6] == RAW_PROTO;
}

/* The next of ours within ms; its length, or 0. */
static size_t
hear(const struct args *a, int fd, int ms, uint8_t *p)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	ssize_t n;

	while (poll(&pfd, 1, ms) > 0) {
		n = recv(fd, p, FRAME_MAX, 0);
		if (n > 0 && is_ours(a, p, (size_t)n))
			return (size_t)n;
	}
	return 0;
}

static void
one(const struct args *a, int fd, unsigned i, struct rng *r, struct tally *t)
{
	static uint8_t back[FRAME_MAX];
	uint8_t data[PACKET_MAX], p[PACKET_MAX];
	struct wr w = wr_of(p, sizeof(p));
	size_t len = PAYLOAD_MIN + rng_below(r, a->max - PAYLOAD_MIN + 1);
	size_t got;

	if (i < 2)
		len = i == 0 ? PAYLOAD_MIN : a->max;
	rng_fill(r, data, len);
	raw_write(a, i, data, len, &w);
	if (send(fd, p, w.len, 0) != (ssize_t)w.len)
		fatal("%s: send of %zu bytes", a->device, w.len);
	t->sent++;
	got = hear(a, fd, PATIENCE_MS, back);
	if (got == w.len && memcmp(back, p, w.len) == 0)
		t->same++;
	else if (got > 0)
		t->changed++;
}

int
raw_probe(const struct args *a)
{
	uint8_t *p = calloc(1, FRAME_MAX);
	int fd = raw_open(a->device, true);
	struct rng r = { SEED };
	struct tally t = { 0 };
	unsigned i;

	if (p == NULL)
		fatal("calloc");
	/* Two without an answer say enough. */
	for (i = 0; i < a->n && t.sent - t.same - t.changed < 2; i++)
		one(a, fd, i, &r, &t);
	while (hear(a, fd, AFTER_MS, p) > 0)
		t.more++;
	printf("sent %u same %u changed %u more %u\n", t.sent, t.same,
	    t.changed, t.more);
	free(p);
	close(fd);
	return 0;
}
