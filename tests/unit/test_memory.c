/* What the negotiation saves comes back as it was, by whatever clock. */
#include "vplamad/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/rng.h"

#define NOW INT64_C(1800000000)

static struct topology
some_topology(struct rng *r)
{
	struct topology t = { .family = 4, .class = NETDESC_ANY };
	unsigned k;

	switch (rng_below(r, 4)) {
	case 0:
		return topology_ntk(NETDESC_10);
	case 1:
		return topology_ntk(NETDESC_172);
	case 2:
		return topology_plain();
	default:
		t.levels = (uint8_t)(1 + rng_below(r, NETDESC_LEVELS));
		for (k = 0; k < t.levels; k++)
			t.bits[k] = (uint8_t)(1 + rng_below(r, 16));
		return t;
	}
}

static struct claim
some_claim(struct rng *r, const struct topology *t)
{
	struct claim c = { .level = (uint8_t)rng_below(r, t->levels) };
	unsigned k;

	c.flags = rng_below(r, 2) ? CLAIM_LEAVING : 0;
	for (k = c.level; k < t->levels; k++)
		c.gid[k] = (uint16_t)rng_below(r, (size_t)1 << t->bits[k]);
	return c;
}

static const uint8_t letter[NETDESC_MAX] = "the descriptor, as it was signed";

/* A record of that kind with anything in it. */
static struct neg_record
some_record(struct rng *r, enum neg_record_kind kind)
{
	struct topology t = some_topology(r);
	struct neg_record rec;
	unsigned i;

	memset(&rec, 0, sizeof(rec));
	rec.kind = kind;
	switch (kind) {
	case NEG_REC_SELF:
		rec.u.self.netid = rng_next(r);
		rec.u.self.vnodeid = rng_next(r);
		rec.u.self.epoch = (uint32_t)rng_next(r);
		rec.u.self.age = (uint32_t)rng_next(r);
		rec.u.self.stable = rng_below(r, 2);
		if (rng_below(r, 10) == 0)
			break; /* before we know where we are */
		rec.u.self.topo = t;
		rec.u.self.n_claims = (uint8_t)rng_below(r, NETDESC_CLAIMS + 1);
		for (i = 0; i < rec.u.self.n_claims; i++)
			rec.u.self.claim[i] = some_claim(r, &t);
		break;
	case NEG_REC_NETWORK:
		rng_fill(r, rec.u.network.key, NEG_KEY);
		rec.u.network.netid = rng_next(r);
		rec.u.network.uptime = (uint32_t)rng_next(r);
		rec.u.network.desc = letter;
		rec.u.network.desc_len = rng_below(r, NETDESC_MAX + 1);
		rng_fill(r, rec.u.network.sig, NEG_SIG);
		break;
	case NEG_REC_MOVE:
		rec.u.move.topo = t;
		rec.u.move.from = some_claim(r, &t);
		rec.u.move.to = some_claim(r, &t);
		break;
	case NEG_REC_RESERVE:
		rec.u.reserve.netid = rng_next(r);
		rec.u.reserve.topo = t;
		rec.u.reserve.claim = some_claim(r, &t);
		rec.u.reserve.left = 1 + (uint32_t)rng_below(r, 630);
		break;
	case NEG_REC_DEMAND:
		rec.u.demand.id = (uint32_t)rng_next(r);
		rng_fill(r, rec.u.demand.key, NEG_KEY);
		rec.u.demand.topo = t;
		rec.u.demand.from = some_claim(r, &t);
		rec.u.demand.why = (uint8_t)rng_below(r, NEG_WHYS);
		rec.u.demand.state =
		    (enum demand_state)rng_below(r, DEMAND_GONE + 1);
		break;
	}
	return rec;
}

static void
same_claim(const struct claim *a, const struct claim *b)
{
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->flags, b->flags);
	assert_memory_equal(a->gid, b->gid, sizeof(a->gid));
}

