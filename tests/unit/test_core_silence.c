/* A peer that answers nothing: when it is asked, given up, dialled anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "core/timers.h"
#include "duo.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)
#define MS(us) ((us) / MONO_MS)

static void
cut(struct duo *d, bool yes)
{
	d->dir[0][1].cut = yes;
	d->dir[1][0].cut = yes;
}

/* Both say something each second; numbers from *number on. */
static void
use(struct duo *d, unsigned seconds, uint32_t *number)
{
	while (seconds-- > 0) {
		duo_say_nr(d, 0, (*number)++);
		duo_say_nr(d, 1, (*number)++);
		duo_run(d, MONO_SEC);
	}
}

/* Runs until end 0 gives 1 up; how long it had heard nothing then. */
static uint64_t
time_to_death(struct duo *d, bool in_use, uint32_t *number)
{
	const struct peer *p = d->end[0].peer[1];
	struct mono heard = p->last_rx;
	unsigned i;

	for (i = 0; i < 600 && p->state == PEER_VRNODE; i++) {
		if (in_use && i % 10 == 0)
			duo_say_nr(d, 0, (*number)++);
		duo_run(d, 100 * MONO_MS);
	}
	assert_int_equal(p->state, PEER_DEAD);
	return mono_since(heard, p->since);
}

static void
dies(bool in_use, uint64_t want_s)
{
	uint32_t number = 1;
	uint64_t probes, us;
	struct duo d;

	duo_pair(&d, 50, NULL);
	if (in_use)
		use(&d, 30, &number);
	else
		duo_run(&d, 30 * SEC);
	cut(&d, true);
	probes = duo_cnt(&d, 0, CNT_probe_sent);
	us = time_to_death(&d, in_use, &number);
	assert_in_range(MS(us), (want_s - 3) * 1000, (want_s + 3) * 1000);
	assert_int_equal(duo_cnt(&d, 0, CNT_probe_sent) - probes, PROBES_MAX);
	assert_int_equal(PROBES_MAX, 45);
	assert_int_equal(duo_cnt(&d, 0, CNT_peer_dead), 1);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 1);
	assert_int_equal(
	    duo_last(&d, 0, MESH_PEER_DOWN)->at.us, d.end[0].peer[1]->since.us);
	assert_int_equal(
	    duo_last(&d, 0, MESH_PEER_DOWN)->rec.u.down.why, MESH_DOWN_DEAD);
	duo_fini(&d);
}

static void
test_dead_in_use(void **state)
{
	(void)state;
	dies(true, 35);
}

static void
test_dead_idle(void **state)
{
	(void)state;
	dies(false, 50);
}

/* Only one side has something to say: the other is not missed for that. */
static void
test_one_way_traffic(void **state)
{
	uint32_t i;
	struct duo d;

	(void)state;
	duo_pair(&d, 51, NULL);
	for (i = 0; i < 300; i++) {
		duo_say_nr(&d, 0, i);
		duo_run(&d, MONO_SEC);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 300);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	duo_fini(&d);
}

/* Nothing to say at all for hours: nobody dies, next to nothing is sent. */
static void
test_idle_for_hours(void **state)
{
	uint32_t number = 1;
	struct duo d;

	(void)state;
	duo_pair(&d, 52, NULL);
	d.end[0].out_n = 0;
	duo_run(&d, 3 * 3600 * SEC);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_cnt(&d, 0, CNT_peer_dead), 0);
	assert_true(d.end[0].out_n < 3 * 3600 / 8);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

static void
test_repaired_before(void **state)
{
	uint32_t number = 1;
	struct duo d;

	(void)state;
	duo_pair(&d, 53, NULL);
	use(&d, 5, &number);
	cut(&d, true);
	use(&d, 30, &number);
	cut(&d, false);
	duo_run(&d, 1500 * MONO_MS);
	assert_true(duo_carries(&d, 0, 1, &number));
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_int_equal(d.end[0].peer[1]->probes, 0);
	duo_fini(&d);
}

