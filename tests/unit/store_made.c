#include "tests/unit/store_made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/rng.h"

/* A place is as long as its version says, up to 299 bytes. */
static struct store_blob
blob(uint8_t *p, unsigned who, uint32_t n)
{
	struct rng r = { ((uint64_t)who << 32) + n };
	size_t len = n % 300;

	rng_fill(&r, p, len);
	return (struct store_blob){ p, len };
}

/* Not older than what is pruned, and told by n. */
static int64_t
time_of(uint32_t n)
{
	return 4000000000 + n;
}

void
made_init(struct made *m, enum store_kind kind, unsigned who, uint32_t n)
{
	struct rng r = { who + 1 };
	uint64_t id = rng_next(&r); /* half of them above INT64_MAX */
	struct store_rec *rec = &m->rec;
	struct store_blob b = blob(m->bytes, kind == STORE_MOVE ? 0 : who, n);

	*rec = (struct store_rec){ .kind = kind, .at = time_of(n) };
	switch (kind) {
	case STORE_SELF:
		rec->u.self.netid = id;
		rec->u.self.vnodeid = ~id;
		rec->u.self.epoch = n;
		rec->u.self.age = UINT32_MAX - n;
		rec->u.self.stable = n % 2 == 1;
		rec->u.self.place = b;
		break;
	case STORE_NETWORK:
		rng_fill(&r, rec->u.network.key, STORE_KEY);
		rec->u.network.netid = id;
		rec->u.network.uptime = n;
		rec->u.network.desc = b;
		memset(rec->u.network.sig, (int)(n & 0xff), STORE_SIG);
		break;
	case STORE_MOVE:
		rec->u.move.from = b;
		rec->u.move.to = blob(m->bytes + 300, 1, n);
		break;
	case STORE_RESERVE:
		rec->u.reserve.netid = id;
		rec->u.reserve.until = time_of(n) + 100;
		rec->u.reserve.place = b;
		break;
	case STORE_DEMAND:
		rec->u.demand.id = UINT32_MAX - who;
		rng_fill(&r, rec->u.demand.key, STORE_KEY);
		rec->u.demand.place = b;
		rec->u.demand.why = (uint8_t)n;
		rec->u.demand.state = (uint8_t)(n >> 8);
		break;
	case STORE_PEER:
	case STORE_REVOKED:
	case STORE_WATCH:
	case STORE_LIST:
	case STORE_KINDS:
		fail();
	}
}

static void
same_blob(struct store_blob a, struct store_blob b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.p, b.p, a.len);
}

static void
check_fields(const struct store_rec *a, const struct store_rec *b)
{
	switch (a->kind) {
	case STORE_SELF:
		assert_true(a->u.self.netid == b->u.self.netid);
		assert_true(a->u.self.vnodeid == b->u.self.vnodeid);
		assert_int_equal(a->u.self.epoch, b->u.self.epoch);
		assert_int_equal(a->u.self.age, b->u.self.age);
		assert_int_equal(a->u.self.stable, b->u.self.stable);
		same_blob(a->u.self.place, b->u.self.place);
		break;
	case STORE_NETWORK:
		assert_true(a->u.network.netid == b->u.network.netid);
		assert_int_equal(a->u.network.uptime, b->u.network.uptime);
		same_blob(a->u.network.desc, b->u.network.desc);
		assert_memory_equal(
		    a->u.network.sig, b->u.network.sig, STORE_SIG);
		break;
	case STORE_MOVE:
		same_blob(a->u.move.from, b->u.move.from);
		same_blob(a->u.move.to, b->u.move.to);
		break;
	case STORE_RESERVE:
		assert_true(a->u.reserve.until == b->u.reserve.until);
		same_blob(a->u.reserve.place, b->u.reserve.place);
		break;
	case STORE_DEMAND:
		assert_memory_equal(
		    a->u.demand.key, b->u.demand.key, STORE_KEY);
		assert_int_equal(a->u.demand.why, b->u.demand.why);
		assert_int_equal(a->u.demand.state, b->u.demand.state);
		same_blob(a->u.demand.place, b->u.demand.place);
		break;
	case STORE_PEER:
	case STORE_REVOKED:
	case STORE_WATCH:
	case STORE_LIST:
	case STORE_KINDS:
		fail();
	}
}

uint32_t
made_check(const struct store_rec *rec, unsigned *ret_who)
{
	uint32_t n = (uint32_t)(rec->at - time_of(0));
	struct made m;
	unsigned who;

	for (who = 0; who < 4096; who++) {
		made_init(&m, rec->kind, who, n);
		if (rec->kind == STORE_MOVE || store_rec_same(&m.rec, rec))
			break;
	}
	assert_true(who < 4096);
	assert_false(rec->gone);
	check_fields(rec, &m.rec);
	if (ret_who != NULL)
		*ret_who = who;
	return n;
}
