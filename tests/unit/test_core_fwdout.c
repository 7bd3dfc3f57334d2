/* Packets of devices on their way out: too long ones, floods, our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "core/peer_send.h"
#include "core/recursion.h"
#include "core/session.h"
#include "duo.h"
#include "wire/csum.h"
#include "wire/ip.h"

#define SEC ((uint64_t)MONO_SEC)
#define GOT_MAX 512
#define PACKET 9000

/* What the device of one end was handed, packet by packet. */
struct got {
	unsigned n;
	struct {
		uint8_t p[PACKET];
		size_t len;
		uint32_t flags;
	} pk[GOT_MAX];
};

struct lab {
	struct duo d;
	struct got got[DUO_MAX];

	/* Datagrams of end 0 that are seen on the line, before they go. */
	uint8_t outer[2048];
	size_t outer_len;
};

static struct lab lab;

static const struct fwd_config hub = { .mode = FWD_HUB, .flood_rate = 1000 };
static const struct fwd_config tap = { .ethernet = true,
	.mode = FWD_SWITCH,
	.age_ms = 300000,
	.per_peer = 4,
	.flood_rate = 1000 };

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	struct got *g = &lab.got[e->nr];
	unsigned i;

	assert_int_equal(no, 0);
	for (i = 0; i < run->n; i++, g->n++) {
		assert_in_range(g->n, 0, GOT_MAX - 1);
		assert_in_range(run->pkt[i].len, 1, PACKET);
		memcpy(g->pk[g->n].p, run->pkt[i].p, run->pkt[i].len);
		g->pk[g->n].len = run->pkt[i].len;
		g->pk[g->n].flags = run->pkt[i].flags;
	}
}

static void
forget(void)
{
	memset(lab.got, 0, sizeof(lab.got));
}

struct setup {
	unsigned ends; /* the first is the peer of each other, 0: two */
	uint16_t mtu;
	uint32_t lacks;	 /* capabilities that end 1 has not */
	const char *ip0; /* addresses of ends 0 and 1 on the line */
	const char *ip1;
};

static void
start_end(unsigned nr, const struct setup *su, const struct fwd_config *cfg)
{
	struct duo_options opt = { .mtu = su->mtu };
	struct duo *d = &lab.d;
	struct turn t;

	duo_start(d, nr, &opt);
	if (nr == 1)
		d->end[nr].core.caps &= ~su->lacks;
	if (nr == 0 && su->ip0 != NULL)
		d->end[nr].addr = d->end[nr].face = duo_addr(su->ip0);
	if (nr == 1 && su->ip1 != NULL)
		d->end[nr].addr = d->end[nr].face = duo_addr(su->ip1);
	t = duo_turn(d, nr);
	assert_int_equal(core_port_add(&d->end[nr].core, cfg, &t), 0);
	duo_done(d);
}

static void
open_lab(const struct setup *su, const struct fwd_config *cfg)
{
	unsigned i, n = su->ends != 0 ? su->ends : 2;
	struct duo *d = &lab.d;

	memset(&lab, 0, sizeof(lab));
	duo_init(d, 21);
	d->deliver = on_deliver;
	for (i = 0; i < n; i++)
		start_end(i, su, cfg);
	for (i = 1; i < n; i++) {
		duo_peer(d, 0, i, true);
		duo_peer(d, i, 0, true);
	}
	for (i = 1; i < n; i++) {
		assert_true(duo_wait_up(d, 0, i, 10 * SEC));
		assert_true(duo_wait_up(d, i, 0, 10 * SEC));
	}
	duo_run(d, SEC);
}

static void
input(unsigned nr, struct run *run, struct arena *mem)
{
	struct turn t = duo_turn(&lab.d, nr);

	if (mem != NULL)
		t.mem = mem;
	core_port_input(&lab.d.end[nr].core, 0, run, &t);
	duo_done(&lab.d);
}

