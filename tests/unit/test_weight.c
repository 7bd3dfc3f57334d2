/*
 * What a peer weighs: a hub with many spokes, all real cores with real
 * handshakes, and the heap that is left to the hub when the spokes are gone.
 * All may be gnodes that agree on addresses.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/exchange.h"
#include "core/negotiate.h"
#include "core/route.h"
#include "crypto/prim.h"
#include "neg/space.h"
#include "tests/quiet.h"
#include "tests/rng.h"

#define SPOKES 1000
#define LASTS_S 145 /* there was a rekey, and the session before is gone */
#define SEC MONO_SEC
#define WALL_MS UINT64_C(1800000000000)
#define STEP_US (50 * MONO_MS)

/* What a peer may cost in all, and of that the core: the rest is vplamad's. */
#define PEER_MAX 8192
#define DAEMON_MAX 1536

struct node {
	struct hub *h;
	struct core core;
	struct addr addr;
	struct peer *peer; /* of a spoke: the hub */
};

struct flight {
	TAILQ_ENTRY(flight) link;
	struct addr from, to;
	size_t len;
	uint8_t data[];
};

struct hub {
	struct rng rnd;
	struct mono now;
	struct arena mem;
	TAILQ_HEAD(, flight) flights;
	struct node hub, *spoke;
	unsigned n;
	bool agree; /* each has addresses of its own */
};

static struct addr
addr_of(unsigned i)
{
	const uint8_t ip[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct node *nd = arg;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		struct flight *f = xmalloc(sizeof(*f) + run->pkt[i].len);

		f->from = nd->addr;
		f->to = to->remote;
		f->len = run->pkt[i].len;
		memcpy(f->data, run->pkt[i].p, f->len);
		TAILQ_INSERT_TAIL(&nd->h->flights, f, link);
	}
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct node *nd = arg;

	rng_fill(&nd->h->rnd, p, len);
}

/* In the mesh; 10.1.*.* is where the endpoints are. */
static struct prefix
net_of(unsigned i)
{
	return (struct prefix){ .family = PREFIX_IPV4,
		.bits = 24,
		.a = { 10, (uint8_t)(2 + (i >> 8)), (uint8_t)i } };
}

static unsigned
number_of(const struct addr *a)
{
	return a->ip[14] * 256u + a->ip[15];
}

static struct turn
turn_of(struct hub *h)
{
	return (struct turn){ h->now, WALL_MS + h->now.us / MONO_MS, &h->mem };
}

static void
settle(struct node *nd)
{
	struct netdesc d = { .topo = topology_plain(), .nodes = 1 };
	struct prefix p = net_of(number_of(&nd->addr));
	struct turn t = turn_of(nd->h);

	assert_int_equal(claims_from_prefix(&p, d.claim, NETDESC_CLAIMS), 1);
	d.n_claims = 1;
	negotiate_place(&nd->core, &d, &t);
	arena_reset(&nd->h->mem);
}

/* As the daemon makes it: with a book and a negotiation. */
static void
node_start(struct hub *h, struct node *nd, struct addr addr,
    const struct aead_choice *aead)
{
	struct core_io io = quiet_core_io(nd);
	const struct exchange_io xio = quiet_exchange_io(nd);
	const struct negotiate_io nio = quiet_negotiate_io(nd);
	const struct exchange_config xcfg = { .trust = { .max_peers = 32 },
		.book = { .max_peers = 32 } };
	const struct neg_config ncfg = { .max_nodes = 256 };
	struct core_config cfg = { .network = "weight",
		.aead = *aead,
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	uint8_t seed[KEY_LEN];

	io.udp_send = on_udp_send;
	io.random = on_random;
	nd->h = h;
	nd->addr = addr;
	rng_fill(&h->rnd, seed, sizeof(seed));
	assert_true(identity_from_seed(seed, &cfg.id));
	network_open(&cfg.net, "weight", 6);
	core_init(&nd->core, &cfg, &io, h->now);
	exchange_start(&nd->core, &xcfg, &xio);
	negotiate_start(&nd->core, &ncfg, &nio);
	if (h->agree)
		settle(nd);
}

/* a knows b; who is told where the other is dials. */
static struct peer *
acquaint(struct node *a, const struct node *b, bool endpoint)
{
	struct peer_config cfg = { 0 };
	struct turn t = turn_of(a->h);
	char host[ADDR_HOST];
	const char *why = NULL;
	struct peer *p;

	strcpy(cfg.name, addr_host_format(&b->addr, host));
	memcpy(cfg.ed_pk, b->core.id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, b->core.id.x_pk, KEY_LEN);
	p = core_peer_add(&a->core, &cfg, &why, &t);
	assert_non_null(p);
	if (endpoint)
		core_peer_endpoints(&a->core, p, &b->addr, 1, &t);
	arena_reset(&a->h->mem);
	return p;
}

static struct node *
node_at(struct hub *h, const struct addr *a)
{
	unsigned i = number_of(a);

	return i == 0 ? &h->hub : &h->spoke[i - 1];
}

/* All datagrams arrive at once, and what they cause. */
static void
deliver(struct hub *h)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(&h->flights)) != NULL) {
		struct node *nd = node_at(h, &f->to);
		struct path path = { .remote = f->from, .local = nd->addr };
		struct turn t = turn_of(h);
		struct run run = { 0 };
		struct pkt *pk = run_add(&run, f->len, &h->mem);

		assert_non_null(pk);
		memcpy(pk->p, f->data, f->len);
		TAILQ_REMOVE(&h->flights, f, link);
		free(f);
		core_udp_input(&nd->core, &path, &run, &t);
		arena_reset(&h->mem);
	}
}

