#include "node.h"

#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/xmem.h"
#include "core/peer.h"
#include "tests/quiet.h"
#include "wire/mesh.h"

#define PORT 7469
#define PACKET_LEN 120 /* a tracer of a few hops */

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct node *n = arg;
	unsigned i;

	for (i = 0; i < run->n; i++)
		world_send(
		    n->w, n, &to->remote, run->pkt[i].p, run->pkt[i].len);
}

/* A packet is its sender's number, its id, and bytes that follow from them. */
static void
packet_write(uint8_t p[PACKET_LEN], unsigned from, uint32_t id)
{
	struct wr w = wr_of(p, PACKET_LEN);
	size_t i;

	wr_be32(&w, from);
	wr_be32(&w, id);
	for (i = w.len; i < PACKET_LEN; i++)
		p[i] = (uint8_t)(i * 31 + from + id);
}

static void
check_packet(struct node *n, const struct mesh_pkt *pkt)
{
	struct rd r = rd_of(pkt->body, pkt->len);
	uint8_t want[PACKET_LEN];
	uint32_t from, id;

	n->w->sum.delivered++;
	if (!rd_be32(&r, &from) || !rd_be32(&r, &id) ||
	    from >= n->w->opt.gnodes || pkt->len != PACKET_LEN) {
		n->w->sum.wrong++;
		return;
	}
	packet_write(want, from, id);
	if (memcmp(want, pkt->body, PACKET_LEN) != 0)
		n->w->sum.wrong++;
	if (id <= n->seen[from])
		n->w->sum.twice++;
	else
		n->seen[from] = id;
}

static void
on_mesh_send(void *arg, struct run *run)
{
	struct node *n = arg;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		const char *field;
		struct mesh_rec rec;

		if (mesh_parse(run->pkt[i].p, run->pkt[i].len, &rec, &field) !=
		    MESH_OK)
			n->w->sum.wrong++;
		else if (rec.type == MESH_PKT)
			check_packet(n, &rec.u.pkt);
		else
			place_record(n, &rec);
	}
}

static void
on_hangup(void *arg)
{
	struct node *n = arg;

	n->w->sum.wrong++; /* we never give a reason to */
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct node *n = arg;

	rng_fill(&n->w->rng, p, len);
}

void
node_mesh_record(struct node *n, const struct mesh_rec *rec, struct turn *t)
{
	struct run *run = run_new(t->mem);
	struct pkt *pk = run_add(run, 512, t->mem);
	struct wr w = wr_of(pk->p, 512);

	mesh_write(&w, rec);
	pk->len = (uint32_t)w.len;
	core_mesh_input(&n->core, run, t);
}

static void
mesh_hello(struct node *n, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = 1, .max = 1, .body_max = MESH_BODY_MAX } };

	core_mesh_open(&n->core, t);
	node_mesh_record(n, &rec, t);
}

void
node_init(struct node *n, struct world *w, unsigned nr)
{
	struct core_io io = quiet_core_io(n);
	struct core_config cfg = { .network = "sim",
		.aead = aead_default(),
		.stamp_floor_ms = 0,
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	struct turn t = world_turn(w);
	uint8_t seed[KEY_LEN];
	char text[ADDR_TEXT];

	io.udp_send = on_udp_send;
	io.mesh_send = on_mesh_send;
	io.mesh_hangup = on_hangup;
	io.random = on_random;
	n->w = w;
	n->nr = nr;
	n->next_id = 1;
	n->seen = xcalloc(w->opt.gnodes, sizeof(*n->seen));
	snprintf(text, sizeof(text), "10.%u.%u.1", nr >> 8 & 255, nr & 255);
	addr_parse(text, PORT, &n->addr);
	rng_fill(&w->rng, seed, sizeof(seed));
	identity_from_seed(seed, &cfg.id);
	network_open(&cfg.net, "sim", 3);
	core_init(&n->core, &cfg, &io, t.now);
	place_start(n);
	mesh_hello(n, &t);
	place_tell(n, &t);
	heap_set(&w->events, &n->send,
	    mono_add(
		w->now, rng_next(&w->rng) % (w->opt.send_every_s * MONO_SEC)));
}

void
node_fini(struct node *n)
{
	if (n->core.neg != NULL)
		negotiate_fini(&n->core);
	core_fini(&n->core);
	free(n->seen);
}

static void
node_add_peer(struct node *a, const struct node *b)
{
	struct peer_config cfg = { 0 };
	struct turn t = world_turn(a->w);
	const char *why;
	struct peer *p;

	snprintf(cfg.name, sizeof(cfg.name), "g%u", b->nr);
	memcpy(cfg.ed_pk, b->core.id.ed_pk, KEY_LEN);
	memcpy(cfg.x_pk, b->core.id.x_pk, KEY_LEN);
	p = core_peer_add(&a->core, &cfg, &why, &t);
	if (p->id <= PLACE_PEERS)
		a->place.who[p->id] = b->nr;
	core_peer_endpoints(&a->core, p, &b->addr, 1, &t);
	node_rearm(a);
}

void
node_join(struct node *a, struct node *b)
{
	node_add_peer(a, b);
	node_add_peer(b, a);
}

void
node_input(struct node *n, const struct addr *from, uint8_t *p, size_t len,
    struct turn *t)
{
	struct path path = { .remote = *from, .local = n->addr };
	struct run run = { .n = 1, .pkt = { { p, (uint32_t)len, 0 } } };

	core_udp_input(&n->core, &path, &run, t);
	node_rearm(n);
}

void
node_tick(struct node *n, struct turn *t)
{
	core_tick(&n->core, t);
	node_rearm(n);
}

void
node_send_packet(struct node *n, struct turn *t)
{
	uint8_t body[PACKET_LEN], key[8];
	struct mesh_rec rec = { .type = MESH_PKT,
		.u.pkt = { .key_len = sizeof(key),
		    .key = key,
		    .body = body,
		    .len = sizeof(body) } };

	packet_write(body, n->nr, n->next_id);
	memcpy(key, body, sizeof(key));
	n->next_id++;
	n->w->sum.sent++;
	node_mesh_record(n, &rec, t);
	node_rearm(n);
	heap_set(&n->w->events, &n->send,
	    mono_add(n->w->now, n->w->opt.send_every_s * (uint64_t)MONO_SEC));
}

void
node_rearm(struct node *n)
{
	heap_set(&n->w->events, &n->due, core_deadline(&n->core));
}
