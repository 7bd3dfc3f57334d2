/*
 * Bytes of wire version 1, frozen in tests/data/golden: they open, parse and
 * say the same for ever, and none of their bits may be another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "core/cookie.h"
#include "core/handshake.h"
#include "core/session.h"
#include "crypto/kx.h"
#include "crypto/sign.h"
#include "tests/unit/vectors.h"
#include "wire/frame.h"
#include "wire/negmsg.h"
#include "wire/record.h"

#define GOLDEN SRCDIR "/tests/data/golden/vpl1-1"
#define FILE_MAX 8192

static unsigned packets, flips;

/* One handshake and what follows, by its index. */
struct story {
	struct json_object *o;
	const char *name;
	struct network net;
	struct identity i, r;
	uint8_t psk[KEY_LEN], ss[KEY_LEN];
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN], cookie[MAC_LEN];
};

static size_t
get_file(const char *name, uint8_t p[static FILE_MAX])
{
	char path[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN, name);
	n = file_read(path, (char *)p, FILE_MAX);
	if (n < 0)
		fail_msg("%s: cannot be read", path);
	return (size_t)n;
}

static size_t
get_part(const struct story *s, const char *what, uint8_t p[static FILE_MAX])
{
	char name[128];

	snprintf(name, sizeof(name), "%s-%s.bin", s->name, what);
	return get_file(name, p);
}

static void
identity_of(struct json_object *o, struct identity *ret)
{
	uint8_t seed[KEY_LEN];

	vec_fixed(o, "seed", seed, KEY_LEN);
	assert_true(identity_from_seed(seed, ret));
}

static void
story_init(struct story *s, struct json_object *all, struct json_object *o)
{
	uint8_t netkey[KEY_LEN], pair[KEY_LEN];

	s->o = o;
	s->name = vec_text(o, "name");
	identity_of(vec_get(all, "initiator"), &s->i);
	identity_of(vec_get(all, "responder"), &s->r);
	vec_fixed(o, "netkey", netkey, KEY_LEN);
	network_closed(&s->net, netkey);
	vec_fixed(o, "pair_psk", pair, KEY_LEN);
	network_psk(&s->net, pair, s->psk);
	network_mac1key(&s->net, s->r.x_pk, s->mac1key);
	network_cookiekey(&s->net, s->r.x_pk, s->cookiekey);
	vec_fixed(o, "cookie", s->cookie, MAC_LEN);
	assert_true(kx_shared(s->ss, s->i.x_sk, s->r.x_pk));
}

/* What a responder that wants a cookie, or none, makes of message 1. */
static bool
takes_init(const struct story *s, const uint8_t *p, size_t len, bool paid,
    struct hs_resp *hs)
{
	uint8_t copy[INIT_LEN];
	struct msg_init in;
	enum counter why;

	if (msg_classify(p, len, &why) != MSG_INIT ||
	    !msg_init_parse(p, len, &in) ||
	    !mac1_ok(s->mac1key, p, INIT_NOMACS))
		return false;
	memcpy(copy, p, INIT_LEN);
	memset(copy + INIT_LEN - MAC_LEN, 0, MAC_LEN);
	if (paid)
		mac2_write(s->cookie, copy);
	return memcmp(copy, p, INIT_LEN) == 0 &&
	    hs_resp_read_static(hs, &s->net, &s->r, p, &in) &&
	    memcmp(hs->rs, s->i.x_pk, KEY_LEN) == 0 &&
	    hs_resp_read_payload(hs, s->ss, &in);
}

static bool
takes_resp(const struct story *s, const struct hs_init *hs, const uint8_t *p,
    size_t len, struct resp_payload *pl, struct hs_keys *keys)
{
	struct msg_resp in;
	enum counter why;

	return msg_classify(p, len, &why) == MSG_RESP &&
	    msg_resp_parse(p, len, &in) && in.receiver == hs->sender &&
	    mac1_ok(s->mac1key, p, RESP_NOMACS) &&
	    hs_init_read(hs, &s->i, &in, pl, keys);
}

static void
same_payload(
    const struct story *s, const char *key, const struct init_payload *pl)
{
	uint8_t want[INIT_PAYLOAD], got[INIT_PAYLOAD];

	vec_fixed(s->o, key, want, sizeof(want));
	init_payload_write(got, pl);
	assert_memory_equal(got, want, sizeof(want));
}

