/*
 * Every single-bit flip of each kind of datagram, given to a whole core that
 * takes the datagram itself: each is refused for one reason, changes nothing,
 * and the unaltered one is still welcome afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "tests/rng.h"
#include "wire/mesh.h"
#include "wire/msg.h"

#define ARENA (1u << 20)
#define OUT_MAX 8
#define GRAM_MAX 2048
#define RECORD_MAX 2048
#define BODY_LEN 700

/* What one refused datagram may count, once. */
static const enum counter reasons[] = { CNT_msg_short, CNT_msg_type,
	CNT_msg_version, CNT_msg_zero, CNT_mac1_bad, CNT_cookie_sent,
	CNT_cookie_bad, CNT_init_bad, CNT_resp_bad, CNT_data_index,
	CNT_data_replay, CNT_data_auth };
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

struct gram {
	size_t len;
	uint8_t p[GRAM_MAX];
};

struct node {
	struct core core;
	struct addr addr;
	struct gram out[OUT_MAX]; /* what it sent, oldest first */
	unsigned n_out;
	unsigned packets; /* of the mesh, handed over */
	struct rng rnd;
};

struct pair {
	struct node a, b; /* a dials b */
	struct arena mem;
	struct mono now;
};

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct node *n = arg;
	unsigned i;

	(void)to;
	for (i = 0; i < run->n; i++) {
		struct gram *g = &n->out[n->n_out++];

		assert_true(n->n_out <= OUT_MAX && run->pkt[i].len <= GRAM_MAX);
		g->len = run->pkt[i].len;
		memcpy(g->p, run->pkt[i].p, g->len);
	}
}

static void
on_mesh_send(void *arg, struct run *run)
{
	struct node *n = arg;
	const char *field;
	struct mesh_rec rec;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		assert_int_equal(
		    mesh_parse(run->pkt[i].p, run->pkt[i].len, &rec, &field),
		    MESH_OK);
		n->packets += rec.type == MESH_PKT;
	}
}

static void
on_hangup(void *arg)
{
	(void)arg;
	fail_msg("the mesh daemon was hung up on");
}

static void
on_event(void *arg, enum core_event ev, const struct peer *p)
{
	(void)arg, (void)ev, (void)p;
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct node *n = arg;

	rng_fill(&n->rnd, p, len);
}

static struct turn
turn_of(struct pair *pr)
{
	arena_reset(&pr->mem);
	return (struct turn){ pr->now, 1700000000000, &pr->mem };
}

static void
node_init(struct node *n, struct pair *pr, const char *addr, enum suite suite)
{
	const struct core_io io = {
		.arg = n,
		.udp_send = on_udp_send,
		.mesh_send = on_mesh_send,
		.mesh_hangup = on_hangup,
		.event = on_event,
		.random = on_random,
	};
	struct core_config cfg = { .network = "flip",
		.aead = aead_default(),
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	uint8_t seed[KEY_LEN];

	cfg.aead.suites = (uint8_t)(1u << suite);
	cfg.aead.preferred = (uint8_t)suite;
	assert_true(addr_parse(addr, 0, &n->addr));
	rng_fill(&n->rnd, seed, sizeof(seed));
	assert_true(identity_from_seed(seed, &cfg.id));
	network_open(&cfg.net, "flip", 4);
	core_init(&n->core, &cfg, &io, pr->now);
}

/* known: n knows where the other one is. */
static void
node_meet(struct node *n, const struct node *other, bool known, struct turn *t)
{
	struct peer_config cfg = { .name = "other" };
	const char *why = NULL;
	struct peer *p;

	memcpy(cfg.ed_pk, other->core.id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, other->core.id.x_pk, KEY_LEN);
	p = core_peer_add(&n->core, &cfg, &why, t);
	assert_non_null(p);
	if (known)
		core_peer_endpoints(&n->core, p, &other->addr, 1, t);
}

static void
mesh_record(struct pair *pr, struct node *n, const struct mesh_rec *rec)
{
	struct turn t = turn_of(pr);
	struct run *run = run_new(t.mem);
	struct pkt *pk = run_add(run, RECORD_MAX, t.mem);
	struct wr w = wr_of(pk->p, RECORD_MAX);

	assert_true(mesh_write(&w, rec));
	pk->len = (uint32_t)w.len;
	core_mesh_input(&n->core, run, &t);
}

static void
mesh_hello(struct pair *pr, struct node *n)
{
	const struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = 1, .max = 1, .body_max = MESH_BODY_MAX } };
	struct turn t = turn_of(pr);

	core_mesh_open(&n->core, &t);
	mesh_record(pr, n, &rec);
}

/*
 * b_knows: b takes an initiation from a without a cookie. Its own, which it
 * sends as soon as it knows where a is, got lost a while ago.
 */
