#include "core/answer.h"

#include <string.h>

#include "core/core.h"
#include "core/dial.h"
#include "core/guard.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"
#include "core/trial.h"
#include "core/trust.h"
#include "crypto/kx.h"

#define NEXT_HOLD_US (1 * MONO_SEC) /* an unconfirmed session is left alone */
#define DOUBT_GAP_US (5 * MONO_SEC)
#define IN_BAND_GAP_US (1 * MONO_SEC)

/*
 * What a new key costs besides the first Diffie-Hellman: another, three for the
 * answer, and as much again to make the peer and to unmake it.
 */
#define NEW_KEY_COST 5

/* One initiation on its way through the checks. */
struct ask {
	struct core *c;
	struct turn *t;
	const struct path *from;
	const uint8_t *msg;
	struct msg_init in;
	struct session *carrier; /* the session it came inside, or NULL */
	bool paid;		 /* with a cookie of ours */
	struct hs_resp hs;
	uint8_t ss[KEY_LEN]; /* of a key that is no peer's */
	struct peer *p;
};

static bool
is_loaded(struct core *c, struct mono now)
{
	if (bucket_left(&c->dh_budget, now) < c->dh_budget.burst / 2)
		core_note_load(c, now);
	return mono_before(now, c->loaded_until);
}

/*
 * Who forges the addresses that we know can have their share and then what
 * others have, of whom each has its turn.
 */
static bool
may_ask_back(struct core *c, const struct addr *from, struct mono now)
{
	if (known_has(c, from) && bucket_take(&c->cookie_known, now))
		return true;
	return cookie_turn(&c->turns, siphash(c->sip_key, from, sizeof(*from)),
		   c->cookie_budget.rate, now) &&
	    bucket_take(&c->cookie_budget, now);
}

void
answer_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    uint32_t sender, const uint8_t cookiekey[KEY_LEN], struct turn *t)
{
	uint8_t nonce[24];
	struct run run;
	struct pkt *pk;

	if (!may_ask_back(c, &from->remote, t->now)) {
		count(&c->cnt, CNT_cookie_capped);
		return;
	}
	pk = run_one(&run, COOKIE_LEN, t->mem);
	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	c->io.random(c->io.arg, nonce, sizeof(nonce));
	cookie_reply_write(
	    &c->cookies, cookiekey, nonce, msg, sender, &from->remote, pk->p);
	count(&c->cnt, CNT_cookie_sent);
	c->io.udp_send(c->io.arg, from, &run);
}

bool
answer_paid(struct core *c, const struct path *from, const uint8_t *msg,
    struct mono now)
{
	uint8_t fresh[KEY_LEN];

	if (cookie_due(&c->cookies, now)) {
		c->io.random(c->io.arg, fresh, sizeof(fresh));
		cookie_renew(&c->cookies, fresh, now);
	}
	return mac2_ok(&c->cookies, msg, &from->remote, now);
}

/*
 * Has the source shown that it gets what we send there? A mac2 that is
 * neither zero nor right counts as missing, even from a known endpoint.
 */
static bool
address_proven(struct ask *a, bool known)
{
	static const uint8_t zero[MAC_LEN];
	struct core *c = a->c;

	a->paid = answer_paid(c, a->from, a->msg, a->t->now);
	if (a->paid)
		return true;
	return known && !is_loaded(c, a->t->now) &&
	    equal_ct(a->in.mac2, zero, MAC_LEN);
}

/* A third of the budget is for anybody, the rest for known addresses. */
static uint32_t
kept(const struct core *c)
{
	return c->dh_budget.burst / 3 * 2;
}

bool
answer_may_compute(struct core *c, bool known, struct mono now)
{
	if (!known && bucket_left(&c->dh_budget, now) < kept(c))
		return false;
	return bucket_take(&c->dh_budget, now);
}

/*
 * Nor does a new key at a known address get the rest. Whoever passed
 * answer_may_compute() as anybody may passes here: else, under load, all would
 * pay for the first step and nobody would come in.
 */
static bool
may_meet(struct core *c, struct mono now)
{
	return bucket_left(&c->dh_budget, now) + 1 >= kept(c) &&
	    bucket_take_n(&c->dh_budget, NEW_KEY_COST, now);
}

/* Nothing is spent on a key that is not let in. */
static bool
may_come(struct ask *a)
{
	struct core *c = a->c;

	if (a->carrier != NULL || trust_is_closed(c)) {
		count(&c->cnt, CNT_init_unknown);
		return false;
	}
	if (!may_meet(c, a->t->now)) {
		count(&c->cnt, CNT_init_budget);
		return false;
	}
	return true;
}

