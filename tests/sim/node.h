/* One gnode: a core, and a mesh daemon that sends and checks packets. */
#ifndef VPLAM_SIM_NODE_H
#define VPLAM_SIM_NODE_H

#include "core/core.h"
#include "place.h"
#include "world.h"

struct node {
	struct world *w;
	unsigned nr;
	struct core core;
	struct addr addr;
	struct hpent due;  /* the core's deadline */
	struct hpent send; /* the mesh daemon's next packet */
	uint32_t next_id;
	struct place place;
	uint32_t *seen; /* highest id per sender; ids only grow */
};

void node_init(struct node *n, struct world *w, unsigned nr);
void node_fini(struct node *n);

/* Makes both configure the other, with key and endpoint. */
void node_join(struct node *a, struct node *b);

void node_input(struct node *n, const struct addr *from, uint8_t *p, size_t len,
    struct turn *t);
void node_tick(struct node *n, struct turn *t);
void node_send_packet(struct node *n, struct turn *t);
void node_mesh_record(
    struct node *n, const struct mesh_rec *rec, struct turn *t);

/* Puts the core's deadline into the world's list of events. */
void node_rearm(struct node *n);

#endif
