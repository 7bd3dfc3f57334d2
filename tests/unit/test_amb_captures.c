/*
 * The ambassador in the place of the program that stood beside the real ntkd:
 * ntkd's packets are those that were recorded, in their order, and what it
 * answers is compared with what that program answered. What may differ is named
 * in a table; every other byte must be equal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/xmem.h"
#include "ntkd-shim/corpus.h"
#include "tests/unit/amb_rig.h"

#define HOOKS SRCDIR "/tests/data/ntkd_hooks.tsv"
#define RADAR_US (5 * (uint64_t)MONO_SEC)

struct end {
	uint32_t ip;
	uint16_t port;
};

struct line {
	unsigned n;
	double at;
	bool udp;
	struct end src, dst;
	uint8_t *p;
	size_t len;
	struct ntk_packet ntk;
};

/* A connection of the capture that ntkd made. */
struct link {
	struct end far;
	uint32_t conn;
};

struct play {
	struct rig r;
	const char *capture;
	struct line line[64];
	size_t n;
	double at;	  /* seconds of the capture */
	uint32_t program; /* address of the program that was there */
	/* An address of ntkd, and that by which it goes here: see below. */
	uint32_t was, is;
	struct link link[16];
	size_t n_links;
	unsigned compared[256]; /* by op */
};

static uint32_t
ip_of(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, 0, &a));
	return (uint32_t)a.ip[12] << 24 | (uint32_t)a.ip[13] << 16 |
	    (uint32_t)a.ip[14] << 8 | a.ip[15];
}

static struct end
end_of(const struct play *pl, const char *s)
{
	struct addr a;
	struct end e;

	assert_true(addr_parse(s, 0, &a));
	e.port = a.port;
	e.ip = (uint32_t)a.ip[12] << 24 | (uint32_t)a.ip[13] << 16 |
	    (uint32_t)a.ip[14] << 8 | a.ip[15];
	if (e.ip == pl->was)
		e.ip = pl->is;
	return e;
}

static uint8_t *
bytes_of(const char *hex, size_t *ret_len)
{
	uint8_t *p = xmalloc(strlen(hex) / 2);
	unsigned v;
	size_t i;

	*ret_len = strlen(hex) / 2;
	for (i = 0; i < *ret_len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		p[i] = (uint8_t)v;
	}
	return p;
}

static void
take_line(struct play *pl, unsigned n, char **f)
{
	struct line *l = &pl->line[pl->n++];
	const char *field;

	assert_in_range(pl->n, 1, 64);
	l->n = n;
	l->at = strtod(f[1], NULL);
	l->udp = strcmp(f[2], "udp") == 0;
	l->src = end_of(pl, f[3]);
	l->dst = end_of(pl, f[4]);
	l->p = bytes_of(f[12], &l->len);
	assert_true(ntk_parse(l->p, l->len, &l->ntk, &field));
}

static void
load(struct play *pl)
{
	FILE *file = fopen(HOOKS, "r");
	char *line = NULL, *f[14], *rest;
	size_t max = 0, i;
	unsigned n;

	assert_non_null(file);
	for (n = 1; getline(&line, &max, file) >= 0; n++) {
		rest = line;
		for (i = 0; i < 14; i++)
			f[i] = strsep(&rest, "\t");
		if (strcmp(f[0], pl->capture) == 0)
			take_line(pl, n, f);
	}
	assert_true(pl->n > 0);
	free(line);
	fclose(file);
}

static void
play_init(struct play *pl, const char *capture, const char *program)
{
	pl->capture = capture;
	pl->program = ip_of(program);
	load(pl);
	rig_init(&pl->r, 0, NTK_WIRE_32);
}

static void
play_fini(struct play *pl)
{
	size_t i;

	for (i = 0; i < pl->n; i++)
		free(pl->line[i].p);
	rig_fini(&pl->r);
	free(pl);
}

static bool
is_hooking(uint32_t ip)
{
	return ip >> 8 == 0x0a0000;
}

