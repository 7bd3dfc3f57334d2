/* What is looked at after each event, and how time goes by. */
#include <malloc.h>
#include <string.h>

#include "tests/show/hostile.h"

#define AT_ONCE 20000 /* events of one instant: it goes in circles */
#define SETTLE_S 30   /* routes must be there so long after a tunnel */
#define AWAY_S 1000   /* less than it was here: so long its place is kept */
#define GROWN (16u << 20)

static void
wrong(struct stage *st, unsigned *count, const char *what)
{
	++*count;
	if (st->first == NULL) {
		st->first = what;
		st->first_at = (unsigned)(st->ln.now.us / MONO_SEC);
	}
}

static bool
routed(
    const struct stage *st, unsigned from, unsigned to, const struct claim *c)
{
	const struct side *s = &st->ln.s[from];
	unsigned i;

	for (i = 0; i < s->n_routes[to]; i++)
		if (claims_equal(
			&st->ln.s[VICTIM].own.topo, c, &s->route[to][i]))
			return true;
	return false;
}

/* Once for each time that it is gone. */
static void
look_at_routes(struct stage *st)
{
	unsigned i;

	for (i = 0; i < st->n_honest; i++) {
		if (routed(st, VICTIM, HONEST + i,
			&st->ln.s[HONEST + i].own.claim[0]))
			st->known[i] = true;
		bool ok = !st->up[i] || !st->watch || !st->known[i] ||
		    mono_since(st->since[i], st->ln.now) <
			SETTLE_S * (uint64_t)MONO_SEC ||
		    (routed(st, VICTIM, HONEST + i,
			 &st->ln.s[HONEST + i].own.claim[0]) &&
			routed(st, HONEST + i, VICTIM,
			    &st->ln.s[VICTIM].own.claim[0]));

		if (!ok && !st->without[i])
			wrong(st, &st->lost, "a route is lost");
		st->without[i] = !ok;
	}
}

/* Does any foe have a route within these? */
static bool
is_stolen(const struct stage *st, const struct claim *c)
{
	const struct side *v = &st->ln.s[VICTIM];
	unsigned i, k;

	for (i = 0; i < st->n_foes; i++)
		for (k = 0; k < v->n_routes[FOE + i]; k++)
			if (claims_overlap(
				&v->own.topo, c, &v->route[FOE + i][k], NULL))
				return true;
	return false;
}

static void
look_at_foes(struct stage *st)
{
	bool stolen = is_stolen(st, &st->ln.s[VICTIM].own.claim[0]);
	unsigned i;

	for (i = 0; i < st->n_honest && !stolen; i++)
		stolen = st->known[i] &&
		    is_stolen(st, &st->ln.s[HONEST + i].own.claim[0]);
	if (stolen && !st->thief)
		wrong(st, &st->stolen, "a route is stolen");
	st->thief = stolen;
}

static void
look_at_moves(struct stage *st)
{
	const struct side *v = &st->ln.s[VICTIM];
	struct neg_self_view self;
	unsigned i;

	neg_show_self(v->g, &self, st->ln.now);
	if (st->settled && !st->displaced &&
	    (v->told > 0 || self.own == NULL || self.own->n_claims != 1 ||
		!claims_equal(&v->own.topo, &self.own->claim[0], &st->home))) {
		st->displaced = true;
		wrong(st, &st->moved, "the victim moves");
	}
	for (i = 0; i < st->n_honest; i++)
		if (st->ln.s[HONEST + i].told > st->told[i]) {
			st->told[i] = st->ln.s[HONEST + i].told;
			wrong(st, &st->moved, "an honest peer moves");
		}
}

static void
look_at_time(struct stage *st)
{
	struct mono now = st->ln.now;

	if (now.us != st->last.us) {
		st->last = now;
		st->at_once = 0;
	} else if (++st->at_once == AT_ONCE) {
		wrong(st, &st->stuck, "time stands still");
		abort();
	}
}

static void
look(struct line *ln)
{
	struct stage *st = ln->arg;

	look_at_time(st);
	if (ln->s[VICTIM].g == NULL)
		return;
	look_at_moves(st);
	look_at_routes(st);
	look_at_foes(st);
}

/* The sanitizers have a heap of their own. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_HEAP 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HEAP 0
#endif
#endif
#ifndef HAS_HEAP
#define HAS_HEAP 1
#endif

/* Now and then: what is kept does not grow, and there is a next time. */
static void
look_at_size(struct stage *st)
{
	struct neg *g = st->ln.s[VICTIM].g;
	struct demand_view d;
	unsigned n = 0;

	while (neg_show_demand(g, n, &d))
		n++;
	if (n > 64 || (HAS_HEAP && mallinfo2().uordblks > st->heap + GROWN))
		wrong(st, &st->grown, "memory grows");
	if (!mono_before(st->ln.now, neg_deadline(g)))
		wrong(st, &st->stuck, "what was due was not done");
}

