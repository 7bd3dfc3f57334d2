#include "core/negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/dial.h"
#include "core/exchange.h"
#include "core/frames.h"
#include "core/guard.h"
#include "core/mesh.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "crypto/sign.h"
#include "neg/space.h"

#define PLACE_HOLD_US (60 * MONO_SEC) /* a mesh daemon may restart */
#define REGRANT_US (1 * MONO_SEC)     /* paths change with each stranger */
#define REASK_US (60 * MONO_SEC)      /* some are away, and do not come back */
#define GROUP_BITS_V4 16u	      /* of an endpoint: see neg_peer */
#define GROUP_BITS_V6 32u

/* What is agreed with one peer; there while there is something. */
struct agreed {
	LIST_ENTRY(agreed) link;
	uint32_t peer;
	struct topology topo;
	uint16_t gid[NETDESC_LEVELS];
	unsigned n;
	struct {
		struct claim c;
		bool has_p; /* what it is as a prefix */
		struct prefix p;
	} part[];
};

/* Where somebody says that we are. */
struct told {
	bool known;
	struct netdesc desc;
};

struct negotiate {
	struct core *c;
	struct neg *g;
	struct negotiate_io io;
	struct turn *t; /* of the call that is under way */
	LIST_HEAD(, agreed) agreed;
	bool some_end;		/* a peer is of no_use */
	struct told conf, mesh; /* by whom; the mesh daemon's word goes */
	struct mono mesh_until; /* its word holds so long behind its end */
	uint32_t asked;		/* the mesh daemon is moving: id, or 0 */
	unsigned n_unrouted;	/* peers that are unrouted */
	struct mono regranted;	/* when what was refused was last asked again */
};

/* The callbacks of src/neg. */

static void
on_send(void *arg, uint32_t peer, const uint8_t *part, size_t len)
{
	struct negotiate *ng = arg;
	struct peer *p = core_peer_by_id(ng->c, peer);
	struct session *s = p != NULL ? peer_session(p) : NULL;

	if (s != NULL)
		peer_send_small(
		    ng->c, p, s, &p->path, FRAME_NEG, part, len, ng->t);
}

static size_t
on_part_max(void *arg, uint32_t peer)
{
	struct negotiate *ng = arg;
	struct peer *p = core_peer_by_id(ng->c, peer);
	size_t max = p != NULL ? peer_mtu(ng->c, p) : MTU_MIN;

	max -= NEG_HEAD;
	return max < NEG_PART_MAX ? max : NEG_PART_MAX;
}

static void
on_close(void *arg, uint32_t peer, uint8_t reason)
{
	struct negotiate *ng = arg;
	struct peer *p = core_peer_by_id(ng->c, peer);

	if (p == NULL)
		return;
	p->no_use = ng->some_end = true;
	p->no_use_why = reason;
}

/*
 * What one has let go may be another's: two vnodes of one gnode. A tunnel
 * without its routes is of no use, and begins anew.
 */
static void
grant_all(struct negotiate *ng)
{
	struct agreed *a;
	uint32_t who;
	unsigned i;

	LIST_FOREACH (a, &ng->agreed, link)
		for (i = 0; i < a->n; i++)
			if (a->part[i].has_p &&
			    !route_add(ng->c->routes, ROUTE_AGREED,
				&a->part[i].p, a->peer, &who) &&
			    who == ROUTE_NOBODY)
				on_close(ng, a->peer, CLOSE_NONE);
}

/* All of it; of NULL there is nothing. */
static size_t
prefixes_of(const struct agreed *a, struct prefix ret[static NETDESC_CLAIMS])
{
	size_t n = 0;
	unsigned i;

	for (i = 0; a != NULL && i < a->n; i++)
		if (a->part[i].has_p)
			ret[n++] = a->part[i].p;
	return n;
}

static void
tell_mesh(struct core *c, uint32_t peer, const struct agreed *a, struct turn *t)
{
	struct mesh_route ro = { .peer = peer };

	if (a != NULL && a->n > 0) {
		ro.topo = a->topo;
		memcpy(ro.gid, a->gid, sizeof(ro.gid));
		for (; ro.n_claims < a->n; ro.n_claims++)
			ro.claim[ro.n_claims] = a->part[ro.n_claims].c;
	}
	mesh_route(c, &ro, t);
}

static bool
has(const struct agreed *a, const struct prefix *p)
{
	unsigned i;

	for (i = 0; a != NULL && i < a->n; i++)
		if (a->part[i].has_p && prefix_equal(&a->part[i].p, p))
			return true;
	return false;
}

