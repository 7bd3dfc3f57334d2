/* The talk with the mesh daemon: order, versions, errors, coming and going. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "duo.h"

#define SEC ((uint64_t)MONO_SEC)

static void
mesh_open(struct duo *d, unsigned nr)
{
	struct turn t = duo_turn(d, nr);

	core_mesh_open(&d->end[nr].core, &t);
	duo_done(d);
}

static void
mesh_close(struct duo *d, unsigned nr)
{
	struct turn t = duo_turn(d, nr);

	core_mesh_close(&d->end[nr].core, &t);
	duo_done(d);
}

static void
say_hello(struct duo *d, uint8_t min, uint8_t max)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = min, .max = max, .body_max = 65536 } };

	duo_mesh_rec(d, 0, &rec);
}

/* 0 without a HELLO yet. */
static void
start(struct duo *d)
{
	struct duo_options opt = { .no_mesh = true };

	duo_init(d, 110);
	duo_start(d, 0, &opt);
	mesh_open(d, 0);
}

static void
expect_refused(const struct duo *d, uint16_t code, const char *why)
{
	const struct duo_rec *r = duo_last(d, 0, MESH_REFUSED);

	assert_non_null(r);
	assert_int_equal(r->rec.u.refused.code, code);
	assert_string_equal(r->rec.u.refused.why, why);
	assert_int_equal(d->end[0].hangups, 1);
	assert_int_equal(duo_cnt(d, 0, CNT_mesh_bad), 1);
}

static void
test_hello(void **state)
{
	const struct mesh_hello *h;
	struct duo d;

	(void)state;
	start(&d);
	assert_int_equal(d.end[0].n_rec, 0);
	say_hello(&d, 1, 9);
	assert_int_equal(d.end[0].n_rec, 1);
	h = &duo_last(&d, 0, MESH_HELLO)->rec.u.hello;
	assert_int_equal(h->min, 1);
	assert_int_equal(h->max, 1);
	assert_memory_equal(h->key, d.end[0].core.id.ed_pk, KEY_LEN);
	assert_int_equal(h->body_max, MESH_BODY_MAX);
	assert_int_equal(h->rate, FAN_ORIGIN);
	assert_int_equal(h->burst, 2 * FAN_ORIGIN);
	assert_string_equal(h->name, "vplamad");
	assert_string_equal(h->network, "duo");
	duo_fini(&d);
}

/* Who is silent must not keep the one place from the mesh daemon. */
static void
test_no_hello(void **state)
{
	struct duo d;

	(void)state;
	start(&d);
	duo_run(&d, 4900 * MONO_MS);
	assert_int_equal(duo_recs(&d, 0, MESH_REFUSED), 0);
	duo_run(&d, 200 * MONO_MS);
	expect_refused(&d, MESH_REF_ORDER, "no HELLO within 5 s");
	mesh_close(&d, 0);
	mesh_open(&d, 0);
	say_hello(&d, 1, 1);
	duo_run(&d, 6 * MONO_SEC);
	assert_int_equal(duo_recs(&d, 0, MESH_REFUSED), 1);
	assert_true(d.end[0].core.mesh_up);
	duo_fini(&d);
}

static void
test_hello_first(void **state)
{
	struct mesh_rec ping = { .type = MESH_PING };
	struct duo d;

	(void)state;
	start(&d);
	duo_mesh_rec(&d, 0, &ping);
	expect_refused(&d, MESH_REF_ORDER, "HELLO must come first");
	/* Whatever else it says goes unheard. */
	say_hello(&d, 1, 1);
	assert_int_equal(d.end[0].n_rec, 1);
	duo_fini(&d);
}

static void
test_second_hello(void **state)
{
	struct duo d;

	(void)state;
	start(&d);
	say_hello(&d, 1, 1);
	say_hello(&d, 1, 1);
	expect_refused(&d, MESH_REF_ORDER, "HELLO came twice");
	duo_fini(&d);
}

static void
test_versions(void **state)
{
	static const uint8_t other[] = { 2, MESH_HELLO, 0, 0 };
	struct duo d;

	(void)state;
	start(&d);
	say_hello(&d, 2, 3);
	expect_refused(&d, MESH_REF_VERSION, "only version 1 is spoken here");
	duo_fini(&d);
	start(&d);
	duo_mesh_raw(&d, 0, other, sizeof(other));
	expect_refused(&d, MESH_REF_VERSION, "only version 1 is spoken here");
	duo_fini(&d);
}

