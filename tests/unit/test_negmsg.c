#include "wire/negmsg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/descgen.h"

#define MAX NEG_MSG_MAX

static const uint8_t desc_bytes[] = "any bytes: signed, not looked at";

/* A message with all its fields set, at random; some with no paths. */
static void
random_msg(
    struct rng *r, uint8_t type, const struct topology *topo, struct neg_msg *m)
{
	unsigned i;

	memset(m, 0, sizeof(*m));
	m->type = type;
	if (type == NEG_HELLO || type == NEG_DESC || type == NEG_MOVED) {
		if (type == NEG_HELLO) {
			m->u.desc.flags =
			    (uint8_t)rng_below(r, HELLO_FLAGS + 1);
			rng_fill(r, m->u.desc.nonce, NEG_NONCE);
		}
		m->u.desc.bytes = desc_bytes;
		m->u.desc.len = 1 + rng_below(r, sizeof(desc_bytes));
		rng_fill(r, m->u.desc.sig, NEG_SIG);
	} else if (type == NEG_PROBE_SEEN) {
		rng_fill(r, m->u.nonce, NEG_NONCE);
	} else if (type == NEG_VERDICT) {
		m->u.verdict.kind = (uint8_t)rng_below(r, NEG_VERDICT_KINDS);
		m->u.verdict.who = (uint8_t)rng_below(r, NEG_MOVERS);
		m->u.verdict.level = rng_below(r, 3) == 0
		    ? NEG_NO_LEVEL
		    : (uint8_t)rng_below(r, topo->levels);
		m->u.verdict.third = rng_next(r);
		m->u.verdict.epoch = (uint32_t)rng_next(r);
	} else if (type == NEG_PROPOSE || type == NEG_ACCEPT) {
		m->u.propose.from = descgen_claim(r, topo);
		m->u.propose.to = descgen_claim(r, topo);
		m->u.propose.epoch = (uint32_t)rng_next(r);
	} else if (type == NEG_BUSY) {
		m->u.retry_s = (uint32_t)rng_next(r);
	} else if (type == NEG_REFUSE || type == NEG_ABORT) {
		m->u.why = (uint8_t)(1 + rng_below(r, NEG_WHYS - 1));
	} else if (type == NEG_NOTICE) {
		m->u.notice.netid = 1 + (rng_next(r) >> 1);
		m->u.notice.claim = descgen_claim(r, topo);
		m->u.notice.claim.flags = (uint8_t)rng_below(r, 4);
	}
	if (type != NEG_VERDICT && type != NEG_REJECT)
		return;
	m->n_taken = (unsigned)rng_below(r, 5);
	for (i = 0; i < m->n_taken; i++)
		m->taken[i] = descgen_claim(r, topo);
}

static bool
carries_desc(uint8_t type)
{
	return type == NEG_HELLO || type == NEG_DESC || type == NEG_MOVED;
}

static bool
carries_claims(uint8_t type)
{
	return type == NEG_VERDICT || type == NEG_PROPOSE ||
	    type == NEG_ACCEPT || type == NEG_REJECT || type == NEG_NOTICE;
}

static void
same_msg(const struct neg_msg *a, const struct neg_msg *b)
{
	struct neg_msg x = *a, y = *b;

	if (carries_desc(a->type)) { /* the bytes lie elsewhere */
		assert_int_equal(a->u.desc.len, b->u.desc.len);
		assert_memory_equal(
		    a->u.desc.bytes, b->u.desc.bytes, a->u.desc.len);
		x.u.desc.bytes = y.u.desc.bytes = NULL;
	}
	assert_memory_equal(&x, &y, sizeof(x));
}

static void
refused(uint8_t type, const uint8_t *p, size_t len, const struct topology *topo)
{
	uint8_t *copy = test_malloc(len > 0 ? len : 1);
	struct neg_msg m, none = { .type = type };

	memcpy(copy, p, len);
	assert_false(neg_msg_parse(type, copy, len, topo, &m));
	assert_memory_equal(&m, &none, sizeof(m));
	test_free(copy);
}

