#include "pairline.h"

#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "core/exchange.h"
#include "core/peer.h"
#include "tests/quiet.h"
#include "wire/msg.h"

#define ARENA_MAX (1024u * 1024)
#define DELAY_US (15 * MONO_MS) /* 20 +- 5 ms */
#define JITTER_US (10 * MONO_MS)
#define WALL_START_MS UINT64_C(1700000000000)
#define PORT 7469
#define PACKET_LEN 300
#define HEAD_LEN 20	 /* of IPv4 */
#define DATAGRAM_LEN 336 /* of a packet; nothing else is as long */

/* A datagram on its way. */
struct flight {
	struct hpent at;
	unsigned to;
	size_t len;
	uint8_t data[];
};

const char *
contact_name(enum contact c)
{
	static const char *const names[CONTACTS] = {
		[CONTACT_BOTH] = "both",
		[CONTACT_ONE] = "one",
		[CONTACT_STRANGER] = "stranger",
	};

	return names[c];
}

static struct turn
turn_now(struct pairline *l)
{
	return (struct turn){ l->now, WALL_START_MS + l->now.us / MONO_MS,
		&l->mem };
}

static void
rearm(struct pairline_end *e)
{
	heap_set(&e->l->events, &e->due, core_deadline(&e->core));
}

/* --- the line ---------------------------------------------------------------
 */

static void
fly(struct pairline *l, unsigned to, const uint8_t *p, size_t len)
{
	struct flight *f = xmalloc(sizeof(*f) + len);
	uint64_t us = DELAY_US + rng_next(&l->rng) % JITTER_US;

	if (rng_unit(&l->rng) < l->opt.reorder)
		us += rng_next(&l->rng) % (l->opt.hold_us + 1);
	memset(&f->at, 0, sizeof(f->at));
	f->to = to;
	f->len = len;
	memcpy(f->data, p, len);
	heap_set(&l->events, &f->at, mono_add(l->now, us));
}

static void
put(struct pairline_end *e, const uint8_t *p, size_t len)
{
	struct pairline *l = e->l;
	bool lost = rng_unit(&l->rng) < l->opt.loss;
	bool data = len == DATAGRAM_LEN;

	e->datagrams++;
	e->dropped += lost;
	e->wire_sent += data;
	e->wire_lost += data && lost;
	if (lost)
		return;
	fly(l, 1 - e->nr, p, len);
	if (rng_unit(&l->rng) < l->opt.dup)
		fly(l, 1 - e->nr, p, len);
}

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct pairline_end *e = arg;
	unsigned i;

	for (i = 0; i < run->n; i++)
		if (addr_equal(&to->remote, &e->l->end[1 - e->nr].addr))
			put(e, run->pkt[i].p, run->pkt[i].len);
}

/* --- the devices ------------------------------------------------------------
 */

static void
packet_write(uint8_t *p, unsigned from, uint32_t id)
{
	struct wr w = wr_of(p, PACKET_LEN);

	memset(p, (int)(id & 0xff), PACKET_LEN);
	wr_be32(&w, 0x45000000u | PACKET_LEN);
	wr_be32(&w, 0);
	wr_be32(&w, 0x40fd0000u); /* TTL, a protocol for experiments */
	wr_be32(&w, 0x0a000001u + from);
	wr_be32(&w, 0x0a000002u - from);
	wr_be32(&w, id);
}

static bool
seen_before(struct pairline_end *e, uint32_t id)
{
	uint8_t bit = (uint8_t)(1u << id % 8);
	bool was;

	if (id >= e->seen_max) {
		uint32_t max = id * 2 + 1024;

		e->seen = xreallocarray(e->seen, max / 8 + 1, 1);
		memset(e->seen + e->seen_max / 8, 0,
		    max / 8 + 1 - e->seen_max / 8);
		e->seen_max = max / 8 * 8;
	}
	was = (e->seen[id / 8] & bit) != 0;
	e->seen[id / 8] |= bit;
	return was;
}

