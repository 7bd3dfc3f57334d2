#include "core/dial.h"

#include <string.h>

#include "base/container.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "core/core.h"
#include "core/exchange.h"
#include "core/guard.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/target.h"
#include "core/timers.h"

#define IN_BAND_TRIES 3 /* then in the open: the peer may have forgotten us */
#define CROSSING_US (500 * MONO_MS) /* the first retry gap */
#define FAST_US (90 * UINT64_C(1000000))
#define LATER_US (60 * MONO_SEC)
#define SLOW_FIRST_US (5 * MONO_SEC)
#define RACE_US (250 * MONO_MS)	   /* RFC 8305: to the next address */
#define ANEW_US (30 * MONO_SEC)	   /* changes of the line that are one */
#define ANEW_GAP_US (3 * MONO_SEC) /* between their tries */

/* The longest pause between tries, by how long we have been trying. */
static const struct {
	uint64_t until_us, gap_us;
} backoff[] = {
	{ 600 * UINT64_C(1000000), 15 * MONO_SEC },
	{ 3600 * UINT64_C(1000000), 60 * MONO_SEC },
	{ UINT64_MAX, 300 * MONO_SEC },
};

static uint64_t
next_gap(struct core *c, struct dial *d, struct mono now)
{
	uint64_t since = mono_since(d->began, now), gap;
	unsigned i = 0;

	if (since < FAST_US)
		return times_retry_gap(c, d->tries - 1);
	while (since >= backoff[i].until_us)
		i++;
	gap = d->gap_us > 0 ? 2 * d->gap_us : SLOW_FIRST_US;
	d->gap_us = gap < backoff[i].gap_us ? gap : backoff[i].gap_us;
	return d->gap_us;
}

static void
attempt_end(struct core *c, struct attempt **at)
{
	if (*at == NULL)
		return;
	index_del(c, &(*at)->ix);
	wipe(&(*at)->hs, sizeof((*at)->hs));
	free(*at);
	*at = NULL;
}

/* One sent then has its answer: it, and all before it, is done with. */
static void
attempts_end_until(struct core *c, struct peer *p, struct mono sent)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++) {
		if (p->dial.at[i] != NULL &&
		    !mono_before(sent, p->dial.at[i]->sent))
			attempt_end(c, &p->dial.at[i]);
	}
}

static void
attempts_end(struct core *c, struct peer *p)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++)
		attempt_end(c, &p->dial.at[i]);
}

void
dial_stamp(struct core *c, uint64_t wall_ms, uint8_t ret[STAMP_LEN])
{
	struct wr w = wr_of(ret, STAMP_LEN);

	if (wall_ms > c->stamp_ms) {
		c->stamp_ms = wall_ms;
		c->stamp_n = 0;
	} else {
		c->stamp_n++;
	}
	wr_be64(&w, c->stamp_ms);
	wr_be32(&w, c->stamp_n);
}

static bool
write_init(struct core *c, struct peer *p, struct attempt *at, uint32_t index,
    uint64_t wall_ms)
{
	struct init_payload pl = { .suites = c->aead.suites,
		.preferred = c->aead.preferred,
		.mtu = c->limits.mtu,
		.caps = c->caps,
		.psk_id = p->psk_id,
		.class = 1 };
	uint8_t e_sk[KEY_LEN];
	bool ok;

	dial_stamp(c, wall_ms, pl.stamp);
	memcpy(pl.boot, c->boot, sizeof(pl.boot));
	c->io.random(c->io.arg, e_sk, sizeof(e_sk));
	count_n(&c->cnt, CNT_dh, 2); /* e, es; ss is kept */
	ok = hs_init_write(&at->hs, &c->net, &c->id, p->cfg.x_pk, p->ss, p->psk,
	    e_sk, index, &pl, at->msg);
	wipe(e_sk, sizeof(e_sk));
	return ok;
}

/*
 * A new attempt in place of the oldest; NULL without memory, or if the
 * key is of no use.
 */
static struct attempt *
attempt_new(struct core *c, struct peer *p, struct turn *t)
{
	struct dial *d = &p->dial;
	uint32_t index = index_fresh(c);
	struct attempt *at;

	at = try_calloc(1, sizeof(*at));
	if (at == NULL)
		return NULL;
	if (!write_init(c, p, at, index, t->wall_ms)) {
		wipe(&at->hs, sizeof(at->hs));
		free(at);
		return NULL;
	}
	attempt_end(c, &d->at[d->next]);
	d->at[d->next] = at;
	d->next = (d->next + 1) % ATTEMPTS;
	at->sent = d->last = t->now;
	index_add(c, &at->ix, index, INDEX_ATTEMPT, p);
	return at;
}