/* ntkd's address watch, as its packets show it. */
static void
watch(struct play *pl, uint32_t ip)
{
	if (!is_hooking(ip))
		pl->r.ip = ip;
	amb_ntkd_addr(pl->r.amb, ip, pl->r.now);
	rig_serve(&pl->r);
}

/*
 * The capture keeps of each burst of the radar two, and of most rounds none:
 * they came every 5 s all the same. A hooking ntkd sends none of that kind.
 */
static void
until(struct play *pl, double at)
{
	uint64_t us = (uint64_t)((at - pl->at) * 1e6);

	while (us > 0) {
		uint64_t step = us < RADAR_US ? us : RADAR_US;

		rig_pass(&pl->r, step);
		if (step == RADAR_US && pl->r.ip != 0)
			rig_echo(&pl->r, pl->r.ip,
			    (uint32_t)rng_next(&pl->r.rng), NTK_RESTRICTED);
		us -= step;
	}
	pl->at = at;
}

/* --- what may differ from the program's answer --- */

static const struct {
	const char *capture; /* NULL: every one */
	uint8_t op;
	size_t off, len; /* bytes of the packet */
	const char *why;
} differs[] = {
	{ NULL, NTK_ACK_AFFERMATIVE, 3, 4, "a random id" },
	{ NULL, NTK_QSPN_CLOSE, 32, 4,
	    "rtt: the program said 7 ms, the temporary identity is here" },
	{ "ambassador_dictate.pcap", NTK_PUT_QSPN_ROUND, 66, 64,
	    "counts: the program said 1, a rehook says more than ntkd has" },
	{ "ambassador_rehook.pcap", NTK_PUT_QSPN_ROUND, 66, 64,
	    "counts: the program said 1 there, and 50 before" },
	{ "gnode_rehook_vp1.pcap", NTK_PUT_FREE_NODES, 36, 1,
	    "how many are free: the program offered 160" },
	{ "gnode_rehook_vp1.pcap", NTK_PUT_FREE_NODES, 41, 32,
	    "which ones: 72 to 231" },
	{ "gnode_rehook_fixed_vp1.pcap", NTK_PUT_FREE_NODES, 36, 1,
	    "as above" },
	{ "gnode_rehook_fixed_vp1.pcap", NTK_PUT_FREE_NODES, 41, 32,
	    "as above" },
	{ "introspect.pcap", NTK_GET_QSPN_ROUND, 3, 4, "a random id" },
	{ "introspect.pcap", NTK_GET_EXT_MAP, 3, 4, "a random id" },
	{ "introspect.pcap", NTK_GET_INT_MAP, 3, 4, "a random id" },
};

static void
compare(struct play *pl, const struct line *l, const struct rig_event *e)
{
	uint8_t *want;
	size_t i;

	if (e == NULL)
		fail_msg("line %u: nothing was sent", l->n);
	want = xmalloc(l->len);
	memcpy(want, l->p, l->len);
	assert_int_equal(e->len, l->len);
	for (i = 0; i < sizeof(differs) / sizeof(differs[0]); i++)
		if (differs[i].op == l->ntk.op &&
		    (differs[i].capture == NULL ||
			strcmp(differs[i].capture, pl->capture) == 0))
			memcpy(want + differs[i].off, e->p + differs[i].off,
			    differs[i].len);
	assert_memory_equal(e->p, want, l->len);
	free(want);
	pl->compared[l->ntk.op]++;
}

/* --- playing --- */

static struct link *
link_of(struct play *pl, struct end far)
{
	size_t i;

	for (i = 0; i < pl->n_links; i++)
		if (pl->link[i].far.ip == far.ip &&
		    pl->link[i].far.port == far.port)
			return &pl->link[i];
	return NULL;
}

