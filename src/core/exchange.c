#include "core/exchange.h"

#include <stddef.h>
#include <string.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/ex.h"
#include "core/trial.h"
#include "crypto/sign.h"

#define PICK_GAP_US (200 * MONO_MS)
#define MINUTE_US (60 * (uint64_t)MONO_SEC)
#define RECORDS_RATE 500 /* a second that are looked at, in all */
#define RECORDS_BURST 2000
#define ANSWERS_RATE 50		       /* a second to questions, in all */
#define LEARNED_ID (UINT32_C(1) << 31) /* no peer's id reaches that */

_Static_assert(RECORD_KEY == KEY_LEN && RECORD_SIG == SIG_LEN, "one size");

/* The callbacks of src/book. */

static void
on_save(void *arg, const struct book_entry *e, bool urgent)
{
	struct exchange *ex = arg;

	ex->io.save(ex->io.arg, e, urgent);
}

static void
on_forget(void *arg, const uint8_t key[RECORD_KEY])
{
	struct exchange *ex = arg;

	ex->io.forget(ex->io.arg, key);
}

static void
on_save_revoked(void *arg, const struct book_revoked *r)
{
	struct exchange *ex = arg;

	ex->io.save_revoked(ex->io.arg, r);
}

static void
on_save_watched(void *arg, uint32_t minutes)
{
	struct exchange *ex = arg;

	ex->io.save_watched(ex->io.arg, minutes);
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct exchange *ex = arg;

	ex->c->io.random(ex->c->io.arg, p, len);
}

/* Nobody is dialled whom the mode would not let in. */
static struct book_config
book_config_of(const struct exchange_config *cfg)
{
	struct book_config bc = cfg->book;

	if (cfg->trust.mode == TRUST_KNOWN)
		bc.dial = false;
	return bc;
}

void
exchange_start(struct core *c, const struct exchange_config *cfg,
    const struct exchange_io *io)
{
	struct exchange *ex = xcalloc(1, sizeof(*ex));
	const struct book_config bc = book_config_of(cfg);
	const struct book_io bio = { .arg = ex,
		.save = on_save,
		.forget = on_forget,
		.save_revoked = on_save_revoked,
		.save_watched = on_save_watched,
		.random = on_random };
	const struct mono start = { 0 };
	uint8_t secret[16];

	ex->c = c;
	ex->cfg = *cfg;
	ex->io = *io;
	ex->book = book_new(&bc, &bio, c->id.ed_pk);
	on_random(ex, secret, sizeof(secret));
	revoked_init(ex, secret);
	bucket_init(&ex->records, RECORDS_RATE, RECORDS_BURST, start);
	bucket_init(&ex->answers, ANSWERS_RATE, ANSWERS_RATE, start);
	trust_start(ex, secret, start);
	c->ex = ex;
	c->caps |= CAP_RECORDS;
}

void
exchange_fini(struct core *c)
{
	struct exchange *ex = c->ex;

	if (ex == NULL)
		return;
	trust_end(ex);
	revoked_fini(ex);
	book_free(ex->book);
	free(ex);
	c->ex = NULL;
}

void
exchange_set_config(
    struct core *c, const struct exchange_config *cfg, struct turn *t)
{
	const struct book_config bc = book_config_of(cfg);

	c->ex->cfg = *cfg;
	book_set_config(c->ex->book, &bc);
	trust_update_all(c, t);
	exchange_refresh(c, t);
	exchange_pick_soon(c, t);
}

void
exchange_restore(struct core *c, const struct book_entry *e)
{
	book_restore(c->ex->book, e);
}

void
exchange_restore_watched(struct core *c, uint32_t minutes)
{
	book_restore_watched(c->ex->book, minutes);
}

void
exchange_pick_soon(struct core *c, struct turn *t)
{
	struct exchange *ex = c->ex;
	struct mono at = mono_add(ex->picked, PICK_GAP_US);

	/* The first time at once; then the book is not read for each news. */
	if (ex->picked.us == 0 || mono_before(at, t->now))
		at = t->now;
	ex->pick_at = mono_min(ex->pick_at, at);
}

bool
exchange_is_key_of(const struct peer *p, const uint8_t ed_pk[KEY_LEN])
{
	uint8_t x_pk[KEY_LEN];

	if (p->ed_known)
		return memcmp(p->cfg.ed_pk, ed_pk, KEY_LEN) == 0;
	return key_to_x25519(ed_pk, x_pk) &&
	    memcmp(p->cfg.x_pk, x_pk, KEY_LEN) == 0;
}

static uint64_t
wall_s(const struct turn *t)
{
	return t->wall_ms / 1000;
}

enum book_news
exchange_heard_of(struct core *c, struct book_source src,
    const uint8_t key[KEY_LEN], const struct addr *ep, unsigned n,
    struct turn *t)
{
	enum book_news news =
	    book_heard_of(c->ex->book, src, key, ep, n, t->now);

	if (news == BOOK_NEW || news == BOOK_NEWER)
		exchange_pick_soon(c, t);
	return news;
}

/* What we have has been checked, and comes from many sides. */
bool
exchange_has(const struct core *c, const uint8_t key[KEY_LEN],
    const uint8_t *raw, size_t len)
{
	const struct book_entry *e = book_find(c->ex->book, key);

	return e != NULL && e->record_len == len &&
	    memcmp(e->record, raw, len) == 0;
}

bool
exchange_may_verify(struct core *c, struct turn *t)
{
	if (bucket_take(&c->ex->records, t->now))
		return true;
	count(&c->cnt, CNT_record_rate);
	return false;
}

