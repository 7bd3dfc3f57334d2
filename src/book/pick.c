/* Whom to dial. */
#include <string.h>

#include "base/xmem.h"
#include "book/act.h"

#define PER_GROUP 2
#define STALE_MIN 720u /* watched minutes without contact */
#define RETRY_S 2u     /* somebody is wanted: look again, there may be news */

/*
 * Of those that may be somewhere new in the long run a trial each half minute,
 * with four addresses at most: fewer than book_may_dial() can remember in the
 * day that it does.
 */
#define TRIAL_S 30u
#define TRIALS 1024u

/*
 * Trials of an address that once answered, since it last did, whatever the key;
 * then one and a longer and longer pause. Some may live at one address: that
 * one of them is gone must not hide the others.
 */
#define SITE_TRIALS 4

/* In the order of the choice. */
enum class { ANCHORS, KNOWN, OTHERS, CLASSES };

/*
 * How many there may be from one source and one group. A group that is full
 * waits for others wherever they come from; a source is full for good.
 */
enum level { VARIED, FEW_SOURCES, ANY_GROUP, LEVELS };

struct candidate {
	struct item *it;
	enum class class;
};

struct choice {
	struct book *b;
	struct candidate *c;
	size_t n;
	unsigned out, all; /* tunnels: that we opened; not configured */
	bool spent;	   /* only those whose address is proven may be tried */
	struct mono now;
};

/* --- what there is ----------------------------------------------------------
 */

static struct share *
group_of(const struct book *b, const struct book_tunnel *t)
{
	return act_share(&b->groups, book_group(&t->at));
}

/* Counts the tunnel (1), or takes that back (-1). */
static void
use(struct book *b, const struct book_tunnel *t, int by)
{
	struct item *it = act_find(b, t->key);
	struct share *g = group_of(b, t);
	struct share *s = act_share(&b->sources, act_source_key(t->source));

	if (it != NULL)
		it->busy = by > 0;
	if (!t->live && !t->trial)
		return;
	if (g != NULL)
		g->used += (unsigned)by;
	if (s != NULL && !t->configured)
		s->used += (unsigned)by;
}

static void
count(struct choice *ch, const struct book_tunnel *t)
{
	if (t->configured || (!t->live && !t->trial) ||
	    (t->trial && book_is_feeler(ch->b, t->key)))
		return;
	ch->all++;
	ch->out += t->dialled || t->trial;
}

/* Those who answered there may have left, and others have come. */
static bool
site_waits(const struct choice *ch, const struct item *it)
{
	return it->site != NULL && mono_before(ch->now, it->site->again);
}

static void
site_begin(const struct choice *ch, struct share *site)
{
	site->trials++;
	if (site->trials >= SITE_TRIALS)
		site->again = mono_add(ch->now,
		    act_backoff(
			ch->b, site->trials - SITE_TRIALS + 1, ch->now));
}

/* --- candidates -------------------------------------------------------------
 */

static enum class class_of(const struct item *it) {
	if (it->e.anchor) return ANCHORS;
	if (it->e.reached && it->e.fails == 0) return KNOWN;
	return OTHERS;
}

/* Its addresses have had their datagrams: a trial would send nothing. */
static bool
is_silent(const struct choice *ch, const struct item *it)
{
	unsigned i;

	if (it->e.proven.port != 0 ||
	    (it->e.source.from == BOOK_FROM_USER && it->e.record_len == 0))
		return false;
	for (i = 0; i < it->e.n_ep; i++)
		if (!act_is_silent(ch->b, it, &it->e.ep[i], ch->now))
			return false;
	return true;
}

static void
consider(struct choice *ch, struct item *it)
{
	if (it->busy || it->trying || act_address(&it->e) == NULL ||
	    (ch->spent && it->e.proven.port == 0))
		return;
	if (mono_before(ch->now, it->again) || is_silent(ch, it))
		return;
	ch->c[ch->n].it = it;
	ch->c[ch->n++].class = class_of(it);
}

