#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"
#include "tests/rng.h"
#include "wire/msg.h"

#define MAX 1600

/* Least body of each known type, and whether a longer one is fine as well. */
static const struct kind {
	uint8_t type;
	size_t len;
	bool longer;
	uint8_t flags; /* allowed */
	uint8_t body[20];
} kinds[] = {
	{ FRAME_DATA, 1, true, 3, { 0 } },
	{ FRAME_NTK, 18, true, 1,
	    { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1 } },
	{ FRAME_PROBE, 12, false, 0, { 0 } },
	{ FRAME_PROBE_REPLY, 16, false, 0, { 0 } },
	{ FRAME_CHALLENGE, 8, false, 0, { 0 } },
	{ FRAME_RESPONSE, 8, false, 0, { 0 } },
	{ FRAME_CLOSE, 9, false, 0, { 0 } },
	{ FRAME_CLAIM, 1, true, 0, { 0 } },
	{ FRAME_RECORDS, 2, true, 0, { 0 } },
	{ FRAME_NEG, 8, true, 0, { 1, 0, 1 } },
	{ FRAME_FRAG, 9, true, 0, { 0, 0, 0, 0, 0, 2, FRAME_NTK, 1 } },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Parses a copy of exactly len bytes, so that ASan sees each overrun. */
static bool
parse(const uint8_t *p, size_t len, struct frame *f)
{
	enum counter why = CNT_MAX;
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, p, len);
	ok = frame_parse(copy, len, f, &why);
	assert_int_equal(why, ok ? CNT_MAX : CNT_frame_bad);
	if (!ok)
		assert_true(f->body == NULL && f->len == 0);
	free(copy);
	return ok;
}

/* Writes a whole plaintext; returns its length. */
static size_t
make(uint8_t *p, uint8_t type, uint8_t flags, const uint8_t *body, size_t len,
    size_t mtu)
{
	size_t pad = frame_write_head(p, type, flags, len, mtu);

	if (len > 0)
		memcpy(p + FRAME_HEAD, body, len);
	memset(p + FRAME_HEAD + len, 0, pad);
	return FRAME_HEAD + len + pad;
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(2);
	uint8_t p[MAX], body[MAX];
	struct frame f;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		size_t len = 1 + rng_below(&r, 1400), mtu = 1400, n;
		uint8_t flags = (uint8_t)rng_below(&r, 4);

		rng_fill(&r, body, len);
		n = make(p, FRAME_DATA, flags, body, len, mtu);
		assert_true(n % 16 == 0 || n == FRAME_MAX_PLAIN(mtu));
		assert_true(n <= FRAME_MAX_PLAIN(mtu));
		assert_true(n - FRAME_HEAD - len < 16);
		assert_true(parse(p, n, &f));
		assert_int_equal(f.type, FRAME_DATA);
		assert_int_equal(f.flags, flags);
		assert_int_equal(f.len, len);
		assert_memory_equal(p + FRAME_HEAD, body, len);
	}
}

static void
lengths_of_each_type(void **state)
{
	uint8_t p[MAX];
	struct frame f;
	size_t i, len;

	(void)state;
	for (i = 0; i < N_KINDS; i++)
		for (len = 0; len <= 40; len++) {
			uint8_t body[40] = { 0 };
			const struct kind *k = &kinds[i];
			bool good = k->longer ? len >= k->len : len == k->len;
			size_t n;

			memcpy(body, k->body, sizeof(k->body));
			n = make(p, k->type, 0, body, len, 576);
			assert_int_equal(parse(p, n, &f), good);
			f = (struct frame){ k->type, 0, body, len };
			assert_int_equal(frame_check(&f), good);
		}
}

static void
length_of_a_claim_and_a_rekey(void **state)
{
	uint8_t p[MAX], body[600] = { 0 };
	struct frame f;
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(body); len++) {
		size_t n = make(p, FRAME_CLAIM, 0, body, len, 1400);

		assert_int_equal(parse(p, n, &f), len >= 1 && len <= 512);
		n = make(p, FRAME_REKEY, 0, body, len, 1400);
		assert_int_equal(parse(p, n, &f), len == 100 || len == 136);
	}
}

