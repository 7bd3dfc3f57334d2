/* Packets of the mesh daemon: to every vrnode once, back into none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "duo.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)

static const struct duo_options wide = { .fan_origin = 1000,
	.fan_total = 2000 };

/* Three cores, each with a tunnel to both others. */
static void
triangle(struct duo *d, uint64_t seed, const struct duo_options *opt)
{
	unsigned a, b;

	duo_init(d, seed);
	for (a = 0; a < 3; a++)
		duo_start(d, a, opt);
	for (a = 0; a < 3; a++)
		for (b = 0; b < 3; b++)
			if (a != b)
				duo_peer(d, a, b, true);
	for (a = 0; a < 3; a++)
		for (b = 0; b < 3; b++)
			if (a != b)
				assert_true(duo_wait_up(d, a, b, SEC));
}

static void
say(struct duo *d, unsigned nr, uint8_t provenance, const char *key,
    const char *body)
{
	struct mesh_rec rec = { .type = MESH_PKT,
		.u.pkt = { .provenance = provenance,
		    .key_len = (uint8_t)strlen(key),
		    .key = (const uint8_t *)key,
		    .body = (const uint8_t *)body,
		    .len = strlen(body) } };

	duo_mesh_rec(d, nr, &rec);
	duo_run(d, 50 * MONO_MS);
}

/* Hands back to its core the last packet that nr's mesh daemon got. */
static void
hand_back(struct duo *d, unsigned nr)
{
	struct mesh_rec rec = duo_last(d, nr, MESH_PKT)->rec;

	rec.u.pkt.provenance = MESH_INTERNAL; /* as if of the gnode */
	rec.u.pkt.peer = 0;
	duo_mesh_rec(d, nr, &rec);
	duo_run(d, 50 * MONO_MS);
}

static void
test_every_vrnode_once(void **state)
{
	const struct mesh_pkt *pkt;
	struct duo d;
	unsigned i;

	(void)state;
	triangle(&d, 90, NULL);
	say(&d, 0, MESH_INTERNAL, "", "hello");
	assert_int_equal(duo_recs(&d, 0, MESH_PKT), 0);
	for (i = 1; i < 3; i++) {
		assert_int_equal(duo_recs(&d, i, MESH_PKT), 1);
		pkt = &duo_last(&d, i, MESH_PKT)->rec.u.pkt;
		assert_int_equal(pkt->provenance, MESH_INTERNET);
		assert_int_equal(pkt->peer, d.end[i].peer[0]->id);
		assert_int_equal(pkt->len, 5);
		assert_memory_equal(pkt->body, "hello", 5);
		assert_int_equal(duo_cnt(&d, i, CNT_fan_out), 0);
		assert_int_equal(duo_cnt(&d, i, CNT_fan_delivered), 1);
	}
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_in), 1);
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_out), 2);
	duo_fini(&d);
}

/* Whatever a mesh daemon makes of it, it enters no tunnel again. */
static void
test_never_sent_again(void **state)
{
	struct duo d;
	unsigned i;

	(void)state;
	triangle(&d, 91, NULL);
	say(&d, 0, MESH_INTERNAL, "", "hello");
	for (i = 0; i < 20; i++) {
		hand_back(&d, 1);
		hand_back(&d, 2);
	}
	say(&d, 0, MESH_INTERNAL, "", "hello"); /* its origin hears it too */
	assert_int_equal(duo_cnt(&d, 1, CNT_fan_out), 0);
	assert_int_equal(duo_cnt(&d, 2, CNT_fan_out), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_fan_dup), 20);
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_out), 2);
	assert_int_equal(duo_recs(&d, 0, MESH_PKT), 0);
	duo_fini(&d);
}

static void
test_internet_refused(void **state)
{
	struct duo d;

	(void)state;
	duo_pair(&d, 92, NULL);
	say(&d, 0, MESH_INTERNET, "", "hello");
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_internet), 1);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 0);
	/* It does not keep an internal one of the same bytes from going. */
	say(&d, 0, MESH_INTERNAL, "", "hello");
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 1);
	duo_fini(&d);
}

static void
test_duplicate_by_key(void **state)
{
	const struct mesh_pkt *pkt;
	struct duo d;

	(void)state;
	triangle(&d, 93, NULL);
	say(&d, 0, MESH_INTERNAL, "tracer 7", "body, one hop");
	pkt = &duo_last(&d, 1, MESH_PKT)->rec.u.pkt;
	assert_int_equal(pkt->key_len, 8);
	assert_memory_equal(pkt->key, "tracer 7", 8);
	say(&d, 0, MESH_INTERNAL, "tracer 7", "body, one hop, another");
	say(&d, 1, MESH_INTERNAL, "tracer 7", "body, a third");
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_dup), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_fan_dup), 1);
	assert_int_equal(duo_recs(&d, 2, MESH_PKT), 1);
	say(&d, 0, MESH_INTERNAL, "tracer 8", "body, one hop");
	assert_int_equal(duo_recs(&d, 2, MESH_PKT), 2);
	duo_fini(&d);
}