static struct pair *
pair_new(enum suite suite, bool b_knows)
{
	struct pair *pr = calloc(1, sizeof(*pr));
	struct turn t;

	assert_non_null(pr);
	pr->now = (struct mono){ 1000 * MONO_SEC };
	pr->a.rnd = rng_seeded(71);
	pr->b.rnd = (struct rng){ pr->a.rnd.s + 1 };
	arena_init(&pr->mem, ARENA);
	t = turn_of(pr);
	node_init(&pr->a, pr, "192.0.2.1:7469", suite);
	node_init(&pr->b, pr, "192.0.2.2:7469", suite);
	node_meet(&pr->b, &pr->a, b_knows, &t);
	pr->b.n_out = 0;
	pr->now = mono_add(pr->now, 10 * MONO_SEC);
	t = turn_of(pr);
	node_meet(&pr->a, &pr->b, true, &t);
	mesh_hello(pr, &pr->a);
	mesh_hello(pr, &pr->b);
	return pr;
}

static void
pair_free(struct pair *pr)
{
	core_fini(&pr->a.core);
	core_fini(&pr->b.core);
	arena_fini(&pr->mem);
	free(pr);
}

/* The oldest datagram that n has sent and that nobody has taken yet. */
static struct gram
take(struct node *n)
{
	struct gram g;

	assert_true(n->n_out > 0);
	g = n->out[0];
	n->n_out--;
	memmove(n->out, n->out + 1, n->n_out * sizeof(n->out[0]));
	return g;
}

static void
give(struct pair *pr, struct node *to, const struct gram *g)
{
	const struct node *from = to == &pr->a ? &pr->b : &pr->a;
	const struct path path = { .remote = from->addr, .local = to->addr };
	struct turn t = turn_of(pr);
	struct run *run = run_new(t.mem);
	struct pkt *pk = run_add(run, g->len, t.mem);

	memcpy(pk->p, g->p, g->len);
	core_udp_input(&to->core, &path, run, &t);
}

/* One reason was counted, once; and but for DHs in vain nothing else. */
static void
refused_once(struct counters before, const struct counters *after)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < N_REASONS; i++) {
		n += after->v[reasons[i]] - before.v[reasons[i]];
		before.v[reasons[i]] = after->v[reasons[i]];
	}
	assert_int_equal(n, 1);
	before.v[CNT_dh] = after->v[CNT_dh];
	assert_memory_equal(&before, after, sizeof(before));
}

/* Nobody gets more than he sent, and nobody but a cookie. */
static void
no_answer(struct node *to, size_t len)
{
	while (to->n_out > 0) {
		struct gram g = take(to);

		assert_int_equal(g.p[0], MSG_COOKIE);
		assert_true(g.len <= len);
	}
}

/* All flips of g, at the node that would take it; adds how many. */
static void
flip_all(struct pair *pr, struct node *to, struct gram *g, unsigned *tried,
    unsigned *refused)
{
	const struct peer *p = core_peer_by_id(&to->core, 1);
	const struct peer_stats stats = p->stats;
	const enum peer_state state = p->state;
	unsigned packets = to->packets;
	size_t bit;

	assert_int_equal(to->n_out, 0);
	for (bit = 0; bit < 8 * g->len; bit++) {
		struct counters before = to->core.cnt;

		g->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		give(pr, to, g);
		g->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		++*tried;
		refused_once(before, &to->core.cnt);
		no_answer(to, g->len);
		assert_int_equal(to->packets, packets);
		assert_int_equal(p->state, state);
		assert_memory_equal(&p->stats, &stats, sizeof(stats));
		++*refused;
	}
}

static void
figure(const char *of, const char *what, unsigned n)
{
	printf("# figure %s_%s %u\n", of, what, n);
}

static void
figures(const char *what, unsigned tried, unsigned refused)
{
	figure("tried", what, tried);
	figure("refused", what, refused);
}

static void
type_1(void **state)
{
	struct pair *pr = pair_new(SUITE_CHACHAPOLY, true);
	struct gram g = take(&pr->a);
	unsigned tried = 0, refused = 0;

	(void)state;
	assert_int_equal(g.len, INIT_LEN);
	flip_all(pr, &pr->b, &g, &tried, &refused);
	assert_int_equal(tried, INIT_LEN * 8);
	figures("type1", tried, refused);
	give(pr, &pr->b, &g);
	assert_int_equal(take(&pr->b).p[0], MSG_RESP);
	pair_free(pr);
}

