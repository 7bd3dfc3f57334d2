/* When the names of a peer are looked up, and what the core is told. */
#include "vplamad/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/starve.h"
#include "vplamad/vplamad.h"

#define S(s) ((uint64_t)(s)*MONO_SEC)
#define ASKS 64

/* The resolver: who is asked about, and what it has been told to say. */
static struct ask {
	char text[64];
	resolve_fn *done;
	void *arg;
} ask[ASKS];
static unsigned asks, cancels;

/* The core: what it was told last, how often. */
static struct peer peers[8];
static unsigned told, told_n;
static struct addr told_ep[PEER_ENDPOINTS];

bool __wrap_udp_local(const struct udp *u, unsigned sock, struct addr *ret);
bool __wrap_uplink_has(const struct uplink *u, const struct addr *a);
struct lookup *__wrap_resolve_start(struct resolve *r, const char *text,
    uint16_t default_port, resolve_fn *done, void *arg);
void __wrap_resolve_cancel(struct lookup *q);
struct peer *__wrap_core_peer_add(struct core *c, const struct peer_config *cfg,
    const char **ret_why, struct turn *t);
struct peer *__wrap_core_peer_by_id(struct core *c, uint32_t id);
void __wrap_core_peer_endpoints(struct core *c, struct peer *p,
    const struct addr *ep, unsigned n, struct turn *t);
bool __wrap_core_peer_prefixes(struct core *c, struct peer *peer,
    const struct prefix *p, size_t n, size_t *ret_bad, uint32_t *ret_who);
void __wrap_place_peer(struct vplamad *d, const struct node *n, struct turn *t);
void __wrap_place_prefixes(struct vplamad *d);

struct lookup *
__wrap_resolve_start(struct resolve *r, const char *text, uint16_t default_port,
    resolve_fn *done, void *arg)
{
	struct resolved got = { .n = 1 };
	struct addr a;

	(void)r;
	if (addr_parse(text, default_port, &a)) {
		struct turn t = { 0 };

		got.ep = &a;
		done(arg, &got, &t);
		return NULL;
	}
	assert_true(asks < ASKS);
	snprintf(ask[asks].text, sizeof(ask[asks].text), "%s", text);
	ask[asks].done = done;
	ask[asks].arg = arg;
	return (struct lookup *)&ask[asks++];
}

void
__wrap_resolve_cancel(struct lookup *q)
{
	(void)q;
	cancels++;
}

struct peer *
__wrap_core_peer_add(struct core *c, const struct peer_config *cfg,
    const char **ret_why, struct turn *t)
{
	(void)c;
	(void)cfg;
	(void)ret_why;
	(void)t;
	peers[0].id++;
	peers[peers[0].id].id = peers[0].id;
	return &peers[peers[0].id];
}

struct peer *
__wrap_core_peer_by_id(struct core *c, uint32_t id)
{
	(void)c;
	return &peers[id];
}

void
__wrap_core_peer_endpoints(struct core *c, struct peer *p,
    const struct addr *ep, unsigned n, struct turn *t)
{
	(void)c;
	(void)t;
	p->n_ep = n;
	memcpy(p->ep, ep, n * sizeof(*ep));
	told++;
	told_n = n;
	if (n > 0)
		memcpy(told_ep, ep, n * sizeof(*ep));
}

bool
__wrap_core_peer_prefixes(struct core *c, struct peer *peer,
    const struct prefix *p, size_t n, size_t *ret_bad, uint32_t *ret_who)
{
	(void)c;
	(void)peer;
	(void)p;
	(void)n;
	(void)ret_bad;
	(void)ret_who;
	return true;
}

void
__wrap_place_peer(struct vplamad *d, const struct node *n, struct turn *t)
{
	(void)d;
	(void)n;
	(void)t;
}

void
__wrap_place_prefixes(struct vplamad *d)
{
	(void)d;
}

/* The tunnels come to those, and 192.0.2.9 is an address of the machine. */
static const char *const listens[] = { "0.0.0.0:7469", "198.51.100.1:7000" };

bool
__wrap_udp_local(const struct udp *u, unsigned sock, struct addr *ret)
{
	(void)u;
	return sock < 2 && addr_parse(listens[sock], 0, ret);
}

bool
__wrap_uplink_has(const struct uplink *u, const struct addr *a)
{
	struct addr has;

	(void)u;
	assert_true(addr_parse("192.0.2.9", 0, &has));
	return addr_same_ip(&has, a);
}

struct fix {
	struct vplamad d;
	struct turn t;
};

static struct fix *
fix_new(void)
{
	struct fix *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	asks = cancels = told = told_n = 0;
	memset(peers, 0, sizeof(peers));
	f->t.now.us = S(1000);
	nodes_init(&f->d);
	return f;
}

