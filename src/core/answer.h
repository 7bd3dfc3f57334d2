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

/* Steps of it that other requests of strangers go through as well. */

/* Does mac2 of a 168-byte message show that its source gets what we send it? */
bool answer_paid(struct core *c, const struct path *from, const uint8_t *msg,
    struct mono now);

/* The reply that lets the source show it, within the cap on all of them. */
void answer_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    uint32_t sender, const uint8_t cookiekey[KEY_LEN], struct turn *t);

/* May a Diffie-Hellman or signature be spent on it: a known address, or any? */
bool answer_may_compute(struct core *c, bool known, struct mono now);

/* An initiation inside session s of p; message 2 goes back through it. */
void answer_in_band(struct core *c, struct peer *p, struct session *s,
    const struct path *from, const uint8_t *msg, size_t len, struct turn *t);

#endif
