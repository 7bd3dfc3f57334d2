#include "vplamad/peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmem.h"
#include "core/exchange.h"
#include "vplamad/bookrow.h"
#include "vplamad/keep.h"
#include "vplamad/trusthook.h"
#include "vplamad/vplamad.h"

/* What others may think of joining through us. */
static const uint8_t accepts[] = {
	[TRUST_KNOWN] = ACCEPTS_CLOSED,
	[TRUST_OPEN] = ACCEPTS_OPEN,
	[TRUST_HOOK] = ACCEPTS_ASK,
	[TRUST_SECRET] = ACCEPTS_ASK,
};

static void
describe(const struct config *cfg, struct record *ret)
{
	unsigned i;

	ret->life = RECORD_LIFE_S;
	ret->flags = cfg->public != 0 ? RECORD_PUBLIC : 0;
	ret->accepts = accepts[cfg->trust];
	ret->n_ep = cfg->given[OPT_advertise].n;
	memcpy(ret->ep, cfg->advertise, ret->n_ep * sizeof(*ret->ep));
	for (i = 0; i < cfg->given[OPT_claim].n && i < RECORD_PREFIXES; i++)
		ret->prefix[ret->n_prefix++] = cfg->claim[i];
	strcpy(ret->name, cfg->name);
	strcpy(ret->community, cfg->community);
	strcpy(ret->country, cfg->country);
	ret->has_place = cfg->given[OPT_place].n > 0;
	ret->lat = cfg->place.lat;
	ret->lon = cfg->place.lon;
	strcpy(ret->contact, cfg->contact);
}

static struct exchange_config
exchange_config(const struct config *cfg)
{
	struct exchange_config ec = {
		.trust = { .mode = (enum trust_mode)cfg->trust,
		    .open_transit = cfg->open_transit != 0,
		    .max_peers = cfg->max_peers,
		    .n_authority = cfg->given[OPT_trust_authority].n },
		.book = { .max_peers = cfg->max_peers,
		    .dial = cfg->trust != TRUST_KNOWN && cfg->max_peers > 0 },
	};

	memcpy(ec.trust.authority, cfg->trust_authority,
	    ec.trust.n_authority * sizeof(*ec.trust.authority));
	describe(cfg, &ec.self.about);
	return ec;
}

static void
on_ask(void *arg, const uint8_t x_pk[KEY_LEN], const struct addr *from)
{
	struct vplamad *d = arg;

	trusthook_ask(d->peers.hook, x_pk, from);
}

static void
on_save(void *arg, const struct book_entry *e, bool urgent)
{
	struct vplamad *d = arg;
	struct bookrow_buf buf;
	struct store_rec row;

	if (d->keep == NULL)
		return;
	bookrow_from_entry(e, &row, &buf);
	keep_put(d->keep, &row, urgent ? KEEP_SOON : KEEP_LATE);
}

static void
forget(struct vplamad *d, const uint8_t key[KEY_LEN])
{
	struct store_rec row = { .kind = STORE_PEER, .gone = true };

	memcpy(row.u.peer.key, key, STORE_KEY);
	keep_put(d->keep, &row, KEEP_LATE);
}

static void
on_forget(void *arg, const uint8_t key[KEY_LEN])
{
	struct vplamad *d = arg;

	if (d->keep != NULL)
		forget(d, key);
}

static void
on_save_revoked(void *arg, const struct book_revoked *r)
{
	struct vplamad *d = arg;
	struct store_rec row;

	if (d->keep == NULL)
		return;
	bookrow_from_revoked(r, clock_wall(), &row);
	keep_put(d->keep, &row, KEEP_SOON);
}

/* For whoever reads the file: whose it is, too. */
static void
save_watched(struct vplamad *d, uint32_t minutes, enum keep_when when)
{
	struct store_rec row = { .kind = STORE_WATCH, .at = clock_wall() };

	row.u.watch.minutes = minutes;
	memcpy(row.u.watch.key, d->cfg.id.ed_pk, STORE_KEY);
	memcpy(row.u.watch.netid, d->cfg.net.netid, STORE_KEY);
	row.u.watch.network =
	    (struct store_blob){ (const uint8_t *)d->cfg.network,
		    strlen(d->cfg.network) };
	keep_put(d->keep, &row, when);
}

