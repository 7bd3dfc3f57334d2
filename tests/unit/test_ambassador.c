/* The ambassador's rules, one by one, in both widths of ntkd's wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/wr.h"
#include "base/xmem.h"
#include "tests/unit/amb_rig.h"

/* --- the radar --- */

static void
radar(struct rig *r)
{
	struct rig_event *e;
	uint64_t start;
	unsigned i;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	amb_peer_rtt(r->amb, 2, 80 * MONO_MS, r->now);
	rig_peer1(r, 2, RIG_PEER_B);
	start = r->now.us;
	for (i = 0; i < 16; i++)
		rig_echo(r, RIG_NTKD, 77, NTK_RESTRICTED);
	/* No round trip known: at once. The other as far away as it is. */
	for (i = 0; i < 16; i++) {
		e = rig_take(r, RIG_UDP, 0);
		assert_int_equal(e->a, RIG_PEER_A);
		assert_int_equal(e->b, RIG_NTKD);
		assert_int_equal(rig_parsed(e).id, 77);
		assert_int_equal(rig_parsed(e).op, NTK_ECHO_REPLY);
		assert_int_equal(rig_parsed(e).flags, NTK_RESTRICTED);
		assert_int_equal(rig_parsed(e).wire, r->wire);
	}
	assert_null(rig_take(r, RIG_UDP, 0));
	rig_pass(r, 79 * MONO_MS);
	assert_null(rig_take(r, RIG_UDP, 0));
	rig_pass(r, MONO_MS);
	for (i = 0; i < 16; i++) {
		e = rig_take(r, RIG_UDP, RIG_PEER_B);
		assert_non_null(e);
		assert_int_equal(e->at.us, start + 80 * MONO_MS);
	}
	assert_null(rig_take(r, RIG_UDP, 0));
}

/* A longer round trip than a round would never be counted. */
static void
radar_far(struct rig *r)
{
	rig_home(r, RIG_NTKD);
	amb_peer_rtt(r->amb, 1, 60 * MONO_SEC, r->now);
	rig_peer1(r, 1, RIG_PEER_A);
	rig_echo(r, RIG_NTKD, 5, 0);
	rig_pass(r, 4 * SEC);
	assert_int_equal(rig_parsed(rig_take(r, RIG_UDP, RIG_PEER_A)).flags, 0);
	/* Gone meanwhile: nobody answers for it. */
	rig_echo(r, RIG_NTKD, 6, 0);
	amb_peer_down(r->amb, 1, r->now);
	rig_pass(r, 5 * SEC);
	assert_null(rig_take(r, RIG_UDP, 0));
}

/* Nobody is to hook through a tunnel; and only ECHO_ME is answered. */
static void
radar_silent(struct rig *r)
{
	uint8_t p[NTK_SMALL];
	size_t n;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	rig_echo(r, 0x0a000007, 5, NTK_HOOKING | NTK_RESTRICTED);
	n = ntk_write_plain(r->wire, NTK_ECHO_REPLY, 0, 5, p);
	amb_udp(r->amb, RIG_NTKD, RIG_PEER_A, p, n, r->now);
	n = ntk_write_plain(r->wire, NTK_GET_FREE_NODES, 0, 5, p);
	amb_udp(r->amb, RIG_NTKD, RIG_PEER_A, p, n, r->now);
	amb_udp(r->amb, RIG_NTKD, RIG_PEER_A, p, 3, r->now);
	rig_pass(r, 5 * SEC);
	assert_null(rig_take(r, RIG_UDP, 0));
}

static void
test_radar(void **state)
{
	struct rig r;

	(void)state;
	rig_both(radar);
	rig_both(radar_far);
	rig_both(radar_silent);
	/* Told to speak 64, it does not listen to 32. */
	rig_init(&r, NTK_WIRE_64, NTK_WIRE_32);
	rig_peer1(&r, 1, RIG_PEER_A);
	rig_echo(&r, RIG_NTKD, 5, 0);
	assert_null(rig_take(&r, RIG_UDP, 0));
	rig_fini(&r);
}

