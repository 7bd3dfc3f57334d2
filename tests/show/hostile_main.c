/*
 * A gnode in several situations against all kinds of attacks: what moves, which
 * routes are lost. Prints a line for each attack, and what was wrong.
 *
 *	hostile SEEDS FIRST-SEED [SITUATION [ATTACK]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "tests/show/hostile.h"

#define HOUR 3600u
#define TOLD_S 30u /* so soon an honest newcomer moves */

struct result {
	unsigned scenarios, moves, lost, stolen, stuck, grown, wrong;
};

/* --- settled gnodes ---------------------------------------------------------
 */

/* Each peer had its route at all. */
static bool
stood(const struct stage *st)
{
	unsigned i;

	for (i = 0; i < st->n_honest; i++)
		if (!st->known[i])
			return false;
	return true;
}

static void
peers(struct stage *st, bool dialled, bool established)
{
	unsigned i;

	for (i = 0; i < HONESTS; i++) {
		stage_place(st, HONEST + i, 100 + i, 2);
		st->as[i] = (struct neg_peer){ .dialled = dialled,
			.established = established,
			.group = 100 + i,
			.source = 100 + i };
		st->sees[i] = (struct neg_peer){ .dialled = !dialled,
			.established = established };
	}
}

/* An hour and a half of attacks on who has been there for half an hour. */
static void
stand(struct stage *st, const struct attack *a)
{
	struct neg_self_view v;
	unsigned i;

	for (i = 0; i < st->n_honest; i++)
		stage_link(st, i, true);
	st->settled = st->watch = true;
	stage_run(st, HOUR / 2);
	neg_show_self(st->ln.s[VICTIM].g, &v, st->ln.now);
	st->stable = v.stable;
	stage_foes(st, a);
	st->weather = true;
	stage_run(st, HOUR + HOUR / 2);
}

static unsigned
some_level(struct stage *st)
{
	return below(st, 4) == 0 ? 1 : 2;
}

static bool
established(struct stage *st, const struct attack *a)
{
	stage_place(st, VICTIM, 79, some_level(st));
	peers(st, below(st, 2) == 0, true);
	st->infiltrated = true;
	stand(st, a);
	return stood(st);
}

static bool
stable(struct stage *st, const struct attack *a)
{
	unsigned i;

	stage_place(st, VICTIM, 79, some_level(st));
	peers(st, true, false);
	for (i = 0; i < 2; i++) { /* two vnodes of one network */
		struct side *s = &st->ln.s[HONEST + i];

		s->cfg.netid = 0x7777;
		neg_set_config(s->g, &s->cfg, st->ln.now);
		stage_place(st, HONEST + i, 100, 2);
		st->as[i].trusted = true;
	}
	st->infiltrated = true;
	stand(st, a);
	return stood(st) && st->stable;
}

static bool
many(struct stage *st, const struct attack *a)
{
	st->ln.s[VICTIM].own.nodes = 2 + (uint32_t)below(st, 5000);
	stage_place(st, VICTIM, 79, some_level(st));
	peers(st, below(st, 2) == 0, false);
	st->infiltrated = true;
	stand(st, a);
	return stood(st);
}

/* Alone in its gnode; whoever has a tunnel has dialled it. */
static bool
responder(struct stage *st, const struct attack *a)
{
	stage_place(st, VICTIM, 79, some_level(st));
	peers(st, false, false);
	st->dials = -1;
	st->infiltrated = true;
	stand(st, a);
	return stood(st);
}

/* Alone, new, and it dials those who want it to move. */
static bool
lured(struct stage *st, const struct attack *a)
{
	unsigned i;

	stage_place(st, VICTIM, 79, some_level(st));
	peers(st, false, false);
	st->dials = 1;
	st->settled = true;
	stage_foes(st, a);
	stage_run(st, 60);
	for (i = 0; i < st->n_honest; i++)
		stage_link(st, i, true);
	stage_run(st, HOUR + HOUR / 2);
	return true;
}

/* --- newcomers --------------------------------------------------------------
 */

/* The first honest peer has our place; the others know it. */
static void
settlers(struct stage *st, unsigned level)
{
	static const struct neg_peer dialled = { .dialled = true };
	static const struct neg_peer called = { 0 };
	unsigned i;

	peers(st, true, false);
	stage_place(st, HONEST, 79, 2);
	for (i = 1; i < HONESTS; i++)
		line_join_as(&st->ln, HONEST, HONEST + i, &dialled, &called);
	stage_run(st, HOUR / 2);
	stage_place(st, VICTIM, 79, level);
}

/* How often it moved, when: within TOLD_S of the tunnel. */
static bool
watch_move(struct stage *st, unsigned seconds)
{
	struct side *v = &st->ln.s[VICTIM];
	unsigned s;

	for (s = 0; s < TOLD_S && v->told == 0; s++)
		stage_run(st, 1);
	if (v->told != 1)
		return false;
	stage_run(st, 60); /* it takes 12 s, and a few to greet all */
	st->settled = st->watch = true;
	v->told = 0;
	st->home = v->own.claim[0];
	stage_run(st, seconds);
	return stood(st) && st->moved == 0 &&
	    !claims_overlap(
		&v->own.topo, &st->home, &st->ln.s[HONEST].own.claim[0], NULL);
}

/* Foes come a little before it, or after. */
static void
foes_near(struct stage *st, const struct attack *a)
{
	stage_foes(st, a);
	stage_run(st, (unsigned)below(st, 30));
}

