#include "neg_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "neg_check.h"

#define PART_MAX 900u

static void
on_send(void *arg, uint32_t peer, const uint8_t *part, size_t len)
{
	struct gnode *n = arg;

	nw_send(n->w, n, peer - 1, part, len);
}

static size_t
on_part_max(void *arg, uint32_t peer)
{
	(void)arg, (void)peer;
	return PART_MAX;
}

static void
on_close(void *arg, uint32_t peer, uint8_t reason)
{
	struct gnode *n = arg;

	(void)reason;
	n->w->sum.closes++;
	nw_close(n->w, peer - 1);
}

static void
on_routes(void *arg, uint32_t peer, const struct netdesc *of,
    const struct claim *c, unsigned count)
{
	struct gnode *n = arg;
	struct tunnel_side *s =
	    &n->w->tunnel[peer - 1].side[nw_side(n, peer - 1)];

	s->n_routes = count;
	s->route_netid = count > 0 ? of->netid : 0;
	if (count > 0)
		memcpy(s->route, c, count * sizeof(*c));
	n->routes_changed = true;
}

/* The mesh daemon takes its time, and does not always get there. */
static void
on_rehook(void *arg, uint32_t id, const struct topology *topo,
    const struct claim *from, const struct claim *to, uint32_t count)
{
	struct gnode *n = arg;
	struct nw_world *w = n->w;
	bool late = !w->opt.calm && rng_below(&w->rng, 50) == 0;

	(void)topo, (void)count;
	n->told = true;
	n->leaving = false;
	n->rehook_id = id;
	n->from = *from;
	n->to = *to;
	heap_set(&w->events, &n->mesh.at,
	    mono_add(w->now,
		late ? plan_span(&w->rng, 90, 120)
		     : plan_span(&w->rng, 12, 60)));
}

/* Most stop in time; some are already on their way. */
static void
on_rehook_stop(void *arg, uint32_t id)
{
	struct gnode *n = arg;

	if (id != n->rehook_id || rng_below(&n->w->rng, 10) == 0)
		return;
	n->rehook_id = 0;
	heap_set(&n->w->events, &n->mesh.at, MONO_NEVER);
}

static void
on_probe(void *arg, uint32_t peer, const struct netdesc *to,
    const uint8_t nonce[NEG_NONCE])
{
	(void)arg, (void)peer, (void)to, (void)nonce; /* nobody hears it */
}

/* Who has signed these bytes, and which: that nobody forges is assumed. */
static void
stamp(unsigned no, const uint8_t *p, size_t len, uint8_t sig[NEG_SIG])
{
	uint64_t h = 1469598103934665603u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * 1099511628211u;
	memset(sig, 0, NEG_SIG);
	memcpy(sig, &no, sizeof(no));
	memcpy(sig + 8, &h, sizeof(h));
}

static void
on_sign(void *arg, const uint8_t *p, size_t len, uint8_t sig[NEG_SIG])
{
	const struct gnode *n = arg;

	stamp(n->no, p, len, sig);
}

static bool
on_verify(void *arg, const uint8_t key[NEG_KEY], const uint8_t *p, size_t len,
    const uint8_t sig[NEG_SIG])
{
	uint8_t want[NEG_SIG];
	unsigned no;

	(void)arg;
	memcpy(&no, key, sizeof(no));
	stamp(no, p, len, want);
	return memcmp(want, sig, NEG_SIG) == 0;
}

static void
on_save(void *arg, const struct neg_record *rec)
{
	struct gnode *n = arg;

	store_save(n, rec);
	if (rec->kind == NEG_REC_RESERVE && !rec->gone)
		check_reserve(n, rec);
}

static void
on_event(void *arg, enum neg_event ev, uint32_t peer)
{
	struct gnode *n = arg;
	unsigned i;

	if (ev != NEG_EV_STATE)
		return;
	for (i = 0; i < n->n_changed; i++)
		if (n->changed[i] == peer - 1)
			return;
	n->changed[n->n_changed++] = peer - 1;
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct gnode *n = arg;

	rng_fill(&n->w->rng, p, len);
}

/* Not all of 10.1 to 10.255 is free for these networks. */
static void
avoid_rest(struct gnode *n)
{
	struct neg_taken t[256];
	size_t count = 0;
	unsigned gid;

	memset(t, 0, sizeof(t));
	for (gid = n->w->opt.paths + 1; gid < 256; gid++) {
		t[count].p.family = PREFIX_IPV4;
		t[count].p.bits = 16;
		t[count].p.a[0] = 10;
		t[count++].p.a[1] = (uint8_t)gid;
	}
	neg_avoid(n->g, t, count, n->w->now);
}

