#include "io/fetch_dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mono.h"
#include "base/rd.h"
#include "base/xmem.h"
#include "io/fetch_thread.h"

#define ANSWER_MAX 65536
#define NAME_MAX_LEN 256
#define KEY_MARK "k="
#define VERSION_MARK "v=vpla1"

struct dns {
	uint8_t *buf; /* of an answer */
	struct mono until;
	atomic_bool *stop;
};

struct srv {
	char target[NAME_MAX_LEN];
	uint16_t priority, port;
};

/* One record of an answer; data is within it. */
struct rr {
	uint16_t type;
	const uint8_t *data;
	uint16_t len;
};

static bool
skip_name(struct rd *r)
{
	int n = dn_skipname(r->p, r->p + r->left);

	return n >= 0 && rd_skip(r, (size_t)n);
}

/* To the first record of the answer; false: no answer, or none without fault.
 */
static bool
answer_begin(struct rd *r, unsigned *ret_n)
{
	uint16_t id, flags, questions, answers;

	if (!(rd_be16(r, &id) && rd_be16(r, &flags) && rd_be16(r, &questions) &&
		rd_be16(r, &answers) && rd_skip(r, 4)))
		return false;
	*ret_n = answers;
	while (questions-- > 0)
		if (!skip_name(r) || !rd_skip(r, 4))
			return false;
	return true;
}

static bool
rr_next(struct rd *r, struct rr *ret)
{
	uint16_t class;

	return skip_name(r) && rd_be16(r, &ret->type) && rd_be16(r, &class) &&
	    rd_skip(r, 4) && rd_be16(r, &ret->len) &&
	    rd_ref(r, &ret->data, ret->len) && class == ns_c_in;
}

/* Calls take for each record of that type; returns false for no answer. */
static bool
ask(struct dns *d, const char *name, uint16_t type,
    void (*take)(
	void *arg, const struct dns *d, size_t len, const struct rr *rr),
    void *arg)
{
	unsigned n = 0;
	struct rr rr;
	struct rd r;
	int len;

	if (mono_before(d->until, clock_mono()) || atomic_load(d->stop))
		return false;
	len = res_query(name, ns_c_in, type, d->buf, ANSWER_MAX);
	if (len <= 0 || len > ANSWER_MAX)
		return false;
	r = rd_of(d->buf, (size_t)len);
	if (!answer_begin(&r, &n))
		return false;
	while (n-- > 0 && rr_next(&r, &rr))
		if (rr.type == type)
			take(arg, d, (size_t)len, &rr);
	return true;
}

struct srvs {
	struct srv a[FETCH_HINTS];
	unsigned n;
};

static void
take_srv(void *arg, const struct dns *d, size_t len, const struct rr *rr)
{
	struct srvs *s = arg;
	struct srv *srv = &s->a[s->n];
	struct rd r = rd_of(rr->data, rr->len);
	uint16_t weight;

	if (s->n == FETCH_HINTS || !rd_be16(&r, &srv->priority) ||
	    !rd_be16(&r, &weight) || !rd_be16(&r, &srv->port) || srv->port == 0)
		return;
	if (dn_expand(d->buf, d->buf + len, r.p, srv->target,
		sizeof(srv->target)) > 0 &&
	    srv->target[0] != '\0')
		s->n++;
}

static bool
key_of(const char *text, uint8_t key[32])
{
	size_t len;

	return base64_parse(BASE64_PLAIN, text, strlen(text), key, 32, &len) &&
	    len == 32;
}

struct txt {
	uint8_t key[32];
	bool has;
};