/* What it has already, it keeps; the rest must not cover an endpoint. */
static struct agreed *
agreed_new(struct negotiate *ng, struct peer *p, const struct netdesc *of,
    const struct claim *c, unsigned n)
{
	struct agreed *a = try_calloc(1, sizeof(*a) + n * sizeof(a->part[0]));
	unsigned i;

	if (a == NULL) {
		on_close(ng, p->id, CLOSE_NONE);
		return NULL;
	}
	a->peer = p->id;
	a->topo = of->topo;
	memcpy(a->gid, of->gid, sizeof(a->gid));
	for (i = 0; i < n; i++) {
		struct prefix to;
		bool is_ip = claim_prefix(&of->topo, &c[i], &to);

		if (is_ip && !has(p->agreed, &to) &&
		    !guard_route(ng->c, p, &to, ng->t))
			continue;
		a->part[a->n].c = c[i];
		a->part[a->n].has_p = is_ip;
		a->part[a->n++].p = to;
	}
	return a;
}

static void
agreed_free(struct negotiate *ng, struct peer *p)
{
	if (p->agreed == NULL)
		return;
	LIST_REMOVE(p->agreed, link);
	free(p->agreed);
	p->agreed = NULL;
	route_drop(ng->c->routes, ROUTE_AGREED, p->id);
}

/* False if there is nothing of either. */
static bool
is_same(const struct agreed *a, const struct agreed *b)
{
	unsigned i;

	if (a == NULL || b == NULL || a->n != b->n ||
	    !topology_equal(&a->topo, &b->topo) ||
	    memcmp(a->gid, b->gid, sizeof(a->gid)) != 0)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->part[i].c.flags != b->part[i].c.flags ||
		    !claims_equal(&a->topo, &a->part[i].c, &b->part[i].c))
			return false;
	return true;
}

static void
on_routes(void *arg, uint32_t peer, const struct netdesc *of,
    const struct claim *c, unsigned n)
{
	struct negotiate *ng = arg;
	struct peer *p = core_peer_by_id(ng->c, peer);
	struct prefix prefix[NETDESC_CLAIMS];
	struct agreed *a;

	if (p == NULL || (p->agreed == NULL && n == 0))
		return;
	ng->n_unrouted -= p->unrouted;
	if (ng->n_unrouted == 0)
		ng->c->places_changed = false; /* nobody waits for it */
	p->unrouted = false;
	a = n > 0 ? agreed_new(ng, p, of, c, n) : NULL;
	ng->n_unrouted += p->unrouted;
	if (is_same(a, p->agreed)) {
		free(a);
		return;
	}
	agreed_free(ng, p);
	p->agreed = a;
	if (a != NULL)
		LIST_INSERT_HEAD(&ng->agreed, a, link);
	grant_all(ng);
	tell_mesh(ng->c, peer, a, ng->t);
	n = (unsigned)prefixes_of(a, prefix);
	ng->io.routes(ng->io.arg, peer, n > 0 ? prefix : NULL, n);
}

/*
 * Endpoints have come and gone, or time has: what was refused over them is
 * asked again.
 */
static void
regrant(struct negotiate *ng)
{
	struct neg_link_view v;
	struct peer *p;

	ng->c->places_changed = false;
	ng->regranted = ng->t->now;
	TAILQ_FOREACH (p, &ng->c->peers, link)
		if (p->unrouted && p->agreed != NULL &&
		    neg_show_link(ng->g, p->id, &v) && v.desc != NULL)
			on_routes(ng, p->id, v.desc, v.route, v.n_routes);
}

static struct mono
regrant_due(const struct negotiate *ng)
{
	if (ng->n_unrouted == 0)
		return MONO_NEVER;
	return mono_add(
	    ng->regranted, ng->c->places_changed ? REGRANT_US : REASK_US);
}

/* The mesh daemon does it if it said it can, else whoever is outside. */
static void
on_rehook(void *arg, uint32_t id, const struct topology *topo,
    const struct claim *from, const struct claim *to, uint32_t count)
{
	struct negotiate *ng = arg;
	struct mesh_rehook re = { .id = id,
		.count = count,
		.topo = *topo,
		.from = *from,
		.to = *to };
	struct prefix pfrom, pto;

	if (ng->mesh.known) {
		ng->asked = id;
		mesh_rehook(ng->c, &re, ng->t);
	} else if (claim_prefix(topo, from, &pfrom) &&
	    claim_prefix(topo, to, &pto)) {
		ng->io.rehook(ng->io.arg, id, &pfrom, &pto, count);
	}
}

