/* What ntkd asks and answers: recorded, written again, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "ntkd-shim/corpus.h"
#include "ntkd-shim/ntk_ops.h"
#include "tests/rng.h"

#define HOOKS SRCDIR "/tests/data/ntkd_hooks.tsv"
#define MESSAGES SRCDIR "/tests/data/ntkd_messages.tsv"
#define FREE_NODES_LEN 56

struct files {
	struct corpus c[2];
};

static int
setup(void **state)
{
	struct files *f = xcalloc(1, sizeof(*f));
	char err[CORPUS_ERR];

	if (!corpus_read(&f->c[0], HOOKS, NULL, CORPUS_ALL, err) ||
	    !corpus_read(&f->c[1], MESSAGES, NULL, CORPUS_ALL, err))
		fail_msg("%s", err);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct files *f = *state;

	corpus_fini(&f->c[0]);
	corpus_fini(&f->c[1]);
	free(f);
	return 0;
}

/* Calls check for each packet of that op; how many there were. */
static unsigned
each(void **state, unsigned op,
    void (*check)(
	const struct corpus_packet *cp, const uint8_t *body, size_t len))
{
	struct files *f = *state;
	unsigned n = 0;
	size_t i, k, len;

	for (k = 0; k < 2; k++)
		for (i = 0; i < f->c[k].n; i++) {
			const struct corpus_packet *cp = &f->c[k].pkt[i];
			uint8_t *body;

			if (cp->ntk.op != op)
				continue;
			body = ntk_unpack(&cp->ntk, &len);
			assert_non_null(body);
			check(cp, body, len);
			free(body);
			n++;
		}
	return n;
}

/* Did the throwaway program write it, and not ntkd? */
static bool
by_program(const struct corpus_packet *cp)
{
	static const char *const of[] = { "ambassador_announce.pcap",
		"ambassador_dictate.pcap", "ambassador_rehook.pcap",
		"gnode_rehook_vp1.pcap", "gnode_rehook_fixed_vp1.pcap" };
	size_t i;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (strcmp(cp->capture, of[i]) == 0)
			return true;
	return false;
}

/* Every truncation is refused, and a byte more. */
static void
check_cuts(const uint8_t *body, size_t len, enum ntk_wire wire,
    bool (*parse)(struct rd *r, enum ntk_wire wire))
{
	uint8_t *more = xmalloc(len + 1);
	struct rd r;
	size_t n;

	for (n = 0; n<len; n += len> 2000 && n > 700 ? 97 : 1) {
		uint8_t *cut = xmalloc(n + (n == 0));

		memcpy(cut, body, n);
		r = rd_of(cut, n);
		assert_false(parse(&r, wire));
		free(cut);
	}
	memcpy(more, body, len);
	more[len] = 0;
	r = rd_of(more, len + 1);
	assert_false(parse(&r, wire));
	free(more);
}

static void
check_free_nodes(
    const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	uint8_t out[FREE_NODES_LEN];
	struct wr w = wr_of(out, sizeof(out));
	struct ntk_free_nodes fn;
	struct rd r = rd_of(body, len);
	unsigned bits = 0, i;
	size_t n;

	assert_true(ntk_free_nodes_parse(&r, &fn));
	for (i = 0; i < NTK_GIDS; i++)
		bits += fn.bitmap[i / 8] >> i % 8 & 1;
	assert_int_equal(fn.level, 1);
	assert_int_equal(fn.gid, ntk_gid(fn.ipstart, 1));
	assert_int_equal(ntk_gid(fn.ipstart, 3), 10);
	/* The program of gnode_rehook says 159 and sets 160 bits. */
	assert_in_range(fn.nodes, bits - 1, bits);
	ntk_free_nodes_write(&w, &fn);
	assert_true(wr_ok(&w));
	assert_int_equal(w.len, FREE_NODES_LEN);
	assert_memory_equal(out, body, FREE_NODES_LEN);
	if (by_program(cp))
		assert_int_equal(len, FREE_NODES_LEN);
	for (n = 0; n < FREE_NODES_LEN; n++) {
		uint8_t *cut = xmalloc(n + 1);

		memcpy(cut, body, n);
		r = rd_of(cut, n);
		assert_false(ntk_free_nodes_parse(&r, &fn));
		free(cut);
	}
}