/* Two vnodes of one gnode send the same: the third takes the first. */
static void
test_duplicate_across_tunnels(void **state)
{
	struct duo d;

	(void)state;
	triangle(&d, 94, NULL);
	d.dir[0][1].cut = d.dir[1][0].cut = true;
	say(&d, 0, MESH_INTERNAL, "", "news");
	say(&d, 1, MESH_INTERNAL, "", "news");
	assert_int_equal(duo_recs(&d, 2, MESH_PKT), 1);
	assert_int_equal(duo_cnt(&d, 2, CNT_rx_dup), 1);
	duo_fini(&d);
}

/* After a minute the same bytes are news again. */
static void
test_duplicate_ages(void **state)
{
	struct duo d;

	(void)state;
	duo_pair(&d, 95, NULL);
	say(&d, 0, MESH_INTERNAL, "", "hello");
	duo_run(&d, 59 * SEC);
	say(&d, 0, MESH_INTERNAL, "", "hello");
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 1);
	duo_run(&d, 2 * SEC);
	say(&d, 0, MESH_INTERNAL, "", "hello");
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 2);
	duo_fini(&d);
}

/* An envelope and body of our making inside 0's real session. */
static void
craft(struct duo *d, const struct envelope *env, const void *body, size_t len)
{
	struct peer *p = d->end[0].peer[1];
	struct turn t = duo_turn(d, 0);
	struct run *run = run_new(&d->mem);
	struct pkt *pk = run_add(run, NTK_HEAD_MAX + len, &d->mem);
	uint8_t flags;
	size_t n = envelope_write(pk->p, env, &flags);

	if (len > 0)
		memcpy(pk->p + n, body, len);
	pk->len = (uint32_t)(n + len);
	peer_send_on(&d->end[0].core, p, p->slot[SLOT_CUR], &p->path, FRAME_NTK,
	    flags, run, &t);
	duo_done(d);
	duo_run(d, 50 * MONO_MS);
}

static struct envelope
honest(const struct duo *d, uint32_t seq)
{
	struct envelope env = { .seq = seq, .hops = 16 };

	memcpy(env.origin, d->end[0].core.id.x_pk, sizeof(env.origin));
	memcpy(env.boot, d->end[0].core.boot, sizeof(env.boot));
	return env;
}

static void
test_envelope(void **state)
{
	struct envelope env;
	struct duo d;
	unsigned i;

	(void)state;
	triangle(&d, 96, NULL);
	env = honest(&d, 1000);
	memcpy(env.origin, d.end[2].core.id.x_pk, sizeof(env.origin));
	craft(&d, &env, "a", 1);
	memcpy(env.boot, d.end[2].core.boot, sizeof(env.boot));
	craft(&d, &env, "b", 1);
	for (i = 0; i < sizeof(env.boot); i++) {
		env = honest(&d, 1001);
		env.boot[i] ^= 1;
		craft(&d, &env, "c", 1);
	}
	assert_int_equal(duo_cnt(&d, 1, CNT_rx_origin), 6);
	env = honest(&d, 1002);
	env.hops = 0;
	craft(&d, &env, "d", 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_rx_hops), 1);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 0);
	/* None of these has used up a number or a body. */
	for (i = 0; i < 4; i++) {
		env = honest(&d, 1000 + i);
		craft(&d, &env, &"abcd"[i], 1);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 4);
	craft(&d, &env, "other body, old number", 22);
	assert_int_equal(duo_cnt(&d, 1, CNT_rx_dup), 1);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 4);
	duo_fini(&d);
}

/* The mesh socket has no record for a packet of no bytes. */
static void
test_empty_body(void **state)
{
	struct envelope env;
	struct duo d;

	(void)state;
	duo_pair(&d, 97, NULL);
	env = honest(&d, 5);
	craft(&d, &env, "", 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_frame_bad), 1);
	duo_fini(&d);
}

/* Rates: what the own mesh daemon sends, one origin, all of them. */
static void
test_rate_own(void **state)
{
	struct duo d;
	uint32_t i;

	(void)state;
	duo_pair(&d, 98, NULL);
	for (i = 0; i < 100; i++)
		duo_say_nr(&d, 0, i);
	duo_run(&d, 100 * MONO_MS);
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 2 * FAN_ORIGIN);
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_rate), 100 - 2 * FAN_ORIGIN);
	/* What was refused is not taken for seen. */
	duo_run(&d, 5 * SEC);
	duo_say_nr(&d, 0, 99);
	duo_run(&d, 100 * MONO_MS);
	assert_int_equal(duo_heard(&d, 1, 99), 1);
	/* 20/s for 10 s on end pass. */
	duo_run(&d, 5 * SEC);
	duo_forget(&d, 1);
	for (i = 0; i < 200; i++) {
		duo_say_nr(&d, 0, 1000 + i);
		duo_run(&d, 50 * MONO_MS);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 200);
	duo_fini(&d);
}

