/* What those who have nothing but keys and addresses can do to a vnode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/ex.h"
#include "core/handshake.h"
#include "core/peer_send.h"
#include "crypto/kx.h"
#include "tests/unit/party.h"

/* An initiation to end 0, as whoever has id would write it: its nth. */
static void
write_nth(struct party *p, const struct identity *id, uint8_t n,
    uint8_t msg[INIT_LEN])
{
	static const uint8_t none[KEY_LEN];
	const struct core *c = &p->d.end[0].core;
	const struct init_payload pl = { .stamp = { n },
		.suites = c->aead.suites,
		.preferred = c->aead.preferred,
		.mtu = CORE_MTU,
		.class = 1 };
	uint8_t e_sk[KEY_LEN], ss[KEY_LEN], psk[KEY_LEN], mac1key[KEY_LEN];
	struct hs_init hs;

	memset(msg, 0, INIT_LEN);
	rng_fill(&p->d.rnd, e_sk, sizeof(e_sk));
	network_psk(&c->net, none, psk);
	network_mac1key(&c->net, c->id.x_pk, mac1key);
	assert_true(kx_shared(ss, id->x_sk, c->id.x_pk));
	assert_true(hs_init_write(
	    &hs, &c->net, id, c->id.x_pk, ss, psk, e_sk, 77, &pl, msg));
	mac1_write(mac1key, msg, INIT_NOMACS);
}

static void
write_init(struct party *p, const struct identity *id, uint8_t msg[INIT_LEN])
{
	write_nth(p, id, 1, msg);
}

/* Anybody can send it: our public key is no secret, nor is a peer's address. */
static void
forged_source_is_dialled_all_the_same(void **state)
{
	struct party *p = party_of(1, TRUST_OPEN);
	uint8_t msg[INIT_LEN];
	struct identity id;

	(void)state;
	party_start(p, 0, 1);
	p->cfg.book.dial = false;
	party_start(p, 1, 2);
	party_tell(p, 0, 1);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	party_identity(p, &id);
	memcpy(id.x_pk, p->d.end[0].core.id.x_pk, KEY_LEN);
	write_init(p, &id, msg);
	duo_inject(&p->d, 0, &p->d.end[1].face, msg, sizeof(msg));
	assert_int_equal(duo_cnt(&p->d, 0, CNT_init_self), 1);
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = true;
	duo_run(&p->d, 70 * MONO_SEC);
	assert_false(party_live(p, 0, 1));
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = false;
	duo_run(&p->d, 20 * MONO_SEC);
	assert_true(party_live(p, 0, 1));
	party_fini(p);
}

static struct addr
numbered(unsigned i)
{
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "10.9.%u.%u", i / 200, i % 200 + 1);
	return duo_addr(text);
}

/* They shake hands for good, and then say nothing more. */
static void
silent_ones_are_few(void **state)
{
	struct party *p = party_of(2, TRUST_OPEN);
	struct core *c = &p->d.end[0].core;
	unsigned i;

	(void)state;
	party_start(p, 0, 1);
	duo_delay(&p->d, 0, 1, 500);
	for (i = 0; i < 400; i++) {
		const struct duo_options opt = { .no_mesh = true };

		p->d.end[1].face = p->d.end[1].addr = numbered(i);
		duo_start(&p->d, 1, &opt);
		duo_peer(&p->d, 1, 0, true);
		duo_run(&p->d, 5 * MONO_MS);
		assert_non_null(peer_session(p->d.end[1].peer[0]));
		duo_stop(&p->d, 1);
		assert_in_range(c->n_peers, 1, 256);
	}
	assert_int_equal(duo_cnt(&p->d, 0, CNT_init_room), 400 - 256);
	duo_run(&p->d, 40 * MONO_SEC);
	assert_int_equal(c->n_peers, 0);
	party_fini(p);
}

/* From an address that has shown that it is there. */
static void
inject_paid(struct party *p, const struct addr *from, uint8_t msg[INIT_LEN])
{
	uint8_t cookie[MAC_LEN];

	cookie_make(&p->d.end[0].core.cookies, from, cookie);
	mac2_write(cookie, msg);
	duo_inject(&p->d, 0, from, msg, INIT_LEN);
}

/* So many new keys, each from an address of its own, gap_us apart. */
static void
flood(struct party *p, unsigned from, unsigned to, uint64_t gap_us)
{
	uint8_t msg[INIT_LEN];
	struct identity id;
	struct addr at;

	for (; from < to; from++) {
		party_identity(p, &id);
		write_init(p, &id, msg);
		at = numbered(from);
		inject_paid(p, &at, msg);
		duo_run(&p->d, gap_us);
	}
}