static void
on_rehook_stop(void *arg, uint32_t id)
{
	struct negotiate *ng = arg;

	if (ng->asked == id)
		ng->asked = 0;
	else
		ng->io.rehook_stop(ng->io.arg, id);
}

static void
on_probe(void *arg, uint32_t peer, const struct netdesc *to,
    const uint8_t nonce[NEG_NONCE])
{
	struct negotiate *ng = arg;
	struct claim self = { 0 };
	struct prefix p;
	struct addr a;

	(void)peer;
	memcpy(self.gid, to->gid, sizeof(self.gid));
	if (!claim_prefix(&to->topo, &self, &p))
		return;
	a = addr_from_ip(p.a, prefix_alen((enum prefix_family)p.family), 0);
	if (!addr_is_any(&a))
		ng->io.probe(ng->io.arg, &a, nonce);
}

static void
on_sign(void *arg, const uint8_t *p, size_t len, uint8_t sig[NEG_SIG])
{
	struct negotiate *ng = arg;

	identity_sign(&ng->c->id, SIGN_CLAIM, ng->c->net.netid, p, len, sig);
}

static bool
on_verify(void *arg, const uint8_t key[NEG_KEY], const uint8_t *p, size_t len,
    const uint8_t sig[NEG_SIG])
{
	struct negotiate *ng = arg;

	return key_verify(key, SIGN_CLAIM, ng->c->net.netid, p, len, sig);
}

static void
on_save(void *arg, const struct neg_record *rec)
{
	struct negotiate *ng = arg;

	ng->io.save(ng->io.arg, rec);
}

static void
on_event(void *arg, enum neg_event ev, uint32_t peer)
{
	static const enum core_event as[] = {
		[NEG_EV_STATE] = EV_NEG_STATE,
		[NEG_EV_DEMAND] = EV_NEG_DEMAND,
		[NEG_EV_MOVED] = EV_NEG_MOVED,
		[NEG_EV_STABLE] = EV_NEG_STABLE,
	};
	struct negotiate *ng = arg;

	ng->c->io.event(ng->c->io.arg, as[ev],
	    peer != 0 ? core_peer_by_id(ng->c, peer) : NULL);
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct negotiate *ng = arg;

	ng->c->io.random(ng->c->io.arg, p, len);
}

/* Around each call into src/neg: its callbacks know the turn. */
static struct neg *
begin(struct negotiate *ng, struct turn *t)
{
	ng->t = t;
	return ng->g;
}

static void
end(struct negotiate *ng)
{
	ng->t = NULL;
}

/*
 * By the clock alone: whoever called in is in the middle of something, and may
 * still use the session.
 */
static void
end_doomed(struct negotiate *ng, struct turn *t)
{
	struct core *c = ng->c;
	struct peer *p;

	if (!ng->some_end)
		return;
	ng->some_end = false;
	TAILQ_FOREACH (p, &c->peers, link) {
		if (!p->no_use)
			continue;
		p->no_use = false;
		if (p->state == PEER_VRNODE) {
			peer_send_close(c, p, p->no_use_why, t);
			peer_drop(c, p, PEER_VNODE, MESH_DOWN_CLOSED, t);
			dial_later(c, p, t);
		}
	}
}

