#include "core/mesh.h"

#include <stdio.h>
#include <string.h>

#include "core/core.h"
#include "core/fanout.h"
#include "core/negotiate.h"
#include "wire/mesh.h"

#define HELLO_US (5 * MONO_SEC) /* the one place is for those who speak */

static void
send_rec(struct core *c, const struct mesh_rec *rec, struct turn *t)
{
	struct run run;
	struct pkt *pk = run_one(&run, MESH_SMALL_MAX, t->mem);
	struct wr w;

	if (pk == NULL) {
		count(&c->cnt, CNT_arena_full);
		return;
	}
	w = wr_of(pk->p, MESH_SMALL_MAX);
	if (!mesh_write(&w, rec))
		return;
	pk->len = (uint32_t)w.len;
	c->io.mesh_send(c->io.arg, &run);
}

void
mesh_peer_up(struct core *c, const struct peer *p, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_PEER_UP };
	struct mesh_peer_up *up = &rec.u.up;
	char text[ADDR_TEXT];

	if (!c->mesh_up)
		return;
	up->peer = p->id;
	memcpy(up->key, p->cfg.ed_pk, sizeof(up->key));
	up->rtt_us = p->rtt_us;
	memcpy(up->name, p->cfg.name, sizeof(up->name));
	addr_format(&p->path.remote, text);
	if (strlen(text) <= MESH_TEXT_MAX)
		memcpy(up->endpoint, text, strlen(text) + 1);
	send_rec(c, &rec, t);
}

void
mesh_peer_down(
    struct core *c, const struct peer *p, uint8_t why, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_PEER_DOWN,
		.u.down = { .peer = p->id, .why = why } };

	if (c->mesh_up)
		send_rec(c, &rec, t);
}

void
mesh_peer_rtt(struct core *c, const struct peer *p, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_PEER_RTT,
		.u.rtt = { .peer = p->id, .rtt_us = p->rtt_us } };

	if (c->mesh_up && p->state == PEER_VRNODE && p->carries)
		send_rec(c, &rec, t);
}

void
mesh_route(struct core *c, const struct mesh_route *ro, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_ROUTE, .u.route = *ro };

	if (c->mesh_up)
		send_rec(c, &rec, t);
}

void
mesh_rehook(struct core *c, const struct mesh_rehook *re, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_REHOOK, .u.rehook = *re };

	if (c->mesh_up)
		send_rec(c, &rec, t);
}

/* Says why, and hangs up. */
static void
refuse(struct core *c, uint16_t code, const char *why, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_REFUSED,
		.u.refused = { .code = code } };

	snprintf(rec.u.refused.why, sizeof(rec.u.refused.why), "%s", why);
	count(&c->cnt, CNT_mesh_bad);
	send_rec(c, &rec, t);
	core_mesh_close(c, t); /* not a word behind the reason */
	c->io.mesh_hangup(c->io.arg);
}

static void
send_hello(struct core *c, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_HELLO };
	struct mesh_hello *h = &rec.u.hello;

	h->min = MESH_VERSION;
	h->max = MESH_VERSION;
	memcpy(h->key, c->id.ed_pk, sizeof(h->key));
	h->body_max = MESH_BODY_MAX;
	h->rate = c->limits.fan_origin;
	h->burst = 2 * c->limits.fan_origin;
	memcpy(h->name, "vplamad", sizeof("vplamad"));
	memcpy(h->network, c->network, sizeof(h->network));
	send_rec(c, &rec, t);
}

static void
on_hello(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	const struct mesh_hello *h = &rec->u.hello;
	struct peer *p;

	(void)raw;
	if (c->mesh_up) {
		refuse(c, MESH_REF_ORDER, "HELLO came twice", t);
		return;
	}
	if (h->min > MESH_VERSION || h->max < MESH_VERSION) {
		refuse(c, MESH_REF_VERSION, "only version 1 is spoken here", t);
		return;
	}
	c->mesh_up = true;
	c->hello_by = MONO_NEVER;
	c->mesh_body_max = h->body_max;
	send_hello(c, t);
	TAILQ_FOREACH (p, &c->peers, link) {
		if (p->state == PEER_VRNODE && p->carries)
			mesh_peer_up(c, p, t);
	}
	negotiate_mesh_up(c, t);
	c->io.event(c->io.arg, EV_MESH_UP, NULL);
}

