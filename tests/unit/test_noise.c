/*
 * The symmetric state on its own, then the public vectors and the golden
 * handshakes: the patterns IK and IKpsk2 are written out here, for both sides.
 */
#include "crypto/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/kx.h"
#include "tests/unit/vectors.h"

#define MSG_MAX 512
#define NAME_VPL1 "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b"

static bool
cipher_usable(enum noise_cipher cipher)
{
	return cipher == NOISE_CHACHAPOLY ||
	    aead_default().ops[SUITE_AES256GCM] != NULL;
}

/* The symmetric state. */

static struct noise
keyed(enum noise_cipher cipher)
{
	struct noise ns;

	noise_init(&ns, cipher, "a name");
	noise_mix_hash(&ns, "prologue", 8);
	noise_mix_key(&ns, "input", 5);
	return ns;
}

static void
assert_same_state(const struct noise *a, const struct noise *b)
{
	assert_int_equal(a->has_key, b->has_key);
	assert_true(a->n == b->n);
	assert_memory_equal(a->k, b->k, KEY_LEN);
	assert_memory_equal(a->ck, b->ck, HASH_LEN);
	assert_memory_equal(a->h, b->h, HASH_LEN);
}

static void
name_is_padded(void **state)
{
	static const uint8_t zero[HASH_LEN];
	struct noise ns;
	char longest[HASH_LEN + 1];

	(void)state;
	noise_init(&ns, NOISE_CHACHAPOLY, NAME_VPL1);
	assert_memory_equal(ns.h, NAME_VPL1, 37);
	assert_memory_equal(ns.h + 37, zero, HASH_LEN - 37);
	assert_memory_equal(ns.ck, ns.h, HASH_LEN);
	assert_false(ns.has_key);
	memset(longest, 'x', HASH_LEN);
	longest[HASH_LEN] = '\0';
	noise_init(&ns, NOISE_CHACHAPOLY, longest);
	assert_memory_equal(ns.h, longest, HASH_LEN);
}

/* Before the first key, text stays clear, but is hashed. */
static void
without_key_clear(void **state)
{
	struct noise a, b;
	uint8_t out[5];

	(void)state;
	noise_init(&a, NOISE_CHACHAPOLY, "x");
	b = a;
	noise_seal(&a, out, (const uint8_t *)"hello", 5);
	assert_memory_equal(out, "hello", 5);
	assert_memory_not_equal(a.h, b.h, HASH_LEN);
	assert_true(noise_open(&b, out, out, 5));
	assert_memory_equal(out, "hello", 5);
	assert_same_state(&a, &b);
}

static void
round_trip_in_place(void **state)
{
	const enum noise_cipher *cipher = *state;
	uint8_t plain[100], apart[116], buf[116];
	struct noise a, b, c;
	size_t len;

	if (!cipher_usable(*cipher))
		skip();
	random_bytes(plain, sizeof(plain));
	a = b = c = keyed(*cipher);
	for (len = 0; len <= sizeof(plain); len++) {
		memcpy(buf, plain, len);
		noise_seal(&a, apart, plain, len);
		noise_seal(&b, buf, buf, len);
		assert_memory_equal(apart, buf, len + TAG_LEN);
		assert_true(noise_open(&c, buf, buf, len + TAG_LEN));
		assert_memory_equal(buf, plain, len);
		assert_same_state(&a, &b);
		assert_same_state(&a, &c);
		assert_true(a.n == len + 1);
	}
	noise_mix_key(&a, "more", 4);
	assert_true(a.n == 0);
}

/* A forged message must leave the attempt waiting for the right one. */
static void
forgery_leaves_state(void **state)
{
	const enum noise_cipher *cipher = *state;
	static const uint8_t zero[20];
	uint8_t sealed[20 + TAG_LEN], out[20];
	struct noise a, b, before;
	size_t i;

	if (!cipher_usable(*cipher))
		skip();
	a = b = before = keyed(*cipher);
	noise_seal(&a, sealed, (const uint8_t *)"twenty bytes of text", 20);
	for (i = 0; i < 8 * sizeof(sealed); i++) {
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
		memset(out, 0xaa, sizeof(out));
		assert_false(noise_open(&b, out, sealed, sizeof(sealed)));
		assert_memory_equal(out, zero, sizeof(out));
		assert_same_state(&b, &before);
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < sizeof(sealed); i++) {
		assert_false(noise_open(&b, out, sealed, i));
		assert_same_state(&b, &before);
	}
	assert_true(noise_open(&b, out, sealed, sizeof(sealed)));
	assert_memory_equal(out, "twenty bytes of text", 20);
	assert_same_state(&a, &b);
}

