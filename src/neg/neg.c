#include "neg/neg.h"

#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "neg/act.h"
#include "neg/gate.h"
#include "wire/frame.h"

struct mono
neg_in(struct mono now)
{
	return mono_add(now, NEG_EPOCH);
}

struct mono
neg_out(struct mono t)
{
	if (mono_is_never(t))
		return t;
	return (struct mono){ t.us > NEG_EPOCH ? t.us - NEG_EPOCH : 0 };
}

uint64_t
neg_random(const struct neg *g)
{
	uint64_t v;

	g->io.random(g->io.arg, &v, sizeof(v));
	return v;
}

static uint64_t
random_id(const struct neg *g)
{
	uint64_t v;

	do
		v = neg_random(g);
	while (v == 0);
	return v;
}

struct neg *
neg_new(const struct neg_config *cfg, const struct neg_io *io)
{
	struct neg *g = xcalloc(1, sizeof(*g));
	uint8_t secret[2][16];

	g->cfg = *cfg;
	g->io = *io;
	io->random(io->arg, secret, sizeof(secret));
	heap_init(&g->heap);
	htab_init(&g->by_id, HTAB_KEY_OFF(struct link, by_id, p.id),
	    sizeof(uint32_t), secret[0]);
	past_init(&g->mem, secret[1]);
	TAILQ_INIT(&g->links);
	TAILQ_INIT(&g->reserves);
	g->netid = cfg->netid != 0 ? cfg->netid : random_id(g);
	g->vnodeid = random_id(g);
	g->unstable = g->join = g->check = g->kept_until = MONO_NEVER;
	g->stable = cfg->stable == NEG_STABLE_YES;
	return g;
}

static void
link_free(struct neg *g, struct link *l)
{
	heap_set(&g->heap, &l->ent, MONO_NEVER);
	htab_del(&g->by_id, &l->by_id);
	TAILQ_REMOVE(&g->links, l, all);
	channel_fini(&l->ch);
	netdesc_free(l->desc);
	free(l->wish.taken);
	free(l->route);
	free(l->held);
	free(l);
}

void
neg_free(struct neg *g)
{
	struct reserve *rs;

	while (!TAILQ_EMPTY(&g->links))
		link_free(g, TAILQ_FIRST(&g->links));
	while ((rs = TAILQ_FIRST(&g->reserves)) != NULL) {
		TAILQ_REMOVE(&g->reserves, rs, all);
		free(rs);
	}
	past_fini(&g->mem);
	htab_fini(&g->by_id);
	heap_fini(&g->heap);
	netdesc_fini(&g->own);
	free(g->avoid);
	free(g);
}

void
neg_schedule(struct neg *g)
{
	struct mono at = mono_min(g->check, win_deadline(g));

	at = mono_min(at, g->kept_until);

	heap_set(&g->heap, &g->ent, mono_min(at, own_due(g)));
}

void
link_schedule(struct neg *g, struct link *l)
{
	struct mono at = mono_min(l->timer, channel_deadline(&l->ch));

	if (l->ch.broken)
		at = mono_min(at, l->anew_at);
	if (l->closed)
		at = MONO_NEVER;
	heap_set(&g->heap, &l->ent, at);
}

struct link *
link_find(const struct neg *g, uint32_t peer)
{
	struct hnode *h = htab_find(&g->by_id, &peer);

	return h == NULL ? NULL : CONTAINER_OF(h, struct link, by_id);
}

struct link *
link_of_key(const struct neg *g, const uint8_t key[NEG_KEY])
{
	struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (memcmp(l->p.key, key, NEG_KEY) == 0)
			return l;
	return NULL;
}

/* Roles, routes and a place kept for it go with the link. */
static void
let_go(struct neg *g, struct link *l, struct mono now)
{
	l->closed = true;
	lose_drop(g, l);
	win_leave(g, l);
	l->routed = false;
	link_state(g, l, NEG_HELLO_WAIT, now);
	routes_update(g, l, now);
	l->timer = MONO_NEVER;
	link_schedule(g, l);
}

void
link_close(struct neg *g, struct link *l, bool penalty, struct mono now)
{
	if (l->closed)
		return;
	if (penalty)
		network_sinned(l->net, now);
	let_go(g, l, now);
	g->io.close(g->io.arg, l->p.id, CLOSE_BAD_DESC);
}

void
neg_set_config(struct neg *g, const struct neg_config *cfg, struct mono now)
{
	now = neg_in(now);
	g->cfg = *cfg;
	if (cfg->netid != 0 && cfg->netid != g->netid) {
		g->netid = cfg->netid;
		own_dirty(g);
	}
	stable_check(g, now);
	own_publish(g, now);
}

static struct mono
before(struct mono now, uint32_t ago)
{
	uint64_t us = ago * (uint64_t)MONO_SEC;

	return (struct mono){ now.us > us ? now.us - us : 0 };
}

