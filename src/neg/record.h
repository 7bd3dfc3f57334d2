/* What the negotiation wants to be remembered over a restart. */
#ifndef VPLAM_NEG_RECORD_H
#define VPLAM_NEG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/netdesc.h"
#include "wire/negmsg.h"

#define NEG_KEY 32

/* What to remember; each replaces the one before with the same identity. */
enum neg_record_kind {
	NEG_REC_SELF,	 /* only one */
	NEG_REC_NETWORK, /* by key: the last descriptor of a peer's gnode */
	NEG_REC_MOVE,	 /* by at: each is a new one */
	NEG_REC_RESERVE, /* by netid: a place kept for whoever moves there */
	NEG_REC_DEMAND,	 /* by id: somebody wants us to move */
};

enum demand_state {
	DEMAND_WAITS, /* for a person */
	DEMAND_DONE,
	DEMAND_APPROVED,
	DEMAND_REFUSED, /* by a person or the policy: see why */
	DEMAND_GONE,	/* the reason has passed */
};

struct neg_record {
	enum neg_record_kind kind;
	uint32_t ago; /* seconds: since it happened; 0 when it is saved */
	bool gone;    /* forget it: RESERVE */
	union {
		struct {
			uint64_t netid, vnodeid;
			uint32_t epoch, age; /* of netid, seconds */
			struct topology topo;
			uint8_t n_claims;
			struct claim claim[NETDESC_CLAIMS];
			bool stable;
		} self;
		struct {
			uint8_t key[NEG_KEY];
			uint64_t netid;
			uint32_t uptime;     /* compatible, seconds in all */
			const uint8_t *desc; /* as signed: borrowed */
			size_t desc_len;
			uint8_t sig[NEG_SIG];
		} network;
		struct {
			struct topology topo;
			struct claim from, to;
		} move;
		struct {
			uint64_t netid;
			struct topology topo;
			struct claim claim;
			uint32_t left; /* seconds from now, saved or restored */
		} reserve;
		struct {
			uint32_t id;
			uint8_t key[NEG_KEY];
			struct topology topo;
			struct claim from;
			uint8_t why; /* enum neg_why, or 0 */
			enum demand_state state;
		} demand;
	} u;
};

#endif