static void
tick(struct hub *h, struct node *nd)
{
	struct turn t = turn_of(h);

	if (!mono_due(core_deadline(&nd->core), h->now))
		return;
	core_tick(&nd->core, &t);
	arena_reset(&h->mem);
	deliver(h);
}

static void
hub_run(struct hub *h, uint64_t us)
{
	struct mono end = mono_add(h->now, us);
	unsigned i;

	while (mono_before(h->now, end)) {
		h->now = mono_add(h->now, STEP_US);
		tick(h, &h->hub);
		for (i = 0; i < h->n; i++)
			tick(h, &h->spoke[i]);
	}
}

static size_t
heap_bytes(void)
{
	struct mallinfo2 mi = mallinfo2();

	return mi.uordblks + mi.hblkhd;
}

static void
hub_init(struct hub *h, unsigned n, bool agree, const struct aead_choice *aead)
{
	memset(h, 0, sizeof(*h));
	h->rnd.s = 4;
	h->now.us = SEC;
	h->n = n;
	h->agree = agree;
	TAILQ_INIT(&h->flights);
	arena_init(&h->mem, 1024 * 1024);
	node_start(h, &h->hub, addr_of(0), aead);
}

static void
hub_fini(struct hub *h)
{
	core_fini(&h->hub.core);
	arena_fini(&h->mem);
}

static void
connect_all(struct hub *h, const struct aead_choice *aead)
{
	unsigned i;

	h->spoke = xcalloc(h->n, sizeof(*h->spoke));
	for (i = 0; i < h->n; i++) {
		struct node *nd = &h->spoke[i];

		node_start(h, nd, addr_of(i + 1), aead);
		acquaint(&h->hub, nd, false);
		nd->peer = acquaint(nd, &h->hub, true);
		deliver(h);
	}
}

/* They vanish without a word. */
static void
spokes_gone(struct hub *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		core_fini(&h->spoke[i].core);
	free(h->spoke);
}

/* Its addresses are routed to it. */
static bool
is_agreed(const struct hub *h, const struct peer *p, unsigned i)
{
	struct prefix to = net_of(i);
	uint32_t who = ROUTE_LOCAL;

	return route_find(h->hub.core.routes, PREFIX_IPV4, to.a, &who) &&
	    who == p->id;
}

/* Live tunnels, each rekeyed once at least. */
static void
look(struct hub *h)
{
	unsigned i = 0;
	struct peer *p;

	TAILQ_FOREACH (p, &h->hub.core.peers, link) {
		assert_int_equal(p->state, PEER_VRNODE);
		assert_true(p->stats.rekeys > 0);
		assert_int_equal(is_agreed(h, p, ++i), h->agree);
	}
	assert_int_equal(h->hub.core.n_peers, h->n);
}

static unsigned
with_previous(struct hub *h)
{
	struct peer *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &h->hub.core.peers, link)
		n += p->slot[SLOT_PREV] != NULL;
	return n;
}

/* Heap bytes of each of n peers after a while. */
static size_t
weigh(unsigned n, const struct aead_choice *aead, bool agree)
{
	size_t before, after;
	struct hub h;

	hub_init(&h, n, agree, aead);
	before = heap_bytes();
	connect_all(&h, aead);
	hub_run(&h, LASTS_S * SEC);
	look(&h);
	spokes_gone(&h);
	after = heap_bytes();
	print_message("%4u peers, %s%s: %zu bytes each; %u with the "
		      "session before\n",
	    n, agree ? "agreed, " : "", aead->ops[aead->preferred]->name,
	    (after - before) / n, with_previous(&h));
	hub_fini(&h);
	return (after - before) / n;
}

static const struct aead_ops *(*const backends[])(enum suite suite) = {
	aead_sodium,
	aead_openssl,
	aead_ipsecmb,
};

/* An idle peer, whatever encrypts for it. */
static void
test_idle(void **state)
{
	unsigned i, s;

	(void)state;
	if (heap_bytes() == 0)
		skip(); /* the sanitizers have a heap of their own */
	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		for (s = 0; s < SUITE_MAX; s++) {
			const struct aead_ops *ops = backends[i]((enum suite)s);
			struct aead_choice aead = { .suites =
							(uint8_t)(1U << s),
				.preferred = (uint8_t)s };

			if (ops == NULL || !ops->usable())
				continue;
			aead.ops[s] = ops;
			assert_in_range(
			    weigh(100, &aead, false), 1, PEER_MAX - DAEMON_MAX);
			assert_in_range(
			    weigh(100, &aead, true), 1, PEER_MAX - DAEMON_MAX);
		}
	}
}

static void
test_thousand(void **state)
{
	const struct aead_choice aead = aead_choose();

	(void)state;
	if (heap_bytes() == 0)
		skip();
	assert_in_range(weigh(SPOKES, &aead, false), 1, PEER_MAX - DAEMON_MAX);
	assert_in_range(weigh(SPOKES, &aead, true), 1, PEER_MAX - DAEMON_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_thousand),
	};

	if (!crypto_start()) /* else no AES is found */
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
