/* What is sent a second time does nothing; clocks that went back connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/peer.h"
#include "core/session.h"
#include "duo.h"
#include "wire/msg.h"

#define PACKETS 300
#define INITS 10000

static void
talk(struct duo *d, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		duo_say_nr(d, 0, i);
		duo_say_nr(d, 1, n + i);
		duo_run(d, 20 * MONO_MS);
	}
}

static void
repeat_to(struct duo *d, const struct duo_tape *tape, unsigned nr, size_t i)
{
	if (addr_equal(&tape->d[i].to, &d->end[nr].face) &&
	    tape->d[i].p[0] == MSG_DATA)
		duo_inject(
		    d, nr, &tape->d[i].from, tape->d[i].p, tape->d[i].len);
}

static void
test_transport(void **state)
{
	struct duo_options often = {
		.rekey_ms = 2000, .fan_origin = 1000, .fan_total = 2000
	};
	struct duo_tape tape = { 0 };
	struct duo d;
	unsigned nr, turn;
	uint64_t replays;
	size_t i;

	(void)state;
	duo_pair(&d, 40, &often);
	d.tape = &tape;
	talk(&d, PACKETS); /* 6 s: three sessions */
	d.tape = NULL;
	for (nr = 0; nr < 2; nr++) {
		assert_int_equal(duo_recs(&d, nr, MESH_PKT), PACKETS);
		replays = duo_cnt(&d, nr, CNT_data_replay);
		for (turn = 0; turn < 3; turn++)
			for (i = 0; i < tape.n; i++)
				repeat_to(&d, &tape, nr, i);
		assert_int_equal(duo_recs(&d, nr, MESH_PKT), PACKETS);
		assert_true(duo_cnt(&d, nr, CNT_data_replay) > replays);
		assert_int_equal(duo_cnt(&d, nr, CNT_rx_dup), 0);
		assert_int_equal(duo_cnt(&d, nr, CNT_data_auth), 0);
	}
	duo_run(&d, MONO_SEC);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* The first initiation on the tape. */
static const struct duo_dgram *
first_init(const struct duo_tape *tape)
{
	size_t i;

	for (i = 0; i < tape->n; i++)
		if (tape->d[i].p[0] == MSG_INIT && tape->d[i].len == INIT_LEN)
			return &tape->d[i];
	fail_msg("nobody dialled");
	return NULL;
}

/* From the endpoint known and from the attacker's own, paid for. */
static void
repeat_init(struct duo *d, const struct duo_dgram *init, const struct addr *me)
{
	struct core *c = &d->end[1].core;
	uint8_t msg[INIT_LEN], cookie[MAC_LEN];

	memcpy(msg, init->p, sizeof(msg));
	cookie_make(&c->cookies, me, cookie);
	mac2_write(cookie, msg);
	duo_inject(d, 1, me, msg, sizeof(msg));
	memset(msg + INIT_LEN - MAC_LEN, 0, MAC_LEN);
	duo_inject(d, 1, &init->from, msg, sizeof(msg));
}

static void
test_initiation(void **state)
{
	struct addr me = duo_addr("198.51.100.9:1");
	struct duo_tape tape = { 0 };
	const struct session *before[2];
	struct path path;
	uint32_t i;
	uint64_t resp;
	struct duo d;

	(void)state;
	duo_init(&d, 41);
	d.tape = &tape;
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 1, 0, MONO_SEC));
	duo_run(&d, MONO_SEC);
	d.tape = NULL;
	resp = duo_cnt(&d, 1, CNT_resp_sent);
	before[0] = d.end[0].peer[1]->slot[SLOT_CUR];
	before[1] = d.end[1].peer[0]->slot[SLOT_CUR];
	path = d.end[1].peer[0]->path;
	for (i = 0; i < INITS; i++) {
		if (i % 50 == 0) { /* ten a second, both ways */
			duo_say_nr(&d, 0, i);
			duo_say_nr(&d, 1, INITS + i);
		}
		repeat_init(&d, first_init(&tape), &me);
		duo_run(&d, 2 * MONO_MS);
	}
	/* 20 s went by; the attacker may have had one answer in 5 s. */
	assert_true(duo_cnt(&d, 1, CNT_resp_sent) - resp <= 5);
	assert_true(duo_cnt(&d, 1, CNT_resp_sent) - resp >= 1);
	assert_ptr_equal(d.end[0].peer[1]->slot[SLOT_CUR], before[0]);
	assert_ptr_equal(d.end[1].peer[0]->slot[SLOT_CUR], before[1]);
	assert_true(addr_equal(&d.end[1].peer[0]->path.remote, &path.remote));
	assert_int_equal(d.end[1].peer[0]->stats.rekeys, 0);
	duo_run(&d, MONO_SEC);
	assert_int_equal(duo_recs(&d, 0, MESH_PKT), INITS / 50);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), INITS / 50);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* Replays do not keep a real rekey from happening. */