/* The strings of one TXT are one text, words with spaces between them. */
static void
take_txt(void *arg, const struct dns *d, size_t len, const struct rr *rr)
{
	struct txt *txt = arg;
	struct rd r = rd_of(rr->data, rr->len);
	char text[256], *word, *rest = NULL;
	bool ours = false;
	size_t at = 0;
	uint8_t n;

	(void)d;
	(void)len;
	while (r.left > 0 && rd_u8(&r, &n) && at + n + 1 < sizeof(text)) {
		if (!rd_bytes(&r, text + at, n))
			return;
		at += n;
		text[at++] = ' ';
	}
	text[at] = '\0';
	for (word = strtok_r(text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		ours = ours || strcmp(word, VERSION_MARK) == 0;
		if (ours && strncmp(word, KEY_MARK, strlen(KEY_MARK)) == 0)
			txt->has = key_of(word + strlen(KEY_MARK), txt->key);
	}
}

static void
take_address(void *arg, const struct dns *d, size_t len, const struct rr *rr)
{
	struct fetch_hint *h = arg;

	(void)d;
	(void)len;
	if (h->n_ep < sizeof(h->ep) / sizeof(h->ep[0]) &&
	    (rr->len == 4 || rr->len == 16))
		h->ep[h->n_ep++] = addr_from_ip(rr->data, rr->len, 0);
}

/* Of each family at most half. */
static bool
look_at(struct dns *d, const struct srv *srv, struct fetch_hint *ret)
{
	const unsigned half = sizeof(ret->ep) / sizeof(ret->ep[0]) / 2;
	struct txt txt = { .has = false };
	unsigned i;

	*ret = (struct fetch_hint){ .n_ep = 0 };
	if (!ask(d, srv->target, ns_t_txt, take_txt, &txt) || !txt.has)
		return false;
	(void)ask(d, srv->target, ns_t_aaaa, take_address, ret);
	if (ret->n_ep > half)
		ret->n_ep = half;
	(void)ask(d, srv->target, ns_t_a, take_address, ret);
	for (i = 0; i < ret->n_ep; i++)
		ret->ep[i].port = srv->port;
	memcpy(ret->key, txt.key, sizeof(ret->key));
	return ret->n_ep > 0;
}

static int
by_priority(const void *a, const void *b)
{
	const struct srv *x = a, *y = b;

	return (x->priority > y->priority) - (x->priority < y->priority);
}

/* Of this thread alone. */
static bool
resolver_start(const struct addr *ns)
{
	struct sockaddr_storage ss;

	if (res_init() < 0)
		return false;
	_res.retrans = 2;
	_res.retry = 2;
	if (ns != NULL) {
		(void)addr_to_sockaddr(ns, false, &ss);
		memcpy(&_res.nsaddr_list[0], &ss, sizeof(_res.nsaddr_list[0]));
		_res.nscount = 1;
	}
	return true;
}

int
dns_vnodes(const char *name, const struct addr *ns, atomic_bool *stop,
    struct fetch_hint ret[FETCH_HINTS], char why[FETCH_WHY])
{
	struct dns d = { .until =
			     mono_add(clock_mono(), DNS_LIMIT_S * MONO_SEC),
		.stop = stop };
	struct srvs srvs = { .n = 0 };
	char full[NAME_MAX_LEN + 32];
	unsigned i;
	int n = -1;

	d.buf = xmalloc(ANSWER_MAX);
	snprintf(full, sizeof(full), "_vplama._udp.%s", name);
	if (!resolver_start(ns)) {
		snprintf(why, FETCH_WHY, "there is no resolver");
	} else if (!ask(&d, full, ns_t_srv, take_srv, &srvs)) {
		snprintf(why, FETCH_WHY, "no SRV: %s", hstrerror(h_errno));
	} else {
		qsort(srvs.a, srvs.n, sizeof(srvs.a[0]), by_priority);
		for (i = 0, n = 0; i < srvs.n; i++)
			if (look_at(&d, &srvs.a[i], &ret[n]))
				n++;
	}
	if (n == 0) {
		snprintf(why, FETCH_WHY,
		    "no target of SRV has both a key and an address");
		n = -1;
	}
	free(d.buf);
	return n;
}

static void
on_run(struct fetch_task *k)
{
	int n;

	k->got.hint = xcalloc(FETCH_HINTS, sizeof(*k->got.hint));
	n = dns_vnodes(k->url, NULL, &k->stop, k->got.hint, k->got.why);
	k->got.n_hint = n > 0 ? (unsigned)n : 0;
}

static void *
dns_begin(const struct fetch_ask *ask_, fetch_got_fn *done, void *arg)
{
	return fetch_thread_begin(ask_, on_run, done, arg);
}

const struct fetch_ops fetch_dns_ops = { dns_begin, fetch_thread_end };