static bool
may_return(struct ask *a)
{
	struct core *c = a->c;

	if (a->p->revoked)
		count(&c->cnt, CNT_init_revoked);
	else if (a->p->doomed)
		count(&c->cnt, CNT_init_pending);
	return !a->p->revoked && !a->p->doomed;
}

/* Who is it? The first Diffie-Hellman. */
static bool
identify(struct ask *a)
{
	struct core *c = a->c;

	count(&c->cnt, CNT_dh);
	if (!hs_resp_read_static(&a->hs, &c->net, &c->id, a->msg, &a->in)) {
		count(&c->cnt, CNT_init_bad);
		return false;
	}
	if (equal_ct(a->hs.rs, c->id.x_pk, KEY_LEN)) {
		/* Anybody can claim that: it says nothing of the address. */
		count(&c->cnt, CNT_init_self);
		return false;
	}
	a->p = peertab_by_key(c, a->hs.rs);
	return a->p != NULL ? may_return(a) : may_come(a);
}

/*
 * Both dialled at once: the larger key answers, the other waits for that
 * answer. Only while both can be on their way (see
 * doc/decisions/0002-crossing.md): a later one is answered by either.
 */
static bool
lost_crossing(const struct ask *a)
{
	return memcmp(a->c->id.x_pk, a->hs.rs, KEY_LEN) < 0 &&
	    dial_crosses(a->p, &a->from->remote, a->carrier != NULL, a->t->now);
}

static bool
psk_known(const struct ask *a)
{
	return a->hs.payload.psk_id == (a->p != NULL ? a->p->psk_id : 0);
}

/* The second Diffie-Hellman: it has the key that it showed. */
static bool
open_payload(struct ask *a)
{
	if (a->p != NULL)
		return hs_resp_read_payload(&a->hs, a->p->ss, &a->in);
	count(&a->c->cnt, CNT_dh);
	return kx_shared(a->ss, a->c->id.x_sk, a->hs.rs) &&
	    hs_resp_read_payload(&a->hs, a->ss, &a->in);
}

/* Where an answer goes: by its stamp to NEXT or DOUBT; false: no answer. */
static bool
pick_slot(struct ask *a, enum slot *ret)
{
	struct core *c = a->c;
	struct peer *p = a->p;

	if (!p->has_stamp ||
	    memcmp(a->hs.payload.stamp, p->stamp, STAMP_LEN) > 0) {
		*ret = SLOT_NEXT;
		return true;
	}
	count(&c->cnt, CNT_init_stale);
	if (mono_before(a->t->now, p->doubt_after) ||
	    !bucket_take(&c->doubt_budget, a->t->now)) {
		count(&c->cnt, CNT_init_stale_rate);
		return false;
	}
	p->doubt_after = mono_add(a->t->now, DOUBT_GAP_US);
	*ret = SLOT_DOUBT;
	return true;
}

static void
send_resp(struct ask *a, const uint8_t *msg2)
{
	struct core *c = a->c;
	struct run run;
	struct pkt *pk;

	count(&c->cnt, CNT_resp_sent);
	if (a->carrier != NULL) {
		peer_send_small(c, a->p, a->carrier, &a->p->path, FRAME_REKEY,
		    msg2, RESP_NOMACS, a->t);
		return;
	}
	pk = run_one(&run, RESP_LEN, a->t->mem);
	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	memset(pk->p, 0, RESP_LEN);
	memcpy(pk->p, msg2, RESP_NOMACS);
	mac1_write(c->mac1key, pk->p, RESP_NOMACS);
	c->io.udp_send(c->io.arg, a->from, &run);
}

/* Message 2 and its session; NULL: a low-order ephemeral, or no memory. */
static struct session *
respond(struct ask *a, enum suite suite, uint8_t msg2[RESP_NOMACS])
{
	struct core *c = a->c;
	struct resp_payload pl = { .suite = (uint8_t)suite,
		.psk_id = a->p->psk_id,
		.mtu = c->limits.mtu,
		.caps = c->caps,
		.seen_port = a->from->remote.port,
		.sender = index_fresh(c) };
	uint8_t e_sk[KEY_LEN];
	struct hs_keys keys;
	struct session *s;
	bool ok;

	memcpy(pl.boot, c->boot, sizeof(pl.boot));
	memcpy(pl.seen_ip, a->from->remote.ip, sizeof(pl.seen_ip));
	c->io.random(c->io.arg, e_sk, sizeof(e_sk));
	count_n(&c->cnt, CNT_dh, 3);
	ok =
	    hs_resp_write(&a->hs, a->p->psk, e_sk, pl.sender, &pl, msg2, &keys);
	wipe(e_sk, sizeof(e_sk));
	if (!ok)
		return NULL;
	s = session_new(
	    c->aead.ops[keys.suite], &keys, a->in.sender, a->t->now);
	wipe(&keys, sizeof(keys));
	if (s != NULL)
		index_add(c, &s->ix, pl.sender, INDEX_SESSION, a->p);
	return s;
}

