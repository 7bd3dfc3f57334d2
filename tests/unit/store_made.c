#include "tests/unit/store_made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static void
init_peer(struct made *m, struct rng *r, struct store_blob b, uint32_t n)
{
	struct store_rec *rec = &m->rec;

	rng_fill(r, rec->u.peer.key, STORE_KEY);
	rec->u.peer.first_at = time_of(0);
	rec->u.peer.from = (uint8_t)n;
	rec->u.peer.which = ~n;
	rec->u.peer.reached = n % 2 == 1;
	rec->u.peer.dialled = n % 3 == 1;
	rec->u.peer.anchor = n % 5 == 1;
	rec->u.peer.observed = (3u << 30) + n; /* it only grows */
	rec->u.peer.rtt_us = n;
	rec->u.peer.fails = n << 2;
	rec->u.peer.record = b;
	rng_fill(r, m->bytes + 300, 300);
	rec->u.peer.ep =
	    (struct store_blob){ m->bytes + 300, n % 5 * STORE_ADDR };
	rec->u.peer.proven =
	    (struct store_blob){ m->bytes + 400, n % 2 * STORE_ADDR };
	rec->u.peer.uptime = (struct store_blob){ m->bytes + 450, n % 129 };
}

/* The kinds of the address book and of entry lists. */
static void
init_peers(struct made *m, unsigned who, uint32_t n)
{
	struct rng r = { who + 1 };
	struct store_rec *rec = &m->rec;
	struct store_blob b = blob(m->bytes, who, n);
	char *text = (char *)m->bytes + 300;

	snprintf(text, 100, "https://list-%u.example/\xc3\xa9", who);
	if (rec->kind == STORE_PEER) {
		init_peer(m, &r, b, n);
	} else if (rec->kind == STORE_REVOKED) {
		rng_fill(&r, rec->u.revoked.key, STORE_KEY);
		rec->u.revoked.raw = b;
	} else if (rec->kind == STORE_WATCH) {
		rec->u.watch.minutes = n;
		rng_fill(&r, rec->u.watch.key, STORE_KEY);
		rng_fill(&r, rec->u.watch.netid, STORE_KEY);
		rec->u.watch.network =
		    (struct store_blob){ m->bytes + 300, n % 20 };
	} else {
		rec->u.list.source =
		    (struct store_blob){ m->bytes + 300, strlen(text) };
		rec->u.list.signer = b;
		rec->u.list.serial = UINT64_MAX - (1u << 30) + n;
		rec->u.list.valid_until = time_of(n) + 7;
	}
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
	case STORE_WATCH:
	case STORE_REVOKED:
	case STORE_PEER:
	case STORE_LIST:
		init_peers(m, who, n);
		break;
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
check_peer(const struct store_rec *a, const struct store_rec *b)
{
	assert_true(a->u.peer.first_at == b->u.peer.first_at);
	assert_int_equal(a->u.peer.from, b->u.peer.from);
	assert_int_equal(a->u.peer.which, b->u.peer.which);
	assert_int_equal(a->u.peer.reached, b->u.peer.reached);
	assert_int_equal(a->u.peer.dialled, b->u.peer.dialled);
	assert_int_equal(a->u.peer.anchor, b->u.peer.anchor);
	assert_int_equal(a->u.peer.observed, b->u.peer.observed);
	assert_int_equal(a->u.peer.rtt_us, b->u.peer.rtt_us);
	assert_int_equal(a->u.peer.fails, b->u.peer.fails);
	same_blob(a->u.peer.ep, b->u.peer.ep);
	same_blob(a->u.peer.proven, b->u.peer.proven);
	same_blob(a->u.peer.uptime, b->u.peer.uptime);
	same_blob(a->u.peer.record, b->u.peer.record);
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
	case STORE_WATCH:
		assert_int_equal(a->u.watch.minutes, b->u.watch.minutes);
		assert_memory_equal(a->u.watch.key, b->u.watch.key, STORE_KEY);
		assert_memory_equal(
		    a->u.watch.netid, b->u.watch.netid, STORE_KEY);
		same_blob(a->u.watch.network, b->u.watch.network);
		break;
	case STORE_REVOKED:
		same_blob(a->u.revoked.raw, b->u.revoked.raw);
		break;
	case STORE_PEER:
		check_peer(a, b);
		break;
	case STORE_LIST:
		same_blob(a->u.list.signer, b->u.list.signer);
		assert_true(a->u.list.serial == b->u.list.serial);
		assert_true(a->u.list.valid_until == b->u.list.valid_until);
		break;
	case STORE_KINDS:
		fail();
	}
}

bool
made_alone(enum store_kind kind)
{
	return kind == STORE_SELF || kind == STORE_WATCH;
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
