/*
 * Nobody is a weapon (threats T4): whatever comes, from whatever address, what
 * goes back there at once is at most one datagram, no longer than what came;
 * and to an address that has proven nothing no more goes in sum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "core/handshake.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "crypto/kx.h"
#include "tests/unit/party.h"

#define LEN_MAX 1500
#define MAC2_AT (INIT_NOMACS + MAC_LEN)

/* End 0 is shot at: it answers as much as it ever does. End 1 is its peer. */
struct range {
	struct party *p;
	struct duo *d;
	struct core *c;
	struct addr from;	   /* of what is shot now */
	uint64_t out_n, out_bytes; /* went there since it is */
	uint64_t in_n, in_bytes;
	uint64_t shots, replies;
	size_t largest; /* of 10000, reply to request with IPv4 and UDP */
	uint32_t attempt, asked, live;
	uint8_t cookie[MAC_LEN];
};

static bool
tap(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct range *r = d->tap_arg;

	(void)p;
	if (from->nr != 0 || !addr_equal(to, &r->from))
		return true;
	r->out_n++;
	r->out_bytes += len;
	return addr_equal(to, &d->end[1].face);
}

static void
renew_cookie(struct range *r)
{
	uint8_t fresh[KEY_LEN];

	rng_fill(&r->d->rnd, fresh, sizeof(fresh));
	cookie_renew(&r->c->cookies, fresh, r->d->now);
	cookie_make(&r->c->cookies, &r->from, r->cookie);
}

/* From another address from now on. */
static void
stand_at(struct range *r, const struct addr *from)
{
	r->from = *from;
	r->out_n = r->out_bytes = r->in_n = r->in_bytes = 0;
	renew_cookie(r);
}

static void
stand_nowhere(struct range *r, unsigned i)
{
	struct addr at = party_nowhere(i % 200);

	at.ip[14] = (uint8_t)(i / 200 % 200 + 1);
	at.port = (uint16_t)(1024 + i / 40000);
	stand_at(r, &at);
}

/* One datagram, and what came back at once: so many, of so many bytes. */
static void
exchange(struct range *r, const void *p, size_t len, uint64_t *ret_n,
    uint64_t *ret_bytes)
{
	size_t per;

	*ret_n = r->out_n;
	*ret_bytes = r->out_bytes;
	r->shots++;
	r->in_n++;
	r->in_bytes += len;
	duo_inject(r->d, 0, &r->from, p, len);
	*ret_n = r->out_n - *ret_n;
	*ret_bytes = r->out_bytes - *ret_bytes;
	r->replies += *ret_n;
	per = (size_t)(10000 * (r->out_bytes + 28 * r->out_n) /
	    (r->in_bytes + 28 * r->in_n));
	if (per > r->largest)
		r->largest = per;
}

static void
shoot(struct range *r, const void *p, size_t len)
{
	uint64_t n, bytes;

	exchange(r, p, len, &n, &bytes);
	if (n > 1 || bytes > len)
		fail_msg("type %u, %zu bytes: %u datagrams of %u bytes back",
		    len > 0 ? *(const uint8_t *)p : 0, len, (unsigned)n,
		    (unsigned)bytes);
}

/*
 * A challenge of ours may wait for the second of two: in sum it is no longer
 * than they are.
 */
static void
shoot_sealed(struct range *r, const void *p, size_t len)
{
	uint64_t n, bytes;

	exchange(r, p, len, &n, &bytes);
	if (n > 1 || r->out_bytes > r->in_bytes)
		fail_msg("%zu bytes, sealed: %u datagrams of %u bytes back",
		    len, (unsigned)n, (unsigned)bytes);
}

static uint32_t
attempt_index(const struct peer *p)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++)
		if (p->dial.at[i] != NULL)
			return p->dial.at[i]->ix.index;
	return 0;
}

