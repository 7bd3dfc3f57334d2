/* How often we may move, and which places we have left. */
#ifndef VPLAM_NEG_BUDGET_H
#define VPLAM_NEG_BUDGET_H

#include "neg/neg.h"

#define BUDGET_MOVES 32 /* remembered; more than any window holds */

struct move {
	struct mono at;
	bool done; /* we have arrived, and what we left may still be shown */
	struct mono done_at;
	struct topology topo;
	struct claim from, to;
};

struct budget {
	struct move move[BUDGET_MOVES]; /* the oldest first */
	unsigned n;
};

void budget_add(struct budget *b, const struct move *m);

/* How many moves began in the last so many seconds. */
unsigned budget_spent(
    const struct budget *b, uint32_t seconds, struct mono now);

/* strict: the limits of REHOOK_ATOMIC. */
bool budget_left(const struct budget *b, bool strict, struct mono now);

/* No PROPOSE before. */
struct mono budget_hold(const struct budget *b, struct mono now);

/* A place is known: what is not claimed there has been left for good. */
void budget_look(struct budget *b, const struct netdesc *place);

/* Of an earlier life: this claim was being left, so the last move is done. */
void budget_restore_left(
    struct budget *b, const struct topology *topo, const struct claim *c);

/* Has this claim been left by one of the moves? The last one that did. */
const struct move *budget_left_by(
    const struct budget *b, const struct topology *topo, const struct claim *c);

#endif
