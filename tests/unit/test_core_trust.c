/* Who is let in, as what, and what that allows: real cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/exchange.h"
#include "core/negotiate.h"
#include "core/trust.h"
#include "neg/show.h"
#include "tests/quiet.h"
#include "tests/unit/party.h"

/* 1 knows where 0 is. */
static void
pair(struct party *p)
{
	party_start(p, 0, 2);
	party_tell(p, 1, 0);
}

static enum peer_class
class_at(struct party *p, unsigned at, unsigned of)
{
	const struct peer *pe = party_peer(p, at, of);

	assert_non_null(pe);
	return trust_class(&p->d.end[at].core, pe);
}

static void
reload(struct party *p, unsigned nr)
{
	struct turn t = duo_turn(&p->d, nr);

	exchange_set_config(&p->d.end[nr].core, &p->cfg, &t);
	duo_done(&p->d);
}

static void
known_refuses_all_others(void **state)
{
	struct party *p = party_of(1, TRUST_KNOWN);

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	assert_in_range(duo_cnt(&p->d, 0, CNT_init_unknown), 1, 3);
	assert_int_equal(duo_cnt(&p->d, 0, CNT_handshakes), 0);
	party_fini(p);
}

/* The frames of inner traffic, as a stranger would send them. */
static void
pester(struct party *p, unsigned a, unsigned b)
{
	static const struct {
		uint8_t type, body[64];
	} frames[] = {
		{ FRAME_DATA, { 0x45 } },
		{ FRAME_NTK, { 0 } },
		{ FRAME_CLAIM, { 0 } },
		{ FRAME_NEG, { 1, 0, 1 } },
		{ FRAME_FRAG, { 0, 0, 0, 0, 0, 2, FRAME_DATA } },
	};
	unsigned i;

	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		party_send(p, a, b, frames[i].type, frames[i].body,
		    sizeof(frames[i].body));
	duo_run(&p->d, 100 * MONO_MS);
}

static void
strangers_get_a_list_and_no_more(void **state)
{
	struct party *p = party_of(2, TRUST_OPEN);

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	assert_int_equal(class_at(p, 0, 1), CLASS_STRANGER);
	assert_int_equal(class_at(p, 1, 0), CLASS_STRANGER);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 0);
	duo_say_nr(&p->d, 0, 1);
	duo_run(&p->d, MONO_SEC);
	assert_int_equal(duo_heard(&p->d, 1, 1), 0);
	assert_int_equal(duo_cnt(&p->d, 0, CNT_fan_no_peer), 1);
	pester(p, 1, 0);
	assert_int_equal(duo_cnt(&p->d, 0, CNT_class_refused), 5);
	assert_true(party_entry(p, 0, 1)->record_len > 0);
	party_fini(p);
}

static void
open_transit_is_for_strangers_too(void **state)
{
	struct party *p = party_of(3, TRUST_OPEN);
	uint32_t number = 1;
	unsigned ups;

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	p->cfg.trust.open_transit = true;
	reload(p, 0);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	reload(p, 1);
	assert_true(duo_carries(&p->d, 0, 1, &number));
	assert_int_equal(class_at(p, 0, 1), CLASS_STRANGER);
	ups = p->d.end[0].classes;
	p->cfg.trust.open_transit = false;
	reload(p, 0);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_DOWN), 1);
	assert_int_equal(p->d.end[0].classes, ups + 1);
	assert_false(duo_carries(&p->d, 0, 1, &number));
	party_fini(p);
}

static void
the_secret_makes_members(void **state)
{
	struct party *p = party_of(4, TRUST_SECRET);
	uint32_t number = 1;

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	assert_memory_equal(duo_last(&p->d, 0, MESH_PEER_UP)->rec.u.up.key,
	    p->d.end[1].core.id.ed_pk, KEY_LEN);
	assert_true(duo_carries(&p->d, 0, 1, &number));
	party_fini(p);
}