static void
send_init(struct core *c, struct attempt *at, struct turn *t)
{
	struct run run;
	struct pkt *pk;

	if (!guard_endpoint(c, at->ix.peer, &at->to.remote, t))
		return;
	if (!exchange_may_dial(c, at->ix.peer, &at->to.remote, t)) {
		count(&c->cnt, CNT_dial_limited);
		return;
	}
	pk = run_one(&run, INIT_LEN, t->mem);
	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	memcpy(pk->p, at->msg, INIT_LEN);
	count(&c->cnt, CNT_init_sent);
	at->ix.peer->dial.sent = true;
	c->io.udp_send(c->io.arg, &at->to, &run);
}

static bool
send_open(struct core *c, struct peer *p, const struct path *to, struct turn *t)
{
	struct attempt *at = attempt_new(c, p, t);
	const struct cookie_kept *k;

	if (at == NULL)
		return false;
	at->to = *to;
	mac1_write(p->mac1key, at->msg, INIT_NOMACS);
	k = cookie_of(p->dial.cookies, &to->remote);
	/* The peer may have a new secret: it can still ask for another. */
	if (cookie_serves(k, t->now))
		mac2_write(k->cookie, at->msg);
	peer_event(c, EV_PEER_DIAL, p);
	send_init(c, at, t);
	return true;
}

void
dial_race(struct core *c, struct peer *p, struct turn *t)
{
	struct mono next = mono_add(t->now, RACE_US);
	struct path to;

	if (!p->dial.active || !target_next(p, &to))
		return;
	/* Before it is sent: it may be refused at once. */
	if (target_more(p) && mono_before(next, p->deadline[TM_DIAL]))
		timers_arm(c, p, TM_RACE, next);
	(void)send_open(c, p, &to, t);
}

static void
try_open(struct core *c, struct peer *p, struct turn *t)
{
	target_try(p);
	dial_race(c, p, t);
}

static void
try_in_band(struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	struct attempt *at = attempt_new(c, p, t);

	if (at == NULL)
		return;
	at->in_band = true;
	at->carrier = s->ix.index;
	p->dial.in_band++;
	count(&c->cnt, CNT_init_sent);
	peer_send_small(
	    c, p, s, &p->path, FRAME_REKEY, at->msg, INIT_NOMACS, t);
}

/*
 * It is looked for where it last was for a while only; false: that was not all
 * there is to try.
 */
static bool
is_forgotten(struct peer *p, struct mono now)
{
	struct dial *d = &p->dial;

	if (!d->recall || mono_since(d->began, now) < FAST_US)
		return false;
	d->recall = false;
	return p->n_ep == 0 && peer_session(p) == NULL;
}

void
dial_again(struct core *c, struct peer *p, struct turn *t)
{
	struct session *s = peer_session(p);
	struct dial *d = &p->dial;

	if (!d->active)
		return;
	if (is_forgotten(p, t->now)) {
		dial_end(c, p);
		return;
	}
	d->tries++;
	timers_arm(c, p, TM_DIAL, mono_add(t->now, next_gap(c, d, t->now)));
	if (s != NULL && s->heard && (s->caps & CAP_REKEY) != 0 &&
	    d->in_band < IN_BAND_TRIES)
		try_in_band(c, p, s, t);
	else
		try_open(c, p, t);
}

/* Whether there is something to begin, from this time on. */
static bool
start(struct core *c, struct peer *p, struct mono at, bool recall)
{
	struct dial *d = &p->dial;

	if (c->stopping || p->revoked || p->doomed || d->active ||
	    (p->n_ep == 0 && peer_session(p) == NULL && !recall))
		return false;
	d->active = true;
	d->tries = 0;
	d->in_band = 0;
	d->gap_us = 0;
	d->began = at;
	d->recall = recall;
	d->doubt = false;
	target_begin(p);
	return true;
}

void
dial_begin(struct core *c, struct peer *p, struct turn *t)
{
	if (start(c, p, t->now, false))
		dial_again(c, p, t);
}