/* The patterns. */

struct party {
	struct noise ns;
	bool psk_mode;
	uint8_t psk[KEY_LEN];
	uint8_t s[KEY_LEN], s_pub[KEY_LEN];
	uint8_t e[KEY_LEN], e_pub[KEY_LEN];
	uint8_t rs[KEY_LEN], re[KEY_LEN];
};

static void
party_keys(struct party *p)
{
	kx_public(p->s_pub, p->s);
	kx_public(p->e_pub, p->e);
}

/* s_r: the responder's static key, which IK takes as known. */
static void
party_start(struct party *p, enum noise_cipher cipher, const char *name,
    const uint8_t *prologue, size_t len, const uint8_t s_r[KEY_LEN])
{
	noise_init(&p->ns, cipher, name);
	noise_mix_hash(&p->ns, prologue, len);
	noise_mix_hash(&p->ns, s_r, KEY_LEN);
}

static void
mix_dh(struct party *p, const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
	uint8_t dh[KEY_LEN];

	assert_true(kx_shared(dh, sk, pk));
	noise_mix_key(&p->ns, dh, KEY_LEN);
}

static void
mix_e(struct party *p, const uint8_t e_pub[KEY_LEN])
{
	noise_mix_hash(&p->ns, e_pub, KEY_LEN);
	if (p->psk_mode)
		noise_mix_key(&p->ns, e_pub, KEY_LEN);
}

static void
put_sealed(struct party *p, struct wr *w, const uint8_t *text, size_t len)
{
	uint8_t out[MSG_MAX];

	noise_seal(&p->ns, out, text, len);
	wr_bytes(w, out, len + TAG_LEN);
}

/* -> e, es, s, ss */
static size_t
msg1_write(struct party *p, uint8_t *out, const uint8_t *text, size_t len)
{
	struct wr w = wr_of(out, MSG_MAX);

	mix_e(p, p->e_pub);
	wr_bytes(&w, p->e_pub, KEY_LEN);
	mix_dh(p, p->e, p->rs);
	put_sealed(p, &w, p->s_pub, KEY_LEN);
	mix_dh(p, p->s, p->rs);
	put_sealed(p, &w, text, len);
	assert_true(wr_ok(&w));
	return w.len;
}

static size_t
msg1_read(struct party *p, uint8_t *out, const uint8_t *msg, size_t len)
{
	struct rd r = rd_of(msg, len);
	const uint8_t *sealed;

	assert_true(rd_bytes(&r, p->re, KEY_LEN));
	mix_e(p, p->re);
	mix_dh(p, p->s, p->re);
	assert_true(rd_ref(&r, &sealed, KEY_LEN + TAG_LEN));
	assert_true(noise_open(&p->ns, p->rs, sealed, KEY_LEN + TAG_LEN));
	mix_dh(p, p->s, p->rs);
	assert_true(noise_open(&p->ns, out, r.p, r.left));
	return r.left - TAG_LEN;
}

/* <- e, ee, se (, psk) */
static size_t
msg2_write(struct party *p, uint8_t *out, const uint8_t *text, size_t len)
{
	struct wr w = wr_of(out, MSG_MAX);

	mix_e(p, p->e_pub);
	wr_bytes(&w, p->e_pub, KEY_LEN);
	mix_dh(p, p->e, p->re);
	mix_dh(p, p->e, p->rs);
	if (p->psk_mode)
		noise_mix_key_and_hash(&p->ns, p->psk, KEY_LEN);
	put_sealed(p, &w, text, len);
	assert_true(wr_ok(&w));
	return w.len;
}