static const struct topology ntk = { 4, NETDESC_10, 4, { 8, 8, 8, 8 } };
#define C79                          \
	{                            \
		2, 0,                \
		{                    \
			0, 0, 79, 10 \
		}                    \
	}
#define C80                          \
	{                            \
		1, 1,                \
		{                    \
			0, 5, 80, 10 \
		}                    \
	}
static const struct {
	struct neg_msg m;
	size_t len;
	const char *bytes;
} laid_out[] = {
	{ { .type = NEG_ACK }, 0, "" },
	{ { .type = NEG_HELLO,
	      .u.desc = { 1, "0123456789abcde", (const uint8_t *)"desc", 4,
		  "s" } },
	    87,
	    "\1"
	    "0123456789abcde\0\0\4descs" },
	{ { .type = NEG_DESC,
	      .u.desc = { 0, "", (const uint8_t *)"desc", 4, "s" } },
	    70, "\0\4descs" },
	{ { .type = NEG_MOVED,
	      .u.desc = { 0, "", (const uint8_t *)"desc", 4, "s" } },
	    70, "\0\4descs" },
	{ { .type = NEG_PROBE_SEEN, .u.nonce = "0123456789abcde" }, 16,
	    "0123456789abcde" },
	{ { .type = NEG_VERDICT,
	      .u.verdict = { 3, 2, 1, 0x0102030405060708, 9 },
	      .n_taken = 2,
	      .taken = { C79, C80 } },
	    32,
	    "\3\2\1\0\1\2\3\4\5\6\7\x8\0\0\0\x9\0\2"
	    "\2\0\0\x4f\0\x0a"
	    "\1\1\0\5\0\x50\0\x0a" },
	{ { .type = NEG_PROPOSE, .u.propose = { C79, C80, 7 } }, 18,
	    "\0\0\0\7\2\0\0\x4f\0\x0a\1\1\0\5\0\x50\0\x0a" },
	{ { .type = NEG_ACCEPT, .u.propose = { C79, C80, 7 } }, 18,
	    "\0\0\0\7\2\0\0\x4f\0\x0a\1\1\0\5\0\x50\0\x0a" },
	{ { .type = NEG_REJECT, .n_taken = 1, .taken = { C79 } }, 8,
	    "\0\1\2\0\0\x4f\0\x0a" },
	{ { .type = NEG_BUSY, .u.retry_s = 0x01020304 }, 4, "\1\2\3\4" },
	{ { .type = NEG_REFUSE, .u.why = NEG_WHY_BUDGET }, 1, "\3" },
	{ { .type = NEG_ABORT, .u.why = NEG_WHY_FAILED }, 1, "\7" },
	{ { .type = NEG_NOTICE,
	      .u.notice = { 0xa1a2a3a4a5a6a7a8,
		  { 2, KNOWN_RESERVED, { 0, 0, 90, 10 } } } },
	    14, "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\2\2\0\x5a\0\x0a" },
};

static void
layouts(void **state)
{
	uint8_t p[MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(laid_out) / sizeof(laid_out[0]); i++) {
		struct wr w = wr_of(p, MAX);

		assert_true(neg_msg_write(&w, &laid_out[i].m, &ntk));
		assert_int_equal(w.len, laid_out[i].len);
		if (carries_desc(
			laid_out[i].m.type)) /* 63 zeros of the signature */
			w.len -= 63;
		assert_memory_equal(p, laid_out[i].bytes, w.len);
	}
	assert_int_equal(i, NEG_TYPES);
}

