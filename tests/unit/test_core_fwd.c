/* Devices on real cores: who gets a packet, who may send one, how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "duo.h"
#include "wire/gso.h"
#include "wire/ip.h"

#define SEC ((uint64_t)MONO_SEC)
#define PORT_OF(d, nr) ((d)->end[nr].core.port[0])

/* What the devices of the three ends were handed. */
struct seen {
	unsigned n[DUO_MAX];
	struct {
		uint8_t p[10000];
		size_t len;
		uint32_t flags;
	} last[DUO_MAX];
};

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	struct seen *s = e->d->deliver_arg;
	unsigned i;

	(void)no;
	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		s->n[e->nr]++;
		assert_in_range(pk->len, 1, sizeof(s->last[0].p));
		memcpy(s->last[e->nr].p, pk->p, pk->len);
		s->last[e->nr].len = pk->len;
		s->last[e->nr].flags = pk->flags;
	}
}

static void
add_port(struct duo *d, unsigned nr, const struct fwd_config *cfg)
{
	struct turn t = duo_turn(d, nr);

	assert_int_equal(core_port_add(&d->end[nr].core, cfg, &t), 0);
}

/* Three ends, each the peer of each, all with such a device. */
static void
trio(struct duo *d, struct seen *s, const struct fwd_config *cfg)
{
	static const struct duo_options opt = { .mtu = 1418 };
	unsigned a, b;

	duo_init(d, 7);
	memset(s, 0, sizeof(*s));
	d->deliver = on_deliver;
	d->deliver_arg = s;
	for (a = 0; a < DUO_MAX; a++) {
		duo_start(d, a, &opt);
		add_port(d, a, cfg);
	}
	for (a = 0; a < DUO_MAX; a++)
		for (b = 0; b < DUO_MAX; b++)
			if (a != b)
				duo_peer(d, a, b, true);
	for (a = 0; a < DUO_MAX; a++)
		for (b = 0; b < DUO_MAX; b++)
			if (a != b)
				assert_true(duo_wait_up(d, a, b, 10 * SEC));
	duo_run(d, SEC);
}

static void
put(struct duo *d, unsigned nr, const void *p, size_t len, unsigned n)
{
	struct turn t = duo_turn(d, nr);
	struct run run = { .n = 0 };

	while (run.n < n) {
		struct pkt *pk = run_add(&run, len, &d->mem);

		assert_non_null(pk);
		memcpy(pk->p, p, len);
	}
	core_port_input(&d->end[nr].core, 0, &run, &t);
	duo_done(d);
	duo_run(d, SEC / 2);
}

/* An Ethernet frame from station `from` to station `to`; 255: broadcast. */
static size_t
frame(uint8_t out[64], uint8_t to, uint8_t from, uint16_t vlan)
{
	struct wr w = wr_of(out, 64);
	const uint8_t bcast[6] = { 255, 255, 255, 255, 255, 255 };
	const uint8_t dst[6] = { 2, 0, 0, 0, 0, to },
		      src[6] = { 2, 0, 0, 0, 0, from };

	wr_bytes(&w, to == 255 ? bcast : dst, 6);
	wr_bytes(&w, src, 6);
	if (vlan != 0) {
		wr_be16(&w, 0x8100);
		wr_be16(&w, vlan);
	}
	wr_be16(&w, 0x88b5); /* local experimental */
	wr_zeros(&w, 64 - w.len);
	return 64;
}

static void
say(struct duo *d, unsigned nr, uint8_t to, uint8_t from, uint16_t vlan)
{
	uint8_t f[64];

	put(d, nr, f, frame(f, to, from, vlan), 1);
}

