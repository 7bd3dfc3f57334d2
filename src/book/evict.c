/* Which tunnel goes when another wants its place. */
#include "base/xmem.h"
#include "book/act.h"

/* What counts of a tunnel that somebody else opened. */
struct guest {
	bool is, may_go;
	uint32_t observed;
	uint64_t group;
};

/*
 * Those that we dialled ourselves were chosen: whoever dials us takes the place
 * of others that did. Established ones stay.
 */
static struct guest
guest_of(const struct book *b, const struct book_tunnel *t)
{
	const struct item *it = act_find(b, t->key);
	struct guest g = { .group = book_group(&t->at),
		.is = t->live && !t->configured && !t->dialled };

	if (it != NULL)
		g.observed = it->e.observed;
	g.may_go = g.is && g.observed < BOOK_AGE_S;
	return g;
}

/* Places that those who were here longest keep. */
static unsigned
kept(const struct book *b)
{
	return (b->cfg.max_peers / 2 + 3) / 4;
}

static void
keep_some(const struct book *b, struct guest *g, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		unsigned longer = 0;

		for (k = 0; k < n; k++)
			longer += g[k].is && g[k].observed > g[i].observed;
		if (g[i].observed > 0 && longer < kept(b))
			g[i].may_go = false;
	}
}

static unsigned
neighbours(const struct guest *g, size_t n, uint64_t group)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += g[i].is && g[i].group == group;
	return sum;
}

/* From the network that has most of them, who was here least. */
static int
worst_of(const struct guest *g, size_t n)
{
	unsigned most = 0;
	int worst = -1;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned near;

		if (!g[i].may_go)
			continue;
		near = neighbours(g, n, g[i].group);
		if (near < most ||
		    (near == most && g[i].observed >= g[worst].observed))
			continue;
		most = near;
		worst = (int)i;
	}
	return worst;
}

int
book_evict(const struct book *b, const struct book_tunnel *t, size_t n)
{
	struct guest *g = try_calloc(n + 1, sizeof(*g));
	size_t i;
	int worst;

	if (g == NULL)
		return -1;
	for (i = 0; i < n; i++)
		g[i] = guest_of(b, &t[i]);
	keep_some(b, g, n);
	worst = worst_of(g, n);
	free(g);
	return worst;
}
