/* From those who may be listed to the list. Pure. */
#ifndef VPLAM_ENTRYSERVER_CHOOSE_H
#define VPLAM_ENTRYSERVER_CHOOSE_H

#include "entryserver/census.h"

#define CHOOSE_PER_NEAR 2 /* in one /24, or one /48 of IPv6 */
#define CHOOSE_PER_FAR 4  /* in one /16, or /32 */

/*
 * Ranks them: by what of the last three days and of the last 30 they answered,
 * then by RTT. Takes at most so many of one network, the best ones, and of
 * those at most max: when there are more, a sample that secret decides, so
 * that each has its turn. The list stands in the order of rank. Fills server
 * and n of ret, and counts in c who is left out.
 */
void choose(struct census *c, unsigned max, const uint8_t secret[16],
    struct entry_list *ret);

#endif
