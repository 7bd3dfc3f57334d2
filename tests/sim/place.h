/*
 * What a mesh daemon of the simulator does in the negotiation: it says where
 * it is, moves when it is told, and notes the routes that it is given.
 */
#ifndef VPLAM_SIM_PLACE_H
#define VPLAM_SIM_PLACE_H

#include "base/heap.h"
#include "core/negotiate.h"
#include "wire/mesh.h"

#define PLACE_PEERS 16

struct node;

struct place {
	unsigned gid;	  /* 10.GID.0.0/16; 0: it takes no part */
	struct hpent due; /* a move is finished then */
	struct mesh_rehook rehook;
	unsigned moves;
	struct mesh_route route[PLACE_PEERS + 1]; /* by the peer's id */
	unsigned who[PLACE_PEERS + 1];		  /* which node that is */
};

/* Before the first peer of n; and once its mesh daemon has said HELLO. */
void place_start(struct node *n);
void place_tell(struct node *n, struct turn *t);

/* A record for the mesh daemon; the time of a move has come. */
void place_record(struct node *n, const struct mesh_rec *rec);
void place_due(struct node *n, struct turn *t);

/* Are all its links at rest? */
bool place_rests(const struct node *n);

/* What is wrong with what was agreed, for people; NULL: nothing. */
const char *place_fault(const struct node *n);

#endif