/* The identity the program stood for is one of ours now. */
static bool
stands(const struct play *pl)
{
	const struct rig *r = &pl->r;
	bool there = false;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->ev[i].a == pl->program &&
		    (r->ev[i].kind == RIG_ADD || r->ev[i].kind == RIG_DEL))
			there = r->ev[i].kind == RIG_ADD;
	return there;
}

/* What ntkd sent. */
static void
play_theirs(struct play *pl, const struct line *l)
{
	struct link *k;

	if (l->udp) {
		watch(pl, l->src.ip);
		amb_udp(pl->r.amb, l->src.ip, 0, l->p, l->len, pl->r.now);
		rig_serve(&pl->r);
		return;
	}
	k = link_of(pl, l->src);
	if (l->dst.port != AMB_PORT || k == NULL)
		return; /* on our own connections, or to nobody any more */
	amb_tcp(pl->r.amb, k->conn, l->p, l->len, pl->r.now);
	rig_serve(&pl->r);
}

static void
accept_at(struct play *pl, const struct line *l)
{
	struct link *k = &pl->link[pl->n_links++];

	assert_in_range(pl->n_links, 1, 16);
	watch(pl, l->dst.ip);
	k->far = l->dst;
	k->conn = amb_accepted(pl->r.amb, pl->program, l->dst.ip, pl->r.now);
	assert_int_not_equal(k->conn, 0);
}

/* An answer to a packet of the radar that the capture was not kept of. */
static struct rig_event *
take_reply(struct play *pl, const struct line *l)
{
	struct rig_event *e;
	struct ntk_packet p;
	const char *field;

	while ((e = rig_take(&pl->r, RIG_UDP, pl->program)) != NULL) {
		assert_true(ntk_parse(e->p, e->len, &p, &field));
		if (p.id == l->ntk.id)
			return e;
	}
	rig_echo(&pl->r, l->dst.ip, l->ntk.id, l->ntk.flags);
	rig_pass(&pl->r, 1);
	e = rig_take(&pl->r, RIG_UDP, pl->program);
	assert_int_equal(e->b, l->dst.ip);
	return e;
}

/* What the program sent. */
static void
play_ours(struct play *pl, const struct line *l)
{
	struct link *k;

	if (!stands(pl))
		return; /* the program stayed longer than is needed */
	if (l->udp) {
		compare(pl, l, take_reply(pl, l));
		return;
	}
	if (l->src.port != AMB_PORT)
		return; /* on its own connection: afterwards, in order */
	if (l->ntk.op == NTK_ACK_AFFERMATIVE && link_of(pl, l->dst) == NULL)
		accept_at(pl, l);
	k = link_of(pl, l->dst);
	if (k != NULL)
		compare(pl, l, rig_take(&pl->r, RIG_SEND, k->conn));
}

/* Lines to ntkd are greeted as soon as they are there. */
static void
greet_lines(struct play *pl)
{
	struct rig_event *e;

	while ((e = rig_take(&pl->r, RIG_CONNECT, 0)) != NULL) {
		if (e->b == pl->program)
			pl->link[15].conn = e->a;
		rig_greet(&pl->r, e->a);
	}
}

static void
play(struct play *pl, double from, double to)
{
	size_t i;

	for (i = 0; i < pl->n; i++) {
		const struct line *l = &pl->line[i];

		if (l->at < from || l->at >= to)
			continue;
		until(pl, l->at);
		greet_lines(pl);
		if (l->src.ip == pl->program)
			play_ours(pl, l);
		else
			play_theirs(pl, l);
	}
	greet_lines(pl);
}

/* What the program spoke by its own connection, in that order. */
static void
compare_spoken(struct play *pl, uint8_t op)
{
	size_t i;

	for (i = 0; i < pl->n; i++) {
		const struct line *l = &pl->line[i];

		if (l->src.ip == pl->program && !l->udp &&
		    l->src.port != AMB_PORT && l->ntk.op == op)
			compare(pl, l,
			    rig_take(&pl->r, RIG_SEND, pl->link[15].conn));
	}
}

static struct play *
new_play(void)
{
	return xcalloc(1, sizeof(struct play));
}

