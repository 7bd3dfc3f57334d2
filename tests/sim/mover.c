#include "tests/sim/mover.h"

#include <string.h>

/*
 * The claims of a side and what it knows; but for what it keeps for the mover,
 * or takes for its present place.
 */
static void
take_side(struct mover_space *s, const struct netdesc *d, uint64_t mover,
    bool is_third)
{
	unsigned k;

	memcpy(s->taken + s->n, d->claim, d->n_claims * sizeof(d->claim[0]));
	s->n += d->n_claims;
	for (k = 0; k < d->n_known; k++)
		if (d->known[k].netid != mover ||
		    (is_third &&
			(d->known[k].claim.flags & KNOWN_RESERVED) == 0))
			s->taken[s->n++] = d->known[k].claim;
}

/* NULL: nobody. */
static const struct claim *
moving_claim(const struct netdesc *i, const struct netdesc *r,
    const struct verdict *v, uint64_t *ret_netid)
{
	const struct netdesc *knows = v->known_of_i ? i : r;

	switch (v->who) {
	case MOVE_I:
		*ret_netid = i->netid;
		return &i->claim[v->claim_i];
	case MOVE_R:
		*ret_netid = r->netid;
		return &r->claim[v->claim_r];
	case MOVE_T:
		*ret_netid = v->third;
		return &knows->known[v->known].claim;
	case MOVE_NOBODY:
		break;
	}
	return NULL;
}

bool
mover_space(const struct netdesc *i, const struct netdesc *r,
    const struct verdict *v, struct mover_space *ret)
{
	uint64_t netid;
	const struct claim *from = moving_claim(i, r, v, &netid);

	ret->n = 0;
	if (from == NULL)
		return false;
	ret->from = *from;
	take_side(ret, i, netid, v->who == MOVE_T);
	take_side(ret, r, netid, v->who == MOVE_T);
	return true;
}