void
negotiate_start(
    struct core *c, const struct neg_config *cfg, const struct negotiate_io *io)
{
	struct negotiate *ng = xcalloc(1, sizeof(*ng));
	const struct neg_io nio = {
		.arg = ng,
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

	ng->c = c;
	ng->io = *io;
	ng->mesh_until = MONO_NEVER;
	LIST_INIT(&ng->agreed);
	ng->g = neg_new(cfg, &nio);
	c->neg = ng;
	c->caps |= CAP_NEG;
}

void
negotiate_fini(struct core *c)
{
	struct negotiate *ng = c->neg;
	struct agreed *a;

	if (ng == NULL)
		return;
	while ((a = LIST_FIRST(&ng->agreed)) != NULL) {
		LIST_REMOVE(a, link);
		free(a);
	}
	neg_free(ng->g);
	netdesc_fini(&ng->conf.desc);
	netdesc_fini(&ng->mesh.desc);
	free(ng);
	c->neg = NULL;
}

void
negotiate_set_config(
    struct core *c, const struct neg_config *cfg, struct turn *t)
{
	neg_set_config(begin(c->neg, t), cfg, t->now);
	end(c->neg);
}

void
negotiate_restore(struct core *c, const struct neg_record *rec, struct turn *t)
{
	neg_restore(c->neg->g, rec, t->now);
}

/* The mesh daemon knows better than the configuration. */
static void
place_changed(struct negotiate *ng, struct turn *t)
{
	const struct netdesc *d = NULL;

	if (ng->mesh.known)
		d = &ng->mesh.desc;
	else if (ng->conf.known)
		d = &ng->conf.desc;
	neg_own(begin(ng, t), d, t->now);
	end(ng);
}

static void
place_set(struct told *pl, const struct netdesc *d)
{
	netdesc_fini(&pl->desc);
	pl->known = d != NULL;
	if (d != NULL)
		netdesc_copy(&pl->desc, d);
	else
		memset(&pl->desc, 0, sizeof(pl->desc));
}

void
negotiate_place(struct core *c, const struct netdesc *d, struct turn *t)
{
	place_set(&c->neg->conf, d);
	place_changed(c->neg, t);
}

bool
negotiate_avoid(
    struct core *c, const struct neg_taken *t, size_t n, struct turn *turn)
{
	bool ok = neg_avoid(begin(c->neg, turn), t, n, turn->now);

