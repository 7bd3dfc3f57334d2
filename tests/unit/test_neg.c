#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neg_pair.h"

static void
two(struct line *ln, unsigned a, unsigned b)
{
	line_init(ln, 2, 1);
	line_own(ln, 0, a);
	line_own(ln, 1, b);
	line_join(ln, 0, 1, false);
}

static void
both(struct line *ln, unsigned a, unsigned b, enum neg_state want)
{
	assert_string_equal(
	    neg_state_name(line_state(ln, a, b)), neg_state_name(want));
	assert_string_equal(
	    neg_state_name(line_state(ln, b, a)), neg_state_name(want));
}

static bool
was_sent(const struct line *ln, unsigned a, unsigned b, enum neg_type type)
{
	return (ln->s[a].types[b] & 1u << type) != 0;
}

/* Small steps until it is so. */
static void
run_until(struct line *ln, unsigned a, unsigned b, enum neg_state want,
    unsigned max_ms)
{
	while (line_state(ln, a, b) != want && max_ms-- > 0)
		line_run_ms(ln, 1);
	assert_int_equal(line_state(ln, a, b), want);
}

static void
compatible(void **state)
{
	struct line ln;

	(void)state;
	two(&ln, 79, 80);
	line_run(&ln, 2);
	both(&ln, 0, 1, NEG_UP);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	assert_int_equal(ln.s[0].route[1][0].gid[2], 80);
	assert_int_equal(ln.s[1].route[0][0].gid[2], 79);
	line_cut(&ln, 0, 1);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	assert_int_equal(ln.s[1].n_routes[0], 0);
	line_fini(&ln);
}

static void
newcomer_moves(void **state)
{
	struct line ln;

	(void)state;
	two(&ln, 79, 79);
	line_run(&ln, 15);
	assert_int_equal(ln.s[0].told, 1);
	line_run(&ln, 15);
	assert_int_equal(ln.s[1].told, 0);
	assert_int_equal(line_gid2(&ln, 1), 79);
	assert_int_not_equal(line_gid2(&ln, 0), 79);
	both(&ln, 0, 1, NEG_UP);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	assert_int_equal(ln.s[1].n_routes[0], 1);
	assert_int_equal(ln.s[1].route[0][0].gid[2], line_gid2(&ln, 0));
	assert_int_equal(line_role(&ln, 0), ROLE_IDLE);
	assert_int_equal(line_role(&ln, 1), ROLE_IDLE);
	line_run(&ln, 3600);
	assert_int_equal(ln.s[0].told, 1);
	line_fini(&ln);
}

static void
other_topology(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	ln.s[1].own.topo = topology_ntk(NETDESC_172);
	ln.s[1].own.gid[3] = ln.s[1].own.claim[0].gid[3] = 172;
	ln.s[1].own.gid[2] = ln.s[1].own.claim[0].gid[2] = 20;
	line_place(&ln, 1);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 1300);
	both(&ln, 0, 1, NEG_TOPO);
	assert_int_equal(ln.s[0].n_routes[1] + ln.s[1].n_routes[0], 0);
	assert_int_equal(ln.s[0].told + ln.s[1].told, 0);
	line_fini(&ln);
}

/* Both dialled: the smaller key, side 0's, is I, and I moves. */
static void
case_27(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 8; seed++) {
		struct neg_link_view v;
		struct line ln;

		line_init(&ln, 2, seed);
		line_own(&ln, 0, 79);
		line_own(&ln, 1, 79);
		line_join(&ln, seed % 2, 1 - seed % 2, true);
		line_run(&ln, 1);
		assert_true(neg_show_link(ln.s[0].g, 2, &v));
		assert_true(v.initiator);
		assert_true(neg_show_link(ln.s[1].g, 1, &v));
		assert_false(v.initiator);
		line_run(&ln, 40);
		assert_int_equal(ln.s[0].told, 1);
		assert_int_equal(ln.s[1].told, 0);
		line_fini(&ln);
	}
}

/* Sides 1 and 2 collide with 0; 1 has a place reserved: ln->s[1].to. */
static void
reserved(struct line *ln)
{
	line_init(ln, 3, 3);
	ln->s[1].obeys = ln->s[2].obeys = false;
	line_own(ln, 0, 79);
	line_own(ln, 1, 79);
	line_own(ln, 2, 79);
	line_join(ln, 1, 0, false);
	line_run(ln, 15);
	assert_int_equal(line_state(ln, 0, 1), NEG_RESERVED);
	line_join(ln, 2, 0, false);
	run_until(ln, 0, 2, NEG_WIN_WAIT, 15000);
}

