/*
 * Tunnels do not go through the mesh. An endpoint inside a prefix that is ours
 * or goes to a peer would lead a tunnel into a tunnel: it is not used. A prefix
 * that a peer asks for and that covers a tunnel's endpoint would do the same to
 * what lives: it is not routed. Who was there first stays.
 */
#ifndef VPLAM_CORE_GUARD_H
#define VPLAM_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/prefix.h"

struct core;
struct peer;
struct turn;

#define GUARD_TOLD_S 600 /* the host hears of one peer once in so long */

/*
 * What was refused of one peer, for whoever asks why. Made when something is;
 * without memory it is refused all the same, and nobody hears of it.
 */
struct guard {
	struct mono at;	    /* an endpoint of it, the last; 0: none */
	struct mono told;   /* when the host last heard of that */
	struct addr ep;	    /* which, and what it lies in */
	struct prefix mesh; /* length 0: claims of our own gnode */

	struct mono route_told; /* of a prefix that it did not get */
	struct prefix route;	/* which, and the endpoint in it */
	struct addr covers;
};

/*
 * The tunnels have a way of their own (options mark, bind-device): whatever the
 * mesh routes, they do not follow. Then it is set off: nothing is refused.
 */
void guard_set(struct core *c, bool on);

/* Networks of our devices (host bits set), in place of those before. */
void guard_devices(struct core *c, const struct prefix *p, size_t n);

#define GUARD_BITS_V4 8u
#define GUARD_BITS_V6 7u /* fc00::/7 is the widest that many use */

/* Part of a mesh, and not the way out to everybody, like 0.0.0.0/0? */
static inline bool
guard_is_mesh(const struct prefix *p)
{
	return p->bits >=
	    (p->family == PREFIX_IPV4 ? GUARD_BITS_V4 : GUARD_BITS_V6);
}

/*
 * May a tunnel of p go there? If not, it is counted and EV_PEER_INSIDE tells
 * the host. Where its living tunnel goes it may; p NULL: it is nobody's yet.
 */
bool guard_endpoint(
    struct core *c, struct peer *p, const struct addr *a, struct turn *t);

/*
 * May that go to p? Not over an endpoint that a person named, or where a
 * tunnel is, or a member's was ten minutes ago, or where a vnode of the book
 * answered us (book_proven_in()); counted, and EV_PEER_UNROUTED.
 */
bool guard_route(
    struct core *c, struct peer *p, const struct prefix *route, struct turn *t);

#endif
