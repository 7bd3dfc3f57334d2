/*
 * The responder: reads initiations, cheapest check first, and answers with
 * message 2 or a cookie reply (protocol.md 2.5, 2.6). Before the source has
 * proven its address nothing is allocated and no Diffie-Hellman done.
 */
#ifndef VPLAM_CORE_ANSWER_H
#define VPLAM_CORE_ANSWER_H

#include "core/peer.h"

void answer_init(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);

/* An initiation inside session s of p; message 2 goes back through it. */
void answer_in_band(struct core *c, struct peer *p, struct session *s,
    const struct path *from, const uint8_t *msg, size_t len, struct turn *t);

#endif
