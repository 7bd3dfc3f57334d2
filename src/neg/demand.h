/* Who wanted us to move, and what became of it. */
#ifndef VPLAM_NEG_DEMAND_H
#define VPLAM_NEG_DEMAND_H

#include "neg/neg.h"

#define DEMANDS 64 /* the oldest not open goes first, then of who is gone */

struct demand {
	uint32_t id;
	uint8_t key[NEG_KEY];
	struct mono at;
	struct topology topo;
	struct claim from;
	uint8_t level; /* of the conflict */
	uint8_t why;
	enum demand_state state;
};

struct demands {
	struct demand d[DEMANDS]; /* the newest last */
	unsigned n;
	uint32_t next_id;
};

/* The one of this key and claim that is not over, or NULL. */
struct demand *demand_find(struct demands *ds, const uint8_t key[NEG_KEY],
    const struct topology *topo, const struct claim *from);
struct demand *demand_by_id(struct demands *ds, uint32_t id);

/* That one, or a new one. */
struct demand *demand_note(struct neg *g, const uint8_t key[NEG_KEY],
    const struct topology *topo, const struct claim *from, unsigned level,
    struct mono now);

/* Saves and reports it if anything is other than before. */
void demand_set(
    struct neg *g, struct demand *d, enum demand_state state, uint8_t why);

/* Those of this key that wait: their reason has passed. */
void demand_gone(struct neg *g, const uint8_t key[NEG_KEY]);
void demand_restore(
    struct neg *g, const struct neg_record *rec, struct mono now);

#endif