/* --- identities --- */

static void
test_identities(void **state)
{
	struct topology other = topology_ntk(NETDESC_172);
	struct claim c = rig_claim(172, 20);
	uint16_t gid[NETDESC_LEVELS] = { 1, 2, 20, 172 };
	struct prefix *p;
	struct rig_event *e;
	struct rig r;

	(void)state;
	rig_init(&r, 0, NTK_WIRE_32);
	rig_home(&r, RIG_NTKD);
	rig_peer1(&r, 1, RIG_PEER_A);
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_A));
	e = rig_take(&r, RIG_ROUTE, 1);
	assert_int_equal(e->b, 1);
	p = (struct prefix *)(void *)e->p;
	assert_int_equal(p->family, PREFIX_IPV4);
	assert_int_equal(p->bits, 16);
	assert_memory_equal(p->a, "\12\117\0\0", 4);

	/* A second peer at that address waits until the first has gone. */
	rig_peer1(&r, 2, RIG_PEER_A);
	assert_null(rig_take(&r, RIG_ADD, 0));
	amb_peer_down(r.amb, 1, r.now);
	assert_non_null(rig_take(&r, RIG_DEL, RIG_PEER_A));
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_A));
	assert_int_equal(rig_take(&r, RIG_ROUTE, 2)->b, 1);
	assert_int_equal(rig_take(&r, RIG_ROUTE, 1)->b, 0);

	/* It moves; then nothing is routed to it; then it lives elsewhere. */
	rig_peer1(&r, 2, RIG_PEER_B);
	assert_non_null(rig_take(&r, RIG_DEL, RIG_PEER_A));
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_B));
	assert_int_equal(rig_take(&r, RIG_ROUTE, 2)->b, 1);
	rig_peer(&r, 2, RIG_PEER_B, NULL, 0);
	assert_non_null(rig_take(&r, RIG_DEL, RIG_PEER_B));
	assert_int_equal(rig_take(&r, RIG_ROUTE, 2)->b, 0);
	amb_route(r.amb, 2, &other, gid, &c, 1, r.now);
	assert_null(rig_take(&r, RIG_ADD, 0));
	assert_int_equal(rig_take(&r, RIG_ROUTE, 2)->b, 0);

	/* Not under its claims, or ntkd's own: no identity. */
	rig_peer(&r, 2, RIG_PEER_B, (const uint8_t[]){ 7 }, 1);
	rig_peer1(&r, 3, RIG_NTKD);
	assert_null(rig_take(&r, RIG_ADD, 0));

	/* vplamad is gone: so are they all. */
	rig_peer1(&r, 4, RIG_PEER_A);
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_A));
	rig_take_all(&r, RIG_ROUTE);
	amb_mesh_down(r.amb, r.now);
	assert_non_null(rig_take(&r, RIG_DEL, RIG_PEER_A));
	assert_int_equal(rig_take(&r, RIG_ROUTE, 4)->b, 0);
	rig_echo(&r, RIG_NTKD, 5, 0);
	assert_null(rig_take(&r, RIG_UDP, 0));
	rig_fini(&r);
}

/* ntkd comes to live where a peer does: the identity gives way. */
static void
test_address_taken(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, NTK_WIRE_32);
	rig_peer1(&r, 1, RIG_PEER_A);
	rig_home(&r, RIG_PEER_A);
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_A));
	assert_non_null(rig_take(&r, RIG_DEL, RIG_PEER_A));
	rig_home(&r, RIG_NTKD);
	assert_non_null(rig_take(&r, RIG_ADD, RIG_PEER_A));
	rig_fini(&r);
}

/* --- requests --- */

