/* Small bounds that keep one party from spending what is another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "duo.h"
#include "wire/frame.h"

#define SEC UINT64_C(1000000)

/* A sound mac1 is within reach of all who know the public key. */
static void
forge(struct duo *d, unsigned victim, const struct addr *from)
{
	uint8_t msg[INIT_LEN] = { 0 };

	rng_fill(&d->line, msg, INIT_NOMACS);
	msg_init_head(msg, 7);
	mac1_write(d->end[victim].core.mac1key, msg, INIT_NOMACS);
	duo_inject(d, victim, from, msg, sizeof(msg));
}

static void
test_forged_known_address(void **state)
{
	static const uint8_t key[KEY_LEN] = { 9 };
	struct duo_options one = { .seed = key };
	unsigned i;
	struct duo d;

	(void)state;
	duo_init(&d, 801);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &one);
	duo_peer(&d, 0, 1, true);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 0, 1, 2 * SEC));
	for (i = 0; i < 200; i++) {
		forge(&d, 0, &d.end[1].addr);
		duo_run(&d, SEC / 100);
	}
	duo_stop(&d, 1);
	duo_start(&d, 1, &one);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 1, 0, SEC));
	assert_int_equal(d.end[0].core.cnt.v[CNT_init_rate], 0);
	duo_fini(&d);
}

/* A datagram of 44 bytes must not draw one of 48. */
static void
test_short_challenge(void **state)
{
	static const uint8_t frame[] = { FRAME_CHALLENGE, 0, CHALLENGE_LEN, 0,
		1, 2, 3, 4, 5, 6, 7, 8 };
	struct run run = { .n = 1 };
	struct duo d;
	struct turn t;
	uint64_t out;

	(void)state;
	duo_pair(&d, 802, NULL);
	t = duo_turn(&d, 0);
	assert_true(pkt_new(&run.pkt[0], sizeof(frame), t.mem));
	memcpy(run.pkt[0].p, frame, sizeof(frame));
	assert_true(session_seal(peer_session(d.end[0].peer[1]), &run));
	assert_int_equal(run.pkt[0].len, 44);
	out = d.end[1].out_n;
	duo_inject(&d, 1, &d.end[0].addr, run.pkt[0].p, run.pkt[0].len);
	assert_int_equal(d.end[1].out_n, out);
	assert_int_equal(d.end[1].core.cnt.v[CNT_frame_bad], 1);
	duo_fini(&d);
}

/* One of 48 from a new address must not draw an answer and a question. */
static void
test_challenge_from_elsewhere(void **state)
{
	static const uint8_t cookie[CHALLENGE_LEN] = { 1 };
	struct addr from = duo_addr("203.0.113.9:9");
	struct duo_tape tape = { 0 };
	size_t i, out = 0;
	struct peer *p;
	struct turn t;
	struct duo d;

	(void)state;
	duo_pair(&d, 804, NULL);
	duo_run(&d, SEC);
	p = d.end[0].peer[1];
	d.dir[0][1].cut = true;
	d.tape = &tape;
	t = duo_turn(&d, 0);
	peer_send_small(&d.end[0].core, p, peer_session(p), &p->path,
	    FRAME_CHALLENGE, cookie, sizeof(cookie), &t);
	duo_done(&d);
	d.tape = NULL;
	duo_inject(&d, 1, &from, tape.d[0].p, tape.d[0].len);
	duo_run(&d, SEC);
	for (i = 0; i < d.stray.n; i++)
		out += d.stray.d[i].len;
	assert_in_range(out, 1, tape.d[0].len);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/*
 * Who sees an index on the line can forge answers that have a sound mac1. They
 * cost what the machine can spare.
 */
static void
forged_responses(uint32_t dh_rate, uint64_t max)
{
	const struct duo_options opt = { .dh_rate = dh_rate };
	struct addr from = duo_addr("203.0.113.9:9");
	uint8_t msg[RESP_LEN] = { 0 };
	struct peer *p;
	struct duo d;
	uint64_t dh;
	unsigned i;

	duo_init(&d, 805);
	duo_start(&d, 0, &opt);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	d.dir[0][1].cut = true;
	p = duo_peer(&d, 0, 1, true);
	rng_fill(&d.line, msg, RESP_NOMACS);
	msg_resp_head(msg, 7, p->dial.at[0]->ix.index);
	mac1_write(p->mac1key, msg, RESP_NOMACS);
	dh = duo_cnt(&d, 0, CNT_dh);
	for (i = 0; i < 10000; i++)
		duo_inject(&d, 0, &from, msg, sizeof(msg));
	assert_in_range(duo_cnt(&d, 0, CNT_dh) - dh, max / 2, max);
	assert_true(duo_cnt(&d, 0, CNT_resp_budget) > 0);
	d.dir[0][1].cut = false;
	assert_true(duo_wait_up(&d, 0, 1, 2 * SEC));
	duo_fini(&d);
}

static void
test_forged_responses(void **state)
{
	(void)state;
	forged_responses(0, 2 * 4400);
	forged_responses(40, 2 * 40);
}

/* The integrity limit of a key is one of the side that opens. */
static void
test_too_many_failures(void **state)
{
	struct duo d;

	(void)state;
	duo_pair(&d, 806, NULL);
	d.end[1].peer[0]->slot[SLOT_CUR]->failed = UINT64_C(1) << 36;
	duo_say_nr(&d, 0, 1);
	duo_run(&d, SEC / 10);
	assert_int_equal(duo_heard(&d, 1, 1), 0);
	duo_fini(&d);
}

static void
test_body_max(void **state)
{
	struct duo_options deaf = { .no_mesh = true };
	struct mesh_rec hello = { .type = MESH_HELLO,
		.u.hello = { .min = 1, .max = 1, .body_max = 100 } };
	uint8_t body[101] = { 1 };
	struct duo d;
	struct turn t;

	(void)state;
	duo_init(&d, 803);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &deaf);
	duo_peer(&d, 0, 1, true);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 0, 1, 2 * SEC));
	t = duo_turn(&d, 1);
	core_mesh_open(&d.end[1].core, &t);
	duo_done(&d);
	duo_mesh_rec(&d, 1, &hello);
	duo_say(&d, 0, body, 101);
	duo_say(&d, 0, body, 100);
	duo_run(&d, SEC);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 1);
	assert_int_equal(duo_last(&d, 1, MESH_PKT)->rec.u.pkt.len, 100);
	assert_int_equal(d.end[1].core.cnt.v[CNT_rx_too_big], 1);
	duo_fini(&d);
}