/* Something of ours is under way to nobody: an initiation, and a query. */
static void
ask_nobody(struct range *r)
{
	struct turn t = duo_turn(r->d, 0);
	struct addr nobody = duo_addr("192.0.2.77");
	struct peer_config cfg = { .name = "nobody" };
	const char *why;
	struct peer *p;
	struct identity id;
	uint32_t q;

	party_identity(r->p, &id);
	memcpy(cfg.ed_pk, id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, id.x_pk, KEY_LEN);
	p = core_peer_add(r->c, &cfg, &why, &t);
	assert_non_null(p);
	core_peer_endpoints(r->c, p, &nobody, 1, &t);
	r->attempt = attempt_index(p);
	q = ident_open(r->c);
	ident_ask(r->c, q, &nobody, 1, &t);
	r->asked = ident_find(r->c, q)->index;
	duo_done(r->d);
}

static void
range_init(struct range *r, uint64_t seed)
{
	*r = (struct range){ .p = party_of(seed, TRUST_OPEN) };
	r->d = &r->p->d;
	r->c = &r->d->end[0].core;
	r->p->cfg.trust.open_transit = true;
	party_start(r->p, 0, 1);
	r->p->cfg.book.dial = false;
	party_start(r->p, 1, 2);
	ident_set_answers(r->c, true);
	duo_peer(r->d, 0, 1, true);
	duo_peer(r->d, 1, 0, true);
	assert_true(duo_wait_up(r->d, 0, 1, MONO_SEC));
	assert_true(duo_wait_up(r->d, 1, 0, MONO_SEC));
	ask_nobody(r);
	r->live = peer_session(r->d->end[0].peer[1])->ix.index;
	assert_true(r->attempt != 0 && r->asked != 0 && r->live != 0);
	r->d->tap = tap;
	r->d->tap_arg = r;
	stand_nowhere(r, 0);
}

static void
range_fini(struct range *r, const char *what)
{
	printf("# figure %s_shots %llu\n", what, (unsigned long long)r->shots);
	printf(
	    "# figure %s_replies %llu\n", what, (unsigned long long)r->replies);
	printf("# figure %s_largest %zu.%02zu percent\n", what,
	    r->largest / 100, r->largest % 100);
	party_fini(r->p);
}

/* --- any type, any length ----------------------------------------------------
 */

enum fill { ZEROS, ONES, NOISE, FILLS };
enum mac2 { MAC2_ZERO, MAC2_NOISE, MAC2_RIGHT, MAC2S };

static void
fill(struct range *r, uint8_t *p, enum fill how)
{
	if (how == NOISE)
		rng_fill(&r->d->rnd, p, LEN_MAX);
	else
		memset(p, how == ONES ? 0xff : 0, LEN_MAX);
}

/* A head that is right, and of ours what it is for where there is something. */
static void
head(struct range *r, uint8_t *p, unsigned type, unsigned turn)
{
	const uint32_t ours[] = { r->live, r->attempt, r->asked, 7 };
	struct wr w = wr_of(p, 16);

	wr_u8(&w, (uint8_t)type);
	wr_u8(&w, VPL_VERSION);
	wr_zeros(&w, 2);
	if (type == MSG_RESP)
		wr_zeros(&w, 4);
	wr_le32(&w, ours[turn % 4]);
}

/* mac1 where types 1, 2, 5 and 6 have it, by our key or that of nobody. */
static void
put_mac1(struct range *r, uint8_t *p, unsigned type, bool nobody)
{
	static const size_t at[] = { [MSG_INIT] = INIT_NOMACS,
		[MSG_RESP] = RESP_NOMACS,
		[MSG_IDQ] = INIT_NOMACS,
		[MSG_IDR] = IDR_NOMAC };
	const uint8_t *key = nobody ? r->c->ident.mac1key : r->c->mac1key;

	if (type <= MSG_IDR && at[type] != 0)
		mac1_write(key, p, at[type]);
}

static void
put_mac2(struct range *r, uint8_t *p, enum mac2 how)
{
	memset(p + MAC2_AT, 0, MAC_LEN);
	if (how == MAC2_NOISE)
		rng_fill(&r->d->rnd, p + MAC2_AT, MAC_LEN);
	else if (how == MAC2_RIGHT)
		mac2_write(r->cookie, p);
}