static void
refused(struct rig *r)
{
	static const struct {
		uint8_t op, error;
	} want[] = { { NTK_GET_FREE_NODES, 3 }, { NTK_GET_QSPN_ROUND, 3 },
		{ NTK_GET_INT_MAP, 3 }, { NTK_GET_EXT_MAP, 3 },
		{ NTK_GET_BNODE_MAP, 3 }, { NTK_GET_INTERNET_GWS, 1 } };
	uint8_t p[NTK_SMALL];
	struct rig_event *e;
	uint32_t conn;
	size_t i, k, n;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	conn = rig_connect(r, RIG_PEER_A, 0x0a000009);
	for (i = 0; i < 6; i++) {
		n = ntk_write_plain(
		    r->wire, want[i].op, NTK_ACK_WANTED, 1000 + (uint32_t)i, p);
		for (k = 0; k < n; k++) /* however TCP cuts it */
			amb_tcp(r->amb, conn, p + k, 1, r->now);
		e = rig_take(r, RIG_SEND, conn);
		assert_int_equal(rig_parsed(e).op, NTK_ACK_NEGATIVE);
		assert_int_equal(rig_parsed(e).id, 1000 + i);
		assert_int_equal(rig_parsed(e).body_len, 1);
		assert_int_equal(rig_parsed(e).body[0], want[i].error);
		assert_int_not_equal(rig_parsed(e).body[0], 4);
	}
	/* ANDNA and what has no meaning: no answer, the connection stays. */
	for (i = 23; i < 32; i++) {
		n = ntk_write_plain(r->wire, (uint8_t)i, 0, 1, p);
		amb_tcp(r->amb, conn, p, n, r->now);
	}
	assert_null(rig_take(r, RIG_SEND, 0));
	assert_null(rig_take(r, RIG_CLOSE, 0));
	amb_tcp(r->amb, conn, (const uint8_t *)"GET / HTTP/1.0", 14, r->now);
	assert_non_null(rig_take(r, RIG_CLOSE, conn));
	amb_tcp(r->amb, conn, p, n, r->now); /* too late */
	amb_closed(r->amb, conn, r->now);
}

static void
test_requests(void **state)
{
	struct rig r;

	(void)state;
	rig_both(refused);
	/* Before any radar there is no telling in which width to greet. */
	rig_init(&r, 0, NTK_WIRE_32);
	rig_peer1(&r, 1, RIG_PEER_A);
	assert_int_equal(amb_accepted(r.amb, RIG_PEER_A, RIG_NTKD, r.now), 0);
	rig_home(&r, RIG_NTKD);
	assert_int_equal(amb_accepted(r.amb, RIG_PEER_B, RIG_NTKD, r.now), 0);
	assert_int_not_equal(
	    amb_accepted(r.amb, RIG_PEER_A, RIG_NTKD, r.now), 0);
	rig_fini(&r);
}

/* --- floods out --- */

/* The body of a PKT is the packet without width: see doc/mesh-socket.md. */
static void
check_body(const struct rig_event *e, const struct ntk_flood_out *f)
{
	uint8_t want[NTK_KEY_LEN];
	struct ntk_packet p = {
		.wire = NTK_WIRE_32, .op = e->p[0], .flags = e->p[5]
	};
	struct ntk_flood_out got;
	unsigned i;

	p.id = (uint32_t)e->p[1] << 24 | (uint32_t)e->p[2] << 16 |
	    (uint32_t)e->p[3] << 8 | e->p[4];
	assert_true(ntk_parse_body(&p, e->p + 6, e->len - 6));
	ntk_flood_of(&p, &got);
	assert_int_equal(p.order, NTK_BIG);
	assert_int_equal(got.op, f->op);
	assert_int_equal(got.id, f->id);
	assert_int_equal(got.pkt_flags, NTK_FLOODED);
	assert_int_equal(got.flood.gid, f->flood.gid);
	assert_int_equal(got.flood.level, f->flood.level);
	assert_int_equal(got.flood.sub_id, f->flood.sub_id);
	assert_int_equal(got.tracer.hops, f->tracer.hops);
	assert_int_equal(got.blocks_len, f->blocks_len);
	for (i = 0; i < f->tracer.hops; i++) {
		assert_int_equal(got.chunk[i].gid, f->chunk[i].gid);
		assert_int_equal(got.chunk[i].rtt_ms, f->chunk[i].rtt_ms);
		assert_int_equal(got.chunk[i].gcount, f->chunk[i].gcount);
	}
	assert_int_equal(ntk_key(&p, want), NTK_KEY_LEN);
	assert_memory_equal(e->key, want, NTK_KEY_LEN);
}

