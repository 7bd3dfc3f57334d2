/*
 * The three-day rule over its whole span, through the address book as it is
 * shipped: minute by minute, with restarts from what the store was given, with
 * clocks that jump, and a vnode that lies. One run keeps the right time; others
 * with the same peers must not differ from it in any minute.
 */
#include "lasting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "book/book.h"
#include "tests/entrycopy.h"
#include "tests/rng.h"

#define START UINT64_C(1790000000) /* seconds since 1970 */
#define DAYS3 4320u		   /* minutes */
#define MINUTES (DAYS3 + 10)
#define RENEW 720u /* minutes: a record of each */
#define DAY INT64_C(86400)

enum who { SHORT, LONG, LIAR, PEERS };

static const struct {
	const char *name;
	unsigned from, to; /* minutes with contact */
} peers[PEERS] = {
	[SHORT] = { "short", 0, DAYS3 - 1 }, /* 2 days 23 h 59 min */
	[LONG] = { "long", 0, DAYS3 + 1 },   /* 3 days 1 min */
	[LIAR] = { "liar", DAYS3 - 30, DAYS3 + 1 },
};

/* What the clock does, at some minute. */
struct jump {
	unsigned minute;
	int64_t by;  /* seconds */
	uint64_t to; /* if not 0 */
};

#define Y1970 1u
#define Y2106 UINT64_C(4294967000)