static void
on_save_watched(void *arg, uint32_t minutes)
{
	struct vplamad *d = arg;

	if (d->keep != NULL)
		save_watched(d, minutes, KEEP_LATE);
}

static void
on_word(void *arg, const uint8_t x_pk[KEY_LEN], int class, struct turn *t)
{
	struct vplamad *d = arg;

	if (!vplamad_stopping(d))
		trust_decided(&d->core, x_pk, class, t);
}

void
peers_open(struct vplamad *d)
{
	const struct exchange_io io = {
		.arg = d,
		.ask = on_ask,
		.save = on_save,
		.forget = on_forget,
		.save_revoked = on_save_revoked,
		.save_watched = on_save_watched,
	};
	const struct exchange_config ec = exchange_config(&d->cfg);

	d->peers.hook = trusthook_new(d->loop, d->cfg.trust_hook, on_word, d);
	exchange_start(&d->core, &ec, &io);
}

static bool
take_watch(struct vplamad *d, const struct store_rec *row)
{
	d->peers.foreign = !equal_ct(
	    row->u.watch.netid, d->cfg.net.netid, sizeof(d->cfg.net.netid));
	if (!d->peers.foreign)
		exchange_restore_watched(&d->core, row->u.watch.minutes);
	else
		log_warnx("store.db is of another network: its vnodes are "
			  "forgotten");
	return true;
}

static bool
take_peer(struct vplamad *d, const struct store_rec *row)
{
	struct peers *ps = &d->peers;
	struct book_entry e;

	if (ps->foreign) {
		ps->leave = xreallocarray(
		    ps->leave, ps->n_leave + 1, sizeof(*ps->leave));
		memcpy(ps->leave[ps->n_leave++], row->u.peer.key, KEY_LEN);
		return true;
	}
	if (!bookrow_to_entry(row, &e))
		return false;
	exchange_restore(&d->core, &e);
	return true;
}

static bool
take_revoked(struct vplamad *d, const struct store_rec *row)
{
	struct book_revoked r;

	if (!bookrow_to_revoked(row, &r))
		return false;
	if (!d->peers.foreign)
		exchange_restore_revoked(&d->core, &r);
	return true;
}

bool
peers_row(void *arg, const struct store_rec *row, int64_t now)
{
	static bool (*const take[STORE_KINDS])(
	    struct vplamad * d, const struct store_rec *row) = {
		[STORE_WATCH] = take_watch,
		[STORE_PEER] = take_peer,
		[STORE_REVOKED] = take_revoked,
	};

	(void)now;
	return take[row->kind](arg, row);
}

void
peers_begin(struct vplamad *d)
{
	struct peers *ps = &d->peers;
	size_t i;

	for (i = 0; i < ps->n_leave; i++)
		forget(d, ps->leave[i]);
	free(ps->leave);
	ps->leave = NULL;
	ps->n_leave = 0;
	save_watched(d, book_watched(exchange_book(&d->core)), KEEP_SOON);
}

/* As the book chooses: those we have met, and those a person told of. */
void
peers_put_again(struct vplamad *d)
{
	const struct book *b = exchange_book(&d->core);
	const struct book_revoked *r;
	const struct book_entry *e;
	size_t pos = 0;

	while ((e = book_each(b, &pos)) != NULL)
		if (e->reached || e->source.from == BOOK_FROM_USER)
			on_save(d, e, true);
	pos = 0;
	while ((r = book_each_revoked(b, &pos)) != NULL)
		on_save_revoked(d, r);
	save_watched(d, book_watched(b), KEEP_SOON);
}

void
peers_close(struct vplamad *d)
{
	trusthook_free(d->peers.hook);
	free(d->peers.leave);
	d->peers = (struct peers){ 0 };
}

void
peers_reload(struct vplamad *d, struct turn *t)
{
	const struct exchange_config ec = exchange_config(&d->cfg);

	exchange_set_config(&d->core, &ec, t);
}

void
peers_act(struct vplamad *d, struct turn *t)
{
	trusthook_act(d->peers.hook, TRUST_ASK_S * 1000, t);
}
