#include "core/tell.h"

#include <string.h>

#include "base/wr.h"
#include "core/core.h"
#include "core/ex.h"
#include "core/frames.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"
#include "core/trial.h"
#include "crypto/prim.h"

#define ASK_FIRST_US (2 * (uint64_t)MONO_SEC)
#define OWN_GAP_US \
	(1250 * MONO_MS) /* more than ANSWER_GAP_US at the other end */
#define OWN_ASKS 15	 /* then as any question */
#define ASK_MAX_US (600 * (uint64_t)MONO_SEC)
#define OWN_DELAY_US (100 * MONO_MS) /* there may be more to say */
#define ANSWER_GAP_US MONO_SEC
#define RECORDS_RATE 50
#define RECORDS_BURST 200
#define REVOKED_AT_ONCE 8 /* of the known ones, each second */
#define WHICH_LABEL "vplama teller v1"
#define MET_S 3600 /* of contact: who connects twice is not met yet */

/* Frames out: as few as hold all items. */

struct pack {
	struct core *c;
	struct peer *p;
	struct session *s;
	struct turn *t;
	size_t max;
	struct wr w;
	uint8_t body[MTU_MIN + RECORD_MAX];
};

/* False: there is nobody who would understand. */
static bool
pack_begin(struct pack *pk, struct core *c, struct peer *p, struct turn *t)
{
	size_t mtu = peer_mtu(c, p);

	pk->c = c;
	pk->p = p;
	pk->t = t;
	pk->s = peer_session(p);
	pk->max = mtu < sizeof(pk->body) ? mtu : sizeof(pk->body);
	pk->w = wr_of(pk->body, pk->max);
	return pk->s != NULL && (pk->s->caps & CAP_RECORDS) != 0;
}

static void
pack_end(struct pack *pk)
{
	if (pk->w.len > 0)
		peer_send_small(pk->c, pk->p, pk->s, &pk->p->path,
		    FRAME_RECORDS, pk->body, pk->w.len, pk->t);
	pk->w = wr_of(pk->body, pk->max);
}

static void
pack_add(struct pack *pk, const uint8_t *item, size_t len)
{
	if (pk->w.len + 2 + len > pk->max)
		pack_end(pk);
	if (2 + len > pk->max) {
		count(&pk->c->cnt, CNT_record_too_big);
		return;
	}
	wr_be16(&pk->w, (uint16_t)len);
	wr_bytes(&pk->w, item, len);
}

static void
add_own(struct pack *pk)
{
	const struct exchange *ex = pk->c->ex;

	if (ex->own_len == 0)
		return;
	pack_add(pk, ex->own_raw, ex->own_len);
	pk->p->tell.told_seq = ex->own.seq;
}

static bool
wants_peers(const struct core *c)
{
	return !trust_is_closed(c) && c->ex->cfg.book.dial &&
	    trial_count(c) < c->ex->cfg.book.max_peers;
}

/* The line may have lost its record, and ours as well. */
static bool
own_is_late(const struct tell *tl, struct mono now)
{
	return !tl->got_own && mono_due(tl->own_at, now);
}

/*
 * More and more seldom, and only as long as something is missing. A record of
 * its own that does not come is asked for more often, as it is needed sooner.
 */
static uint8_t
want(const struct core *c, struct tell *tl, struct mono now)
{
	uint8_t n = 0;

	if (own_is_late(tl, now))
		n = 1;
	if (mono_due(tl->ask_at, now)) {
		n = wants_peers(c) ? RECORD_ASK : !tl->got_own;
		tl->ask_at = mono_add(now, tl->ask_gap_us);
		tl->ask_gap_us = 2 * tl->ask_gap_us < ASK_MAX_US
		    ? 2 * tl->ask_gap_us
		    : ASK_MAX_US;
	}
	return n;
}

