/*
 * Where a peer may be: its endpoints, in the order in which they are raced
 * (RFC 8305), and the address that it was last heard from.
 */
#ifndef VPLAM_CORE_TARGET_H
#define VPLAM_CORE_TARGET_H

#include <stdbool.h>

#include "base/addr.h"

struct peer;

/*
 * IPv6 and IPv4 in turn, as long as there are both, the family of the first
 * one first; else the order stays.
 */
void target_interleave(struct addr *ep, unsigned n);

/* A dial begins: with the address that answered last, if it is one of them. */
void target_begin(struct peer *p);

/*
 * A try begins. A live peer gets its path first, then its endpoints, which a
 * try goes on with where the last one stopped.
 */
void target_try(struct peer *p);

/* The next address of this try; false: it has had as many as it may. */
bool target_next(struct peer *p, struct path *ret);
bool target_more(const struct peer *p);

/* The last one cannot be reached from here: it is not counted. */
void target_missed(struct peer *p);

/* Is there an endpoint other than the path? */
bool target_elsewhere(const struct peer *p);

#endif
