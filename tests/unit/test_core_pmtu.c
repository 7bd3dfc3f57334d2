/* The MTU of a path: what makes a core look at it, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "core/peer_send.h"
#include "core/pmtu.h"
#include "duo.h"
#include "wire/ip.h"

#define SEC ((uint64_t)MONO_SEC)
#define STEP (10 * (uint64_t)MONO_MS)
#define FULL 1400
#define PATH(bytes) ((bytes)-20 - 8)

/* Ends 0 and 1, each with a device that carries IP. */
struct lab {
	struct duo d;
	unsigned got;	  /* packets that the device of end 1 was handed */
	size_t longest;	  /* of them */
	size_t line;	  /* longer ones end 0 is refused; 0: none */
	unsigned refused; /* how many were */
	bool deaf;	  /* nothing gets through */

	uint8_t to;   /* first byte of where packets go */
	size_t first; /* bytes of a packet in front of each; 0: none */
};

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	struct lab *lab = e->d->deliver_arg;
	unsigned i;

	(void)no;
	for (i = 0; e->nr == 1 && i < run->n; i++) {
		lab->got++;
		if (run->pkt[i].len > lab->longest)
			lab->longest = run->pkt[i].len;
	}
}

/* The line of end 0: what it refuses, it says so at once. */
static bool
on_line(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct lab *lab = d->tap_arg;

	(void)p;
	if (lab->deaf)
		return false;
	if (from->nr != 0 || lab->line == 0 || len <= lab->line)
		return true;
	lab->refused++;
	pmtu_refused(&d->end[0].core, to, d->now);
	return false;
}

static void
open_lab(struct lab *lab, uint64_t seed)
{
	static const struct fwd_config tun = { .mode = FWD_HUB };
	struct duo *d = &lab->d;
	unsigned i;

	memset(lab, 0, sizeof(*lab));
	lab->to = 10;
	duo_init(d, seed);
	d->deliver = on_deliver;
	d->deliver_arg = lab;
	d->tap = on_line;
	d->tap_arg = lab;
	for (i = 0; i < 2; i++) {
		struct turn t;

		duo_start(d, i, NULL);
		t = duo_turn(d, i);
		assert_int_equal(core_port_add(&d->end[i].core, &tun, &t), 0);
		duo_done(d);
	}
	duo_peer(d, 0, 1, true);
	duo_peer(d, 1, 0, true);
	assert_true(duo_wait_up(d, 0, 1, 10 * SEC));
	assert_true(duo_wait_up(d, 1, 0, 10 * SEC));
	duo_run(d, SEC);
}

/* An IPv4 packet of len bytes that must not, or may, be fragmented. */
static void
packet(uint8_t *p, size_t len, uint8_t to, bool df)
{
	struct wr w = wr_of(p, len);

	memset(p, 0x5a, len);
	wr_be16(&w, 0x4500);
	wr_be16(&w, (uint16_t)len);
	wr_be16(&w, 1);
	wr_be16(&w, df ? 0x4000 : 0);
	wr_be16(&w, 64 << 8 | IP_UDP);
	wr_be16(&w, 0);
	wr_be32(&w, 0x0a010001);
	wr_u8(&w, to);
	wr_bytes(&w, "\2\0\1", 3);
}

/* One turn of the device of end 0, and STEP of time. */
static void
put(struct lab *lab, size_t len, bool df)
{
	struct turn t = duo_turn(&lab->d, 0);
	struct run run = { .n = 0 };
	struct pkt *pk;

	if (lab->first > 0) {
		pk = run_add(&run, lab->first, &lab->d.mem);
		assert_non_null(pk);
		packet(pk->p, pk->len, lab->to, df);
	}
	pk = run_add(&run, len, &lab->d.mem);
	assert_non_null(pk);
	packet(pk->p, pk->len, lab->to, df);
	core_port_input(&lab->d.end[0].core, 0, &run, &t);
	duo_done(&lab->d);
	duo_run(&lab->d, STEP);
}

static void
put_for(struct lab *lab, size_t len, bool df, uint64_t us)
{
	uint64_t i;

	for (i = 0; i < us; i += STEP)
		put(lab, len, df);
}

static uint64_t
cnt(struct lab *lab, enum counter id)
{
	return duo_cnt(&lab->d, 0, id);
}

static size_t
body(struct lab *lab)
{
	return peer_mtu(&lab->d.end[0].core, lab->d.end[0].peer[1]);
}

/* Time from now until the path's size is below FULL; at most a second. */
static uint64_t
time_to_shrink(struct lab *lab)
{
	struct mono since = lab->d.now;
	unsigned i;

	for (i = 0; i < 100 && body(lab) == FULL; i++)
		put(lab, FULL, false);
	assert_true(body(lab) < FULL);
	return mono_since(since, lab->d.now);
}

