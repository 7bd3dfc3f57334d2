#include "core/frag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define ARENA (1u << 20)
#define MTU 1400u
#define ROOM (MTU - FRAG_HEAD)
#define LIFE_US (FRAG_LIFE_MS * (uint64_t)MONO_MS)
#define KINDS 5 /* ways to contradict */

/* A receiver with its clock, and bytes to send. */
struct env {
	struct arena mem;
	struct turn t;
	struct frag_table ft;
	struct counters cnt;
	struct pkt got; /* the last whole */
	uint8_t body[FRAG_WHOLE_MAX + 1];
};

static int
setup(void **state)
{
	struct env *e = calloc(1, sizeof(*e));
	struct rng r = { 12 };

	if (e == NULL)
		return -1;
	arena_init(&e->mem, ARENA);
	e->t.now.us = 1000;
	e->t.mem = &e->mem;
	rng_fill(&r, e->body, sizeof(e->body));
	*state = e;
	return 0;
}

static int
teardown(void **state)
{
	struct env *e = *state;

	frag_fini(&e->ft);
	arena_fini(&e->mem);
	free(e);
	return 0;
}

static struct run *
cut(struct env *e, size_t len, uint32_t id)
{
	struct run *run = run_new(&e->mem);

	assert_non_null(run);
	assert_true(frag_cut(
	    run, e->body, len, FRAME_NTK, NTK_KEYED, MTU, id, &e->mem));
	return run;
}

static bool
take_frag(struct env *e, const struct frag *fr, uint32_t session)
{
	bool ok = frag_take(&e->ft, fr, session, &e->got, &e->cnt, &e->t);

	assert_true(e->ft.bytes <= FRAG_BYTES);
	return ok;
}

static bool
take(struct env *e, const struct run *run, unsigned i)
{
	struct frag fr;

	assert_true(frag_parse(run->pkt[i].p, run->pkt[i].len, &fr));
	return take_frag(e, &fr, 1);
}

static uint64_t
counted(const struct env *e, enum counter c)
{
	return e->cnt.v[c];
}

static void
is_body(const struct env *e, size_t len)
{
	assert_int_equal(e->got.len, len);
	assert_memory_equal(e->got.p, e->body, len);
}

/* Takes all parts but the last. */
static void
take_most(struct env *e, const struct run *run)
{
	unsigned i;

	for (i = 0; i + 1 < run->n; i++)
		assert_false(take(e, run, i));
}

static void
parts_are_right(const struct run *run, size_t len, size_t mtu)
{
	size_t sum = 0;
	unsigned i;

	assert_in_range(run->n, 2, FRAG_PARTS);
	for (i = 0; i < run->n; i++) {
		struct frag fr;

		assert_true(run->pkt[i].len <= mtu);
		assert_true(frag_parse(run->pkt[i].p, run->pkt[i].len, &fr));
		assert_int_equal(fr.id, 77);
		assert_int_equal(fr.part, i);
		assert_int_equal(fr.parts, run->n);
		if (i + 1 < run->n)
			assert_int_equal(run->pkt[i].len, run->pkt[0].len);
		else
			assert_in_range(
			    run->pkt[0].len - run->pkt[i].len, 0, run->n - 1);
		sum += fr.len;
	}
	assert_int_equal(sum, len);
}

static void
cut_and_joined(struct env *e, size_t len, size_t mtu)
{
	struct frag_table ft = { 0 };
	struct run cut, *run = &cut;
	unsigned i;

	assert_true(frag_cut(
	    run, e->body, len, FRAME_NTK, NTK_KEYED, mtu, 77, &e->mem));
	parts_are_right(run, len, mtu);
	for (i = 0; i < run->n; i++) {
		struct frag fr;

		frag_parse(run->pkt[i].p, run->pkt[i].len, &fr);
		assert_int_equal(
		    frag_take(&ft, &fr, 9, &e->got, &e->cnt, &e->t),
		    i + 1 == run->n);
	}
	is_body(e, len);
	assert_int_equal(ft.bytes, 0);
	frag_fini(&ft);
	arena_reset(&e->mem);
}

