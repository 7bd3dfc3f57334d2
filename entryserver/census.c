#include "entryserver/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/xmem.h"
#include "book/book.h"
#include "crypto/sign.h"

#define RTT_MAX_US 60000000u /* more was no measurement */

static const char *const words[LEFT_KINDS] = {
	[LEFT_UNPROVEN] = "unproven",
	[LEFT_YOUNG] = "young",
	[LEFT_RECORD] = "record",
	[LEFT_CONSENT] = "consent",
	[LEFT_REVOKED] = "revoked",
	[LEFT_SHAKY] = "shaky",
	[LEFT_LATE] = "late",
	[LEFT_CROWD] = "crowd",
	[LEFT_ROOM] = "room",
};

const char *
left_word(enum left_out why)
{
	return words[why];
}

void
census_begin(struct census *c, uint64_t now)
{
	*c = (struct census){ .now = now };
}

void
census_fini(struct census *c)
{
	free(c->candidate);
	free(c->revoked);
	*c = (struct census){ 0 };
}

static void
take_watch(struct census *c, const struct store_rec *rec)
{
	const struct store_blob *name = &rec->u.watch.network;

	if (name->len == 0 || name->len > ENTRY_NETWORK)
		return;
	c->watched = true;
	c->saved = rec->at;
	c->minutes = rec->u.watch.minutes;
	memcpy(c->netid, rec->u.watch.netid, STORE_KEY);
	memcpy(c->network, name->p, name->len);
	c->network[name->len] = '\0';
}

static void
take_revoked(struct census *c, const struct store_rec *rec)
{
	c->revoked =
	    xreallocarray(c->revoked, c->n_revoked + 1, sizeof(*c->revoked));
	memcpy(c->revoked[c->n_revoked++], rec->u.revoked.key, STORE_KEY);
}

static bool
get_proven(const struct store_rec *rec, struct addr *ret)
{
	struct rd rd = rd_of(rec->u.peer.proven.p, rec->u.peer.proven.len);

	*ret = (struct addr){ 0 };
	return rd_bytes(&rd, ret->ip, sizeof(ret->ip)) &&
	    rd_be16(&rd, &ret->port) && rd_end(&rd) && addr_routable(ret);
}

/* The owner's own words, or what they lack. */
static bool
get_record(
    const struct census *c, const struct store_rec *rec, struct record *ret)
{
	const struct store_blob *b = &rec->u.peer.record;
	const uint8_t *sig;
	size_t n_signed;

	return b->len > 0 && b->len <= RECORD_MAX &&
	    record_parse(b->p, b->len, ret, &n_signed, &sig) &&
	    memcmp(ret->key, rec->u.peer.key, RECORD_KEY) == 0 &&
	    key_verify(ret->key, SIGN_RECORD, c->netid, b->p, n_signed, sig);
}

/* As it stands at this minute. */
static bool
get_uptime(
    const struct census *c, const struct store_rec *rec, struct uptime *ret)
{
	const struct store_blob *b = &rec->u.peer.uptime;

	/* The watch row is written last, perhaps in another batch. */
	if (!uptime_read(b->p, b->len, ret) ||
	    ret->at > c->minutes + CENSUS_UP_MIN)
		return false;
	uptime_move(ret, c->minutes);
	return true;
}

static bool
is_solid(const struct uptime *u)
{
	static const unsigned hours[] = { 8, 24, UPTIME_HOURS };

	for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
		unsigned percent = uptime_hours(u, hours[i]);

		if (percent == UPTIME_NONE || percent < CENSUS_SOLID)
			return false;
	}
	return true;
}

static bool
is_up(const struct census *c, const struct uptime *u)
{
	/* A tunnel that has just begun counts for the minute to come. */
	return u->up_at != 0 && u->up_at + CENSUS_UP_MIN >= c->minutes;
}

/* The one that was proven, then those of the record. */
static void
set_endpoints(
    struct entry_server *s, const struct addr *proven, const struct record *r)
{
	s->ep[s->n_ep++] = *proven;
	for (unsigned i = 0; i < r->n_ep && s->n_ep < RECORD_ENDPOINTS; i++)
		if (!addr_equal(&r->ep[i], proven))
			s->ep[s->n_ep++] = r->ep[i];
}

