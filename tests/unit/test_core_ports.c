/* Devices that come and go: what peers are told, and who is in reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/session.h"
#include "duo.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)

static const struct duo_options plain = { .mtu = 1418 };
static const struct fwd_config ip = { .mode = FWD_HUB };
static const struct fwd_config eth = { .ethernet = true, .mode = FWD_HUB };
static const struct fwd_config sink = {
	.ethernet = true, .mode = FWD_HUB, .sink = true
};

static int
add(struct duo *d, unsigned nr, const struct fwd_config *cfg)
{
	struct turn t = duo_turn(d, nr);

	return core_port_add(&d->end[nr].core, cfg, &t);
}

/* Two ends with a tunnel, and with a device each, or NULL. */
static void
pair(struct duo *d, const struct fwd_config *a, const struct fwd_config *b)
{
	duo_init(d, 7);
	duo_start(d, 0, &plain);
	duo_start(d, 1, &plain);
	if (a != NULL)
		assert_int_equal(add(d, 0, a), 0);
	if (b != NULL)
		assert_int_equal(add(d, 1, b), 0);
	duo_peer(d, 0, 1, true);
	duo_peer(d, 1, 0, true);
	assert_true(duo_wait_up(d, 0, 1, 10 * SEC));
	assert_true(duo_wait_up(d, 1, 0, 10 * SEC));
}

static bool
reaches(struct duo *d, const struct fwd_config *a, const struct fwd_config *b)
{
	bool yes;

	pair(d, a, b);
	assert_int_equal(d->end[0].peer[1]->state, PEER_VRNODE);
	yes = fwd_reaches(&d->end[0].core, 0);
	duo_fini(d);
	return yes;
}

/* A peer that is live and takes no Ethernet is nobody to a TAP. */
static void
who_is_in_reach(void **state)
{
	struct duo d;

	(void)state;
	assert_true(reaches(&d, &ip, NULL)); /* it may have its mesh socket */
	assert_true(reaches(&d, &ip, &eth));
	assert_true(reaches(&d, &eth, &eth));
	assert_false(reaches(&d, &eth, NULL));
	assert_false(reaches(&d, &eth, &ip));
	assert_false(reaches(&d, &eth, &sink));
	assert_true(reaches(&d, &sink, &eth));
}

static void
only_for_its_peer(void **state)
{
	struct fwd_config cfg = ip;
	struct duo d;

	(void)state;
	pair(&d, NULL, NULL);
	cfg.peer = d.end[0].peer[1]->id;
	assert_int_equal(add(&d, 0, &cfg), 0);
	cfg.peer++;
	assert_int_equal(add(&d, 0, &cfg), 1);
	assert_true(fwd_reaches(&d.end[0].core, 0));
	assert_false(fwd_reaches(&d.end[0].core, 1));
	duo_fini(&d);
}

static void
nobody_is_live(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 7);
	duo_start(&d, 0, &plain);
	duo_start(&d, 1, &plain);
	assert_int_equal(add(&d, 0, &ip), 0);
	duo_peer(&d, 0, 1, true);
	assert_false(fwd_reaches(&d.end[0].core, 0));
	duo_fini(&d);
}

/* Ethernet is announced while a device takes it, and no longer. */
static void
announced(void **state)
{
	struct core *c;
	struct duo d;

	(void)state;
	duo_init(&d, 7);
	duo_start(&d, 0, &plain);
	c = &d.end[0].core;
	assert_false(c->caps & CAP_TAP);
	assert_int_equal(add(&d, 0, &ip), 0);
	assert_int_equal(add(&d, 0, &sink), 1);
	assert_false(c->caps & CAP_TAP);
	assert_int_equal(add(&d, 0, &eth), 2);
	assert_int_equal(add(&d, 0, &eth), 3);
	assert_true(c->caps & CAP_TAP);
	core_port_del(c, 2);
	assert_true(c->caps & CAP_TAP);
	core_port_del(c, 3);
	assert_false(c->caps & CAP_TAP);
	assert_true(c->caps & CAP_FRAG); /* the rest stays */
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_in_reach),
		cmocka_unit_test(only_for_its_peer),
		cmocka_unit_test(nobody_is_live),
		cmocka_unit_test(announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
