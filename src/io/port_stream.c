#include "io/port_stream.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "io/port_link.h"

#define MODE 0660
#define BACKLOG 16
#define GONE_MS 60000 /* who takes nothing for so long is not there */

enum state {
	IDLE,	 /* waits for the timer, or for who connects */
	DIALING, /* waits for the other side, or for the timer */
	CONNECTED
};

struct port_stream {
	struct port port;
	struct port_conf conf;
	int type;      /* SOCK_STREAM or SOCK_SEQPACKET */
	int listen_fd; /* -1: this one connects */
	struct watch listen_watch;
	enum state state;
	int fd; /* unless IDLE */
	struct watch dialing;
	struct event *timer;
	unsigned wait; /* seconds until the next attempt */
	bool told;     /* the operator knows that it is down */
	struct port_link link;
	struct hook reap;
};

static bool
is_tcp(const struct port_stream *p)
{
	return p->conf.kind == PORT_TCP;
}

static void
tcp_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
		log_debug("socket option %d: %s", name, strerror(errno));
}

/* Who vanishes without a word must not keep the place for ever. */
static void
tcp_tune(int fd)
{
	tcp_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	tcp_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	tcp_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	tcp_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	tcp_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	/* probes stop while data is under way; that would be tried for long */
	tcp_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, GONE_MS);
}

static const char *
where(const struct port_stream *p, char buf[static PORT_PATH])
{
	_Static_assert(PORT_PATH >= ADDR_TEXT, "an address must fit");

	if (is_tcp(p))
		return addr_format(&p->conf.remote, buf);
	return p->conf.remote_path;
}

static void
timer_set(struct port_stream *p, unsigned s)
{
	const struct timeval tv = { .tv_sec = (time_t)s };

	if (evtimer_add(p->timer, &tv) < 0)
		fatalx("out of memory for a timer");
}

static void
connected(struct port_stream *p, int fd)
{
	enum link_form form =
	    p->type == SOCK_STREAM ? LINK_STREAM : LINK_SEQPACKET;

	if (is_tcp(p))
		tcp_tune(fd);
	p->fd = fd;
	p->state = CONNECTED;
	p->wait = PORT_RETRY_MIN;
	port_link_open(
	    &p->link, &p->port, p->conf.ethernet, fd, form, fd, form);
}

/* The attempt failed, or the connection broke. */
static void
try_later(struct port_stream *p, int error)
{
	char buf[PORT_PATH];

	if (!p->told)
		log_info("port %s: no connection to %s: %s", p->port.ops->name,
		    where(p, buf), strerror(error));
	p->told = true;
	p->state = IDLE;
	timer_set(p, p->wait);
	p->wait *= 2;
	if (p->wait > PORT_RETRY_MAX)
		p->wait = PORT_RETRY_MAX;
}

static void
dialed(struct port_stream *p, int fd)
{
	char buf[PORT_PATH];

	evtimer_del(p->timer);
	log_info("port %s: connected to %s", p->port.ops->name, where(p, buf));
	p->told = false;
	connected(p, fd);
}

/*
 * A local port that is dialled again and again while nobody listens is one day
 * chosen as the source as well: then TCP connects the socket to itself.
 */
static bool
is_self(int fd)
{
	struct sockaddr_storage us = { 0 }, them = { 0 };
	socklen_t us_len = sizeof(us), them_len = sizeof(them);

	return getsockname(fd, (struct sockaddr *)&us, &us_len) == 0 &&
	    getpeername(fd, (struct sockaddr *)&them, &them_len) == 0 &&
	    us_len == them_len && memcmp(&us, &them, us_len) == 0;
}

static void
on_dialed(void *arg, struct turn *t)
{
	struct port_stream *p = arg;
	int error = 0, fd = p->fd;
	socklen_t len = sizeof(error);

	(void)t;
	watch_fini(&p->dialing);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == 0 && is_self(fd))
		error = ECONNREFUSED;
	if (error == 0) {
		dialed(p, fd);
		return;
	}
	close(fd);
	try_later(p, error);
}

static void
dial_unix(struct port_stream *p)
{
	int fd = unix_connect(p->conf.remote_path, p->type | SOCK_NONBLOCK);

	if (fd < 0)
		try_later(p, -fd);
	else
		dialed(p, fd);
}

static void
dial_tcp(struct port_stream *p)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&p->conf.remote, false, &ss);
	int fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		try_later(p, errno);
		return;
	}
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		try_later(p, error);
		return;
	}
	p->fd = fd;
	p->state = DIALING;
	watch_init(
	    &p->dialing, p->port.env->loop, fd, WATCH_WRITE, on_dialed, p);
	watch_on(&p->dialing);
	timer_set(p, PORT_RETRY_MAX); /* who does not answer at all */
}

