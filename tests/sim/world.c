#include "base/container.h"
#include "world.h"

#include <string.h>

#include "base/xmem.h"
#include "core/core.h"
#include "node.h"

#define ARENA_MAX (4u * 1024 * 1024)
#define DELAY_US (20 * MONO_MS)
#define JITTER_US (10 * MONO_MS)
#define WALL_START_MS UINT64_C(1700000000000)
#define HOUR_US (3600 * UINT64_C(1000000))

/* A datagram on its way. */
struct flight {
	struct hpent at;
	unsigned to;
	struct addr from;
	size_t len;
	uint8_t data[];
};

struct turn
world_turn(struct world *w)
{
	return (struct turn){ w->now, WALL_START_MS + w->now.us / MONO_MS,
		&w->mem };
}

/* Each gnode is joined with its neighbours at 1, 7, 49... places away. */
static void
join_all(struct world *w)
{
	unsigned i, k, step = 1, n = w->opt.gnodes;

	for (k = 0; k < w->opt.tunnels / 2; k++, step = step * 7 % n) {
		for (i = 0; i < n; i++)
			node_join(&w->node[i], &w->node[(i + step) % n]);
	}
}

void
world_init(struct world *w, const struct world_options *opt)
{
	unsigned i;

	*w = (struct world){ .opt = *opt, .rng = { opt->seed } };
	w->now.us = MONO_SEC;
	heap_init(&w->events);
	arena_init(&w->mem, ARENA_MAX);
	w->node = xcalloc(opt->gnodes, sizeof(*w->node));
	for (i = 0; i < opt->gnodes; i++)
		node_init(&w->node[i], w, i);
	join_all(w);
}

void
world_send(struct world *w, const struct node *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	unsigned nr = (unsigned)to->ip[13] << 8 | to->ip[14];
	struct flight *f;

	w->sum.datagrams++;
	if (rng_unit(&w->rng) < w->opt.loss || nr >= w->opt.gnodes) {
		w->sum.dropped++;
		return;
	}
	f = xmalloc(sizeof(*f) + len);
	memset(&f->at, 0, sizeof(f->at));
	f->to = nr;
	f->from = from->addr;
	f->len = len;
	memcpy(f->data, p, len);
	heap_set(&w->events, &f->at,
	    mono_add(w->now, DELAY_US + rng_next(&w->rng) % JITTER_US));
}

static void
digest(struct world *w, const struct flight *f)
{
	uint64_t v[4] = { w->digest, w->now.us, f->to, 0 };

	memcpy(&v[3], f->data + f->len - 8, 8);
	w->digest = siphash((const uint8_t *)"vplama simulator", v, sizeof(v));
}

static void
arrive(struct world *w, struct flight *f, struct turn *t)
{
	struct pkt pk;

	digest(w, f);
	if (pkt_new(&pk, f->len, &w->mem)) {
		memcpy(pk.p, f->data, f->len);
		node_input(&w->node[f->to], &f->from, pk.p, f->len, t);
	}
	free(f);
}

/* The node that an entry of the event list lies in, or NULL: a datagram. */
static struct node *
node_of(struct world *w, struct hpent *e)
{
	uintptr_t p = (uintptr_t)e, start = (uintptr_t)w->node;

	if (p < start || p >= start + w->opt.gnodes * sizeof(*w->node))
		return NULL;
	return &w->node[(p - start) / sizeof(*w->node)];
}

static void
happen(struct world *w, struct hpent *e)
{
	struct node *n = node_of(w, e);
	struct turn t = world_turn(w);

	if (n != NULL && e == &n->send) {
		node_send_packet(n, &t);
	} else if (n != NULL && e == &n->place.due) {
		place_due(n, &t);
	} else if (n != NULL) {
		node_tick(n, &t);
	} else {
		heap_set(&w->events, e, MONO_NEVER);
		arrive(w, CONTAINER_OF(e, struct flight, at), &t);
	}
	arena_reset(&w->mem);
}

static void
add_up(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->opt.gnodes; i++) {
		const struct counters *c = &w->node[i].core.cnt;

		w->sum.copies += c->v[CNT_fan_out];
		w->sum.handshakes += c->v[CNT_handshakes];
		w->sum.rekeys += c->v[CNT_rekeys];
		w->sum.deaths += c->v[CNT_peer_dead];
	}
}

void
world_run_until(struct world *w, struct mono end)
{
	struct hpent *e;

	while ((e = heap_min(&w->events)) != NULL && mono_before(e->at, end)) {
		if (mono_before(w->now, e->at))
			w->now = e->at;
		happen(w, e);
	}
	if (mono_before(w->now, end))
		w->now = end;
}

void
world_run(struct world *w)
{
	world_run_until(
	    w, mono_add(w->now, (uint64_t)(w->opt.hours * (double)HOUR_US)));
	add_up(w);
}

void
world_fini(struct world *w)
{
	struct hpent *e;
	unsigned i;

	while ((e = heap_min(&w->events)) != NULL) {
		heap_set(&w->events, e, MONO_NEVER);
		if (node_of(w, e) == NULL)
			free(CONTAINER_OF(e, struct flight, at));
	}
	for (i = 0; i < w->opt.gnodes; i++)
		node_fini(&w->node[i]);
	free(w->node);
	heap_fini(&w->events);
	arena_fini(&w->mem);
}
