#include "place.h"

#include <string.h>

#include "core/peer.h"
#include "node.h"
#include "tests/quiet.h"
#include "world.h"

#define MOVE_MIN_US (12 * MONO_SEC)
#define MOVE_MAX_US (60 * MONO_SEC)

static void
on_rehook(void *arg, uint32_t id, const struct prefix *from,
    const struct prefix *to, uint32_t count)
{
	struct node *n = arg;

	(void)id, (void)from, (void)to, (void)count;
	n->w->sum.wrong++; /* the mesh daemon said that it can move */
}

void
place_start(struct node *n)
{
	const struct neg_config cfg = {
		.policy = REHOOK_AUTO, .rule = RULE_SEED, .max_nodes = 1
	};
	struct negotiate_io io = quiet_negotiate_io(n);

	if (n->w->opt.paths == 0)
		return;
	io.rehook = on_rehook;
	n->place.gid = 1 + (unsigned)rng_below(&n->w->rng, n->w->opt.paths);
	negotiate_start(&n->core, &cfg, &io);
}

static struct claim
claim_of(unsigned gid)
{
	struct claim c = { .level = 2 };

	c.gid[2] = (uint16_t)gid;
	c.gid[3] = 10;
	return c;
}

void
place_tell(struct node *n, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_NETDESC };
	struct netdesc *d = &rec.u.netdesc;

	if (n->place.gid == 0)
		return;
	d->topo = topology_ntk(NETDESC_10);
	d->claim[0] = claim_of(n->place.gid);
	d->n_claims = 1;
	memcpy(d->gid, d->claim[0].gid, sizeof(d->gid));
	d->gid[0] = d->gid[1] = 1;
	d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	node_mesh_record(n, &rec, t);
}

void
place_record(struct node *n, const struct mesh_rec *rec)
{
	struct place *pl = &n->place;

	if (rec->type == MESH_REHOOK) {
		pl->moves++;
		pl->rehook = rec->u.rehook;
		heap_set(&n->w->events, &pl->due,
		    mono_add(n->w->now,
			MOVE_MIN_US +
			    rng_next(&n->w->rng) %
				(MOVE_MAX_US - MOVE_MIN_US)));
	} else if (rec->type == MESH_ROUTE && rec->u.route.peer <= PLACE_PEERS)
		pl->route[rec->u.route.peer] = rec->u.route;
}

void
place_due(struct node *n, struct turn *t)
{
	struct mesh_rec done = { .type = MESH_REHOOK_DONE,
		.u.done = { n->place.rehook.id } };

	heap_set(&n->w->events, &n->place.due, MONO_NEVER);
	n->place.gid = n->place.rehook.to.gid[2];
	place_tell(n, t);
	node_mesh_record(n, &done, t);
	node_rearm(n);
}

bool
place_rests(const struct node *n)
{
	struct neg_link_view v;
	const struct peer *p;

	if (n->place.due.pos != 0)
		return false;
	TAILQ_FOREACH (p, &n->core.peers, link)
		if (!neg_show_link(negotiate_neg(&n->core), p->id, &v) ||
		    v.state < NEG_UP)
			return false;
	return true;
}

/* The other side of the tunnel, and its own view of it. */
static const struct node *
across(const struct node *n, uint32_t peer, struct neg_link_view *ret)
{
	const struct node *o = &n->w->node[n->place.who[peer]];
	uint32_t id;

	for (id = 1; id <= PLACE_PEERS; id++)
		if (o->place.who[id] == n->nr &&
		    neg_show_link(negotiate_neg(&o->core), id, ret))
			return o;
	return NULL;
}

static const char *
route_fault(const struct node *n, const struct peer *p, const struct node *o)
{
	const struct mesh_route *r = &n->place.route[p->id];
	const uint8_t a[4] = { 10, (uint8_t)o->place.gid, 3, 4 };
	const uint8_t own[4] = { 10, (uint8_t)n->place.gid, 3, 4 };
	const struct peer *q;

	if (r->n_claims != 1 || r->claim[0].gid[2] != o->place.gid)
		return "the route is not where the peer is";
	if (r->claim[0].gid[2] == n->place.gid)
		return "a route to its own claim";
	if (!negotiate_grants(p, PREFIX_IPV4, a) ||
	    negotiate_grants(p, PREFIX_IPV4, own))
		return "granted is not what was agreed";
	TAILQ_FOREACH (q, &n->core.peers, link)
		if (q != p && negotiate_grants(q, PREFIX_IPV4, a))
			return "one address is granted to two";
	return NULL;
}

static const char *
link_fault(const struct node *n, const struct peer *p)
{
	struct neg_link_view v, w;
	const struct node *o = across(n, p->id, &w);

	if (o == NULL || !neg_show_link(negotiate_neg(&n->core), p->id, &v))
		return "no link";
	if (v.state != NEG_UP || w.state != NEG_UP)
		return "a link is not up";
	if (v.verdict.kind != w.verdict.kind || v.verdict.who != w.verdict.who)
		return "the sides have not the same verdict";
	return route_fault(n, p, o);
}

const char *
place_fault(const struct node *n)
{
	const struct peer *p;
	const char *why;

	TAILQ_FOREACH (p, &n->core.peers, link)
		if ((why = link_fault(n, p)) != NULL)
			return why;
	return NULL;
}
