/* Vnodes that find each other: real cores, real tunnels, real signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/dial.h"
#include "core/peer_send.h"
#include "tests/unit/party.h"
#include "wire/msg.h"

static void
meshes(enum trust_mode mode, uint64_t seed)
{
	struct party *p = party_of(seed, mode);

	party_one_known(p, 6);
	assert_true(party_wait_meshed(p, 6, 10 * MONO_SEC));
	party_fini(p);
}

static void
six_with_one_address_known(void **state)
{
	(void)state;
	meshes(TRUST_OPEN, 1);
	meshes(TRUST_SECRET, 2);
}

/* What tells who somebody is may be lost, and is asked for again. */
static void
six_on_a_bad_line(void **state)
{
	struct party *p = party_of(3, TRUST_SECRET);
	unsigned a, b;

	(void)state;
	for (a = 0; a < 6; a++)
		for (b = 0; b < 6; b++)
			p->d.dir[a][b].loss = 10;
	party_one_known(p, 6);
	assert_true(party_wait_meshed(p, 6, PARTY_HOUR / 4));
	party_fini(p);
}

static void
dead_are_never_shown_nor_passed_on(void **state)
{
	struct party *p = party_of(4, TRUST_SECRET);
	struct identity id[100];
	uint8_t raw[RECORD_MAX];
	unsigned i;

	(void)state;
	party_one_known(p, 2);
	for (i = 0; i < 100; i++) {
		const struct addr at = party_nowhere(i);

		party_identity(p, &id[i]);
		assert_true(party_hear(p, 0, raw,
		    party_record(
			p, &id[i], &at, 1, 1, PARTY_WALL_MS / 1000, raw)));
	}
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	duo_run(&p->d, PARTY_HOUR);
	for (i = 0; i < 100; i++) {
		const struct addr at = party_nowhere(i);

		assert_in_range(party_stray(p, &at), 1, 3);
		assert_null(
		    book_find(exchange_book(&p->d.end[1].core), id[i].ed_pk));
	}
	assert_int_equal(party_made(p, 0), 1);
	assert_int_equal(p->d.end[0].trials, 0);
	assert_int_equal(p->d.end[0].core.n_peers, 1);
	party_fini(p);
}

/* One peer tells of ten thousand vnodes, all of them at one address. */
static void
nobody_makes_us_a_weapon(void **state)
{
	const struct addr victim = party_nowhere(200);
	struct party *p = party_of(5, TRUST_SECRET);
	uint8_t body[2 + RECORD_MAX];
	struct identity id;
	unsigned i;
	size_t len;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	for (i = 0; i < 10000; i++) {
		party_identity(p, &id);
		len = party_record(
		    p, &id, &victim, 1, 1, PARTY_WALL_MS / 1000, body + 2);
		body[0] = (uint8_t)(len >> 8);
		body[1] = (uint8_t)len;
		party_send(p, 1, 0, FRAME_RECORDS, body, len + 2);
		duo_run(&p->d, 20 * MONO_MS);
	}
	duo_run(&p->d, PARTY_HOUR);
	assert_true(duo_cnt(&p->d, 0, CNT_record_in) > 9000);
	assert_in_range(party_stray(p, &victim), 1, 3);
	party_fini(p);
}

static uint64_t
seq_at(struct party *p, unsigned at, unsigned of)
{
	const struct book_entry *e = party_entry(p, at, of);
	const uint8_t *sig;
	struct record r;
	size_t n;

	assert_non_null(e);
	assert_true(record_parse(e->record, e->record_len, &r, &n, &sig));
	return r.seq;
}

