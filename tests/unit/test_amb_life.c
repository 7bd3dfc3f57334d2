/* The ambassador and a ntkd that comes, goes, moves and is moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "base/xmem.h"
#include "tests/unit/amb_rig.h"

static const uint8_t gids[] = { 79, 201 };
static const struct rig_hop in_hop[] = { { 201, 30, 900 }, { 79, 4, 77 } };

/* --- the line to ntkd --- */

static void
line_again(struct rig *r)
{
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 1, 3, 10, in_hop, 2);
	struct rig_event *e;
	uint32_t conn;
	unsigned i;

	rig_home(r, RIG_NTKD);
	rig_peer(r, 1, RIG_PEER_A, gids, 2);
	rig_rounds(r);
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_equal(rig_spoken(r, conn).id, 1);

	/* Lost: seen anew, and what comes meanwhile is lost, too. */
	amb_closed(r->amb, conn, r->now);
	f.id = 2;
	rig_pkt(r, 1, &f);
	assert_null(rig_take(r, RIG_CONNECT, 0));
	rig_rounds(r);
	assert_null(rig_take(r, RIG_CONNECT, 0));
	f.id = 3;
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_equal(rig_spoken(r, conn).id, 3);

	/* Never greeted: given up after 10 s, and not at once again. */
	amb_closed(r->amb, conn, r->now);
	rig_rounds(r);
	f.id = 4;
	rig_pkt(r, 1, &f);
	e = rig_take(r, RIG_CONNECT, 0);
	conn = e->a;
	rig_pass(r, 10 * SEC);
	assert_non_null(rig_take(r, RIG_CLOSE, conn));
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_echo(r, RIG_NTKD, 2, 0);
	f.id = 5;
	rig_pkt(r, 1, &f);
	assert_null(rig_take(r, RIG_CONNECT, 0));
	rig_pass(r, 2 * SEC);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_equal(rig_spoken(r, conn).id, 5);

	/* More than a line can hold is lost. */
	amb_closed(r->amb, conn, r->now);
	rig_rounds(r);
	for (i = 0; i < 100; i++) {
		f.id = 100 + i;
		rig_pkt(r, 1, &f);
	}
	conn = rig_line(r, RIG_PEER_A);
	for (i = 0; i < 32; i++)
		assert_int_equal(rig_spoken(r, conn).id, 100 + i);
	assert_null(rig_take(r, RIG_SEND, conn));
}

/* A gnode for each claim, all as far away, and gone together. */
static void
many_claims(struct rig *r)
{
	struct rig_event *e;

	rig_home(r, RIG_NTKD);
	amb_peer_rtt(r->amb, 1, 9 * MONO_MS, r->now);
	rig_peer(r, 1, RIG_PEER_A, (const uint8_t[]){ 79, 90, 91 }, 3);
	assert_non_null(rig_take(r, RIG_ADD, RIG_PEER_A));
	assert_non_null(rig_take(r, RIG_ADD, 0x0a5ae416)); /* 10.90.228.22 */
	assert_non_null(rig_take(r, RIG_ADD, 0x0a5be416));
	assert_int_equal(rig_take(r, RIG_ROUTE, 1)->b, 3);
	amb_peer_rtt(r->amb, 1, 30 * MONO_MS, r->now);
	rig_echo(r, RIG_NTKD, 5, 0);
	rig_pass(r, 29 * MONO_MS);
	assert_null(rig_take(r, RIG_UDP, 0));
	rig_pass(r, 2 * MONO_MS);
	assert_non_null(rig_take(r, RIG_UDP, RIG_PEER_A));
	assert_non_null(rig_take(r, RIG_UDP, 0x0a5ae416));
	assert_non_null(rig_take(r, RIG_UDP, 0x0a5be416));

	/* Some change, the others stay as they are. */
	rig_peer(r, 1, RIG_PEER_A, (const uint8_t[]){ 79, 91, 92 }, 3);
	e = rig_take(r, RIG_DEL, 0);
	assert_int_equal(e->a, 0x0a5ae416);
	assert_null(rig_take(r, RIG_DEL, 0));
	assert_non_null(rig_take(r, RIG_ADD, 0x0a5ce416));
	assert_null(rig_take(r, RIG_ADD, 0));
	/* Its address is elsewhere now: the others follow. */
	rig_peer(r, 1, RIG_PEER_A + 1, (const uint8_t[]){ 79, 91 }, 2);
	assert_non_null(rig_take(r, RIG_ADD, RIG_PEER_A + 1));
	assert_non_null(rig_take(r, RIG_ADD, 0x0a5be417));
	rig_take_all(r, RIG_DEL);
	rig_take_all(r, RIG_ROUTE);
	rig_peer1(r, 2, RIG_PEER_B);
	amb_peer_down(r->amb, 1, r->now);
	assert_non_null(rig_take(r, RIG_DEL, RIG_PEER_A + 1));
	assert_non_null(rig_take(r, RIG_DEL, 0x0a5be417));
	assert_int_equal(rig_take(r, RIG_ROUTE, 1)->b, 0);
	rig_peer(r, 3, RIG_PEER_A, (const uint8_t[]){ 79, 91, 92 }, 3);
	amb_mesh_down(r->amb, r->now);
	assert_non_null(rig_take(r, RIG_DEL, 0x0a5ce416));
	assert_non_null(rig_take(r, RIG_DEL, RIG_PEER_B));
	rig_take_all(r, RIG_UDP);
	rig_echo(r, RIG_NTKD, 6, 0);
	rig_pass(r, SEC);
	assert_null(rig_take(r, RIG_UDP, 0));
}

