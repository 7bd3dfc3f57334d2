/* What comes in: from others, and from an earlier life. */
#include <string.h>

#include "book/act.h"

/* --- endpoints --------------------------------------------------------------
 */

/* A person may name any; others none that lies behind our own door. */
static bool
usable(struct book_source src, const struct addr *a)
{
	if (src.from == BOOK_FROM_USER)
		return a->port != 0 && !addr_is_any(a);
	return addr_routable(a);
}

static bool
has_endpoint(const struct book_entry *e, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < e->n_ep; i++)
		if (addr_equal(&e->ep[i], a))
			return true;
	return false;
}

/* True: one more. */
static bool
add_endpoints(struct book_entry *e, struct book_source src,
    const struct addr *ep, unsigned n)
{
	unsigned i, had = e->n_ep;

	for (i = 0; i < n && e->n_ep < RECORD_ENDPOINTS; i++)
		if (usable(src, &ep[i]) && !has_endpoint(e, &ep[i]))
			e->ep[e->n_ep++] = ep[i];
	return e->n_ep > had;
}

/* True: it is somewhere else now. */
static bool
set_endpoints(struct book_entry *e, struct book_source src,
    const struct addr *ep, unsigned n)
{
	struct book_entry was = *e;
	bool more;

	e->n_ep = 0;
	memset(e->ep, 0, sizeof(e->ep));
	more = add_endpoints(e, src, ep, n);
	if (!more)
		*e = was;
	return more &&
	    (e->n_ep != was.n_ep || memcmp(e->ep, was.ep, sizeof(e->ep)) != 0);
}

/* --- entries ----------------------------------------------------------------
 */

static bool
barred(const struct book *b, const uint8_t key[RECORD_KEY])
{
	return memcmp(key, b->self, RECORD_KEY) == 0 || book_is_revoked(b, key);
}

static struct item *
add_heard(struct book *b, struct book_source src, const uint8_t key[RECORD_KEY],
    const struct addr *ep, unsigned n, struct mono now)
{
	struct book_entry e;

	memset(&e, 0, sizeof(e));
	memcpy(e.key, key, RECORD_KEY);
	e.source = src;
	/* One that nobody can dial is of use only when it has dialled us. */
	if (!add_endpoints(&e, src, ep, n) && src.from != BOOK_FROM_SELF)
		return NULL;
	if (!act_room_heard(b, src, act_group(&e)))
		return NULL;
	uptime_init(&e.uptime, b->watched);
	return act_add(b, HEARD, &e, now);
}

/* It has another address: a new chance, within the limits of dialling. */
static void
moved(struct book *b, struct item *it, struct mono now)
{
	uint64_t group = act_group(&it->e);

	if (group != it->group->key) {
		if (!it->e.reached)
			act_room_group(b, it->e.source, group);
		act_move(b, it);
	}
	if (it->e.reached)
		return;
	it->e.fails = it->tries = 0;
	it->again = now;
}

/* Of those that told of it the first holds, but a person's word goes before. */
static bool
take_source(struct book *b, struct item *it, struct book_source src)
{
	if (src.from != BOOK_FROM_USER || it->e.source.from == BOOK_FROM_USER)
		return false;
	it->e.source = src;
	act_move(b, it);
	return true;
}

/* --- heard ------------------------------------------------------------------
 */

static bool
take_record(
    struct item *it, const struct record *r, const uint8_t *raw, size_t len)
{
	if (!act_record(it, raw, len))
		return false;
	it->seq = r->seq;
	it->issued = r->issued;
	it->life = r->life;
	it->says = r->n_ep > 0;
	return true;
}

/* Not newer: what is it? */
static enum book_news
older(const struct item *it, const struct record *r, const uint8_t *raw,
    size_t len)
{
	if (r->seq < it->seq ||
	    (len == it->e.record_len && memcmp(raw, it->e.record, len) == 0))
		return BOOK_KNOWN;
	return BOOK_CLASH;
}