	end(c->neg);
	return ok;
}

void
negotiate_move_failed(struct core *c, uint32_t id, struct turn *t)
{
	if (c->neg->asked == id)
		c->neg->asked = 0;
	neg_rehook_failed(begin(c->neg, t), id, t->now);
	end(c->neg);
}

bool
negotiate_approve(struct core *c, uint32_t id, struct turn *t)
{
	bool ok = neg_approve(begin(c->neg, t), id, t->now);

	end(c->neg);
	return ok;
}

bool
negotiate_refuse(struct core *c, uint32_t id, struct turn *t)
{
	bool ok = neg_refuse(begin(c->neg, t), id, t->now);

	end(c->neg);
	return ok;
}

bool
negotiate_owns(const struct core *c, const struct addr *a, struct mono now)
{
	const struct neg *g = negotiate_neg(c);
	bool v4 = addr_is_v4(a);
	struct neg_self_view v;
	struct prefix p;
	unsigned i;

	if (g == NULL)
		return false;
	neg_show_self(g, &v, now);
	for (i = 0; v.own != NULL && i < v.own->n_claims; i++)
		if (claim_prefix(&v.own->topo, &v.own->claim[i], &p) &&
		    p.family == (v4 ? PREFIX_IPV4 : PREFIX_IPV6) &&
		    prefix_has(&p, v4 ? a->ip + 12 : a->ip))
			return true;
	return false;
}

/* Whoever can send into our mesh, and no more, is not of it. */
void
negotiate_nonce(struct core *c, const struct addr *from,
    const uint8_t nonce[NEG_NONCE], struct turn *t)
{
	if (!negotiate_owns(c, from, t->now))
		return;
	neg_nonce_seen(begin(c->neg, t), nonce, t->now);
	end(c->neg);
}

const struct neg *
negotiate_neg(const struct core *c)
{
	return c->neg != NULL ? c->neg->g : NULL;
}

void
negotiate_tell_routes(struct core *c)
{
	struct prefix prefix[NETDESC_CLAIMS];
	const struct agreed *a;

	if (c->neg == NULL)
		return;
	LIST_FOREACH (a, &c->neg->agreed, link) {
		size_t n = prefixes_of(a, prefix);

		if (n > 0)
			c->neg->io.routes(c->neg->io.arg, a->peer, prefix, n);
	}
}

bool
negotiate_grants(
    const struct peer *p, enum prefix_family family, const uint8_t *a)
{
	const struct agreed *ag = p->agreed;
	unsigned i;

	for (i = 0; ag != NULL && i < ag->n; i++)
		if (ag->part[i].has_p && ag->part[i].p.family == family &&
		    prefix_has(&ag->part[i].p, a))
			return true;
	return false;
}

/* The network that an endpoint is in: one operator's, as a rule. */
static uint64_t
group_of(const struct addr *a)
{
	bool v4 = addr_is_v4(a);
	unsigned n = (v4 ? GROUP_BITS_V4 : GROUP_BITS_V6) / 8u;
	unsigned from = v4 ? 12u : 0u;
	uint64_t g = from;

	while (n-- > 0)
		g = g << 8 | a->ip[from++];
	return g;
}

static struct neg_peer
as_link(const struct core *c, const struct peer *p)
{
	struct neg_peer np = { .id = p->id,
		.dialled = p->dialled,
		.first = memcmp(c->id.ed_pk, p->cfg.ed_pk, NEG_KEY) < 0,
		.trusted = p->trusted,
		.established = p->member && trust_is_old(c, p),
		.stranger = !p->member,
		.group = group_of(&p->path.remote),
		.source = exchange_source_id(p) };

	memcpy(np.key, p->cfg.ed_pk, sizeof(np.key));
	return np;
}

void
negotiate_peer_up(struct core *c, struct peer *p, struct turn *t)
{
	const struct session *s = peer_session(p);
	struct neg_peer np = as_link(c, p);

	if (c->neg == NULL || s == NULL || (s->caps & CAP_NEG) == 0)
		return;
	neg_link_up(begin(c->neg, t), &np, t->now);
	end(c->neg);
}

void
negotiate_trust(struct core *c, struct peer *p, bool trust, struct turn *t)
{
	bool was = p->trusted;

	p->trusted = trust;
	if (was != trust && p->state == PEER_VRNODE)
		negotiate_peer_up(c, p, t); /* the link learns of it */
}

void
negotiate_peer_down(struct core *c, struct peer *p, struct turn *t)
{
	if (c->neg == NULL)
		return;
	neg_link_down(begin(c->neg, t), p->id, t->now);
	end(c->neg);
}

void
negotiate_receive(struct rx *rx, const struct frame *f)
{
	struct negotiate *ng = rx->c->neg;

	if (ng == NULL || rx->p->state != PEER_VRNODE ||
	    (rx->s->caps & CAP_NEG) == 0) {
		count(&rx->c->cnt, CNT_frame_unwanted);
		return;
	}
	if (!neg_input(
		begin(ng, rx->t), rx->p->id, f->body, f->len, rx->t->now))
		count(&rx->c->cnt, CNT_neg_bad);
	end(ng);
}

void
negotiate_tick(struct core *c, struct turn *t)
{
	struct negotiate *ng = c->neg;

	if (ng == NULL)
		return;
	end_doomed(ng, t);
	if (mono_due(regrant_due(ng), t->now)) {
		begin(ng, t);
		regrant(ng);
		end(ng);
	}
	if (mono_due(ng->mesh_until, t->now)) {
		ng->mesh_until = MONO_NEVER;
		place_set(&ng->mesh, NULL);
		place_changed(ng, t);
	}
	if (!mono_due(neg_deadline(ng->g), t->now))
		return;
	neg_tick(begin(ng, t), t->now);
	end(ng);
}

struct mono
negotiate_deadline(const struct core *c)
{
	struct mono at;

	if (c->neg == NULL)
		return MONO_NEVER;
	if (c->neg->some_end)
		return (struct mono){ 0 };
	at = mono_min(regrant_due(c->neg), c->neg->mesh_until);
	return mono_min(at, neg_deadline(c->neg->g));
}

void
negotiate_mesh_up(struct core *c, struct turn *t)
{
	struct agreed *a;

	if (c->neg == NULL)
		return;
	LIST_FOREACH (a, &c->neg->agreed, link)
		if (a->n > 0)
			tell_mesh(c, a->peer, a, t);
}

void
negotiate_mesh_desc(struct core *c, const struct netdesc *d, struct turn *t)
{
	if (c->neg == NULL) {
		count(&c->cnt, CNT_mesh_unknown);
		return;
	}
	c->neg->mesh_until = MONO_NEVER;
	place_set(&c->neg->mesh, d);
	place_changed(c->neg, t);
}

/* Only what it was asked for: a number of an earlier life says nothing. */
void
negotiate_mesh_moved(struct core *c, uint32_t id, bool done, struct turn *t)
{
	if (c->neg == NULL || id == 0 || c->neg->asked != id)
		return;
	if (done)
		c->neg->asked = 0; /* its NETDESC tells where it is now */
	else
		negotiate_move_failed(c, id, t);
}

/* It may be back at once, and where it was: nothing is given up yet. */
void
negotiate_mesh_down(struct core *c, struct turn *t)
{
	struct negotiate *ng = c->neg;

	if (ng == NULL)
		return;
	if (ng->mesh.known)
		ng->mesh_until = mono_add(t->now, PLACE_HOLD_US);
	if (ng->asked != 0)
		negotiate_move_failed(c, ng->asked, t);
}
