/* From a device into the tunnels. */
#include <string.h>

#include "core/core.h"
#include "core/fwd.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "wire/gso.h"
#include "wire/ip.h"

#define IPV6_MTU_MIN 1280 /* no answer may ask for less (RFC 8200) */

/* Where packets go. */
struct dest {
	enum { DEST_NONE, DEST_ONE, DEST_ALL } kind;
	uint32_t peer;	  /* of DEST_ONE */
	enum counter why; /* of DEST_NONE */
};

static struct dest
nowhere(enum counter why)
{
	return (struct dest){ DEST_NONE, 0, why };
}

static struct dest
to_one(uint32_t peer)
{
	return (struct dest){ DEST_ONE, peer, 0 };
}

static struct dest
to_all(void)
{
	return (struct dest){ DEST_ALL, 0, 0 };
}

/* By what was learned; the unknown goes to all, as in any switch. */
static struct dest
switched(struct fwd_port *port, const struct look *l, struct mono now)
{
	uint32_t where;

	(void)fdb_learn(port->fdb, &l->src, FDB_LOCAL, now);
	if (l->group || !fdb_find(port->fdb, &l->dst, now, &where))
		return to_all();
	return where == FDB_LOCAL ? nowhere(CNT_fwd_local) : to_one(where);
}

/* By granted prefixes: of the layer itself, then of the network inside it. */
static struct dest
routed(const struct core *c, const struct look *l)
{
	uint32_t whose;

	if (!route_find(c->routes, (enum prefix_family)l->dst.family, l->dst.a,
		&whose) &&
	    (l->net_family == PREFIX_FAMILIES ||
		!route_find(c->routes, (enum prefix_family)l->net_family,
		    l->net_dst, &whose)))
		return nowhere(CNT_fwd_no_route);
	return whose == ROUTE_LOCAL ? nowhere(CNT_fwd_local) : to_one(whose);
}

static struct dest
where_to(const struct core *c, struct fwd_port *port, const struct look *l,
    struct mono now)
{
	if (port->cfg.peer != 0)
		return to_one(port->cfg.peer);
	switch (port->cfg.mode) {
	case FWD_SWITCH:
		return switched(port, l, now);
	case FWD_ROUTER:
		return routed(c, l);
	case FWD_HUB:
	case FWD_MODES:
		break;
	}
	return to_all();
}

/*
 * A router's answer to the device: the sender is to make smaller packets. False
 * where fragments are the better answer: packets that may be fragmented, IPv6
 * below its least MTU, what no answer may be given to, and frames, since an
 * Ethernet segment has one MTU.
 */
static bool
answer_too_big(struct core *c, unsigned no, const struct pkt *pk, size_t mtu,
    struct turn *t)
{
	struct run one;
	struct pkt *out;
	struct ip ip;

	if (c->port[no]->cfg.ethernet || !ip_parse(pk->p, pk->len, &ip) ||
	    !ip.df || (ip.version == 6 && mtu < IPV6_MTU_MIN))
		return false;
	out = run_one(&one, IP_TOO_BIG_MAX, t->mem);
	if (out == NULL)
		return true;
	out->len = (uint32_t)ip_too_big(out->p, pk->p, pk->len, mtu);
	if (out->len == 0)
		return false;
	count(&c->cnt, CNT_fwd_too_big);
	if (bucket_take(&c->icmp, t->now))
		c->io.port_deliver(c->io.arg, no, &one);
	return true;
}

/* Takes what is longer than the peer's path carries out of run. */
static void
fit(struct core *c, unsigned no, struct peer *p, struct run *run,
    struct turn *t)
{
	uint8_t flags = c->port[no]->cfg.ethernet ? FRAME_ETHERNET : 0;
	size_t mtu = peer_mtu(c, p);
	unsigned i, n = 0;

	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		if (pk->len <= mtu)
			run->pkt[n++] = *pk;
		else if (!answer_too_big(c, no, pk, mtu, t))
			count(&c->cnt,
			    peer_send_parts(c, p, FRAME_DATA, flags, pk, t)
				? CNT_fwd_frag
				: CNT_fwd_no_room);
	}
	run->n = n;
}

static void
clamp(struct core *c, const struct fwd_port *port, const struct peer *p,
    struct run *run)
{
	size_t mtu = peer_mtu(c, p);
	unsigned i;