/* Message 1 as its sender had it: the same bytes. */
static void
write_again(const struct story *s, struct json_object *all, bool rekey,
    const uint8_t *want, struct hs_init *hs)
{
	struct json_object *i = vec_get(all, "initiator");
	uint8_t e_sk[KEY_LEN], raw[INIT_PAYLOAD], out[INIT_NOMACS];
	struct init_payload pl;
	struct msg_init in;

	assert_true(msg_init_parse(want, INIT_NOMACS, &in));
	vec_fixed(i, rekey ? "rekey_ephemeral" : "ephemeral", e_sk, KEY_LEN);
	vec_fixed(s->o, rekey ? "rekey_payload" : "initiator_payload", raw,
	    sizeof(raw));
	assert_true(init_payload_parse(raw, &pl));
	assert_true(hs_init_write(hs, &s->net, &s->i, s->r.x_pk, s->ss, s->psk,
	    e_sk, in.sender, &pl, out));
	assert_memory_equal(out, want, INIT_NOMACS);
}

static void
try_inits(const struct story *s, struct json_object *all, struct hs_init *hi)
{
	static const char *const names[] = { "msg1", "msg1-cookie" };
	uint8_t p[FILE_MAX];
	struct hs_resp hs;
	size_t len, bit;
	int paid;

	for (paid = 0; paid < 2; paid++) {
		len = get_part(s, names[paid], p);
		assert_int_equal(len, INIT_LEN);
		for (bit = 0; bit < 8 * len; bit++, flips++) {
			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(takes_init(s, p, len, paid, &hs));
			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_true(takes_init(s, p, len, paid, &hs));
		same_payload(s, "initiator_payload", &hs.payload);
		write_again(s, all, false, p, hi);
		packets++;
	}
}

static void
try_cookie(const struct story *s)
{
	uint8_t p[FILE_MAX], msg1[FILE_MAX], got[MAC_LEN];
	size_t len = get_part(s, "cookie", p), bit;
	struct msg_cookie in;
	enum counter why;

	assert_int_equal(len, COOKIE_LEN);
	assert_int_equal(get_part(s, "msg1", msg1), INIT_LEN);
	for (bit = 0; bit < 8 * len; bit++, flips++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(msg_classify(p, len, &why) == MSG_COOKIE &&
		    msg_cookie_parse(p, len, &in) &&
		    memcmp(p + 4, msg1 + 4, 4) == 0 &&
		    cookie_reply_open(&in, s->cookiekey, msg1, got));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(msg_cookie_parse(p, len, &in));
	assert_true(cookie_reply_open(&in, s->cookiekey, msg1, got));
	assert_memory_equal(got, s->cookie, MAC_LEN);
	packets++;
}

static void
try_resp(const struct story *s, const struct hs_init *hs, struct hs_keys *keys)
{
	uint8_t p[FILE_MAX], want[RESP_PAYLOAD], got[RESP_PAYLOAD];
	size_t len = get_part(s, "msg2", p), bit;
	struct resp_payload pl;

	assert_int_equal(len, RESP_LEN);
	for (bit = 0; bit < 8 * len; bit++, flips++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(takes_resp(s, hs, p, len, &pl, keys));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(takes_resp(s, hs, p, len, &pl, keys));
	assert_int_equal(keys->suite, vec_int(s->o, "suite"));
	vec_fixed(s->o, "responder_payload", want, sizeof(want));
	resp_payload_write(got, &pl);
	assert_memory_equal(got, want, sizeof(want));
	packets++;
}

/* Sessions of both sides; NULL: this machine lacks the suite. */
static struct session *
session_of(const struct hs_keys *keys, bool initiator)
{
	const struct aead_ops *ops = aead_default().ops[keys->suite];
	struct hs_keys k = *keys;

	if (!initiator) {
		memcpy(k.send, keys->recv, KEY_LEN);
		memcpy(k.recv, keys->send, KEY_LEN);
	}
	return ops == NULL ? NULL : session_new(ops, &k, 0, (struct mono){ 1 });
}

/* Opens a copy of it: its plaintext, or false. */
static bool
opens(struct session *s, const uint8_t *p, size_t len, uint8_t *plain,
    size_t *ret_len)
{
	struct counters cnt = { 0 };
	uint8_t buf[FILE_MAX];
	struct run run = { .n = 1, .pkt = { { buf, (uint32_t)len, 0 } } };
	enum counter why;
	bool newest;

	memcpy(buf, p, len);
	if (msg_classify(buf, len, &why) != MSG_DATA)
		return false;
	session_open(s, &run, &cnt, &newest);
	if (run.n == 0)
		return false;
	*ret_len = run.pkt[0].len;
	memcpy(plain, run.pkt[0].p, *ret_len);
	return true;
}

static void
try_packet(struct session *s, uint8_t *p, size_t len, const uint8_t *want)
{
	uint8_t got[FILE_MAX];
	size_t bit, n = 0;
	enum counter why;
	struct frame f;

	for (bit = 0; bit < 8 * len; bit++) {
		if (bit / 8 >= 4 && bit / 8 < 8)
			continue; /* the index: another session, or none */
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(opens(s, p, len, got, &n));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		flips++;
	}
	assert_true(opens(s, p, len, got, &n));
	assert_int_equal(n, len - DATA_HEAD - TAG_LEN);
	assert_memory_equal(got, want, n);
	assert_true(n == 0 || frame_parse(got, n, &f, &why));
	assert_false(opens(s, p, len, got, &n)); /* once */
	packets++;
}

static void
try_packets(const struct story *s, const struct hs_keys *keys)
{
	struct json_object *list = vec_get(s->o, "packets");
	struct session *si = session_of(keys, true);
	struct session *sr = session_of(keys, false);
	uint8_t all[FILE_MAX], plain[FILE_MAX];
	size_t at = 0, from = 0, i, len;

	if (si == NULL || sr == NULL)
		return;
	get_part(s, "packets", all);
	get_part(s, "plain", plain);
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		len = vec_int(o, "len");
		try_packet(vec_text(o, "from")[0] == 'i' ? sr : si, all + at,
		    len, plain + from);
		at += len;
		from += len - DATA_HEAD - TAG_LEN;
	}
	assert_int_equal(i, 12);
	session_free(si);
	session_free(sr);
}

/* Inside the session: no macs, a session of its own. */
static void
try_rekey(const struct story *s, struct json_object *all)
{
	uint8_t p[FILE_MAX];
	struct resp_payload pl;
	struct msg_init in1;
	struct msg_resp in2;
	struct hs_resp hr;
	struct hs_init hi;
	struct hs_keys keys;
	struct session *sr;

	assert_int_equal(get_part(s, "rekey1", p), INIT_NOMACS);
	assert_true(msg_init_parse(p, INIT_NOMACS, &in1));
	assert_true(hs_resp_read_static(&hr, &s->net, &s->r, p, &in1));
	assert_true(hs_resp_read_payload(&hr, s->ss, &in1));
	same_payload(s, "rekey_payload", &hr.payload);
	write_again(s, all, true, p, &hi);
	assert_int_equal(get_part(s, "rekey2", p), RESP_NOMACS);
	assert_true(msg_resp_parse(p, RESP_NOMACS, &in2));
	assert_true(hs_init_read(&hi, &s->i, &in2, &pl, &keys));
	packets += 2;
	sr = session_of(&keys, false);
	if (sr == NULL)
		return;
	try_packet(sr, p, get_part(s, "rekey-first", p), p);
	session_free(sr);
}

static void
handshakes(void **state)
{
	struct json_object *list = vec_get(*state, "cases");
	struct hs_keys keys;
	struct hs_init hs;
	struct story s;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		story_init(&s, *state, json_object_array_get_idx(list, i));
		try_inits(&s, *state, &hs);
		try_cookie(&s);
		try_resp(&s, &hs, &keys);
		try_packets(&s, &keys);
		try_rekey(&s, *state);
	}
	assert_int_equal(i, 6);
}

/* The query and its reply, of a key that nobody has told. */
static void
identity(struct json_object *all, struct json_object *o)
{
	static const uint8_t nobody[KEY_LEN];
	uint8_t netkey[KEY_LEN], key[KEY_LEN], p[FILE_MAX];
	struct story s = { .o = o, .name = vec_text(o, "name") };
	enum counter why;

	vec_fixed(o, "netkey", netkey, KEY_LEN);
	network_closed(&s.net, netkey);
	network_mac1key(&s.net, nobody, key);
	assert_int_equal(get_part(&s, "query", p), IDQ_LEN);
	assert_int_equal(msg_classify(p, IDQ_LEN, &why), MSG_IDQ);
	assert_true(mac1_ok(key, p, INIT_NOMACS));
	assert_int_equal(get_part(&s, "query-cookie", p), IDQ_LEN);
	assert_int_equal(msg_classify(p, IDQ_LEN, &why), MSG_IDQ);
	assert_int_equal(get_part(&s, "cookie", p), COOKIE_LEN);
	assert_int_equal(msg_classify(p, COOKIE_LEN, &why), MSG_COOKIE);
	assert_int_equal(get_part(&s, "reply", p), IDR_LEN);
	assert_int_equal(msg_classify(p, IDR_LEN, &why), MSG_IDR);
	assert_true(mac1_ok(key, p, IDR_LEN - MAC_LEN));
	identity_of(vec_get(all, "responder"), &s.r);
	assert_memory_equal(p + 8, s.r.ed_pk, KEY_LEN);
	packets += 4;
}

static void
identities(void **state)
{
	struct json_object *list = vec_get(*state, "identity");
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++)
		identity(*state, json_object_array_get_idx(list, i));
	assert_int_equal(i, 2);
}

