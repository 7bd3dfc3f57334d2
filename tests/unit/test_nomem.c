/*
 * Real cores that find no memory: at each of the places where they ask for
 * some, one after the other, and for a while at all. Nobody falls, no other
 * tunnel suffers, and all is well again when there is memory again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "core/dial.h"
#include "core/negotiate.h"
#include "core/replay.h"
#include "core/session.h"
#include "tests/quiet.h"
#include "tests/starve.h"
#include "tests/unit/party.h"

#define ENDS 3
#define SEC MONO_SEC

/* --- memory that fails -------------------------------------------------- */

/* What ends the process must not be asked for any more. */
void *__real_xmalloc(size_t len);
void *__wrap_xmalloc(size_t len);
void *__real_xcalloc(size_t n, size_t len);
void *__wrap_xcalloc(size_t n, size_t len);
void *__real_xreallocarray(void *p, size_t n, size_t len);
void *__wrap_xreallocarray(void *p, size_t n, size_t len);

void *
__wrap_xmalloc(size_t len)
{
	assert_false(starve_is_on());
	return __real_xmalloc(len);
}

void *
__wrap_xcalloc(size_t n, size_t len)
{
	assert_false(starve_is_on());
	return __real_xcalloc(n, len);
}

void *
__wrap_xreallocarray(void *p, size_t n, size_t len)
{
	assert_false(starve_is_on());
	return __real_xreallocarray(p, n, len);
}

/* --- the stage ----------------------------------------------------------- */

static struct party lab;

/* A switch, and a place in the mesh: 10.GID2.0.0/16. */
static void
settle(unsigned nr, uint16_t gid2)
{
	const struct neg_config cfg = { .policy = REHOOK_NEVER };
	const struct negotiate_io io = quiet_negotiate_io(NULL);
	const struct fwd_config fwd = { .mode = FWD_SWITCH,
		.ethernet = true,
		.flood_rate = 1000,
		.age_ms = 300000,
		.per_peer = 16 };
	struct netdesc d = { .nodes = 1, .n_claims = 1 };
	struct core *c = &lab.d.end[nr].core;
	struct turn t = duo_turn(&lab.d, nr);

	d.topo = topology_ntk(NETDESC_10);
	d.gid[3] = d.claim[0].gid[3] = 10;
	d.gid[2] = d.claim[0].gid[2] = gid2;
	d.claim[0].level = 2;
	d.gid[0] = 1;
	negotiate_start(c, &cfg, &io);
	negotiate_place(c, &d, &t);
	assert_int_equal(core_port_add(c, &fwd, &t), 0);
	duo_done(&lab.d);
}

/* Whose 10.GID2.0.9 is there: a peer of that id. */
static bool
granted(unsigned nr, uint8_t gid2)
{
	const uint8_t a[4] = { 10, gid2, 0, 9 };
	uint32_t who = 0;

	return route_find(lab.d.end[nr].core.routes, PREFIX_IPV4, a, &who) &&
	    who != ROUTE_LOCAL;
}

/* A frame from a station behind nr's device, to all. */
static void
frame(unsigned nr, uint8_t station)
{
	struct duo *d = &lab.d;
	struct turn t = duo_turn(d, nr);
	struct run run = { 0 };
	struct pkt *pk = run_add(&run, 64, &d->mem);
	const uint8_t src[6] = { 2, 0, 0, 0, (uint8_t)nr, station };

	assert_non_null(pk);
	memset(pk->p, 0, 64);
	memset(pk->p, 0xff, 6);
	memcpy(pk->p + 6, src, 6);
	pk->p[12] = 0x88;
	pk->p[13] = 0xb5;
	core_port_input(&d->end[nr].core, 0, &run, &t);
	duo_done(d);
}

/* Does what 3000 bytes need, which is more than one datagram. */
static void
say_all(uint8_t what)
{
	static uint8_t body[3000];
	unsigned i;

	for (i = 0; i < ENDS; i++) {
		memset(body, what, sizeof(body));
		body[0] = (uint8_t)i; /* else it is what was heard just now */
		duo_say(&lab.d, i, body, sizeof(body));
		frame(i, what);
	}
	duo_run(&lab.d, SEC / 10);
}

static void
rekey_all(void)
{
	struct peer *p;
	unsigned i;

	for (i = 0; i < ENDS; i++) {
		struct turn t = duo_turn(&lab.d, i);

		TAILQ_FOREACH (p, &lab.d.end[i].core.peers, link)
			dial_begin(&lab.d.end[i].core, p, &t);
		duo_done(&lab.d);
		duo_run(&lab.d, 2 * SEC);
	}
}

/*
 * Ends 0 and 1 have a tunnel; 2 is to come, as a stranger or named: strangers
 * are not dialled for a day once they did not answer.
 */
