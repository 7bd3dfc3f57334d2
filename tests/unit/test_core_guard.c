/* No tunnel goes through the mesh, and no route cuts off a tunnel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/guard.h"
#include "core/negotiate.h"
#include "neg/space.h"
#include "tests/quiet.h"
#include "tests/unit/party.h"

#define MINUTE (60 * (uint64_t)MONO_SEC)

static struct prefix
net(const char *text)
{
	struct prefix p;

	assert_null(prefix_parse_host(text, &p));
	return p;
}

/* Ours at end nr from now on, and nothing else; NULL: nothing. */
static void
own(struct duo *d, unsigned nr, const char *text)
{
	struct prefix p = { 0 };
	size_t bad;
	uint32_t who;

	if (text != NULL)
		p = net(text);
	assert_true(core_own_prefixes(
	    &d->end[nr].core, &p, text != NULL ? 1 : 0, &bad, &who));
}

static void
grant(struct duo *d, unsigned nr, struct peer *to, const char *text)
{
	const struct prefix p = net(text);
	size_t bad;
	uint32_t who;

	assert_true(
	    core_peer_prefixes(&d->end[nr].core, to, &p, 1, &bad, &who));
}

static struct duo *
two(void)
{
	static struct duo d;

	duo_init(&d, 9);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	return &d;
}

/* End 1 is at 10.0.2.1. */
static void
not_dialled(struct duo *d)
{
	struct duo_end *e = &d->end[0];
	struct peer *p = duo_peer(d, 0, 1, true);

	duo_run(d, 9 * MINUTE);
	assert_int_equal(p->state, PEER_CANDIDATE);
	assert_int_equal(duo_cnt(d, 0, CNT_init_sent), 0);
	assert_int_equal(e->out_n, 0);
	assert_true(duo_cnt(d, 0, CNT_guard_endpoint) > 2);
	assert_true(addr_equal(&p->guard->ep, &d->end[1].face));
	assert_int_equal(e->insides, 1);
	duo_run(d, 11 * MINUTE);
	assert_int_equal(e->insides, 2); /* once in ten minutes */
}

/* The address came out of the mesh: the next try succeeds. */
static void
dialled_again(struct duo *d)
{
	assert_true(duo_wait_up(d, 0, 1, 6 * MINUTE));
	duo_fini(d);
}

static void
no_tunnel_into_what_is_ours(void **state)
{
	struct duo *d = two();

	(void)state;
	own(d, 0, "10.0.0.0/8");
	not_dialled(d);
	own(d, 0, NULL);
	dialled_again(d);
}

static void
no_tunnel_into_what_a_peer_has(void **state)
{
	struct duo *d = two();
	struct peer *third;

	(void)state;
	duo_start(d, 2, NULL);
	third = duo_peer(d, 0, 2, false);
	grant(d, 0, third, "10.0.2.1/32");
	not_dialled(d);
	grant(d, 0, third, "10.0.3.0/24");
	dialled_again(d);
}

static void
no_tunnel_into_what_it_has_itself(void **state)
{
	struct duo *d = two();
	struct peer *p = duo_peer(d, 0, 1, false);
	struct turn t;

	(void)state;
	grant(d, 0, p, "10.0.2.0/24");
	t = duo_turn(d, 0);
	core_peer_endpoints(&d->end[0].core, p, &d->end[1].face, 1, &t);
	duo_done(d);
	duo_run(d, MINUTE);
	assert_int_equal(p->state, PEER_CANDIDATE);
	assert_int_equal(p->guard->mesh.bits, 24);
	grant(d, 0, p, "10.0.3.0/24");
	dialled_again(d);
}

static void
no_tunnel_into_the_network_of_a_device(void **state)
{
	const struct prefix p = net("10.0.2.77/24");
	struct duo *d = two();

	(void)state;
	guard_devices(&d->end[0].core, &p, 1);
	not_dialled(d);
	guard_devices(&d->end[0].core, NULL, 0);
	dialled_again(d);
}

/* Who routes all through a peer has seen to the tunnels. */
static void
a_way_out_to_all_is_no_mesh(void **state)
{
	static const char *const wide[] = { "0.0.0.0/0", "0.0.0.0/1",
		"8.0.0.0/7" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct duo *d = two();

		duo_start(d, 2, NULL);
		grant(d, 0, duo_peer(d, 0, 2, false), wide[i]);
		duo_peer(d, 0, 1, true);
		assert_true(duo_wait_up(d, 0, 1, MONO_SEC));
		assert_int_equal(duo_cnt(d, 0, CNT_guard_endpoint), 0);
		duo_fini(d);
	}
}