/* ntkd ends, and starts again in the other width. */
static void
restarted(struct rig *r)
{
	struct ntk_flood_out f = rig_flood(NTK_TRACER, 1, 3, 10, in_hop, 2);
	uint32_t conn, in;

	rig_home(r, RIG_NTKD);
	rig_peer(r, 1, RIG_PEER_A, gids, 2);
	rig_rounds(r);
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_equal(rig_spoken(r, conn).id, 1);
	in = rig_connect(r, RIG_PEER_A, RIG_NTKD);
	assert_int_equal(rig_told(r).claim[0].gid[2], 238);
	amb_ntkd_gone(r->amb, r->now);
	assert_non_null(rig_take(r, RIG_CLOSE, conn));
	assert_non_null(rig_take(r, RIG_CLOSE, in));
	assert_int_equal(rig_take(r, RIG_DESC, 0)->len, 0); /* not known */
	assert_null(rig_take(r, RIG_DEL, 0)); /* they wait for it */
	rig_pass(r, 100 * SEC);
	assert_null(rig_take(r, RIG_CONNECT, 0));

	r->wire = r->wire == NTK_WIRE_32 ? NTK_WIRE_64 : NTK_WIRE_32;
	r->ip = 0;
	amb_ntkd_addr(r->amb, 0x0a000044, r->now);
	rig_echo(r, 0x0a000044, 3, NTK_HOOKING);
	rig_pass(r, 10 * SEC);
	assert_null(rig_take(r, RIG_UDP, 0));
	assert_null(rig_take(r, RIG_DESC, 0));
	rig_home(r, 0x0a112233);
	assert_int_equal(rig_told(r).claim[0].gid[2], 0x11);
	rig_rounds(r);
	rig_pkt(r, 1, &f);
	conn = rig_line(r, RIG_PEER_A);
	assert_int_equal(rig_spoken(r, conn).id, 2);
}