static void
every_length(void **state)
{
	struct env *e = *state;
	size_t len;

	for (len = MTU + 1; len < 4 * MTU; len++)
		cut_and_joined(e, len, MTU);
	for (len = MTU_MIN + 1; len < 2 * MTU_MIN; len++)
		cut_and_joined(e, len, MTU_MIN);
	for (len = 60 * ROOM - 2; len < FRAG_WHOLE_MAX; len += 1381)
		cut_and_joined(e, len, 65535);
	cut_and_joined(e, PACKET_MAX, MTU);
	cut_and_joined(e, FRAG_WHOLE_MAX, MTU);
	cut_and_joined(e, 64 * (MTU_MIN - FRAG_HEAD), MTU_MIN);
	assert_int_equal(counted(e, CNT_frag_bad), 0);
	assert_int_equal(counted(e, CNT_frag_room), 0);
}

static void
what_is_not_cut(void **state)
{
	struct env *e = *state;
	size_t fits = 64 * (MTU_MIN - FRAG_HEAD);
	struct run run;

	assert_false(frag_cut(
	    &run, e->body, fits + 1, FRAME_NTK, 0, MTU_MIN, 1, &e->mem));
	assert_false(frag_cut(
	    &run, e->body, FRAG_WHOLE_MAX + 1, FRAME_NTK, 0, MTU, 1, &e->mem));
	assert_false(
	    frag_cut(&run, e->body, ROOM, FRAME_NTK, 0, MTU, 1, &e->mem));
	assert_false(
	    frag_cut(&run, e->body, 9, FRAME_NTK, 0, FRAG_HEAD, 1, &e->mem));
	assert_false(frag_cut(&run, e->body, 9, FRAME_NTK, 0, 0, 1, &e->mem));
}

static void
cut_without_room(void **state)
{
	struct env *e = *state;
	size_t max, need;
	struct run run;

	assert_true(
	    frag_cut(&run, e->body, 3 * MTU, FRAME_NTK, 0, MTU, 1, &e->mem));
	need = e->mem.used;
	for (max = 0; max < need; max += 16) {
		struct arena small;

		arena_init(&small, max == 0 ? 1 : max);
		assert_false(frag_cut(
		    &run, e->body, 3 * MTU, FRAME_NTK, 0, MTU, 1, &small));
		arena_fini(&small);
	}
}

static void
any_order_and_twice(void **state)
{
	struct env *e = *state;
	struct rng r = rng_seeded(3);
	unsigned round;

	for (round = 0; round < 300; round++) {
		size_t len = MTU + 1 + rng_below(&r, 20 * MTU);
		struct run *run = cut(e, len, round);
		unsigned whole = 0, i;
		uint64_t seen = 0;

		while (whole == 0) {
			i = (unsigned)rng_below(&r, run->n);
			seen |= UINT64_C(1) << i;
			whole = take(e, run, i);
			assert_int_equal(
			    whole, seen == (UINT64_C(1) << run->n) - 1);
		}
		is_body(e, len);
		for (i = 0; i < run->n; i++) /* too late: not again */
			assert_false(take(e, run, i));
		arena_reset(&e->mem);
		assert_int_equal(e->ft.bytes, 0);
	}
	e->t.now.us += LIFE_US;
	assert_true(mono_is_never(frag_expire(&e->ft, &e->cnt, e->t.now)));
	assert_int_equal(counted(e, CNT_frag_late), 0);
	assert_int_equal(counted(e, CNT_frag_bad), 0);
	assert_int_equal(counted(e, CNT_frag_room), 0);
}

/* Changes a part so that it contradicts the others; false: no such way. */
static bool
contradict(struct frag *fr, unsigned way)
{
	switch (way) {
	case 0:
		fr->parts++;
		return true;
	case 1:
		fr->parts--;
		return fr->part < fr->parts && fr->parts >= 2;
	case 2:
		fr->type = FRAME_DATA;
		return true;
	case 3:
		fr->flags ^= 1;
		return true;
	default:
		fr->len--;
		return true;
	}
}

