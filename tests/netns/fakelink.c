#include "tests/netns/fakelink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wr.h"
#include "tests/tool.h"

const char *
fake_text(uint32_t ip, char buf[static FAKE_TEXT])
{
	snprintf(buf, FAKE_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255,
	    ip >> 8 & 255, ip & 255);
	return buf;
}

uint32_t
fake_ip(const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		fatalx("no address: %s", text);
	return ntohl(in.s_addr);
}

void
fake_ip_cmd(const char *fmt, ...)
{
	char cmd[256] = "ip ";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd + 3, sizeof(cmd) - 3, fmt, ap);
	va_end(ap);
	if (system(cmd) != 0)
		log_info("failed: %s", cmd);
}

static struct sockaddr_in
to_sin(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ip) };
}

static int
bound(const char *dev, int type, uint16_t port)
{
	struct sockaddr_in sin = to_sin(INADDR_ANY, port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    (dev != NULL &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
		    (socklen_t)strlen(dev)) < 0) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		fatal("port %u", (unsigned)port);
	return fd;
}

void
fakelink_open(struct fakelink *l, const char *dev, enum ntk_wire wire)
{
	*l = (struct fakelink){ .dev = dev, .wire = wire };
	l->radar = bound(dev, SOCK_DGRAM, FAKE_PORT);
	l->shout = bound(dev, SOCK_DGRAM, 0);
	l->listener = bound(NULL, SOCK_STREAM, FAKE_PORT);
	if (listen(l->listener, 16) < 0)
		fatal("listen");
}

void
fakelink_address(const struct fakelink *l, uint32_t ip)
{
	char text[FAKE_TEXT];

	fake_text(ip, text);
	fake_ip_cmd("link set %s down", l->dev);
	fake_ip_cmd("-4 addr flush dev %s", l->dev);
	fake_ip_cmd("link set %s up", l->dev);
	fake_ip_cmd("addr add %s/%d brd + dev %s", text,
	    ip >> 24 == 10 ? 8 : 12, l->dev);
}

size_t
fake_packet(const struct fakelink *l, uint8_t op, uint8_t flags, uint32_t id,
    const uint8_t *body, size_t len, uint8_t *out, size_t max)
{
	struct wr w = wr_of(out, max);
	struct ntk_head head = {
		.id = id, .flags = flags, .op = op, .size = len
	};

	ntk_put_head(&w, l->wire, &head);
	wr_bytes(&w, body, len);
	return wr_ok(&w) ? w.len : 0;
}

static bool
say(int fd, uint32_t to, const uint8_t *p, size_t len)
{
	struct sockaddr_in sin = to_sin(to, FAKE_PORT);

	return sendto(fd, p, len, 0, (struct sockaddr *)&sin, sizeof(sin)) ==
	    (ssize_t)len;
}

bool
fakelink_shout(const struct fakelink *l, const uint8_t *p, size_t len)
{
	return say(l->shout, INADDR_BROADCAST, p, len);
}

bool
fakelink_say(
    const struct fakelink *l, uint32_t to, const uint8_t *p, size_t len)
{
	return say(l->radar, to, p, len);
}

/* --- connections ------------------------------------------------------------
 */

static bool
ready(int fd, short events, int ms)
{
	struct pollfd pfd = { fd, events, 0 };

	return poll(&pfd, 1, ms) == 1;
}

static int
dial(uint32_t from, uint32_t to, int ms)
{
	struct sockaddr_in src = to_sin(from, 0), dst = to_sin(to, FAKE_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    err = 0;
	socklen_t len = sizeof(err);

	if (bind(fd, (struct sockaddr *)&src, sizeof(src)) == 0 &&
	    (connect(fd, (struct sockaddr *)&dst, sizeof(dst)) == 0 ||
		errno == EINPROGRESS) &&
	    ready(fd, POLLOUT, ms) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0)
		return fd;
	close(fd);
	return -1;
}

bool
fakeconn_open(struct fakeconn *c, const struct fakelink *l, uint32_t from,
    uint32_t to, int ms)
{
	struct ntk_packet pkt;
	const uint8_t *p;
	const char *field;
	size_t len;

	c->fd = dial(from, to, ms);
	c->peer = to;
	c->len = 0;
	if (c->fd < 0)
		return false;
	p = fakeconn_next(c, l, ms, &len);
	if (p != NULL && ntk_parse(p, len, &pkt, &field) &&
	    pkt.op == NTK_ACK_AFFERMATIVE)
		return true;
	fakeconn_close(c);
	return false;
}

void
fakeconn_close(struct fakeconn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

bool
fakeconn_send(const struct fakeconn *c, const uint8_t *p, size_t len)
{
	return send(c->fd, p, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* A whole packet that is there is moved out of the way by the next call. */
static const uint8_t *
cut(struct fakeconn *c, const struct fakelink *l, size_t *ret_len)
{
	return ntk_cut(c->buf, c->len, l->wire, ret_len) == NTK_CUT_WHOLE
	    ? c->buf
	    : NULL;
}

static void
forget(struct fakeconn *c, const struct fakelink *l)
{
	size_t len;

	if (cut(c, l, &len) == NULL)
		return;
	c->len -= len;
	memmove(c->buf, c->buf + len, c->len);
}

static bool
fill(struct fakeconn *c)
{
	ssize_t n =
	    recv(c->fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);

	if (n > 0)
		c->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

const uint8_t *
fakeconn_next(
    struct fakeconn *c, const struct fakelink *l, int ms, size_t *ret_len)
{
	struct mono end = mono_add(tool_now(), (uint64_t)ms * MONO_MS);
	const uint8_t *p;

	forget(c, l);
	for (;;) {
		p = cut(c, l, ret_len);
		ms = (int)(mono_since(tool_now(), end) / MONO_MS);
		if (p != NULL || !ready(c->fd, POLLIN, ms) || !fill(c))
			return p;
	}
}

bool
fakeconn_poll(struct fakeconn *c, const struct fakelink *l, const uint8_t **ret,
    size_t *ret_len)
{
	bool alive;

	forget(c, l);
	alive = fill(c);
	*ret = cut(c, l, ret_len);
	return alive || *ret != NULL;
}
