#include "neg_pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "neg/space.h"

enum item_kind { ITEM_PART, ITEM_NONCE, ITEM_MOVE };

struct line_item {
	struct line_item *next;
	struct mono at;
	enum item_kind kind;
	unsigned from, to;
	uint32_t id;
	size_t len;
	uint8_t p[];
};

static uint64_t
roll(struct line *ln)
{
	uint64_t x = ln->rng;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	ln->rng = x;
	return x;
}

/* Items of one instant stay in order. */
static void
put(struct line *ln, enum item_kind kind, unsigned from, unsigned to,
    uint64_t after_us, uint32_t id, const uint8_t *p, size_t len)
{
	struct line_item *it = xmalloc(sizeof(*it) + len), **at = &ln->items;

	it->at = mono_add(ln->now, after_us);
	it->kind = kind;
	it->from = from;
	it->to = to;
	it->id = id;
	it->len = len;
	if (len > 0)
		memcpy(it->p, p, len);
	while (*at != NULL && !mono_before(it->at, (*at)->at))
		at = &(*at)->next;
	it->next = *at;
	*at = it;
}

static void
on_send(void *arg, uint32_t peer, const uint8_t *part, size_t len)
{
	struct side *s = arg;

	s->sent++;
	s->types[peer - 1] |= 1u << part[0];
	if (roll(s->line) % 100 >= s->line->loss)
		put(s->line, ITEM_PART, s->n, peer - 1,
		    s->line->delay_ms * (uint64_t)MONO_MS, 0, part, len);
}

static size_t
on_part_max(void *arg, uint32_t peer)
{
	const struct side *s = arg;

	(void)peer;
	return s->line->part_max;
}

static void
on_close(void *arg, uint32_t peer, uint8_t reason)
{
	struct side *s = arg;

	s->closed[peer - 1] = true;
	s->close_reason[peer - 1] = reason;
}

static void
on_routes(void *arg, uint32_t peer, const struct netdesc *of,
    const struct claim *c, unsigned n)
{
	struct side *s = arg;

	(void)of;
	s->n_routes[peer - 1] = n;
	if (n > 0)
		memcpy(s->route[peer - 1], c, n * sizeof(*c));
}

static void
on_rehook(void *arg, uint32_t id, const struct topology *topo,
    const struct claim *from, const struct claim *to, uint32_t count)
{
	struct side *s = arg;

	(void)topo;
	(void)count;
	s->told++;
	s->rehook_id = id;
	s->from = *from;
	s->to = *to;
	if (s->obeys)
		put(s->line, ITEM_MOVE, s->n, s->n,
		    s->move_s * (uint64_t)MONO_SEC, id, NULL, 0);
}

static void
on_rehook_stop(void *arg, uint32_t id)
{
	struct side *s = arg;

	(void)id;
	s->stopped++;
}

static void
on_probe(void *arg, uint32_t peer, const struct netdesc *to,
    const uint8_t nonce[NEG_NONCE])
{
	struct side *s = arg;

	(void)to;
	if (s->mesh[peer - 1])
		put(s->line, ITEM_NONCE, s->n, peer - 1, 20 * MONO_MS, 0, nonce,
		    NEG_NONCE);
}

static void
sum(const uint8_t *p, size_t len, uint8_t sig[NEG_SIG])
{
	size_t i;

	memset(sig, 0, NEG_SIG);
	for (i = 0; i < len; i++)
		sig[i % 8 + 1] = (uint8_t)(sig[i % 8 + 1] * 31u + p[i] +
		    (unsigned)(i & 0x7f));
}

static void
on_sign(void *arg, const uint8_t *p, size_t len, uint8_t sig[NEG_SIG])
{
	struct side *s = arg;

	sum(p, len, sig);
	sig[0] = (uint8_t)(s->bad_sig ? 0xff : s->n);
}

static bool
on_verify(void *arg, const uint8_t key[NEG_KEY], const uint8_t *p, size_t len,
    const uint8_t sig[NEG_SIG])
{
	uint8_t want[NEG_SIG];

	(void)arg;
	sum(p, len, want);
	want[0] = key[0];
	return memcmp(want, sig, NEG_SIG) == 0;
}

static bool
same_record(const struct neg_record *a, const struct neg_record *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NEG_REC_SELF:
		return true;
	case NEG_REC_NETWORK:
		return memcmp(a->u.network.key, b->u.network.key, NEG_KEY) == 0;
	case NEG_REC_RESERVE:
		return a->u.reserve.netid == b->u.reserve.netid;
	case NEG_REC_DEMAND:
		return a->u.demand.id == b->u.demand.id;
	case NEG_REC_MOVE:
	default:
		return false;
	}
}

