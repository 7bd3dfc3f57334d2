/* How tunnels end on purpose, and what the memory of one costs: nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "duo.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)
#define ROUNDS 1000

static void
close_all(struct duo *d, unsigned nr)
{
	struct turn t = duo_turn(d, nr);

	core_close_all(&d->end[nr].core, CLOSE_STOPPING, &t);
	duo_done(d);
}

static void
del(struct duo *d, unsigned a, unsigned b)
{
	struct turn t = duo_turn(d, a);

	core_peer_del(&d->end[a].core, d->end[a].peer[b], CLOSE_REMOVED, &t);
	duo_done(d);
	d->end[a].peer[b] = NULL;
}

static void
test_close(void **state)
{
	const struct duo_rec *down;
	struct mono at;
	struct duo d;

	(void)state;
	duo_pair(&d, 80, NULL);
	duo_run(&d, SEC);
	at = d.now;
	close_all(&d, 0);
	duo_stop(&d, 0);
	duo_run(&d, SEC);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 1);
	down = duo_last(&d, 1, MESH_PEER_DOWN);
	assert_int_equal(down->rec.u.down.why, MESH_DOWN_CLOSED);
	assert_int_equal(down->rec.u.down.peer, d.end[1].peer[0]->id);
	assert_int_equal(mono_since(at, down->at), 10 * MONO_MS);
	assert_int_equal(duo_cnt(&d, 1, CNT_peer_closed), 1);
	assert_int_equal(d.end[1].peer[0]->state, PEER_VNODE);
	assert_null(d.end[1].peer[0]->slot[SLOT_CUR]);
	duo_fini(&d);
}

/* As a stopping daemon does: at 0, 200 and 400 ms; both know endpoints. */
static void
test_stop(void **state)
{
	struct duo d;
	unsigned i;

	(void)state;
	duo_init(&d, 81);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, true);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 1, 0, SEC));
	duo_run(&d, SEC);
	for (i = 0; i < 3; i++) {
		close_all(&d, 0);
		duo_run(&d, i < 2 ? 200 * MONO_MS : 50 * MONO_MS);
	}
	duo_stop(&d, 0);
	duo_run(&d, 60 * SEC);
	/* Gone once, and not there again in between. */
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 1);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_UP), 1);
	assert_int_equal(d.end[1].peer[0]->state, PEER_VNODE);
	duo_fini(&d);
}

/* Goodbye while a dial is under way: its answer comes too late. */
static void
test_stop_while_dialling(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 88);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	close_all(&d, 0);
	d.end[0].out_n = 0;
	duo_run(&d, 10 * SEC);
	assert_int_equal(d.end[0].out_n, 0);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_UP), 0);
	duo_fini(&d);
}

/* One of three closes is enough. */
static void
test_stop_with_loss(void **state)
{
	struct duo d;
	unsigned i;

	(void)state;
	duo_pair(&d, 82, NULL);
	for (i = 0; i < 3; i++) {
		d.dir[0][1].cut = i != 2;
		close_all(&d, 0);
		duo_run(&d, 200 * MONO_MS);
	}
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 1);
	duo_fini(&d);
}

/* Sends a frame of our making inside 0's real session. */
static void
craft(struct duo *d, uint8_t type, const void *body, size_t len)
{
	struct peer *p = d->end[0].peer[1];
	struct turn t = duo_turn(d, 0);

	peer_send_small(&d->end[0].core, p, p->slot[SLOT_CUR], &p->path, type,
	    body, len, &t);
	duo_done(d);
}

static void
test_wrong_boot_id(void **state)
{
	uint8_t body[CLOSE_LEN], boot[BOOT_LEN];
	uint32_t number = 1;
	struct duo d;
	unsigned bit;

	(void)state;
	duo_pair(&d, 83, NULL);
	for (bit = 0; bit < 8 * BOOT_LEN; bit++) {
		memcpy(boot, d.end[0].core.boot, sizeof(boot));
		boot[bit / 8] ^= (uint8_t)(1u << bit % 8);
		close_write(body, CLOSE_STOPPING, boot);
		craft(&d, FRAME_CLOSE, body, sizeof(body));
	}
	/* Nor is it the receiver's own. */
	close_write(body, CLOSE_STOPPING, d.end[1].core.boot);
	craft(&d, FRAME_CLOSE, body, sizeof(body));
	duo_run(&d, SEC);
	assert_int_equal(duo_cnt(&d, 1, CNT_close_bad), 8 * BOOT_LEN + 1);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

static void
test_replayed_close(void **state)
{
	struct duo_tape tape = { 0 };
	uint32_t number = 1;
	struct duo d;

	(void)state;
	duo_pair(&d, 84, NULL);
	duo_run(&d, SEC);
	d.tape = &tape;
	close_all(&d, 0);
	d.tape = NULL;
	assert_int_equal(tape.n, 1);
	duo_run(&d, SEC);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 1);
	/* Another life of end 0; the boot id is another too. */
	duo_stop(&d, 0);
	duo_start(&d, 0, NULL);
	del(&d, 1, 0);
	duo_peer(&d, 1, 0, false);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 1, 0, SEC));
	duo_run(&d, SEC);
	duo_forget(&d, 1);
	duo_inject(&d, 1, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	duo_run(&d, SEC);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_tape_free(&tape);
	duo_fini(&d);
}

