#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"
#include "neg/gate.h"
#include "neg/space.h"

#define PUBLISH_US MONO_SEC

void
own_dirty(struct neg *g)
{
	g->dirty = true;
	neg_schedule(g);
}

static uint32_t
age_of(const struct neg *g, struct mono now)
{
	uint64_t s = mono_since(g->born, now) / MONO_SEC;

	return s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

static uint16_t
flags_of(const struct neg *g)
{
	unsigned f = g->place.flags & NETDESC_TRANSIT;

	if (g->stable)
		f |= NETDESC_STABLE | NETDESC_PASSIVE;
	if (g->moving)
		f |= NETDESC_REHOOKING;
	if (g->role != ROLE_IDLE)
		f |= NETDESC_BUSY;
	return (uint16_t)f;
}

/*
 * Is the gnode there? A site of prefixes need not have an address of its own:
 * it is at all of its claims.
 */
static bool
is_at(const struct netdesc *d, const struct claim *c)
{
	static const uint16_t none[NETDESC_LEVELS];
	unsigned i;

	if (memcmp(d->gid, none, sizeof(none)) != 0)
		return claim_has(&d->topo, c, d->gid);
	for (i = 0; i < d->n_claims; i++)
		if (claims_equal(&d->topo, c, &d->claim[i]))
			return true;
	return false;
}

/* What a move of ours has left, as long as the mesh daemon still shows it. */
static void
mark_leaving(const struct neg *g, struct netdesc *d)
{
	unsigned i, n = 0;

	for (i = 0; i < d->n_claims; i++)
		if (!is_at(d, &d->claim[i]) &&
		    budget_left_by(&g->budget, &d->topo, &d->claim[i]) !=
			NULL) {
			d->claim[i].flags |= CLAIM_LEAVING;
			n++;
		}
	for (i = 0; n == d->n_claims && i < n; i++) /* it must be somewhere */
		d->claim[i].flags &= (uint8_t)~CLAIM_LEAVING;
}

/* What of the last life's place was being left; moves that failed left none. */
static void
restore_left(struct neg *g)
{
	unsigned i;

	for (i = 0; i < g->own.n_claims; i++)
		if ((g->own.claim[i].flags & CLAIM_LEAVING) != 0)
			budget_restore_left(
			    &g->budget, &g->own.topo, &g->own.claim[i]);
}

static void
build(struct neg *g, struct netdesc *d, struct known *known, struct mono now)
{
	*d = g->place;
	d->netid = g->netid;
	d->vnodeid = g->vnodeid;
	d->epoch = g->epoch;
	d->age = age_of(g, now);
	d->flags = flags_of(g);
	mark_leaving(g, d);
	g->kept_until = routes_kept_until(g, now);
	d->n_known = (uint16_t)routes_known(g, known, NETDESC_KNOWN, now);
	d->known = known;
}

/*
 * The new own is what the bytes say: the others see no more known ones. NULL,
 * or what is at fault; then nothing has changed.
 */
static const char *
take_own(struct neg *g, const struct netdesc *d)
{
	uint8_t buf[NEG_OWN_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct netdesc own;
	const char *field;
	struct rd r;

	field = netdesc_check(d, NETDESC_TUNNEL);
	if (field != NULL)
		return field;
	if (!netdesc_write(&w, d, sizeof(buf)))
		return "length";
	r = rd_of(buf, w.len);
	field = netdesc_parse(&r, NETDESC_TUNNEL, &own);
	if (field != NULL)
		return field;
	netdesc_fini(&g->own);
	g->own = own;
	memcpy(g->bytes, buf, w.len);
	g->len = w.len;
	return NULL;
}

/* Without memory for the known ones none are told. */
static bool
write_own(struct neg *g, struct mono now)
{
	struct known known[NETDESC_KNOWN] = { 0 };
	const char *field;
	struct netdesc d;

	build(g, &d, known, now);
	field = take_own(g, &d);
	if (field != NULL && strcmp(field, NETDESC_NO_MEMORY) == 0) {
		d.n_known = 0;
		field = take_own(g, &d);
	}
	if (field != NULL)
		return false;
	g->io.sign(g->io.arg, g->bytes, g->len, g->sig);
	return true;
}

void
own_save(struct neg *g)
{
	struct neg_record rec = { .kind = NEG_REC_SELF };

	rec.u.self.netid = g->netid;
	rec.u.self.vnodeid = g->vnodeid;
	rec.u.self.epoch = g->epoch;
	rec.u.self.age = g->own.age;
	rec.u.self.topo = g->own.topo;
	rec.u.self.n_claims = g->own.n_claims;
	memcpy(rec.u.self.claim, g->own.claim, sizeof(rec.u.self.claim));
	rec.u.self.stable = g->stable;
	g->io.save(g->io.arg, &rec);
}

/* Have we arrived where we were to move? */
static bool
arrived(const struct neg *g)
{
	const struct link *l = g->mover;

	return g->moving && topology_equal(&g->place.topo, &g->own.topo) &&
	    is_at(&g->place, &l->wish.to);
}

static bool
still_claimed(const struct neg *g, const struct demand *d)
{
	unsigned i;

	if (!topology_equal(&d->topo, &g->place.topo))
		return false;
	for (i = 0; i < g->place.n_claims; i++)
		if (claims_equal(&d->topo, &d->from, &g->place.claim[i]))
			return true;
	return false;
}

/* Demands about a claim that we do not have any more are over. */
static void
close_demands(struct neg *g)
{
	unsigned i;

	for (i = 0; i < g->demands.n; i++) {
		struct demand *d = &g->demands.d[i];

		if ((d->state == DEMAND_WAITS || d->state == DEMAND_APPROVED) &&
		    !still_claimed(g, d))
			demand_set(g, d, DEMAND_GONE, d->why);
	}
}

/*
 * What we have left is for those because of whom we went: not for whoever says
 * first that it is his.
 */
static void
leave_to(struct neg *g, const struct link *l, const struct claim *from,
    struct mono now)
{
	const struct link *o, *whose = NULL;
	uint64_t netid = gate_holder(g, l, from);
	unsigned i;

	TAILQ_FOREACH (o, &g->links, all)
		if (o->desc != NULL && o->desc->netid == netid &&
		    (o == l ||
			(whose == NULL && (o->p.trusted || o->p.established))))
			whose = o;
	for (i = 0; whose != NULL && i < whose->desc->n_claims; i++)
		if (claims_overlap(
			&g->own.topo, &whose->desc->claim[i], from, NULL))
			from = &whose->desc->claim[i];
	if (netid != 0)
		win_vacate(
		    g, netid, whose == NULL ? NULL : whose->p.key, from, now);
}

static void
finish_move(struct neg *g, struct mono now)
{
	struct link *l = g->mover;
	struct move *m = &g->budget.move[g->budget.n - 1];
	struct demand *d =
	    demand_find(&g->demands, l->p.key, &g->own.topo, &l->wish.from);

	m->done = true;
	m->done_at = now;
	if (d != NULL)
		demand_set(g, d, DEMAND_DONE, 0);
	leave_to(g, l, &l->wish.from, now);
	g->moving = false;
	g->mover = NULL;
	g->role = ROLE_IDLE;
}

/* Are we where we were in our last life, as far as was saved? */
static bool
restored_place(const struct neg *g)
{
	const struct topology *topo = &g->place.topo;
	unsigned i, k, same = 0;

	if (!topology_equal(topo, &g->own.topo) ||
	    g->own.n_claims != g->place.n_claims)
		return false;
	for (i = 0; i < g->own.n_claims; i++)
		for (k = 0; k < g->place.n_claims; k++)
			same += claims_equal(
			    topo, &g->own.claim[i], &g->place.claim[k]);
	return same == g->own.n_claims;
}

void
own_forget(struct neg *g, struct mono now)
{
	struct link *l;

	g->has_place = g->has_own = false;
	if (g->mover != NULL)
		lose_drop(g, g->mover);
	TAILQ_FOREACH (l, &g->links, all)
		link_restart(g, l, now);
	routes_update(g, NULL, now);
}

/* Another place: whatever was under way is over, all begin anew. */
static void
publish_place(struct neg *g, struct mono now)
{
	struct link *l, *moved = NULL;

	if (g->has_own && arrived(g)) {
		moved = g->mover;
		finish_move(g, now);
	} else if (g->mover != NULL) {
		talk_why(g, g->mover, NEG_ABORT, NEG_WHY_CHANGED, now);
		lose_drop(g, g->mover);
	}
	if (g->restored)
		restore_left(g);
	budget_look(&g->budget, &g->place);
	if (!g->restored || !restored_place(g))
		g->epoch++;
	g->restored = false;
	g->has_own = write_own(g, now);
	if (!g->has_own) { /* no place that could be told to anybody */
		own_forget(g, now);
		return;
	}
	close_demands(g);
	own_save(g);
	g->io.event(g->io.arg, NEG_EV_MOVED, 0);
	routes_update(g, NULL, now);
	TAILQ_FOREACH (l, &g->links, all) {
		if (l == moved)
			talk_desc(g, l, NEG_MOVED, now);
		else
			talk_hello(g, l, now);
		link_restart(g, l, now);
	}
}

static void
publish_rest(struct neg *g, struct mono now)
{
	struct link *l;

	if (!write_own(g, now))
		return;
	TAILQ_FOREACH (l, &g->links, all)
		if (l->greeted)
			talk_desc(g, l, NEG_DESC, now);
	eval_again(g, now);
}

/* Is the place of which the others were told still ours? */
static bool
same_place(const struct neg *g)
{
	struct netdesc d = g->place;

	mark_leaving(g, &d);
	d.netid = g->netid;
	return g->own.netid == g->netid && netdesc_same_place(&g->own, &d);
}

struct mono
own_due(const struct neg *g)
{
	if (!g->dirty || !g->has_place)
		return MONO_NEVER;
	if (!g->has_own)
		return (struct mono){ 0 };
	return mono_add(same_place(g) ? g->sent_at : g->placed_at, PUBLISH_US);
}

void
own_publish(struct neg *g, struct mono now)
{
	bool same;

	if (!mono_due(own_due(g), now))
		return;
	same = g->has_own && same_place(g);
	g->dirty = false;
	g->sent_at = now;
	if (same)
		publish_rest(g, now);
	else {
		g->placed_at = now;
		publish_place(g, now);
	}
	neg_schedule(g);
}

void
own_adopt(struct neg *g, uint64_t netid, uint32_t age, struct mono now)
{
	if (g->cfg.netid != 0 || netid >= g->netid)
		return;
	g->netid = netid;
	g->born = (struct mono){ now.us > age * (uint64_t)MONO_SEC
		    ? now.us - age * (uint64_t)MONO_SEC
		    : 0 };
	own_dirty(g);
}
