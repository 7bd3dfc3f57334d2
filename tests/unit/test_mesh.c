#include "wire/mesh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/descgen.h"

#define MAX MESH_SMALL_MAX

static const char key_text[] = "0123456789abcdef0123456789abcdef";

static const uint8_t types[] = { MESH_HELLO, MESH_REFUSED, MESH_PKT,
	MESH_PEER_UP, MESH_PEER_DOWN, MESH_PEER_RTT, MESH_PING, MESH_PONG,
	MESH_NETDESC, MESH_REHOOK, MESH_REHOOK_DONE, MESH_REHOOK_FAILED,
	MESH_ROUTE };
#define N_TYPES (sizeof(types) / sizeof(types[0]))

static bool
has_type(unsigned type)
{
	return type != 0 && memchr(types, (int)type, N_TYPES) != NULL;
}

static const struct topology ntk = { 4, NETDESC_10, 4, { 8, 8, 8, 8 } };

/* The types of the negotiation: a gnode at 10.79.0.0/16, another at 10.80. */
static void
sample_neg(struct mesh_rec *r)
{
	static const struct claim c79 = { 2, 0, { 0, 0, 79, 10 } },
				  c80 = { 2, 0, { 0, 0, 80, 10 } };
	static const uint16_t gid[NETDESC_LEVELS] = { 42, 228, 79, 10 };

	switch (r->type) {
	case MESH_NETDESC:
		r->u.netdesc = (struct netdesc){ .topo = ntk,
			.nodes = 300,
			.flags = NETDESC_MOVABLE,
			.n_claims = 1,
			.claim = { c79 } };
		memcpy(r->u.netdesc.gid, gid, sizeof(gid));
		break;
	case MESH_REHOOK:
		r->u.rehook = (struct mesh_rehook){ 7, 301, ntk, c79, c80 };
		break;
	case MESH_REHOOK_DONE:
		r->u.done.id = 7;
		break;
	case MESH_REHOOK_FAILED:
		r->u.failed = (struct mesh_rehook_failed){ 7, "no answer" };
		break;
	case MESH_ROUTE:
		r->u.route = (struct mesh_route){ .peer = 5,
			.n_claims = 2,
			.topo = ntk,
			.claim = { c79, c80 } };
		memcpy(r->u.route.gid, gid, sizeof(gid));
		break;
	default:
		r->u.ping.token = 0xcafef00d;
	}
}

/* One good record of each type, all fields set. */
static struct mesh_rec
sample(uint8_t type)
{
	struct mesh_rec r;

	memset(&r, 0, sizeof(r));
	r.type = type;
	switch (type) {
	case MESH_HELLO:
		r.u.hello = (struct mesh_hello){ .min = 1,
			.max = 2,
			.body_max = 65536,
			.rate = 200,
			.burst = 40,
			.name = "ntkd",
			.network = "example-mesh" };
		memcpy(r.u.hello.key, key_text, 32);
		break;
	case MESH_REFUSED:
		r.u.refused = (struct mesh_refused){ MESH_REF_FORMAT, "why" };
		break;
	case MESH_PKT:
		r.u.pkt = (struct mesh_pkt){ .provenance = MESH_INTERNET,
			.class = 3,
			.peer = 0x01020304,
			.key_len = 4,
			.key = (const uint8_t *)"same",
			.body = (const uint8_t *)"hello",
			.len = 5 };
		break;
	case MESH_PEER_UP:
		r.u.up = (struct mesh_peer_up){ .peer = 7,
			.rtt_us = 20000,
			.name = "north",
			.endpoint = "[2001:db8::1]:7469" };
		memcpy(r.u.up.key, key_text, 32);
		break;
	case MESH_PEER_DOWN:
		r.u.down = (struct mesh_peer_down){ 7, MESH_DOWN_CLOSED };
		break;
	case MESH_PEER_RTT:
		r.u.rtt = (struct mesh_peer_rtt){ 7, 0x0a0b0c0d };
		break;
	default:
		sample_neg(&r);
	}
	return r;
}

