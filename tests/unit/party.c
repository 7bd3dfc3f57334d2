#include "party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer_send.h"
#include "crypto/sign.h"
#include "tests/entrycopy.h"

static const uint8_t secret[KEY_LEN] = { 7 };

static void
on_ask(void *arg, const uint8_t x_pk[KEY_LEN], const struct addr *from)
{
	struct party_world *w = arg;

	(void)from;
	w->asks++;
	memcpy(w->asked, x_pk, KEY_LEN);
}

static struct book_entry *
saved(struct party_world *w, const uint8_t key[KEY_LEN])
{
	size_t i;

	for (i = 0; i < w->n_saved; i++)
		if (memcmp(w->saved[i].key, key, KEY_LEN) == 0)
			return &w->saved[i];
	return NULL;
}

static void
on_save(void *arg, const struct book_entry *e, bool urgent)
{
	struct party_world *w = arg;
	struct book_entry *old = saved(w, e->key);

	(void)urgent;
	if (old == NULL) {
		assert_true(w->n_saved < PARTY_SAVED);
		old = &w->saved[w->n_saved++];
	}
	entry_copy(old, w->raw[old - w->saved], e);
}

static void
on_forget(void *arg, const uint8_t key[KEY_LEN])
{
	struct party_world *w = arg;
	struct book_entry *e = saved(w, key);

	if (e != NULL)
		entry_copy(e, w->raw[e - w->saved], &w->saved[--w->n_saved]);
}

static void
on_save_revoked(void *arg, const struct book_revoked *r)
{
	struct party_world *w = arg;

	assert_true(w->n_revoked < PARTY_SAVED);
	w->revoked[w->n_revoked++] = *r;
}

static void
on_save_watched(void *arg, uint32_t minutes)
{
	struct party_world *w = arg;

	w->watched = minutes;
}

void
party_init(struct party *p, uint64_t seed, enum trust_mode mode)
{
	memset(p, 0, sizeof(*p));
	duo_init(&p->d, seed);
	p->cfg.trust.mode = mode;
	p->cfg.trust.max_peers = p->cfg.book.max_peers = 32;
	p->cfg.book.dial = true;
}

void
party_fini(struct party *p)
{
	duo_fini(&p->d);
}

struct party *
party_of(uint64_t seed, enum trust_mode mode)
{
	static struct party p;

	party_init(&p, seed, mode);
	return &p;
}

void
party_start_as(struct party *p, unsigned nr, const struct duo_options *opt)
{
	const struct exchange_io io = { &p->w[nr], on_ask, on_save, on_forget,
		on_save_revoked, on_save_watched };

	duo_start(&p->d, nr, opt);
	exchange_start(&p->d.end[nr].core, &p->cfg, &io);
}

void
party_start(struct party *p, unsigned from, unsigned to)
{
	for (; from < to; from++) {
		const uint8_t seed[KEY_LEN] = { (uint8_t)from, 1 };
		const struct duo_options opt = { .seed = seed,
			.wall_ms = PARTY_WALL_MS,
			.netkey =
			    p->cfg.trust.mode == TRUST_SECRET ? secret : NULL };

		party_start_as(p, from, &opt);
	}
}

void
party_tell(struct party *p, unsigned a, unsigned b)
{
	const struct book_source src = { .from = BOOK_FROM_USER };
	struct turn t = duo_turn(&p->d, a);

	exchange_heard_of(&p->d.end[a].core, src, p->d.end[b].core.id.ed_pk,
	    &p->d.end[b].face, 1, &t);
	duo_done(&p->d);
}

void
party_restart(struct party *p, unsigned nr)
{
	struct party_world *w = &p->w[nr];
	struct core *c = &p->d.end[nr].core;
	size_t i;

	duo_stop(&p->d, nr);
	party_start(p, nr, nr + 1);
	exchange_restore_watched(c, w->watched);
	for (i = 0; i < w->n_revoked; i++)
		exchange_restore_revoked(c, &w->revoked[i]);
	for (i = 0; i < w->n_saved; i++)
		exchange_restore(c, &w->saved[i]);
}

struct peer *
party_peer(struct party *p, unsigned a, unsigned b)
{
	return peertab_by_key(&p->d.end[a].core, p->d.end[b].core.id.x_pk);
}