void
dial_later(struct core *c, struct peer *p, struct turn *t)
{
	struct mono at = mono_add(t->now, LATER_US);

	if (start(c, p, at, false))
		timers_arm(c, p, TM_DIAL, at);
}

void
dial_restart(struct core *c, struct peer *p, struct turn *t)
{
	dial_end(c, p);
	dial_begin(c, p, t);
}

/* A line that flaps: whom it did not bring back a moment ago is no news. */
static bool
goes_on(struct peer *p, struct mono now)
{
	struct mono was = p->dial.anew;

	p->dial.anew = now;
	return p->dial.active && was.us != 0 && mono_since(was, now) < ANEW_US;
}

void
dial_anew(struct core *c, struct peer *p, struct turn *t)
{
	/* Whoever ended the session would do it again. */
	if (p->dial.active && mono_before(t->now, p->dial.began))
		return;
	if (goes_on(p, t->now)) {
		if (mono_since(p->dial.last, t->now) >= ANEW_GAP_US)
			dial_again(c, p, t);
		return;
	}
	dial_end(c, p);
	if (start(c, p, t->now, p->has_path && p->ever_live))
		dial_again(c, p, t);
}

void
dial_in_doubt(struct core *c, struct peer *p, struct turn *t)
{
	bool rekeys = p->dial.active;

	if (rekeys && p->dial.doubt)
		return; /* what is new has its turn in the next try */
	if (!rekeys && !start(c, p, t->now, false))
		return;
	p->dial.in_band = IN_BAND_TRIES;
	p->dial.doubt = !rekeys;
	dial_again(c, p, t);
}

void
dial_reassure(struct core *c, struct peer *p)
{
	if (p->dial.active && p->dial.doubt)
		dial_end(c, p);
}

void
dial_end(struct core *c, struct peer *p)
{
	attempts_end(c, p);
	dial_pause(c, p);
}

void
dial_pause(struct core *c, struct peer *p)
{
	p->dial.active = false;
	timers_off(c, p, TM_DIAL);
	timers_off(c, p, TM_RACE);
}

void
dial_yield(struct core *c, struct peer *p, struct turn *t)
{
	/* If both gave up theirs, neither answer would find its attempt. */
	if (memcmp(c->id.x_pk, p->cfg.x_pk, KEY_LEN) > 0)
		attempts_end(c, p);
	timers_off(c, p, TM_RACE);
	if (p->dial.active)
		timers_arm(c, p, TM_DIAL, mono_add(t->now, MONO_SEC));
}

static struct attempt *
crossing(struct peer *p, const struct addr *from, bool in_band, struct mono now)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++) {
		struct attempt *at = p->dial.at[i];

		if (at == NULL || at->in_band != in_band ||
		    mono_since(at->sent, now) >= CROSSING_US)
			continue;
		if (in_band || addr_equal(&at->to.remote, from))
			return at;
	}
	return NULL;
}

bool
dial_crosses(
    struct peer *p, const struct addr *from, bool in_band, struct mono now)
{
	return crossing(p, from, in_band, now) != NULL;
}

void
dial_crossed(
    struct core *c, struct peer *p, const struct addr *from, struct turn *t)
{
	struct attempt *at = crossing(p, from, false, t->now);

	if (at == NULL || at->crossed)
		return;
	at->crossed = true;
	send_init(c, at, t);
}

/* What the peer tells of how it sees us: is there a NAT in between? */
static void
note_reflexive(
    struct peer *p, const struct resp_payload *pl, const struct path *from)
{
	memcpy(p->reflexive.ip, pl->seen_ip, sizeof(p->reflexive.ip));
	p->reflexive.port = pl->seen_port;
	p->reflexive.scope = from->local.scope;
	if (!addr_is_any(&from->local) && from->local.port != 0)
		p->behind_nat = !addr_equal(&p->reflexive, &from->local);
}

