#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "book/act.h"

/*
 * Anybody can make keys and revoke them: those of keys that we never met, and
 * those that only their owner signed, leave room for the others. Nothing that
 * was kept is given up, or it would come round as news for ever.
 */
#define ROOM_UNKNOWN (BOOK_REVOKED / 2)
#define ROOM_OWNERS (BOOK_REVOKED / 4 * 3)

bool
book_is_revoked(const struct book *b, const uint8_t key[RECORD_KEY])
{
	return htab_find(&b->revoked, key) != NULL;
}

/* Anybody's new key is reached as soon as it dials us, or is told of. */
static bool
is_known(const struct item *it)
{
	return it != NULL && it->e.reached &&
	    (it->vouched || it->e.observed >= ACT_YOUNG_S);
}

static size_t
room_for(const struct book *b, const struct book_revoked *r)
{
	const struct item *it = act_find(b, r->key);
	const uint8_t *sig;
	struct revoke v;

	if (!revoke_parse(r->raw, sizeof(r->raw), &v, &sig))
		return 0;
	if (memcmp(v.by, v.key, RECORD_KEY) != 0)
		return BOOK_REVOKED;
	return is_known(it) ? ROOM_OWNERS : ROOM_UNKNOWN;
}

static bool
keep(struct book *b, const struct book_revoked *r, size_t room)
{
	struct revoked *v;

	if (b->n_revoked >= room)
		return false;
	v = try_calloc(1, sizeof(*v));
	if (v == NULL)
		return false;
	v->r = *r;
	htab_add(&b->revoked, &v->node);
	b->all_revoked[b->n_revoked++] = v;
	return true;
}

bool
book_revoke(struct book *b, const struct book_revoked *r, bool by_person)
{
	size_t room = by_person ? BOOK_REVOKED : room_for(b, r);
	struct item *it = act_find(b, r->key);

	if (book_is_revoked(b, r->key))
		return false;
	if (it != NULL)
		act_drop(b, it);
	if (!keep(b, r, room))
		return false;
	b->io.save_revoked(b->io.arg, r);
	return true;
}

void
book_restore_revoked(struct book *b, const struct book_revoked *r)
{
	struct item *it = act_find(b, r->key);

	if (!book_is_revoked(b, r->key))
		keep(b, r, BOOK_REVOKED);
	if (it != NULL)
		act_drop(b, it);
}

const struct book_revoked *
book_each_revoked(const struct book *b, size_t *pos)
{
	size_t i = (*pos)++;

	return i < b->n_revoked ? &b->all_revoked[i]->r : NULL;
}

void
act_revoked_fini(struct book *b)
{
	size_t i;

	for (i = 0; i < b->n_revoked; i++)
		free(b->all_revoked[i]);
	free(b->all_revoked);
	htab_fini(&b->revoked);
}