void
stage_begin(struct stage *st, uint64_t seed)
{
	unsigned i;

	memset(st, 0, sizeof(*st));
	st->heap = mallinfo2().uordblks;
	st->rng.s = seed * 0x10001 + 17;
	st->n_honest = HONESTS;
	line_init(&st->ln, FOE, seed);
	for (i = 0; i < FOES; i++)
		line_raw(&st->ln, FOE + i, foe_input);
	for (i = 0; i < FOE; i++) {
		st->ln.s[i].cfg.policy = REHOOK_ATOMIC;
		neg_set_config(st->ln.s[i].g, &st->ln.s[i].cfg, st->ln.now);
	}
	st->ln.arg = st;
	st->ln.after = look;
}

void
stage_end(struct stage *st)
{
	unsigned i;

	for (i = 0; i < FOES; i++)
		channel_fini(&st->foe[i].ch);
	line_fini(&st->ln);
}

void
stage_place(struct stage *st, unsigned side, unsigned gid2, unsigned level)
{
	struct netdesc *d = &st->ln.s[side].own;

	d->topo = topology_ntk(NETDESC_10);
	d->gid[3] = 10;
	d->gid[2] = (uint16_t)gid2;
	d->gid[1] = (uint16_t)(side + 1);
	d->gid[0] = 7;
	d->nodes = d->nodes == 0 ? 1 : d->nodes;
	d->flags = NETDESC_MOVABLE;
	d->n_claims = 1;
	d->claim[0] = line_claim(gid2);
	if (level == 1) {
		d->claim[0].level = 1;
		d->claim[0].gid[1] = d->gid[1];
	}
	line_place(&st->ln, side);
	if (side == VICTIM)
		st->home = d->claim[0];
}

/* The tunnel between the victim and an honest peer. */
void
stage_link(struct stage *st, unsigned i, bool up)
{
	if (up)
		line_join_as(
		    &st->ln, VICTIM, HONEST + i, &st->as[i], &st->sees[i]);
	else
		line_cut(&st->ln, VICTIM, HONEST + i);
	st->up[i] = up;
	st->since[i] = st->ln.now;
}

static void
foe_begin(struct stage *st, unsigned i)
{
	struct foe *f = &st->foe[i];
	unsigned k;

	f->n = FOE + i;
	f->as.dialled = st->dials == 0 ? below(st, 2) == 0 : st->dials > 0;
	f->as.group = below(st, 6);
	f->as.source = (uint32_t)below(st, 6);
	f->as.established = st->infiltrated && below(st, 2) == 0;
	f->hello = f->as.dialled ? 0 : HELLO_DIALLED;
	f->d.topo = topology_ntk(NETDESC_10);
	f->d.netid = rng_next(&st->rng) | 1;
	f->d.vnodeid = rng_next(&st->rng) | 1;
	f->d.epoch = 1000;
	f->d.nodes = 1;
	f->d.n_claims = 1;
	f->d.claim[0] = line_claim(200 + i);
	for (k = 2; k < 4; k++)
		f->d.gid[k] = f->d.claim[0].gid[k];
	f->d.gid[0] = f->d.gid[1] = 1;
	f->pace_ms = st->attack->pace_ms;
	st->attack->prepare(st, f);
	f->hello |= below(st, 8) == 0 ? HELLO_DIALLED : 0;
	f->at = mono_add(st->ln.now, below(st, 60) * MONO_SEC);
}

void
stage_foes(struct stage *st, const struct attack *a)
{
	unsigned i;

	st->attack = a;
	st->n_foes = a == NULL ? 0 : 1 + (unsigned)below(st, FOES);
	if (a != NULL && strncmp(a->name, "sybils", 6) == 0)
		st->n_foes = FOES;
	for (i = 0; i < st->n_foes; i++)
		foe_begin(st, i);
}

/* Honest tunnels go up and down, and a vplamad starts again. */
static void
weather(struct stage *st)
{
	size_t i = below(st, st->n_honest);
	uint64_t s = mono_since(st->since[i], st->ln.now) / MONO_SEC;
	unsigned k;

	if (st->up[i] ? s > 120 && below(st, 600) == 0
		      : s > AWAY_S || (s > 5 && below(st, 100) == 0))
		stage_link(st, (unsigned)i, !st->up[i]);
	if (below(st, 5000) != 0)
		return;
	for (k = 0; k < st->n_foes; k++)
		foe_down(st, &st->foe[k]);
	for (k = 0; k < st->n_honest; k++)
		if (st->up[k])
			stage_link(st, k, false);
	line_restart(&st->ln, VICTIM, 1 + (unsigned)below(st, 30));
	neg_own(st->ln.s[VICTIM].g, &st->ln.s[VICTIM].own, st->ln.now);
}

void
stage_run(struct stage *st, unsigned seconds)
{
	unsigned i, s;

	for (s = 0; s < seconds; s++) {
		if (st->weather)
			weather(st);
		for (i = 0; i < st->n_foes; i++)
			foe_tick(st, &st->foe[i]);
		line_run_ms(&st->ln, 500);
		for (i = 0; i < st->n_foes; i++)
			foe_tick(st, &st->foe[i]);
		line_run_ms(&st->ln, 500);
		if (s % 60 == 0)
			look_at_size(st);
	}
}
