#include "wire/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"
#include "tests/rng.h"

#define MAX 300

static const struct kind {
	uint8_t type;
	size_t len;
	bool longer;
	size_t zero_at, zero_len; /* besides bytes 2 and 3 */
} kinds[] = {
	{ 1, 168, false, 0, 0 },
	{ 2, 132, false, 116, 16 },
	{ 3, 64, false, 0, 0 },
	{ 4, 32, true, 0, 0 },
	{ 5, 168, false, 40, 96 },
	{ 6, 132, false, 104, 12 },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A message of the kind with every free byte set. */
static void
make(const struct kind *k, uint8_t p[MAX])
{
	memset(p, 0xa5, MAX);
	p[0] = k->type;
	p[1] = 1;
	memset(p + 2, 0, 2);
	memset(p + k->zero_at, 0, k->zero_len);
	if (k->zero_len == 0)
		p[0] = k->type;
}

static int
classify(const uint8_t *p, size_t len)
{
	enum counter why;
	uint8_t *copy = malloc(len > 0 ? len : 1); /* ASan sees each overrun */
	int type;

	assert_non_null(copy);
	memcpy(copy, p, len);
	type = msg_classify(copy, len, &why);
	free(copy);
	return type != 0 ? type : -(int)why;
}

static void
classify_lengths(void **state)
{
	uint8_t p[MAX];
	size_t i, len;

	(void)state;
	for (i = 0; i < N_KINDS; i++) {
		make(&kinds[i], p);
		for (len = 0; len <= MAX; len++) {
			bool good = kinds[i].longer ? len >= kinds[i].len
						    : len == kinds[i].len;

			assert_int_equal(classify(p, len),
			    good ? kinds[i].type : -CNT_msg_short);
		}
	}
}

static void
classify_types_and_versions(void **state)
{
	uint8_t p[MAX];
	size_t i;
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		make(&kinds[0], p);
		p[0] = (uint8_t)v;
		if (v == 0 || v > 6)
			assert_int_equal(classify(p, 168), -CNT_msg_type);
		for (i = 0; i < N_KINDS; i++) {
			make(&kinds[i], p);
			p[1] = (uint8_t)v;
			assert_int_equal(classify(p, kinds[i].len),
			    v == 1 ? kinds[i].type : -CNT_msg_version);
		}
	}
}

/* Each bit of each zero byte counts; no other byte behind the head does. */
static void
classify_zero_bytes(void **state)
{
	uint8_t p[MAX];
	size_t i, at;
	int bit;

	(void)state;
	for (i = 0; i < N_KINDS; i++)
		for (at = 2; at < kinds[i].len; at++)
			for (bit = 0; bit < 8; bit++) {
				bool zero = at < 4 ||
				    (at >= kinds[i].zero_at &&
					at < kinds[i].zero_at +
						kinds[i].zero_len);

				make(&kinds[i], p);
				p[at] ^= (uint8_t)(1 << bit);
				assert_int_equal(classify(p, kinds[i].len),
				    zero ? -CNT_msg_zero : kinds[i].type);
			}
}

static void
init_both_forms(void **state)
{
	uint8_t p[INIT_LEN + 1];
	struct msg_init m;
	size_t len;

	(void)state;
	memset(p, 0x11, sizeof(p));
	msg_init_head(p, 0x04030201);
	assert_memory_equal(p, "\1\1\0\0\1\2\3\4", 8);
	for (len = 0; len <= sizeof(p); len++) {
		bool good = len == INIT_LEN || len == INIT_NOMACS;

		assert_int_equal(msg_init_parse(p, len, &m), good);
		if (!good)
			assert_null(m.ephemeral);
	}
	assert_true(msg_init_parse(p, INIT_LEN, &m));
	assert_int_equal(m.sender, 0x04030201);
	assert_ptr_equal(m.ephemeral, p + 8);
	assert_ptr_equal(m.static_sealed, p + 40);
	assert_ptr_equal(m.payload_sealed, p + 88);
	assert_ptr_equal(m.mac1, p + 136);
	assert_ptr_equal(m.mac2, p + 152);
	assert_true(msg_init_parse(p, INIT_NOMACS, &m));
	assert_null(m.mac1);
	assert_null(m.mac2);
}

static void
resp_both_forms(void **state)
{
	uint8_t p[RESP_LEN + 1];
	struct msg_resp m;
	size_t len;

	(void)state;
	memset(p, 0x11, 116);
	memset(p + 116, 0, sizeof(p) - 116);
	msg_resp_head(p, 0x04030201, 0x0d0c0b0a);
	assert_memory_equal(p, "\2\1\0\0\1\2\3\4\x0a\x0b\x0c\x0d", 12);
	for (len = 0; len <= sizeof(p); len++)
		assert_int_equal(msg_resp_parse(p, len, &m),
		    len == RESP_LEN || len == RESP_NOMACS);
	assert_true(msg_resp_parse(p, RESP_LEN, &m));
	assert_int_equal(m.sender, 0x04030201);
	assert_int_equal(m.receiver, 0x0d0c0b0a);
	assert_ptr_equal(m.ephemeral, p + 12);
	assert_ptr_equal(m.payload_sealed, p + 44);
	assert_ptr_equal(m.mac1, p + 100);
	assert_true(msg_resp_parse(p, RESP_NOMACS, &m));
	assert_null(m.mac1);
	p[131] = 1;
	assert_false(msg_resp_parse(p, RESP_LEN, &m));
	assert_null(m.mac1);
}

