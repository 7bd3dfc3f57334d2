#include "neg_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "neg_check.h"
#include "neg_node.h"
#include "wire/negmsg.h"

#define DELAY_US (10 * MONO_MS)
#define JITTER_US (60 * MONO_MS)
#define REST_S 1300u /* two looks at what has settled */
#define REDIAL_S 60u
#define KEY_RANDOM 0x76706c616d610000u

struct part {
	struct nw_event ev; /* no: of the tunnel */
	unsigned to;	    /* its side */
	uint32_t life;
	size_t len;
	uint8_t p[];
};

unsigned
nw_side(const struct gnode *n, unsigned tunnel)
{
	return n->w->tunnel[tunnel].end[0] == n->no ? 0 : 1;
}

void
nw_digest(struct nw_world *w, uint64_t v)
{
	w->sum.digest = (w->sum.digest ^ v) * 1099511628211u;
	w->sum.digest ^= w->sum.digest >> 29;
}

/* Keeps count of the sides that are not at rest. */
static void
side_state(
    struct nw_world *w, struct tunnel_side *s, bool up, enum neg_state state)
{
	bool was = s->up && s->state >= NEG_UP, is = up && state >= NEG_UP;

	if (s->up && s->state == NEG_UP && (!up || state != NEG_UP))
		s->compatible_us += mono_since(s->up_since, w->now);
	if (up && state == NEG_UP && (!s->up || s->state != NEG_UP))
		s->up_since = w->now;
	s->up = up;
	s->state = state;
	if (!up || (is && state != s->settled))
		w->disturbed = true;
	if (is)
		s->settled = state;
	if (was && !is)
		w->busy++;
	else if (!was && is)
		w->busy--;
	if (w->busy == 0 && w->disturbed) {
		w->rest_at = w->now;
		w->disturbed = false;
	}
	nw_digest(w, w->now.us ^ (uint64_t)state << 56);
}

static void
read_states(struct gnode *n)
{
	struct neg_link_view v;
	unsigned i;

	for (i = 0; i < n->n_changed; i++) {
		unsigned no = n->changed[i];
		struct tunnel_side *s = &n->w->tunnel[no].side[nw_side(n, no)];

		if (s->up && neg_show_link(n->g, no + 1, &v))
			side_state(n->w, s, true, v.state);
	}
}

void
nw_called(struct gnode *n)
{
	bool changed = n->n_changed > 0;

	read_states(n);
	n->n_changed = 0;
	if (n->told) {
		n->w->disturbed = true;
		check_told(n);
	}
	if (changed || n->told)
		check_roles(n);
	if (n->routes_changed || changed)
		check_routes(n);
	n->told = n->routes_changed = false;
	heap_set(&n->w->events, &n->tick.at, neg_deadline(n->g));
}

void
nw_send(struct nw_world *w, struct gnode *n, unsigned tunnel, const uint8_t *p,
    size_t len)
{
	struct tunnel *t = &w->tunnel[tunnel];
	unsigned to = !nw_side(n, tunnel);
	struct part *f;

	w->sum.parts++;
	w->last_part = w->now.us;
	if (p[0] == NEG_NOTICE)
		t->side[to].noticed = w->now;
	if (rng_unit(&w->rng) < w->opt.loss) {
		w->sum.lost++;
		return;
	}
	f = xmalloc(sizeof(*f) + len);
	*f = (struct part){ .ev = { .kind = NW_PART, .no = tunnel },
		.to = to,
		.life = t->life,
		.len = len };
	memcpy(f->p, p, len);
	heap_set(&w->events, &f->ev.at,
	    mono_add(w->now, DELAY_US + rng_next(&w->rng) % JITTER_US));
}

void
nw_close(struct nw_world *w, unsigned tunnel)
{
	struct tunnel *t = &w->tunnel[tunnel];

	if (!t->open)
		return;
	t->closing = true;
	heap_set(&w->events, &t->ev.at, w->now);
}

void
nw_link_up(struct gnode *n, unsigned tunnel)
{
	struct nw_world *w = n->w;
	unsigned side = nw_side(n, tunnel);
	struct tunnel *t = &w->tunnel[tunnel];
	unsigned other = t->end[!side];
	struct neg_peer p = { .id = tunnel + 1,
		.dialled = side == 0,
		.trusted = true,
		.group = other };

	memcpy(p.key, &other, sizeof(other));
	side_state(w, &t->side[side], true, NEG_HELLO_WAIT);
	neg_link_up(n->g, &p, w->now);
	nw_called(n);
}