static size_t
write_rec(uint8_t *p, size_t max, const struct mesh_rec *rec)
{
	struct wr w = wr_of(p, max);

	return mesh_write(&w, rec) ? w.len : 0;
}

/* Parses a copy of exactly len bytes; the copy lives to the next call. */
static enum mesh_parse
parse(const uint8_t *p, size_t len, struct mesh_rec *ret, const char **field)
{
	uint8_t *copy = test_malloc(len > 0 ? len : 1);
	enum mesh_parse rc;

	memcpy(copy, p, len);
	rc = mesh_parse(copy, len, ret, field);
	if (rc == MESH_OK && ret->type == MESH_PKT) { /* point into p again */
		ret->u.pkt.body = p + (ret->u.pkt.body - copy);
		if (ret->u.pkt.key != NULL)
			ret->u.pkt.key = p + (ret->u.pkt.key - copy);
	}
	test_free(copy);
	return rc;
}

static void
refused(const uint8_t *p, size_t len, const char *want)
{
	struct mesh_rec rec;
	const char *field = NULL;

	assert_int_equal(parse(p, len, &rec, &field), MESH_BAD);
	assert_non_null(field);
	assert_string_equal(field, want);
	assert_int_equal(rec.type, 0);
}

static void
layouts(void **state)
{
	static const struct {
		uint8_t type;
		size_t len;
		const char *bytes;
	} want[] = {
		{ MESH_HELLO, 76,
		    "\1\1\0\0\1\2\0\0"
		    "0123456789abcdef0123456789abcdef"
		    "\0\1\0\0\0\0\0\xc8\0\0\0\x28"
		    "\0\1\0\4ntkd\0\3\0\x0c"
		    "example-mesh" },
		{ MESH_REFUSED, 15, "\1\2\0\0\0\3\0\0\0\4\0\3why" },
		{ MESH_PKT, 21, "\1\3\0\0\1\3\4\0\1\2\3\4samehello" },
		{ MESH_PEER_UP, 75,
		    "\1\4\0\0\0\0\0\7"
		    "0123456789abcdef0123456789abcdef"
		    "\0\0\x4e\x20\0\1\0\5north\0\2\0\x12[2001:db8::1]:7469" },
		{ MESH_PEER_DOWN, 12, "\1\5\0\0\0\0\0\7\2\0\0\0" },
		{ MESH_PEER_RTT, 12, "\1\6\0\0\0\0\0\7\x0a\x0b\x0c\x0d" },
		{ MESH_PING, 8, "\1\7\0\0\xca\xfe\xf0\x0d" },
		{ MESH_PONG, 8, "\1\x8\0\0\xca\xfe\xf0\x0d" },
		{ MESH_NETDESC, 59,
		    "\1\x10\0\0\1\4\1\4\x8\x8\x8\x8"
		    "\0\x2a\0\xe4\0\x4f\0\x0a"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\1\x2c\0\0\0\0\x80\0"
		    "\1\2\0\0\x4f\0\x0a\0\0" },
		{ MESH_REHOOK, 31,
		    "\1\x11\0\0\0\0\0\7\0\0\1\x2d"
		    "\4\1\4\x8\x8\x8\x8"
		    "\2\0\0\x4f\0\x0a\2\0\0\x50\0\x0a" },
		{ MESH_REHOOK_DONE, 8, "\1\x12\0\0\0\0\0\7" },
		{ MESH_REHOOK_FAILED, 21,
		    "\1\x13\0\0\0\0\0\7\0\4\0\x9no answer" },
		{ MESH_ROUTE, 39,
		    "\1\x14\0\0\0\0\0\5\2\0\0\0"
		    "\4\1\4\x8\x8\x8\x8"
		    "\0\x2a\0\xe4\0\x4f\0\x0a"
		    "\2\0\0\x4f\0\x0a\2\0\0\x50\0\x0a" },
	};
	uint8_t p[MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct mesh_rec rec = sample(want[i].type);

		assert_int_equal(write_rec(p, MAX, &rec), want[i].len);
		assert_memory_equal(p, want[i].bytes, want[i].len);
	}
	assert_int_equal(i, N_TYPES);
}