/* From an unknown address it must carry the right mac2. */
static void
type_1_with_cookie(void **state)
{
	struct pair *pr = pair_new(SUITE_CHACHAPOLY, false);
	struct gram g = take(&pr->a);
	unsigned tried = 0, refused = 0;

	(void)state;
	give(pr, &pr->b, &g);
	g = take(&pr->b);
	assert_int_equal(g.p[0], MSG_COOKIE);
	flip_all(pr, &pr->a, &g, &tried, &refused);
	assert_int_equal(tried, COOKIE_LEN * 8);
	figures("type3", tried, refused);
	give(pr, &pr->a, &g);

	g = take(&pr->a);
	assert_int_equal(g.len, INIT_LEN);
	tried = refused = 0;
	flip_all(pr, &pr->b, &g, &tried, &refused);
	assert_int_equal(tried, INIT_LEN * 8);
	figures("type1_with_cookie", tried, refused);
	give(pr, &pr->b, &g);
	assert_int_equal(take(&pr->b).p[0], MSG_RESP);
	pair_free(pr);
}

static void
type_2(void **state)
{
	struct pair *pr = pair_new(SUITE_CHACHAPOLY, true);
	struct gram g = take(&pr->a);
	unsigned tried = 0, refused = 0;

	(void)state;
	give(pr, &pr->b, &g);
	g = take(&pr->b);
	assert_int_equal(g.len, RESP_LEN);
	flip_all(pr, &pr->a, &g, &tried, &refused);
	assert_int_equal(tried, RESP_LEN * 8);
	figures("type2", tried, refused);
	give(pr, &pr->a, &g);
	assert_int_equal(pr->a.core.cnt.v[CNT_handshakes], 1);
	assert_int_equal(take(&pr->a).p[0], MSG_DATA);
	pair_free(pr);
}

/* The confirming packet, an answer, and a packet of the mesh. */
static void
type_4_of(enum suite suite, unsigned *tried, unsigned *refused)
{
	uint8_t body[BODY_LEN];
	const struct mesh_rec rec = { .type = MESH_PKT,
		.u.pkt = { .body = body, .len = sizeof(body) } };
	struct pair *pr = pair_new(suite, true);
	struct gram g = take(&pr->a);

	give(pr, &pr->b, &g);
	g = take(&pr->b);
	give(pr, &pr->a, &g);
	g = take(&pr->a);
	assert_int_equal(g.p[0], MSG_DATA);
	flip_all(pr, &pr->b, &g, tried, refused);
	give(pr, &pr->b, &g);
	assert_int_equal(core_peer_by_id(&pr->b.core, 1)->state, PEER_VRNODE);

	g = take(&pr->b);
	flip_all(pr, &pr->a, &g, tried, refused);
	give(pr, &pr->a, &g);
	assert_int_equal(core_peer_by_id(&pr->a.core, 1)->state, PEER_VRNODE);

	pr->a.n_out = pr->b.n_out = 0;
	rng_fill(&pr->a.rnd, body, sizeof(body));
	mesh_record(pr, &pr->a, &rec);
	g = take(&pr->a);
	assert_true(g.len > sizeof(body));
	flip_all(pr, &pr->b, &g, tried, refused);
	assert_int_equal(pr->b.packets, 0);
	give(pr, &pr->b, &g);
	assert_int_equal(pr->b.packets, 1);
	give(pr, &pr->b, &g);
	assert_int_equal(pr->b.packets, 1); /* nor does it come twice */
	pair_free(pr);
}

static void
type_4(void **state)
{
	unsigned tried = 0, refused = 0;

	(void)state;
	type_4_of(SUITE_CHACHAPOLY, &tried, &refused);
	if (aead_default().ops[SUITE_AES256GCM] != NULL)
		type_4_of(SUITE_AES256GCM, &tried, &refused);
	else
		printf("# no AES-256-GCM here\n");
	assert_true(tried > 8 * (BODY_LEN + DATA_MIN));
	figures("type4", tried, refused);
}

/* Packets that arrive together are refused together, each counted. */
static void
runs_are_counted_by_packet(void **state)
{
	struct pair *pr = pair_new(SUITE_CHACHAPOLY, true);
	const struct path path = { .remote = pr->a.addr, .local = pr->b.addr };
	struct turn t = turn_of(pr);
	struct run *run = run_new(t.mem);
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct pkt *pk = run_add(run, DATA_MIN, t.mem);

		memset(pk->p, 0, DATA_MIN);
		msg_data_head(pk->p, 0x01020304, i);
	}
	core_udp_input(&pr->b.core, &path, run, &t);
	assert_int_equal(pr->b.core.cnt.v[CNT_data_index], 5);
	pair_free(pr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_1),
		cmocka_unit_test(type_1_with_cookie),
		cmocka_unit_test(type_2),
		cmocka_unit_test(type_4),
		cmocka_unit_test(runs_are_counted_by_packet),
	};

	return crypto_start() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