void
nw_link_down(struct gnode *n, unsigned tunnel)
{
	struct tunnel_side *s = &n->w->tunnel[tunnel].side[nw_side(n, tunnel)];

	if (!s->up)
		return;
	side_state(n->w, s, false, NEG_HELLO_WAIT);
	neg_link_down(n->g, tunnel + 1, n->w->now);
	check_gone(n, tunnel);
	nw_called(n);
}

/* The next thing that the plan has for an open tunnel. */
static struct mono
next_death(const struct nw_world *w, unsigned no, uint64_t *ret_away_us)
{
	const struct plan_link *l = &w->plan.link[no];
	struct mono at = MONO_NEVER;
	unsigned i;

	*ret_away_us = REDIAL_S * (uint64_t)MONO_SEC;
	for (i = 0; i < PLAN_DEATHS; i++)
		if (!mono_before(l->death[i], w->now) &&
		    mono_before(l->death[i], at)) {
			at = l->death[i];
			*ret_away_us = l->away_us[i];
		}
	return at;
}

static void
tunnel_open(struct nw_world *w, struct tunnel *t)
{
	struct gnode *a = &w->gnode[t->end[0]], *b = &w->gnode[t->end[1]];
	uint64_t away;

	if (a->g == NULL || b->g == NULL) {
		heap_set(&w->events, &t->ev.at,
		    mono_add(w->now, plan_span(&w->rng, 1, 5)));
		return;
	}
	t->open = true;
	t->life++;
	heap_set(&w->events, &t->ev.at, next_death(w, t->ev.no, &away));
	nw_link_up(a, t->ev.no);
	nw_link_up(b, t->ev.no);
}

static void
tunnel_die(struct nw_world *w, struct tunnel *t, uint64_t away_us)
{
	unsigned i;

	w->sum.deaths++;
	t->open = t->closing = false;
	t->life++;
	for (i = 0; i < 2; i++)
		if (w->gnode[t->end[i]].g != NULL)
			nw_link_down(&w->gnode[t->end[i]], t->ev.no);
	heap_set(&w->events, &t->ev.at, mono_add(w->now, away_us));
}

static void
tunnel_event(struct nw_world *w, struct tunnel *t)
{
	uint64_t away;

	if (!t->open)
		tunnel_open(w, t);
	else {
		next_death(w, t->ev.no, &away);
		tunnel_die(
		    w, t, t->closing ? REDIAL_S * (uint64_t)MONO_SEC : away);
	}
}

/* Killed. Half the time the others notice. */
static void
go_away(struct nw_world *w, struct gnode *n)
{
	bool seen = rng_below(&w->rng, 2) == 0;
	unsigned i;

	w->sum.restarts++;
	gnode_stop(n);
	for (i = 0; i < n->n_tunnels; i++) {
		struct tunnel *t = &w->tunnel[n->tunnel[i]];
		struct tunnel_side *s = &t->side[nw_side(n, n->tunnel[i])];

		if (s->up)
			side_state(w, s, false, NEG_HELLO_WAIT);
		if (seen && t->open)
			tunnel_die(w, t, plan_span(&w->rng, 1, 60));
	}
	heap_set(&w->events, &n->life.at,
	    mono_add(w->now, plan_span(&w->rng, 2, 90)));
}

static void
come_back(struct nw_world *w, struct gnode *n)
{
	unsigned i;

	gnode_start(n);
	for (i = 0; i < n->n_tunnels; i++)
		if (w->tunnel[n->tunnel[i]].open)
			nw_link_up(n, n->tunnel[i]);
}

static void
part_arrives(struct nw_world *w, struct part *f)
{
	struct tunnel *t = &w->tunnel[f->ev.no];
	struct gnode *n = &w->gnode[t->end[f->to]];

	nw_digest(w, w->now.us ^ (uint64_t)f->ev.no << 44 ^ f->len << 30);
	if (f->life == t->life && t->side[f->to].up && n->g != NULL) {
		neg_input(n->g, f->ev.no + 1, f->p, f->len, w->now);
		nw_called(n);
	}
	free(f);
}

