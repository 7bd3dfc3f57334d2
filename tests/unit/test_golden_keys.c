/* What VPL1 derives from names, seeds and secrets, against golden values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "crypto/aead.h"
#include "crypto/keys.h"
#include "tests/unit/vectors.h"

#define MSG1_LEN 168
#define MSG2_LEN 132
#define COOKIE_LEN 64
#define TRANSPORT_HEAD 16
#define PACKET_MAX 2048

static void
check(struct json_object *o, const char *key, const uint8_t *got, size_t len)
{
	uint8_t want[PACKET_MAX];

	vec_fixed(o, key, want, len);
	assert_memory_equal(got, want, len);
}

static void
check_identity(struct json_object *o)
{
	uint8_t seed[KEY_LEN], key[KEY_LEN];
	struct identity id;
	char text[KEY_TEXT];

	vec_fixed(o, "seed", seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &id));
	check(o, "seed", id.seed, KEY_LEN);
	check(o, "ed25519_public", id.ed_pk, KEY_LEN);
	check(o, "x25519_private", id.x_sk, KEY_LEN);
	check(o, "x25519_public", id.x_pk, KEY_LEN);
	key_format(id.ed_pk, text);
	assert_string_equal(text, vec_text(o, "key_text"));
	assert_true(key_parse(text, key));
	assert_memory_equal(key, id.ed_pk, KEY_LEN);
	assert_true(key_to_x25519(key, key));
	assert_memory_equal(key, id.x_pk, KEY_LEN);
}

static void
identities(void **state)
{
	struct json_object *common = vec_get(*state, "common");

	check_identity(vec_get(common, "initiator"));
	check_identity(vec_get(common, "responder"));
}

static struct json_object *
case_at(void **state, size_t i)
{
	return json_object_array_get_idx(vec_get(*state, "cases"), i);
}

static size_t
case_count(void **state)
{
	size_t n = json_object_array_length(vec_get(*state, "cases"));

	assert_true(n > 0);
	return n;
}

static void
check_network(struct json_object *c, const uint8_t s_r[KEY_LEN])
{
	struct json_object *in = vec_get(c, "inputs");
	struct json_object *want = vec_get(c, "derived");
	const char *name = vec_text(in, "network");
	uint8_t out[KEY_LEN], pair_psk[KEY_LEN];
	struct network net;

	if (vec_get(in, "secret") == NULL)
		network_open(&net, name, strlen(name));
	else {
		vec_fixed(want, "netkey", out, KEY_LEN);
		network_closed(&net, out);
	}
	check(want, "netkey", net.netkey, KEY_LEN);
	check(want, "netid", net.netid, KEY_LEN);
	vec_fixed(in, "pair_psk", pair_psk, KEY_LEN);
	network_psk(&net, pair_psk, out);
	check(want, "noise_psk", out, KEY_LEN);
	assert_int_equal(network_psk_id(pair_psk), vec_int(in, "psk_id"));
	network_mac1key(&net, s_r, out);
	check(want, "mac1key", out, KEY_LEN);
	network_cookiekey(&net, s_r, out);
	check(want, "cookiekey", out, KEY_LEN);
}

static void
networks(void **state)
{
	uint8_t s_r[KEY_LEN];
	size_t i;

	vec_fixed(vec_get(vec_get(*state, "common"), "responder"),
	    "x25519_public", s_r, KEY_LEN);
	for (i = 0; i < case_count(state); i++)
		check_network(case_at(state, i), s_r);
}

/* Once for all cases: it takes a second and 256 MiB. */
static void
passphrase(void **state)
{
	size_t i;

	for (i = 0; i < case_count(state); i++) {
		struct json_object *c = case_at(state, i);
		struct json_object *in = vec_get(c, "inputs");
		const char *name = vec_text(in, "network");
		const char *secret = vec_text(in, "secret");
		uint8_t out[KEY_LEN];

		if (secret == NULL)
			continue;
		assert_true(netkey_from_passphrase(
		    out, name, strlen(name), secret, strlen(secret)));
		check(vec_get(c, "derived"), "netkey", out, KEY_LEN);
		return;
	}
	fail_msg("no closed network in the vectors");
}

static void
check_macs(struct json_object *c)
{
	struct json_object *want = vec_get(c, "derived");
	uint8_t mac1key[KEY_LEN], cookie[MAC_LEN], mac[MAC_LEN];
	uint8_t msg1[MSG1_LEN], msg2[MSG2_LEN];

	vec_fixed(want, "mac1key", mac1key, KEY_LEN);
	vec_fixed(want, "cookie", cookie, MAC_LEN);
	vec_fixed(c, "msg1_with_cookie", msg1, MSG1_LEN);
	vec_fixed(c, "msg2", msg2, MSG2_LEN);
	blake2b_mac(mac, mac1key, KEY_LEN, msg1, 136);
	assert_memory_equal(mac, msg1 + 136, MAC_LEN);
	blake2b_mac(mac, cookie, MAC_LEN, msg1, 152);
	assert_memory_equal(mac, msg1 + 152, MAC_LEN);
	blake2b_mac(mac, mac1key, KEY_LEN, msg2, 100);
	assert_memory_equal(mac, msg2 + 100, MAC_LEN);
}

static void
macs(void **state)
{
	size_t i;

	for (i = 0; i < case_count(state); i++)
		check_macs(case_at(state, i));
}

