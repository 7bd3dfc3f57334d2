#include "neg/verdict.h"

#include <string.h>

#include "neg/space.h"

/* Two claims that overlap: their indices in two lists. */
struct clash {
	int a, b; /* -1: none does */
	unsigned level;
};

/*
 * The highest level decides. In a tie it is the first pair in the order of the
 * lists, which are I's and R's whoever looks: so both find the same.
 */
static void
clash_find(struct clash *at, const struct topology *topo, const struct claim *a,
    int i_a, const struct claim *b, int i_b)
{
	unsigned level;

	if (claims_overlap(topo, a, b, &level) &&
	    (at->a < 0 || level > at->level))
		*at = (struct clash){ i_a, i_b, level };
}

/* A claim that is being left is nobody's to fight for. */
static bool
leaving(const struct claim *c)
{
	return (c->flags & CLAIM_LEAVING) != 0;
}

static struct clash
clash_direct(const struct netdesc *i, const struct netdesc *r)
{
	struct clash at = { -1, -1, 0 };
	int a, b;

	for (a = 0; a < i->n_claims; a++) {
		if (leaving(&i->claim[a]))
			continue;
		for (b = 0; b < r->n_claims; b++)
			if (!leaving(&r->claim[b]))
				clash_find(&at, &i->topo, &i->claim[a], a,
				    &r->claim[b], b);
	}
	return at;
}

/* Claims of one side with third parties that the other knows. */
static struct clash
clash_known(const struct netdesc *side, const struct netdesc *knows)
{
	struct clash at = { -1, -1, 0 };
	int a, b;

	for (a = 0; a < side->n_claims; a++) {
		if (leaving(&side->claim[a]))
			continue;
		for (b = 0; b < knows->n_known; b++) {
			const struct known *t = &knows->known[b];

			if (t->netid != side->netid && t->netid != knows->netid)
				clash_find(&at, &side->topo, &side->claim[a], a,
				    &t->claim, b);
		}
	}
	return at;
}

static void
settle(
    struct verdict *v, enum verdict_kind kind, enum mover who, const char *why)
{
	v->kind = kind;
	v->who = who;
	v->why = why;
}

/* nodes, age, netid: what decides, and which way. */
static int
rank_by(const struct netdesc *a, const struct netdesc *b, const char **ret_why)
{
	*ret_why = "rule size: fewer nodes";
	if (a->nodes != b->nodes)
		return a->nodes < b->nodes ? -1 : 1;
	*ret_why = "rule size: as many nodes, younger";
	if (a->age != b->age)
		return a->age < b->age ? -1 : 1;
	*ret_why = "rule size: as many nodes, as old, smaller netid";
	return a->netid < b->netid ? -1 : a->netid > b->netid;
}

int
netdesc_rank(const struct netdesc *a, const struct netdesc *b)
{
	const char *why;

	return rank_by(a, b, &why);
}

/* I's network is stable, and not by its own word alone. */
static bool
known_stable(const struct netdesc *i, const struct verdict_facts *facts)
{
	return (i->flags & NETDESC_STABLE) != 0 && facts->known_before;
}

static void
judge_direct(struct verdict *v, const struct netdesc *i,
    const struct netdesc *r, const struct verdict_facts *facts)
{
	bool istab = known_stable(i, facts);
	bool rstab = (r->flags & NETDESC_STABLE) != 0;
	const char *why;
	int rank;

	if ((r->flags & NETDESC_REHOOKING) != 0)
		settle(v, VERDICT_DEFER, MOVE_NOBODY, "responder is moving");
	else if (rstab && istab)
		settle(v, VERDICT_HOLD, MOVE_NOBODY, "both are stable");
	else if (rstab)
		settle(v, VERDICT_REHOOK, MOVE_I, "responder is stable");
	else if (istab)
		settle(v, VERDICT_REHOOK, MOVE_R,
		    "initiator is stable and was known before");
	else if (facts->rule == RULE_SEED)
		settle(v, VERDICT_REHOOK, MOVE_I, "who opened the tunnel");
	else {
		rank = rank_by(i, r, &why);
		settle(v, VERDICT_REHOOK, rank < 0 ? MOVE_I : MOVE_R, why);
	}
}

