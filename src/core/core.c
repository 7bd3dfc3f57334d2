#include "core/core.h"

#include <string.h>

#include "base/container.h"
#include "core/answer.h"
#include "core/dial.h"
#include "core/ex.h"
#include "core/exchange.h"
#include "core/frames.h"
#include "core/guard.h"
#include "core/ident.h"
#include "core/mesh.h"
#include "core/negotiate.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/target.h"
#include "core/timers.h"
#include "core/trial.h"
#include "wire/mesh.h"

#define LOAD_HOLD_US (1 * MONO_SEC)
#define ADDRESS_RATE 20 /* initiations a second from one address */
#define ADDRESS_BURST 5
#define COOKIE_RATE 60000 /* replies a second: a third of a core */
#define COOKIE_KNOWN 5000 /* and to addresses that we know */
#define DOUBT_RATE 20
#define ICMP_RATE 100 /* answers "too big" a second to one address */
#define STAGING_MAX (1024u * 1024u)

static void
buckets_init(struct core *c, uint32_t dh_rate, struct mono now)
{
	const struct core_limits *lim = &c->limits;

	bucket_init(&c->dh_budget, dh_rate, dh_rate, now);
	bucket_init(&c->cookie_budget, COOKIE_RATE, COOKIE_RATE, now);
	bucket_init(&c->cookie_known, COOKIE_KNOWN, COOKIE_KNOWN, now);
	bucket_init(&c->doubt_budget, DOUBT_RATE, DOUBT_RATE, now);
	bucket_init(&c->fan_own, lim->fan_origin, 2 * lim->fan_origin, now);
	bucket_init(&c->fan_in, lim->fan_total, 2 * lim->fan_total, now);
}

void
core_init(struct core *c, const struct core_config *cfg,
    const struct core_io *io, struct mono now)
{
	uint8_t secret[KEY_LEN];

	memset(c, 0, sizeof(*c));
	c->id = cfg->id;
	c->net = cfg->net;
	memcpy(c->network, cfg->network, sizeof(c->network));
	c->aead = cfg->aead;
	c->limits = cfg->limits;
	c->stamp_ms = cfg->stamp_floor_ms;
	c->io = *io;
	io->random(io->arg, c->boot, sizeof(c->boot));
	io->random(io->arg, c->sip_key, sizeof(c->sip_key));
	network_mac1key(&c->net, c->id.x_pk, c->mac1key);
	network_cookiekey(&c->net, c->id.x_pk, c->cookiekey);
	ident_init(c);
	guard_set(c, true);
	TAILQ_INIT(&c->peers);
	peertab_init(c);
	heap_init(&c->deadlines);
	io->random(io->arg, secret, sizeof(secret));
	cookie_renew(&c->cookies, secret, now);
	io->random(io->arg, secret, sizeof(secret));
	c->rate = ratelimit_new(ADDRESS_RATE, ADDRESS_BURST, secret);
	c->icmp = ratelimit_new(ICMP_RATE, ICMP_RATE, secret);
	wipe(secret, sizeof(secret));
	buckets_init(c, cfg->dh_rate != 0 ? cfg->dh_rate : CORE_DH_RATE, now);
	dupcache_init(&c->dups);
	c->routes = route_new();
	c->device_nets = route_new();
	c->caps = CAP_REKEY | CAP_PATH | CAP_CSUM | CAP_FRAG;
	c->hello_by = MONO_NEVER;
	c->staging.max = STAGING_MAX;
}

void
core_fini(struct core *c)
{
	while (!TAILQ_EMPTY(&c->peers))
		peer_free(c, TAILQ_FIRST(&c->peers));
	fwd_fini(c);
	negotiate_fini(c);
	exchange_fini(c);
	peertab_fini(c);
	heap_fini(&c->deadlines);
	ratelimit_free(c->rate);
	ratelimit_free(c->icmp);
	dupcache_fini(&c->dups);
	wipe(c, sizeof(*c));
}