static void
fix_free(struct fix *f)
{
	nodes_fini(&f->d);
	free(f);
}

static void
conf_make(struct config_peer *ret, const char *const *names, size_t n)
{
	uint8_t seed[KEY_LEN];
	struct identity id;
	char key[KEY_TEXT];

	random_bytes(seed, sizeof(seed));
	assert_true(identity_from_seed(seed, &id));
	key_format(id.ed_pk, key);
	assert_null(config_peer_make("p", key, names, n, ret));
}

static struct node *
add(struct fix *f, const char *const *names, size_t n)
{
	struct config_peer conf = { 0 };
	const char *why;

	conf_make(&conf, names, n);
	assert_true(node_add(&f->d, &conf, &why, &f->t));
	return TAILQ_LAST(&f->d.nodes, node_list);
}

/* Look-up number i ends: with that address, or none. */
static void
say_more(struct fix *f, unsigned i, const char *addr, uint32_t ttl, bool said)
{
	struct resolved got = { .why = "it is dead" };
	struct addr a;

	if (addr != NULL) {
		assert_true(addr_parse(addr, 7469, &a));
		got = (struct resolved){
			.ep = &a, .n = 1, .ttl = ttl, .said = said
		};
	}
	ask[i].done(ask[i].arg, &got, &f->t);
}

static void
say(struct fix *f, unsigned i, const char *addr, uint32_t ttl)
{
	say_more(f, i, addr, ttl, true);
}

/* How long until the next look-up, in seconds; it is made. */
static uint64_t
next(struct fix *f)
{
	struct mono at = nodes_deadline(&f->d), from = f->t.now;
	unsigned had = asks;

	assert_false(mono_is_never(at));
	if (mono_before(f->t.now, at)) {
		nodes_look_up(&f->d, &f->t); /* not yet */
		assert_int_equal(asks, had);
		f->t.now = at;
	}
	nodes_look_up(&f->d, &f->t);
	assert_int_equal(asks, had + 1);
	assert_true(mono_is_never(nodes_deadline(&f->d)));
	return mono_since(from, f->t.now) / MONO_SEC;
}

static void
by_the_time_they_hold(void **state)
{
	static const char *const name[] = { "a.example:7469" };
	static const struct {
		uint32_t ttl;
		uint64_t s;
	} rows[] = { { 300, 300 }, { 1, 60 }, { 60, 60 }, { 86400, 86400 },
		{ UINT32_MAX, 86400 }, { 0, 60 } };
	struct fix *f = fix_new();
	unsigned i;

	(void)state;
	add(f, name, 1);
	assert_int_equal(next(f), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->t.now = mono_add(f->t.now, S(3)); /* it took a while */
		say(f, i, "192.0.2.1", rows[i].ttl);
		assert_int_equal(next(f), rows[i].s);
	}
	say_more(f, i++, "192.0.2.1", 0, false);
	assert_int_equal(next(f), 3600);
	assert_int_equal(told, 1); /* the same address is no news */
	say(f, i, "192.0.2.2", 60);
	assert_int_equal(told, 2);
	assert_int_equal(told_n, 1);
	assert_int_equal(told_ep[0].ip[15], 2);
	fix_free(f);
}

/* The last addresses stay; and who cannot answer is asked less often. */
static void
dead_name_server(void **state)
{
	static const char *const name[] = { "a.example:7469" };
	static const uint64_t wait[] = { 60, 120, 240, 480, 960, 1920, 3840,
		3840 };
	struct fix *f = fix_new();
	unsigned i;

	(void)state;
	add(f, name, 1);
	(void)next(f);
	say(f, 0, "192.0.2.1", 60);
	(void)next(f);
	for (i = 0; i < sizeof(wait) / sizeof(wait[0]); i++) {
		say(f, i + 1, NULL, 0);
		assert_int_equal(next(f), wait[i]);
	}
	assert_int_equal(told, 1);
	assert_int_equal(told_ep[0].ip[15], 1);
	say(f, i + 1, "192.0.2.1", 90);
	assert_int_equal(next(f), 90);
	fix_free(f);
}

/* Dialled or silent: soon, but no second time within a minute. */
static void
soon_when_it_is_missed(void **state)
{
	static const char *const name[] = { "a.example:7469" };
	struct fix *f = fix_new();
	struct node *n;

	(void)state;
	n = add(f, name, 1);
	(void)next(f);
	node_look_soon(n, f->t.now); /* under way: nothing */
	assert_true(mono_is_never(nodes_deadline(&f->d)));
	say(f, 0, "192.0.2.1", 86400);
	f->t.now = mono_add(f->t.now, S(10));
	node_look_soon(n, f->t.now);
	assert_int_equal(next(f), 50);
	say(f, 1, "192.0.2.1", 86400);
	f->t.now = mono_add(f->t.now, S(1000));
	node_look_soon(n, f->t.now);
	assert_int_equal(next(f), 0);
	fix_free(f);
}