static void
add_ask(struct pack *pk, struct tell *tl)
{
	struct mono now = pk->t->now, next = mono_add(now, OWN_GAP_US);
	uint8_t n = want(pk->c, tl, now), ask[ASK_LEN];

	if (n == 0)
		return;
	tl->own_at = ++tl->own_asks < OWN_ASKS ? next : MONO_NEVER;
	if (mono_before(tl->ask_at, next))
		tl->ask_at = next;
	ask_write(ask, n);
	pack_add(pk, ask, sizeof(ask));
}

static void
add_revoked(struct pack *pk, struct tell *tl)
{
	const struct book_revoked *r;
	unsigned i;

	if (tl->revoked_done || !mono_due(tl->revoked_at, pk->t->now))
		return;
	for (i = 0; i < REVOKED_AT_ONCE; i++) {
		r = book_each_revoked(pk->c->ex->book, &tl->revoked_pos);
		if (r == NULL) {
			tl->revoked_done = true;
			return;
		}
		pack_add(pk, r->raw, sizeof(r->raw));
	}
	tl->revoked_at = mono_add(pk->t->now, MONO_SEC);
}

void
tell_due(struct core *c, struct peer *p, struct turn *t)
{
	struct tell *tl = &p->tell;
	struct mono next;
	struct pack pk;

	if (c->ex == NULL || p->state != PEER_VRNODE ||
	    !pack_begin(&pk, c, p, t))
		return;
	if (tl->told_seq != c->ex->own.seq || own_is_late(tl, t->now))
		add_own(&pk);
	add_ask(&pk, tl);
	add_revoked(&pk, tl);
	pack_end(&pk);
	next = tl->got_own ? tl->ask_at : mono_min(tl->ask_at, tl->own_at);
	if (!tl->revoked_done)
		next = mono_min(next, tl->revoked_at);
	timers_arm(c, p, TM_TELL, next);
}

void
tell_up(struct core *c, struct peer *p, struct turn *t)
{
	p->tell = (struct tell){ .ask_at = t->now,
		.own_at = t->now,
		.ask_gap_us = ASK_FIRST_US,
		.revoked_at = t->now };
	bucket_init(&p->tell.records, RECORDS_RATE, RECORDS_BURST, t->now);
	tell_due(c, p, t);
}

void
tell_own(struct core *c, struct turn *t)
{
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		if (p->state == PEER_VRNODE && p->tell.told_seq != 0)
			timers_arm(
			    c, p, TM_TELL, mono_add(t->now, OWN_DELAY_US));
}

void
tell_revoked(
    struct core *c, const uint8_t *raw, const struct peer *from, struct turn *t)
{
	struct pack pk;
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link) {
		if (p == from || p->state != PEER_VRNODE || p->doomed ||
		    !pack_begin(&pk, c, p, t))
			continue;
		pack_add(&pk, raw, REVOKE_LEN);
		pack_end(&pk);
	}
}

/* Frames in. */

/* The first it sends is its own: it says whose all the others are. */
static void
on_own(struct rx *rx, const struct record *r, const uint8_t *raw, size_t len)
{
	struct core *c = rx->c;
	struct peer *p = rx->p;
	const struct book_entry *e = book_find(c->ex->book, r->key);
	bool met = e != NULL && e->observed >= MET_S;
	enum book_news news;

	if (!exchange_heard(c, exchange_source(p), raw, len, rx->t, &news)) {
		count(&c->cnt, CNT_record_bad);
		return;
	}
	if (!p->ed_known)
		trial_named(c, p, r->key, met, rx->t);
	p->tell.got_own = true;
	exchange_note_reached(c, p, rx->t);
	trial_exchanged(c, p);
}

/*
 * The teller's key, as far as it tells one from another: by a secret of our
 * own that a restart does not change. The key itself can be made to match.
 */
static uint32_t
which_of(const struct core *c, const struct peer *p)
{
	uint32_t which;
	uint8_t hash[16];

	blake2b(hash, sizeof(hash), c->id.seed, WHICH_LABEL,
	    strlen(WHICH_LABEL), p->cfg.ed_pk, KEY_LEN);
	memcpy(&which, hash, sizeof(which));
	return which;
}

