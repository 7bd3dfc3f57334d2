#include "duo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "core/peer.h"

#define ARENA_MAX (8u * 1024 * 1024)
#define RECORD_ROOM (MESH_RECORD_MAX + 64)

/* A datagram on its way. */
struct duo_flight {
	TAILQ_ENTRY(duo_flight) link;
	struct mono at;
	unsigned from, to;
	struct addr source;
	size_t len;
	uint8_t data[];
};

/* Not what the cores use, so that a test may let theirs fail. */
static void *
must_malloc(size_t len)
{
	void *p = malloc(len > 0 ? len : 1);

	assert_non_null(p);
	return p;
}

static void *
must_realloc(void *old, size_t n, size_t len)
{
	void *p = reallocarray(old, n, len);

	assert_non_null(p);
	return p;
}

struct addr
duo_addr(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, DUO_PORT, &a));
	return a;
}

uint64_t
duo_cnt(const struct duo *d, unsigned nr, enum counter id)
{
	return d->end[nr].core.cnt.v[id];
}

void
duo_keep(struct duo_tape *t, const struct addr *from, const struct addr *to,
    struct mono at, const void *p, size_t len)
{
	struct duo_dgram *g;

	if (t->n == t->max) {
		t->max = t->max == 0 ? 64 : 2 * t->max;
		t->d = must_realloc(t->d, t->max, sizeof(*t->d));
	}
	g = &t->d[t->n++];
	*g = (struct duo_dgram){ *from, *to, at, len, must_malloc(len + 1) };
	memcpy(g->p, p, len);
}

void
duo_tape_free(struct duo_tape *t)
{
	while (t->n > 0)
		free(t->d[--t->n].p);
	free(t->d);
	*t = (struct duo_tape){ 0 };
}

/* Who is reached at an address, or NULL. */
static struct duo_end *
end_at(struct duo *d, const struct addr *to)
{
	unsigned i;

	for (i = 0; i < DUO_MAX; i++) {
		if (d->end[i].on && addr_equal(&d->end[i].face, to))
			return &d->end[i];
	}
	return NULL;
}

/* In order of arrival; of two at one instant the one sent first. */
static void
enqueue(struct duo *d, struct duo_flight *f)
{
	struct duo_flight *after = TAILQ_LAST(&d->flights, duo_flights);

	while (after != NULL && mono_before(f->at, after->at))
		after = TAILQ_PREV(after, duo_flights, link);
	if (after != NULL)
		TAILQ_INSERT_AFTER(&d->flights, after, f, link);
	else
		TAILQ_INSERT_HEAD(&d->flights, f, link);
}

static void
line_send(struct duo *d, struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	struct duo_end *at = end_at(d, to);
	struct duo_dir *way;
	struct duo_flight *f;
	uint64_t delay;

	from->out_n++;
	from->out_bytes += len;
	if (d->tape != NULL)
		duo_keep(d->tape, &from->face, to, d->now, p, len);
	if (d->tap != NULL && !d->tap(d, from, to, p, len))
		return;
	if (at == NULL) {
		duo_keep(&d->stray, &from->face, to, d->now, p, len);
		return;
	}
	way = &d->dir[from->nr][at->nr];
	way->sent++;
	if (way->cut || (way->longest != 0 && len > way->longest) ||
	    rng_below(&d->line, 100) < way->loss) {
		way->lost++;
		return;
	}
	delay = way->delay_us;
	if (way->jitter_us > 0)
		delay += rng_below(&d->line, way->jitter_us);
	f = must_malloc(sizeof(*f) + len);
	f->at = mono_add(d->now, delay);
	f->from = from->nr;
	f->to = at->nr;
	f->source = from->face;
	f->len = len;
	memcpy(f->data, p, len);
	enqueue(d, f);
}

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct duo_end *e = arg;
	unsigned i;

	for (i = 0; i < run->n; i++)
		line_send(e->d, e, &to->remote, run->pkt[i].p, run->pkt[i].len);
}

static void
on_mesh_send(void *arg, struct run *run)
{
	struct duo_end *e = arg;
	const char *field;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];
		struct duo_rec *r;

		if (e->n_rec == e->max_rec) {
			e->max_rec = e->max_rec == 0 ? 64 : 2 * e->max_rec;
			e->rec =
			    must_realloc(e->rec, e->max_rec, sizeof(*e->rec));
		}
		r = &e->rec[e->n_rec++];
		r->at = e->d->now;
		r->raw = must_malloc(pk->len);
		memcpy(r->raw, pk->p, pk->len);
		assert_int_equal(
		    mesh_parse(r->raw, pk->len, &r->rec, &field), MESH_OK);
	}
}