void
gnode_start(struct gnode *n)
{
	const struct neg_io io = {
		.arg = n,
		.send = on_send,
		.part_max = on_part_max,
		.close = on_close,
		.routes = on_routes,
		.rehook = on_rehook,
		.rehook_stop = on_rehook_stop,
		.probe = on_probe,
		.sign = on_sign,
		.verify = on_verify,
		.save = on_save,
		.event = on_event,
		.random = on_random,
	};
	struct neg_self_view v;

	n->g = neg_new(&n->cfg, &io);
	avoid_rest(n);
	store_restore(n);
	neg_own(n->g, &n->place, n->w->now);
	neg_show_self(n->g, &v, n->w->now);
	n->netid = v.own->netid;
	nw_called(n);
}

void
gnode_stop(struct gnode *n)
{
	struct tunnel_side *s;
	unsigned i;

	neg_free(n->g);
	n->g = NULL;
	heap_set(&n->w->events, &n->tick.at, MONO_NEVER);
	n->n_changed = 0;
	for (i = 0; i < n->n_tunnels; i++) {
		s = &n->w->tunnel[n->tunnel[i]].side[nw_side(n, n->tunnel[i])];
		s->n_routes = 0;
	}
}

static void
drop_leaving(struct gnode *n)
{
	n->leaving = false;
	n->place.n_claims = 1;
	if (n->g == NULL)
		return;
	neg_own(n->g, &n->place, n->w->now);
	nw_called(n);
}

static void
arrive(struct gnode *n)
{
	struct nw_world *w = n->w;
	struct netdesc *d = &n->place;

	n->rehook_id = 0;
	d->claim[0] = n->to;
	d->gid[2] = n->to.gid[2];
	d->n_claims = 1;
	if (!w->opt.calm && rng_below(&w->rng, 5) == 0) {
		d->claim[1] = n->from;
		d->n_claims = 2;
		n->leaving = true;
		heap_set(&w->events, &n->mesh.at,
		    mono_add(w->now, plan_span(&w->rng, 60, 420)));
	}
	if (n->g == NULL)
		return;
	neg_own(n->g, d, w->now);
	check_arrived(n);
	nw_called(n);
}

void
gnode_mesh(struct gnode *n)
{
	struct nw_world *w = n->w;
	uint32_t id = n->rehook_id;

	if (n->leaving) {
		drop_leaving(n);
	} else if (id != 0 && !w->opt.calm && rng_below(&w->rng, 20) == 0) {
		n->rehook_id = 0;
		w->sum.failed++;
		if (n->g == NULL)
			return;
		neg_rehook_failed(n->g, id, w->now);
		nw_called(n);
	} else if (id != 0)
		arrive(n);
}

static void
first_place(struct gnode *n, const struct plan_net *p)
{
	struct netdesc *d = &n->place;

	d->topo = topology_ntk(p->other_class ? NETDESC_172 : NETDESC_10);
	d->gid[3] = p->other_class ? 172 : 10;
	d->gid[2] = (uint16_t)(p->other_class ? 17 + p->gid % 15 : p->gid);
	d->gid[1] = d->gid[0] = 1;
	d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	d->n_claims = 1;
	d->claim[0].level = 2;
	d->claim[0].gid[2] = d->gid[2];
	d->claim[0].gid[3] = d->gid[3];
}

void
gnode_init(struct gnode *n, struct nw_world *w, unsigned no)
{
	n->w = w;
	n->no = no;
	n->tick = (struct nw_event){ .kind = NW_TICK, .no = no };
	n->mesh = (struct nw_event){ .kind = NW_MESH, .no = no };
	n->life = (struct nw_event){ .kind = NW_LIFE, .no = no };
	n->cfg.policy = REHOOK_AUTO;
	n->cfg.rule = RULE_SEED;
	n->cfg.max_nodes = 1;
	n->cfg.stable =
	    w->plan.net[no].stable ? NEG_STABLE_YES : NEG_STABLE_AUTO;
	n->changed = xcalloc(n->n_tunnels + 1, sizeof(*n->changed));
	first_place(n, &w->plan.net[no]);
	heap_set(&w->events, &n->life.at, w->plan.net[no].restart);
	gnode_start(n);
}

void
gnode_fini(struct gnode *n)
{
	if (n->g != NULL)
		neg_free(n->g);
	store_fini(n);
	free(n->tunnel);
	free(n->changed);
}