static unsigned
spent_record(const struct side *s)
{
	unsigned i;

	for (i = 0; i < s->n_rec; i++)
		if (s->rec[i].gone ||
		    (s->rec[i].kind == NEG_REC_DEMAND &&
			(s->rec[i].u.demand.state == DEMAND_DONE ||
			    s->rec[i].u.demand.state == DEMAND_GONE)))
			return i;
	abort();
}

static void
on_save(void *arg, const struct neg_record *rec)
{
	struct side *s = arg;
	unsigned i;

	for (i = 0; i < s->n_rec; i++)
		if (same_record(&s->rec[i], rec))
			break;
	if (i == LINE_RECORDS)
		i = spent_record(s);
	if (i == s->n_rec)
		s->n_rec++;
	free(s->desc[i]);
	s->desc[i] = NULL;
	s->rec[i] = *rec;
	s->rec_at[i] = s->line->now;
	if (rec->kind == NEG_REC_NETWORK) {
		s->desc[i] = xmalloc(rec->u.network.desc_len);
		memcpy(
		    s->desc[i], rec->u.network.desc, rec->u.network.desc_len);
		s->rec[i].u.network.desc = s->desc[i];
	}
}

static void
on_event(void *arg, enum neg_event ev, uint32_t peer)
{
	struct side *s = arg;

	(void)peer;
	s->events[ev]++;
}

static void
on_random(void *arg, void *p, size_t len)
{
	struct side *s = arg;
	uint8_t *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = (uint8_t)(roll(s->line) >> 11);
}

static void
start(struct side *s)
{
	struct neg_io io = {
		.arg = s,
		.send = on_send,
		.part_max = on_part_max,
		.close = on_close,
		.routes = on_routes,
		.rehook = on_rehook,
		.rehook_stop = on_rehook_stop,
		.probe = on_probe,
		.sign = on_sign,
		.verify = on_verify,
		.save = on_save,
		.event = on_event,
		.random = on_random,
	};

	s->g = neg_new(&s->cfg, &io);
}

void
line_init(struct line *ln, unsigned n, uint64_t seed)
{
	unsigned i;

	memset(ln, 0, sizeof(*ln));
	ln->rng = seed * 2 + 0x9e3779b97f4a7c15u;
	ln->now.us = 5 * MONO_SEC;
	ln->delay_ms = 20;
	ln->part_max = 600;
	for (i = 0; i < n; i++) {
		struct side *s = &ln->s[i];

		s->line = ln;
		s->n = i;
		s->obeys = true;
		s->move_s = 12;
		s->cfg.policy = REHOOK_AUTO;
		s->cfg.max_nodes = 1;
		start(s);
	}
}

void
line_fini(struct line *ln)
{
	unsigned i, k;

	for (i = 0; i < LINE_SIDES; i++) {
		struct side *s = &ln->s[i];

		if (s->g != NULL)
			neg_free(s->g);
		for (k = 0; k < s->n_rec; k++)
			free(s->desc[k]);
	}
	while (ln->items != NULL) {
		struct line_item *it = ln->items;

		ln->items = it->next;
		free(it);
	}
}

void
line_place(struct line *ln, unsigned side)
{
	neg_own(ln->s[side].g, &ln->s[side].own, ln->now);
}

void
line_own(struct line *ln, unsigned side, unsigned gid2)
{
	struct netdesc *d = &ln->s[side].own;

	d->topo = topology_ntk(NETDESC_10);
	d->gid[3] = 10;
	d->gid[2] = (uint16_t)gid2;
	d->gid[1] = (uint16_t)(side + 1);
	d->gid[0] = 7;
	if (d->nodes == 0)
		d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	d->n_claims = 1;
	memset(&d->claim[0], 0, sizeof(d->claim[0]));
	d->claim[0].level = 2;
	d->claim[0].gid[2] = (uint16_t)gid2;
	d->claim[0].gid[3] = 10;
	line_place(ln, side);
}