/* What the program spoke comes as a PKT of the peer, with counts. */
static void
say_spoken(struct play *pl)
{
	struct ntk_flood_out f;
	size_t i;

	for (i = 0; i < pl->n; i++) {
		if (pl->line[i].ntk.op != NTK_TRACER)
			continue;
		ntk_flood_of(&pl->line[i].ntk, &f);
		f.chunk[0].gcount = 9000;
		f.chunk[1].gcount = 12;
		rig_pkt(&pl->r, 1, &f);
	}
}

static void
test_announce(void **state)
{
	static const uint8_t gids[] = { 200, 201, 202 };
	struct play *pl = new_play();
	struct rig_event *e;

	(void)state;
	play_init(pl, "ambassador_announce.pcap", "10.200.1.2");
	play(pl, 0, 10);
	rig_peer(&pl->r, 1, pl->program, gids, 3);
	assert_non_null(rig_take(&pl->r, RIG_ADD, ip_of("10.201.1.2")));
	assert_non_null(rig_take(&pl->r, RIG_ADD, ip_of("10.202.1.2")));
	play(pl, 10, 40);
	say_spoken(pl);
	greet_lines(pl);
	play(pl, 40, 100);
	compare_spoken(pl, NTK_TRACER);
	assert_int_equal(pl->compared[NTK_ECHO_REPLY], 2);
	assert_int_equal(pl->compared[NTK_ACK_AFFERMATIVE], 1);
	assert_int_equal(pl->compared[NTK_TRACER], 2);

	/* ntkd's own flood went out, once. */
	e = rig_take(&pl->r, RIG_PKT, 0);
	assert_non_null(e);
	assert_int_equal(e->p[0], NTK_QSPN_CLOSE);
	assert_null(rig_take(&pl->r, RIG_PKT, 0));
	play_fini(pl);
}

static void
command(struct play *pl, uint8_t from, uint8_t to, uint32_t count)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct claim a = rig_claim(10, from), b = rig_claim(10, to);

	pl->r.say_random = ntk_gid(pl->program, 0) - 1u + 254 * 1000;
	amb_rehook(pl->r.amb, 77, &topo, &a, &b, count, pl->r.now);
	rig_serve(&pl->r);
	assert_true(stands(pl));
}

/* ntkd's first hook, after it was ended and started again to be moved. */
static void
test_dictate(void **state)
{
	struct play *pl = new_play();

	(void)state;
	play_init(pl, "ambassador_dictate.pcap", "10.77.5.1");
	rig_home(&pl->r, ip_of("10.9.5.42"));
	rig_pass(&pl->r, 6 * (uint64_t)MONO_SEC);
	command(pl, 9, 77, 1);
	rig_pass(&pl->r, 100);
	pl->r.ip = 0;
	amb_ntkd_gone(pl->r.amb, pl->r.now);
	assert_true(amb_rehooking(pl->r.amb));
	play(pl, 0, 30);
	assert_non_null(rig_take(&pl->r, RIG_DONE, 77));
	assert_null(rig_take(&pl->r, RIG_FAILED, 0));
	assert_int_equal(pl->compared[NTK_ECHO_REPLY], 2);
	assert_int_equal(pl->compared[NTK_ACK_AFFERMATIVE], 3);
	assert_int_equal(pl->compared[NTK_PUT_FREE_NODES], 1);
	assert_int_equal(pl->compared[NTK_PUT_QSPN_ROUND], 1);
	assert_int_equal(pl->compared[NTK_PUT_EXT_MAP], 1);
	assert_int_equal(pl->compared[NTK_PUT_INT_MAP], 1);
	assert_int_equal(pl->compared[NTK_PUT_BNODE_MAP], 1);
	play_fini(pl);
}

static const struct rig_event *
last_desc(struct rig *r)
{
	const struct rig_event *e = NULL;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->ev[i].kind == RIG_DESC)
			e = &r->ev[i];
	assert_non_null(e);
	return e;
}