static void
three_days_make_an_established_one(void **state)
{
	struct party *p = party_of(5, TRUST_SECRET);
	size_t i;

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	duo_run(&p->d, 120 * (uint64_t)MONO_SEC);
	for (i = 0; i < p->w[0].n_saved; i++)
		p->w[0].saved[i].observed = BOOK_AGE_S - 120;
	party_restart(p, 0);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_true(party_wait_meshed(p, 2, 60 * MONO_SEC));
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	duo_run(&p->d, 180 * (uint64_t)MONO_SEC);
	assert_int_equal(class_at(p, 0, 1), CLASS_ESTABLISHED);
	assert_int_equal(class_at(p, 1, 0), CLASS_MEMBER);
	party_fini(p);
}

static void
decide(struct party *p, unsigned nr, unsigned of, int class)
{
	struct turn t = duo_turn(&p->d, nr);

	trust_decided(&p->d.end[nr].core, p->d.end[of].core.id.x_pk, class, &t);
	duo_done(&p->d);
}

static void
the_hook_lets_in(void **state)
{
	struct party *p = party_of(6, TRUST_HOOK);
	uint32_t number = 1;

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	p->cfg.trust.open_transit = true;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	decide(p, 0, 1, CLASS_MEMBER); /* nobody asked: ignored */
	duo_run(&p->d, 200 * MONO_MS);
	assert_int_equal(p->w[0].asks, 1);
	assert_memory_equal(p->w[0].asked, p->d.end[1].core.id.x_pk, KEY_LEN);
	assert_null(party_peer(p, 0, 1));
	decide(p, 0, 1, CLASS_MEMBER);
	assert_true(party_wait_meshed(p, 2, 3 * MONO_SEC));
	assert_int_equal(p->w[0].asks, 1);
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	assert_true(duo_carries(&p->d, 0, 1, &number));
	party_fini(p);
}

static void
the_hook_refuses(void **state)
{
	struct party *p = party_of(7, TRUST_HOOK);

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	party_tell(p, 1, 0);
	duo_run(&p->d, 200 * MONO_MS);
	decide(p, 0, 1, -1);
	duo_run(&p->d, PARTY_HOUR / 2);
	assert_null(party_peer(p, 0, 1));
	assert_int_equal(p->w[0].asks, 1);
	duo_run(&p->d, PARTY_HOUR);
	assert_true(p->w[0].asks > 1); /* it may have changed its mind */
	party_fini(p);
}

/* One that we dialled is a stranger until the hook has spoken. */
static void
the_hook_is_asked_of_those_we_dial(void **state)
{
	struct party *p = party_of(8, TRUST_HOOK);

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	party_tell(p, 0, 1);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	assert_int_equal(class_at(p, 0, 1), CLASS_STRANGER);
	assert_int_equal(p->w[0].asks, 1);
	decide(p, 0, 1, CLASS_MEMBER);
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	party_fini(p);
}

/* 0 has a hook to ask: of 1, which dials it, and of 2, which it dials. */
static void
ask_of_two(struct party *p)
{
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 3);
	party_tell(p, 1, 0);
	party_tell(p, 0, 2);
}