/* An initiation alone proves nothing: it may be an old one, played again. */
static void
test_unproven_candidate(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo d;

	(void)state;
	duo_init(&d, 804);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, true);
	d.dir[1][0].cut = true;
	d.dir[0][1].cut = true;
	d.tape = &tape;
	duo_peer(&d, 0, 1, true);
	d.tape = NULL;
	duo_run(&d, SEC); /* 1's own does not cross it any more */
	duo_inject(&d, 1, &d.end[0].addr, tape.d[0].p, tape.d[0].len);
	assert_int_equal(d.end[1].core.cnt.v[CNT_resp_sent], 1);
	assert_int_equal(d.end[1].peer[0]->state, PEER_CANDIDATE);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* Last words and goodbye may come in one run: the words go first. */
static void
test_last_words(void **state)
{
	struct run run = { .n = 2 };
	struct duo_tape tape = { 0 };
	struct path path = { 0 };
	uint8_t body[5] = { 9 };
	struct duo d;
	struct turn t;
	size_t i, n;

	(void)state;
	duo_pair(&d, 805, NULL);
	d.dir[0][1].cut = true;
	d.tape = &tape;
	duo_say(&d, 0, body, sizeof(body));
	t = duo_turn(&d, 0);
	core_close_all(&d.end[0].core, CLOSE_STOPPING, &t);
	duo_done(&d);
	d.tape = NULL;
	assert_int_equal(tape.n, 2);
	duo_forget(&d, 1);
	t = duo_turn(&d, 1);
	for (i = 0; i < 2; i++) {
		assert_true(pkt_new(&run.pkt[i], tape.d[i].len, t.mem));
		memcpy(run.pkt[i].p, tape.d[i].p, tape.d[i].len);
	}
	path.remote = d.end[0].addr;
	path.local = d.end[1].addr;
	core_udp_input(&d.end[1].core, &path, &run, &t);
	duo_done(&d);
	n = d.end[1].n_rec;
	assert_int_equal(n, 2);
	assert_int_equal(d.end[1].rec[0].rec.type, MESH_PKT);
	assert_int_equal(d.end[1].rec[1].rec.type, MESH_PEER_DOWN);
	duo_tape_free(&tape);
	duo_fini(&d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged_known_address),
		cmocka_unit_test(test_short_challenge),
		cmocka_unit_test(test_challenge_from_elsewhere),
		cmocka_unit_test(test_forged_responses),
		cmocka_unit_test(test_too_many_failures),
		cmocka_unit_test(test_body_max),
		cmocka_unit_test(test_unproven_candidate),
		cmocka_unit_test(test_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
