/* Packets that lie about who sent them, or say what no peer may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "evil.h"
#include "wire/ip.h"

#define TAGS_MAX 8

/* Pairs of a type and a VLAN; each of them is what a receiver takes off. */
static const struct {
	uint16_t tag[TAGS_MAX][2];
	const char *snap; /* behind them, as bytes */
	bool seen;	  /* false: what is behind is no frame at all */
} stacks[] = {
	{ { { 0 } }, NULL, true },
	{ { { 0x8100, 0 } }, NULL, true },
	{ { { 0x88a8, 0 } }, NULL, true },
	{ { { 0x8100, 0xe005 } }, NULL, true },
	{ { { 0x88a8, 7 } }, NULL, true },
	{ { { 0x8100, 0 }, { 0x8100, 0 } }, NULL, true },
	{ { { 0x88a8, 0x2000 }, { 0x8100, 0 } }, NULL, true },
	{ { { 0x8100, 0 }, { 0x88a8, 0 }, { 0x8100, 5 } }, NULL, true },
	{ { { 0x8100, 5 }, { 0x8100, 0 } }, NULL, true },
	{ { { 0x88a8, 5 }, { 0x8100, 7 }, { 0x8100, 0 } }, NULL, true },
	{ { { 0x88a8, 5 }, { 0x8100, 7 }, { 0x8100, 1 } }, NULL, false },
	{ { { 0x8100, 0 }, { 0x8100, 0 }, { 0x8100, 0 }, { 0x8100, 0 },
	      { 0x8100, 0 }, { 0x8100, 0 }, { 0x8100, 0 }, { 0x8100, 0 } },
	    NULL, true },
	{ { { 0 } }, "\0\x40\xaa\xaa\3\0\0", true },
	{ { { 0x8100, 0 } }, "\0\x40\xaa\xaa\3\0\0", true },
};
#define STACKS (sizeof(stacks) / sizeof(stacks[0]))

static void
put_stack(struct wr *w, size_t no)
{
	unsigned i;

	evil_macs(w, STATION, MINE);
	for (i = 0; i < TAGS_MAX && stacks[no].tag[i][0] != 0; i++) {
		wr_be16(w, stacks[no].tag[i][0]);
		wr_be16(w, stacks[no].tag[i][1]);
	}
	if (stacks[no].snap != NULL)
		wr_bytes(w, stacks[no].snap, 8);
}

static void
test_behind_tags(void **state)
{
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;
	size_t i;

	(void)state;
	evil_lab(&d, &s, &evil_tap);
	for (i = 0; i < STACKS; i++) {
		bool seen = stacks[i].seen;

		put_stack(&w, i);
		wr_be16(&w, 0x86dd);
		evil_icmp6(&w, MINE, 134, NONE, 0);
		assert_int_equal(evil_fate(&d, EVIL, true, &w),
		    seen ? CNT_fwd_filter_ra : CNT_fwd_bad);
		put_stack(&w, i);
		wr_be16(&w, 0x0800);
		evil_udp(&w, false, 67, 68);
		assert_int_equal(evil_fate(&d, EVIL, true, &w),
		    seen ? CNT_fwd_filter_dhcp : CNT_fwd_bad);
		put_stack(&w, i);
		wr_be16(&w, 0x0800);
		evil_udp(&w, false, 53, 1053);
		assert_int_equal(evil_fate(&d, EVIL, true, &w),
		    seen ? CNT_fwd_in : CNT_fwd_bad);
	}
	duo_fini(&d);
}

static void
put_vlans(struct wr *w, uint32_t first, uint32_t second)
{
	evil_macs(w, STATION, MINE);
	wr_be32(w, first);
	if (second != 0)
		wr_be32(w, second);
	wr_be16(w, 0x88b5);
	wr_zeros(w, 46);
}