static void
test_free_nodes(void **state)
{
	uint8_t buf[FREE_NODES_LEN];
	struct ntk_free_nodes fn = {
		.ipstart = 0x0a010200, .nodes = 256, .gid = 2
	};
	unsigned level;

	assert_int_equal(each(state, NTK_PUT_FREE_NODES, check_free_nodes), 24);
	for (level = 0; level < 6; level++) {
		struct wr w = wr_of(buf, sizeof(buf));
		struct rd r;

		fn.level = (uint8_t)level;
		ntk_free_nodes_write(&w, &fn);
		r = rd_of(buf, w.len);
		assert_int_equal(
		    ntk_free_nodes_parse(&r, &fn), level > 0 && level < 4);
		assert_int_equal(fn.nodes, 256);
	}
	buf[0] = 16; /* levels of IPv6 */
	assert_false(
	    ntk_free_nodes_parse(&(struct rd){ buf, sizeof(buf), false }, &fn));
}

static bool
parse_round(struct rd *r, enum ntk_wire wire)
{
	struct ntk_qspn_round q;

	return ntk_qspn_round_parse(r, wire, &q);
}

static void
check_round(const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	uint8_t out[256];
	struct wr w = wr_of(out, sizeof(out));
	struct ntk_qspn_round q;
	struct rd r = rd_of(body, len);
	unsigned i;

	assert_int_equal(len, cp->ntk.wire == NTK_WIRE_64 ? 145 : 113);
	assert_true(ntk_qspn_round_parse(&r, cp->ntk.wire, &q));
	for (i = 0; i < NTK_LEVELS; i++) {
		assert_in_range(q.sec[i], 0, 1000);
		assert_in_range(q.usec[i], 0, 999999);
		assert_in_range(q.gcount[i], 1, 60);
	}
	ntk_qspn_round_write(&w, cp->ntk.wire, &q);
	assert_int_equal(w.len, len);
	assert_memory_equal(out, body, len);
	check_cuts(body, len, cp->ntk.wire, parse_round);
}

static void
test_qspn_round(void **state)
{
	assert_int_equal(each(state, NTK_PUT_QSPN_ROUND, check_round), 24);
}

static bool
parse_ext(struct rd *r, enum ntk_wire wire)
{
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	bool ok = ntk_ext_map_parse(r, wire, map);

	free(map);
	return ok;
}

/* The address that the map says it is of. */
static uint32_t
map_ip(const struct ntk_ext_map *map)
{
	return (uint32_t)map->gid[3] << 24 | (uint32_t)map->gid[2] << 16 |
	    (uint32_t)map->gid[1] << 8 | map->gid[0];
}

/* A lone node's map, but for the seeds and counts of its three gnodes. */
static void
check_lone(const struct corpus_packet *cp, const uint8_t *body, size_t len,
    const struct ntk_ext_map *map)
{
	uint8_t *out = xmalloc(NTK_MAP_MAX);
	struct wr w = wr_of(out, NTK_MAP_MAX);
	unsigned l, i;

	ntk_ext_map_write(&w, cp->ntk.wire, map_ip(map), 1);
	assert_true(wr_ok(&w));
	assert_int_equal(w.len, len);
	for (l = 0; l < NTK_EXT_LEVELS; l++)
		for (i = 0; i < 5 && !by_program(cp); i++) {
			size_t at = len - 14 * 256 * (3 - l) +
			    14 * map->gid[l + 1] + 9 + i;

			out[at] = body[at];
		}
	assert_memory_equal(out, body, len);
	free(out);
}

static void
check_ext(const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	struct rd r = rd_of(body, len);
	unsigned l, i, links = 0;

	assert_true(ntk_ext_map_parse(&r, cp->ntk.wire, map));
	for (l = 0; l < NTK_EXT_LEVELS; l++)
		for (i = 0; i < NTK_GIDS; i++) {
			const struct ntk_gnode *g = &map->at[l][i];

			/* One node had hooked a moment ago: not in its own. */
			if (g->ours)
				assert_int_equal(i, map->gid[l + 1]);
			links += g->links;
			if (g->known)
				assert_true(g->ours || g->links > 0);
		}
	if (links == 0)
		check_lone(cp, body, len, map);
	check_cuts(body, len, cp->ntk.wire, parse_ext);
	free(map);
}