static void
own_record_is_renewed(void **state)
{
	struct party *p = party_of(6, TRUST_OPEN);
	struct exchange_config cfg = p->cfg;
	uint8_t raw[RECORD_MAX];
	uint64_t first, next;
	struct record r;
	struct turn t;
	size_t len;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	assert_true(exchange_own(&p->d.end[1].core, &r, raw, &len));
	assert_true(addr_equal(&r.ep[0], &p->d.end[1].addr));
	assert_true(
	    addr_equal(&party_entry(p, 0, 1)->proven, &p->d.end[1].addr));
	first = seq_at(p, 0, 1);
	duo_run(&p->d, 11 * PARTY_HOUR);
	assert_int_equal(seq_at(p, 0, 1), first);
	duo_run(&p->d, 2 * PARTY_HOUR);
	next = seq_at(p, 0, 1);
	assert_true(next > first);
	/* and at once when it says something else */
	strcpy(cfg.self.about.name, "somebody");
	t = duo_turn(&p->d, 1);
	exchange_set_config(&p->d.end[1].core, &cfg, &t);
	duo_done(&p->d);
	duo_run(&p->d, MONO_SEC);
	assert_true(seq_at(p, 0, 1) > next);
	party_fini(p);
}

/* Who dialled us leaves the next session to us: we did not find it so. */
static void
caller_stays_one_that_called(void **state)
{
	struct party *p = party_of(41, TRUST_OPEN);
	struct exchange_config cfg;
	struct turn t;

	(void)state;
	p->cfg.book.dial = false;
	party_start(p, 0, 1);
	p->cfg.book.dial = true;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	duo_run(&p->d, 10 * MONO_SEC);
	t = duo_turn(&p->d, 0);
	dial_begin(&p->d.end[0].core, party_peer(p, 0, 1), &t);
	duo_done(&p->d);
	duo_run(&p->d, 10 * MONO_SEC);
	assert_true(party_peer(p, 0, 1)->dialled);
	cfg = p->cfg;
	strcpy(cfg.self.about.name, "somebody");
	t = duo_turn(&p->d, 1);
	exchange_set_config(&p->d.end[1].core, &cfg, &t);
	duo_done(&p->d);
	duo_run(&p->d, 5 * MONO_SEC);
	assert_true(seq_at(p, 0, 1) > 0);
	assert_true(
	    addr_equal(&party_entry(p, 0, 1)->proven, &p->d.end[1].addr));
	assert_false(party_entry(p, 0, 1)->dialled);
	party_fini(p);
}

/* Our clock goes wrong: others keep a record that holds by theirs. */
static void
clock_jumps_spare_the_record(void **state)
{
	struct party *p = party_of(33, TRUST_OPEN);
	uint64_t *wall = &p->d.end[1].wall_ms, right, first, seq;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	first = seq_at(p, 0, 1);
	right = *wall;
	*wall = 0; /* 1970 */
	duo_run(&p->d, PARTY_HOUR);
	assert_int_equal(seq_at(p, 0, 1), first);
	*wall = UINT64_C(4300000000000); /* 2106 */
	duo_run(&p->d, PARTY_HOUR);
	assert_int_equal(seq_at(p, 0, 1), first);
	*wall = right - 86400000; /* a day back */
	duo_run(&p->d, PARTY_HOUR);
	*wall = right;
	duo_run(&p->d, PARTY_HOUR);
	seq = seq_at(p, 0, 1);
	assert_true(seq > first);
	assert_true(party_meshed(p, 2));
	party_fini(p);
}

static void
nothing_is_said_when_nothing_changes(void **state)
{
	struct party *p = party_of(7, TRUST_KNOWN);
	uint64_t before;

	(void)state;
	party_start(p, 0, 2);
	duo_peer(&p->d, 0, 1, true);
	duo_peer(&p->d, 1, 0, false);
	assert_true(duo_wait_up(&p->d, 0, 1, MONO_SEC));
	duo_run(&p->d, 10 * MONO_SEC);
	assert_non_null(party_entry(p, 0, 1));
	assert_true(party_entry(p, 0, 1)->record_len > 0);
	before = p->d.end[0].out_n;
	duo_run(&p->d, 12 * MONO_SEC);
	assert_int_equal(p->d.end[0].out_n, before);
	party_fini(p);
}

