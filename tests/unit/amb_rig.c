#include "tests/unit/amb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "base/xmem.h"

static struct rig_event *
note(void *arg, enum rig_kind kind, uint32_t a, uint32_t b, const void *p,
    size_t len)
{
	struct rig *r = arg;
	struct rig_event *e;

	if (r->n == r->max) {
		r->max = r->max * 2 + 64;
		r->ev = xreallocarray(r->ev, r->max, sizeof(*r->ev));
	}
	e = &r->ev[r->n++];
	*e = (struct rig_event){
		.kind = kind, .at = r->now, .a = a, .b = b, .len = len
	};
	if (len > 0) {
		e->p = xmalloc(len);
		memcpy(e->p, p, len);
	}
	return e;
}

static void
on_add(void *arg, uint32_t ip)
{
	note(arg, RIG_ADD, ip, 0, NULL, 0);
}

static void
on_del(void *arg, uint32_t ip)
{
	note(arg, RIG_DEL, ip, 0, NULL, 0);
}

static void
on_route(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	note(arg, RIG_ROUTE, peer, (uint32_t)n, p, n * sizeof(*p));
}

static void
on_udp(void *arg, uint32_t from, uint32_t to, const uint8_t *p, size_t len)
{
	note(arg, RIG_UDP, from, to, p, len);
}

static void
on_connect(void *arg, uint32_t conn, uint32_t from, uint32_t to)
{
	struct rig *r = arg;

	assert_int_equal(to, r->ip);
	note(arg, RIG_CONNECT, conn, from, NULL, 0);
}

static void
on_send(void *arg, uint32_t conn, const uint8_t *p, size_t len)
{
	note(arg, RIG_SEND, conn, 0, p, len);
}

static void
on_close(void *arg, uint32_t conn)
{
	note(arg, RIG_CLOSE, conn, 0, NULL, 0);
}

static void
on_pkt(void *arg, const uint8_t *key, size_t key_len, const uint8_t *body,
    size_t len)
{
	struct rig_event *e = note(arg, RIG_PKT, 0, 0, body, len);

	assert_int_equal(key_len, NTK_KEY_LEN);
	memcpy(e->key, key, key_len);
}

static void
on_desc(void *arg, const struct netdesc *d)
{
	if (d != NULL)
		assert_null(netdesc_check(d, NETDESC_MESH));
	note(arg, RIG_DESC, 0, 0, d, d == NULL ? 0 : sizeof(*d));
}

static void
on_done(void *arg, uint32_t id)
{
	note(arg, RIG_DONE, id, 0, NULL, 0);
}

static void
on_failed(void *arg, uint32_t id, enum amb_why why)
{
	note(arg, RIG_FAILED, id, why, NULL, 0);
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct rig *r = arg;

	rng_fill(&r->rng, p, len);
	if (r->say_random != 0 && len == 4) {
		memcpy(p, &r->say_random, len);
		r->say_random = 0;
	}
}

void
rig_init(struct rig *r, enum ntk_wire cfg, enum ntk_wire spoken)
{
	struct amb_config config = { .wire = cfg, .class = NETDESC_10 };
	struct amb_io io = { .arg = r,
		.identity_add = on_add,
		.identity_del = on_del,
		.route_set = on_route,
		.udp_send = on_udp,
		.tcp_connect = on_connect,
		.tcp_send = on_send,
		.tcp_close = on_close,
		.mesh_pkt = on_pkt,
		.mesh_netdesc = on_desc,
		.rehook_done = on_done,
		.rehook_failed = on_failed,
		.random = on_random };

	*r = (struct rig){ .now = { 1000 * (uint64_t)MONO_SEC },
		.rng = { 7 },
		.wire = spoken,
		.gcount = 1,
		.qspn_id = 4 };
	r->amb = amb_new(&config, &io);
	amb_mesh_up(r->amb, r->now);
}

