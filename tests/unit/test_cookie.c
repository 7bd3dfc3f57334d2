#include "core/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "crypto/keys.h"
#include "tests/unit/vectors.h"
#include "tests/rng.h"

#define NO_FILE 77

static struct mono
sec(uint64_t s)
{
	return (struct mono){ s * MONO_SEC };
}

static struct addr
addr_of(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, 7469, &a));
	return a;
}

static void
fixed(struct json_object *o, const char *name, uint8_t *out, size_t len)
{
	assert_int_equal(vec_hex(o, name, out, len), len);
}

static uint32_t
index_of(const uint8_t msg[INIT_LEN])
{
	struct rd r = rd_of(msg, INIT_LEN);
	uint32_t index = 0;

	assert_true(rd_skip(&r, 4) && rd_le32(&r, &index));
	return index;
}

/* One request of the golden file with what is sent in answer to it. */
struct request {
	struct cookie_check ck;
	struct addr from;
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN], nonce[24];
	uint8_t msg[INIT_LEN], with_cookie[INIT_LEN], reply[COOKIE_LEN];
};

static void
request_load(struct request *q, struct json_object *common,
    struct json_object *o, const char *msg, const char *with_cookie)
{
	struct json_object *resp = vec_get(common, "responder");
	struct json_object *init = vec_get(common, "initiator");
	uint8_t secret[KEY_LEN];

	memset(q, 0, sizeof(*q));
	fixed(resp, "cookie_secret", secret, KEY_LEN);
	cookie_renew(&q->ck, secret, sec(1));
	fixed(resp, "cookie_nonce", q->nonce, 24);
	q->from = addr_of(json_object_get_string(vec_get(init, "seen_from")));
	q->from.port =
	    (uint16_t)json_object_get_int(vec_get(init, "seen_port"));
	fixed(o, msg, q->msg, INIT_LEN);
	fixed(o, with_cookie, q->with_cookie, INIT_LEN);
	fixed(o, "cookie_reply", q->reply, COOKIE_LEN);
}

static void
check_request(const struct request *q)
{
	uint8_t msg[INIT_LEN], reply[COOKIE_LEN], cookie[MAC_LEN];
	struct msg_cookie in;

	memcpy(msg, q->msg, INIT_NOMACS);
	memset(msg + INIT_NOMACS, 0, INIT_LEN - INIT_NOMACS);
	assert_false(mac1_ok(q->mac1key, msg, INIT_NOMACS));
	mac1_write(q->mac1key, msg, INIT_NOMACS);
	assert_memory_equal(msg, q->msg, INIT_LEN);
	assert_true(mac1_ok(q->mac1key, msg, INIT_NOMACS));
	assert_false(mac2_ok(&q->ck, msg, &q->from, sec(2)));

	cookie_reply_write(&q->ck, q->cookiekey, q->nonce, msg, index_of(msg),
	    &q->from, reply);
	assert_memory_equal(reply, q->reply, COOKIE_LEN);
	assert_true(msg_cookie_parse(reply, sizeof(reply), &in));
	assert_int_equal(in.receiver, index_of(msg));
	assert_true(cookie_reply_open(&in, q->cookiekey, msg, cookie));
	mac2_write(cookie, msg);
	assert_memory_equal(msg, q->with_cookie, INIT_LEN);
	assert_true(mac2_ok(&q->ck, msg, &q->from, sec(2)));
}

/* The case of the golden file, i-th of them. */
static struct json_object *
load_case(struct request *q, struct json_object *file, size_t i)
{
	struct json_object *c =
	    json_object_array_get_idx(vec_get(file, "cases"), i);
	struct json_object *derived = vec_get(c, "derived");

	request_load(q, vec_get(file, "common"), c, "msg1", "msg1_with_cookie");
	fixed(derived, "mac1key", q->mac1key, KEY_LEN);
	fixed(derived, "cookiekey", q->cookiekey, KEY_LEN);
	return c;
}

