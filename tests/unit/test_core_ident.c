/* First contact without a key: who asks, who answers, and who does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "core/answer.h"
#include "core/guard.h"
#include "crypto/sign.h"
#include "tests/unit/duo.h"
#include "tests/unit/vectors.h"

#define ASKING_US (6 * (uint64_t)MONO_SEC) /* six tries, a second apart */

/* Ends 0 and 1, strangers; the second answers. */
static void
two(struct duo *d, uint64_t seed, const struct duo_options *a,
    const struct duo_options *b)
{
	duo_init(d, seed);
	duo_start(d, 0, a);
	duo_start(d, 1, b);
	ident_set_answers(&d->end[1].core, true);
}

/* End 0 asks at those addresses. */
static uint32_t
ask_at(struct duo *d, const struct addr *at, unsigned n)
{
	struct turn t = duo_turn(d, 0);
	uint32_t id = ident_open(&d->end[0].core);

	ident_ask(&d->end[0].core, id, at, n, &t);
	duo_done(d);
	return id;
}

static uint32_t
ask_other(struct duo *d)
{
	return ask_at(d, &d->end[1].face, 1);
}

static const struct ident_query *
query(struct duo *d, uint32_t id)
{
	const struct ident_query *q = ident_find(&d->end[0].core, id);

	assert_non_null(q);
	return q;
}

static void
assert_failed(struct duo *d, uint32_t id, const char *part)
{
	const struct ident_query *q = query(d, id);

	assert_int_equal(q->state, IDENT_FAILED);
	if (strstr(q->why, part) == NULL)
		fail_msg("\"%s\" says nothing of \"%s\"", q->why, part);
}

static void
assert_known(struct duo *d, uint32_t id)
{
	const struct ident_query *q = query(d, id);

	assert_int_equal(q->state, IDENT_KNOWN);
	assert_memory_equal(q->key, d->end[1].core.id.ed_pk, KEY_LEN);
	assert_true(addr_equal(&q->from, &d->end[1].face));
}

/* Two round trips, four datagrams, and then nothing more. */
static void
answer_comes(void **state)
{
	struct duo d;
	uint32_t id;

	(void)state;
	two(&d, 1, NULL, NULL);
	id = ask_other(&d);
	duo_run(&d, 39 * MONO_MS);
	assert_int_equal(query(&d, id)->state, IDENT_ASKING);
	duo_run(&d, MONO_MS);
	assert_known(&d, id);
	duo_run(&d, 10 * MONO_SEC);
	assert_int_equal(d.end[0].out_n, 2);
	assert_int_equal(d.end[1].out_n, 2);
	assert_int_equal(d.end[0].out_bytes, 2 * IDQ_LEN);
	assert_int_equal(d.end[1].out_bytes, COOKIE_LEN + IDR_LEN);
	assert_int_equal(duo_cnt(&d, 0, CNT_ident_sent), 2);
	assert_int_equal(duo_cnt(&d, 1, CNT_ident_answered), 1);
	assert_int_equal(d.end[1].core.n_peers, 0);
	/* a closed network among its own is no different */
	duo_fini(&d);
	{
		const uint8_t netkey[KEY_LEN] = { 7 };
		const struct duo_options closed = { .netkey = netkey };

		two(&d, 2, &closed, &closed);
		id = ask_other(&d);
		duo_run(&d, 40 * MONO_MS);
		assert_known(&d, id);
		duo_fini(&d);
	}
}

/* So that a scanner finds nothing, not even a cookie. */
static void
silent_unless_told(void **state)
{
	struct duo d;
	uint32_t id;

	(void)state;
	two(&d, 3, NULL, NULL);
	ident_set_answers(&d.end[1].core, false);
	id = ask_other(&d);
	duo_run(&d, ASKING_US - MONO_MS);
	assert_int_equal(query(&d, id)->state, IDENT_ASKING);
	duo_run(&d, MONO_MS);
	assert_failed(&d, id, "nobody answered");
	assert_int_equal(d.end[0].out_n, 6);
	assert_int_equal(d.end[1].out_n, 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_ident_off), 6);
	duo_fini(&d);
}