static void
cookie_and_data(void **state)
{
	uint8_t p[COOKIE_LEN + 1] = { 0 };
	struct msg_cookie c;
	struct msg_data d;
	size_t len;

	(void)state;
	msg_cookie_head(p, 0x04030201);
	assert_memory_equal(p, "\3\1\0\0\1\2\3\4", 8);
	for (len = 0; len <= sizeof(p); len++)
		assert_int_equal(
		    msg_cookie_parse(p, len, &c), len == COOKIE_LEN);
	assert_true(msg_cookie_parse(p, COOKIE_LEN, &c));
	assert_int_equal(c.receiver, 0x04030201);
	assert_ptr_equal(c.nonce, p + 8);
	assert_ptr_equal(c.sealed, p + 32);

	msg_data_head(p, 0x04030201, 0x8877665544332211);
	assert_memory_equal(
	    p, "\4\1\0\0\1\2\3\4\x11\x22\x33\x44\x55\x66\x77\x88", 16);
	for (len = 0; len <= sizeof(p); len++)
		assert_int_equal(msg_data_parse(p, len, &d), len >= DATA_MIN);
	assert_int_equal(d.receiver, 0x04030201);
	assert_true(d.counter == 0x8877665544332211);
}

/* The in-band forms are not classified first: the parsers check the head. */
static void
heads_are_checked(void **state)
{
	uint8_t p[MAX];
	struct msg_init i;
	struct msg_resp r;
	struct msg_cookie c;
	struct msg_data d;
	int at, v;

	(void)state;
	memset(p, 0, sizeof(p));
	for (at = 0; at < 4; at++)
		for (v = 0; v < 256; v++) {
			uint8_t head[4] = { 0, 1, 0, 0 };
			bool same;

			for (head[0] = 1; head[0] <= 4; head[0]++) {
				memcpy(p, head, 4);
				same = p[at] == v;
				p[at] = (uint8_t)v;
				if (head[0] == 1)
					assert_int_equal(
					    same, msg_init_parse(p, 136, &i));
				if (head[0] == 2)
					assert_int_equal(
					    same, msg_resp_parse(p, 100, &r));
				if (head[0] == 3)
					assert_int_equal(
					    same, msg_cookie_parse(p, 64, &c));
				if (head[0] == 4)
					assert_int_equal(
					    same, msg_data_parse(p, 32, &d));
			}
		}
}

static void
payloads_round_trip(void **state)
{
	struct rng r = rng_seeded(1);
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		uint8_t in[INIT_PAYLOAD], out[INIT_PAYLOAD];
		uint8_t in2[RESP_PAYLOAD], out2[RESP_PAYLOAD];
		struct init_payload ip;
		struct resp_payload rp;

		rng_fill(&r, in, sizeof(in));
		rng_fill(&r, in2, sizeof(in2));
		assert_true(init_payload_parse(in, &ip));
		assert_true(resp_payload_parse(in2, &rp));
		memset(in + 22, 0, 2); /* not looked at, written as 0 */
		memset(in2 + 38, 0, 2);
		init_payload_write(out, &ip);
		resp_payload_write(out2, &rp);
		assert_memory_equal(in, out, sizeof(in));
		assert_memory_equal(in2, out2, sizeof(in2));
	}
}

static void
golden_payloads(struct json_object *one)
{
	struct json_object *in = vec_get(one, "inputs");
	uint8_t p[RESP_PAYLOAD];
	struct init_payload ip;
	struct resp_payload rp;

	assert_int_equal(
	    vec_hex(in, "initiator_payload", p, sizeof(p)), INIT_PAYLOAD);
	assert_true(init_payload_parse(p, &ip));
	assert_memory_equal(ip.stamp, "\0\0\1\x8b\xcf\xe5\x68\0\0\0\0\1", 12);
	assert_int_equal(ip.suites, 3);
	assert_int_equal(ip.caps, CAP_REKEY | CAP_PATH);
	assert_int_equal(ip.class, 1);
	assert_int_equal(ip.psk_id, json_object_get_int(vec_get(in, "psk_id")));
	assert_memory_equal(ip.boot, "\x10\x11\x12\x13\x14\x15\x16\x17", 8);
	assert_int_equal(
	    vec_hex(in, "responder_payload", p, sizeof(p)), RESP_PAYLOAD);
	assert_true(resp_payload_parse(p, &rp));
	assert_memory_equal(rp.seen_ip + 10, "\xff\xff\xc0\0\2\1", 6);
	assert_int_equal(rp.seen_port, 51820);
	assert_int_equal(rp.sender, 0xb4b3b2b1);
	assert_int_equal(rp.mtu < ip.mtu ? rp.mtu : ip.mtu,
	    json_object_get_int(vec_get(vec_get(one, "derived"), "mtu")));
}

