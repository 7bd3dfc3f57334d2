#include "io/ctlsock.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "priv/priv.h"
#include "wire/ctlmsg.h"

#define MODE 0660

/* json-c ends the process when it finds no memory for a small part. */
#define REQUEST_ROOM (96u * 1024u)

struct client {
	TAILQ_ENTRY(client) entry;
	struct ctlsock *cs;
	struct bufferevent *bev;
	struct event *idle;
	int role;
	bool monitor;
	bool more;   /* what it asked for has to wait for the next turn */
	bool ending; /* no more input; close when the output is out */
	bool dead;   /* freed at the end of the turn */
};

struct ctlsock {
	struct loop *loop;
	const struct priv *pv;
	const struct ctlsock_handler *h;
	struct counters *cnt;
	struct timeval idle;
	int fd;
	struct watch watch;
	struct hook reap;
	struct mono rest; /* there are none until then */
	struct mono turn,
	    since;	     /* the last one with requests; when they began */
	unsigned waiting;    /* clients with more */
	struct event *again; /* goes on with those who have to wait */
	TAILQ_HEAD(clients, client) clients;
	unsigned n;
};

static struct evbuffer *
output(const struct client *c)
{
	return bufferevent_get_output(c->bev);
}

/* Only marks: somebody up the stack may be using c. */
static void
client_kill(struct client *c)
{
	c->dead = true;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	(void)loop_turn(c->cs->loop); /* whose end frees it */
}

static void
client_end(struct client *c)
{
	c->ending = true;
	(void)event_add(c->idle, &c->cs->idle); /* a monitor had none */
	bufferevent_disable(c->bev, EV_READ);
	if (evbuffer_get_length(output(c)) == 0)
		client_kill(c);
}

/*
 * Adds a line. One reply may be of any size; who lets more than
 * CTLSOCK_OUT_MAX wait and wants still more is not reading.
 */
static void
client_put(struct client *c, const char *line, size_t len)
{
	if (c->dead)
		return;
	if (evbuffer_get_length(output(c)) > CTLSOCK_OUT_MAX) {
		client_kill(c);
		return;
	}
	evbuffer_add(output(c), line, len);
	evbuffer_add(output(c), "\n", 1);
}

static void
client_put_json(struct client *c, struct json_object *o)
{
	size_t len;
	const char *s =
	    json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len);

	if (s != NULL)
		client_put(c, s, len);
	else
		client_kill(c);
}

static void
client_refuse(struct client *c, const char *code, const char *text)
{
	struct json_object *o = ctl_error(0, code, text);

	count(c->cs->cnt, CNT_ctl_bad);
	client_put_json(c, o);
	json_object_put(o);
	if (!c->dead)
		client_end(c);
}

static void
idle_arm(struct client *c)
{
	if (c->monitor)
		(void)event_del(c->idle);
	else
		(void)event_add(c->idle, &c->cs->idle);
}

static void
client_line(struct client *c, const char *line, size_t len)
{
	const struct ctlsock_handler *h = c->cs->h;
	bool monitor = false;
	struct json_object *o;

	if (!mem_has(REQUEST_ROOM)) {
		client_kill(c);
		return;
	}
	o = h->dispatch(
	    h->arg, c->role, line, len, loop_turn(c->cs->loop), &monitor);
	client_put_json(c, o);
	json_object_put(o);
	c->monitor |= monitor;
	idle_arm(c);
}

/*
 * However much is asked at once, tunnels do not wait long for the answers: when
 * a turn has given enough, requests rest, and the loop has time for others.
 */
static bool
is_late(struct ctlsock *cs)
{
	const struct turn *t = loop_turn(cs->loop);
	struct mono now = clock_boot();

	if (mono_before(now, cs->rest))
		return true;
	if (cs->turn.us != t->now.us) {
		cs->turn = t->now;
		cs->since = now;
		return false;
	}
	if (mono_since(cs->since, now) < CTLSOCK_TURN_US)
		return false;
	cs->rest = mono_add(now, CTLSOCK_REST_US);
	return true;
}

static void
go_on_later(struct ctlsock *cs)
{
	const struct timeval tv = { 0,
		(suseconds_t)mono_since(clock_boot(), cs->rest) };

	(void)evtimer_add(cs->again, &tv);
}

static void
set_more(struct client *c, bool more)
{
	c->cs->waiting -= c->more;
	c->more = more;
	c->cs->waiting += c->more;
}

/* Not read: libevent would call on_read() without end for what is full. */
static void
client_later(struct client *c)
{
	set_more(c, true);
	bufferevent_disable(c->bev, EV_READ);
	go_on_later(c->cs);
}

/* As long as others wait, one request; else what the turn has room for. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;
	unsigned n = 0;
	size_t len;
	char *line;

	set_more(c, false);
	while (!c->dead && !c->ending) {
		if (evbuffer_get_length(in) > 0 &&
		    ((n > 0 && c->cs->waiting > 0) || is_late(c->cs))) {
			client_later(c);
			return;
		}
		n++;
		line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);
		if (line == NULL)
			break;
		client_line(c, line, len);
		free(line);
	}
	if (!c->dead && !c->ending && evbuffer_get_length(in) >= CTL_LINE_MAX)
		client_refuse(c, "too-long", "a request is longer than 64 KiB");
}

/* Who has been served goes behind the others. */
static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct ctlsock *cs = arg;
	struct client *c, *last = TAILQ_LAST(&cs->clients, clients), *next;

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&cs->clients); c != NULL; c = next) {
		next = c == last ? NULL : TAILQ_NEXT(c, entry);
		if (!c->more || c->dead || c->ending)
			continue;
		if (is_late(cs)) {
			go_on_later(cs);
			return;
		}
		bufferevent_enable(c->bev, EV_READ);
		on_read(c->bev, c);
		TAILQ_REMOVE(&cs->clients, c, entry);
		TAILQ_INSERT_TAIL(&cs->clients, c, entry);
	}
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if (c->ending)
		client_kill(c);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if (what & BEV_EVENT_EOF)
		client_end(c); /* it may still read its replies */
	else
		client_kill(c);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_kill(arg);
}