static void
finish(struct core *c, struct attempt *at, const struct path *from,
    const struct msg_resp *in, struct turn *t)
{
	struct peer *p = at->ix.peer;
	uint32_t index = at->ix.index;
	struct resp_payload pl;
	struct hs_keys keys;
	struct session *s;

	count_n(&c->cnt, CNT_dh, 2);
	if (!hs_init_read(&at->hs, &c->id, in, &pl, &keys)) {
		count(&c->cnt, CNT_resp_bad);
		return;
	}
	s = session_new(c->aead.ops[keys.suite], &keys, in->sender, t->now);
	wipe(&keys, sizeof(keys));
	if (s == NULL)
		return; /* the next answer may find some */
	s->initiator = true;
	s->end = mono_add(t->now, times_reject_us(c));
	s->in_band = at->in_band;
	s->mtu = pl.mtu;
	s->caps = pl.caps;
	memcpy(s->boot, pl.boot, sizeof(s->boot));
	if (!at->in_band)
		peer_set_path(c, p,
		    addr_equal(&from->remote, &at->to.remote) ? from : &at->to);
	note_reflexive(p, &pl, from);
	attempts_end_until(c, p, at->sent); /* the session inherits its index */
	index_add(c, &s->ix, index, INDEX_SESSION, p);
	peer_take_current(c, p, s, t);
}

/* The attempt that an index stands for, of the right kind, or NULL. */
static struct attempt *
attempt_find(struct core *c, uint32_t index, bool in_band)
{
	struct index *ix = index_find(c, index);
	struct attempt *at;

	if (ix == NULL || ix->kind != INDEX_ATTEMPT)
		return NULL;
	at = CONTAINER_OF(ix, struct attempt, ix);
	return at->in_band == in_band ? at : NULL;
}

void
dial_response(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	struct attempt *at;
	struct msg_resp in;

	if (!msg_resp_parse(msg, len, &in) ||
	    (at = attempt_find(c, in.receiver, false)) == NULL) {
		count(&c->cnt, CNT_resp_bad);
		return;
	}
	if (!mac1_ok(at->ix.peer->mac1key, msg, RESP_NOMACS)) {
		count(&c->cnt, CNT_mac1_bad);
		return;
	}
	/* It was dialled, and then came to be the mesh's. */
	if (!guard_endpoint(c, at->ix.peer, &at->to.remote, t))
		return;
	/* Who sees our index could have us compute for each forged answer. */
	if (!bucket_take(&c->dh_budget, t->now)) {
		count(&c->cnt, CNT_resp_budget);
		return;
	}
	finish(c, at, from, &in, t);
}

void
dial_response_in_band(struct core *c, struct peer *p, const struct session *s,
    const struct path *from, const uint8_t *msg, size_t len, struct turn *t)
{
	struct attempt *at;
	struct msg_resp in;

	if (!msg_resp_parse(msg, len, &in) ||
	    (at = attempt_find(c, in.receiver, true)) == NULL ||
	    at->ix.peer != p || at->carrier != s->ix.index) {
		count(&c->cnt, CNT_resp_bad);
		return;
	}
	finish(c, at, from, &in, t);
}

void
dial_unreachable(
    struct core *c, const uint8_t *msg, size_t len, struct mono now)
{
	struct attempt *at;
	struct msg_init in;
	struct dial *d;

	if (len != INIT_LEN || !msg_init_parse(msg, len, &in) ||
	    (at = attempt_find(c, in.sender, false)) == NULL)
		return;
	d = &at->ix.peer->dial;
	if (!d->active || at != d->at[(d->next + ATTEMPTS - 1) % ATTEMPTS])
		return;
	/* Its place is the next one's, and no time is lost. */
	d->next = (d->next + ATTEMPTS - 1) % ATTEMPTS;
	target_missed(at->ix.peer);
	if (target_more(at->ix.peer))
		timers_arm(c, at->ix.peer, TM_RACE, now);
}

void
dial_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	uint8_t cookie[MAC_LEN];
	struct msg_cookie in;
	struct attempt *at;

	(void)from; /* the seal says enough; an address proves nothing */
	if (!msg_cookie_parse(msg, len, &in) ||
	    (at = attempt_find(c, in.receiver, false)) == NULL ||
	    at->cookie_done) {
		count(&c->cnt, CNT_cookie_bad);
		return;
	}
	if (!cookie_reply_open(&in, at->ix.peer->cookiekey, at->msg, cookie)) {
		count(&c->cnt, CNT_cookie_bad);
		return;
	}
	count(&c->cnt, CNT_cookie_got);
	cookie_keep(&at->ix.peer->dial.cookies, &at->to.remote, cookie, t->now);
	mac2_write(cookie, at->msg);
	at->cookie_done = true;
	send_init(c, at, t);
}