/* The session that n packets are for, or NULL and the reason counted. */
static struct session *
session_of(struct core *c, uint32_t index, unsigned n, struct mono now)
{
	struct index *ix = index_find(c, index);
	struct session *s;

	if (ix == NULL || ix->kind != INDEX_SESSION) {
		count_n(&c->cnt, CNT_data_index, n);
		return NULL;
	}
	s = CONTAINER_OF(ix, struct session, ix);
	if (mono_due(s->end, now)) {
		count_n(&c->cnt, CNT_data_expired, n);
		return NULL;
	}
	return s;
}

/* Packets of one session, from one address. */
static void
data_input(struct core *c, const struct path *from, uint32_t index,
    struct run *run, struct turn *t)
{
	struct session *s = session_of(c, index, run->n, t->now);
	size_t bytes = 0;
	bool newest;
	unsigned i;

	if (s == NULL)
		return;
	session_open(s, run, &c->cnt, &newest);
	for (i = 0; i < run->n; i++)
		bytes += run->pkt[i].len + DATA_HEAD + TAG_LEN;
	if (run->n > 0)
		frames_receive(c, s->ix.peer, s, from, run, bytes, newest, t);
}

/*
 * Handles the transport packets from place i on that go to one session;
 * returns the place of the first one that does not.
 */
static unsigned
data_span(struct core *c, const struct path *from, const struct run *run,
    unsigned i, struct turn *t)
{
	struct msg_data first, m;
	enum counter why;
	struct run part;

	if (!msg_data_parse(run->pkt[i].p, run->pkt[i].len, &first))
		return i + 1;
	part.n = 0; /* not all of it, which is 1 KiB */
	do {
		part.pkt[part.n++] = run->pkt[i++];
	} while (i < run->n &&
	    msg_classify(run->pkt[i].p, run->pkt[i].len, &why) == MSG_DATA &&
	    msg_data_parse(run->pkt[i].p, run->pkt[i].len, &m) &&
	    m.receiver == first.receiver);
	data_input(c, from, first.receiver, &part, t);
	return i;
}

/* Of either kind that we ask for. */
static void
on_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	if (!ident_cookie(c, from, msg, len, t))
		dial_cookie(c, from, msg, len, t);
}

void
core_udp_input(
    struct core *c, const struct path *from, struct run *run, struct turn *t)
{
	static void (*const handler[])(struct core *, const struct path *,
	    const uint8_t *, size_t, struct turn *) = {
		[MSG_INIT] = answer_init,
		[MSG_RESP] = dial_response,
		[MSG_COOKIE] = on_cookie,
		[MSG_IDQ] = ident_asked,
		[MSG_IDR] = ident_told,
	};
	unsigned i = 0;

	while (i < run->n) {
		struct pkt *pk = &run->pkt[i];
		enum counter why;
		int type = msg_classify(pk->p, pk->len, &why);

		if (type == MSG_DATA) {
			i = data_span(c, from, run, i, t);
			continue;
		}
		if (type == 0)
			count(&c->cnt, why);
		else
			handler[type](c, from, pk->p, pk->len, t);
		i++;
	}
}

void
core_note_load(struct core *c, struct mono now)
{
	c->loaded_until = mono_add(now, LOAD_HOLD_US);
}

void
core_tick(struct core *c, struct turn *t)
{
	struct hpent *e;

	while ((e = heap_min(&c->deadlines)) != NULL && mono_due(e->at, t->now))
		timers_run(c, CONTAINER_OF(e, struct peer, due), t);
	mesh_tick(c, t);
	negotiate_tick(c, t);
	exchange_tick(c, t);
	ident_tick(c, t);
}

struct mono
core_deadline(const struct core *c)
{
	struct hpent *e = heap_min(&c->deadlines);

	return mono_min(mono_min(mono_min(c->hello_by, negotiate_deadline(c)),
			    exchange_deadline(c)),
	    mono_min(ident_deadline(c), e != NULL ? e->at : MONO_NEVER));
}

