#include "core/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "core/cookie.h"
#include "crypto/kx.h"
#include "crypto/prim.h"
#include "tests/unit/vectors.h"
#include "tests/rng.h"

#define NO_FILE 77
#define ZERO ((const uint8_t[KEY_LEN]){ 0 })

/* What one side knows before a handshake. */
struct side {
	struct identity id;
	uint8_t e_sk[KEY_LEN];
	uint32_t index;
};

/* A handshake from both sides' point of view. */
struct pair {
	struct network net;
	struct side i, r;
	uint8_t ss[KEY_LEN], psk[KEY_LEN];
	struct init_payload ip;
	struct resp_payload rp;
	struct hs_init hs;
	struct hs_resp rs;
	uint8_t msg1[INIT_NOMACS], msg2[RESP_NOMACS];
	struct hs_keys ik, rk;
};

static bool
write1(struct pair *p)
{
	return hs_init_write(&p->hs, &p->net, &p->i.id, p->r.id.x_pk, p->ss,
	    p->psk, p->i.e_sk, p->i.index, &p->ip, p->msg1);
}

/* As a responder reads it: in doubt it is nobody. */
static bool
read1_of(
    const struct pair *p, const uint8_t *msg, size_t len, struct hs_resp *rs)
{
	struct msg_init in;
	uint8_t ss[KEY_LEN];

	return msg_init_parse(msg, len, &in) &&
	    hs_resp_read_static(rs, &p->net, &p->r.id, msg, &in) &&
	    kx_shared(ss, p->r.id.x_sk, rs->rs) &&
	    hs_resp_read_payload(rs, ss, &in);
}

static bool
read1(struct pair *p)
{
	return read1_of(p, p->msg1, sizeof(p->msg1), &p->rs);
}

static bool
write2(struct pair *p)
{
	return hs_resp_write(
	    &p->rs, p->psk, p->r.e_sk, p->r.index, &p->rp, p->msg2, &p->rk);
}

static bool
read2_of(const struct pair *p, const uint8_t *msg, size_t len,
    struct resp_payload *rp, struct hs_keys *keys)
{
	struct msg_resp in;

	return msg_resp_parse(msg, len, &in) &&
	    hs_init_read(&p->hs, &p->i.id, &in, rp, keys);
}

static bool
read2(struct pair *p)
{
	struct resp_payload rp;

	return read2_of(p, p->msg2, sizeof(p->msg2), &rp, &p->ik);
}

/* Refused, and neither the attempt nor what it would yield is touched. */
static void
refused2(const struct pair *p, const uint8_t *msg, size_t len)
{
	struct hs_init before;
	struct resp_payload rp, rp_before;
	struct hs_keys keys, keys_before;

	memset(&rp, 0xa5, sizeof(rp));
	memset(&keys, 0xa5, sizeof(keys));
	memcpy(&rp_before, &rp, sizeof(rp));
	memcpy(&keys_before, &keys, sizeof(keys));
	memcpy(&before, &p->hs, sizeof(before));
	assert_false(read2_of(p, msg, len, &rp, &keys));
	assert_memory_equal(&rp, &rp_before, sizeof(rp));
	assert_memory_equal(&keys, &keys_before, sizeof(keys));
	assert_memory_equal(&p->hs, &before, sizeof(before));
}

static void
keys_meet(const struct pair *p)
{
	assert_int_equal(p->ik.suite, p->rk.suite);
	assert_memory_equal(p->ik.send, p->rk.recv, KEY_LEN);
	assert_memory_equal(p->ik.recv, p->rk.send, KEY_LEN);
	assert_memory_not_equal(p->ik.send, p->ik.recv, KEY_LEN);
}

static void
side_random(struct side *s, struct rng *r)
{
	uint8_t seed[KEY_LEN];

	rng_fill(r, seed, sizeof(seed));
	assert_true(identity_from_seed(seed, &s->id));
	rng_fill(r, s->e_sk, KEY_LEN);
	s->index = (uint32_t)rng_next(r);
}