static void
on_record(struct rx *rx, const uint8_t *raw, size_t len)
{
	struct core *c = rx->c;
	struct peer *p = rx->p;
	struct book_source src = { BOOK_FROM_PEER, 0 };
	const uint8_t *sig;
	enum book_news news;
	struct record r;
	size_t n;
	bool own;

	if (!bucket_take(&p->tell.records, rx->t->now)) {
		count(&c->cnt, CNT_record_rate);
		return;
	}
	if (!record_parse(raw, len, &r, &n, &sig)) {
		count(&c->cnt, CNT_record_bad);
		return;
	}
	own = exchange_is_key_of(p, r.key);
	if (!own && !p->ed_known) {
		count(&c->cnt, CNT_record_early);
		return;
	}
	/* The first of its own is not held against all: newcomers say theirs.
	 */
	if ((!own || p->tell.own_heard) && !exchange_has(c, r.key, raw, len) &&
	    !exchange_may_verify(c, rx->t))
		return;
	if (own) {
		p->tell.own_heard = true;
		on_own(rx, &r, raw, len);
		return;
	}
	if (memcmp(r.key, c->id.ed_pk, KEY_LEN) == 0)
		return; /* we know better */
	src.which = which_of(c, p);
	if (!exchange_heard(c, src, raw, len, rx->t, &news))
		count(&c->cnt, CNT_record_bad);
	else
		count(&c->cnt, CNT_record_in);
}

static void
on_revoke(struct rx *rx, const uint8_t *raw, size_t len)
{
	struct core *c = rx->c;

	if (!bucket_take(&rx->p->tell.records, rx->t->now))
		count(&c->cnt, CNT_record_rate);
	else if (!exchange_take_revoked(c, raw, len, rx->p, rx->t))
		count(&c->cnt, CNT_record_bad);
}

static void
on_ask(struct rx *rx, const uint8_t *raw, size_t len)
{
	const struct book_entry *e[RECORD_ASK];
	struct tell *tl = &rx->p->tell;
	struct core *c = rx->c;
	struct pack pk;
	unsigned i, n;
	uint8_t want;

	if (!ask_parse(raw, len, &want)) {
		count(&c->cnt, CNT_record_bad);
		return;
	}
	if ((tl->answered.us != 0 &&
		mono_since(tl->answered, rx->t->now) < ANSWER_GAP_US) ||
	    !bucket_take(&c->ex->answers, rx->t->now)) {
		count(&c->cnt, CNT_ask_rate);
		return;
	}
	tl->answered = rx->t->now;
	if (!pack_begin(&pk, c, rx->p, rx->t))
		return;
	add_own(&pk);
	n = book_tell(
	    c->ex->book, rx->p->cfg.ed_pk, e, want, rx->t->wall_ms / 1000);
	for (i = 0; i < n; i++)
		pack_add(&pk, e[i]->record, e[i]->record_len);
	pack_end(&pk);
}

void
exchange_receive(struct rx *rx, const struct frame *f)
{
	static void (*const handler[])(struct rx *, const uint8_t *, size_t) = {
		[ITEM_RECORD] = on_record,
		[ITEM_REVOKE] = on_revoke,
		[ITEM_ASK] = on_ask,
	};
	struct rd rd = rd_of(f->body, f->len);
	const uint8_t *p;
	uint8_t kind;
	size_t len;

	if (rx->c->ex == NULL || rx->p->state != PEER_VRNODE) {
		count(&rx->c->cnt, CNT_frame_unwanted);
		return;
	}
	while (item_next(&rd, &kind, &p, &len)) {
		if (kind >= sizeof(handler) / sizeof(handler[0]) ||
		    handler[kind] == NULL)
			count(&rx->c->cnt, CNT_record_unknown);
		else
			handler[kind](rx, p, len);
	}
	if (rd.left > 0)
		count(&rx->c->cnt, CNT_record_bad);
}