static void
fill_session(struct session *s, const struct ask *a)
{
	s->end = mono_add(s->born, times_reject_us(a->c));
	s->mtu = a->hs.payload.mtu;
	s->caps = a->hs.payload.caps;
	s->in_band = a->carrier != NULL;
	s->to = *a->from;
	memcpy(s->boot, a->hs.payload.boot, sizeof(s->boot));
	memcpy(s->stamp, a->hs.payload.stamp, sizeof(s->stamp));
}

/* Opens the rest, decides and answers. */
static void
accept_from(struct ask *a)
{
	struct core *c = a->c;
	uint8_t msg2[RESP_NOMACS];
	struct session *s;
	struct peer *p;
	enum slot slot;
	int suite;

	if (!open_payload(a)) {
		count(&c->cnt, CNT_init_bad);
		return;
	}
	suite = hs_pick_suite(c->aead.suites, c->aead.preferred,
	    a->hs.payload.suites, a->hs.payload.preferred);
	if (!psk_known(a) || suite < 0) {
		count(&c->cnt, suite < 0 ? CNT_init_suite : CNT_init_psk);
		return;
	}
	if (a->carrier == NULL &&
	    !guard_endpoint(c, a->p, &a->from->remote, a->t))
		return;
	if (a->p == NULL)
		a->p = trust_admit(c, a->hs.rs, a->ss, a->from, a->t);
	p = a->p;
	if (p == NULL)
		return;

	if (lost_crossing(a)) {
		count(&c->cnt, CNT_init_crossed);
		if (a->carrier == NULL)
			dial_crossed(c, p, &a->from->remote, a->t);
		return;
	}
	if (p->slot[SLOT_NEXT] != NULL &&
	    mono_since(p->next_answered, a->t->now) < NEXT_HOLD_US) {
		count(&c->cnt, CNT_init_pending);
		return;
	}
	if (!pick_slot(a, &slot) ||
	    (s = respond(a, (enum suite)suite, msg2)) == NULL)
		return;
	fill_session(s, a);
	trial_answered(c, p, a->t);
	if (slot == SLOT_NEXT) {
		p->has_stamp = true;
		memcpy(p->stamp, s->stamp, STAMP_LEN);
		dial_yield(c, p, a->t);
	}
	peer_take_waiting(c, p, s, slot, a->t);
	send_resp(a, msg2);
}

void
answer_init(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	struct ask a = { .c = c, .t = t, .from = from, .msg = msg };
	bool known = known_has(c, &from->remote);

	if (c->stopping)
		return;
	if (!msg_init_parse(msg, len, &a.in) ||
	    !mac1_ok(c->mac1key, msg, INIT_NOMACS)) {
		count(&c->cnt, CNT_mac1_bad);
		return;
	}
	if (!address_proven(&a, known)) {
		answer_cookie(c, from, msg, a.in.sender, c->cookiekey, t);
		return;
	}
	/* Who only forges a known address must not spend that peer's share. */
	if (a.paid && !ratelimit_take(c->rate, &from->remote, t->now)) {
		count(&c->cnt, CNT_init_rate);
		return;
	}
	if (!answer_may_compute(c, known, t->now)) {
		count(&c->cnt, CNT_init_budget);
		return;
	}
	if (identify(&a))
		accept_from(&a);
	wipe(&a.hs, sizeof(a.hs));
	wipe(a.ss, sizeof(a.ss));
}

void
answer_in_band(struct core *c, struct peer *p, struct session *s,
    const struct path *from, const uint8_t *msg, size_t len, struct turn *t)
{
	struct ask a = {
		.c = c, .t = t, .from = from, .msg = msg, .carrier = s
	};

	if (mono_before(t->now, p->init_after)) {
		count(&c->cnt, CNT_init_fast);
		return;
	}
	p->init_after = mono_add(t->now, IN_BAND_GAP_US);
	if (!msg_init_parse(msg, len, &a.in)) {
		count(&c->cnt, CNT_init_bad);
		return;
	}
	if (identify(&a)) {
		if (a.p == p)
			accept_from(&a);
		else
			count(&c->cnt, CNT_init_bad);
	}
	wipe(&a.hs, sizeof(a.hs));
}
