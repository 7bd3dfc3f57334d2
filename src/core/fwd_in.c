/* Out of a tunnel to the devices: checks on what the peer claims to send. */
#include <string.h>

#include "core/core.h"
#include "core/frames.h"
#include "core/fwd.h"
#include "core/negotiate.h"
#include "wire/eth.h"
#include "wire/ip.h"

/* Whose an address is, seen from the peer that uses it; the worst is last. */
enum whose { NOBODYS, ITS_OWN, ANOTHERS, OURS };

static enum whose
whose_is(
    const struct core *c, const struct peer *p, uint16_t family, const void *a)
{
	uint32_t who;

	if (!route_find(c->routes, (enum prefix_family)family, a, &who))
		return NOBODYS;
	if (who == ROUTE_LOCAL)
		return OURS;
	return who == p->id ||
		negotiate_grants(p, (enum prefix_family)family, a)
	    ? ITS_OWN
	    : ANOTHERS;
}

static enum whose
worse(enum whose a, enum whose b)
{
	return a > b ? a : b;
}

/* Of all addresses that the packet says are its sender's. */
static enum whose
whose_source(const struct core *c, const struct peer *p, const struct look *l)
{
	enum whose w = whose_is(c, p, l->src.family, l->src.a);

	if (l->net_family != PREFIX_FAMILIES && l->net_family != l->src.family)
		w = worse(w, whose_is(c, p, l->net_family, l->net_src));
	if (l->has_claim)
		w = worse(w, whose_is(c, p, l->net_family, l->claim));
	return w;
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

static bool
is_mac_of(const struct fwd_port *port, const struct look *l)
{
	return port->cfg.has_mac &&
	    memcmp(l->src.a, port->cfg.mac, ETH_ALEN) == 0;
}

/* May p send with this source? CNT_fwd_in, or the reason against it. */
static enum counter
check_source(const struct core *c, struct fwd_port *port, const struct peer *p,
    const struct look *l, struct mono now)
{
	bool router = port->cfg.mode == FWD_ROUTER;
	enum whose w = NOBODYS;

	if (c->has_own || router)
		w = whose_source(c, p, l);
	if (w == OURS || is_mac_of(port, l))
		return CNT_fwd_own;
	if (router && w != ITS_OWN)
		return CNT_fwd_spoof;
	return port->cfg.mode == FWD_SWITCH ? learn(port, p, l, now)
					    : CNT_fwd_in;
}

/* What only the owner of a segment may say (threats.md T11). */
static enum counter
filter(const struct fwd_port *port, const struct look *l)
{
	if (l->says == IP_SAYS_ROUTER && !port->cfg.allow_ra)
		return CNT_fwd_filter_ra;
	if (l->says == IP_SAYS_DHCP && !port->cfg.allow_dhcp)
		return CNT_fwd_filter_dhcp;
	return CNT_fwd_in;
}

/* What the last packet that passed looked like: most look the same. */
struct seen {
	bool any;
	struct look last;
};

static enum counter
check(struct rx *rx, unsigned no, const struct pkt *pk, struct seen *seen)
{
	struct fwd_port *port = rx->c->port[no];
	enum counter why;
	struct look l;

	if (!look_at(&l, pk, port->cfg.ethernet,
		fwd_depth(port, rx->c->has_own, LOOK_SAYS)))
		return CNT_fwd_bad;
	if (!seen->any || memcmp(&l, &seen->last, sizeof(l)) != 0) {
		why = filter(port, &l);
		if (why == CNT_fwd_in)
			why = check_source(rx->c, port, rx->p, &l, rx->t->now);
		if (why != CNT_fwd_in)
			return why;
		*seen = (struct seen){ true, l };
	}
	if (l.group && port->cfg.mode == FWD_SWITCH &&
	    !bucket_take(&rx->p->flood[no], rx->t->now))
		return CNT_fwd_flood;
	return CNT_fwd_in;
}

/* To one device, what of run may go there; copies, if others follow. */
static void
deliver(struct rx *rx, unsigned no, const struct run *run, bool copy)
{
	struct core *c = rx->c;
	struct seen seen;
	struct run out;
	unsigned i;

	for (seen.any = false, out.n = 0, i = 0; i < run->n; i++) {
		enum counter what = check(rx, no, &run->pkt[i], &seen);

		if (what == CNT_fwd_in) {
			out.pkt[out.n] = run->pkt[i];
			if (!copy ||
			    pkt_copy(&out.pkt[out.n], &run->pkt[i], rx->t->mem))
				out.n++;
			else
				what = CNT_arena_full;
		}
		count(&c->cnt, what);
	}
	if (out.n == 0)
		return;
	if (c->port[no]->cfg.clamp_mss)
		fwd_clamp_mss(c, c->port[no], rx->p, &out);
	c->port[no]->tx += out.n;
	c->io.port_deliver(c->io.arg, no, &out);
}

/* The first device from number `no` on for that peer, or FWD_PORTS. */
static unsigned
next_for(const struct core *c, unsigned no, uint32_t peer, bool ethernet)
{
	for (; no < c->n_port; no++)
		if (c->port[no] != NULL && c->port[no]->cfg.peer == peer &&
		    c->port[no]->cfg.ethernet == ethernet)
			return no;
	return FWD_PORTS;
}

/* Devices of the peer's own go before those of all. */
static void
spread(struct rx *rx, const struct run *run, bool ethernet)
{
	const struct core *c = rx->c;
	uint32_t peer = rx->p->id;
	unsigned next, no = next_for(c, 0, peer, ethernet);

	if (no == FWD_PORTS)
		no = next_for(c, 0, peer = 0, ethernet);
	if (no == FWD_PORTS)
		count_n(&rx->c->cnt, CNT_fwd_no_port, run->n);
	for (; no < FWD_PORTS; no = next) {
		next = next_for(c, no + 1, peer, ethernet);
		deliver(rx, no, run, next < FWD_PORTS);
	}
}

void
fwd_hand_over(struct rx *rx)
{
	unsigned layer;

	for (layer = 0; layer < FWD_LAYERS; layer++) {
		struct run *run = &rx->dev[layer];

		if (run->n > 0)
			spread(rx, run, layer == FWD_ETHERNET);
		run->n = 0;
	}
}

void
fwd_receive(struct rx *rx, const struct frame *f)
{
	bool ethernet = (f->flags & FRAME_ETHERNET) != 0;
	struct run *run = &rx->dev[ethernet ? FWD_ETHERNET : FWD_IP];

	if (run->n == RUN_MAX)
		fwd_hand_over(rx);
	run->pkt[run->n++] = (struct pkt){ rx->raw + (f->body - rx->raw),
		(uint32_t)f->len, (f->flags & FRAME_CSUM) != 0 ? PKT_CSUM : 0 };
}
