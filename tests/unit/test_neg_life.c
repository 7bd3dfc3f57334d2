#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neg_pair.h"

static const struct neg_record *
record(const struct side *s, enum neg_record_kind kind)
{
	unsigned i;

	for (i = 0; i < s->n_rec; i++)
		if (s->rec[i].kind == kind)
			return &s->rec[i];
	return NULL;
}

static uint32_t
epoch(struct line *ln, unsigned side)
{
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	return v.own->epoch;
}

static bool
stable(struct line *ln, unsigned side)
{
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	return v.stable;
}

static void
restart(void **state)
{
	struct line ln;
	uint64_t netid;
	uint32_t e;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 60);
	netid = line_netid(&ln, 0);
	e = epoch(&ln, 0);
	assert_non_null(record(&ln.s[0], NEG_REC_NETWORK));
	assert_true(record(&ln.s[0], NEG_REC_NETWORK)->u.network.netid ==
	    line_netid(&ln, 1));
	line_restart(&ln, 0, 30);
	line_place(&ln, 0);
	assert_true(line_netid(&ln, 0) == netid);
	assert_int_equal(epoch(&ln, 0), e); /* the same place */
	line_join(&ln, 0, 1, false);
	line_run(&ln, 3);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	line_restart(&ln, 0, 30);
	line_own(&ln, 0, 81);
	assert_int_equal(epoch(&ln, 0), e + 1);
	line_fini(&ln);
}

/* In each state of a move, either side: what follows is peace. */
static void
restart_anywhere(void **state)
{
	unsigned ms, side;

	(void)state;
	for (side = 0; side < 2; side++)
		for (ms = 20; ms < 26000; ms += ms < 300 ? 20 : 997) {
			struct line ln;

			line_init(&ln, 2, ms);
			line_own(&ln, 0, 79);
			line_own(&ln, 1, 79);
			line_join(&ln, 0, 1, false);
			line_run_ms(&ln, ms);
			line_restart(&ln, side, 3);
			line_place(&ln, side);
			line_join(&ln, 0, 1, false);
			line_run(&ln, 300);
			assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
			assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
			assert_int_not_equal(
			    line_gid2(&ln, 0), line_gid2(&ln, 1));
			assert_int_equal(line_role(&ln, 0), ROLE_IDLE);
			assert_int_equal(line_role(&ln, 1), ROLE_IDLE);
			line_fini(&ln);
		}
}

/* The other side has not seen that it was away: its link lives on. */
static void
restart_unseen(void **state)
{
	static const struct neg_peer peer = {
		.id = 2, .first = true, .key = { 1 }
	};
	unsigned gid, from_r, ms;

	(void)state;
	for (from_r = 0; from_r < 2; from_r++)
		for (gid = 79; gid < 81; gid++)
			for (ms = 50; ms < 40000; ms += 1777) {
				struct neg_peer p = peer;
				struct line ln;

				line_init(&ln, 2, ms);
				line_own(&ln, 0, gid);
				line_own(&ln, 1, 79);
				line_join(&ln, from_r, 1 - from_r, false);
				line_run_ms(&ln, ms);
				ln.unseen = true;
				line_restart(&ln, 0, 3);
				line_place(&ln, 0);
				p.dialled = ms % 2 == 0;
				neg_link_up(ln.s[0].g, &p, ln.now);
				line_run(&ln, 300);
				assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
				assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
				assert_int_not_equal(
				    line_gid2(&ln, 0), line_gid2(&ln, 1));
				line_fini(&ln);
			}
}

/* A tunnel that dies at any instant leaves nothing behind. */
static void
cut_anywhere(void **state)
{
	unsigned ms;

	(void)state;
	for (ms = 20; ms < 26000; ms += ms < 300 ? 20 : 997) {
		const struct neg_record *rec;
		struct line ln;

		line_init(&ln, 2, ms);
		line_own(&ln, 0, 79);
		line_own(&ln, 1, 79);
		line_join(&ln, 0, 1, false);
		line_run_ms(&ln, ms);
		line_cut(&ln, 0, 1);
		assert_int_equal(line_role(&ln, 0), ROLE_IDLE);
		assert_int_equal(line_role(&ln, 1), ROLE_IDLE);
		assert_int_equal(ln.s[0].n_routes[1], 0);
		assert_int_equal(ln.s[1].n_routes[0], 0);
		rec = record(&ln.s[1], NEG_REC_RESERVE);
		assert_true(rec == NULL || rec->gone);
		line_fini(&ln);
	}
}