static void
check_moved(struct play *pl, const char *to)
{
	const struct netdesc *d;
	unsigned k;

	rig_pass(&pl->r, 10 * (uint64_t)MONO_SEC);
	assert_non_null(rig_take(&pl->r, RIG_DONE, 77));
	assert_null(rig_take(&pl->r, RIG_FAILED, 0));
	d = (const struct netdesc *)(void *)last_desc(&pl->r)->p;
	for (k = 0; k < NTK_LEVELS; k++)
		assert_int_equal(d->gid[k], ntk_gid(ip_of(to), k));
	assert_int_equal(d->n_claims, 1);
	assert_int_equal(d->claim[0].gid[2], ntk_gid(ip_of(to), 2));
	assert_int_equal(pl->compared[NTK_QSPN_CLOSE], 1);
	assert_int_equal(pl->compared[NTK_PUT_FREE_NODES], 1);
	assert_int_equal(pl->compared[NTK_PUT_QSPN_ROUND], 1);
	assert_int_equal(pl->compared[NTK_PUT_EXT_MAP], 1);
	assert_int_equal(pl->compared[NTK_PUT_INT_MAP], 1);
	assert_int_equal(pl->compared[NTK_PUT_BNODE_MAP], 1);
	rig_pass(&pl->r, 60 * (uint64_t)MONO_SEC);
	assert_false(stands(pl));
}

/*
 * The program offered addresses of its own choice. We offer ntkd's own lower
 * bytes, so that it goes here by those that it was offered then.
 */
struct move {
	const char *capture, *was, *is, *to;
	double told; /* the command */
	uint8_t from;
	uint32_t nodes; /* in ntkd's gnode */
	uint32_t count; /* one less than the program claimed */
	unsigned accepted;
	uint8_t floods[4]; /* handed over, by op */
};

static const struct move moves[] = {
	{ "ambassador_rehook.pcap", "10.241.104.108", "10.241.1.43",
	    "10.200.1.43", 25, 241, 1, 49, 3, { NTK_QSPN_OPEN } },
	{ "gnode_rehook_vp1.pcap", "10.234.123.1", "10.234.1.80", "10.200.1.80",
	    66, 234, 3, 49, 3, { NTK_QSPN_CLOSE, NTK_QSPN_OPEN } },
	{ "gnode_rehook_fixed_vp1.pcap", "10.94.155.32", "10.94.1.41",
	    "10.200.1.41", 66, 94, 3, 49, 4,
	    { NTK_QSPN_CLOSE, NTK_QSPN_OPEN } },
};

static void
check_move(const struct move *m)
{
	struct play *pl = new_play();
	struct rig_event *e;
	unsigned i;

	pl->was = ip_of(m->was);
	pl->is = ip_of(m->is);
	play_init(pl, m->capture, "10.200.1.2");
	pl->r.gcount = m->nodes;
	rig_peer1(&pl->r, 5, ip_of("10.99.1.2")); /* somebody to tell */
	play(pl, 0, m->told);
	until(pl, m->told);
	command(pl, m->from, 200, m->count);
	play(pl, m->told, 1000);
	compare_spoken(pl, NTK_QSPN_CLOSE);
	assert_int_equal(pl->compared[NTK_ACK_AFFERMATIVE], m->accepted);
	check_moved(pl, m->to);
	for (i = 0; i < 4 && m->floods[i] != 0; i++) {
		e = rig_take(&pl->r, RIG_PKT, 0);
		assert_non_null(e);
		assert_int_equal(e->p[0], m->floods[i]);
	}
	play_fini(pl);
}

static void
test_moves(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		check_move(&moves[i]);
}

