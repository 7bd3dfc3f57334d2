/* The negotiation inside the core: real tunnels, what is granted and told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/negotiate.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "tests/quiet.h"
#include "tests/unit/duo.h"
#include "wire/frame.h"

/* What the world of one end was told. */
struct world {
	struct prefix routed[NETDESC_CLAIMS];
	size_t n_routed;
	unsigned rehooks;
	bool probed;
	uint8_t nonce[NEG_NONCE]; /* of the last probe */
};

struct lab {
	struct duo d;
	struct world w[DUO_MAX];
};

static void
on_routes(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	struct world *w = arg;

	(void)peer;
	w->n_routed = n;
	if (n > 0)
		memcpy(w->routed, p, n * sizeof(*p));
}

static void
on_rehook(void *arg, uint32_t id, const struct prefix *from,
    const struct prefix *to, uint32_t count)
{
	struct world *w = arg;

	(void)id, (void)from, (void)to, (void)count;
	w->rehooks++;
}

static void
on_probe(void *arg, const struct addr *to, const uint8_t nonce[NEG_NONCE])
{
	struct world *w = arg;

	(void)to;
	w->probed = true;
	memcpy(w->nonce, nonce, NEG_NONCE);
}

static void
end_start(struct lab *lab, unsigned nr)
{
	const struct neg_config cfg = { .policy = REHOOK_ATOMIC,
		.max_nodes = 1 };
	struct negotiate_io io = quiet_negotiate_io(&lab->w[nr]);

	io.routes = on_routes;
	io.rehook = on_rehook;
	io.probe = on_probe;
	duo_start(&lab->d, nr, NULL);
	negotiate_start(&lab->d.end[nr].core, &cfg, &io);
}

/* 10.GID2.0.0/16 */
static struct netdesc
place(uint16_t gid2, uint16_t flags)
{
	struct netdesc d = { .nodes = 1, .n_claims = 1, .flags = flags };

	d.topo = topology_ntk(NETDESC_10);
	d.gid[3] = d.claim[0].gid[3] = 10;
	d.gid[2] = d.claim[0].gid[2] = gid2;
	d.claim[0].level = 2;
	d.gid[0] = 1;
	return d;
}

static void
settle_at(struct lab *lab, unsigned nr, uint16_t gid2)
{
	const struct netdesc d = place(gid2, NETDESC_MOVABLE);
	struct turn t = duo_turn(&lab->d, nr);

	negotiate_place(&lab->d.end[nr].core, &d, &t);
	duo_done(&lab->d);
}

static struct lab *
lab_new(void)
{
	static struct lab lab;

	memset(&lab, 0, sizeof(lab));
	duo_init(&lab.d, 5);
	end_start(&lab, 0);
	end_start(&lab, 1);
	return &lab;
}

/* Whose 10.GID2.0.9 is at that end: -1 nobody's. */
static int
whose(struct lab *lab, unsigned nr, uint8_t gid2)
{
	const uint8_t a[4] = { 10, gid2, 0, 9 };
	uint32_t who = 0;

	return route_find(lab->d.end[nr].core.routes, PREFIX_IPV4, a, &who)
	    ? (int)who
	    : -1;
}

static void
agreed_is_granted(void **state)
{
	struct lab *lab = lab_new();
	struct duo *d = &lab->d;
	struct peer *b, *a;

	(void)state;
	settle_at(lab, 0, 79);
	settle_at(lab, 1, 80);
	b = duo_peer(d, 0, 1, true);
	a = duo_peer(d, 1, 0, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 2 * MONO_SEC);
	assert_int_equal(whose(lab, 0, 80), b->id);
	assert_int_equal(whose(lab, 1, 79), a->id);
	assert_int_equal(whose(lab, 0, 79), -1);
	assert_int_equal(lab->w[0].n_routed, 1);
	assert_int_equal(lab->w[0].routed[0].a[1], 80);
	duo_stop(d, 1); /* it is gone, and says nothing */
	duo_run(d, 60 * MONO_SEC);
	assert_int_equal(whose(lab, 0, 80), -1);
	assert_int_equal(lab->w[0].n_routed, 0);
	duo_fini(d);
}

static enum neg_state
state(struct lab *lab, unsigned nr, const struct peer *p)
{
	struct neg_link_view v;

	assert_true(
	    neg_show_link(negotiate_neg(&lab->d.end[nr].core), p->id, &v));
	return v.state;
}

static void
hear(struct lab *lab, unsigned nr, const char *from, const uint8_t *nonce)
{
	struct turn t = duo_turn(&lab->d, nr);
	struct addr a;

	assert_true(addr_parse(from, 1, &a));
	negotiate_nonce(&lab->d.end[nr].core, &a, nonce, &t);
	duo_done(&lab->d);
}

