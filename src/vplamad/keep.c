#include "vplamad/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"

#define WAITING 24576u /* rows that may wait: a whole address book */
#define MS_PER_S 1000u

/* A vnode's row that has been put and is not known to be safe. */
struct pending {
	uint64_t ticket;
	uint8_t key[STORE_KEY];
};

struct keep {
	struct keep_config cfg;
	struct loop *loop;
	struct store *store;
	struct watch watch;
	struct mono flush_at;	 /* MONO_NEVER: nothing is urgent */
	struct pending *pending; /* in order of ticket */
	size_t n_pending, room;
	int64_t now;  /* of the restore */
	unsigned bad; /* rows */
};

static void
on_row(void *arg, const struct store_rec *row)
{
	struct keep *k = arg;

	if (k->cfg.take[row->kind] != NULL &&
	    !k->cfg.take[row->kind](k->cfg.arg, row, k->now))
		k->bad++;
}

static bool
is_safe(const struct keep *k, const uint8_t key[STORE_KEY])
{
	struct store_rec row = { .kind = STORE_PEER };

	memcpy(row.u.peer.key, key, STORE_KEY);
	return !store_refused(k->store, &row);
}

/*
 * Those with tickets up to that number, in as many calls as need be. Without
 * memory nobody is told.
 */
static void
tell_stored(struct keep *k, uint64_t ticket)
{
	uint8_t(*key)[STORE_KEY];
	size_t n, i, safe = 0;

	for (n = 0; n < k->n_pending && k->pending[n].ticket <= ticket; n++)
		;
	if (n == 0)
		return;
	key = try_calloc(n, sizeof(*key));
	for (i = 0; key != NULL && i < n; i++)
		if (is_safe(k, k->pending[i].key))
			memcpy(key[safe++], k->pending[i].key, STORE_KEY);
	k->n_pending -= n;
	memmove(k->pending, k->pending + n, k->n_pending * sizeof(*k->pending));
	if (safe > 0)
		k->cfg.stored(
		    k->cfg.arg, (const uint8_t(*)[STORE_KEY])key, safe);
	free(key);
}

static void
on_commit(void *arg, struct turn *t)
{
	struct keep *k = arg;

	(void)t;
	tell_stored(k, store_committed(k->store));
	if (store_lost(k->store) && k->cfg.lost != NULL)
		k->cfg.lost(k->cfg.arg);
}

static unsigned
lazy_ms(const struct keep_config *cfg)
{
	unsigned s =
	    cfg->interval_s > KEEP_LAZY_S ? cfg->interval_s : KEEP_LAZY_S;

	return s * MS_PER_S;
}

struct keep *
keep_open(struct loop *loop, const struct keep_config *cfg)
{
	char *path = xasprintf("%s/store.db", cfg->state_dir);
	const struct store_config sc = { path, lazy_ms(cfg), STORE_RETRY_MS,
		WAITING };
	struct keep *k = xcalloc(1, sizeof(*k));

	k->cfg = *cfg;
	k->loop = loop;
	k->flush_at = MONO_NEVER;
	k->now = clock_wall();
	k->store = store_open(&sc, on_row, k);
	if (k->bad > 0)
		log_warnx("%s: records that make no sense: %u; left out", path,
		    k->bad);
	watch_init(
	    &k->watch, loop, store_fd(k->store), WATCH_READ, on_commit, k);
	watch_on(&k->watch);
	free(path);
	return k;
}

void
keep_close(struct keep *k)
{
	if (k == NULL)
		return;
	watch_fini(&k->watch);
	(void)store_close(k->store); /* which has said so */
	free(k->pending);
	free(k);
}

static void
note_pending(struct keep *k, const uint8_t key[STORE_KEY], uint64_t ticket)
{
	size_t room = k->room > 0 ? 2 * k->room : 64;
	struct pending *p;

	if (k->cfg.stored == NULL)
		return;
	if (k->n_pending == 2 * WAITING)
		return; /* the disk is out of order: nobody is told */
	if (k->n_pending == k->room) {
		p = try_reallocarray(k->pending, room, sizeof(*p));
		if (p == NULL)
			return;
		k->pending = p;
		k->room = room;
	}
	p = &k->pending[k->n_pending++];
	p->ticket = ticket;
	memcpy(p->key, key, STORE_KEY);
}

void
keep_put(struct keep *k, const struct store_rec *row, enum keep_when when)
{
	uint64_t ticket = store_put(k->store, row);

	if (ticket == 0)
		return; /* the store says what it loses */
	if (row->kind == STORE_PEER && !row->gone)
		note_pending(k, row->u.peer.key, ticket);
	if (when == KEEP_NOW)
		store_flush(k->store);
	else if (when == KEEP_SOON && mono_is_never(k->flush_at))
		k->flush_at = mono_add(loop_turn(k->loop)->now,
		    (uint64_t)k->cfg.interval_s * MONO_SEC);
}

struct mono
keep_deadline(const struct keep *k)
{
	return k->flush_at;
}

void
keep_tick(struct keep *k, struct mono now)
{
	if (!mono_due(k->flush_at, now))
		return;
	k->flush_at = MONO_NEVER;
	store_flush(k->store);
}
