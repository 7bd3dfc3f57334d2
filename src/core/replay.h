/*
 * Anti-replay window over the counters of one receiving key (RFC 6479). A key
 * that few packets use, as those of an idle tunnel, never needs more than two
 * words: the whole window is made when counters leave them. Without memory for
 * it the look back is one word, and no packet passes twice all the same.
 */
#ifndef VPLAM_CORE_REPLAY_H
#define VPLAM_CORE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WORDS 128
#define REPLAY_FEW 2
#define REPLAY_WINDOW ((REPLAY_WORDS - 1) * 64) /* 8128: the look back */

struct replay {
	uint64_t top; /* highest counter accepted so far, plus one */
	uint64_t few[REPLAY_FEW]; /* while there is no more */
	uint64_t *all;		  /* REPLAY_WORDS of them, or NULL */
};

void replay_init(struct replay *rp);
void replay_fini(struct replay *rp);

/* Would replay_accept(n) take it? Changes nothing: ask before opening. */
bool replay_check(const struct replay *rp, uint64_t n);

/*
 * Accepts n once. Call it only for a packet whose tag has been checked: a
 * forged counter must not move the window.
 */
bool replay_accept(struct replay *rp, uint64_t n);

#endif