/* With mark or bind-device the mesh's routes are not those of the tunnels. */
static void
nothing_to_guard(void **state)
{
	struct duo *d = two();

	(void)state;
	own(d, 0, "10.0.0.0/8");
	guard_set(&d->end[0].core, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 0, 1, MONO_SEC));
	assert_int_equal(duo_cnt(d, 0, CNT_guard_endpoint), 0);
	duo_fini(d);
}

static void
no_answer_into_the_mesh(void **state)
{
	struct duo *d = two();
	struct duo_end *e = &d->end[1];

	(void)state;
	own(d, 1, "10.0.1.0/24"); /* where end 0 dials from */
	duo_peer(d, 0, 1, true);
	duo_run(d, MINUTE);
	assert_int_equal(e->peer[0]->state, PEER_CANDIDATE);
	assert_int_equal(duo_cnt(d, 1, CNT_resp_sent), 0);
	assert_true(duo_cnt(d, 1, CNT_guard_endpoint) > 1);
	assert_int_equal(e->insides, 1);
	own(d, 1, NULL);
	dialled_again(d);
}

/* A person says that its address is the mesh's: what lives, lives. */
static void
a_living_tunnel_stays(void **state)
{
	const struct duo_options opt = { .rekey_ms = 10000 };
	struct duo d;

	(void)state;
	duo_pair(&d, 3, &opt);
	own(&d, 0, "10.0.0.0/8");
	own(&d, 1, "10.0.0.0/8");
	duo_run(&d, 10 * MINUTE);
	assert_int_equal(d.end[0].peer[1]->state, PEER_VRNODE);
	assert_int_equal(d.end[0].peer[1]->stats.deaths, 0);
	assert_true(d.end[0].peer[1]->stats.rekeys > 10);
	duo_fini(&d);
}

static void
no_move_into_the_mesh(void **state)
{
	struct duo d;
	struct peer *p;

	(void)state;
	duo_pair(&d, 4, NULL);
	p = d.end[1].peer[0];
	own(&d, 1, "192.0.2.0/24");
	d.end[0].face = duo_addr("192.0.2.1:4000");
	duo_run(&d, MINUTE);
	assert_int_equal(duo_cnt(&d, 1, CNT_roam_switch), 0);
	assert_true(duo_cnt(&d, 1, CNT_guard_endpoint) > 0);
	assert_true(addr_equal(&p->guard->ep, &d.end[0].face));
	assert_false(p->state == PEER_VRNODE &&
	    addr_equal(&p->path.remote, &d.end[0].face));
	d.end[0].face = duo_addr("198.51.100.1:4000");
	assert_true(duo_wait_up(&d, 1, 0, 6 * MINUTE));
	duo_fini(&d);
}

/* Nor where lists and records say that somebody is. */
static void
none_that_was_heard_of(void **state)
{
	struct party *p = party_of(11, TRUST_OPEN);

	(void)state;
	party_start(p, 0, 2);
	own(&p->d, 0, "10.0.2.0/24");
	party_tell(p, 0, 1);
	duo_run(&p->d, 10 * MINUTE);
	assert_int_equal(p->d.end[0].out_n, 0);
	assert_true(duo_cnt(&p->d, 0, CNT_guard_endpoint) > 0);
	own(&p->d, 0, NULL);
	party_tell(p, 0, 1);
	assert_true(party_wait_meshed(p, 2, PARTY_HOUR));
	party_fini(p);
}

/* What covers all that an entry has costs it nothing: it was not asked. */
static void
none_is_forgotten_for_a_claim(void **state)
{
	struct party *p = party_of(12, TRUST_OPEN);
	const struct addr at = party_nowhere(1);
	const struct book_entry *e;
	uint8_t raw[RECORD_MAX];
	struct identity id;

	(void)state;
	party_start(p, 0, 1);
	own(&p->d, 0, "20.0.0.0/8");
	party_identity(p, &id);
	assert_true(party_hear(p, 0, raw,
	    party_record(p, &id, &at, 1, 1, PARTY_WALL_MS / 1000, raw)));
	duo_run(&p->d, 6 * PARTY_HOUR);
	assert_true(duo_cnt(&p->d, 0, CNT_guard_endpoint) > 3);
	assert_int_equal(p->d.end[0].out_n, 0);
	e = book_find(exchange_book(&p->d.end[0].core), id.ed_pk);
	assert_non_null(e);
	assert_int_equal(e->fails, 0);
	own(&p->d, 0, NULL);
	duo_run(&p->d, 3 * PARTY_HOUR);
	assert_in_range(party_stray(p, &at), 1, 3);
	party_fini(p);
}

