#include "core/fdb.h"

#include <string.h>
#include <sys/queue.h>

#include "base/container.h"
#include "base/htab.h"
#include "base/xmem.h"

struct entry {
	struct hnode node;
	struct fdb_key key;
	struct mono seen;
	struct owner *owner;
	TAILQ_ENTRY(entry) by_age; /* all, or those without use */
	TAILQ_ENTRY(entry) by_owner;
};
TAILQ_HEAD(entries, entry); /* longest unseen first */

/* Somebody with at least one address. */
struct owner {
	struct hnode node;
	uint32_t where;
	uint32_t n;
	struct entries list;
};

/*
 * The entries are one array, of which only what was used once is touched.
 * hit: what the last search for a source and for a destination found; packets
 * of one flow follow each other.
 */
enum { HIT_SOURCE, HIT_DEST, HITS };
struct fdb {
	uint64_t age_us;
	uint32_t per_peer;
	uint32_t touched;
	struct htab by_key, owners;
	struct entries all, spare;
	struct entry *hit[HITS];
	struct entry *array;
};

_Static_assert(sizeof(struct fdb_key) == 22, "a key has no hidden bytes");

struct fdb *
fdb_new(uint32_t age_ms, uint32_t per_peer, const uint8_t secret[16])
{
	struct fdb *f = xcalloc(1, sizeof(*f));

	f->age_us = (uint64_t)age_ms * MONO_MS;
	f->per_peer = per_peer;
	htab_init(&f->by_key, HTAB_KEY_OFF(struct entry, node, key),
	    sizeof(struct fdb_key), secret);
	htab_init(&f->owners, HTAB_KEY_OFF(struct owner, node, where),
	    sizeof(uint32_t), secret);
	TAILQ_INIT(&f->all);
	TAILQ_INIT(&f->spare);
	f->array = xcalloc(FDB_MAX, sizeof(*f->array));
	return f;
}

static struct owner *
owner_find(struct fdb *f, uint32_t where)
{
	struct hnode *n = htab_find(&f->owners, &where);

	return n != NULL ? CONTAINER_OF(n, struct owner, node) : NULL;
}

/* NULL without memory. */
static struct owner *
owner_get(struct fdb *f, uint32_t where)
{
	struct owner *o = owner_find(f, where);

	if (o != NULL)
		return o;
	o = try_calloc(1, sizeof(*o));
	if (o == NULL)
		return NULL;
	o->where = where;
	TAILQ_INIT(&o->list);
	htab_add(&f->owners, &o->node);
	return o;
}

/* With its last address the owner goes, too. */
static void
drop(struct fdb *f, struct entry *e)
{
	struct owner *o = e->owner;
	size_t i;

	for (i = 0; i < HITS; i++)
		if (f->hit[i] == e)
			f->hit[i] = NULL;
	htab_del(&f->by_key, &e->node);
	TAILQ_REMOVE(&f->all, e, by_age);
	TAILQ_REMOVE(&o->list, e, by_owner);
	TAILQ_INSERT_HEAD(&f->spare, e, by_age);
	if (--o->n > 0)
		return;
	htab_del(&f->owners, &o->node);
	free(o);
}

void
fdb_free(struct fdb *f)
{
	if (f == NULL)
		return;
	while (!TAILQ_EMPTY(&f->all))
		drop(f, TAILQ_FIRST(&f->all));
	htab_fini(&f->by_key);
	htab_fini(&f->owners);
	free(f->array);
	free(f);
}

static bool
aged(const struct fdb *f, const struct entry *e, struct mono now)
{
	return mono_since(e->seen, now) >= f->age_us;
}

static struct entry *
search(struct fdb *f, const struct fdb_key *key, unsigned hit)
{
	struct entry *e = f->hit[hit];
	struct hnode *n;

	if (e != NULL && memcmp(&e->key, key, sizeof(*key)) == 0)
		return e;
	n = htab_find(&f->by_key, key);
	if (n == NULL)
		return NULL;
	return f->hit[hit] = CONTAINER_OF(n, struct entry, node);
}

