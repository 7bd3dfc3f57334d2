/* Out of tunnels: which devices get a packet, and how many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "evil.h"
#include "wire/ip.h"

/* Nobody's address is nobody's, and no group sends. */
static void
test_odd_sources(void **state)
{
	struct fwd_config cfg = evil_tun;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct turn t;
	struct run run;
	struct pkt *pk;
	struct duo d;
	struct evil_seen s;

	(void)state;
	cfg.mode = FWD_SWITCH;
	cfg.age_ms = 300000;
	cfg.per_peer = 1;
	evil_lab(&d, &s, &cfg);
	evil_head6(&w, NONE, STATION, 59, 0);
	assert_int_equal(evil_fate(&d, OTHER, false, &w), CNT_fwd_in);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_in);
	/* nor is it ours once our own device has used it */
	t = duo_turn(&d, VICTIM);
	pk = run_one(&run, w.len, &d.mem);
	assert_non_null(pk);
	memcpy(pk->p, w.start, w.len);
	core_port_input(&d.end[VICTIM].core, 0, &run, &t);
	duo_done(&d);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_in);
	w.len = 0;
	evil_head4(&w, NONE, IP_UDP, 0);
	assert_int_equal(evil_fate(&d, OTHER, false, &w), CNT_fwd_in);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_in);
	w.len = 0;
	evil_head6(&w, ALL, STATION, 59, 0);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_bad);
	w.len = 0;
	evil_head4(&w, MINE, IP_UDP, 0);
	memcpy(room + 12, "\xe0\0\0\5", 4);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_bad);
	memcpy(room + 12, "\xff\xff\xff\xff", 4);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_bad);
	memcpy(room + 12, "\x0a\1\0\1", 4); /* none of these took a place */
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_in);
	duo_fini(&d);
}

/* A peer that went leaves its addresses to others. */
static void
test_forget(void **state)
{
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct turn t;
	struct duo d;
	struct evil_seen s;

	(void)state;
	evil_lab(&d, &s, &evil_tap);
	evil_said(&w, IP4, MINE, MINE);
	assert_int_equal(evil_fate(&d, OTHER, true, &w), CNT_fwd_in);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_spoof);
	t = duo_turn(&d, OTHER);
	core_close_all(&d.end[OTHER].core, CLOSE_STOPPING, &t);
	duo_done(&d);
	duo_run(&d, SEC);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_in);
	duo_fini(&d);
}

/* Each device bounds each peer, by a rate of its own. */
static void
test_flood(void **state)
{
	struct fwd_config slow = evil_tap, fast = evil_tap;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;

	(void)state;
	slow.flood_rate = 10; /* so 20 at once */
	fast.flood_rate = 25;
	evil_lab(&d, &s, &slow);
	assert_int_equal(evil_port(&d, &fast), 1);
	evil_macs(&w, ALL, MINE);
	wr_be16(&w, 0x88b5);
	evil_send(&d, EVIL, true, &w, RUN_MAX);
	assert_int_equal(s.n[0], 20);
	assert_int_equal(s.n[1], 50);
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_flood), 44 + 14);
	/* what is not for all is not bounded, */
	evil_macs(&w, STATION, MINE);
	wr_be16(&w, 0x88b5);
	evil_send(&d, EVIL, true, &w, RUN_MAX);
	assert_int_equal(s.n[0], 20 + 64);
	/* another peer has its own, */
	evil_macs(&w, ALL, OTHERS);
	wr_be16(&w, 0x88b5);
	evil_send(&d, OTHER, true, &w, RUN_MAX);
	assert_int_equal(s.n[0], 20 + 64 + 20);
	/* and a device that comes fills nobody's up. */
	duo_run(&d, 8 * SEC / 10);
	assert_int_equal(evil_port(&d, &fast), 2);
	memset(&s, 0, sizeof(s));
	evil_send(&d, OTHER, true, &w, RUN_MAX);
	assert_in_range(s.n[0], 8, 11);
	assert_in_range(s.n[1], 22, 27);
	assert_int_equal(s.n[2], 50);
	duo_fini(&d);
}

