/* Initiations from sources that do not exist, more than can be answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/peer_send.h"
#include "duo.h"
#include "wire/msg.h"

/*
 * A crowd a tenth as fast as the real one, which is faster than this test, and
 * half as many answers.
 */
#define ANSWERS 500 /* a second */
#define GAP_US 1050
#define KNOWN 50 /* answers a second to addresses that are known */

#define INTO_TURNS_US (4 * MONO_SEC) /* until the turns are dealt out */

static const uint8_t key[KEY_LEN] = { 1, 2, 3 };
static const struct duo_options who = { .seed = key }; /* end 0 */

struct lab {
	struct duo d;
	struct duo_tape tape;
	struct duo_dgram init; /* what is forged: its mac1 is right */
};

/* End 1 is flooded, 0 comes later; 2 only wrote the initiation. */
static struct lab *
lab_begin(uint64_t seed)
{
	static struct lab lab;
	struct lab *l = &lab;
	struct core *c = &l->d.end[1].core;

	memset(l, 0, sizeof(*l));
	duo_init(&l->d, seed);
	duo_start(&l->d, 0, &who);
	duo_start(&l->d, 1, NULL);
	duo_start(&l->d, 2, NULL);
	duo_peer(&l->d, 1, 0, false);
	bucket_set(&c->cookie_budget, ANSWERS, ANSWERS, l->d.now);
	bucket_set(&c->cookie_known, KNOWN, KNOWN, l->d.now);
	l->d.tape = &l->tape;
	l->d.dir[2][1].cut = true;
	duo_peer(&l->d, 2, 1, true);
	l->d.tape = NULL;
	assert_int_equal(l->tape.n, 1);
	l->init = l->tape.d[0];
	duo_stop(&l->d, 2);
	return l;
}

static void
lab_end(struct lab *l)
{
	duo_tape_free(&l->tape);
	duo_fini(&l->d);
}

static bool
is_up(const struct lab *l)
{
	const struct peer *p = l->d.end[0].peer[1];

	return p != NULL && peer_session(p) != NULL;
}

/* Each from another source, or all from that of end 0. */
static void
flood(struct lab *l, uint64_t us, bool by_name)
{
	struct addr from = duo_addr("203.0.113.1:5555");
	struct mono end = mono_add(l->d.now, us);

	while (mono_before(l->d.now, end) && !is_up(l)) {
		rng_fill(&l->d.line, from.ip + 13, 3);
		duo_inject(&l->d, 1, by_name ? &l->d.end[0].addr : &from,
		    l->init.p, l->init.len);
		duo_run(&l->d, GAP_US);
	}
}

static void
newcomer_is_up_in_time(void **state)
{
	struct lab *l;
	unsigned i;

	(void)state;
	for (i = 0; i < 50; i++) {
		l = lab_begin(100 + i);
		flood(l, INTO_TURNS_US + i * 71 * MONO_MS, false);
		assert_int_equal(duo_cnt(&l->d, 1, CNT_dh), 0);
		assert_true(duo_cnt(&l->d, 1, CNT_cookie_capped) > 0);
		duo_peer(&l->d, 0, 1, true);
		flood(l, 5 * MONO_SEC, false);
		assert_true(is_up(l));
		lab_end(l);
	}
}

/* End 0 had a tunnel, was killed, and dials anew from where it was. */
static void
come_and_go(struct lab *l)
{
	duo_peer(&l->d, 0, 1, true);
	assert_true(duo_wait_up(&l->d, 1, 0, MONO_SEC));
	duo_stop(&l->d, 0);
	duo_start(&l->d, 0, &who);
	memset(&l->d.end[1].core.cnt, 0, sizeof(l->d.end[1].core.cnt));
}

/* One that is known waits for no turn. */
static void
known_one_is_up_at_once(void **state)
{
	struct lab *l;
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++) {
		l = lab_begin(200 + i);
		come_and_go(l);
		flood(l, INTO_TURNS_US + i * 131 * MONO_MS, false);
		core_note_load(&l->d.end[1].core, l->d.now);
		duo_peer(&l->d, 0, 1, true);
		flood(l, 100 * MONO_MS, false);
		assert_true(is_up(l));
		assert_int_equal(duo_cnt(&l->d, 0, CNT_cookie_got), 1);
		lab_end(l);
	}
}

/* Who forges the address of one that is known has no more than others have. */
static void
forged_known_one_costs_nobody_else(void **state)
{
	uint64_t us = INTO_TURNS_US;
	struct lab *l;

	(void)state;
	l = lab_begin(300);
	come_and_go(l);
	for (; us > 0; us -= 100 * MONO_MS) {
		core_note_load(&l->d.end[1].core, l->d.now);
		flood(l, 100 * MONO_MS, true);
	}
	assert_int_equal(duo_cnt(&l->d, 1, CNT_dh), 0);
	assert_in_range(duo_cnt(&l->d, 1, CNT_cookie_sent), KNOWN,
	    INTO_TURNS_US / MONO_SEC * (ANSWERS + KNOWN) + ANSWERS + KNOWN);
	l->d.end[0].face = duo_addr("192.0.2.77:7777");
	core_note_load(&l->d.end[1].core, l->d.now);
	duo_peer(&l->d, 0, 1, true);
	for (us = 5 * MONO_SEC; us > 0 && !is_up(l); us -= 100 * MONO_MS) {
		core_note_load(&l->d.end[1].core, l->d.now);
		flood(l, 100 * MONO_MS, true);
	}
	assert_true(is_up(l));
	lab_end(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newcomer_is_up_in_time),
		cmocka_unit_test(known_one_is_up_at_once),
		cmocka_unit_test(forged_known_one_costs_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
