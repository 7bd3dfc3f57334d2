/*
 * Who must go for a newcomer. Among those only heard of, from where most came;
 * among those that we have met, who was here least.
 */
#include "book/act.h"

/* --- those only heard of ----------------------------------------------------
 */

/* One of several alike, without knowing before how many there are. */
struct draw {
	uint64_t seed;
	struct item *it;
	size_t n, most;
};

/* of: the more, the sooner it is to go. */
static void
offer(struct draw *d, struct item *it, size_t of)
{
	if (of < d->most)
		return;
	if (of > d->most)
		d->n = 0;
	d->most = of;
	d->seed = d->seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	if ((d->seed >> 33) % ++d->n == 0)
		d->it = it;
}

static struct draw
draw_of(struct book *b)
{
	return (struct draw){ .seed = act_random(b, UINT64_MAX) };
}

/* What a person said stays, but for more of it; so does what is under way. */
static bool
may_go(const struct item *it, struct book_source newcomer)
{
	return !it->trying &&
	    (it->e.source.from != BOOK_FROM_USER ||
		newcomer.from == BOOK_FROM_USER);
}

static struct item *
from_source(struct book *b, struct book_source newcomer, const struct share *s)
{
	struct draw d = draw_of(b);
	size_t i;

	for (i = 0; i < b->n[HEARD]; i++)
		if (b->list[HEARD][i]->source == s &&
		    may_go(b->list[HEARD][i], newcomer))
			offer(&d, b->list[HEARD][i], 0);
	return d.it;
}

/* Who told most of a network loses there. */
static struct item *
from_group(struct book *b, struct book_source newcomer, const struct share *g)
{
	struct item *in[BOOK_PER_GROUP];
	struct draw d = draw_of(b);
	size_t i, k, n = 0;

	for (i = 0; i < b->n[HEARD] && n < BOOK_PER_GROUP; i++)
		if (b->list[HEARD][i]->group == g)
			in[n++] = b->list[HEARD][i];
	for (i = 0; i < n; i++) {
		size_t told = 0;

		for (k = 0; k < n; k++)
			told += in[k]->source == in[i]->source;
		if (may_go(in[i], newcomer))
			offer(&d, in[i], told);
	}
	return d.it;
}

/*
 * The kind of source that told most, and in it who told most: neither a crowd
 * of tellers drives out the lists, nor a long list the tellers.
 */
static struct item *
from_most(struct book *b, struct book_source newcomer)
{
	struct draw d[BOOK_FROMS];
	size_t i, n[BOOK_FROMS] = { 0 }, most = 0;

	for (i = 0; i < BOOK_FROMS; i++)
		d[i] = draw_of(b);
	for (i = 0; i < b->n[HEARD]; i++) {
		struct item *it = b->list[HEARD][i];

		if (!may_go(it, newcomer))
			continue;
		n[it->e.source.from]++;
		offer(&d[it->e.source.from], it, it->source->n[HEARD]);
	}
	for (i = 1; i < BOOK_FROMS; i++)
		if (n[i] > n[most])
			most = i;
	return d[most].it;
}

static bool
is_full(const struct share *s, size_t max)
{
	return s != NULL && s->n[HEARD] >= max;
}

static bool
make_room(struct book *b, struct item *goes)
{
	if (goes != NULL)
		act_drop(b, goes);
	return goes != NULL;
}

bool
act_room_group(struct book *b, struct book_source src, uint64_t group)
{
	const struct share *g = act_share(&b->groups, group);

	if (group == 0 || !is_full(g, BOOK_PER_GROUP))
		return true;
	return make_room(b, from_group(b, src, g));
}

bool
act_room_heard(struct book *b, struct book_source src, uint64_t group)
{
	const struct share *s = act_share(&b->sources, act_source_key(src));

	if (is_full(s, BOOK_PER_SOURCE))
		return make_room(b, from_source(b, src, s));
	if (group != 0 && is_full(act_share(&b->groups, group), BOOK_PER_GROUP))
		return act_room_group(b, src, group);
	if (b->n[HEARD] >= BOOK_HEARD)
		return make_room(b, from_most(b, src));
	return true;
}

/* --- those that we have met -------------------------------------------------
 */

/*
 * Who has been here for an hour goes only when it was dialled again and did
 * not answer.
 */
static bool
replaceable(const struct book *b, const struct item *it)
{
	if (it->trying || it->e.anchor ||
	    (it->met && it->e.uptime.up_at + 1 >= b->watched))
		return false;
	return it->e.observed < ACT_YOUNG_S || it->e.fails >= ACT_FAILS;
}

bool
act_room_reached(struct book *b)
{
	struct item *least = NULL;
	size_t i;

	if (b->n[REACHED] < BOOK_REACHED)
		return true;
	for (i = 0; i < b->n[REACHED]; i++) {
		struct item *it = b->list[REACHED][i];

		if (replaceable(b, it) &&
		    (least == NULL || it->e.observed < least->e.observed))
			least = it;
	}
	return make_room(b, least);
}
