/*
 * Who must go for a newcomer. Among those only heard of, from where most came;
 * among those that we have met, who was here least.
 */
#include "book/act.h"

/* Picks among those of a list that fit, all alike. NULL: none. */
typedef bool fits_fn(const struct item *it, const void *arg);

static struct item *
draw(struct book *b, enum list l, fits_fn *fits, const void *arg)
{
	uint64_t n = 0, k;
	size_t i;

	for (i = 0; i < b->n[l]; i++)
		n += fits(b->list[l][i], arg);
	if (n == 0)
		return NULL;
	k = act_random(b, n);
	for (i = 0; !fits(b->list[l][i], arg) || k-- > 0; i++)
		;
	return b->list[l][i];
}

/* --- those only heard of ----------------------------------------------------
 */

/* What a person said stays, but for more of it; so does what is under way. */
static bool
may_go(const struct item *it, struct book_source newcomer)
{
	return !it->trying &&
	    (it->e.source.from != BOOK_FROM_USER ||
		newcomer.from == BOOK_FROM_USER);
}

/* What must go: in the same source; or group; or of a kind of source. */
struct search {
	struct book_source newcomer;
	const struct share *source, *group;
	int from;    /* -1: any */
	size_t most; /* entries of its source, in all or in the group */
};

static bool
of_source(const struct item *it, const void *arg)
{
	const struct search *s = arg;

	return it->source == s->source && may_go(it, s->newcomer);
}

/* How many of its group its source has told of. */
static size_t
told_there(const struct book *b, const struct item *it)
{
	size_t i, n = 0;

	for (i = 0; i < b->n[HEARD]; i++)
		n += b->list[HEARD][i]->group == it->group &&
		    b->list[HEARD][i]->source == it->source;
	return n;
}

static bool
of_group(const struct item *it, const void *arg)
{
	const struct search *s = arg;

	return it->group == s->group && it->source == s->source &&
	    may_go(it, s->newcomer);
}

/* Who told most of a group loses there. */
static struct item *
from_group(struct book *b, struct search *s)
{
	size_t i, n;

	for (i = 0; i < b->n[HEARD]; i++) {
		const struct item *it = b->list[HEARD][i];

		if (it->group != s->group || !may_go(it, s->newcomer))
			continue;
		n = told_there(b, it);
		if (n <= s->most)
			continue;
		s->most = n;
		s->source = it->source;
	}
	return draw(b, HEARD, of_group, s);
}

static bool
of_kind(const struct item *it, const void *arg)
{
	const struct search *s = arg;

	return it->e.source.from == s->from &&
	    it->source->n[HEARD] == s->most && may_go(it, s->newcomer);
}

/*
 * The kind of source that told most, and in it who told most: neither a crowd
 * of tellers drives out the lists, nor a long list the tellers.
 */
static struct item *
from_most(struct book *b, struct search *s)
{
	size_t i, n[BOOK_FROMS] = { 0 };

	for (i = 0; i < b->n[HEARD]; i++)
		if (may_go(b->list[HEARD][i], s->newcomer))
			n[b->list[HEARD][i]->e.source.from]++;
	s->from = 0;
	for (i = 1; i < BOOK_FROMS; i++)
		if (n[i] > n[s->from])
			s->from = (int)i;
	for (i = 0; i < b->n[HEARD]; i++) {
		const struct item *it = b->list[HEARD][i];

		if (it->e.source.from == s->from && may_go(it, s->newcomer) &&
		    it->source->n[HEARD] > s->most)
			s->most = it->source->n[HEARD];
	}
	return draw(b, HEARD, of_kind, s);
}

static bool
full(const struct share *s, size_t max)
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
	struct search s = { .newcomer = src,
		.group = act_share(&b->groups, group) };

	if (group == 0 || !full(s.group, BOOK_PER_GROUP))
		return true;
	return make_room(b, from_group(b, &s));
}

bool
act_room_heard(struct book *b, struct book_source src, uint64_t group)
{
	struct search s = { .newcomer = src,
		.source = act_share(&b->sources, act_source_key(src)),
		.group = act_share(&b->groups, group) };

	if (full(s.source, BOOK_PER_SOURCE))
		return make_room(b, draw(b, HEARD, of_source, &s));
	if (group != 0 && full(s.group, BOOK_PER_GROUP))
		return act_room_group(b, src, group);
	if (b->n[HEARD] >= BOOK_HEARD)
		return make_room(b, from_most(b, &s));
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
	if (least == NULL)
		return false;
	act_drop(b, least);
	return true;
}