/* An address is protected in its VLAN, however the frame says which one. */
static void
test_theft_in_vlan(void **state)
{
	static const struct {
		uint32_t first, second;
		enum counter what;
	} cases[] = {
		{ 0x81000005, 0, CNT_fwd_spoof },
		{ 0x8100e005, 0, CNT_fwd_spoof },
		{ 0x81000000, 0x81000005, CNT_fwd_spoof },
		{ 0x88a80000, 0x81000005, CNT_fwd_spoof },
		{ 0x81000005, 0x81000000, CNT_fwd_spoof },
		{ 0x81000006, 0, CNT_fwd_in },
		{ 0x81000006, 0x81000005, CNT_fwd_in },
		{ 0x81000005, 0x81000006, CNT_fwd_in },
	};
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;
	size_t i;

	(void)state;
	evil_lab(&d, &s, &evil_tap);
	put_vlans(&w, 0x81000005, 0);
	assert_int_equal(evil_fate(&d, OTHER, true, &w), CNT_fwd_in);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_vlans(&w, cases[i].first, cases[i].second);
		assert_int_equal(evil_fate(&d, EVIL, true, &w), cases[i].what);
	}
	duo_fini(&d);
}

/* Begins a packet, on Ethernet with the header in front. */
static void
test_filters(void **state)
{
	static const struct {
		bool v6;
		uint16_t sport, dport;
		bool dropped;
	} ports[] = {
		{ false, 67, 68, true },
		{ false, 67, 67, true },
		{ false, 1067, 68, true }, /* clients look at no source port */
		{ false, 68, 67, false },
		{ false, 547, 546, false },
		{ true, 547, 546, true },
		{ true, 1547, 546, true },
		{ true, 546, 547, false },
		{ true, 67, 68, false },
	};
	struct fwd_config cfg;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;
	unsigned i, kind;

	(void)state;
	for (kind = 0; kind < 4; kind++) {
		bool ether = kind & 1, allow = kind & 2;

		cfg = ether ? evil_tap : evil_tun;
		cfg.allow_ra = cfg.allow_dhcp = allow;
		evil_lab(&d, &s, &cfg);
		for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
			evil_begin(&w, ether, ports[i].v6 ? 0x86dd : 0x0800);
			evil_udp(
			    &w, ports[i].v6, ports[i].sport, ports[i].dport);
			assert_int_equal(evil_fate(&d, EVIL, ether, &w),
			    ports[i].dropped && !allow ? CNT_fwd_filter_dhcp
						       : CNT_fwd_in);
		}
		for (i = 0; i < 40; i++) {
			evil_begin(&w, ether, 0x86dd);
			evil_icmp6(&w, MINE, i % 2 == 0 ? 134 : 137, NONE, i);
			assert_int_equal(evil_fate(&d, EVIL, ether, &w),
			    i > 15	? CNT_fwd_bad
				: allow ? CNT_fwd_in
					: CNT_fwd_filter_ra);
		}
		evil_begin(&w, ether, 0x86dd);
		evil_icmp6(&w, MINE, 128, NONE, 3);
		assert_int_equal(evil_fate(&d, EVIL, ether, &w), CNT_fwd_in);
		duo_fini(&d);
	}
}

/* What calls itself IP and is not: nobody knows what a host makes of it. */
static void
test_unreadable(void **state)
{
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;
	unsigned ether;

	(void)state;
	for (ether = 0; ether < 2; ether++) {
		evil_lab(&d, &s, ether ? &evil_tap : &evil_tun);
		evil_begin(&w, ether, 0x86dd);
		evil_head6(&w, MINE, ALL, IP_ICMPV6, 1);
		assert_int_equal(evil_fate(&d, EVIL, ether, &w), CNT_fwd_bad);
		evil_begin(&w, ether, 0x0800);
		evil_head4(&w, MINE, IP_UDP, 1);
		assert_int_equal(evil_fate(&d, EVIL, ether, &w), CNT_fwd_bad);
		evil_begin(&w, ether, 0x0800);
		wr_zeros(&w, 60);
		assert_int_equal(evil_fate(&d, EVIL, ether, &w), CNT_fwd_bad);
		duo_fini(&d);
	}
	evil_lab(&d, &s, &evil_tap);
	evil_begin(&w, true, 0x0800); /* says one and is the other */
	evil_icmp6(&w, MINE, 134, NONE, 0);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	evil_begin(&w, true, 0x86dd);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	w.len--;
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	duo_fini(&d);
}

/* Ours: nobody's else. Another's: not his. One at least must be his. */
static enum counter
should(uint8_t mac, uint8_t net, bool router)
{
	if (mac == OURS || net == OURS)
		return CNT_fwd_own;
	if (!router)
		return CNT_fwd_in;
	if (mac == OTHERS || net == OTHERS)
		return CNT_fwd_spoof;
	return mac == MINE || net == MINE ? CNT_fwd_in : CNT_fwd_spoof;
}