static void
pair_random(struct pair *p, struct rng *r)
{
	uint8_t key[KEY_LEN];

	memset(p, 0, sizeof(*p));
	rng_fill(r, key, sizeof(key));
	network_closed(&p->net, key);
	side_random(&p->i, r);
	side_random(&p->r, r);
	assert_true(kx_shared(p->ss, p->i.id.x_sk, p->r.id.x_pk));
	rng_fill(r, p->psk, KEY_LEN);
	rng_fill(r, p->ip.stamp, STAMP_LEN);
	rng_fill(r, p->ip.boot, BOOT_LEN);
	rng_fill(r, p->rp.boot, BOOT_LEN);
	p->ip.suites = 3;
	p->ip.mtu = (uint16_t)rng_next(r);
	p->ip.caps = (uint32_t)rng_next(r);
	p->rp.psk_id = p->ip.psk_id = (uint8_t)rng_next(r);
	p->rp.suite = (uint8_t)rng_below(r, SUITE_MAX);
	p->rp.sender = p->r.index;
}

/* Structs have padding, their bytes on the wire have not. */
static void
same1(const struct init_payload *a, const struct init_payload *b)
{
	uint8_t x[INIT_PAYLOAD], y[INIT_PAYLOAD];

	init_payload_write(x, a);
	init_payload_write(y, b);
	assert_memory_equal(x, y, sizeof(x));
}

static void
same2(const struct resp_payload *a, const struct resp_payload *b)
{
	uint8_t x[RESP_PAYLOAD], y[RESP_PAYLOAD];

	resp_payload_write(x, a);
	resp_payload_write(y, b);
	assert_memory_equal(x, y, sizeof(x));
}

static void
random_round_trips(void **state)
{
	struct rng r = rng_seeded(37);
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++) {
		struct resp_payload rp;
		struct pair p;

		pair_random(&p, &r);
		assert_true(write1(&p) && read1(&p));
		assert_memory_equal(p.rs.rs, p.i.id.x_pk, KEY_LEN);
		assert_int_equal(p.rs.sender, p.i.index);
		same1(&p.rs.payload, &p.ip);
		assert_true(write2(&p));
		assert_true(read2_of(&p, p.msg2, sizeof(p.msg2), &rp, &p.ik));
		same2(&rp, &p.rp);
		assert_int_equal(p.ik.suite, p.rp.suite);
		keys_meet(&p);
	}
}

static void
another_secret_opens_nothing(void **state)
{
	struct rng r = rng_seeded(38);
	struct pair p, q;

	(void)state;
	pair_random(&p, &r);
	pair_random(&q, &r);
	assert_true(write1(&p));
	q.r = p.r;
	assert_false(read1_of(&q, p.msg1, sizeof(p.msg1), &q.rs)); /* net */
	q.net = p.net;
	assert_true(read1_of(&q, p.msg1, sizeof(p.msg1), &q.rs));
	side_random(&q.r, &r);
	assert_false(read1_of(&q, p.msg1, sizeof(p.msg1), &q.rs)); /* key */
	assert_true(read1(&p));
	q.rs = p.rs;
	q.rp = p.rp;
	assert_true(write2(&q)); /* another psk */
	refused2(&p, q.msg2, sizeof(q.msg2));
	assert_true(write2(&p));
	assert_true(read2(&p)); /* the right one still opens */
	keys_meet(&p);
}

/* Whoever shows a key that is not his own does not get to the payload. */
static void
stolen_static_key(void **state)
{
	struct rng r = rng_seeded(39);
	struct msg_init in;
	struct pair p;

	(void)state;
	pair_random(&p, &r);
	p.ss[0] ^= 1;
	assert_true(write1(&p));
	assert_true(msg_init_parse(p.msg1, sizeof(p.msg1), &in));
	assert_true(hs_resp_read_static(&p.rs, &p.net, &p.r.id, p.msg1, &in));
	assert_memory_equal(p.rs.rs, p.i.id.x_pk, KEY_LEN);
	assert_false(read1(&p));
}

