/*
 * The seed's rule, enforced whatever the mesh daemon does: packets born
 * inside the gnode go to every vrnode; packets from a tunnel go to the mesh
 * daemon and never to a tunnel (threats.md 1.3).
 */
#ifndef VPLAM_CORE_FANOUT_H
#define VPLAM_CORE_FANOUT_H

#include "core/frames.h"
#include "wire/mesh.h"

/*
 * A packet of the mesh daemon. The bytes before its body are overwritten:
 * at least RUN_HEAD of them must be ours.
 */
void fanout_send(
    struct core *c, const struct mesh_pkt *pkt, uint8_t *body, struct turn *t);

/* A packet out of a tunnel; adds a record to rx->out if it is to be had. */
void fanout_receive(struct rx *rx, const struct frame *f);

#endif
