/*
 * The talk with the local mesh daemon (doc/mesh-socket.md): who may connect,
 * HELLO, and the state it is told of. Records in, records out, no socket.
 */
#ifndef VPLAM_CORE_MESH_H
#define VPLAM_CORE_MESH_H

#include "core/peer.h"
#include "wire/mesh.h"

/* core.hello_by may have come. */
void mesh_tick(struct core *c, struct turn *t);

/* Tell it, when one is there. why is an enum mesh_down. */
void mesh_peer_up(struct core *c, const struct peer *p, struct turn *t);
void mesh_peer_down(
    struct core *c, const struct peer *p, uint8_t why, struct turn *t);
void mesh_peer_rtt(struct core *c, const struct peer *p, struct turn *t);

/* What the negotiation has for it. */
void mesh_route(struct core *c, const struct mesh_route *ro, struct turn *t);
void mesh_rehook(struct core *c, const struct mesh_rehook *re, struct turn *t);

#endif