static void
out_once(struct rig *r)
{
	const struct rig_hop hop[] = { { 201, 30, 7 }, { 238, 4, 2 } };
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 9, 3, 10, hop, 2);
	struct rig_event *e;
	uint32_t a, b;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	rig_peer1(r, 2, RIG_PEER_B);
	a = rig_connect(r, RIG_PEER_A, RIG_NTKD);
	b = rig_connect(r, RIG_PEER_B, RIG_NTKD);
	rig_say(r, a, &f);
	rig_say(r, b, &f);
	rig_say(r, a, &f);
	e = rig_take(r, RIG_PKT, 0);
	assert_non_null(e);
	check_body(e, &f);
	assert_null(rig_take(r, RIG_PKT, 0));

	/* Another id is another packet; the same after 60 s is, too. */
	f.id = 10;
	rig_say(r, b, &f);
	check_body(rig_take(r, RIG_PKT, 0), &f);
	rig_pass(r, 59 * SEC);
	rig_say(r, b, &f);
	assert_null(rig_take(r, RIG_PKT, 0));
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pass(r, 2 * SEC);
	rig_say(r, b, &f);
	assert_non_null(rig_take(r, RIG_PKT, 0));
}

/* One relayed in host order, and one so long that it is compressed. */
static void
out_odd(struct rig *r)
{
	const struct rig_hop hop[] = { { 94, 0, 1 }, { 238, 0, 52 } };
	struct ntk_flood_out f = rig_flood(NTK_QSPN_OPEN, 1, 3, 10, hop, 2);
	uint8_t *out = xmalloc(NTK_PACKET_MAX), *zip = xmalloc(NTK_PACKET_MAX);
	size_t head = r->wire == NTK_WIRE_64 ? 25 : 17, n, at;
	uLongf len = NTK_PACKET_MAX - head;
	struct wr w = wr_of(zip, head);
	uint32_t conn;
	unsigned i;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	conn = rig_connect(r, RIG_PEER_A, RIG_NTKD);
	n = ntk_write_flood(&f, r->wire, out, NTK_PACKET_MAX);
	at = head + (r->wire == NTK_WIRE_64 ? 13 : 9);
	memcpy(out + head + 4, "\27\0\0\0", 4); /* size 23 */
	memcpy(out + at + 1, "\2\0", 2);	/* hops */
	memcpy(out + at + 6 + 4, "\1\0\0\0", 4);
	memcpy(out + at + 15 + 4, "\64\0\0\0", 4);
	amb_tcp(r->amb, conn, out, n, r->now);
	check_body(rig_take(r, RIG_PKT, 0), &f);

	f = rig_flood(NTK_TRACER, 2, 3, 10, hop, 2);
	for (i = 0; i < 150; i++)
		f.chunk[i] = (struct ntk_chunk){ (uint8_t)(i % 50), i, 1 };
	f.chunk[150] = (struct ntk_chunk){ 238, 0, 1 };
	f.tracer.hops = 151;
	f.flood.sub_id = 0;
	n = ntk_write_flood(&f, r->wire, out, NTK_PACKET_MAX);
	assert_int_equal(
	    compress(zip + head, &len, out + head, n - head), Z_OK);
	wr_bytes(&w, out, 7);
	wr_u8(&w, NTK_FLOODED | NTK_ZLIB);
	wr_u8(&w, NTK_TRACER);
	ntk_put_size(&w, r->wire, len);
	ntk_put_size(&w, r->wire, n - head);
	amb_tcp(r->amb, conn, zip, head + len, r->now);
	check_body(rig_take(r, RIG_PKT, 0), &f);
	free(out);
	free(zip);
}