/* Nor does one that dies when the move has failed and its place is still kept.
 */
static void
cut_after_abort(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	ln.s[0].obeys = false;
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 20);
	assert_int_equal(line_state(&ln, 1, 0), NEG_RESERVED);
	neg_rehook_failed(ln.s[0].g, ln.s[0].rehook_id, ln.now);
	line_run(&ln, 1);
	assert_int_equal(line_state(&ln, 1, 0), NEG_BACKOFF);
	assert_false(record(&ln.s[1], NEG_REC_RESERVE)->gone);
	line_cut(&ln, 0, 1);
	assert_true(record(&ln.s[1], NEG_REC_RESERVE)->gone);
	line_fini(&ln);
}

/* The winner restarts while the loser moves: the place is still its own. */
static void
reserve_survives(void **state)
{
	struct neg_self_view v;
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 13);
	assert_int_equal(line_state(&ln, 1, 0), NEG_RESERVED);
	neg_free(ln.s[1].g);
	ln.s[1].g = NULL;
	line_run(&ln, 1);
	line_fini(&ln);
	line_init(&ln, 2, 2);
	{
		struct neg_record rec = { .kind = NEG_REC_RESERVE, .ago = 120 };

		rec.u.reserve.netid = 5;
		rec.u.reserve.topo = topology_ntk(NETDESC_10);
		rec.u.reserve.claim = line_claim(99);
		rec.u.reserve.left = 50; /* of 170 */
		neg_restore(ln.s[1].g, &rec, ln.now);
	}
	line_own(&ln, 1, 79);
	neg_show_self(ln.s[1].g, &v, ln.now);
	assert_int_equal(v.own->n_known, 1);
	assert_int_equal(v.own->known[0].claim.gid[2], 99);
	assert_int_equal(v.own->known[0].claim.flags, KNOWN_RESERVED);
	line_run(&ln, 48);
	neg_show_self(ln.s[1].g, &v, ln.now);
	assert_int_equal(v.own->n_known, 1);
	line_run(&ln, 4);
	neg_show_self(ln.s[1].g, &v, ln.now);
	assert_int_equal(v.own->n_known, 0);
	line_fini(&ln);
}

/* Sides 1 and 2 are vnodes of one gnode; 0 has a tunnel to each. */
static void
two_vnodes(struct line *ln)
{
	unsigned i;

	line_init(ln, 3, 1);
	for (i = 1; i < 3; i++) {
		ln->s[i].cfg.netid = 77;
		neg_set_config(ln->s[i].g, &ln->s[i].cfg, ln->now);
	}
	line_own(ln, 0, 79);
	line_own(ln, 1, 80);
	line_own(ln, 2, 80);
	line_join(ln, 0, 1, false);
	line_join(ln, 0, 2, false);
}

static void
stability(void **state)
{
	struct line ln;

	(void)state;
	two_vnodes(&ln);
	line_run(&ln, 590);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	assert_int_equal(ln.s[0].n_routes[2], 1); /* by both */
	assert_false(stable(&ln, 0));
	line_run(&ln, 20);
	assert_true(stable(&ln, 0));
	assert_false(stable(&ln, 1)); /* it knows of one tunnel */
	line_run(&ln, 5);
	line_cut(&ln, 0, 2);
	line_run(&ln, 1790);
	assert_true(stable(&ln, 0));
	line_run(&ln, 20);
	assert_false(stable(&ln, 0));
	line_fini(&ln);
}

/* They see each other's tunnels: for their gnode it is two. */
static void
sibling_counts(void **state)
{
	static const struct neg_peer us = { .dialled = true, .trusted = true };
	struct line ln;

	(void)state;
	two_vnodes(&ln);
	line_join_as(&ln, 1, 2, &us, &us);
	line_run(&ln, 5);
	assert_int_equal(line_state(&ln, 1, 2), NEG_SAME);
	line_run(&ln, 605);
	assert_true(stable(&ln, 1));
	assert_true(stable(&ln, 2));
	line_fini(&ln);
}

static void
stable_survives(void **state)
{
	struct line ln;

	(void)state;
	two_vnodes(&ln);
	line_run(&ln, 620);
	assert_true(stable(&ln, 0));
	line_restart(&ln, 0, 60);
	line_place(&ln, 0);
	assert_true(stable(&ln, 0));
	line_run(&ln, 1850);
	assert_false(stable(&ln, 0));
	line_fini(&ln);
}