static void
touch(struct fdb *f, struct entry *e, struct mono now)
{
	e->seen = now;
	TAILQ_REMOVE(&f->all, e, by_age);
	TAILQ_INSERT_TAIL(&f->all, e, by_age);
	TAILQ_REMOVE(&e->owner->list, e, by_owner);
	TAILQ_INSERT_TAIL(&e->owner->list, e, by_owner);
}

/* An address of its own that has aged makes room for another. */
static bool
has_room(struct fdb *f, uint32_t where, struct mono now)
{
	struct owner *o;
	struct entry *oldest;

	if (where == FDB_LOCAL)
		return true;
	o = owner_find(f, where);
	if (o == NULL || o->n < f->per_peer)
		return f->per_peer > 0;
	oldest = TAILQ_FIRST(&o->list);
	if (!aged(f, oldest, now))
		return false;
	drop(f, oldest);
	return true;
}

static struct entry *
take_spare(struct fdb *f)
{
	struct entry *e;

	if (TAILQ_EMPTY(&f->spare) && f->touched < FDB_MAX)
		return &f->array[f->touched++];
	if (TAILQ_EMPTY(&f->spare))
		drop(f, TAILQ_FIRST(&f->all));
	e = TAILQ_FIRST(&f->spare);
	TAILQ_REMOVE(&f->spare, e, by_age);
	return e;
}

/* Without memory it is not learned: what goes there goes to all. */
static void
insert(
    struct fdb *f, const struct fdb_key *key, uint32_t where, struct mono now)
{
	struct entry *e = take_spare(f);
	struct owner *o = owner_get(f, where);

	if (o == NULL) {
		TAILQ_INSERT_HEAD(&f->spare, e, by_age);
		return;
	}
	*e = (struct entry){ .key = *key, .seen = now, .owner = o };
	htab_add(&f->by_key, &e->node);
	TAILQ_INSERT_TAIL(&f->all, e, by_age);
	TAILQ_INSERT_TAIL(&o->list, e, by_owner);
	o->n++;
	f->hit[HIT_SOURCE] = e;
}

/* Many say so before they have an address of their own. */
static bool
is_nobody(const struct fdb_key *key)
{
	static const uint8_t zero[sizeof(key->a)];

	return memcmp(key->a, zero, sizeof(zero)) == 0;
}

enum fdb_verdict
fdb_learn(
    struct fdb *f, const struct fdb_key *key, uint32_t where, struct mono now)
{
	struct entry *e = search(f, key, HIT_SOURCE);

	if (e != NULL && e->owner->where == where) {
		touch(f, e, now);
		return FDB_OK;
	}
	if (e != NULL && where != FDB_LOCAL && !aged(f, e, now))
		return FDB_SPOOF;
	if (is_nobody(key))
		return FDB_OK;
	if (e != NULL)
		drop(f, e);
	if (!has_room(f, where, now))
		return FDB_ROOM;
	insert(f, key, where, now);
	return FDB_OK;
}

bool
fdb_find(struct fdb *f, const struct fdb_key *key, struct mono now,
    uint32_t *ret_where)
{
	struct entry *e = search(f, key, HIT_DEST);

	if (e == NULL || aged(f, e, now))
		return false;
	*ret_where = e->owner->where;
	return true;
}

void
fdb_forget(struct fdb *f, uint32_t where)
{
	struct owner *o;

	while ((o = owner_find(f, where)) != NULL)
		drop(f, TAILQ_FIRST(&o->list));
}

void
fdb_each(const struct fdb *f, struct mono now,
    void (*fn)(void *arg, const struct fdb_entry *e), void *arg)
{
	const struct entry *e;

	TAILQ_FOREACH (e, &f->all, by_age) {
		struct fdb_entry out = { e->key, e->owner->where, e->seen };

		if (!aged(f, e, now))
			fn(arg, &out);
	}
}
