/* Sessions are replaced in time, without a packet lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "base/xmem.h"
#include "core/dial.h"
#include "core/peer.h"
#include "core/session.h"
#include "duo.h"
#include "wire/msg.h"

#define EVERY_US (10 * MONO_MS) /* 100 packets a second */
#define IN_BAND_1 176		/* datagrams that carry message 1 and 2 */
#define IN_BAND_2 144

static const struct duo_options fast = {
	.rekey_ms = 2000, .fan_origin = 1000, .fan_total = 2000
};
static const struct duo_options slow = {
	.rekey_ms = 20000, .fan_origin = 1000, .fan_total = 2000
};

/* Both ends say numbers at 100/s, n each; ends' numbers are apart. */
static void
talk(struct duo *d, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		duo_say_nr(d, 0, i);
		duo_say_nr(d, 1, n + i);
		duo_run(d, EVERY_US);
	}
}

/* How many of the numbers from..from+n-1 came to nr; none came twice. */
static uint32_t
came(const struct duo *d, unsigned nr, uint32_t from, uint32_t n)
{
	uint8_t *seen = xcalloc(n, 1);
	uint32_t sum = 0, number;
	size_t i;

	for (i = 0; i < d->end[nr].n_rec; i++) {
		const struct mesh_pkt *pkt = &d->end[nr].rec[i].rec.u.pkt;
		struct rd r = rd_of(pkt->body, pkt->len);

		if (d->end[nr].rec[i].rec.type != MESH_PKT)
			continue;
		assert_true(rd_be32(&r, &number));
		assert_in_range(number, from, from + n - 1);
		assert_int_equal(seen[number - from], 0);
		seen[number - from] = 1;
		sum++;
	}
	free(seen);
	return sum;
}

static void
test_nothing_lost(void **state)
{
	struct duo d;

	(void)state;
	duo_pair(&d, 30, &fast);
	talk(&d, 6000);
	duo_run(&d, MONO_SEC);
	assert_int_equal(came(&d, 0, 6000, 6000), 6000);
	assert_int_equal(came(&d, 1, 0, 6000), 6000);
	assert_true(duo_cnt(&d, 0, CNT_rekeys) >= 29);
	assert_true(duo_cnt(&d, 1, CNT_rekeys) >= 29);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_cnt(&d, 0, CNT_stage_drop), 0);
	duo_fini(&d);
}

/* Message 1 and 2 in the open are not needed while a session lives. */
static bool
no_open_form(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	(void)from, (void)to, (void)len;
	if (p[0] != MSG_DATA)
		++*(unsigned *)d->tap_arg;
	return true;
}

static void
test_in_band(void **state)
{
	unsigned in_the_open = 0;
	struct duo d;

	(void)state;
	duo_pair(&d, 31, &fast);
	d.tap = no_open_form;
	d.tap_arg = &in_the_open;
	duo_run(&d, 60 * (uint64_t)MONO_SEC);
	assert_int_equal(in_the_open, 0);
	assert_true(duo_cnt(&d, 0, CNT_rekeys) >= 29);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh) > 100, 1);
	duo_fini(&d);
}

static void
test_lossy(void **state)
{
	struct duo d;
	uint32_t got;

	(void)state;
	duo_pair(&d, 32, &slow);
	d.dir[0][1].loss = 20;
	talk(&d, 12000); /* two minutes */
	duo_run(&d, MONO_SEC);
	assert_int_equal(came(&d, 0, 12000, 12000), 12000);
	got = came(&d, 1, 0, 12000);
	assert_in_range(got, 12000 * 77 / 100, 12000 * 83 / 100);
	assert_true(duo_cnt(&d, 0, CNT_rekeys) >= 5);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	duo_fini(&d);
}

/* The in-band form never gets through: the open one must. */
static bool
no_in_band(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	(void)from, (void)to;
	if (p[0] != MSG_DATA)
		++*(unsigned *)d->tap_arg;
	return p[0] != MSG_DATA || (len != IN_BAND_1 && len != IN_BAND_2);
}

static void
test_falls_back(void **state)
{
	unsigned in_the_open = 0;
	struct duo d;

	(void)state;
	duo_pair(&d, 33, &slow);
	d.tap = no_in_band;
	d.tap_arg = &in_the_open;
	talk(&d, 10000);
	duo_run(&d, MONO_SEC);
	assert_true(in_the_open >= 6);
	assert_true(duo_cnt(&d, 0, CNT_rekeys) >= 3);
	assert_int_equal(came(&d, 0, 10000, 10000), 10000);
	assert_int_equal(came(&d, 1, 0, 10000), 10000);
	duo_fini(&d);
}

static bool
hold_back(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct duo_tape *tape = d->tap_arg;

	duo_keep(tape, &from->face, to, d->now, p, len);
	return false;
}

/*
 * Past 3/2 of rekey-after a key is of no use, even before a late loop has
 * come to its timers: not to read with, not to write with.
 */
