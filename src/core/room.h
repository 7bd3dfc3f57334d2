/* Room for those who dial us: some are kept free, and who goes for another. */
#ifndef VPLAM_CORE_ROOM_H
#define VPLAM_CORE_ROOM_H

#include <stdbool.h>

struct core;
struct peer;
struct turn;

/*
 * A peer that dialled us has said who it is; met: we knew it before. Without
 * room it is a visitor for 10 s: many come only to see whether we are there,
 * and nobody has to go for these.
 */
void room_place(struct core *c, struct peer *p, bool met, struct turn *t);

/* The visitor wants to stay: it or another is doomed. */
void room_stay(struct core *c, struct peer *p, struct turn *t);

#endif
