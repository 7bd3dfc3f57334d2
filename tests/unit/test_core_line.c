/*
 * Addresses: raced, changed, not to be reached; our own line changed, or we
 * slept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/dial.h"
#include "core/line.h"
#include "core/peer.h"
#include "core/session.h"
#include "core/target.h"
#include "duo.h"
#include "wire/msg.h"

#define SEC ((uint64_t)MONO_SEC)
#define MS(us) ((us) / MONO_MS)

static void
cut(struct duo *d, bool yes)
{
	d->dir[0][1].cut = yes;
	d->dir[1][0].cut = yes;
}

/* End 0 is told where 1 is. */
static void
endpoints(struct duo *d, const struct addr *ep, unsigned n)
{
	struct turn t = duo_turn(d, 0);

	core_peer_endpoints(&d->end[0].core, d->end[0].peer[1], ep, n, &t);
	duo_done(d);
}

static void
line_changed(struct duo *d, unsigned nr)
{
	struct turn t = duo_turn(d, nr);

	core_line_changed(&d->end[nr].core, &t);
	duo_done(d);
}

/* 0 will dial, 1 knows it; nothing has been sent. */
static void
two(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	duo_start(d, 0, NULL);
	duo_start(d, 1, NULL);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, false);
}

static struct addr
nowhere(unsigned i)
{
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "203.0.113.%u:7469", i + 1);
	return duo_addr(text);
}

static void
test_interleave(void **state)
{
	static const struct {
		const char *in, *want; /* 4: IPv4, 6: IPv6 */
	} rows[] = {
		{ "", "" },
		{ "4", "4" },
		{ "44", "44" },
		{ "46", "46" },
		{ "64", "64" },
		{ "6644", "6464" },
		{ "4466", "4646" },
		{ "66664", "64666" },
		{ "44444466", "46464444" },
		{ "64646464", "64646464" },
	};
	struct addr ep[PEER_ENDPOINTS], was[PEER_ENDPOINTS];
	unsigned i, k, n, at[2], from;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = (unsigned)strlen(rows[i].in);
		for (k = 0; k < n; k++)
			was[k] = ep[k] =
			    duo_addr(rows[i].in[k] == '4' ? "192.0.2.1:1"
							  : "[2001:db8::1]:1");
		for (k = 0; k < n; k++)
			was[k].port = ep[k].port = (uint16_t)(k + 1);
		target_interleave(ep, n);
		memset(at, 0, sizeof(at));
		for (k = 0; k < n; k++) {
			bool v4 = rows[i].want[k] == '4';

			assert_true(addr_is_v4(&ep[k]) == v4);
			/* those of one family stay in order */
			for (from = at[v4]; addr_is_v4(&was[from]) != v4;)
				from++;
			assert_int_equal(ep[k].port, was[from].port);
			at[v4] = from + 1;
		}
	}
}

/* The second address is tried 250 ms later, not a retry gap. */
static void
test_second_address(void **state)
{
	struct addr ep[2] = { duo_addr("[2001:db8::1]:7469") };
	struct mono began;
	struct duo d;

	(void)state;
	two(&d, 1);
	ep[1] = d.end[1].face;
	began = d.now;
	endpoints(&d, ep, 2);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	/* message 1, the cookie, both again, the first packet */
	assert_in_range(mono_since(began, d.now), 250 * MONO_MS,
	    250 * MONO_MS + 80 * MONO_MS);
	duo_fini(&d);
}