static void
set_days(struct entry_server *s, const struct uptime *u)
{
	_Static_assert(ENTRY_DAYS == UPTIME_DAYS, "one day each");
	_Static_assert(ENTRY_NO_DAY == UPTIME_NONE, "one word for nobody");
	unsigned drop = u->day_seen > 0 ? 1 : 0; /* for the day that runs */

	memcpy(s->day, u->day + drop, ENTRY_DAYS - drop);
	if (drop > 0)
		s->day[ENTRY_DAYS - 1] = (uint8_t)uptime_days(u, 1);
	s->uptime_7d = (uint8_t)uptime_days(u, 7);
	s->uptime_30d = (uint8_t)uptime_days(u, 30);
}

static void
set_words(struct entry_server *s, const struct record *r)
{
	memcpy(s->key, r->key, sizeof(s->key));
	memcpy(s->name, r->name, sizeof(s->name));
	memcpy(s->community, r->community, sizeof(s->community));
	memcpy(s->country, r->country, sizeof(s->country));
	memcpy(s->contact, r->contact, sizeof(s->contact));
	s->has_place = r->has_place;
	s->lat = r->lat;
	s->lon = r->lon;
	memcpy(s->prefix, r->prefix, sizeof(s->prefix));
	s->n_prefix = r->n_prefix;
	s->load = r->load;
	s->accepts = r->accepts;
}

static struct candidate *
add_candidate(struct census *c)
{
	if (c->n == c->max) {
		c->max = c->max == 0 ? 64 : 2 * c->max;
		c->candidate =
		    xreallocarray(c->candidate, c->max, sizeof(*c->candidate));
	}
	c->candidate[c->n] = (struct candidate){ 0 };
	return &c->candidate[c->n++];
}

static void
take_peer(struct census *c, const struct store_rec *rec)
{
	struct candidate *to;
	struct record r;
	struct uptime u;
	struct addr proven;

	c->reached++;
	c->lasting += rec->u.peer.observed >= BOOK_AGE_S;
	if (!rec->u.peer.dialled || !get_proven(rec, &proven)) {
		c->left[LEFT_UNPROVEN]++;
	} else if (rec->u.peer.observed < BOOK_AGE_S) {
		c->left[LEFT_YOUNG]++;
	} else if (!get_record(c, rec, &r)) {
		c->left[LEFT_RECORD]++;
	} else if (!(r.flags & RECORD_PUBLIC)) {
		c->left[LEFT_CONSENT]++;
	} else if (!get_uptime(c, rec, &u) || !is_solid(&u)) {
		c->left[LEFT_SHAKY]++;
	} else if (!record_in_time(&r, c->now)) {
		c->left[LEFT_LATE]++;
		c->late_up += is_up(c, &u);
	} else {
		to = add_candidate(c);
		set_words(&to->server, &r);
		set_endpoints(&to->server, &proven, &r);
		set_days(&to->server, &u);
		to->server.up = is_up(c, &u);
		to->server.first_seen = rec->u.peer.first_at;
		to->server.observed = rec->u.peer.observed;
		to->server.rtt_us =
		    rec->u.peer.rtt_us < RTT_MAX_US ? rec->u.peer.rtt_us : 0;
		to->solid = (uint8_t)uptime_hours(&u, UPTIME_HOURS);
		memcpy(to->server.record, rec->u.peer.record.p,
		    rec->u.peer.record.len);
		to->server.record_len = rec->u.peer.record.len;
	}
}

void
census_rec(void *census, const struct store_rec *rec)
{
	struct census *c = census;

	if (rec->kind == STORE_WATCH)
		take_watch(c, rec);
	else if (rec->kind == STORE_REVOKED)
		take_revoked(c, rec);
	else if (rec->kind == STORE_PEER && rec->u.peer.reached && c->watched)
		take_peer(c, rec);
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, STORE_KEY);
}

void
census_end(struct census *c)
{
	size_t kept = 0;

	if (c->n_revoked > 0)
		qsort(c->revoked, c->n_revoked, STORE_KEY, by_key);
	for (size_t i = 0; i < c->n; i++) {
		if (c->n_revoked > 0 &&
		    bsearch(c->candidate[i].server.key, c->revoked,
			c->n_revoked, STORE_KEY, by_key) != NULL)
			c->left[LEFT_REVOKED]++;
		else
			c->candidate[kept++] = c->candidate[i];
	}
	c->n = kept;
}

bool
census_clock_holds(const struct census *c)
{
	unsigned up = 0;

	for (size_t i = 0; i < c->n; i++)
		up += c->candidate[i].server.up;
	return c->now >= RECORD_EPOCH && c->late_up <= up;
}