/* Points of low order: the shared secret would be known to everybody. */
static void
low_order_points(void **state)
{
	static const uint8_t points[][KEY_LEN] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56,
		    0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb,
		    0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
		    0xb8, 0x00 },
	};
	struct rng r = rng_seeded(40);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct pair p, q;
		struct msg_init in;
		struct msg_resp resp;
		struct hs_resp rs;
		struct hs_keys keys;

		pair_random(&p, &r);
		q = p;
		memcpy(q.r.id.x_pk, points[i], KEY_LEN);
		assert_false(write1(&q));
		assert_memory_equal(q.hs.e_sk, ZERO, KEY_LEN);
		assert_true(write1(&p));
		assert_true(msg_init_parse(p.msg1, sizeof(p.msg1), &in));
		in.ephemeral = points[i];
		assert_false(
		    hs_resp_read_static(&rs, &p.net, &p.r.id, p.msg1, &in));
		assert_true(read1(&p));
		rs = p.rs;
		memcpy(rs.re, points[i], KEY_LEN);
		assert_false(hs_resp_write(
		    &rs, p.psk, p.r.e_sk, 1, &p.rp, q.msg2, &keys));
		rs = p.rs;
		memcpy(rs.rs, points[i], KEY_LEN);
		assert_false(hs_resp_write(
		    &rs, p.psk, p.r.e_sk, 1, &p.rp, q.msg2, &keys));
		assert_true(write2(&p));
		assert_true(msg_resp_parse(p.msg2, sizeof(p.msg2), &resp));
		resp.ephemeral = points[i];
		assert_false(hs_init_read(&p.hs, &p.i.id, &resp, &p.rp, &keys));
	}
}

/* A message 2 that says anything in its sealed payload, honestly sealed. */
static void
forge2(struct pair *p, const struct resp_payload *rp, uint32_t clear_sender)
{
	struct noise ns = p->rs.ns;
	uint8_t *e = p->msg2 + 12, dh[KEY_LEN], plain[RESP_PAYLOAD];

	msg_resp_head(p->msg2, clear_sender, p->i.index);
	kx_public(e, p->r.e_sk);
	noise_mix_hash(&ns, e, KEY_LEN);
	noise_mix_key(&ns, e, KEY_LEN);
	assert_true(kx_shared(dh, p->r.e_sk, p->rs.re));
	noise_mix_key(&ns, dh, KEY_LEN);
	assert_true(kx_shared(dh, p->r.e_sk, p->rs.rs));
	noise_mix_key(&ns, dh, KEY_LEN);
	noise_mix_key_and_hash(&ns, p->psk, KEY_LEN);
	resp_payload_write(plain, rp);
	noise_seal(&ns, e + KEY_LEN, plain, sizeof(plain));
}

static void
every_suite_and_psk_id(void **state)
{
	struct rng r = rng_seeded(41);
	unsigned offer, v;

	(void)state;
	for (offer = 0; offer < 8; offer++) {
		struct resp_payload rp;
		struct pair p;

		pair_random(&p, &r);
		p.ip.suites = (uint8_t)(offer < 7 ? offer : 0xff);
		assert_true(write1(&p) && read1(&p));
		for (v = 0; v < 256; v++) {
			rp = p.rp;
			rp.suite = (uint8_t)v;
			forge2(&p, &rp, p.r.index);
			if (v < SUITE_MAX && (p.ip.suites >> v & 1) != 0)
				assert_true(read2(&p));
			else
				refused2(&p, p.msg2, sizeof(p.msg2));
		}
		rp.suite = SUITE_CHACHAPOLY;
		for (v = 1; v < 256 && (offer & 1) != 0; v++) {
			rp.psk_id = (uint8_t)(p.ip.psk_id + v);
			forge2(&p, &rp, p.r.index);
			refused2(&p, p.msg2, sizeof(p.msg2));
		}
	}
}