static void
test_unknown_skipped(void **state)
{
	static const uint8_t later[] = { 1, 99, 0, 0, 1, 2, 3 };
	struct mesh_rec ping = { .type = MESH_PING, .u.ping = { 0xfeedf00d } };
	struct mesh_rec pong = { .type = MESH_PONG, .u.ping = { 1 } };
	struct duo d;

	(void)state;
	start(&d);
	say_hello(&d, 1, 1);
	duo_mesh_raw(&d, 0, later, sizeof(later));
	duo_mesh_rec(&d, 0, &pong);
	assert_int_equal(duo_cnt(&d, 0, CNT_mesh_unknown), 1);
	assert_int_equal(d.end[0].hangups, 0);
	duo_mesh_rec(&d, 0, &ping);
	assert_int_equal(
	    duo_last(&d, 0, MESH_PONG)->rec.u.ping.token, 0xfeedf00d);
	assert_int_equal(d.end[0].n_rec, 2);
	duo_fini(&d);
}

static void
test_bad_field(void **state)
{
	static const uint8_t pkt[] = { 1, MESH_PKT, 0, 0, 0, 0, 33, 0, 0, 0, 0,
		0, 'x' };
	struct mesh_rec up = { .type = MESH_PEER_UP };
	struct duo d;

	(void)state;
	start(&d);
	say_hello(&d, 1, 1);
	duo_mesh_raw(&d, 0, pkt, sizeof(pkt));
	expect_refused(&d, MESH_REF_FORMAT, "bad field PKT.key_len");
	duo_fini(&d);
	start(&d);
	say_hello(&d, 1, 1);
	duo_mesh_rec(&d, 0, &up);
	expect_refused(&d, MESH_REF_FORMAT,
	    "PEER_UP goes from vplamad to the mesh daemon");
	duo_fini(&d);
}

/* Who was refused is told nothing more, and nothing counts as delivered. */
static void
test_silent_after_refusal(void **state)
{
	static const uint8_t bad[] = { 1, MESH_PING, 0, 0 };
	size_t before;
	struct duo d;

	(void)state;
	duo_pair(&d, 111, NULL);
	duo_mesh_raw(&d, 0, bad, sizeof(bad));
	expect_refused(&d, MESH_REF_FORMAT, "bad field PING.token");
	before = d.end[0].n_rec;
	duo_say_nr(&d, 1, 1);
	duo_run(&d, 100 * MONO_MS);
	assert_int_equal(d.end[0].n_rec, before);
	assert_int_equal(duo_cnt(&d, 0, CNT_fan_delivered), 0);
	assert_int_equal(duo_cnt(&d, 0, CNT_rx_no_mesh), 1);
	duo_fini(&d);
}

/* It returns: HELLO, then who is there now. */
static void
test_comes_back(void **state)
{
	uint32_t number = 1;
	struct duo d;
	unsigned i;

	(void)state;
	duo_pair(&d, 112, NULL);
	duo_run(&d, SEC);
	for (i = 0; i < 100; i++) {
		mesh_close(&d, 0);
		duo_forget(&d, 0);
		duo_run(&d, 100 * MONO_MS);
		assert_int_equal(d.end[0].n_rec, 0);
		duo_mesh_hello(&d, 0);
		assert_int_equal(d.end[0].n_rec, 2);
		assert_int_equal(d.end[0].rec[0].rec.type, MESH_HELLO);
		assert_int_equal(d.end[0].rec[1].rec.type, MESH_PEER_UP);
		assert_in_range(d.end[0].rec[1].rec.u.up.rtt_us, 19000, 21000);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_true(duo_carries(&d, 0, 1, &number));

	/* The peer went meanwhile. */
	mesh_close(&d, 0);
	duo_forget(&d, 0);
	d.dir[1][0].cut = true;
	duo_run(&d, 60 * SEC);
	duo_mesh_hello(&d, 0);
	assert_int_equal(d.end[0].n_rec, 1);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_no_hello),
		cmocka_unit_test(test_hello_first),
		cmocka_unit_test(test_second_hello),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_unknown_skipped),
		cmocka_unit_test(test_bad_field),
		cmocka_unit_test(test_silent_after_refusal),
		cmocka_unit_test(test_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