/* What stays here: see each line. */
static void
out_not(struct rig *r)
{
	static const struct {
		uint8_t op, level, gid;
		unsigned hops;
		struct rig_hop hop[3];
		const char *why;
	} no[] = {
		{ NTK_TRACER, 1, 3, 1, { { 5, 0, 1 } },
		    "bounded by a gnode that no peer is in" },
		{ NTK_TRACER, 2, 238, 1, { { 3, 0, 1 } }, "likewise" },
		{ NTK_TRACER, 3, 11, 1, { { 238, 0, 1 } },
		    "bounded by a gnode that we are not in" },
		{ NTK_TRACER, 0, 10, 1, { { 238, 0, 1 } }, "no such level" },
		{ NTK_TRACER, 5, 10, 1, { { 238, 0, 1 } }, "no such level" },
		{ NTK_TRACER, 3, 10, 2, { { 79, 0, 1 }, { 238, 0, 1 } },
		    "from a peer, forwarded by ntkd" },
		{ NTK_QSPN_OPEN, 3, 10, 3,
		    { { 5, 0, 1 }, { 200, 0, 1 }, { 238, 0, 1 } },
		    "from behind a peer" },
		{ NTK_TRACER, 3, 10, 1, { { 200, 0, 1 } },
		    "from a peer, relayed as it is" },
		{ NTK_GET_QSPN_ROUND, 3, 10, 1, { { 238, 0, 1 } },
		    "not of a kind that is flooded" },
		{ 23, 1, 3, 1, { { 5, 0, 1 } }, "ANDNA" },
	};
	const struct rig_hop ok[] = { { 79, 0, 1 }, { 7, 0, 1 },
		{ 238, 0, 1 } };
	struct ntk_flood_out f;
	uint32_t conn;
	size_t i;

	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	rig_peer1(r, 2, RIG_PEER_B);
	conn = rig_connect(r, RIG_PEER_A, RIG_NTKD);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		f = rig_flood(
		    no[i].op, 5, no[i].level, no[i].gid, no[i].hop, no[i].hops);
		rig_say(r, conn, &f);
		if (no[i].op == NTK_GET_QSPN_ROUND)
			rig_take_all(r, RIG_SEND);
		if (rig_take(r, RIG_PKT, 0) != NULL)
			fail_msg("handed over: %s", no[i].why);
	}
	f = rig_flood(NTK_TRACER, 5, 3, 10, no[0].hop, 1);
	f.pkt_flags = 0; /* not flooded */
	rig_say(r, conn, &f);
	assert_null(rig_take(r, RIG_PKT, 0));
	/* Over a radio link from 7, who may know it from where he likes. */
	f = rig_flood(NTK_TRACER, 6, 3, 10, ok, 3);
	rig_say(r, conn, &f);
	assert_non_null(rig_take(r, RIG_PKT, 0));
}

static void
test_floods_out(void **state)
{
	(void)state;
	rig_both(out_once);
	rig_both(out_odd);
	rig_both(out_not);
}

/* --- floods in --- */

static const uint8_t gids[] = { 79, 201 };
static const struct rig_hop in_hop[] = { { 201, 30, 900 }, { 79, 4, 77 } };

