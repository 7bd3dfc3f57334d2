#include "syb_node.h"

#include "base/log.h"
#include "base/xmem.h"
#include "book/book.h"

#define TUNNELS 128
#define ANSWER_US (200 * MONO_MS)
#define SILENT_US (9 * (uint64_t)MONO_SEC) /* three datagrams, then no more */
#define ASK_S 600u
#define NOBODY UINT32_MAX /* a key that only a lie named */

struct tunnel {
	struct book_tunnel t;
	unsigned who; /* in the crowd */
	bool feeler;
	struct mono due; /* a trial ends; an honest tunnel dies */
	struct mono asked;
};

struct node {
	struct crowd *c;
	struct book *b;
	struct mono now, pick_at;
	struct tunnel tun[TUNNELS];
	unsigned n;
	struct syb_result *ret;
};

static uint64_t
wall(const struct node *nd)
{
	return CROWD_WALL + nd->now.us / MONO_SEC;
}

/* --- the book's callbacks: a restart asks it for all ------------------------
 */

static void
save(void *arg, const struct book_entry *e, bool urgent)
{
	(void)arg;
	(void)e;
	(void)urgent;
}

static void
forget(void *arg, const uint8_t key[RECORD_KEY])
{
	(void)arg;
	(void)key;
}

static void
save_revoked(void *arg, const struct book_revoked *r)
{
	(void)arg;
	(void)r;
}

static void
save_watched(void *arg, uint32_t minutes)
{
	(void)arg;
	(void)minutes;
}

static void
fill(void *arg, void *p, size_t len)
{
	struct node *nd = arg;

	rng_fill(&nd->c->rng, p, len);
}

static struct book *
begin(struct node *nd)
{
	static const uint8_t self[RECORD_KEY] = { 1 };
	const struct book_config cfg = { SYB_MAX_PEERS, true };
	const struct book_io io = { nd, save, forget, save_revoked,
		save_watched, fill };

	return book_new(&cfg, &io, self);
}

/* --- what it hears ----------------------------------------------------------
 */

static void
hear(struct node *nd, struct book_source src, unsigned who)
{
	const struct vnode *v = &nd->c->v[who];

	book_heard(nd->b, src, &v->r, v->raw, v->len, nd->now, wall(nd));
}

static void
hear_lie(struct node *nd, struct book_source src)
{
	struct crowd *c = nd->c;

	crowd_lie(c);
	book_heard(
	    nd->b, src, &c->lie, c->lie_raw, c->lie_len, nd->now, wall(nd));
}

static void
poisoned_list(struct node *nd)
{
	const struct book_source src = { BOOK_FROM_LIST, 2 };
	unsigned i;

	for (i = 0; i < SYB_POISON; i++)
		hear(nd, src, crowd_sybil(nd->c));
}

static void
honest_list(struct node *nd)
{
	const struct book_source src = { BOOK_FROM_LIST, 1 };
	unsigned i;

	for (i = 0; i < nd->c->list; i++)
		hear(nd, src,
		    i < SYB_LIST_SYBILS ? nd->c->honest + i
					: crowd_honest(nd->c));
}

static struct book_source
teller(const struct tunnel *t)
{
	return (struct book_source){ BOOK_FROM_PEER, t->who };
}

static void
ask(struct node *nd, struct tunnel *t)
{
	unsigned i;

	t->asked = nd->now;
	for (i = 0; i < RECORD_ASK; i++)
		if (nd->c->v[t->who].sybil && i % 2 != 0)
			hear_lie(nd, teller(t));
		else
			hear(nd, teller(t), crowd_told(nd->c, t->who));
}

/* --- tunnels ----------------------------------------------------------------
 */

static unsigned
who_is(const struct node *nd, const uint8_t key[RECORD_KEY])
{
	unsigned i, n = nd->c->honest + nd->c->sybils;

	for (i = 0; i < n; i++)
		if (memcmp(nd->c->v[i].r.key, key, RECORD_KEY) == 0)
			return i;
	return NOBODY;
}

static void
close_tunnel(struct node *nd, unsigned i)
{
	nd->tun[i] = nd->tun[--nd->n];
}

