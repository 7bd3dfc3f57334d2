#include "tests/unit/bookrig.h"

#include <assert.h>

#include "base/xmem.h"
#include "tests/entrycopy.h"

/* --- the store --------------------------------------------------------------
 */

static struct book_entry *
row_of(const struct rig *r, const uint8_t key[RECORD_KEY])
{
	size_t i;

	for (i = 0; i < r->n_rows; i++)
		if (memcmp(r->row[i].key, key, RECORD_KEY) == 0)
			return &r->row[i];
	return NULL;
}

static void
row_free(struct book_entry *row)
{
	free((void *)(uintptr_t)row->record);
}

static void
save(void *arg, const struct book_entry *e, bool urgent)
{
	struct rig *r = arg;
	struct book_entry *row;

	r->saves++;
	r->urgent += urgent;
	if (r->idle)
		return;
	row = row_of(r, e->key);
	if (row == NULL) {
		r->row = xreallocarray(r->row, r->n_rows + 1, sizeof(*r->row));
		row = &r->row[r->n_rows++];
	} else {
		row_free(row);
	}
	entry_copy(row, xmalloc(RECORD_MAX), e);
}

static void
forget(void *arg, const uint8_t key[RECORD_KEY])
{
	struct rig *r = arg;
	struct book_entry *row = r->idle ? NULL : row_of(r, key);

	r->forgets++;
	if (row == NULL)
		return;
	row_free(row);
	*row = r->row[--r->n_rows];
}

static void
save_revoked(void *arg, const struct book_revoked *v)
{
	struct rig *r = arg;

	r->revoked =
	    xreallocarray(r->revoked, r->n_revoked + 1, sizeof(*r->revoked));
	r->revoked[r->n_revoked++] = *v;
}

static void
save_watched(void *arg, uint32_t minutes)
{
	struct rig *r = arg;

	r->watched = minutes;
}

static void
fill(void *arg, void *p, size_t len)
{
	struct rig *r = arg;

	rng_fill(&r->rng, p, len);
}

/* --- its life ---------------------------------------------------------------
 */

static void
begin(struct rig *r)
{
	const struct book_config cfg = { .max_peers = 32, .dial = true };
	const struct book_io io = { r, save, forget, save_revoked, save_watched,
		fill };

	r->b = book_new(&cfg, &io, rig_key(0));
}

void
rig_init(struct rig *r, uint64_t seed)
{
	memset(r, 0, sizeof(*r));
	r->rng = rng_seeded(seed);
	r->now.us = 5 * (uint64_t)MONO_SEC;
	r->wall = RIG_WALL;
	begin(r);
}

void
rig_fini(struct rig *r)
{
	book_free(r->b);
	free(r->revoked);
	while (r->n_rows > 0)
		row_free(&r->row[--r->n_rows]);
	free(r->row);
}

int
rig_setup(struct rig *r, uint64_t seed, void **state)
{
	*state = r;
	rig_init(r, seed);
	return 0;
}

int
rig_teardown(void **state)
{
	rig_fini(*state);
	return 0;
}

void
rig_restart(struct rig *r)
{
	struct book_entry *row = r->row;
	size_t i, n = r->n_rows;

	book_free(r->b);
	begin(r);
	r->row = NULL;
	r->n_rows = 0;
	for (i = 0; i < n; i++)
		save(r, &row[i], false);
	for (i = 0; i < n; i++)
		book_restore(r->b, &row[i]);
	for (i = 0; i < r->n_revoked; i++)
		book_restore_revoked(r->b, &r->revoked[i]);
	book_restore_watched(r->b, r->watched);
	while (n-- > 0)
		row_free(&row[n]);
	free(row);
}

void
rig_pass(struct rig *r, uint64_t seconds)
{
	r->now = mono_add(r->now, seconds * MONO_SEC);
	r->wall += seconds;
}

/* --- vnodes -----------------------------------------------------------------
 */

const uint8_t *
rig_key(unsigned n)
{
	static uint8_t ring[8][RECORD_KEY];
	static unsigned next;
	uint8_t *key = ring[next++ % 8];
	struct rng g = { n };

	rng_fill(&g, key, RECORD_KEY);
	return key;
}

struct book_source
rig_teller(unsigned which)
{
	return (struct book_source){ BOOK_FROM_PEER, which };
}

struct addr
rig_at(const char *text)
{
	struct addr a;

	if (!addr_parse(text, 7469, &a))
		abort();
	return a;
}

struct addr
rig_place(unsigned n)
{
	const uint8_t ip[4] = { (uint8_t)(11 + n / 256 % 100),
		(uint8_t)(n % 256), (uint8_t)(n / 25600), 1 };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

struct record
rig_record(const struct rig *r, unsigned n, uint64_t seq, const struct addr *ep,
    unsigned n_ep)
{
	struct record rec;

	memset(&rec, 0, sizeof(rec));
	memcpy(rec.key, rig_key(n), RECORD_KEY);
	rec.seq = seq;
	rec.issued = r->wall;
	rec.life = RECORD_LIFE_S;
	rec.load = RECORD_LOAD_UNKNOWN;
	rec.n_ep = n_ep;
	if (n_ep > 0)
		memcpy(rec.ep, ep, n_ep * sizeof(*ep));
	return rec;
}

enum book_news
rig_heard(struct rig *r, struct book_source src, const struct record *rec)
{
	uint8_t raw[RECORD_MAX];
	size_t len = record_write(rec, raw);

	assert(len > 0);
	memset(raw + len, 0x5a, RECORD_SIG);
	return book_heard(
	    r->b, src, rec, raw, len + RECORD_SIG, r->now, r->wall);
}

void
rig_meet(struct rig *r, unsigned n)
{
	const struct addr at = rig_place(n);
	const struct record rec = rig_record(r, n, 1, &at, 1);

	rig_heard(r, RIG_LIST, &rec);
	book_reached(r->b, rig_key(n), RIG_LIST, &at, true, r->now, r->wall);
	book_tried(r->b, rig_key(n), true, r->now);
}

void
rig_minute(struct rig *r, const unsigned *up, size_t n)
{
	size_t i;

	rig_pass(r, 60);
	for (i = 0; i < n; i++)
		book_minute(r->b, rig_key(up[i]), true, 20000, r->wall);
	book_minute_end(r->b);
}

/* --- looking ----------------------------------------------------------------
 */

const struct book_entry *
rig_row(const struct rig *r, unsigned n)
{
	return row_of(r, rig_key(n));
}

const struct book_entry *
rig_entry(const struct rig *r, unsigned n)
{
	return book_find(r->b, rig_key(n));
}

size_t
rig_count(const struct rig *r)
{
	size_t pos = 0, n = 0;

	while (book_each(r->b, &pos) != NULL)
		n++;
	return n;
}