/* Repaired within 90 s of its death, at any instant: up in less than 4 s. */
static void
test_repaired_after(void **state)
{
	uint32_t number = 1;
	struct duo d;
	unsigned wait_s;

	(void)state;
	for (wait_s = 0; wait_s < 80; wait_s += 7) {
		duo_pair(&d, 54 + wait_s, NULL);
		use(&d, 5, &number);
		cut(&d, true);
		time_to_death(&d, true, &number);
		duo_run(&d, wait_s * SEC + wait_s * 10 * MONO_MS);
		cut(&d, false);
		assert_true(duo_wait_up(&d, 0, 1, 4 * SEC));
		assert_true(duo_wait_up(&d, 1, 0, MONO_SEC));
		assert_true(duo_carries(&d, 0, 1, &number));
		assert_int_equal(duo_recs(&d, 0, MESH_PEER_UP), 2);
		duo_fini(&d);
	}
}

/* Allowed gap before each try, by the time since the first one. */
static void
check_gap(unsigned nr, uint64_t at_us, uint64_t gap_us, uint64_t before_us)
{
	static const unsigned first_ms[] = { 500, 1000, 1000, 2000, 2000 };
	uint64_t min = 3000, max = 3334;

	if (nr - 1 < 5) {
		min = max = first_ms[nr - 1];
	} else if (at_us - gap_us >= 90 * SEC) {
		uint64_t cap = at_us - gap_us < 600 * SEC ? 15000
		    : at_us - gap_us < 3600 * SEC	  ? 60000
							  : 300000;
		/* Doubles from 5 s until it meets the limit of its time. */
		min = before_us < 5 * SEC ? 5000 : 2 * MS(before_us);
		min = max = min < cap ? min : cap;
	}
	if (MS(gap_us) < min || MS(gap_us) > max)
		fail_msg("try %u after %llu s: gap %llu ms, not %llu..%llu", nr,
		    (unsigned long long)(at_us / SEC),
		    (unsigned long long)MS(gap_us), (unsigned long long)min,
		    (unsigned long long)max);
}

static void
test_retry_gaps(void **state)
{
	struct duo_tape tape = { 0 };
	uint64_t gap = 0, before;
	struct duo d;
	size_t i, tries;

	(void)state;
	duo_init(&d, 60);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	cut(&d, true);
	d.tape = &tape;
	duo_peer(&d, 0, 1, true);
	duo_run(&d, 3 * 3600 * SEC);
	assert_true(tape.n > 100);
	for (i = 1; i < tape.n; i++) {
		assert_int_equal(tape.d[i].len, INIT_LEN);
		before = gap;
		gap = mono_since(tape.d[i - 1].at, tape.d[i].at);
		check_gap((unsigned)i, mono_since(tape.d[0].at, tape.d[i].at),
		    gap, before);
	}
	assert_int_equal(MS(gap), 300000);

	tries = tape.n;
	/* It never stops; and packets do not make it faster. */
	for (i = 0; i < 100; i++) {
		duo_say_nr(&d, 0, (uint32_t)i);
		duo_run(&d, 100 * MONO_MS);
	}
	assert_true(tape.n <= tries + 1);
	cut(&d, false);
	duo_peer(&d, 1, 0, false);
	assert_true(duo_wait_up(&d, 0, 1, 301 * SEC));
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* New endpoints are tried at once, whatever the gap. */
static void
test_new_endpoint(void **state)
{
	struct addr gone = duo_addr("203.0.113.1:1");
	struct turn t;
	struct duo d;

	(void)state;
	duo_init(&d, 61);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, false);
	t = duo_turn(&d, 0);
	core_peer_endpoints(&d.end[0].core, d.end[0].peer[1], &gone, 1, &t);
	duo_done(&d);
	duo_run(&d, 7200 * SEC);
	t = duo_turn(&d, 0);
	core_peer_endpoints(
	    &d.end[0].core, d.end[0].peer[1], &d.end[1].face, 1, &t);
	duo_done(&d);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	duo_fini(&d);
}

