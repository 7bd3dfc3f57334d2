#include "core/room.h"

#include <stdlib.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/ex.h"
#include "core/timers.h"
#include "core/trial.h"

#define VISIT_US (10 * MONO_SEC)
#define VISITORS 64

/* Live tunnels of one kind that others opened. */
struct group {
	struct book_tunnel *bt;
	struct peer **peer;
	size_t n;
};

enum kind {
	KIND_IN,       /* all */
	KIND_NEW,      /* those whom we had not met */
	KIND_STRANGER, /* strangers */
};

static bool
is_of(const struct peer *p, enum kind k)
{
	if (p->origin != PEER_ADMITTED || p->state != PEER_VRNODE ||
	    !p->ed_known || p->feeler || p->doomed)
		return false;
	return k == KIND_IN || (k == KIND_NEW ? !p->met : !p->member);
}

static size_t
gather(const struct core *c, struct group *g, enum kind k)
{
	struct peer *p;

	g->n = 0;
	TAILQ_FOREACH (p, &c->peers, link) {
		if (!is_of(p, k))
			continue;
		trial_tunnel(p, &g->bt[g->n]);
		g->peer[g->n++] = p;
	}
	return g->n;
}

/* The least worthy of that kind goes; without the memory to find it, p does. */
static void
evict(struct core *c, enum kind k, struct peer *p)
{
	struct group g = { .bt = try_calloc(c->n_peers, sizeof(*g.bt)),
		.peer = try_calloc(c->n_peers, sizeof(struct peer *)) };
	int i = -1;

	if (g.bt != NULL && g.peer != NULL && gather(c, &g, k) > 0)
		i = book_evict(c->ex->book, g.bt, g.n);
	count(&c->cnt, CNT_peer_evicted);
	trial_doom(c, i >= 0 ? g.peer[i] : p, CLOSE_ROOM);
	free(g.bt);
	free(g.peer);
}

/*
 * Half of the places are for whom we dial (book_pick() keeps to that), and of
 * the rest a quarter for those whom we had met. Strangers go first. False:
 * there is room for all; else one of *ret goes.
 */
static bool
is_crowded(const struct core *c, enum kind *ret)
{
	unsigned in = c->ex->cfg.trust.max_peers / 2, k;
	size_t n[] = { [KIND_IN] = 0, [KIND_NEW] = 0, [KIND_STRANGER] = 0 };
	const struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		for (k = KIND_IN; k <= KIND_STRANGER; k++)
			n[k] += is_of(p, (enum kind)k);
	if (n[KIND_NEW] > in - in / 4)
		*ret = KIND_NEW;
	else if (n[KIND_STRANGER] > TRUST_STRANGERS)
		*ret = KIND_STRANGER;
	else if (n[KIND_IN] <= in)
		return false;
	else
		*ret = n[KIND_STRANGER] > 0 ? KIND_STRANGER : KIND_IN;
	return true;
}

static unsigned
visitors(const struct core *c)
{
	const struct peer *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &c->peers, link)
		n += p->origin == PEER_ADMITTED && p->feeler && !p->doomed;
	return n;
}

void
room_place(struct core *c, struct peer *p, bool met, struct turn *t)
{
	enum kind k;

	if (p->origin != PEER_ADMITTED)
		return;
	p->met = met;
	if (!is_crowded(c, &k))
		return;
	p->feeler = true;
	timers_arm(c, p, TM_TRIAL, mono_add(t->now, VISIT_US));
	if (visitors(c) > VISITORS) {
		count(&c->cnt, CNT_peer_evicted);
		trial_doom(c, p, CLOSE_ROOM);
	}
}

void
room_stay(struct core *c, struct peer *p, struct turn *t)
{
	enum kind k;

	p->feeler = false;
	if (is_crowded(c, &k))
		evict(c, k, p);
	if (p->doomed) {
		p->feeler = true; /* nobody has seen it */
		return;
	}
	(void)trust_update(c, p, t);
	peer_event(c, EV_PEER_STATE, p);
}