static bool
trusted(struct stage *st, const struct attack *a)
{
	settlers(st, some_level(st));
	foes_near(st, a);
	st->as[0].trusted = true;
	st->n_honest = 1;
	stage_link(st, 0, true);
	return watch_move(st, HOUR + HOUR / 2);
}

/* What it has of them from an earlier life. */
static void
remember(struct stage *st)
{
	struct side *h = &st->ln.s[HONEST];
	struct neg_record rec;
	unsigned i;

	for (i = 0; i < h->n_rec; i++)
		if (h->rec[i].kind == NEG_REC_NETWORK) {
			rec = h->rec[i];
			rec.u.network.uptime = 3 * 86400;
			st->known[rec.u.network.key[0] - HONEST] = true;
			neg_restore(st->ln.s[VICTIM].g, &rec, st->ln.now);
		}
}

static bool
corroborated(struct stage *st, const struct attack *a)
{
	unsigned i;

	settlers(st, 2);
	remember(st);
	foes_near(st, a);
	for (i = 0; i < HONESTS; i++) {
		st->as[i].established = true;
		stage_link(st, i, true);
	}
	return watch_move(st, HOUR + HOUR / 2);
}

/* The demand of the first honest peer. */
static uint32_t
waiting(struct stage *st)
{
	struct demand_view d;
	unsigned i;

	for (i = 0; neg_show_demand(st->ln.s[VICTIM].g, i, &d); i++)
		if (d.key[0] == HONEST && d.state == DEMAND_WAITS)
			return d.id;
	return 0;
}

/* Nobody vouches for the first one: a person is asked, for an hour. */
static uint32_t
asked(struct stage *st, const struct attack *a)
{
	settlers(st, some_level(st));
	foes_near(st, a);
	st->n_honest = 1;
	stage_link(st, 0, true);
	st->settled = true;
	stage_run(st, HOUR);
	st->settled = false;
	return waiting(st);
}

static bool
approved(struct stage *st, const struct attack *a)
{
	uint32_t id = asked(st, a);

	return st->moved == 0 && id != 0 &&
	    neg_approve(st->ln.s[VICTIM].g, id, st->ln.now) &&
	    watch_move(st, HOUR);
}

static bool
refused(struct stage *st, const struct attack *a)
{
	uint32_t id = asked(st, a);
	bool ok = id != 0 && neg_refuse(st->ln.s[VICTIM].g, id, st->ln.now);

	st->settled = true;
	stage_run(st, HOUR);
	stage_link(st, 0, false);
	stage_run(st, 60);
	stage_link(st, 0, true);
	stage_run(st, HOUR);
	return ok;
}

static const struct situation {
	const char *name;
	bool (*play)(struct stage *st, const struct attack *a);
	bool newcomer;
} situations[] = {
	{ "peers of three days", established, false },
	{ "stable", stable, false },
	{ "of many nodes", many, false },
	{ "only dialled", responder, false },
	{ "dials foes", lured, false },
	{ "newcomer, trusts", trusted, true },
	{ "newcomer, corroborated", corroborated, true },
	{ "newcomer, approved", approved, true },
	{ "newcomer, refused", refused, true },
};
#define SITUATIONS (sizeof(situations) / sizeof(situations[0]))

static void
add(struct result *r, const struct stage *st, bool ok)
{
	r->scenarios++;
	r->moves += st->moved;
	r->lost += st->lost;
	r->stolen += st->stolen;
	r->stuck += st->stuck;
	r->grown += st->grown;
	r->wrong += !ok;
}

static void
play(struct stage *st, const struct situation *sit, const struct attack *a,
    uint64_t seed, struct result *r)
{
	bool ok;

	stage_begin(st, seed);
	ok = sit->play(st, a);
	add(r, st, ok);
	if (!ok || st->first != NULL)
		printf("# %s, %s, seed %" PRIu64 ": %s, at %u s%s\n", sit->name,
		    a == NULL ? "nobody" : a->name, seed,
		    st->first == NULL ? "no" : st->first, st->first_at,
		    ok ? "" : ", and not as promised");
	stage_end(st);
}

static bool
wanted(int argc, char **argv, int at, const char *name)
{
	return argc <= at || strcmp(argv[at], name) == 0;
}

static void
say(const char *name, const struct result *r)
{
	printf("%u %u %u %u %u %u %u %s\n", r->scenarios, r->moves, r->lost,
	    r->stolen, r->stuck, r->grown, r->wrong, name);
}

int
main(int argc, char **argv)
{
	struct stage *st = xcalloc(1, sizeof(*st));
	uint64_t first;
	unsigned seeds, k, s, n;

	if (argc < 3)
		fatalx(
		    "usage: %s SEEDS FIRST-SEED [SITUATION [ATTACK]]", argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	seeds = (unsigned)strtoul(argv[1], NULL, 0);
	first = strtoull(argv[2], NULL, 0);
	for (k = 0; k <= n_attacks; k++) {
		const struct attack *a = k == 0 ? NULL : &attacks[k - 1];
		const char *name = a == NULL ? "nobody" : a->name;
		struct result r = { 0 };

		if (!wanted(argc, argv, 4, name))
			continue;
		for (s = 0; s < SITUATIONS; s++)
			for (n = 0; n < seeds; n++)
				if (wanted(argc, argv, 3, situations[s].name))
					play(st, &situations[s], a,
					    first + n + 1000 * (uint64_t)k +
						100000 * (uint64_t)s,
					    &r);
		say(name, &r);
	}
	free(st);
	return 0;
}
