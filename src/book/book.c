#include "book/book.h"

#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "book/act.h"

/* --- shares -----------------------------------------------------------------
 */

uint64_t
book_group(const struct addr *a)
{
	bool v4 = addr_is_v4(a);
	const uint8_t *p = v4 ? a->ip + 12 : a->ip;
	uint64_t net = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16;

	if (v4)
		return UINT64_C(4) << 32 | net;
	return UINT64_C(6) << 32 | net | (uint64_t)p[2] << 8 | p[3];
}

uint64_t
act_source_key(struct book_source src)
{
	return (uint64_t)src.from << 32 | src.which;
}

struct share *
act_share(const struct htab *t, uint64_t key)
{
	struct hnode *h = htab_find(t, &key);

	return h == NULL ? NULL : CONTAINER_OF(h, struct share, node);
}

static struct share *
share_enter(struct book *b, struct htab *t, uint64_t key, enum list l)
{
	struct share *s = act_share(t, key);

	if (s == NULL && (s = try_calloc(1, sizeof(*s))) != NULL) {
		s->key = key;
		htab_add(t, &s->node);
	}
	if (s == NULL)
		s = &b->others;
	s->n[l]++;
	return s;
}

static void
share_leave(struct book *b, struct htab *t, struct share *s, enum list l)
{
	s->n[l]--;
	if (s->n[HEARD] + s->n[REACHED] > 0 || s == &b->others)
		return;
	htab_del(t, &s->node);
	free(s);
}

/* --- entries ----------------------------------------------------------------
 */

const struct addr *
act_address(const struct book_entry *e)
{
	if (e->proven.port != 0)
		return &e->proven;
	return e->n_ep > 0 ? &e->ep[0] : NULL;
}

uint64_t
act_group(const struct book_entry *e)
{
	const struct addr *a = act_address(e);

	return a == NULL ? 0 : book_group(a);
}

struct item *
act_find(const struct book *b, const uint8_t key[RECORD_KEY])
{
	struct hnode *h = htab_find(&b->by_key, key);

	return h == NULL ? NULL : CONTAINER_OF(h, struct item, node);
}

/* One address; of IPv6 a whole /64, as all of it is one owner's. */
static uint64_t
site_key(const struct addr *a)
{
	bool v4 = addr_is_v4(a);
	uint64_t key = v4 ? 1 : 0; /* no /64 that anybody has */
	unsigned i;

	for (i = v4 ? 12 : 0; i < (v4 ? 16 : 8); i++)
		key = key << 8 | a->ip[i];
	return key;
}

struct share *
act_site(const struct book *b, const struct addr *a)
{
	return act_share(&b->sites, site_key(a));
}

static enum list
list_of(const struct item *it)
{
	return it->e.reached ? REACHED : HEARD;
}

static void
enter(struct book *b, struct item *it, enum list l)
{
	it->pos = b->n[l]++;
	b->list[l][it->pos] = it;
	it->group = share_enter(b, &b->groups, act_group(&it->e), l);
	it->source =
	    share_enter(b, &b->sources, act_source_key(it->e.source), l);
	it->site = it->e.proven.port == 0
	    ? NULL
	    : share_enter(b, &b->sites, site_key(&it->e.proven), l);
	if (l == REACHED)
		act_note_proven(b, it);
}

/* The last one of the list takes its place. */
static void
leave(struct book *b, struct item *it, enum list l)
{
	struct item *last = b->list[l][--b->n[l]];

	last->pos = it->pos;
	b->list[l][it->pos] = last;
	if (l == REACHED)
		b->proven_at[it->pos] = b->proven_at[b->n[l]];
	share_leave(b, &b->groups, it->group, l);
	share_leave(b, &b->sources, it->source, l);
	if (it->site != NULL)
		share_leave(b, &b->sites, it->site, l);
}

void
act_move(struct book *b, struct item *it)
{
	bool heard = it->pos < b->n[HEARD] && b->list[HEARD][it->pos] == it;

	leave(b, it, heard ? HEARD : REACHED);
	enter(b, it, list_of(it));
}

bool
act_is_vouched(struct book_source src)
{
	return src.from == BOOK_FROM_USER || src.from == BOOK_FROM_LIST;
}