/*
 * Side 1 is away for ten days; 2 comes meanwhile, with its address: whoever
 * knew 1 keeps its place.
 */
static void
partition(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 3, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	line_own(&ln, 2, 80);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 11 * 86400);
	line_cut(&ln, 1, 0);
	line_run(&ln, 86400);
	line_join(&ln, 2, 0, false);
	line_run(&ln, 9 * 86400);
	assert_int_equal(ln.s[2].told, 1);
	assert_int_equal(line_state(&ln, 2, 0), NEG_UP);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 3600);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	assert_int_equal(ln.s[1].told, 0);
	assert_int_equal(line_gid2(&ln, 1), 80);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	line_fini(&ln);
}

/* One that was here for minutes has no place kept for days. */
static void
not_for_guests(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 3, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	line_own(&ln, 2, 80);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 1300);
	line_cut(&ln, 1, 0);
	line_run(&ln, 3600);
	line_join(&ln, 2, 0, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[2].told, 0);
	assert_int_equal(line_state(&ln, 2, 0), NEG_UP);
	line_fini(&ln);
}

/* A settled tunnel sleeps but for a look every ten minutes. */
static void
sleeps(void **state)
{
	struct line ln;
	unsigned before, wakes = 0;
	struct mono end;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	line_join(&ln, 0, 1, false);
	line_run(&ln, 700);
	before = ln.s[0].sent;
	end = mono_add(ln.now, 3600 * (uint64_t)MONO_SEC);
	while (mono_before(ln.now, end)) {
		struct mono at = neg_deadline(ln.s[0].g);

		assert_false(mono_before(at, ln.now));
		wakes++;
		line_run_ms(
		    &ln, (unsigned)(mono_since(ln.now, at) / MONO_MS) + 1);
	}
	assert_in_range(wakes, 5, 8);
	assert_int_equal(ln.s[0].sent, before);
	line_fini(&ln);
}

/* No place, no tunnel: nothing ever happens. */
static void
nothing(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	assert_true(mono_is_never(neg_deadline(ln.s[0].g)));
	line_own(&ln, 0, 79);
	assert_true(mono_is_never(neg_deadline(ln.s[0].g)));
	line_join(&ln, 0, 1, false);
	line_run(&ln, 3600);
	assert_int_equal(line_state(&ln, 0, 1), NEG_HELLO_WAIT);
	line_own(&ln, 1, 80); /* at last */
	line_run(&ln, 2);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	neg_own(ln.s[1].g, NULL, ln.now);
	assert_int_equal(ln.s[1].n_routes[0], 0);
	assert_int_equal(line_state(&ln, 1, 0), NEG_HELLO_WAIT);
	line_place(&ln, 1);
	line_run(&ln, 2);
	assert_int_equal(line_state(&ln, 1, 0), NEG_UP);
	line_fini(&ln);
}

static uint64_t
netid_of(const struct side *s, unsigned peer)
{
	struct neg_link_view v;

	assert_true(neg_show_link(s->g, peer + 1, &v));
	return v.desc->netid;
}

/* Two vnodes of one network may have the same route, else none may. */
static void
routes_apart(const struct side *s, unsigned a, unsigned b)
{
	struct topology topo = topology_ntk(NETDESC_10);
	unsigned i, k;

	for (i = 0; i < s->n_routes[a]; i++)
		for (k = 0; k < s->n_routes[b]; k++)
			if (claims_overlap(
				&topo, &s->route[a][i], &s->route[b][k], NULL))
				assert_true(netid_of(s, a) == netid_of(s, b) &&
				    claims_equal(&topo, &s->route[a][i],
					&s->route[b][k]));
}

static void
no_overlap(const struct line *ln, unsigned side)
{
	struct topology topo = topology_ntk(NETDESC_10);
	const struct side *s = &ln->s[side];
	struct neg_self_view v;
	unsigned a, b, i, k;

	neg_show_self(s->g, &v, ln->now);
	for (a = 0; a < LINE_SIDES; a++) {
		assert_true(v.own != NULL || s->n_routes[a] == 0);
		for (i = 0; i < s->n_routes[a]; i++)
			for (k = 0; k < v.own->n_claims; k++)
				assert_false(claims_overlap(&topo,
				    &s->route[a][i], &v.own->claim[k], NULL));
		for (b = a + 1; b < LINE_SIDES; b++)
			routes_apart(s, a, b);
	}
}

