/*
 * Where our gnode is by the configuration, and what the host does for the
 * negotiation: routes, moves by a program, nonces through the mesh, and what
 * is remembered of it.
 */
#ifndef VPLAM_VPLAMAD_PLACE_H
#define VPLAM_VPLAMAD_PLACE_H

#include "base/mono.h"
#include "base/run.h"
#include "wire/netdesc.h"

struct meshprobe;
struct node;
struct rehooker;
struct store_rec;
struct vplamad;

struct place {
	struct netdesc file;	 /* what the configuration claims */
	struct netdesc desc;	 /* the same, or where a move has left us */
	struct meshprobe *probe; /* NULL: no interface of the mesh is named */
	struct rehooker *rehooker;
	struct claim from, to; /* of the last move by the program */
	uint32_t failed;       /* a move that could not begin: its id, or 0 */
	bool avoid_changed;    /* the negotiation has to be told */
};

/*
 * The core is there and has no peers. Then what was kept (false: it makes no
 * sense; arg is the daemon), and then where the configuration puts us.
 */
void place_open(struct vplamad *d, struct turn *t);
bool place_row(void *arg, const struct store_rec *row, int64_t now);
void place_begin(struct vplamad *d, struct turn *t);
void place_close(struct vplamad *d); /* fine without place_open() */

/* Another configuration is in force: claims, policy. */
void place_reload(struct vplamad *d, struct turn *t);

/* What the configuration says of that peer. */
void place_peer(struct vplamad *d, const struct node *n, struct turn *t);

/* Prefixes that the configuration gives to a peer have come or gone. */
void place_prefixes(struct vplamad *d);

/* End of a turn; and when it wants one. */
void place_act(struct vplamad *d, struct turn *t);
struct mono place_deadline(const struct vplamad *d);

#endif
