#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neg/space.h"
#include "neg_pair.h"

/* A site of n claims of a single IPv4 address each: paths as long as any. */
static void
own_hosts(struct line *ln, unsigned side, unsigned second, unsigned n)
{
	struct netdesc *d = &ln->s[side].own;
	unsigned i;

	memset(d, 0, sizeof(*d));
	d->topo = topology_plain();
	d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	for (i = 0; i < n; i++) {
		struct prefix p = { PREFIX_IPV4, 32,
			{ 10, (uint8_t)second, (uint8_t)i, 1 } };

		assert_int_equal(
		    claims_from_prefix(&p, &d->claim[d->n_claims++], 1), 1);
	}
	line_place(ln, side);
}

/*
 * All that is taken does not fit a message through the narrowest tunnel: as
 * much of it is told as fits, and whoever is to move does.
 */
static void
narrow(void **state)
{
	struct line ln;
	unsigned i, round;

	(void)state;
	line_init(&ln, 6, 1);
	ln.part_max = 500;
	own_hosts(&ln, 0, 1, 1);
	for (round = 0; round < 2; round++)
		for (i = 1; i < 5; i++) {
			if (round > 0)
				line_cut(&ln, 0, i);
			ln.s[i].life = (uint8_t)round;
			own_hosts(&ln, i, 10 * round + 10 + i, NETDESC_CLAIMS);
			line_join(&ln, i, 0, false);
			line_run(&ln, 700);
			assert_int_equal(line_state(&ln, 0, i), NEG_UP);
		}
	own_hosts(&ln, 5, 1, 1);
	line_join(&ln, 5, 0, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[5].told, 1);
	line_fini(&ln);
}

static struct neg_taken
taken(uint8_t second, uint8_t third, uint8_t bits, uint32_t peer)
{
	return (struct neg_taken){ { PREFIX_IPV4, bits, { 10, second, third } },
		peer };
}

/* What is somebody's by the configuration is routed to nobody else. */
static void
configured(void **state)
{
	struct neg_taken t = taken(50, 0, 16, 3);
	struct line ln;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 50);
	line_join(&ln, 1, 0, false);
	neg_avoid(ln.s[0].g, &t, 1, ln.now);
	line_run(&ln, 5);
	assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	t.peer = 2; /* side 1's own */
	neg_avoid(ln.s[0].g, &t, 1, ln.now);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	t = taken(50, 1, 24, 0); /* a part of it ours */
	neg_avoid(ln.s[0].g, &t, 1, ln.now);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	t = taken(0, 0, 8, 3);
	neg_avoid(ln.s[0].g, &t, 1, ln.now);
	assert_int_equal(ln.s[0].n_routes[1], 0);
	t.p.bits = 0; /* the way to all the rest */
	neg_avoid(ln.s[0].g, &t, 1, ln.now);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	neg_avoid(ln.s[0].g, NULL, 0, ln.now);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	line_fini(&ln);
}

/* Nor does anybody move there: the winner names what is taken. */
static void
not_to_configured(void **state)
{
	struct neg_taken t[256];
	struct line ln;
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < 256; i++)
		if (i != 79 && i != 200)
			t[n++] = taken((uint8_t)i, 0, 16, 3);
	line_init(&ln, 2, 1);
	neg_avoid(ln.s[0].g, t, n, ln.now);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 60);
	assert_int_equal(ln.s[1].told, 1);
	assert_int_equal(line_gid2(&ln, 1), 200);
	assert_int_equal(ln.s[0].n_routes[1], 1);
	line_fini(&ln);
}

