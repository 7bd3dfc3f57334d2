/*
 * The handshake and what follows by events: three cores that all know each
 * other, and a line on which nothing happens by itself. Each byte of the input
 * says what does: one dials, a datagram arrives, late, twice, altered or never,
 * time passes with and without them, somebody moves, says goodbye, starts again
 * with another clock. After each event everything is looked at; in the end the
 * line is good, and all have to agree.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/container.h"
#include "base/rd.h"
#include "core/dial.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"
#include "tests/fuzz/feed.h"
#include "tests/starve.h"
#include "tests/unit/duo.h"

#define ENDS 3
#define EVENTS 200
#define WIRE_MAX 64
#define KEYS_MAX 2048
#define HEAL_S 90
#define SEC ((uint64_t)MONO_SEC)

/* A session of an end, by its own index: its counter only rises. */
struct sealed {
	unsigned from, life;
	uint32_t index;
	uint64_t next;
};

struct lab {
	struct duo d;
	struct duo_tape wire; /* on their way, oldest first */
	struct counters was[ENDS];
	unsigned life[ENDS]; /* so many starts */
	uint8_t seed[ENDS][KEY_LEN];
	struct sealed key[KEYS_MAX];
	unsigned n_keys;
	uint32_t number; /* of the packets that the mesh daemons say */
	bool good;	 /* the line */

	/* While something is taken in: from whom, and what went back there. */
	const struct addr *source;
	uint64_t back;
};

static struct peer *
peer_of(struct lab *l, unsigned a, unsigned b)
{
	return l->d.end[a].peer[b];
}

/*
 * No key is used when its time is over. Of two sessions that go to one index,
 * answers to the same initiation, either may have sealed it; one that is gone
 * went with the packet, which said goodbye.
 */
static void
check_sealed(struct lab *l, unsigned from, const uint8_t *p, size_t len)
{
	struct rd r = rd_of(p + 4, len - 4);
	unsigned k, dead = 0, live = 0;
	uint32_t index = 0;
	struct peer *peer;

	MUST(rd_le32(&r, &index));
	TAILQ_FOREACH (peer, &l->d.end[from].core.peers, link) {
		for (k = 0; k < SLOTS; k++) {
			const struct session *s = peer->slot[k];

			if (s == NULL || s->remote != index)
				continue;
			live += mono_before(l->d.now, s->end);
			dead += !mono_before(l->d.now, s->end);
		}
	}
	MUST(dead == 0 || live > 0);
}

/* No number serves twice under one key. */
static void
check_counter(struct lab *l, unsigned from, const struct session *s)
{
	struct sealed *k = l->key, *end = l->key + l->n_keys;

	while (k < end &&
	    (k->from != from || k->life != l->life[from] ||
		k->index != s->ix.index))
		k++;
	if (k == end) {
		MUST(l->n_keys < KEYS_MAX);
		l->n_keys++;
		*k = (struct sealed){ from, l->life[from], s->ix.index, 0 };
	}
	MUST(s->counter >= k->next);
	k->next = s->counter;
}

static bool
tap(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct lab *l = d->tap_arg;

	if (len > 0 && p[0] == MSG_DATA)
		check_sealed(l, from->nr, p, len);
	if (l->source != NULL && addr_equal(to, l->source))
		l->back += len;
	if (l->good)
		return true;
	if (l->wire.n < WIRE_MAX)
		duo_keep(&l->wire, &from->face, to, d->now, p, len);
	return false;
}

static void
wire_drop(struct lab *l, size_t i)
{
	free(l->wire.d[i].p);
	l->wire.n--;
	memmove(&l->wire.d[i], &l->wire.d[i + 1],
	    (l->wire.n - i) * sizeof(l->wire.d[0]));
}

/* Where it is, and where nobody is. */
static void
set_endpoints(struct lab *l, unsigned a, unsigned b, struct turn *t)
{
	struct addr ep[] = { l->d.end[b].face, duo_addr("10.9.9.9"),
		duo_addr("2001:db8::9") };

	core_peer_endpoints(&l->d.end[a].core, peer_of(l, a, b), ep, 3, t);
}