void
line_own_plain(struct line *ln, unsigned side, unsigned second)
{
	struct netdesc *d = &ln->s[side].own;
	struct prefix p = { .family = PREFIX_IPV4, .bits = 16 };

	p.a[0] = 10;
	p.a[1] = (uint8_t)second;
	memset(d->gid, 0, sizeof(d->gid));
	d->topo = topology_plain();
	d->nodes = 1;
	d->flags = NETDESC_MOVABLE;
	d->n_claims = 1;
	if (claims_from_prefix(&p, d->claim, 1) != 1)
		abort();
	line_place(ln, side);
}

void
line_join_as(struct line *ln, unsigned a, unsigned b,
    const struct neg_peer *of_a, const struct neg_peer *of_b)
{
	struct neg_peer p = *of_a;

	p.id = b + 1;
	p.first = a < b;
	memset(p.key, 0, sizeof(p.key));
	p.key[0] = (uint8_t)b;
	p.key[1] = ln->s[b].life;
	ln->s[a].closed[b] = false;
	if (ln->s[a].g != NULL)
		neg_link_up(ln->s[a].g, &p, ln->now);
	p = *of_b;
	p.id = a + 1;
	p.first = b < a;
	memset(p.key, 0, sizeof(p.key));
	p.key[0] = (uint8_t)a;
	p.key[1] = ln->s[a].life;
	ln->s[b].closed[a] = false;
	if (ln->s[b].g != NULL)
		neg_link_up(ln->s[b].g, &p, ln->now);
}

void
line_join(struct line *ln, unsigned a, unsigned b, bool crossed)
{
	struct neg_peer pa = { .dialled = true, .trusted = true };
	struct neg_peer pb = { .dialled = crossed };

	line_join_as(ln, a, b, &pa, &pb);
}

void
line_cut(struct line *ln, unsigned a, unsigned b)
{
	struct line_item **at = &ln->items, *it;

	if (ln->s[a].g != NULL)
		neg_link_down(ln->s[a].g, b + 1, ln->now);
	if (ln->s[b].g != NULL)
		neg_link_down(ln->s[b].g, a + 1, ln->now);
	ln->s[a].closed[b] = ln->s[b].closed[a] = false;
	while ((it = *at) != NULL) {
		if (it->kind == ITEM_PART &&
		    ((it->from == a && it->to == b) ||
			(it->from == b && it->to == a))) {
			*at = it->next;
			free(it);
		} else
			at = &it->next;
	}
}

/* A site of plain prefixes keeps being without one. */
static void
move_address(struct netdesc *d, const struct claim *to)
{
	unsigned k;

	if (d->topo.class == NETDESC_PLAIN)
		return;
	for (k = to->level; k < d->topo.levels; k++)
		d->gid[k] = to->gid[k];
}

/* The mesh daemon has carried out what it was told. */
static void
move(struct line *ln, struct side *s, uint32_t id)
{
	struct netdesc *d = &s->own;
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_equal(&d->topo, &d->claim[i], &s->from))
			break;
	if (id != s->rehook_id || i == d->n_claims)
		return;
	d->claim[i] = s->to;
	move_address(d, &s->to);
	line_place(ln, s->n);
}

static void
deliver(struct line *ln, const struct line_item *it)
{
	struct side *s = &ln->s[it->to];

	if (s->raw != NULL && it->kind == ITEM_PART) {
		s->raw(s, it->from, it->p, it->len);
		return;
	}
	if (s->g == NULL)
		return;
	if (it->kind == ITEM_MOVE)
		move(ln, s, it->id);
	else if (it->kind == ITEM_NONCE)
		neg_nonce_seen(s->g, it->p, ln->now);
	else
		neg_input(s->g, it->from + 1, it->p, it->len, ln->now);
}

void
line_raw(struct line *ln, unsigned side,
    void (*raw)(struct side *s, unsigned from, const uint8_t *part, size_t len))
{
	struct side *s = &ln->s[side];

	if (s->g != NULL)
		neg_free(s->g);
	s->g = NULL;
	s->line = ln;
	s->n = side;
	s->raw = raw;
}

void
line_send(
    struct line *ln, unsigned a, unsigned b, const uint8_t *part, size_t len)
{
	if (roll(ln) % 100 >= ln->loss)
		put(ln, ITEM_PART, a, b, ln->delay_ms * (uint64_t)MONO_MS, 0,
		    part, len);
}

void
line_sign(struct line *ln, unsigned side, const uint8_t *p, size_t len,
    uint8_t sig[NEG_SIG])
{
	on_sign(&ln->s[side], p, len, sig);
}

