/* Each single bit of each message: turned, nothing but a counter changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/peer.h"
#include "core/session.h"
#include "duo.h"
#include "wire/msg.h"

/* What a peer is to a user, and which sessions it has. */
struct picture {
	enum peer_state state;
	struct session *slot[SLOTS];
	struct addr remote;
	uint8_t stamp[STAMP_LEN];
	uint64_t top, rx_packets;
	size_t n_rec, n_index, used;
	bool roaming;
};

static struct picture
look(const struct duo *d, unsigned nr)
{
	const struct duo_end *e = &d->end[nr];
	const struct peer *p = e->peer[1 - nr];
	struct picture pic;

	memset(&pic, 0, sizeof(pic)); /* padding too: it is compared */
	pic.state = p->state;
	memcpy(pic.slot, p->slot, sizeof(pic.slot));
	pic.remote = p->path.remote;
	memcpy(pic.stamp, p->stamp, STAMP_LEN);
	if (p->slot[SLOT_CUR] != NULL)
		pic.top = p->slot[SLOT_CUR]->replay.top;
	pic.rx_packets = p->stats.rx_packets;
	pic.n_rec = e->n_rec;
	pic.n_index = e->core.by_index.n;
	pic.used = e->core.staging.used;
	pic.roaming = p->roam.check != NULL;
	return pic;
}

/* Feeds nr the datagram with each bit turned; resign: mac1 made anew. */
static void
turn_bits(struct duo *d, unsigned nr, const struct duo_dgram *g, size_t resign,
    const uint8_t mac1key[KEY_LEN])
{
	struct picture before = look(d, nr), after;
	uint8_t msg[1500];
	size_t bit, bits = resign > 0 ? 8 * resign : 8 * g->len;

	for (bit = 0; bit < bits; bit++) {
		memcpy(msg, g->p, g->len);
		msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (resign > 0)
			mac1_write(mac1key, msg, resign);
		duo_inject(d, nr, &g->from, msg, g->len);
		after = look(d, nr);
		if (memcmp(&before, &after, sizeof(before)) != 0)
			fail_msg(
			    "type %u, bit %zu did something", g->p[0], bit);
		/* The limit of an address must not be what saves us. */
		d->now = mono_add(d->now, 60 * MONO_MS);
	}
}

static bool
swallow(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	duo_keep(d->tap_arg, &from->face, to, d->now, p, len);
	return false;
}

static void
test_transport(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo d;

	(void)state;
	duo_pair(&d, 120, NULL);
	duo_run(&d, MONO_SEC);
	d.tap = swallow;
	d.tap_arg = &tape;
	duo_say_nr(&d, 0, 1);
	assert_int_equal(tape.n, 1);
	turn_bits(&d, 1, &tape.d[0], 0, NULL);
	assert_true(duo_cnt(&d, 1, CNT_data_auth) > 8 * 100);
	assert_int_equal(duo_cnt(&d, 1, CNT_data_index), 32);
	duo_inject(&d, 1, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 1);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* End 0 is known to 1 and dials anew; what it sends is caught. */
static void
redial(struct duo *d, struct duo_tape *tape, uint64_t seed)
{
	static const uint8_t key[KEY_LEN] = { 5 };
	struct duo_options zero = { .seed = key };

	duo_init(d, seed);
	duo_start(d, 0, &zero);
	duo_start(d, 1, NULL);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 1, 0, MONO_SEC));
	duo_run(d, MONO_SEC);
	duo_stop(d, 0);
	duo_start(d, 0, &zero);
	duo_run(d, MONO_SEC);
	d->tap = swallow;
	d->tap_arg = tape;
	duo_peer(d, 0, 1, true);
	assert_int_equal(tape->n, 1);
}

static void
test_initiation(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo_dgram init;
	uint64_t bad;
	struct duo d;

	(void)state;
	redial(&d, &tape, 121);
	init = tape.d[0];
	turn_bits(&d, 1, &init, 0, NULL);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 1); /* the first */
	bad = duo_cnt(&d, 1, CNT_init_bad);
	turn_bits(&d, 1, &init, INIT_NOMACS, d.end[1].core.mac1key);
	/* All but the first four bytes came as far as to the keys. */
	assert_int_equal(
	    duo_cnt(&d, 1, CNT_init_bad) - bad, 8 * (INIT_NOMACS - 4));
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 1);
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 2);
	assert_non_null(d.end[1].peer[0]->slot[SLOT_NEXT]);
	duo_tape_free(&tape);
	duo_fini(&d);
}

static void
test_response(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo_dgram resp;
	uint32_t number = 1;
	struct mono now;
	struct duo d;

	(void)state;
	redial(&d, &tape, 122);
	duo_inject(&d, 1, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	assert_int_equal(tape.n, 2);
	resp = tape.d[1];
	assert_int_equal(resp.len, RESP_LEN);
	now = d.now;
	turn_bits(&d, 0, &resp, 0, NULL);
	turn_bits(&d, 0, &resp, RESP_NOMACS, d.end[1].core.mac1key);
	assert_true(duo_cnt(&d, 0, CNT_resp_bad) >= 8 * (RESP_NOMACS - 4));
	d.now = now;
	d.tap = NULL;
	duo_inject(&d, 0, &resp.from, resp.p, resp.len);
	assert_non_null(d.end[0].peer[1]->slot[SLOT_CUR]);
	assert_true(duo_wait_up(&d, 0, 1, 100 * MONO_MS));
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* Every shorter transport packet and one byte more. */
static void
test_lengths(void **state)
{
	struct duo_tape tape = { 0 };
	struct picture before, after;
	uint8_t msg[1500] = { 0 };
	struct duo d;
	size_t len;

	(void)state;
	duo_pair(&d, 123, NULL);
	duo_run(&d, MONO_SEC);
	d.tap = swallow;
	d.tap_arg = &tape;
	duo_say_nr(&d, 0, 1);
	memcpy(msg, tape.d[0].p, tape.d[0].len);
	before = look(&d, 1);
	for (len = 0; len <= tape.d[0].len + 40; len++) {
		if (len == tape.d[0].len)
			continue;
		duo_inject(&d, 1, &tape.d[0].from, msg, len);
		after = look(&d, 1);
		assert_memory_equal(&before, &after, sizeof(before));
	}
	duo_inject(&d, 1, &tape.d[0].from, msg, tape.d[0].len);
	assert_int_equal(duo_heard(&d, 1, 1), 1);
	duo_tape_free(&tape);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_initiation),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