static void
on_pkt(struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	const struct mesh_pkt *pkt = &rec->u.pkt;

	fanout_send(c, pkt, raw + (pkt->body - raw), t);
}

static void
on_ping(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	struct mesh_rec pong = { .type = MESH_PONG, .u.ping = rec->u.ping };

	(void)raw;
	send_rec(c, &pong, t);
}

static void
on_pong(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	(void)c, (void)rec, (void)raw,
	    (void)t; /* an answer we never wait for */
}

static void
on_netdesc(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	(void)raw;
	negotiate_mesh_desc(c, &rec->u.netdesc, t);
}

static void
on_rehook_done(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	(void)raw;
	negotiate_mesh_moved(c, rec->u.done.id, true, t);
}

static void
on_rehook_failed(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	(void)raw;
	negotiate_mesh_moved(c, rec->u.failed.id, false, t);
}

static void
on_wrong_way(
    struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	char why[MESH_TEXT_MAX];

	(void)raw;
	snprintf(why, sizeof(why), "%s goes from vplamad to the mesh daemon",
	    mesh_type_name(rec->type));
	refuse(c, MESH_REF_FORMAT, why, t);
}

static void
handle(struct core *c, const struct mesh_rec *rec, uint8_t *raw, struct turn *t)
{
	static void (*const handler[])(struct core *, const struct mesh_rec *,
	    uint8_t *, struct turn *) = {
		[MESH_HELLO] = on_hello,
		[MESH_REFUSED] = on_wrong_way,
		[MESH_PKT] = on_pkt,
		[MESH_PEER_UP] = on_wrong_way,
		[MESH_PEER_DOWN] = on_wrong_way,
		[MESH_PEER_RTT] = on_wrong_way,
		[MESH_PING] = on_ping,
		[MESH_PONG] = on_pong,
		[MESH_NETDESC] = on_netdesc,
		[MESH_REHOOK] = on_wrong_way,
		[MESH_REHOOK_DONE] = on_rehook_done,
		[MESH_REHOOK_FAILED] = on_rehook_failed,
		[MESH_ROUTE] = on_wrong_way,
	};

	if (!c->mesh_up && rec->type != MESH_HELLO)
		refuse(c, MESH_REF_ORDER, "HELLO must come first", t);
	else
		handler[rec->type](c, rec, raw, t);
}

static void
input_one(struct core *c, struct pkt *pk, struct turn *t)
{
	const char *field = "";
	char why[MESH_TEXT_MAX];
	struct mesh_rec rec;

	count(&c->cnt, CNT_mesh_in);
	switch (mesh_parse(pk->p, pk->len, &rec, &field)) {
	case MESH_OK:
		handle(c, &rec, pk->p, t);
		break;
	case MESH_UNKNOWN:
		count(&c->cnt, CNT_mesh_unknown);
		break;
	case MESH_BAD:
		snprintf(why, sizeof(why), "bad field %s", field);
		refuse(c, MESH_REF_FORMAT, why, t);
		break;
	case MESH_BAD_VERSION:
		refuse(c, MESH_REF_VERSION, "only version 1 is spoken here", t);
		break;
	}
}

void
core_mesh_open(struct core *c, struct turn *t)
{
	c->mesh_open = true;
	c->mesh_up = false;
	c->hello_by = mono_add(t->now, HELLO_US);
}

void
mesh_tick(struct core *c, struct turn *t)
{
	if (!mono_due(c->hello_by, t->now))
		return;
	c->hello_by = MONO_NEVER;
	refuse(c, MESH_REF_ORDER, "no HELLO within 5 s", t);
}

void
core_mesh_input(struct core *c, struct run *run, struct turn *t)
{
	unsigned i;

	for (i = 0; i < run->n && c->mesh_open; i++)
		input_one(c, &run->pkt[i], t);
}

void
core_mesh_close(struct core *c, struct turn *t)
{
	bool was_up = c->mesh_up;

	c->mesh_open = false;
	c->hello_by = MONO_NEVER;
	c->mesh_up = false;
	if (!was_up)
		return;
	negotiate_mesh_down(c, t);
	c->io.event(c->io.arg, EV_MESH_DOWN, NULL);
}