/* Structs have gaps: so what is written is compared. */
static void
same_record(const struct mesh_rec *a, const struct mesh_rec *b)
{
	static uint8_t x[MESH_RECORD_MAX], y[MESH_RECORD_MAX];
	size_t n = write_rec(x, sizeof(x), a);

	assert_int_equal(a->type, b->type);
	assert_true(n > 0);
	assert_int_equal(write_rec(y, sizeof(y), b), n);
	assert_memory_equal(x, y, n);
}

static void
round_trips_and_truncations(void **state)
{
	uint8_t p[MAX];
	size_t i;

	(void)state;
	for (i = 0; i < N_TYPES; i++) {
		uint8_t type = types[i];
		struct mesh_rec rec = sample(type), out;
		size_t n = write_rec(p, MAX, &rec), cut, ok = 0;
		const char *field;

		assert_int_equal(parse(p, n, &out, &field), MESH_OK);
		same_record(&rec, &out);
		for (cut = 0; cut < n; cut++) {
			enum mesh_parse rc = parse(p, cut, &out, &field);

			if (rc == MESH_OK)
				ok++;
			else
				assert_int_equal(rc, MESH_BAD);
		}
		/* what may end early: whole attributes, bytes of a body */
		assert_int_equal(ok,
		    type == MESH_HELLO || type == MESH_PEER_UP		     ? 2
			: type == MESH_REFUSED || type == MESH_REHOOK_FAILED ? 1
			: type == MESH_PKT				     ? 4
					   : 0);
		p[n] = 0;
		if (type != MESH_PKT)
			assert_int_equal(
			    parse(p, n + 1, &out, &field), MESH_BAD);
	}
}

static void
heads(void **state)
{
	struct mesh_rec rec = sample(MESH_PING), out;
	const char *field;
	uint8_t p[MAX];
	size_t n = write_rec(p, MAX, &rec);
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		p[0] = (uint8_t)v;
		assert_int_equal(parse(p, n, &out, &field),
		    v == MESH_VERSION ? MESH_OK : MESH_BAD_VERSION);
	}
	p[0] = MESH_VERSION;
	for (v = 0; v < 256; v++) {
		p[1] = (uint8_t)v;
		if (has_type((unsigned)v))
			continue;
		assert_int_equal(parse(p, n, &out, &field), MESH_UNKNOWN);
		assert_int_equal(out.type, v);
		assert_int_equal(parse(p, 4, &out, &field), MESH_UNKNOWN);
		refused(p, 3, "zero");
	}
	p[1] = MESH_PING;
	p[2] = 1;
	refused(p, n, "zero");
	p[2] = 0;
	p[3] = 1;
	refused(p, n, "zero");
	refused(p, 0, "version");
	refused(p, 1, "type");
}