/* Who is in another network, by name or by key, is not even noticed. */
static void
silent_to_others(void **state)
{
	const uint8_t one[KEY_LEN] = { 1 }, two_[KEY_LEN] = { 2 };
	const struct duo_options a[] = { { 0 }, { .netkey = one },
		{ .netkey = one } };
	const struct duo_options b[] = { { .netkey = one }, { 0 },
		{ .netkey = two_ } };
	struct duo d;
	uint32_t id;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		two(&d, 4 + i, &a[i], &b[i]);
		id = ask_other(&d);
		duo_run(&d, ASKING_US);
		assert_failed(&d, id, "nobody answered");
		assert_int_equal(d.end[1].out_n, 0);
		assert_int_equal(duo_cnt(&d, 1, CNT_mac1_bad), 6);
		duo_fini(&d);
	}
}

/* On its way out it promises nothing any more. */
static void
silent_when_stopping(void **state)
{
	struct duo d;
	uint32_t id;

	(void)state;
	two(&d, 8, NULL, NULL);
	d.end[1].core.stopping = true;
	id = ask_other(&d);
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "nobody answered");
	assert_int_equal(d.end[1].out_n, 0);
	duo_fini(&d);
}

/* As tunnels do not go through the mesh, nobody is asked there. */
static void
nobody_in_the_mesh(void **state)
{
	struct addr at[2];
	struct prefix mesh;
	struct duo d;
	uint32_t id, who;
	size_t bad;

	(void)state;
	two(&d, 9, NULL, NULL);
	assert_null(prefix_parse_host("10.0.2.0/24", &mesh));
	assert_true(core_own_prefixes(&d.end[0].core, &mesh, 1, &bad, &who));
	id = ask_other(&d);
	assert_failed(&d, id, "in the mesh");
	at[0] = d.end[1].face;
	at[1] = duo_addr("192.0.2.7:7469");
	id = ask_at(&d, at, 2);
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "nobody answered");
	assert_int_equal(d.end[1].out_n, 0);
	assert_int_equal(d.stray.n, 6);
	assert_int_equal(d.end[0].out_n, 6);
	assert_int_equal(duo_cnt(&d, 0, CNT_guard_endpoint), 2);
	guard_set(&d.end[0].core, false); /* by a way of its own */
	id = ask_other(&d);
	duo_run(&d, MONO_SEC);
	assert_known(&d, id);
	duo_fini(&d);
}

/* Half of all is lost each way: it is asked often enough, mostly. */
static void
bad_line(void **state)
{
	unsigned seed, known = 0;
	struct duo d;
	uint32_t id;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		two(&d, 100 + seed, NULL, NULL);
		d.dir[0][1].loss = d.dir[1][0].loss = 50;
		id = ask_other(&d);
		duo_run(&d, ASKING_US);
		if (query(&d, id)->state == IDENT_KNOWN)
			known++;
		else
			assert_int_equal(query(&d, id)->state, IDENT_FAILED);
		duo_fini(&d);
	}
	assert_in_range(known, 60, 100);
}

/* A name stands for several: one is dead, one a cookie and nothing else. */
static void
several_addresses(void **state)
{
	struct addr at[IDENT_ADDRS + 2];
	struct duo d;
	uint32_t id;
	unsigned i;

	(void)state;
	two(&d, 9, NULL, NULL);
	for (i = 0; i < IDENT_ADDRS + 2; i++)
		at[i] = duo_addr("192.0.2.1");
	at[1] = d.end[1].face;
	id = ask_at(&d, at, IDENT_ADDRS + 2);
	duo_run(&d, 40 * MONO_MS);
	assert_known(&d, id);
	assert_int_equal(d.end[0].out_n, IDENT_ADDRS + 1);
	duo_fini(&d);
}

/* --- answers that are none ---------------------------------------------------
 */

/* A reply of end 1 to what end 0 has asked, as it would be. */
static void
reply_to(
    struct duo *d, uint32_t id, const struct identity *by, uint8_t msg[IDR_LEN])
{
	const struct core *c = &d->end[1].core;
	uint8_t sig[SIG_LEN];
	struct msg_idq in;

	assert_true(msg_idq_parse(query(d, id)->msg, IDQ_LEN, &in));
	identity_prove(by, c->net.netid, in.nonce, sig);
	msg_idr_write(msg, in.sender, by->ed_pk, sig);
	mac1_write(c->ident.mac1key, msg, IDR_NOMAC);
}