static void
test_too_old(void **state)
{
	struct duo_tape tape = { 0 };
	struct mono born;
	struct duo d;
	size_t i;

	(void)state;
	duo_pair(&d, 34, &slow);
	duo_run(&d, MONO_SEC);
	born = d.end[1].peer[0]->slot[SLOT_CUR]->born;
	d.tap = hold_back;
	d.tap_arg = &tape;
	duo_say_nr(&d, 0, 1);
	assert_int_equal(tape.n, 1);

	d.now = mono_add(born, 30 * (uint64_t)MONO_SEC);
	duo_inject(&d, 1, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_data_expired), 1);
	d.now = mono_add(d.now, MONO_SEC); /* 0's was born a little later */
	duo_say_nr(&d, 0, 2);
	duo_say_nr(&d, 1, 3);
	for (i = 1; i < tape.n; i++)
		assert_int_not_equal(tape.d[i].p[0], MSG_DATA);

	/* What was said in between is not lost. */
	d.tap = NULL;
	duo_run(&d, 2 * MONO_SEC);
	assert_int_equal(duo_heard(&d, 1, 2), 1);
	assert_int_equal(duo_heard(&d, 0, 3), 1);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* The same one instant before: fine. */
static void
test_not_too_old(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo d;

	(void)state;
	duo_pair(&d, 34, &slow);
	duo_run(&d, MONO_SEC);
	d.tap = hold_back;
	d.tap_arg = &tape;
	duo_say_nr(&d, 0, 1);
	d.now = mono_add(d.end[1].peer[0]->slot[SLOT_CUR]->born,
	    30 * (uint64_t)MONO_SEC - 1);
	duo_inject(&d, 1, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_data_expired), 0);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* A reload may set rekey-after far below the age of living sessions. */
static void
test_reload(void **state)
{
	static const uint32_t rekey_ms[] = { 2000, 120000, 2000 };
	struct core_limits lim;
	struct turn t;
	unsigned i, nr;
	struct duo d;

	(void)state;
	duo_pair(&d, 86, &slow);
	duo_run(&d, 15 * (uint64_t)MONO_SEC);
	for (i = 0; i < 3; i++) {
		for (nr = 0; nr < 2; nr++) {
			lim = d.end[nr].core.limits;
			lim.rekey_after_ms = rekey_ms[i];
			t = duo_turn(&d, nr);
			core_set_limits(&d.end[nr].core, &lim, &t);
			duo_done(&d);
		}
		duo_forget(&d, 0);
		duo_forget(&d, 1);
		talk(&d, 1000);
		duo_run(&d, 100 * (uint64_t)MONO_SEC);
		assert_int_equal(came(&d, 1, 0, 1000), 1000);
		assert_int_equal(came(&d, 0, 1000, 1000), 1000);
	}
	duo_fini(&d);
}

/* The machine slept: a reload comes before the timer that is long due. */
static void
test_reload_after_sleep(void **state)
{
	uint32_t number = 1;
	struct turn t;
	struct duo d;

	(void)state;
	duo_pair(&d, 87, NULL);
	d.now = mono_add(d.now, 600 * (uint64_t)MONO_SEC);
	t = duo_turn(&d, 0);
	core_set_limits(&d.end[0].core, &d.end[0].core.limits, &t);
	duo_done(&d);
	assert_null(d.end[0].peer[1]->slot[SLOT_CUR]);
	duo_run(&d, 2 * (uint64_t)MONO_SEC);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

/* Of what the mesh daemon says nothing leaves; it is kept. */
static bool
keep_back(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	duo_keep(d->tap_arg, &from->face, to, d->now, p, len);
	return false;
}

/* What was under way at a rekey arrives; then the old session is gone. */
static void
test_lingers(void **state)
{
	struct duo_tape late = { 0 };
	struct peer *p;
	struct turn t;
	struct duo d;
	unsigned i;

	(void)state;
	duo_pair(&d, 37, NULL);
	duo_run(&d, 11 * MONO_SEC);
	d.tap = keep_back;
	d.tap_arg = &late;
	duo_say_nr(&d, 0, 1);
	duo_say_nr(&d, 0, 2);
	d.tap = NULL;
	assert_int_equal(late.n, 2);
	p = d.end[0].peer[1];
	t = duo_turn(&d, 0);
	dial_begin(&d.end[0].core, p, &t);
	duo_done(&d);
	duo_run(&d, MONO_SEC);
	assert_int_equal(p->stats.rekeys, 1);
	assert_non_null(p->slot[SLOT_PREV]);
	duo_run(&d, 8 * MONO_SEC);
	duo_inject(&d, 1, &d.end[0].face, late.d[0].p, late.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 1);
	duo_run(&d, 2 * MONO_SEC);
	duo_inject(&d, 1, &d.end[0].face, late.d[1].p, late.d[1].len);
	assert_int_equal(duo_heard(&d, 1, 2), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_data_index), 1);
	for (i = 0; i < 2; i++)
		assert_null(d.end[i].peer[1 - i]->slot[SLOT_PREV]);
	duo_tape_free(&late);
	duo_fini(&d);
}

