#include "core/route.h"

#include "base/xmem.h"

/*
 * A binary trie in which every node without a route of its own has two
 * children: at most as many such nodes as routes, and a search visits at most
 * one node for each bit of the address.
 */
struct node {
	struct node *child[2]; /* by the first bit behind the prefix */
	struct prefix p;
	struct owner {
		bool used;
		uint32_t whose;
	} by[ROUTE_KINDS]; /* none used: only a fork */
};

struct route {
	struct node *root[PREFIX_FAMILIES];
	size_t n;
};

/* That bit of the address; never asked for beyond the last. */
static unsigned
bit_of(const uint8_t *a, unsigned no)
{
	return (unsigned)a[no / 8] >> (7 - no % 8) & 1u;
}

/* Who counts, or NULL at a fork. */
static const struct owner *
owner_of(const struct node *n)
{
	unsigned k;

	for (k = 0; k < ROUTE_KINDS; k++)
		if (n->by[k].used)
			return &n->by[k];
	return NULL;
}

struct route *
route_new(void)
{
	return xcalloc(1, sizeof(struct route));
}

static void
free_below(struct node *n)
{
	if (n == NULL)
		return;
	free_below(n->child[0]);
	free_below(n->child[1]);
	free(n);
}

void
route_free(struct route *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < PREFIX_FAMILIES; i++)
		free_below(r->root[i]);
	free(r);
}

/* The first place on the way to p that p itself does not lie behind. */
static struct node **
descend(struct node **at, const struct prefix *p)
{
	while (*at != NULL && (*at)->p.bits < p->bits &&
	    prefix_overlaps(&(*at)->p, p))
		at = &(*at)->child[bit_of(p->a, (*at)->p.bits)];
	return at;
}

/*
 * A node for p in front of what is there, which it may have to fork from. NULL
 * without memory.
 */
static struct node *
insert(struct node **at, const struct prefix *p)
{
	struct node *n = try_calloc(1, sizeof(*n)), *fork, *old = *at;
	unsigned common = old != NULL ? prefix_common(p, &old->p) : p->bits;

	if (n == NULL)
		return NULL;
	n->p = *p;
	if (old != NULL && common == p->bits)
		n->child[bit_of(old->p.a, common)] = old;
	if (common == p->bits)
		return *at = n;
	fork = try_calloc(1, sizeof(*fork));
	if (fork == NULL) {
		free(n);
		return NULL;
	}
	fork->p = *p;
	fork->p.bits = (uint8_t)common;
	fork->child[bit_of(p->a, common)] = n;
	fork->child[bit_of(old->p.a, common)] = old;
	*at = fork;
	return n;
}

bool
route_add(struct route *r, enum route_kind kind, const struct prefix *p,
    uint32_t whose, uint32_t *ret_who)
{
	struct node **at = descend(&r->root[p->family], p), *n = *at;
	struct owner *o;

	if (n == NULL || !prefix_equal(&n->p, p))
		n = insert(at, p);
	if (n == NULL) {
		*ret_who = ROUTE_NOBODY;
		return false;
	}
	o = &n->by[kind];
	if (o->used && o->whose != whose) {
		*ret_who = o->whose;
		return false;
	}
	if (!o->used)
		r->n++;
	n->p = *p; /* a fork has bits behind its length */
	*o = (struct owner){ true, whose };
	return true;
}

/* As deep as an address has bits. A fork with one way left is no fork. */
static void
drop_below(
    struct route *r, struct node **at, enum route_kind kind, uint32_t whose)
{
	struct node *n = *at;
	struct owner *o;

	if (n == NULL)
		return;
	drop_below(r, &n->child[0], kind, whose);
	drop_below(r, &n->child[1], kind, whose);
	o = &n->by[kind];
	if (o->used && o->whose == whose) {
		o->used = false;
		r->n--;
	}
	if (owner_of(n) != NULL || (n->child[0] != NULL && n->child[1] != NULL))
		return;
	*at = n->child[n->child[0] == NULL];
	free(n);
}

void
route_drop(struct route *r, enum route_kind kind, uint32_t whose)
{
	size_t i;

	for (i = 0; i < PREFIX_FAMILIES; i++)
		drop_below(r, &r->root[i], kind, whose);
}

static const struct node *
match(const struct route *r, enum prefix_family family, const uint8_t *a)
{
	const struct node *n = r->root[family], *best = NULL;
	size_t bits = prefix_alen(family) * 8;

	while (n != NULL && prefix_has(&n->p, a)) {
		if (owner_of(n) != NULL)
			best = n;
		n = n->p.bits < bits ? n->child[bit_of(a, n->p.bits)] : NULL;
	}
	return best;
}

bool
route_find(const struct route *r, enum prefix_family family, const uint8_t *a,
    uint32_t *ret_whose)
{
	const struct node *best = match(r, family, a);

	if (best == NULL)
		return false;
	*ret_whose = owner_of(best)->whose;
	return true;
}

const struct prefix *
route_match(const struct route *r, enum prefix_family family, const uint8_t *a)
{
	const struct node *best = match(r, family, a);

	return best != NULL ? &best->p : NULL;
}

static void
each_below(const struct node *n, route_fn *fn, void *arg)
{
	unsigned k;

	if (n == NULL)
		return;
	for (k = 0; k < ROUTE_KINDS; k++)
		if (n->by[k].used)
			fn(arg, &n->p, (enum route_kind)k, n->by[k].whose);
	each_below(n->child[0], fn, arg);
	each_below(n->child[1], fn, arg);
}

void
route_each(const struct route *r, route_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < PREFIX_FAMILIES; i++)
		each_below(r->root[i], fn, arg);
}

size_t
route_count(const struct route *r)
{
	return r->n;
}