static void
random_round_trips(void **state)
{
	struct rng r = rng_seeded(1);
	struct neg_msg m, out;
	uint8_t p[MAX];
	size_t cut;
	int i;

	(void)state;
	for (i = 0; i < 300 * NEG_TYPES; i++) {
		uint8_t type = (uint8_t)(i % NEG_TYPES);
		struct topology topo = descgen_topology(&r);
		struct wr w = wr_of(p, MAX);

		random_msg(&r, type, &topo, &m);
		assert_true(neg_msg_write(&w, &m, &topo));
		assert_true(neg_msg_parse(type, p, w.len, &topo, &out));
		same_msg(&m, &out);
		for (cut = 0; cut < w.len; cut++) {
			struct wr small = wr_of(p + w.len, cut);

			refused(type, p, cut, &topo);
			assert_false(neg_msg_write(&small, &m, &topo));
		}
		p[w.len] = 0;
		refused(type, p, w.len + 1, &topo);
		if (carries_claims(type)) {
			struct wr none = wr_of(p, MAX);

			refused(type, p, w.len, NULL);
			assert_false(neg_msg_write(&none, &m, NULL));
		} else {
			assert_true(neg_msg_parse(type, p, w.len, NULL, &out));
		}
	}
}

static void
types_out_of_range(void **state)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct neg_msg m = { 0 };
	uint8_t p[NEG_NONCE] = { 0 };
	unsigned type;

	(void)state;
	for (type = NEG_TYPES; type < 256; type++) {
		struct wr w = wr_of(p, sizeof(p));

		refused((uint8_t)type, p, 0, &topo);
		refused((uint8_t)type, p, sizeof(p), &topo);
		m.type = (uint8_t)type;
		assert_false(neg_msg_write(&w, &m, &topo));
	}
}

/* Every value of each byte that has a range, read and written. */
static void
ranges(void **state)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct neg_msg m, out;
	uint8_t p[MAX], hello[1 + NEG_NONCE + 2 + 1 + NEG_SIG] = { [18] = 1 };
	unsigned v, at;

	(void)state;
	for (v = 0; v < 256; v++) {
		uint8_t why = (uint8_t)v;
		bool good = v >= 1 && v <= 9;

		assert_int_equal(
		    neg_msg_parse(NEG_REFUSE, &why, 1, &topo, &out), good);
		assert_int_equal(
		    neg_msg_parse(NEG_ABORT, &why, 1, &topo, &out), good);
		m = (struct neg_msg){ .type = NEG_REFUSE, .u.why = why };
		assert_int_equal(
		    neg_msg_write(&(struct wr){ p, 0, MAX, false }, &m, &topo),
		    good);
		assert_int_equal(strcmp(neg_why_name(why), "?") != 0, good);
		hello[0] = (uint8_t)v;
		assert_int_equal(
		    neg_msg_parse(NEG_HELLO, hello, sizeof(hello), NULL, &out),
		    v <= HELLO_FLAGS);
		m = (struct neg_msg){ .type = NEG_HELLO,
			.u.desc = {
			    .flags = (uint8_t)v, .bytes = hello, .len = 1 } };
		assert_int_equal(
		    neg_msg_write(&(struct wr){ p, 0, MAX, false }, &m, NULL),
		    v <= HELLO_FLAGS);
		for (at = 0; at < 4; at++) {
			uint8_t verdict[18] = { 0 };

			verdict[at] = (uint8_t)v;
			good = at == 0 ? v < 8
			    : at == 1  ? v < 4 || v == 0xff
			    : at == 2  ? v < 4
				       : v == 0;
			assert_int_equal(neg_msg_parse(NEG_VERDICT, verdict, 18,
					     &topo, &out),
			    good);
			if (at == 3)
				continue;
			m = (struct neg_msg){ .type = NEG_VERDICT };
			m.u.verdict.kind = verdict[0];
			m.u.verdict.level = verdict[1];
			m.u.verdict.who = verdict[2];
			assert_int_equal(
			    neg_msg_write(
				&(struct wr){ p, 0, MAX, false }, &m, &topo),
			    good);
		}
	}
}

