#include "vplamad/entry_in.h"

#include <string.h>

#include "base/log.h"
#include "core/exchange.h"
#include "vplamad/vplamad.h"

#define SLICE 20 /* vnodes a turn: each may cost a signature */

bool
entry_over(const struct list *l, const struct turn *t)
{
	if (l->hint != NULL)
		return mono_due(l->hint_until, t->now);
	return entrycheck_over(&l->said.list, (int64_t)(t->wall_ms / 1000));
}

bool
entry_telling(const struct entries *es)
{
	unsigned i;

	for (i = 0; i < es->n; i++)
		if (es->list[i]->told < es->list[i]->n)
			return true;
	return false;
}

/* One list more may make vnodes of the others count. */
void
entry_tell_all(struct entries *es)
{
	unsigned i;

	for (i = 0; i < es->n; i++)
		es->list[i]->told = es->list[i]->counted = 0;
}

static size_t
voices(const struct entries *es, struct entry_voice v[CONFIG_ENTRIES])
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < es->n; i++) {
		const struct list *l = es->list[i];

		if (l->has)
			v[n++] = (struct entry_voice){
				.signer = l->hint != NULL ? ENTRY_VOICE_DNS
							  : l->said.signer,
				.key =
				    (const uint8_t(*)[RECORD_KEY])l->said.key,
				.n = l->n,
			};
	}
	return n;
}

static void
tell_server(struct list *l, const struct entry_server *s, struct turn *t)
{
	struct core *c = &l->es->d->core;
	enum book_news news;

	(void)exchange_heard_of(c, l->book, s->key, s->ep, s->n_ep, t);
	if (s->record_len > 0)
		(void)exchange_heard(
		    c, l->book, s->record, s->record_len, t, &news);
}

static void
tell_one(struct list *l, unsigned i, struct turn *t)
{
	const struct fetch_hint *h;

	l->counted++;
	if (l->hint == NULL) {
		tell_server(l, &l->said.list.server[i], t);
		return;
	}
	h = &l->hint[i];
	(void)exchange_heard_of(
	    &l->es->d->core, l->book, h->key, h->ep, h->n_ep, t);
}

static const uint8_t *
key_at(const struct list *l, unsigned i)
{
	return l->hint != NULL ? l->hint[i].key : l->said.list.server[i].key;
}

/* A source that fails for long has its say for a while, and not for ever. */
static void
drop_old(struct entries *es, const struct turn *t)
{
	unsigned i;

	for (i = 0; i < es->n; i++) {
		struct list *l = es->list[i];

		if (!l->has || !entry_over(l, t))
			continue;
		log_warnx("entry %s: what it said is too old, and counts no "
			  "more",
		    l->name);
		entry_forget(l);
	}
}

void
entry_tell(struct entries *es, struct turn *t)
{
	struct entry_voice v[CONFIG_ENTRIES];
	size_t n;
	unsigned left = SLICE, i;

	drop_old(es, t);
	n = voices(es, v);
	for (i = 0; i < es->n; i++) {
		struct list *l = es->list[i];

		for (; l->told < l->n && left > 0; l->told++, left--)
			if (entrycheck_counts(v, n, es->n, key_at(l, l->told)))
				tell_one(l, l->told, t);
	}
}