static void
begin(bool named)
{
	unsigned i;

	party_init(&lab, 77, TRUST_OPEN);
	lab.cfg.trust.open_transit = true;
	party_start(&lab, 0, ENDS);
	for (i = 0; i < ENDS; i++)
		settle(i, (uint16_t)(70 + i));
	party_tell(&lab, 0, 1);
	duo_run(&lab.d, 5 * SEC);
	assert_true(party_live(&lab, 0, 1) && party_live(&lab, 1, 0));
	assert_true(granted(0, 71) && granted(1, 70));
	for (i = 0; named && i < 2; i++) {
		duo_peer(&lab.d, i, 2, false);
		duo_peer(&lab.d, 2, i, false);
	}
}

/* Where the others are: end 2 dials them. */
static void
find(void)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct turn t = duo_turn(&lab.d, 2);

		core_peer_endpoints(&lab.d.end[2].core, lab.d.end[2].peer[i],
		    &lab.d.end[i].face, 1, &t);
		duo_done(&lab.d);
	}
}

/* A stranger comes, all talk, keys are renewed, tunnels end and begin. */
static void
scene(bool named)
{
	struct turn t;

	if (named)
		find();
	else
		party_tell(&lab, 2, 0);
	duo_run(&lab.d, 5 * SEC);
	say_all(1);
	rekey_all();
	say_all(2);
	t = duo_turn(&lab.d, 2);
	core_close_all(&lab.d.end[2].core, CLOSE_NONE, &t);
	lab.d.end[2].core.stopping = false;
	duo_done(&lab.d);
	duo_run(&lab.d, 5 * SEC);
}

static unsigned
live_pairs(void)
{
	unsigned a, b, n = 0;

	for (a = 0; a < ENDS; a++)
		for (b = 0; b < ENDS; b++)
			n += a != b && party_live(&lab, a, b);
	return n;
}

/* All have tunnels to all, that carry, and may use each other's addresses. */
static void
look(bool named, unsigned first)
{
	unsigned a, b;

	/* As a person would, who was told that it was refused. */
	party_tell(&lab, 2, 0);
	if (named)
		rekey_all();
	if (!party_wait_meshed(&lab, ENDS, 400 * SEC))
		fail_msg("number %u: %u tunnel ends of %u", first, live_pairs(),
		    ENDS * (ENDS - 1));
	duo_run(&lab.d, 100 * SEC);
	for (a = 0; a < ENDS; a++) {
		duo_forget(&lab.d, a);
		for (b = 0; b < ENDS; b++)
			if (a != b && !granted(a, (uint8_t)(70 + b)))
				fail_msg("number %u: %u grants %u nothing",
				    first, a, b);
	}
	say_all(3);
	for (a = 0; a < ENDS; a++)
		assert_int_equal(duo_recs(&lab.d, a, MESH_PKT), ENDS - 1);
}

/* How often the scene asks for memory, with these failing. */
static unsigned
play(bool named, unsigned first, unsigned last)
{
	uint64_t before = mem_failed();

	begin(named);
	starve(first, last);
	scene(named);
	starve_end();
	if (first == last && !party_live(&lab, 0, 1) && live_pairs() < 4)
		fail_msg("number %u ended more than one tunnel", first);
	assert_int_equal(mem_failed() - before, starve_refused());
	look(named, first);
	party_fini(&lab);
	return starve_asked();
}

static void
each_alone(void **state)
{
	unsigned n, all = play(false, 0, 0);

	(void)state;
	print_message("the scene asks for memory %u times\n", all);
	assert_true(all > 100);
	for (n = 1; n <= all; n++)
		play(false, n, n);
}

static void
none_for_a_while(void **state)
{
	unsigned n, all = play(true, 0, 0);

	(void)state;
	for (n = 1; n <= all; n += 1 + all / 20)
		play(true, n, UINT32_MAX);
	for (n = 1; n <= all; n += 1 + all / 20)
		play(true, n, n + 20);
}

/* A window that could not grow forgets, but takes nothing twice. */
static void
small_window(void **state)
{
	struct replay rp;
	uint64_t n, k;

	(void)state;
	replay_init(&rp);
	starve(1, 20);
	for (n = 0; n < 64 * 40; n++) {
		assert_true(replay_accept(&rp, n + (n % 100 == 99)));
		if (n % 100 == 99)
			assert_true(replay_accept(&rp, n));
		n += n % 100 == 99;
		for (k = n > 300 ? n - 300 : 0; k <= n; k++)
			assert_false(replay_accept(&rp, k));
	}
	starve_end();
	assert_int_equal(starve_refused(), 20);
	assert_non_null(rp.all);
	for (k = 0; k < n; k++)
		assert_false(replay_accept(&rp, k));
	replay_fini(&rp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_window),
		cmocka_unit_test(each_alone),
		cmocka_unit_test(none_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