static void
in_rewritten(struct rig *r)
{
	static const uint8_t block[] = { 1, 0, 1, 5, 7, 1, 0, 0, 0, 9 };
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 500, 3, 10, in_hop, 2),
			     got;
	uint32_t conn;

	f.pkt_flags = 0xff & ~NTK_ZLIB;
	f.flood.flags = 0xff;
	f.flood.gttl = 3;
	f.tracer.flags = 3;
	f.blocks = block;
	f.blocks_len = sizeof(block);
	rig_home(r, RIG_NTKD);
	rig_peer(r, 1, RIG_PEER_A, gids, 2);
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pkt(r, 1, &f); /* the first round is not over: lost */
	rig_pass(r, 5 * SEC);
	assert_null(rig_take(r, RIG_CONNECT, 0));
	rig_rounds(r);
	assert_null(rig_take(r, RIG_CONNECT, 0)); /* nothing to say */
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_not_equal(conn, 0);
	got = rig_spoken(r, conn);
	assert_int_equal(got.op, NTK_TRACER);
	assert_int_equal(got.id, 500);
	assert_int_equal(got.pkt_flags, NTK_FLOODED);
	assert_int_equal(got.flood.gid, 10);
	assert_int_equal(got.flood.level, 3);
	assert_int_equal(got.flood.gttl, 255);
	assert_int_equal(got.flood.flags & NTK_FLOOD_BNODES, 0);
	assert_int_equal(got.tracer.flags, 0);
	assert_int_equal(got.blocks_len, 0);
	assert_int_equal(got.tracer.hops, 2);
	assert_int_equal(got.chunk[0].gid, 201);
	assert_int_equal(got.chunk[0].rtt_ms, 30);
	assert_int_equal(got.chunk[0].gcount, 0);
	assert_int_equal(got.chunk[1].gid, 79);
	assert_int_equal(got.chunk[1].gcount, 0);

	/* When ntkd says it again, to any of us, it is not news. */
	rig_peer1(r, 2, RIG_PEER_B);
	conn = rig_connect(r, RIG_PEER_B, RIG_NTKD);
	f = rig_flood(NTK_TRACER, 500, 3, 10, in_hop, 2);
	f.chunk[2] = (struct ntk_chunk){ 238, 0, 2 };
	f.tracer.hops = 3;
	rig_say(r, conn, &f);
	assert_null(rig_take(r, RIG_PKT, 0));
}

/* An originator's ids only grow, whatever happens to it. */
static void
in_ids(struct rig *r)
{
	static const struct {
		uint8_t op;
		uint32_t id, want; /* 0: not let in */
	} step[] = {
		{ NTK_TRACER, 7, 7 }, { NTK_TRACER, 9, 9 },
		{ NTK_TRACER, 1, 10 }, /* it was started again */
		{ NTK_TRACER, 2, 11 }, { NTK_TRACER, 12, 12 },
		{ NTK_TRACER, 0xffffffff, 13 }, { NTK_TRACER, 14, 14 },
		{ NTK_TRACER, 0, 0 },
		{ NTK_QSPN_CLOSE, 3, 3 }, /* of the round: goes on as it is */
		{ NTK_QSPN_OPEN, 3, 3 }, { NTK_QSPN_CLOSE, 3, 0 }, /* a copy */
		{ NTK_QSPN_CLOSE, 2, 2 },
		{ NTK_QSPN_CLOSE, 0x40000000, 0 }, /* past any real one */
	};
	struct ntk_flood_out f, got;
	uint32_t conn = 0;
	size_t i;

	rig_home(r, RIG_NTKD);
	rig_peer(r, 1, RIG_PEER_A, gids, 2);
	rig_rounds(r);
	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		f = rig_flood(step[i].op, step[i].id, 3, 10, in_hop, 2);
		rig_pkt(r, 1, &f);
		if (i == 0)
			conn = rig_line(r, RIG_PEER_A);
		if (step[i].want == 0) {
			assert_null(rig_take(r, RIG_SEND, conn));
			continue;
		}
		got = rig_spoken(r, conn);
		assert_int_equal(got.id, step[i].want);
	}
}

