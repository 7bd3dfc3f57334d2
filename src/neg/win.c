#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"

#define PROPOSE_S 30u
#define GRACE_S 30u /* a place is kept for so long after T_move */
#define LEFT_S 600u /* so is one that we left for others */
#define YIELD_S 60u
#define RESERVES 32 /* at once: not all places for those who never come */

void
win_refresh(struct neg *g)
{
	const struct link *l;

	g->role = g->mover != NULL ? ROLE_LOSER : ROLE_IDLE;
	if (g->role == ROLE_LOSER)
		return;
	TAILQ_FOREACH (l, &g->links, all)
		if (l->state == NEG_WIN_WAIT || l->state == NEG_RESERVED)
			g->role = ROLE_WINNER;
}

bool
win_begin(struct neg *g, struct link *l, struct mono now)
{
	if (g->role == ROLE_LOSER)
		return false;
	link_state(g, l, NEG_WIN_WAIT, now);
	l->timer = mono_add(now, PROPOSE_S * (uint64_t)MONO_SEC);
	link_schedule(g, l);
	return true;
}

/*
 * Those who are to move for us, and whose word counts for less than that of who
 * wants us to, do not keep us from it. What is kept for them stays so.
 */
void
win_yield(struct neg *g, struct mono now)
{
	struct link *l;

	TAILQ_FOREACH (l, &g->links, all)
		if (!l->p.trusted &&
		    (l->state == NEG_WIN_WAIT || l->state == NEG_RESERVED)) {
			talk_busy(g, l, YIELD_S, now);
			link_backoff(g, l, YIELD_S, NEG_WHY_PINNED, now);
		}
}

static void
save(struct neg *g, const struct reserve *rs, bool gone, uint32_t left)
{
	struct neg_record rec = { .kind = NEG_REC_RESERVE, .gone = gone };

	rec.u.reserve.netid = rs->netid;
	rec.u.reserve.topo = rs->topo;
	rec.u.reserve.claim = rs->claim;
	rec.u.reserve.left = left;
	g->io.save(g->io.arg, &rec);
}

/* One that was restored is anybody's of that netid. */
static bool
same_key(const struct reserve *rs, const uint8_t *key)
{
	return !rs->has_key || key == NULL ||
	    memcmp(rs->key, key, NEG_KEY) == 0;
}

bool
win_is_for(const struct reserve *rs, const struct link *l)
{
	return l->desc != NULL && rs->netid == l->desc->netid &&
	    (l->p.trusted || same_key(rs, l->p.key));
}

static struct reserve *
find(const struct neg *g, uint64_t netid, const uint8_t *key)
{
	struct reserve *rs;

	TAILQ_FOREACH (rs, &g->reserves, all)
		if (rs->netid == netid && same_key(rs, key))
			return rs;
	return NULL;
}

/* NULL without memory. */
static struct reserve *
put(struct neg *g, uint64_t netid, const uint8_t *key,
    const struct topology *topo, const struct claim *c, struct mono until)
{
	struct reserve *rs = find(g, netid, key);

	if (rs == NULL) {
		rs = try_calloc(1, sizeof(*rs));
		if (rs == NULL)
			return NULL;
		TAILQ_INSERT_TAIL(&g->reserves, rs, all);
	}
	rs->netid = netid;
	rs->has_key = key != NULL;
	if (key != NULL)
		memcpy(rs->key, key, NEG_KEY);
	rs->topo = *topo;
	rs->claim = *c;
	rs->claim.flags = 0;
	rs->until = until;
	own_dirty(g);
	return rs;
}

void
win_vacate(struct neg *g, uint64_t netid, const uint8_t *key,
    const struct claim *c, struct mono now)
{
	struct reserve *rs = find(g, netid, key);

	if (rs == NULL)
		put(g, netid, key, &g->own.topo, c,
		    mono_add(now, LEFT_S * (uint64_t)MONO_SEC));
}

static void
drop(struct neg *g, struct reserve *rs)
{
	TAILQ_REMOVE(&g->reserves, rs, all);
	if (find(g, rs->netid, NULL) == NULL)
		save(g, rs, true, 0);
	free(rs);
	own_dirty(g);
}

void
win_release(struct neg *g, const struct link *l)
{
	struct reserve *rs = find(g, l->desc->netid, l->p.key);

	if (rs != NULL)
		drop(g, rs);
}