/* When which of n addresses got an initiation, as far as the gaps go. */
static void
test_raced_in_turn(void **state)
{
	/* retry gaps: 0.5, 1, 1, 2, 2; of each try three at most */
	static const struct {
		unsigned n, at_ms[14], to[14];
	} rows[] = {
		{ 1, { 0, 500, 1500, 2500, 4500 }, { 0, 0, 0, 0, 0 } },
		{ 2, { 0, 250, 500, 750, 1500, 1750, 2500, 2750 },
		    { 0, 1, 0, 1, 0, 1, 0, 1 } },
		{ 3, { 0, 250, 500, 750, 1000, 1500, 1750, 2000, 2500 },
		    { 0, 1, 2, 0, 1, 2, 0, 1, 2 } },
		{ 8, { 0, 250, 500, 750, 1000, 1500, 1750, 2000, 2500 },
		    { 0, 1, 2, 3, 4, 5, 6, 7, 0 } },
	};
	struct addr ep[PEER_ENDPOINTS];
	struct mono began;
	struct duo d;
	unsigned i, k;

	(void)state;
	for (k = 0; k < PEER_ENDPOINTS; k++)
		ep[k] = nowhere(k);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		two(&d, 2);
		began = d.now;
		endpoints(&d, ep, rows[i].n);
		duo_run(&d, 5 * SEC);
		for (k = 0; k == 0 || rows[i].at_ms[k] != 0; k++) {
			const struct duo_dgram *g = &d.stray.d[k];

			assert_true(k < d.stray.n);
			assert_int_equal(
			    MS(mono_since(began, g->at)), rows[i].at_ms[k]);
			assert_true(addr_equal(&g->to, &ep[rows[i].to[k]]));
			assert_int_equal(g->len, INIT_LEN);
		}
		duo_fini(&d);
	}
}

/* Two addresses of end 1, which never answers with more than a cookie. */
struct stingy {
	struct addr ep[2];
	unsigned inits[2], bare[2]; /* without mac2 */
	struct duo_tape late;	    /* for the second address */
};

static bool
stingy_tap(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	static const uint8_t zero[MAC_LEN];
	struct stingy *s = d->tap_arg;
	unsigned i = addr_equal(to, &s->ep[1]);

	if (from->nr != 0)
		return len == COOKIE_LEN;
	assert_int_equal(len, INIT_LEN);
	s->inits[i]++;
	s->bare[i] += memcmp(p + INIT_LEN - MAC_LEN, zero, MAC_LEN) == 0;
	if (i == 1)
		duo_keep(&s->late, &from->face, to, d->now, p, len);
	return i == 0;
}

/* Both addresses ask for a cookie; it is asked for once, and then carried. */
static void
test_cookie_for_each_address(void **state)
{
	struct stingy s = { .ep = { nowhere(0), nowhere(1) } };
	uint64_t us;
	struct duo d;
	size_t done = 0;

	(void)state;
	two(&d, 6);
	s.ep[0] = d.end[1].face;
	d.tap = stingy_tap;
	d.tap_arg = &s;
	endpoints(&d, s.ep, 2);
	for (us = 0; us < 20 * SEC; us += 10 * MONO_MS) {
		duo_run(&d, 10 * MONO_MS);
		for (; done < s.late.n; done++)
			duo_inject(&d, 1, &d.end[0].face, s.late.d[done].p,
			    s.late.d[done].len);
	}
	assert_true(s.inits[0] > 10 && s.inits[1] > 10);
	assert_int_equal(s.bare[0], 1);
	assert_int_equal(s.bare[1], 1);
	duo_tape_free(&s.late);
	duo_fini(&d);
}