static void
take(struct pairline_end *e, const struct pkt *pk)
{
	uint8_t want[PACKET_LEN];
	struct mono now = e->l->now;
	struct rd r = rd_of(pk->p, pk->len);
	uint32_t id;

	if (pk->len != PACKET_LEN || !rd_skip(&r, HEAD_LEN) ||
	    !rd_be32(&r, &id)) {
		e->wrong++;
		return;
	}
	packet_write(want, 1 - e->nr, id);
	if (memcmp(want, pk->p, PACKET_LEN) != 0)
		e->wrong++;
	if (mono_is_never(e->first))
		e->first = now;
	else if (mono_since(e->last, now) > e->silence_us)
		e->silence_us = mono_since(e->last, now);
	e->last = now;
	if (id == 0)
		return; /* sent before the counting */
	if (seen_before(e, id))
		e->twice++;
	else
		e->delivered++;
}

static void
on_port_deliver(void *arg, unsigned no, struct run *run)
{
	unsigned i;

	(void)no;
	for (i = 0; i < run->n; i++)
		take(arg, &run->pkt[i]);
}

static void
give(struct pairline_end *e, struct turn *t)
{
	struct run run;
	struct pkt *pk = run_one(&run, PACKET_LEN, t->mem);

	if (pk == NULL)
		fatalx("the arena is full");
	packet_write(pk->p, e->nr, e->next_id);
	if (e->next_id > 0) {
		e->sent++;
		e->next_id++;
	}
	core_port_input(&e->core, 0, &run, t);
	heap_set(&e->l->events, &e->send,
	    mono_add(e->l->now, e->l->opt.send_every_us));
}

/* --- what the cores want besides --------------------------------------------
 */

static void
on_random(void *arg, void *p, size_t len)
{
	struct pairline_end *e = arg;

	rng_fill(&e->l->rng, p, len);
}

/* --- the two ends -----------------------------------------------------------
 */

static void
end_init(struct pairline *l, unsigned nr)
{
	struct pairline_end *e = &l->end[nr];
	struct core_io io = quiet_core_io(e);
	struct core_config cfg = { .network = "sim",
		.aead = aead_default(),
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	const struct fwd_config dev = { .mode = FWD_HUB,
		.flood_rate = 1000000 };
	struct turn t = turn_now(l);
	static const uint8_t netkey[KEY_LEN] = { 7 };
	uint8_t seed[KEY_LEN];

	io.udp_send = on_udp_send;
	io.port_deliver = on_port_deliver;
	io.random = on_random;
	e->l = l;
	e->nr = nr;
	e->first = MONO_NEVER;
	addr_parse(nr == 0 ? "20.0.0.1" : "20.1.0.1", PORT, &e->addr);
	rng_fill(&l->rng, seed, sizeof(seed));
	identity_from_seed(seed, &cfg.id);
	network_closed(&cfg.net, netkey);
	core_init(&e->core, &cfg, &io, t.now);
	if (core_port_add(&e->core, &dev, &t) != 0)
		fatalx("no device");
}

/* Whoever knows the network's key may come. */
static void
begin_exchange(struct pairline_end *e)
{
	const struct exchange_config cfg = { .trust = { .mode = TRUST_SECRET,
						 .max_peers = 32 },
		.book = { .max_peers = 32, .dial = false } };
	const struct exchange_io io = quiet_exchange_io(e);

	exchange_start(&e->core, &cfg, &io);
}

static void
add_peer(struct pairline_end *e, const struct pairline_end *other, bool where)
{
	struct peer_config cfg = { .name = "other" };
	struct turn t = turn_now(e->l);
	const char *why;
	struct peer *p;

	memcpy(cfg.ed_pk, other->core.id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, other->core.id.x_pk, KEY_LEN);
	p = core_peer_add(&e->core, &cfg, &why, &t);
	if (p == NULL)
		fatalx("peer: %s", why);
	if (where)
		core_peer_endpoints(&e->core, p, &other->addr, 1, &t);
}

void
pairline_init(struct pairline *l, const struct pairline_options *opt)
{
	enum contact how = opt->contact;
	unsigned i;

	*l = (struct pairline){ .opt = *opt, .rng = { opt->seed } };
	l->now.us = MONO_SEC;
	heap_init(&l->events);
	arena_init(&l->mem, ARENA_MAX);
	for (i = 0; i < 2; i++) {
		end_init(l, i);
		if (how == CONTACT_STRANGER)
			begin_exchange(&l->end[i]);
	}
	add_peer(&l->end[0], &l->end[1], true);
	if (how != CONTACT_STRANGER)
		add_peer(&l->end[1], &l->end[0], how == CONTACT_BOTH);
	arena_reset(&l->mem);
	for (i = 0; i < 2; i++) {
		rearm(&l->end[i]);
		if (opt->send_every_us > 0)
			heap_set(&l->events, &l->end[i].send,
			    mono_add(l->now,
				rng_next(&l->rng) % opt->send_every_us));
	}
}

void
pairline_end_sending(struct pairline *l)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		heap_set(&l->events, &l->end[i].send, MONO_NEVER);
}