/* A copy of p in a run of the turn that is to come. */
static struct pkt *
add(struct run *run, const void *p, size_t len)
{
	struct pkt *pk = run_add(run, len, &lab.d.mem);

	assert_non_null(pk);
	memcpy(pk->p, p, len);
	return pk;
}

static void
put(unsigned nr, const void *p, size_t len)
{
	struct run run = { .n = 0 };

	add(&run, p, len);
	input(nr, &run, NULL);
	duo_run(&lab.d, SEC / 10);
}

/* An IPv4 packet of len bytes; what is behind the header is fill. */
static void
ip4(uint8_t *p, size_t len, uint8_t proto, uint8_t from, const char *to,
    uint16_t off, uint8_t fill)
{
	struct wr w = wr_of(p, len);
	struct prefix a;

	assert_null(prefix_parse(to, &a));
	memset(p, fill, len);
	wr_be16(&w, 0x4500);
	wr_be16(&w, (uint16_t)len);
	wr_be16(&w, 1);
	wr_be16(&w, off);
	wr_u8(&w, 64);
	wr_u8(&w, proto);
	wr_be16(&w, 0);
	wr_bytes(&w, "\12\1\0", 3);
	wr_u8(&w, from);
	wr_bytes(&w, a.a, 4);
}

#define DF 0x4000
#define THERE "10.2.0.1"

/* Small ones, and ones that need fragments, in any order and bunching. */
static void
send_mixed(unsigned most, struct got *ret)
{
	static const struct setup su = { .mtu = 700 };
	struct run run = { .n = 0 };
	uint8_t p[3000];
	unsigned i;

	open_lab(&su, &hub);
	for (i = 0; i < 200; i++) {
		size_t len = i % 3 == 0 ? 100 + i : i % 7 == 0 ? 2500 : 700;

		if (i % 11 == 0)
			len = 710 + i;
		ip4(p, len, IP_UDP, 1, THERE, 0, (uint8_t)i);
		add(&run, p, len);
		if (run.n == most || i == 199) {
			input(0, &run, NULL);
			run.n = 0;
		}
	}
	duo_run(&lab.d, SEC);
	*ret = lab.got[1];
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_out), 200);
	assert_true(duo_cnt(&lab.d, 0, CNT_fwd_frag) > 20);
	duo_fini(&lab.d);
}

static void
long_ones_stay_in_their_place(void **state)
{
	static struct got one, many;
	unsigned i;

	(void)state;
	send_mixed(1, &one);
	send_mixed(RUN_MAX, &many);
	assert_int_equal(one.n, 200);
	assert_int_equal(many.n, 200);
	for (i = 0; i < 200; i++) {
		assert_int_equal(one.pk[i].p[40], i);
		assert_int_equal(many.pk[i].len, one.pk[i].len);
		assert_memory_equal(many.pk[i].p, one.pk[i].p, one.pk[i].len);
	}
}

/* Nobody may be told of these that they are too long: they go in parts. */
static void
what_gets_no_answer_is_cut(void **state)
{
	static const struct setup su = { .mtu = 700 };
	uint8_t p[1400];

	(void)state;
	open_lab(&su, &hub);
	ip4(p, 1400, IP_UDP, 1, "224.0.0.251", DF, 7); /* to a group */
	put(0, p, 1400);
	ip4(p, 1400, IP_UDP, 1, "255.255.255.255", DF, 7);
	put(0, p, 1400);
	ip4(p, 1400, IP_ICMP, 1, THERE, DF, 3); /* an error */
	put(0, p, 1400);
	ip4(p, 1400, IP_UDP, 1, THERE, DF | 100, 7); /* a later fragment */
	put(0, p, 1400);
	assert_int_equal(lab.got[1].n, 4);
	assert_memory_equal(lab.got[1].pk[3].p, p, 1400);
	assert_int_equal(lab.got[0].n, 0);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_frag), 4);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_too_big), 0);

	ip4(p, 1400, IP_UDP, 1, THERE, DF, 7);
	put(0, p, 1400);
	assert_int_equal(lab.got[1].n, 4);
	assert_int_equal(lab.got[0].n, 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_too_big), 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_out), 4);
	duo_fini(&lab.d);
}