/* Alive by its process, but silent: it hangs. */
static void
silent(struct rig *r)
{
	rig_home(r, RIG_NTKD);
	rig_told(r);
	rig_pass(r, 59 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	rig_pass(r, 2 * SEC);
	assert_int_equal(rig_take(r, RIG_DESC, 0)->len, 0);
	rig_echo(r, RIG_NTKD, 9, 0);
	rig_pass(r, SEC);
	assert_int_equal(rig_told(r).gid[0], 5);
}

static void
test_line(void **state)
{
	(void)state;
	rig_both(line_again);
	rig_both(many_claims);
	rig_both(restarted);
	rig_both(silent);
}

/* --- where ntkd is --- */

/* A map with gnodes at level 2, each reached by another or a neighbour. */
struct near {
	uint8_t gid, by; /* by: 0 for a neighbour */
	uint32_t gcount;
};

static void
set_map(struct rig *r, const struct near *near, unsigned n)
{
	size_t head = r->wire == NTK_WIRE_64 ? 529 : 457;
	size_t size = r->wire == NTK_WIRE_64 ? 8 : 4;
	uint32_t step = r->wire == NTK_WIRE_64 ? 32 : 24;
	struct wr w, at;
	unsigned i;

	free(r->map);
	r->map = xmalloc(NTK_MAP_MAX);
	w = wr_of(r->map, NTK_MAP_MAX);
	ntk_ext_map_write(&w, r->wire, r->ip, 1);
	for (i = 0; i < n; i++) { /* in the order of their gids */
		at = wr_of(r->map + head + 14 * (256 + near[i].gid), 14);
		wr_be16(&at, near[i].by == 0 ? 0x60 : 0x20);
		wr_be32(&at, 0);
		wr_be16(&at, 1);
		wr_zeros(&at, 2);
		wr_be32(&at, near[i].gcount);
		wr_be32(&w, near[i].by * step);
		wr_be32(&w, 1);
	}
	at = wr_of(r->map + head - size * 17 + size, 4);
	wr_be32(&at, 8 * n);
	r->map_len = w.len;
}

static void
place(struct rig *r)
{
	static const struct near near[] = { { 5, 0, 10 }, { 79, 0, 3 },
		{ 90, 79, 4 }, { 91, 5, 5 }, { 92, 79, 6 } };
	struct netdesc d;

	/* Nobody is told before ntkd has answered, or does not. */
	r->ip = RIG_NTKD;
	r->gcount = 2;
	set_map(r, near, 5);
	rig_peer(r, 1, RIG_PEER_A, (const uint8_t[]){ 79, 92 }, 2);
	amb_ntkd_addr(r->amb, RIG_NTKD, r->now);
	rig_pass(r, SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	rig_home(r, RIG_NTKD);
	d = rig_told(r);
	assert_int_equal(d.topo.class, NETDESC_10);
	assert_int_equal(d.gid[0], 5);
	assert_int_equal(d.gid[3], 10);
	assert_int_equal(d.flags, NETDESC_MOVABLE);
	/* Its own, its neighbour 5 and 91 behind that; not the peer's. */
	assert_int_equal(d.n_claims, 3);
	assert_int_equal(d.claim[0].gid[2], 238);
	assert_int_equal(d.claim[1].gid[2], 5);
	assert_int_equal(d.claim[2].gid[2], 91);
	assert_int_equal(d.nodes, 2 + 10 + 5);

	/* The peer has gone, ntkd's map is slow: still not ours. */
	amb_peer_down(r->amb, 1, r->now);
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pass(r, 40 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	/* News within half a minute. */
	set_map(r, near + 1, 4);
	rig_echo(r, RIG_NTKD, 2, 0);
	rig_pass(r, 31 * SEC);
	assert_int_equal(rig_told(r).n_claims, 2); /* 91 behind one unknown */
}

static void
place_lost(struct rig *r)
{
	r->deaf = true; /* no answer: then what the address says */
	rig_home(r, RIG_NTKD);
	rig_pass(r, 4 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	rig_pass(r, 2 * SEC);
	assert_int_equal(rig_told(r).nodes, 1);
	r->deaf = false;
	r->wrong_id = 1; /* answers to somebody else */
	r->gcount = 7;
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pass(r, 30 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	r->wrong_id = 0;
	rig_echo(r, RIG_NTKD, 1, 0);
	r->gcount = 4;
	rig_pass(r, 30 * SEC);
	assert_int_equal(rig_told(r).nodes, 4);

	/* A hook takes a while; one that lasts is a loss. */
	r->ip = 0;
	amb_ntkd_addr(r->amb, 0x0a000001, r->now);
	rig_pass(r, 11 * SEC);
	rig_home(r, 0x0aee0306);
	assert_int_equal(rig_told(r).gid[0], 6);
	r->ip = 0;
	amb_ntkd_addr(r->amb, 0, r->now);
	rig_pass(r, 29 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));
	rig_pass(r, 2 * SEC);
	assert_int_equal(rig_take(r, RIG_DESC, 0)->len, 0);
	/* An address outside of the class is no place. */
	amb_ntkd_addr(r->amb, 0xc0000201, r->now);
	rig_echo(r, 0xc0000201, 7, 0);
	rig_pass(r, 50 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0));

	/* vplamad comes back and is told again. */
	rig_home(r, 0x0aee0306);
	rig_told(r);
	amb_mesh_down(r->amb, r->now);
	amb_mesh_up(r->amb, r->now);
	assert_int_equal(rig_told(r).gid[0], 6);
}

/* Without its internal map it is no lone node: then its own count says. */
static void
place_unanswered(struct rig *r)
{
	static const struct near near[] = { { 5, 0, 10 } };
	struct netdesc d;

	r->no_near = true;
	r->gcount = 7;
	set_map(r, near, 1);
	rig_home(r, RIG_NTKD);
	rig_pass(r, 6 * SEC);
	d = rig_told(r);
	assert_int_equal(d.n_claims, 2);
	assert_int_equal(d.nodes, 7 + 10);
	r->no_near = false;
	r->believed = 3;
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pass(r, 30 * SEC);
	assert_null(rig_take(r, RIG_DESC, 0)); /* the map says 7, too */
	r->no_near = true;
	rig_echo(r, RIG_NTKD, 2, 0);
	rig_pass(r, 40 * SEC);
	assert_int_equal(rig_told(r).nodes, 7 + 3 + 10);
}

static void
test_place(void **state)
{
	(void)state;
	rig_both(place);
	rig_both(place_lost);
	rig_both(place_unanswered);
}

/* --- rehooks --- */

static void
rehook(struct rig *r, uint32_t id, uint8_t from, uint8_t to)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct claim a = rig_claim(10, from), b = rig_claim(10, to);

	amb_rehook(r->amb, id, &topo, &a, &b, 3, r->now);
	rig_serve(r);
}

/* It hooks: only the temporary one is there for it, at once. */
static void
hooks_at(struct rig *r, uint32_t temp)
{
	struct rig_event *e;

	r->ip = 0;
	amb_ntkd_addr(r->amb, 0x0a000005, r->now);
	rig_echo(r, 0x0a000005, 44, NTK_HOOKING | NTK_RESTRICTED);
	e = rig_take(r, RIG_UDP, 0);
	assert_int_equal(e->a, temp);
	assert_int_equal(e->b, 0x0a000005);
	assert_null(rig_take(r, RIG_UDP, 0));
	/* Our end of the link may not be up yet: twice again. */
	rig_pass(r, 5 * SEC);
	assert_int_equal(rig_take(r, RIG_UDP, temp)->b, 0x0a000005);
	assert_int_equal(rig_take(r, RIG_UDP, temp)->b, 0x0a000005);
	assert_null(rig_take(r, RIG_UDP, 0));
	assert_null(rig_take(r, RIG_DONE, 0));
}

/* Back again: what was being left is ours, and so is who stayed there. */
static void
comes_back(struct rig *r)
{
	static const struct near new[] = { { 77, 0, 1 } };
	struct netdesc d;

	rig_echo(r, r->ip, 1, 0);
	rig_pass(r, 40 * SEC);
	rig_echo(r, r->ip, 2, 0);
	rig_pass(r, 20 * SEC);
	r->ip = RIG_NTKD;
	set_map(r, new, 1);
	rig_home(r, RIG_NTKD);
	d = rig_told(r);
	assert_int_equal(d.n_claims, 2);
	assert_int_equal(d.claim[0].gid[2], 238);
	assert_int_equal(d.claim[0].flags, 0);
	assert_int_equal(d.claim[1].gid[2], 77);
	assert_int_equal(d.claim[1].flags, 0);
}

static void
moved(struct rig *r)
{
	static const struct near old[] = { { 238, 0, 1 } };
	struct rig_event *e;
	struct netdesc d;
	struct ntk_flood_out f;
	uint32_t temp, conn;

	r->believed = 4; /* what an earlier rehook made it */
	rig_home(r, RIG_NTKD);
	rig_peer1(r, 1, RIG_PEER_A);
	assert_int_equal(rig_told(r).nodes, 1);
	rig_take_all(r, RIG_ADD);
	rehook(r, 9, 238, 77);
	assert_true(amb_rehooking(r->amb));
	e = rig_take(r, RIG_ADD, 0);
	temp = e->a;
	assert_int_equal(temp >> 8, 0x0a4d03); /* 10.77.3, as ntkd's */
	assert_int_not_equal(temp & 0xff, 5);
	assert_int_not_equal(temp & 0xff, 4);
	rig_rounds(r);
	conn = rig_line(r, temp);
	f = rig_spoken(r, conn);
	assert_int_equal(f.op, NTK_QSPN_CLOSE);
	assert_int_equal(f.id, 5);		/* ntkd's round is 4 */
	assert_int_equal(f.chunk[0].gcount, 6); /* it believes in 5 */
	rig_pass(r, 18 * SEC);
	assert_null(rig_take(r, RIG_SEND, conn));
	rig_pass(r, 2 * SEC); /* it has not moved: again */
	assert_int_equal(rig_spoken(r, conn).id, 6);

	hooks_at(r, temp);
	/* There: the new place is told before the command is done. */
	r->ip = 0x0a4d0304;
	set_map(r, old, 1);
	rig_home(r, r->ip);
	e = rig_take(r, RIG_DONE, 9);
	assert_non_null(e);
	assert_false(amb_rehooking(r->amb));
	d = rig_told(r);
	assert_int_equal(d.gid[2], 77);
	assert_int_equal(d.gid[0], 4);
	assert_int_equal(d.n_claims, 2);
	assert_int_equal(d.claim[1].gid[2], 238);
	assert_int_equal(d.claim[1].flags, CLAIM_LEAVING);
	assert_null(rig_take(r, RIG_DEL, 0));
	rig_pass(r, 21 * SEC);
	assert_non_null(rig_take(r, RIG_DEL, temp));
	assert_null(rig_take(r, RIG_FAILED, 0));

	comes_back(r);
}

static void
expect_failed(struct rig *r, uint32_t id, enum amb_why why)
{
	struct rig_event *e = rig_take(r, RIG_FAILED, id);

	assert_non_null(e);
	assert_int_equal(e->b, why);
	assert_null(rig_take(r, RIG_DONE, 0));
}

static void
not_moved(struct rig *r)
{
	static const struct near temp[] = { { 77, 0, 1 } };
	struct topology topo = topology_ntk(NETDESC_10), other;
	struct claim a = rig_claim(10, 238), b = rig_claim(10, 77), deep = b;

	rehook(r, 1, 238, 77);
	expect_failed(r, 1, AMB_WHY_ABSENT);
	rig_home(r, RIG_NTKD);
	rehook(r, 2, 237, 77); /* not ours */
	expect_failed(r, 2, AMB_WHY_PATH);
	rehook(r, 3, 238, 0); /* where ntkd hooks */
	expect_failed(r, 3, AMB_WHY_PATH);
	rehook(r, 4, 238, 238);
	expect_failed(r, 4, AMB_WHY_PATH);
	deep.level = 1;
	amb_rehook(r->amb, 5, &topo, &a, &deep, 3, r->now);
	expect_failed(r, 5, AMB_WHY_PATH);
	other = topology_ntk(NETDESC_ANY);
	amb_rehook(r->amb, 6, &other, &a, &b, 3, r->now);
	expect_failed(r, 6, AMB_WHY_PATH);

	/* It hears, and stays. One node: 60 s and a ring. */
	set_map(r, temp, 1); /* where the temporary one is its neighbour */
	rehook(r, 9, 238, 77);
	rig_rounds(r);
	rig_pass(r, 53 * SEC);
	rig_echo(r, RIG_NTKD, 1, 0);
	rig_pass(r, 20 * SEC);
	assert_null(rig_take(r, RIG_FAILED, 0));
	rig_pass(r, 2 * SEC);
	expect_failed(r, 9, AMB_WHY_TIMEOUT);
	rig_echo(r, RIG_NTKD, 2, 0);
	rig_pass(r, 50 * SEC);
	assert_int_equal(rig_told(r).n_claims, 1); /* never ours */
	assert_null(rig_take(r, RIG_DESC, 0));
	set_map(r, temp, 0);
	rig_echo(r, RIG_NTKD, 3, 0);
	rig_pass(r, 30 * SEC);

	/* It goes back into its own gnode: the mesh was faster. */
	rehook(r, 10, 238, 77);
	rig_rounds(r);
	rig_home(r, 0x0aee0377);
	expect_failed(r, 10, AMB_WHY_ASTRAY);
	assert_false(amb_rehooking(r->amb));
	assert_string_equal(amb_why_name(AMB_WHY_ASTRAY), "astray");
	assert_string_equal(amb_why_name(AMB_WHY_TIMEOUT), "timeout");
}

/* What it is told last counts, and only that is answered. */
static void
told_anew(struct rig *r)
{
	static const struct near old[] = { { 238, 0, 1 } };
	uint32_t first, second;

	rig_home(r, RIG_NTKD);
	rehook(r, 7, 238, 77);
	first = rig_take(r, RIG_ADD, 0)->a;
	rehook(r, 8, 238, 78);
	second = rig_take(r, RIG_ADD, 0)->a;
	assert_non_null(rig_take(r, RIG_DEL, first));
	assert_int_equal(second >> 8, 0x0a4e03); /* 10.78.3 */
	assert_null(rig_take(r, RIG_FAILED, 0));
	rig_rounds(r);
	assert_int_equal(rig_spoken(r, rig_line(r, second)).op, NTK_QSPN_CLOSE);

	/* One that comes while it hooks fails; the hook is served. */
	hooks_at(r, second);
	rehook(r, 9, 238, 79);
	expect_failed(r, 9, AMB_WHY_ABSENT);
	assert_false(amb_rehooking(r->amb));
	assert_null(rig_take(r, RIG_DEL, second));
	r->ip = 0x0a4e0305;
	set_map(r, old, 1);
	rig_home(r, r->ip);
	assert_int_equal(rig_told(r).gid[2], 78);
	rig_pass(r, 21 * SEC);
	assert_non_null(rig_take(r, RIG_DEL, second));
	assert_null(rig_take(r, RIG_DONE, 0));
	assert_null(rig_take(r, RIG_FAILED, 0));
}

/* What the hook serves, in both widths; the captures show it in one. */
static void
served(struct rig *r)
{
	static const uint8_t get[] = { NTK_GET_FREE_NODES, NTK_GET_QSPN_ROUND,
		NTK_GET_EXT_MAP, NTK_GET_INT_MAP, NTK_GET_BNODE_MAP };
	static const uint8_t put[] = { NTK_PUT_FREE_NODES, NTK_PUT_QSPN_ROUND,
		NTK_PUT_EXT_MAP, NTK_PUT_INT_MAP, NTK_PUT_BNODE_MAP };
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	struct ntk_free_nodes fn;
	struct ntk_qspn_round q;
	struct ntk_packet p;
	uint8_t out[NTK_SMALL];
	uint32_t temp, conn, now;
	struct rd rd;
	size_t i, n;

	rig_home(r, 0x0aee0301); /* 10.238.3.1: 3.0 is no address beside it */
	r->say_random = 254 * 3; /* would be ntkd's own last byte */
	rehook(r, 9, 238, 77);
	temp = rig_take(r, RIG_ADD, 0)->a;
	assert_in_range(temp & 0xff, 3, 254);
	conn = rig_connect(r, temp, 0x0a000009);
	for (i = 0; i < 5; i++) {
		n = ntk_write_plain(r->wire, get[i], 1, 50 + (uint32_t)i, out);
		amb_tcp(r->amb, conn, out, n, r->now);
		p = rig_parsed(rig_take(r, RIG_SEND, conn));
		assert_int_equal(p.op, put[i]);
		assert_int_equal(p.id, 50 + i);
		assert_int_equal(p.wire, r->wire);
		rd = rd_of(p.body, p.body_len);
		if (i == 0) {
			assert_true(ntk_free_nodes_parse(&rd, &fn));
			assert_int_equal(fn.ipstart, 0x0a4d0300);
			assert_int_equal(fn.nodes, 2);
			assert_int_equal(fn.bitmap[0], 1 << 1 | 1 << 2);
		} else if (i == 1) {
			assert_true(ntk_qspn_round_parse(&rd, r->wire, &q));
			assert_int_equal(q.gcount[1], 4);
		} else if (i == 2) {
			assert_true(ntk_ext_map_parse(&rd, r->wire, map));
			assert_true(map->at[1][77].ours);
		}
	}
	free(map);

	/* It asks from its new address before the watch has told of that. */
	now = rig_connect(r, temp, 0x0a4d0301);
	r->ip = 0x0a4d0301;
	amb_ntkd_addr(r->amb, r->ip, r->now);
	assert_non_null(rig_take(r, RIG_CLOSE, conn));
	n = ntk_write_plain(r->wire, NTK_GET_EXT_MAP, 1, 7, out);
	amb_tcp(r->amb, now, out, n, r->now);
	assert_int_equal(
	    rig_parsed(rig_take(r, RIG_SEND, now)).op, NTK_PUT_EXT_MAP);
}

static void
test_rehook(void **state)
{
	(void)state;
	rig_both(moved);
	rig_both(not_moved);
	rig_both(told_anew);
	rig_both(served);
}

/* --- two shims, one with a 32-bit ntkd, the other with a 64-bit one --- */

static void
test_end_to_end(void **state)
{
	const struct rig_hop hop[] = { { 238, 0, 2 } };
	struct ntk_flood_out f = rig_flood(NTK_QSPN_CLOSE, 6, 3, 10, hop, 1),
			     got;
	struct rig a, b;
	struct rig_event *e;
	uint32_t conn;

	(void)state;
	rig_init(&a, 0, NTK_WIRE_32);
	rig_init(&b, 0, NTK_WIRE_64);
	rig_home(&a, RIG_NTKD);
	rig_home(&b, RIG_PEER_A);
	rig_peer1(&a, 1, RIG_PEER_A);
	rig_peer1(&b, 1, RIG_NTKD);
	rig_rounds(&a);
	rig_rounds(&b);
	conn = rig_connect(&a, RIG_PEER_A, RIG_NTKD);
	rig_say(&a, conn, &f);
	e = rig_take(&a, RIG_PKT, 0);
	assert_non_null(e);
	amb_pkt(b.amb, 1, e->p, e->len, b.now);
	conn = rig_line(&b, RIG_NTKD);
	got = rig_spoken(&b, conn);
	assert_int_equal(got.id, 6);
	assert_int_equal(got.chunk[0].gid, 238);
	assert_int_equal(got.chunk[0].gcount, 0);
	rig_fini(&a);
	rig_fini(&b);
}

/* Whatever comes, from whichever side: no crash, no endless work. */
static void
test_random(void **state)
{
	struct rng rng = rng_seeded(44);
	uint8_t p[200];
	struct rig r;
	unsigned i;

	(void)state;
	rig_init(&r, 0, NTK_WIRE_32);
	rig_home(&r, RIG_NTKD);
	rig_peer1(&r, 1, RIG_PEER_A);
	rig_rounds(&r);
	for (i = 0; i < 20000; i++) {
		size_t n = rng_below(&rng, sizeof(p)), k;
		uint32_t conn;

		rng_fill(&rng, p, n);
		if (n > 17 && i % 4 != 0) { /* a head that holds */
			memcpy(p, "ntk", 3);
			p[7] &= 0x7f;
			memset(p + 9, 0, 8);
			p[12] = (uint8_t)(n - 17);
		}
		if (n > 20 && i % 3 == 0)
			for (k = 17; k < n; k++)
				p[k] = (uint8_t)(p[k] % 3);
		amb_udp(r.amb, RIG_NTKD, 0, p, n, r.now);
		amb_pkt(r.amb, 1, p, n, r.now);
		conn = amb_accepted(r.amb, RIG_PEER_A, RIG_NTKD, r.now);
		if (conn != 0) {
			amb_tcp(r.amb, conn, p, n, r.now);
			amb_closed(r.amb, conn, r.now);
		}
		rig_pass(&r, 1000);
	}
	rig_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_rehook),
		cmocka_unit_test(test_end_to_end),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
