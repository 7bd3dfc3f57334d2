/* One round of the publisher: from the store to an edition. */
#ifndef VPLAM_ENTRYSERVER_ROUND_H
#define VPLAM_ENTRYSERVER_ROUND_H

#include "entryserver/options.h"
#include "entryserver/release.h"

#define ROUND_STALE_S 7200 /* a store that nobody has written for so long */
#define ROUND_WHY 400

/*
 * Makes an edition of what the store holds at that time (seconds since 1970)
 * with a serial above last. False: the last edition stays as it is, and why is
 * a sentence for the log.
 */
struct round {
	struct release release;
	uint64_t serial;
	unsigned listed, up, left[LEFT_KINDS];
};
bool round_make(struct round *ret, const struct options *o,
    const struct minisign_key *key, uint64_t now, uint64_t last,
    char why[static ROUND_WHY]);
void round_fini(struct round *r);

#endif