/* No such level, or a gid that its bits do not hold. */
static void
bad_claims(void **state)
{
	static const uint8_t types[] = { NEG_VERDICT, NEG_PROPOSE, NEG_ACCEPT,
		NEG_REJECT, NEG_NOTICE };
	struct topology topo = topology_ntk(NETDESC_10);
	struct rng r = rng_seeded(2);
	struct neg_msg m;
	uint8_t p[MAX];
	size_t i;
	int how;

	(void)state;
	for (i = 0; i < sizeof(types); i++)
		for (how = 0; how < 4; how++) {
			struct claim *c;
			struct wr w = wr_of(p, MAX);

			random_msg(&r, types[i], &topo, &m);
			m.n_taken = 1;
			m.taken[0] = descgen_claim(&r, &topo);
			c = types[i] == NEG_NOTICE ? &m.u.notice.claim
			    : types[i] == NEG_VERDICT || types[i] == NEG_REJECT
			    ? &m.taken[0]
			    : how % 2 == 0 ? &m.u.propose.from
					   : &m.u.propose.to;
			if (how < 2)
				c->level = 4;
			else
				c->gid[3] = 256;
			assert_false(neg_msg_write(&w, &m, &topo));
		}
	refused(NEG_REJECT, (const uint8_t *)"\0\1\4\0", 4, &topo);
	refused(NEG_REJECT, (const uint8_t *)"\0\1\3\0\1\0", 6, &topo);
	refused(NEG_PROPOSE, (const uint8_t *)"\0\0\0\0\3\0\1\0\3\0\0\x0a", 12,
	    &topo);
	refused(NEG_PROPOSE, (const uint8_t *)"\0\0\0\0\3\0\0\x0a\3\0\1\0", 12,
	    &topo);
	refused(
	    NEG_NOTICE, (const uint8_t *)"\0\0\0\0\0\0\0\1\0\3\1\0", 12, &topo);
	/* netid 0 */
	refused(NEG_NOTICE, (const uint8_t *)"\0\0\0\0\0\0\0\0\0\3\0\x0a", 12,
	    &topo);
	random_msg(&r, NEG_NOTICE, &topo, &m);
	m.u.notice.netid = 0;
	assert_false(
	    neg_msg_write(&(struct wr){ p, 0, MAX, false }, &m, &topo));
}

static void
numbers_of_paths(void **state)
{
	struct topology topo = topology_ntk(NETDESC_10);
	struct rng r = rng_seeded(3);
	struct neg_msg m = { .type = NEG_REJECT, .n_taken = NEG_TAKEN }, out;
	uint8_t p[MAX + 64];
	struct wr w = wr_of(p, MAX);
	unsigned i;

	(void)state;
	for (i = 0; i < NEG_TAKEN; i++)
		m.taken[i] = descgen_claim(&r, &topo);
	assert_true(neg_msg_write(&w, &m, &topo));
	assert_true(neg_msg_parse(NEG_REJECT, p, w.len, &topo, &out));
	same_msg(&m, &out);
	p[1] = 1; /* 257, and one more is there */
	memcpy(p + w.len, "\3\0\0\x0a", 4);
	refused(NEG_REJECT, p, w.len + 4, &topo);
	m.n_taken++;
	w = wr_of(p, MAX);
	assert_false(neg_msg_write(&w, &m, &topo));
}