/* Another vnode of that gnode may be the one that is on its way. */
void
win_leave(struct neg *g, const struct link *l)
{
	const struct link *o;

	if (l->desc == NULL)
		return;
	TAILQ_FOREACH (o, &g->links, all)
		if (o != l && o->state == NEG_RESERVED &&
		    o->desc->netid == l->desc->netid)
			return;
	win_release(g, l);
}

void
win_expire(struct neg *g, struct mono now)
{
	struct reserve *rs = TAILQ_FIRST(&g->reserves), *next;

	for (; rs != NULL; rs = next) {
		next = TAILQ_NEXT(rs, all);
		if (mono_due(rs->until, now))
			drop(g, rs);
	}
}

struct mono
win_deadline(const struct neg *g)
{
	struct mono at = MONO_NEVER;
	const struct reserve *rs;

	TAILQ_FOREACH (rs, &g->reserves, all)
		at = mono_min(at, rs->until);
	return at;
}

void
win_restore(struct neg *g, const struct neg_record *rec, struct mono now)
{
	uint32_t left = rec->u.reserve.left;

	if (rec->gone || left == 0)
		return;
	put(g, rec->u.reserve.netid, NULL, &rec->u.reserve.topo,
	    &rec->u.reserve.claim, mono_add(now, left * (uint64_t)MONO_SEC));
}

unsigned
win_taken(const struct neg *g, const struct link *l, struct claim *out,
    unsigned max, struct mono now)
{
	struct claim_list ls = { 0 };
	unsigned n;

	taken_gather(g, l, &ls, now);
	n = ls.n < max ? (unsigned)ls.n : max;
	if (n > 0)
		memcpy(out, ls.c, n * sizeof(*out));
	free(ls.c);
	return n;
}

static bool
is_free(const struct neg *g, const struct link *l, const struct claim *c,
    struct mono now)
{
	struct claim_list ls = { 0 };
	bool ok;
	size_t i;

	taken_gather(g, l, &ls, now);
	ok = !ls.failed;
	for (i = 0; i < ls.n && ok; i++)
		ok = !claims_overlap(&g->own.topo, &ls.c[i], c, NULL);
	free(ls.c);
	return ok;
}

static bool
has_room(const struct neg *g, const struct link *l)
{
	const struct reserve *rs;
	unsigned n = 0;

	TAILQ_FOREACH (rs, &g->reserves, all)
		n += !win_is_for(rs, l);
	return n < RESERVES;
}

/* From one of its own claims to a place that a gnode may have. */
static bool
is_sound(const struct link *l, const struct neg_propose *p)
{
	const struct netdesc *d = l->desc;
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_equal(&d->topo, &d->claim[i], &p->from))
			return p->to.level == p->from.level &&
			    claim_allowed(&d->topo, &p->to);
	return false;
}

/* In peace only whom we have told of a conflict has a reason to move. */
static bool
may_propose(const struct neg *g, const struct link *l, struct mono now)
{
	return l->state != NEG_SAME && l->state != NEG_TOPO &&
	    l->desc->netid != g->netid &&
	    (l->state != NEG_UP || eval_told(l, now));
}

void
win_propose(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	const struct neg_propose *p = &m->u.propose;
	uint64_t s = move_seconds(l->desc->nodes) + GRACE_S;
	struct reserve *rs;

	if (p->epoch != l->desc->epoch || !is_sound(l, p)) {
		link_close(g, l, true, now);
		return;
	}
	if (g->role == ROLE_LOSER || !may_propose(g, l, now) ||
	    !has_room(g, l)) {
		talk_busy(g, l, 5, now);
		return;
	}
	if (!is_free(g, l, &p->to, now)) {
		talk_reject(g, l, now);
		return;
	}
	rs = put(g, l->desc->netid, l->p.key, &g->own.topo, &p->to,
	    mono_add(now, s * MONO_SEC));
	if (rs == NULL) {
		talk_busy(g, l, 5, now);
		return;
	}
	save(g, rs, false, (uint32_t)s);
	link_state(g, l, NEG_RESERVED, now);
	l->timer = mono_add(now, s * MONO_SEC);
	link_schedule(g, l);
	talk_propose(g, l, NEG_ACCEPT, &p->from, &p->to, now);
}

/* The move may still come to pass, so the place is kept for a while. */
void
win_aborted(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	struct reserve *rs = find(g, l->desc->netid, l->p.key);

	if (rs != NULL)
		rs->until = mono_min(
		    rs->until, mono_add(now, GRACE_S * (uint64_t)MONO_SEC));
	neg_schedule(g);
	if (network_sinned(l->net, now))
		link_close(g, l, false, now);
	else
		link_backoff(g, l, 0, m->u.why, now);
}