/* It was killed, or could not be run: that is not its word. */
static void
a_hook_that_fails_is_asked_again(void **state)
{
	struct party *p = party_of(15, TRUST_HOOK);

	(void)state;
	ask_of_two(p);
	duo_run(&p->d, MONO_SEC);
	assert_int_equal(p->w[0].asks, 2);
	decide(p, 0, 1, TRUST_UNSAID);
	decide(p, 0, 2, TRUST_UNSAID);
	duo_run(&p->d, 20 * MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	assert_true(party_live(p, 0, 2));
	assert_int_equal(p->w[0].asks, 2);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_true(p->w[0].asks >= 4); /* of both */
	decide(p, 0, 2, CLASS_MEMBER);
	decide(p, 0, 1, CLASS_MEMBER);
	assert_int_equal(class_at(p, 0, 2), CLASS_MEMBER);
	duo_run(&p->d, 600 * (uint64_t)MONO_SEC);
	assert_true(party_live(p, 0, 1));
	party_fini(p);
}

/* Nor is it asked at each reload of those whom it let in. */
static void
what_the_hook_said_holds(void **state)
{
	struct party *p = party_of(16, TRUST_HOOK);

	(void)state;
	ask_of_two(p);
	duo_run(&p->d, 200 * MONO_MS);
	decide(p, 0, 1, CLASS_MEMBER);
	decide(p, 0, 2, CLASS_MEMBER);
	duo_run(&p->d, 2 * PARTY_HOUR);
	p->cfg.trust.mode = TRUST_HOOK;
	reload(p, 0);
	duo_run(&p->d, PARTY_HOUR);
	assert_int_equal(p->w[0].asks, 2);
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	assert_int_equal(class_at(p, 0, 2), CLASS_MEMBER);
	party_fini(p);
}

/* None has run in time for any of ours: they are put again. */
static void
a_question_without_answer_is_put_again(void **state)
{
	struct party *p = party_of(17, TRUST_HOOK);

	(void)state;
	party_start(p, 0, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	party_start(p, 1, 2);
	party_tell(p, 0, 1);
	duo_run(&p->d, 10 * MONO_SEC);
	assert_int_equal(p->w[0].asks, 1);
	duo_run(&p->d, 10 * MONO_SEC);
	assert_int_equal(p->w[0].asks, 2);
	decide(p, 0, 1, CLASS_MEMBER);
	assert_int_equal(class_at(p, 0, 1), CLASS_MEMBER);
	duo_run(&p->d, 2 * PARTY_HOUR);
	assert_int_equal(p->w[0].asks, 2);
	party_fini(p);
}

static void
a_person_makes_an_anchor(void **state)
{
	struct party *p = party_of(9, TRUST_OPEN);
	struct peer *pe;

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	pe = duo_peer(&p->d, 0, 1, true);
	assert_true(duo_wait_up(&p->d, 0, 1, 5 * MONO_SEC));
	assert_ptr_equal(party_peer(p, 0, 1), pe);
	assert_int_equal(class_at(p, 0, 1), CLASS_ANCHOR);
	assert_int_equal(p->d.end[0].core.n_peers, 1);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	party_fini(p);
}

static void
a_stricter_mode_ends_tunnels(void **state)
{
	struct party *p = party_of(10, TRUST_OPEN);

	(void)state;
	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	p->cfg.trust.mode = TRUST_KNOWN;
	reload(p, 0);
	duo_run(&p->d, MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	assert_int_equal(duo_cnt(&p->d, 1, CNT_peer_closed), 1);
	duo_run(&p->d, 600 * (uint64_t)MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	party_fini(p);
}

/* 0 - 1 - 2 - 3 and no other way. */
static void
chain(struct party *p, const struct identity *authority)
{
	unsigned a, b;

	memcpy(p->cfg.trust.authority[0], authority->ed_pk, KEY_LEN);
	p->cfg.trust.n_authority = 1;
	for (a = 0; a < 4; a++)
		for (b = 0; b < 4; b++)
			p->d.dir[a][b].cut = a + 1 != b && b + 1 != a;
	party_start(p, 0, 4);
	for (a = 1; a < 4; a++)
		party_tell(p, a, a - 1);
	duo_run(&p->d, 30 * MONO_SEC);
	for (a = 1; a < 4; a++)
		assert_true(party_live(p, a, a - 1));
}

static bool
revoke_at(struct party *p, unsigned nr, const uint8_t *raw, size_t len)
{
	struct turn t = duo_turn(&p->d, nr);
	bool ok = exchange_revoke(&p->d.end[nr].core, raw, len, &t);

	duo_done(&p->d);
	return ok;
}

static void
a_revocation_goes_round(void **state)
{
	struct party *p = party_of(11, TRUST_SECRET);
	struct identity authority, other;
	uint8_t raw[REVOKE_LEN];
	unsigned i;

	(void)state;
	party_identity(p, &authority);
	party_identity(p, &other);
	chain(p, &authority);
	assert_false(revoke_at(
	    p, 0, raw, party_revoke(p, &p->d.end[3].core.id, &other, raw)));
	raw[40] ^= 1;
	assert_false(revoke_at(p, 0, raw, REVOKE_LEN));
	assert_true(revoke_at(
	    p, 0, raw, party_revoke(p, &p->d.end[3].core.id, &authority, raw)));
	duo_run(&p->d, MONO_SEC);
	for (i = 0; i < 3; i++)
		assert_int_equal(p->w[i].n_revoked, 1);
	assert_null(party_peer(p, 2, 3));
	assert_null(party_entry(p, 2, 3));
	duo_run(&p->d, 300 * (uint64_t)MONO_SEC);
	assert_null(party_peer(p, 2, 3));
	party_restart(p, 2);
	party_restart(p, 3);
	party_tell(p, 3, 2);
	duo_run(&p->d, 30 * MONO_SEC);
	assert_null(party_peer(p, 2, 3));
	assert_true(duo_cnt(&p->d, 2, CNT_init_revoked) > 0);
	party_fini(p);
}

/* Who comes later learns of it too; what anybody could make is nothing. */
static void
later_ones_hear_of_it(void **state)
{
	struct party *p = party_of(12, TRUST_SECRET);
	struct identity authority, stolen, junk;
	uint8_t raw[2 + REVOKE_LEN] = { 0, REVOKE_LEN };
	unsigned i;

	(void)state;
	party_identity(p, &authority);
	memcpy(p->cfg.trust.authority[0], authority.ed_pk, KEY_LEN);
	p->cfg.trust.n_authority = 1;
	pair(p);
	for (i = 0; i < 20; i++) {
		party_identity(p, &stolen);
		assert_true(revoke_at(p, 0, raw + 2,
		    party_revoke(p, &stolen, &authority, raw + 2)));
	}
	/* its own word, which a person brings: of no concern to others */
	party_identity(p, &stolen);
	assert_true(revoke_at(
	    p, 0, raw + 2, party_revoke(p, &stolen, &stolen, raw + 2)));
	assert_int_equal(p->w[0].n_revoked, 21);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	assert_in_range(p->w[1].n_revoked, 0, 8); /* not all at once */
	duo_run(&p->d, 5 * MONO_SEC);
	assert_int_equal(p->w[1].n_revoked, 20);
	party_identity(p, &junk);
	party_revoke(p, &junk, &junk, raw + 2);
	party_send(p, 1, 0, FRAME_RECORDS, raw, sizeof(raw));
	duo_run(&p->d, MONO_SEC);
	assert_int_equal(p->w[0].n_revoked, 21);
	party_fini(p);
}

static void
a_configured_one_can_be_revoked(void **state)
{
	struct party *p = party_of(13, TRUST_KNOWN);
	uint8_t raw[REVOKE_LEN];
	struct peer *pe;

	(void)state;
	party_start(p, 0, 2);
	pe = duo_peer(&p->d, 0, 1, true);
	duo_peer(&p->d, 1, 0, true);
	assert_true(duo_wait_up(&p->d, 0, 1, MONO_SEC));
	duo_run(&p->d, 5 * MONO_SEC);
	assert_true(revoke_at(p, 0, raw,
	    party_revoke(p, &p->d.end[1].core.id, &p->d.end[1].core.id, raw)));
	duo_run(&p->d, 300 * (uint64_t)MONO_SEC);
	assert_int_equal(pe->state, PEER_VNODE);
	assert_int_equal(p->d.end[0].revoked, 1);
	assert_true(duo_cnt(&p->d, 0, CNT_init_revoked) > 0);
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_DOWN), 1);
	party_fini(p);
}

/* Whoever has the network's secret and no more gets no further than that. */
static void
others_secrets_are_of_no_use(void **state)
{
	const struct duo_options opt = { .wall_ms = PARTY_WALL_MS };
	struct party *p = party_of(14, TRUST_SECRET);

	(void)state;
	party_start(p, 0, 1);
	party_start_as(p, 1, &opt); /* of the open network */
	party_tell(p, 1, 0);
	duo_run(&p->d, 60 * MONO_SEC);
	assert_null(party_peer(p, 0, 1));
	assert_in_range(duo_cnt(&p->d, 0, CNT_mac1_bad), 1, 3);
	assert_int_equal(p->d.end[0].out_n, 0);
	party_fini(p);
}

/* 0 with a negotiation; it has known 1 for days, by what it has saved. */
static void
know_an_old_one(struct party *p)
{
	const struct neg_config cfg = { .policy = REHOOK_ATOMIC,
		.max_nodes = 1 };
	const struct negotiate_io io = quiet_negotiate_io(NULL);
	unsigned i;

	pair(p);
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
	duo_run(&p->d, 120 * (uint64_t)MONO_SEC);
	for (i = 0; i < p->w[0].n_saved; i++)
		p->w[0].saved[i].observed = BOOK_AGE_S;
	for (i = 0; i < 2; i++) {
		party_restart(p, i);
		negotiate_start(&p->d.end[i].core, &cfg, &io);
	}
	assert_true(party_wait_meshed(p, 2, 5 * MONO_SEC));
}

static bool
testifies(struct party *p)
{
	struct neg_link_view v;

	assert_true(neg_show_link(
	    negotiate_neg(&p->d.end[0].core), party_peer(p, 0, 1)->id, &v));
	return v.established;
}

/* Years of one whom nobody vouches for are worth nothing where we may move. */
static void
strangers_do_not_testify(void **state)
{
	struct party *p = party_of(18, TRUST_OPEN);

	(void)state;
	p->cfg.trust.open_transit = true;
	know_an_old_one(p);
	assert_int_equal(class_at(p, 0, 1), CLASS_STRANGER);
	assert_false(testifies(p));
	/* the network gets a secret, or a hook that knows it */
	p->cfg.trust.mode = TRUST_SECRET;
	reload(p, 0);
	assert_int_equal(class_at(p, 0, 1), CLASS_ESTABLISHED);
	assert_true(testifies(p));
	p->cfg.trust.mode = TRUST_OPEN;
	reload(p, 0);
	assert_false(testifies(p));
	party_fini(p);
}

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	unsigned *n = e->d->deliver_arg;

	(void)no;
	if (e->nr == 0)
		*n += run->n;
}

/* An Ethernet frame of station 5 comes in at the device of that end. */
static void
station_says(struct party *p, unsigned nr)
{
	static const uint8_t frame[60] = { 255, 255, 255, 255, 255, 255, 2, 0,
		0, 0, 0, 5, 0x88, 0xb5 };
	struct turn t = duo_turn(&p->d, nr);
	struct run run;
	struct pkt *pk = run_one(&run, sizeof(frame), t.mem);

	assert_non_null(pk);
	memcpy(pk->p, frame, sizeof(frame));
	core_port_input(&p->d.end[nr].core, 0, &run, &t);
	duo_done(&p->d);
	duo_run(&p->d, 100 * MONO_MS);
}

/* Who may send no more holds no address that others may have. */
static void
demoted_ones_lose_their_stations(void **state)
{
	static const struct fwd_config tap = { .ethernet = true,
		.mode = FWD_SWITCH,
		.age_ms = 300000,
		.per_peer = 16,
		.flood_rate = 1000 };
	struct party *p = party_of(19, TRUST_SECRET);
	unsigned i, n = 0;

	(void)state;
	p->d.deliver = on_deliver;
	p->d.deliver_arg = &n;
	party_start(p, 0, 3);
	for (i = 0; i < 3; i++) {
		struct turn t = duo_turn(&p->d, i);

		assert_int_equal(core_port_add(&p->d.end[i].core, &tap, &t), 0);
		duo_done(&p->d);
	}
	party_tell(p, 1, 0);
	party_tell(p, 2, 0);
	assert_true(party_wait_meshed(p, 3, 5 * MONO_SEC));
	duo_run(&p->d, MONO_SEC);
	station_says(p, 1);
	assert_int_equal(n, 1);
	p->cfg.trust.mode = TRUST_OPEN;
	reload(p, 0);
	station_says(p, 1);
	assert_int_equal(n, 1);
	p->cfg.trust.mode = TRUST_SECRET;
	reload(p, 0);
	station_says(p, 2); /* it has moved meanwhile */
	assert_int_equal(n, 2);
	party_fini(p);
}

#define LONGEST 120 /* of what is no record */

/* Swallows records, or all that is in a session: *arg says what. */
static bool
swallow(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *dgram, size_t len)
{
	const size_t *longest = d->tap_arg;

	(void)from, (void)to;
	return dgram[0] != MSG_DATA || len <= *longest;
}

static void
records_that_are_lost_come_soon(void **state)
{
	struct party *p = party_of(21, TRUST_SECRET);
	size_t longest = LONGEST;

	(void)state;
	party_start(p, 0, 2);
	p->d.tap = swallow;
	p->d.tap_arg = &longest;
	duo_peer(&p->d, 1, 0, true);
	duo_run(&p->d, 3 * MONO_SEC);
	assert_int_equal(party_peer(p, 0, 1)->state, PEER_VRNODE);
	assert_false(party_live(p, 0, 1));
	p->d.tap = NULL;
	duo_run(&p->d, 1500 * MONO_MS);
	assert_true(party_live(p, 0, 1));
	assert_int_equal(duo_recs(&p->d, 0, MESH_PEER_UP), 1);
	party_fini(p);
}

static void
who_dials_on_stays_on_trial(void **state)
{
	struct party *p = party_of(22, TRUST_SECRET);
	size_t longest = 0;
	uint32_t id;

	(void)state;
	party_start(p, 0, 2);
	p->d.tap = swallow;
	p->d.tap_arg = &longest;
	duo_peer(&p->d, 1, 0, true);
	duo_run(&p->d, 9 * MONO_SEC);
	id = party_peer(p, 0, 1)->id;
	duo_run(&p->d, 5 * MONO_SEC);
	p->d.tap = NULL;
	duo_run(&p->d, 2500 * MONO_MS);
	assert_true(party_live(p, 0, 1));
	assert_int_equal(party_peer(p, 0, 1)->id, id);
	party_fini(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_refuses_all_others),
		cmocka_unit_test(strangers_get_a_list_and_no_more),
		cmocka_unit_test(open_transit_is_for_strangers_too),
		cmocka_unit_test(the_secret_makes_members),
		cmocka_unit_test(three_days_make_an_established_one),
		cmocka_unit_test(the_hook_lets_in),
		cmocka_unit_test(the_hook_refuses),
		cmocka_unit_test(the_hook_is_asked_of_those_we_dial),
		cmocka_unit_test(a_hook_that_fails_is_asked_again),
		cmocka_unit_test(what_the_hook_said_holds),
		cmocka_unit_test(a_question_without_answer_is_put_again),
		cmocka_unit_test(a_person_makes_an_anchor),
		cmocka_unit_test(a_stricter_mode_ends_tunnels),
		cmocka_unit_test(a_revocation_goes_round),
		cmocka_unit_test(later_ones_hear_of_it),
		cmocka_unit_test(a_configured_one_can_be_revoked),
		cmocka_unit_test(others_secrets_are_of_no_use),
		cmocka_unit_test(strangers_do_not_testify),
		cmocka_unit_test(demoted_ones_lose_their_stations),
		cmocka_unit_test(records_that_are_lost_come_soon),
		cmocka_unit_test(who_dials_on_stays_on_trial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