static void
check_all(struct line *ln, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < n; i++) {
		no_overlap(ln, i);
		for (k = 0; k < n; k++) {
			enum neg_state s = line_state(ln, i, k);

			if (s == NEG_LOSE_ASK || s == NEG_MOVING)
				assert_true(line_role(ln, i) == ROLE_LOSER &&
				    line_state(ln, k, i) != NEG_LOSE_ASK &&
				    line_state(ln, k, i) != NEG_MOVING);
			if (s == NEG_WIN_WAIT || s == NEG_RESERVED)
				assert_int_equal(line_role(ln, i), ROLE_WINNER);
		}
	}
}

/* All with all, in few places, on a bad line: in the end there is peace. */
static void
turmoil(void **state)
{
	unsigned seed, i, k, t;

	(void)state;
	for (seed = 1; seed <= 25; seed++) {
		struct line ln;

		line_init(&ln, LINE_SIDES, seed);
		ln.loss = seed % 4 * 8;
		for (i = 0; i < LINE_SIDES; i++)
			line_own(&ln, i, 70 + seed * (i + 1) % 3);
		for (i = 0; i < LINE_SIDES; i++)
			for (k = i + 1; k < LINE_SIDES; k++) {
				line_join(&ln, i, k, (i + k + seed) % 3 == 0);
				line_run_ms(&ln, seed * 37 % 900);
			}
		for (t = 0; t < 1500; t++) {
			line_run_ms(&ln, t < 1000 ? 100 : 10000);
			check_all(&ln, LINE_SIDES);
		}
		for (i = 0; i < LINE_SIDES; i++)
			for (k = 0; k < LINE_SIDES; k++)
				if (i != k)
					assert_int_equal(
					    line_state(&ln, i, k), NEG_UP);
		line_fini(&ln);
	}
}

static unsigned
dice(uint32_t *rng, unsigned n)
{
	*rng = *rng * 1664525u + 1013904223u;
	return (*rng >> 8) % n;
}

static void
tunnel(struct line *ln, uint32_t *rng, unsigned a, unsigned b)
{
	struct neg_peer of_a = { .dialled = true }, of_b = { 0 };

	if (line_state(ln, a, b) != NEG_STATES ||
	    line_state(ln, b, a) != NEG_STATES) {
		line_cut(ln, a, b);
		return;
	}
	of_b.dialled = dice(rng, 5) == 0;
	of_a.trusted = dice(rng, 2) == 0;
	of_b.trusted = dice(rng, 2) == 0;
	of_a.established = dice(rng, 3) == 0;
	of_a.group = dice(rng, 3);
	line_join_as(ln, a, b, &of_a, &of_b);
}

/* A message of any kind with fields out of the blue. */
static void
lie(struct line *ln, uint32_t *rng, unsigned a, unsigned b)
{
	static const uint8_t types[] = { NEG_PROBE_SEEN, NEG_VERDICT,
		NEG_PROPOSE, NEG_ACCEPT, NEG_REJECT, NEG_BUSY, NEG_REFUSE,
		NEG_NOTICE, NEG_ABORT };
	struct neg_msg m = { .type = types[dice(rng, sizeof(types))] };
	struct neg_self_view v;

	neg_show_self(ln->s[b].g, &v, ln->now);
	if (m.type == NEG_VERDICT) {
		m.u.verdict.kind = (uint8_t)dice(rng, 8);
		m.u.verdict.who = (uint8_t)dice(rng, 4);
		m.u.verdict.level = dice(rng, 2) == 0 ? 2 : 255;
		m.u.verdict.epoch = v.own != NULL ? v.own->epoch : 0;
	} else if (m.type == NEG_PROPOSE || m.type == NEG_ACCEPT) {
		m.u.propose.from = line_claim(70 + dice(rng, 4));
		m.u.propose.to = line_claim(70 + dice(rng, 4));
		m.u.propose.epoch = 1 + dice(rng, 4);
	} else if (m.type == NEG_REFUSE || m.type == NEG_ABORT) {
		m.u.why = (uint8_t)(1 + dice(rng, 9));
	} else if (m.type == NEG_BUSY) {
		m.u.retry_s = dice(rng, 1000);
	} else if (m.type == NEG_NOTICE) {
		m.u.notice.netid = 1 + dice(rng, 5);
		m.u.notice.claim = line_claim(70 + dice(rng, 4));
	}
	line_forge(ln, a, b, &m);
}