bool
party_live(struct party *p, unsigned a, unsigned b)
{
	const struct peer *pe = party_peer(p, a, b);

	return pe != NULL && pe->state == PEER_VRNODE && pe->ed_known;
}

bool
party_meshed(struct party *p, unsigned n)
{
	unsigned a, b;

	for (a = 0; a < n; a++)
		for (b = 0; b < n; b++)
			if (a != b && !party_live(p, a, b))
				return false;
	return true;
}

bool
party_wait_meshed(struct party *p, unsigned n, uint64_t us)
{
	struct mono end = mono_add(p->d.now, us);

	while (!party_meshed(p, n) && mono_before(p->d.now, end))
		duo_run(&p->d, 50 * MONO_MS);
	return party_meshed(p, n);
}

const struct book_entry *
party_entry(struct party *p, unsigned a, unsigned b)
{
	return book_find(
	    exchange_book(&p->d.end[a].core), p->d.end[b].core.id.ed_pk);
}

size_t
party_record(const struct party *p, const struct identity *id,
    const struct addr *ep, unsigned n, uint64_t seq, uint64_t issued,
    uint8_t raw[RECORD_MAX])
{
	struct record r = { .seq = seq,
		.issued = issued,
		.life = 86400,
		.load = RECORD_LOAD_UNKNOWN,
		.n_ep = n };
	size_t len;

	memcpy(r.key, id->ed_pk, KEY_LEN);
	memcpy(r.ep, ep, n * sizeof(*ep));
	len = record_write(&r, raw);
	assert_true(len > 0);
	identity_sign(
	    id, SIGN_RECORD, p->d.end[0].core.net.netid, raw, len, raw + len);
	return len + RECORD_SIG;
}

size_t
party_revoke(const struct party *p, const struct identity *key,
    const struct identity *by, uint8_t raw[REVOKE_LEN])
{
	struct revoke r = { .issued = PARTY_WALL_MS / 1000,
		.reason = REVOKE_STOLEN };

	memcpy(r.key, key->ed_pk, KEY_LEN);
	memcpy(r.by, by->ed_pk, KEY_LEN);
	revoke_write(&r, raw);
	identity_sign(by, SIGN_REVOKE, p->d.end[0].core.net.netid, raw,
	    REVOKE_LEN - RECORD_SIG, raw + REVOKE_LEN - RECORD_SIG);
	return REVOKE_LEN;
}

void
party_identity(struct party *p, struct identity *ret)
{
	uint8_t seed[KEY_LEN];

	rng_fill(&p->d.rnd, seed, sizeof(seed));
	assert_true(identity_from_seed(seed, ret));
}

bool
party_hear(struct party *p, unsigned nr, const uint8_t *raw, size_t len)
{
	const struct book_source src = { BOOK_FROM_LIST, 1 };
	struct turn t = duo_turn(&p->d, nr);
	enum book_news news;
	bool ok = exchange_heard(&p->d.end[nr].core, src, raw, len, &t, &news);

	duo_done(&p->d);
	return ok;
}

unsigned
party_made(const struct party *p, unsigned nr)
{
	const struct peer *pe;
	unsigned n = 0;

	TAILQ_FOREACH (pe, &p->d.end[nr].core.peers, link)
		n += pe->origin != PEER_CONFIGURED && !peer_is_trial(pe);
	return n;
}

unsigned
party_stray(const struct party *p, const struct addr *to)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < p->d.stray.n; i++)
		n += addr_equal(&p->d.stray.d[i].to, to);
	return n;
}

void
party_send(struct party *p, unsigned a, unsigned b, uint8_t type,
    const void *body, size_t len)
{
	struct peer *pe = party_peer(p, a, b);
	struct turn t = duo_turn(&p->d, a);
	struct core *c = &p->d.end[a].core;

	assert_non_null(pe);
	assert_non_null(peer_session(pe));
	peer_send_small(
	    c, pe, peer_session(pe), &pe->path, type, body, len, &t);
	duo_done(&p->d);
}

void
party_one_known(struct party *p, unsigned n)
{
	unsigned i;

	party_start(p, 0, n);
	for (i = 1; i < n; i++)
		party_tell(p, i, 0);
}

struct addr
party_nowhere(unsigned i)
{
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "20.%u.9.1", i);
	return duo_addr(text);
}
