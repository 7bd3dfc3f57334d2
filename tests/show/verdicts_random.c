/*
 * Random pairs of gnodes: each side judges by what it has of its own and what
 * came of the other's as bytes. Prints how many pairs there were of each kind,
 * and how many broke a promise.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tests/sim/mover.h"
#include "tests/unit/descs.h"

struct tally {
	uint64_t kinds[VERDICT_KINDS];
	uint64_t movers[4];
	uint64_t other;		      /* the two sides disagree */
	uint64_t unreal;	      /* of what it says, one part is not so */
	uint64_t swaps, swapped;      /* roles changed; and so did who moves */
	uint64_t chosen, full, taken; /* taken: an address that was */
	uint64_t cut; /* descriptors that do not hold all that is known */
};

/* --- a model of what overlaps --------------------------------------------- */

/* The first and the last address of a claim, the highest level first. */
struct range {
	uint16_t first[NETDESC_LEVELS], last[NETDESC_LEVELS];
};

static struct range
range_of(const struct topology *topo, const struct claim *c)
{
	struct range r = { .first = { 0 } };
	unsigned k, at;

	for (k = 0; k < topo->levels; k++) {
		at = topo->levels - 1u - k;
		if (k >= c->level)
			r.first[at] = r.last[at] = c->gid[k];
		else
			r.last[at] = (uint16_t)((1u << topo->bits[k]) - 1);
	}
	return r;
}

static bool
not_after(const uint16_t *a, const uint16_t *b)
{
	unsigned k;

	for (k = 0; k < NETDESC_LEVELS; k++)
		if (a[k] != b[k])
			return a[k] < b[k];
	return true;
}

static bool
share(const struct topology *topo, const struct claim *a, const struct claim *b)
{
	struct range ra = range_of(topo, a), rb = range_of(topo, b);

	return not_after(ra.first, rb.last) && not_after(rb.first, ra.last);
}

/* --- two sides -------------------------------------------------------------
 */

