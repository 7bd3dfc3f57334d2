/*
 * Forwarding between device ports and tunnels: each packet of a device goes to
 * one peer, to all, or to none; each packet of a tunnel to the device, and
 * never to another tunnel (threats.md T11, DESIGN.md "device port").
 */
#ifndef VPLAM_CORE_FWD_H
#define VPLAM_CORE_FWD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/run.h"
#include "core/look.h"
#include "core/ratelimit.h"

struct core;
struct fdb;
struct frame;
struct peer;
struct rx;

#define FWD_FLOOD_BURST 2 /* seconds of the flood rate */
#define FWD_PORTS 64	  /* devices at once; one per peer makes many */

/*
 * hub: everything to all. switch: by learned source addresses, unknown to all.
 * router: by granted prefixes, unknown to nobody, sources checked.
 */
enum fwd_mode { FWD_HUB, FWD_SWITCH, FWD_ROUTER, FWD_MODES };

const char *fwd_mode_name(enum fwd_mode m); /* "switch" */

struct fwd_config {
	bool ethernet; /* carries frames, else IP packets */
	bool sink; /* throws away what it is given: peers need not send it */
	enum fwd_mode mode;
	uint32_t peer;	   /* only for this one; 0: for all */
	uint32_t age_ms;   /* switch: an unseen address is forgotten */
	uint32_t per_peer; /* switch: addresses a peer may have */
	uint32_t
	    flood_rate;	 /* packets to all a second: ours, and each peer's */
	bool allow_ra;	 /* router advertisements may come from peers */
	bool allow_dhcp; /* and the answers of DHCP servers */
	bool clamp_mss;
	bool has_mac; /* the device has this address: no peer may use it */
	uint8_t mac[6];
};

/* One device. Other folders read it and change nothing. */
struct fwd_port {
	struct fwd_config cfg;
	struct fdb *fdb;     /* NULL unless the mode is switch */
	struct bucket flood; /* what it may send to all */
	uint32_t missed;     /* peer that the last flood had no room for; 0 */
	uint64_t rx, tx;     /* packets taken from it, handed to it */
};

/* What devices carry; the packets of a tunnel gather by it. */
enum { FWD_IP, FWD_ETHERNET, FWD_LAYERS };

/* A data frame that came out of a tunnel; goes into rx->dev. */
void fwd_receive(struct rx *rx, const struct frame *f);

/* Hands over what has gathered in rx->dev, to each device what it may have. */
void fwd_hand_over(struct rx *rx);

/* Lowers the MSS in packets of the device, to p or of it, to p's path. */
void fwd_clamp_mss(struct core *c, const struct fwd_port *port,
    const struct peer *p, struct run *run);

/* The peer is not live any more: what was learned of it is forgotten. */
void fwd_forget(struct core *c, const struct peer *p);

/* A new peer gets what it may send to all, on each device. False: no memory. */
bool fwd_peer_init(struct core *c, struct peer *p, struct mono now);

/* Is there a live peer that takes what device no carries? */
bool fwd_reaches(const struct core *c, unsigned no);

/* All devices go. */
void fwd_fini(struct core *c);

/* How deep packets have to be looked into; own: some prefixes are ours. */
static inline enum look_depth
fwd_depth(const struct fwd_port *port, bool own, enum look_depth least)
{
	return own || port->cfg.mode == FWD_ROUTER ? LOOK_NET : least;
}

#endif
