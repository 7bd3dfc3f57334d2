#include "neg_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICE_S 120u /* a NOTICE is acted upon within this time */
#define STABLE_S 600u
#define DAY_S 86400u

static _Noreturn void broken(const struct gnode *n, const struct gnode *other,
    unsigned invariant, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static _Noreturn void
broken(const struct gnode *n, const struct gnode *other, unsigned invariant,
    const char *fmt, ...)
{
	va_list ap;

	printf("invariant %u broken: seed %" PRIu64 " at %.3f s, network %u",
	    invariant, n->w->opt.seed, (double)n->w->now.us / MONO_SEC, n->no);
	if (other != NULL)
		printf(" and %u", other->no);
	printf(": ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(1);
}

static struct gnode *
other_end(const struct gnode *n, unsigned tunnel)
{
	const struct tunnel *t = &n->w->tunnel[tunnel];

	return &n->w->gnode[t->end[t->end[0] == n->no]];
}

static struct tunnel_side *
side_of(const struct gnode *n, unsigned tunnel)
{
	return &n->w->tunnel[tunnel].side[nw_side(n, tunnel)];
}

static struct tunnel_side *
side_across(const struct gnode *n, unsigned tunnel)
{
	return &n->w->tunnel[tunnel].side[!nw_side(n, tunnel)];
}

static bool
is_loser(const struct tunnel_side *s)
{
	return s->up && (s->state == NEG_LOSE_ASK || s->state == NEG_MOVING);
}

static bool
is_winner(const struct tunnel_side *s)
{
	return s->up && (s->state == NEG_WIN_WAIT || s->state == NEG_RESERVED);
}

/* 2: loser or winner, not both; one loser at most in each link. */
void
check_roles(struct gnode *n)
{
	unsigned i, losers = 0, winners = 0;
	struct neg_self_view v;

	for (i = 0; i < n->n_tunnels; i++) {
		const struct tunnel_side *s = side_of(n, n->tunnel[i]);

		losers += is_loser(s);
		winners += is_winner(s);
		if (is_loser(s) && is_loser(side_across(n, n->tunnel[i])))
			broken(n, other_end(n, n->tunnel[i]), 2,
			    "both sides of a link are losers");
	}
	if (losers > 1 || (losers > 0 && winners > 0))
		broken(n, NULL, 2, "%u links as loser, %u as winner", losers,
		    winners);
	neg_show_self(n->g, &v, n->w->now);
	if ((v.role == ROLE_LOSER) != (losers > 0) ||
	    (v.role == ROLE_WINNER) != (winners > 0))
		broken(n, NULL, 2,
		    "its role is %s with %u links as loser, %u "
		    "as winner",
		    neg_role_name(v.role), losers, winners);
}

/* The link for which it moves. */
static unsigned
moving_link(const struct gnode *n)
{
	unsigned i;

	for (i = 0; i < n->n_tunnels; i++)
		if (side_of(n, n->tunnel[i])->state == NEG_MOVING)
			return n->tunnel[i];
	broken(n, NULL, 2, "told to move, and no link is moving");
}

/* 1: swapping the roles names the same network by rule size, one of the two. */
static void
check_one_mover(const struct gnode *a, const struct gnode *b,
    const struct netdesc *da, const struct netdesc *db)
{
	struct verdict_facts facts = { false, RULE_SIZE };
	const uint16_t settled = NETDESC_STABLE | NETDESC_REHOOKING;
	struct verdict v, w;

	verdict_of(da, db, &facts, &v);
	verdict_of(db, da, &facts, &w);
	if ((v.kind == VERDICT_REHOOK) != (v.who == MOVE_I || v.who == MOVE_R))
		broken(a, b, 1, "%s and %s moves", verdict_name(v.kind),
		    mover_name(v.who));
	if ((da->flags | db->flags) & settled || v.claim_i < 0 ||
	    v.claim_r < 0 || v.kind != VERDICT_REHOOK)
		return;
	if (w.kind != VERDICT_REHOOK || (v.who == MOVE_I) != (w.who == MOVE_R))
		broken(a, b, 1, "with roles changed another one moves");
}

/* 3: nobody with the mark is moved. */
static void
check_stable(const struct gnode *n)
{
	struct neg_self_view v;

	neg_show_self(n->g, &v, n->w->now);
	if (v.stable || n->cfg.stable == NEG_STABLE_YES)
		broken(n, NULL, 3, "it is stable and moves");
}

static bool
notified(const struct gnode *n, const struct tunnel_side *s)
{
	return s->noticed.us != 0 &&
	    mono_since(s->noticed, n->w->now) < NOTICE_S * (uint64_t)MONO_SEC;
}

/* 4: there is a conflict, and it is the one to move. */
static void
check_cause(
    const struct gnode *n, unsigned tunnel, const struct neg_link_view *v)
{
	bool ours = v->verdict.who == (v->initiator ? MOVE_I : MOVE_R);

	if (!v->has_verdict || v->verdict.kind == VERDICT_SAME ||
	    v->verdict.kind == VERDICT_TOPOLOGY)
		broken(n, other_end(n, tunnel), 4, "it moves for %s",
		    verdict_name(v->verdict.kind));
	if (!(v->verdict.kind == VERDICT_REHOOK && ours) &&
	    !notified(n, side_of(n, tunnel)))
		broken(n, other_end(n, tunnel), 4,
		    "it moves, though the verdict is %s, %s moves",
		    verdict_name(v->verdict.kind), mover_name(v->verdict.who));
}

/* 10: a responder only for whom it knows to be stable. */
static void
check_responder(
    const struct gnode *n, unsigned tunnel, const struct neg_link_view *v)
{
	const struct tunnel_side *s = side_of(n, tunnel);

	if (v->initiator || v->verdict.kind != VERDICT_REHOOK || notified(n, s))
		return;
	if ((v->desc->flags & NETDESC_STABLE) == 0 ||
	    s->compatible_us < STABLE_S * (uint64_t)MONO_SEC)
		broken(n, other_end(n, tunnel), 10,
		    "a responder moves for one that it knows for %" PRIu64 " s",
		    s->compatible_us / MONO_SEC);
}

static void
must_differ(const struct gnode *n, const struct claim *to,
    const struct claim *taken, const char *what)
{
	if (claims_overlap(&n->place.topo, to, taken, NULL))
		broken(n, NULL, 5, "10.%u overlaps %s", to->gid[2], what);
}

/* 5: nothing that it knows of lies where it goes. */
static void
check_free(const struct gnode *n, const struct neg_link_view *v)
{
	unsigned i;

	for (i = 0; i < v->desc->n_claims; i++)
		if ((v->desc->claim[i].flags & CLAIM_LEAVING) == 0)
			must_differ(n, &n->to, &v->desc->claim[i],
			    "a claim of the winner");
	for (i = 0; i < v->desc->n_known; i++)
		if (v->desc->known[i].netid != n->netid)
			must_differ(n, &n->to, &v->desc->known[i].claim,
			    "what the winner knows");
	for (i = 0; i < n->place.n_claims; i++)
		must_differ(n, &n->to, &n->place.claim[i], "its own claim");
	for (i = 0; i < n->n_last; i++)
		if (mono_since(n->last[i].at, n->w->now) <
		    DAY_S * (uint64_t)MONO_SEC)
			must_differ(n, &n->to, &n->last[i].from,
			    "what it has left today");
	if (n->place.topo.class == NETDESC_10 && n->to.gid[2] > n->w->opt.paths)
		broken(n, NULL, 5, "10.%u is to be avoided", n->to.gid[2]);
}

/* 9: what the budgets allow, over restarts, too. */
static void
check_budget(const struct gnode *n)
{
	unsigned i, day = 0, ten_minutes = 0;

	for (i = 0; i < n->n_last; i++) {
		uint64_t s = mono_since(n->last[i].at, n->w->now) / MONO_SEC;

		day += s < DAY_S;
		ten_minutes += s < 600;
	}
	if (day > 8 || ten_minutes > 3)
		broken(n, NULL, 9, "%u moves in a day, %u in ten minutes", day,
		    ten_minutes);
}

static void
note_move(struct gnode *n)
{
	struct gnode_move m = { n->w->now, n->from, n->to };

	n->n_moves++;
	if (n->n_last == GNODE_MOVES) {
		memmove(n->last, n->last + 1,
		    (GNODE_MOVES - 1) * sizeof(n->last[0]));
		n->n_last--;
	}
	n->last[n->n_last++] = m;
}

void
check_told(struct gnode *n)
{
	unsigned tunnel = moving_link(n);
	const struct gnode *o = other_end(n, tunnel);
	struct neg_link_view v;
	struct neg_self_view self, other;

	if (!neg_show_link(n->g, tunnel + 1, &v) || v.desc == NULL)
		broken(n, o, 11, "it moves for a link that is not there");
	neg_show_self(n->g, &self, n->w->now);
	if (o->g != NULL) {
		neg_show_self(o->g, &other, n->w->now);
		check_one_mover(n, o, self.own, other.own);
	}
	check_stable(n);
	check_cause(n, tunnel, &v);
	check_responder(n, tunnel, &v);
	check_free(n, &v);
	note_move(n);
	check_budget(n);
}

/* 5: a place is kept for one, and nobody is there. */
void
check_reserve(struct gnode *n, const struct neg_record *rec)
{
	const struct claim *c = &rec->u.reserve.claim;
	const struct topology *topo = &rec->u.reserve.topo;
	uint64_t netid = rec->u.reserve.netid;
	struct neg_self_view v;
	unsigned i, k;

	neg_show_self(n->g, &v, n->w->now);
	for (i = 0; i < v.own->n_claims; i++)
		must_differ(
		    n, c, &v.own->claim[i], "own claims when it is kept");
	for (i = 0; i < n->n_tunnels; i++) {
		const struct tunnel_side *s = side_of(n, n->tunnel[i]);

		for (k = 0; s->route_netid != netid && k < s->n_routes; k++)
			must_differ(
			    n, c, &s->route[k], "a route when it is kept");
	}
	for (i = 0; i < n->n_kept; i++) {
		const struct neg_record *o = &n->kept[i].rec;
		uint64_t s = mono_since(n->kept[i].at, n->w->now) / MONO_SEC;

		if (o->kind == NEG_REC_RESERVE && !o->gone &&
		    o->u.reserve.netid != netid && s < o->u.reserve.left &&
		    claims_overlap(topo, c, &o->u.reserve.claim, NULL))
			broken(n, NULL, 5, "10.%u is kept for two", c->gid[2]);
	}
}

/* 3 and 5 once more, when it is there. */
void
check_arrived(struct gnode *n)
{
	check_stable(n);
	if (n->place.n_claims > 1)
		must_differ(n, &n->place.claim[0], &n->place.claim[1],
		    "what it leaves");
}

static bool
route_is_own(const struct netdesc *own, const struct claim *c)
{
	unsigned i;

	for (i = 0; i < own->n_claims; i++)
		if ((own->claim[i].flags & CLAIM_LEAVING) == 0 &&
		    claims_overlap(&own->topo, &own->claim[i], c, NULL))
			return true;
	return false;
}

/* Do two links' routes say different things of one address? */
static bool
routes_clash(const struct topology *topo, const struct tunnel_side *a,
    const struct tunnel_side *b)
{
	unsigned i, k;

	for (i = 0; i < a->n_routes; i++)
		for (k = 0; k < b->n_routes; k++)
			if (claims_overlap(
				topo, &a->route[i], &b->route[k], NULL) &&
			    a->route_netid != b->route_netid)
				return true;
	return false;
}

/* 6: each address has one owner. */
void
check_routes(struct gnode *n)
{
	struct neg_self_view v;
	unsigned i, k;

	neg_show_self(n->g, &v, n->w->now);
	for (i = 0; i < n->n_tunnels; i++) {
		const struct tunnel_side *s = side_of(n, n->tunnel[i]);

		for (k = 0; k < s->n_routes; k++)
			if (v.own == NULL || route_is_own(v.own, &s->route[k]))
				broken(n, other_end(n, n->tunnel[i]), 6,
				    "a route to its own claim");
		for (k = 0; k < i && s->n_routes > 0; k++)
			if (routes_clash(
				&v.own->topo, s, side_of(n, n->tunnel[k])))
				broken(n, other_end(n, n->tunnel[i]), 6,
				    "routes to two networks overlap");
	}
}

/* 11: no route, role or place is left of a tunnel that is gone. */
void
check_gone(struct gnode *n, unsigned tunnel)
{
	const struct gnode *o = other_end(n, tunnel);
	struct neg_self_view v;
	struct neg_link_view l;
	unsigned i, losers = 0;

	if (side_of(n, tunnel)->n_routes > 0)
		broken(n, o, 11, "a route by a dead tunnel");
	if (neg_show_link(n->g, tunnel + 1, &l))
		broken(n, o, 11, "a link for a dead tunnel");
	for (i = 0; i < n->n_tunnels; i++)
		losers += is_loser(side_of(n, n->tunnel[i]));
	neg_show_self(n->g, &v, n->w->now);
	if (v.role == ROLE_LOSER && losers == 0)
		broken(n, o, 11, "a role for a dead tunnel");
	for (i = 0; v.own != NULL && i < n->n_kept; i++) {
		const struct neg_record *r = &n->kept[i].rec;

		if (r->kind == NEG_REC_RESERVE && !r->gone &&
		    r->u.reserve.netid == o->netid &&
		    mono_since(n->kept[i].at, n->w->now) / MONO_SEC <
			r->u.reserve.left)
			broken(n, o, 11, "a place kept for a dead tunnel");
	}
}

/* 7: all at rest, and nothing to do but the look every ten minutes. */
static void
check_rest(const struct gnode *n)
{
	struct nw_world *w = n->w;
	unsigned i;

	for (i = 0; i < n->n_tunnels; i++) {
		const struct tunnel_side *s = side_of(n, n->tunnel[i]);

		if (!s->up || s->state < NEG_UP)
			broken(n, other_end(n, n->tunnel[i]), 7,
			    "not at rest in the end: %s",
			    s->up ? neg_state_name(s->state) : "down");
	}
	if (n->n_tunnels > 0 && mono_before(n->tick.at.at, w->now))
		broken(n, NULL, 7, "a deadline lies in the past");
}

static bool
is_well(const struct tunnel_side *s)
{
	return s->state == NEG_UP || s->state == NEG_SAME ||
	    s->state == NEG_TOPO;
}

/* So few that each surely finds a path that its neighbours' do not have. */
static bool
has_room(const struct nw_options *o)
{
	unsigned near = 2 * o->links * o->links;

	if (near > o->networks)
		near = o->networks;
	return near + near / 4 + 8 <= o->paths;
}

static const char *
why_of(const struct gnode *n, unsigned tunnel)
{
	struct neg_link_view v;

	if (!neg_show_link(n->g, tunnel + 1, &v) || v.why == 0)
		return "no reason";
	return neg_why_name(v.why);
}

/* 8, and 1: both sides come to one end. */
static void
check_converged(struct nw_world *w, const struct tunnel *t)
{
	const struct gnode *a = &w->gnode[t->end[0]], *b = &w->gnode[t->end[1]];
	struct neg_self_view va, vb;

	if (w->opt.stable == 0 && has_room(&w->opt) &&
	    (!is_well(&t->side[0]) || !is_well(&t->side[1])))
		broken(a, b, 8, "in the end %s and %s",
		    neg_state_name(t->side[0].state),
		    neg_state_name(t->side[1].state));
	neg_show_self(a->g, &va, w->now);
	neg_show_self(b->g, &vb, w->now);
	check_one_mover(a, b, va.own, vb.own);
	if (is_well(&t->side[0]) != is_well(&t->side[1]))
		broken(a, b, 1, "one side says %s (%s), the other %s (%s)",
		    neg_state_name(t->side[0].state), why_of(a, t->ev.no),
		    neg_state_name(t->side[1].state), why_of(b, t->ev.no));
}

void
check_end(struct nw_world *w)
{
	bool all_well = true;
	unsigned i;

	for (i = 0; i < w->opt.networks; i++)
		check_rest(&w->gnode[i]);
	for (i = 0; i < w->plan.n_links; i++) {
		struct tunnel *t = &w->tunnel[i];
		bool well = is_well(&t->side[0]) && is_well(&t->side[1]);

		check_converged(w, t);
		w->sum.not_up += !well;
		all_well = all_well && well;
	}
	if (all_well && w->last_part > w->now.us - 650 * (uint64_t)MONO_SEC)
		broken(&w->gnode[0], NULL, 7,
		    "all links are up, and still somebody talks");
}

void
check_same(const struct nw_options *opt, const struct nw_totals *a,
    const struct nw_totals *b)
{
	if (a->digest == b->digest && a->events == b->events)
		return;
	printf("invariant 12 broken: seed %" PRIu64 ": %016" PRIx64
	       " and then %016" PRIx64 "\n",
	    opt->seed, a->digest, b->digest);
	exit(1);
}