static void
test_removed(void **state)
{
	struct duo d;

	(void)state;
	duo_pair(&d, 85, NULL);
	del(&d, 0, 1);
	duo_run(&d, SEC);
	assert_int_equal(
	    duo_last(&d, 0, MESH_PEER_DOWN)->rec.u.down.why, MESH_DOWN_REMOVED);
	assert_int_equal(
	    duo_last(&d, 1, MESH_PEER_DOWN)->rec.u.down.why, MESH_DOWN_CLOSED);
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	duo_fini(&d);
}

/* Reasons we do not know close all the same. */
static void
test_unknown_reason(void **state)
{
	uint8_t body[CLOSE_LEN];
	struct duo d;

	(void)state;
	duo_pair(&d, 86, NULL);
	close_write(body, 200, d.end[0].core.boot);
	craft(&d, FRAME_CLOSE, body, sizeof(body));
	duo_run(&d, 15 * MONO_MS);
	assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 1);
	duo_fini(&d);
}

/*
 * Peers come and go with a living session, a dial under way, packets waiting
 * and half a whole of fragments; the sanitizer looks for what is left.
 */
static void
test_add_and_del(void **state)
{
	static uint8_t big[5000];
	struct core *c;
	struct duo d;
	unsigned i;

	(void)state;
	duo_pair(&d, 87, NULL);
	c = &d.end[0].core;
	for (i = 0; i < ROUNDS; i++) {
		if (i % 3 == 0) {
			d.dir[1][0].loss = 30;
			big[0] = (uint8_t)i;
			big[1] = (uint8_t)(i >> 8);
			duo_say(&d, 1, big, sizeof(big));
			duo_run(&d, 20 * MONO_MS);
			d.dir[1][0].loss = 0;
		}
		del(&d, 0, 1);
		assert_int_equal(c->n_peers, 0);
		assert_true(mono_is_never(core_deadline(c)));
		if (i % 5 == 0)
			duo_run(&d, 30 * MONO_MS);
		duo_peer(&d, 0, 1, true);
		if (i % 2 == 0)
			assert_true(duo_wait_up(&d, 0, 1, 20 * SEC));
		duo_run(&d, (i % 7) * 10 * MONO_MS);
	}
	del(&d, 0, 1);
	assert_int_equal(c->staging.used, 0);
	assert_int_equal(c->by_index.n, 0);
	assert_int_equal(c->by_endpoint.n, 0);
	assert_int_equal(c->by_key.n, 0);
	assert_int_equal(c->deadlines.n, 0);
	duo_fini(&d);
}

/* A goodbye that was held back until its sender has started anew. */
static void
test_late_close(void **state)
{
	static const uint8_t seed[KEY_LEN] = { 89 };
	const struct duo_options same = { .seed = seed };
	struct duo_tape tape = { 0 };
	uint32_t number = 1;
	struct duo d;
	struct turn t;

	(void)state;
	duo_init(&d, 89);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, &same);
	duo_peer(&d, 0, 1, true);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	d.dir[1][0].cut = true;
	d.tape = &tape;
	t = duo_turn(&d, 1);
	core_close_all(&d.end[1].core, CLOSE_STOPPING, &t);
	duo_done(&d);
	d.tape = NULL;
	d.dir[1][0].cut = false;
	assert_int_equal(tape.n, 1);
	duo_stop(&d, 1);
	duo_start(&d, 1, &same);
	duo_peer(&d, 1, 0, true);
	assert_true(duo_wait_up(&d, 1, 0, SEC));
	duo_inject(&d, 0, &tape.d[0].from, tape.d[0].p, tape.d[0].len);
	assert_int_equal(duo_cnt(&d, 0, CNT_close_bad), 1);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_tape_free(&tape);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_while_dialling),
		cmocka_unit_test(test_stop_with_loss),
		cmocka_unit_test(test_wrong_boot_id),
		cmocka_unit_test(test_replayed_close),
		cmocka_unit_test(test_late_close),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_unknown_reason),
		cmocka_unit_test(test_add_and_del),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