static void
client_free(struct client *c)
{
	int fd = bufferevent_getfd(c->bev);

	TAILQ_REMOVE(&c->cs->clients, c, entry);
	set_more(c, false);
	c->cs->n--;
	bufferevent_free(c->bev);
	unix_close(fd);
	event_free(c->idle);
	free(c);
}

static void
on_reap(void *arg, struct turn *t)
{
	struct ctlsock *cs = arg;
	struct client *c, *next;

	(void)t;
	for (c = TAILQ_FIRST(&cs->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->dead)
			client_free(c);
	}
}

static int
role_of(int fd)
{
	uid_t uid;
	gid_t gid;

	if (unix_peer(fd, &uid, &gid) < 0)
		return CTLSOCK_READ;
	return uid == 0 || uid == geteuid() ? CTLSOCK_ADMIN : CTLSOCK_READ;
}

static void
client_new(struct ctlsock *cs, int fd)
{
	struct event_base *base = loop_base(cs->loop);
	struct client *c = try_calloc(1, sizeof(*c));

	if (c == NULL) {
		unix_close(fd);
		return;
	}
	c->cs = cs;
	c->role = role_of(fd);
	c->bev = bufferevent_socket_new(base, fd, 0);
	c->idle = evtimer_new(base, on_idle, c);
	if (c->bev == NULL || c->idle == NULL) {
		if (c->bev != NULL)
			bufferevent_free(c->bev);
		if (c->idle != NULL)
			event_free(c->idle);
		free(c);
		unix_close(fd);
		return;
	}
	TAILQ_INSERT_TAIL(&cs->clients, c, entry);
	cs->n++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, CTL_LINE_MAX);
	/* else a long reply takes a turn for each 16 KiB */
	(void)bufferevent_set_max_single_write(c->bev, CTLSOCK_OUT_MAX);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	idle_arm(c);
}

static void
refuse(struct ctlsock *cs, int fd)
{
	struct json_object *o =
	    ctl_error(0, "busy", "too many control clients, try again later");
	const char *s =
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	char line[256];
	int n = snprintf(line, sizeof(line), "%s\n", s);

	json_object_put(o);
	count(cs->cnt, CNT_ctl_bad);
	if (n > 0 && n < (int)sizeof(line))
		(void)send(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	unix_close(fd);
}

static void
on_accept(void *arg, struct turn *t)
{
	struct ctlsock *cs = arg;
	int fd = watch_accept(&cs->watch, cs->fd);

	if (fd < 0)
		return;
	on_reap(cs, t);
	if (cs->n >= CTLSOCK_CLIENTS)
		refuse(cs, fd);
	else
		client_new(cs, fd);
}

int
ctlsock_open(struct ctlsock **ret, struct loop *l, const struct priv *pv,
    const struct ctlsock_handler *h, struct counters *cnt, unsigned idle_ms)
{
	int fd =
	    priv_unix_listen(pv, PRIV_PATH_CONTROL, PRIV_UNIX_STREAM, MODE);
	struct ctlsock *cs;

	if (fd < 0)
		return fd;
	cs = xcalloc(1, sizeof(*cs));
	cs->loop = l;
	cs->pv = pv;
	cs->h = h;
	cs->cnt = cnt;
	cs->idle.tv_sec = idle_ms / 1000;
	cs->idle.tv_usec = (suseconds_t)(idle_ms % 1000) * 1000;
	cs->fd = fd;
	TAILQ_INIT(&cs->clients);
	watch_init(&cs->watch, l, fd, WATCH_READ, on_accept, cs);
	watch_on(&cs->watch);
	cs->again = evtimer_new(loop_base(l), on_again, cs);
	if (cs->again == NULL)
		fatalx("out of memory for the control socket");
	hook_add(&cs->reap, l, LOOP_ACT, on_reap, cs);
	*ret = cs;
	return 0;
}

void
ctlsock_close(struct ctlsock *cs)
{
	struct client *c;
	int rc;

	if (cs == NULL)
		return;
	hook_del(&cs->reap, cs->loop);
	watch_fini(&cs->watch);
	event_free(cs->again);
	close(cs->fd);
	while ((c = TAILQ_FIRST(&cs->clients)) != NULL) {
		/* e.g. the reply to `stop`; nothing waits for it any more */
		bufferevent_disable(c->bev, EV_WRITE);
		(void)evbuffer_unfreeze(output(c), 1);
		if (!c->dead)
			(void)evbuffer_write(
			    output(c), bufferevent_getfd(c->bev));
		client_free(c);
	}
	rc = priv_unix_unlink(cs->pv, PRIV_PATH_CONTROL);
	if (rc < 0)
		log_warnx("control socket: %s", strerror(-rc));
	free(cs);
}

bool
ctlsock_has_monitors(const struct ctlsock *cs)
{
	const struct client *c;

	TAILQ_FOREACH (c, &cs->clients, entry)
		if (c->monitor && !c->dead)
			return true;
	return false;
}

void
ctlsock_broadcast(struct ctlsock *cs, struct json_object *ev)
{
	struct client *c;

	TAILQ_FOREACH (c, &cs->clients, entry)
		if (c->monitor && !c->dead && !c->ending)
			client_put_json(c, ev);
}