static void
on_port_deliver(void *arg, unsigned no, struct run *run)
{
	struct duo_end *e = arg;

	if (e->d->deliver != NULL)
		e->d->deliver(e, no, run);
}

static void
on_hangup(void *arg)
{
	struct duo_end *e = arg;

	e->hangups++;
}

static void
on_event(void *arg, enum core_event ev, const struct peer *p)
{
	struct duo_end *e = arg;

	if (ev == EV_PEER_ENDPOINT)
		e->switches++;
	if (ev == EV_PEER_RECURSION)
		e->recursions++;
	e->insides += ev == EV_PEER_INSIDE;
	e->unrouted += ev == EV_PEER_UNROUTED;
	e->classes += ev == EV_PEER_CLASS;
	e->revoked += ev == EV_PEER_REVOKED;
	e->trials += p != NULL && peer_is_trial(p);
	if (ev == EV_PEER_STATE && p->state == PEER_VRNODE)
		e->last_up = e->d->now;
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct duo_end *e = arg;

	rng_fill(&e->d->rnd, p, len);
}

struct turn
duo_turn(struct duo *d, unsigned nr)
{
	return (struct turn){ d->now, d->end[nr].wall_ms + d->now.us / MONO_MS,
		&d->mem };
}

void
duo_done(struct duo *d)
{
	arena_reset(&d->mem);
}

void
duo_init(struct duo *d, uint64_t seed)
{
	unsigned i, k;

	assert_true(crypto_start());
	memset(d, 0, sizeof(*d));
	d->rnd.s = seed;
	d->line.s = ~seed;
	d->now.us = MONO_SEC;
	TAILQ_INIT(&d->flights);
	arena_init(&d->mem, ARENA_MAX);
	for (i = 0; i < DUO_MAX; i++) {
		struct duo_end *e = &d->end[i];
		char text[ADDR_TEXT];

		e->d = d;
		e->nr = i;
		snprintf(text, sizeof(text), "10.0.%u.1", i + 1);
		e->addr = duo_addr(text);
		e->face = e->addr;
		for (k = 0; k < DUO_MAX; k++)
			d->dir[i][k].delay_us = 10 * MONO_MS;
	}
}

void
duo_fini(struct duo *d)
{
	struct duo_flight *f;
	unsigned i;

	for (i = 0; i < DUO_MAX; i++) {
		duo_stop(d, i);
		duo_forget(d, i);
		free(d->end[i].rec);
	}
	while ((f = TAILQ_FIRST(&d->flights)) != NULL) {
		TAILQ_REMOVE(&d->flights, f, link);
		free(f);
	}
	duo_tape_free(&d->stray);
	arena_fini(&d->mem);
}

void
duo_start(struct duo *d, unsigned nr, const struct duo_options *opt)
{
	static const struct duo_options usual;
	struct duo_end *e = &d->end[nr];
	struct core_io io = {
		.arg = e,
		.udp_send = on_udp_send,
		.mesh_send = on_mesh_send,
		.port_deliver = on_port_deliver,
		.mesh_hangup = on_hangup,
		.event = on_event,
		.random = on_random,
	};
	struct core_config cfg = { .network = "duo" };
	uint8_t seed[KEY_LEN];

	opt = opt != NULL ? opt : &usual;
	cfg.aead = opt->aead != NULL ? *opt->aead : aead_default();
	if (opt->suites != 0)
		cfg.aead.suites = opt->suites;
	cfg.aead.preferred = opt->preferred;
	cfg.dh_rate = opt->dh_rate;
	cfg.limits = (struct core_limits){ opt->rekey_ms != 0 ? opt->rekey_ms
							      : REKEY_AFTER_MS,
		opt->fan_origin != 0 ? opt->fan_origin : FAN_ORIGIN,
		opt->fan_total != 0 ? opt->fan_total : FAN_TOTAL,
		opt->mtu != 0 ? opt->mtu : CORE_MTU };
	rng_fill(&d->rnd, seed, sizeof(seed));
	assert_true(
	    identity_from_seed(opt->seed != NULL ? opt->seed : seed, &cfg.id));
	if (opt->netkey != NULL)
		network_closed(&cfg.net, opt->netkey);
	else
		network_open(&cfg.net, "duo", 3);
	e->wall_ms = opt->wall_ms != 0 ? opt->wall_ms : DUO_WALL_MS;
	core_init(&e->core, &cfg, &io, d->now);
	e->on = true;
	if (!opt->no_mesh)
		duo_mesh_hello(d, nr);
}

