/* How datagrams are bunched into runs changes nothing for the mesh daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "core/peer.h"
#include "duo.h"

#define SEC ((uint64_t)MONO_SEC)
#define BURST 40
#define TURNS 100

static const struct duo_options opt = {
	.rekey_ms = 2000, .fan_origin = 10000, .fan_total = 20000
};

/* The bodies that an end was handed, one behind the other. */
struct heard {
	uint8_t *p;
	size_t len;
	unsigned n;
};

static struct heard
all_heard(const struct duo *d, unsigned nr)
{
	struct heard h = { 0 };
	size_t i;

	for (i = 0; i < d->end[nr].n_rec; i++) {
		const struct mesh_pkt *pkt = &d->end[nr].rec[i].rec.u.pkt;

		if (d->end[nr].rec[i].rec.type != MESH_PKT)
			continue;
		h.p = xreallocarray(h.p, h.len + pkt->len, 1);
		memcpy(h.p + h.len, pkt->body, pkt->len);
		h.len += pkt->len;
		h.n++;
	}
	return h;
}

/* Bursts of small ones and now and then a big one, while keys change. */
static void
talk(struct duo *d, uint64_t seed)
{
	struct rng r = { seed };
	static uint8_t big[9000];
	unsigned turn, i;

	for (turn = 0; turn < TURNS; turn++) {
		for (i = 0; i < BURST; i++) {
			duo_say_nr(d, 0, turn * BURST + i);
			duo_say_nr(d, 1, 1000000 + turn * BURST + i);
		}
		rng_fill(&r, big, 200);
		duo_say(d, turn % 2, big, 2000 + rng_below(&r, 7000));
		duo_run(d, 100 * MONO_MS);
	}
	duo_run(d, SEC);
}

/* One world: deliveries in runs of up to batch. */
static void
world(uint64_t seed, unsigned batch, struct heard ret[2])
{
	struct duo d;

	duo_pair(&d, seed, &opt);
	d.batch = batch;
	talk(&d, seed);
	assert_true(duo_cnt(&d, 0, CNT_rekeys) >= 4);
	assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
	ret[0] = all_heard(&d, 0);
	ret[1] = all_heard(&d, 1);
	duo_fini(&d);
}

static void
test_batches(void **state)
{
	static const unsigned batches[] = { 2, 3, 17, 64 };
	struct rng r = rng_seeded(130);
	struct heard one[2], many[2];
	uint64_t seed = rng_next(&r);
	unsigned nr;
	size_t i;

	(void)state;
	world(seed, 0, one);
	assert_int_equal(one[0].n + one[1].n, TURNS * (2 * BURST + 1));
	for (i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		world(seed, batches[i], many);
		for (nr = 0; nr < 2; nr++) {
			assert_int_equal(many[nr].n, one[nr].n);
			assert_int_equal(many[nr].len, one[nr].len);
			assert_memory_equal(many[nr].p, one[nr].p, one[nr].len);
			free(many[nr].p);
		}
	}
	free(one[0].p);
	free(one[1].p);
}

static bool
hold(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	duo_keep(d->tap_arg, &from->face, to, d->now, p, len);
	return false;
}

static void
put(struct duo *d, struct run *run, const struct duo_dgram *g, bool spoil)
{
	struct pkt *pk = run_add(run, g->len, &d->mem);

	memcpy(pk->p, g->p, g->len);
	if (spoil)
		pk->p[g->len - 1] ^= 1;
}

/* One run of 64 in which any one packet is spoilt: the others arrive. */
static void
test_one_spoilt(void **state)
{
	unsigned which, i;

	(void)state;
	for (which = 0; which < RUN_MAX; which += 7) {
		struct duo_tape tape = { 0 };
		struct path path;
		struct run *run;
		struct turn t;
		struct duo d;

		duo_pair(&d, 131, &opt);
		d.tap = hold;
		d.tap_arg = &tape;
		for (i = 0; i < RUN_MAX; i++)
			duo_say_nr(&d, 0, i);
		assert_int_equal(tape.n, RUN_MAX);
		path = (struct path){ .remote = tape.d[0].from,
			.local = d.end[1].addr };
		t = duo_turn(&d, 1);
		run = run_new(&d.mem);
		for (i = 0; i < RUN_MAX; i++)
			put(&d, run, &tape.d[i], i == which);
		core_udp_input(&d.end[1].core, &path, run, &t);
		duo_done(&d);
		for (i = 0; i < RUN_MAX; i++)
			assert_int_equal(duo_heard(&d, 1, i), i != which);
		assert_int_equal(duo_cnt(&d, 1, CNT_data_auth), 1);
		duo_tape_free(&tape);
		duo_fini(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_one_spoilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