/* May what covers end 1 go to end 2, as end 0 sees it? */
static bool
may_cover(struct party *p, const char *prefix)
{
	const struct prefix to = net(prefix);
	struct turn t = duo_turn(&p->d, 0);
	bool ok = guard_route(&p->d.end[0].core, party_peer(p, 0, 2), &to, &t);

	duo_done(&p->d);
	return ok;
}

/* Nobody's claim cuts off a stranger that is there, and it leaves no trace. */
static void
a_strangers_tunnel_is_not_cut_off(void **state)
{
	struct party *p = party_of(13, TRUST_SECRET);

	(void)state;
	party_start(p, 0, 3);
	party_tell(p, 1, 0);
	party_tell(p, 2, 0);
	assert_true(party_wait_meshed(p, 3, 10 * MONO_SEC));
	party_peer(p, 0, 1)->member = false;
	assert_false(may_cover(p, "10.0.2.0/24"));
	duo_stop(&p->d, 1);
	duo_run(&p->d, 2 * MINUTE);
	assert_false(party_live(p, 0, 1));
	assert_true(may_cover(p, "10.0.2.0/24"));
	party_fini(p);
}

/* Nor is anybody whom we know, and could dial: as long as it is there. */
static void
nobody_of_the_book_is_cut_off(void **state)
{
	const char *const covers = "192.0.2.0/24";
	struct party *p = party_of(14, TRUST_SECRET);
	const struct book_entry *e;
	struct turn t;

	(void)state;
	party_start(p, 0, 3);
	p->d.end[1].face = duo_addr("192.0.2.7:7469");
	p->d.end[2].face = duo_addr("198.51.100.7:7469");
	party_tell(p, 0, 1);
	party_tell(p, 2, 0); /* dials us */
	duo_run(&p->d, 10 * MONO_SEC);
	assert_true(party_live(p, 0, 1));
	assert_true(party_live(p, 0, 2));
	t = duo_turn(&p->d, 0);
	core_peer_del(&p->d.end[0].core, party_peer(p, 0, 1), CLOSE_NONE, &t);
	duo_done(&p->d);
	assert_false(may_cover(p, covers));
	assert_false(may_cover(p, "192.0.0.0/8"));
	assert_false(may_cover(p, "192.0.2.7/32"));
	assert_true(may_cover(p, "192.0.2.6/32"));
	assert_true(may_cover(p, "192.0.3.0/24"));
	assert_true(duo_cnt(&p->d, 0, CNT_guard_route) > 2);
	assert_true(
	    addr_equal(&party_peer(p, 0, 2)->guard->covers, &p->d.end[1].face));
	/* inside already, by a word that goes before */
	own(&p->d, 0, "192.0.2.0/25");
	assert_true(may_cover(p, covers));
	own(&p->d, 0, NULL);
	assert_false(may_cover(p, covers));
	/* not there any more */
	e = party_entry(p, 0, 1);
	duo_stop(&p->d, 1);
	duo_run(&p->d, PARTY_HOUR);
	assert_true(e->fails > 2);
	assert_true(may_cover(p, covers));
	party_fini(p);
}

/* --- routes -------------------------------------------------------------- */

struct lab {
	struct duo d;
	struct prefix routed[DUO_MAX]; /* the first; of end 0, by peer */
	size_t n_routed[DUO_MAX];
	unsigned told; /* of routes */
};

static void
on_routes(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	struct lab *lab = arg;

	assert_true(peer < DUO_MAX);
	lab->told++;
	lab->n_routed[peer] = n;
	if (n > 0)
		lab->routed[peer] = p[0];
}

static void
start(struct lab *lab, unsigned nr)
{
	const struct neg_config cfg = { .policy = REHOOK_NEVER,
		.max_nodes = 1 };
	struct negotiate_io io = quiet_negotiate_io(lab);

	if (nr == 0)
		io.routes = on_routes;
	duo_start(&lab->d, nr, NULL);
	negotiate_start(&lab->d.end[nr].core, &cfg, &io);
}

/* The claims of end nr. */
static void
claim(struct lab *lab, unsigned nr, const char *one, const char *two)
{
	struct netdesc d = { .topo = topology_plain(), .nodes = 1 };
	const char *const text[] = { one, two };
	struct turn t = duo_turn(&lab->d, nr);
	struct prefix p;
	unsigned i;

	for (i = 0; i < 2 && text[i] != NULL; i++) {
		p = net(text[i]);
		assert_int_equal(
		    claims_from_prefix(&p, &d.claim[d.n_claims], 1), 1);
		d.n_claims++;
	}
	negotiate_place(&lab->d.end[nr].core, &d, &t);
	duo_done(&lab->d);
}