static bool
is_ours(const struct pairline *l, const struct hpent *e)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (e == &l->end[i].due || e == &l->end[i].send)
			return true;
	return false;
}

static void
land(struct pairline *l, struct flight *f, struct turn *t)
{
	struct pairline_end *e = &l->end[f->to];
	struct path path = { .remote = l->end[1 - f->to].addr,
		.local = e->addr };
	struct run run = { .n = 1 };

	if (!pkt_new(&run.pkt[0], f->len, &l->mem))
		fatalx("the arena is full");
	memcpy(run.pkt[0].p, f->data, f->len);
	free(f);
	core_udp_input(&e->core, &path, &run, t);
	rearm(e);
}

static void
happen(struct pairline *l, struct hpent *what)
{
	struct turn t = turn_now(l);
	struct pairline_end *e;

	for (e = l->end; e < l->end + 2; e++) {
		if (what == &e->due)
			core_tick(&e->core, &t);
		else if (what == &e->send)
			give(e, &t);
		else
			continue;
		rearm(e);
		arena_reset(&l->mem);
		return;
	}
	heap_set(&l->events, what, MONO_NEVER);
	land(l, CONTAINER_OF(what, struct flight, at), &t);
	arena_reset(&l->mem);
}

/* The next thing before end; false when there is none. */
static bool
step(struct pairline *l, struct mono end)
{
	struct hpent *e = heap_min(&l->events);

	if (e == NULL || !mono_before(e->at, end)) {
		l->now = end;
		return false;
	}
	if (mono_before(l->now, e->at))
		l->now = e->at;
	happen(l, e);
	return true;
}

void
pairline_run(struct pairline *l, uint64_t us)
{
	const struct mono end = mono_add(l->now, us);

	while (step(l, end))
		;
}

bool
pairline_run_up(struct pairline *l, uint64_t us, uint64_t *ret_us)
{
	const struct mono begin = l->now, end = mono_add(l->now, us);

	while (mono_is_never(l->end[0].first) || mono_is_never(l->end[1].first))
		if (!step(l, end))
			return false;
	*ret_us = mono_since(begin, l->now);
	return true;
}

void
pairline_count_anew(struct pairline *l)
{
	struct pairline_end *e;

	for (e = l->end; e < l->end + 2; e++) {
		e->next_id = 1;
		e->wire_sent = e->wire_lost = e->datagrams = e->dropped = 0;
		e->twice = e->wrong = e->silence_us = 0;
	}
}

void
pairline_fini(struct pairline *l)
{
	struct hpent *e;
	unsigned i;

	while ((e = heap_min(&l->events)) != NULL) {
		heap_set(&l->events, e, MONO_NEVER);
		if (!is_ours(l, e))
			free(CONTAINER_OF(e, struct flight, at));
	}
	for (i = 0; i < 2; i++) {
		core_fini(&l->end[i].core);
		free(l->end[i].seen);
	}
	heap_fini(&l->events);
	arena_fini(&l->mem);
}
