#include "core/guard.h"

#include <string.h>

#include "base/xmem.h"
#include "book/proven.h"
#include "core/core.h"
#include "core/exchange.h"
#include "core/negotiate.h"

#define AWAY_US (600 * (uint64_t)MONO_SEC) /* a member that restarts */

void
guard_set(struct core *c, bool on)
{
	c->guarded = on;
}

void
guard_devices(struct core *c, const struct prefix *p, size_t n)
{
	uint32_t who;
	size_t i;

	c->places_changed = true;
	route_drop(c->device_nets, ROUTE_CONFIGURED, ROUTE_LOCAL);
	for (i = 0; i < n; i++)
		(void)route_add(
		    c->device_nets, ROUTE_CONFIGURED, &p[i], ROUTE_LOCAL, &who);
}

static const struct prefix *
find(const struct route *r, const struct addr *a)
{
	const uint8_t *bytes;
	enum prefix_family family = prefix_addr(a, &bytes);
	const struct prefix *p = route_match(r, family, bytes);

	return p != NULL && guard_is_mesh(p) ? p : NULL;
}

/* Does it lie in the mesh? *ret as guard->mesh. */
static bool
is_inside(const struct core *c, const struct addr *a, struct mono now,
    struct prefix *ret)
{
	const struct prefix *p = find(c->routes, a);

	if (p == NULL)
		p = find(c->device_nets, a);
	if (p != NULL) {
		*ret = *p;
		return true;
	}
	memset(ret, 0, sizeof(*ret));
	return negotiate_owns(c, a, now);
}

/* True once in GUARD_TOLD_S. */
static bool
is_news(struct mono *told, struct mono now)
{
	if (told->us != 0 &&
	    mono_since(*told, now) < GUARD_TOLD_S * (uint64_t)MONO_SEC)
		return false;
	*told = now;
	return true;
}

/* NULL without memory. */
static struct guard *
guard_of(struct peer *p)
{
	if (p->guard == NULL)
		p->guard = try_calloc(1, sizeof(*p->guard));
	return p->guard;
}

bool
guard_endpoint(
    struct core *c, struct peer *p, const struct addr *a, struct turn *t)
{
	struct prefix mesh;
	struct guard *g;

	if (!c->guarded || !is_inside(c, a, t->now, &mesh))
		return true;
	if (p != NULL && p->state == PEER_VRNODE &&
	    addr_equal(a, &p->path.remote))
		return true;
	count(&c->cnt, CNT_guard_endpoint);
	if (p == NULL || (g = guard_of(p)) == NULL)
		return false;
	g->at = t->now;
	g->ep = *a;
	g->mesh = mesh;
	if (is_news(&g->told, t->now))
		peer_event(c, EV_PEER_INSIDE, p);
	return false;
}

/* It lives, or is a member that is likely to come back to where it was. */
static bool
is_there(const struct peer *q, struct mono now)
{
	if (!q->has_path || q->state == PEER_VRNODE)
		return q->has_path;
	return q->member && q->ever_live && mono_since(q->since, now) < AWAY_US;
}

/*
 * The endpoint of q that must not come into that prefix, or NULL. One that a
 * person named counts as long as it can be used.
 */
static const struct addr *
endpoint_in(const struct core *c, const struct peer *q, const struct prefix *p,
    struct mono now)
{
	struct prefix mesh;
	unsigned i;

	if (is_there(q, now) && prefix_has_addr(p, &q->path.remote))
		return &q->path.remote;
	for (i = 0; q->origin == PEER_CONFIGURED && i < q->n_ep; i++)
		if (prefix_has_addr(p, &q->ep[i]) &&
		    !is_inside(c, &q->ep[i], now, &mesh))
			return &q->ep[i];
	return NULL;
}

/* Nor is a vnode of the book cut off where it answered, if nothing else does.
 */
static const struct addr *
known_in(const struct core *c, const struct prefix *p, struct mono now)
{
	const struct book *b = exchange_book(c);
	const struct addr *a;
	struct prefix mesh;
	size_t pos = 0;

	while (b != NULL && (a = book_proven_in(b, p, &pos)) != NULL)
		if (!is_inside(c, a, now, &mesh))
			return a;
	return NULL;
}

bool
guard_route(
    struct core *c, struct peer *p, const struct prefix *route, struct turn *t)
{
	const struct addr *a = NULL;
	const struct peer *q;
	struct guard *g;

	if (!c->guarded || route->family == PREFIX_MAC)
		return true;
	TAILQ_FOREACH (q, &c->peers, link)
		if ((a = endpoint_in(c, q, route, t->now)) != NULL)
			break;
	if (a == NULL)
		a = known_in(c, route, t->now);
	if (a == NULL)
		return true;
	count(&c->cnt, CNT_guard_route);
	p->unrouted = true;
	g = guard_of(p);
	if (g == NULL)
		return false;
	g->route = *route;
	g->covers = *a;
	if (is_news(&g->route_told, t->now))
		peer_event(c, EV_PEER_UNROUTED, p);
	return false;
}