struct item *
act_add(
    struct book *b, enum list l, const struct book_entry *e, struct mono now)
{
	struct item *it = try_calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->e = *e;
	it->e.record = NULL;
	it->e.record_len = 0;
	it->again = now;
	it->vouched = act_is_vouched(e->source);
	htab_add(&b->by_key, &it->node);
	enter(b, it, l);
	return it;
}

bool
act_record(struct item *it, const uint8_t *raw, size_t len)
{
	uint8_t *copy = NULL;

	if (len > 0) {
		copy = try_malloc(len);
		if (copy == NULL)
			return false;
		memcpy(copy, raw, len);
	}
	free((void *)(uintptr_t)it->e.record);
	it->e.record = copy;
	it->e.record_len = (uint16_t)len;
	return true;
}

static void
item_free(struct book *b, struct item *it)
{
	leave(b, it, list_of(it));
	htab_del(&b->by_key, &it->node);
	(void)act_record(it, NULL, 0);
	free(it);
}

void
act_drop(struct book *b, struct item *it)
{
	if (it->saved)
		b->io.forget(b->io.arg, it->e.key);
	item_free(b, it);
}

/*
 * What was only heard is not written, or anybody could fill our disk; what a
 * person said is.
 */
void
act_save(struct book *b, struct item *it, bool urgent)
{
	if (!it->e.reached && it->e.source.from != BOOK_FROM_USER)
		return;
	it->saved = true;
	b->io.save(b->io.arg, &it->e, urgent);
}

uint64_t
act_random(struct book *b, uint64_t n)
{
	uint64_t v;

	b->io.random(b->io.arg, &v, sizeof(v));
	return v % n;
}

/* --- the book ---------------------------------------------------------------
 */

static void
table_init(struct book *b, struct htab *t, size_t off, size_t len)
{
	uint8_t secret[16];

	b->io.random(b->io.arg, secret, sizeof(secret));
	htab_init(t, off, len, secret);
}

struct book *
book_new(const struct book_config *cfg, const struct book_io *io,
    const uint8_t self[RECORD_KEY])
{
	struct book *b = xcalloc(1, sizeof(*b));
	const size_t share = HTAB_KEY_OFF(struct share, node, key);

	b->cfg = *cfg;
	b->io = *io;
	memcpy(b->self, self, sizeof(b->self));
	table_init(
	    b, &b->by_key, HTAB_KEY_OFF(struct item, node, e.key), RECORD_KEY);
	table_init(b, &b->groups, share, sizeof(uint64_t));
	table_init(b, &b->sources, share, sizeof(uint64_t));
	table_init(b, &b->sites, share, sizeof(uint64_t));
	table_init(b, &b->targets, HTAB_KEY_OFF(struct target, node, net), 17);
	table_init(b, &b->revoked, HTAB_KEY_OFF(struct revoked, node, r.key),
	    RECORD_KEY);
	TAILQ_INIT(&b->by_age);
	b->list[HEARD] = xcalloc(BOOK_HEARD, sizeof(struct item *));
	b->list[REACHED] = xcalloc(BOOK_REACHED, sizeof(struct item *));
	b->proven_at = xcalloc(BOOK_REACHED, sizeof(*b->proven_at));
	b->all_revoked = xcalloc(BOOK_REVOKED, sizeof(*b->all_revoked));
	return b;
}

void
book_free(struct book *b)
{
	enum list l;

	if (b == NULL)
		return;
	for (l = 0; l < LISTS; l++) {
		while (b->n[l] > 0)
			item_free(b, b->list[l][b->n[l] - 1]);
		free(b->list[l]);
	}
	free(b->proven_at);
	act_dials_fini(b);
	act_revoked_fini(b);
	htab_fini(&b->by_key);
	htab_fini(&b->groups);
	htab_fini(&b->sources);
	htab_fini(&b->sites);
	free(b);
}

void
book_set_config(struct book *b, const struct book_config *cfg)
{
	b->cfg = *cfg;
}

const struct book_entry *
book_find(const struct book *b, const uint8_t key[RECORD_KEY])
{
	const struct item *it = act_find(b, key);

	return it == NULL ? NULL : &it->e;
}

const struct book_entry *
book_each(const struct book *b, size_t *pos)
{
	size_t i = (*pos)++;

	if (i < b->n[REACHED])
		return &b->list[REACHED][i]->e;
	i -= b->n[REACHED];
	return i < b->n[HEARD] ? &b->list[HEARD][i]->e : NULL;
}