static void
same_topology(const struct topology *a, const struct topology *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void
same_self(const struct neg_record *a, const struct neg_record *b)
{
	unsigned i;

	assert_true(a->u.self.netid == b->u.self.netid);
	assert_true(a->u.self.vnodeid == b->u.self.vnodeid);
	assert_int_equal(a->u.self.epoch, b->u.self.epoch);
	assert_int_equal(a->u.self.age, b->u.self.age);
	assert_int_equal(a->u.self.stable, b->u.self.stable);
	same_topology(&a->u.self.topo, &b->u.self.topo);
	assert_int_equal(a->u.self.n_claims, b->u.self.n_claims);
	for (i = 0; i < a->u.self.n_claims; i++)
		same_claim(&a->u.self.claim[i], &b->u.self.claim[i]);
}

static void
same_record(const struct neg_record *a, const struct neg_record *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->gone, b->gone);
	switch (a->kind) {
	case NEG_REC_SELF:
		same_self(a, b);
		break;
	case NEG_REC_NETWORK:
		assert_memory_equal(
		    a->u.network.key, b->u.network.key, NEG_KEY);
		assert_true(a->u.network.netid == b->u.network.netid);
		assert_int_equal(a->u.network.uptime, b->u.network.uptime);
		assert_int_equal(a->u.network.desc_len, b->u.network.desc_len);
		assert_memory_equal(a->u.network.desc, b->u.network.desc,
		    a->u.network.desc_len);
		assert_memory_equal(
		    a->u.network.sig, b->u.network.sig, NEG_SIG);
		break;
	case NEG_REC_MOVE:
		same_topology(&a->u.move.topo, &b->u.move.topo);
		same_claim(&a->u.move.from, &b->u.move.from);
		same_claim(&a->u.move.to, &b->u.move.to);
		break;
	case NEG_REC_RESERVE:
		assert_true(a->u.reserve.netid == b->u.reserve.netid);
		same_topology(&a->u.reserve.topo, &b->u.reserve.topo);
		same_claim(&a->u.reserve.claim, &b->u.reserve.claim);
		break;
	case NEG_REC_DEMAND:
		assert_int_equal(a->u.demand.id, b->u.demand.id);
		assert_memory_equal(a->u.demand.key, b->u.demand.key, NEG_KEY);
		same_topology(&a->u.demand.topo, &b->u.demand.topo);
		same_claim(&a->u.demand.from, &b->u.demand.from);
		assert_int_equal(a->u.demand.why, b->u.demand.why);
		assert_int_equal(a->u.demand.state, b->u.demand.state);
		break;
	}
}

static void
round_trips(void **state)
{
	struct rng r = rng_seeded(17);
	struct neg_record rec, back;
	struct memory_buf buf;
	struct store_rec row;
	unsigned i, kind;

	(void)state;
	for (i = 0; i < 3000; i++) {
		for (kind = 0; kind <= NEG_REC_DEMAND; kind++) {
			rec = some_record(&r, (enum neg_record_kind)kind);
			assert_true(memory_to_store(&rec, NOW, &row, &buf));
			assert_int_equal(row.at, NOW);
			assert_true(memory_from_store(&row, NOW, &back));
			assert_int_equal(back.ago, 0);
			same_record(&rec, &back);
			if (kind == NEG_REC_RESERVE)
				assert_int_equal(
				    back.u.reserve.left, rec.u.reserve.left);
		}
	}
}

/* How long ago a record seems that is saved at and read at these times. */
static uint32_t
seems(uint32_t ago, int64_t saved, int64_t read)
{
	struct neg_record rec = { .kind = NEG_REC_SELF, .ago = ago }, back;
	struct memory_buf buf;
	struct store_rec row;

	assert_true(memory_to_store(&rec, saved, &row, &buf));
	assert_true(row.at >= 0);
	assert_true(memory_from_store(&row, read, &back));
	return back.ago;
}

static void
clocks_jump(void **state)
{
	(void)state;
	assert_int_equal(seems(0, NOW, NOW + 100), 100);
	assert_int_equal(seems(5, NOW, NOW + 100), 105);
	assert_int_equal(seems(0, NOW, NOW - 100), 0); /* from the future */
	assert_int_equal(seems(500, NOW, NOW - 100), 400);
	assert_int_equal(seems(0, NOW, 0), 0);
	assert_int_equal(seems(0, 0, UINT32_MAX), UINT32_MAX);
	assert_int_equal(seems(0, 0, INT64_MAX), UINT32_MAX);
	assert_int_equal(seems(UINT32_MAX, 50, 60), 60); /* no time before 0 */
}

/* What is left of a reservation of 600 s; -1: it is over. */
static int64_t
left(int64_t saved, int64_t read)
{
	struct topology t = topology_ntk(NETDESC_10);
	struct rng r = { 1 };
	struct neg_record rec = { .kind = NEG_REC_RESERVE }, back;
	struct memory_buf buf;
	struct store_rec row;

	rec.u.reserve.topo = t;
	rec.u.reserve.claim = some_claim(&r, &t);
	rec.u.reserve.left = 600;
	assert_true(memory_to_store(&rec, saved, &row, &buf));
	if (!memory_from_store(&row, read, &back))
		return -1;
	return back.u.reserve.left;
}

static void
reservations_end(void **state)
{
	(void)state;
	assert_int_equal(left(NOW, NOW), 600);
	assert_int_equal(left(NOW, NOW + 1), 599);
	assert_int_equal(left(NOW, NOW + 599), 1);
	assert_int_equal(left(NOW, NOW + 600), -1);
	assert_int_equal(left(NOW, INT64_MAX), -1);
	/* a clock that went back makes it no longer */
	assert_int_equal(left(NOW, NOW - 1), 600);
	assert_int_equal(left(NOW, 0), 600);
	assert_int_equal(left(0, UINT32_MAX), -1);
}