static void
indices_are_checked(void **state)
{
	struct rng r = rng_seeded(42);
	struct pair p;
	unsigned bit;

	(void)state;
	pair_random(&p, &r);
	assert_true(write1(&p) && read1(&p));
	for (bit = 0; bit < 32; bit++) {
		forge2(&p, &p.rp, p.r.index ^ (UINT32_C(1) << bit));
		refused2(&p, p.msg2, sizeof(p.msg2));
	}
	p.rp.sender++; /* the caller's value does not matter */
	assert_true(write2(&p) && read2(&p));
	p.hs.sender++; /* an answer to another attempt */
	refused2(&p, p.msg2, sizeof(p.msg2));
}

static int
pick_model(unsigned a, unsigned pa, unsigned b, unsigned pb)
{
	if (pa == pb && pa < 2 && (a >> pa & 1) != 0 && (b >> pa & 1) != 0)
		return (int)pa;
	if ((a & 1) != 0 && (b & 1) != 0)
		return 0;
	if ((a & 2) != 0 && (b & 2) != 0)
		return 1;
	return -1;
}

static void
suites_picked(void **state)
{
	const unsigned prefs[] = { 0, 1, 2, 7, 8, 31, 32, 255 };
	unsigned a, b, i, k;

	(void)state;
	assert_int_equal(hs_pick_suite(3, 1, 3, 1), SUITE_AES256GCM);
	assert_int_equal(hs_pick_suite(3, 1, 3, 0), SUITE_CHACHAPOLY);
	assert_int_equal(hs_pick_suite(1, 0, 2, 1), -1);
	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++)
			for (i = 0; i < 8; i++)
				for (k = 0; k < 8; k++)
					assert_int_equal(
					    hs_pick_suite((uint8_t)a,
						(uint8_t)prefs[i], (uint8_t)b,
						(uint8_t)prefs[k]),
					    pick_model(
						a, prefs[i], b, prefs[k]));
}

static void
wiped(void **state)
{
	const struct hs_init none = { 0 };
	struct rng r = rng_seeded(43);
	struct pair p;

	(void)state;
	pair_random(&p, &r);
	assert_true(write1(&p));
	wipe(&p.hs, sizeof(p.hs));
	assert_memory_equal(p.hs.e_sk, none.e_sk, KEY_LEN);
	assert_memory_equal(p.hs.psk, none.psk, KEY_LEN);
	assert_memory_equal(p.hs.ns.ck, none.ns.ck, HASH_LEN);
}

static void
fixed(struct json_object *o, const char *name, void *out, size_t len)
{
	assert_int_equal(vec_hex(o, name, out, len), len);
}

static void
is_golden(struct json_object *o, const char *name, const void *p, size_t len)
{
	uint8_t want[INIT_LEN];

	assert_true(vec_hex(o, name, want, sizeof(want)) >= len);
	assert_memory_equal(p, want, len);
}

static uint32_t
index_at(struct json_object *o, const char *name)
{
	uint8_t b[4];
	struct rd r = rd_of(b, sizeof(b));
	uint32_t index = 0;

	fixed(o, name, b, sizeof(b));
	assert_true(rd_le32(&r, &index));
	return index;
}

static void
golden_side(struct side *s, struct json_object *o)
{
	uint8_t seed[KEY_LEN];

	fixed(o, "seed", seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &s->id));
	fixed(o, "ephemeral", s->e_sk, KEY_LEN);
	s->index = index_at(o, "index");
}

/* All that goes into the i-th case; returns the case. */
static struct json_object *
golden_pair(struct pair *p, struct json_object *file, size_t i)
{
	struct json_object *common = vec_get(file, "common");
	struct json_object *c =
	    json_object_array_get_idx(vec_get(file, "cases"), i);
	struct json_object *in = vec_get(c, "inputs");
	uint8_t key[KEY_LEN], plain[RESP_PAYLOAD];

	memset(p, 0, sizeof(*p));
	golden_side(&p->i, vec_get(common, "initiator"));
	golden_side(&p->r, vec_get(common, "responder"));
	fixed(vec_get(c, "derived"), "netkey", key, KEY_LEN);
	network_closed(&p->net, key);
	fixed(in, "pair_psk", key, KEY_LEN);
	network_psk(&p->net, key, p->psk);
	assert_true(kx_shared(p->ss, p->i.id.x_sk, p->r.id.x_pk));
	fixed(in, "initiator_payload", plain, INIT_PAYLOAD);
	assert_true(init_payload_parse(plain, &p->ip));
	fixed(in, "responder_payload", plain, RESP_PAYLOAD);
	assert_true(resp_payload_parse(plain, &p->rp));
	return c;
}

