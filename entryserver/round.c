#include "entryserver/round.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim.h"
#include "entryserver/choose.h"
#include "store/reader.h"

/*
 * Is what the store says of today? Both sides take the time from one clock, so
 * a jump of it shows here until vplamad has written again.
 */
static bool
is_sound(const struct census *c, char why[static ROUND_WHY])
{
	int64_t behind = (int64_t)c->now - c->saved;

	if (!c->watched)
		snprintf(why, ROUND_WHY,
		    "the store does not say yet whose it is: is vplamad "
		    "running?");
	else if (behind > ROUND_STALE_S || behind < -ROUND_STALE_S)
		snprintf(why, ROUND_WHY,
		    "the store was written %" PRId64 " s from now: vplamad "
		    "has ended, or the clock has jumped",
		    behind);
	else if (!census_clock_holds(c))
		snprintf(why, ROUND_WHY,
		    "the clock is wrong: the records of %u vnodes in contact "
		    "are out of time by it",
		    c->late_up);
	else
		return true;
	return false;
}

/* What we would not read ourselves is not published. */
static bool
is_readable(const struct release *r, char why[static ROUND_WHY])
{
	struct entry_list list;
	const char *what;

	if (entry_parse(r->text[FILE_JSON], r->len[FILE_JSON], &list, &what)) {
		entry_fini(&list);
		return true;
	}
	snprintf(why, ROUND_WHY, "the list would be refused: %s", what);
	return false;
}

static void
fill_model(struct model *m, const struct options *o, const struct census *c,
    const struct minisign_key *key, uint64_t serial)
{
	struct entry_list *l = &m->list;

	memcpy(l->network, c->network, sizeof(l->network));
	memcpy(l->publisher, o->publisher, sizeof(l->publisher));
	l->serial = serial;
	l->generated = (int64_t)c->now;
	l->fresh_until = l->generated + o->fresh;
	l->valid_until = l->generated + o->valid;
	memcpy(m->title, o->title, sizeof(m->title));
	memcpy(m->contact, o->contact, sizeof(m->contact));
	memcpy(m->base_url, o->base_url, sizeof(m->base_url));
	minisign_pub_format(&key->pub, m->key);
	m->reached = c->reached;
	m->lasting = c->lasting;
}

bool
round_make(struct round *ret, const struct options *o,
    const struct minisign_key *key, uint64_t now, uint64_t last,
    char why[static ROUND_WHY])
{
	struct model m = { .up = 0 };
	char store_why[DB_WHY];
	uint8_t secret[16];
	struct census c;
	unsigned chosen;
	bool ok = false;

	*ret = (struct round){ .serial = now > last ? now : last + 1 };
	census_begin(&c, now);
	if (reader_load(o->store, census_rec, &c, store_why) != DB_OK) {
		snprintf(why, ROUND_WHY, "%s: %s", o->store, store_why);
		goto out;
	}
	census_end(&c);
	if (!is_sound(&c, why))
		goto out;
	random_bytes(secret, sizeof(secret));
	fill_model(&m, o, &c, key, ret->serial);
	choose(&c, o->max_entries, secret, &m.list);
	chosen = m.list.n;
	release_make(&ret->release, &m, key, o->dns_zone, c.left);
	memcpy(ret->left, c.left, sizeof(ret->left));
	ret->left[LEFT_ROOM] += chosen - m.list.n;
	ret->listed = m.list.n;
	ret->up = m.up;
	free(m.list.server);
	ok = is_readable(&ret->release, why);
	if (!ok)
		round_fini(ret);
out:
	census_fini(&c);
	return ok;
}

void
round_fini(struct round *r)
{
	release_fini(&r->release);
}