static void
golden_initiations(void **state)
{
	struct json_object *file = *state;
	size_t i, n;

	if (file == NULL)
		skip();
	n = json_object_array_length(vec_get(file, "cases"));
	assert_int_equal(n, 6);
	for (i = 0; i < n; i++) {
		uint8_t cookie[MAC_LEN], want[MAC_LEN], msg2[RESP_LEN];
		struct request q;
		struct json_object *c = load_case(&q, file, i);

		check_request(&q);
		cookie_make(&q.ck, &q.from, cookie);
		fixed(vec_get(c, "derived"), "cookie", want, MAC_LEN);
		assert_memory_equal(cookie, want, MAC_LEN);
		fixed(c, "msg2", msg2, RESP_LEN);
		assert_true(mac1_ok(q.mac1key, msg2, RESP_NOMACS));
	}
	printf("# figure cases_cookie %zu\n", n);
	printf("# figure packets_cookie %zu\n", 3 * n);
}

/* Identity queries are keyed by 32 zero bytes in place of a key. */
static void
golden_identity_queries(void **state)
{
	struct json_object *file = *state;
	size_t i;

	if (file == NULL)
		skip();
	for (i = 0; i < 2; i++) {
		const uint8_t zero[KEY_LEN] = { 0 };
		struct json_object *c = json_object_array_get_idx(
		    vec_get(file, "cases"), 2 * i); /* open, closed */
		struct json_object *o = json_object_array_get_idx(
		    vec_get(file, "identity_query"), i);
		uint8_t netkey[KEY_LEN];
		struct network net;
		struct request q;

		fixed(vec_get(c, "derived"), "netkey", netkey, KEY_LEN);
		network_closed(&net, netkey);
		request_load(&q, vec_get(file, "common"), o, "query",
		    "query_with_cookie");
		network_mac1key(&net, zero, q.mac1key);
		network_cookiekey(&net, zero, q.cookiekey);
		check_request(&q);
	}
	printf("# figure packets_identity %zu\n", 3 * i);
}