/* An IPv4 UDP packet of len bytes. */
static size_t
packet(uint8_t *out, size_t len, const char *from, const char *to, bool df)
{
	struct wr w = wr_of(out, len);
	struct prefix a, b;

	assert_null(prefix_parse(from, &a));
	assert_null(prefix_parse(to, &b));
	memset(out, 0, len);
	wr_be16(&w, 0x4500);
	wr_be16(&w, (uint16_t)len);
	wr_be16(&w, 1);
	wr_be16(&w, df ? 0x4000 : 0);
	wr_be16(&w, 64 << 8 | IP_UDP);
	wr_be16(&w, 0);
	wr_bytes(&w, a.a, 4);
	wr_bytes(&w, b.a, 4);
	return len;
}

static const struct fwd_config tap = { .ethernet = true,
	.mode = FWD_SWITCH,
	.age_ms = 300000,
	.per_peer = 4,
	.flood_rate = 1000 };
static const struct fwd_config tun = { .mode = FWD_ROUTER, .flood_rate = 1000 };

static void
test_switch(void **state)
{
	struct duo d;
	struct seen s;

	(void)state;
	trio(&d, &s, &tap);
	say(&d, 0, 2, 1, 0); /* nobody knows station 2: all get it */
	assert_int_equal(s.n[1], 1);
	assert_int_equal(s.n[2], 1);
	say(&d, 1, 1, 2, 0); /* where station 1 is, all have seen */
	assert_int_equal(s.n[0], 1);
	assert_int_equal(s.n[2], 1);
	say(&d, 0, 2, 1, 0); /* and now that of 2 */
	assert_int_equal(s.n[1], 2);
	assert_int_equal(s.n[2], 1);
	say(&d, 0, 2, 1, 5); /* in a VLAN it is another station */
	assert_int_equal(s.n[2], 2);
	say(&d, 0, 255, 1, 0);
	assert_int_equal(s.n[1], 4);
	assert_int_equal(s.n[2], 3);
	assert_int_equal(s.n[0], 1); /* nothing ever came back */
	duo_fini(&d);
}

/* An address sticks to the first that used it, and a peer has few. */
static void
test_theft(void **state)
{
	struct duo d;
	struct seen s;
	uint8_t i;

	(void)state;
	trio(&d, &s, &tap);
	say(&d, 0, 255, 1, 0);
	assert_int_equal(s.n[1], 1);
	for (i = 0; i < 10; i++)
		say(&d, 2, 255, 1, 0); /* says it were station 1 */
	assert_int_equal(s.n[1], 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_fwd_spoof), 10);
	for (i = 10; i < 20; i++)
		say(&d, 2, 255, i, 0);
	assert_int_equal(s.n[1], 1 + 4);
	assert_int_equal(duo_cnt(&d, 1, CNT_fwd_room), 6);
	duo_fini(&d);
}

static void
test_hub(void **state)
{
	struct fwd_config hub = tap;
	struct duo d;
	struct seen s;

	(void)state;
	hub.mode = FWD_HUB;
	trio(&d, &s, &hub);
	say(&d, 1, 1, 2, 0);
	say(&d, 0, 2, 1, 0);
	say(&d, 0, 2, 1, 0);
	assert_int_equal(s.n[1], 2);
	assert_int_equal(s.n[2], 3);
	duo_fini(&d);
}

static void
grant(struct duo *d, unsigned a, unsigned b, const char *text)
{
	struct core *c = &d->end[a].core;
	struct prefix p;
	size_t bad;
	uint32_t who;

	assert_null(prefix_parse(text, &p));
	if (a == b)
		assert_true(core_own_prefixes(c, &p, 1, &bad, &who));
	else
		assert_true(core_peer_prefixes(
		    c, d->end[a].peer[b], &p, 1, &bad, &who));
}