/* The same endpoints in another order are no news: the back-off goes on. */
static void
test_endpoints_turned(void **state)
{
	struct addr ep[] = { duo_addr("203.0.113.1:1"),
		duo_addr("203.0.113.2:1"), duo_addr("203.0.113.1:1") };
	struct turn t;
	struct duo d;
	unsigned i;

	(void)state;
	duo_init(&d, 65);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 0, 1, false);
	for (i = 0; i < 60; i++) {
		t = duo_turn(&d, 0);
		core_peer_endpoints(
		    &d.end[0].core, d.end[0].peer[1], ep + i % 2, 2, &t);
		duo_done(&d);
		duo_run(&d, 60 * SEC);
	}
	/* to both each time */
	assert_in_range(duo_cnt(&d, 0, CNT_init_sent), 2 * 60, 2 * 150);
	duo_fini(&d);
}

/* Paths slower than the first retry gaps connect too. */
static void
test_slow_path(void **state)
{
	uint32_t number = 1;
	unsigned ms, known;
	struct duo d;

	(void)state;
	for (ms = 200; ms <= 1500; ms += 100) {
		for (known = 0; known < 2; known++) {
			duo_init(&d, 62 + ms);
			duo_start(&d, 0, NULL);
			duo_start(&d, 1, NULL);
			duo_delay(&d, 0, 1, ms * MONO_MS);
			duo_peer(&d, 1, 0, known != 0);
			duo_peer(&d, 0, 1, true);
			if (!duo_wait_up(&d, 0, 1, 20 * SEC))
				fail_msg("%u ms: not up", ms);
			duo_run(&d, 10 * SEC);
			duo_say_nr(&d, 0, number);
			duo_run(&d, 2 * SEC);
			assert_int_equal(duo_heard(&d, 1, number), 1);
			assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
			duo_fini(&d);
		}
	}
}

/* The peer restarts before our first packet: it knows no such session. */
static void
test_never_confirmed(void **state)
{
	static const uint8_t key[KEY_LEN] = { 3 };
	struct duo_options one = { .seed = key };
	struct duo d;

	(void)state;
	duo_init(&d, 64);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &one);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	duo_run(&d, 45 * MONO_MS);
	assert_non_null(d.end[0].peer[1]->slot[SLOT_CUR]);
	assert_int_not_equal(d.end[1].peer[0]->state, PEER_VRNODE);
	duo_stop(&d, 1);
	duo_start(&d, 1, &one);
	duo_peer(&d, 1, 0, false);
	assert_true(duo_wait_up(&d, 0, 1, 12 * SEC));
	duo_fini(&d);
}

/* The other side was killed and knows nothing of us. */
static void
test_peer_restarts(void **state)
{
	static const uint8_t key[KEY_LEN] = { 3 };
	struct duo_options one = { .seed = key };
	uint32_t number = 1;
	struct duo d;

	(void)state;
	duo_init(&d, 63);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &one);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 1, 0, MONO_SEC));
	use(&d, 3, &number);
	duo_stop(&d, 1);
	duo_start(&d, 1, &one);
	duo_peer(&d, 1, 0, false);
	use(&d, 41, &number);
	assert_int_equal(d.end[0].peer[1]->state, PEER_VRNODE);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dead_in_use),
		cmocka_unit_test(test_dead_idle),
		cmocka_unit_test(test_one_way_traffic),
		cmocka_unit_test(test_idle_for_hours),
		cmocka_unit_test(test_repaired_before),
		cmocka_unit_test(test_repaired_after),
		cmocka_unit_test(test_retry_gaps),
		cmocka_unit_test(test_new_endpoint),
		cmocka_unit_test(test_endpoints_turned),
		cmocka_unit_test(test_slow_path),
		cmocka_unit_test(test_never_confirmed),
		cmocka_unit_test(test_peer_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