/* I's claim collides with a third party that R knows. */
static void
judge_newcomer(struct verdict *v, const struct known *t, bool istab)
{
	if (!istab)
		settle(v, VERDICT_REHOOK, MOVE_I,
		    "collides with a network that the responder knows");
	else if ((t->claim.flags & KNOWN_STABLE) != 0)
		settle(v, VERDICT_PARTIAL, MOVE_NOBODY,
		    "initiator and third party are stable");
	else {
		settle(v, VERDICT_NOTICE, MOVE_T,
		    "initiator is stable and was known before,"
		    " the third party is not stable");
		v->teller = MOVE_R;
	}
}

/* R's claim collides with a third party that I knows. */
static void
judge_reverse(struct verdict *v, const struct known *t)
{
	if ((t->claim.flags & KNOWN_STABLE) != 0)
		settle(v, VERDICT_PARTIAL, MOVE_NOBODY,
		    "responder collides with a stable network"
		    " that the initiator knows");
	else {
		settle(v, VERDICT_NOTICE, MOVE_T,
		    "responder collides with a network"
		    " that the initiator knows");
		v->teller = MOVE_I;
	}
}

static void
set_third(
    struct verdict *v, const struct netdesc *knows, int known, bool known_of_i)
{
	v->known = known;
	v->known_of_i = known_of_i;
	v->third = knows->known[known].netid;
}

/* Descriptors of two networks in one address space. */
static void
judge(struct verdict *v, const struct netdesc *i, const struct netdesc *r,
    const struct verdict_facts *facts)
{
	struct clash at = clash_direct(i, r);

	if (at.a >= 0) {
		v->claim_i = at.a;
		v->claim_r = at.b;
		v->level = (uint8_t)at.level;
		judge_direct(v, i, r, facts);
		return;
	}
	at = clash_known(i, r);
	if (at.a >= 0) {
		v->claim_i = at.a;
		v->level = (uint8_t)at.level;
		set_third(v, r, at.b, false);
		judge_newcomer(v, &r->known[at.b], known_stable(i, facts));
		return;
	}
	at = clash_known(r, i);
	if (at.a >= 0) {
		v->claim_r = at.a;
		v->level = (uint8_t)at.level;
		set_third(v, i, at.b, true);
		judge_reverse(v, &i->known[at.b]);
		return;
	}
	settle(v, VERDICT_COMPATIBLE, MOVE_NOBODY, "nothing overlaps");
}

void
verdict_of(const struct netdesc *i, const struct netdesc *r,
    const struct verdict_facts *facts, struct verdict *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->level = VERDICT_NO_LEVEL;
	ret->claim_i = ret->claim_r = ret->known = -1;
	if (i->netid == r->netid)
		settle(ret, VERDICT_SAME, MOVE_NOBODY,
		    "one network, a second path");
	else if (!topology_equal(&i->topo, &r->topo))
		settle(ret, VERDICT_TOPOLOGY, MOVE_NOBODY,
		    "address spaces of other kinds");
	else
		judge(ret, i, r, facts);
}

const char *
verdict_name(enum verdict_kind kind)
{
	static const char *const names[VERDICT_KINDS] = {
		[VERDICT_COMPATIBLE] = "COMPATIBLE",
		[VERDICT_SAME] = "SAME",
		[VERDICT_TOPOLOGY] = "TOPOLOGY",
		[VERDICT_REHOOK] = "REHOOK",
		[VERDICT_HOLD] = "HOLD",
		[VERDICT_DEFER] = "DEFER",
		[VERDICT_PARTIAL] = "PARTIAL",
		[VERDICT_NOTICE] = "NOTICE",
	};

	return (unsigned)kind < VERDICT_KINDS ? names[kind] : "?";
}

const char *
mover_name(enum mover who)
{
	static const char *const names[] = {
		[MOVE_NOBODY] = "nobody",
		[MOVE_I] = "I",
		[MOVE_R] = "R",
		[MOVE_T] = "T",
	};

	return (unsigned)who < sizeof(names) / sizeof(names[0]) ? names[who]
								: "?";
}