/* A person names it: what we made of it by ourselves gives way. */
static void
clear_the_way(struct core *c, const uint8_t x_pk[KEY_LEN], struct turn *t)
{
	struct peer *p = peertab_by_key(c, x_pk);

	if (p != NULL && p->origin != PEER_CONFIGURED)
		trial_end(c, p, CLOSE_REMOVED, t);
}

struct peer *
core_peer_add(struct core *c, const struct peer_config *cfg,
    const char **ret_why, struct turn *t)
{
	const struct peer *same = core_peer_by_name(c, cfg->name);
	struct peer *p;

	if (equal_ct(cfg->x_pk, c->id.x_pk, KEY_LEN)) {
		*ret_why = "the key is our own";
		return NULL;
	}
	if (same != NULL && same->origin == PEER_CONFIGURED) {
		*ret_why = "a peer of this name is there already";
		return NULL;
	}
	clear_the_way(c, cfg->x_pk, t);
	if (peertab_by_key(c, cfg->x_pk) != NULL) {
		*ret_why = "a peer with this key is there already";
		return NULL;
	}
	p = peer_new(c, cfg, PEER_CONFIGURED, NULL, ret_why, t);
	if (p != NULL)
		exchange_new_peer(c, p);
	return p;
}

/* The resolver turns its answers round: their order says nothing new. */
static bool
has_all(const struct peer *p, const struct addr *ep, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < p->n_ep && !addr_equal(&p->ep[k], &ep[i]); k++)
			;
		if (k == p->n_ep)
			return false;
	}
	return n == p->n_ep;
}

void
core_peer_endpoints(struct core *c, struct peer *p, const struct addr *ep,
    unsigned n, struct turn *t)
{
	if (n > PEER_ENDPOINTS)
		n = PEER_ENDPOINTS;
	if (has_all(p, ep, n))
		return;
	if (n > 0)
		memcpy(p->ep, ep, n * sizeof(*ep));
	target_interleave(p->ep, n);
	p->n_ep = n;
	p->next_ep = 0;
	if (p->dial.left > n)
		p->dial.left = n; /* of the try that is on */
	known_update(c, p);
	if (peer_session(p) == NULL)
		dial_restart(c, p, t);
	else if (timers_silent(p) && target_elsewhere(p))
		dial_in_doubt(c, p, t);
}

void
core_peer_del(
    struct core *c, struct peer *p, uint8_t close_reason, struct turn *t)
{
	if (p->origin != PEER_CONFIGURED) {
		trial_end(c, p, close_reason, t);
		return;
	}
	peer_send_close(c, p, close_reason, t);
	peer_drop(c, p, PEER_CANDIDATE, MESH_DOWN_REMOVED, t);
	peer_free(c, p);
}

struct peer *
core_peer_by_id(struct core *c, uint32_t id)
{
	return peertab_by_id(c, id);
}

struct peer *
core_peer_by_name(struct core *c, const char *name)
{
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link) {
		if (strcmp(p->cfg.name, name) == 0)
			return p;
	}
	return NULL;
}

void
core_set_limits(struct core *c, const struct core_limits *lim, struct turn *t)
{
	struct peer *p;

	c->limits = *lim;
	bucket_set(&c->fan_own, lim->fan_origin, 2 * lim->fan_origin, t->now);
	bucket_set(&c->fan_in, lim->fan_total, 2 * lim->fan_total, t->now);
	TAILQ_FOREACH (p, &c->peers, link) {
		bucket_set(
		    &p->fan, lim->fan_origin, 4 * lim->fan_origin, t->now);
		peer_prolong(c, p);
		if (p->slot[SLOT_CUR] != NULL)
			timers_session_current(c, p, t);
	}
}

void
core_close_all(struct core *c, uint8_t reason, struct turn *t)
{
	struct peer *p;

	c->stopping = true;
	TAILQ_FOREACH (p, &c->peers, link) {
		peer_send_close(c, p, reason, t);
		dial_end(c, p);
	}
}