static void
flip(uint8_t *p, size_t bit)
{
	p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* No altered initiation passes both macs, no altered mac2 counts as right. */
static void
golden_flips_of_an_initiation(void **state)
{
	struct json_object *file = *state;
	struct request q;
	size_t bit;

	if (file == NULL)
		skip();
	load_case(&q, file, 0);
	for (bit = 0; bit < INIT_LEN * 8; bit++) {
		bool behind = bit / 8 >= INIT_NOMACS + MAC_LEN;

		flip(q.with_cookie, bit);
		assert_int_equal(
		    mac1_ok(q.mac1key, q.with_cookie, INIT_NOMACS), behind);
		assert_false(mac2_ok(&q.ck, q.with_cookie, &q.from, sec(2)));
		flip(q.with_cookie, bit);
	}
	assert_true(mac2_ok(&q.ck, q.with_cookie, &q.from, sec(2)));
}

static bool
reply_good(const struct request *q, const uint8_t reply[COOKIE_LEN])
{
	struct msg_cookie in;
	uint8_t cookie[MAC_LEN];

	return msg_cookie_parse(reply, COOKIE_LEN, &in) &&
	    in.receiver == index_of(q->msg) &&
	    cookie_reply_open(&in, q->cookiekey, q->msg, cookie);
}

static void
golden_flips_of_a_reply(void **state)
{
	struct json_object *file = *state;
	struct request q;
	size_t bit;

	if (file == NULL)
		skip();
	load_case(&q, file, 0);
	for (bit = 0; bit < COOKIE_LEN * 8; bit++) {
		flip(q.reply, bit);
		assert_false(reply_good(&q, q.reply));
		flip(q.reply, bit);
	}
	assert_true(reply_good(&q, q.reply));
	for (bit = INIT_NOMACS * 8; bit < (INIT_NOMACS + MAC_LEN) * 8; bit++) {
		flip(q.msg, bit); /* it answers one message only */
		assert_false(reply_good(&q, q.reply));
		flip(q.msg, bit);
	}
	for (bit = 0; bit < KEY_LEN * 8; bit++) {
		flip(q.cookiekey, bit);
		assert_false(reply_good(&q, q.reply));
		flip(q.cookiekey, bit);
	}
}

static void
secrets(uint8_t s[4][KEY_LEN])
{
	struct rng r = rng_seeded(120);

	rng_fill(&r, s, 4 * KEY_LEN);
}

/* A message from an address that proves it with the cookie of now. */
static void
prove(const struct cookie_check *ck, const struct addr *from, uint8_t *msg)
{
	uint8_t cookie[MAC_LEN];

	memset(msg, 0x5a, INIT_LEN);
	cookie_make(ck, from, cookie);
	mac2_write(cookie, msg);
}

static void
bound_to_address_and_port(void **state)
{
	struct addr from = addr_of("192.0.2.1:7469"), other;
	struct cookie_check ck = { 0 };
	uint8_t s[4][KEY_LEN], msg[INIT_LEN];
	size_t bit;

	(void)state;
	secrets(s);
	cookie_renew(&ck, s[0], sec(0));
	prove(&ck, &from, msg);
	assert_true(mac2_ok(&ck, msg, &from, sec(1)));
	for (bit = 0; bit < 16 * 8; bit++) {
		other = from;
		flip(other.ip, bit);
		assert_false(mac2_ok(&ck, msg, &other, sec(1)));
	}
	for (bit = 0; bit < 16; bit++) {
		other = from;
		other.port ^= (uint16_t)(1u << bit);
		assert_false(mac2_ok(&ck, msg, &other, sec(1)));
	}
}

/* From the first instant on there is no cookie without a random secret. */
static void
no_secret_no_cookie(void **state)
{
	struct addr from = addr_of("192.0.2.1:7469");
	struct cookie_check ck = { 0 }, zero = { .has = true };
	uint8_t msg[INIT_LEN];

	(void)state;
	prove(&zero, &from, msg);
	assert_true(mac2_ok(&zero, msg, &from, sec(0)));
	assert_false(mac2_ok(&ck, msg, &from, sec(0)));
	assert_true(cookie_due(&ck, sec(0)));
	assert_true(cookie_due(&ck, sec(1)));
}

static void
renewed_after_two_minutes(void **state)
{
	struct addr from = addr_of("[2001:db8::7]:7469");
	struct cookie_check ck = { 0 };
	uint8_t s[4][KEY_LEN], first[INIT_LEN], second[INIT_LEN];
	struct mono end = { sec(130).us - 1 };

	(void)state;
	secrets(s);
	cookie_renew(&ck, s[0], sec(0));
	prove(&ck, &from, first);
	assert_false(cookie_due(&ck, (struct mono){ sec(120).us - 1 }));
	cookie_renew(&ck, s[1], sec(119)); /* too early: nothing happens */
	prove(&ck, &from, second);
	assert_memory_equal(first, second, INIT_LEN);
	assert_true(cookie_due(&ck, sec(120)));
	cookie_renew(&ck, s[1], sec(120));
	assert_false(cookie_due(&ck, sec(120)));
	prove(&ck, &from, second);
	assert_memory_not_equal(first, second, INIT_LEN);
	assert_true(mac2_ok(&ck, first, &from, end));
	assert_true(mac2_ok(&ck, second, &from, end));
	assert_false(mac2_ok(&ck, first, &from, sec(130)));
	assert_true(mac2_ok(&ck, second, &from, sec(130)));
	cookie_renew(&ck, s[2], sec(240));
	assert_false(mac2_ok(&ck, first, &from, sec(240)));
	assert_true(mac2_ok(&ck, second, &from, sec(249)));
	assert_false(mac2_ok(&ck, second, &from, sec(250)));
}

/* A secret that lay unused for long does not come back by being renewed. */
static void
no_grace_for_the_forgotten(void **state)
{
	struct addr from = addr_of("192.0.2.1:7469");
	struct cookie_check ck = { 0 };
	uint8_t s[4][KEY_LEN], msg[INIT_LEN];

	(void)state;
	secrets(s);
	cookie_renew(&ck, s[0], sec(0));
	prove(&ck, &from, msg);
	cookie_renew(&ck, s[1], sec(130));
	assert_false(mac2_ok(&ck, msg, &from, sec(130)));
	prove(&ck, &from, msg);
	cookie_renew(&ck, s[2], sec(259));
	assert_true(mac2_ok(&ck, msg, &from, sec(259)));
}

#define CROWD_RATE 1000u /* answers a second */
#define SLICES_US(n) ((n) * (uint64_t)COOKIE_SLICE_US)

/* n ask at even distances until then; returns how many had their turn. */
static unsigned
crowd_asks(struct cookie_turns *ct, struct rng *r, struct mono *now,
    uint64_t us, unsigned a_second)
{
	struct mono end = mono_add(*now, us);
	unsigned turns = 0;

	for (; mono_before(*now, end);
	     *now = mono_add(*now, MONO_SEC / a_second))
		turns += cookie_turn(ct, rng_next(r), CROWD_RATE, *now);
	return turns;
}

static void
few_all_have_their_turn(void **state)
{
	struct cookie_turns ct = { 0 };
	struct rng r = rng_seeded(1);
	struct mono now = sec(77);

	(void)state;
	assert_int_equal(
	    crowd_asks(&ct, &r, &now, 10 * MONO_SEC, CROWD_RATE * 4 / 5),
	    10 * CROWD_RATE * 4 / 5);
}

/* How many of the tries of an initiator, at any time, have their turn. */
static unsigned
tries_answered(struct rng *r, unsigned crowd)
{
	static const uint16_t try_ms[] = { 0, 500, 1500, 2500, 4500 };
	struct cookie_turns ct = { 0 };
	struct mono now = sec(77), start;
	uint64_t me = rng_next(r);
	unsigned k, turns = 0;

	crowd_asks(
	    &ct, r, &now, SLICES_US(2) + rng_below(r, SLICES_US(4)), crowd);
	start = now;
	for (k = 0; k < 5; k++) {
		uint64_t to = try_ms[k] * (uint64_t)MONO_MS;

		crowd_asks(&ct, r, &now, to - mono_since(start, now), crowd);
		turns += cookie_turn(&ct, me, CROWD_RATE, now);
	}
	return turns;
}

/* Of twice as many each, even when a datagram is lost; then nearly each. */
static void
each_has_its_turn_in_a_crowd(void **state)
{
	struct rng r = rng_seeded(2);
	unsigned i, none = 0;

	(void)state;
	for (i = 0; i < 300; i++)
		assert_in_range(
		    tries_answered(&r, i % 2 == 0 ? 1500 : 1750), 2, 4);
	for (i = 0; i < 300; i++)
		none += tries_answered(&r, i % 2 == 0 ? 2500 : 3300) == 0;
	assert_in_range(none, 0, 300 / 8);
}

/* No more have their turn than can be answered, but in the first slice. */
static void
turns_are_as_many_as_answers(void **state)
{
	static const unsigned crowd[] = { 1200, 2000, 2100, 5000, 50000 };
	struct rng r = rng_seeded(3);
	unsigned i, turns;

	(void)state;
	for (i = 0; i < sizeof(crowd) / sizeof(crowd[0]); i++) {
		struct cookie_turns ct = { 0 };
		struct mono now = { SLICES_US(100) };

		crowd_asks(&ct, &r, &now, SLICES_US(2), crowd[i]);
		turns = crowd_asks(&ct, &r, &now, SLICES_US(8), crowd[i]);
		assert_in_range(turns, SLICES_US(8) / 2 / 1000,
		    SLICES_US(8) / 1000 * 103 / 100);
		/* and when they are gone */
		now = mono_add(now, SLICES_US(2));
		for (unsigned k = 0; k < 100; k++)
			assert_true(
			    cookie_turn(&ct, rng_next(&r), CROWD_RATE, now));
	}
}

/* Their number is never quite the same; the order of turns is. */
static void
small_changes_change_no_turns(void **state)
{
	struct cookie_turns ct = { 0 };
	struct rng r = rng_seeded(4);
	struct mono now = { SLICES_US(100) };
	unsigned i, parts = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		crowd_asks(&ct, &r, &now, SLICES_US(1),
		    1960 + (unsigned)rng_below(&r, 80));
		if (i > 20)
			assert_int_equal(ct.parts, parts);
		parts = ct.parts;
	}
	assert_in_range(parts, 2, 3);
}

int
main(void)
{
	struct json_object *file = vectors_load("vpl1_golden.json");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(golden_initiations, file),
		cmocka_unit_test_prestate(golden_identity_queries, file),
		cmocka_unit_test_prestate(golden_flips_of_an_initiation, file),
		cmocka_unit_test_prestate(golden_flips_of_a_reply, file),
		cmocka_unit_test(bound_to_address_and_port),
		cmocka_unit_test(no_secret_no_cookie),
		cmocka_unit_test(renewed_after_two_minutes),
		cmocka_unit_test(no_grace_for_the_forgotten),
		cmocka_unit_test(few_all_have_their_turn),
		cmocka_unit_test(each_has_its_turn_in_a_crowd),
		cmocka_unit_test(turns_are_as_many_as_answers),
		cmocka_unit_test(small_changes_change_no_turns),
	};
	int rc = 1;

	if (crypto_start())
		rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (rc == 0 && file == NULL)
		rc = NO_FILE; /* the rest passed */
	json_object_put(file);
	return rc;
}