static int
preferred(struct json_object *c, const char *name)
{
	return json_object_get_int(vec_get(vec_get(c, "inputs"), name));
}

static void
check_golden(struct pair *p, struct json_object *c)
{
	struct json_object *d = vec_get(c, "derived");

	assert_true(write1(p));
	is_golden(c, "msg1", p->msg1, INIT_NOMACS);
	is_golden(d, "h_after_msg1", p->hs.ns.h, HASH_LEN);
	assert_true(read1(p));
	is_golden(d, "h_after_msg1", p->rs.ns.h, HASH_LEN);
	assert_int_equal(
	    hs_pick_suite(3, (uint8_t)preferred(c, "responder_preferred_suite"),
		p->rs.payload.suites, p->rs.payload.preferred),
	    json_object_get_int(vec_get(d, "suite")));
	assert_true(write2(p));
	is_golden(c, "msg2", p->msg2, RESP_NOMACS);
	is_golden(d, "h_after_msg2", p->rs.ns.h, HASH_LEN);
	assert_true(read2(p));
	keys_meet(p);
	is_golden(d, "key_i_to_r", p->ik.send, KEY_LEN);
	is_golden(d, "key_r_to_i", p->ik.recv, KEY_LEN);
}

/* The same in band: other ephemerals, indices and stamp. */
static void
check_golden_rekey(
    struct pair *p, struct json_object *file, struct json_object *c)
{
	struct json_object *common = vec_get(file, "common");
	struct json_object *i = vec_get(common, "initiator");
	struct json_object *r = vec_get(common, "responder");
	struct json_object *k = vec_get(c, "in_band_rekey");

	fixed(i, "rekey_ephemeral", p->i.e_sk, KEY_LEN);
	fixed(r, "rekey_ephemeral", p->r.e_sk, KEY_LEN);
	fixed(i, "rekey_stamp", p->ip.stamp, STAMP_LEN);
	p->i.index = index_at(i, "rekey_index");
	p->r.index = index_at(r, "rekey_index");
	assert_true(write1(p));
	is_golden(k, "msg1", p->msg1, INIT_NOMACS);
	assert_true(read1(p) && write2(p));
	is_golden(k, "msg2", p->msg2, RESP_NOMACS);
	is_golden(k, "handshake_hash", p->rs.ns.h, HASH_LEN);
	assert_true(read2(p));
	keys_meet(p);
	is_golden(k, "key_i_to_r", p->ik.send, KEY_LEN);
	is_golden(k, "key_r_to_i", p->ik.recv, KEY_LEN);
}

static void
golden_cases(void **state)
{
	struct json_object *file = *state;
	size_t i;

	if (file == NULL)
		skip();
	assert_int_equal(json_object_array_length(vec_get(file, "cases")), 6);
	for (i = 0; i < 6; i++) {
		struct pair p;
		struct json_object *c = golden_pair(&p, file, i);

		is_golden(vec_get(c, "derived"), "netid", p.net.netid, KEY_LEN);
		is_golden(vec_get(c, "derived"), "noise_psk", p.psk, KEY_LEN);
		check_golden(&p, c);
		check_golden_rekey(&p, file, c);
	}
	printf("# figure cases_handshake %zu\n", i);
	printf("# figure packets_handshake %zu\n", 4 * i);
}