/* The row's blob, or the first of two. */
static struct store_blob *
blob_of(struct store_rec *row)
{
	switch (row->kind) {
	case STORE_SELF:
		return &row->u.self.place;
	case STORE_MOVE:
		return &row->u.move.from;
	case STORE_RESERVE:
		return &row->u.reserve.place;
	case STORE_DEMAND:
		return &row->u.demand.place;
	case STORE_NETWORK:
	case STORE_PEER:
	case STORE_REVOKED:
	case STORE_WATCH:
	case STORE_LIST:
	case STORE_KINDS:
		break;
	}
	return NULL;
}

/* Every length of a place but the whole is refused; so is a byte more. */
static void
cut_places(void **state)
{
	static const enum neg_record_kind kinds[] = { NEG_REC_MOVE,
		NEG_REC_RESERVE, NEG_REC_DEMAND };
	struct rng r = rng_seeded(3);
	struct neg_record rec, back;
	uint8_t more[MEMORY_PLACE + 1];
	struct memory_buf buf;
	struct store_blob *b;
	struct store_rec row;
	size_t len;
	unsigned i;

	(void)state;
	for (i = 0; i < 300; i++) {
		rec = some_record(&r, kinds[i % 3]);
		assert_true(memory_to_store(&rec, NOW, &row, &buf));
		b = blob_of(&row);
		len = b->len;
		for (b->len = 0; b->len < len; b->len++)
			assert_false(memory_from_store(&row, NOW, &back));
		memcpy(more, b->p, len);
		more[len] = 0;
		*b = (struct store_blob){ more, len + 1 };
		assert_false(memory_from_store(&row, NOW, &back));
	}
}

/* Any bytes in a place: refused, or what is read is written alike. */
static void
random_places(void **state)
{
	struct rng r = rng_seeded(5);
	struct neg_record rec, back;
	struct memory_buf buf, again;
	struct store_rec row, row2;
	unsigned i, taken = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct store_blob *b;

		rec = some_record(&r, NEG_REC_SELF);
		assert_true(memory_to_store(&rec, NOW, &row, &buf));
		b = blob_of(&row);
		if (b->len == 0)
			continue;
		buf.a[rng_below(&r, b->len)] ^=
		    (uint8_t)(1u << rng_below(&r, 8));
		b->len -= rng_below(&r, 3) == 0 ? rng_below(&r, b->len) : 0;
		if (!memory_from_store(&row, NOW, &back))
			continue;
		taken++;
		assert_true(back.u.self.n_claims <= NETDESC_CLAIMS);
		assert_true(back.u.self.topo.levels <= NETDESC_LEVELS);
		assert_true(memory_to_store(&back, NOW, &row2, &again));
		assert_int_equal(row2.u.self.place.len, b->len);
	}
	assert_true(taken > 100);
}

static void
senseless(void **state)
{
	struct rng r = rng_seeded(6);
	struct neg_record rec = some_record(&r, NEG_REC_DEMAND), back;
	struct memory_buf buf;
	struct store_rec row;

	(void)state;
	assert_true(memory_to_store(&rec, NOW, &row, &buf));
	row.u.demand.state = DEMAND_GONE + 1;
	assert_false(memory_from_store(&row, NOW, &back));
	row.u.demand.state = DEMAND_GONE;
	row.u.demand.why = NEG_WHYS;
	assert_false(memory_from_store(&row, NOW, &back));
	row.kind = STORE_KINDS;
	assert_false(memory_from_store(&row, NOW, &back));

	rec.u.demand.topo.levels = 0; /* a claim in nothing */
	assert_false(memory_to_store(&rec, NOW, &row, &buf));
	rec = some_record(&r, NEG_REC_SELF);
	rec.u.self.n_claims = NETDESC_CLAIMS + 1;
	assert_false(memory_to_store(&rec, NOW, &row, &buf));
	rec = some_record(&r, NEG_REC_NETWORK);
	rec.u.network.desc_len = NETDESC_MAX + 1;
	assert_false(memory_to_store(&rec, NOW, &row, &buf));
	rec.kind = (enum neg_record_kind)99;
	assert_false(memory_to_store(&rec, NOW, &row, &buf));

	/* from one topology into another there is no move */
	rec = some_record(&r, NEG_REC_MOVE);
	rec.u.move.topo = topology_ntk(NETDESC_10);
	rec.u.move.from = rec.u.move.to = some_claim(&r, &rec.u.move.topo);
	assert_true(memory_to_store(&rec, NOW, &row, &buf));
	assert_true(memory_from_store(&row, NOW, &back));
	buf.b[1] = NETDESC_172;
	assert_false(memory_from_store(&row, NOW, &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(clocks_jump),
		cmocka_unit_test(reservations_end),
		cmocka_unit_test(cut_places),
		cmocka_unit_test(random_places),
		cmocka_unit_test(senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