bool
exchange_heard(struct core *c, struct book_source src, const uint8_t *raw,
    size_t len, struct turn *t, enum book_news *ret)
{
	const uint8_t *sig;
	struct record r;
	size_t n;

	if (!record_parse(raw, len, &r, &n, &sig))
		return false;
	if (!exchange_has(c, r.key, raw, len) &&
	    !key_verify(r.key, SIGN_RECORD, c->net.netid, raw, n, sig))
		return false;
	*ret = book_heard(c->ex->book, src, &r, raw, len, t->now, wall_s(t));
	if (*ret == BOOK_NEW || *ret == BOOK_NEWER)
		exchange_pick_soon(c, t);
	return true;
}

const struct book *
exchange_book(const struct core *c)
{
	return c->ex != NULL ? c->ex->book : NULL;
}

const struct trust_config *
exchange_trust(const struct core *c)
{
	return c->ex != NULL ? &c->ex->cfg.trust : NULL;
}

struct book_source
exchange_source(const struct peer *p)
{
	if (p->origin == PEER_CONFIGURED)
		return (struct book_source){ .from = BOOK_FROM_USER };
	return (struct book_source){ (uint8_t)p->told_by, p->told_which };
}

uint32_t
exchange_source_id(const struct peer *p)
{
	if (p->origin == PEER_CONFIGURED)
		return p->id; /* named by a person: a source of its own */
	return LEARNED_ID | p->told_by << 28 | (p->told_which & 0x0fffffffu);
}

/* Only what it says itself, and proved by being there, is passed on. */
void
exchange_note_reached(struct core *c, struct peer *p, struct turn *t)
{
	const struct book_entry *e = book_find(c->ex->book, p->cfg.ed_pk);
	struct addr at = { 0 };
	unsigned i;

	for (i = 0; e != NULL && i < e->n_ep; i++)
		if (addr_equal(&e->ep[i], &p->path.remote))
			at = e->ep[i];
	book_reached(c->ex->book, p->cfg.ed_pk, exchange_source(p), &at,
	    trial_dialled(p), t->now, wall_s(t));
}

bool
exchange_is_self(const struct core *c, const struct addr *at)
{
	const struct exchange *ex = c->ex;
	unsigned i;

	for (i = 0; i < ex->own.n_ep; i++)
		if (addr_equal(&ex->own.ep[i], at))
			return true;
	return false;
}

/*
 * It has answered from there, in this life or an earlier one. A cookie is an
 * answer: nobody gives one who has not got what we sent there.
 */
static bool
is_proven(const struct core *c, const struct peer *p, const struct addr *to)
{
	const struct book_entry *e;

	if ((p->has_path && addr_equal(&p->path.remote, to)) ||
	    cookie_of(p->dial.cookies, to) != NULL)
		return true;
	e = p->ed_known ? book_find(c->ex->book, p->cfg.ed_pk) : NULL;
	return e != NULL && e->reached && addr_equal(&e->proven, to);
}

/* A person gave its address, and nobody has said anything else since. */
static bool
is_named(const struct core *c, const struct peer *p)
{
	const struct book_entry *e = book_find(c->ex->book, p->cfg.ed_pk);

	return p->told_by == BOOK_FROM_USER && e != NULL && e->record_len == 0;
}

bool
exchange_may_dial(
    struct core *c, const struct peer *p, const struct addr *to, struct turn *t)
{
	if (p->origin == PEER_CONFIGURED)
		return true;
	if (peer_is_trial(p) && p->dial.tries > BOOK_DIALS)
		return false;
	if (exchange_is_self(c, to))
		return false;
	return is_proven(c, p, to) || is_named(c, p) ||
	    book_may_dial(c->ex->book, p->cfg.ed_pk, to, t->now);
}

void
exchange_peer_up(struct core *c, struct peer *p, struct turn *t)
{
	if (c->ex == NULL)
		return;
	trial_up(c, p, t);
	if (p->ed_known)
		exchange_note_reached(c, p, t);
	exchange_refresh_by(c, p, t);
	tell_up(c, p, t);
}

void
exchange_peer_down(struct core *c, struct peer *p, struct turn *t)
{
	if (c->ex != NULL)
		trial_down(c, p, t);
}

static void
minute(struct core *c, struct turn *t)
{
	struct exchange *ex = c->ex;
	const struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link) {
		bool up = p->state == PEER_VRNODE &&
		    mono_since(p->last_rx, t->now) <= MINUTE_US;

		if (p->ed_known && !p->revoked && !peer_is_trial(p))
			book_minute(
			    ex->book, p->cfg.ed_pk, up, p->rtt_us, wall_s(t));
	}
	book_minute_end(ex->book);
}

void
exchange_tick(struct core *c, struct turn *t)
{
	struct exchange *ex = c->ex;

	if (ex == NULL)
		return;
	trial_reap(c, t);
	if (mono_due(ex->minute_at, t->now)) {
		if (ex->minute_at.us != 0)
			minute(c, t);
		ex->minute_at = mono_add(t->now, MINUTE_US);
		exchange_refresh(c, t);
	}
	if (!mono_due(ex->pick_at, t->now))
		return;
	ex->picked = t->now;
	ex->pick_at = MONO_NEVER;
	if (!c->stopping && !trust_is_closed(c))
		trial_pick(c, t);
}

struct mono
exchange_deadline(const struct core *c)
{
	const struct exchange *ex = c->ex;

	if (ex == NULL)
		return MONO_NEVER;
	if (ex->n_doomed > 0)
		return (struct mono){ 0 };
	return mono_min(ex->minute_at, ex->pick_at);
}
