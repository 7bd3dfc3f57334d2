#include "entryserver/web.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xmem.h"
#include "crypto/prim.h"
#include "entryserver/jail.h"
#include "entryserver/reply.h"

#define BACKLOG 256
#define ACCEPTS 64 /* in one go */
#define SPARE_FILES 32

TAILQ_HEAD(conns, conn);

struct web {
	const struct options *o;
	struct event_base *base;
	int fd[OPTIONS_LISTEN];
	unsigned n_fd;
	struct event ev_listen[OPTIONS_LISTEN], ev_tick;
	struct conns conns;
	struct guests guests;
	struct conn_env env;
	struct reply_env reply;
};

static void
on_gone(void *arg, struct conn *c)
{
	struct web *w = arg;

	TAILQ_REMOVE(&w->conns, c, link);
	w->reply.stats.clients--;
	conn_free(c);
}

static void
on_answer(void *arg, enum http_status parsed, const struct http_request *req,
    struct answer *ret)
{
	struct web *w = arg;

	reply_make(&w->reply, parsed, req, (time_t)clock_wall(), ret);
}

/*
 * The one that is missed least: of who has most connections, and rather one
 * that waits than one that is being answered; of equals the oldest.
 */
static struct conn *
least_missed(const struct web *w)
{
	struct conn *c, *worst = NULL;

	TAILQ_FOREACH (c, &w->conns, link) {
		bool waits = c->state != CONN_SEND;

		if (worst == NULL ||
		    c->guest->connections > worst->guest->connections ||
		    (c->guest->connections == worst->guest->connections &&
			waits && worst->state == CONN_SEND))
			worst = c;
	}
	return worst;
}

static void
take_client(struct web *w, int fd, const struct addr *from, struct mono now)
{
	struct guest *guest = guests_enter(&w->guests, from, now);
	struct conn *c;

	if (guest == NULL) {
		w->reply.stats.crowded++;
		close(fd);
		return;
	}
	if (w->reply.stats.clients >= w->o->clients) {
		w->reply.stats.evicted++;
		on_gone(w, least_missed(w));
	}
	c = conn_new(&w->env, fd, guest, now);
	TAILQ_INSERT_TAIL(&w->conns, c, link);
	w->reply.stats.clients++;
}

static void
on_listen(evutil_socket_t fd, short what, void *arg)
{
	struct mono now = clock_boot();
	struct web *w = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct addr from;
		int client = accept4(fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0) {
			/* What stays waiting would wake us for ever. */
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				for (unsigned k = 0; k < w->n_fd; k++)
					event_del(&w->ev_listen[k]);
			return;
		}
		if (addr_from_sockaddr((struct sockaddr *)&ss, &from))
			take_client(w, client, &from, now);
		else
			close(client);
	}
}

static void
look_for_edition(struct web *w)
{
	struct site *s;

	if (!site_changed(w->reply.site))
		return;
	s = site_load();
	if (s == NULL)
		return; /* in the making, or no good: the next tick looks again
			 */
	site_unref(w->reply.site);
	w->reply.site = s;
	log_debug("edition %s: %zu bytes", s->edition, s->file[FILE_JSON].len);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct mono now = clock_boot();
	struct conn *c, *next;
	struct web *w = arg;

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&w->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (!conn_is_slow(c, now))
			continue;
		/* Between two requests nobody is expected to hurry. */
		w->reply.stats.slow += c->state == CONN_SEND || c->n_in > 0;
		on_gone(w, c);
	}
	guests_tidy(&w->guests, now);
	look_for_edition(w);
	for (unsigned i = 0; i < w->n_fd; i++)
		event_add(&w->ev_listen[i], NULL); /* where it was resting */
}

/* -1: this machine has no such address, which is told. */
static int
open_listen(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, false, &ss);
	char text[ADDR_TEXT];
	int one = 1;
	int fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	addr_format(a, text);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (ss.ss_family == AF_INET6)
			setsockopt(
			    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) < 0) {
		if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			fatal("%s", text);
		log_warn("%s: not listening there", text);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (listen(fd, BACKLOG) < 0)
		fatal("%s", text);
	return fd;
}

static void
open_all(struct web *w)
{
	for (unsigned i = 0; i < w->o->n_listen; i++) {
		int fd = open_listen(&w->o->listen[i]);

		if (fd >= 0)
			w->fd[w->n_fd++] = fd;
	}
	if (w->n_fd == 0)
		fatalx("there is no address to listen at");
}

static void
watch_all(struct web *w)
{
	const struct timeval second = { 1, 0 };

	for (unsigned i = 0; i < w->n_fd; i++)
		if (event_assign(&w->ev_listen[i], w->base, w->fd[i],
			EV_READ | EV_PERSIST, on_listen, w) < 0 ||
		    event_add(&w->ev_listen[i], NULL) < 0)
			fatalx("out of memory");
	if (event_assign(&w->ev_tick, w->base, -1, EV_PERSIST, on_tick, w) <
		0 ||
	    event_add(&w->ev_tick, &second) < 0)
		fatalx("out of memory");
}

void
web_run(const struct options *o)
{
	struct web *w = xcalloc(1, sizeof(*w));
	uint8_t secret[16];

	w->o = o;
	w->reply.max_age = o->interval / 2;
	TAILQ_INIT(&w->conns);
	open_all(w); /* a port may need root */
	jail_enter(&(struct jail){ .user = o->web_user,
	    .root = o->out,
	    .files = o->clients + SPARE_FILES });
	random_bytes(secret, sizeof(secret));
	guests_init(&w->guests, o->clients_per_address, o->rate, secret);
	w->base = event_base_new();
	if (w->base == NULL)
		fatalx("libevent does not start");
	w->env =
	    (struct conn_env){ w, w->base, &w->guests, on_answer, on_gone };
	look_for_edition(w);
	watch_all(w);
	event_base_dispatch(w->base);
	guests_fini(&w->guests);
	fatalx("libevent has ended");
}