void
duo_stop(struct duo *d, unsigned nr)
{
	struct duo_end *e = &d->end[nr];
	const struct peer *p;
	uint32_t live = 0;

	if (e->on) {
		TAILQ_FOREACH (p, &e->core.peers, link)
			live += p->state == PEER_VRNODE;
		assert_int_equal(e->core.n_live, live);
		core_fini(&e->core);
	}
	e->on = false;
	memset(e->peer, 0, sizeof(e->peer));
}

struct peer *
duo_peer(struct duo *d, unsigned a, unsigned b, bool endpoint)
{
	const struct core *other = &d->end[b].core;
	struct peer_config cfg = { 0 };
	struct turn t = duo_turn(d, a);
	const char *why = NULL;
	struct peer *p;

	snprintf(cfg.name, sizeof(cfg.name), "end%u", b);
	memcpy(cfg.ed_pk, other->id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, other->id.x_pk, KEY_LEN);
	p = core_peer_add(&d->end[a].core, &cfg, &why, &t);
	assert_non_null(p);
	d->end[a].peer[b] = p;
	if (endpoint)
		core_peer_endpoints(&d->end[a].core, p, &d->end[b].face, 1, &t);
	duo_done(d);
	return p;
}

void
duo_pair(struct duo *d, uint64_t seed, const struct duo_options *opt)
{
	duo_init(d, seed);
	duo_start(d, 0, opt);
	duo_start(d, 1, opt);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 0, 1, MONO_SEC));
	assert_true(duo_wait_up(d, 1, 0, MONO_SEC));
}

void
duo_delay(struct duo *d, unsigned a, unsigned b, uint32_t us)
{
	d->dir[a][b].delay_us = us;
	d->dir[b][a].delay_us = us;
}

/* Appends a datagram to run, in the memory of the turn. */
static void
run_put(struct duo *d, struct run *run, const void *p, size_t len)
{
	struct pkt *pk = run_add(run, len, &d->mem);

	assert_non_null(pk);
	memcpy(pk->p, p, len);
}

static void
input(struct duo *d, unsigned nr, const struct addr *from, struct run *run)
{
	struct duo_end *e = &d->end[nr];
	struct path path = { .remote = *from, .local = e->addr };
	struct turn t = duo_turn(d, nr);

	core_udp_input(&e->core, &path, run, &t);
	duo_done(d);
}

void
duo_inject(struct duo *d, unsigned nr, const struct addr *from, const void *p,
    size_t len)
{
	struct run *run = run_new(&d->mem);

	run_put(d, run, p, len);
	input(d, nr, from, run);
}

/* The first datagram, and up to max of the same way and instant behind it. */
static void
arrive(struct duo *d, struct duo_flight *f, unsigned max)
{
	struct run *run = run_new(&d->mem);
	struct addr source = f->source;
	struct mono at = f->at;
	unsigned to = f->to;

	while (f != NULL && run->n < max && f->at.us == at.us && f->to == to &&
	    addr_equal(&f->source, &source)) {
		TAILQ_REMOVE(&d->flights, f, link);
		run_put(d, run, f->data, f->len);
		free(f);
		f = TAILQ_FIRST(&d->flights);
	}
	if (d->end[to].on)
		input(d, to, &source, run);
	duo_done(d);
}

/* The core whose deadline is next, and when. */
static struct mono
next_tick(struct duo *d, unsigned *ret_nr)
{
	struct mono next = MONO_NEVER;
	unsigned i;

	for (i = 0; i < DUO_MAX; i++) {
		struct mono at;

		if (!d->end[i].on)
			continue;
		at = core_deadline(&d->end[i].core);
		if (!mono_before(at, next))
			continue;
		next = at;
		*ret_nr = i;
	}
	return next;
}

/* The next thing that happens until end; false: nothing does. */
static bool
step(struct duo *d, struct mono end)
{
	struct duo_flight *f = TAILQ_FIRST(&d->flights);
	unsigned nr = 0, max;
	struct mono tick = next_tick(d, &nr);
	struct mono at = f != NULL ? mono_min(f->at, tick) : tick;
	struct turn t;

	if (mono_before(end, at))
		return false;
	if (mono_before(d->now, at))
		d->now = at;
	if (f != NULL && !mono_before(tick, f->at)) {
		max = d->batch > 0 ? 1 + (unsigned)rng_below(&d->line, d->batch)
				   : 1;
		arrive(d, f, max);
		return true;
	}
	t = duo_turn(d, nr);
	core_tick(&d->end[nr].core, &t);
	duo_done(d);
	/* What was due is no longer: no core may keep us in this instant. */
	assert_true(mono_before(d->now, core_deadline(&d->end[nr].core)));
	return true;
}