/* Ends 0 and 1 know each other, and have claims; 0 and 2 as well, without. */
static struct lab *
three(const char *ours, const char *one, const char *two)
{
	static struct lab lab;
	unsigned i;

	memset(&lab, 0, sizeof(lab));
	duo_init(&lab.d, 6);
	for (i = 0; i < 3; i++)
		start(&lab, i);
	claim(&lab, 0, ours, NULL);
	claim(&lab, 1, one, two);
	guard_set(&lab.d.end[1].core, false); /* whatever it claims */
	for (i = 1; i < 3; i++)
		duo_peer(&lab.d, i, 0, true);
	return &lab;
}

/* What end 1 wants covers where end 2 is: that alone is not routed. */
static void
a_living_tunnel_is_not_cut_off(void **state)
{
	struct lab *lab =
	    three("10.200.0.0/16", "10.0.0.0/16", "10.201.0.0/16");
	struct duo *d = &lab->d;
	struct peer *one, *two;

	(void)state;
	two = duo_peer(d, 0, 2, false);
	assert_true(duo_wait_up(d, 0, 2, 5 * MONO_SEC));
	one = duo_peer(d, 0, 1, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 5 * MONO_SEC);
	assert_int_equal(lab->n_routed[one->id], 1);
	assert_int_equal(lab->routed[one->id].a[1], 201);
	assert_true(one->unrouted);
	assert_true(addr_equal(&one->guard->covers, &d->end[2].face) ||
	    addr_equal(&one->guard->covers, &d->end[1].face));
	assert_int_equal(d->end[0].unrouted, 1);
	assert_true(duo_cnt(d, 0, CNT_guard_route) > 0);
	duo_run(d, 60 * MINUTE);
	assert_int_equal(two->stats.deaths + one->stats.deaths, 0);
	assert_true(two->stats.rekeys > 10);
	/* And while it restarts: nobody takes its place. */
	duo_stop(d, 2);
	duo_run(d, 2 * MINUTE);
	assert_int_equal(two->state, PEER_DEAD);
	assert_int_equal(lab->n_routed[one->id], 1);
	duo_fini(d);
}

/* One that does not come back holds nothing up for long. */
static void
the_dead_cut_off_nobody(void **state)
{
	struct lab *lab =
	    three("10.200.0.0/16", "192.0.2.0/24", "10.201.0.0/16");
	struct duo *d = &lab->d;
	struct peer *one, *two;

	(void)state;
	d->end[2].face = duo_addr("192.0.2.7:7469");
	two = duo_peer(d, 0, 2, false);
	assert_true(duo_wait_up(d, 0, 2, 5 * MONO_SEC));
	one = duo_peer(d, 0, 1, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 5 * MONO_SEC);
	duo_stop(d, 2);
	duo_run(d, 10 * MINUTE);
	assert_int_equal(two->state, PEER_DEAD);
	assert_int_equal(lab->n_routed[one->id], 1);
	duo_run(d, 2 * MINUTE);
	assert_int_equal(lab->n_routed[one->id], 2);
	assert_false(one->unrouted);
	duo_fini(d);
}

/* Once nobody is there any more, it is routed. */
static void
what_was_refused_is_asked_again(void **state)
{
	struct lab *lab = three("10.200.0.0/16", "192.0.2.0/24", NULL);
	struct duo *d = &lab->d;
	struct peer *one, *two;
	struct turn t;

	(void)state;
	d->end[2].face = duo_addr("192.0.2.7:7469");
	two = duo_peer(d, 0, 2, true); /* a person has named it, so far */
	duo_stop(d, 2);
	one = duo_peer(d, 0, 1, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, MINUTE / 2);
	assert_int_equal(lab->n_routed[one->id], 0);
	assert_int_equal(duo_cnt(d, 0, CNT_guard_route), 1);
	t = duo_turn(d, 0);
	core_peer_del(&d->end[0].core, two, CLOSE_REMOVED, &t);
	duo_done(d);
	duo_run(d, MONO_SEC);
	assert_int_equal(lab->n_routed[one->id], 1);
	assert_false(one->unrouted);
	duo_fini(d);
}

