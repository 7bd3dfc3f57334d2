#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "neg_node.h"

static bool
same_identity(const struct neg_record *a, const struct neg_record *b)
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
		break;
	}
	return false;
}

static struct kept_record *
slot_for(struct gnode *n, const struct neg_record *rec)
{
	unsigned i;

	for (i = 0; i < n->n_kept; i++)
		if (same_identity(&n->kept[i].rec, rec))
			return &n->kept[i];
	if (n->n_kept == n->max_kept) {
		n->max_kept = n->max_kept == 0 ? 8 : 2 * n->max_kept;
		n->kept = xreallocarray(n->kept, n->max_kept, sizeof(*n->kept));
	}
	memset(&n->kept[n->n_kept], 0, sizeof(n->kept[0]));
	return &n->kept[n->n_kept++];
}

void
store_save(struct gnode *n, const struct neg_record *rec)
{
	struct kept_record *k = slot_for(n, rec);
	uint8_t *old = k->desc;

	k->rec = *rec;
	k->at = n->w->now;
	k->desc = NULL;
	if (rec->kind == NEG_REC_NETWORK) {
		k->desc = xmalloc(rec->u.network.desc_len);
		memcpy(k->desc, rec->u.network.desc, rec->u.network.desc_len);
		k->rec.u.network.desc = k->desc;
	}
	free(old);
}

void
store_restore(struct gnode *n)
{
	unsigned i;

	for (i = 0; i < n->n_kept; i++) {
		struct neg_record rec = n->kept[i].rec;

		rec.ago =
		    (uint32_t)(mono_since(n->kept[i].at, n->w->now) / MONO_SEC);
		if (rec.kind == NEG_REC_RESERVE)
			rec.u.reserve.left -= rec.ago < rec.u.reserve.left
			    ? rec.ago
			    : rec.u.reserve.left;
		if (!rec.gone)
			neg_restore(n->g, &rec, n->w->now);
	}
}

void
store_fini(struct gnode *n)
{
	unsigned i;

	for (i = 0; i < n->n_kept; i++)
		free(n->kept[i].desc);
	free(n->kept);
}