/* Who sends thousands gets few answers, and takes none of another's. */
static void
answers_are_counted_by_sender(void **state)
{
	static const struct setup su = { .mtu = 700 };
	struct run run = { .n = 0 };
	uint8_t p[1400];
	unsigned i;

	(void)state;
	open_lab(&su, &hub);
	ip4(p, 1400, IP_UDP, 1, THERE, DF, 7);
	for (i = 0; i < 400; i++) {
		add(&run, p, 1400);
		if (run.n == 40) {
			input(0, &run, NULL);
			run.n = 0;
		}
	}
	assert_int_equal(lab.got[0].n, 100);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_too_big), 100);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_too_big_rate), 300);
	ip4(p, 1400, IP_UDP, 2, THERE, DF, 7);
	put(0, p, 1400);
	assert_int_equal(lab.got[0].n, 101);
	duo_fini(&lab.d);
}

/* No room for the answer: the packet is dropped, and that is counted. */
static void
an_answer_without_room(void **state)
{
	static const struct setup su = { .mtu = 700 };
	struct run run = { .n = 0 };
	struct arena small;
	uint8_t p[1400];

	(void)state;
	open_lab(&su, &hub);
	arena_init(&small, 100);
	ip4(p, 1400, IP_UDP, 1, THERE, DF, 7);
	add(&run, p, 1400);
	input(0, &run, &small);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_arena_full), 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_too_big), 0);
	assert_int_equal(lab.got[0].n, 0);
	arena_fini(&small);
	duo_fini(&lab.d);
}

static void
peers_that_take_no_parts(void **state)
{
	static const struct setup su = { .mtu = 700, .lacks = CAP_FRAG };
	uint8_t p[1400];

	(void)state;
	open_lab(&su, &hub);
	ip4(p, 1400, IP_UDP, 1, THERE, 0, 7);
	put(0, p, 1400);
	ip4(p, 1400, IP_UDP, 1, "224.0.0.251", DF, 7);
	put(0, p, 1400);
	assert_int_equal(lab.got[1].n, 0);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_no_room), 2);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_out), 0);
	ip4(p, 700, IP_UDP, 1, THERE, 0, 7);
	put(0, p, 700);
	assert_int_equal(lab.got[1].n, 1);
	duo_fini(&lab.d);
}

/* A UDP packet of 60 bytes with a sum of the pseudo-header alone, or none. */
static void
udp_partial(uint8_t p[60])
{
	uint32_t sum;

	ip4(p, 60, IP_UDP, 1, THERE, 0, 0x5a);
	memcpy(p + 20, "\1\0\2\0\0\50\0\0", 8);
	sum = csum_add(IP_UDP + 40, p + 12, 8);
	sum = csum_fold(sum);
	p[26] = (uint8_t)(sum >> 8);
	p[27] = (uint8_t)sum;
}

static bool
udp_sum_is_right(const uint8_t *p)
{
	return csum_fold(csum_add(
		   csum_add(IP_UDP + 40, p + 12, 8), p + 20, 40)) == 0xffff;
}

/* Of two peers the one that cannot finish a checksum gets it finished. */
static void
peers_that_finish_no_checksum(void **state)
{
	static const struct setup su = { .ends = 3, .lacks = CAP_CSUM };
	struct run run = { .n = 0 };
	uint8_t p[60];

	(void)state;
	open_lab(&su, &hub);
	udp_partial(p);
	assert_false(udp_sum_is_right(p));
	add(&run, p, 60)->flags = PKT_CSUM;
	input(0, &run, NULL);
	duo_run(&lab.d, SEC);
	assert_int_equal(lab.got[1].n, 1);
	assert_int_equal(lab.got[2].n, 1);
	assert_int_equal(lab.got[1].pk[0].flags, 0);
	assert_true(udp_sum_is_right(lab.got[1].pk[0].p));
	assert_int_equal(lab.got[2].pk[0].flags, PKT_CSUM);
	assert_memory_equal(lab.got[2].pk[0].p, p, 60);
	duo_fini(&lab.d);
}