static size_t
msg2_read(struct party *p, uint8_t *out, const uint8_t *msg, size_t len)
{
	struct rd r = rd_of(msg, len);

	assert_true(rd_bytes(&r, p->re, KEY_LEN));
	mix_e(p, p->re);
	mix_dh(p, p->e, p->re);
	mix_dh(p, p->s, p->re);
	if (p->psk_mode)
		noise_mix_key_and_hash(&p->ns, p->psk, KEY_LEN);
	assert_true(noise_open(&p->ns, out, r.p, r.left));
	return r.left - TAG_LEN;
}

/* Writes text with one side, compares, reads it with the other. */
static void
check_msg1(struct party *i, struct party *r, const uint8_t *text, size_t len,
    const uint8_t *want, size_t want_len)
{
	uint8_t msg[MSG_MAX], back[MSG_MAX];

	assert_int_equal(msg1_write(i, msg, text, len), want_len);
	assert_memory_equal(msg, want, want_len);
	assert_int_equal(msg1_read(r, back, want, want_len), len);
	assert_memory_equal(back, text, len);
	assert_memory_equal(r->rs, i->s_pub, KEY_LEN);
	assert_same_state(&i->ns, &r->ns);
}

static void
check_msg2(struct party *i, struct party *r, const uint8_t *text, size_t len,
    const uint8_t *want, size_t want_len)
{
	uint8_t msg[MSG_MAX], back[MSG_MAX];

	assert_int_equal(msg2_write(r, msg, text, len), want_len);
	assert_memory_equal(msg, want, want_len);
	assert_int_equal(msg2_read(i, back, want, want_len), len);
	assert_memory_equal(back, text, len);
	assert_same_state(&i->ns, &r->ns);
}

/* The public vectors. */

static struct json_object *
message_at(struct json_object *v, size_t i)
{
	return json_object_array_get_idx(vec_get(v, "messages"), i);
}

static void
vector_party(struct party *p, struct json_object *v, bool initiator)
{
	const char *psks = initiator ? "init_psks" : "resp_psks";
	struct json_object *list;

	memset(p, 0, sizeof(*p));
	vec_fixed(v, initiator ? "init_static" : "resp_static", p->s, KEY_LEN);
	vec_fixed(
	    v, initiator ? "init_ephemeral" : "resp_ephemeral", p->e, KEY_LEN);
	if (initiator)
		vec_fixed(v, "init_remote_static", p->rs, KEY_LEN);
	p->psk_mode = strstr(vec_text(v, "protocol_name"), "psk2") != NULL;
	if (p->psk_mode) {
		list = vec_get(v, psks);
		assert_int_equal(json_object_array_length(list), 1);
		assert_int_equal(
		    hex_bytes(json_object_get_string(
				  json_object_array_get_idx(list, 0)),
			p->psk, KEY_LEN),
		    KEY_LEN);
	}
	party_keys(p);
}

static void
vector_start(struct party *p, struct json_object *v, bool initiator)
{
	const char *name = vec_text(v, "protocol_name");
	enum noise_cipher cipher =
	    strstr(name, "AESGCM") != NULL ? NOISE_AESGCM : NOISE_CHACHAPOLY;
	uint8_t prologue[64];
	size_t len = vec_hex(v, initiator ? "init_prologue" : "resp_prologue",
	    prologue, sizeof(prologue));

	vector_party(p, v, initiator);
	party_start(
	    p, cipher, name, prologue, len, initiator ? p->rs : p->s_pub);
}

/* The messages after the handshake alternate, the initiator's first. */
static void
vector_transport(struct json_object *v, const struct party *i)
{
	static const enum suite suites[] = {
		[NOISE_CHACHAPOLY] = SUITE_CHACHAPOLY,
		[NOISE_AESGCM] = SUITE_AES256GCM,
	};
	const struct aead_ops *ops = aead_default().ops[suites[i->ns.cipher]];
	uint8_t k[2][KEY_LEN], text[MSG_MAX], want[MSG_MAX], got[MSG_MAX];
	size_t n = json_object_array_length(vec_get(v, "messages")), m;
	void *ctx;

	noise_split(&i->ns, k[0], k[1]);
	assert_true(n > 2);
	for (m = 2; m < n; m++) {
		struct json_object *o = message_at(v, m);
		size_t len = vec_hex(o, "payload", text, MSG_MAX);

		vec_fixed(o, "ciphertext", want, len + TAG_LEN);
		noise_aead_seal(i->ns.cipher, got, k[m % 2], (m - 2) / 2, NULL,
		    0, text, len);
		assert_memory_equal(got, want, len + TAG_LEN);
		ctx = ops->key_new(k[m % 2]);
		assert_true(
		    ops->open(ctx, (m - 2) / 2, NULL, 0, got, len + TAG_LEN));
		assert_memory_equal(got, text, len);
		ops->key_free(ctx);
	}
}

