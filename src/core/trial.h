/*
 * Peers that no person named: dialled because the book says so, or admitted
 * when they dialled. They begin on trial, and go when they are of no more use.
 */
#ifndef VPLAM_CORE_TRIAL_H
#define VPLAM_CORE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "crypto/prim.h"

struct book_tunnel;
struct core;
struct peer;
struct turn;

/* Dials those that the book picks, when their time has come. */
void trial_pick(struct core *c, struct turn *t);

/*
 * A peer that dialled us, on trial; others on trial make room. ss: see
 * peer_new(). NULL: its key is of no use.
 */
struct peer *trial_admit(struct core *c, const uint8_t x_pk[KEY_LEN],
    const uint8_t *ss, struct turn *t);

/* It dials on, and we have answered again. */
void trial_answered(struct core *c, struct peer *p, struct turn *t);

/* p is live, or is not any more. */
void trial_up(struct core *c, struct peer *p, struct turn *t);
void trial_down(struct core *c, struct peer *p, struct turn *t);

/* It dialled us, and has said who it is; met: we knew that one before. */
void trial_named(struct core *c, struct peer *p, const uint8_t ed_pk[KEY_LEN],
    bool met, struct turn *t);

/* The records have been exchanged: a feeler has done what it was for. */
void trial_exchanged(struct core *c, struct peer *p);

/* TM_TRIAL is due. */
void trial_due(struct core *c, struct peer *p, struct turn *t);

/* The peer said goodbye: it has no room, or does not want us. */
void trial_closed(struct core *c, struct peer *p, uint8_t close_reason);

/* Its tunnel ends at the next tick; a configured one stays, without it. */
void trial_doom(struct core *c, struct peer *p, uint8_t close_reason);
void trial_end(
    struct core *c, struct peer *p, uint8_t close_reason, struct turn *t);
void trial_reap(struct core *c, struct turn *t);

/* p is about to be freed. */
void trial_forget(struct core *c, struct peer *p);

/*
 * We opened it. Who opens its next session says nothing of how it came here:
 * whoever dials us can leave that to us.
 */
bool trial_dialled(const struct peer *p);

/* p as src/book sees tunnels. */
void trial_tunnel(const struct peer *p, struct book_tunnel *ret);

/* Tunnels that we opened or took by ourselves. */
unsigned trial_count(const struct core *c);

#endif