static void
flood(struct duo *d, unsigned nr, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		duo_say_nr(d, nr, nr * 100000 + i);
		duo_run(d, MONO_MS);
	}
}

static void
test_rate_origin(void **state)
{
	struct duo_options loud = { .fan_origin = 2000, .fan_total = 2000 };
	struct duo d;
	unsigned got;

	(void)state;
	duo_init(&d, 99);
	duo_start(&d, 0, &loud);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	flood(&d, 0, 4000);
	duo_run(&d, SEC);
	got = duo_recs(&d, 1, MESH_PKT);
	assert_in_range(got, 4 * FAN_ORIGIN, 4 * FAN_ORIGIN + 5 * FAN_ORIGIN);
	assert_int_equal(duo_cnt(&d, 1, CNT_rx_rate_origin), 4000 - got);
	duo_fini(&d);
}

static void
test_rate_total(void **state)
{
	struct duo_options few = { .fan_origin = 2000, .fan_total = 50 };
	struct duo d;
	unsigned got;

	(void)state;
	triangle(&d, 100, &few);
	flood(&d, 0, 1000);
	flood(&d, 1, 1000);
	duo_run(&d, SEC);
	got = duo_recs(&d, 2, MESH_PKT);
	assert_in_range(got, 100 + 90, 100 + 110); /* burst, and 2 s */
	assert_int_equal(duo_cnt(&d, 2, CNT_rx_rate_total), 2000 - got);
	duo_fini(&d);
}

static void
fill(uint8_t *p, size_t len, uint8_t salt)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + i / 251 + salt);
}

static void
test_big_both_ways(void **state)
{
	static uint8_t body[MESH_BODY_MAX];
	static const size_t lens[] = { 1300, 1377, 1378, 1382, 1383, 1400, 1401,
		3000, 65535, MESH_BODY_MAX };
	const struct mesh_pkt *pkt;
	struct duo d;
	unsigned nr;
	size_t i;

	(void)state;
	duo_pair(&d, 101, &wide);
	for (nr = 0; nr < 2; nr++) {
		for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
			fill(body, lens[i], (uint8_t)(nr * 16 + i));
			duo_say(&d, nr, body, lens[i]);
			duo_run(&d, 50 * MONO_MS);
			assert_int_equal(duo_recs(&d, 1 - nr, MESH_PKT), i + 1);
			pkt = &duo_last(&d, 1 - nr, MESH_PKT)->rec.u.pkt;
			assert_int_equal(pkt->len, lens[i]);
			assert_memory_equal(pkt->body, body, lens[i]);
		}
	}
	assert_int_equal(d.end[0].peer[1]->frags.bytes, 0);
	assert_int_equal(d.end[1].peer[0]->frags.bytes, 0);
	duo_fini(&d);
}

static bool
lose_one(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	unsigned *left = d->tap_arg;

	(void)to, (void)p, (void)len;
	return from->nr != 0 || (*left)-- != 0;
}

static void
test_lost_fragment(void **state)
{
	static uint8_t body[MESH_BODY_MAX];
	unsigned which, left;
	const struct peer *p;
	struct duo d;

	(void)state;
	duo_pair(&d, 102, &wide);
	p = d.end[1].peer[0];
	for (which = 0; which < 48; which += 5) {
		left = which;
		fill(body, sizeof(body), (uint8_t)which);
		d.tap = lose_one;
		d.tap_arg = &left;
		duo_say(&d, 0, body, sizeof(body));
		d.tap = NULL;
		duo_run(&d, SEC);
		assert_true(p->frags.bytes > 60000);
		duo_run(&d, SEC + 20 * MONO_MS);
		assert_int_equal(p->frags.bytes, 0);
		assert_null(p->frags.whole);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PKT), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_frag_late), 10);
	duo_fini(&d);
}

static void
test_too_big_for_small_mtu(void **state)
{
	static uint8_t body[MESH_BODY_MAX];
	struct duo_options small = { .mtu = MTU_MIN };
	struct duo d;

	(void)state;
	duo_pair(&d, 103, &small);
	fill(body, sizeof(body), 3);
	duo_say(&d, 0, body, sizeof(body));
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_too_big), 1);
	duo_say(&d, 0, body, 30000);
	duo_run(&d, 100 * MONO_MS);
	assert_int_equal(duo_last(&d, 1, MESH_PKT)->rec.u.pkt.len, 30000);
	duo_fini(&d);
}

