#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neg_pair.h"

static void
policy(struct line *ln, unsigned side, enum rehook_policy p)
{
	ln->s[side].cfg.policy = p;
	neg_set_config(ln->s[side].g, &ln->s[side].cfg, ln->now);
}

/* n sides, the default policy, all but side 0 in their own place. */
static void
start(struct line *ln, unsigned n)
{
	unsigned i;

	line_init(ln, n, 1);
	for (i = 0; i < n; i++) {
		policy(ln, i, REHOOK_ATOMIC);
		line_own(ln, i, i < 2 ? 79 : 100 + i);
	}
}

static struct demand_view
demand(struct line *ln, unsigned side)
{
	struct demand_view v;

	assert_true(neg_show_demand(ln->s[side].g, 0, &v));
	return v;
}

static void
held(struct line *ln, unsigned a, unsigned b, uint8_t why)
{
	assert_int_equal(line_state(ln, a, b), NEG_HELD);
	assert_int_equal(line_state(ln, b, a), NEG_HELD);
	assert_int_equal(line_why(ln, a, b), why);
	assert_int_equal(line_why(ln, b, a), why);
}

/* Dialled a peer that the configuration names: told within 30 s. */
static void
trusted(void **state)
{
	struct line ln;

	(void)state;
	start(&ln, 2);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 30);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(ln.s[1].told, 0);
	line_run(&ln, 3600);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(demand(&ln, 0).state, DEMAND_DONE);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	line_fini(&ln);
}

/*
 * Sites of plain prefixes: the program that moves one runs to its end, nobody
 * is blamed, and all that the site has besides counts as before.
 */
static void
plain(void **state)
{
	struct neg_self_view v;
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	line_own_plain(&ln, 0, 33);
	line_own_plain(&ln, 1, 33);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(ln.s[0].stopped, 0);
	assert_int_equal(demand(&ln, 0).state, DEMAND_DONE);
	assert_int_equal(ln.s[0].types[1] & 1u << NEG_ABORT, 0);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	assert_int_equal(ln.s[1].n_routes[0], 1);
	line_own_plain(&ln, 0, 33); /* back, by hand: that is no leaving */
	line_run(&ln, 5);
	neg_show_self(ln.s[0].g, &v, ln.now);
	assert_int_equal(v.own->n_claims, 1);
	assert_int_equal(v.own->claim[0].flags, 0);
	line_fini(&ln);
}

/* Trusted, too; but it is they who dialled. */
static void
listener_never(void **state)
{
	static const struct neg_peer us = { .trusted = true };
	static const struct neg_peer them = { .dialled = true };
	struct line ln;

	(void)state;
	start(&ln, 2);
	policy(&ln, 1, REHOOK_NEVER);
	ln.s[1].cfg.rule = RULE_SIZE;
	ln.s[1].own.nodes = 50;
	neg_set_config(ln.s[1].g, &ln.s[1].cfg, ln.now);
	ln.s[0].cfg.rule = RULE_SIZE;
	neg_set_config(ln.s[0].g, &ln.s[0].cfg, ln.now);
	line_place(&ln, 1);
	line_join_as(&ln, 1, 0, &them, &us);
	line_run(&ln, 4000);
	held(&ln, 0, 1, NEG_WHY_POLICY);
	assert_int_equal(ln.s[0].told + ln.s[1].told, 0);
	assert_int_equal(demand(&ln, 0).state, DEMAND_WAITS);
	line_fini(&ln);
}

static void
stranger_asks(void **state)
{
	static const struct neg_peer us = { .dialled = true }, them = { 0 };
	struct demand_view v;
	struct line ln;

	(void)state;
	start(&ln, 2);
	line_join_as(&ln, 0, 1, &us, &them);
	line_run(&ln, 2000);
	held(&ln, 0, 1, NEG_WHY_POLICY);
	assert_int_equal(ln.s[0].told, 0);
	v = demand(&ln, 0);
	assert_int_equal(v.state, DEMAND_WAITS);
	assert_int_equal(v.why, NEG_WHY_POLICY);
	assert_int_equal(v.key[0], 1);
	assert_int_equal(v.peer, 2);
	assert_int_equal(v.from.gid[2], 79);
	assert_false(neg_approve(ln.s[0].g, v.id + 1, ln.now));
	assert_true(neg_approve(ln.s[0].g, v.id, ln.now));
	assert_false(neg_approve(ln.s[0].g, v.id, ln.now));
	line_run(&ln, 20);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(demand(&ln, 0).state, DEMAND_DONE);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	line_fini(&ln);
}

