#include "io/resolve.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/hosts.h"
#include "io/loop.h"

#define HOST_MAX 253 /* RFC 1035 */
#define WHY_TEXT 96

enum family { V6, V4, FAMILIES };

/* What is asked for one family. */
struct half {
	struct lookup *q;
	struct evdns_request *req; /* under way, or NULL */
	struct addr ep[RESOLVE_MAX];
	unsigned n;
};

struct lookup {
	TAILQ_ENTRY(lookup) entry;
	struct resolve *r;
	struct half half[FAMILIES];
	struct event *skew; /* one has answered: the other may take so long */
	uint16_t port;
	uint32_t ttl;
	bool said; /* ttl, by a name server; 0 is a word, too */
	int err;   /* of evdns, the last one */
	bool some_refused;
	struct addr refused; /* the last */
	resolve_fn *done;    /* NULL: cancelled */
	void *arg;
	bool over; /* answered or cancelled; freed at the end of a turn */
};

struct resolve {
	struct loop *loop;
	const char *conf, *hosts;
	resolve_own_fn *is_own; /* NULL: none is */
	void *own_arg;
	struct evdns_base *dns; /* while a look-up is under way */
	char *known;		/* the text of hosts, as long as that */
	bool unused;		/* dns was idle at the end of a turn before */
	struct hook reap;
	struct event *bye; /* set by resolve_free() */
	TAILQ_HEAD(, lookup) lookups;
};

static void
dns_end(struct resolve *r)
{
	if (r->dns != NULL)
		evdns_base_free(r->dns, 0);
	r->dns = NULL;
	free(r->known);
	r->known = NULL;
}