static void
test_ext_map(void **state)
{
	assert_int_equal(each(state, NTK_PUT_EXT_MAP, check_ext), 24);
}

static const struct corpus_packet *
ext_of(void **state, const char *capture, unsigned nth)
{
	struct files *f = *state;
	size_t i;

	for (i = 0; i < f->c[0].n; i++) {
		const struct corpus_packet *cp = &f->c[0].pkt[i];

		if (cp->ntk.op == NTK_PUT_EXT_MAP &&
		    strcmp(cp->capture, capture) == 0 && nth-- == 0)
			return cp;
	}
	fail_msg("%s has no such map", capture);
	return NULL;
}

/* What the README of the corpus tells of these networks. */
static void
test_neighbours(void **state)
{
	static const struct {
		const char *capture;
		unsigned nth;
		uint8_t own, other;
		uint32_t other_count;
	} want[] = {
		{ "merge2v1_link2-3.pcap", 0, 218, 144, 1 },
		{ "merge2v2_link3-4.pcap", 1, 79, 238, 2 },
		{ "gnode_rehook_fixed_link1-2.pcap", 1, 200, 94, 0 },
	};
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	size_t i, len, n;

	for (i = 0; i < 3; i++) {
		const struct corpus_packet *cp =
		    ext_of(state, want[i].capture, want[i].nth);
		uint8_t *body = ntk_unpack(&cp->ntk, &len);
		struct rd r = rd_of(body, len);
		unsigned known = 0;

		assert_true(ntk_ext_map_parse(&r, cp->ntk.wire, map));
		for (n = 0; n < NTK_GIDS; n++)
			known += map->at[1][n].known;
		assert_int_equal(known, 2);
		assert_true(map->at[1][want[i].own].ours);
		assert_true(map->at[1][want[i].other].known);
		assert_true(map->at[1][want[i].other].neighbour);
		assert_int_equal(
		    map->at[1][want[i].other].gcount, want[i].other_count);
		free(body);
	}
	free(map);
}

/* One that knows 94 no more, and one whose own gnode is void: both real. */
static void
test_forgotten(void **state)
{
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	const struct corpus_packet *cp =
	    ext_of(state, "gnode_rehook_fixed_link2-3.pcap", 1);
	uint8_t *body;
	size_t len;
	struct rd r;

	body = ntk_unpack(&cp->ntk, &len);
	r = rd_of(body, len);
	assert_true(ntk_ext_map_parse(&r, cp->ntk.wire, map));
	assert_false(map->at[1][94].known);
	assert_true(map->at[1][200].known);
	free(body);
	cp = ext_of(state, "merge2v2_link3-4.pcap", 2);
	body = ntk_unpack(&cp->ntk, &len);
	r = rd_of(body, len);
	assert_true(ntk_ext_map_parse(&r, cp->ntk.wire, map));
	assert_false(map->at[1][79].known);
	assert_true(map->at[1][238].known);
	free(body);
	free(map);
}