static void
every_truncation_refused(void **state)
{
	uint8_t p[MAX];
	struct frame f;
	size_t i, cut;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		size_t n =
		    make(p, kinds[i].type, 0, kinds[i].body, kinds[i].len, 0);

		assert_int_equal(n, FRAME_HEAD + kinds[i].len);
		assert_true(parse(p, n, &f));
		for (cut = 0; cut < n; cut++)
			assert_false(parse(p, cut, &f));
	}
}

static void
padding_is_zero(void **state)
{
	uint8_t p[MAX], body[CHALLENGE_LEN] = { 1 };
	struct frame f;
	size_t i, n;

	(void)state;
	n = make(p, FRAME_CHALLENGE, 0, body, sizeof(body), 576);
	assert_int_equal(n, 16);
	memset(p + n, 0, 64);
	for (i = n; i < n + 64; i++) /* any amount is taken */
		assert_true(parse(p, i, &f));
	for (i = FRAME_HEAD + CHALLENGE_LEN; i < n + 64; i++) {
		p[i] = 0x80;
		assert_false(parse(p, n + 64, &f));
		p[i] = 0;
	}
}

static void
types_and_flags(void **state)
{
	uint8_t p[MAX], body[19] = { 0 };
	struct frame f;
	size_t i;
	int v;

	(void)state;
	for (v = 0; v < 256; v++) { /* unknown types parse, with any flags */
		size_t n = make(p, (uint8_t)v, 0xff, body, 5, 576);

		assert_int_equal(parse(p, n, &f), v >= FRAME_TYPES);
		if (v >= FRAME_TYPES)
			assert_true(f.type == v && f.len == 5);
		for (i = 0; i < N_KINDS; i++) {
			size_t len = kinds[i].len;

			if (kinds[i].type == FRAME_NTK && (v & 1) != 0)
				len = 20; /* and a key of one byte */
			n = make(p, kinds[i].type, (uint8_t)v, kinds[i].body,
			    len, 576);
			assert_int_equal(
			    parse(p, n, &f), (v & ~kinds[i].flags) == 0);
		}
	}
}

static void
negotiation_parts(void **state)
{
	uint8_t p[MAX], body[8] = { 1 };
	struct frame f;
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		body[2] = (uint8_t)v;
		assert_int_equal(
		    parse(p, make(p, FRAME_NEG, 0, body, 8, 576), &f),
		    v >= 1 && v <= 16);
	}
}

static void
probes(void **state)
{
	struct probe in = { 0x04030201, 0x8877665544332211, 0xddccbbaa }, out;
	uint8_t p[PROBE_REPLY_LEN + 1] = { 0 };
	size_t len;

	(void)state;
	probe_write(p, &in);
	assert_memory_equal(p, "\1\2\3\4\x11\x22\x33\x44\x55\x66\x77\x88", 12);
	for (len = 0; len <= sizeof(p); len++) {
		assert_int_equal(probe_parse(p, len, &out), len == PROBE_LEN);
		assert_true(out.seq == (len == PROBE_LEN ? in.seq : 0));
		assert_int_equal(out.delay_us, 0);
	}
	probe_reply_write(p, &in);
	assert_memory_equal(p + 12, "\xaa\xbb\xcc\xdd", 4);
	for (len = 0; len <= sizeof(p); len++)
		assert_int_equal(
		    probe_reply_parse(p, len, &out), len == PROBE_REPLY_LEN);
	assert_true(probe_reply_parse(p, PROBE_REPLY_LEN, &out));
	assert_true(out.seq == in.seq && out.sent_us == in.sent_us &&
	    out.delay_us == in.delay_us);
}