static void
test_router(void **state)
{
	struct duo d;
	struct seen s;
	uint8_t p[100];

	(void)state;
	trio(&d, &s, &tun);
	grant(&d, 0, 1, "10.0.0.0/8");
	grant(&d, 0, 2, "10.3.0.0/16");
	grant(&d, 1, 0, "10.1.0.0/16");
	grant(&d, 1, 1, "10.2.0.0/16");
	grant(&d, 2, 0, "10.1.0.0/16");
	put(&d, 0, p, packet(p, 100, "10.1.0.1", "10.2.0.1", true), 1);
	assert_int_equal(s.n[1], 1);
	put(&d, 0, p, packet(p, 100, "10.1.0.1", "10.3.0.1", true), 1);
	assert_int_equal(s.n[2], 1);
	put(&d, 0, p, packet(p, 100, "10.1.0.1", "11.0.0.1", true), 1);
	assert_int_equal(duo_cnt(&d, 0, CNT_fwd_no_route), 1);
	/* not granted, and ours */
	put(&d, 0, p, packet(p, 100, "10.9.0.1", "10.2.0.1", true), 1);
	put(&d, 0, p, packet(p, 100, "10.2.0.9", "10.2.0.1", true), 1);
	assert_int_equal(s.n[1], 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_fwd_spoof), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_fwd_own), 1);
	duo_fini(&d);
}

/* A frame of ARP, which says who asks, or of no network (net NULL). */
static size_t
frame_of(uint8_t out[64], uint8_t from, const char *net)
{
	size_t len = frame(out, 9, from, 0);
	struct wr w = wr_of(out + 12, 52);
	struct prefix a;

	if (net == NULL)
		return len;
	assert_null(prefix_parse(net, &a));
	wr_be16(&w, 0x0806);
	wr_bytes(&w, "\0\1\10\0\6\4\0\1", 8);
	wr_bytes(&w, out + 6, 6);
	wr_bytes(&w, a.a, 4);
	return len;
}

static void
grant_both(struct duo *d, struct peer *to, const char *mac, const char *net)
{
	struct core *c = &d->end[1].core;
	struct prefix p[2];
	size_t bad;
	uint32_t who;

	assert_null(prefix_parse(mac, &p[0]));
	assert_null(prefix_parse(net, &p[1]));
	assert_true(to == NULL ? core_own_prefixes(c, p, 2, &bad, &who)
			       : core_peer_prefixes(c, to, p, 2, &bad, &who));
}

/* A MAC address of one's own does not make room for the network of another. */
static void
test_router_layers(void **state)
{
	enum { MINE, OTHERS, OURS, NOBODYS, NONE };
	static const uint8_t macs[] = { 1, 3, 2, 7 };
	static const char *const nets[] = { "10.1.0.1", "10.3.0.1", "10.2.0.1",
		"10.7.0.1", NULL };
	struct fwd_config router = tap;
	unsigned mac, net, good = 0, spoof = 0, own = 0;
	uint8_t f[64];
	struct duo d;
	struct seen s;

	(void)state;
	router.mode = FWD_ROUTER;
	trio(&d, &s, &router);
	grant_both(&d, d.end[1].peer[0], "02:00:00:00:00:01", "10.1.0.0/16");
	grant_both(&d, d.end[1].peer[2], "02:00:00:00:00:03", "10.3.0.0/16");
	grant_both(&d, NULL, "02:00:00:00:00:02", "10.2.0.0/16");
	grant(&d, 0, 1, "02:00:00:00:00:09");
	for (mac = MINE; mac <= NOBODYS; mac++)
		for (net = MINE; net <= NONE; net++) {
			bool mine = mac == MINE || net == MINE;

			put(&d, 0, f, frame_of(f, macs[mac], nets[net]), 1);
			if (mac == OURS || net == OURS)
				own++;
			else if (mac == OTHERS || net == OTHERS || !mine)
				spoof++;
			else
				good++;
			assert_int_equal(s.n[1], good);
			assert_int_equal(duo_cnt(&d, 1, CNT_fwd_own), own);
			assert_int_equal(duo_cnt(&d, 1, CNT_fwd_spoof), spoof);
		}
	assert_int_equal(good, 4);
	duo_fini(&d);
}

