/*
 * The policy of time (protocol.md 2.6, 2.7). Others report what happened;
 * only this module knows which deadline that arms:
 *
 * - a session gets a successor at rekey-after from the side that opened it,
 *   at 5/4 of that from the other if still needed; at 6/4 it is forgotten;
 * - who got payload and had nothing to say sends a keepalive after 10 s; behind
 *   a NAT something leaves every 25 s;
 * - silence of 10 s in use, 25 s idle, is followed by 5 probes at 1/s, then
 *   40 at 2/s; then the peer is dead. Where it has other addresses than the
 *   silent one, they are tried from the sixth probe on.
 */
#ifndef VPLAM_CORE_TIMERS_H
#define VPLAM_CORE_TIMERS_H

#include <stdbool.h>

#include "core/peer.h"

#define PROBES_MAX 45

/* Times that scale with rekey-after. */
uint64_t times_reject_us(const struct core *c);

/* Pause before try n (0: the first repetition) to open or confirm. */
uint64_t times_retry_gap(struct core *c, unsigned n);

/* A random time below max. */
uint64_t times_jitter(struct core *c, uint64_t max);

void timers_init(struct peer *p);

/* The one way to set a deadline. */
void timers_arm(struct core *c, struct peer *p, enum timer tm, struct mono at);
void timers_off(struct core *c, struct peer *p, enum timer tm);

void timers_all_off(struct core *c, struct peer *p);

/* What happened. */
void timers_session_current(struct core *c, struct peer *p, struct turn *t);
void timers_confirmed(struct core *c, struct peer *p);
void timers_sent(struct core *c, struct peer *p, bool payload, struct turn *t);
/* An authenticated packet; and: payload was in it. */
void timers_received(struct core *c, struct peer *p, struct turn *t);
void timers_payload(struct core *c, struct peer *p, struct turn *t);

/* Live, and it left several probes unanswered. */
bool timers_silent(const struct peer *p);

/* Does what is due for p. */
void timers_run(struct core *c, struct peer *p, struct turn *t);

#endif