static void
close_reasons(void **state)
{
	uint8_t p[CLOSE_LEN + 1] = { 0 }, reason;
	const uint8_t *boot, id[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	size_t len;
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		close_write(p, (uint8_t)v, id);
		assert_int_equal(p[0], v);
		for (len = 0; len <= sizeof(p); len++)
			assert_int_equal(close_parse(p, len, &reason, &boot),
			    len == CLOSE_LEN);
		assert_null(boot);
		assert_true(close_parse(p, CLOSE_LEN, &reason, &boot));
		assert_int_equal(reason, v <= CLOSE_CROSSED ? v : CLOSE_NONE);
		assert_memory_equal(boot, id, 8);
	}
}

static void
envelopes(void **state)
{
	struct rng r = rng_seeded(3);
	size_t key, cut, n, packet_len;

	(void)state;
	for (key = 0; key <= NTK_KEY_MAX; key++) {
		struct envelope in = { .key_len = (uint8_t)key }, out;
		uint8_t p[NTK_HEAD_MAX + 5], flags;
		const uint8_t *packet;

		rng_fill(&r, in.origin, sizeof(in.origin));
		rng_fill(&r, in.boot, sizeof(in.boot));
		rng_fill(&r, in.key, key);
		in.seq = 0x04030201;
		in.hops = 16;
		in.class = 7;
		n = envelope_write(p, &in, &flags);
		assert_int_equal(n, key > 0 ? 19 + key : 18);
		assert_int_equal(flags, key > 0 ? NTK_KEYED : 0);
		assert_memory_equal(p + 12, "\1\2\3\4\x10\x07", 6);
		memcpy(p + n, "hello", 5);
		for (cut = 0; cut < n; cut++) {
			assert_false(envelope_parse(
			    p, cut, flags, &out, &packet, &packet_len));
			assert_true(packet == NULL && packet_len == 0);
		}
		assert_true(envelope_parse(
		    p, n + 5, flags, &out, &packet, &packet_len));
		assert_memory_equal(&in, &out, sizeof(in));
		assert_int_equal(packet_len, 5);
		assert_memory_equal(packet, "hello", 5);
	}
}

static void
envelope_key_lengths(void **state)
{
	uint8_t p[MAX], body[300] = { 0 };
	struct frame f;
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		body[ENVELOPE_LEN] = (uint8_t)v;
		assert_int_equal(
		    parse(
			p, make(p, FRAME_NTK, NTK_KEYED, body, 290, 1400), &f),
		    v >= 1 && v <= NTK_KEY_MAX);
	}
}

static bool
frag_good(const struct frag *fr)
{
	uint8_t p[FRAG_HEAD + 3];
	struct frag out;
	bool ok;

	frag_write_head(p, fr);
	memcpy(p + FRAG_HEAD, "abc", 3);
	ok = frag_parse(p, sizeof(p), &out);
	if (ok) {
		assert_true(out.id == fr->id && out.part == fr->part &&
		    out.parts == fr->parts && out.type == fr->type &&
		    out.flags == fr->flags && out.len == 3);
		assert_memory_equal(out.body, "abc", 3);
	} else {
		assert_null(out.body);
	}
	return ok;
}

static void
fragments(void **state)
{
	struct frag fr = { 0x04030201, 0, 2, FRAME_NTK, 1, NULL, 0 }, out;
	uint8_t p[FRAG_HEAD + 1] = { 0 };
	int v, part;

	(void)state;
	for (v = 0; v < 256; v++)
		for (part = 0; part < 256; part++) {
			fr.parts = (uint8_t)v;
			fr.part = (uint8_t)part;
			assert_int_equal(
			    frag_good(&fr), v >= 2 && v <= 64 && part < v);
		}
	fr.parts = 2;
	fr.part = 1;
	for (v = 0; v < 256; v++) {
		fr.flags = 0;
		fr.type = (uint8_t)v;
		assert_int_equal(
		    frag_good(&fr), v == FRAME_DATA || v == FRAME_NTK);
		fr.flags = (uint8_t)v;
		fr.type = FRAME_DATA;
		assert_int_equal(frag_good(&fr), v <= 3);
		fr.type = FRAME_NTK;
		assert_int_equal(frag_good(&fr), v <= 1);
	}
	fr.flags = 0;
	frag_write_head(p, &fr);
	assert_memory_equal(p, "\1\2\3\4\1\2\2\0", 8);
	for (v = 0; v <= FRAG_HEAD; v++)
		assert_false(frag_parse(p, (size_t)v, &out));
	assert_true(frag_parse(p, FRAG_HEAD + 1, &out));
}