/* The first part and the last came; then part i comes, altered. */
static void
contradicted(struct env *e, unsigned way, unsigned i, uint32_t id)
{
	struct run *run = cut(e, 4 * ROOM - 5, id);
	struct frag fr;
	uint64_t bad = counted(e, CNT_frag_bad);
	unsigned k;

	frag_parse(run->pkt[i].p, run->pkt[i].len, &fr);
	if (!contradict(&fr, way))
		return;
	assert_false(take(e, run, 0));
	assert_false(take(e, run, 3));
	assert_false(take_frag(e, &fr, 1));
	assert_int_equal(counted(e, CNT_frag_bad), bad + 1);
	assert_int_equal(e->ft.bytes, 0);
	for (k = 0; k < run->n; k++) /* nor does the rest make anything */
		assert_false(take(e, run, k));
	assert_int_equal(counted(e, CNT_frag_bad), bad + 1 + run->n);
	assert_int_equal(e->ft.bytes, 0);
	arena_reset(&e->mem);
}

static void
contradictions(void **state)
{
	struct env *e = *state;
	unsigned way, i;
	uint32_t id = 100;

	for (way = 0; way < KINDS; way++)
		for (i = 0; i < 4; i++)
			contradicted(e, way, i, id++);
	cut_and_joined(e, 3 * MTU, MTU); /* others are not touched */
	assert_int_equal(counted(e, CNT_frag_room), 0);
}

static void
a_bad_whole_is_not_late(void **state)
{
	struct env *e = *state;

	contradicted(e, 2, 1, 5);
	e->t.now.us += LIFE_US;
	frag_expire(&e->ft, &e->cnt, e->t.now);
	assert_int_equal(counted(e, CNT_frag_late), 0);
	assert_null(e->ft.whole);
}

/* One byte over the longest whole, whichever part shows it. */
static void
longer_than_a_whole(void **state)
{
	struct env *e = *state;
	const size_t each = 1024, rest = FRAG_WHOLE_MAX - 63 * each;
	struct frag fr = { .id = 1, .parts = 64, .type = FRAME_NTK };
	unsigned i;

	fr.body = e->body;
	for (i = 0; i < 64; i++) {
		fr.part = (uint8_t)i;
		fr.len = i < 63 ? each : rest + 1;
		assert_false(take_frag(e, &fr, 1));
		assert_int_equal(counted(e, CNT_frag_bad), i == 63);
	}
	fr = (struct frag){ 2, 1, 2, FRAME_NTK, 0, e->body, rest };
	assert_false(take_frag(e, &fr, 1));
	fr.part = 0;
	fr.len = FRAG_WHOLE_MAX - rest + 1;
	assert_false(take_frag(e, &fr, 1));
	assert_int_equal(counted(e, CNT_frag_bad), 2);
	fr =
	    (struct frag){ 3, 0, 2, FRAME_NTK, 0, e->body, FRAG_WHOLE_MAX + 1 };
	assert_false(take_frag(e, &fr, 1));
	assert_int_equal(counted(e, CNT_frag_bad), 3);
	fr.id = 4;
	fr.part = 1;
	assert_false(take_frag(e, &fr, 1));
	assert_int_equal(counted(e, CNT_frag_bad), 4);
	assert_int_equal(e->ft.bytes, 0);
}

static void
sessions_never_meet(void **state)
{
	struct env *e = *state;
	struct run *run = cut(e, ROOM * 2, 8);
	struct frag a, b;

	frag_parse(run->pkt[0].p, run->pkt[0].len, &a);
	frag_parse(run->pkt[1].p, run->pkt[1].len, &b);
	assert_false(take_frag(e, &a, 1));
	assert_false(take_frag(e, &b, 2));
	assert_true(take_frag(e, &b, 1));
	is_body(e, 2 * ROOM);
	assert_true(take_frag(e, &a, 2));
	is_body(e, 2 * ROOM);
}

static void
expires_after_two_seconds(void **state)
{
	struct env *e = *state;
	const uint64_t start = e->t.now.us;
	struct run *a = cut(e, 3 * MTU, 1), *b = cut(e, 3 * MTU, 2);
	struct mono next;

	assert_true(mono_is_never(frag_expire(&e->ft, &e->cnt, e->t.now)));
	take_most(e, a);
	e->t.now.us += 500;
	take_most(e, b);
	next = frag_expire(&e->ft, &e->cnt, e->t.now);
	assert_int_equal(next.us, start + LIFE_US);
	next.us--;
	frag_expire(&e->ft, &e->cnt, next);
	assert_int_equal(counted(e, CNT_frag_late), 0);
	next.us++;
	next = frag_expire(&e->ft, &e->cnt, next);
	assert_int_equal(counted(e, CNT_frag_late), 1);
	assert_int_equal(next.us, start + LIFE_US + 500);
	e->t.now.us = next.us - 1;
	assert_true(take(e, b, b->n - 1)); /* just in time */
	is_body(e, 3 * MTU);
	next = frag_expire(&e->ft, &e->cnt, next);
	assert_true(mono_is_never(next));
	assert_int_equal(counted(e, CNT_frag_late), 1);
	assert_int_equal(e->ft.bytes, 0);
}