static void
flip(uint8_t *p, size_t bit)
{
	p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* In band no mac helps: the handshake itself refuses each altered bit. */
static void
flips_in_band(struct pair *p)
{
	struct hs_resp rs;
	size_t bit;

	assert_true(write1(p) && read1(p) && write2(p));
	for (bit = 0; bit < INIT_NOMACS * 8; bit++) {
		flip(p->msg1, bit);
		assert_false(read1_of(p, p->msg1, INIT_NOMACS, &rs));
		flip(p->msg1, bit);
	}
	for (bit = 0; bit < RESP_NOMACS * 8; bit++) {
		flip(p->msg2, bit);
		refused2(p, p->msg2, RESP_NOMACS);
		flip(p->msg2, bit);
	}
	assert_true(read1(p) && read2(p));
}

static void
golden_flips_in_band(void **state)
{
	struct json_object *file = *state;
	struct pair p;

	if (file == NULL)
		skip();
	golden_pair(&p, file, 0);
	flips_in_band(&p);
	golden_pair(&p, file, 5); /* closed, pair_psk, AES */
	flips_in_band(&p);
}

/* As a daemon takes them: by length and head, by macs, then by key. */
static bool
passes(const struct pair *p, const struct cookie_check *ck,
    const uint8_t mac1key[KEY_LEN], const struct addr *from, const uint8_t *msg,
    size_t len)
{
	struct resp_payload rp;
	struct hs_keys keys;
	struct hs_resp rs;
	enum counter why;

	switch (msg_classify(msg, len, &why)) {
	case MSG_INIT:
		return mac1_ok(mac1key, msg, INIT_NOMACS) &&
		    mac2_ok(ck, msg, from, ck->born) &&
		    read1_of(p, msg, len, &rs);
	case MSG_RESP:
		return mac1_ok(mac1key, msg, RESP_NOMACS) &&
		    read2_of(p, msg, len, &rp, &keys);
	default:
		return false;
	}
}

static void
golden_flips_of_datagrams(void **state)
{
	struct json_object *file = *state, *c;
	struct cookie_check ck = { 0 };
	uint8_t msg1[INIT_LEN], msg2[RESP_LEN], key[KEY_LEN];
	struct addr from;
	struct pair p;
	size_t bit;

	if (file == NULL)
		skip();
	c = golden_pair(&p, file, 0);
	assert_true(write1(&p));
	fixed(vec_get(vec_get(file, "common"), "responder"), "cookie_secret",
	    key, KEY_LEN);
	cookie_renew(&ck, key, (struct mono){ 1 });
	assert_true(addr_parse("192.0.2.1:51820", 0, &from));
	network_mac1key(&p.net, p.r.id.x_pk, key);
	fixed(c, "msg1_with_cookie", msg1, INIT_LEN);
	fixed(c, "msg2", msg2, RESP_LEN);
	assert_true(passes(&p, &ck, key, &from, msg1, INIT_LEN));
	assert_true(passes(&p, &ck, key, &from, msg2, RESP_LEN));
	for (bit = 0; bit < INIT_LEN * 8; bit++) {
		flip(msg1, bit);
		assert_false(passes(&p, &ck, key, &from, msg1, INIT_LEN));
		flip(msg1, bit);
	}
	for (bit = 0; bit < RESP_LEN * 8; bit++) {
		flip(msg2, bit);
		assert_false(passes(&p, &ck, key, &from, msg2, RESP_LEN));
		flip(msg2, bit);
	}
}

int
main(void)
{
	struct json_object *file = vectors_load("vpl1_golden.json");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(another_secret_opens_nothing),
		cmocka_unit_test(stolen_static_key),
		cmocka_unit_test(low_order_points),
		cmocka_unit_test(every_suite_and_psk_id),
		cmocka_unit_test(indices_are_checked),
		cmocka_unit_test(suites_picked),
		cmocka_unit_test(wiped),
		cmocka_unit_test_prestate(golden_cases, file),
		cmocka_unit_test_prestate(golden_flips_in_band, file),
		cmocka_unit_test_prestate(golden_flips_of_datagrams, file),
	};
	int rc = 1;

	if (crypto_start())
		rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (rc == 0 && file == NULL)
		rc = NO_FILE; /* the rest passed */
	json_object_put(file);
	return rc;
}