static void
shoot_all(struct range *r, unsigned type, size_t len, unsigned turn)
{
	uint8_t p[LEN_MAX];
	enum fill how = (enum fill)(turn % FILLS);
	unsigned mac2;

	fill(r, p, how);
	p[0] = (uint8_t)type;
	shoot(r, p, len);
	head(r, p, type, turn);
	shoot(r, p, len);
	put_mac1(r, p, type, type >= MSG_IDQ);
	if (type == MSG_IDQ) /* else it is refused for that, with any mac */
		memset(p + 40, 0, 96);
	for (mac2 = 0; type <= MSG_IDR && mac2 < MAC2S; mac2++) {
		put_mac1(r, p, type, type >= MSG_IDQ);
		put_mac2(r, p, (enum mac2)mac2);
		shoot(r, p, len);
	}
}

static void
every_length(struct range *r, unsigned type, bool loaded)
{
	size_t len;

	for (len = 0; len <= LEN_MAX; len++) {
		if (loaded)
			core_note_load(r->c, r->d->now);
		shoot_all(r, type, len, (unsigned)len);
		if (len % 64 == 0)
			duo_run(r->d, MONO_MS);
		renew_cookie(r);
	}
}

/* From a stranger, from where our peer is, and from whom we asked. */
static void
any_type_and_length(void **state)
{
	struct addr asked = duo_addr("192.0.2.77");
	struct range r;
	unsigned type, who;

	(void)state;
	range_init(&r, 1);
	for (type = 0; type < 256; type++) {
		for (who = 0; who < (type <= MSG_IDR + 1 ? 6 : 1); who++) {
			if (who / 2 == 1)
				stand_at(&r, &r.d->end[1].face);
			else if (who / 2 == 2)
				stand_at(&r, &asked);
			else
				stand_nowhere(&r, type);
			every_length(&r, type, who % 2 == 1);
			/* our own initiations go to the other two */
			assert_true(who / 2 != 0 ||
			    (r.out_bytes <= r.in_bytes && r.out_n <= r.in_n));
		}
	}
	assert_true(party_live(r.p, 0, 1));
	assert_true(r.shots > 256 * 1501);
	assert_true(r.replies > 0);
	range_fini(&r, "any");
}

/* --- good ones ---------------------------------------------------------------
 */

static void
write_init(struct range *r, const struct identity *id, uint64_t stamp,
    uint8_t msg[INIT_LEN])
{
	static const uint8_t none[KEY_LEN];
	const struct core *c = r->c;
	struct init_payload pl = { .suites = c->aead.suites,
		.preferred = c->aead.preferred,
		.mtu = CORE_MTU,
		.caps = c->caps,
		.class = 1 };
	uint8_t e_sk[KEY_LEN], ss[KEY_LEN], psk[KEY_LEN];
	struct wr w = wr_of(pl.stamp, sizeof(pl.stamp));
	struct hs_init hs;

	wr_be64(&w, stamp);
	memset(msg, 0, INIT_LEN);
	rng_fill(&r->d->rnd, e_sk, sizeof(e_sk));
	network_psk(&c->net, none, psk);
	assert_true(kx_shared(ss, id->x_sk, c->id.x_pk));
	assert_true(hs_init_write(
	    &hs, &c->net, id, c->id.x_pk, ss, psk, e_sk, 77, &pl, msg));
	mac1_write(c->mac1key, msg, INIT_NOMACS);
}