/* The deadline holds also where frag_expire() has not run yet. */
static void
too_late_without_expire(void **state)
{
	struct env *e = *state;
	struct run *run = cut(e, 3 * ROOM, 1);

	take_most(e, run);
	e->t.now.us += LIFE_US;
	assert_false(take(e, run, run->n - 1));
	assert_int_equal(counted(e, CNT_frag_late), 1);
	assert_false(take(e, run, 0)); /* it has begun anew */
	assert_true(take(e, run, 1));
	assert_int_equal(e->ft.bytes, 0);
	is_body(e, 3 * ROOM);
}

static void
oldest_whole_gives_way(void **state)
{
	struct env *e = *state;
	struct run *run[FRAG_WHOLES + 1];
	unsigned i;

	for (i = 0; i <= FRAG_WHOLES; i++) {
		run[i] = cut(e, 3 * ROOM, i);
		e->t.now.us++;
		take_most(e, run[i]);
		assert_int_equal(
		    counted(e, CNT_frag_room), i == FRAG_WHOLES ? 2 : 0);
	}
	for (i = 1; i <= FRAG_WHOLES; i++) {
		assert_true(take(e, run[i], 2));
		is_body(e, 3 * ROOM);
	}
	assert_false(take(e, run[0], 2));
	assert_int_equal(counted(e, CNT_frag_late), 0);
}

/* Those that are complete give way first, however young. */
static void
complete_ones_need_no_place(void **state)
{
	struct env *e = *state;
	struct run *old = cut(e, 3 * ROOM, 1000);
	unsigned i;

	take_most(e, old);
	for (i = 0; i < 5 * FRAG_WHOLES; i++) {
		struct run *run = cut(e, 2 * ROOM, i);

		e->t.now.us++;
		take_most(e, run);
		assert_true(take(e, run, 1));
	}
	assert_true(take(e, old, 2));
	is_body(e, 3 * ROOM);
	assert_int_equal(counted(e, CNT_frag_room), 0);
}

static void
bytes_are_bounded(void **state)
{
	struct env *e = *state;
	const size_t len = 47 * ROOM; /* 46 parts held: 4 do, 5 do not */
	struct run *run[5];
	unsigned i;

	for (i = 0; i < 5; i++) {
		run[i] = cut(e, len, i);
		e->t.now.us++;
		take_most(e, run[i]);
	}
	assert_int_equal(counted(e, CNT_frag_room), 46);
	assert_int_equal(e->ft.bytes, 4 * 46 * ROOM);
	arena_reset(&e->mem);
	for (i = 1; i < 5; i++) {
		run[i] = cut(e, len, i);
		assert_true(take(e, run[i], 46));
		is_body(e, len);
		arena_reset(&e->mem);
	}
	assert_int_equal(e->ft.bytes, 0);
}

static void
arena_full(void **state)
{
	struct env *e = *state;
	struct run *run = cut(e, 5 * ROOM, 1);
	struct arena small;

	arena_init(&small, 4 * ROOM);
	e->t.mem = &small;
	take_most(e, run);
	assert_false(take(e, run, 4));
	assert_int_equal(counted(e, CNT_arena_full), 1);
	assert_int_equal(e->ft.bytes, 0);
	e->t.mem = &e->mem;
	e->t.now.us += LIFE_US;
	frag_expire(&e->ft, &e->cnt, e->t.now);
	assert_int_equal(counted(e, CNT_frag_late), 0);
	arena_fini(&small);
}

