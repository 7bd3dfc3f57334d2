/*
 * Store files as vplamad writes them, of a time that has not passed:
 *
 *	stock made FILE NETWORK COUNT   vnodes that have lasted
 *	stock age FILE DAYS             those that are there lasted so
 *	                                much longer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wr.h"
#include "book/uptime.h"
#include "crypto/sign.h"
#include "store/store.h"
#include "wire/record.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MIN 1440u
#define DAY_S 86400u
#define OLD_DAYS 40u /* of who watches */
#define MOST 4096

static const struct place {
	const char *name, *community, *country;
	int lat, lon; /* degrees */
} places[] = {
	{ "hillside", "Freie Netze Thüringen", "DE", 51, 11 },
	{ "old-water-tower", "Graz mesh", "AT", 47, 15 },
	{ "osona-nord", "Osona", "ES", 42, 2 },
	{ "harbour", "Hamburg", "DE", 54, 10 },
	{ "metsä", "Tampere", "FI", 61, 24 },
	{ "exarchia-roof", "Athens Wireless", "GR", 38, 24 },
	{ "library", "Brooklyn Mesh", "US", 41, -74 },
	{ "quilombo", "Bahia", "BR", -13, -39 },
	{ "nihonbashi", "Tokyo", "JP", 36, 140 },
	{ "st-kilda", "Melbourne", "AU", -38, 145 },
	{ "Ωmega <3 \"fast\" & free", "Kreuzberg", "DE", 52, 13 },
	{ "", "", "", 0, 0 },
	{ "chaski", "Cusco", "PE", -14, -72 },
	{ "mathare", "Nairobi", "KE", -1, 37 },
};

/* One row with what its blobs point to. */
struct row {
	struct store_rec rec;
	uint8_t ep[RECORD_ENDPOINTS * STORE_ADDR], record[RECORD_MAX];
	uint8_t uptime[UPTIME_BYTES];
};

struct stock {
	struct store_rec *rec[MOST];
	size_t n;
};

static void
keep(void *arg, const struct store_rec *rec)
{
	struct stock *s = arg;

	if (s->n < MOST)
		s->rec[s->n++] = store_rec_dup(rec);
}

static struct store *
open_file(const char *path, struct stock *found)
{
	struct store_config cfg = { path, STORE_EVERY_MS, STORE_RETRY_MS,
		MOST };

	return store_open(&cfg, keep, found);
}

static struct addr
address(unsigned n, bool v6)
{
	const uint8_t v4[4] = { 100, (uint8_t)(64 + n % 64), (uint8_t)n, 10 };
	uint8_t ip[16] = { 0x20, 0x01, 0x0d, 0xb8, (uint8_t)(n >> 8),
		(uint8_t)n };

	ip[15] = 1;
	return v6 ? addr_from_ip(ip, 16, 7469) : addr_from_ip(v4, 4, 7469);
}

static void
put_addr(struct wr *w, const struct addr *a)
{
	wr_bytes(w, a->ip, sizeof(a->ip));
	wr_be16(w, a->port);
}

/* As one that was always there, with a bad day now and then. */
static void
lasted(struct uptime *u, uint32_t minutes, unsigned days, unsigned n)
{
	unsigned i;

	uptime_init(u, minutes);
	memset(u->hour, 100, sizeof(u->hour));
	for (i = 0; i < UPTIME_DAYS; i++)
		if (i + days < UPTIME_DAYS)
			u->day[i] = UPTIME_NONE;
		else if (i + 4 < UPTIME_DAYS && (i * 5 + n * 3) % 29 == 7)
			u->day[i] = (uint8_t)(40 + n * 9 % 55);
		else
			u->day[i] = (i + n) % 9 == 4 ? 98 : 100;
	u->up_at = n % 9 == 6 ? minutes - 200 : minutes;
}

static void
words(struct record *r, unsigned n)
{
	const struct place *p = &places[n % COUNT(places)];

	snprintf(r->name, sizeof(r->name), "%s", p->name);
	snprintf(r->community, sizeof(r->community), "%s", p->community);
	snprintf(r->country, sizeof(r->country), "%s", p->country);
	if (n % 3 == 0)
		snprintf(r->contact, sizeof(r->contact), "noc@%s.example",
		    p->country[0] != '\0' ? p->country : "somewhere");
	r->has_place = p->name[0] != '\0';
	r->lat = p->lat * 100000;
	r->lon = p->lon * 100000;
	r->load = n % 7 == 5 ? RECORD_LOAD_UNKNOWN : (uint8_t)(n * 17 % 95);
	r->accepts = (uint8_t)(n % 4 == 3 ? ACCEPTS_ASK : ACCEPTS_OPEN);
}

