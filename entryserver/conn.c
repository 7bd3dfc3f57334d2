#include "entryserver/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"

static void on_ready(evutil_socket_t fd, short what, void *arg);

static void
wait_for(struct conn *c, short what)
{
	if (event_initialized(&c->ev))
		event_del(&c->ev);
	if (event_assign(&c->ev, c->env->base, c->fd, what | EV_PERSIST,
		on_ready, c) < 0 ||
	    event_add(&c->ev, NULL) < 0)
		fatalx("out of memory");
}

static void
enter(struct conn *c, enum conn_state state, unsigned seconds, struct mono now)
{
	c->state = state;
	c->until = mono_add(now, (uint64_t)seconds * MONO_SEC);
	wait_for(c, state == CONN_SEND ? EV_WRITE : EV_READ);
}

/* What the kernel holds of an answer is bounded, and ends with its reader. */
static void
set_up(int fd)
{
	int one = 1, buf = CONN_SNDBUF, ms = CONN_WINDOW_S * 1000;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buf, sizeof(buf));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

struct conn *
conn_new(
    const struct conn_env *env, int fd, struct guest *guest, struct mono now)
{
	struct conn *c = xmalloc(sizeof(*c));

	/* Not the 8 KiB of in: they may be all that is never used. */
	memset(c, 0, offsetof(struct conn, in));
	c->n_in = c->looked_at = 0;
	c->out.n_head = c->out.n_body = 0;
	c->out.site = NULL;
	c->out.own = NULL;
	c->sent = c->sent_before = 0;
	c->keep = false;
	c->env = env;
	c->fd = fd;
	c->guest = guest;
	set_up(fd);
	enter(c, CONN_HEAD, CONN_HEAD_S, now);
	return c;
}

static void
drop_answer(struct conn *c)
{
	site_unref(c->out.site);
	free(c->out.own);
	c->out.site = NULL;
	c->out.own = NULL;
	c->out.n_head = c->out.n_body = 0;
	c->sent = c->sent_before = 0;
}

void
conn_free(struct conn *c)
{
	event_del(&c->ev);
	close(c->fd);
	guests_leave(c->guest);
	drop_answer(c);
	free(c);
}

/* Writes what the kernel takes: 1 all of it, 0 later, -1 broken. */
static int
send_answer(struct conn *c)
{
	struct answer *a = &c->out;
	struct iovec iov[2];
	ssize_t n;

	while (c->sent < a->n_head + a->n_body) {
		size_t head = c->sent < a->n_head ? a->n_head - c->sent : 0;
		size_t body = head > 0 ? 0 : c->sent - a->n_head;
		struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

		iov[0].iov_base = a->head + c->sent * (head > 0);
		iov[0].iov_len = head;
		/* sendmsg() only reads it */
		memcpy(&iov[1].iov_base, &(const char *){ a->body + body },
		    sizeof(iov[1].iov_base));
		iov[1].iov_len = a->n_body - body;
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? 0 : -1;
		if (n > 0)
			c->sent += (size_t)n;
	}
	return 1;
}

/* The answer to a whole request, or to what never will be one. */
static void
make_answer(struct conn *c, size_t len, struct mono now)
{
	struct http_request req = { 0 };
	enum http_status rc = HTTP_HEADERS;

	if (len > 0)
		rc = http_parse(c->in, len, &req);
	if (!guests_ask(c->env->guests, c->guest, now)) {
		rc = HTTP_TOO_MANY;
		req.keep = false;
	}
	c->keep = req.keep;
	c->env->answer(c->env->arg, rc, &req, &c->out);
	c->n_in -= len;
	c->looked_at = 0;
	memmove(c->in, c->in + len, c->n_in);
}

/* Nothing more is said; what still comes would reset what was. */
static void
begin_drain(struct conn *c, struct mono now)
{
	drop_answer(c);
	shutdown(c->fd, SHUT_WR);
	enter(c, CONN_DRAIN, CONN_DRAIN_S, now);
}

/* Answers what has been read, as far as it goes. False: close it. */
static bool
serve(struct conn *c, struct mono now)
{
	for (;;) {
		size_t len = http_head_len(c->in, c->n_in, c->looked_at);
		int rc;

		c->looked_at = c->n_in;
		if (len == 0 && c->n_in < sizeof(c->in)) {
			if (c->state != CONN_HEAD)
				enter(c, CONN_HEAD, CONN_HEAD_S, now);
			return true;
		}
		make_answer(c, len, now);
		rc = send_answer(c);
		if (rc == 0)
			enter(c, CONN_SEND, CONN_WINDOW_S, now);
		if (rc <= 0)
			return rc == 0;
		if (!c->keep) {
			begin_drain(c, now);
			return true;
		}
		drop_answer(c);
		c->until = mono_add(now, CONN_HEAD_S * (uint64_t)MONO_SEC);
	}
}

/* The answer that was under way goes on. */
static bool
go_on(struct conn *c, struct mono now)
{
	int rc = send_answer(c);

	if (rc <= 0)
		return rc == 0;
	if (!c->keep) {
		begin_drain(c, now);
		return true;
	}
	drop_answer(c);
	return serve(c, now);
}

static bool
take_input(struct conn *c, struct mono now)
{
	char rest[4096];
	bool draining = c->state == CONN_DRAIN;
	ssize_t n = draining
	    ? read(c->fd, rest, sizeof(rest))
	    : read(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	if (draining)
		return true;
	c->n_in += (size_t)n;
	return serve(c, now);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct mono now = clock_boot();

	(void)fd;
	(void)what;
	if (!(c->state == CONN_SEND ? go_on(c, now) : take_input(c, now)))
		c->env->gone(c->env->arg, c);
}

bool
conn_is_slow(struct conn *c, struct mono now)
{
	if (!mono_due(c->until, now))
		return false;
	if (c->state != CONN_SEND ||
	    c->sent - c->sent_before < CONN_WINDOW_BYTES)
		return true;
	c->sent_before = c->sent;
	c->until = mono_add(now, CONN_WINDOW_S * (uint64_t)MONO_SEC);
	return false;
}