/* What fragments carried is longer than a length field can say. */
static void
whole_of_fragments(void **state)
{
	uint8_t *body = calloc(1, FRAG_WHOLE_MAX);
	struct frame f = { FRAME_NTK, 0, body, FRAG_WHOLE_MAX };

	(void)state;
	assert_non_null(body);
	assert_true(frame_check(&f));
	f.len = ENVELOPE_LEN - 1;
	assert_false(frame_check(&f));
	f = (struct frame){ FRAME_NTK, 2, body, FRAG_WHOLE_MAX };
	assert_false(frame_check(&f));
	free(body);
}

static void
random_bytes(void **state)
{
	struct rng r = rng_seeded(4);
	uint8_t p[64];
	struct frame f;
	int i, good = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		size_t len = rng_below(&r, sizeof(p));

		rng_fill(&r, p, sizeof(p));
		p[2] %= 64;
		p[3] = 0;
		if (!parse(p, len, &f))
			continue;
		good++;
		assert_true(f.type != 0 && FRAME_HEAD + f.len <= len);
		assert_int_equal(f.len, p[2]);
	}
	assert_true(good > 0);
}

static void
golden_in_band(const struct frame *f)
{
	struct msg_init init;
	struct msg_resp resp;

	if (f->len == INIT_NOMACS) {
		assert_true(msg_init_parse(f->body, f->len, &init));
		assert_int_equal(init.sender, 0xc4c3c2c1);
		return;
	}
	assert_true(msg_resp_parse(f->body, f->len, &resp));
	assert_int_equal(resp.sender, 0xd4d3d2d1);
	assert_int_equal(resp.receiver, 0xc4c3c2c1);
}

static void
golden_case(struct json_object *one)
{
	struct json_object *tr = vec_get(one, "transport");
	size_t i, mtu, seen[FRAME_TYPES] = { 0 };

	mtu = (size_t)json_object_get_int(
	    vec_get(vec_get(one, "derived"), "mtu"));
	for (i = 0; i < json_object_array_length(tr); i++) {
		struct json_object *t = json_object_array_get_idx(tr, i);
		uint8_t p[2048], again[2048];
		size_t n = vec_hex(t, "plaintext", p, sizeof(p));
		enum counter why;
		struct frame f;

		if (n == 0)
			continue;
		assert_true(frame_parse(p, n, &f, &why));
		seen[f.type]++;
		assert_int_equal(
		    make(again, f.type, f.flags, f.body, f.len, mtu), n);
		assert_memory_equal(p, again, n);
		if (f.type == FRAME_REKEY)
			golden_in_band(&f);
	}
	for (i = FRAME_DATA; i <= FRAME_REKEY; i++)
		assert_true(seen[i] > 0);
}

static void
golden_plaintexts(void **state)
{
	struct json_object *g = vectors_load("vpl1_golden.json"), *cases;
	size_t i;

	(void)state;
	if (g == NULL)
		skip();
	cases = vec_get(g, "cases");
	assert_true(json_object_array_length(cases) > 0);
	for (i = 0; i < json_object_array_length(cases); i++)
		golden_case(json_object_array_get_idx(cases, i));
	json_object_put(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(lengths_of_each_type),
		cmocka_unit_test(length_of_a_claim_and_a_rekey),
		cmocka_unit_test(every_truncation_refused),
		cmocka_unit_test(padding_is_zero),
		cmocka_unit_test(types_and_flags),
		cmocka_unit_test(negotiation_parts),
		cmocka_unit_test(probes),
		cmocka_unit_test(close_reasons),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(envelope_key_lengths),
		cmocka_unit_test(fragments),
		cmocka_unit_test(whole_of_fragments),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(golden_plaintexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