static struct neg_msg
proposal(struct line *ln, unsigned side, struct claim to)
{
	struct neg_msg m = { .type = NEG_PROPOSE };
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	m.u.propose.from = v.own->claim[0];
	m.u.propose.to = to;
	m.u.propose.epoch = v.own->epoch;
	return m;
}

static void
case_28(void **state)
{
	struct neg_msg m;
	struct line ln;

	(void)state;
	reserved(&ln);
	ln.s[0].types[2] = 0;
	m = proposal(&ln, 2, ln.s[1].to);
	line_forge(&ln, 2, 0, &m);
	line_run_ms(&ln, 100);
	assert_true(was_sent(&ln, 0, 2, NEG_REJECT));
	assert_int_equal(line_state(&ln, 0, 2), NEG_WIN_WAIT);
	line_fini(&ln);
}

static void
case_29(void **state)
{
	struct neg_msg m;
	struct line ln;

	(void)state;
	reserved(&ln);
	ln.s[0].types[1] = 0;
	m = proposal(&ln, 1, ln.s[1].to);
	line_forge(&ln, 1, 0, &m);
	line_run_ms(&ln, 100);
	assert_true(was_sent(&ln, 0, 1, NEG_ACCEPT));
	assert_int_equal(line_state(&ln, 0, 1), NEG_RESERVED);
	line_fini(&ln);
}

static unsigned
reserves(const struct side *s)
{
	unsigned i, n = 0;

	for (i = 0; i < s->n_rec; i++)
		n += s->rec[i].kind == NEG_REC_RESERVE && !s->rec[i].gone;
	return n;
}

/* T_move of a lone node is 80 s. */
static void
case_30(void **state)
{
	struct line ln;

	(void)state;
	two(&ln, 79, 79);
	ln.s[0].obeys = false;
	run_until(&ln, 0, 1, NEG_MOVING, 15000);
	assert_int_equal(reserves(&ln.s[1]), 1);
	line_run(&ln, 79);
	assert_int_equal(line_state(&ln, 0, 1), NEG_MOVING);
	assert_int_equal(ln.s[0].stopped, 0);
	line_run(&ln, 2);
	assert_int_equal(ln.s[0].stopped, 1);
	both(&ln, 0, 1, NEG_BACKOFF);
	assert_int_equal(line_role(&ln, 0), ROLE_IDLE);
	assert_int_equal(line_role(&ln, 1), ROLE_IDLE);
	assert_int_equal(reserves(&ln.s[1]), 1);
	ln.loss = 100; /* or it would begin again */
	line_run(&ln, 30);
	assert_int_equal(reserves(&ln.s[1]), 0);
	line_fini(&ln);
}

static void
moved_before(struct side *s, unsigned ago)
{
	struct neg_record rec = { .kind = NEG_REC_MOVE, .ago = ago };

	rec.u.move.topo = topology_ntk(NETDESC_10);
	rec.u.move.from = line_claim(100 + ago % 100);
	rec.u.move.to = line_claim(101 + ago % 100);
	neg_restore(s->g, &rec, s->line->now);
}

static void
case_31(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	moved_before(&ln.s[0], 500);
	moved_before(&ln.s[0], 400);
	moved_before(&ln.s[0], 300);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 20);
	both(&ln, 0, 1, NEG_HELD);
	assert_int_equal(line_why(&ln, 0, 1), NEG_WHY_BUDGET);
	assert_int_equal(line_why(&ln, 1, 0), NEG_WHY_BUDGET);
	assert_int_equal(ln.s[0].told, 0);
	line_run(&ln, 700); /* looked at again: the window is open */
	assert_int_equal(ln.s[0].told, 1);
	line_fini(&ln);
}

static void
case_32(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 3, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_own(&ln, 2, 60);
	line_join(&ln, 0, 1, false);
	line_join(&ln, 2, 1, false);
	run_until(&ln, 1, 0, NEG_WIN_WAIT, 15000);
	assert_int_equal(line_role(&ln, 1), ROLE_WINNER);
	ln.s[1].types[2] = 0;
	line_own(&ln, 1, 81);
	assert_true(was_sent(&ln, 1, 2, NEG_HELLO));
	assert_int_equal(line_role(&ln, 1), ROLE_IDLE);
	line_run(&ln, 60);
	both(&ln, 0, 1, NEG_UP);
	both(&ln, 2, 1, NEG_UP);
	assert_int_equal(ln.s[0].told, 0);
	assert_int_equal(line_gid2(&ln, 0), 79);
	line_fini(&ln);
}

