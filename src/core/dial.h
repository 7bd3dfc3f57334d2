/*
 * The initiator: opens sessions, inside the living one where there is one,
 * else by the peer's addresses, which are raced, with a back-off (protocol.md
 * 2.6, 2.7).
 */
#ifndef VPLAM_CORE_DIAL_H
#define VPLAM_CORE_DIAL_H

#include <stdbool.h>

#include "core/peer.h"

/* We want a fresh session: begins to try unless trying already. */
void dial_begin(struct core *c, struct peer *p, struct turn *t);

/* The same after a minute: whoever ended the session would do it again. */
void dial_later(struct core *c, struct peer *p, struct turn *t);

/* TM_DIAL is due: the next try. */
void dial_again(struct core *c, struct peer *p, struct turn *t);

/* TM_RACE is due: the next address of the same try. */
void dial_race(struct core *c, struct peer *p, struct turn *t);

/* No way leads to where that initiation was to go: the next address, now. */
void dial_unreachable(
    struct core *c, const uint8_t *msg, size_t len, struct mono now);

/* Begins anew without the back-off of earlier tries. */
void dial_restart(struct core *c, struct peer *p, struct turn *t);

/*
 * The same where everything may be otherwise now: a peer that was live is
 * looked for where it was, too, though it may have no endpoint. What
 * comes within 30 s of the last time goes on with the same tries, a bit sooner.
 */
void dial_anew(struct core *c, struct peer *p, struct turn *t);

/*
 * A live peer is not heard: tries in the open, where it was heard and at its
 * endpoints, until dial_reassure() says that it was.
 */
void dial_in_doubt(struct core *c, struct peer *p, struct turn *t);
void dial_reassure(struct core *c, struct peer *p);

/*
 * No more tries. What was sent stays open: until our session is proven, a
 * later initiation may have taken its place at the peer (a slow path).
 */
void dial_pause(struct core *c, struct peer *p);

/* No more tries, no more attempts. */
void dial_end(struct core *c, struct peer *p);

/*
 * We answered an initiation of the peer: leaves it time to prove itself. The
 * larger key forgets its own attempts, the smaller waits for their answers.
 */
void dial_yield(struct core *c, struct peer *p, struct turn *t);

/*
 * Did an initiation of ours cross one from `from` (or, when in_band, one
 * inside the session) so closely that both are on their way?
 */
bool dial_crosses(
    struct peer *p, const struct addr *from, bool in_band, struct mono now);

/*
 * It did, and theirs is ignored. Ours goes out once more, at most: the peer
 * listens now, which it may not have done before.
 */
void dial_crossed(
    struct core *c, struct peer *p, const struct addr *from, struct turn *t);

/* Message 2: in the open, or inside s. */
void dial_response(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);
void dial_response_in_band(struct core *c, struct peer *p,
    const struct session *s, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);

/* A cookie reply: the same initiation again at once, paid for. */
void dial_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);

/* The stamp of our next initiation: strictly above all before. */
void dial_stamp(struct core *c, uint64_t wall_ms, uint8_t ret[STAMP_LEN]);

#endif
