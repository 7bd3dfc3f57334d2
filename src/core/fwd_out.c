/* From a device into the tunnels. */
#include <string.h>

#include "core/core.h"
#include "core/fwd.h"
#include "core/peer_send.h"
#include "core/recursion.h"
#include "core/session.h"
#include "wire/gso.h"
#include "wire/ip.h"

#define IPV6_MTU_MIN 1280 /* no answer may ask for less (RFC 8200) */
#define FLOOD_SHARE 2	  /* of the arena, as its part: for copies */

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
	uint8_t answer[IP_TOO_BIG_MAX];
	struct addr to;
	struct run one;
	struct pkt *out;
	struct ip ip;
	size_t len;

	if (c->port[no]->cfg.ethernet || !ip_parse(pk->p, pk->len, &ip) ||
	    !ip.df || (ip.version == 6 && mtu < IPV6_MTU_MIN))
		return false;
	len = ip_too_big(answer, pk->p, pk->len, mtu);
	if (len == 0)
		return false;
	to = addr_from_ip(ip.src, ip.alen, 0);
	if (!ratelimit_take(c->icmp, &to, t->now)) {
		count(&c->cnt, CNT_fwd_too_big_rate);
		return true;
	}
	out = run_one(&one, len, t->mem);
	if (out == NULL) {
		count(&c->cnt, CNT_arena_full);
		return true;
	}
	memcpy(out->p, answer, len);
	count(&c->cnt, CNT_fwd_too_big);
	c->io.port_deliver(c->io.arg, no, &one);
	return true;
}

/* What a peer's path does not carry whole: an answer, or fragments. */
static void
send_long(struct core *c, unsigned no, struct peer *p, const struct pkt *pk,
    struct turn *t)
{
	uint8_t flags = c->port[no]->cfg.ethernet ? FRAME_ETHERNET : 0;

	if (answer_too_big(c, no, pk, peer_mtu(c, p), t))
		return;
	if (!peer_send_parts(c, p, FRAME_DATA, flags, pk, t)) {
		count(&c->cnt, CNT_fwd_no_room);
		return;
	}
	count(&c->cnt, CNT_fwd_frag);
	count(&c->cnt, CNT_fwd_out);
}

static void
send_whole(struct core *c, unsigned no, struct peer *p, struct run *run,
    struct turn *t)
{
	if (run->n == 0)
		return;
	count_n(&c->cnt, CNT_fwd_out, run->n);
	peer_send(c, p, FRAME_DATA,
	    c->port[no]->cfg.ethernet ? FRAME_ETHERNET : 0, run, t);
}

/* In the order of the run: what fits goes before the long one behind it. */
static void
send_fitting(struct core *c, unsigned no, struct peer *p, struct run *run,
    struct turn *t)
{
	size_t mtu = peer_mtu(c, p);
	unsigned i, n = run->n;

	for (run->n = 0, i = 0; i < n; i++) {
		struct pkt pk = run->pkt[i];

		if (pk.len <= mtu) {
			run->pkt[run->n++] = pk;
			continue;
		}
		send_whole(c, no, p, run, t);
		run->n = 0;
		send_long(c, no, p, &pk, t);
	}
	send_whole(c, no, p, run, t);
}

void
fwd_clamp_mss(struct core *c, const struct fwd_port *port, const struct peer *p,
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

	return p->state == PEER_VRNODE && p->carries && s != NULL &&
	    (!port->cfg.ethernet || (s->caps & CAP_TAP) != 0);
}

bool
fwd_reaches(const struct core *c, unsigned no)
{
	const struct fwd_port *port = c->port[no];
	const struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		if ((port->cfg.peer == 0 || port->cfg.peer == p->id) &&
		    is_reachable(port, p))
			return true;
	return false;
}

static void
send_to(struct core *c, unsigned no, struct peer *p, struct run *run,
    struct turn *t)
{
	const struct fwd_port *port = c->port[no];
	unsigned i;

	if (port->cfg.clamp_mss)
		fwd_clamp_mss(c, port, p, run);
	if ((peer_session(p)->caps & CAP_CSUM) == 0)
		for (i = 0; i < run->n; i++)
			gso_finish_csum(&run->pkt[i], port->cfg.ethernet);
	send_fitting(c, no, p, run, t);
}

static struct peer *
peer_behind(const struct core *c, const struct peer *p)
{
	struct peer *next = p != NULL ? TAILQ_NEXT(p, link) : NULL;

	return next != NULL ? next : TAILQ_FIRST(&c->peers);
}

/* A share of the arena only: what else happens in this turn needs some. */
static bool
send_copy(struct core *c, unsigned no, struct peer *p, const struct run *run,
    struct turn *t)
{
	struct run copy;

	if (t->mem->used > t->mem->max / FLOOD_SHARE ||
	    !run_copy(&copy, run, t->mem)) {
		count_n(&c->cnt, CNT_arena_full, run->n);
		return false;
	}
	send_to(c, no, p, &copy, t);
	return true;
}

/*
 * Each but the last gets a copy. Behind the first peer that there was no room
 * for the next round begins, so it is not always the same ones who miss out.
 */
static void
send_all(struct core *c, unsigned no, struct run *run, struct turn *t)
{
	struct fwd_port *port = c->port[no];
	struct peer *start = peer_behind(c, core_peer_by_id(c, port->missed));
	struct peer *p = start, *last = NULL;
	uint32_t missed = 0;

	while (p != NULL) {
		if (is_reachable(port, p)) {
			if (last != NULL && !send_copy(c, no, last, run, t) &&
			    missed == 0)
				missed = last->id;
			last = p;
		}
		p = peer_behind(c, p);
		if (p == start)
			break;
	}
	if (missed != 0)
		port->missed = missed;
	if (last != NULL)
		send_to(c, no, last, run, t);
	else
		count_n(&c->cnt, CNT_fwd_no_peer, run->n);
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
		if (run->n > 0)
			send_all(c, no, run, t);
		break;
	}
}

void
core_port_input(struct core *c, unsigned no, struct run *run, struct turn *t)
{
	struct fwd_port *port = c->port[no];
	enum look_depth depth = fwd_depth(port, false, LOOK_LINK);
	struct dest to = { 0 };
	struct look last, l;
	struct udp_dest udp = { 0 };
	struct run part;
	unsigned i;

	port->rx += run->n;
	for (part.n = 0, i = 0; i < run->n; i++) {
		if (!look_at(&l, &run->pkt[i], port->cfg.ethernet, depth)) {
			count(&c->cnt, CNT_fwd_bad);
			continue;
		}
		if (recursion_found(
			c, &udp, &run->pkt[i], port->cfg.ethernet, t))
			continue;
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