static void
happen(struct nw_world *w, struct nw_event *ev)
{
	struct gnode *n = &w->gnode[ev->no];

	heap_set(&w->events, &ev->at, MONO_NEVER);
	w->sum.events++;
	switch (ev->kind) {
	case NW_PART:
		part_arrives(w, CONTAINER_OF(ev, struct part, ev));
		break;
	case NW_TUNNEL:
		tunnel_event(w, &w->tunnel[ev->no]);
		break;
	case NW_TICK:
		neg_tick(n->g, w->now);
		nw_called(n);
		break;
	case NW_MESH:
		gnode_mesh(n);
		break;
	case NW_LIFE:
		if (n->g != NULL)
			go_away(w, n);
		else
			come_back(w, n);
		break;
	}
}

static void
own_tunnel(struct nw_world *w, unsigned no, unsigned net)
{
	struct gnode *n = &w->gnode[net];

	n->tunnel =
	    xreallocarray(n->tunnel, n->n_tunnels + 1, sizeof(*n->tunnel));
	n->tunnel[n->n_tunnels++] = no;
}

static void
world_make(struct nw_world *w, const struct nw_options *opt)
{
	unsigned i, k;

	*w = (struct nw_world){ .opt = *opt,
		.rng = { opt->seed ^ KEY_RANDOM },
		.now = { MONO_SEC } };
	plan_make(&w->plan, opt);
	heap_init(&w->events);
	w->gnode = xcalloc(opt->networks, sizeof(*w->gnode));
	w->tunnel = xcalloc(w->plan.n_links, sizeof(*w->tunnel));
	w->busy = 2 * w->plan.n_links;
	for (i = 0; i < w->plan.n_links; i++) {
		struct tunnel *t = &w->tunnel[i];

		t->ev = (struct nw_event){ .kind = NW_TUNNEL, .no = i };
		for (k = 0; k < 2; k++) {
			t->end[k] = w->plan.link[i].end[k];
			own_tunnel(w, i, t->end[k]);
		}
		heap_set(&w->events, &t->ev.at, w->plan.link[i].open);
	}
	for (i = 0; i < opt->networks; i++)
		gnode_init(&w->gnode[i], w, i);
}

static void
world_free(struct nw_world *w)
{
	struct hpent *e;
	unsigned i;

	while ((e = heap_min(&w->events)) != NULL) {
		struct nw_event *ev = CONTAINER_OF(e, struct nw_event, at);

		heap_set(&w->events, e, MONO_NEVER);
		if (ev->kind == NW_PART)
			free(CONTAINER_OF(ev, struct part, ev));
	}
	for (i = 0; i < w->opt.networks; i++)
		gnode_fini(&w->gnode[i]);
	free(w->gnode);
	free(w->tunnel);
	heap_fini(&w->events);
	plan_free(&w->plan);
}

/* Nothing from outside is to come, and all have been quiet for a while. */
static bool
at_rest(const struct nw_world *w)
{
	unsigned i;

	if (w->busy > 0 || mono_before(w->now, w->plan.end) ||
	    mono_since(w->rest_at, w->now) < REST_S * (uint64_t)MONO_SEC)
		return false;
	for (i = 0; i < w->opt.networks; i++)
		if (w->gnode[i].mesh.at.pos != 0 ||
		    w->gnode[i].life.at.pos != 0)
			return false;
	return true;
}

static void
add_up(struct nw_world *w)
{
	unsigned i;

	w->sum.links = w->plan.n_links;
	w->sum.rest_us = mono_since(w->plan.end, w->rest_at);
	for (i = 0; i < w->opt.networks; i++) {
		const struct gnode *n = &w->gnode[i];

		w->sum.moves += n->n_moves;
		if (n->n_moves > w->sum.max_moves)
			w->sum.max_moves = n->n_moves;
		w->sum.stable_moved += w->plan.net[i].stable && n->n_moves > 0;
	}
}

void
nw_run(const struct nw_options *opt, struct nw_totals *ret)
{
	struct mono end = { (uint64_t)(opt->hours * 3600 * MONO_SEC) };
	struct nw_world w;
	struct hpent *e;

	world_make(&w, opt);
	while (!at_rest(&w) && (e = heap_min(&w.events)) != NULL &&
	    mono_before(e->at, end)) {
		if (mono_before(w.now, e->at))
			w.now = e->at;
		happen(&w, CONTAINER_OF(e, struct nw_event, at));
	}
	check_end(&w);
	add_up(&w);
	*ret = w.sum;
	world_free(&w);
}