static void
flip(uint8_t *p, size_t bit)
{
	p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* Every bit, as it came and with a mac1 that fits again. */
static void
altered_replies(void **state)
{
	struct duo d;
	uint8_t msg[IDR_LEN], bad[IDR_LEN];
	uint32_t id;
	size_t bit, n;

	(void)state;
	two(&d, 10, NULL, NULL);
	d.dir[0][1].cut = true;
	id = ask_other(&d);
	reply_to(&d, id, &d.end[1].core.id, msg);
	for (bit = 0; bit < IDR_LEN * 8; bit++) {
		memcpy(bad, msg, sizeof(bad));
		flip(bad, bit);
		duo_inject(&d, 0, &d.end[1].face, bad, sizeof(bad));
		assert_int_equal(query(&d, id)->state, IDENT_ASKING);
		if (bit >= IDR_NOMAC * 8)
			continue;
		mac1_write(d.end[1].core.ident.mac1key, bad, IDR_NOMAC);
		duo_inject(&d, 0, &d.end[1].face, bad, sizeof(bad));
		assert_int_equal(query(&d, id)->state, IDENT_ASKING);
	}
	for (n = 0; n < IDR_LEN; n++) {
		duo_inject(&d, 0, &d.end[1].face, msg, n);
		assert_int_equal(query(&d, id)->state, IDENT_ASKING);
	}
	duo_inject(&d, 0, &d.end[1].face, msg, IDR_LEN);
	assert_known(&d, id);
	duo_fini(&d);
}

/* What came says why nothing came of it. */
static void
reasons(void **state)
{
	struct identity other;
	uint8_t seed[KEY_LEN] = { 9 }, msg[IDR_LEN];
	struct addr elsewhere = duo_addr("192.0.2.9");
	struct duo d;
	uint32_t id;

	(void)state;
	two(&d, 11, NULL, NULL);
	d.dir[0][1].cut = true;
	assert_true(identity_from_seed(seed, &other));

	id = ask_other(&d); /* a mac1 of some other network */
	reply_to(&d, id, &other, msg);
	msg[IDR_NOMAC] ^= 1;
	duo_inject(&d, 0, &d.end[1].face, msg, sizeof(msg));
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "another network");

	id = ask_other(&d); /* the key of one, the signature of another */
	reply_to(&d, id, &other, msg);
	memcpy(msg + 8, d.end[1].core.id.ed_pk, KEY_LEN);
	mac1_write(d.end[1].core.ident.mac1key, msg, IDR_NOMAC);
	duo_inject(&d, 0, &d.end[1].face, msg, sizeof(msg));
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "signature");

	id = ask_other(&d); /* not from where it was asked */
	reply_to(&d, id, &other, msg);
	duo_inject(&d, 0, &elsewhere, msg, sizeof(msg));
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "nobody answered");

	id = ask_other(&d); /* an old one */
	duo_inject(&d, 0, &d.end[1].face, msg, sizeof(msg));
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "nobody answered");

	id = ask_other(&d); /* our own key */
	reply_to(&d, id, &d.end[0].core.id, msg);
	duo_inject(&d, 0, &d.end[1].face, msg, sizeof(msg));
	assert_failed(&d, id, "this node itself");

	id = ask_at(&d, NULL, 0);
	assert_failed(&d, id, "no address");
	duo_fini(&d);
}

static bool
no_replies(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	(void)d, (void)from, (void)to, (void)len;
	return p[0] != MSG_IDR;
}

static void
only_cookies(void **state)
{
	struct duo d;
	uint32_t id;

	(void)state;
	two(&d, 12, NULL, NULL);
	d.tap = no_replies;
	id = ask_other(&d);
	duo_run(&d, ASKING_US);
	assert_failed(&d, id, "cookie");
	assert_int_equal(duo_cnt(&d, 0, CNT_ident_sent), 7); /* one twice */
	duo_fini(&d);
}