static void
person_refuses(void **state)
{
	static const struct neg_peer us = { .dialled = true }, them = { 0 };
	struct line ln;

	(void)state;
	start(&ln, 2);
	line_join_as(&ln, 0, 1, &us, &them);
	line_run(&ln, 30);
	assert_true(neg_refuse(ln.s[0].g, demand(&ln, 0).id, ln.now));
	assert_false(neg_refuse(ln.s[0].g, demand(&ln, 0).id, ln.now));
	policy(&ln, 0, REHOOK_AUTO);
	line_run(&ln, 2000);
	assert_int_equal(ln.s[0].told, 0);
	assert_int_equal(demand(&ln, 0).state, DEMAND_REFUSED);
	line_fini(&ln);
}

static void
one_policy(enum rehook_policy p, uint32_t nodes, enum demand_state want)
{
	struct line ln;

	start(&ln, 2);
	policy(&ln, 0, p);
	ln.s[0].own.nodes = nodes;
	line_place(&ln, 0);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 1900);
	assert_int_equal(ln.s[0].told, want == DEMAND_DONE);
	assert_int_equal(demand(&ln, 0).state, want);
	if (want != DEMAND_DONE)
		held(&ln, 0, 1, NEG_WHY_POLICY);
	line_fini(&ln);
}

static void
policies(void **state)
{
	(void)state;
	one_policy(REHOOK_NEVER, 1, DEMAND_REFUSED);
	one_policy(REHOOK_ASK, 1, DEMAND_WAITS);
	one_policy(REHOOK_ATOMIC, 1, DEMAND_DONE);
	one_policy(REHOOK_ATOMIC, 2, DEMAND_WAITS);
	one_policy(REHOOK_AUTO, 500, DEMAND_DONE);
}

/* The mesh daemon cannot: not even a person's word helps. */
static void
cannot(void **state)
{
	struct line ln;

	(void)state;
	start(&ln, 2);
	ln.s[0].own.flags = 0;
	ln.s[0].own.claim[1] = line_claim(85);
	ln.s[0].own.n_claims = 2;
	line_place(&ln, 0);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	held(&ln, 0, 1, NEG_WHY_CANNOT);
	assert_int_equal(demand(&ln, 0).state, DEMAND_REFUSED);
	assert_false(neg_approve(ln.s[0].g, demand(&ln, 0).id, ln.now));
	/* What does not overlap has its route. */
	assert_int_equal(ln.s[1].n_routes[0], 1);
	assert_int_equal(ln.s[1].route[0][0].gid[2], 85);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	line_fini(&ln);
}

/* Side 0 dials 1, whom it does not trust; 2 and 3 know 1 and 0 them. */
static void
corroborated(unsigned groups, unsigned sources, bool established, unsigned want)
{
	static const struct neg_peer none = { 0 };
	struct neg_peer us = { .dialled = true, .group = 99, .source = 9 };
	struct line ln;
	unsigned i;

	start(&ln, 4);
	line_join(&ln, 2, 1, false);
	line_join(&ln, 3, 1, false);
	line_run(&ln, 5);
	for (i = 1; i < 4; i++) {
		us.established = i > 1 && established;
		us.group = i == 1 ? 99 : i % groups;
		us.source = i % sources;
		line_join_as(&ln, 0, i, &us, &none);
	}
	line_run(&ln, 60);
	assert_int_equal(ln.s[0].told, want);
	line_fini(&ln);
}

static void
witnesses(void **state)
{
	(void)state;
	corroborated(2, 2, true, 1);
	corroborated(1, 2, true, 0);
	corroborated(2, 1, true, 0);
	corroborated(2, 2, false, 0);
}

/* Whoever has an established tunnel in peace is not new here. */
static void
settled(void **state)
{
	static const struct neg_peer them = { 0 };
	struct neg_peer us = { .dialled = true, .established = true };
	struct line ln;

	(void)state;
	start(&ln, 3);
	line_join_as(&ln, 0, 2, &us, &them);
	line_run(&ln, 5);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	held(&ln, 0, 1, NEG_WHY_POLICY);
	line_fini(&ln);
}