/* A nonce from elsewhere says nothing: anybody may send there. */
static void
heard_from_our_own(void **unused)
{
	struct lab *lab = lab_new();
	struct duo *d = &lab->d;
	struct peer *b;
	unsigned i;

	(void)unused;
	settle_at(lab, 0, 79);
	settle_at(lab, 1, 79);
	b = duo_peer(d, 0, 1, true);
	duo_peer(d, 1, 0, false);
	assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
	duo_run(d, 1 * MONO_SEC);
	assert_true(lab->w[1].probed);
	hear(lab, 0, "192.0.2.1", lab->w[1].nonce);
	hear(lab, 0, "10.80.0.1", lab->w[1].nonce);
	hear(lab, 0, "[fd00::1]", lab->w[1].nonce);
	duo_run(d, 1 * MONO_SEC);
	assert_int_not_equal(state(lab, 0, b), NEG_SAME);
	for (i = 0; i < 5; i++) { /* one may take the netid of the other */
		hear(lab, 0, "10.79.0.1", lab->w[1].nonce);
		duo_run(d, 1 * MONO_SEC);
	}
	assert_int_equal(state(lab, 0, b), NEG_SAME);
	duo_fini(d);
}

/* The word of the peer that the configuration names moves a lone newcomer;
 * trust that is taken away while the tunnel lives counts at once. */
static void
trust_moves(void **state)
{
	unsigned late;

	(void)state;
	for (late = 0; late < 2; late++) {
		struct lab *lab = lab_new();
		struct duo *d = &lab->d;
		struct peer *b;
		struct turn t;

		settle_at(lab, 0, 79);
		settle_at(lab, 1, 79);
		b = duo_peer(d, 0, 1, true);
		(void)duo_peer(d, 1, 0, false);
		t = duo_turn(d, 0);
		negotiate_trust(&d->end[0].core, b, true, &t);
		duo_done(d);
		assert_true(duo_wait_up(d, 0, 1, 5 * MONO_SEC));
		duo_run(d, 2 * MONO_SEC);
		if (late == 1) {
			t = duo_turn(d, 0);
			negotiate_trust(&d->end[0].core, b, false, &t);
			duo_done(d);
		}
		duo_run(d, 120 * MONO_SEC);
		assert_int_equal(lab->w[0].rehooks > 0, late == 0);
		assert_int_equal(lab->w[1].rehooks, 0);
		assert_int_equal(whose(lab, 0, 79), -1);
		duo_fini(d);
	}
}

/* A part that no negotiation sends. */
static void
send_garbage(struct duo *d, struct peer *p, uint8_t life)
{
	const uint8_t part[] = { NEG_HELLO, 0, 1, life, 0, 0, 0, 1, 1, 2, 3 };
	struct turn t = duo_turn(d, 1);

	peer_send_small(&d->end[1].core, p, peer_session(p), &p->path,
	    FRAME_NEG, part, sizeof(part), &t);
	duo_done(d);
}

/* Waits until there is a session: the first thing that comes through it. */
static void
say_at_once(struct duo *d, struct peer *p)
{
	struct turn t = duo_turn(d, 1);
	struct run run;
	struct pkt *pk = run_one(&run, PROBE_LEN, t.mem);

	memset(pk->p, 0, PROBE_LEN);
	peer_send(&d->end[1].core, p, FRAME_PROBE, 0, &run, &t);
	duo_done(d);
}

/*
 * Who sent too much nonsense is shown the door the moment it is live again,
 * which is within the first packet that it sends: what is in that packet must
 * not be handled with the session that is gone.
 */
static void
refused_in_the_first_packet(void **state)
{
	struct lab *lab = lab_new();
	struct duo *d = &lab->d;
	struct peer *p;
	unsigned i, refused = 0;

	(void)state;
	(void)duo_peer(d, 0, 1, false);
	p = duo_peer(d, 1, 0, true);
	for (i = 0; i < 8; i++) {
		if (!duo_wait_up(d, 1, 0, 200 * (uint64_t)MONO_SEC))
			break;
		duo_run(d, 300 * MONO_MS);
		if (peer_session(p) == NULL) {
			refused++;
			say_at_once(d, p);
			continue;
		}
		send_garbage(d, p, (uint8_t)(77 + i));
		duo_run(d, 500 * MONO_MS);
		assert_null(peer_session(p)); /* it was told goodbye */
		say_at_once(d, p);
	}
	assert_int_equal(duo_cnt(d, 0, CNT_neg_bad), 5);
	assert_true(refused > 0 || i < 8);
	duo_fini(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agreed_is_granted),
		cmocka_unit_test(heard_from_our_own),
		cmocka_unit_test(trust_moves),
		cmocka_unit_test(refused_in_the_first_packet),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