static void
golden_case(struct json_object *one)
{
	struct json_object *tr = vec_get(one, "transport");
	uint8_t p[2048];
	size_t i, len;
	struct msg_init init;
	struct msg_resp resp;
	struct msg_cookie ck;
	struct msg_data d;

	len = vec_hex(one, "msg1_with_cookie", p, sizeof(p));
	assert_int_equal(classify(p, len), MSG_INIT);
	assert_true(msg_init_parse(p, len, &init));
	assert_int_equal(init.sender, 0xa4a3a2a1);
	len = vec_hex(one, "cookie_reply", p, sizeof(p));
	assert_int_equal(classify(p, len), MSG_COOKIE);
	assert_true(msg_cookie_parse(p, len, &ck));
	assert_int_equal(ck.receiver, 0xa4a3a2a1);
	assert_memory_equal(ck.nonce, "0123", 4);
	len = vec_hex(one, "msg2", p, sizeof(p));
	assert_int_equal(classify(p, len), MSG_RESP);
	assert_true(msg_resp_parse(p, len, &resp));
	assert_int_equal(resp.sender, 0xb4b3b2b1);
	assert_int_equal(resp.receiver, 0xa4a3a2a1);
	for (i = 0; i < json_object_array_length(tr); i++) {
		struct json_object *t = json_object_array_get_idx(tr, i);

		len = vec_hex(t, "packet", p, sizeof(p));
		assert_int_equal(classify(p, len), MSG_DATA);
		assert_true(msg_data_parse(p, len, &d));
		assert_int_equal(
		    d.counter, json_object_get_int64(vec_get(t, "counter")));
	}
}

static void
idents_round_trip(void **state)
{
	uint8_t p[IDQ_LEN + 1], nonce[IDENT_NONCE], key[32], sig[64];
	struct msg_idq q;
	struct msg_idr r;
	enum counter why;
	size_t n;

	(void)state;
	memset(nonce, 0xa1, sizeof(nonce));
	memset(key, 0xb2, sizeof(key));
	memset(sig, 0xc3, sizeof(sig));
	msg_idq_write(p, 0x04030201, nonce);
	assert_int_equal(msg_classify(p, IDQ_LEN, &why), MSG_IDQ);
	assert_true(msg_idq_parse(p, IDQ_LEN, &q));
	assert_int_equal(q.sender, 0x04030201);
	assert_memory_equal(q.nonce, nonce, sizeof(nonce));
	for (n = 0; n <= IDQ_LEN + 1; n++)
		assert_int_equal(msg_idq_parse(p, n, &q), n == IDQ_LEN);
	for (n = 40; n < INIT_NOMACS; n++) {
		p[n] = 1;
		assert_false(msg_idq_parse(p, IDQ_LEN, &q));
		assert_null(q.nonce);
		p[n] = 0;
	}
	msg_idr_write(p, 0x04030201, key, sig);
	assert_int_equal(msg_classify(p, IDR_LEN, &why), MSG_IDR);
	assert_true(msg_idr_parse(p, IDR_LEN, &r));
	assert_int_equal(r.receiver, 0x04030201);
	assert_memory_equal(r.key, key, sizeof(key));
	assert_memory_equal(r.sig, sig, sizeof(sig));
	for (n = 0; n <= IDR_LEN + 1; n++)
		assert_int_equal(msg_idr_parse(p, n, &r), n == IDR_LEN);
	for (n = 104; n < IDR_NOMAC; n++) {
		p[n] = 1;
		assert_false(msg_idr_parse(p, IDR_LEN, &r));
		assert_null(r.key);
		p[n] = 0;
	}
}

static void
golden_packets(void **state)
{
	struct json_object *g = vectors_load("vpl1_golden.json"), *cases, *ids;
	uint8_t p[256];
	size_t i, len;

	(void)state;
	if (g == NULL)
		skip();
	cases = vec_get(g, "cases");
	assert_true(json_object_array_length(cases) > 0);
	for (i = 0; i < json_object_array_length(cases); i++) {
		golden_case(json_object_array_get_idx(cases, i));
		golden_payloads(json_object_array_get_idx(cases, i));
	}
	ids = vec_get(g, "identity_query");
	for (i = 0; i < json_object_array_length(ids); i++) {
		struct json_object *q = json_object_array_get_idx(ids, i);

		len = vec_hex(q, "query_with_cookie", p, sizeof(p));
		assert_int_equal(classify(p, len), MSG_IDQ);
		len = vec_hex(q, "reply", p, sizeof(p));
		assert_int_equal(classify(p, len), MSG_IDR);
	}
	json_object_put(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classify_lengths),
		cmocka_unit_test(classify_types_and_versions),
		cmocka_unit_test(classify_zero_bytes),
		cmocka_unit_test(init_both_forms),
		cmocka_unit_test(resp_both_forms),
		cmocka_unit_test(cookie_and_data),
		cmocka_unit_test(heads_are_checked),
		cmocka_unit_test(payloads_round_trip),
		cmocka_unit_test(idents_round_trip),
		cmocka_unit_test(golden_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
