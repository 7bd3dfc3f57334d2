/*
 * The observer of nw_world: the invariants of doc/negotiation.md, each looked
 * at from outside. What does not hold is printed, and the program ends with 1.
 */
#ifndef VPLAM_SIM_NEG_CHECK_H
#define VPLAM_SIM_NEG_CHECK_H

#include "neg_world.h"

/* n's states have changed: 2. */
void check_roles(struct gnode *n);
/* Its mesh daemon was just told to move: 1, 3, 4, 5, 9, 10. */
void check_told(struct gnode *n);
/* It keeps a place for somebody: 5. */
void check_reserve(struct gnode *n, const struct neg_record *rec);
/* It is where it was told to go: 3, 5. */
void check_arrived(struct gnode *n);
/* Its routes or claims have changed: 6. */
void check_routes(struct gnode *n);
/* The tunnel is gone for it: 11. */
void check_gone(struct gnode *n, unsigned tunnel);
/* The end: 1, 7, 8. */
void check_end(struct nw_world *w);
/* Two runs of one seed: 12. */
void check_same(const struct nw_options *opt, const struct nw_totals *a,
    const struct nw_totals *b);

#endif