/* Multicast and the host itself are no gnode's. */
static void
unroutable(void **state)
{
	static const uint8_t first[] = { 127, 224, 169, 10 };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(first); i++) {
		struct prefix p = { PREFIX_IPV4, 16, { first[i], 254 } };
		struct line ln;

		line_init(&ln, 2, 1);
		own_hosts(&ln, 0, 1, 1);
		own_hosts(&ln, 1, 2, 1);
		assert_int_equal(
		    claims_from_prefix(&p, ln.s[1].own.claim, 1), 1);
		line_place(&ln, 1);
		line_join(&ln, 1, 0, false);
		line_run(&ln, 5);
		assert_int_equal(line_state(&ln, 0, 1), NEG_UP);
		assert_int_equal(ln.s[0].n_routes[1], first[i] == 10);
		line_fini(&ln);
	}
}

/* A HELLO of side 1 with the oldest netid of all, and zeroes as its nonce. */
static void
hello_of_one(struct line *ln)
{
	struct neg_msg m = { .type = NEG_HELLO };
	struct neg_self_view v;
	struct netdesc d;
	uint8_t buf[NETDESC_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	neg_show_self(ln->s[1].g, &v, ln->now);
	netdesc_copy(&d, v.own);
	d.netid = 1;
	assert_true(netdesc_write(&w, &d, sizeof(buf)));
	netdesc_fini(&d);
	m.u.desc.bytes = buf;
	m.u.desc.len = w.len;
	line_sign(ln, 1, buf, w.len, m.u.desc.sig);
	line_forge(ln, 1, 0, &m);
}

/* Who claims another place is not our gnode, whatever is heard in the mesh. */
static void
not_by_a_nonce_alone(void **state)
{
	static const uint8_t nonce[NEG_NONCE];
	unsigned gid2;

	(void)state;
	for (gid2 = 10; gid2 <= 20; gid2 += 10) {
		struct line ln;
		uint64_t was;

		line_init(&ln, 2, 3);
		line_own(&ln, 0, 10);
		line_own(&ln, 1, gid2);
		line_join(&ln, 0, 1, false);
		line_run(&ln, 3);
		hello_of_one(&ln);
		line_run_ms(&ln, 100);
		was = line_netid(&ln, 0);
		neg_nonce_seen(ln.s[0].g, nonce, ln.now);
		line_run(&ln, 3);
		assert_int_equal(line_netid(&ln, 0), gid2 == 10 ? 1 : was);
		line_fini(&ln);
	}
}

static uint8_t
flags_of(struct line *ln, unsigned side, unsigned claim)
{
	struct neg_self_view v;

	line_run(ln, 3);
	neg_show_self(ln->s[side].g, &v, ln->now);
	assert_true(claim < v.own->n_claims);
	return v.own->claim[claim].flags;
}

static void
also_at(struct line *ln, unsigned side, unsigned gid2)
{
	ln->s[side].own.claim[1] = line_claim(gid2);
	ln->s[side].own.n_claims = 2;
	line_place(ln, side);
}

/* A move that failed has left nothing, whatever is remembered of it. */
static void
failed_leaves_nothing(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 9);
	ln.s[1].obeys = false;
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 80);
	also_at(&ln, 1, 79);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 40);
	assert_int_equal(ln.s[1].told, 1);
	neg_rehook_failed(ln.s[1].g, ln.s[1].rehook_id, ln.now);
	assert_int_equal(flags_of(&ln, 1, 1), 0);
	line_cut(&ln, 0, 1);
	line_restart(&ln, 1, 30);
	line_place(&ln, 1);
	assert_int_equal(flags_of(&ln, 1, 1), 0);
	line_fini(&ln);
}