/* Two ways to 201, by 200 and by 7; one of 7, a neighbour, by ourselves. */
static void
test_gateways(void **state)
{
	static const enum ntk_wire wires[] = { NTK_WIRE_32, NTK_WIRE_64 };
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	uint8_t *p = xmalloc(NTK_MAP_MAX);
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct wr w = wr_of(p, NTK_MAP_MAX), at;
		size_t head = wires[i] == NTK_WIRE_64 ? 529 : 457;
		size_t size = wires[i] == NTK_WIRE_64 ? 8 : 4;
		uint32_t step = wires[i] == NTK_WIRE_64 ? 32 : 24;
		struct rd r;

		ntk_ext_map_write(&w, wires[i], 0x0a050607, 1);
		at = wr_of(p + head + 14 * (256 + 7), 14);
		wr_be16(&at, 0x60);
		wr_be32(&at, 0);
		wr_be16(&at, 1);
		wr_zeros(&at, 6);
		at = wr_of(p + head + 14 * (256 + 201), 14);
		wr_be16(&at, 0x20);
		wr_be32(&at, 0);
		wr_be16(&at, 3);
		wr_zeros(&at, 2);
		wr_be32(&at, 9);
		at = wr_of(p + head - size * 17 + size, 4); /* of level 2 */
		wr_be32(&at, 32);
		wr_be32(&w, 5 * step);
		wr_be32(&w, 10);
		wr_be32(&w, 200 * step);
		wr_be32(&w, 20);
		wr_be32(&w, 7 * step);
		wr_be32(&w, 30);
		wr_be32(&w, 0x9ff434b1); /* a pointer */
		wr_be32(&w, 40);
		r = rd_of(p, w.len);
		assert_true(ntk_ext_map_parse(&r, wires[i], map));
		assert_int_equal(map->at[1][7].n_gateways, 0);
		assert_true(map->at[1][7].neighbour);
		assert_int_equal(map->at[1][201].n_gateways, 2);
		assert_int_equal(map->at[1][201].gateway[0], 200);
		assert_int_equal(map->at[1][201].gateway[1], 7);
		assert_int_equal(map->at[1][201].gcount, 9);
		check_cuts(p, w.len, wires[i], parse_ext);
	}
	free(p);
	free(map);
}

static bool
parse_int(struct rd *r, enum ntk_wire wire)
{
	struct ntk_int_map map;

	return ntk_int_map_parse(r, wire, &map);
}

/* How many nodes there are in each, as the corpus tells of these networks. */
static void
check_known(const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	struct ntk_int_map map;
	struct rd r = rd_of(body, len);
	size_t known = 0, ways, i;

	assert_true(ntk_int_map_parse(&r, cp->ntk.wire, &map));
	assert_true(map.known[map.gid]);
	assert_int_equal(map.gid, body[0]);
	for (i = 0; i < NTK_GIDS; i++)
		known += map.known[i];
	ways = (len - (cp->ntk.wire == NTK_WIRE_64 ? 17 : 9) - 2048) / 8;
	if (ways == 0)
		assert_int_equal(known, 1);
	else if (ways == 2) /* two neighbours, each a way to the other */
		assert_int_equal(known, 2);
	else
		assert_in_range(known, 2, 3);
	check_cuts(body, len, cp->ntk.wire, parse_int);
}

static void
check_int(const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	size_t lone = cp->ntk.wire == NTK_WIRE_64 ? 17 + 2048 : 9 + 2048;
	uint8_t *out = xmalloc(NTK_MAP_MAX);
	struct wr w = wr_of(out, NTK_MAP_MAX);

	ntk_int_map_write(&w, cp->ntk.wire, body[0]);
	assert_int_equal(w.len, lone);
	if (len == lone)
		assert_memory_equal(out, body, len);
	else
		assert_false(by_program(cp));
	free(out);
}

static void
check_bnode(const struct corpus_packet *cp, const uint8_t *body, size_t len)
{
	uint8_t out[64];
	struct wr w = wr_of(out, sizeof(out));

	ntk_bnode_map_write(&w, cp->ntk.wire);
	assert_int_equal(w.len, cp->ntk.wire == NTK_WIRE_64 ? 60 : 32);
	if (len == w.len)
		assert_memory_equal(out, body, len);
	else
		assert_false(by_program(cp));
}

static void
test_other_maps(void **state)
{
	assert_int_equal(each(state, NTK_PUT_INT_MAP, check_int), 25);
	each(state, NTK_PUT_INT_MAP, check_known);
	assert_int_equal(each(state, NTK_PUT_BNODE_MAP, check_bnode), 24);
}

/* Packets without a body are all alike. */
static void
test_plain(void **state)
{
	struct files *f = *state;
	uint8_t out[NTK_SMALL];
	size_t i, k, n, compared = 0;

	for (k = 0; k < 2; k++)
		for (i = 0; i < f->c[k].n; i++) {
			const struct ntk_packet *p = &f->c[k].pkt[i].ntk;

			if (p->body_len > 0)
				continue;
			n = ntk_write_plain(
			    p->wire, p->op, p->flags, p->id, out);
			assert_int_equal(n, f->c[k].pkt[i].len);
			assert_memory_equal(out, f->c[k].pkt[i].bytes, n);
			compared++;
		}
	assert_in_range(compared, 60, 200);
	n = ntk_write_error(
	    NTK_WIRE_32, NTK_HOOKING, 7, NTK_ERR_GNODE_FULL, out);
	assert_int_equal(n, 18);
	assert_memory_equal(out, "ntk\0\0\0\7\4\x2f\0\0\0\1\0\0\0\0\3", 18);
}