static bool
answers(struct node *nd, unsigned who)
{
	if (who == NOBODY)
		return false;
	return nd->c->v[who].sybil ||
	    rng_below(&nd->c->rng, 100) < CROWD_ANSWER;
}

static struct mono
death(struct node *nd, unsigned who)
{
	if (nd->c->v[who].sybil)
		return MONO_NEVER; /* it is better than all others */
	return mono_add(nd->now,
	    rng_below(&nd->c->rng, 2 * SYB_LIFE_S) * (uint64_t)MONO_SEC);
}

/* At most three datagrams, and none where the book says so. */
static bool
may_dial(struct node *nd, const struct book_entry *e)
{
	bool proven = e->proven.port != 0;

	return proven || book_may_dial(nd->b, e->key, &e->ep[0], nd->now);
}

static void
dial(struct node *nd, const struct book_entry *e)
{
	struct tunnel *t = &nd->tun[nd->n];

	nd->ret->trials++;
	if (nd->n == TUNNELS || !may_dial(nd, e)) {
		book_untried(nd->b, e->key);
		return;
	}
	nd->n++;
	memset(t, 0, sizeof(*t));
	memcpy(t->t.key, e->key, RECORD_KEY);
	t->t.trial = t->t.dialled = true;
	t->t.at = e->proven.port != 0 ? e->proven : e->ep[0];
	t->t.source = e->source;
	t->feeler = book_is_feeler(nd->b, e->key);
	t->who = who_is(nd, e->key);
	if (!answers(nd, t->who)) {
		t->who = NOBODY;
		t->due = mono_add(nd->now, SILENT_US);
		/* The other two. */
		may_dial(nd, e);
		may_dial(nd, e);
	} else {
		t->due = mono_add(nd->now, ANSWER_US);
	}
}

static void
pick(struct node *nd)
{
	struct book_tunnel bt[TUNNELS];
	struct book_entry e[16];
	unsigned i, n;

	for (i = 0; i < nd->n; i++)
		bt[i] = nd->tun[i].t;
	n = book_pick(nd->b, bt, nd->n, e, 16, nd->now, &nd->pick_at);
	for (i = 0; i < n; i++)
		dial(nd, &e[i]);
}

/* A trial is over. */
static void
finish(struct node *nd, unsigned i)
{
	struct tunnel *t = &nd->tun[i];

	nd->pick_at = nd->now;
	if (t->who == NOBODY) {
		book_tried(nd->b, t->t.key, false, nd->now);
		close_tunnel(nd, i);
		return;
	}
	hear(nd, (struct book_source){ BOOK_FROM_SELF, 0 }, t->who);
	book_reached(
	    nd->b, t->t.key, t->t.source, &t->t.at, true, nd->now, wall(nd));
	book_tried(nd->b, t->t.key, true, nd->now);
	if (t->feeler) {
		close_tunnel(nd, i);
		return;
	}
	t->t.trial = false;
	t->t.live = true;
	t->due = death(nd, t->who);
	ask(nd, t);
}

static void
due(struct node *nd)
{
	unsigned i;

	for (i = nd->n; i-- > 0;)
		if (!mono_due(nd->tun[i].due, nd->now))
			continue;
		else if (nd->tun[i].t.trial)
			finish(nd, i);
		else
			close_tunnel(nd, i);
}

/* The attacker dials us: half of the places are for such, and no more. */
static void
inbound(struct node *nd)
{
	const struct book_source self = { BOOK_FROM_SELF, 0 };
	struct book_tunnel in[TUNNELS];
	unsigned who = crowd_sybil(nd->c), i, n = 0, at[TUNNELS];
	const struct vnode *v = &nd->c->v[who];
	struct tunnel *t = &nd->tun[nd->n];
	int out;

	for (i = 0; i < nd->n; i++)
		if (memcmp(nd->tun[i].t.key, v->r.key, RECORD_KEY) == 0)
			return;
	if (nd->n == TUNNELS)
		return;
	nd->n++;
	memset(t, 0, sizeof(*t));
	memcpy(t->t.key, v->r.key, RECORD_KEY);
	t->t.live = true;
	t->t.at = v->r.ep[0];
	t->t.source = self;
	t->who = who;
	t->due = MONO_NEVER;
	hear(nd, self, who);
	book_reached(nd->b, t->t.key, self, &t->t.at, false, nd->now, wall(nd));
	for (i = 0; i < nd->n; i++)
		if (!nd->tun[i].t.dialled) {
			at[n] = i;
			in[n++] = nd->tun[i].t;
		}
	if (n <= SYB_MAX_PEERS / 2)
		return;
	out = book_evict(nd->b, in, n);
	close_tunnel(nd, out < 0 ? nd->n - 1 : at[out]);
}

