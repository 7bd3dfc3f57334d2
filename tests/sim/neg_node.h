/* One network of nw_world: its negotiation, mesh daemon and store. */
#ifndef VPLAM_SIM_NEG_NODE_H
#define VPLAM_SIM_NEG_NODE_H

#include "neg_world.h"

void gnode_init(struct gnode *n, struct nw_world *w, unsigned no);
void gnode_fini(struct gnode *n);

/* Starts, with what is in the store; ends, as if killed. */
void gnode_start(struct gnode *n);
void gnode_stop(struct gnode *n);

/* The mesh daemon's time has come. */
void gnode_mesh(struct gnode *n);

/* neg_store.c */
void store_save(struct gnode *n, const struct neg_record *rec);
void store_restore(struct gnode *n);
void store_fini(struct gnode *n);

#endif