/* One that dials on and on, and never confirms, keeps no place by that. */
static void
half_open_ones_go(void **state)
{
	struct party *p = party_of(8, TRUST_OPEN);
	const struct addr at = numbered(0);
	uint8_t msg[INIT_LEN], n;
	struct identity id;
	uint32_t first = 0;

	(void)state;
	party_start(p, 0, 1);
	party_identity(p, &id);
	for (n = 1; n <= 10; n++) {
		const struct peer *q;

		write_nth(p, &id, n, msg);
		inject_paid(p, &at, msg);
		q = peertab_by_key(&p->d.end[0].core, id.x_pk);
		assert_non_null(q);
		if (first == 0)
			first = q->id;
		assert_int_equal(q->id == first, n <= 8); /* 70 s */
		duo_run(&p->d, 9 * MONO_SEC);
	}
	assert_int_equal(duo_cnt(&p->d, 0, CNT_resp_sent), 10);
	party_fini(p);
}

/* One network dials us faster than an honest vnode's answer can come. */
static void
a_crowd_leaves_room_for_others(void **state)
{
	struct party *p = party_of(3, TRUST_OPEN);

	(void)state;
	duo_delay(&p->d, 0, 1, 100 * MONO_MS);
	party_start(p, 0, 2);
	flood(p, 0, 256, 100);
	party_tell(p, 1, 0);
	flood(p, 256, 1400, 1500);
	assert_true(party_live(p, 0, 1));
	party_fini(p);
}

/* What a new key costs is paid for, and is not what known ones live on. */
static void
new_keys_do_not_eat_the_processor(void **state)
{
	struct party *p = party_of(4, TRUST_OPEN);
	struct core *c = &p->d.end[0].core;
	uint8_t msg[INIT_LEN];
	struct identity id;
	uint64_t before;
	unsigned i;

	(void)state;
	party_start(p, 0, 2);
	duo_peer(&p->d, 0, 1, true);
	duo_peer(&p->d, 1, 0, true);
	assert_true(duo_wait_up(&p->d, 0, 1, MONO_SEC));
	before = duo_cnt(&p->d, 0, CNT_dh);
	flood(p, 0, 1000, 100); /* ten thousand a second */
	assert_in_range(duo_cnt(&p->d, 0, CNT_dh) - before, 1000, 2000);
	assert_in_range(duo_cnt(&p->d, 0, CNT_resp_sent), 200, 400);
	/* with the address of one that we know it is no cheaper */
	before = duo_cnt(&p->d, 0, CNT_dh);
	for (i = 0; i < 300; i++) {
		party_identity(p, &id);
		write_init(p, &id, msg);
		duo_inject(&p->d, 0, &p->d.end[1].face, msg, sizeof(msg));
	}
	assert_in_range(duo_cnt(&p->d, 0, CNT_dh) - before, 1, 320);
	assert_false(mono_before(p->d.now, c->loaded_until));
	duo_stop(&p->d, 1);
	party_start(p, 1, 2);
	duo_peer(&p->d, 1, 0, true);
	assert_true(duo_wait_up(&p->d, 1, 0, MONO_SEC / 10));
	party_fini(p);
}

/* So many at once that each takes what there is: some get in all the same. */
static void
new_keys_get_in_at_any_load(void **state)
{
	struct party *p = party_of(5, TRUST_OPEN);
	uint64_t before;

	(void)state;
	party_start(p, 0, 1);
	flood(p, 0, 400, 20);
	before = duo_cnt(&p->d, 0, CNT_resp_sent);
	flood(p, 400, 1400, 200);
	assert_in_range(duo_cnt(&p->d, 0, CNT_resp_sent) - before, 100, 200);
	party_fini(p);
}

/* Keys cost nothing: one network with many of them leaves the hook to others.
 */
static void
one_network_has_not_all_questions(void **state)
{
	struct party *p = party_of(6, TRUST_HOOK);

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	flood(p, 0, 200, 10 * MONO_MS); /* all of one /24 */
	assert_in_range(p->w[0].asks, 1, 2);
	party_tell(p, 1, 0);
	duo_run(&p->d, 500 * MONO_MS);
	assert_memory_equal(p->w[0].asked, p->d.end[1].core.id.x_pk, KEY_LEN);
	party_fini(p);
}