/* Whoever dials, from wherever, with any mac2, loaded or not, now and later. */
static void
initiations(struct range *r, const struct identity *id, unsigned i)
{
	const uint64_t stamps[] = { 1, PARTY_WALL_MS * 2, UINT64_MAX };
	uint8_t msg[INIT_LEN];
	unsigned k;

	for (k = 0; k < 2 * 2 * MAC2S * 3; k++) {
		bool there = k % 2 == 1, loaded = k / 2 % 2 == 1;

		if (there)
			stand_at(r, &r->d->end[1].face);
		else
			stand_nowhere(r, 1000 + 100 * i + k);
		if (loaded)
			core_note_load(r->c, r->d->now);
		write_init(r, id, stamps[k / 12], msg);
		put_mac2(r, msg, (enum mac2)(k / 4 % MAC2S));
		shoot(r, msg, sizeof(msg));
		shoot(r, msg, sizeof(msg)); /* and again */
		duo_run(r->d, 300 * MONO_MS);
		duo_run(r->d, k % 8 == 7 ? 50 * MONO_SEC : 1100 * MONO_MS);
		assert_true(there ||
		    (r->out_bytes <= r->in_bytes && r->out_n <= r->in_n));
	}
}

static void
good_initiations(void **state)
{
	struct identity known, new;
	struct range r;
	uint64_t before;
	unsigned i;

	(void)state;
	range_init(&r, 2);
	before = duo_cnt(r.d, 0, CNT_resp_sent);
	known = r.d->end[1].core.id;
	initiations(&r, &known, 0);
	for (i = 1; i < 4; i++) {
		party_identity(r.p, &new);
		initiations(&r, &new, i);
	}
	initiations(&r, &r.c->id, i);
	assert_true(duo_cnt(r.d, 0, CNT_resp_sent) > before + 20);
	assert_true(duo_cnt(r.d, 0, CNT_cookie_sent) > 20);
	range_fini(&r, "init");
}

static void
good_queries(void **state)
{
	uint8_t msg[IDQ_LEN], nonce[IDENT_NONCE] = { 1 };
	struct range r;
	unsigned i;

	(void)state;
	range_init(&r, 3);
	for (i = 0; i < 200; i++) {
		if (i % 2 == 0)
			stand_nowhere(&r, i);
		else
			stand_at(&r, &r.d->end[1].face);
		if (i / 2 % 2 == 0)
			core_note_load(r.c, r.d->now);
		msg_idq_write(msg, i, nonce);
		mac1_write(r.c->ident.mac1key, msg, INIT_NOMACS);
		put_mac2(&r, msg, (enum mac2)(i % MAC2S));
		shoot(&r, msg, sizeof(msg));
		duo_run(r.d, MONO_SEC);
	}
	assert_true(duo_cnt(r.d, 0, CNT_ident_answered) > 50);
	range_fini(&r, "identity");
}

/* --- a copier ----------------------------------------------------------------
 * What is sealed right comes from an address that has proven nothing.
 */

/* A datagram of end 1 with that plaintext; returns its length. */
static size_t
seal(struct range *r, const uint8_t *plain, size_t len, uint8_t *ret)
{
	struct session *s = peer_session(r->d->end[1].peer[0]);
	struct run run = { .n = 1,
		.pkt = { { ret + DATA_HEAD, (uint32_t)len, 0 } } };

	assert_non_null(s);
	memcpy(ret + DATA_HEAD, plain, len);
	assert_true(session_seal(s, &run));
	return run.pkt[0].len;
}

/* A body of the length that the frame says it is, of a kind that may be. */
static size_t
frame(struct range *r, unsigned type, size_t len, uint8_t *ret)
{
	struct wr w = wr_of(ret, LEN_MAX);
	size_t body = len < FRAME_HEAD ? 0 : len - FRAME_HEAD;

	memset(ret, 0, LEN_MAX);
	if (len < FRAME_HEAD)
		return len;
	if (type == FRAME_CHALLENGE && body >= CHALLENGE_LEN)
		body = CHALLENGE_LEN; /* the rest is padding */
	if (type == FRAME_PROBE && body >= PROBE_LEN)
		body = PROBE_LEN;
	wr_u8(&w, (uint8_t)type);
	wr_u8(&w, 0);
	wr_le16(&w, (uint16_t)body);
	rng_fill(&r->d->rnd, ret + FRAME_HEAD, body);
	if (type == FRAME_REKEY && body >= 4)
		memcpy(ret + FRAME_HEAD,
		    body == INIT_NOMACS ? "\1\1\0\0" : "\2\1\0\0", 4);
	return len;
}

