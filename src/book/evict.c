/* Which tunnel goes when another wants its place. */
#include "book/act.h"

/* Places that those who were here longest keep, of those that dialled us. */
static unsigned
kept(const struct book *b)
{
	return (b->cfg.max_peers / 2 + 3) / 4;
}

static uint32_t
observed(const struct book *b, const struct book_tunnel *t)
{
	const struct item *it = act_find(b, t->key);

	return it == NULL ? 0 : it->e.observed;
}

/*
 * Those that we dialled ourselves were chosen; whoever dials us takes the
 * place of others that did.
 */
static bool
may_go(const struct book *b, const struct book_tunnel *t)
{
	return t->live && !t->configured && !t->dialled &&
	    observed(b, t) < BOOK_AGE_S;
}

static unsigned
neighbours(const struct book *b, const struct book_tunnel *t, size_t n,
    const struct book_tunnel *of)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += may_go(b, &t[i]) &&
		    book_group(&t[i].at) == book_group(&of->at);
	return sum;
}

static unsigned
longer_here(const struct book *b, const struct book_tunnel *t, size_t n,
    const struct book_tunnel *than)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += t[i].live && !t[i].configured && !t[i].dialled &&
		    observed(b, &t[i]) > observed(b, than);
	return sum;
}

/* From the network that has most of them, who was here least. */
int
book_evict(const struct book *b, const struct book_tunnel *t, size_t n)
{
	unsigned most = 0;
	int worst = -1;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned near;

		if (!may_go(b, &t[i]) ||
		    (observed(b, &t[i]) > 0 &&
			longer_here(b, t, n, &t[i]) < kept(b)))
			continue;
		near = neighbours(b, t, n, &t[i]);
		if (near < most ||
		    (near == most &&
			observed(b, &t[i]) >= observed(b, &t[worst])))
			continue;
		most = near;
		worst = (int)i;
	}
	return worst;
}