static void
lookup_free(struct lookup *q)
{
	TAILQ_REMOVE(&q->r->lookups, q, entry);
	if (q->skew != NULL)
		event_free(q->skew);
	free(q);
}

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
		if (q->over)
			lookup_free(q);
	}
	if (r->dns == NULL || !TAILQ_EMPTY(&r->lookups)) {
		r->unused = false;
	} else if (!r->unused) {
		r->unused = true;
	} else {
		dns_end(r);
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

void
resolve_refuse(struct resolve *r, resolve_own_fn *is_own, void *arg)
{
	r->is_own = is_own;
	r->own_arg = arg;
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
	r->known = hosts_load(r->hosts);
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

/* IPv6 and IPv4 in turn. */
static unsigned
merge(const struct lookup *q, struct addr ret[static RESOLVE_MAX])
{
	unsigned i, f, n = 0;

	for (i = 0; i < RESOLVE_MAX; i++)
		for (f = 0; f < FAMILIES; f++)
			if (i < q->half[f].n && n < RESOLVE_MAX)
				ret[n++] = q->half[f].ep[i];
	return n;
}

/* What a name server says of it: others may have written that. */
static bool
is_refused(const struct resolve *r, const struct addr *a)
{
	return !addr_routable(a) ||
	    (r->is_own != NULL && r->is_own(r->own_arg, a));
}

/* Why there is no address. */
static const char *
why_none(const struct lookup *q, char buf[static WHY_TEXT])
{
	char text[ADDR_HOST];

	if (!q->some_refused)
		return q->err != DNS_ERR_NONE ? evdns_err_to_string(q->err)
					      : "no address";
	snprintf(buf, WHY_TEXT, "gives only what cannot be dialled: %s",
	    addr_host_format(&q->refused, text));
	return buf;
}

/* Both families have their answer, or none. */
static void
finish(struct lookup *q)
{
	struct addr ep[RESOLVE_MAX];
	char why[WHY_TEXT];
	struct resolved got = {
		.ep = ep, .n = merge(q, ep), .ttl = q->ttl, .said = q->said
	};
	struct turn *t = loop_turn(q->r->loop); /* whose end frees q */

	q->over = true;
	if (q->r->bye != NULL)
		event_active(q->r->bye, 0, 0);
	if (q->done == NULL)
		return;
	if (got.n == 0)
		got.why = why_none(q, why);
	q->done(q->arg, &got, t);
}

static void
cancel(struct lookup *q)
{
	unsigned f;

	for (f = 0; f < FAMILIES; f++)
		if (q->half[f].req != NULL)
			evdns_cancel_request(q->r->dns, q->half[f].req);
}

static void
on_skew(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cancel(arg); /* which is an answer, too */
}

/* One family is there: whoever has that only must not wait for the other. */
static void
hurry(struct lookup *q)
{
	const struct timeval tv = { 0, RESOLVE_SKEW_MS * 1000 };

	if (q->skew != NULL)
		return;
	q->skew = evtimer_new(loop_base(q->r->loop), on_skew, q);
	if (q->skew == NULL || evtimer_add(q->skew, &tv) < 0)
		cancel(q);
}

/* Of both families the shorter. */
static void
note_ttl(struct lookup *q, uint32_t ttl)
{
	if (!q->said || ttl < q->ttl)
		q->ttl = ttl;
	q->said = true;
}

static void
on_answer(int err, char type, int count, int ttl, void *p, void *arg)
{
	struct half *h = arg;
	struct lookup *q = h->q;
	bool v6 = h == &q->half[V6];
	size_t len = v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	const uint8_t *ip = p;
	struct addr a;

	(void)type;
	h->req = NULL;
	if (err != DNS_ERR_NONE)
		q->err = err;
	for (; err == DNS_ERR_NONE && count > 0 && h->n < RESOLVE_MAX;
	     count--) {
		a = addr_from_ip(ip, len, q->port);
		ip += len;
		if (is_refused(q->r, &a)) {
			q->some_refused = true;
			q->refused = a;
		} else {
			h->ep[h->n++] = a;
		}
	}
	if (h->n > 0)
		note_ttl(q, ttl > 0 ? (uint32_t)ttl : 0);
	if (q->half[V6].req == NULL && q->half[V4].req == NULL)
		finish(q);
	else if (h->n > 0)
		hurry(q);
}

static struct lookup *
lookup_new(struct resolve *r, resolve_fn *done, void *arg)
{
	struct lookup *q = try_calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->r = r;
	q->done = done;
	q->arg = arg;
	q->half[V6].q = q->half[V4].q = q;
	TAILQ_INSERT_TAIL(&r->lookups, q, entry);
	return q;
}

static struct lookup *
lookup_start(struct lookup *q, const char *host)
{
	struct evdns_base *dns = q->r->dns;
	struct half *v6 = &q->half[V6], *v4 = &q->half[V4];

	v6->req = evdns_base_resolve_ipv6(dns, host, 0, on_answer, v6);
	v4->req = evdns_base_resolve_ipv4(dns, host, 0, on_answer, v4);
	if (v6->req != NULL || v4->req != NULL)
		return q;
	q->err = DNS_ERR_UNKNOWN;
	finish(q);
	return NULL;
}

static void
fail(resolve_fn *done, void *arg, const char *why, struct turn *t)
{
	const struct resolved got = { .why = why };

	done(arg, &got, t);
}

/* The hosts file has it. */
static bool
is_known(const struct resolve *r, const char *host, uint16_t port,
    resolve_fn *done, void *arg, struct turn *t)
{
	struct addr ep[RESOLVE_MAX];
	struct resolved got = { .ep = ep };

	got.n = hosts_find(r->known, host, port, ep, RESOLVE_MAX);
	if (got.n > 0)
		done(arg, &got, t);
	return got.n > 0;
}

struct lookup *
resolve_start(struct resolve *r, const char *text, uint16_t default_port,
    resolve_fn *done, void *arg)
{
	struct turn *t = loop_turn(r->loop);
	char host[HOST_MAX + 1];
	struct addr a;
	uint16_t port;

	const struct resolved numeric = { .ep = &a, .n = 1 };
	struct lookup *q;

	if (addr_parse(text, default_port, &a))
		done(arg, &numeric, t);
	else if (!name_split(text, default_port, host, &port))
		fail(done, arg, "not a host name with a port", t);
	else if (!dns_begin(r))
		fail(done, arg, "no resolver", t);
	else if (is_known(r, host, port, done, arg, t))
		return NULL;
	else if (evdns_base_count_nameservers(r->dns) == 0)
		/* evdns would wait for somebody for ever */
		fail(done, arg, "no name server can be asked", t);
	else if ((q = lookup_new(r, done, arg)) == NULL)
		fail(done, arg, "there is no memory for it", t);
	else {
		q->port = port;
		return lookup_start(q, host);
	}
	return NULL;
}

void
resolve_cancel(struct lookup *q)
{
	q->done = NULL;
	cancel(q);
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
	dns_end(r);
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
	/* An answer that is pending comes all the same, to nobody. */
	r->is_own = NULL;
	TAILQ_FOREACH (q, &r->lookups, entry)
		resolve_cancel(q);
	r->bye = event_new(loop_base(r->loop), -1, 0, on_bye, r);
	if (r->bye == NULL)
		fatalx("out of memory for an event");
	event_active(r->bye, 0, 0);
}
