#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "book/act.h"

#define TARGETS 32768
#define PER_SITE 24 /* datagrams, as long as nothing answers */
#define BURST 20u   /* at once: in no second more than BOOK_DIAL_RATE */

/* --- how often --------------------------------------------------------------
 */

bool
act_rate(
    struct mono *slot, uint64_t interval_us, unsigned burst, struct mono now)
{
	struct mono at = mono_before(*slot, now) ? now : *slot;

	if (mono_since(now, at) > interval_us * (burst - 1))
		return false;
	*slot = mono_add(at, interval_us);
	return true;
}

/* --- to whom ----------------------------------------------------------------
 */

/*
 * Whoever owns an IPv6 /64 has all addresses in it: to name a new one each time
 * must not help. A site has many of these, and not many more datagrams.
 */
enum width { ONE, SITE };

static void
net_of(const struct addr *a, enum width w, uint8_t net[17])
{
	size_t n = addr_is_v4(a) ? (w == ONE ? 16 : 15) : (w == ONE ? 8 : 6);

	memset(net, 0, 17);
	memcpy(net, a->ip, n);
	net[16] = (uint8_t)w;
}

static struct target *
target_find(const struct book *b, const struct addr *a, enum width w)
{
	uint8_t net[17];
	struct hnode *h;

	net_of(a, w, net);
	h = htab_find(&b->targets, net);
	return h == NULL ? NULL : CONTAINER_OF(h, struct target, node);
}

static void
target_drop(struct book *b, struct target *t)
{
	htab_del(&b->targets, &t->node);
	TAILQ_REMOVE(&b->by_age, t, by_age);
	free(t);
}

static bool
is_over(const struct target *t, struct mono now)
{
	return mono_since(t->last, now) >= BOOK_SILENCE_S * (uint64_t)MONO_SEC;
}

/* Only what is over is forgotten, never a limit that holds. */
static void
expire(struct book *b, struct mono now)
{
	struct target *t;

	while ((t = TAILQ_FIRST(&b->by_age)) != NULL && is_over(t, now))
		target_drop(b, t);
}

static struct target *
target_new(struct book *b, const struct addr *a, enum width w)
{
	struct target *t = try_calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	net_of(a, w, t->net);
	htab_add(&b->targets, &t->node);
	TAILQ_INSERT_TAIL(&b->by_age, t, by_age);
	return t;
}

/*
 * Who names an address by a key of his own, made for nothing, must not silence
 * those who live there.
 */
static unsigned
most_for(const struct item *it)
{
	return it != NULL && it->vouched ? BOOK_DIALS : BOOK_DIALS - 1;
}

bool
act_is_silent(const struct book *b, const struct item *it,
    const struct addr *to, struct mono now)
{
	const struct target *t = target_find(b, to, ONE);
	const struct target *site = target_find(b, to, SITE);

	return (t != NULL && t->n >= most_for(it) && !is_over(t, now)) ||
	    (site != NULL && site->n >= PER_SITE && !is_over(site, now));
}

/* False without memory to know it by. */
static bool
sent(struct book *b, const struct addr *to, enum width w, struct mono now)
{
	struct target *t = target_find(b, to, w);

	if (t == NULL && (t = target_new(b, to, w)) == NULL)
		return false;
	t->n++;
	t->last = now;
	TAILQ_REMOVE(&b->by_age, t, by_age);
	TAILQ_INSERT_TAIL(&b->by_age, t, by_age);
	return true;
}

bool
book_may_dial(struct book *b, const uint8_t key[RECORD_KEY],
    const struct addr *to, struct mono now)
{
	unsigned most = most_for(act_find(b, key));
	const struct target *t, *site;

	if (to->port == 0 || addr_is_any(to))
		return false;
	expire(b, now);
	t = target_find(b, to, ONE);
	site = target_find(b, to, SITE);
	if ((t == NULL || site == NULL) && b->targets.n + 2 > TARGETS)
		return false;
	if ((t != NULL && t->n >= most) ||
	    (site != NULL && site->n >= PER_SITE))
		return false;
	if (!act_rate(
		&b->dial_slot, MONO_SEC / (BOOK_DIAL_RATE - BURST), BURST, now))
		return false;
	return sent(b, to, ONE, now) && sent(b, to, SITE, now);
}

void
book_answers(struct book *b, const struct addr *from)
{
	struct target *t = target_find(b, from, ONE);
	struct target *wide = target_find(b, from, SITE);
	struct share *site = act_site(b, from);

	if (site != NULL) {
		site->trials = 0;
		site->again = (struct mono){ 0 };
	}
	if (t == NULL)
		return;
	if (wide != NULL && wide->n > t->n)
		wide->n -= t->n;
	else if (wide != NULL)
		target_drop(b, wide);
	target_drop(b, t);
}

void
act_dials_fini(struct book *b)
{
	while (!TAILQ_EMPTY(&b->by_age))
		target_drop(b, TAILQ_FIRST(&b->by_age));
	htab_fini(&b->targets);
}