/* What was left is so as long as it is shown; there again later, it is ours. */
static void
left_while_shown(void **state)
{
	struct line ln;

	(void)state;
	line_init(&ln, 2, 9);
	ln.s[1].obeys = false;
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 1, 0, false);
	line_run(&ln, 40);
	assert_int_equal(ln.s[1].told, 1);
	ln.s[1].own.claim[0] = ln.s[1].to;
	ln.s[1].own.gid[2] = ln.s[1].to.gid[2];
	also_at(&ln, 1, 79);
	assert_int_equal(flags_of(&ln, 1, 0), 0);
	assert_int_equal(flags_of(&ln, 1, 1), CLAIM_LEAVING);
	line_cut(&ln, 0, 1);
	line_restart(&ln, 1, 30);
	line_place(&ln, 1);
	assert_int_equal(flags_of(&ln, 1, 1), CLAIM_LEAVING);
	ln.s[1].own.n_claims = 1;
	line_place(&ln, 1);
	line_run(&ln, 3);
	also_at(&ln, 1, 79);
	assert_int_equal(flags_of(&ln, 1, 1), 0);
	line_fini(&ln);
}

/* Both dial, and one has another netid before it is heard: roles stay two. */
static void
netid_changes_while_crossing(void **state)
{
	unsigned ms, side;

	(void)state;
	for (ms = 0; ms < 150; ms += 10)
		for (side = 0; side < 2; side++) {
			struct neg_link_view v, w;
			struct line ln;

			line_init(&ln, 2, 5);
			ln.s[0].cfg.netid = ln.s[1].cfg.netid = 500;
			ln.s[side].cfg.netid = 1000;
			neg_set_config(ln.s[0].g, &ln.s[0].cfg, ln.now);
			neg_set_config(ln.s[1].g, &ln.s[1].cfg, ln.now);
			line_own(&ln, 0, 79);
			line_own(&ln, 1, 79);
			line_run(&ln, 5);
			line_join(&ln, 0, 1, true);
			line_run_ms(&ln, ms);
			ln.s[side].cfg.netid = 100;
			neg_set_config(ln.s[side].g, &ln.s[side].cfg, ln.now);
			line_run(&ln, 5);
			assert_true(neg_show_link(ln.s[0].g, 2, &v));
			assert_true(neg_show_link(ln.s[1].g, 1, &w));
			assert_int_not_equal(v.initiator, w.initiator);
			line_fini(&ln);
		}
}

/* It says that it has heard, and no more. */
static void
only_acknowledge(struct side *s, unsigned from, const uint8_t *part, size_t len)
{
	struct rd r = rd_of(part, len);
	uint8_t buf[NEG_HEAD];
	struct wr w = wr_of(buf, sizeof(buf));
	struct neg_head h;

	assert_true(neg_head_parse(&r, &h));
	if (h.type == NEG_ACK)
		return;
	h.type = NEG_ACK;
	h.part = 0;
	h.parts = 1;
	neg_head_write(&w, &h);
	line_send(s->line, s->n, from, buf, w.len);
}

/* An answer is waited for while it may come, then the winner is told. */
static void
no_answer(void **state)
{
	struct line ln;
	unsigned ms = 0;

	(void)state;
	line_init(&ln, 2, 1);
	line_own(&ln, 0, 79);
	line_own(&ln, 1, 79);
	line_join(&ln, 0, 1, false);
	for (; line_state(&ln, 0, 1) != NEG_LOSE_ASK && ms < 30000; ms += 10)
		line_run_ms(&ln, 10);
	line_raw(&ln, 1, only_acknowledge);
	line_run(&ln, 22);
	assert_int_equal(line_state(&ln, 0, 1), NEG_LOSE_ASK);
	assert_int_equal(ln.s[0].types[1] & 1u << NEG_ABORT, 0);
	line_run(&ln, 3);
	assert_int_equal(line_state(&ln, 0, 1), NEG_BACKOFF);
	assert_int_not_equal(ln.s[0].types[1] & 1u << NEG_ABORT, 0);
	line_fini(&ln);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow),
		cmocka_unit_test(configured),
		cmocka_unit_test(not_to_configured),
		cmocka_unit_test(unroutable),
		cmocka_unit_test(not_by_a_nonce_alone),
		cmocka_unit_test(failed_leaves_nothing),
		cmocka_unit_test(left_while_shown),
		cmocka_unit_test(netid_changes_while_crossing),
		cmocka_unit_test(no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
