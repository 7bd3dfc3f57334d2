#include "book/proven.h"

#include "book/act.h"

void
act_note_proven(struct book *b, const struct item *it)
{
	const struct book_entry *e = &it->e;

	if (!e->reached)
		return;
	b->proven_at[it->pos] = e->dialled && !addr_is_private(&e->proven)
	    ? e->proven
	    : (struct addr){ 0 };
}

/* An entry alone is looked at where its address fits: they lie far apart in
 * memory. */
const struct addr *
book_proven_in(const struct book *b, const struct prefix *p, size_t *pos)
{
	const struct addr *a;
	size_t i;

	while (*pos < b->n[REACHED]) {
		i = (*pos)++;
		a = &b->proven_at[i];
		if (a->port != 0 && prefix_has_addr(p, a) &&
		    b->list[REACHED][i]->e.fails < ACT_FAILS)
			return a;
	}
	return NULL;
}