static void
vector_run(struct json_object *v)
{
	struct party i, r;
	uint8_t text[MSG_MAX], want[MSG_MAX], k[4][KEY_LEN];
	size_t len, want_len;

	vector_start(&i, v, true);
	vector_start(&r, v, false);
	assert_memory_equal(i.rs, r.s_pub, KEY_LEN);
	len = vec_hex(message_at(v, 0), "payload", text, MSG_MAX);
	want_len = vec_hex(message_at(v, 0), "ciphertext", want, MSG_MAX);
	check_msg1(&i, &r, text, len, want, want_len);
	len = vec_hex(message_at(v, 1), "payload", text, MSG_MAX);
	want_len = vec_hex(message_at(v, 1), "ciphertext", want, MSG_MAX);
	check_msg2(&i, &r, text, len, want, want_len);
	vec_fixed(v, "handshake_hash", want, HASH_LEN);
	assert_memory_equal(i.ns.h, want, HASH_LEN);
	noise_split(&i.ns, k[0], k[1]);
	noise_split(&r.ns, k[2], k[3]);
	assert_memory_equal(k[0], k[2], 2 * KEY_LEN);
	vector_transport(v, &i);
}

static void
public_vectors(void **state)
{
	struct json_object *list = vec_get(*state, "vectors");
	size_t n = json_object_array_length(list), done = 0, i;

	assert_int_equal(n, 4);
	for (i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(list, i);
		const char *name = vec_text(v, "protocol_name");

		if (strstr(name, "AESGCM") != NULL &&
		    !cipher_usable(NOISE_AESGCM))
			printf("%s: no such cipher here\n", name);
		else {
			vector_run(v);
			done++;
		}
	}
	printf("# figure public_vectors %zu\n", done);
}

/* The golden handshakes of VPL1. */

static void
golden_party(struct party *p, struct json_object *common,
    struct json_object *derived, bool initiator, const char *ephemeral)
{
	struct json_object *own =
	    vec_get(common, initiator ? "initiator" : "responder");
	struct json_object *resp = vec_get(common, "responder");

	memset(p, 0, sizeof(*p));
	vec_fixed(own, "x25519_private", p->s, KEY_LEN);
	vec_fixed(own, ephemeral, p->e, KEY_LEN);
	vec_fixed(derived, "noise_psk", p->psk, KEY_LEN);
	if (initiator)
		vec_fixed(resp, "x25519_public", p->rs, KEY_LEN);
	p->psk_mode = true;
	party_keys(p);
}

/*
 * One handshake of the case: outer messages, or with rekey set those of the
 * in-band one, whose prologue ends with the head of its own msg1.
 */
static void
golden_handshake(struct json_object *common, struct json_object *c, bool rekey,
    struct party *i, struct party *r)
{
	struct json_object *d = vec_get(c, "derived");
	struct json_object *in = vec_get(c, "inputs");
	struct json_object *msgs = rekey ? vec_get(c, "in_band_rekey") : c;
	const char *eph = rekey ? "rekey_ephemeral" : "ephemeral";
	uint8_t prologue[45], s_r[KEY_LEN], text[64];
	uint8_t msg1[168], msg2[132];
	size_t len;