/* Cut out of a stream byte by byte, in both widths. */
static void
test_cut(void **state)
{
	struct files *f = *state;
	size_t i, k, n, len, step;

	for (k = 0; k < 2; k++)
		for (i = 0; i < f->c[k].n; i++) {
			const struct corpus_packet *cp = &f->c[k].pkt[i];

			step = cp->len > 500 ? 51 : 1;
			for (n = 0; n < cp->len; n += step)
				assert_int_equal(
				    ntk_cut(cp->bytes, n, cp->ntk.wire, &len),
				    NTK_CUT_MORE);
			assert_int_equal(
			    ntk_cut(cp->bytes, cp->len, cp->ntk.wire, &len),
			    NTK_CUT_WHOLE);
			assert_int_equal(len, cp->len);
		}
	assert_int_equal(ntk_cut((const uint8_t *)"nx", 2, NTK_WIRE_32, &len),
	    NTK_CUT_BROKEN);
	assert_int_equal(
	    ntk_cut((const uint8_t *)"ntk\0\0\0\1\0\0\0\1\0\1\0\0\0\0", 17,
		NTK_WIRE_32, &len),
	    NTK_CUT_BROKEN);
	assert_int_equal(
	    ntk_cut((const uint8_t *)"ntk\0\0\0\1\0\0\0\0\0\0\0\0\1\0\0\0\0\0"
				     "\0\0\0\0",
		25, NTK_WIRE_64, &len),
	    NTK_CUT_BROKEN);
}

/* Damaged zlib, wrong length: refused, never more than was promised. */
static void
test_damaged(void **state)
{
	const struct corpus_packet *cp =
	    ext_of(state, "merge2v2_link3-4.pcap", 1);
	struct ntk_packet p = cp->ntk;
	uint8_t *copy = xmalloc(p.body_len), *got, *body;
	struct rng rng = rng_seeded(18);
	size_t len;
	unsigned i;

	body = ntk_unpack(&p, &len);
	p.unpacked--;
	assert_null(ntk_unpack(&p, &len));
	p.unpacked += 2;
	assert_null(ntk_unpack(&p, &len));
	p.unpacked = 0;
	assert_null(ntk_unpack(&p, &len));
	p = cp->ntk;
	p.body_len--;
	assert_null(ntk_unpack(&p, &len));
	p = cp->ntk;
	p.body = copy;
	for (i = 0; i < 2000; i++) {
		memcpy(copy, cp->ntk.body, p.body_len);
		copy[rng_below(&rng, p.body_len)] ^=
		    (uint8_t)(1 + rng_below(&rng, 255));
		/* zlib has a checksum; not every bit of its head counts. */
		got = ntk_unpack(&p, &len);
		if (got != NULL)
			assert_memory_equal(got, body, len);
		free(got);
	}
	free(body);
	free(copy);
}

static void
test_random(void **state)
{
	const struct corpus_packet *cp =
	    ext_of(state, "merge2v2_link3-4.pcap", 1);
	struct ntk_ext_map *map = xmalloc(sizeof(*map));
	struct rng rng = rng_seeded(19);
	uint8_t *body, *copy;
	size_t len;
	unsigned i, n;

	body = ntk_unpack(&cp->ntk, &len);
	copy = xmalloc(len);
	for (i = 0; i < 3000; i++) {
		struct rd r = rd_of(copy, len);

		memcpy(copy, body, len);
		for (n = 0; n < 5; n++)
			copy[rng_below(&rng, len)] = (uint8_t)rng_next(&rng);
		if (ntk_ext_map_parse(&r, cp->ntk.wire, map))
			assert_true(map->at[1][0].n_gateways <= NTK_GATEWAYS);
	}
	free(copy);
	free(body);
	free(map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_nodes),
		cmocka_unit_test(test_qspn_round),
		cmocka_unit_test(test_ext_map),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_other_maps),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