static void
restore_self(struct neg *g, const struct neg_record *rec, struct mono now)
{
	uint64_t age = (uint64_t)rec->u.self.age + rec->ago;
	unsigned i;

	if (g->cfg.netid == 0)
		g->netid = rec->u.self.netid;
	g->vnodeid = rec->u.self.vnodeid;
	g->epoch = rec->u.self.epoch;
	g->born = before(now, age > UINT32_MAX ? UINT32_MAX : (uint32_t)age);
	g->own.topo = rec->u.self.topo;
	g->own.n_claims = rec->u.self.n_claims;
	for (i = 0; i < rec->u.self.n_claims && i < NETDESC_CLAIMS; i++)
		g->own.claim[i] = rec->u.self.claim[i];
	g->restored = true;
	stable_restore(g, rec->u.self.stable, now);
}

static void
restore_network(struct neg *g, const struct neg_record *rec, struct mono now)
{
	struct rd r = rd_of(rec->u.network.desc, rec->u.network.desc_len);
	struct netdesc d;
	struct network *n;

	if (netdesc_parse(&r, NETDESC_TUNNEL, &d) != NULL)
		return;
	n = past_get(&g->mem, rec->u.network.key, now);
	if (n == NULL) {
		netdesc_fini(&d);
		return;
	}
	network_desc(n, &d, rec->u.network.desc, rec->u.network.desc_len,
	    rec->u.network.sig);
	n->uptime = rec->u.network.uptime;
	n->agreed = n->uptime > 0;
	n->seen = n->counted = before(now, rec->ago);
	netdesc_fini(&d);
}

static void
restore_move(struct neg *g, const struct neg_record *rec, struct mono now)
{
	struct move m = { .at = before(now, rec->ago),
		.done_at = before(now, rec->ago),
		.topo = rec->u.move.topo,
		.from = rec->u.move.from,
		.to = rec->u.move.to };

	budget_add(&g->budget, &m);
}

static void
restore_demand(struct neg *g, const struct neg_record *rec, struct mono now)
{
	demand_restore(g, rec, now);
}

void
neg_restore(struct neg *g, const struct neg_record *rec, struct mono now)
{
	static void (*const restore[])(
	    struct neg *, const struct neg_record *, struct mono) = {
		[NEG_REC_SELF] = restore_self,
		[NEG_REC_NETWORK] = restore_network,
		[NEG_REC_MOVE] = restore_move,
		[NEG_REC_RESERVE] = win_restore,
		[NEG_REC_DEMAND] = restore_demand,
	};

	restore[rec->kind](g, rec, neg_in(now));
	neg_schedule(g);
}

/* Is it what we know already? */
static bool
nothing_new(const struct neg *g, const struct netdesc *own)
{
	return g->has_place && netdesc_same_place(&g->place, own) &&
	    g->place.nodes == own->nodes && g->place.flags == own->flags;
}

void
neg_own(struct neg *g, const struct netdesc *own, struct mono now)
{
	now = neg_in(now);
	if (own == NULL) {
		own_forget(g, now);
		neg_schedule(g);
		return;
	}
	if (nothing_new(g, own))
		return;
	g->place = *own;
	g->place.known = NULL;
	g->place.n_known = 0;
	g->has_place = true;
	if (g->born.us == 0)
		g->born = now;
	own_dirty(g);
	own_publish(g, now);
}

bool
neg_avoid(struct neg *g, const struct neg_taken *t, size_t n, struct mono now)
{
	struct neg_taken *all = NULL;

	if (n > 0) {
		all = try_calloc(n, sizeof(*t));
		if (all == NULL)
			return false;
		memcpy(all, t, n * sizeof(*t));
	}
	free(g->avoid);
	g->avoid = all;
	g->n_avoid = n;
	now = neg_in(now);
	routes_update(g, NULL, now);
	own_publish(g, now);
	return true;
}

/* NULL without memory. */
static struct link *
link_new(struct neg *g, const struct neg_peer *p, struct mono now)
{
	struct link *l = try_calloc(1, sizeof(*l));
	struct network *net = past_get(&g->mem, p->key, now);

	/* Room for all links, and for what belongs to none. */
	if (l == NULL || net == NULL ||
	    !heap_reserve(&g->heap, g->by_id.n + 2)) {
		free(l);
		return NULL;
	}
	l->p = *p;
	channel_init(&l->ch, (uint8_t)neg_random(g));
	l->net = net;
	if (network_kept(l->net, now))
		own_dirty(g);
	l->net->linked = true;
	l->net->counted = now;
	l->up_at = l->since = now;
	l->timer = l->conflict = l->compat = MONO_NEVER;
	g->io.random(g->io.arg, l->nonce_out, NEG_NONCE);
	if (p->dialled && mono_is_never(g->join))
		g->join = now; /* a newcomer, until it has settled */
	htab_add(&g->by_id, &l->by_id);
	TAILQ_INSERT_TAIL(&g->links, l, all);
	return l;
}

void
neg_link_up(struct neg *g, const struct neg_peer *p, struct mono now)
{
	struct link *l = link_find(g, p->id);

	now = neg_in(now);
	if (l != NULL) { /* what we know of it has changed */
		l->p.trusted = p->trusted;
		l->p.established = p->established;
		l->p.stranger = p->stranger;
		l->p.group = p->group;
		l->p.source = p->source;
		return;
	}
	l = link_new(g, p, now);
	if (l == NULL) {
		g->io.close(g->io.arg, p->id, CLOSE_NONE);
		return;
	}
	if (mono_before(now, l->net->refuse_until)) {
		l->closed = true;
		g->io.close(g->io.arg, p->id, CLOSE_POLICY);
		return;
	}
	if (g->has_own)
		talk_hello(g, l, now);
	link_restart(g, l, now);
}