/* 0 and 1 have a secret of their own. */
static void
meet(struct lab *l, unsigned a, unsigned b)
{
	struct peer_config cfg = { .pair_psk = { a + b == 1 } };
	struct turn t = duo_turn(&l->d, a);
	const char *why;

	if (!l->d.end[b].on || peer_of(l, a, b) != NULL)
		return;
	starve_end(); /* whom a person names has to be there */
	snprintf(cfg.name, sizeof(cfg.name), "end%u", b);
	memcpy(cfg.ed_pk, l->d.end[b].core.id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, l->d.end[b].core.id.x_pk, KEY_LEN);
	l->d.end[a].peer[b] = core_peer_add(&l->d.end[a].core, &cfg, &why, &t);
	MUST(peer_of(l, a, b) != NULL);
	core_peer_endpoints(
	    &l->d.end[a].core, peer_of(l, a, b), &l->d.end[b].face, 1, &t);
	duo_done(&l->d);
}

static void
start(struct lab *l, unsigned nr, uint64_t wall_ms)
{
	/* Short sessions: their ends come within the time of an input. */
	const struct duo_options opt = { .seed = l->seed[nr],
		.wall_ms = wall_ms,
		.rekey_ms = nr == 2 ? 0 : 10000 };
	unsigned i;

	duo_start(&l->d, nr, &opt);
	l->life[nr]++;
	memset(&l->was[nr], 0, sizeof(l->was[nr]));
	for (i = 0; i < ENDS; i++)
		if (i != nr)
			meet(l, nr, i);
}

static void
lab_init(struct lab *l)
{
	unsigned i, k;

	memset(l, 0, sizeof(*l));
	duo_init(&l->d, 11);
	l->d.tap = tap;
	l->d.tap_arg = l;
	for (i = 0; i < ENDS; i++) {
		memset(l->seed[i], (int)i + 1, KEY_LEN);
		start(l, i, 0);
	}
	for (i = 0; i < ENDS; i++)
		for (k = 0; k < ENDS; k++)
			if (i != k)
				meet(l, i, k);
}

static void
check_attempts(struct core *c, const struct peer *p)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++) {
		const struct attempt *at = p->dial.at[i];

		MUST(at == NULL ||
		    (index_find(c, at->ix.index) == &at->ix &&
			at->ix.peer == p && at->ix.kind == INDEX_ATTEMPT));
	}
}

static void
check_slots(struct lab *l, unsigned nr, struct peer *p)
{
	struct core *c = &l->d.end[nr].core;
	unsigned i, k;

	for (i = 0; i < SLOTS; i++) {
		struct session *s = p->slot[i];

		if (s == NULL)
			continue;
		MUST(index_find(c, s->ix.index) == &s->ix);
		MUST(s->ix.peer == p && s->ix.kind == INDEX_SESSION);
		MUST(mono_since(s->born, s->end) <= 180 * SEC);
		for (k = 0; k < i; k++)
			MUST(p->slot[k] != s);
		check_counter(l, nr, s);
	}
	/* What is live has something to be live by. */
	MUST(p->state != PEER_VRNODE || p->has_path);
}

static void
check_counters(struct lab *l, unsigned nr)
{
	const struct counters *now = &l->d.end[nr].core.cnt;
	unsigned i;

	for (i = 0; i < CNT_MAX; i++)
		MUST(now->v[i] >= l->was[nr].v[i]);
	l->was[nr] = *now;
}

static void
check(struct lab *l)
{
	struct peer *p;
	unsigned i;

	for (i = 0; i < ENDS; i++) {
		struct core *c = &l->d.end[i].core;

		TAILQ_FOREACH (p, &c->peers, link) {
			check_attempts(c, p);
			check_slots(l, i, p);
		}
		check_counters(l, i);
		duo_forget(&l->d, i);
	}
}

/* Nobody gets more than he sent but who has shown where he is. */
static void
take_in(struct lab *l, const struct duo_dgram *g, const uint8_t *p)
{
	bool open = g->len > 0 && (p[0] == MSG_INIT || p[0] == MSG_IDQ);
	unsigned i;

	for (i = 0; i < ENDS; i++) {
		if (!addr_equal(&g->to, &l->d.end[i].face))
			continue;
		l->source = &g->from;
		l->back = 0;
		duo_inject(&l->d, i, &g->from, p, g->len);
		l->source = NULL;
		MUST(!open || l->back <= g->len);
		return;
	}
}

static void
ev_deliver(struct lab *l, struct feed *f)
{
	(void)f;
	if (l->wire.n == 0)
		return;
	take_in(l, &l->wire.d[0], l->wire.d[0].p);
	wire_drop(l, 0);
}

