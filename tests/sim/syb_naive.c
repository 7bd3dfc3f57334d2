/* A node without an address book: all it heard of in one bag. */
#include "base/xmem.h"
#include "syb_node.h"

struct bag {
	struct crowd *c;
	unsigned *in; /* numbers of the crowd; beyond it: lies */
	bool *known;
	unsigned n, most;
	unsigned tunnel[SYB_MAX_PEERS], n_tunnels;
};

static void
put(struct bag *b, unsigned who)
{
	unsigned all = b->c->honest + b->c->sybils;

	if (b->n == b->most || (who < all && b->known[who]))
		return;
	if (who < all)
		b->known[who] = true;
	b->in[b->n++] = who;
}

static void
ask(struct bag *b, unsigned by)
{
	unsigned i;

	for (i = 0; i < RECORD_ASK; i++)
		put(b,
		    b->c->v[by].sybil && i % 2 != 0 ? UINT32_MAX
						    : crowd_told(b->c, by));
}

/* Any of the bag, all alike; who does not answer is thrown away. */
static void
dial(struct bag *b)
{
	size_t i;
	unsigned who;

	if (b->n == 0)
		return;
	i = rng_below(&b->c->rng, b->n);
	who = b->in[i];
	b->in[i] = b->in[--b->n];
	if (who >= b->c->honest + b->c->sybils)
		return;
	b->known[who] = false;
	if (!b->c->v[who].sybil && rng_below(&b->c->rng, 100) >= CROWD_ANSWER)
		return;
	b->tunnel[b->n_tunnels++] = who;
	ask(b, who);
}

/* Tunnels to honest ones die, as in syb_node.c; those of the attacker do not.
 */
static void
minute(struct bag *b)
{
	unsigned i;

	for (i = b->n_tunnels; i-- > 0;)
		if (!b->c->v[b->tunnel[i]].sybil &&
		    rng_below(&b->c->rng, SYB_LIFE_S) < 60) {
			put(b, b->tunnel[i]);
			b->tunnel[i] = b->tunnel[--b->n_tunnels];
		}
	for (i = 0; i < 96 && b->n_tunnels < SYB_MAX_PEERS; i++)
		dial(b);
	for (i = 0; i < b->n_tunnels; i += 10)
		ask(b, b->tunnel[i]);
}

static void
look(const struct bag *b, struct syb_result *ret)
{
	unsigned i;

	ret->honest = 0;
	ret->tunnels = b->n_tunnels;
	for (i = 0; i < b->n_tunnels; i++)
		ret->honest += !b->c->v[b->tunnel[i]].sybil;
	ret->at_end = ret->honest > 0;
}

void
syb_run_naive(struct crowd *c, unsigned minutes, struct syb_result *ret)
{
	struct bag b = { .c = c, .most = 20000 };
	unsigned m, i;

	memset(ret, 0, sizeof(*ret));
	ret->always = true;
	b.in = xcalloc(b.most, sizeof(*b.in));
	b.known = xcalloc(c->honest + c->sybils, sizeof(*b.known));
	for (i = 0; i < SYB_POISON; i++)
		put(&b, crowd_sybil(c));
	for (m = 0; m < minutes; m++) {
		for (i = 0; m == c->late && i < c->list; i++)
			put(&b,
			    i < SYB_LIST_SYBILS ? c->honest + i
						: crowd_honest(c));
		minute(&b);
		look(&b, ret);
		if (!ret->at_end && m >= c->late + SYB_GRACE)
			ret->always = false;
	}
	free(b.in);
	free(b.known);
}