/* gap_us after each: within one check of the path, or beyond it. */
static void
copies(struct range *r, unsigned type, size_t step, uint64_t gap_us)
{
	uint8_t plain[LEN_MAX], msg[LEN_MAX + DATA_HEAD + TAG_LEN];
	static unsigned place = 5000;
	size_t len, n;

	for (len = 0; len <= LEN_MAX - DATA_HEAD - TAG_LEN; len += step) {
		stand_nowhere(r, place++);
		n = seal(r, plain, frame(r, type, len, plain), msg);
		shoot_sealed(r, msg, n);
		n = seal(r, plain, frame(r, type, len, plain), msg);
		shoot_sealed(r, msg, n);
		duo_run(r->d, gap_us);
		assert_true(r->out_bytes <= r->in_bytes);
		assert_true(r->out_n <= r->in_n);
		if (peer_session(r->d->end[1].peer[0]) == NULL)
			assert_true(duo_wait_up(r->d, 1, 0, 60 * MONO_SEC));
	}
}

static void
copied_packets(void **state)
{
	struct range r;
	unsigned type;

	(void)state;
	range_init(&r, 4);
	for (type = 0; type <= FRAME_TYPES; type++) {
		if (type == FRAME_CLOSE)
			continue; /* it ends the session that it is in */
		copies(&r, type, 1, 0);
		copies(&r, type, 16, 1700 * MONO_MS);
		copies(&r, type, 48, 4100 * MONO_MS);
	}
	assert_true(duo_cnt(r.d, 0, CNT_roam_refused) > 100);
	assert_int_equal(duo_cnt(r.d, 0, CNT_roam_switch), 0);
	assert_true(party_live(r.p, 0, 1));
	assert_true(r.replies > 100);
	range_fini(&r, "copied");
}

/* The same while the old address is silent, and as trains of two. */
static void
copied_trains(void **state)
{
	uint8_t plain[LEN_MAX], msg[2][LEN_MAX + DATA_HEAD + TAG_LEN];
	struct path from = { 0 };
	struct range r;
	unsigned i, k;
	size_t n;

	(void)state;
	range_init(&r, 5);
	for (i = 0; i < 300; i++) {
		struct run *run = run_new(&r.d->mem);
		struct turn t = duo_turn(r.d, 0);

		stand_nowhere(&r, 40000 + i);
		r.d->dir[0][1].cut = i % 8 < 2;
		for (k = 0; k < 2; k++) {
			struct pkt *pk;

			n = seal(&r, plain,
			    frame(&r,
				i % 3 == 0 ? FRAME_CHALLENGE : FRAME_PROBE,
				i % 80, plain),
			    msg[k]);
			pk = run_add(run, n, &r.d->mem);
			memcpy(pk->p, msg[k], n);
			r.in_bytes += n;
			r.in_n++;
			r.shots++;
		}
		from.remote = r.from;
		core_udp_input(r.c, &from, run, &t);
		duo_done(r.d);
		assert_true(r.out_bytes <= r.in_bytes && r.out_n <= r.in_n);
		duo_run(r.d, i % 5 * MONO_SEC);
		r.replies += r.out_n;
		assert_true(r.out_bytes <= r.in_bytes && r.out_n <= r.in_n);
	}
	assert_true(duo_cnt(r.d, 0, CNT_roam_unproven) > 10);
	assert_int_equal(duo_cnt(r.d, 0, CNT_roam_switch), 0);
	r.d->dir[0][1].cut = false;
	range_fini(&r, "trains");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_type_and_length),
		cmocka_unit_test(good_initiations),
		cmocka_unit_test(good_queries),
		cmocka_unit_test(copied_packets),
		cmocka_unit_test(copied_trains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
