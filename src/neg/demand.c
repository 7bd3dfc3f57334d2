#include "neg/demand.h"

#include "neg/act.h"

static bool
is_over(const struct demand *d)
{
	return d->state == DEMAND_DONE || d->state == DEMAND_GONE;
}

static bool
is_open(const struct demand *d)
{
	return d->state == DEMAND_WAITS || d->state == DEMAND_APPROVED;
}

struct demand *
demand_find(struct demands *ds, const uint8_t key[NEG_KEY],
    const struct topology *topo, const struct claim *from)
{
	unsigned i;

	for (i = ds->n; i-- > 0;) {
		struct demand *d = &ds->d[i];

		if (!is_over(d) && memcmp(d->key, key, NEG_KEY) == 0 &&
		    topology_equal(&d->topo, topo) &&
		    claims_equal(topo, &d->from, from))
			return d;
	}
	return NULL;
}

struct demand *
demand_by_id(struct demands *ds, uint32_t id)
{
	unsigned i;

	for (i = 0; i < ds->n; i++)
		if (ds->d[i].id == id)
			return &ds->d[i];
	return NULL;
}

/*
 * The oldest one that nobody waits for, else the oldest one whose peer is gone,
 * else the oldest: those who come with another key each time push out their
 * own.
 */
static unsigned
worth_least(const struct neg *g)
{
	const struct demands *ds = &g->demands;
	unsigned i;

	for (i = 0; i < ds->n; i++)
		if (!is_open(&ds->d[i]))
			return i;
	for (i = 0; i < ds->n; i++)
		if (link_of_key(g, ds->d[i].key) == NULL)
			return i;
	return 0;
}

static struct demand *
append(struct neg *g)
{
	struct demands *ds = &g->demands;

	if (ds->n == DEMANDS) {
		unsigned i = worth_least(g);

		memmove(&ds->d[i], &ds->d[i + 1],
		    (ds->n - i - 1) * sizeof(ds->d[0]));
		ds->n--;
	}
	return &ds->d[ds->n++];
}

struct demand *
demand_note(struct neg *g, const uint8_t key[NEG_KEY],
    const struct topology *topo, const struct claim *from, unsigned level,
    struct mono now)
{
	struct demand *d = demand_find(&g->demands, key, topo, from);

	if (d != NULL) {
		d->level = (uint8_t)level;
		return d;
	}
	d = append(g);
	memset(d, 0, sizeof(*d));
	d->id = ++g->demands.next_id;
	memcpy(d->key, key, NEG_KEY);
	d->at = now;
	d->topo = *topo;
	d->from = *from;
	d->level = (uint8_t)level;
	d->state = DEMAND_GONE; /* until demand_set() says */
	return d;
}

void
demand_set(
    struct neg *g, struct demand *d, enum demand_state state, uint8_t why)
{
	struct neg_record rec = { .kind = NEG_REC_DEMAND };
	const struct link *l;

	if (d->state == state && d->why == why)
		return;
	d->state = state;
	d->why = why;
	rec.u.demand.id = d->id;
	memcpy(rec.u.demand.key, d->key, NEG_KEY);
	rec.u.demand.topo = d->topo;
	rec.u.demand.from = d->from;
	rec.u.demand.why = why;
	rec.u.demand.state = state;
	g->io.save(g->io.arg, &rec);
	l = link_of_key(g, d->key);
	g->io.event(g->io.arg, NEG_EV_DEMAND, l != NULL ? l->p.id : 0);
}

void
demand_gone(struct neg *g, const uint8_t key[NEG_KEY])
{
	unsigned i;

	for (i = 0; i < g->demands.n; i++) {
		struct demand *d = &g->demands.d[i];

		if (is_open(d) && memcmp(d->key, key, NEG_KEY) == 0)
			demand_set(g, d, DEMAND_GONE, d->why);
	}
}

void
demand_restore(struct neg *g, const struct neg_record *rec, struct mono now)
{
	struct demand *d = append(g);
	uint64_t ago = rec->ago * (uint64_t)MONO_SEC;

	memset(d, 0, sizeof(*d));
	d->id = rec->u.demand.id;
	memcpy(d->key, rec->u.demand.key, NEG_KEY);
	d->at = (struct mono){ now.us > ago ? now.us - ago : 0 };
	d->topo = rec->u.demand.topo;
	d->from = rec->u.demand.from;
	d->level = rec->u.demand.from.level;
	d->why = rec->u.demand.why;
	d->state = rec->u.demand.state;
	if (d->id > g->demands.next_id)
		g->demands.next_id = d->id;
}
