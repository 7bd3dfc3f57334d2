/* Two cores meet: suites, what each learns, dialling at the same instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "core/session.h"
#include "duo.h"

#define CROSSINGS 200

enum { CHACHA = 1 << SUITE_CHACHAPOLY, AES = 1 << SUITE_AES256GCM };

/* The tunnel that a uses towards b is the one that b uses towards a. */
static bool
one_tunnel(const struct duo *d, unsigned a, unsigned b)
{
	const struct session *sa = d->end[a].peer[b]->slot[SLOT_CUR];
	const struct session *sb = d->end[b].peer[a]->slot[SLOT_CUR];

	return sa != NULL && sb != NULL && sa->remote == sb->ix.index &&
	    sb->remote == sa->ix.index;
}

/* Starts 0 with one offer and 1 with the other; 0 dials. */
static bool
meet(struct duo *d, uint64_t seed, const struct duo_options *a,
    const struct duo_options *b)
{
	duo_init(d, seed);
	duo_start(d, 0, a);
	duo_start(d, 1, b);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	return duo_wait_up(d, 0, 1, MONO_SEC) && duo_wait_up(d, 1, 0, MONO_SEC);
}

static void
test_suites(void **state)
{
	static const struct {
		uint8_t offer_a, prefer_a, offer_b, prefer_b, want;
	} rows[] = {
		{ CHACHA | AES, 1, CHACHA | AES, 1, SUITE_AES256GCM },
		{ CHACHA | AES, 0, CHACHA | AES, 0, SUITE_CHACHAPOLY },
		{ CHACHA | AES, 0, CHACHA | AES, 1, SUITE_CHACHAPOLY },
		{ CHACHA | AES, 1, CHACHA | AES, 0, SUITE_CHACHAPOLY },
		{ AES, 1, CHACHA | AES, 0, SUITE_AES256GCM },
		{ CHACHA | AES, 1, CHACHA, 0, SUITE_CHACHAPOLY },
		{ CHACHA, 1, CHACHA | AES, 1, SUITE_CHACHAPOLY },
	};
	uint32_t number = 1;
	struct duo d;
	size_t i;

	(void)state;
	assert_true(crypto_start());
	if (aead_default().suites != (CHACHA | AES))
		skip();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct duo_options a = { .suites = rows[i].offer_a,
			.preferred = rows[i].prefer_a };
		struct duo_options b = { .suites = rows[i].offer_b,
			.preferred = rows[i].prefer_b };

		assert_true(meet(&d, 100 + i, &a, &b));
		assert_true(one_tunnel(&d, 0, 1));
		assert_int_equal(
		    d.end[0].peer[1]->slot[SLOT_CUR]->ops->suite, rows[i].want);
		assert_int_equal(
		    d.end[1].peer[0]->slot[SLOT_CUR]->ops->suite, rows[i].want);
		assert_true(duo_carries(&d, 0, 1, &number));
		duo_fini(&d);
	}
}

static void
test_no_common_suite(void **state)
{
	struct duo_options a = { .suites = CHACHA }, b = { .suites = AES };
	struct duo d;

	(void)state;
	assert_false(meet(&d, 7, &a, &b));
	assert_true(duo_cnt(&d, 1, CNT_init_suite) > 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 0);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_UP), 0);
	duo_fini(&d);
}

/* Sessions use the implementation that their core was given. */
static void
test_own_backend(void **state)
{
	struct aead_choice mine = aead_default();
	const struct aead_ops copy = *mine.ops[SUITE_CHACHAPOLY];
	struct duo_options a = { .suites = CHACHA, .aead = &mine };
	const struct session *s;
	unsigned number = 1, i;
	struct duo d;

	(void)state;
	mine.ops[SUITE_CHACHAPOLY] = &copy;
	assert_true(meet(&d, 9, &a, NULL));
	for (i = 0; i < 2; i++) {
		s = d.end[i].peer[1 - i]->slot[SLOT_CUR];
		assert_int_equal(s->ops == &copy, i == 0);
		assert_true(duo_carries(&d, i, 1 - i, &number));
	}
	duo_fini(&d);
}

/* The mesh daemon learns who is there, and that only. */
static void
test_peer_up(void **state)
{
	const struct mesh_peer_up *up;
	struct duo d;
	unsigned i;

	(void)state;
	duo_pair(&d, 11, NULL);
	for (i = 0; i < 2; i++) {
		assert_int_equal(duo_recs(&d, i, MESH_PEER_UP), 1);
		up = &duo_last(&d, i, MESH_PEER_UP)->rec.u.up;
		assert_string_equal(up->name, i == 0 ? "end1" : "end0");
		assert_string_equal(
		    up->endpoint, i == 0 ? "10.0.2.1:7469" : "10.0.1.1:7469");
		assert_memory_equal(
		    up->key, d.end[1 - i].core.id.ed_pk, KEY_LEN);
		assert_int_equal(up->peer, d.end[i].peer[1 - i]->id);
		assert_int_equal(
		    d.end[i].last_up.us, duo_last(&d, i, MESH_PEER_UP)->at.us);
	}
	duo_run(&d, 100 * MONO_MS);
	for (i = 0; i < 2; i++) {
		assert_in_range(d.end[i].peer[1 - i]->rtt_us, 19000, 21000);
		assert_int_equal(duo_recs(&d, i, MESH_PEER_RTT), 1);
		assert_in_range(
		    duo_last(&d, i, MESH_PEER_RTT)->rec.u.rtt.rtt_us, 19000,
		    21000);
	}
	assert_true(d.end[0].peer[1]->dialled);
	assert_false(d.end[1].peer[0]->dialled);
	assert_false(d.end[0].peer[1]->behind_nat);
	duo_fini(&d);
}

