/* What a negotiation can tell of itself; reads, changes nothing. */
#ifndef VPLAM_NEG_SHOW_H
#define VPLAM_NEG_SHOW_H

#include "neg/neg.h"

const char *neg_state_name(enum neg_state s);	    /* "win-wait" */
const char *neg_role_name(enum neg_role r);	    /* "loser" */
const char *demand_state_name(enum demand_state s); /* "waits" */

struct neg_self_view {
	const struct netdesc *own; /* NULL: not known; with netid and epoch */
	enum neg_role role;
	bool stable;
	unsigned moves_10min, moves_24h, moves_30d; /* spent of the budgets */
	struct mono hold_until; /* no PROPOSE of ours before */
};
void neg_show_self(
    const struct neg *g, struct neg_self_view *ret, struct mono now);

struct neg_link_view {
	uint32_t peer;
	enum neg_state state;
	struct mono since;
	bool initiator;		    /* we */
	bool established;	    /* it testifies where we may move */
	const struct netdesc *desc; /* the peer's; NULL before its HELLO */
	struct verdict verdict;	    /* the last one, roles as above */
	bool has_verdict;
	uint8_t why;   /* enum neg_why of HELD and BACKOFF, or 0 */
	bool why_peer; /* it is the peer that said so */
	unsigned n_routes;
	const struct claim *route; /* of n_routes, in desc's topology */
};
bool neg_show_link(
    const struct neg *g, uint32_t peer, struct neg_link_view *ret);

struct demand_view {
	uint32_t id, peer; /* peer 0: it has no tunnel now */
	uint8_t key[NEG_KEY];
	struct mono at;
	const struct topology *topo;
	struct claim from;
	uint8_t why; /* enum neg_why: why nothing was done of itself, or 0 */
	enum demand_state state;
};
/* Demand number i, the newest first; false: there are not so many. */
bool neg_show_demand(const struct neg *g, unsigned i, struct demand_view *ret);

#define NEG_OTHERWISE 4

/* Who would move, and to what, if the verdict on this link were followed. */
struct neg_plan {
	struct verdict verdict;
	bool gate_open;	 /* would it happen without a person */
	uint8_t why_not; /* enum neg_why of the gate, or 0 */
	bool person;	 /* else a person could let it happen */
	uint32_t demand; /* the one that waits for a person, or 0 */
	uint32_t nodes;	 /* of the gnode that would move, as it says itself */
	bool has_to;
	struct claim from, to; /* ours; to is what a move now would choose */
	unsigned n_free;       /* how many paths there are to choose from */
	unsigned n_otherwise;
	const char *otherwise[NEG_OTHERWISE]; /* what else could be done */
};
/* False: nothing is known of that peer's place. */
bool neg_plan(
    const struct neg *g, uint32_t peer, struct mono now, struct neg_plan *ret);

#endif