/* Whichever of the two netids is the smaller one. */
static void
case_33(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 8; seed++) {
		struct line ln;
		uint64_t min;

		line_init(&ln, 2, seed);
		line_own(&ln, 0, 79);
		line_own(&ln, 1, 79);
		line_join(&ln, 0, 1, false);
		ln.s[0].mesh[1] = ln.s[1].mesh[0] = true;
		min = line_netid(&ln, 0) < line_netid(&ln, 1)
		    ? line_netid(&ln, 0)
		    : line_netid(&ln, 1);
		line_run(&ln, 8);
		both(&ln, 0, 1, NEG_SAME);
		assert_true(line_netid(&ln, 0) == min);
		assert_true(line_netid(&ln, 1) == min);
		assert_int_equal(ln.s[0].n_routes[1], 0);
		line_run(&ln, 700);
		both(&ln, 0, 1, NEG_SAME);
		assert_int_equal(ln.s[0].told + ln.s[1].told, 0);
		line_fini(&ln);
	}
}

/* Side 1 has the tunnels: to 2 at 90, and then to 0 that is there as well. */
static void
third(struct line *ln, enum neg_stable stable, enum rehook_policy policy)
{
	line_init(ln, 3, 1);
	ln->s[2].cfg.stable = stable;
	ln->s[2].cfg.policy = policy;
	neg_set_config(ln->s[2].g, &ln->s[2].cfg, ln->now);
	line_own(ln, 0, 90);
	line_own(ln, 1, 79);
	line_own(ln, 2, 90);
	line_join(ln, 2, 1, false);
	line_run(ln, 15);
	both(ln, 1, 2, NEG_UP);
	line_join(ln, 1, 0, false);
	line_run(ln, 15);
}

static void
case_34(void **state)
{
	struct neg_msg m = { .type = NEG_NOTICE };
	struct line ln;

	(void)state;
	third(&ln, NEG_STABLE_YES, REHOOK_AUTO);
	both(&ln, 0, 1, NEG_PARTIAL);
	assert_int_equal(ln.s[1].n_routes[0], 0);
	assert_int_equal(ln.s[1].n_routes[2], 1);
	m.u.notice.netid = line_netid(&ln, 0);
	m.u.notice.claim = line_claim(90);
	line_forge(&ln, 1, 2, &m);
	line_run(&ln, 30);
	assert_int_equal(line_state(&ln, 2, 1), NEG_UP);
	assert_int_equal(line_role(&ln, 2), ROLE_IDLE);
	assert_int_equal(ln.s[2].told, 0);
	line_fini(&ln);
}

/* One that is not stable, and may: it moves, and all is well. */
static void
notice_moves(void **state)
{
	struct line ln;

	(void)state;
	third(&ln, NEG_STABLE_AUTO, REHOOK_AUTO);
	line_run(&ln, 60);
	assert_int_equal(ln.s[2].told, 1);
	both(&ln, 0, 1, NEG_UP);
	both(&ln, 1, 2, NEG_UP);
	line_fini(&ln);
}

static void
notice_is_no_order(void **state)
{
	struct demand_view v;
	struct line ln;

	(void)state;
	third(&ln, NEG_STABLE_AUTO, REHOOK_ATOMIC);
	line_run(&ln, 3000);
	assert_int_equal(ln.s[2].told, 0);
	both(&ln, 0, 1, NEG_PARTIAL);
	both(&ln, 1, 2, NEG_UP);
	assert_true(neg_show_demand(ln.s[2].g, 0, &v));
	assert_int_equal(v.state, DEMAND_WAITS);
	assert_int_equal(v.why, NEG_WHY_POLICY);
	assert_false(neg_show_demand(ln.s[2].g, 1, &v)); /* one, not many */
	line_fini(&ln);
}

/* The mesh daemon still shows what was left: in the way of nobody at first. */
static void
leaving(void **state)
{
	struct neg_self_view v;
	struct side *s;
	struct line ln;

	(void)state;
	two(&ln, 79, 79);
	s = &ln.s[0];
	s->obeys = false;
	run_until(&ln, 0, 1, NEG_MOVING, 15000);
	s->own.claim[1] = s->own.claim[0];
	s->own.claim[0] = s->to;
	s->own.n_claims = 2;
	s->own.gid[2] = s->to.gid[2];
	line_place(&ln, 0);
	line_run(&ln, 2);
	both(&ln, 0, 1, NEG_UP);
	neg_show_self(s->g, &v, ln.now);
	assert_int_equal(v.own->claim[0].flags, 0);
	assert_int_equal(v.own->claim[1].flags, CLAIM_LEAVING);
	assert_int_equal(s->n_routes[1], 1);
	assert_int_equal(ln.s[1].n_routes[0], 1);
	assert_int_equal(ln.s[1].route[0][0].gid[2], s->to.gid[2]);
	line_run(&ln, 1000); /* too long: what overlaps is withheld */
	both(&ln, 0, 1, NEG_UP);
	assert_int_equal(s->n_routes[1], 0);
	assert_int_equal(s->told, 1);
	s->own.n_claims = 1; /* gone at last */
	line_place(&ln, 0);
	line_run(&ln, 2);
	assert_int_equal(s->n_routes[1], 1);
	line_fini(&ln);
}