/* False without memory. */
static bool
gather(struct choice *ch)
{
	struct book *b = ch->b;
	enum list l;
	size_t i;

	ch->c = try_calloc(b->n[HEARD] + b->n[REACHED] + 1, sizeof(*ch->c));
	if (ch->c == NULL)
		return false;
	for (l = 0; l < LISTS; l++)
		for (i = 0; i < b->n[l]; i++)
			consider(ch, b->list[l][i]);
	return true;
}

static unsigned
most_of_source(const struct book *b, const struct item *it, enum level level)
{
	unsigned most =
	    level == VARIED ? b->cfg.max_peers / 4 : b->cfg.max_peers / 2;

	if (it->e.source.from == BOOK_FROM_USER)
		return UINT32_MAX;
	return most == 0 ? 1 : most;
}

static bool
allowed(const struct book *b, const struct item *it, enum level level)
{
	return (level == ANY_GROUP || it->group->used < PER_GROUP) &&
	    it->source->used < most_of_source(b, it, level);
}

/*
 * Each network is as likely as any other, and each source, however many entries
 * they have: who has much of one does not get more of our tunnels.
 */
static uint64_t
weight(const struct item *it)
{
	const struct share *g = it->group, *s = it->source;
	uint64_t alike = (uint64_t)(g->n[HEARD] + g->n[REACHED]) *
	    (s->n[HEARD] + s->n[REACHED]);

	return (UINT64_C(1) << 32) / alike + 1;
}

typedef bool wanted_fn(
    const struct choice *ch, const struct candidate *c, unsigned arg);

/* One of those wanted, at random, out of the candidates; NULL: none. */
static struct item *
draw(struct choice *ch, wanted_fn *wanted, unsigned arg)
{
	uint64_t sum = 0, k;
	struct item *it;
	size_t i;

	for (i = 0; i < ch->n; i++)
		if (!site_waits(ch, ch->c[i].it) && wanted(ch, &ch->c[i], arg))
			sum += weight(ch->c[i].it);
	if (sum == 0)
		return NULL;
	k = act_random(ch->b, sum);
	for (i = 0;; i++) {
		if (site_waits(ch, ch->c[i].it) || !wanted(ch, &ch->c[i], arg))
			continue;
		if (k < weight(ch->c[i].it))
			break;
		k -= weight(ch->c[i].it);
	}
	it = ch->c[i].it;
	ch->c[i] = ch->c[--ch->n];
	return it;
}

/* --- tunnels ----------------------------------------------------------------
 */

static bool
for_tunnel(const struct choice *ch, const struct candidate *c, unsigned arg)
{
	return c->class == arg % CLASSES &&
	    allowed(ch->b, c->it, (enum level)(arg / CLASSES));
}

/* Half of the places are for those that dial us. */
static unsigned
places(const struct choice *ch)
{
	return (ch->b->cfg.max_peers + 1) / 2;
}

/*
 * A quarter of these stays free for other networks: what fills up with one may
 * have been told by one, and would never end.
 */
static struct item *
next_tunnel(struct choice *ch)
{
	bool crowd = ch->out < places(ch) - places(ch) / 4;
	unsigned arg, end = (crowd ? LEVELS : ANY_GROUP) * CLASSES;
	struct item *it = NULL;

	for (arg = 0; it == NULL && arg < end; arg++)
		it = draw(ch, for_tunnel, arg);
	return it;
}

static unsigned
want(const struct choice *ch)
{
	unsigned max = ch->b->cfg.max_peers, out = places(ch);

	if (ch->out >= out || ch->all >= max)
		return 0;
	out -= ch->out;
	return out < max - ch->all ? out : max - ch->all;
}

static bool
pay(struct mono *slot, struct mono now)
{
	return act_rate(slot, TRIAL_S * (uint64_t)MONO_SEC, TRIALS, now);
}

/* Somewhere it may be sent to has never answered. */
static bool
leads_elsewhere(const struct item *it)
{
	unsigned i;

	for (i = 0; i < it->e.n_ep; i++)
		if (!addr_equal(&it->e.ep[i], &it->e.proven))
			return true;
	return false;
}