/* The callee may write around and into what it is handed. */
static void
whole_has_rooms(void **state)
{
	struct env *e = *state;
	struct run *run = cut(e, 3 * ROOM, 1);
	struct run *other = cut(e, 3 * ROOM, 2);
	size_t at;

	take_most(e, other);
	take_most(e, run);
	assert_true(take(e, run, 2));
	at = (size_t)(e->got.p - e->mem.base);
	assert_true(at >= RUN_HEAD);
	assert_true(at + e->got.len + RUN_TAIL <= e->mem.used);
	memset(e->mem.base + at - RUN_HEAD, 0xee,
	    RUN_HEAD + e->got.len + RUN_TAIL);
	assert_true(take(e, other, 2));
	is_body(e, 3 * ROOM);
}

#define FLIGHT 10 /* wholes on the way at a time, and their parts at most */

/* Many wholes at once, with loss, in any order, some parts twice. */
static void
random_flights(void **state)
{
	struct env *e = *state;
	struct rng r = rng_seeded(16);
	uint64_t late = 0;
	uint32_t round, i;

	for (round = 0; round < 300; round++) {
		struct run *run[FLIGHT];
		uint64_t seen[FLIGHT] = { 0 };
		size_t len[FLIGHT];

		for (i = 0; i < FLIGHT; i++) {
			len[i] = ROOM + 1 + rng_below(&r, (FLIGHT - 1) * ROOM);
			run[i] = cut(e, len[i], round * FLIGHT + i);
		}
		for (i = 0; i < 150; i++) {
			size_t w = rng_below(&r, FLIGHT);
			unsigned p = (unsigned)rng_below(&r, run[w]->n);
			uint64_t all = (UINT64_C(1) << run[w]->n) - 1;
			bool had = seen[w] == all;

			seen[w] |= UINT64_C(1) << p;
			assert_int_equal(
			    take(e, run[w], p), !had && seen[w] == all);
			if (!had && seen[w] == all)
				is_body(e, len[w]);
		}
		for (i = 0; i < FLIGHT; i++)
			late += seen[i] != 0 &&
			    seen[i] != (UINT64_C(1) << run[i]->n) - 1;
		e->t.now.us += LIFE_US;
		frag_expire(&e->ft, &e->cnt, e->t.now);
		assert_int_equal(counted(e, CNT_frag_late), late);
		assert_int_equal(e->ft.bytes, 0);
		arena_reset(&e->mem);
	}
	assert_true(late > 0);
	assert_int_equal(counted(e, CNT_frag_bad), 0);
	assert_int_equal(counted(e, CNT_frag_room), 0);
}

/* Anything that parses: bounded, and nothing left at the end. */
static void
random_parts(void **state)
{
	struct env *e = *state;
	struct rng r = rng_seeded(17);
	unsigned i;

	for (i = 0; i < 200000; i++) {
		struct frag fr = { .type = FRAME_NTK, .body = e->body };

		fr.id = (uint32_t)rng_below(&r, 30);
		fr.parts = (uint8_t)(2 + rng_below(&r, 63));
		if (rng_below(&r, 100) != 0)
			fr.parts = (uint8_t)(2 + fr.id * 2);
		fr.part = (uint8_t)rng_below(&r, fr.parts);
		fr.len = rng_below(&r, 200) == 0 ? 900 : 65536u / fr.parts;
		take_frag(e, &fr, (uint32_t)rng_below(&r, 2));
		e->t.now.us += rng_below(&r, 20000);
		arena_reset(&e->mem);
	}
	e->t.now.us += LIFE_US;
	assert_true(mono_is_never(frag_expire(&e->ft, &e->cnt, e->t.now)));
	assert_int_equal(e->ft.bytes, 0);
	assert_true(counted(e, CNT_frag_bad) > 0);
	assert_true(counted(e, CNT_frag_room) > 0);
	assert_true(counted(e, CNT_frag_late) > 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_length),
		T(what_is_not_cut),
		T(cut_without_room),
		T(any_order_and_twice),
		T(contradictions),
		T(a_bad_whole_is_not_late),
		T(longer_than_a_whole),
		T(sessions_never_meet),
		T(expires_after_two_seconds),
		T(too_late_without_expire),
		T(oldest_whole_gives_way),
		T(complete_ones_need_no_place),
		T(bytes_are_bounded),
		T(arena_full),
		T(whole_has_rooms),
		T(random_flights),
		T(random_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