/* All devices of a layer get each packet, by the run, and judge by themselves.
 */
static void
test_two_devices(void **state)
{
	struct fwd_config open = evil_tap;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;

	(void)state;
	open.allow_ra = true;
	evil_lab(&d, &s, &evil_tap);
	assert_int_equal(evil_port(&d, &evil_tun), 1);
	assert_int_equal(evil_port(&d, &open), 2);
	evil_said(&w, IP4, MINE, MINE);
	evil_send(&d, EVIL, true, &w, 10);
	assert_int_equal(s.n[0], 10);
	assert_int_equal(s.n[1], 0);
	assert_int_equal(s.n[2], 10);
	assert_int_equal(s.runs[0], 1);
	assert_int_equal(s.runs[2], 1);
	assert_memory_equal(s.last[0], w.start, w.len);
	assert_memory_equal(s.last[2], w.start, w.len);
	evil_begin(&w, true, 0x86dd);
	evil_icmp6(&w, MINE, 134, NONE, 0);
	evil_send(&d, EVIL, true, &w, 3);
	assert_int_equal(s.n[0], 10);
	assert_int_equal(s.n[2], 13);
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_filter_ra), 3);
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_in), 23);
	assert_int_equal(d.end[VICTIM].core.port[2]->tx, 13);
	duo_fini(&d);
}

/* A device of the peer's own is the only one that its packets go to. */
static void
test_per_peer(void **state)
{
	struct fwd_config cfg = evil_tun;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;

	(void)state;
	evil_lab(&d, &s, NULL);
	evil_head4(&w, MINE, IP_UDP, 0);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_no_port);
	cfg.peer = d.end[VICTIM].peer[EVIL]->id;
	assert_int_equal(evil_port(&d, &cfg), 0);
	assert_int_equal(evil_fate(&d, OTHER, false, &w), CNT_fwd_no_port);
	assert_int_equal(evil_port(&d, &evil_tun), 1);
	evil_send(&d, EVIL, false, &w, 5);
	assert_int_equal(s.n[0], 5);
	assert_int_equal(s.n[1], 0);
	evil_send(&d, OTHER, false, &w, 7);
	assert_int_equal(s.n[0], 5);
	assert_int_equal(s.n[1], 7);
	evil_said(&w, IP4, MINE, MINE); /* a frame has no device here */
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_no_port);
	core_port_del(&d.end[VICTIM].core, 0);
	w.len = 0;
	evil_head4(&w, MINE, IP_UDP, 0);
	evil_send(&d, EVIL, false, &w, 1);
	assert_int_equal(s.n[1], 8);
	duo_fini(&d);
}

/* Frames stay here when nobody out there takes them, or needs them. */
static void
test_stay_here(void **state)
{
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct evil_seen s;
	struct duo d;
	unsigned i;

	(void)state;
	evil_lab(&d, &s, &evil_tap); /* the others have no such device */
	for (i = 0; i < 2; i++) {
		struct turn t = duo_turn(&d, VICTIM);
		struct run run;
		struct pkt *pk;

		/* The second is for who sent the first. */
		evil_macs(&w, i == 0 ? ALL : STATION, i == 0 ? STATION : OURS);
		wr_be16(&w, 0x88b5);
		pk = run_one(&run, w.len, &d.mem);
		assert_non_null(pk);
		memcpy(pk->p, w.start, w.len);
		core_port_input(&d.end[VICTIM].core, 0, &run, &t);
		duo_done(&d);
	}
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_no_peer), 1);
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_local), 1);
	assert_int_equal(duo_cnt(&d, VICTIM, CNT_fwd_out), 0);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_sources),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_two_devices),
		cmocka_unit_test(test_per_peer),
		cmocka_unit_test(test_stay_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