enum book_news
book_heard(struct book *b, struct book_source src, const struct record *r,
    const uint8_t *raw, size_t len, struct mono now, uint64_t wall)
{
	struct item *it = act_find(b, r->key);
	enum book_news news = BOOK_NEWER;

	if (len == 0 || len > RECORD_MAX || barred(b, r->key) ||
	    !record_in_time(r, wall))
		return BOOK_REFUSED;
	if (it != NULL)
		it->vouched |= act_is_vouched(src);
	if (it != NULL && it->e.record_len > 0 && r->seq <= it->seq)
		return older(it, r, raw, len);
	if (it == NULL) {
		it = add_heard(b, src, r->key, r->ep, r->n_ep, now);
		news = BOOK_NEW;
	} else if (set_endpoints(&it->e, src, r->ep, r->n_ep))
		moved(b, it, now);
	if (it == NULL)
		return BOOK_REFUSED;
	take_source(b, it, src);
	if (!take_record(it, r, raw, len))
		news = BOOK_REFUSED; /* it may come again */
	act_save(b, it, true);
	return news;
}

/*
 * Anybody may have named these addresses. They are added where none was proven
 * and the owner has not spoken; they replace what has failed, but not what a
 * person typed.
 */
static bool
take_addresses(
    struct item *it, struct book_source src, const struct addr *ep, unsigned n)
{
	if (it->e.source.from == BOOK_FROM_USER && src.from != BOOK_FROM_USER)
		return false; /* no limit holds where a person sends us */
	if (it->says)
		return false;
	if (src.from == BOOK_FROM_USER || (it->e.fails > 0 && !it->e.reached))
		return set_endpoints(&it->e, src, ep, n);
	return add_endpoints(&it->e, src, ep, n);
}

enum book_news
book_heard_of(struct book *b, struct book_source src,
    const uint8_t key[RECORD_KEY], const struct addr *ep, unsigned n,
    struct mono now)
{
	struct item *it = act_find(b, key);
	bool taken, elsewhere;

	if (barred(b, key))
		return BOOK_REFUSED;
	if (it == NULL) {
		it = add_heard(b, src, key, ep, n, now);
		if (it == NULL)
			return BOOK_REFUSED;
		act_save(b, it, true);
		return BOOK_NEW;
	}
	it->vouched |= act_is_vouched(src);
	elsewhere = take_addresses(it, src, ep, n);
	if (elsewhere)
		moved(b, it, now);
	taken = take_source(b, it, src);
	if (!elsewhere && !taken)
		return BOOK_KNOWN;
	act_save(b, it, true);
	return BOOK_NEWER;
}

/* --- an earlier life --------------------------------------------------------
 */

/* The file may be damaged, or older than this program. */
static bool
sound(const struct book *b, const struct book_entry *e)
{
	return !barred(b, e->key) && act_find(b, e->key) == NULL &&
	    e->source.from < BOOK_FROMS && e->n_ep <= RECORD_ENDPOINTS &&
	    e->record_len <= RECORD_MAX;
}

/* Without memory it has none, and its owner tells it again. */
static void
restore_record(struct item *it, const struct book_entry *e)
{
	const uint8_t *sig;
	struct record r;
	size_t len;

	if (e->record_len > 0 &&
	    record_parse(e->record, e->record_len, &r, &len, &sig) &&
	    memcmp(r.key, e->key, RECORD_KEY) == 0)
		(void)take_record(it, &r, e->record, e->record_len);
}

void
book_restore(struct book *b, const struct book_entry *e)
{
	struct item *it;

	if (!sound(b, e))
		return;
	if (e->reached ? !act_room_reached(b)
		       : !act_room_heard(b, e->source, act_group(e)))
		return;
	it = act_add(b, e->reached ? REACHED : HEARD, e, (struct mono){ 0 });
	if (it == NULL)
		return;
	it->saved = true;
	restore_record(it, e);
	book_restore_watched(b, e->uptime.at);
}

void
book_restore_watched(struct book *b, uint32_t minutes)
{
	if (b->watched < minutes)
		b->watched = minutes;
}