/* The recorded answer to one of the program's questions, under our id. */
static void
answer_recorded(struct play *pl, uint32_t conn, uint8_t op, uint32_t id)
{
	size_t i;

	for (i = 0; i < pl->n; i++)
		if (pl->line[i].ntk.op == op &&
		    pl->line[i].dst.ip == pl->program) {
			ntk_set_id(pl->line[i].p, id);
			amb_tcp(pl->r.amb, conn, pl->line[i].p, pl->line[i].len,
			    pl->r.now);
			return;
		}
	fail_msg("no recorded answer %u", op);
}

static const struct line *
question(const struct play *pl, uint8_t op)
{
	size_t i;

	for (i = 0; i < pl->n; i++)
		if (pl->line[i].ntk.op == op)
			return &pl->line[i];
	fail_msg("no recorded question %u", op);
	return NULL;
}

/* A stranger asks a running ntkd; and what must never reach it back. */
static void
test_introspect(void **state)
{
	static const uint8_t ops[] = { NTK_GET_QSPN_ROUND, NTK_GET_EXT_MAP,
		NTK_GET_INT_MAP };
	static const uint8_t puts[] = { NTK_PUT_QSPN_ROUND, NTK_PUT_EXT_MAP,
		NTK_PUT_INT_MAP };
	struct play *pl = new_play();
	struct ntk_packet p;
	struct rig_event *e;
	const struct netdesc *d;
	const struct line *gws;
	const char *field;
	uint32_t conn;
	size_t i;

	(void)state;
	play_init(pl, "introspect.pcap", "10.254.254.1");
	rig_peer1(&pl->r, 1, ip_of("10.7.7.7"));
	pl->r.wire = 0;
	for (i = 0; i < 4; i++) /* the radar alone: ntkd is ours to play */
		amb_udp(pl->r.amb, pl->line[i].src.ip, 0, pl->line[i].p,
		    pl->line[i].len, pl->r.now);
	pl->r.ip = pl->line[3].src.ip;
	amb_ntkd_addr(pl->r.amb, pl->r.ip, pl->r.now);
	e = NULL;
	for (i = 0; i < pl->r.n; i++)
		if (pl->r.ev[i].kind == RIG_CONNECT)
			e = &pl->r.ev[i];
	assert_non_null(e);
	assert_int_equal(e->b, 0); /* by an address that is no identity */
	e->taken = true;
	conn = e->a;
	amb_tcp(pl->r.amb, conn, question(pl, NTK_ACK_AFFERMATIVE)->p, 17,
	    pl->r.now);
	for (i = 0; i < 3; i++) {
		e = rig_take(&pl->r, RIG_SEND, conn);
		compare(pl, question(pl, ops[i]), e);
		assert_true(ntk_parse(e->p, e->len, &p, &field));
		answer_recorded(pl, conn, puts[i], p.id);
	}
	assert_non_null(rig_take(&pl->r, RIG_CLOSE, conn));
	e = rig_take(&pl->r, RIG_DESC, 0);
	assert_non_null(e);
	d = (const struct netdesc *)(void *)e->p;
	assert_int_equal(d->nodes, 2);
	assert_int_equal(d->n_claims, 1);
	assert_int_equal(d->claim[0].level, 2);
	assert_int_equal(d->claim[0].gid[2], 191);
	assert_int_equal(d->gid[0], 15);
	assert_true((d->flags & NETDESC_MOVABLE) != 0);

	pl->r.wire = NTK_WIRE_32;
	conn = rig_connect(&pl->r, ip_of("10.7.7.7"), pl->r.ip);
	gws = question(pl, NTK_GET_INTERNET_GWS);
	amb_tcp(pl->r.amb, conn, gws->p, gws->len, pl->r.now);
	e = rig_take(&pl->r, RIG_SEND, conn);
	assert_non_null(e);
	assert_true(ntk_parse(e->p, e->len, &p, &field));
	assert_int_equal(p.op, NTK_ACK_NEGATIVE);
	assert_int_equal(p.id, gws->ntk.id);
	assert_null(rig_take(&pl->r, RIG_PKT, 0));
	play_fini(pl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announce),
		cmocka_unit_test(test_dictate),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_introspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