static void
test_initiation_and_rekey(void **state)
{
	struct duo_options often = { .rekey_ms = 10000 };
	struct addr me = duo_addr("198.51.100.9:1");
	struct duo_tape tape = { 0 };
	uint32_t number = 1;
	struct duo d;
	unsigned i;

	(void)state;
	duo_init(&d, 42);
	d.tape = &tape;
	duo_start(&d, 0, &often);
	duo_start(&d, 1, &often);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 1, 0, MONO_SEC));
	duo_run(&d, MONO_SEC);
	d.tape = NULL;
	for (i = 0; i < 600; i++) {
		repeat_init(&d, first_init(&tape), &me);
		duo_run(&d, 100 * MONO_MS);
	}
	assert_true(duo_cnt(&d, 1, CNT_rekeys) >= 5);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_tape_free(&tape);
	duo_fini(&d);
}

static const uint8_t dialler_key[KEY_LEN] = { 9 }; /* keeps its identity */

/* Core 0 with these options has dialled core 1; returns 0 as 1 sees it. */
static struct peer *
dialled_by(struct duo *d, uint64_t seed, const struct duo_options *opt)
{
	struct peer *p;

	duo_init(d, seed);
	duo_start(d, 0, opt);
	duo_start(d, 1, NULL);
	p = duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 1, 0, MONO_SEC));
	return p;
}

static void
start_again(struct duo *d, const struct duo_options *opt)
{
	duo_stop(d, 0);
	duo_start(d, 0, opt);
	duo_peer(d, 0, 1, true);
}

/* No battery: it boots in 1970, and connects all the same. */
static void
test_clock_went_back(void **state)
{
	struct duo_options zero = { .seed = dialler_key };
	struct duo_options back = { .seed = dialler_key, .wall_ms = 1 };
	uint8_t stamp[STAMP_LEN];
	uint32_t number = 1;
	struct mono start;
	struct peer *p;
	struct duo d;

	(void)state;
	p = dialled_by(&d, 43, &zero);
	duo_run(&d, 2 * MONO_SEC);
	memcpy(stamp, p->stamp, STAMP_LEN);

	start = d.now;
	start_again(&d, &back);
	assert_true(duo_wait_up(&d, 0, 1, 3 * MONO_SEC));
	assert_true(mono_since(start, d.now) <= MONO_SEC);
	assert_int_equal(duo_cnt(&d, 1, CNT_init_stale), 1);
	assert_true(memcmp(p->stamp, stamp, STAMP_LEN) < 0);
	assert_true(duo_carries(&d, 0, 1, &number));
	/* Its next one is fresh by the stamp that went down. */
	duo_run(&d, 125 * (uint64_t)MONO_SEC);
	assert_int_equal(duo_cnt(&d, 1, CNT_rekeys), 2);
	assert_int_equal(duo_cnt(&d, 1, CNT_init_stale), 1);
	duo_fini(&d);
}

/* Unconfirmed, the stale initiation leaves the stored stamp alone. */
static void
test_stale_not_confirmed(void **state)
{
	struct duo_options zero = { .seed = dialler_key };
	struct duo_options back = { .seed = dialler_key, .wall_ms = 1 };
	uint8_t stamp[STAMP_LEN];
	struct peer *p;
	struct session *cur;
	struct duo d;

	(void)state;
	p = dialled_by(&d, 44, &zero);
	duo_run(&d, 2 * MONO_SEC);
	memcpy(stamp, p->stamp, STAMP_LEN);
	cur = p->slot[SLOT_CUR];
	d.dir[1][0].cut = true; /* message 2 does not arrive */
	start_again(&d, &back);
	duo_run(&d, 4 * MONO_SEC);
	assert_non_null(p->slot[SLOT_DOUBT]);
	assert_ptr_equal(p->slot[SLOT_CUR], cur);
	assert_memory_equal(p->stamp, stamp, STAMP_LEN);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 2); /* one in 5 s */
	d.dir[1][0].cut = false;
	assert_true(duo_wait_up(&d, 0, 1, 6 * MONO_SEC));
	duo_fini(&d);
}

/* 2106 and back: forwards is fresh, the way back goes by the doubtful slot. */
static void
test_clock_far_ahead(void **state)
{
	struct duo_options now = { .seed = dialler_key };
	struct duo_options ahead = { .seed = dialler_key,
		.wall_ms = UINT64_C(4294967296000) };
	struct duo d;

	(void)state;
	dialled_by(&d, 45, &now);
	duo_run(&d, MONO_SEC);
	start_again(&d, &ahead);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	assert_int_equal(duo_cnt(&d, 1, CNT_init_stale), 0);
	duo_run(&d, MONO_SEC);
	start_again(&d, &now);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	assert_int_equal(duo_cnt(&d, 1, CNT_init_stale), 1);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_initiation),
		cmocka_unit_test(test_initiation_and_rekey),
		cmocka_unit_test(test_clock_went_back),
		cmocka_unit_test(test_stale_not_confirmed),
		cmocka_unit_test(test_clock_far_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
