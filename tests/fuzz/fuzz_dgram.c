/*
 * Datagrams of every type, given to a whole core, with the macs, cookies and
 * indices right where the input asks for it, so that what lies behind them is
 * reached. Input: steps, each a byte that says which, one of flags, and what
 * that step wants. Nobody without a proven address gets more than it sent.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/cookie.h"
#include "core/handshake.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "crypto/kx.h"
#include "tests/fuzz/feed.h"
#include "tests/starve.h"
#include "tests/unit/party.h"

#define STEPS 64
#define GRAM_MAX 2048

/* The ends: the core at hand, its live peer, one that it dials in vain. */
enum { US, LIVE, AWAY, STRANGER };

struct lab {
	struct party p;
	struct identity away, stranger;
	uint8_t init[INIT_LEN]; /* the last one that went to AWAY */
	bool has_init;
	uint64_t got, sent; /* bytes: from and to the address of this step */
	const struct addr *now;
	unsigned room; /* bytes that a turn has beside what came; 0: plenty */
};

static const uint8_t no_psk[KEY_LEN];

static bool
tap(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct lab *l = d->tap_arg;

	if (from->nr != US)
		return true;
	if (l->now != NULL && addr_equal(to, l->now))
		l->sent += len;
	if (len == INIT_LEN && p[0] == MSG_INIT &&
	    addr_equal(to, &d->end[AWAY].addr)) {
		memcpy(l->init, p, INIT_LEN);
		l->has_init = true;
	}
	return addr_equal(to, &d->end[LIVE].face);
}

static void
add_away(struct lab *l)
{
	struct peer_config cfg = { .name = "away" };
	struct turn t = duo_turn(&l->p.d, US);
	struct core *c = &l->p.d.end[US].core;
	const char *why;
	struct peer *p;

	memcpy(cfg.ed_pk, l->away.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, l->away.x_pk, KEY_LEN);
	p = core_peer_add(c, &cfg, &why, &t);
	MUST(p != NULL);
	core_peer_endpoints(c, p, &l->p.d.end[AWAY].addr, 1, &t);
	duo_done(&l->p.d);
}

static void
lab_init(struct lab *l)
{
	const uint8_t a[KEY_LEN] = { 77 }, s[KEY_LEN] = { 78 };

	memset(l, 0, sizeof(*l));
	party_init(&l->p, 1, TRUST_OPEN);
	l->p.d.tap = tap;
	l->p.d.tap_arg = l;
	MUST(identity_from_seed(a, &l->away));
	MUST(identity_from_seed(s, &l->stranger));
	party_start(&l->p, US, LIVE + 1);
	duo_peer(&l->p.d, LIVE, US, false);
	duo_peer(&l->p.d, US, LIVE, true);
	MUST(duo_wait_up(&l->p.d, LIVE, US, MONO_SEC));
	add_away(l);
}

/* One of four addresses: the peer's, the one dialled, and two of others. */
static struct addr
source(const struct lab *l, uint8_t flags)
{
	struct addr a = l->p.d.end[flags & 3].addr;

	if ((flags & 3) == US)
		a.port = (uint16_t)(a.port + 1);
	return a;
}

static void
inject(struct lab *l, const struct addr *from, const uint8_t *p, size_t len)
{
	struct duo *d = &l->p.d;
	struct path path = { .remote = *from, .local = d->end[US].addr };
	struct turn t = duo_turn(d, US);
	size_t max = d->mem.max;
	struct run run;
	struct pkt *pk = run_one(&run, len, &d->mem);

	MUST(pk != NULL);
	memcpy(pk->p, p, len);
	if (l->room > 0)
		d->mem.max = d->mem.used + l->room;
	core_udp_input(&d->end[US].core, &path, &run, &t);
	d->mem.max = max;
	duo_done(d);
}

static void
shoot(struct lab *l, uint8_t flags, const uint8_t *p, size_t len)
{
	struct addr from = source(l, flags);

	l->now = &from;
	l->got = len;
	l->sent = 0;
	inject(l, &from, p, len);
	l->now = NULL;
	/* Those two prove that somebody got what we sent there. */
	if (len > 0 && p[0] != MSG_RESP && p[0] != MSG_COOKIE &&
	    p[0] != MSG_DATA)
		MUST(l->sent <= l->got);
}

