/*
 * Those who want the place of others: sides of their own, with the name of
 * another, a part of what it has, or only waiting for the right moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "neg_pair.h"

enum { VICTIM, HONEST, THIEF, OTHER };

static struct line ln;
static struct claim prey; /* nothing in it may ever go to the thief */

static bool
has_prey(unsigned of)
{
	const struct side *v = &ln.s[VICTIM];
	unsigned i;

	for (i = 0; i < v->n_routes[of]; i++)
		if (claims_overlap(&v->own.topo, &v->route[of][i], &prey, NULL))
			return true;
	return false;
}

static void
watch(struct line *of)
{
	(void)of;
	assert_false(has_prey(THIEF));
}

static void
begin(unsigned n, uint64_t seed, enum rehook_policy policy)
{
	unsigned i;

	line_init(&ln, n, seed);
	for (i = 0; i < n; i++) {
		ln.s[i].cfg.policy = policy;
		neg_set_config(ln.s[i].g, &ln.s[i].cfg, ln.now);
	}
	memset(&prey, 0, sizeof(prey));
}

static void
call_itself(unsigned side, uint64_t netid)
{
	ln.s[side].cfg.netid = netid;
	neg_set_config(ln.s[side].g, &ln.s[side].cfg, ln.now);
}

/* A dials B, whom nobody has named to it. */
static void
join(unsigned a, unsigned b, bool trusted)
{
	struct neg_peer of_a = { .dialled = true, .trusted = trusted };
	struct neg_peer of_b = { 0 };

	line_join_as(&ln, a, b, &of_a, &of_b);
}

/* A claim inside 10.GID2, as the only one. */
static void
piece(unsigned side, unsigned gid2)
{
	struct netdesc *d = &ln.s[side].own;

	line_own(&ln, side, gid2);
	d->claim[0].level = 1;
	d->claim[0].gid[1] = d->gid[1];
	line_place(&ln, side);
}