/* Never on the minute of a restart, and close to the mark. */
static const struct scene {
	const char *name;
	struct jump jump[6];
	unsigned restart[3];
} scenes[] = {
	{ "steady", { { 0 } }, { 0 } },
	{ "restart", { { 0 } }, { 1, 2000, DAYS3 - 1 } },
	{ "day-on", { { 700, DAY, 0 }, { DAYS3 - 2, DAY, 0 } }, { 0 } },
	{ "day-back", { { 700, -DAY, 0 }, { DAYS3 - 2, -DAY, 0 } }, { 0 } },
	{ "1970",
	    { { 900, 0, Y1970 }, { DAYS3 - 3, 0, START },
		{ DAYS3 - 2, 0, Y1970 } },
	    { 0 } },
	{ "2106",
	    { { 900, 0, Y2106 }, { DAYS3 - 3, 0, START },
		{ DAYS3 - 2, 0, Y2106 } },
	    { 0 } },
	{ "all",
	    { { 300, DAY, 0 }, { 800, 0, Y2106 }, { 1500, 0, Y1970 },
		{ 2100, 0, START }, { 3000, -DAY, 0 },
		{ DAYS3 - 1, 0, Y2106 } },
	    { 801, 1501, DAYS3 - 2 } },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

struct life {
	struct book *b;
	struct rng rng;
	struct mono now;
	uint64_t wall;
	/* The store. */
	struct book_entry row[PEERS];
	uint8_t raw[PEERS][RECORD_MAX]; /* their records */
	unsigned n_rows;
	uint32_t watched;
	unsigned restarts, jumps;
	bool failed;
};

/* --- the store --------------------------------------------------------------
 */

static void
save(void *arg, const struct book_entry *e, bool urgent)
{
	struct life *l = arg;
	unsigned i;

	(void)urgent;
	for (i = 0; i < l->n_rows; i++)
		if (memcmp(l->row[i].key, e->key, RECORD_KEY) == 0)
			break;
	if (i == PEERS)
		fatalx("a row too many");
	entry_copy(&l->row[i], l->raw[i], e);
	if (i == l->n_rows)
		l->n_rows++;
}

static void
forget(void *arg, const uint8_t key[RECORD_KEY])
{
	(void)key;
	((struct life *)arg)->failed = true;
}

static void
save_revoked(void *arg, const struct book_revoked *r)
{
	(void)r;
	((struct life *)arg)->failed = true;
}

static void
save_watched(void *arg, uint32_t minutes)
{
	((struct life *)arg)->watched = minutes;
}

static void
fill(void *arg, void *p, size_t len)
{
	rng_fill(&((struct life *)arg)->rng, p, len);
}

/* --- the vnodes -------------------------------------------------------------
 */

static void
key_of(enum who w, uint8_t key[RECORD_KEY])
{
	memset(key, 0x40 + (int)w, RECORD_KEY);
}

static struct addr
place_of(enum who w)
{
	const uint8_t ip[4] = { 192, (uint8_t)(20 + w), 2, 1 };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

/*
 * Its owner's clock is right; that of the liar says it has been here for as
 * long as a record can, and no number is higher than its.
 */
static void
tell_record(struct life *l, enum who w, unsigned minute)
{
	struct record r;
	uint8_t raw[RECORD_MAX];
	size_t len;

	memset(&r, 0, sizeof(r));
	key_of(w, r.key);
	r.seq = 1 + minute;
	r.issued = START + minute * 60;
	r.life = RECORD_LIFE_S;
	r.load = RECORD_LOAD_UNKNOWN;
	r.ep[0] = place_of(w);
	r.n_ep = 1;
	if (w == LIAR) {
		r.seq = UINT64_MAX - MINUTES + minute;
		r.issued = START + minute * 60 - RECORD_LIFE_S;
		r.flags = RECORD_PUBLIC | RECORD_STABLE;
		strcpy(r.name, "here for 1000 days");
	}
	len = record_write(&r, raw);
	if (len == 0)
		fatalx("no record");
	memset(raw + len, 0, RECORD_SIG);
	book_heard(l->b, (struct book_source){ BOOK_FROM_SELF, 0 }, &r, raw,
	    len + RECORD_SIG, l->now, l->wall);
}

/* --- three days -------------------------------------------------------------
 */

static void
begin(struct life *l)
{
	static const uint8_t self[RECORD_KEY] = { 1 };
	const struct book_config cfg = { .max_peers = 32, .dial = true };
	const struct book_io io = { l, save, forget, save_revoked, save_watched,
		fill };
	struct book_entry row[PEERS];
	unsigned i, n = l->n_rows;

	memcpy(row, l->row, sizeof(row));
	l->b = book_new(&cfg, &io, self);
	for (i = 0; i < n; i++)
		book_restore(l->b, &row[i]);
	book_restore_watched(l->b, l->watched);
}

/* The new life has another monotonic clock, and all handshakes are again. */
static void
restart(struct life *l, unsigned minute)
{
	enum who w;

	book_free(l->b);
	l->now.us = MONO_SEC;
	l->restarts++;
	begin(l);
	for (w = 0; w < PEERS; w++) {
		const struct addr at = place_of(w);
		uint8_t key[RECORD_KEY];

		key_of(w, key);
		if (minute > peers[w].from && minute < peers[w].to)
			book_reached(l->b, key,
			    (struct book_source){ BOOK_FROM_SELF, 0 }, &at,
			    true, l->now, l->wall);
	}
}

static void
jump(struct life *l, const struct scene *s, unsigned minute)
{
	size_t i;

	for (i = 0; i < sizeof(s->jump) / sizeof(s->jump[0]); i++) {
		const struct jump *j = &s->jump[i];

		if (j->minute != minute || minute == 0)
			continue;
		l->wall = j->to != 0 ? j->to : l->wall + (uint64_t)j->by;
		l->jumps++;
	}
	for (i = 0; i < sizeof(s->restart) / sizeof(s->restart[0]); i++)
		if (s->restart[i] == minute && minute != 0)
			restart(l, minute);
}

static void
contact(struct life *l, enum who w, unsigned minute)
{
	const struct addr at = place_of(w);
	uint8_t key[RECORD_KEY];

	key_of(w, key);
	if (minute < peers[w].from || minute >= peers[w].to)
		return;
	if (minute == peers[w].from)
		book_reached(l->b, key,
		    (struct book_source){ BOOK_FROM_SELF, 0 }, &at, true,
		    l->now, l->wall);
	if ((minute - peers[w].from) % RENEW == 0 || w == LIAR)
		tell_record(l, w, minute);
	book_minute(l->b, key, true, 20000, l->wall);
}

static uint32_t
observed(const struct life *l, enum who w)
{
	const struct book_entry *e;
	uint8_t key[RECORD_KEY];

	key_of(w, key);
	e = book_find(l->b, key);
	return e == NULL ? 0 : e->observed;
}

/* seen: each minute's observed seconds of each. */
static void
live(struct life *l, const struct scene *s, uint32_t seen[MINUTES][PEERS])
{
	unsigned minute;
	enum who w;

	memset(l, 0, sizeof(*l));
	l->rng.s = 1;
	l->now.us = MONO_SEC;
	l->wall = START;
	begin(l);
	for (minute = 0; minute < MINUTES; minute++) {
		jump(l, s, minute);
		for (w = 0; w < PEERS; w++)
			contact(l, w, minute);
		l->now = mono_add(l->now, 60 * (uint64_t)MONO_SEC);
		l->wall += 60;
		book_minute_end(l->b);
		for (w = 0; w < PEERS; w++)
			seen[minute][w] = observed(l, w);
	}
}

/* --- what comes out ---------------------------------------------------------
 */

static unsigned
minutes_that_differ(uint32_t a[MINUTES][PEERS], uint32_t b[MINUTES][PEERS])
{
	unsigned i, n = 0;

	for (i = 0; i < MINUTES; i++)
		n += memcmp(a[i], b[i], sizeof(a[i])) != 0;
	return n;
}

static bool
row_says(const struct life *l, enum who w, uint32_t seconds)
{
	uint8_t key[RECORD_KEY];
	unsigned i;

	key_of(w, key);
	for (i = 0; i < l->n_rows; i++)
		if (memcmp(l->row[i].key, key, RECORD_KEY) == 0)
			return l->row[i].observed == seconds;
	return false;
}

static bool
judge(const struct life *l, const struct scene *s,
    uint32_t steady[MINUTES][PEERS], uint32_t seen[MINUTES][PEERS])
{
	bool ok = !l->failed;
	unsigned differ = minutes_that_differ(steady, seen);
	enum who w;

	printf("scene=%s minutes=%u restarts=%u jumps=%u differ=%u", s->name,
	    MINUTES, l->restarts, l->jumps, differ);
	for (w = 0; w < PEERS; w++) {
		uint32_t got = observed(l, w);
		bool is = got >= BOOK_AGE_S;

		printf(" %s=%" PRIu32 " %s_established=%s", peers[w].name, got,
		    peers[w].name, is ? "yes" : "no");
		ok = ok && is == (w == LONG) && row_says(l, w, got) &&
		    got == (peers[w].to - peers[w].from) * 60;
	}
	ok = ok && differ == 0;
	printf(" result=%s\n", ok ? "ok" : "FAILED");
	return ok;
}

int
lasting_main(int argc, char **argv)
{
	static uint32_t steady[MINUTES][PEERS], seen[MINUTES][PEERS];
	struct life *l;
	bool ok = true;
	size_t i;

	(void)argv;
	if (argc != 1) {
		fputs("usage: vplama-sim lasting\n", stderr);
		return 2;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		fatalx("no memory");
	for (i = 0; i < SCENES; i++) {
		live(l, &scenes[i], i == 0 ? steady : seen);
		ok = judge(l, &scenes[i], steady, i == 0 ? steady : seen) && ok;
		book_free(l->b);
	}
	free(l);
	return ok ? 0 : 1;
}