static struct attempt *
last_attempt(struct lab *l)
{
	struct peer *p = peertab_by_key(&l->p.d.end[US].core, l->away.x_pk);
	unsigned i;

	for (i = 0; p != NULL && i < ATTEMPTS; i++)
		if (p->dial.at[i] != NULL)
			return p->dial.at[i];
	return NULL;
}

static void
put_index(struct lab *l, uint8_t *p, size_t at, bool attempt)
{
	struct attempt *a = last_attempt(l);
	struct peer *peer = l->p.d.end[US].peer[LIVE];
	struct session *s = peer_session(peer);
	struct wr w = wr_of(p + at, 4);

	wr_le32(&w,
	    attempt && a != NULL ? a->ix.index
		: s != NULL	 ? s->ix.index
				 : 0);
}

static void
put_macs(struct lab *l, uint8_t *p, uint8_t flags)
{
	struct core *c = &l->p.d.end[US].core;
	struct addr from = source(l, flags);
	uint8_t cookie[MAC_LEN];

	mac1_write(c->mac1key, p, INIT_NOMACS);
	memset(p + INIT_NOMACS + MAC_LEN, 0, MAC_LEN);
	if ((flags & 4) == 0)
		return;
	cookie_make(&c->cookies, &from, cookie);
	mac2_write(cookie, p);
}

/* The bytes as they are, but for what has to be right. */
static void
step_macs(struct lab *l, struct feed *f, uint8_t flags)
{
	uint8_t p[GRAM_MAX] = { 0 }, key[KEY_LEN];
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	if (len > sizeof(p))
		len = sizeof(p);
	memcpy(p, raw, len);
	if (len < 16)
		len = 16;
	p[1] = VPL_VERSION;
	p[2] = p[3] = 0;
	switch (p[0]) {
	case MSG_INIT:
	case MSG_IDQ:
		len = (flags & 8) != 0 ? len : INIT_LEN;
		put_macs(l, p, flags);
		break;
	case MSG_RESP:
	case MSG_IDR:
		len = (flags & 8) != 0 ? len : RESP_LEN;
		put_index(l, p, p[0] == MSG_RESP ? 8 : 4, true);
		network_mac1key(&l->p.d.end[US].core.net, l->away.x_pk, key);
		mac1_write(key, p, RESP_NOMACS);
		memset(p + RESP_NOMACS + MAC_LEN, 0, MAC_LEN);
		break;
	case MSG_COOKIE:
		len = (flags & 8) != 0 ? len : COOKIE_LEN;
		put_index(l, p, 4, true);
		break;
	default:
		put_index(l, p, 4, false);
	}
	shoot(l, flags, p, len);
}

/* A real initiation that says what the input likes. */
static void
step_init(struct lab *l, struct feed *f, uint8_t flags)
{
	const struct core *c = &l->p.d.end[US].core;
	const struct identity *who[] = { &l->stranger, &l->away,
		&l->p.d.end[LIVE].core.id, &c->id };
	const struct identity *us = who[flags >> 4 & 3];
	uint8_t psk[KEY_LEN], ss[KEY_LEN], e_sk[KEY_LEN], raw[INIT_PAYLOAD];
	uint8_t p[INIT_LEN], flip;
	struct init_payload pl;
	struct hs_init hs;

	feed_fill(f, raw, sizeof(raw));
	flip = feed_u8(f);
	MUST(init_payload_parse(raw, &pl));
	network_psk(&c->net, no_psk, psk);
	rng_fill(&l->p.d.rnd, e_sk, sizeof(e_sk));
	MUST(kx_shared(ss, us->x_sk, c->id.x_pk));
	MUST(hs_init_write(
	    &hs, &c->net, us, c->id.x_pk, ss, psk, e_sk, 77, &pl, p));
	if ((flags & 64) != 0)
		p[flip % INIT_NOMACS] ^= (uint8_t)(1 + flip);
	if ((flags & 128) != 0)
		memset(p + 8, 0, KEY_LEN); /* an ephemeral of low order */
	put_macs(l, p, flags);
	shoot(l, flags, p, sizeof(p));
}