/* Three days of peace make a tunnel an established one; a restart goes by. */
static void
three_days(void **state)
{
	static const struct neg_peer us = { .dialled = true, .trusted = true };
	static const struct neg_peer them = { 0 };
	unsigned days, i;
	struct line ln;

	(void)state;
	for (i = 0; i < 2; i++) {
		days = i == 0 ? 1 : 4;
		start(&ln, 3);
		line_join(&ln, 0, 2, false);
		line_run(&ln, days * 86400);
		line_restart(&ln, 0, 5);
		line_place(&ln, 0);
		line_join(&ln, 0, 2, false);
		line_run(&ln, 5);
		line_join_as(&ln, 0, 1, &us, &them);
		line_run(&ln, 60);
		assert_int_equal(ln.s[0].told, days < 3);
		line_fini(&ln);
	}
}

/* Those whom nobody vouches for are not, however long they are there. */
static void
strangers_never(void **state)
{
	static const struct neg_peer us = { .dialled = true, .trusted = true };
	static const struct neg_peer odd = { .dialled = true,
		.stranger = true };
	static const struct neg_peer them = { 0 };
	struct line ln;

	(void)state;
	start(&ln, 3);
	line_join_as(&ln, 0, 2, &odd, &them);
	line_run(&ln, 4 * 86400);
	line_restart(&ln, 0, 5);
	line_place(&ln, 0);
	line_join_as(&ln, 0, 2, &odd, &them);
	line_run(&ln, 5);
	line_join_as(&ln, 0, 1, &us, &them);
	line_run(&ln, 60);
	assert_int_equal(ln.s[0].told, 1);
	line_fini(&ln);
}

/* The window of those who have just come is over after ten minutes. */
static void
window(void **state)
{
	static const struct neg_peer us = { .dialled = true }, them = { 0 };
	struct line ln;

	(void)state;
	start(&ln, 3);
	line_join_as(&ln, 0, 2, &us, &them);
	line_run(&ln, 610);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 1800);
	held(&ln, 0, 1, NEG_WHY_POLICY);
	assert_int_equal(ln.s[0].told, 0);
	line_fini(&ln);
}

/* Once a day, whatever happens; a restart does not help. */
static void
once_a_day(void **state)
{
	struct line ln;

	(void)state;
	start(&ln, 3);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[0].told, 1);
	line_restart(&ln, 0, 3600);
	line_own(&ln, 2, line_gid2(&ln, 1));
	line_own(&ln, 0, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	held(&ln, 0, 1, NEG_WHY_BUDGET);
	assert_int_equal(ln.s[0].told, 1);
	line_restart(&ln, 0, 86400);
	line_own(&ln, 0, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[0].told, 2);
	line_fini(&ln);
}

static void
stable_never(void **state)
{
	struct line ln;

	(void)state;
	start(&ln, 2);
	policy(&ln, 0, REHOOK_AUTO);
	ln.s[0].cfg.stable = NEG_STABLE_YES;
	neg_set_config(ln.s[0].g, &ln.s[0].cfg, ln.now);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 3600);
	held(&ln, 0, 1, NEG_WHY_STABLE);
	assert_int_equal(ln.s[0].told, 0);
	/* A person may. */
	assert_true(neg_approve(ln.s[0].g, demand(&ln, 0).id, ln.now));
	line_run(&ln, 30);
	assert_int_equal(ln.s[0].told, 1);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	line_fini(&ln);
}

/* What would happen is what then happens. */
static void
plan(void **state)
{
	struct neg_plan p;
	struct line ln;

	(void)state;
	start(&ln, 2);
	assert_false(neg_plan(ln.s[0].g, 2, ln.now, &p));
	line_join(&ln, 0, 1, false);
	line_run(&ln, 1);
	assert_true(neg_plan(ln.s[0].g, 2, ln.now, &p));
	assert_int_equal(p.verdict.kind, VERDICT_REHOOK);
	assert_int_equal(p.verdict.who, MOVE_I);
	assert_true(p.gate_open && p.has_to);
	assert_int_equal(p.nodes, 1);
	assert_int_equal(p.n_free, 254); /* not 0, not 79 */
	assert_int_equal(p.from.gid[2], 79);
	line_run(&ln, 20);
	assert_int_equal(ln.s[0].to.gid[2], p.to.gid[2]);
	assert_true(neg_plan(ln.s[1].g, 1, ln.now, &p));
	assert_false(p.has_to);
	line_fini(&ln);
}