	vec_fixed(msgs, "msg1", msg1, rekey ? 136 : 168);
	vec_fixed(msgs, "msg2", msg2, rekey ? 100 : 132);
	vec_fixed(d, "prologue", prologue, sizeof(prologue));
	memcpy(prologue + 37, msg1, 8);
	golden_party(i, common, d, true, eph);
	golden_party(r, common, d, false, eph);
	memcpy(s_r, r->s_pub, KEY_LEN);
	party_start(i, NOISE_CHACHAPOLY, NAME_VPL1, prologue, 45, s_r);
	party_start(r, NOISE_CHACHAPOLY, NAME_VPL1, prologue, 45, s_r);

	len = vec_hex(in, "initiator_payload", text, sizeof(text));
	if (rekey) /* the same payload but for the stamp in front */
		vec_fixed(
		    vec_get(common, "initiator"), "rekey_stamp", text, 12);
	check_msg1(i, r, text, len, msg1 + 8, 128);
	if (!rekey) {
		vec_fixed(d, "h_after_msg1", msg1, HASH_LEN);
		assert_memory_equal(i->ns.h, msg1, HASH_LEN);
	}
	len = vec_hex(in, "responder_payload", text, sizeof(text));
	if (rekey) /* but for the copy of the sender index */
		memcpy(text + 34, msg2 + 4, 4);
	check_msg2(i, r, text, len, msg2 + 12, 88);
}

static void
golden_case(struct json_object *common, struct json_object *c)
{
	struct json_object *d = vec_get(c, "derived");
	struct json_object *rk = vec_get(c, "in_band_rekey");
	enum suite suite = (enum suite)vec_int(d, "suite");
	uint8_t want[HASH_LEN], t[2][KEY_LEN], key[KEY_LEN];
	struct party i, r;

	golden_handshake(common, c, false, &i, &r);
	vec_fixed(d, "h_after_msg2", want, HASH_LEN);
	assert_memory_equal(i.ns.h, want, HASH_LEN);
	noise_split(&r.ns, t[0], t[1]);
	vec_fixed(d, "t1", want, KEY_LEN);
	assert_memory_equal(t[0], want, KEY_LEN);
	vec_fixed(d, "t2", want, KEY_LEN);
	assert_memory_equal(t[1], want, KEY_LEN);

	golden_handshake(common, c, true, &i, &r);
	vec_fixed(rk, "handshake_hash", want, HASH_LEN);
	assert_memory_equal(i.ns.h, want, HASH_LEN);
	noise_split(&r.ns, t[0], t[1]);
	aead_derive(key, t[0], suite);
	vec_fixed(rk, "key_i_to_r", want, KEY_LEN);
	assert_memory_equal(key, want, KEY_LEN);
	aead_derive(key, t[1], suite);
	vec_fixed(rk, "key_r_to_i", want, KEY_LEN);
	assert_memory_equal(key, want, KEY_LEN);
}

static void
golden_handshakes(void **state)
{
	struct json_object *common = vec_get(*state, "common");
	struct json_object *list = vec_get(*state, "cases");
	size_t n = json_object_array_length(list), i;

	assert_true(n > 0);
	for (i = 0; i < n; i++)
		golden_case(common, json_object_array_get_idx(list, i));
	printf("# figure cases_noise %zu\n", n);
}

static int
run_symmetric(void)
{
	static enum noise_cipher chacha = NOISE_CHACHAPOLY, aes = NOISE_AESGCM;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_is_padded),
		cmocka_unit_test(without_key_clear),
		cmocka_unit_test_prestate(round_trip_in_place, &chacha),
		cmocka_unit_test_prestate(round_trip_in_place, &aes),
		cmocka_unit_test_prestate(forgery_leaves_state, &chacha),
		cmocka_unit_test_prestate(forgery_leaves_state, &aes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int
run_vectors(struct json_object *public, struct json_object *golden)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(public_vectors, public),
		cmocka_unit_test_prestate(golden_handshakes, golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	struct json_object *public, *golden;
	int failed;

	if (!crypto_start())
		return 1;
	failed = run_symmetric();
	public = vectors_load("noise_ik_blake2b_vectors.json");
	golden = vectors_load("vpl1_golden.json");
	if (public != NULL && golden != NULL)
		failed += run_vectors(public, golden);
	else if (failed == 0)
		failed = 77;
	json_object_put(public);
	json_object_put(golden);
	return failed;
}