	for (i = 0; i < run->n; i++) {
		struct pkt *pk = &run->pkt[i];
		size_t l3 = look_l3(pk, port->cfg.ethernet);

		if (l3 < pk->len &&
		    ip_clamp_mss(pk->p + l3, pk->len - l3, mtu - l3,
			(pk->flags & PKT_CSUM) != 0))
			count(&c->cnt, CNT_fwd_mss);
	}
}

/* Can packets of this device reach p now? */
static bool
is_reachable(const struct fwd_port *port, const struct peer *p)
{
	const struct session *s = peer_session(p);

	return p->state == PEER_VRNODE && s != NULL &&
	    (!port->cfg.ethernet || (s->caps & CAP_TAP) != 0);
}

static void
send_to(struct core *c, unsigned no, struct peer *p, struct run *run,
    struct turn *t)
{
	const struct fwd_port *port = c->port[no];
	unsigned i;

	if (port->cfg.clamp_mss)
		clamp(c, port, p, run);
	if ((peer_session(p)->caps & CAP_CSUM) == 0)
		for (i = 0; i < run->n; i++)
			gso_finish_csum(&run->pkt[i], port->cfg.ethernet);
	count_n(&c->cnt, CNT_fwd_out, run->n);
	fit(c, no, p, run, t);
	if (run->n > 0)
		peer_send(c, p, FRAME_DATA,
		    port->cfg.ethernet ? FRAME_ETHERNET : 0, run, t);
}

static struct peer *
next_reachable(const struct fwd_port *port, struct peer *p)
{
	while (p != NULL && !is_reachable(port, p))
		p = TAILQ_NEXT(p, link);
	return p;
}

/* Each but the last gets a copy. */
static void
send_all(struct core *c, unsigned no, struct run *run, struct turn *t)
{
	const struct fwd_port *port = c->port[no];
	struct peer *next, *p = next_reachable(port, TAILQ_FIRST(&c->peers));
	struct run copy;

	if (p == NULL)
		count_n(&c->cnt, CNT_fwd_no_peer, run->n);
	for (; p != NULL; p = next) {
		next = next_reachable(port, TAILQ_NEXT(p, link));
		if (next == NULL)
			send_to(c, no, p, run, t);
		else if (run_copy(&copy, run, t->mem))
			send_to(c, no, p, &copy, t);
		else
			count_n(&c->cnt, CNT_arena_full, run->n);
	}
}

/* In a switch, what goes to all is bounded; a hub is asked to do just that. */
static void
limit_flood(
    struct core *c, struct fwd_port *port, struct run *run, struct mono now)
{
	unsigned i, n = 0;

	if (port->cfg.mode != FWD_SWITCH)
		return;
	for (i = 0; i < run->n; i++) {
		if (bucket_take(&port->flood, now))
			run->pkt[n++] = run->pkt[i];
		else
			count(&c->cnt, CNT_fwd_flood);
	}
	run->n = n;
}

static void
dispatch(struct core *c, unsigned no, const struct dest *to, struct run *run,
    struct turn *t)
{
	struct peer *p;

	switch (to->kind) {
	case DEST_NONE:
		count_n(&c->cnt, to->why, run->n);
		break;
	case DEST_ONE:
		p = core_peer_by_id(c, to->peer);
		if (p != NULL && is_reachable(c->port[no], p))
			send_to(c, no, p, run, t);
		else
			count_n(&c->cnt, CNT_fwd_no_peer, run->n);
		break;
	case DEST_ALL:
		limit_flood(c, c->port[no], run, t->now);
		send_all(c, no, run, t);
		break;
	}
}

void
core_port_input(struct core *c, unsigned no, struct run *run, struct turn *t)
{
	struct fwd_port *port = c->port[no];
	bool deep = fwd_is_deep(port, false);
	struct dest to = { 0 };
	struct look last, l;
	struct run part;
	unsigned i;

	port->rx += run->n;
	for (part.n = 0, i = 0; i < run->n; i++) {
		if (!look_at(&l, &run->pkt[i], port->cfg.ethernet, deep)) {
			count(&c->cnt, CNT_fwd_bad);
			continue;
		}
		if (part.n > 0 && memcmp(&l, &last, sizeof(l)) != 0) {
			dispatch(c, no, &to, &part, t);
			part.n = 0;
		}
		if (part.n == 0) {
			to = where_to(c, port, &l, t->now);
			last = l;
		}
		part.pkt[part.n++] = run->pkt[i];
	}
	if (part.n > 0)
		dispatch(c, no, &to, &part, t);
}