static const struct {
	uint8_t type, at;
	int min, max;
	const char *field;
} byte_ranges[] = {
	{ MESH_HELLO, 4, 1, 2, NULL }, /* above: HELLO.max < min */
	{ MESH_HELLO, 5, 1, 255, "HELLO.max" },
	{ MESH_HELLO, 6, 0, 0, "HELLO.zero" },
	{ MESH_HELLO, 7, 0, 0, "HELLO.zero" },
	{ MESH_REFUSED, 5, 1, 5, "REFUSED.code" },
	{ MESH_REFUSED, 4, 0, 0, "REFUSED.code" },
	{ MESH_REFUSED, 6, 0, 0, "REFUSED.zero" },
	{ MESH_REFUSED, 7, 0, 0, "REFUSED.zero" },
	{ MESH_PKT, 4, 0, 1, "PKT.provenance" },
	{ MESH_PKT, 5, 0, 255, "PKT.class" },
	{ MESH_PKT, 7, 0, 0, "PKT.zero" },
	{ MESH_PEER_DOWN, 8, 1, 3, "PEER_DOWN.why" },
	{ MESH_PEER_DOWN, 9, 0, 0, "PEER_DOWN.zero" },
	{ MESH_PEER_DOWN, 10, 0, 0, "PEER_DOWN.zero" },
	{ MESH_PEER_DOWN, 11, 0, 0, "PEER_DOWN.zero" },
	{ MESH_NETDESC, 4, 1, 1, "NETDESC.version" },
	{ MESH_NETDESC, 16, 0, 0, "NETDESC.gids" }, /* high byte */
	{ MESH_NETDESC, 22, 0, 0, "NETDESC.netid" },
	{ MESH_NETDESC, 31, 0, 0, "NETDESC.vnodeid" },
	{ MESH_NETDESC, 39, 0, 0, "NETDESC.epoch" },
	{ MESH_NETDESC, 47, 0, 0, "NETDESC.age" },
	{ MESH_NETDESC, 53, 0, 0, "NETDESC.claims" },
	{ MESH_NETDESC, 58, 0, 0, "NETDESC.known" },
	{ MESH_REHOOK, 12, 4, 4, "REHOOK.topology" },
	{ MESH_REHOOK, 19, 2, 2, "REHOOK.from" },
	{ MESH_REHOOK, 22, 1, 255, "REHOOK.from" },
	{ MESH_REHOOK, 25, 2, 2, "REHOOK.to" },
	{ MESH_REHOOK, 30, 10, 10, "REHOOK.to" },
	{ MESH_ROUTE, 9, 0, 0, "ROUTE.zero" },
	{ MESH_ROUTE, 10, 0, 0, "ROUTE.zero" },
	{ MESH_ROUTE, 11, 0, 0, "ROUTE.zero" },
	{ MESH_ROUTE, 12, 4, 4, "ROUTE.topology" },
	{ MESH_ROUTE, 19, 0, 0, "ROUTE.gids" },
	{ MESH_ROUTE, 27, 2, 2, "ROUTE.claims" },
	{ MESH_ROUTE, 38, 10, 10, "ROUTE.claims" },
};

/* Every value of every byte that has a range, by its place in the record. */
static void
ranges(void **state)
{
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < sizeof(byte_ranges) / sizeof(byte_ranges[0]); i++)
		for (v = 0; v < 256; v++) {
			struct mesh_rec rec = sample(byte_ranges[i].type), out;
			const char *field = "";
			uint8_t p[MAX];
			size_t n = write_rec(p, MAX, &rec);
			bool good =
			    v >= byte_ranges[i].min && v <= byte_ranges[i].max;

			p[byte_ranges[i].at] = (uint8_t)v;
			assert_int_equal(parse(p, n, &out, &field),
			    good ? MESH_OK : MESH_BAD);
			if (!good && byte_ranges[i].field != NULL)
				assert_string_equal(
				    field, byte_ranges[i].field);
			else if (!good)
				assert_string_equal(
				    field, v == 0 ? "HELLO.min" : "HELLO.max");
		}
}

static void
pkt_keys_and_bodies(void **state)
{
	static uint8_t p[MESH_RECORD_MAX + 1], body[MESH_BODY_MAX + 1];
	struct mesh_rec rec = sample(MESH_PKT), out;
	const char *field;
	size_t n, key;

	(void)state;
	rec.u.pkt.key = (const uint8_t *)key_text;
	rec.u.pkt.body = body;
	for (key = 0; key <= MESH_KEY_MAX; key++) {
		rec.u.pkt.key_len = (uint8_t)key;
		rec.u.pkt.len = MESH_BODY_MAX;
		n = write_rec(p, sizeof(p), &rec);
		assert_int_equal(n, mesh_pkt_head_len(key) + MESH_BODY_MAX);
		assert_int_equal(parse(p, n, &out, &field), MESH_OK);
		assert_int_equal(out.u.pkt.key_len, key);
		same_record(&rec, &out);
		refused(p, n + 1, "PKT.body"); /* one byte too many */
		refused(p, mesh_pkt_head_len(key), "PKT.body"); /* none */
		if (key > 0)
			refused(p, mesh_pkt_head_len(key) - 1, "PKT.key");
	}
	assert_int_equal(n, MESH_RECORD_MAX);
	for (key = MESH_KEY_MAX + 1; key < 256; key++) {
		p[6] = (uint8_t)key;
		refused(p, 600, "PKT.key_len");
	}
	rec.u.pkt.key_len = MESH_KEY_MAX + 1;
	assert_int_equal(write_rec(p, sizeof(p), &rec), 0);
	rec.u.pkt.key_len = 4;
	rec.u.pkt.len = MESH_BODY_MAX + 1;
	assert_int_equal(write_rec(p, sizeof(p), &rec), 0);
	rec.u.pkt.len = 0;
	assert_int_equal(write_rec(p, sizeof(p), &rec), 0);
}

