#include "core/peertab.h"

#include "base/container.h"
#include "base/xmem.h"
#include "core/core.h"

void
peertab_init(struct core *c)
{
	uint8_t secret[16];

	c->io.random(c->io.arg, secret, sizeof(secret));
	htab_init(&c->by_id, HTAB_KEY_OFF(struct peer, id_node, id),
	    sizeof(uint32_t), secret);
	htab_init(&c->by_key, HTAB_KEY_OFF(struct peer, key_node, cfg.x_pk),
	    KEY_LEN, secret);
	htab_init(&c->by_index, HTAB_KEY_OFF(struct index, node, index),
	    sizeof(uint32_t), secret);
	htab_init(&c->by_endpoint, HTAB_KEY_OFF(struct known_addr, node, addr),
	    sizeof(struct addr), secret);
}

void
peertab_fini(struct core *c)
{
	htab_fini(&c->by_id);
	htab_fini(&c->by_key);
	htab_fini(&c->by_index);
	htab_fini(&c->by_endpoint);
}

uint32_t
index_fresh(struct core *c)
{
	uint32_t index;

	do {
		c->io.random(c->io.arg, &index, sizeof(index));
	} while (index_find(c, index) != NULL);
	return index;
}

void
index_add(struct core *c, struct index *ix, uint32_t index,
    enum index_kind kind, struct peer *p)
{
	ix->index = index;
	ix->kind = kind;
	ix->peer = p;
	htab_add(&c->by_index, &ix->node);
}

void
index_del(struct core *c, struct index *ix)
{
	if (ix->peer == NULL)
		return;
	htab_del(&c->by_index, &ix->node);
	ix->peer = NULL;
}

struct index *
index_find(struct core *c, uint32_t index)
{
	struct hnode *n = htab_find(&c->by_index, &index);

	return n != NULL ? CONTAINER_OF(n, struct index, node) : NULL;
}

struct peer *
peertab_by_id(struct core *c, uint32_t id)
{
	struct hnode *n = htab_find(&c->by_id, &id);

	return n != NULL ? CONTAINER_OF(n, struct peer, id_node) : NULL;
}

struct peer *
peertab_by_key(struct core *c, const uint8_t *x_pk)
{
	struct hnode *n = htab_find(&c->by_key, x_pk);

	return n != NULL ? CONTAINER_OF(n, struct peer, key_node) : NULL;
}

static void
known_add(struct core *c, struct peer *p, const struct addr *a)
{
	struct known_addr *k = &p->known[p->n_known++];

	k->addr = *a;
	htab_add(&c->by_endpoint, &k->node);
}

void
known_forget(struct core *c, struct peer *p)
{
	unsigned i;

	c->places_changed = true;
	for (i = 0; i < p->n_known; i++)
		htab_del(&c->by_endpoint, &p->known[i].node);
	free(p->known);
	p->known = NULL;
	p->n_known = 0;
}

void
known_update(struct core *c, struct peer *p)
{
	/* Where somebody else says that it is, anybody may be. */
	unsigned i, n_ep = p->origin == PEER_CONFIGURED ? p->n_ep : 0;

	known_forget(c, p);
	if (n_ep == 0 && !p->has_path)
		return;
	p->known = try_calloc(n_ep + 1, sizeof(*p->known));
	if (p->known == NULL)
		return;
	for (i = 0; i < n_ep; i++)
		known_add(c, p, &p->ep[i]);
	if (p->has_path)
		known_add(c, p, &p->path.remote);
}

bool
known_has(const struct core *c, const struct addr *a)
{
	return htab_find(&c->by_endpoint, a) != NULL;
}