/* And when many networks have them, those whom we dialled get theirs later. */
static void
dropped_questions_come_again(void **state)
{
	struct party *p = party_of(7, TRUST_HOOK);
	unsigned i;

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	for (i = 0; i < TRUST_PENDING; i++)
		flood(p, 200 * i, 200 * i + 1, 100);
	assert_int_equal(p->w[0].asks, TRUST_PENDING);
	party_tell(p, 0, 1);
	assert_true(party_wait_meshed(p, 2, MONO_SEC));
	assert_int_equal(p->w[0].asks, TRUST_PENDING);
	duo_run(&p->d, 20 * MONO_SEC);
	assert_int_equal(p->w[0].asks, TRUST_PENDING + 1);
	assert_memory_equal(p->w[0].asked, p->d.end[1].core.id.x_pk, KEY_LEN);
	party_fini(p);
}

/* What end 1 would tell of that identity, if it were a liar. */
static void
tell(struct party *p, const struct identity *id, const struct addr *at)
{
	uint8_t body[2 + RECORD_MAX];
	size_t len =
	    party_record(p, id, at, 1, 1, PARTY_WALL_MS / 1000, body + 2);

	body[0] = (uint8_t)(len >> 8);
	body[1] = (uint8_t)len;
	party_send(p, 1, 0, FRAME_RECORDS, body, len + 2);
	duo_run(&p->d, 20 * MONO_MS);
}

/* A key made for nothing has had the datagrams to where somebody lives. */
static void
liars_hide_nobody(void **state)
{
	struct party *p = party_of(40, TRUST_SECRET);
	struct identity liar, *honest = &p->d.end[2].core.id;
	uint8_t raw[RECORD_MAX];

	(void)state;
	party_one_known(p, 2);
	p->cfg.book.dial = false;
	party_start(p, 2, 3);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	party_identity(p, &liar);
	tell(p, &liar, &p->d.end[2].addr);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_int_equal(p->d.dir[0][2].sent, 2);
	/* It is not asked, and so it is not forgotten: */
	tell(p, honest, &p->d.end[2].addr);
	duo_run(&p->d, PARTY_HOUR);
	assert_int_equal(p->d.dir[0][2].sent, 2);
	assert_non_null(party_entry(p, 0, 2));
	/* found as soon as a list tells of it. */
	assert_true(party_hear(p, 0, raw,
	    party_record(p, honest, &p->d.end[2].addr, 1, 2,
		PARTY_WALL_MS / 1000, raw)));
	duo_run(&p->d, 10 * MONO_SEC);
	assert_true(party_live(p, 0, 2));
	party_fini(p);
}

/* What others have us look at does not keep newcomers from being known. */
static void
newcomers_are_heard_in_a_flood(void **state)
{
	struct party *p = party_of(42, TRUST_OPEN);
	struct bucket *all;
	struct identity id;
	const struct addr at = party_nowhere(3);

	(void)state;
	party_one_known(p, 2);
	all = &p->d.end[0].core.ex->records;
	bucket_set(all, 0, 0, p->d.now);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	party_identity(p, &id);
	tell(p, &id, &at);
	assert_int_equal(duo_cnt(&p->d, 0, CNT_record_rate), 1);
	assert_null(book_find(exchange_book(&p->d.end[0].core), id.ed_pk));
	party_fini(p);
}

/* Keys that begin alike are not one teller, nor is one another after a restart.
 */
static void
tellers_are_told_apart_by_us_alone(void **state)
{
	struct party *p = party_of(43, TRUST_SECRET);
	struct identity id[2];
	const struct addr at = party_nowhere(3);
	uint32_t which[2], key;
	unsigned i;

	(void)state;
	party_one_known(p, 2);
	for (i = 0; i < 2; i++) {
		assert_true(party_wait_meshed(p, 2, 120 * MONO_SEC));
		party_identity(p, &id[i]);
		tell(p, &id[i], &at);
		which[i] =
		    book_find(exchange_book(&p->d.end[0].core), id[i].ed_pk)
			->source.which;
		party_restart(p, 0);
	}
	assert_int_equal(which[0], which[1]);
	memcpy(&key, p->d.end[1].core.id.ed_pk, sizeof(key));
	assert_int_not_equal(which[0], key);
	party_fini(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_source_is_dialled_all_the_same),
		cmocka_unit_test(silent_ones_are_few),
		cmocka_unit_test(half_open_ones_go),
		cmocka_unit_test(a_crowd_leaves_room_for_others),
		cmocka_unit_test(new_keys_do_not_eat_the_processor),
		cmocka_unit_test(new_keys_get_in_at_any_load),
		cmocka_unit_test(one_network_has_not_all_questions),
		cmocka_unit_test(dropped_questions_come_again),
		cmocka_unit_test(liars_hide_nobody),
		cmocka_unit_test(newcomers_are_heard_in_a_flood),
		cmocka_unit_test(tellers_are_told_apart_by_us_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