static struct mono
next_instant(const struct line *ln)
{
	struct mono at = ln->items != NULL ? ln->items->at : MONO_NEVER;
	unsigned i;

	for (i = 0; i < LINE_SIDES; i++)
		if (ln->s[i].g != NULL)
			at = mono_min(at, neg_deadline(ln->s[i].g));
	return at;
}

/* Tunnels that somebody wanted closed go on both sides. */
static void
close_tunnels(struct line *ln)
{
	unsigned a, b;

	for (a = 0; a < LINE_SIDES; a++)
		for (b = 0; b < LINE_SIDES; b++)
			if (ln->s[a].closed[b] &&
			    (ln->s[b].g != NULL || ln->s[b].raw != NULL))
				line_cut(ln, a, b);
}

void
line_run_ms(struct line *ln, unsigned ms)
{
	struct mono end = mono_add(ln->now, ms * (uint64_t)MONO_MS), at;
	unsigned i;

	while (at = next_instant(ln), !mono_before(end, at)) {
		if (mono_before(ln->now, at))
			ln->now = at;
		while (ln->items != NULL && mono_due(ln->items->at, ln->now)) {
			struct line_item *it = ln->items;

			ln->items = it->next;
			deliver(ln, it);
			free(it);
			if (ln->after != NULL)
				ln->after(ln);
		}
		for (i = 0; i < LINE_SIDES; i++)
			if (ln->s[i].g != NULL)
				neg_tick(ln->s[i].g, ln->now);
		close_tunnels(ln);
		if (ln->after != NULL)
			ln->after(ln);
	}
	ln->now = end;
}

void
line_run(struct line *ln, unsigned seconds)
{
	line_run_ms(ln, seconds * 1000);
}

void
line_restart(struct line *ln, unsigned side, unsigned away_s)
{
	struct side *s = &ln->s[side];
	unsigned i;

	for (i = 0; i < LINE_SIDES; i++)
		if (i != side && ln->s[i].g != NULL && !ln->unseen)
			neg_link_down(ln->s[i].g, side + 1, ln->now);
	neg_free(s->g);
	s->g = NULL;
	s->rehook_id = 0; /* its mesh daemon lets it be */
	memset(s->closed, 0, sizeof(s->closed));
	memset(s->n_routes, 0, sizeof(s->n_routes));
	line_run(ln, away_s);
	start(s);
	for (i = 0; i < s->n_rec; i++) {
		struct neg_record rec = s->rec[i];

		rec.ago =
		    (uint32_t)(mono_since(s->rec_at[i], ln->now) / MONO_SEC);
		if (rec.kind == NEG_REC_RESERVE)
			rec.u.reserve.left -= rec.ago < rec.u.reserve.left
			    ? rec.ago
			    : rec.u.reserve.left;
		if (!rec.gone)
			neg_restore(s->g, &rec, ln->now);
	}
}

enum neg_state
line_state(struct line *ln, unsigned a, unsigned b)
{
	struct neg_link_view v;

	return neg_show_link(ln->s[a].g, b + 1, &v) ? v.state : NEG_STATES;
}

uint8_t
line_why(struct line *ln, unsigned a, unsigned b)
{
	struct neg_link_view v;

	return neg_show_link(ln->s[a].g, b + 1, &v) ? v.why : 0;
}

unsigned
line_gid2(struct line *ln, unsigned side)
{
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	return v.own->claim[0].gid[2];
}

uint64_t
line_netid(struct line *ln, unsigned side)
{
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	return v.own->netid;
}

enum neg_role
line_role(struct line *ln, unsigned side)
{
	struct neg_self_view v;

	neg_show_self(ln->s[side].g, &v, ln->now);
	return v.role;
}

struct claim
line_claim(unsigned gid2)
{
	struct claim c = { .level = 2 };

	c.gid[2] = (uint16_t)gid2;
	c.gid[3] = 10;
	return c;
}

/* A life of its own for each: they are taken without knowing any number. */
void
line_forge(struct line *ln, unsigned a, unsigned b, const struct neg_msg *m)
{
	struct topology topo = topology_ntk(NETDESC_10);
	uint8_t buf[NEG_HEAD + NEG_MSG_MAX];
	struct neg_head h = {
		.type = m->type, .parts = 1, .life = ++ln->forged, .seq = 1
	};
	struct wr w = wr_of(buf, sizeof(buf));

	neg_head_write(&w, &h);
	if (!neg_msg_write(&w, m, &topo))
		abort();
	neg_input(ln->s[b].g, a + 1, buf, w.len, ln->now);
}