static void
frames(void **state)
{
	struct json_object *list = vec_get(*state, "frames"), *o;
	uint8_t p[FILE_MAX];
	enum counter why;
	struct frame f;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		if (!frame_parse(p, get_file(vec_text(o, "file"), p), &f, &why))
			fail_msg("%s is refused", vec_text(o, "file"));
		assert_int_equal(f.type, vec_int(o, "type"));
		packets++;
	}
	assert_true(i > FRAME_TYPES);
}

/* Each message is written as it was. */
static void
negotiation(void **state)
{
	struct json_object *list = vec_get(*state, "negotiation"), *o;
	static struct neg_msg m;
	uint8_t p[FILE_MAX], out[FILE_MAX];
	size_t i, len;

	for (i = 0; i < json_object_array_length(list); i++) {
		uint8_t class;
		struct topology topo;
		struct wr w = wr_of(out, sizeof(out));
		struct neg_head h;
		struct rd r;

		o = json_object_array_get_idx(list, i);
		class = (uint8_t)vec_int(o, "class");
		topo = class == NETDESC_PLAIN ? topology_plain()
					      : topology_ntk(class);
		len = get_file(vec_text(o, "file"), p);
		r = rd_of(p, len);
		if (!neg_head_parse(&r, &h) ||
		    !neg_msg_parse(h.type, r.p, r.left,
			class < NETDESC_CLASSES ? &topo : NULL, &m))
			fail_msg("%s is refused", vec_text(o, "file"));
		neg_head_write(&w, &h);
		assert_true(neg_msg_write(
		    &w, &m, class < NETDESC_CLASSES ? &topo : NULL));
		assert_int_equal(w.len, len);
		assert_memory_equal(out, p, len);
		packets++;
	}
	assert_true(i >= NEG_TYPES);
}

