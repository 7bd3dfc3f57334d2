/* What became of those that were dialled. */
#include <string.h>

#include "book/act.h"

/* Nobody has answered for long: it may be our own line that is down. */
static bool
alone(const struct book *b, struct mono now)
{
	return b->answered.us == 0 ||
	    mono_since(b->answered, now) > ACT_ALONE_S * (uint64_t)MONO_SEC;
}

uint64_t
act_backoff(const struct book *b, unsigned n, struct mono now)
{
	uint64_t s = ACT_BACKOFF_S;

	while (n-- > 1 && s < ACT_BACKOFF_MAX)
		s *= 2;
	if (s > ACT_BACKOFF_MAX)
		s = ACT_BACKOFF_MAX;
	if (s > ACT_ALONE_S && alone(b, now))
		s = ACT_ALONE_S;
	return s * MONO_SEC;
}

static void
failed(struct book *b, struct item *it, struct mono now)
{
	struct mono again;

	it->e.fails++;
	it->met = false;
	if (!it->e.reached && it->e.source.from != BOOK_FROM_USER &&
	    it->e.fails >= ACT_FAILS) {
		act_drop(b, it);
		return;
	}
	again = mono_add(now, act_backoff(b, it->e.fails, now));
	if (mono_before(it->again, again))
		it->again = again;
	act_save(b, it, false);
}

void
book_tried(
    struct book *b, const uint8_t key[RECORD_KEY], bool ok, struct mono now)
{
	struct item *it = act_find(b, key);

	if (it == NULL)
		return;
	it->trying = it->feeler = false;
	if (!ok)
		failed(b, it, now);
}

void
book_untried(struct book *b, const uint8_t key[RECORD_KEY])
{
	struct item *it = act_find(b, key);

	if (it != NULL)
		it->trying = it->feeler = false;
}

/* The line is back: who could not be reached meanwhile is tried again. */
static void
answered(struct book *b, struct mono now)
{
	bool back = alone(b, now);
	size_t i;

	b->answered = now.us == 0 ? (struct mono){ 1 } : now;
	for (i = 0; back && i < b->n[REACHED]; i++) {
		struct item *it = b->list[REACHED][i];

		it->again = now;
		if (it->site != NULL)
			it->site->again = now;
	}
}

/* An inbound handshake does not undo that it can be dialled where it says. */
static bool
keeps_proven(const struct item *it, bool dialled)
{
	unsigned i;

	if (dialled || !it->e.dialled || it->e.proven.port == 0)
		return false;
	for (i = 0; i < it->e.n_ep; i++)
		if (addr_equal(&it->e.ep[i], &it->e.proven))
			return true;
	return it->e.n_ep == 0;
}

static bool
take_proven(struct item *it, const struct addr *at, bool dialled)
{
	bool same = addr_equal(&it->e.proven, at);

	if (at->port == 0 || (!same && keeps_proven(it, dialled)))
		return false;
	if (same && (it->e.dialled || !dialled))
		return false;
	it->e.proven = *at;
	it->e.dialled = dialled;
	return true;
}

static struct item *
unknown(struct book *b, struct book_source src, const uint8_t key[RECORD_KEY],
    struct mono now)
{
	struct book_entry e;

	if (memcmp(key, b->self, RECORD_KEY) == 0 || book_is_revoked(b, key) ||
	    !act_room_reached(b))
		return NULL;
	memset(&e, 0, sizeof(e));
	memcpy(e.key, key, RECORD_KEY);
	e.source = src;
	e.reached = true;
	uptime_init(&e.uptime, b->watched);
	return act_add(b, REACHED, &e, now);
}

/* From those only heard of to those we have met. False: no room there. */
static bool
promote(struct book *b, struct item *it)
{
	if (it->e.reached)
		return true;
	if (!act_room_reached(b))
		return false;
	it->e.reached = true;
	act_move(b, it);
	return true;
}

static bool
is_elsewhere(const struct book *b, const struct item *it)
{
	return it->e.proven.port != 0 &&
	    (it->site == NULL || it->site != act_site(b, &it->e.proven));
}

void
book_reached(struct book *b, const uint8_t key[RECORD_KEY],
    struct book_source src, const struct addr *at, bool dialled,
    struct mono now, uint64_t wall)
{
	struct item *it = act_find(b, key);
	bool news, first = it == NULL || !it->e.reached;

	book_answers(b, at);
	answered(b, now);
	if (it == NULL)
		it = unknown(b, src, key, now);
	if (it == NULL || !promote(b, it))
		return;
	news = take_proven(it, at, dialled) || first;
	act_note_proven(b, it);
	if (it->e.first_at == 0)
		it->e.first_at = (int64_t)wall;
	it->e.last_at = (int64_t)wall;
	it->e.fails = 0;
	it->met = true;
	uptime_move(&it->e.uptime, b->watched);
	it->e.uptime.up_at = b->watched + 1;
	if (act_group(&it->e) != it->group->key || is_elsewhere(b, it))
		act_move(b, it);
	act_save(b, it, news);
}