/* A TCP SYN with an MSS of 1460 and no checksum that anybody looks at. */
static void
syn(uint8_t p[44], const char *to)
{
	ip4(p, 44, IP_TCP, 1, to, DF, 0);
	memcpy(p + 32, "\140\2", 2);
	memcpy(p + 40, "\2\4\5\264", 4);
}

static unsigned
mss_of(const uint8_t *p)
{
	return (unsigned)p[42] << 8 | p[43];
}

/* Segments of both directions have to fit the path. */
static void
mss_both_ways(void **state)
{
	static const struct setup su = { .mtu = 1000 };
	struct fwd_config clamp = hub;
	uint8_t p[44];
	struct turn t;

	(void)state;
	open_lab(&su, &hub);
	core_port_del(&lab.d.end[0].core, 0);
	clamp.clamp_mss = true;
	t = duo_turn(&lab.d, 0);
	assert_int_equal(core_port_add(&lab.d.end[0].core, &clamp, &t), 0);
	syn(p, THERE);
	put(0, p, 44);
	assert_int_equal(lab.got[1].n, 1);
	assert_int_equal(mss_of(lab.got[1].pk[0].p), 1000 - 40);
	put(1, p, 44);
	assert_int_equal(lab.got[0].n, 1);
	assert_int_equal(mss_of(lab.got[0].pk[0].p), 1000 - 40);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_mss), 2);
	duo_fini(&lab.d);
}

static void
frame(uint8_t p[64], uint8_t to, uint8_t from)
{
	struct wr w = wr_of(p, 64);

	wr_bytes(&w, "\2\0\0\0\0", 5);
	wr_u8(&w, to);
	wr_bytes(&w, "\2\0\0\0\0", 5);
	wr_u8(&w, from);
	wr_be16(&w, 0x88b5);
	wr_zeros(&w, 64 - w.len);
}

/* What goes from one place behind the device to another stays there. */
static void
what_is_local(void **state)
{
	static const struct setup su = { 0 };
	struct fwd_config router = { .mode = FWD_ROUTER };
	struct prefix own;
	uint8_t p[64];
	uint32_t who;
	size_t bad;

	(void)state;
	open_lab(&su, &tap);
	frame(p, 9, 1); /* here is station 1 */
	put(0, p, 64);
	assert_int_equal(lab.got[1].n, 1);
	frame(p, 1, 2);
	put(0, p, 64);
	assert_int_equal(lab.got[1].n, 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_local), 1);
	duo_fini(&lab.d);

	open_lab(&su, &router);
	assert_null(prefix_parse("10.1.0.0/16", &own));
	assert_true(core_own_prefixes(&lab.d.end[0].core, &own, 1, &bad, &who));
	ip4(p, 64, IP_UDP, 1, "10.1.0.2", 0, 0);
	put(0, p, 64);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_local), 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_out), 0);
	duo_fini(&lab.d);
}

static void
nobody_to_send_to(void **state)
{
	uint8_t p[64];

	(void)state;
	memset(&lab, 0, sizeof(lab));
	duo_init(&lab.d, 3);
	start_end(0, &(struct setup){ 0 }, &hub);
	ip4(p, 64, IP_UDP, 1, THERE, 0, 0);
	put(0, p, 64);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_no_peer), 1);
	duo_fini(&lab.d);
}

