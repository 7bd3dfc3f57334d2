/*
 * First contact without a key: a core that answers whoever asks, and asks
 * itself. Input: steps, each a byte that says which, and one of flags. What
 * comes is made right, and then altered where the input says so.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/cookie.h"
#include "core/ident.h"
#include "crypto/sign.h"
#include "tests/fuzz/feed.h"
#include "tests/unit/duo.h"

#define STEPS 64
#define NOMAC (IDR_LEN - MAC_LEN)

struct lab {
	struct duo d;
	struct identity other;
	uint8_t query[IDQ_LEN]; /* the last one of ours */
	bool has_query;
	uint64_t sent; /* in this step */
	bool tight;
};

static bool
tap(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct lab *l = d->tap_arg;

	(void)from, (void)to;
	l->sent += len;
	if (len == IDQ_LEN && p[0] == MSG_IDQ) {
		memcpy(l->query, p, IDQ_LEN);
		l->has_query = true;
	}
	return false;
}

static void
lab_init(struct lab *l)
{
	const struct duo_options opt = { .no_mesh = true };
	const uint8_t seed[KEY_LEN] = { 5 };

	memset(l, 0, sizeof(*l));
	duo_init(&l->d, 6);
	l->d.tap = tap;
	l->d.tap_arg = l;
	MUST(identity_from_seed(seed, &l->other));
	duo_start(&l->d, 0, &opt);
	ident_set_answers(&l->d.end[0].core, true);
}

static struct addr
source(const struct lab *l, uint8_t flags)
{
	return l->d.end[1 + flags % 4].addr;
}

/* With memory for nothing but what came, if the input wants it. */
static void
take_in(struct lab *l, uint8_t flags, uint8_t *p, size_t len, struct feed *f)
{
	struct path from = { .remote = source(l, flags) };
	struct turn t = duo_turn(&l->d, 0);
	size_t max = l->d.mem.max;
	struct run run;
	struct pkt *pk = run_one(&run, len, &l->d.mem);

	MUST(pk != NULL);
	if ((flags & 64) != 0) {
		uint8_t at = feed_u8(f);

		p[at % len] ^= (uint8_t)(1 + feed_u8(f));
	}
	memcpy(pk->p, p, len);
	if (l->tight)
		l->d.mem.max = l->d.mem.used;
	l->sent = 0;
	core_udp_input(&l->d.end[0].core, &from, &run, &t);
	MUST(p[0] == MSG_COOKIE || l->sent <= len);
	l->d.mem.max = max;
	duo_done(&l->d);
}

/* Somebody asks us. */
static void
step_asked(struct lab *l, struct feed *f, uint8_t flags)
{
	struct core *c = &l->d.end[0].core;
	struct addr from = source(l, flags);
	uint8_t p[IDQ_LEN], nonce[IDENT_NONCE], cookie[MAC_LEN];

	feed_fill(f, nonce, sizeof(nonce));
	msg_idq_write(p, 7, nonce);
	mac1_write(c->ident.mac1key, p, INIT_NOMACS);
	if ((flags & 8) != 0) {
		cookie_make(&c->cookies, &from, cookie);
		mac2_write(cookie, p);
	}
	take_in(l, flags, p, sizeof(p), f);
}

/* What we have asked is answered, by whom the input likes. */
static void
step_told(struct lab *l, struct feed *f, uint8_t flags)
{
	struct core *c = &l->d.end[0].core;
	const struct identity *who = (flags & 8) != 0 ? &c->id : &l->other;
	uint8_t p[IDR_LEN], sig[SIG_LEN], key[KEY_LEN];
	struct msg_idq in;

	if (!l->has_query)
		return;
	MUST(msg_idq_parse(l->query, IDQ_LEN, &in));
	identity_prove(who, c->net.netid, in.nonce, sig);
	memcpy(key, who->ed_pk, KEY_LEN);
	if ((flags & 16) != 0)
		feed_fill(f, key, KEY_LEN);
	msg_idr_write(p, in.sender, key, sig);
	if ((flags & 32) != 0)
		p[40 + feed_u8(f) % SIG_LEN] ^= 1;
	mac1_write(c->ident.mac1key, p, NOMAC);
	take_in(l, flags, p, sizeof(p), f);
}

static void
step_cookie(struct lab *l, struct feed *f, uint8_t flags)
{
	struct cookie_check ck = { .has = true };
	struct core *c = &l->d.end[0].core;
	uint8_t p[COOKIE_LEN], nonce[24] = { 1 };
	struct msg_idq in;

	if (!l->has_query)
		return;
	MUST(msg_idq_parse(l->query, IDQ_LEN, &in));
	cookie_reply_write(&ck, c->ident.cookiekey, nonce, l->query, in.sender,
	    &l->d.end[0].addr, p);
	take_in(l, flags, p, sizeof(p), f);
}

static void
step_ask(struct lab *l, struct feed *f, uint8_t flags)
{
	struct core *c = &l->d.end[0].core;
	struct turn t = duo_turn(&l->d, 0);
	struct addr at[4];
	uint32_t id = ident_open(c);
	unsigned i;

	for (i = 0; i < 4; i++)
		at[i] = source(l, (uint8_t)(flags + i));
	if (id == 0)
		return;
	MUST(ident_find(c, id) != NULL);
	if ((flags & 128) != 0)
		ident_fail(c, id, "no such name", t.now);
	ident_ask(c, id, at, feed_u8(f) % 6, &t);
	ident_ask(c, id, at, 1, &t); /* once is enough */
	duo_done(&l->d);
}

static void
step_time(struct lab *l, struct feed *f, uint8_t flags)
{
	(void)flags;
	duo_run(&l->d, feed_u8(f) * (uint64_t)(400 * MONO_MS));
}

static void
step_state(struct lab *l, struct feed *f, uint8_t flags)
{
	struct core *c = &l->d.end[0].core;

	if ((flags & 1) != 0)
		ident_set_answers(c, (flags & 2) != 0);
	if ((flags & 4) != 0)
		bucket_take_n(&c->dh_budget,
		    bucket_left(&c->dh_budget, l->d.now), l->d.now);
	if ((flags & 8) != 0)
		c->ident.last_id = UINT32_MAX;
	l->tight = (flags & 16) != 0;
	(void)f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void (*const steps[])(
	    struct lab *, struct feed *, uint8_t) = { step_asked, step_told,
		step_cookie, step_ask, step_time, step_state };
	static struct lab l;
	struct feed f = { p, len };
	unsigned i, what;

	lab_init(&l);
	for (i = 0; i < STEPS && !feed_empty(&f); i++) {
		what = feed_u8(&f) % (sizeof(steps) / sizeof(steps[0]));
		steps[what](&l, &f, feed_u8(&f));
	}
	duo_run(&l.d, 70 * (uint64_t)MONO_SEC);
	duo_fini(&l.d);
	return 0;
}