static void
mix_dh(struct noise *ns, const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
	uint8_t dh[KEY_LEN];

	MUST(kx_shared(dh, sk, pk));
	noise_mix_key(ns, dh, sizeof(dh));
}

/* The second half of hs_resp_write(), which would not write all that. */
static void
forge_resp(struct lab *l, struct hs_resp *hs, const uint8_t *plain, uint8_t *p)
{
	uint8_t psk[KEY_LEN], e_sk[KEY_LEN], *e = p + 12;

	network_psk(&l->p.d.end[US].core.net, no_psk, psk);
	rng_fill(&l->p.d.rnd, e_sk, sizeof(e_sk));
	msg_resp_head(p, 78, hs->sender);
	kx_public(e, e_sk);
	noise_mix_hash(&hs->ns, e, KEY_LEN);
	noise_mix_key(&hs->ns, e, KEY_LEN);
	mix_dh(&hs->ns, e_sk, hs->re);
	mix_dh(&hs->ns, e_sk, hs->rs);
	noise_mix_key_and_hash(&hs->ns, psk, KEY_LEN);
	noise_seal(&hs->ns, e + KEY_LEN, plain, RESP_PAYLOAD);
}

/* AWAY answers what was sent there, and says what the input likes. */
static void
step_resp(struct lab *l, struct feed *f, uint8_t flags)
{
	const struct network *net = &l->p.d.end[US].core.net;
	uint8_t ss[KEY_LEN], raw[RESP_PAYLOAD], key[KEY_LEN], at;
	uint8_t p[RESP_LEN] = { 0 };
	struct msg_init in;
	struct hs_resp hs;

	feed_fill(f, raw, sizeof(raw));
	at = feed_u8(f);
	if (!l->has_init)
		return;
	if ((flags & 8) == 0)
		memcpy(raw + 34, "\x4e\0\0", 4); /* the index 78 */
	MUST(msg_init_parse(l->init, INIT_LEN, &in));
	MUST(hs_resp_read_static(&hs, net, &l->away, l->init, &in));
	MUST(kx_shared(ss, l->away.x_sk, hs.rs));
	MUST(hs_resp_read_payload(&hs, ss, &in));
	forge_resp(l, &hs, raw, p);
	if ((flags & 64) != 0)
		p[4 + at % (RESP_NOMACS - 4)] ^= (uint8_t)(1 + at);
	if ((flags & 128) != 0)
		memset(p + 12, 0, KEY_LEN);
	network_mac1key(net, l->away.x_pk, key);
	mac1_write(key, p, RESP_NOMACS);
	shoot(l, flags, p, sizeof(p));
}

static void
step_cookie(struct lab *l, struct feed *f, uint8_t flags)
{
	struct duo *d = &l->p.d;
	struct cookie_check ck = { .has = true };
	uint8_t key[KEY_LEN], p[COOKIE_LEN], nonce[24];
	uint8_t at = feed_u8(f);
	struct msg_init in;

	if (!l->has_init)
		return;
	MUST(msg_init_parse(l->init, INIT_LEN, &in));
	network_cookiekey(&d->end[US].core.net, l->away.x_pk, key);
	rng_fill(&d->rnd, nonce, sizeof(nonce));
	cookie_reply_write(
	    &ck, key, nonce, l->init, in.sender, &d->end[US].addr, p);
	if ((flags & 64) != 0)
		p[4 + at % (COOKIE_LEN - 4)] ^= (uint8_t)(1 + at);
	shoot(l, flags, p, sizeof(p));
}