static void
crossing_dials_make_one_tunnel(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 10; seed < 20; seed++) {
		struct party *p = party_of(seed, TRUST_OPEN);

		party_start(p, 0, 2);
		party_tell(p, 0, 1);
		party_tell(p, 1, 0);
		assert_true(party_wait_meshed(p, 2, 3 * MONO_SEC));
		duo_run(&p->d, 300 * MONO_SEC);
		assert_true(party_meshed(p, 2));
		assert_int_equal(p->d.end[0].core.n_peers, 1);
		party_fini(p);
	}
}

/* Handshakes pass, what comes after them does not. */
static bool
only_handshakes(struct duo *d, const struct duo_end *from,
    const struct addr *to, const uint8_t *p, size_t len)
{
	enum counter why;

	(void)d, (void)to;
	return from->nr != 1 || msg_classify(p, len, &why) != MSG_DATA;
}

static void
unconfirmed_is_gone(void **state)
{
	struct party *p = party_of(21, TRUST_OPEN);

	(void)state;
	p->d.tap = only_handshakes;
	party_one_known(p, 2);
	duo_run(&p->d, MONO_SEC);
	assert_non_null(party_peer(p, 0, 1));
	duo_run(&p->d, 30 * MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	assert_int_equal(p->d.end[0].trials, 0);
	party_fini(p);
}

/* One without a record has a tunnel, and no name. */
static void
nameless_is_gone(void **state)
{
	const struct duo_options opt = { .wall_ms = PARTY_WALL_MS };
	struct party *p = party_of(22, TRUST_OPEN);

	(void)state;
	party_start(p, 0, 1);
	duo_start(&p->d, 1, &opt);
	duo_peer(&p->d, 1, 0, true);
	duo_run(&p->d, 5 * MONO_SEC);
	assert_int_equal(party_peer(p, 0, 1)->state, PEER_VRNODE);
	assert_false(party_live(p, 0, 1));
	duo_stop(&p->d, 1);
	duo_run(&p->d, 30 * MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	party_fini(p);
}

static void
no_more_than_max_peers(void **state)
{
	struct party *p = party_of(23, TRUST_OPEN);
	unsigned i;

	(void)state;
	p->cfg.trust.max_peers = p->cfg.book.max_peers = 4;
	party_one_known(p, 8);
	for (i = 0; i < 100; i++) {
		duo_run(&p->d, 5 * MONO_SEC);
		assert_in_range(party_made(p, 0), 1, 5);
	}
	duo_run(&p->d, MONO_SEC);
	assert_in_range(party_made(p, 0), 1, 4);
	assert_true(duo_cnt(&p->d, 0, CNT_peer_evicted) > 0);
	party_fini(p);
}

static void
all_start_again_from_what_they_saved(void **state)
{
	struct party *p = party_of(24, TRUST_SECRET);
	unsigned i;

	(void)state;
	party_one_known(p, 6);
	assert_true(party_wait_meshed(p, 6, 10 * MONO_SEC));
	duo_run(&p->d, 300 * MONO_SEC);
	for (i = 0; i < 6; i++)
		party_restart(p, i);
	assert_true(party_wait_meshed(p, 6, 2 * MONO_SEC));
	party_fini(p);
}

/* One that we dialled is looked for an hour; then it is back in the book. */
static void
dead_one_is_looked_for(void **state)
{
	struct party *p = party_of(25, TRUST_OPEN);

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = true;
	duo_run(&p->d, PARTY_HOUR / 2);
	assert_int_equal(party_peer(p, 1, 0)->state, PEER_DEAD);
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = false;
	duo_run(&p->d, 61 * MONO_SEC);
	assert_true(party_live(p, 1, 0));
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = true;
	duo_run(&p->d, PARTY_HOUR + 120 * (uint64_t)MONO_SEC);
	assert_int_equal(party_made(p, 1), 0);
	assert_int_equal(party_made(p, 0), 0);
	assert_non_null(party_entry(p, 1, 0));
	party_fini(p);
}

/* An hour of tunnel is an hour of age, no more and hardly less. */
static void
minutes_of_contact_count(void **state)
{
	struct party *p = party_of(26, TRUST_OPEN);

	(void)state;
	party_one_known(p, 2);
	duo_run(&p->d, PARTY_HOUR);
	assert_in_range(party_entry(p, 1, 0)->observed, 3480, 3600);
	assert_in_range(party_entry(p, 0, 1)->observed, 3480, 3600);
	assert_in_range(p->w[0].watched, 58, 60);
	p->d.dir[0][1].cut = p->d.dir[1][0].cut = true;
	duo_run(&p->d, PARTY_HOUR / 2);
	assert_in_range(party_entry(p, 1, 0)->observed, 3480, 3720);
	party_fini(p);
}

/* What breaks the format, or whose signature does not hold, changes nothing. */
static void
bad_items_change_nothing(void **state)
{
	const struct addr at = party_nowhere(1);
	struct party *p = party_of(27, TRUST_SECRET);
	uint8_t body[2 + RECORD_MAX], bad[2 + RECORD_MAX];
	struct identity id;
	size_t len, i;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	duo_run(&p->d, 5 * MONO_SEC);
	party_identity(p, &id);
	len = party_record(p, &id, &at, 1, 1, PARTY_WALL_MS / 1000, body + 2);
	body[0] = (uint8_t)(len >> 8);
	body[1] = (uint8_t)len;
	for (i = 3; i < len + 2; i++) {
		memcpy(bad, body, sizeof(bad));
		bad[i] ^= (uint8_t)(1u << i % 8);
		party_send(p, 1, 0, FRAME_RECORDS, bad, len + 2);
		party_send(p, 1, 0, FRAME_RECORDS, body, i);
		duo_run(&p->d, 100 * MONO_MS);
		assert_null(
		    book_find(exchange_book(&p->d.end[0].core), id.ed_pk));
	}
	assert_int_equal(duo_cnt(&p->d, 0, CNT_record_in), 0);
	party_send(p, 1, 0, FRAME_RECORDS, body, len + 2);
	duo_run(&p->d, 100 * MONO_MS);
	assert_non_null(book_find(exchange_book(&p->d.end[0].core), id.ed_pk));
	party_fini(p);
}

/* Our own record out of a list leads nowhere, nor does our own address. */
static void
we_do_not_dial_ourselves(void **state)
{
	struct party *p = party_of(28, TRUST_OPEN);
	const struct core *c = &p->d.end[1].core;
	const struct book_source src = { BOOK_FROM_LIST, 1 };
	uint8_t raw[RECORD_MAX];
	struct identity id;
	struct record r;
	struct turn t;
	size_t len;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	assert_true(exchange_own(c, &r, raw, &len));
	assert_true(party_hear(p, 1, raw, len));
	t = duo_turn(&p->d, 1);
	assert_int_equal(exchange_heard_of(&p->d.end[1].core, src, c->id.ed_pk,
			     &p->d.end[1].addr, 1, &t),
	    BOOK_REFUSED);
	party_identity(p, &id);
	exchange_heard_of(
	    &p->d.end[1].core, src, id.ed_pk, &p->d.end[1].addr, 1, &t);
	duo_done(&p->d);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_int_equal(p->d.dir[1][1].sent, 0);
	party_fini(p);
}

/* Behind a NAT one has a tunnel and a name, and is nowhere to be dialled. */
static void
behind_a_nat(void **state)
{
	struct party *p = party_of(29, TRUST_SECRET);
	uint8_t raw[RECORD_MAX];
	struct record r;
	size_t len;

	(void)state;
	p->d.end[1].face = party_nowhere(7);
	party_one_known(p, 3);
	duo_run(&p->d, 10 * MONO_SEC);
	assert_true(party_live(p, 0, 1));
	assert_true(party_live(p, 1, 0));
	assert_false(exchange_own(&p->d.end[1].core, &r, raw, &len));
	assert_int_equal(party_entry(p, 0, 1)->proven.port, 0);
	assert_true(party_live(p, 1, 2)); /* it dials those it hears of */
	/* nobody passes it on */
	assert_int_equal(party_entry(p, 2, 1)->source.from, BOOK_FROM_SELF);
	party_fini(p);
}

/* Does end 0, which has this address and never dials, say where it is? */
static bool
says_where_it_is(const char *address)
{
	struct party *p = party_of(31, TRUST_SECRET);
	uint8_t raw[RECORD_MAX];
	struct record r;
	size_t len;
	bool says;

	assert_true(addr_parse(address, 7469, &p->d.end[0].addr));
	p->cfg.book.dial = false;
	party_start(p, 0, 1);
	p->cfg.book.dial = true;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	duo_run(&p->d, 5 * MONO_SEC);
	assert_true(party_live(p, 0, 1));
	says = exchange_own(&p->d.end[0].core, &r, raw, &len);
	assert_true(
	    !says || (r.n_ep == 1 && addr_equal(&r.ep[0], &p->d.end[0].addr)));
	party_fini(p);
	return says;
}

/* Nobody tells the one that is dialled how it is seen: the address does. */
static void
dialled_at_a_public_address(void **state)
{
	(void)state;
	assert_true(says_where_it_is("203.0.113.1"));
	assert_true(says_where_it_is("2001:db8::1"));
	assert_false(says_where_it_is("192.168.1.1"));
	assert_false(says_where_it_is("fd00::1"));
}

/* One tunnel is wanted; whether others are there is seen, and no more. */
static void
feelers_leave_no_trace(void **state)
{
	struct party *p = party_of(30, TRUST_OPEN);
	unsigned i, there;

	(void)state;
	p->cfg.trust.max_peers = p->cfg.book.max_peers = 2;
	party_start(p, 0, 1);
	p->cfg.book.dial = false;
	party_start(p, 1, 4);
	for (i = 1; i < 4; i++)
		party_tell(p, 0, i);
	for (i = 0; i < 60; i++) {
		duo_run(&p->d, 15 * MONO_SEC);
		assert_int_equal(party_made(p, 0), 1);
	}
	for (there = 0, i = 1; i < 4; i++)
		there += party_entry(p, 0, i)->reached;
	assert_int_equal(there, 3);
	assert_int_equal(p->d.end[0].trials, 0);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 0);
	party_fini(p);
}

/* A full node is looked at: whoever is there stays. */
static void
visitors_push_nobody_out(void **state)
{
	struct party *p = party_of(32, TRUST_SECRET);

	(void)state;
	p->cfg.trust.max_peers = p->cfg.book.max_peers = 2;
	party_start(p, 1, 3);
	p->cfg.book.dial = false;
	party_start(p, 0, 1);
	party_start(p, 3, 4);
	party_tell(p, 1, 0);
	party_tell(p, 2, 3);
	duo_run(&p->d, 10 * MONO_SEC);
	assert_true(party_live(p, 0, 1));
	assert_true(party_live(p, 3, 2));
	party_tell(p, 2, 0);
	duo_run(&p->d, PARTY_HOUR / 4);
	assert_true(party_entry(p, 2, 0)->reached);
	assert_true(party_live(p, 0, 1));
	assert_int_equal(duo_cnt(&p->d, 0, CNT_peer_evicted), 0);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	assert_int_equal(p->d.end[0].trials, 0);
	party_fini(p);
}

/* A person takes one out; that leaves nothing behind that keeps us busy. */
static void
taken_out_by_hand(void **state)
{
	struct party *p = party_of(31, TRUST_OPEN);
	struct turn t;

	(void)state;
	party_one_known(p, 2);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	t = duo_turn(&p->d, 0);
	core_peer_del(
	    &p->d.end[0].core, party_peer(p, 0, 1), CLOSE_REMOVED, &t);
	duo_done(&p->d);
	assert_null(party_peer(p, 0, 1));
	duo_run(&p->d, 60 * MONO_SEC);
	assert_true(party_live(p, 0, 1)); /* it is let in, and dials */
	party_fini(p);
}

/* What the outside is told of those that dialled end 0. */
static struct {
	void (*next)(void *arg, enum core_event ev, const struct peer *p);
	unsigned live, gone;
} told;

static void
on_told(void *arg, enum core_event ev, const struct peer *p)
{
	if (p != NULL && p->origin == PEER_ADMITTED) {
		told.live += ev == EV_PEER_STATE && p->state == PEER_VRNODE;
		told.gone += ev == EV_PEER_GONE;
		assert_true(p->ed_known);
	}
	told.next(arg, ev, p);
}

static void
leave(struct party *p, unsigned nr)
{
	struct turn t = duo_turn(&p->d, nr);

	core_close_all(&p->d.end[nr].core, CLOSE_STOPPING, &t);
	duo_done(&p->d);
	duo_run(&p->d, 100 * MONO_MS);
	duo_stop(&p->d, nr);
}

/* Nobody hears of a visitor; of another, when it is known who it is. */
static void
who_is_shown_goes_in_sight(void **state)
{
	struct party *p = party_of(34, TRUST_OPEN);
	struct core_io *io = &p->d.end[0].core.io;

	(void)state;
	p->cfg.trust.max_peers = p->cfg.book.max_peers = 2;
	p->cfg.book.dial = false;
	party_start(p, 0, 1);
	told.next = io->event;
	io->event = on_told;
	told.live = told.gone = 0;
	p->cfg.book.dial = true;
	party_start(p, 1, 3);
	party_tell(p, 1, 0);
	duo_run(&p->d, 5 * MONO_SEC);
	assert_int_equal(told.live, 1);
	party_tell(p, 2, 0);
	duo_run(&p->d, 5 * MONO_SEC);
	assert_non_null(party_peer(p, 0, 2));
	assert_int_equal(told.live, 1);
	leave(p, 2);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_null(party_peer(p, 0, 2));
	assert_int_equal(told.gone, 0);
	leave(p, 1);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_int_equal(told.live, 1);
	assert_int_equal(told.gone, 1);
	party_fini(p);
}

/* Whoever says that there is no room is not asked again in the same breath. */
static void
no_room_is_taken_for_an_answer(void **state)
{
	struct party *p = party_of(35, TRUST_OPEN);
	uint64_t before;
	struct turn t;

	(void)state;
	p->cfg.book.dial = false;
	party_start(p, 0, 1);
	p->cfg.book.dial = true;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	assert_true(party_wait_meshed(p, 2, 10 * MONO_SEC));
	before = duo_cnt(&p->d, 1, CNT_init_sent);
	t = duo_turn(&p->d, 0);
	core_peer_del(&p->d.end[0].core, party_peer(p, 0, 1), CLOSE_ROOM, &t);
	duo_done(&p->d);
	duo_run(&p->d, MONO_SEC);
	assert_int_equal(duo_cnt(&p->d, 1, CNT_init_sent), before);
	party_fini(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_with_one_address_known),
		cmocka_unit_test(six_on_a_bad_line),
		cmocka_unit_test(dead_are_never_shown_nor_passed_on),
		cmocka_unit_test(nobody_makes_us_a_weapon),
		cmocka_unit_test(own_record_is_renewed),
		cmocka_unit_test(caller_stays_one_that_called),
		cmocka_unit_test(clock_jumps_spare_the_record),
		cmocka_unit_test(nothing_is_said_when_nothing_changes),
		cmocka_unit_test(crossing_dials_make_one_tunnel),
		cmocka_unit_test(unconfirmed_is_gone),
		cmocka_unit_test(nameless_is_gone),
		cmocka_unit_test(no_more_than_max_peers),
		cmocka_unit_test(all_start_again_from_what_they_saved),
		cmocka_unit_test(dead_one_is_looked_for),
		cmocka_unit_test(minutes_of_contact_count),
		cmocka_unit_test(bad_items_change_nothing),
		cmocka_unit_test(we_do_not_dial_ourselves),
		cmocka_unit_test(behind_a_nat),
		cmocka_unit_test(dialled_at_a_public_address),
		cmocka_unit_test(feelers_leave_no_trace),
		cmocka_unit_test(visitors_push_nobody_out),
		cmocka_unit_test(taken_out_by_hand),
		cmocka_unit_test(who_is_shown_goes_in_sight),
		cmocka_unit_test(no_room_is_taken_for_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