void
neg_link_down(struct neg *g, uint32_t peer, struct mono now)
{
	struct link *l = link_find(g, peer);
	struct network *n;
	struct neg_record rec;

	now = neg_in(now);
	if (l == NULL)
		return;
	n = l->net;
	let_go(g, l, now);
	n->linked = false;
	n->seen = now;
	network_died(n, now);
	if (n->desc != NULL) {
		network_record(n, &rec);
		g->io.save(g->io.arg, &rec);
	}
	link_free(g, l);
	win_refresh(g);
	stable_check(g, now);
	if (TAILQ_EMPTY(&g->links)) {
		g->join = MONO_NEVER;
		g->joined = g->stable;
	}
	if (network_kept(n, now))
		own_dirty(g);
	own_publish(g, now);
}

bool
neg_input(struct neg *g, uint32_t peer, const uint8_t *part, size_t len,
    struct mono now)
{
	struct link *l = link_find(g, peer);
	struct talk_to to = { g, l };
	const uint8_t *p;
	uint8_t type;
	size_t n;
	bool bad;

	now = neg_in(now);
	if (l == NULL || l->closed)
		return true;
	if (channel_get(
		&l->ch, part, len, now, talk_part, &to, &type, &p, &n, &bad) &&
	    !link_message(g, l, type, p, n, now)) {
		link_close(g, l, true, now);
		bad = true;
	}
	link_schedule(g, l);
	own_publish(g, now);
	return !bad;
}

void
neg_nonce_seen(struct neg *g, const uint8_t nonce[NEG_NONCE], struct mono now)
{
	struct link *l;

	now = neg_in(now);
	TAILQ_FOREACH (l, &g->links, all)
		greet_nonce(g, l, nonce, now);
	own_publish(g, now);
}

void
neg_rehook_failed(struct neg *g, uint32_t id, struct mono now)
{
	struct link *l = g->mover;

	now = neg_in(now);
	if (!g->moving || id != g->rehook_id)
		return;
	talk_why(g, l, NEG_ABORT, NEG_WHY_FAILED, now);
	lose_drop(g, l);
	link_backoff(g, l, 0, NEG_WHY_FAILED, now);
	own_publish(g, now);
}

/* The state of a link in which a person's word can take effect at once. */
static bool
may_begin(const struct neg *g, const struct link *l, const struct demand *d)
{
	return g->has_own && l != NULL && l->desc != NULL && !l->closed &&
	    (link_settled(l) || l->state == NEG_BACKOFF) &&
	    l->state != NEG_TOPO && l->state != NEG_SAME &&
	    topology_equal(&d->topo, &g->own.topo) &&
	    topology_equal(&l->desc->topo, &g->own.topo);
}

bool
neg_approve(struct neg *g, uint32_t id, struct mono now)
{
	struct demand *d = demand_by_id(&g->demands, id);
	struct link *l;
	unsigned i;

	now = neg_in(now);
	if (d == NULL || d->state != DEMAND_WAITS)
		return false;
	demand_set(g, d, DEMAND_APPROVED, d->why);
	l = link_of_key(g, d->key);
	for (i = 0; may_begin(g, l, d) && i < g->own.n_claims; i++)
		if (claims_equal(&g->own.topo, &g->own.claim[i], &d->from)) {
			lose_consider(g, l, &g->own.claim[i], d->level,
			    l->state == NEG_UP, now);
			break;
		}
	own_publish(g, now);
	return true;
}

bool
neg_refuse(struct neg *g, uint32_t id, struct mono now)
{
	struct demand *d = demand_by_id(&g->demands, id);

	(void)now;
	if (d == NULL ||
	    (d->state != DEMAND_WAITS && d->state != DEMAND_APPROVED))
		return false;
	demand_set(g, d, DEMAND_REFUSED, 0);
	return true;
}

static void
own_tick(struct neg *g, struct mono now)
{
	win_expire(g, now);
	if (mono_due(g->kept_until, now)) {
		g->kept_until = MONO_NEVER;
		g->dirty = true;
	}
	if (mono_due(g->check, now))
		stable_check(g, now);
	own_publish(g, now);
	neg_schedule(g);
}

void
neg_tick(struct neg *g, struct mono now)
{
	struct hpent *e;

	now = neg_in(now);
	while ((e = heap_min(&g->heap)) != NULL && mono_due(e->at, now)) {
		if (e == &g->ent)
			own_tick(g, now);
		else
			link_tick(g, CONTAINER_OF(e, struct link, ent), now);
	}
	own_publish(g, now);
}

struct mono
neg_deadline(const struct neg *g)
{
	const struct hpent *e = heap_min(&g->heap);

	return e == NULL ? MONO_NEVER : neg_out(e->at);
}
