#include "core/ident.h"

#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/core.h"
#include "core/guard.h"
#include "crypto/sign.h"

#define TRIES 6
#define GAP_US (1 * MONO_SEC)
#define KEPT_US (60 * MONO_SEC)

void
ident_init(struct core *c)
{
	static const uint8_t nobody[KEY_LEN];

	network_mac1key(&c->net, nobody, c->ident.mac1key);
	network_cookiekey(&c->net, nobody, c->ident.cookiekey);
}

void
ident_set_answers(struct core *c, bool answers)
{
	c->ident.answers = answers;
}

/* --- being asked -------------------------------------------------------------
 */

static void
answer(struct core *c, const struct path *from, const struct msg_idq *in,
    struct turn *t)
{
	uint8_t sig[SIG_LEN];
	struct run run;
	struct pkt *pk = run_one(&run, IDR_LEN, t->mem);

	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	identity_prove(&c->id, c->net.netid, in->nonce, sig);
	msg_idr_write(pk->p, in->sender, c->id.ed_pk, sig);
	mac1_write(c->ident.mac1key, pk->p, IDR_NOMAC);
	count(&c->cnt, CNT_ident_answered);
	c->io.udp_send(c->io.arg, from, &run);
}

/*
 * Cheapest first, as with initiations, but the source has to prove its address
 * always: nobody who asks is known. A signature costs what a Diffie-Hellman
 * does, and comes out of what is there for anybody.
 */
void
ident_asked(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	struct msg_idq in;

	if (!c->ident.answers || c->stopping) {
		count(&c->cnt, CNT_ident_off);
		return;
	}
	if (!msg_idq_parse(msg, len, &in) ||
	    !mac1_ok(c->ident.mac1key, msg, INIT_NOMACS)) {
		count(&c->cnt, CNT_mac1_bad);
		return;
	}
	if (!answer_paid(c, from, msg, t->now)) {
		answer_cookie(c, from, msg, in.sender, c->ident.cookiekey, t);
		return;
	}
	if (!ratelimit_take(c->rate, &from->remote, t->now) ||
	    !answer_may_compute(c, false, t->now)) {
		count(&c->cnt, CNT_ident_rate);
		return;
	}
	answer(c, from, &in, t);
}

/* --- asking ------------------------------------------------------------------
 */

static struct ident_query *
query_of(struct core *c, uint32_t id)
{
	unsigned i;

	for (i = 0; i < IDENT_QUERIES && id != 0; i++)
		if (c->ident.query[i].id == id)
			return &c->ident.query[i];
	return NULL;
}

const struct ident_query *
ident_find(struct core *c, uint32_t id)
{
	return query_of(c, id);
}

static bool
under_way(const struct ident_query *q)
{
	return q->state == IDENT_NAMES || q->state == IDENT_ASKING;
}

/* A free one, else the oldest that has ended. */
static struct ident_query *
place(struct core *c)
{
	struct ident_query *q, *best = NULL;

	for (q = c->ident.query; q < c->ident.query + IDENT_QUERIES; q++) {
		if (q->state == IDENT_FREE)
			return q;
		if (!under_way(q) &&
		    (best == NULL || mono_before(q->next, best->next)))
			best = q;
	}
	return best;
}

uint32_t
ident_open(struct core *c)
{
	struct ident_query *q = place(c);

	if (q == NULL)
		return 0;
	do {
		if (++c->ident.last_id == 0)
			c->ident.last_id = 1;
	} while (query_of(c, c->ident.last_id) != NULL);
	*q = (struct ident_query){
		.state = IDENT_NAMES, .id = c->ident.last_id, .next = MONO_NEVER
	};
	return q->id;
}

static void
ended(struct ident_query *q, enum ident_state state, struct mono now)
{
	q->state = state;
	q->next = mono_add(now, KEPT_US);
}

void
ident_fail(struct core *c, uint32_t id, const char *why, struct mono now)
{
	struct ident_query *q = query_of(c, id);

	if (q == NULL || !under_way(q))
		return;
	snprintf(q->why, sizeof(q->why), "%s", why);
	ended(q, IDENT_FAILED, now);
}

static void
send_to(struct core *c, const struct ident_query *q,
    const struct ident_target *to, struct turn *t)
{
	const struct path path = { .remote = to->at, .sock = SOCK_ANY };
	struct run run;
	struct pkt *pk = run_one(&run, IDQ_LEN, t->mem);

	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	memcpy(pk->p, q->msg, IDQ_LEN);
	if (to->has_cookie)
		mac2_write(to->cookie, pk->p);
	count(&c->cnt, CNT_ident_sent);
	c->io.udp_send(c->io.arg, &path, &run);
}

/* All addresses at once: whoever answers first has answered. */
static void
try(struct core *c, struct ident_query *q, struct turn *t)
{
	unsigned i;

	q->tries++;
	q->next = mono_add(t->now, GAP_US);
	for (i = 0; i < q->n; i++) {
		q->target[i].resent = false;
		send_to(c, q, &q->target[i], t);
	}
}

