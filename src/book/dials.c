#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "book/act.h"

#define TARGETS 16384
#define BURST 20u /* at once: in no second more than BOOK_DIAL_RATE */

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
 * must not help.
 */
static void
net_of(const struct addr *a, uint8_t net[16])
{
	memcpy(net, a->ip, 16);
	if (!addr_is_v4(a))
		memset(net + 8, 0, 8);
}

static struct target *
target_find(const struct book *b, const struct addr *a)
{
	uint8_t net[16];
	struct hnode *h;

	net_of(a, net);
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
target_new(struct book *b, const struct addr *a)
{
	struct target *t = xcalloc(1, sizeof(*t));

	net_of(a, t->net);
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
	const struct target *t = target_find(b, to);

	return t != NULL && t->n >= most_for(it) && !is_over(t, now);
}

bool
book_may_dial(struct book *b, const uint8_t key[RECORD_KEY],
    const struct addr *to, struct mono now)
{
	unsigned most = most_for(act_find(b, key));
	struct target *t;

	if (to->port == 0 || addr_is_any(to))
		return false;
	expire(b, now);
	t = target_find(b, to);
	if (t == NULL ? b->targets.n >= TARGETS : t->n >= most)
		return false;
	if (!act_rate(
		&b->dial_slot, MONO_SEC / (BOOK_DIAL_RATE - BURST), BURST, now))
		return false;
	if (t == NULL)
		t = target_new(b, to);
	t->n++;
	t->last = now;
	TAILQ_REMOVE(&b->by_age, t, by_age);
	TAILQ_INSERT_TAIL(&b->by_age, t, by_age);
	return true;
}

void
book_answers(struct book *b, const struct addr *from)
{
	struct target *t = target_find(b, from);
	struct share *site = act_site(b, from);

	if (site != NULL) {
		site->trials = 0;
		site->again = (struct mono){ 0 };
	}
	if (t != NULL)
		target_drop(b, t);
}

void
act_dials_fini(struct book *b)
{
	while (!TAILQ_EMPTY(&b->by_age))
		target_drop(b, TAILQ_FIRST(&b->by_age));
	htab_fini(&b->targets);
}