static bool
offers(const struct neg_plan *p, const char *what)
{
	unsigned i;

	for (i = 0; i < p->n_otherwise; i++)
		if (strstr(p->otherwise[i], what) != NULL)
			return true;
	return false;
}

/* The responder's rule has decided; ours would have said something else. */
static void
plan_of_theirs(void **state)
{
	struct neg_plan p;
	struct line ln;

	(void)state;
	start(&ln, 2);
	policy(&ln, 1, REHOOK_ASK);
	ln.s[1].cfg.rule = RULE_SIZE;
	neg_set_config(ln.s[1].g, &ln.s[1].cfg, ln.now);
	ln.s[0].own.nodes = 50;
	line_place(&ln, 0);
	line_run(&ln, 2);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	assert_true(neg_plan(ln.s[0].g, 2, ln.now, &p));
	assert_int_equal(p.verdict.kind, VERDICT_REHOOK);
	assert_int_equal(p.verdict.who, MOVE_R);
	assert_int_equal(p.nodes, 1);
	assert_int_equal(p.demand, 0);
	assert_true(offers(&p, "ask the peer's operator"));
	assert_true(offers(&p, "stay"));
	assert_true(neg_plan(ln.s[1].g, 1, ln.now, &p));
	assert_int_equal(p.verdict.who, MOVE_R);
	assert_true(p.person);
	assert_int_equal(p.demand, demand(&ln, 1).id);
	assert_false(offers(&p, "ask the peer's operator"));
	line_fini(&ln);
}

/* No approval helps where nothing can move. */
static void
plan_cannot(void **state)
{
	struct neg_plan p;
	struct line ln;
	unsigned plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		start(&ln, 2);
		if (plain) {
			line_own_plain(&ln, 0, 33);
			line_own_plain(&ln, 1, 33);
		}
		ln.s[0].own.flags = 0;
		line_place(&ln, 0);
		line_join(&ln, 0, 1, false);
		line_run(&ln, 60);
		assert_true(neg_plan(ln.s[0].g, 2, ln.now, &p));
		assert_int_equal(p.why_not, NEG_WHY_CANNOT);
		assert_false(p.person);
		assert_int_equal(p.demand, 0);
		assert_int_equal(offers(&p, "rehook-hook"), plain);
		assert_int_equal(offers(&p, "by hand"), !plain);
		line_fini(&ln);
	}
}

static void
rehook_lie(struct line *ln, uint8_t who, uint32_t epoch)
{
	struct neg_msg m = { .type = NEG_VERDICT };

	m.u.verdict.kind = VERDICT_REHOOK;
	m.u.verdict.level = 2;
	m.u.verdict.who = who;
	m.u.verdict.epoch = epoch;
	line_forge(ln, 1, 0, &m);
	line_run(ln, 1);
}

static void
lies(void **state)
{
	struct neg_self_view v;
	struct line ln;
	unsigned i;

	(void)state;
	start(&ln, 2);
	policy(&ln, 0, REHOOK_AUTO);
	line_own(&ln, 1, 80);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 20);
	neg_show_self(ln.s[0].g, &v, ln.now);
	rehook_lie(&ln, MOVE_I, v.own->epoch + 1); /* late, not a lie */
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	for (i = 0; i < 5; i++) {
		rehook_lie(&ln, MOVE_I, v.own->epoch);
		assert_int_equal(line_state(&ln, 0, 1), NEG_STATES);
		assert_int_equal(ln.s[0].close_reason[1], 5);
		line_join(&ln, 0, 1, false);
		line_run(&ln, 3);
	}
	/* That was once too often: not before an hour has passed. */
	assert_int_equal(ln.s[0].close_reason[1], 3);
	line_run(&ln, 3600);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 20);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(ln.s[0].told, 0);
	line_fini(&ln);
}