static void
test_answer_comes_first_next_time(void **state)
{
	struct addr ep[2] = { nowhere(1) };
	struct duo_tape tape = { 0 };
	struct duo d;
	size_t i;

	(void)state;
	two(&d, 3);
	ep[1] = d.end[1].face;
	endpoints(&d, ep, 2);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	cut(&d, true);
	duo_run(&d, 60 * SEC);
	assert_int_equal(d.end[0].peer[1]->state, PEER_DEAD);
	/* as long as it goes on, each try begins with it */
	d.tape = &tape;
	duo_run(&d, 20 * SEC);
	for (i = 1; i < tape.n; i++)
		if (mono_since(tape.d[i - 1].at, tape.d[i].at) > SEC)
			assert_true(addr_equal(&tape.d[i].to, &ep[1]));
	assert_true(tape.n > 4);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* What answers late, answers still: three tries wait. */
static void
test_slow_race(void **state)
{
	struct addr ep[4];
	struct duo d;
	unsigned ms, n;

	(void)state;
	for (ms = 200; ms <= 1400; ms += 100) {
		for (n = 2; n <= 4; n++) {
			unsigned k;

			two(&d, 4 + ms);
			duo_delay(&d, 0, 1, ms * MONO_MS);
			for (k = 0; k < n; k++)
				ep[k] = nowhere(k);
			ep[n - 1] = d.end[1].face;
			endpoints(&d, ep, n);
			if (!duo_wait_up(&d, 0, 1, 25 * SEC))
				fail_msg("%u addresses, %u ms: not up", n, ms);
			duo_fini(&d);
		}
	}
}

/* A datagram that cannot leave costs no time. */
static bool
refused(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct core *c = &d->end[from->nr].core;

	if (addr_is_v4(to))
		return true;
	dial_unreachable(c, p, len, d->now);
	return false;
}

static void
test_unreachable_family(void **state)
{
	struct addr ep[4] = { duo_addr("[2001:db8::1]:1"), nowhere(1),
		duo_addr("[2001:db8::2]:1") };
	struct mono began;
	struct duo d;

	(void)state;
	two(&d, 5);
	ep[3] = d.end[1].face;
	d.tap = refused;
	began = d.now;
	endpoints(&d, ep, 4);
	assert_true(duo_wait_up(&d, 0, 1, 2 * SEC));
	/* [1] refused, nowhere; after 250 ms [2] refused, there */
	assert_in_range(mono_since(began, d.now), 250 * MONO_MS, 330 * MONO_MS);
	duo_fini(&d);
}

/* All of them: it goes on with the gaps, and for ever. */
static void
test_unreachable_all(void **state)
{
	struct addr ep[2] = { duo_addr("[2001:db8::1]:1"),
		duo_addr("[2001:db8::2]:1") };
	struct duo d;

	(void)state;
	two(&d, 6);
	d.tap = refused;
	endpoints(&d, ep, 2);
	duo_run(&d, 60 * SEC);
	/* two a try */
	assert_in_range(d.end[0].out_n, 2 * 20, 2 * 26);
	d.tap = NULL;
	ep[0] = d.end[1].face;
	endpoints(&d, ep, 2);
	assert_true(duo_wait_up(&d, 0, 1, SEC));
	/* Nothing that was not asked for is believed. */
	dial_unreachable(&d.end[0].core, (const uint8_t *)"\1", 1, d.now);
	duo_fini(&d);
}

/* A live tunnel stays where it is, whatever its names say. */
static void
test_names_do_not_move_it(void **state)
{
	struct addr other = nowhere(1), was;
	uint32_t number = 1;
	struct duo d;

	(void)state;
	duo_pair(&d, 7, NULL);
	was = d.end[1].face;
	endpoints(&d, &other, 1);
	duo_run(&d, 600 * SEC);
	assert_true(duo_carries(&d, 0, 1, &number));
	assert_true(addr_equal(&d.end[0].peer[1]->path.remote, &was));
	assert_int_equal(d.stray.n, 0);
	duo_fini(&d);
}

/*
 * Silent at the old address, and the name has a new one: there before it is
 * given up, whether the name moved before the silence or in it.
 */
static void
test_silent_then_elsewhere(void **state)
{
	struct addr moved = duo_addr("198.51.100.7:7469");
	uint32_t number = 1;
	struct duo d;
	unsigned late;

	(void)state;
	for (late = 0; late < 2; late++) {
		duo_pair(&d, 8 + late, NULL);
		duo_run(&d, 5 * SEC);
		d.end[1].face = moved;
		if (!late)
			endpoints(&d, &moved, 1);
		cut(&d, true); /* nor does it speak */
		duo_run(&d, 40 * SEC);
		if (late)
			endpoints(&d, &moved, 1);
		assert_int_equal(d.end[0].peer[1]->state, PEER_VRNODE);
		assert_int_equal(duo_cnt(&d, 0, CNT_peer_dead), 0);
		cut(&d, false);
		duo_run(&d, 5 * SEC);
		assert_true(addr_equal(&d.end[0].peer[1]->path.remote, &moved));
		assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
		assert_true(duo_carries(&d, 0, 1, &number));
		duo_fini(&d);
	}
}

/* It was only quiet: nothing is left of the doubt. */
static void
test_silent_and_back(void **state)
{
	struct addr ep[2] = { nowhere(1) };
	uint64_t handshakes, sent;
	struct duo d;

	(void)state;
	duo_pair(&d, 10, NULL);
	ep[1] = d.end[1].face;
	endpoints(&d, ep, 2);
	handshakes = duo_cnt(&d, 0, CNT_handshakes);
	d.dir[1][0].cut = true;
	duo_run(&d, 25 * SEC + 5 * SEC + 300 * MONO_MS);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	assert_true(sent > handshakes); /* it has begun to doubt */
	duo_say_nr(&d, 1, 1);		/* on its way behind the cut */
	d.dir[1][0].cut = false;
	duo_say_nr(&d, 1, 2);
	duo_run(&d, 15 * MONO_MS);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	duo_run(&d, 20 * SEC);
	assert_int_equal(duo_cnt(&d, 0, CNT_init_sent), sent);
	assert_int_equal(d.end[0].peer[1]->state, PEER_VRNODE);
	duo_fini(&d);
}

/* In doubt twice, by its endpoints: heard, nothing is left of it either. */
static void
test_doubted_twice(void **state)
{
	struct addr ep[3] = { nowhere(1), nowhere(2) };
	uint64_t sent;
	struct duo d;

	(void)state;
	duo_pair(&d, 11, NULL);
	ep[2] = d.end[1].face;
	endpoints(&d, ep, 2);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	d.dir[1][0].cut = true;
	duo_run(&d, 25 * SEC + 5 * SEC + 300 * MONO_MS);
	assert_true(duo_cnt(&d, 0, CNT_init_sent) > sent);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	endpoints(&d, ep, 3);
	assert_int_equal(duo_cnt(&d, 0, CNT_init_sent), sent);
	d.dir[1][0].cut = false;
	duo_say_nr(&d, 1, 1);
	duo_run(&d, 15 * MONO_MS);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	duo_run(&d, 20 * SEC);
	assert_int_equal(duo_cnt(&d, 0, CNT_init_sent), sent);
	duo_fini(&d);
}

/* A race is on, and its addresses are taken away, or all but one. */
static void
test_fewer_addresses_in_a_race(void **state)
{
	const struct addr ep[3] = { nowhere(0), nowhere(1), nowhere(2) };
	struct duo d;
	unsigned n;

	(void)state;
	for (n = 0; n < 2; n++) {
		duo_pair(&d, 13 + n, NULL);
		endpoints(&d, ep, 3);
		cut(&d, true);
		while (d.stray.n == 0 && d.now.us < 40 * SEC)
			duo_run(&d, 10 * MONO_MS);
		/* the next try: it was where the peer was heard, so far */
		duo_run(&d, 300 * MONO_MS);
		assert_int_equal(d.stray.n, 1);
		endpoints(&d, ep, n);
		duo_run(&d, 900 * MONO_MS);
		assert_int_equal(d.stray.n, 1 + n);
		assert_int_equal(d.end[0].peer[1]->state, PEER_VRNODE);
		cut(&d, false);
		duo_run(&d, 5 * SEC);
		assert_int_equal(duo_cnt(&d, 0, CNT_peer_dead), 0);
		duo_fini(&d);
	}
}

/* Our address is another: traffic both ways within 3 s, as soon as we know. */
static void
test_own_address(void **state)
{
	uint32_t number = 1;
	struct mono at;
	struct duo d;
	unsigned who;

	(void)state;
	for (who = 0; who < 2; who++) { /* who dialled, who was dialled */
		duo_pair(&d, 20 + who, NULL);
		duo_run(&d, 30 * SEC);
		d.end[who].face = duo_addr("198.51.100.7:7469");
		line_changed(&d, who);
		at = d.now;
		do
			duo_run(&d, 10 * MONO_MS);
		while (!addr_equal(&d.end[1 - who].peer[who]->path.remote,
			   &d.end[who].face) &&
		    mono_since(at, d.now) < 3 * SEC);
		assert_true(
		    mono_since(at, d.now) < LINE_SPREAD_US + 700 * MONO_MS);
		assert_true(duo_carries(&d, 0, 1, &number));
		assert_int_equal(duo_recs(&d, 0, MESH_PEER_DOWN), 0);
		assert_int_equal(duo_recs(&d, 1, MESH_PEER_DOWN), 0);
		duo_fini(&d);
	}
}

/* Nothing changed for this peer: a probe, and no handshake. */
static void
test_line_as_before(void **state)
{
	struct duo d;
	uint64_t handshakes, inits, out;
	unsigned i;

	(void)state;
	duo_pair(&d, 22, NULL);
	duo_delay(&d, 0, 1, 600 * MONO_MS); /* and a slow one at that */
	duo_run(&d, 60 * SEC);
	handshakes = duo_cnt(&d, 0, CNT_handshakes);
	inits = duo_cnt(&d, 0, CNT_init_sent);
	out = d.end[0].out_n;
	for (i = 0; i < 10; i++) {
		line_changed(&d, 0);
		duo_run(&d, 2 * SEC);
	}
	assert_int_equal(duo_cnt(&d, 0, CNT_handshakes), handshakes);
	assert_int_equal(duo_cnt(&d, 0, CNT_init_sent), inits);
	assert_in_range(d.end[0].out_n - out, 10, 16);
	duo_fini(&d);
}

/* Whom we could not reach is dialled at once, and forgotten is no address. */
static void
test_line_back(void **state)
{
	struct duo d;
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++) {
		duo_init(&d, 30 + i);
		duo_start(&d, 0, NULL);
		duo_start(&d, 1, NULL);
		duo_peer(&d, 1, 0, false);
		cut(&d, true);
		duo_peer(&d, 0, 1, true);
		duo_run(&d, 3000 * SEC + i * 7 * SEC);
		cut(&d, false);
		line_changed(&d, 0);
		assert_true(
		    duo_wait_up(&d, 0, 1, LINE_SPREAD_US + 100 * MONO_MS));
		duo_fini(&d);
	}
}