/* Thirty packets for all, in an arena that is half full with them. */
static void
flood(struct arena *small)
{
	struct run run = { .n = 0 };
	uint8_t p[1000];

	ip4(p, 1000, IP_UDP, 1, THERE, 0, 0);
	while (run.n < 30) {
		struct pkt *pk = run_add(&run, 1000, small);

		assert_non_null(pk);
		memcpy(pk->p, p, 1000);
	}
	input(0, &run, small);
	arena_reset(small);
	duo_run(&lab.d, SEC / 10);
}

/*
 * Copies take no more than their share of the turn's memory, and it is not
 * always the same peer that goes without.
 */
static void
floods_take_turns(void **state)
{
	static const struct setup su = { .ends = 3 };
	struct arena small;
	unsigned i;

	(void)state;
	open_lab(&su, &hub);
	arena_init(&small, 64000);
	for (i = 1; i <= 6; i++) {
		flood(&small);
		assert_int_equal(lab.got[1].n + lab.got[2].n, 30 * i);
		assert_int_equal(duo_cnt(&lab.d, 0, CNT_arena_full), 30 * i);
	}
	assert_int_equal(lab.got[1].n, 90);
	assert_int_equal(lab.got[2].n, 90);
	arena_fini(&small);

	forget();
	arena_init(&small, 200000); /* room for all */
	flood(&small);
	assert_int_equal(lab.got[1].n, 30);
	assert_int_equal(lab.got[2].n, 30);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_arena_full), 180);
	arena_fini(&small);
	duo_fini(&lab.d);
}

/* A session that ends between two passes of the loop. */
static void
the_end_of_a_session_is_counted(void **state)
{
	static const struct setup su = { 0 };
	struct peer *p;
	struct turn t;

	(void)state;
	open_lab(&su, &hub);
	p = lab.d.end[0].peer[1];
	p->slot[SLOT_CUR]->end = lab.d.now;
	t = duo_turn(&lab.d, 0);
	peer_send_probe(&lab.d.end[0].core, p, &t);
	duo_done(&lab.d);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_seal_ended), 1);
	duo_fini(&lab.d);
}

/* Full frames of a TAP of 1400 fit an IPv6 line of 1500 as they are. */
static void
full_frames_on_ipv6(void **state)
{
	static const struct setup su = {
		.mtu = 1418, .ip0 = "fd00::1", .ip1 = "fd00::2"
	};
	uint8_t p[1414] = { 0 };
	uint64_t before;
	unsigned i;

	(void)state;
	open_lab(&su, &tap);
	frame(p, 9, 1);
	lab.d.dir[0][1].longest = 1500 - 40 - 8;
	for (i = 0; i < 40; i++)
		put(0, p, sizeof(p));
	before = duo_cnt(&lab.d, 0, CNT_fwd_frag);
	forget();
	for (i = 0; i < 20; i++)
		put(0, p, sizeof(p));
	assert_int_equal(lab.got[1].n, 20);
	assert_int_equal(lab.got[1].pk[19].len, sizeof(p));
	assert_true(duo_cnt(&lab.d, 0, CNT_fwd_frag) == before);
	duo_fini(&lab.d);
}

/* Probes by the dozen wait for each other: no measure of a round trip. */
static void
a_ladder_is_no_round_trip(void **state)
{
	static const struct setup su = { 0 };
	const struct peer *p;
	uint8_t big[1400];
	uint64_t probes;
	unsigned i;

	(void)state;
	open_lab(&su, &hub);
	p = lab.d.end[0].peer[1];
	ip4(big, 1400, IP_UDP, 1, THERE, DF, 7);
	put(0, big, 1400);
	duo_run(&lab.d, 2 * SEC);
	assert_in_range(p->rtt_us, 19000, 21000);
	lab.d.dir[0][1].longest = 1200; /* and it queues what comes */
	lab.d.dir[1][0].delay_us = 80 * MONO_MS;
	probes = duo_cnt(&lab.d, 0, CNT_mtu_probe);
	put(0, big, 1400);
	for (i = 0; i < 50 && duo_cnt(&lab.d, 0, CNT_mtu_down) == 0; i++)
		duo_run(&lab.d, SEC / 20);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_mtu_down), 1);
	assert_true(duo_cnt(&lab.d, 0, CNT_mtu_probe) > probes + 20);
	assert_in_range(p->rtt_us, 19000, 21000);
	duo_fini(&lab.d);
}