static void
setting(struct line *ln, uint32_t *rng, unsigned a)
{
	struct side *s = &ln->s[a];

	s->cfg.policy =
	    dice(rng, 2) == 0 ? REHOOK_AUTO : (enum rehook_policy)dice(rng, 4);
	s->cfg.stable = (enum neg_stable)dice(rng, 3);
	s->cfg.rule = (enum verdict_rule)dice(rng, 2);
	s->obeys = dice(rng, 4) != 0;
	s->move_s = dice(rng, 40);
	neg_set_config(s->g, &s->cfg, ln->now);
}

/* Whoever happens to have a demand lets it be. */
static void
person(struct line *ln, uint32_t *rng, unsigned a)
{
	struct demand_view v;

	if (!neg_show_demand(ln->s[a].g, dice(rng, 3), &v))
		return;
	if (dice(rng, 2) == 0)
		neg_approve(ln->s[a].g, v.id, ln->now);
	else
		neg_refuse(ln->s[a].g, v.id, ln->now);
}

static void
anything(struct line *ln, uint32_t *rng)
{
	unsigned a = dice(rng, LINE_SIDES), b = dice(rng, LINE_SIDES);

	if (a == b)
		b = (b + 1) % LINE_SIDES;
	switch (dice(rng, 12)) {
	case 0:
		line_own(ln, a, 70 + dice(rng, 4));
		break;
	case 1:
		setting(ln, rng, a);
		break;
	case 2:
		ln->unseen = dice(rng, 2) == 0;
		line_restart(ln, a, dice(rng, 5));
		if (dice(rng, 3) != 0)
			line_place(ln, a);
		break;
	case 3:
		lie(ln, rng, a, b);
		break;
	case 4:
		person(ln, rng, a);
		break;
	case 5:
		ln->s[a].mesh[b] = ln->s[b].mesh[a] = dice(rng, 4) == 0;
		break;
	case 6:
		if (dice(rng, 4) == 0)
			neg_own(ln->s[a].g, NULL, ln->now);
		break;
	default:
		tunnel(ln, rng, a, b);
	}
}

/* A tunnel that only one side has ends; in the end all sides have a place. */
static void
tidy(struct line *ln)
{
	unsigned a, b;

	for (a = 0; a < LINE_SIDES; a++) {
		ln->s[a].obeys = true;
		line_place(ln, a);
		for (b = 0; b < LINE_SIDES; b++)
			if (a != b && line_state(ln, a, b) == NEG_STATES &&
			    line_state(ln, b, a) != NEG_STATES)
				line_cut(ln, a, b);
	}
	ln->loss = 0;
}

/* Whatever happens: in the end each link is one that has settled. */
static void
chaos(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 30; seed++) {
		uint32_t rng = seed;
		struct line ln;
		unsigned i, k, t;

		line_init(&ln, LINE_SIDES, seed);
		ln.loss = seed % 3 * 10;
		for (i = 0; i < LINE_SIDES; i++)
			line_own(&ln, i, 70 + i / 2);
		for (t = 0; t < 300; t++) {
			anything(&ln, &rng);
			line_run_ms(&ln, dice(&rng, 3) == 0 ? 3000 : 70);
			check_all(&ln, LINE_SIDES);
		}
		tidy(&ln);
		line_run(&ln, 6000);
		check_all(&ln, LINE_SIDES);
		for (i = 0; i < LINE_SIDES; i++)
			for (k = 0; k < LINE_SIDES; k++)
				if (i != k)
					assert_true(
					    line_state(&ln, i, k) >= NEG_UP);
		line_fini(&ln);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restart),
		cmocka_unit_test(restart_anywhere),
		cmocka_unit_test(restart_unseen),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(cut_after_abort),
		cmocka_unit_test(reserve_survives),
		cmocka_unit_test(stability),
		cmocka_unit_test(sibling_counts),
		cmocka_unit_test(stable_survives),
		cmocka_unit_test(partition),
		cmocka_unit_test(not_for_guests),
		cmocka_unit_test(sleeps),
		cmocka_unit_test(nothing),
		cmocka_unit_test(turmoil),
		cmocka_unit_test(chaos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