static void
ev_out_of_order(struct lab *l, struct feed *f)
{
	size_t i = feed_u8(f);

	if (l->wire.n == 0)
		return;
	i %= l->wire.n;
	take_in(l, &l->wire.d[i], l->wire.d[i].p);
	wire_drop(l, i);
}

static void
ev_drop(struct lab *l, struct feed *f)
{
	size_t i = feed_u8(f);

	if (l->wire.n > 0)
		wire_drop(l, i % l->wire.n);
}

/* It stays on the wire. */
static void
ev_twice(struct lab *l, struct feed *f)
{
	size_t i = feed_u8(f);

	if (l->wire.n > 0) {
		i %= l->wire.n;
		take_in(l, &l->wire.d[i], l->wire.d[i].p);
	}
}

static void
ev_alter(struct lab *l, struct feed *f)
{
	size_t i = feed_u8(f), at = feed_u16(f);
	uint8_t by = feed_u8(f), *p;
	struct duo_dgram *g;

	if (l->wire.n == 0)
		return;
	g = &l->wire.d[i % l->wire.n];
	p = malloc(g->len + 1);
	MUST(p != NULL);
	memcpy(p, g->p, g->len);
	if (g->len > 0)
		p[at % g->len] ^= by;
	take_in(l, g, p);
	free(p);
}

/* The same bytes from somewhere else. */
static void
ev_elsewhere(struct lab *l, struct feed *f)
{
	size_t i = feed_u8(f);
	struct duo_dgram g;

	if (l->wire.n == 0)
		return;
	g = l->wire.d[i % l->wire.n];
	g.from.port = (uint16_t)(g.from.port + 7);
	take_in(l, &g, g.p);
}

static void
ev_wait(struct lab *l, struct feed *f)
{
	duo_run(&l->d, (1 + (uint64_t)feed_u8(f)) * 20 * MONO_MS);
}

static void
ev_wait_long(struct lab *l, struct feed *f)
{
	duo_run(&l->d, (1 + (uint64_t)feed_u8(f)) * SEC / 2);
}

/* All sleep: nothing is done when it is due. */
static void
ev_sleep(struct lab *l, struct feed *f)
{
	l->d.now = mono_add(l->d.now, feed_u8(f) * 2 * SEC);
}

static void
ev_dial(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f), a = v % ENDS, b = (a + 1 + v / 4 % 2) % ENDS;
	struct turn t = duo_turn(&l->d, a);

	if ((v & 128) != 0)
		dial_restart(&l->d.end[a].core, peer_of(l, a, b), &t);
	else
		dial_begin(&l->d.end[a].core, peer_of(l, a, b), &t);
	duo_done(&l->d);
}

static void
ev_say(struct lab *l, struct feed *f)
{
	unsigned nr = feed_u8(f) % ENDS;

	if (l->d.end[nr].core.mesh_up)
		duo_say_nr(&l->d, nr, l->number++);
}

/* Its address is another now: the same port, or the same host. */
static void
ev_move(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f);
	struct addr *a = &l->d.end[v % ENDS].face;

	if ((v & 4) != 0)
		a->ip[15] = (uint8_t)(1 + v / 8);
	else
		a->port = (uint16_t)(7000 + v / 8);
}

/* b is taken out of a's configuration for some reason, and put in again. */
static void
ev_remove(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f), a = v % ENDS, b = (a + 1 + v / 4 % 2) % ENDS;
	struct turn t = duo_turn(&l->d, a);

	if ((v & 64) != 0) { /* or nobody knows any more where it is */
		core_peer_endpoints(
		    &l->d.end[a].core, peer_of(l, a, b), NULL, 0, &t);
		duo_done(&l->d);
		return;
	}
	core_peer_del(&l->d.end[a].core, peer_of(l, a, b),
	    (uint8_t)(v / 8 % CLOSE_REASONS), &t);
	duo_done(&l->d);
	l->d.end[a].peer[b] = NULL;
	meet(l, a, b);
}

/* Perhaps with a goodbye, and with another idea of the time. */
static void
ev_restart(struct lab *l, struct feed *f)
{
	static const uint64_t walls[] = { 0, 1, DUO_WALL_MS + 86400000,
		DUO_WALL_MS - 86400000 };
	unsigned v = feed_u8(f), nr = v % ENDS;
	struct turn t = duo_turn(&l->d, nr);

	if ((v & 4) != 0)
		core_close_all(&l->d.end[nr].core, CLOSE_STOPPING, &t);
	duo_done(&l->d);
	duo_stop(&l->d, nr);
	start(l, nr, walls[v / 8 % 4]);
}