/* Little traffic pays for few probes, a lot for one each 300 ms. */
static void
probes_are_a_share(void **state)
{
	static const struct setup su = { 0 };
	uint64_t few, many;
	struct run run = { .n = 0 };
	uint8_t big[1400];
	unsigned i, k;

	(void)state;
	open_lab(&su, &hub);
	ip4(big, 1400, IP_UDP, 1, THERE, DF, 7);
	for (i = 0; i < 100; i++)
		put(0, big, 1400);
	few = duo_cnt(&lab.d, 0, CNT_mtu_probe);
	assert_in_range(few, 6, 11);
	for (i = 0; i < 100; i++) {
		for (run.n = 0, k = 0; k < 20; k++)
			add(&run, big, 1400);
		forget();
		input(0, &run, NULL);
		duo_run(&lab.d, SEC / 10);
	}
	many = duo_cnt(&lab.d, 0, CNT_mtu_probe) - few;
	assert_in_range(many, 20, 34);
	duo_fini(&lab.d);
}

/* Keeps what end 0 sends of data. */
static bool
keep_outer(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	(void)d, (void)to;
	if (from->nr == 0 && len <= sizeof(lab.outer)) {
		memcpy(lab.outer, p, len);
		lab.outer_len = len;
	}
	return true;
}

