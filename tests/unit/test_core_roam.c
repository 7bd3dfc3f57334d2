/* A peer that speaks from a new address: checked before it is followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "duo.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)

static bool
follows(const struct duo *d)
{
	return addr_equal(&d->end[1].peer[0]->path.remote, &d->end[0].face);
}

static void
start(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	d->end[0].face = duo_addr("192.0.2.1:4000");
	duo_start(d, 0, NULL);
	duo_start(d, 1, NULL);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 0, 1, SEC));
	duo_run(d, 5 * SEC);
	assert_true(follows(d));
	d->end[1].switches = 0;
}

/* Same address, other port: nobody can be left behind the old one. */
static void
test_nat_rebind(void **state)
{
	uint32_t number = 1;
	uint64_t handshakes;
	struct duo d;

	(void)state;
	start(&d, 70);
	handshakes = duo_cnt(&d, 1, CNT_handshakes);
	d.end[0].face = duo_addr("192.0.2.1:4999");
	duo_say_nr(&d, 0, number++);
	duo_run(&d, 40 * MONO_MS); /* there, asked, answered */
	assert_true(follows(&d));
	assert_int_equal(d.end[1].switches, 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_roam_switch), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_handshakes), handshakes);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

/* An idle one is found again by what it sends to keep its NAT open. */
static void
test_nat_rebind_idle(void **state)
{
	uint32_t number = 1;
	struct duo d;

	(void)state;
	start(&d, 71);
	d.end[0].face = duo_addr("192.0.2.1:4999");
	duo_run(&d, 25 * SEC + 100 * MONO_MS);
	assert_true(follows(&d));
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

static void
test_other_ip(void **state)
{
	uint32_t number = 1;
	struct mono moved;
	struct duo d;
	unsigned i;

	(void)state;
	start(&d, 72);
	d.end[0].face =
	    duo_addr("203.0.113.5:4000"); /* the old one is silent */
	duo_say_nr(&d, 0, number++);
	moved = d.now;
	for (i = 0; i < 100 && !follows(&d); i++)
		duo_run(&d, 50 * MONO_MS);
	assert_true(follows(&d));
	assert_in_range(mono_since(moved, d.now), 2 * SEC, 2 * SEC + 100000);
	assert_int_equal(d.end[1].switches, 1);
	assert_true(duo_carries(&d, 0, 1, &number));
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	duo_fini(&d);
}

/* Keeps what 0 sends, to be faster with it from another address. */
static bool
copy(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct duo_tape *caught = d->tap_arg;

	if (from->nr == 0)
		duo_keep(caught, &from->face, to, d->now, p, len);
	return true;
}

static void
test_copied_packets(void **state)
{
	struct addr me = duo_addr("198.51.100.66:6");
	struct duo_tape caught = { 0 };
	uint32_t i;
	size_t k;
	struct duo d;

	(void)state;
	start(&d, 73);
	d.tap = copy;
	d.tap_arg = &caught;
	for (i = 0; i < 200; i++) {
		duo_say_nr(&d, 0, 2 * i);
		duo_say_nr(&d, 1, 2 * i + 1);
		for (k = 0; k < caught.n; k++)
			duo_inject(&d, 1, &me, caught.d[k].p, caught.d[k].len);
		duo_tape_free(&caught);
		duo_run(&d, 100 * MONO_MS);
		assert_true(follows(&d));
	}
	assert_int_equal(d.end[1].switches, 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_roam_switch), 0);
	assert_true(duo_cnt(&d, 1, CNT_roam_refused) > 1);
	/* Of all that 1 sent the copier got some path checks. */
	for (k = 0; k < d.stray.n; k++)
		assert_int_equal(d.stray.d[k].len, 48);
	assert_true(d.stray.n <= 12);
	assert_int_equal(duo_recs(&d, 0, MESH_PKT), 200);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 200);
	duo_tape_free(&caught);
	duo_fini(&d);
}

/* Nothing comes back to an address that has not paid for it. */
static void
test_unpaid(void **state)
{
	struct addr me = duo_addr("198.51.100.66:6");
	struct duo_tape caught = { 0 };
	size_t got = 0, sent = 0, i, k = 0;
	struct duo d;

	(void)state;
	start(&d, 74);
	d.tap_arg = &caught;
	d.dir[0][1].cut = true;
	d.tap = copy;
	/* 0 answers the data of 1 with empty keepalives: 32 bytes each. */
	for (i = 0; i < 30; i++) {
		duo_say_nr(&d, 1, (uint32_t)i);
		duo_run(&d, SEC);
	}
	d.tap = NULL;
	for (i = 0; i < caught.n; i++) {
		duo_inject(&d, 1, &me, caught.d[i].p, caught.d[i].len);
		got += caught.d[i].len;
		for (; k < d.stray.n; k++)
			sent += d.stray.d[k].len;
		assert_true(sent <= got);
	}
	assert_true(caught.n > 0);
	assert_true(sent > 0);
	duo_tape_free(&caught);
	duo_fini(&d);
}

/* A peer that moves all the time is followed at most every 2 s. */
static void
test_not_too_often(void **state)
{
	uint32_t number = 1;
	struct duo d;
	unsigned i;

	(void)state;
	start(&d, 75);
	for (i = 0; i < 100; i++) {
		d.end[0].face.port++;
		duo_say_nr(&d, 0, number++);
		duo_run(&d, 100 * MONO_MS);
	}
	assert_in_range(d.end[1].switches, 3, 6); /* in 10 s */
	duo_run(&d, 3 * SEC);
	duo_say_nr(&d, 0, number++);
	duo_run(&d, SEC);
	assert_true(follows(&d));
	duo_fini(&d);
}

/* An old packet from elsewhere, not the newest, asks for nothing. */
static void
test_late_packet(void **state)
{
	struct addr me = duo_addr("198.51.100.66:6");
	struct duo_tape caught = { 0 };
	struct duo d;

	(void)state;
	start(&d, 76);
	d.tap_arg = &caught;
	d.tap = copy;
	d.dir[0][1].cut = true;
	duo_say_nr(&d, 0, 1);
	d.dir[0][1].cut = false;
	d.tap = NULL;
	duo_say_nr(&d, 0, 2);
	duo_run(&d, 100 * MONO_MS);
	d.end[1].out_n = 0;
	duo_inject(&d, 1, &me, caught.d[0].p, caught.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 1); /* it was never seen */
	assert_int_equal(d.end[1].out_n, 0);
	assert_null(d.end[1].peer[0]->roam.check);
	duo_tape_free(&caught);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nat_rebind),
		cmocka_unit_test(test_nat_rebind_idle),
		cmocka_unit_test(test_other_ip),
		cmocka_unit_test(test_copied_packets),
		cmocka_unit_test(test_unpaid),
		cmocka_unit_test(test_not_too_often),
		cmocka_unit_test(test_late_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