static void
ev_load(struct lab *l, struct feed *f)
{
	core_note_load(&l->d.end[feed_u8(f) % ENDS].core, l->d.now);
}

/* The counter is near the end of what a key may do. */
static void
ev_spend(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f), a = v % ENDS, b = (a + 1 + v / 4 % 2) % ENDS;
	uint64_t limit;
	struct session *s = peer_session(peer_of(l, a, b));

	if (s == NULL)
		return;
	limit = s->ops->suite == SUITE_AES256GCM ? (UINT64_C(1) << 28) - 70
						 : UINT64_MAX - 8192 - 70;
	if ((v & 8) == 0 && s->counter < limit)
		s->counter += UINT64_C(1) << 27;
	else if (s->counter < limit)
		s->counter = limit;
}

/* Routes have changed; or what was sent has come to nothing. */
static void
ev_line(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f), nr = v % ENDS;
	struct turn t = duo_turn(&l->d, nr);
	size_t i = l->wire.n;

	if ((v & 128) != 0)
		core_line_changed(&l->d.end[nr].core, &t);
	else if (i > 0)
		dial_unreachable(&l->d.end[nr].core, l->wire.d[v % i].p,
		    l->wire.d[v % i].len, l->d.now);
	duo_done(&l->d);
}

/* The configuration is another, as of sessions; or the budget is used up. */
static void
ev_limits(struct lab *l, struct feed *f)
{
	unsigned v = feed_u8(f);
	struct core *c = &l->d.end[v % ENDS].core;
	struct core_limits lim = c->limits;
	struct turn t = duo_turn(&l->d, v % ENDS);

	if ((v & 128) != 0) {
		bucket_take_n(&c->dh_budget,
		    bucket_left(&c->dh_budget, l->d.now), l->d.now);
	} else {
		lim.rekey_after_ms = 2000 + 1000 * (v / 4);
		core_set_limits(c, &lim, &t);
	}
	duo_done(&l->d);
}

/* No memory, once. */
static void
ev_starve(struct lab *l, struct feed *f)
{
	(void)l;
	starve_once(feed_u8(f));
}

static bool
agree(struct lab *l, unsigned a, unsigned b)
{
	const struct session *s = peer_session(peer_of(l, a, b));
	const struct session *o = peer_session(peer_of(l, b, a));

	return peer_of(l, a, b)->state == PEER_VRNODE &&
	    peer_of(l, b, a)->state == PEER_VRNODE && s != NULL && o != NULL &&
	    s->remote == o->ix.index && o->remote == s->ix.index;
}

/* The line is good from now on: everybody finds everybody. */
static void
heal(struct lab *l)
{
	unsigned a, b, i;
	bool all = false;

	while (l->wire.n > 0)
		wire_drop(l, 0);
	l->good = true;
	for (a = 0; a < ENDS; a++) {
		struct turn t = duo_turn(&l->d, a);

		for (b = 0; b < ENDS; b++) {
			if (a == b)
				continue;
			set_endpoints(l, a, b, &t);
			if (peer_session(peer_of(l, a, b)) == NULL)
				dial_restart(
				    &l->d.end[a].core, peer_of(l, a, b), &t);
		}
		duo_done(&l->d);
	}
	for (i = 0; i < HEAL_S && !all; i++) {
		duo_run(&l->d, SEC);
		check(l);
		all = agree(l, 0, 1) && agree(l, 1, 2) && agree(l, 0, 2);
	}
	MUST(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void (*const events[])(struct lab *, struct feed *) = {
		ev_deliver, ev_deliver, ev_deliver, ev_out_of_order, ev_drop,
		ev_twice, ev_alter, ev_elsewhere, ev_wait, ev_wait_long,
		ev_sleep, ev_dial, ev_say, ev_move, ev_remove, ev_restart,
		ev_load, ev_spend, ev_starve, ev_line, ev_limits
	};
	static struct lab l;
	struct feed f = { p, len };
	unsigned i;

	lab_init(&l);
	for (i = 0; i < EVENTS && !feed_empty(&f); i++) {
		events[feed_u8(&f) % (sizeof(events) / sizeof(events[0]))](
		    &l, &f);
		check(&l);
	}
	starve_end();
	heal(&l);
	duo_tape_free(&l.wire);
	duo_fini(&l.d);
	return 0;
}