/* Those of its tunnels that it has say more than they are asked. */
static void
flood(struct node *nd)
{
	unsigned i, k;

	for (k = 0; k < SYB_FLOOD && nd->n > 0; k++) {
		i = (unsigned)rng_below(&nd->c->rng, nd->n);
		if (!nd->tun[i].t.live || !nd->c->v[nd->tun[i].who].sybil)
			continue;
		if (k % 2 != 0)
			hear(nd, teller(&nd->tun[i]), crowd_sybil(nd->c));
		else
			hear_lie(nd, teller(&nd->tun[i]));
	}
}

/* --- time -------------------------------------------------------------------
 */

static void
second(struct node *nd, unsigned s)
{
	unsigned i;

	flood(nd);
	if (s % SYB_INBOUND == 0)
		inbound(nd);
	for (i = 0; i < nd->n; i++)
		if (nd->tun[i].t.live &&
		    mono_since(nd->tun[i].asked, nd->now) >=
			ASK_S * (uint64_t)MONO_SEC)
			ask(nd, &nd->tun[i]);
	if (s % 60 != 59)
		return;
	for (i = 0; i < nd->n; i++)
		if (nd->tun[i].t.live)
			book_minute(
			    nd->b, nd->tun[i].t.key, true, 20000, wall(nd));
	book_minute_end(nd->b);
}

/* All tunnels are gone, and what was only heard; lists: the poisoned one. */
static void
restart(struct node *nd)
{
	struct book *old = nd->b;
	const struct book_entry *e;
	size_t pos = 0;

	nd->b = begin(nd);
	while ((e = book_each(old, &pos)) != NULL)
		if (e->reached)
			book_restore(nd->b, e);
	book_restore_watched(nd->b, book_watched(old));
	book_free(old);
	nd->n = 0;
	nd->pick_at = nd->now;
	poisoned_list(nd);
}

static void
look(const struct node *nd, struct syb_result *ret)
{
	unsigned i;

	ret->honest = ret->tunnels = 0;
	for (i = 0; i < nd->n; i++) {
		if (!nd->tun[i].t.live || !nd->tun[i].t.dialled)
			continue;
		ret->tunnels++;
		ret->honest += !nd->c->v[nd->tun[i].who].sybil;
	}
	ret->at_end = ret->honest > 0;
}

static void
minute(struct node *nd, unsigned m)
{
	const struct mono end = mono_add(nd->now, 60 * (uint64_t)MONO_SEC);
	unsigned s = 0;

	(void)m;
	while (mono_before(nd->now, end)) {
		if (nd->now.us % MONO_SEC == 0)
			second(nd, s++);
		due(nd);
		if (mono_due(nd->pick_at, nd->now))
			pick(nd);
		nd->now = mono_add(nd->now, ANSWER_US);
	}
}

void
syb_run(struct crowd *c, unsigned minutes, struct syb_result *ret)
{
	struct node *nd = xcalloc(1, sizeof(*nd));
	unsigned m;

	memset(ret, 0, sizeof(*ret));
	ret->always = true;
	nd->c = c;
	nd->ret = ret;
	nd->now.us = MONO_SEC;
	nd->b = begin(nd);
	poisoned_list(nd);
	for (m = 0; m < minutes; m++) {
		if (m == minutes / 2)
			restart(nd);
		if (m == c->late)
			honest_list(nd);
		minute(nd, m);
		look(nd, ret);
		if (!ret->at_end && m >= c->late + SYB_GRACE &&
		    (m < minutes / 2 || m > minutes / 2 + 1))
			ret->always = false;
	}
	book_free(nd->b);
	free(nd);
}