/* Each layer that is somebody's must be the sender's. */
static void
test_layers(void **state)
{
	static const uint8_t who[] = { MINE, OURS, OTHERS, NOBODYS };
	struct fwd_config cfg = evil_tap;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	unsigned mode, said, i, j;
	struct duo d;
	struct evil_seen s;

	(void)state;
	for (mode = 0; mode < FWD_MODES; mode++) {
		cfg.mode = (enum fwd_mode)mode;
		evil_lab(&d, &s, &cfg);
		evil_grant_all(&d);
		for (said = 0; said < SAIDS; said++)
			for (i = 0; i < 4; i++)
				for (j = 0; j < 4; j++) {
					evil_said(&w, (enum said)said, who[i],
					    who[j]);
					assert_int_equal(
					    evil_fate(&d, EVIL, true, &w),
					    should(who[i], who[j],
						mode == FWD_ROUTER));
				}
		duo_fini(&d);
	}
}

/* Both words of a neighbour advertisement count, and IP needs no Ethernet. */
static void
test_router_words(void **state)
{
	struct fwd_config cfg = evil_tap;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	struct duo d;
	struct evil_seen s;

	(void)state;
	cfg.mode = FWD_ROUTER;
	evil_lab(&d, &s, &cfg);
	evil_grant_all(&d);
	evil_begin(&w, true, 0x86dd);
	evil_icmp6(&w, MINE, 136, OTHERS, 0);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_spoof);
	evil_begin(&w, true, 0x86dd);
	evil_icmp6(&w, OTHERS, 136, MINE, 0);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_spoof);
	evil_begin(&w, true, 0x86dd);
	evil_icmp6(&w, MINE, 136, MINE, 0);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_in);
	evil_macs(&w, STATION, MINE); /* ARP, but of an unknown kind, or cut */
	evil_arp(&w, 7, MINE, STATION);
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	evil_macs(&w, STATION, MINE);
	evil_arp(&w, 1, MINE, STATION);
	w.len--;
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	w.len = 14 + 3;
	assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_bad);
	duo_fini(&d);

	cfg = evil_tun;
	cfg.mode = FWD_ROUTER;
	evil_lab(&d, &s, &cfg);
	evil_grant_all(&d);
	evil_begin(&w, false, 0);
	evil_head4(&w, MINE, IP_ICMP, 0);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_in);
	assert_int_equal(evil_fate(&d, OTHER, false, &w), CNT_fwd_spoof);
	evil_begin(&w, false, 0);
	evil_icmp6(&w, MINE, 136, OURS, 0);
	assert_int_equal(evil_fate(&d, EVIL, false, &w), CNT_fwd_own);
	duo_fini(&d);
}

/* The device's own address is ours in each mode and VLAN. */
static void
test_own_mac(void **state)
{
	struct fwd_config cfg = evil_tap;
	uint8_t room[EVIL_ROOM];
	struct wr w = wr_of(room, EVIL_ROOM);
	unsigned mode;
	struct duo d;
	struct evil_seen s;

	(void)state;
	cfg.has_mac = true;
	memcpy(cfg.mac, "\2\0\0\0\0\2", 6);
	for (mode = 0; mode < FWD_MODES; mode++) {
		cfg.mode = (enum fwd_mode)mode;
		evil_lab(&d, &s, &cfg);
		evil_grant(&d, d.end[VICTIM].peer[EVIL], "02:00:00:00:00:00/24",
		    "10.1.0.0/16", "fd00:1::/32");
		evil_said(&w, IP4, OURS, MINE);
		assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_own);
		evil_said(&w, IP4, MINE, MINE);
		assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_in);
		evil_macs(&w, STATION, OURS);
		wr_be32(&w, 0x81000007);
		wr_be16(&w, 0x88b5);
		assert_int_equal(evil_fate(&d, EVIL, true, &w), CNT_fwd_own);
		duo_fini(&d);
	}
}

/* Nobody's address is nobody's, and no group sends. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_tags),
		cmocka_unit_test(test_theft_in_vlan),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_router_words),
		cmocka_unit_test(test_own_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