/* Paths change all the time: nobody hears again of what stays as it is. */
static void
what_stays_is_told_once(void **state)
{
	struct lab *lab =
	    three("10.200.0.0/16", "192.0.2.0/24", "10.201.0.0/16");
	struct addr ep = duo_addr("192.0.2.7:7469");
	struct duo *d = &lab->d;
	struct peer *one, *two;
	unsigned i, told, recs;
	uint64_t refused;
	struct turn t;

	(void)state;
	d->end[2].face = ep;
	two = duo_peer(d, 0, 2, true);
	duo_stop(d, 2);
	one = duo_peer(d, 0, 1, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 10 * MONO_SEC);
	assert_true(one->unrouted);
	assert_int_equal(lab->n_routed[one->id], 1);
	told = lab->told;
	recs = duo_recs(d, 0, MESH_ROUTE);
	refused = duo_cnt(d, 0, CNT_guard_route);
	for (i = 0; i < 50; i++) {
		ep.ip[15] = (uint8_t)i;
		t = duo_turn(d, 0);
		core_peer_endpoints(&d->end[0].core, two, &ep, 1, &t);
		duo_done(d);
		duo_run(d, 100 * MONO_MS);
	}
	assert_in_range(duo_cnt(d, 0, CNT_guard_route) - refused, 4, 6);
	assert_int_equal(lab->told, told);
	assert_int_equal(duo_recs(d, 0, MESH_ROUTE), recs);
	duo_fini(d);
}

/* Nobody was there: who comes later is who is refused, and harms nothing. */
static void
the_route_was_there_first(void **state)
{
	struct lab *lab = three("10.200.0.0/16", "192.0.2.0/24", NULL);
	struct duo *d = &lab->d;
	struct peer *one, *two;

	(void)state;
	one = duo_peer(d, 0, 1, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 5 * MONO_SEC);
	assert_int_equal(lab->n_routed[one->id], 1);
	d->end[2].face = duo_addr("192.0.2.7:7469");
	two = duo_peer(d, 0, 2, true);
	duo_run(d, 5 * MINUTE);
	assert_int_equal(two->state, PEER_CANDIDATE);
	assert_true(duo_cnt(d, 0, CNT_guard_endpoint) > 1);
	claim(lab, 1, "192.0.2.0/24", "10.201.0.0/16");
	duo_run(d, MINUTE);
	assert_int_equal(lab->n_routed[one->id], 2);
	assert_int_equal(duo_cnt(d, 0, CNT_guard_route), 0);
	claim(lab, 1, "10.201.0.0/16", NULL);
	assert_true(duo_wait_up(d, 0, 2, 6 * MINUTE));
	duo_fini(d);
}

/* Our own claims are the mesh as well. */
static void
no_tunnel_into_what_we_claim(void **state)
{
	struct lab *lab = three("10.0.0.0/16", "10.201.0.0/16", NULL);
	struct duo *d = &lab->d;
	struct peer *one;

	(void)state;
	one = duo_peer(d, 0, 1, true);
	duo_run(d, MINUTE);
	assert_int_equal(one->state, PEER_CANDIDATE);
	assert_true(duo_cnt(d, 0, CNT_guard_endpoint) > 0);
	assert_int_equal(one->guard->mesh.bits, 0);
	claim(lab, 0, "10.200.0.0/16", NULL);
	assert_true(duo_wait_up(d, 0, 1, 6 * MINUTE));
	duo_fini(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_tunnel_into_what_is_ours),
		cmocka_unit_test(no_tunnel_into_what_a_peer_has),
		cmocka_unit_test(no_tunnel_into_what_it_has_itself),
		cmocka_unit_test(no_tunnel_into_the_network_of_a_device),
		cmocka_unit_test(a_way_out_to_all_is_no_mesh),
		cmocka_unit_test(nothing_to_guard),
		cmocka_unit_test(no_answer_into_the_mesh),
		cmocka_unit_test(a_living_tunnel_stays),
		cmocka_unit_test(no_move_into_the_mesh),
		cmocka_unit_test(none_that_was_heard_of),
		cmocka_unit_test(none_is_forgotten_for_a_claim),
		cmocka_unit_test(a_strangers_tunnel_is_not_cut_off),
		cmocka_unit_test(nobody_of_the_book_is_cut_off),
		cmocka_unit_test(a_living_tunnel_is_not_cut_off),
		cmocka_unit_test(the_dead_cut_off_nobody),
		cmocka_unit_test(what_was_refused_is_asked_again),
		cmocka_unit_test(what_stays_is_told_once),
		cmocka_unit_test(the_route_was_there_first),
		cmocka_unit_test(no_tunnel_into_what_we_claim),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