static void
test_two_claims(void **state)
{
	struct duo d;
	struct seen s;
	struct prefix p;
	size_t bad = 9;
	uint32_t who = 0;

	(void)state;
	trio(&d, &s, &tun);
	grant(&d, 0, 1, "10.2.0.0/16");
	assert_null(prefix_parse("10.2.0.0/16", &p));
	assert_false(core_peer_prefixes(
	    &d.end[0].core, d.end[0].peer[2], &p, 1, &bad, &who));
	assert_int_equal(bad, 0);
	assert_int_equal(who, d.end[0].peer[1]->id);
	duo_fini(&d);
}

/* A path that gets smaller: found within a second, and bigger again later. */
static void
test_path_shrinks(void **state)
{
	struct duo d;
	struct seen s;
	uint8_t p[1400];
	unsigned i, before;

	(void)state;
	trio(&d, &s, &tun);
	grant(&d, 0, 1, "10.2.0.0/16");
	grant(&d, 1, 0, "10.1.0.0/16");
	packet(p, 1400, "10.1.0.1", "10.2.0.1", true);
	for (i = 0; i < 10; i++)
		put(&d, 0, p, 1400, 1);
	assert_int_equal(s.n[1], 10);
	assert_int_equal(duo_cnt(&d, 0, CNT_mtu_down), 0);

	d.dir[0][1].longest = 1280 - 28;
	for (i = 0; i < 4; i++) /* half a second each */
		put(&d, 0, p, 1400, 1);
	assert_true(duo_cnt(&d, 0, CNT_mtu_down) > 0);
	before = s.n[0];
	put(&d, 0, p, 1400, 1);
	assert_int_equal(s.n[0], before + 1); /* "packet too big" */
	assert_int_equal(s.last[0].p[20], 3);
	assert_int_equal(s.last[0].p[21], 4);
	i = (unsigned)s.last[0].p[26] << 8 | s.last[0].p[27];
	assert_in_range(i, 1180, 1216);
	before = s.n[1];
	put(&d, 0, p, packet(p, i, "10.1.0.1", "10.2.0.1", true), 1);
	assert_int_equal(s.n[1], before + 1);
	/* one that may be cut goes in fragments, and comes out whole */
	put(&d, 0, p, packet(p, 1400, "10.1.0.1", "10.2.0.1", false), 1);
	assert_int_equal(s.n[1], before + 2);
	assert_int_equal(s.last[1].len, 1400);
	assert_memory_equal(s.last[1].p, p, 1400);

	d.dir[0][1].longest = 0;
	for (i = 0; i < 80; i++)
		put(&d, 0, p, packet(p, 1400, "10.1.0.1", "10.2.0.1", false),
		    1);
	assert_true(duo_cnt(&d, 0, CNT_mtu_up) > 0);
	before = s.n[1];
	put(&d, 0, p, packet(p, 1400, "10.1.0.1", "10.2.0.1", true), 1);
	assert_int_equal(s.n[1], before + 1);
	duo_fini(&d);
}

/* Loss is no smaller path. */
static void
test_loss_is_no_mtu(void **state)
{
	struct duo d;
	struct seen s;
	uint8_t p[1400];
	unsigned i;

	(void)state;
	trio(&d, &s, &tun);
	grant(&d, 0, 1, "10.2.0.0/16");
	grant(&d, 1, 0, "10.1.0.0/16");
	packet(p, 1400, "10.1.0.1", "10.2.0.1", true);
	d.dir[0][1].loss = d.dir[1][0].loss = 10;
	for (i = 0; i < 600; i++)
		put(&d, 0, p, 1400, 1);
	assert_true(duo_cnt(&d, 0, CNT_mtu_probe) > 300);
	assert_int_equal(duo_cnt(&d, 0, CNT_fwd_too_big), 0);
	duo_fini(&d);
}