/* As the kernel of end 0 would hand a datagram to the device. */
static size_t
as_packet(uint8_t *out, bool v6, const struct addr *to, const uint8_t *msg,
    size_t len)
{
	struct wr w = wr_of(out, 2048);

	if (v6) {
		wr_be32(&w, 6u << 28);
		wr_be16(&w, (uint16_t)(8 + len));
		wr_be16(&w, IP_UDP << 8 | 64);
		wr_bytes(&w, "\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		wr_bytes(&w, to->ip, 16);
	} else {
		wr_be32(&w, 0x45000000 | (uint32_t)(28 + len));
		wr_be32(&w, 0x00014000);
		wr_be32(&w, 64u << 24 | IP_UDP << 16);
		wr_be32(&w, 0x0a000101);
		wr_bytes(&w, to->ip + 12, 4);
	}
	wr_be16(&w, DUO_PORT);
	wr_be16(&w, to->port);
	wr_be16(&w, (uint16_t)(8 + len));
	wr_be16(&w, 0);
	wr_bytes(&w, msg, len);
	return w.len;
}

/* One of ours, as it left: dropped, or carried when it is not ours. */
static void
comes_back(bool ethernet, bool v6, const struct addr *to, bool ours)
{
	uint8_t p[2048] = "\2\0\0\0\0\2\2\0\0\0\0\1";
	uint64_t was = duo_cnt(&lab.d, 0, CNT_fwd_recursion);
	size_t head = ethernet ? 14 : 0, len;
	unsigned got = lab.got[1].n;

	p[12] = v6 ? 0x86 : 8;
	p[13] = v6 ? 0xdd : 0;
	len = as_packet(p + head, v6, to, lab.outer, lab.outer_len);
	put(0, p, head + len);
	assert_true(duo_cnt(&lab.d, 0, CNT_fwd_recursion) == was + ours);
	assert_int_equal(lab.got[1].n, got + !ours);
}

static void
recursion_on(const struct setup *su, const struct fwd_config *cfg)
{
	struct addr to, other;
	bool v6 = su->ip1 != NULL;
	uint8_t p[64];

	open_lab(su, cfg);
	lab.d.tap = keep_outer;
	to = other = lab.d.end[1].face;
	frame(p, 9, 1);
	if (!cfg->ethernet)
		ip4(p, 64, IP_UDP, 1, THERE, 0, 0);
	put(0, p, 64);
	assert_int_equal(lab.got[1].n, 1);
	assert_int_equal(lab.outer[0], MSG_DATA);
	lab.d.tap = NULL;
	comes_back(cfg->ethernet, v6, &to, true);
	other.port++; /* another service of that host */
	comes_back(cfg->ethernet, v6, &other, false);
	other = to;
	other.ip[15] ^= 8;
	comes_back(cfg->ethernet, v6, &other, false);
	assert_int_equal(lab.d.end[0].recursions, 1);
	comes_back(cfg->ethernet, v6, &to, true);
	assert_int_equal(lab.d.end[0].recursions, 1); /* told once */
	duo_run(&lab.d, (RECURSION_TOLD_S / 2) * SEC);
	lab.d.tap = keep_outer;
	put(0, p, 64);
	lab.d.tap = NULL;
	comes_back(cfg->ethernet, v6, &to, true); /* it lasts */
	duo_run(&lab.d, (RECURSION_TOLD_S / 2 + 1) * SEC);
	comes_back(cfg->ethernet, v6, &to, false); /* by then not ours */
	lab.d.tap = keep_outer;
	put(0, p, 64);
	lab.d.tap = NULL;
	comes_back(cfg->ethernet, v6, &to, true);
	assert_int_equal(lab.d.end[0].recursions, 2);
	lab.outer[4] ^= 1; /* somebody else's, to the same place */
	comes_back(cfg->ethernet, v6, &to, false);
	duo_fini(&lab.d);
}

static void
what_comes_back_is_dropped(void **state)
{
	static const struct setup v4 = { 0 };
	static const struct setup v6 = { .ip0 = "fd00::1", .ip1 = "fd00::2" };

	(void)state;
	recursion_on(&v4, &hub);
	recursion_on(&v6, &hub);
	recursion_on(&v4, &tap);
	recursion_on(&v6, &tap);
}

/* When the tunnel is dead its handshakes come back. */
static void
handshakes_come_back(void **state)
{
	static const struct setup su = { 0 };
	uint8_t p[2048];
	struct addr to;
	unsigned i;

	(void)state;
	open_lab(&su, &hub);
	to = lab.d.end[1].face;
	lab.d.dir[0][1].cut = lab.d.dir[1][0].cut = true;
	lab.d.tap = keep_outer;
	duo_run(&lab.d, 100 * SEC);
	for (i = 0; i < 10000 && lab.outer[0] != MSG_INIT; i++)
		duo_run(&lab.d, SEC / 100);
	assert_int_equal(lab.outer[0], MSG_INIT);
	comes_back(false, false, &to, true);
	lab.d.tap = NULL;
	lab.outer[4] ^= 1; /* another node's initiation */
	put(0, p, as_packet(p, false, &to, lab.outer, lab.outer_len));
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_recursion), 1);
	assert_int_equal(duo_cnt(&lab.d, 0, CNT_fwd_no_peer), 1);
	duo_fini(&lab.d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_ones_stay_in_their_place),
		cmocka_unit_test(what_gets_no_answer_is_cut),
		cmocka_unit_test(answers_are_counted_by_sender),
		cmocka_unit_test(an_answer_without_room),
		cmocka_unit_test(peers_that_take_no_parts),
		cmocka_unit_test(peers_that_finish_no_checksum),
		cmocka_unit_test(mss_both_ways),
		cmocka_unit_test(what_is_local),
		cmocka_unit_test(nobody_to_send_to),
		cmocka_unit_test(floods_take_turns),
		cmocka_unit_test(the_end_of_a_session_is_counted),
		cmocka_unit_test(full_frames_on_ipv6),
		cmocka_unit_test(a_ladder_is_no_round_trip),
		cmocka_unit_test(probes_are_a_share),
		cmocka_unit_test(what_comes_back_is_dropped),
		cmocka_unit_test(handshakes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
