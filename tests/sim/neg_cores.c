#include "neg_cores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node.h"
#include "world.h"

#define LOOK_S 10u    /* between two looks at all */
#define QUIET_S 1300u /* at rest, for two looks at what is not up: the end */

static bool
all_rest(const struct world *w)
{
	unsigned i;

	for (i = 0; i < w->opt.gnodes; i++)
		if (!place_rests(&w->node[i]))
			return false;
	return true;
}

/* How long it took, or the end of the time that there is. */
static struct mono
run_to_rest(struct world *w, double hours)
{
	struct mono end = { (uint64_t)(hours * 3600 * MONO_SEC) };
	struct mono since = MONO_NEVER;

	while (mono_before(w->now, end)) {
		world_run_until(
		    w, mono_add(w->now, LOOK_S * (uint64_t)MONO_SEC));
		if (!all_rest(w))
			since = MONO_NEVER;
		else if (mono_is_never(since))
			since = w->now;
		if (!mono_is_never(since) &&
		    mono_since(since, w->now) >= QUIET_S * (uint64_t)MONO_SEC)
			return since;
	}
	return end;
}

static void
judge(const struct world *w, struct cores_totals *ret)
{
	unsigned i;

	for (i = 0; i < w->opt.gnodes; i++) {
		const struct node *n = &w->node[i];
		const char *why = place_fault(n);

		if (why != NULL) {
			printf("broken with cores: seed %" PRIu64
			       " at %.3f s, network %u: %s\n",
			    w->opt.seed, (double)w->now.us / MONO_SEC, i, why);
			exit(1);
		}
		ret->moves += n->place.moves;
		if (n->place.moves > ret->max_moves)
			ret->max_moves = n->place.moves;
	}
}

void
cores_run(const struct nw_options *opt, struct cores_totals *ret)
{
	struct world_options o = { .gnodes = opt->networks,
		.tunnels = opt->links / 2 * 2,
		.hours = opt->hours,
		.loss = opt->loss,
		.seed = opt->seed,
		.send_every_s = 600,
		.paths = opt->paths };
	struct world w;

	*ret = (struct cores_totals){ .links = o.gnodes * (o.tunnels / 2) };
	world_init(&w, &o);
	ret->rest_us = run_to_rest(&w, opt->hours).us;
	judge(&w, ret);
	if (w.sum.wrong > 0) {
		printf("broken with cores: seed %" PRIu64 ": %" PRIu64
		       " records or packets are wrong\n",
		    opt->seed, w.sum.wrong);
		exit(1);
	}
	ret->datagrams = w.sum.datagrams;
	world_fini(&w);
}