/* Our own line says no: nobody waits for the next question, or its answer. */
static void
test_refused(void **state)
{
	static struct lab lab;
	uint64_t worst = 0, us;
	unsigned i;

	(void)state;
	for (i = 0; i < 45; i++) { /* a question is due every 0.4 s */
		open_lab(&lab, 100 + i);
		put_for(&lab, FULL, false, SEC + i * STEP);
		lab.line = PATH(1280);
		us = time_to_shrink(&lab);
		if (us > worst)
			worst = us;
		put_for(&lab, FULL, false, SEC / 4);
		assert_int_equal(body(&lab), 1212);
		lab.got = 0;
		lab.refused = 0;
		put_for(&lab, FULL, false, SEC);
		assert_int_equal(lab.got, 100);
		assert_int_equal(lab.refused, 0);
		duo_fini(&lab.d);
	}
	/* one round of answers, and what a round trip may make of it */
	assert_in_range(worst, 100 * MONO_MS, 130 * MONO_MS);
}

/* A router in between that says nothing: within a second all the same. */
static void
test_silent(void **state)
{
	static struct lab lab;
	unsigned i;

	(void)state;
	for (i = 0; i < 45; i++) {
		open_lab(&lab, 200 + i);
		put_for(&lab, FULL, false, SEC + i * STEP);
		lab.d.dir[0][1].longest = PATH(1280);
		assert_in_range(
		    time_to_shrink(&lab), 100 * MONO_MS, 530 * MONO_MS);
		duo_fini(&lab.d);
	}
}

/* Whoever says it, in vain: the path carries what it carries. */
static void
test_slander(void **state)
{
	static struct lab lab;
	struct addr other;
	uint64_t probes;
	unsigned i;

	(void)state;
	open_lab(&lab, 300);
	put_for(&lab, FULL, false, SEC);
	lab.got = 0;
	probes = cnt(&lab, CNT_mtu_probe);
	for (i = 0; i < 1000; i++) {
		pmtu_refused(&lab.d.end[0].core, &lab.d.end[1].face, lab.d.now);
		put(&lab, FULL, true);
		assert_int_equal(body(&lab), FULL);
	}
	assert_int_equal(lab.got, 1000);
	assert_in_range(cnt(&lab, CNT_mtu_probe) - probes, 20, 3500);

	/* of somebody else: no reason to ask at all */
	other = lab.d.end[1].face;
	other.port++;
	duo_run(&lab.d, 2 * SEC);
	probes = cnt(&lab, CNT_mtu_probe);
	for (i = 0; i < 100; i++) {
		pmtu_refused(&lab.d.end[0].core, &other, lab.d.now);
		duo_run(&lab.d, STEP);
	}
	assert_int_equal(cnt(&lab, CNT_mtu_probe), probes);
	duo_fini(&lab.d);
}

/* A line that takes nothing is not asked the more often for it. */
static void
test_dead_line(void **state)
{
	static struct lab lab;
	uint64_t probes;
	unsigned i;

	(void)state;
	open_lab(&lab, 400);
	put_for(&lab, FULL, false, SEC);
	probes = cnt(&lab, CNT_mtu_probe);
	lab.deaf = true;
	for (i = 0; i < 500; i++) {
		pmtu_refused(&lab.d.end[0].core, &lab.d.end[1].face, lab.d.now);
		put(&lab, FULL, false);
	}
	/* 5 s: a question and a ladder of 33 each 0.4 s */
	assert_in_range(cnt(&lab, CNT_mtu_probe) - probes, 34, 14 * 34);
	assert_int_equal(body(&lab), FULL);
	duo_fini(&lab.d);
}

/* A long packet behind a short one is a long packet, too. */
static void
test_short_one_first(void **state)
{
	static struct lab lab;

	(void)state;
	open_lab(&lab, 500);
	lab.first = 60;
	lab.d.dir[0][1].longest = PATH(1280);
	put_for(&lab, FULL, false, SEC);
	lab.got = 0;
	put_for(&lab, FULL, false, SEC);
	assert_int_equal(lab.got, 200);
	assert_int_equal(lab.longest, FULL);
	duo_fini(&lab.d);
}

/* The smallest path grows as well: the parts of frames are in use on it. */
static void
test_floor_grows(void **state)
{
	static struct lab lab;

	(void)state;
	open_lab(&lab, 600);
	lab.d.dir[0][1].longest = PATH(576);
	put_for(&lab, FULL, false, 2 * SEC);
	assert_int_equal(body(&lab), PMTU_FLOOR);
	lab.d.dir[0][1].longest = 0;
	put_for(&lab, FULL, false, 31 * SEC);
	assert_int_equal(body(&lab), FULL);
	assert_int_equal(cnt(&lab, CNT_mtu_up), 1);
	duo_fini(&lab.d);
}

/* No answer may be given to what goes to a group: it goes in parts. */
static void
test_to_a_group(void **state)
{
	static struct lab lab;

	(void)state;
	open_lab(&lab, 700);
	lab.d.dir[0][1].longest = PATH(1280);
	put_for(&lab, FULL, true, SEC);
	lab.got = 0;
	put_for(&lab, FULL, true, SEC);
	assert_int_equal(lab.got, 0); /* each was answered */
	assert_true(cnt(&lab, CNT_fwd_too_big) >= 100);
	lab.to = 239;
	put_for(&lab, FULL, true, SEC);
	assert_int_equal(lab.got, 100);
	duo_fini(&lab.d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_slander),
		cmocka_unit_test(test_dead_line),
		cmocka_unit_test(test_short_one_first),
		cmocka_unit_test(test_floor_grows),
		cmocka_unit_test(test_to_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