void
duo_run(struct duo *d, uint64_t us)
{
	struct mono end = mono_add(d->now, us);

	while (step(d, end))
		;
	d->now = end;
}

static bool
is_up(const struct duo *d, unsigned a, unsigned b)
{
	return d->end[a].peer[b]->state == PEER_VRNODE;
}

bool
duo_wait_up(struct duo *d, unsigned a, unsigned b, uint64_t us)
{
	struct mono end = mono_add(d->now, us);

	while (!is_up(d, a, b) && step(d, end))
		;
	return is_up(d, a, b);
}

static void
mesh_input(struct duo *d, unsigned nr, struct run *run)
{
	struct turn t = duo_turn(d, nr);

	core_mesh_input(&d->end[nr].core, run, &t);
	duo_done(d);
}

void
duo_mesh_raw(struct duo *d, unsigned nr, const void *p, size_t len)
{
	struct run *run = run_new(&d->mem);

	run_put(d, run, p, len);
	mesh_input(d, nr, run);
}

void
duo_mesh_rec(struct duo *d, unsigned nr, const struct mesh_rec *rec)
{
	struct run *run = run_new(&d->mem);
	struct pkt *pk = run_add(run, RECORD_ROOM, &d->mem);
	struct wr w = wr_of(pk->p, RECORD_ROOM);

	assert_true(mesh_write(&w, rec));
	pk->len = (uint32_t)w.len;
	mesh_input(d, nr, run);
}

void
duo_mesh_hello(struct duo *d, unsigned nr)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = 1, .max = 1, .body_max = MESH_BODY_MAX } };
	struct turn t = duo_turn(d, nr);

	core_mesh_open(&d->end[nr].core, &t);
	duo_mesh_rec(d, nr, &rec);
}

void
duo_say(struct duo *d, unsigned nr, const void *body, size_t len)
{
	struct mesh_rec rec = { .type = MESH_PKT,
		.u.pkt = { .body = body, .len = len } };

	duo_mesh_rec(d, nr, &rec);
}

void
duo_say_nr(struct duo *d, unsigned nr, uint32_t number)
{
	uint8_t body[100];
	struct wr w = wr_of(body, sizeof(body));

	wr_be32(&w, number);
	while (w.len < sizeof(body))
		wr_u8(&w, (uint8_t)(number + w.len));
	duo_say(d, nr, body, sizeof(body));
}

unsigned
duo_heard(const struct duo *d, unsigned nr, uint32_t number)
{
	const struct duo_end *e = &d->end[nr];
	unsigned n = 0;
	size_t i;

	for (i = 0; i < e->n_rec; i++) {
		const struct mesh_pkt *pkt = &e->rec[i].rec.u.pkt;
		struct rd r;
		uint32_t got;

		if (e->rec[i].rec.type != MESH_PKT || pkt->len != 100)
			continue;
		r = rd_of(pkt->body, pkt->len);
		if (rd_be32(&r, &got) && got == number)
			n++;
	}
	return n;
}

unsigned
duo_recs(const struct duo *d, unsigned nr, uint8_t type)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < d->end[nr].n_rec; i++)
		n += d->end[nr].rec[i].rec.type == type;
	return n;
}

const struct duo_rec *
duo_last(const struct duo *d, unsigned nr, uint8_t type)
{
	size_t i = d->end[nr].n_rec;

	while (i-- > 0) {
		if (d->end[nr].rec[i].rec.type == type)
			return &d->end[nr].rec[i];
	}
	return NULL;
}

void
duo_forget(struct duo *d, unsigned nr)
{
	struct duo_end *e = &d->end[nr];

	while (e->n_rec > 0)
		free(e->rec[--e->n_rec].raw);
}

bool
duo_carries(struct duo *d, unsigned a, unsigned b, uint32_t *number)
{
	uint32_t n = *number;

	*number += 2;
	duo_say_nr(d, a, n);
	duo_say_nr(d, b, n + 1);
	duo_run(d, 300 * MONO_MS);
	return duo_heard(d, b, n) == 1 && duo_heard(d, a, n + 1) == 1;
}
