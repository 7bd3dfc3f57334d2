/* Room for those who dial us: some are kept free, and who goes for another. */
#ifndef VPLAM_CORE_ROOM_H
#define VPLAM_CORE_ROOM_H

#include <stdbool.h>

struct core;
struct peer;

/*
 * A peer that dialled us has said who it is; met: we knew it before. If there
 * is no room for all, it or another is doomed.
 */
void room_place(struct core *c, struct peer *p, bool met);

#endif