static void
test_observed_address(void **state)
{
	uint32_t number = 1;
	struct duo d;
	const struct peer *p;

	(void)state;
	duo_init(&d, 12);
	d.end[0].face = duo_addr("192.0.2.77:40001");
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	p = duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	assert_true(addr_equal(&p->reflexive, &d.end[0].face));
	assert_true(p->behind_nat);
	assert_true(duo_carries(&d, 0, 1, &number));
	assert_string_equal(duo_last(&d, 1, MESH_PEER_UP)->rec.u.up.endpoint,
	    "192.0.2.77:40001");
	duo_fini(&d);
}

/* Behind a NAT something leaves every 25 s that can pay for a path check. */
static void
test_nat_kept_open(void **state)
{
	struct duo_tape tape = { 0 };
	struct mono last;
	struct duo d;
	size_t i;

	(void)state;
	duo_init(&d, 13);
	d.end[0].face = duo_addr("192.0.2.77:40001");
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	last = d.now;
	d.tape = &tape;
	duo_run(&d, 100 * (uint64_t)MONO_SEC);
	assert_true(tape.n > 0);
	for (i = 0; i < tape.n; i++) {
		if (!addr_equal(&tape.d[i].from, &d.end[0].face))
			continue;
		assert_true(mono_since(last, tape.d[i].at) <=
		    25 * (uint64_t)MONO_SEC + 1);
		last = tape.d[i].at;
		assert_true(tape.d[i].len >= 48);
	}
	assert_true(mono_since(last, d.now) <= 25 * (uint64_t)MONO_SEC);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* A packet for a peer that is not up yet is not for it. */
static void
test_nobody_there(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 14);
	duo_start(&d, 0, NULL);
	duo_say_nr(&d, 0, 1);
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_no_peer), 1);
	assert_int_equal(d.end[0].out_n, 0);
	duo_fini(&d);
}

static void
cross(struct rng *r, unsigned nr)
{
	uint32_t ahead =
	    (uint32_t)rng_below(r, 2) * (uint32_t)rng_below(r, 100);
	uint32_t number = 1;
	struct duo d;
	struct mono start;
	unsigned i;

	duo_init(&d, rng_next(r));
	d.dir[0][1].delay_us = (uint32_t)rng_below(r, 100 * MONO_MS);
	d.dir[1][0].delay_us = (uint32_t)rng_below(r, 100 * MONO_MS);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	start = d.now;
	duo_peer(&d, 0, 1, true);
	/* Half of them at the very same instant. */
	duo_run(&d, ahead * MONO_MS);
	duo_peer(&d, 1, 0, true);
	if (!duo_wait_up(&d, 0, 1, MONO_SEC) ||
	    !duo_wait_up(&d, 1, 0, MONO_SEC))
		fail_msg("crossing %u: not up", nr);
	assert_true(mono_since(start, d.now) <= MONO_SEC + ahead * MONO_MS);
	duo_run(&d, 3 * MONO_SEC);
	if (!one_tunnel(&d, 0, 1))
		fail_msg("crossing %u: each has its own tunnel", nr);
	for (i = 0; i < 2; i++) {
		assert_int_equal(duo_recs(&d, i, MESH_PEER_UP), 1);
		assert_int_equal(duo_recs(&d, i, MESH_PEER_DOWN), 0);
	}
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

/* The first initiation is lost: the peer was not started yet. */
static void
test_late_start(void **state)
{
	unsigned nr;

	(void)state;
	for (nr = 0; nr < 20; nr++) {
		struct duo d;

		duo_init(&d, 4000 + nr);
		duo_start(&d, 0, NULL);
		duo_start(&d, 1, NULL);
		d.dir[0][1].cut = true;
		duo_peer(&d, 0, 1, true);
		duo_run(&d, 20 * MONO_MS);
		d.dir[0][1].cut = false;
		duo_peer(&d, 1, 0, true);
		if (!duo_wait_up(&d, 0, 1, 50 * MONO_MS) ||
		    !duo_wait_up(&d, 1, 0, 50 * MONO_MS))
			fail_msg("start %u: not up at once", nr);
		duo_run(&d, 3 * MONO_SEC);
		assert_true(one_tunnel(&d, 0, 1));
		duo_fini(&d);
	}
}

static void
test_crossing(void **state)
{
	struct rng r = rng_seeded(20);
	unsigned i;

	(void)state;
	for (i = 0; i < CROSSINGS; i++)
		cross(&r, i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_no_common_suite),
		cmocka_unit_test(test_own_backend),
		cmocka_unit_test(test_peer_up),
		cmocka_unit_test(test_observed_address),
		cmocka_unit_test(test_nat_kept_open),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_crossing),
		cmocka_unit_test(test_late_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