/* An Ethernet segment has one MTU: what a path is too small for is cut. */
static void
test_frames_in_parts(void **state)
{
	struct duo d;
	struct seen s;
	uint8_t p[1414] = { 0 };
	unsigned i;

	(void)state;
	trio(&d, &s, &tap);
	(void)frame(p, 255, 1, 0);
	d.dir[0][1].longest = 576 - 28;
	for (i = 0; i < 5; i++)
		put(&d, 0, p, sizeof(p), 1);
	s.n[1] = 0;
	put(&d, 0, p, sizeof(p), 3);
	assert_int_equal(s.n[1], 3);
	assert_int_equal(s.last[1].len, sizeof(p));
	assert_memory_equal(s.last[1].p, p, sizeof(p));
	duo_fini(&d);
}

/* The bytes that a device was handed, one packet behind the other. */
struct stream {
	uint8_t p[2u << 20];
	size_t len;
	unsigned n;
};

static void
on_stream(struct duo_end *e, unsigned no, struct run *run)
{
	struct stream *s = e->d->deliver_arg;
	unsigned i;

	(void)no;
	for (i = 0; e->nr == 1 && i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		assert_in_range(pk->len, 1, sizeof(s->p) - s->len);
		memcpy(s->p + s->len, pk->p, pk->len);
		s->len += pk->len;
		s->n++;
	}
}

/* Loses data datagram number *arg of end 0. */
static bool
lose_one(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	int *left = d->tap_arg;

	(void)to;
	return from->nr != 0 || p[0] != 4 || len < 600 || (*left)-- != 0;
}

#define STREAM 600

/* STREAM packets by runs of at most `most`, datagrams as bunched as they may.
 */
static void
send_stream(struct stream *s, unsigned most, int lost)
{
	static struct stream to;
	struct rng r = { 5 };
	struct duo d;
	struct run run;
	unsigned i;

	memset(&to, 0, sizeof(to));
	duo_init(&d, 11);
	d.batch = most;
	d.deliver = on_stream;
	d.deliver_arg = &to;
	d.tap = lose_one;
	d.tap_arg = &lost;
	for (i = 0; i < 2; i++) {
		duo_start(&d, i, NULL);
		add_port(&d, i, &tun);
	}
	duo_peer(&d, 0, 1, true);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 0, 1, 10 * SEC));
	duo_run(&d, SEC);
	grant(&d, 0, 1, "10.2.0.0/16");
	grant(&d, 1, 0, "10.1.0.0/16");
	for (i = 0; i < STREAM;) {
		struct turn t = duo_turn(&d, 0);
		unsigned n = 1 + (unsigned)rng_below(&r, most);

		for (run.n = 0; run.n < n && i < STREAM; i++) {
			struct pkt *pk = run_add(&run, 700 + i, &d.mem);

			assert_non_null(pk);
			packet(pk->p, pk->len, "10.1.0.1", "10.2.0.1", true);
			memset(pk->p + 20, (int)i, pk->len - 20);
			pk->flags = i % 3 == 0 ? PKT_CSUM : 0;
		}
		core_port_input(&d.end[0].core, 0, &run, &t);
		duo_done(&d);
	}
	duo_run(&d, SEC);
	*s = to;
	duo_fini(&d);
}

/* How packets are bunched changes nothing; a lost datagram is one packet. */
static void
test_runs(void **state)
{
	static struct stream one, many;
	const int lost = 100; /* its place among the datagrams */

	(void)state;
	send_stream(&one, 1, -1);
	send_stream(&many, RUN_MAX, -1);
	assert_int_equal(one.n, STREAM);
	assert_int_equal(many.len, one.len);
	assert_memory_equal(many.p, one.p, one.len);
	send_stream(&many, RUN_MAX, lost);
	assert_int_equal(many.n, STREAM - 1);
	send_stream(&one, 7, lost);
	assert_int_equal(one.n, STREAM - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_theft),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_router_layers),
		cmocka_unit_test(test_two_claims),
		cmocka_unit_test(test_path_shrinks),
		cmocka_unit_test(test_loss_is_no_mtu),
		cmocka_unit_test(test_frames_in_parts),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