/* An index of another kind, or of a query that is over. */
static void
cookies_of_others(void **state)
{
	uint8_t cookie[COOKIE_LEN], nonce[24] = { 1 };
	struct msg_idq in;
	struct duo d;
	uint32_t id;
	unsigned i;

	(void)state;
	two(&d, 13, NULL, NULL);
	d.dir[0][1].cut = true;
	id = ask_other(&d);
	assert_true(msg_idq_parse(query(&d, id)->msg, IDQ_LEN, &in));
	cookie_reply_write(&d.end[1].core.cookies,
	    d.end[1].core.ident.cookiekey, nonce, query(&d, id)->msg, in.sender,
	    &d.end[0].face, cookie);
	cookie[40] ^= 1;
	duo_inject(&d, 0, &d.end[1].face, cookie, sizeof(cookie));
	assert_int_equal(duo_cnt(&d, 0, CNT_cookie_bad), 1);
	cookie[40] ^= 1;
	for (i = 0; i < 5; i++) /* one of them is worth a datagram */
		duo_inject(&d, 0, &d.end[1].face, cookie, sizeof(cookie));
	assert_int_equal(duo_cnt(&d, 0, CNT_cookie_got), 1);
	assert_int_equal(duo_cnt(&d, 0, CNT_ident_sent), 2);
	duo_run(&d, ASKING_US);
	duo_inject(&d, 0, &d.end[1].face, cookie, sizeof(cookie));
	assert_int_equal(duo_cnt(&d, 0, CNT_cookie_bad), 6);
	duo_fini(&d);
}

/* --- bounds ------------------------------------------------------------------
 */

static void
few_at_a_time(void **state)
{
	uint32_t id[IDENT_QUERIES];
	struct duo d;
	unsigned i;

	(void)state;
	two(&d, 14, NULL, NULL);
	ident_set_answers(&d.end[1].core, false);
	for (i = 0; i < IDENT_QUERIES; i++)
		id[i] = ask_other(&d);
	assert_int_equal(ident_open(&d.end[0].core), 0);
	duo_run(&d, ASKING_US);
	assert_failed(&d, id[0], "nobody");
	assert_int_not_equal(ask_other(&d), 0); /* in place of the oldest */
	assert_null(ident_find(&d.end[0].core, id[0]));
	assert_non_null(ident_find(&d.end[0].core, id[1]));
	duo_run(&d, 60 * MONO_SEC); /* nobody wants to know any more */
	for (i = 1; i < IDENT_QUERIES; i++)
		assert_null(ident_find(&d.end[0].core, id[i]));
	duo_run(&d, ASKING_US);
	assert_true(mono_is_never(ident_deadline(&d.end[0].core)));
	assert_null(ident_find(&d.end[0].core, 0));
	duo_fini(&d);
}

/* A query that has proven its address, as whoever is there would send it. */
static void
paid_query(struct duo *d, const struct addr *from, uint8_t msg[IDQ_LEN])
{
	const struct core *c = &d->end[1].core;
	uint8_t nonce[IDENT_NONCE] = { 3 }, cookie[MAC_LEN];

	msg_idq_write(msg, 99, nonce);
	mac1_write(c->ident.mac1key, msg, INIT_NOMACS);
	cookie_make(&c->cookies, from, cookie);
	mac2_write(cookie, msg);
}

/* Each signature is paid for out of what there is for anybody. */
static void
answers_are_few(void **state)
{
	struct addr from = duo_addr("192.0.2.1");
	uint8_t msg[IDQ_LEN];
	struct duo d;
	unsigned i;

	(void)state;
	two(&d, 15, NULL, NULL);
	paid_query(&d, &from, msg);
	for (i = 0; i < 100; i++)
		duo_inject(&d, 1, &from, msg, sizeof(msg));
	assert_int_equal(duo_cnt(&d, 1, CNT_ident_answered), 5);
	assert_int_equal(duo_cnt(&d, 1, CNT_ident_rate), 95);
	for (i = 0; i < 4000; i++) { /* at once, each from elsewhere */
		from.ip[14] = (uint8_t)(i >> 8);
		from.ip[15] = (uint8_t)i;
		paid_query(&d, &from, msg);
		duo_inject(&d, 1, &from, msg, sizeof(msg));
	}
	/* two thirds of 4400 are for those that we know */
	assert_in_range(
	    duo_cnt(&d, 1, CNT_ident_answered), 4400 / 3, 4400 / 3 + 10);
	assert_in_range(bucket_left(&d.end[1].core.dh_budget, d.now),
	    4400 / 3 * 2 - 5, 4400 / 3 * 2 + 5);
	duo_fini(&d);
}