void
rig_fini(struct rig *r)
{
	size_t i;

	amb_free(r->amb);
	for (i = 0; i < r->n; i++)
		free(r->ev[i].p);
	free(r->ev);
	free(r->map);
}

static void
answer(struct rig *r, uint32_t conn, uint8_t op, uint32_t id, const uint8_t *p,
    size_t len)
{
	uint8_t *out = xmalloc(NTK_PACKET_MAX);
	struct wr w = wr_of(out, NTK_PACKET_MAX);
	struct ntk_head head = {
		.id = id + r->wrong_id, .op = op, .size = len
	};

	ntk_put_head(&w, r->wire, &head);
	wr_bytes(&w, p, len);
	amb_tcp(r->amb, conn, out, w.len, r->now);
	free(out);
}

static void
answer_round(struct rig *r, uint32_t conn, uint32_t id)
{
	uint8_t body[256];
	struct wr w = wr_of(body, sizeof(body));
	struct ntk_qspn_round q = { .id = { 0, 0, r->qspn_id, 0 } };
	unsigned i;

	for (i = 0; i < NTK_COUNTS; i++)
		q.gcount[i] = r->gcount + r->believed;
	ntk_qspn_round_write(&w, r->wire, &q);
	answer(r, conn, NTK_PUT_QSPN_ROUND, id, body, w.len);
}

static void
answer_map(struct rig *r, uint32_t conn, uint32_t id)
{
	uint8_t *body = xmalloc(NTK_MAP_MAX);
	struct wr w = wr_of(body, NTK_MAP_MAX);

	ntk_ext_map_write(&w, r->wire, r->ip, 1);
	if (r->map != NULL)
		answer(r, conn, NTK_PUT_EXT_MAP, id, r->map, r->map_len);
	else
		answer(r, conn, NTK_PUT_EXT_MAP, id, body, w.len);
	free(body);
}

static void
answer_near(struct rig *r, uint32_t conn, uint32_t id)
{
	uint8_t *body = xmalloc(NTK_MAP_MAX);
	struct wr w = wr_of(body, NTK_MAP_MAX), at;
	uint32_t i, head = r->wire == NTK_WIRE_64 ? 17 : 9;

	ntk_int_map_write(&w, r->wire, ntk_gid(r->ip, 0));
	for (i = 1; i < r->gcount; i++) { /* beside it, each by one way */
		at = wr_of(
		    body + head + 8 * (uint8_t)(ntk_gid(r->ip, 0) + i), 8);
		wr_be16(&at, 0x40);
		wr_be32(&at, 0);
		wr_be16(&at, 1);
		wr_zeros(&w, 8);
	}
	at = wr_of(body + (head - 1) / 2 + 1, 4);
	wr_be32(&at, 8 * (r->gcount - 1));
	answer(r, conn, NTK_PUT_INT_MAP, id, body, w.len);
	free(body);
}

static bool
is_asked(const struct rig *r, uint32_t conn)
{
	size_t i;

	for (i = 0; i < 8; i++)
		if (r->asked[i] == conn)
			return true;
	return false;
}

/* e may have moved when this calls in. */
static void
serve_one(struct rig *r, struct rig_event *e)
{
	uint32_t conn = e->a;
	struct ntk_packet p;
	const char *field;

	if (e->taken)
		return;
	if (e->kind == RIG_CONNECT && e->b == 0) {
		e->taken = true;
		memmove(&r->asked[1], r->asked, 7 * sizeof(r->asked[0]));
		r->asked[0] = conn;
		amb_connected(r->amb, conn, r->now);
		if (!r->deaf)
			answer(r, conn, NTK_ACK_AFFERMATIVE, 9, NULL, 0);
		return;
	}
	if ((e->kind != RIG_SEND && e->kind != RIG_CLOSE) || !is_asked(r, conn))
		return;
	e->taken = true;
	if (e->kind == RIG_CLOSE)
		return;
	assert_true(ntk_parse(e->p, e->len, &p, &field));
	if (p.op == NTK_GET_QSPN_ROUND)
		answer_round(r, conn, p.id);
	else if (p.op == NTK_GET_EXT_MAP)
		answer_map(r, conn, p.id);
	else if (p.op != NTK_GET_INT_MAP)
		fail_msg("ntkd was asked op %u", p.op);
	else if (!r->no_near)
		answer_near(r, conn, p.id);
}