static void
second_key_of_a_netid_gets_no_route(void **state)
{
	(void)state;
	begin(3, 1, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	call_itself(HONEST, 77);
	line_own(&ln, HONEST, 100);
	call_itself(THIEF, 77);
	line_own(&ln, THIEF, 100);
	prey = line_claim(100);
	join(VICTIM, HONEST, false);
	line_run(&ln, 1300);
	assert_true(has_prey(HONEST));
	ln.after = watch;
	join(VICTIM, THIEF, false);
	line_run(&ln, 60);
	assert_true(has_prey(HONEST));
	line_cut(&ln, VICTIM, HONEST); /* its place is kept for its key */
	line_run(&ln, 1000);
	join(VICTIM, HONEST, false);
	line_run(&ln, 60);
	assert_true(has_prey(HONEST));
	line_fini(&ln);
}

static void
second_key_that_is_trusted_shares_it(void **state)
{
	(void)state;
	begin(3, 2, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	call_itself(HONEST, 77);
	line_own(&ln, HONEST, 100);
	call_itself(THIEF, 77);
	line_own(&ln, THIEF, 100);
	prey = line_claim(100);
	join(VICTIM, HONEST, false);
	line_run(&ln, 60);
	join(VICTIM, THIEF, true);
	line_run(&ln, 60);
	assert_true(has_prey(HONEST));
	assert_true(has_prey(THIEF));
	line_cut(&ln, VICTIM, HONEST);
	line_run(&ln, 60);
	assert_true(has_prey(THIEF));
	line_fini(&ln);
}

/* Our own name is no proof: not as R, not as I. */
static void
own_netid_is_not_enough(void **state)
{
	unsigned dials;

	(void)state;
	for (dials = 0; dials < 2; dials++) {
		begin(3, 3 + dials, REHOOK_ATOMIC);
		line_own(&ln, VICTIM, 79);
		line_run(&ln, 2);
		call_itself(THIEF, line_netid(&ln, VICTIM));
		line_own(&ln, THIEF, 120);
		prey = line_claim(120);
		ln.after = watch;
		if (dials == 0)
			join(THIEF, VICTIM, false);
		else
			join(VICTIM, THIEF, false);
		line_run(&ln, 60);
		assert_int_equal(line_state(&ln, VICTIM, THIEF), NEG_HELD);
		line_fini(&ln);
	}
}

static void
own_netid_heard_in_the_mesh_is(void **state)
{
	(void)state;
	begin(3, 5, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_run(&ln, 2);
	ln.s[VICTIM].mesh[THIEF] = ln.s[THIEF].mesh[VICTIM] = true;
	call_itself(THIEF, line_netid(&ln, VICTIM));
	line_own(&ln, THIEF, 79);
	join(THIEF, VICTIM, false);
	line_run(&ln, 60);
	assert_int_equal(line_state(&ln, VICTIM, THIEF), NEG_SAME);
	line_fini(&ln);
}

/* From the first word of a tunnel to the verdict nobody else gets the place. */
static void
place_is_kept_until_routed_again(void **state)
{
	(void)state;
	begin(3, 6, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_own(&ln, HONEST, 100);
	piece(THIEF, 100);
	prey = line_claim(100);
	join(VICTIM, HONEST, false);
	line_run(&ln, 1300);
	ln.after = watch;
	join(VICTIM, THIEF, false);
	line_run(&ln, 60);
	line_cut(&ln, VICTIM, HONEST);
	line_run(&ln, 60);
	join(VICTIM, HONEST, false);
	line_run(&ln, 60);
	assert_true(has_prey(HONEST));
	line_fini(&ln);
}

/* Its vnode has another address in the same place: judged anew. */
static void
place_is_held_while_both_agree_anew(void **state)
{
	(void)state;
	begin(3, 7, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_own(&ln, HONEST, 100);
	piece(THIEF, 100);
	prey = line_claim(100);
	join(VICTIM, HONEST, false);
	line_run(&ln, 30);
	ln.after = watch;
	join(VICTIM, THIEF, false);
	line_run(&ln, 60);
	ln.s[HONEST].own.gid[0]++;
	line_place(&ln, HONEST);
	line_run(&ln, 60);
	assert_true(has_prey(HONEST));
	line_fini(&ln);
}

/* What we leave is theirs because of whom we went. */
static void
place_that_is_left_goes_to_the_winner(void **state)
{
	(void)state;
	begin(3, 8, REHOOK_ATOMIC);
	line_own(&ln, HONEST, 79);
	line_own(&ln, THIEF, 79);
	line_run(&ln, 2);
	line_own(&ln, VICTIM, 79);
	prey = line_claim(79);
	ln.after = watch;
	join(THIEF, VICTIM, false);
	line_run(&ln, 5);
	join(VICTIM, HONEST, true);
	line_run(&ln, 90);
	assert_int_equal(ln.s[VICTIM].told, 1);
	assert_true(has_prey(HONEST));
	line_fini(&ln);
}

/* A peer's place is not for others because a part of it is ours. */
static void
no_piece_of_what_waits_for_us(void **state)
{
	(void)state;
	begin(3, 9, REHOOK_ATOMIC);
	piece(VICTIM, 79);
	line_own(&ln, HONEST, 79);
	piece(THIEF, 79);
	prey = line_claim(79);
	ln.after = watch;
	join(VICTIM, HONEST, false);
	line_run(&ln, 30);
	join(VICTIM, THIEF, false);
	line_run(&ln, 700);
	assert_int_equal(line_state(&ln, VICTIM, HONEST), NEG_HELD);
	line_fini(&ln);
}

/* Those who should move for us do not keep us from it. */
static void
strangers_do_not_keep_a_newcomer(void **state)
{
	unsigned s;

	(void)state;
	begin(4, 10, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_own(&ln, HONEST, 79);
	for (s = THIEF; s <= OTHER; s++) { /* they ask, and never go */
		ln.s[s].cfg.policy = REHOOK_AUTO;
		neg_set_config(ln.s[s].g, &ln.s[s].cfg, ln.now);
		ln.s[s].obeys = false;
		line_own(&ln, s, 79);
		join(s, VICTIM, false);
	}
	line_run(&ln, 20);
	assert_int_equal(line_role(&ln, VICTIM), ROLE_WINNER);
	join(VICTIM, HONEST, true);
	line_run(&ln, 30);
	assert_int_equal(ln.s[VICTIM].told, 1);
	line_run(&ln, 60);
	assert_int_equal(line_state(&ln, VICTIM, HONEST), NEG_UP);
	line_fini(&ln);
}

/* A place is kept for the one that asked, not for all of its name. */
static void
reserved_place_is_for_a_key(void **state)
{
	(void)state;
	begin(3, 11, REHOOK_AUTO);
	ln.s[HONEST].obeys = false; /* it takes its time */
	line_own(&ln, VICTIM, 79);
	call_itself(HONEST, 77);
	line_own(&ln, HONEST, 79);
	join(HONEST, VICTIM, true);
	line_run(&ln, 30);
	assert_int_equal(line_state(&ln, VICTIM, HONEST), NEG_RESERVED);
	prey = ln.s[HONEST].to;
	ln.after = watch;
	call_itself(THIEF, 77);
	line_own(&ln, THIEF, prey.gid[2]);
	join(THIEF, VICTIM, false);
	line_run(&ln, 30);
	assert_int_equal(line_state(&ln, VICTIM, HONEST), NEG_RESERVED);
	line_fini(&ln);
}

/* After a restart nothing is kept for a claim that never was routed. */
static void
restart_makes_no_claim_better(void **state)
{
	(void)state;
	begin(3, 12, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_own(&ln, HONEST, 100);
	line_own(&ln, THIEF, 120);
	join(VICTIM, HONEST, false);
	join(VICTIM, THIEF, false);
	line_run(&ln, 1300);
	piece(THIEF, 100);
	line_run(&ln, 30);
	prey = line_claim(100);
	line_restart(&ln, VICTIM, 5);
	ln.after = watch;
	line_place(&ln, VICTIM);
	join(VICTIM, THIEF, false);
	line_run(&ln, 30);
	line_cut(&ln, VICTIM, THIEF);
	join(VICTIM, HONEST, false);
	line_run(&ln, 30);
	assert_true(has_prey(HONEST));
	line_fini(&ln);
}

/* Demands with a key each do not push out who waits there. */
static void
demands_of_many_keys(void **state)
{
	struct demand_view d;
	unsigned i;

	(void)state;
	begin(3, 13, REHOOK_ATOMIC);
	line_own(&ln, VICTIM, 79);
	line_own(&ln, HONEST, 79);
	line_own(&ln, THIEF, 79);
	join(VICTIM, HONEST, false);
	line_run(&ln, 30);
	for (i = 0; i < 100; i++) {
		ln.s[THIEF].life++;
		join(VICTIM, THIEF, false);
		line_run(&ln, 75);
		line_cut(&ln, VICTIM, THIEF);
	}
	for (i = 0; neg_show_demand(ln.s[VICTIM].g, i, &d); i++)
		if (d.key[0] == HONEST)
			break;
	assert_int_equal(i, 63);
	assert_int_equal(d.key[0], HONEST);
	assert_true(neg_approve(ln.s[VICTIM].g, d.id, ln.now));
	line_run(&ln, 60);
	assert_int_equal(ln.s[VICTIM].told, 1);
	line_fini(&ln);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_key_of_a_netid_gets_no_route),
		cmocka_unit_test(second_key_that_is_trusted_shares_it),
		cmocka_unit_test(own_netid_is_not_enough),
		cmocka_unit_test(own_netid_heard_in_the_mesh_is),
		cmocka_unit_test(place_is_kept_until_routed_again),
		cmocka_unit_test(place_is_held_while_both_agree_anew),
		cmocka_unit_test(place_that_is_left_goes_to_the_winner),
		cmocka_unit_test(no_piece_of_what_waits_for_us),
		cmocka_unit_test(strangers_do_not_keep_a_newcomer),
		cmocka_unit_test(reserved_place_is_for_a_key),
		cmocka_unit_test(restart_makes_no_claim_better),
		cmocka_unit_test(demands_of_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