/* No alteration gets an answer that costs more than a mac. */
static void
altered_queries(void **state)
{
	struct addr from = duo_addr("192.0.2.1");
	uint8_t msg[IDQ_LEN];
	struct duo d;
	size_t bit;

	(void)state;
	two(&d, 16, NULL, NULL);
	paid_query(&d, &from, msg);
	for (bit = 0; bit < IDQ_LEN * 8; bit++) {
		uint64_t cookies = duo_cnt(&d, 1, CNT_cookie_sent);
		bool mac2 = bit >= (INIT_NOMACS + MAC_LEN) * 8;

		flip(msg, bit);
		duo_inject(&d, 1, &from, msg, sizeof(msg));
		flip(msg, bit);
		assert_int_equal(
		    duo_cnt(&d, 1, CNT_cookie_sent), cookies + mac2);
		assert_int_equal(duo_cnt(&d, 1, CNT_ident_answered), 0);
	}
	duo_inject(&d, 1, &from, msg, sizeof(msg));
	assert_int_equal(duo_cnt(&d, 1, CNT_ident_answered), 1);
	duo_fini(&d);
}

/* --- golden ------------------------------------------------------------------
 */

/* Our daemon in the place of the golden responder. */
static void
golden_end(struct duo *d, struct json_object *file, size_t i)
{
	struct json_object *c = json_object_array_get_idx(
	    vec_get(file, "cases"), 2 * i); /* open, closed */
	struct json_object *resp =
	    vec_get(vec_get(file, "common"), "responder");
	uint8_t netkey[KEY_LEN], seed[KEY_LEN];
	const struct duo_options opt = { .netkey = netkey, .seed = seed };

	vec_fixed(vec_get(c, "derived"), "netkey", netkey, KEY_LEN);
	vec_fixed(resp, "seed", seed, KEY_LEN);
	duo_init(d, 17);
	duo_start(d, 1, &opt);
	ident_set_answers(&d->end[1].core, true);
	vec_fixed(
	    resp, "cookie_secret", d->end[1].core.cookies.secret, KEY_LEN);
}

static void
golden(void **state)
{
	struct json_object *file = *state, *from, *o;
	uint8_t msg[IDQ_LEN], want[IDR_LEN];
	struct addr at;
	struct duo d;
	size_t i;

	if (file == NULL)
		skip();
	from = vec_get(vec_get(file, "common"), "initiator");
	at = duo_addr(vec_text(from, "seen_from"));
	at.port = (uint16_t)vec_int(from, "seen_port");
	for (i = 0; i < 2; i++) {
		o = json_object_array_get_idx(
		    vec_get(file, "identity_query"), i);
		golden_end(&d, file, i);
		vec_fixed(o, "query", msg, IDQ_LEN);
		duo_inject(&d, 1, &at, msg, IDQ_LEN);
		assert_int_equal(d.stray.d[0].len, COOKIE_LEN);
		vec_fixed(o, "query_with_cookie", msg, IDQ_LEN);
		duo_inject(&d, 1, &at, msg, IDQ_LEN);
		vec_fixed(o, "reply", want, IDR_LEN);
		assert_int_equal(d.stray.n, 2);
		assert_int_equal(d.stray.d[1].len, IDR_LEN);
		assert_memory_equal(d.stray.d[1].p, want, IDR_LEN);
		duo_fini(&d);
	}
	printf("# figure packets_identity %zu\n", i);
}

int
main(void)
{
	struct json_object *file = vectors_load("vpl1_golden.json");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_comes),
		cmocka_unit_test(silent_unless_told),
		cmocka_unit_test(silent_to_others),
		cmocka_unit_test(silent_when_stopping),
		cmocka_unit_test(nobody_in_the_mesh),
		cmocka_unit_test(bad_line),
		cmocka_unit_test(several_addresses),
		cmocka_unit_test(altered_replies),
		cmocka_unit_test(reasons),
		cmocka_unit_test(only_cookies),
		cmocka_unit_test(cookies_of_others),
		cmocka_unit_test(few_at_a_time),
		cmocka_unit_test(answers_are_few),
		cmocka_unit_test(altered_queries),
		cmocka_unit_test_prestate(golden, file),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	json_object_put(file);
	return rc;
}