static bool
begin(struct choice *ch, struct item *it, bool feeler)
{
	bool paid = leads_elsewhere(it) && pay(&ch->b->trial_slot, ch->now);

	if (!paid && it->e.proven.port == 0)
		return false;
	it->proven_only = !paid;
	it->trying = true;
	it->feeler = feeler;
	it->tries++;
	it->again = mono_add(ch->now, act_backoff(ch->b, it->tries, ch->now));
	if (it->site != NULL)
		site_begin(ch, it->site);
	it->group->used++;
	it->source->used++;
	return true;
}

static void
end(struct item *it)
{
	it->group->used--;
	it->source->used--;
}

/* --- feelers ----------------------------------------------------------------
 */

static bool
only_heard(const struct choice *ch, const struct candidate *c, unsigned arg)
{
	(void)ch;
	(void)arg;
	return !c->it->e.reached;
}

/* Whom we have met, and do not know whether it is still there. */
static bool
stale(const struct choice *ch, const struct candidate *c, unsigned arg)
{
	const struct item *it = c->it;

	(void)arg;
	return it->e.reached &&
	    (!it->met || it->e.uptime.up_at + STALE_MIN <= ch->b->watched);
}

static struct item *
next_feeler(struct choice *ch)
{
	bool old = act_random(ch->b, 4) == 0;
	struct item *it = draw(ch, old ? stale : only_heard, 0);

	return it != NULL ? it : draw(ch, old ? only_heard : stale, 0);
}

static struct mono
feeler_after(struct mono now)
{
	return mono_add(now, ACT_FEELER_S * (uint64_t)MONO_SEC);
}

bool
book_is_feeler(const struct book *b, const uint8_t key[RECORD_KEY])
{
	const struct item *it = act_find(b, key);

	return it != NULL && it->feeler;
}

/* --- the choice -------------------------------------------------------------
 */

static unsigned
choose(struct choice *ch, struct item **ret, unsigned max, struct mono *ret_at)
{
	unsigned n = 0, wanted = want(ch);
	struct item *it;

	while (n < max && n < wanted && (it = next_tunnel(ch)) != NULL) {
		if (!begin(ch, it, false))
			break;
		ch->out++;
		ret[n++] = it;
	}
	if (n < wanted)
		*ret_at =
		    n == max ? ch->now : mono_add(ch->now, RETRY_S * MONO_SEC);
	if (n < max && mono_due(ch->b->feeler_at, ch->now)) {
		ch->b->feeler_at = feeler_after(ch->now);
		it = next_feeler(ch);
		if (it != NULL && begin(ch, it, true))
			ret[n++] = it;
	}
	*ret_at = mono_min(*ret_at, ch->b->feeler_at);
	return n;
}

unsigned
book_pick(struct book *b, const struct book_tunnel *t, size_t n,
    struct book_entry *ret, unsigned max, struct mono now, struct mono *ret_at)
{
	struct choice ch = { .b = b, .now = now };
	struct mono slot = b->trial_slot;
	struct item **picked = NULL;
	unsigned i, got = 0;
	size_t k;

	*ret_at = MONO_NEVER;
	if (!b->cfg.dial || b->cfg.max_peers == 0 || max == 0)
		return 0;
	if (b->feeler_at.us == 0)
		b->feeler_at = feeler_after(now);
	for (k = 0; k < n; k++) {
		use(b, &t[k], 1);
		count(&ch, &t[k]);
	}
	ch.spent = !pay(&slot, now);
	if (gather(&ch))
		picked = try_calloc(max, sizeof(struct item *));
	if (picked != NULL)
		got = choose(&ch, picked, max, ret_at);
	else
		*ret_at = mono_add(now, RETRY_S * MONO_SEC);
	for (i = 0; i < got; i++) {
		end(picked[i]);
		ret[i] = picked[i]->e;
		if (picked[i]->proven_only)
			ret[i].n_ep = 0;
	}
	for (k = 0; k < n; k++)
		use(b, &t[k], -1);
	free(picked);
	free(ch.c);
	return got;
}