static void
pkt_head_in_front(void **state)
{
	struct mesh_rec rec = sample(MESH_PKT);
	uint8_t whole[MAX], head[MAX];
	size_t n = write_rec(whole, MAX, &rec);

	(void)state;
	mesh_pkt_head(head, &rec.u.pkt);
	assert_int_equal(mesh_pkt_head_len(4) + 5, n);
	assert_memory_equal(head, whole, n - 5);
}

/* A PEER_RTT or PEER_UP with attributes added by hand. */
static size_t
with_attr(uint8_t *p, uint8_t type, unsigned attr, const void *v, size_t len)
{
	struct mesh_rec rec = sample(type);
	struct wr w = wr_of(p, MAX);

	memset(rec.u.up.name, 0, type == MESH_PEER_UP ? MESH_TEXT_MAX : 0);
	assert_true(mesh_write(&w, &rec));
	wr_be16(&w, (uint16_t)attr);
	wr_be16(&w, (uint16_t)len);
	wr_bytes(&w, v, len);
	assert_true(wr_ok(&w));
	return w.len;
}

static void
attributes(void **state)
{
	struct mesh_rec out;
	const char *field;
	char text[80];
	uint8_t p[MAX];
	size_t n, len;
	int c;

	(void)state;
	n = with_attr(p, MESH_PEER_RTT, 99, "skip", 4);
	assert_int_equal(parse(p, n, &out, &field), MESH_OK);
	n = with_attr(p, MESH_PEER_RTT, 99, "", 0);
	assert_int_equal(parse(p, n, &out, &field), MESH_OK);
	n = with_attr(p, MESH_PEER_RTT, 99 | MESH_ATTR_MUST, "know", 4);
	refused(p, n, "PEER_RTT.attribute");
	for (len = n - 7; len < n; len++)
		refused(p, len, "PEER_RTT.attribute");
	n = with_attr(
	    p, MESH_PEER_UP, MESH_ATTR_NAME | MESH_ATTR_MUST, "south", 5);
	assert_int_equal(parse(p, n, &out, &field), MESH_OK);
	assert_string_equal(out.u.up.name, "south");
	n = with_attr(p, MESH_PEER_UP, MESH_ATTR_ENDPOINT, "again", 5);
	refused(p, n, "PEER_UP.endpoint");

	memset(text, 'x', sizeof(text));
	for (len = 0; len <= sizeof(text); len++) {
		n = with_attr(p, MESH_PEER_UP, MESH_ATTR_NAME, text, len);
		if (len > MESH_TEXT_MAX) {
			refused(p, n, "PEER_UP.name");
			continue;
		}
		assert_int_equal(parse(p, n, &out, &field), MESH_OK);
		assert_int_equal(strlen(out.u.up.name), len);
	}
	for (c = 0; c < 256; c++) {
		text[1] = (char)c;
		n = with_attr(p, MESH_PEER_UP, MESH_ATTR_NAME, text, 3);
		if (c < 0x20 || c == 0x7f)
			refused(p, n, "PEER_UP.name");
		else
			assert_int_equal(parse(p, n, &out, &field), MESH_OK);
	}
}