static void
lengths_of_descriptors(void **state)
{
	static uint8_t p[MAX + 1], desc[NEG_DESC_MAX + 1];
	static const uint8_t types[] = { NEG_HELLO, NEG_DESC, NEG_MOVED };
	struct neg_msg m, out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		struct wr w = wr_of(p, sizeof(p));
		size_t at = types[i] == NEG_HELLO ? 1 + NEG_NONCE : 0;

		memset(&m, 0, sizeof(m));
		m.type = types[i];
		m.u.desc.bytes = desc;
		m.u.desc.len = NEG_DESC_MAX;
		assert_true(neg_msg_write(&w, &m, NULL));
		assert_true(types[i] != NEG_HELLO || w.len == NEG_MSG_MAX);
		assert_true(neg_msg_parse(types[i], p, w.len, NULL, &out));
		same_msg(&m, &out);
		p[at + 1]++; /* one byte more is there and said to be */
		refused(types[i], p, w.len + 1, NULL);
		m.u.desc.len = NEG_DESC_MAX + 1;
		w = wr_of(p, sizeof(p));
		assert_false(neg_msg_write(&w, &m, NULL));
		m.u.desc.len = 0;
		w = wr_of(p, sizeof(p));
		assert_false(neg_msg_write(&w, &m, NULL));
		memset(p, 0, sizeof(p));
		refused(types[i], p, at + 2 + NEG_SIG, NULL);
	}
}

static void
heads(void **state)
{
	static const char bytes[] = "\4\2\3\5\1\2\3\4";
	struct neg_head h = { NEG_PROPOSE, 2, 3, 5, 0x01020304 }, out;
	uint8_t p[NEG_HEAD];
	struct wr w = wr_of(p, sizeof(p));
	struct rd r;
	unsigned v, at;

	(void)state;
	neg_head_write(&w, &h);
	assert_true(wr_ok(&w));
	assert_int_equal(w.len, NEG_HEAD);
	assert_memory_equal(p, bytes, NEG_HEAD);
	for (at = 0; at < NEG_HEAD; at++) {
		r = rd_of(p, at);
		assert_false(neg_head_parse(&r, &out));
	}
	for (at = 0; at < 4; at++)
		for (v = 0; v < 256; v++) {
			bool good = at == 0 ? v < NEG_TYPES
			    : at == 1	    ? v < 3
			    : at == 2	    ? v >= 3 && v <= NEG_PARTS
					    : true;

			memcpy(p, bytes, NEG_HEAD);
			p[at] = (uint8_t)v;
			r = rd_of(p, NEG_HEAD);
			assert_int_equal(neg_head_parse(&r, &out), good);
			assert_int_equal(out.seq, good ? 0x01020304 : 0);
			assert_int_equal(out.life, !good ? 0 : at == 3 ? v : 5);
			assert_int_equal(out.parts,
			    !good	  ? 0
				: at == 2 ? v
					  : 3);
		}
	memcpy(p, "\0\0\1\0\0\0\0\0", NEG_HEAD); /* sequence 0 */
	r = rd_of(p, NEG_HEAD);
	assert_false(neg_head_parse(&r, &out));
	memcpy(p, "\0\0\0\0\0\0\0\1", NEG_HEAD); /* no parts */
	r = rd_of(p, NEG_HEAD);
	assert_false(neg_head_parse(&r, &out));
	memcpy(p, "\0\0\1\0\0\0\0\1", NEG_HEAD);
	r = rd_of(p, NEG_HEAD);
	assert_true(neg_head_parse(&r, &out));
	assert_int_equal(out.type, NEG_ACK);
	assert_int_equal(out.seq, 1);
}

static void
names(void **state)
{
	unsigned a, b;

	(void)state;
	assert_string_equal(neg_why_name(NEG_WHY_STABLE), "stable");
	assert_string_equal(neg_why_name(NEG_WHY_PINNED), "pinned");
	for (a = 0; a < NEG_WHYS; a++)
		for (b = 0; b < a; b++)
			assert_string_not_equal(
			    neg_why_name((uint8_t)a), neg_why_name((uint8_t)b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(types_out_of_range),
		cmocka_unit_test(ranges),
		cmocka_unit_test(bad_claims),
		cmocka_unit_test(numbers_of_paths),
		cmocka_unit_test(lengths_of_descriptors),
		cmocka_unit_test(heads),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