/* Addresses are told at once and together, and never looked up again. */
static void
addresses_are_no_names(void **state)
{
	static const char *const both[] = { "192.0.2.1:7469",
		"[2001:db8::1]:7469", "a.example:7469" };
	struct fix *f = fix_new();
	struct node *n;

	(void)state;
	n = add(f, both, 3);
	assert_int_equal(told, 1);
	assert_int_equal(told_n, 2);
	(void)next(f);
	assert_string_equal(ask[0].text, "a.example:7469");
	say(f, 0, "192.0.2.7", 60);
	assert_int_equal(told_n, 3);
	node_look_soon(n, mono_add(f->t.now, S(9999)));
	assert_int_equal(asks, 1);
	fix_free(f);
}

/* Many at once are a few in a turn; what is under way ends with its peer. */
static void
few_in_a_turn(void **state)
{
	static const char *const name[] = { "a.example:1", "b.example:1",
		"c.example:1", "d.example:1", "e.example:1", "f.example:1",
		"g.example:1", "h.example:1" };
	struct config_peer conf = { 0 };
	struct fix *f = fix_new();
	struct node *n;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		n = add(f, name, 8);
	assert_int_equal(asks, 0);
	nodes_look_up(&f->d, &f->t);
	assert_int_equal(asks, NODE_LOOKUPS);
	assert_true(mono_due(nodes_deadline(&f->d), f->t.now));
	nodes_look_up(&f->d, &f->t);
	assert_int_equal(asks, 24);
	conf_make(&conf, name + 3, 1);
	node_update(n, &conf, &f->t);
	assert_int_equal(cancels, 8);
	assert_ptr_equal(node_by_id(&f->d, n->id), n);
	assert_null(node_by_id(&f->d, 77));
	(void)next(f);
	assert_string_equal(ask[24].text, "d.example:1");
	fix_free(f);
	assert_int_equal(cancels, 8 + 16 + 1);
}

static void
own_addresses(void **state)
{
	static const struct {
		const char *at;
		bool own;
	} rows[] = {
		{ "192.0.2.9:7469", true },
		{ "192.0.2.9:7000", false }, /* another may be there */
		{ "192.0.2.8:7469", false },
		{ "198.51.100.1:7000", true },
		{ "198.51.100.1:7469", false },
		{ "198.51.100.2:7000", false },
		{ "[2001:db8::1]:7469", false },
	};
	struct fix *f = fix_new();
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(addr_parse(rows[i].at, 0, &a));
		if (node_is_own(&f->d, &a) != rows[i].own)
			fail_msg("%s", rows[i].at);
	}
	fix_free(f);
}

/* The address it had is better than none, and it is looked up soon. */
static void
no_room_for_an_answer(void **state)
{
	static const char *const name[] = { "a.example:7469" };
	struct fix *f = fix_new();

	(void)state;
	add(f, name, 1);
	(void)next(f);
	starve(1, STARVE_ALL);
	say(f, 0, "192.0.2.1", 3600);
	starve_end();
	assert_int_equal(told, 0);
	assert_int_equal(next(f), 60);
	say(f, 1, "192.0.2.1", 3600);
	assert_int_equal(told, 1);
	assert_int_equal(next(f), 3600);
	fix_free(f);
}

/* All may be under way at once, and each comes back to where it waits. */
static void
room_for_all(void **state)
{
	static const char *const name[] = { "a.example:1", "b.example:1",
		"c.example:1", "d.example:1", "e.example:1", "f.example:1",
		"g.example:1", "h.example:1" };
	struct fix *f = fix_new();
	unsigned i;

	(void)state;
	add(f, name, 8);
	add(f, name, 8);
	nodes_look_up(&f->d, &f->t);
	assert_int_equal(asks, 16);
	add(f, name, 8);
	starve(1, STARVE_ALL);
	for (i = 0; i < 16; i++)
		say(f, i, "192.0.2.1", 60);
	starve_end();
	assert_int_equal(f->d.names.n, 24);
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_time_they_hold),
		cmocka_unit_test(dead_name_server),
		cmocka_unit_test(soon_when_it_is_missed),
		cmocka_unit_test(addresses_are_no_names),
		cmocka_unit_test(few_in_a_turn),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(no_room_for_an_answer),
		cmocka_unit_test(room_for_all),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