static void
in_not(struct rig *r)
{
	static const struct rig_hop far[] = { { 201, 0, 1 }, { 200, 0, 1 } };
	static const struct rig_hop stolen[] = { { 5, 0, 1 }, { 79, 0, 1 } };
	static const struct rig_hop us[] = { { 238, 0, 1 }, { 79, 0, 1 } };
	static const struct rig_hop node[] = { { 22, 0, 1 } };
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 1, 3, 10, in_hop, 2),
			     bad;
	uint8_t junk[64] = { NTK_TRACER, 0, 0, 0, 1, NTK_FLOODED };
	uint32_t conn;
	unsigned i;

	rig_home(r, RIG_NTKD);
	rig_peer(r, 1, RIG_PEER_A, gids, 2);
	rig_rounds(r);
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	rig_spoken(r, conn);
	bad = rig_flood(NTK_TRACER, 2, 3, 10, far, 2); /* not from this peer */
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 3, 10, stolen, 2); /* not its own */
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 3, 10, us, 2); /* through ourselves */
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 1, 228, node, 1); /* inside of theirs */
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 1, 3, node, 1); /* inside of ours */
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 3, 11, in_hop, 2);
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 0, 10, in_hop, 2);
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 3, 10, in_hop, 2);
	bad.pkt_flags = 0;
	rig_pkt(r, 1, &bad);
	bad.pkt_flags = NTK_FLOODED;
	bad.op = NTK_PUT_EXT_MAP;
	rig_pkt(r, 1, &bad);
	bad.op = NTK_GET_INTERNET_GWS;
	rig_pkt(r, 1, &bad);
	bad = rig_flood(NTK_TRACER, 2, 3, 10, in_hop, 2);
	for (i = 0; i < 64; i++)
		bad.chunk[i] = (struct ntk_chunk){ 201, 0, 0 };
	bad.chunk[64].gid = 79;
	bad.tracer.hops = 65; /* too far */
	rig_pkt(r, 1, &bad);
	rig_pkt(r, 2, &f); /* nobody */
	for (i = 0; i < sizeof(junk); i++)
		amb_pkt(r->amb, 1, junk, i, r->now);
	assert_null(rig_take(r, RIG_SEND, conn));
	bad.chunk[63].gid = 79;
	bad.tracer.hops = 64;
	bad.chunk[0].rtt_ms = UINT32_MAX;
	rig_pkt(r, 1, &bad);
	bad = rig_spoken(r, conn);
	assert_int_equal(bad.tracer.hops, 64);
	assert_int_equal(bad.chunk[0].rtt_ms, 60000);
}

/* In one upper gnode with us: what it says of border nodes is of use. */
static void
in_blocks(struct rig *r)
{
	static const uint8_t good[] = { 1, 0, 1, 5, 7, 1, 0, 0, 0, 9, 2, 0, 0,
		1, 2 };
	static const uint8_t gateway[] = { 1, 0, 1, 5, 7, 2, 0, 0, 0, 9 };
	static const struct rig_hop hop[] = { { 9, 0, 5 } };
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 1, 2, 238, hop, 1), got;
	struct topology topo = topology_ntk(NETDESC_10);
	struct claim c = { .level = 1, .gid = { 0, 9, 238, 10 } };
	uint16_t gid[NETDESC_LEVELS] = { 7, 9, 238, 10 };
	uint32_t conn;
	size_t i;

	rig_home(r, RIG_NTKD);
	amb_route(r->amb, 1, &topo, gid, &c, 1, r->now);
	rig_rounds(r);
	f.flood.flags |= NTK_FLOOD_BNODES;
	f.tracer.flags = NTK_TRACER_BNODES;
	f.blocks = good;
	f.blocks_len = sizeof(good);
	rig_pkt(r, 1, &f);
	conn = rig_line(r, 0x0aee0907);
	got = rig_spoken(r, conn);
	assert_int_equal(got.blocks_len, sizeof(good));
	assert_memory_equal(got.blocks, good, sizeof(good));
	assert_int_equal(got.tracer.flags, NTK_TRACER_BNODES);
	assert_int_not_equal(got.flood.flags & NTK_FLOOD_BNODES, 0);
	for (i = 1; i <= sizeof(good); i++) {
		bool whole = i == 10 || i == 15;

		f.id++;
		f.blocks_len = i;
		rig_pkt(r, 1, &f);
		got = rig_spoken(r, conn);
		assert_int_equal(got.blocks_len, whole ? i : 0);
		assert_int_equal(got.tracer.flags, whole);
	}
	f.id++;
	f.blocks = gateway;
	f.blocks_len = sizeof(gateway);
	rig_pkt(r, 1, &f);
	got = rig_spoken(r, conn);
	assert_int_equal(got.blocks_len, 0);
}

static void
test_floods_in(void **state)
{
	(void)state;
	rig_both(in_rewritten);
	rig_both(in_ids);
	rig_both(in_not);
	rig_both(in_blocks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_radar),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_address_taken),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_floods_out),
		cmocka_unit_test(test_floods_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