/* A sin an hour, of whatever kind, is not held against anybody for ever. */
static void
forgiven(void **state)
{
	struct line ln;
	unsigned i;

	(void)state;
	start(&ln, 2);
	line_own(&ln, 1, 80);
	line_join(&ln, 0, 1, false);
	for (i = 0; i < 10; i++) {
		struct neg_self_view v;

		line_run(&ln, 3600);
		assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
		neg_show_self(ln.s[0].g, &v, ln.now);
		rehook_lie(&ln, MOVE_I, v.own->epoch);
		assert_int_equal(ln.s[0].close_reason[1], 5);
		line_join(&ln, 0, 1, false); /* it is taken at once */
	}
	line_fini(&ln);
}

static void
bad_signature(void **state)
{
	struct line ln;

	(void)state;
	start(&ln, 2);
	ln.s[1].bad_sig = true;
	line_own(&ln, 1, 80);
	line_run(&ln, 2);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 1);
	assert_int_equal(line_state(&ln, 0, 1), NEG_STATES);
	assert_int_equal(ln.s[0].close_reason[1], 5);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	line_fini(&ln);
}

/* Routes of an incumbent: not to be had by the same claim, nor by a part. */
static void
incumbent(void **state)
{
	static const struct neg_peer us = { 0 }, them = { .dialled = true };
	struct line ln;
	unsigned level;

	(void)state;
	for (level = 0; level <= 2; level++) {
		line_init(&ln, 3, 1);
		line_own(&ln, 0, 79);
		line_own(&ln, 1, 80);
		line_own(&ln, 2, 80);
		ln.s[2].own.flags = 0;
		ln.s[2].own.claim[0].level = (uint8_t)level;
		memcpy(ln.s[2].own.claim[0].gid, ln.s[2].own.gid,
		    sizeof(ln.s[2].own.gid));
		memset(ln.s[2].own.claim[0].gid, 0,
		    level * sizeof(ln.s[2].own.gid[0]));
		line_place(&ln, 2);
		line_join(&ln, 1, 0, false);
		line_run(&ln, 15);
		assert_int_equal(ln.s[0].n_routes[1], 1);
		line_join_as(&ln, 2, 0, &them, &us);
		line_run(&ln, 1500);
		assert_int_equal(ln.s[0].n_routes[1], 1);
		assert_int_equal(ln.s[0].n_routes[2], 0);
		assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
		line_fini(&ln);
	}
}

/* So many demands, and not one more; those that wait stay. */
static void
bounded(void **state)
{
	struct neg_record rec = { .kind = NEG_REC_DEMAND, .ago = 100 };
	struct demand_view v;
	struct line ln;
	unsigned i, waits = 0;

	(void)state;
	start(&ln, 1);
	rec.u.demand.topo = topology_ntk(NETDESC_10);
	for (i = 0; i < 200; i++) {
		rec.u.demand.id = i + 1;
		rec.u.demand.key[0] = (uint8_t)i;
		rec.u.demand.from = line_claim(i + 1);
		rec.u.demand.state = i % 10 == 0 ? DEMAND_WAITS : DEMAND_DONE;
		neg_restore(ln.s[0].g, &rec, ln.now);
	}
	for (i = 0; neg_show_demand(ln.s[0].g, i, &v); i++)
		waits += v.state == DEMAND_WAITS;
	assert_int_equal(i, 64);
	assert_int_equal(waits, 20);
	assert_true(neg_show_demand(ln.s[0].g, 0, &v));
	assert_int_equal(v.id, 200);
	line_fini(&ln);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trusted),
		cmocka_unit_test(plain),
		cmocka_unit_test(listener_never),
		cmocka_unit_test(stranger_asks),
		cmocka_unit_test(person_refuses),
		cmocka_unit_test(policies),
		cmocka_unit_test(cannot),
		cmocka_unit_test(witnesses),
		cmocka_unit_test(settled),
		cmocka_unit_test(three_days),
		cmocka_unit_test(strangers_never),
		cmocka_unit_test(window),
		cmocka_unit_test(once_a_day),
		cmocka_unit_test(stable_never),
		cmocka_unit_test(plan),
		cmocka_unit_test(plan_of_theirs),
		cmocka_unit_test(plan_cannot),
		cmocka_unit_test(lies),
		cmocka_unit_test(forgiven),
		cmocka_unit_test(bad_signature),
		cmocka_unit_test(incumbent),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