static void
records(void **state)
{
	struct json_object *list = vec_get(*state, "records");
	uint8_t p[FILE_MAX], kind, want;
	const uint8_t *item, *sig;
	struct revoke revoke;
	unsigned n = 0, bad = 0;
	struct record rec;
	size_t i, len, signed_len;
	struct rd r;

	for (i = 0; i < json_object_array_length(list); i++) {
		len = get_file(
		    json_object_get_string(json_object_array_get_idx(list, i)),
		    p);
		r = rd_of(p, len);
		while (item_next(&r, &kind, &item, &len)) {
			n++;
			bad +=
			    !record_parse(item, len, &rec, &signed_len, &sig) &&
			    !revoke_parse(item, len, &revoke, &sig) &&
			    !ask_parse(item, len, &want);
		}
		packets++;
	}
	assert_true(n > 4);
	assert_int_equal(bad, 0);
}

static void
figures(void **state)
{
	(void)state;
	printf("# figure frozen_packets %u\n", packets);
	printf("# figure frozen_flips %u\n", flips);
}

int
main(void)
{
	struct json_object *all = json_object_from_file(GOLDEN "/index.json");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(handshakes, all),
		cmocka_unit_test_prestate(identities, all),
		cmocka_unit_test_prestate(frames, all),
		cmocka_unit_test_prestate(negotiation, all),
		cmocka_unit_test_prestate(records, all),
		cmocka_unit_test(figures),
	};
	int failed;

	if (all == NULL || !crypto_start())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_object_put(all);
	return failed;
}