/* Whatever a peer seals is a packet of its own. */
static void
step_sealed(struct lab *l, struct feed *f, uint8_t flags)
{
	struct peer *p = l->p.d.end[LIVE].peer[US];
	struct session *s = peer_session(p);
	uint8_t buf[DATA_HEAD + GRAM_MAX + TAG_LEN];
	struct run run = { .n = 1 };
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	if (s == NULL || len > GRAM_MAX)
		return;
	memcpy(buf + DATA_HEAD, raw, len);
	run.pkt[0] = (struct pkt){ buf + DATA_HEAD, (uint32_t)len, 0 };
	if ((flags & 32) != 0)
		s->counter += feed_u16(f); /* the window moves on */
	if (!session_seal(s, &run))
		return;
	if ((flags & 16) != 0)
		shoot(l, flags, run.pkt[0].p, run.pkt[0].len); /* twice */
	shoot(l, flags, run.pkt[0].p, run.pkt[0].len);
}

static void
step_raw(struct lab *l, struct feed *f, uint8_t flags)
{
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	shoot(l, flags, raw, len);
}

/* What is due next is done with little memory. */
static void
tick_tight(struct lab *l)
{
	struct duo *d = &l->p.d;
	struct core *c = &d->end[US].core;
	size_t max = d->mem.max;
	struct turn t;

	if (mono_is_never(core_deadline(c)))
		return;
	d->now = mono_add(core_deadline(c), 0);
	t = duo_turn(d, US);
	d->mem.max = l->room;
	core_tick(c, &t);
	d->mem.max = max;
	duo_done(d);
}

static void
step_time(struct lab *l, struct feed *f, uint8_t flags)
{
	uint64_t n = feed_u16(f);
	const struct book_source src = { .from = BOOK_FROM_USER };
	struct duo *d = &l->p.d;
	struct turn t = duo_turn(d, US);

	if ((flags & 2) != 0) /* somebody tells of one who is not there */
		exchange_heard_of(&d->end[US].core, src, l->stranger.ed_pk,
		    &d->end[STRANGER].addr, 1, &t);
	duo_done(d);
	if ((flags & 4) != 0)
		tick_tight(l);
	duo_run(d, (flags & 1) != 0 ? n * 100 * MONO_MS : n * MONO_MS);
}

/* So much of what is left, in parts of 255. */
static void
spend(struct bucket *b, unsigned part, struct mono now)
{
	bucket_take_n(b, bucket_left(b, now) * part / 255, now);
}

/* From now on strangers stay out. */
static void
close_up(struct lab *l)
{
	struct exchange_config cfg = l->p.cfg;
	struct turn t = duo_turn(&l->p.d, US);

	cfg.trust.mode = TRUST_KNOWN;
	exchange_set_config(&l->p.d.end[US].core, &cfg, &t);
	duo_done(&l->p.d);
}

/* The core has more to do than it can, and memory for few packets. */
static void
step_load(struct lab *l, struct feed *f, uint8_t flags)
{
	struct duo *d = &l->p.d;
	struct core *c = &d->end[US].core;

	core_note_load(c, d->now);
	if ((flags & 1) != 0)
		spend(&c->dh_budget, feed_u8(f), d->now);
	if ((flags & 2) != 0)
		spend(&c->cookie_budget, feed_u8(f), d->now);
	if ((flags & 4) != 0)
		c->stopping = true;
	if ((flags & 8) != 0)
		peertab_by_key(c, l->away.x_pk)->revoked = true;
	if ((flags & 16) != 0)
		starve_once(feed_u8(f));
	if ((flags & 32) != 0)
		l->room = 1 + 16u * feed_u8(f);
	if ((flags & 64) != 0)
		close_up(l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void (*const steps[])(struct lab *, struct feed *,
	    uint8_t) = { step_raw, step_macs, step_init, step_resp, step_cookie,
		step_sealed, step_time, step_load };
	static struct lab l;
	struct feed f = { p, len };
	unsigned i, what;

	lab_init(&l);
	for (i = 0; i < STEPS && !feed_empty(&f); i++) {
		what = feed_u8(&f) % (sizeof(steps) / sizeof(steps[0]));
		steps[what](&l, &f, feed_u8(&f));
	}
	starve_end();
	duo_run(&l.p.d, MONO_SEC);
	party_fini(&l.p);
	return 0;
}