static void
writer_refuses(void **state)
{
	struct mesh_rec rec;
	uint8_t p[MAX];
	size_t n, max, i;
	int v;

	(void)state;
	for (i = 0; i < N_TYPES; i++) {
		rec = sample(types[i]);
		n = write_rec(p, MAX, &rec);
		for (max = 0; max < n; max++)
			assert_int_equal(write_rec(p, max, &rec), 0);
		assert_int_equal(write_rec(p, n, &rec), n);
	}
	for (v = 0; v < 256; v++) {
		rec = sample(MESH_PING);
		rec.type = (uint8_t)v;
		if (!has_type((unsigned)v))
			assert_int_equal(write_rec(p, MAX, &rec), 0);
		rec = sample(MESH_PKT);
		rec.u.pkt.provenance = (uint8_t)v;
		assert_int_equal(write_rec(p, MAX, &rec) > 0, v <= 1);
		rec = sample(MESH_PEER_DOWN);
		rec.u.down.why = (uint8_t)v;
		assert_int_equal(write_rec(p, MAX, &rec) > 0, v >= 1 && v <= 3);
		rec = sample(MESH_REFUSED);
		rec.u.refused.code = (uint16_t)v;
		assert_int_equal(write_rec(p, MAX, &rec) > 0, v >= 1 && v <= 5);
		rec.u.refused.code = (uint16_t)(v << 8 | 1);
		assert_int_equal(write_rec(p, MAX, &rec) > 0, v == 0);
	}
	rec = sample(MESH_HELLO);
	rec.u.hello.max = 0;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_HELLO);
	rec.u.hello.body_max = 0;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_HELLO);
	strcpy(rec.u.hello.network, "two\nlines");
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	memset(rec.u.hello.network, 'x', sizeof(rec.u.hello.network));
	assert_int_equal(write_rec(p, MAX, &rec), 0); /* no end */
}

static void
writer_refuses_places(void **state)
{
	static const unsigned n_claims[] = { NETDESC_CLAIMS + 1, 255 };
	struct mesh_rec rec;
	uint8_t p[MAX];
	size_t i;

	(void)state;
	rec = sample(MESH_NETDESC);
	rec.u.netdesc.netid = 1;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_REHOOK);
	rec.u.rehook.topo.class = NETDESC_CLASSES;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_REHOOK);
	rec.u.rehook.from.level = 3;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_REHOOK);
	rec.u.rehook.to.gid[2] = 256;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_ROUTE);
	rec.u.route.topo.bits[0] = 0;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_ROUTE);
	rec.u.route.gid[0] = 256;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	rec = sample(MESH_ROUTE);
	rec.u.route.claim[1].gid[3] = 11;
	assert_int_equal(write_rec(p, MAX, &rec), 0);
	for (i = 0; i < sizeof(n_claims) / sizeof(n_claims[0]); i++) {
		rec = sample(MESH_ROUTE);
		rec.u.route.n_claims = (uint8_t)n_claims[i];
		assert_int_equal(write_rec(p, MAX, &rec), 0);
		rec = sample(MESH_NETDESC);
		rec.u.netdesc.n_claims = (uint8_t)n_claims[i];
		assert_int_equal(write_rec(p, MAX, &rec), 0);
	}
}

/* Nothing goes to the peer any more: no row of levels is needed. */
static void
withdrawn_route(void **state)
{
	struct mesh_rec rec = { .type = MESH_ROUTE, .u.route.peer = 9 }, out;
	const char *field;
	uint8_t p[MAX];
	size_t n = write_rec(p, MAX, &rec);

	(void)state;
	assert_int_equal(n, 12);
	assert_memory_equal(p, "\1\x14\0\0\0\0\0\x9\0\0\0\0", n);
	assert_int_equal(parse(p, n, &out, &field), MESH_OK);
	same_record(&rec, &out);
	p[8] = NETDESC_CLAIMS + 1;
	refused(p, n, "ROUTE.nclaims");
	p[8] = 1;
	refused(p, n, "ROUTE.topology");
}

