#include "neg_naive.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/heap.h"
#include "base/xmem.h"

#define MEET_US (1 * (uint64_t)MONO_SEC) /* until a new address is heard of */

struct naive_link {
	struct hpent at; /* opens, or is to be looked at again */
	bool open;
};

struct naive_net {
	struct hpent at; /* arrives at its next address */
	unsigned gid, next;
	uint64_t moves;
};

struct naive {
	const struct nw_options *opt;
	struct plan plan;
	struct rng rng;
	struct mono now;
	struct heap events;
	struct naive_link *link;
	struct naive_net *net;
};

static bool
moves_now(const struct naive_net *n)
{
	return n->at.pos != 0;
}

static void
renumber(struct naive *s, struct naive_net *n)
{
	n->next = 1 + (unsigned)rng_below(&s->rng, s->opt->paths - 1);
	n->next += n->next >= n->gid;
	n->moves++;
	heap_set(
	    &s->events, &n->at, mono_add(s->now, plan_span(&s->rng, 12, 60)));
}

/* Does another neighbour of its have this address? */
static bool
beside(const struct naive *s, unsigned mediator, unsigned no)
{
	unsigned i;

	for (i = 0; i < s->plan.n_links; i++) {
		const unsigned *end = s->plan.link[i].end;
		unsigned other = end[end[0] == mediator];

		if (s->link[i].open &&
		    (end[0] == mediator || end[1] == mediator) && other != no &&
		    s->net[other].gid == s->net[no].gid)
			return true;
	}
	return false;
}

/* The connecting one goes, wherever to; it takes as long as ours do. */
static void
meet(struct naive *s, unsigned no)
{
	const struct plan_link *l = &s->plan.link[no];
	struct naive_net *i = &s->net[l->end[0]], *r = &s->net[l->end[1]];

	s->link[no].open = true;
	if (moves_now(i) || moves_now(r))
		return; /* once there, it meets all anew */
	if (i->gid == r->gid ||
	    (s->opt->far && beside(s, l->end[1], l->end[0])))
		renumber(s, i);
	else if (s->opt->far && beside(s, l->end[0], l->end[1]))
		renumber(s, r);
}

static void
arrive(struct naive *s, struct naive_net *n)
{
	unsigned i, no = (unsigned)(n - s->net);

	n->gid = n->next;
	for (i = 0; i < s->plan.n_links; i++)
		if (s->link[i].open &&
		    (s->plan.link[i].end[0] == no ||
			s->plan.link[i].end[1] == no))
			heap_set(&s->events, &s->link[i].at,
			    mono_add(s->now, MEET_US));
}

static void
happen(struct naive *s, struct hpent *e)
{
	uintptr_t p = (uintptr_t)e, first = (uintptr_t)s->net;
	uintptr_t end = first + s->opt->networks * sizeof(*s->net);

	heap_set(&s->events, e, MONO_NEVER);
	if (p >= first && p < end)
		arrive(s, CONTAINER_OF(e, struct naive_net, at));
	else
		meet(s,
		    (unsigned)(CONTAINER_OF(e, struct naive_link, at) -
			s->link));
}

static void
count_clash(const struct naive *s, unsigned no, struct naive_totals *ret)
{
	bool seen[256] = { false }, clash = false;
	unsigned i;

	for (i = 0; i < s->plan.n_links; i++) {
		const unsigned *end = s->plan.link[i].end;
		unsigned other;

		if (end[0] != no && end[1] != no)
			continue;
		other = s->net[end[end[0] == no]].gid;
		clash = clash || seen[other];
		seen[other] = true;
	}
	ret->clashes += clash;
}

static void
add_up(const struct naive *s, struct naive_totals *ret)
{
	unsigned i;

	*ret = (struct naive_totals){ .links = s->plan.n_links };
	for (i = 0; i < s->plan.n_links; i++)
		ret->conflicts += s->net[s->plan.link[i].end[0]].gid ==
		    s->net[s->plan.link[i].end[1]].gid;
	for (i = 0; i < s->opt->networks; i++) {
		ret->moves += s->net[i].moves;
		if (s->net[i].moves > ret->max_moves)
			ret->max_moves = s->net[i].moves;
		count_clash(s, i, ret);
	}
}

void
naive_run(const struct nw_options *opt, struct naive_totals *ret)
{
	struct naive s = { .opt = opt, .rng = { opt->seed } };
	struct mono end = { (uint64_t)(opt->hours * 3600 * MONO_SEC) };
	struct hpent *e;
	unsigned i;

	plan_make(&s.plan, opt);
	heap_init(&s.events);
	s.link = xcalloc(s.plan.n_links, sizeof(*s.link));
	s.net = xcalloc(opt->networks, sizeof(*s.net));
	for (i = 0; i < opt->networks; i++)
		s.net[i].gid = s.plan.net[i].gid;
	for (i = 0; i < s.plan.n_links; i++)
		heap_set(&s.events, &s.link[i].at, s.plan.link[i].open);
	while ((e = heap_min(&s.events)) != NULL && mono_before(e->at, end)) {
		s.now = e->at;
		happen(&s, e);
	}
	add_up(&s, ret);
	heap_fini(&s.events);
	free(s.link);
	free(s.net);
	plan_free(&s.plan);
}
