#include "ntkd-shim/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/xmem.h"

#define PONG_MAX 64

enum state { IDLE, GREETING, UP };

struct client {
	char *path;
	char *name;
	enum state state;
	int fd;
	struct mono deadline; /* IDLE: connect; GREETING: give up */
	uint64_t backoff_us;
	bool pong_due; /* the answer to a PING did not fit yet */
	uint32_t pong_token;
	struct mesh_hello hello;
	char why[160];
	uint8_t buf[MESH_RECORD_MAX + 1]; /* one more shows what is too long */
};

struct client *
client_new(const char *path, const char *name)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->path = xstrdup(path);
	c->name = xstrdup(name);
	c->fd = -1;
	c->backoff_us = CLIENT_BACKOFF_MIN_US;
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c->name);
	free(c);
}

int
client_fd(const struct client *c)
{
	return c->fd;
}

short
client_events(const struct client *c)
{
	return c->pong_due ? POLLIN | POLLOUT : POLLIN;
}

int
client_poll_ms(const struct client *c, struct mono now)
{
	if (c->state == UP)
		return -1;
	return (int)((mono_since(now, c->deadline) + MONO_MS - 1) / MONO_MS);
}

bool
client_is_up(const struct client *c)
{
	return c->state == UP;
}

const struct mesh_hello *
client_hello(const struct client *c)
{
	return &c->hello;
}

const char *
client_why(const struct client *c)
{
	return c->why;
}

/* Closes and arms the next attempt, each one later than the one before. */
static enum client_event
go_down(struct client *c, struct mono now)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->state = IDLE;
	c->pong_due = false;
	c->deadline = mono_add(now, c->backoff_us);
	c->backoff_us *= 2;
	if (c->backoff_us > CLIENT_BACKOFF_MAX_US)
		c->backoff_us = CLIENT_BACKOFF_MAX_US;
	return CLIENT_DOWN;
}

void
client_hang_up(struct client *c, struct mono now)
{
	c->backoff_us = CLIENT_BACKOFF_MIN_US;
	c->why[0] = '\0';
	go_down(c, now);
}