/* Of any row of levels; the longest fit MESH_SMALL_MAX. */
static void
random_places(void **state)
{
	struct rng r = rng_seeded(6);
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct mesh_rec rec, out;
		struct netdesc d;
		const char *field;
		uint8_t p[MAX];
		size_t n;

		descgen_desc(&r, NETDESC_MESH, 0, &d);
		memset(&rec, 0, sizeof(rec));
		rec.type =
		    (uint8_t[]){ MESH_NETDESC, MESH_REHOOK, MESH_ROUTE }[i % 3];
		if (rec.type == MESH_NETDESC) {
			rec.u.netdesc = d;
		} else if (rec.type == MESH_REHOOK) {
			rec.u.rehook.id = (uint32_t)rng_next(&r);
			rec.u.rehook.count = (uint32_t)rng_next(&r);
			rec.u.rehook.topo = d.topo;
			rec.u.rehook.from = d.claim[0];
			rec.u.rehook.to = descgen_claim(&r, &d.topo);
		} else {
			rec.u.route.peer = (uint32_t)rng_next(&r);
			rec.u.route.topo = d.topo;
			rec.u.route.n_claims = d.n_claims;
			memcpy(rec.u.route.gid, d.gid, sizeof(d.gid));
			memcpy(rec.u.route.claim, d.claim, sizeof(d.claim));
		}
		n = write_rec(p, MAX, &rec);
		assert_true(n > 0);
		assert_int_equal(parse(p, n, &out, &field), MESH_OK);
		same_record(&rec, &out);
		while (n-- > 0)
			assert_int_equal(parse(p, n, &out, &field), MESH_BAD);
	}
}

/* All that the widest row of levels and the most claims take. */
static void
longest_places(void **state)
{
	struct mesh_rec rec;
	struct netdesc *d = &rec.u.netdesc;
	uint8_t p[MAX];
	unsigned i;

	(void)state;
	memset(&rec, 0, sizeof(rec));
	d->topo = topology_ntk(NETDESC_SITE6);
	d->nodes = 1;
	d->n_claims = NETDESC_CLAIMS;
	for (i = 0; i < NETDESC_CLAIMS; i++) {
		d->claim[i].gid[0] = (uint16_t)i;
		d->claim[i].gid[14] = 0xc0;
		d->claim[i].gid[15] = 0xfe;
	}
	memcpy(d->gid, d->claim[0].gid, sizeof(d->gid));
	rec.type = MESH_NETDESC;
	assert_true(write_rec(p, MAX, &rec) > 0);
}

static void
random_round_trips(void **state)
{
	struct rng r = rng_seeded(5);
	int i, good = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		uint8_t type = types[rng_below(&r, N_TYPES)];
		struct mesh_rec rec = sample(type), one, two;
		const char *field;
		uint8_t p[MAX], q[MAX];
		size_t n = write_rec(p, MAX, &rec), m, k;

		for (k = rng_below(&r, 3); k > 0; k--)
			p[rng_below(&r, n)] = (uint8_t)rng_next(&r);
		if (parse(p, n, &one, &field) != MESH_OK)
			continue;
		good++;
		m = write_rec(q, MAX, &one); /* drops what it skipped */
		assert_true(m > 0 && m <= n);
		assert_int_equal(parse(q, m, &two, &field), MESH_OK);
		same_record(&one, &two);
	}
	assert_true(good > 1000);
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(mesh_type_name(MESH_PKT), "PKT");
	assert_string_equal(mesh_type_name(MESH_PONG), "PONG");
	assert_string_equal(
	    mesh_type_name(MESH_REHOOK_FAILED), "REHOOK_FAILED");
	assert_string_equal(mesh_type_name(0), "?");
	assert_string_equal(mesh_type_name(9), "?");
	assert_string_equal(mesh_type_name(21), "?");
	assert_string_equal(mesh_type_name(255), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(round_trips_and_truncations),
		cmocka_unit_test(heads),
		cmocka_unit_test(ranges),
		cmocka_unit_test(pkt_keys_and_bodies),
		cmocka_unit_test(pkt_head_in_front),
		cmocka_unit_test(attributes),
		cmocka_unit_test(writer_refuses),
		cmocka_unit_test(writer_refuses_places),
		cmocka_unit_test(withdrawn_route),
		cmocka_unit_test(random_places),
		cmocka_unit_test(longest_places),
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