static void
check_cookie_reply(struct json_object *c, const uint8_t nonce[24])
{
	struct json_object *want = vec_get(c, "derived");
	uint8_t key[KEY_LEN], cookie[MAC_LEN], out[MAC_LEN];
	uint8_t msg1[MSG1_LEN], reply[COOKIE_LEN];

	vec_fixed(want, "cookiekey", key, KEY_LEN);
	vec_fixed(want, "cookie", cookie, MAC_LEN);
	vec_fixed(c, "msg1", msg1, MSG1_LEN);
	vec_fixed(c, "cookie_reply", reply, COOKIE_LEN);
	assert_memory_equal(reply + 8, nonce, 24);
	assert_true(cookie_open(out, key, nonce, reply + 32, msg1 + 136));
	assert_memory_equal(out, cookie, MAC_LEN);
	memset(reply + 32, 0, 32);
	cookie_seal(reply + 32, key, nonce, cookie, msg1 + 136);
	check(c, "cookie_reply", reply, COOKIE_LEN);
}

static void
cookie_replies(void **state)
{
	uint8_t nonce[24];
	size_t i;

	vec_fixed(vec_get(vec_get(*state, "common"), "responder"),
	    "cookie_nonce", nonce, sizeof(nonce));
	for (i = 0; i < case_count(state); i++)
		check_cookie_reply(case_at(state, i), nonce);
}

static void
check_transport_keys(struct json_object *want)
{
	enum suite suite = (enum suite)vec_int(want, "suite");
	uint8_t t[KEY_LEN], key[KEY_LEN];

	vec_fixed(want, "t1", t, KEY_LEN);
	aead_derive(key, t, suite);
	check(want, "key_i_to_r", key, KEY_LEN);
	vec_fixed(want, "t2", t, KEY_LEN);
	aead_derive(key, t, suite);
	check(want, "key_r_to_i", key, KEY_LEN);
}

static void
transport_keys(void **state)
{
	size_t i;

	for (i = 0; i < case_count(state); i++)
		check_transport_keys(vec_get(case_at(state, i), "derived"));
}

/* Seals the plaintext behind the packet's own header, then opens it again. */
static void
check_packet(const struct aead_ops *ops, void *key, struct json_object *o)
{
	uint8_t want[PACKET_MAX], plain[PACKET_MAX], buf[PACKET_MAX];
	uint64_t counter = vec_int(o, "counter");
	size_t len = vec_hex(o, "plaintext", plain, sizeof(plain));
	size_t total = vec_hex(o, "packet", want, sizeof(want));
	uint64_t on_wire;
	struct rd r = rd_of(want + 8, 8);

	assert_true(rd_le64(&r, &on_wire));
	assert_true(on_wire == counter);
	assert_int_equal(total, TRANSPORT_HEAD + len + TAG_LEN);
	memcpy(buf, want, TRANSPORT_HEAD);
	memcpy(buf + TRANSPORT_HEAD, plain, len);
	ops->seal(key, counter, buf, TRANSPORT_HEAD, buf + TRANSPORT_HEAD, len);
	assert_memory_equal(buf, want, total);
	assert_true(ops->open(key, counter, buf, TRANSPORT_HEAD,
	    buf + TRANSPORT_HEAD, len + TAG_LEN));
	assert_memory_equal(buf + TRANSPORT_HEAD, plain, len);
}

/* Returns how many. */
static size_t
check_packets(const struct aead_ops *ops, struct json_object *c)
{
	struct json_object *want = vec_get(c, "derived");
	struct json_object *list = vec_get(c, "transport");
	uint8_t raw[KEY_LEN];
	void *to_r, *to_i;
	size_t i;

	vec_fixed(want, "key_i_to_r", raw, KEY_LEN);
	to_r = ops->key_new(raw);
	vec_fixed(want, "key_r_to_i", raw, KEY_LEN);
	to_i = ops->key_new(raw);
	assert_true(json_object_array_length(list) > 0);
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		bool out = strcmp(vec_text(o, "direction"), "i->r") == 0;

		check_packet(ops, out ? to_r : to_i, o);
	}
	ops->key_free(to_r);
	ops->key_free(to_i);
	return i;
}

static void
transport_packets(void **state)
{
	size_t packets = 0, i;

	for (i = 0; i < case_count(state); i++) {
		struct json_object *c = case_at(state, i);
		enum suite suite =
		    (enum suite)vec_int(vec_get(c, "derived"), "suite");
		const struct aead_ops *ops = aead_default().ops[suite];

		if (ops != NULL)
			packets += check_packets(ops, c);
		else
			printf("%s: no such suite here\n", vec_text(c, "name"));
	}
	printf("# figure cases_transport %zu\n", i);
	printf("# figure packets_transport %zu\n", packets);
}

int
main(void)
{
	const char *file = "vpl1_golden.json";
	struct json_object *all = vectors_load(file);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(identities, all),
		cmocka_unit_test_prestate(networks, all),
		cmocka_unit_test_prestate(passphrase, all),
		cmocka_unit_test_prestate(macs, all),
		cmocka_unit_test_prestate(cookie_replies, all),
		cmocka_unit_test_prestate(transport_keys, all),
		cmocka_unit_test_prestate(transport_packets, all),
	};
	int failed;

	if (all == NULL)
		return 77;
	failed = crypto_start() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
	json_object_put(all);
	return failed;
}