static int
send_bytes(struct client *c, const struct iovec *iov, size_t n)
{
	struct msghdr msg = { 0 };
	struct iovec parts[2] = { iov[0], n > 1 ? iov[1] : iov[0] };
	ssize_t sent;

	msg.msg_iov = parts;
	msg.msg_iovlen = n;
	do
		sent = sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int
send_rec(struct client *c, const struct mesh_rec *rec)
{
	uint8_t out[MESH_SMALL_MAX];
	struct wr w = wr_of(out, sizeof(out));
	struct iovec iov = { .iov_base = out };

	if (!mesh_write(&w, rec))
		return -EINVAL;
	iov.iov_len = w.len;
	return send_bytes(c, &iov, 1);
}

static int
send_hello(struct client *c)
{
	struct mesh_rec rec = { .type = MESH_HELLO };

	rec.u.hello.min = MESH_VERSION;
	rec.u.hello.max = MESH_VERSION;
	rec.u.hello.body_max = MESH_BODY_MAX;
	snprintf(rec.u.hello.name, sizeof(rec.u.hello.name), "%s", c->name);
	return send_rec(c, &rec);
}

/*
 * A failed write of the HELLO is no reason to close: what vplamad said
 * before it closed (REFUSED) can still be read.
 */
static bool
try_connect(struct client *c, struct mono now)
{
	int fd = unix_connect(c->path, SOCK_SEQPACKET | SOCK_NONBLOCK);

	c->fd = fd;
	if (fd < 0) {
		snprintf(c->why, sizeof(c->why), "connect to %s: %s", c->path,
		    strerror(-fd));
		go_down(c, now);
		return false;
	}
	c->why[0] = '\0';
	c->state = GREETING;
	c->deadline = mono_add(now, CLIENT_HELLO_US);
	send_hello(c);
	return true;
}

static void
flush_pong(struct client *c)
{
	struct mesh_rec rec = { .type = MESH_PONG };

	if (!c->pong_due)
		return;
	rec.u.ping.token = c->pong_token;
	if (send_rec(c, &rec) != -EAGAIN)
		c->pong_due = false; /* gone, or the connection is */
}

static enum client_event
take_refused(struct client *c, const struct mesh_refused *ref, struct mono now)
{
	snprintf(c->why, sizeof(c->why), "vplamad refused (%u): %s",
	    (unsigned)ref->code, ref->why);
	return go_down(c, now);
}

static enum client_event
take_hello(struct client *c, const struct mesh_hello *hello, struct mono now)
{
	if (hello->min > MESH_VERSION || hello->max < MESH_VERSION) {
		snprintf(c->why, sizeof(c->why),
		    "vplamad chose version %u of the mesh socket",
		    (unsigned)hello->max);
		return go_down(c, now);
	}
	c->hello = *hello;
	c->state = UP;
	c->backoff_us = CLIENT_BACKOFF_MIN_US;
	return CLIENT_UP;
}

/* Records that only a mesh daemon sends. */
static bool
is_wrong_way(uint8_t type)
{
	return type == MESH_NETDESC || type == MESH_REHOOK_DONE ||
	    type == MESH_REHOOK_FAILED;
}

/* What a record means here; CLIENT_NOTHING: it was for us alone. */
static enum client_event
take_rec(struct client *c, const struct mesh_rec *rec, struct mono now)
{
	if (rec->type == MESH_REFUSED)
		return take_refused(c, &rec->u.refused, now);
	if (c->state == GREETING && rec->type == MESH_HELLO)
		return take_hello(c, &rec->u.hello, now);
	if (c->state == GREETING || rec->type == MESH_HELLO ||
	    is_wrong_way(rec->type)) {
		snprintf(c->why, sizeof(c->why), "%s out of order",
		    mesh_type_name(rec->type));
		return go_down(c, now);
	}
	if (rec->type == MESH_PING) {
		c->pong_due = true;
		c->pong_token = rec->u.ping.token;
		flush_pong(c);
		return CLIENT_NOTHING;
	}
	return rec->type == MESH_PONG ? CLIENT_NOTHING : CLIENT_RECORD;
}

static enum client_event
take_bytes(
    struct client *c, size_t len, struct mono now, struct mesh_rec *ret_rec)
{
	const char *field = "length";
	enum mesh_parse parsed;

	parsed = mesh_parse(c->buf, len, ret_rec, &field);
	if (parsed == MESH_OK)
		return take_rec(c, ret_rec, now);
	if (parsed == MESH_UNKNOWN)
		return CLIENT_NOTHING;
	snprintf(c->why, sizeof(c->why), "bad record from vplamad: %s",
	    parsed == MESH_BAD_VERSION ? "version" : field);
	return go_down(c, now);
}

static enum client_event
lost(struct client *c, int err, struct mono now)
{
	snprintf(c->why, sizeof(c->why), "connection lost: %s",
	    err == 0 ? "closed by vplamad" : strerror(err));
	return go_down(c, now);
}

static enum client_event
no_input(struct client *c, struct mono now)
{
	if (c->state != GREETING || !mono_due(c->deadline, now))
		return CLIENT_NOTHING;
	snprintf(c->why, sizeof(c->why), "no HELLO from vplamad");
	return go_down(c, now);
}

/*
 * When vplamad closes without having read all, the first recv() says
 * ECONNRESET and what it sent before comes after that.
 */
static ssize_t
recv_rec(struct client *c)
{
	ssize_t n;
	int tries = 0;

	do
		n = recv(c->fd, c->buf, sizeof(c->buf), MSG_DONTWAIT);
	while (
	    n < 0 && (errno == EINTR || (errno == ECONNRESET && tries++ == 0)));
	return n;
}

enum client_event
client_step(struct client *c, struct mono now, struct mesh_rec *ret_rec)
{
	enum client_event ev;
	ssize_t n;

	if (c->state == IDLE &&
	    (mono_before(now, c->deadline) || !try_connect(c, now)))
		return CLIENT_NOTHING;
	flush_pong(c);
	do {
		n = recv_rec(c);
		if (n < 0 && errno == EAGAIN)
			return no_input(c, now);
		if (n <= 0)
			return lost(c, n < 0 ? errno : 0, now);
		ev = take_bytes(c, (size_t)n, now, ret_rec);
	} while (ev == CLIENT_NOTHING);
	return ev;
}

/* The earlier of two timeouts, where -1 is never. */
static int
sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Until end, rounded up so that one does not wake just before; -1: never. */
static int
left_ms(struct mono now, struct mono end)
{
	uint64_t ms = (mono_since(now, end) + MONO_MS - 1) / MONO_MS;

	if (mono_is_never(end))
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

enum client_event
client_wait(struct client *c, int timeout_ms, struct mesh_rec *ret_rec)
{
	struct mono now = clock_mono(), end = MONO_NEVER;
	enum client_event ev = client_step(c, now, ret_rec);

	if (timeout_ms >= 0)
		end = mono_add(now, (uint64_t)timeout_ms * MONO_MS);
	while (ev == CLIENT_NOTHING && !mono_due(end, now)) {
		struct pollfd pfd = { c->fd, client_events(c), 0 };

		poll(
		    &pfd, 1, sooner(client_poll_ms(c, now), left_ms(now, end)));
		now = clock_mono();
		ev = client_step(c, now, ret_rec);
	}
	return ev;
}

int
client_send(struct client *c, const uint8_t *key, size_t key_len,
    const uint8_t *body, size_t len)
{
	uint8_t head[MESH_RECORD_MAX - MESH_BODY_MAX];
	struct mesh_pkt pkt = { .provenance = MESH_INTERNAL,
		.key = key,
		.body = body,
		.len = len };
	struct iovec iov[2];

	if (c->state != UP)
		return -ENOTCONN;
	if (len == 0 || key_len > MESH_KEY_MAX)
		return -EINVAL;
	if (len > MESH_BODY_MAX || len > c->hello.body_max)
		return -EMSGSIZE;
	pkt.key_len = (uint8_t)key_len;
	mesh_pkt_head(head, &pkt);
	iov[0] = (struct iovec){ head, mesh_pkt_head_len(key_len) };
	iov[1] = (struct iovec){ (void *)(uintptr_t)body, len };
	return send_bytes(c, iov, 2);
}

static int
send_if_up(struct client *c, const struct mesh_rec *rec)
{
	return c->state == UP ? send_rec(c, rec) : -ENOTCONN;
}

int
client_netdesc(struct client *c, const struct netdesc *d)
{
	struct mesh_rec rec = { .type = MESH_NETDESC, .u.netdesc = *d };

	return send_if_up(c, &rec);
}

int
client_rehook_done(struct client *c, uint32_t id)
{
	struct mesh_rec rec = { .type = MESH_REHOOK_DONE, .u.done.id = id };

	return send_if_up(c, &rec);
}

int
client_rehook_failed(struct client *c, uint32_t id, const char *why)
{
	struct mesh_rec rec = { .type = MESH_REHOOK_FAILED, .u.failed.id = id };

	snprintf(rec.u.failed.why, sizeof(rec.u.failed.why), "%s", why);
	return send_if_up(c, &rec);
}