/* As the other side gets it. */
static struct netdesc
sent(const struct netdesc *d, size_t room)
{
	static uint8_t buf[NETDESC_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct netdesc got;
	const char *field;
	struct rd r;

	if (!netdesc_write(&w, d, room))
		fatalx("a descriptor cannot be written");
	r = rd_of(buf, w.len);
	field = netdesc_parse(&r, NETDESC_TUNNEL, &got);
	if (field != NULL)
		fatalx("a descriptor is refused: %s", field);
	return got;
}

/* What it goes by itself: its own, but for what it has no room to say. */
static struct netdesc
own(struct tally *t, const struct netdesc *d, const struct netdesc *as_sent)
{
	struct netdesc mine;

	netdesc_copy(&mine, d);
	if (as_sent->n_known < d->n_known) {
		mine.n_known = as_sent->n_known;
		t->cut++;
	}
	return mine;
}

static bool
same_verdict(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && a->who == b->who && a->level == b->level &&
	    a->claim_i == b->claim_i && a->claim_r == b->claim_r &&
	    a->known == b->known && a->known_of_i == b->known_of_i &&
	    a->third == b->third && a->teller == b->teller &&
	    strcmp(a->why, b->why) == 0;
}

/* --- what is promised ------------------------------------------------------
 */

/* Who may be named with which result. */
static bool
one_moves(const struct verdict *v)
{
	if (v->kind == VERDICT_REHOOK)
		return v->who == MOVE_I || v->who == MOVE_R;
	if (v->kind == VERDICT_NOTICE)
		return v->who == MOVE_T && v->third != 0 &&
		    (v->teller == MOVE_I || v->teller == MOVE_R);
	return v->who == MOVE_NOBODY;
}

/* Something of a side is the other's, or that of one whom the other knows. */
static bool
clash(const struct netdesc *side, const struct netdesc *other)
{
	unsigned a, b;

	for (a = 0; a < side->n_claims; a++) {
		const struct claim *c = &side->claim[a];

		if ((c->flags & CLAIM_LEAVING) != 0)
			continue;
		for (b = 0; b < other->n_claims; b++)
			if ((other->claim[b].flags & CLAIM_LEAVING) == 0 &&
			    share(&side->topo, c, &other->claim[b]))
				return true;
		for (b = 0; b < other->n_known; b++)
			if (other->known[b].netid != side->netid &&
			    other->known[b].netid != other->netid &&
			    share(&side->topo, c, &other->known[b].claim))
				return true;
	}
	return false;
}

/* The claims that it names collide; where it names none, none does. */
static bool
is_real(
    const struct netdesc *i, const struct netdesc *r, const struct verdict *v)
{
	const struct netdesc *knows = v->known_of_i ? i : r;
	const struct claim *a, *b;

	if (v->kind == VERDICT_SAME)
		return i->netid == r->netid;
	if (v->kind == VERDICT_TOPOLOGY)
		return !topology_equal(&i->topo, &r->topo);
	if (v->kind == VERDICT_COMPATIBLE)
		return !clash(i, r) && !clash(r, i);
	a = v->claim_i >= 0 ? &i->claim[v->claim_i] : &r->claim[v->claim_r];
	if (v->known < 0)
		b = &r->claim[v->claim_r];
	else {
		b = &knows->known[v->known].claim;
		if (v->third == i->netid || v->third == r->netid)
			return false;
	}
	return share(&i->topo, a, b) &&
	    v->level == (a->level > b->level ? a->level : b->level);
}

/*
 * Rule size between two that R and I know, neither moving: who dialled makes no
 * difference to which network yields.
 */
static void
swap_roles(struct tally *t, const struct netdesc *i, const struct netdesc *r,
    const struct verdict_facts *facts, const struct verdict *v)
{
	struct verdict back;
	enum mover expected;

	if (facts->rule != RULE_SIZE || v->claim_i < 0 || v->claim_r < 0 ||
	    ((i->flags | r->flags) & NETDESC_REHOOKING) != 0 ||
	    (((i->flags | r->flags) & NETDESC_STABLE) != 0 &&
		!facts->known_before))
		return;
	verdict_of(r, i, facts, &back);
	expected = v->who == MOVE_I ? MOVE_R
	    : v->who == MOVE_R	    ? MOVE_I
				    : v->who;
	t->swaps++;
	if (back.who != expected || back.kind != v->kind ||
	    back.level != v->level)
		t->swapped++;
}

static uint32_t
any_of(void *arg, uint32_t n)
{
	return (uint32_t)rng_below(arg, n);
}

static void
choose(struct tally *t, struct rng *rng, const struct netdesc *i,
    const struct netdesc *r, const struct verdict *v)
{
	static struct mover_space s;
	struct taken taken;
	struct claim to;
	size_t k;

	if (!mover_space(i, r, v, &s))
		return;
	taken = (struct taken){ s.taken, s.n };
	if (space_choose(&i->topo, &s.from, v->level, &taken, any_of, rng,
		&to) == CHOOSE_FULL) {
		t->full++;
		return;
	}
	t->chosen++;
	if (share(&i->topo, &to, &s.from) || !claim_allowed(&i->topo, &to)) {
		t->taken++;
		return;
	}
	for (k = 0; k < s.n; k++)
		if (share(&i->topo, &to, &s.taken[k])) {
			t->taken++;
			return;
		}
}

/* --- pairs -----------------------------------------------------------------
 */

static void
judge(struct tally *t, struct rng *rng, const struct netdesc *i,
    const struct netdesc *r, size_t room)
{
	struct netdesc i_sent = sent(i, room), r_sent = sent(r, room);
	struct netdesc i_own = own(t, i, &i_sent), r_own = own(t, r, &r_sent);
	struct verdict_facts facts = { .known_before = rng_below(rng, 2) == 0,
		.rule = rng_below(rng, 2) == 0 ? RULE_SEED : RULE_SIZE };
	struct verdict at_i, at_r;

	verdict_of(&i_own, &r_sent, &facts, &at_i);
	verdict_of(&i_sent, &r_own, &facts, &at_r);
	t->kinds[at_r.kind]++;
	t->movers[at_r.who]++;
	if (!same_verdict(&at_i, &at_r))
		t->other++;
	if (!one_moves(&at_r) || !is_real(&i_sent, &r_own, &at_r))
		t->unreal++;
	swap_roles(t, &i_sent, &r_own, &facts, &at_r);
	choose(t, rng, &i_sent, &r_own, &at_r);
	netdesc_fini(&i_sent);
	netdesc_fini(&r_sent);
	netdesc_fini(&i_own);
	netdesc_fini(&r_own);
}

static void
pair(struct tally *t, struct rng *rng)
{
	unsigned kind = (unsigned)rng_below(rng, DESC_KINDS), other = kind;
	bool large = rng_below(rng, 500) == 0;
	unsigned known = large ? NETDESC_KNOWN : 5;
	struct netdesc i, r;

	if (rng_below(rng, 16) == 0)
		other = (unsigned)rng_below(rng, DESC_KINDS);
	i = desc_random(rng, kind, known);
	r = desc_random(rng, other, known);
	judge(t, rng, &i, &r, large ? NETDESC_MAX / 4 : NETDESC_MAX);
	netdesc_fini(&i);
	netdesc_fini(&r);
}

static void
report(const struct tally *t, uint64_t pairs)
{
	unsigned k;

	printf("pairs %" PRIu64 "\n", pairs);
	for (k = 0; k < VERDICT_KINDS; k++)
		printf("%s %" PRIu64 "\n", verdict_name((enum verdict_kind)k),
		    t->kinds[k]);
	for (k = 0; k < 4; k++)
		printf("moves_%s %" PRIu64 "\n", mover_name((enum mover)k),
		    t->movers[k]);
	printf("disagree %" PRIu64 "\nunreal %" PRIu64 "\nswaps %" PRIu64
	       "\nswapped %" PRIu64 "\nchosen %" PRIu64 "\nfull %" PRIu64
	       "\ntaken %" PRIu64 "\ncut %" PRIu64 "\n",
	    t->other, t->unreal, t->swaps, t->swapped, t->chosen, t->full,
	    t->taken, t->cut);
}

int
main(int argc, char **argv)
{
	struct tally t = { .other = 0 };
	uint64_t pairs, n;
	struct rng rng;

	log_init("verdicts_random", LOG_LV_INFO);
	if (argc != 3) {
		fputs("usage: verdicts_random PAIRS SEED\n", stderr);
		return 2;
	}
	pairs = strtoull(argv[1], NULL, 10);
	rng.s = strtoull(argv[2], NULL, 10);
	for (n = 0; n < pairs; n++)
		pair(&t, &rng);
	report(&t, pairs);
	return 0;
}