void
ident_ask(struct core *c, uint32_t id, const struct addr *at, unsigned n,
    struct turn *t)
{
	struct ident_query *q = query_of(c, id);
	uint8_t nonce[IDENT_NONCE];
	unsigned i;

	if (q == NULL || q->state != IDENT_NAMES)
		return;
	if (n == 0) {
		ident_fail(c, id, "there is no address to ask", t->now);
		return;
	}
	for (i = 0; i < n && q->n < IDENT_ADDRS; i++)
		if (guard_endpoint(c, NULL, &at[i], t))
			q->target[q->n++].at = at[i];
	if (q->n == 0) {
		ident_fail(c, id,
		    "its address is in the mesh, and no tunnel goes there; "
		    "see bind-device",
		    t->now);
		return;
	}
	q->index = index_fresh(c);
	c->io.random(c->io.arg, nonce, sizeof(nonce));
	msg_idq_write(q->msg, q->index, nonce);
	mac1_write(c->ident.mac1key, q->msg, INIT_NOMACS);
	q->state = IDENT_ASKING;
	try(c, q, t);
}

static struct ident_query *
query_by_index(struct core *c, uint32_t index)
{
	struct ident_query *q;

	for (q = c->ident.query; q < c->ident.query + IDENT_QUERIES; q++)
		if (q->state == IDENT_ASKING && q->index == index)
			return q;
	return NULL;
}

/* Answers come from where we asked: others cannot know the nonce either way. */
static struct ident_target *
target_at(struct ident_query *q, const struct addr *from)
{
	unsigned i;

	for (i = 0; i < q->n; i++)
		if (addr_equal(&q->target[i].at, from))
			return &q->target[i];
	return NULL;
}

bool
ident_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	struct ident_target *to;
	struct ident_query *q;
	struct msg_cookie in;

	if (!msg_cookie_parse(msg, len, &in) ||
	    (q = query_by_index(c, in.receiver)) == NULL ||
	    (to = target_at(q, &from->remote)) == NULL || to->resent ||
	    !cookie_reply_open(&in, c->ident.cookiekey, q->msg, to->cookie))
		return false;
	count(&c->cnt, CNT_cookie_got);
	q->cookies = true;
	to->has_cookie = true;
	to->resent = true;
	send_to(c, q, to, t);
	return true;
}

/* Is the key what it says, and of any use? */
static bool
proves(
    const struct core *c, const struct ident_query *q, const struct msg_idr *in)
{
	uint8_t x_pk[KEY_LEN];
	struct msg_idq asked;

	return msg_idq_parse(q->msg, IDQ_LEN, &asked) &&
	    identity_proven(in->key, c->net.netid, asked.nonce, in->sig) &&
	    key_to_x25519(in->key, x_pk);
}

/*
 * What does not hold ends nothing: who sees the question on its way could
 * hinder us by one wrong answer.
 */
void
ident_told(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t)
{
	struct ident_query *q;
	struct msg_idr in;

	if (!msg_idr_parse(msg, len, &in) ||
	    (q = query_by_index(c, in.receiver)) == NULL ||
	    target_at(q, &from->remote) == NULL) {
		count(&c->cnt, CNT_ident_bad);
		return;
	}
	if (!mac1_ok(c->ident.mac1key, msg, IDR_NOMAC)) {
		q->foreign = true;
		count(&c->cnt, CNT_mac1_bad);
		return;
	}
	if (!bucket_take(&c->dh_budget, t->now)) {
		count(&c->cnt, CNT_resp_budget);
		return;
	}
	if (!proves(c, q, &in)) {
		q->forged = true;
		count(&c->cnt, CNT_ident_bad);
		return;
	}
	if (equal_ct(in.key, c->id.ed_pk, KEY_LEN)) {
		ident_fail(c, q->id, "that is this node itself", t->now);
		return;
	}
	memcpy(q->key, in.key, KEY_LEN);
	q->from = from->remote;
	ended(q, IDENT_KNOWN, t->now);
}

/* The most that can be said. */
static const char *
why_not(const struct ident_query *q)
{
	if (q->forged)
		return "what answers there does not prove the key that it "
		       "shows: the signature is wrong";
	if (q->foreign)
		return "what answers there is of another network";
	if (q->cookies)
		return "it asked for a cookie, and did not answer then; try "
		       "again later";
	return "nobody answered: no vplamad of this network is there, or its "
	       "option answer-identity is no";
}

void
ident_tick(struct core *c, struct turn *t)
{
	struct ident_query *q;

	for (q = c->ident.query; q < c->ident.query + IDENT_QUERIES; q++) {
		if (q->state == IDENT_FREE || !mono_due(q->next, t->now))
			continue;
		if (q->state != IDENT_ASKING)
			*q = (struct ident_query){ .state = IDENT_FREE };
		else if (q->tries < TRIES)
			try(c, q, t);
		else
			ident_fail(c, q->id, why_not(q), t->now);
	}
}

struct mono
ident_deadline(const struct core *c)
{
	const struct ident_query *q;
	struct mono at = MONO_NEVER;

	for (q = c->ident.query; q < c->ident.query + IDENT_QUERIES; q++)
		if (q->state != IDENT_FREE)
			at = mono_min(at, q->next);
	return at;
}
