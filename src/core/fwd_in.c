/* Out of a tunnel to the devices: checks on what the peer claims to send. */
#include <string.h>

#include "core/core.h"
#include "core/frames.h"
#include "core/fwd.h"
#include "wire/ip.h"

#define NOBODY UINT32_MAX /* is no id of a peer */

/* Whose the source is by either layer; on IP devices there is but one. */
struct owners {
	uint32_t link, net; /* NOBODY: was granted to none */
};

static uint32_t
owner_of(const struct core *c, uint32_t family, const uint8_t *a)
{
	uint32_t who;

	return family != PREFIX_FAMILIES &&
		route_find(c->routes, (enum prefix_family)family, a, &who)
	    ? who
	    : NOBODY;
}

static struct owners
owners_of(const struct core *c, const struct look *l)
{
	struct owners o;

	o.link = owner_of(c, l->src.family, l->src.a);
	o.net = l->net_family == l->src.family
	    ? o.link
	    : owner_of(c, l->net_family, l->net_src);
	return o;
}

/* At least one was granted to whose, and none to another. */
static bool
is_granted(const struct owners *o, uint32_t whose)
{
	return (o->link == whose && (o->net == whose || o->net == NOBODY)) ||
	    (o->link == NOBODY && o->net == whose);
}

static enum counter
learn(struct fwd_port *port, const struct peer *p, const struct look *l,
    struct mono now)
{
	static const enum counter said[] = {
		[FDB_OK] = CNT_fwd_in,
		[FDB_SPOOF] = CNT_fwd_spoof,
		[FDB_ROOM] = CNT_fwd_room,
	};

	return said[fdb_learn(port->fdb, &l->src, p->id, now)];
}

/* May p send with this source? CNT_fwd_in, or the reason against it. */
static enum counter
check_source(const struct core *c, struct fwd_port *port, const struct peer *p,
    const struct look *l, struct mono now)
{
	enum fwd_mode mode = port->cfg.mode;

	if (c->has_own || mode == FWD_ROUTER) {
		struct owners o = owners_of(c, l);

		/* nobody out there sends from an address that is ours */
		if (o.link == ROUTE_LOCAL || o.net == ROUTE_LOCAL)
			return CNT_fwd_own;
		if (mode == FWD_ROUTER && !is_granted(&o, p->id))
			return CNT_fwd_spoof;
	}
	return mode == FWD_SWITCH ? learn(port, p, l, now) : CNT_fwd_in;
}

/* What only the owner of a segment may say (threats.md T11). */
static enum counter
filter(const struct fwd_port *port, const struct pkt *pk)
{
	size_t l3 = look_l3(pk, port->cfg.ethernet);

	if (l3 >= pk->len)
		return CNT_fwd_in;
	if (!port->cfg.allow_ra &&
	    ip_is_router_advert(pk->p + l3, pk->len - l3))
		return CNT_fwd_filter_ra;
	if (!port->cfg.allow_dhcp &&
	    ip_is_dhcp_server(pk->p + l3, pk->len - l3))
		return CNT_fwd_filter_dhcp;
	return CNT_fwd_in;
}

static enum counter
check(struct rx *rx, unsigned no, const struct pkt *pk)
{
	struct fwd_port *port = rx->c->port[no];
	struct fwd_rx *dev = &rx->dev;
	enum counter why;
	struct look l;

	if (!look_at(
		&l, pk, port->cfg.ethernet, fwd_is_deep(port, rx->c->has_own)))
		return CNT_fwd_bad;
	if (!dev->seen || memcmp(&l, &dev->last, sizeof(l)) != 0) {
		why = check_source(rx->c, port, rx->p, &l, rx->t->now);
		dev->seen = why == CNT_fwd_in;
		if (!dev->seen)
			return why;
		dev->last = l;
	}
	if (l.group && port->cfg.mode == FWD_SWITCH &&
	    !bucket_take(&rx->p->flood, rx->t->now))
		return CNT_fwd_flood;
	return filter(port, pk);
}

void
fwd_hand_over(struct rx *rx)
{
	struct fwd_rx *dev = &rx->dev;

	if (dev->run->n > 0) {
		if (rx->c->port[dev->no]->cfg.clamp_mss)
			fwd_clamp_mss(
			    rx->c, rx->c->port[dev->no], rx->p, dev->run);
		rx->c->port[dev->no]->tx += dev->run->n;
		rx->c->io.port_deliver(rx->c->io.arg, dev->no, dev->run);
	}
	dev->run->n = 0;
}

static void
deliver(struct rx *rx, unsigned no, const struct pkt *pk)
{
	enum counter what;

	if (rx->dev.no != no || rx->dev.run->n == RUN_MAX) {
		fwd_hand_over(rx);
		rx->dev.seen &= rx->dev.no == no;
		rx->dev.no = no;
	}
	what = check(rx, no, pk);
	count(&rx->c->cnt, what);
	if (what == CNT_fwd_in)
		rx->dev.run->pkt[rx->dev.run->n++] = *pk;
}

/* A device of the peer's own goes before those of all. */
static bool
is_for(const struct core *c, unsigned no, uint32_t peer, bool ethernet)
{
	const struct fwd_port *port = c->port[no];

	return port != NULL && port->cfg.ethernet == ethernet &&
	    port->cfg.peer == peer;
}

/* Hands pk to each device that is_for(peer), all but the last a copy. */
static bool
spread(struct rx *rx, uint32_t peer, bool ethernet, const struct pkt *pk)
{
	unsigned no, last = FWD_PORTS;
	struct pkt copy;

	for (no = 0; no < rx->c->n_port; no++) {
		if (!is_for(rx->c, no, peer, ethernet))
			continue;
		if (last != FWD_PORTS && pkt_copy(&copy, pk, rx->t->mem))
			deliver(rx, last, &copy);
		last = no;
	}
	if (last != FWD_PORTS)
		deliver(rx, last, pk);
	return last != FWD_PORTS;
}

void
fwd_receive(struct rx *rx, const struct frame *f)
{
	bool ethernet = (f->flags & FRAME_ETHERNET) != 0;
	struct pkt pk = { rx->raw + (f->body - rx->raw), (uint32_t)f->len,
		(f->flags & FRAME_CSUM) != 0 ? PKT_CSUM : 0 };

	if (!spread(rx, rx->p->id, ethernet, &pk) &&
	    !spread(rx, 0, ethernet, &pk))
		count(&rx->c->cnt, CNT_fwd_no_port);
}