void
rig_serve(struct rig *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		serve_one(r, &r->ev[i]); /* the array may grow and move */
}

void
rig_pass(struct rig *r, uint64_t us)
{
	struct mono end = mono_add(r->now, us), at;
	unsigned n = 0;

	rig_serve(r);
	while (at = amb_deadline(r->amb), at.us <= end.us) {
		if (mono_before(r->now, at)) {
			r->now = at;
			n = 0;
		}
		if (++n > 100)
			fail_msg("a deadline that nothing meets");
		amb_tick(r->amb, r->now);
		rig_serve(r);
	}
	r->now = end;
}

struct rig_event *
rig_take(struct rig *r, enum rig_kind kind, uint32_t a)
{
	size_t i;

	rig_serve(r);
	for (i = 0; i < r->n; i++)
		if (!r->ev[i].taken && r->ev[i].kind == kind &&
		    (a == 0 || r->ev[i].a == a)) {
			r->ev[i].taken = true;
			return &r->ev[i];
		}
	return NULL;
}

void
rig_take_all(struct rig *r, enum rig_kind kind)
{
	while (rig_take(r, kind, 0) != NULL)
		;
}

void
rig_echo(struct rig *r, uint32_t from, uint32_t id, uint8_t flags)
{
	uint8_t p[NTK_SMALL];
	size_t n = ntk_write_plain(r->wire, NTK_ECHO_ME, flags, id, p);

	amb_udp(r->amb, from, 0, p, n, r->now);
	rig_serve(r);
}

void
rig_home(struct rig *r, uint32_t ip)
{
	r->ip = ip;
	amb_ntkd_addr(r->amb, ip, r->now);
	rig_echo(r, ip, (uint32_t)rng_next(&r->rng), NTK_RESTRICTED);
	rig_pass(r, 10 * MONO_MS);
}

void
rig_rounds(struct rig *r)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		rig_echo(r, r->ip, (uint32_t)rng_next(&r->rng), NTK_RESTRICTED);
		rig_pass(r, i == 0 ? 5 * (uint64_t)MONO_SEC : MONO_SEC);
	}
	rig_take_all(r, RIG_UDP);
}

struct claim
rig_claim(uint8_t a, uint8_t b)
{
	return (struct claim){ .level = 2, .gid = { 0, 0, b, a } };
}

void
rig_peer(
    struct rig *r, uint32_t peer, uint32_t ip, const uint8_t *gids, unsigned n)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct claim c[NETDESC_CLAIMS];
	uint16_t gid[NETDESC_LEVELS] = { 0 };
	unsigned i;

	for (i = 0; i < n; i++)
		c[i] = rig_claim(10, gids[i]);
	for (i = 0; i < NTK_LEVELS; i++)
		gid[i] = ntk_gid(ip, i);
	amb_route(r->amb, peer, &topo, gid, c, n, r->now);
	rig_serve(r);
}

void
rig_peer1(struct rig *r, uint32_t peer, uint32_t ip)
{
	uint8_t gid = ntk_gid(ip, 2);

	rig_peer(r, peer, ip, &gid, 1);
}

uint32_t
rig_connect(struct rig *r, uint32_t to, uint32_t from)
{
	uint32_t conn = amb_accepted(r->amb, to, from, r->now);
	struct rig_event *e;
	struct ntk_packet p;
	const char *field;

	assert_int_not_equal(conn, 0);
	e = rig_take(r, RIG_SEND, conn);
	assert_non_null(e);
	assert_true(ntk_parse(e->p, e->len, &p, &field));
	assert_int_equal(p.op, NTK_ACK_AFFERMATIVE);
	assert_int_equal(p.wire, r->wire);
	return conn;
}

