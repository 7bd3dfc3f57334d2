/*
 * The way out to a peer: frames get their heads, wait where there is no
 * session, are sealed and sent.
 */
#ifndef VPLAM_CORE_PEER_SEND_H
#define VPLAM_CORE_PEER_SEND_H

#include "core/peer.h"

/* The session to send on, or NULL. */
struct session *peer_session(const struct peer *p);

/* The largest frame body that the session carries. */
size_t peer_mtu(const struct core *c, const struct peer *p);

/* The same if its path had no limit of its own. */
size_t peer_mtu_agreed(const struct core *c, const struct peer *p);

/*
 * Sends frames: each packet of run is the body of one frame of this type and
 * flags, at most peer_mtu() long. Without a session they wait in the staging
 * queue (bounded, oldest dropped) and a session is asked for. The bytes are
 * overwritten. A packet's PKT_CSUM becomes FRAME_CSUM.
 */
void peer_send(struct core *c, struct peer *p, uint8_t type, uint8_t flags,
    struct run *run, struct turn *t);

/* The same on a session and path of the caller's choice. */
void peer_send_on(struct core *c, struct peer *p, struct session *s,
    const struct path *to, uint8_t type, uint8_t flags, struct run *run,
    struct turn *t);

/*
 * Sends one frame that is longer than peer_mtu() in fragments, which are
 * copies. False: it is too long for that too, or the peer takes none. What
 * the arena has no room for is dropped and counted.
 */
bool peer_send_parts(struct core *c, struct peer *p, uint8_t type,
    uint8_t flags, const struct pkt *whole, struct turn *t);

/* One small frame, copied from body; type 0 is an empty keepalive. */
void peer_send_small(struct core *c, struct peer *p, struct session *s,
    const struct path *to, uint8_t type, const void *body, size_t len,
    struct turn *t);

/* Goodbye, once; nothing without a session. reason: enum close_reason. */
void peer_send_close(
    struct core *c, struct peer *p, uint8_t reason, struct turn *t);

void peer_send_probe(struct core *c, struct peer *p, struct turn *t);

/* The same as long as a frame with a body of that size. */
void peer_send_probe_padded(
    struct core *c, struct peer *p, size_t size, struct turn *t);

/* Sends what waited for a session; was there anything? */
bool peer_send_staged(struct core *c, struct peer *p, struct turn *t);

/* Drops it. */
void peer_send_forget(struct core *c, struct peer *p);

#endif
