#include "io/resolve.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"

#define HOST_MAX 253 /* RFC 1035 */

struct lookup {
	TAILQ_ENTRY(lookup) entry;
	struct resolve *r;
	struct evdns_getaddrinfo_request *req;
	resolve_fn *done; /* NULL: cancelled */
	void *arg;
	bool over; /* answered or cancelled; freed at the end of a turn */
};

struct resolve {
	struct loop *loop;
	const char *conf, *hosts;
	struct evdns_base *dns; /* while a look-up is under way */
	bool unused;		/* dns was idle at the end of a turn before */
	struct hook reap;
	struct event *bye; /* set by resolve_free() */
	TAILQ_HEAD(, lookup) lookups;
};

/*
 * evdns may need its base for callbacks that come after the answer: it is freed
 * at the end of the second turn without a look-up.
 */
static void
on_reap(void *arg, struct turn *t)
{
	struct resolve *r = arg;
	struct lookup *q, *next;

	(void)t;
	for (q = TAILQ_FIRST(&r->lookups); q != NULL; q = next) {
		next = TAILQ_NEXT(q, entry);
		if (q->over) {
			TAILQ_REMOVE(&r->lookups, q, entry);
			free(q);
		}
	}
	if (r->dns == NULL || !TAILQ_EMPTY(&r->lookups)) {
		r->unused = false;
	} else if (!r->unused) {
		r->unused = true;
	} else {
		evdns_base_free(r->dns, 0);
		r->dns = NULL;
	}
}

struct resolve *
resolve_new(struct loop *l, const char *resolv_conf, const char *hosts)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->conf = resolv_conf;
	r->hosts = hosts;
	TAILQ_INIT(&r->lookups);
	hook_add(&r->reap, l, LOOP_ACT, on_reap, r);
	return r;
}

static void
dns_log(int is_warning, const char *text)
{
	(void)is_warning;
	log_debug("resolver: %s", text);
}

/* Without name servers the hosts file may still answer. */
static bool
dns_begin(struct resolve *r)
{
	if (r->dns != NULL)
		return true;
	r->dns = evdns_base_new(loop_base(r->loop), 0);
	if (r->dns == NULL)
		return false;
	evdns_set_log_fn(dns_log); /* a name server that fails is no warning */
	(void)evdns_base_resolv_conf_parse(r->dns,
	    DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC,
	    r->conf);
	(void)evdns_base_load_hosts(r->dns, r->hosts);
	return true;
}

/* "host" or "host:port"; texts with more colons are no names. */
static bool
name_split(const char *text, uint16_t port, char host[static HOST_MAX + 1],
    uint16_t *ret_port)
{
	const char *colon = strchr(text, ':');
	size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);
	unsigned long v = port;
	char *end;

	if (len == 0 || len > HOST_MAX)
		return false;
	if (colon != NULL) {
		if (colon[1] < '0' || colon[1] > '9')
			return false;
		v = strtoul(colon + 1, &end, 10);
		if (*end != '\0' || v > UINT16_MAX)
			return false;
	}
	if (v == 0)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	*ret_port = (uint16_t)v;
	return true;
}

static void
on_answer(int err, struct evutil_addrinfo *res, void *arg)
{
	struct lookup *q = arg;
	struct addr ep[RESOLVE_MAX];
	struct evutil_addrinfo *ai;
	struct turn *t;
	unsigned n = 0;

	for (ai = res; ai != NULL && n < RESOLVE_MAX; ai = ai->ai_next)
		if (addr_from_sockaddr(ai->ai_addr, &ep[n]))
			n++;
	if (res != NULL)
		evutil_freeaddrinfo(res);
	q->req = NULL;
	q->over = true;
	if (q->r->bye != NULL)
		event_active(q->r->bye, 0, 0);
	t = loop_turn(q->r->loop); /* whose end frees q */
	if (q->done == NULL)
		return;
	if (n > 0)
		q->done(q->arg, ep, n, NULL, t);
	else
		q->done(q->arg, NULL, 0,
		    err != 0 ? evutil_gai_strerror(err) : "no address", t);
}

static struct lookup *
lookup_new(struct resolve *r, resolve_fn *done, void *arg)
{
	struct lookup *q = xcalloc(1, sizeof(*q));

	q->r = r;
	q->done = done;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&r->lookups, q, entry);
	return q;
}

static struct lookup *
lookup_start(struct lookup *q, const char *host, uint16_t port)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
	};
	struct evdns_getaddrinfo_request *req;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	req = evdns_getaddrinfo(q->r->dns, host, service, &hints, on_answer, q);
	if (q->over)
		return NULL;
	q->req = req;
	if (evdns_base_count_nameservers(q->r->dns) == 0) {
		/* nobody to ask, and evdns would wait for somebody for ever */
		resolve_fn *done = q->done;

		resolve_cancel(q);
		done(q->arg, NULL, 0, "no name server can be asked",
		    loop_turn(q->r->loop));
		return NULL;
	}
	return q;
}

struct lookup *
resolve_start(struct resolve *r, const char *text, uint16_t default_port,
    resolve_fn *done, void *arg)
{
	struct turn *t = loop_turn(r->loop);
	char host[HOST_MAX + 1];
	struct addr a;
	uint16_t port;

	if (addr_parse(text, default_port, &a)) {
		done(arg, &a, 1, NULL, t);
		return NULL;
	}
	if (!name_split(text, default_port, host, &port)) {
		done(arg, NULL, 0, "not a host name with a port", t);
		return NULL;
	}
	if (!dns_begin(r)) {
		done(arg, NULL, 0, "no resolver", t);
		return NULL;
	}
	return lookup_start(lookup_new(r, done, arg), host, port);
}

void
resolve_cancel(struct lookup *q)
{
	q->done = NULL;
	if (q->req != NULL)
		evdns_getaddrinfo_cancel(q->req);
	q->req = NULL;
}

/*
 * evdns answers what was cancelled in a callback that needs its base still:
 * the last answer wakes this.
 */
static void
on_bye(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;

	(void)fd;
	(void)what;
	on_reap(r, NULL);
	if (!TAILQ_EMPTY(&r->lookups))
		return;
	if (r->dns != NULL)
		evdns_base_free(r->dns, 0);
	event_free(r->bye);
	free(r);
}

void
resolve_free(struct resolve *r)
{
	struct lookup *q;

	if (r == NULL)
		return;
	hook_del(&r->reap, r->loop);
	TAILQ_FOREACH (q, &r->lookups, entry)
		resolve_cancel(q);
	r->bye = event_new(loop_base(r->loop), -1, 0, on_bye, r);
	if (r->bye == NULL)
		fatalx("out of memory for an event");
	event_active(r->bye, 0, 0);
}