/* Until the successor is proven, the peer may still send under the old one. */
static void
test_lingers_unproven(void **state)
{
	struct peer *p;
	struct turn t;
	struct duo d;

	(void)state;
	duo_pair(&d, 38, NULL);
	p = d.end[0].peer[1];
	t = duo_turn(&d, 0);
	dial_begin(&d.end[0].core, p, &t);
	duo_done(&d);
	duo_run(&d, 20 * MONO_MS); /* the answer is there */
	d.dir[0][1].cut = d.dir[1][0].cut = true;
	assert_non_null(p->slot[SLOT_PREV]);
	duo_run(&d, 20 * MONO_SEC);
	assert_non_null(p->slot[SLOT_PREV]);
	d.dir[0][1].cut = d.dir[1][0].cut = false;
	duo_run(&d, 20 * MONO_SEC);
	assert_null(p->slot[SLOT_PREV]);
	assert_int_equal(p->state, PEER_VRNODE);
	duo_fini(&d);
}

/* Each end sends under what the other end sent under before. */
static bool
is_split(const struct duo *d)
{
	const struct session *a = d->end[0].peer[1]->slot[SLOT_CUR];
	const struct session *b = d->end[1].peer[0]->slot[SLOT_CUR];

	return a != NULL && b != NULL && a->heard && b->heard &&
	    a->remote != b->ix.index;
}

/* On a slow line that loses; both dial. */
static void
meets(struct duo *d, uint64_t seed, struct duo_tape *tape)
{
	duo_init(d, seed);
	d->tape = tape;
	duo_start(d, 0, NULL);
	duo_start(d, 1, NULL);
	duo_delay(d, 0, 1, 300 * MONO_MS);
	d->dir[0][1].loss = d->dir[1][0].loss = 50;
	duo_peer(d, 0, 1, true);
	duo_peer(d, 1, 0, true);
}

static bool
becomes_split(struct duo *d)
{
	unsigned s;

	for (s = 0; s < 20 && !is_split(d); s++)
		duo_run(d, MONO_SEC);
	return is_split(d);
}

/*
 * Both dial at once on a line that loses: now and then each ends up with what
 * the other began. Each reads what the other sends until the next rekey, also
 * if that is little.
 */
static void
test_split(void **state)
{
	uint32_t number = 1;
	unsigned i, split = 0;
	struct duo d;

	(void)state;
	for (i = 0; i < 1000; i++) {
		meets(&d, 1000 + i, NULL);
		if (becomes_split(&d)) {
			split++;
			d.dir[0][1].loss = d.dir[1][0].loss = 0;
			duo_run(&d, 60 * MONO_SEC);
			assert_true(duo_carries(&d, 0, 1, &number));
			assert_int_equal(duo_cnt(&d, 0, CNT_peer_dead), 0);
			assert_int_equal(duo_cnt(&d, 1, CNT_peer_dead), 0);
		}
		duo_fini(&d);
	}
	assert_true(split > 3);
}

/* What was sent under session s and is not there yet comes now. */
static uint64_t
arrives_late(struct duo *d, unsigned at, const struct session *s)
{
	const struct duo_tape *tape = d->tape;
	uint64_t before = d->end[at].peer[1 - at]->stats.rx_packets;
	struct msg_data m;
	size_t i;

	for (i = 0; i < tape->n; i++) {
		const struct duo_dgram *g = &tape->d[i];

		if (msg_data_parse(g->p, g->len, &m) &&
		    m.receiver == s->ix.index)
			duo_inject(d, at, &g->from, g->p, g->len);
	}
	return d->end[at].peer[1 - at]->stats.rx_packets - before;
}

/*
 * The same, and once the side that goes back could do so, some packet from
 * before comes, held back for so long: no session in use ends by that.
 */
static void
test_split_late(void **state)
{
	struct duo_tape tape;
	uint32_t number = 1;
	unsigned i, k, late = 0;
	struct peer *p;
	struct duo d;

	(void)state;
	for (i = 0; i < 2000; i++) {
		memset(&tape, 0, sizeof(tape));
		meets(&d, 1000 + i, &tape);
		if (becomes_split(&d)) {
			k = memcmp(d.end[0].core.id.x_pk, d.end[1].core.id.x_pk,
				KEY_LEN) > 0;
			p = d.end[k].peer[1 - k];
			d.dir[0][1].loss = d.dir[1][0].loss = 0;
			duo_run(&d,
			    mono_since(d.now,
				mono_add(p->handshake_at, 10100 * MONO_MS)));
			late += arrives_late(&d, k, p->slot[SLOT_CUR]) > 0;
			assert_true(duo_carries(&d, 0, 1, &number));
			for (k = 0; k < 300; k++) {
				duo_run(&d, 100 * MONO_MS);
				assert_non_null(p->slot[SLOT_CUR]);
			}
			assert_true(duo_carries(&d, 0, 1, &number));
		}
		duo_fini(&d);
		duo_tape_free(&tape);
	}
	assert_true(late > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_in_band),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_falls_back),
		cmocka_unit_test(test_too_old),
		cmocka_unit_test(test_not_too_old),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_after_sleep),
		cmocka_unit_test(test_lingers),
		cmocka_unit_test(test_lingers_unproven),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