void
rig_greet(struct rig *r, uint32_t conn)
{
	amb_connected(r->amb, conn, r->now);
	answer(r, conn, NTK_ACK_AFFERMATIVE, 9, NULL, 0);
	rig_serve(r);
}

static const enum ntk_wire wires[] = { NTK_WIRE_32, NTK_WIRE_64 };

/* Both widths, found out by the radar. */
void
rig_both(void (*test)(struct rig *r))
{
	size_t i;

	for (i = 0; i < 2; i++) {
		struct rig r;

		rig_init(&r, 0, wires[i]);
		test(&r);
		rig_fini(&r);
	}
}

struct ntk_packet
rig_parsed(const struct rig_event *e)
{
	struct ntk_packet p;
	const char *field;

	assert_non_null(e);
	assert_true(ntk_parse(e->p, e->len, &p, &field));
	return p;
}

struct netdesc
rig_told(struct rig *r)
{
	struct rig_event *e = rig_take(r, RIG_DESC, 0), *next;

	assert_non_null(e);
	while ((next = rig_take(r, RIG_DESC, 0)) != NULL)
		e = next;
	assert_int_equal(e->len, sizeof(struct netdesc));
	return *(struct netdesc *)(void *)e->p;
}

struct ntk_flood_out
rig_flood(uint8_t op, uint32_t id, unsigned level, uint8_t gid,
    const struct rig_hop *hop, unsigned hops)
{
	struct ntk_flood_out f = { .op = op,
		.pkt_flags = NTK_FLOODED,
		.id = id,
		.flood = { .gid = gid,
		    .level = (uint8_t)level,
		    .gttl = 255,
		    .sub_id = hop[0].gid,
		    .flags = NTK_FLOOD_TRACER },
		.tracer = { .hops = (uint16_t)hops } };
	unsigned i;

	for (i = 0; i < hops; i++)
		f.chunk[i] = (struct ntk_chunk){ hop[i].gid, hop[i].rtt_ms,
			hop[i].gcount };
	return f;
}

void
rig_say(struct rig *r, uint32_t conn, const struct ntk_flood_out *f)
{
	uint8_t *out = xmalloc(NTK_PACKET_MAX);
	size_t n = ntk_write_flood(f, r->wire, out, NTK_PACKET_MAX);

	assert_true(n > 0);
	amb_tcp(r->amb, conn, out, n, r->now);
	free(out);
	rig_serve(r);
}

void
rig_pkt(struct rig *r, uint32_t peer, const struct ntk_flood_out *f)
{
	uint8_t *out = xmalloc(AMB_BODY_MAX);
	struct wr w = wr_of(out, AMB_BODY_MAX);

	wr_u8(&w, f->op);
	wr_be32(&w, f->id);
	wr_u8(&w, f->pkt_flags);
	assert_true(ntk_put_flood(&w, NTK_WIRE_32, f));
	amb_pkt(r->amb, peer, out, w.len, r->now);
	free(out);
	rig_serve(r);
}

/* The line of an identity to ntkd, greeted. */
uint32_t
rig_line(struct rig *r, uint32_t ip)
{
	struct rig_event *e;
	uint32_t conn;

	while ((e = rig_take(r, RIG_CONNECT, 0)) != NULL) {
		conn = e->a;
		if (e->b != ip)
			continue;
		rig_greet(r, conn);
		return conn;
	}
	return 0;
}

struct ntk_flood_out
rig_spoken(struct rig *r, uint32_t conn)
{
	struct rig_event *e = rig_take(r, RIG_SEND, conn);
	struct ntk_packet p = rig_parsed(e);
	struct ntk_flood_out f;

	assert_true(p.has_flood);
	assert_int_equal(p.order, NTK_BIG);
	assert_int_equal(p.wire, r->wire);
	ntk_flood_of(&p, &f);
	return f;
}
