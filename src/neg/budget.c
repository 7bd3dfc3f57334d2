#include "neg/budget.h"

#include <string.h>

#include "neg/times.h"

#define MINUTE 60u

void
budget_add(struct budget *b, const struct move *m)
{
	if (b->n == BUDGET_MOVES) {
		memmove(b->move, b->move + 1,
		    (BUDGET_MOVES - 1) * sizeof(b->move[0]));
		b->n--;
	}
	b->move[b->n++] = *m;
}

unsigned
budget_spent(const struct budget *b, uint32_t seconds, struct mono now)
{
	unsigned i, n = 0;

	for (i = 0; i < b->n; i++)
		if (mono_since(b->move[i].at, now) <
		    seconds * (uint64_t)MONO_SEC)
			n++;
	return n;
}

bool
budget_left(const struct budget *b, bool strict, struct mono now)
{
	static const struct {
		uint32_t seconds;
		unsigned max;
	} limits[2][2] = {
		{ { 10 * MINUTE, 3 }, { NEG_DAY_S, 8 } },
		{ { NEG_DAY_S, 1 }, { 30 * NEG_DAY_S, 3 } },
	};
	unsigned i;

	for (i = 0; i < 2; i++)
		if (budget_spent(b, limits[strict][i].seconds, now) >=
		    limits[strict][i].max)
			return false;
	return true;
}

struct mono
budget_hold(const struct budget *b, struct mono now)
{
	unsigned n = budget_spent(b, NEG_DAY_S, now);
	uint64_t s;

	if (n == 0)
		return (struct mono){ 0 };
	s = n < 6 ? 30u << n : 30 * MINUTE;
	return mono_add(b->move[b->n - 1].at, s * MONO_SEC);
}

static bool
is_from(
    const struct move *m, const struct topology *topo, const struct claim *c)
{
	return topology_equal(&m->topo, topo) &&
	    claims_equal(topo, &m->from, c);
}

void
budget_look(struct budget *b, const struct netdesc *place)
{
	unsigned i, k;

	for (i = 0; i < b->n; i++) {
		bool shown = false;

		for (k = 0; k < place->n_claims; k++)
			shown |= is_from(
			    &b->move[i], &place->topo, &place->claim[k]);
		b->move[i].done &= shown;
	}
}

void
budget_restore_left(
    struct budget *b, const struct topology *topo, const struct claim *c)
{
	unsigned i;

	for (i = b->n; i-- > 0;)
		if (is_from(&b->move[i], topo, c)) {
			b->move[i].done = true;
			return;
		}
}

const struct move *
budget_left_by(
    const struct budget *b, const struct topology *topo, const struct claim *c)
{
	unsigned i;

	for (i = b->n; i-- > 0;)
		if (b->move[i].done && is_from(&b->move[i], topo, c))
			return &b->move[i];
	return NULL;
}