/* A tunnel that dies again and again has to live for a minute first. */
static void
flapping(void **state)
{
	struct line ln;
	unsigned i;

	(void)state;
	two(&ln, 79, 79);
	for (i = 0; i < 4; i++) {
		line_run(&ln, 5);
		line_cut(&ln, 0, 1);
		line_join(&ln, 0, 1, false);
	}
	line_run(&ln, 55);
	assert_int_equal(ln.s[0].told, 0);
	line_run(&ln, 30);
	assert_int_equal(ln.s[0].told, 1);
	line_fini(&ln);
}

/* The mesh daemon fails at once, and again: the waits grow, the places vary. */
static void
failing(void **state)
{
	struct line ln;
	struct claim last;
	unsigned n = 0, t;

	(void)state;
	two(&ln, 79, 79);
	ln.s[0].obeys = false;
	memset(&last, 0, sizeof(last));
	for (t = 0; t < 3600; t++) {
		line_run(&ln, 1);
		if (ln.s[0].told == n)
			continue;
		n = ln.s[0].told;
		assert_int_not_equal(ln.s[0].to.gid[2], last.gid[2]);
		last = ln.s[0].to;
		neg_rehook_failed(ln.s[0].g, 99, ln.now); /* not that one */
		assert_int_equal(line_state(&ln, 0, 1), NEG_MOVING);
		neg_rehook_failed(ln.s[0].g, ln.s[0].rehook_id, ln.now);
		assert_int_equal(line_state(&ln, 0, 1), NEG_BACKOFF);
		assert_int_equal(line_why(&ln, 0, 1), NEG_WHY_FAILED);
	}
	assert_in_range(n, 3, 8);
	line_fini(&ln);
}

/* Who is told of a third party and has nowhere to go stays at peace. */
static void
notice_without_place(void **state)
{
	struct neg_taken t[256] = { 0 };
	struct line ln;
	unsigned i;

	(void)state;
	line_init(&ln, 3, 1);
	for (i = 0; i < 256; i++) {
		t[i].p.family = PREFIX_IPV4;
		t[i].p.bits = 16;
		t[i].p.a[0] = 10;
		t[i].p.a[1] = (uint8_t)i;
	}
	neg_avoid(ln.s[0].g, t, 256, ln.now);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	line_own(&ln, 2, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 5);
	both(&ln, 0, 1, NEG_UP);
	line_join(&ln, 1, 2, false);
	line_run(&ln, 60);
	assert_true(was_sent(&ln, 1, 0, NEG_NOTICE));
	assert_true(was_sent(&ln, 0, 1, NEG_REFUSE));
	both(&ln, 0, 1, NEG_UP);
	assert_int_equal(ln.s[0].told, 0);
	line_fini(&ln);
}

/* An ACCEPT of what was proposed before the last time-out is only late. */
static void
late_accept(void **state)
{
	struct neg_msg m = { .type = NEG_ACCEPT };
	struct line ln;
	unsigned gid;

	(void)state;
	for (gid = 100; gid < 102; gid++) { /* one of them is not as asked */
		two(&ln, 79, 79);
		run_until(&ln, 0, 1, NEG_LOSE_ASK, 20000);
		m.u.propose.from = line_claim(79);
		m.u.propose.to = line_claim(gid);
		m.u.propose.epoch = 1;
		line_forge(&ln, 1, 0, &m);
		assert_false(ln.s[0].closed[1]);
		assert_true(line_state(&ln, 0, 1) == NEG_LOSE_ASK ||
		    ln.s[0].to.gid[2] == gid);
		line_fini(&ln);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_accept),
		cmocka_unit_test(notice_without_place),
		cmocka_unit_test(compatible),
		cmocka_unit_test(newcomer_moves),
		cmocka_unit_test(other_topology),
		cmocka_unit_test(case_27),
		cmocka_unit_test(case_28),
		cmocka_unit_test(case_29),
		cmocka_unit_test(case_30),
		cmocka_unit_test(case_31),
		cmocka_unit_test(case_32),
		cmocka_unit_test(case_33),
		cmocka_unit_test(case_34),
		cmocka_unit_test(leaving),
		cmocka_unit_test(flapping),
		cmocka_unit_test(failing),
		cmocka_unit_test(notice_moves),
		cmocka_unit_test(notice_is_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