/* As its owner wrote it; false: it cannot be. */
static bool
owner(struct row *row, unsigned n, const uint8_t netid[KEY_LEN], uint64_t now)
{
	uint8_t seed[KEY_LEN] = { 0x55, (uint8_t)n, (uint8_t)(n >> 8) };
	struct record r = { .seq = 1,
		.issued = now,
		.life = RECORD_LIFE_S,
		.flags = RECORD_PUBLIC | RECORD_STABLE };
	struct identity id;
	size_t len;

	if (!identity_from_seed(seed, &id))
		return false;
	memcpy(r.key, id.ed_pk, sizeof(r.key));
	memcpy(row->rec.u.peer.key, r.key, sizeof(r.key));
	r.ep[r.n_ep++] = address(n, false);
	if (n % 3 != 1)
		r.ep[r.n_ep++] = address(n, true);
	words(&r, n);
	len = record_write(&r, row->record);
	identity_sign(
	    &id, SIGN_RECORD, netid, row->record, len, row->record + len);
	row->rec.u.peer.record =
	    (struct store_blob){ row->record, len + RECORD_SIG };
	return len > 0;
}

static bool
vnode(struct row *row, unsigned n, const uint8_t netid[KEY_LEN], uint64_t now)
{
	unsigned days = n < 2 ? 3 + n : 3 + n * n % 120;
	struct wr w = wr_of(row->ep, sizeof(row->ep));
	struct addr at = address(n, false);
	struct uptime u;

	memset(row, 0, sizeof(*row));
	row->rec.kind = STORE_PEER;
	row->rec.at = (int64_t)now;
	row->rec.u.peer.first_at = (int64_t)(now - days * DAY_S);
	row->rec.u.peer.reached = row->rec.u.peer.dialled = true;
	row->rec.u.peer.observed = days * DAY_S + 60;
	row->rec.u.peer.rtt_us = 3100 + n * n * 1700 % 240000;
	put_addr(&w, &at);
	row->rec.u.peer.ep = row->rec.u.peer.proven =
	    (struct store_blob){ row->ep, w.len };
	lasted(&u, OLD_DAYS * DAY_MIN, days, n);
	row->rec.u.peer.uptime =
	    (struct store_blob){ row->uptime, uptime_write(&u, row->uptime) };
	return owner(row, n, netid, now);
}

static int
made(const char *path, const char *name, unsigned n)
{
	uint64_t now = (uint64_t)clock_wall();
	struct stock none = { .n = 0 };
	struct store *store = open_file(path, &none);
	struct network net;
	struct row row;
	struct store_rec watch = { .kind = STORE_WATCH, .at = (int64_t)now };
	unsigned i;

	network_open(&net, name, strlen(name));
	watch.u.watch.minutes = OLD_DAYS * DAY_MIN;
	memcpy(watch.u.watch.netid, net.netid, sizeof(net.netid));
	watch.u.watch.network =
	    (struct store_blob){ (const uint8_t *)name, strlen(name) };
	store_put(store, &watch);
	for (i = 0; i < n; i++)
		if (!vnode(&row, i, net.netid, now) ||
		    store_put(store, &row.rec) == 0)
			return 1;
	return store_close(store) ? 0 : 1;
}

/* All in contact at this minute, and every day before. */
static void
put_older(
    struct store *store, struct store_rec *rec, uint32_t minutes, unsigned days)
{
	uint8_t bytes[UPTIME_BYTES];
	struct uptime u;

	lasted(&u, minutes, days, 0);
	rec->u.peer.observed += days * DAY_S;
	rec->u.peer.first_at -= (int64_t)days * DAY_S;
	rec->u.peer.uptime =
	    (struct store_blob){ bytes, uptime_write(&u, bytes) };
	store_put(store, rec);
}

static int
age(const char *path, unsigned days)
{
	struct stock all = { .n = 0 };
	struct store *store = open_file(path, &all);
	uint32_t minutes = days * DAY_MIN;
	size_t i;

	for (i = 0; i < all.n; i++)
		if (all.rec[i]->kind == STORE_WATCH) {
			minutes = all.rec[i]->u.watch.minutes += minutes;
			store_put(store, all.rec[i]);
		}
	for (i = 0; i < all.n; i++) {
		if (all.rec[i]->kind == STORE_PEER)
			put_older(store, all.rec[i], minutes, days);
		free(all.rec[i]);
	}
	return store_close(store) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (!crypto_start())
		return 1;
	if (argc == 5 && strcmp(argv[1], "made") == 0)
		return made(argv[2], argv[3], (unsigned)atoi(argv[4]));
	if (argc == 4 && strcmp(argv[1], "age") == 0)
		return age(argv[2], (unsigned)atoi(argv[3]));
	fputs("usage: stock made FILE NETWORK COUNT | stock age FILE DAYS\n",
	    stderr);
	return 2;
}
