#include "neg_plan.h"

#include <stdlib.h>

#include "base/xmem.h"

#define JOIN_S 900u /* all tunnels open in this time */
#define TROUBLE_S 3600u

uint64_t
plan_span(struct rng *r, unsigned min_s, unsigned max_s)
{
	return (uint64_t)min_s * MONO_SEC +
	    rng_next(r) % ((uint64_t)(max_s - min_s) * MONO_SEC + 1);
}

static struct mono
instant(struct rng *r, unsigned min_s, unsigned max_s)
{
	return (struct mono){ plan_span(r, min_s, max_s) };
}

static void
plan_net(
    struct plan_net *n, unsigned i, const struct nw_options *opt, struct rng *r)
{
	n->gid = 1 + (unsigned)rng_below(r, opt->paths);
	n->stable = i < opt->stable;
	n->restart = MONO_NEVER;
	if (!opt->calm && rng_below(r, 10) == 0)
		n->restart = instant(r, 60, TROUBLE_S);
	n->other_class = !opt->calm && rng_below(r, 50) == 0;
}

static bool
is_joined(const struct plan *p, unsigned a, unsigned b)
{
	unsigned i;

	for (i = 0; i < p->n_links; i++)
		if ((p->link[i].end[0] == a && p->link[i].end[1] == b) ||
		    (p->link[i].end[0] == b && p->link[i].end[1] == a))
			return true;
	return false;
}

static void
plan_link(struct plan *p, const struct nw_options *opt, struct rng *r)
{
	struct plan_link *l = &p->link[p->n_links];
	unsigned i;

	do {
		l->end[0] = (unsigned)rng_below(r, opt->networks);
		l->end[1] = (unsigned)rng_below(r, opt->networks);
	} while (l->end[0] == l->end[1] || is_joined(p, l->end[0], l->end[1]));
	p->n_links++;
	l->open = instant(r, 10, JOIN_S);
	for (i = 0; i < PLAN_DEATHS; i++) {
		l->death[i] = MONO_NEVER;
		l->away_us[i] = plan_span(r, 5, 300);
		if (!opt->calm && rng_below(r, 8) == 0)
			l->death[i] = instant(r, 60, TROUBLE_S);
	}
}

void
plan_make(struct plan *p, const struct nw_options *opt)
{
	struct rng r = { opt->seed * 2 + 1 };
	uint64_t most = (uint64_t)opt->networks * (opt->networks - 1) / 2;
	uint64_t n = (uint64_t)opt->networks * opt->links / 2;
	unsigned i;

	*p = (struct plan){ .end = { (opt->calm ? JOIN_S : TROUBLE_S) *
				(uint64_t)MONO_SEC } };
	p->net = xcalloc(opt->networks, sizeof(*p->net));
	p->link = xcalloc(n < most ? n : most, sizeof(*p->link));
	for (i = 0; i < opt->networks; i++)
		plan_net(&p->net[i], i, opt, &r);
	while (p->n_links < n && p->n_links < most)
		plan_link(p, opt, &r);
}

void
plan_free(struct plan *p)
{
	free(p->net);
	free(p->link);
}