static void
dial(struct port_stream *p)
{
	if (is_tcp(p))
		dial_tcp(p);
	else
		dial_unix(p);
}

static void
on_timer(evutil_socket_t none, short what, void *arg)
{
	struct port_stream *p = arg;

	(void)none;
	(void)what;
	(void)loop_turn(p->port.env->loop);
	if (p->state == DIALING) {
		watch_fini(&p->dialing);
		close(p->fd);
		try_later(p, ETIMEDOUT);
	} else {
		dial(p);
	}
}

static void
on_accept(void *arg, struct turn *t)
{
	struct port_stream *p = arg;
	int fd = watch_accept(&p->listen_watch, p->listen_fd);

	(void)t;
	if (fd < 0)
		return;
	watch_off(&p->listen_watch);
	connected(p, fd);
	log_debug("port %s: a connection", p->port.ops->name);
}

/* TCP needs no care; for Unix sockets see unix_close(). */
static void
disconnect(struct port_stream *p)
{
	port_link_close(&p->link);
	if (is_tcp(p))
		close(p->fd);
	else
		unix_close(p->fd);
	p->state = IDLE;
}

static void
on_reap(void *arg, struct turn *t)
{
	struct port_stream *p = arg;

	(void)t;
	if (p->state != CONNECTED || p->link.end == 0)
		return;
	disconnect(p);
	if (p->listen_fd >= 0)
		watch_on(&p->listen_watch);
	else
		try_later(p, ECONNRESET);
}

static int
tcp_listen(const struct addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, false, &ss);
	int rc = 0,
	    fd = socket(
		ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	tcp_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (ss.ss_family == AF_INET6)
		tcp_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, (struct sockaddr *)&ss, len) < 0 ||
	    listen(fd, BACKLOG) < 0)
		rc = -errno;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* 0: it listens; 1: it is one that connects; or -errno. */
static int
begin(struct port_stream *p)
{
	const struct port_conf *c = &p->conf;
	bool local = is_tcp(p) ? c->local.port != 0 : c->local_path[0] != '\0';
	bool remote =
	    is_tcp(p) ? c->remote.port != 0 : c->remote_path[0] != '\0';

	if (local == remote)
		return local ? -EINVAL : -EDESTADDRREQ;
	if (remote)
		return 1;
	p->listen_fd = is_tcp(p) ? tcp_listen(&c->local)
				 : unix_listen(c->local_path, p->type, MODE);
	return p->listen_fd < 0 ? p->listen_fd : 0;
}

static int
stream_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	struct port_stream *p = xcalloc(1, sizeof(*p));
	int rc;

	p->port = (struct port){ port_ops(conf->kind), env, no };
	p->conf = *conf;
	p->type =
	    conf->kind == PORT_UNIX_SEQPACKET ? SOCK_SEQPACKET : SOCK_STREAM;
	p->listen_fd = -1;
	p->wait = PORT_RETRY_MIN;
	rc = begin(p);
	if (rc < 0) {
		free(p);
		return rc;
	}
	p->timer = evtimer_new(loop_base(env->loop), on_timer, p);
	if (p->timer == NULL)
		fatalx("out of memory for a timer");
	hook_add(&p->reap, env->loop, LOOP_ACT, on_reap, p);
	if (rc == 1) {
		dial(p);
	} else {
		watch_init(&p->listen_watch, env->loop, p->listen_fd,
		    WATCH_READ, on_accept, p);
		watch_on(&p->listen_watch);
	}
	*ret = &p->port;
	return 0;
}

static void
stream_send(struct port *port, struct run *run)
{
	struct port_stream *p = (struct port_stream *)port;

	if (p->state == CONNECTED)
		port_link_send(&p->link, run);
	else
		count_n(port->env->cnt, CNT_port_drop, run->n);
}

static void
stream_close(struct port *port)
{
	struct port_stream *p = (struct port_stream *)port;

	if (p == NULL)
		return;
	hook_del(&p->reap, port->env->loop);
	if (p->state == CONNECTED)
		disconnect(p);
	if (p->state == DIALING) {
		watch_fini(&p->dialing);
		close(p->fd);
	}
	event_free(p->timer);
	if (p->listen_fd >= 0) {
		watch_fini(&p->listen_watch);
		close(p->listen_fd);
		if (!is_tcp(p) && unlink(p->conf.local_path) < 0 &&
		    errno != ENOENT)
			log_warn("%s", p->conf.local_path);
	}
	free(p);
}

#define STREAM(text)                                                      \
	{                                                                 \
		.name = (text), .open = stream_open, .send = stream_send, \
		.carrier = NULL, .forget = NULL, .close = stream_close,   \
	}

const struct port_ops port_tcp = STREAM("tcp");
const struct port_ops port_unix_stream = STREAM("unix-stream");
const struct port_ops port_unix_seqpacket = STREAM("unix-seqpacket");
