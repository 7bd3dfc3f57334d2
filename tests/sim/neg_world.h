/*
 * N negotiations without cores and cryptography, joined by tunnels that lose,
 * delay and reorder parts, die and come back, under a virtual clock. Same
 * options: same run. An observer of its own (neg_check.h) looks at all.
 */
#ifndef VPLAM_SIM_NEG_WORLD_H
#define VPLAM_SIM_NEG_WORLD_H

#include "base/heap.h"
#include "neg/neg.h"
#include "neg/show.h"
#include "neg_plan.h"

enum nw_kind { NW_PART, NW_TUNNEL, NW_TICK, NW_MESH, NW_LIFE };

/* Whatever waits for its time. */
struct nw_event {
	struct hpent at;
	enum nw_kind kind;
	unsigned no; /* of the tunnel or network */
};

/* What a store keeps of a network. */
struct kept_record {
	struct neg_record rec;
	uint8_t *desc; /* of NETWORK */
	struct mono at;
};

struct tunnel {
	struct nw_event ev;
	unsigned end[2];
	bool open, closing;
	unsigned n_deaths; /* so many of the plan's are over */
	uint32_t life;	   /* parts of an earlier one are lost */

	/* What each side makes of it, as the observer has seen it. */
	struct tunnel_side {
		bool up;
		enum neg_state state;
		enum neg_state
		    settled; /* where it was at rest last, or HELLO_WAIT */
		struct mono up_since;
		uint64_t compatible_us; /* in earlier states UP */
		struct mono noticed;	/* it was sent a NOTICE; or 0 */
		unsigned n_routes;
		struct claim route[NETDESC_CLAIMS];
		uint64_t route_netid;
	} side[2];
};

#define GNODE_MOVES 16
struct gnode_move {
	struct mono at;
	struct claim from, to;
};

struct gnode {
	struct nw_world *w;
	unsigned no;
	struct neg *g; /* NULL: it is away */
	struct neg_config cfg;
	struct netdesc place;
	struct nw_event tick, mesh, life;
	unsigned *tunnel; /* numbers of its own */
	unsigned n_tunnels;
	uint64_t netid;

	/* The mesh daemon's part. */
	uint32_t rehook_id; /* 0: nothing to do */
	struct claim from, to;
	bool leaving; /* shows two claims; from goes when mesh is due */
	bool told;    /* rehook() was called just now */

	/* Whose states have changed in this event. */
	unsigned *changed;
	unsigned n_changed;
	bool routes_changed;

	struct kept_record *kept;
	unsigned n_kept, max_kept;

	unsigned n_moves, n_last; /* told in all; in last */
	struct gnode_move last[GNODE_MOVES];
};

struct nw_totals {
	uint64_t events, parts, lost, restarts, deaths, closes, failed;
	unsigned links, not_up, stable_moved, moves, max_moves;
	uint64_t rest_us; /* from the last thing from outside to rest */
	uint64_t digest;
};

struct nw_world {
	struct nw_options opt;
	struct plan plan;
	struct rng rng;
	struct mono now;
	struct heap events;
	struct gnode *gnode;
	struct tunnel *tunnel;
	unsigned busy;	/* sides of links that have not settled, or are down */
	bool disturbed; /* by more than a look that found the same */
	struct mono rest_at;
	uint64_t last_part; /* us, when one was sent */
	struct nw_totals sum;
};

/* Runs one seed to its end; a broken invariant ends the program. */
void nw_run(const struct nw_options *opt, struct nw_totals *ret);

/* For neg_node.c */
void nw_send(struct nw_world *w, struct gnode *n, unsigned tunnel,
    const uint8_t *p, size_t len);
void nw_close(struct nw_world *w, unsigned tunnel);
void nw_digest(struct nw_world *w, uint64_t v);
/* After a call into n's negotiation: what followed from it. */
void nw_called(struct gnode *n);
/* The tunnel's side that n is: 0 or 1. */
unsigned nw_side(const struct gnode *n, unsigned tunnel);
void nw_link_up(struct gnode *n, unsigned tunnel);
void nw_link_down(struct gnode *n, unsigned tunnel);

#endif