/* Our line flaps: no more tries than without, and still soon back. */
static void
test_line_flaps(void **state)
{
	uint64_t sent;
	struct duo d;
	unsigned i;

	(void)state;
	duo_init(&d, 45);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	cut(&d, true);
	duo_peer(&d, 0, 1, true);
	duo_run(&d, 3000 * SEC);
	sent = duo_cnt(&d, 0, CNT_init_sent);
	for (i = 0; i < 120; i++) {
		line_changed(&d, 0);
		duo_run(&d, SEC);
	}
	/* each 3 s, and a few sooner at first */
	assert_in_range(duo_cnt(&d, 0, CNT_init_sent) - sent, 30, 45);
	cut(&d, false);
	line_changed(&d, 0);
	if (!duo_wait_up(&d, 0, 1, 2 * SEC)) {
		line_changed(&d, 0);
		assert_true(duo_wait_up(&d, 0, 1, 2 * SEC));
	}
	duo_fini(&d);
}

/* Many are not asked in one instant. */
static void
test_spread(void **state)
{
	struct duo_tape tape = { 0 };
	struct mono first;
	struct duo d;
	unsigned i;
	size_t k;

	(void)state;
	duo_init(&d, 40);
	for (i = 0; i < DUO_MAX; i++)
		duo_start(&d, i, NULL);
	for (i = 1; i < DUO_MAX; i++) {
		duo_peer(&d, i, 0, false);
		duo_peer(&d, 0, i, true);
	}
	for (i = 1; i < DUO_MAX; i++)
		assert_true(duo_wait_up(&d, 0, i, SEC));
	duo_run(&d, 5 * SEC);
	d.tape = &tape;
	first = d.now;
	line_changed(&d, 0);
	assert_int_equal(tape.n, 0);
	duo_run(&d, LINE_SPREAD_US);
	for (i = 0, k = 0; k < tape.n; k++) {
		if (!addr_equal(&tape.d[k].from, &d.end[0].face))
			continue;
		i++;
		assert_true(mono_before(first, tape.d[k].at));
		first = tape.d[k].at;
	}
	assert_int_equal(i, DUO_MAX - 1);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/*
 * End nr stands still while the other goes on: what comes in that time waits.
 * Returns when it wakes.
 */
struct sleeper {
	unsigned nr;
	struct duo_tape waits;
};

static bool
asleep(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct sleeper *s = d->tap_arg;

	if (from->nr == s->nr)
		return false;
	if (s->waits.n < 64) /* the kernel's buffer has an end, too */
		duo_keep(&s->waits, &from->face, to, d->now, p, len);
	return false;
}

/* The sleeper's core does not run: its deadlines pass. */
static void
stand_still(struct duo *d, unsigned nr, uint64_t us)
{
	struct sleeper s = { .nr = nr };
	size_t i;

	d->tap = asleep;
	d->tap_arg = &s;
	d->end[nr].on = false;
	/* it is not at its address, so that others' packets are strays */
	duo_run(d, us);
	d->end[nr].on = true;
	d->tap = NULL;
	for (i = 0; i < s.waits.n; i++)
		duo_inject(d, nr, &s.waits.d[i].from, s.waits.d[i].p,
		    s.waits.d[i].len);
	duo_tape_free(&s.waits);
	line_changed(d, nr);
}

/*
 * For each of some times, 10 minutes among them, either side sleeps, and the
 * one that can be dialled or the other: live again within 10 s, and nothing
 * goes by an old key.
 */
static void
test_sleep(void **state)
{
	static const unsigned times[] = { 5, 30, 60, 120, 179, 181, 600, 7200 };
	uint32_t number = 1;
	struct duo d;
	unsigned i, who, end;

	(void)state;
	for (i = 0; i < 2 * sizeof(times) / sizeof(times[0]); i++) {
		who = i % 2;
		duo_pair(&d, 50 + i, NULL);
		duo_run(&d, 20 * SEC);
		stand_still(&d, who, times[i / 2] * SEC);
		for (end = 0; end < 2; end++) {
			const struct session *s =
			    d.end[end].peer[1 - end]->slot[SLOT_CUR];

			if (end == who && s != NULL)
				assert_true(
				    mono_since(s->born, d.now) <= 180 * SEC ||
				    mono_due(s->end, d.now));
		}
		duo_run(&d, 3 * SEC);
		if (!duo_carries(&d, 0, 1, &number))
			fail_msg("%u slept %u s: not back", who, times[i / 2]);
		for (end = 0; end < 2; end++)
			assert_true(
			    mono_since(
				d.end[end].peer[1 - end]->slot[SLOT_CUR]->born,
				d.now) <= 180 * SEC);
		duo_fini(&d);
	}
}

/* After a sleep it is looked for where it was, but not for ever. */
static void
test_recalled_for_a_while(void **state)
{
	struct duo d;
	uint64_t sent;

	(void)state;
	duo_pair(&d, 80, NULL); /* 1 has no endpoint of 0 */
	cut(&d, true);
	duo_run(&d, 300 * SEC);
	assert_int_equal(d.end[1].peer[0]->state, PEER_DEAD);
	sent = d.end[1].out_n;
	line_changed(&d, 1);
	duo_run(&d, 80 * SEC);
	assert_in_range(d.end[1].out_n - sent, 20, 40);
	duo_run(&d, 20 * SEC);
	sent = d.end[1].out_n;
	duo_run(&d, 3600 * SEC);
	assert_int_equal(d.end[1].out_n, sent);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interleave),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_raced_in_turn),
		cmocka_unit_test(test_answer_comes_first_next_time),
		cmocka_unit_test(test_slow_race),
		cmocka_unit_test(test_cookie_for_each_address),
		cmocka_unit_test(test_unreachable_family),
		cmocka_unit_test(test_unreachable_all),
		cmocka_unit_test(test_names_do_not_move_it),
		cmocka_unit_test(test_silent_then_elsewhere),
		cmocka_unit_test(test_silent_and_back),
		cmocka_unit_test(test_doubted_twice),
		cmocka_unit_test(test_fewer_addresses_in_a_race),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_line_as_before),
		cmocka_unit_test(test_line_back),
		cmocka_unit_test(test_line_flaps),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_recalled_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