static void
test_no_mesh_daemon(void **state)
{
	struct duo_options deaf = { .no_mesh = true };
	struct duo d;

	(void)state;
	duo_init(&d, 104);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &deaf);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	duo_say_nr(&d, 0, 1);
	duo_run(&d, 50 * MONO_MS);
	assert_int_equal(duo_cnt(&d, 1, CNT_rx_no_mesh), 1);
	assert_int_equal(d.end[1].n_rec, 0);
	/* It came for nobody, so it is not seen: once one is there, it goes. */
	duo_mesh_hello(&d, 1);
	duo_say_nr(&d, 0, 2);
	duo_run(&d, 50 * MONO_MS);
	assert_int_equal(duo_heard(&d, 1, 2), 1);
	duo_fini(&d);
}

/* A line that looks at the bytes when it is flushed, as sockets do. */
struct late_line {
	void (*send)(void *arg, const struct path *to, struct run *run);
	struct path path[RUN_MAX * 16];
	struct pkt pkt[RUN_MAX * 16];
	unsigned n, flushes;
};

static void
late_flush(void *arg)
{
	struct late_line *ll = ((struct duo_end *)arg)->d->tap_arg;
	struct run one;
	unsigned i;

	for (i = 0; i < ll->n; i++) {
		one.n = 1;
		one.pkt[0] = ll->pkt[i];
		ll->send(arg, &ll->path[i], &one);
	}
	ll->n = 0;
	ll->flushes++;
}

static void
late_send(void *arg, const struct path *to, struct run *run)
{
	struct late_line *ll = ((struct duo_end *)arg)->d->tap_arg;
	unsigned i;

	for (i = 0; i < run->n; i++, ll->n++) {
		assert_true(ll->n < sizeof(ll->pkt) / sizeof(ll->pkt[0]));
		ll->path[ll->n] = *to;
		ll->pkt[ll->n] = run->pkt[i];
	}
}

/* Many long ones in one turn: their copies do not use up the memory of it. */
static void
test_copies_take_turns(void **state)
{
	const unsigned n = 12;
	struct late_line *ll = calloc(1, sizeof(*ll));
	struct mesh_pkt pkt = { .len = 60000 };
	size_t head = mesh_pkt_head_len(0), mark, i;
	struct core *c;
	struct turn t;
	struct duo d;
	unsigned k;

	(void)state;
	triangle(&d, 103, &wide);
	c = &d.end[0].core;
	d.tap_arg = ll;
	ll->send = c->io.udp_send;
	c->io.udp_send = late_send;
	c->io.udp_flush = late_flush;
	t = duo_turn(&d, 0);
	mark = t.mem->used;
	for (k = 0; k < n; k++) {
		struct run *run = run_new(t.mem);
		struct pkt *pk = run_add(run, head + pkt.len, t.mem);

		assert_non_null(pk);
		mesh_pkt_head(pk->p, &pkt);
		for (i = 0; i < pkt.len; i++)
			pk->p[head + i] = (uint8_t)(i * 7 + k);
		core_mesh_input(c, run, &t);
	}
	/* what came in, and what is under way of the last ones */
	assert_in_range(t.mem->used - mark, n * pkt.len, n * 62000 + 400000);
	assert_true(ll->flushes >= n);
	late_flush(c->io.arg);
	c->io.udp_send = ll->send;
	c->io.udp_flush = NULL;
	duo_done(&d);
	duo_run(&d, 50 * MONO_MS);
	for (k = 1; k < 3; k++) {
		const struct mesh_pkt *got =
		    &duo_last(&d, k, MESH_PKT)->rec.u.pkt;

		assert_int_equal(duo_recs(&d, k, MESH_PKT), n);
		assert_int_equal(got->len, pkt.len);
		for (i = 0; i < pkt.len; i++)
			assert_int_equal(
			    got->body[i], (uint8_t)(i * 7 + n - 1));
	}
	assert_int_equal(duo_cnt(&d, 0, CNT_arena_full), 0);
	duo_fini(&d);
	free(ll);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vrnode_once),
		cmocka_unit_test(test_never_sent_again),
		cmocka_unit_test(test_internet_refused),
		cmocka_unit_test(test_duplicate_by_key),
		cmocka_unit_test(test_duplicate_across_tunnels),
		cmocka_unit_test(test_duplicate_ages),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_empty_body),
		cmocka_unit_test(test_rate_own),
		cmocka_unit_test(test_rate_origin),
		cmocka_unit_test(test_rate_total),
		cmocka_unit_test(test_big_both_ways),
		cmocka_unit_test(test_lost_fragment),
		cmocka_unit_test(test_too_big_for_small_mtu),
		cmocka_unit_test(test_copies_take_turns),
		cmocka_unit_test(test_no_mesh_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
