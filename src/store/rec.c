#include "store/rec.h"

#include <string.h>

#include "base/xmem.h"

#define BLOBS 4

/* The blobs of a record; unused ones are NULL. */
static void
blobs_of(struct store_rec *r, struct store_blob *b[static BLOBS])
{
	b[0] = b[1] = b[2] = b[3] = NULL;
	switch (r->kind) {
	case STORE_SELF:
		b[0] = &r->u.self.place;
		break;
	case STORE_NETWORK:
		b[0] = &r->u.network.desc;
		break;
	case STORE_MOVE:
		b[0] = &r->u.move.from;
		b[1] = &r->u.move.to;
		break;
	case STORE_RESERVE:
		b[0] = &r->u.reserve.place;
		break;
	case STORE_DEMAND:
		b[0] = &r->u.demand.place;
		break;
	case STORE_PEER:
		b[0] = &r->u.peer.ep;
		b[1] = &r->u.peer.proven;
		b[2] = &r->u.peer.uptime;
		b[3] = &r->u.peer.record;
		break;
	case STORE_REVOKED:
		b[0] = &r->u.revoked.raw;
		break;
	case STORE_WATCH:
		b[0] = &r->u.watch.network;
		break;
	case STORE_LIST:
		b[0] = &r->u.list.source;
		b[1] = &r->u.list.signer;
		break;
	case STORE_KINDS:
		break;
	}
}

size_t
store_rec_size(const struct store_rec *rec)
{
	struct store_rec r = *rec;
	struct store_blob *b[BLOBS];
	size_t len = sizeof(r);
	unsigned i;

	blobs_of(&r, b);
	for (i = 0; i < BLOBS; i++)
		len += b[i] != NULL ? b[i]->len : 0;
	return len;
}

struct store_rec *
store_rec_dup(const struct store_rec *rec)
{
	struct store_rec *r = try_malloc(store_rec_size(rec));
	struct store_blob *b[BLOBS];
	uint8_t *to;
	unsigned i;

	if (r == NULL)
		return NULL;
	to = (uint8_t *)(r + 1);
	*r = *rec;
	blobs_of(r, b);
	for (i = 0; i < BLOBS; i++) {
		if (b[i] == NULL)
			continue;
		if (b[i]->len > 0)
			memcpy(to, b[i]->p, b[i]->len);
		b[i]->p = to;
		to += b[i]->len;
	}
	return r;
}

static bool
blob_same(struct store_blob a, struct store_blob b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

void
store_rec_id(const struct store_rec *rec, struct store_id *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = (uint8_t)rec->kind;
	switch (rec->kind) {
	case STORE_NETWORK:
		memcpy(ret->name, rec->u.network.key, STORE_KEY);
		break;
	case STORE_MOVE:
		memcpy(ret->name, &rec->u.move.id, sizeof(rec->u.move.id));
		break;
	case STORE_RESERVE:
		memcpy(ret->name, &rec->u.reserve.netid,
		    sizeof(rec->u.reserve.netid));
		break;
	case STORE_DEMAND:
		memcpy(ret->name, &rec->u.demand.id, sizeof(rec->u.demand.id));
		break;
	case STORE_REVOKED:
		memcpy(ret->name, rec->u.revoked.key, STORE_KEY);
		break;
	case STORE_PEER:
		memcpy(ret->name, rec->u.peer.key, STORE_KEY);
		break;
	case STORE_SELF:
	case STORE_WATCH:
	case STORE_LIST:
	case STORE_KINDS:
		break;
	}
}

bool
store_rec_same(const struct store_rec *a, const struct store_rec *b)
{
	struct store_id ida, idb;

	store_rec_id(a, &ida);
	store_rec_id(b, &idb);
	if (memcmp(&ida, &idb, sizeof(ida)) != 0)
		return false;
	return a->kind != STORE_LIST ||
	    blob_same(a->u.list.source, b->u.list.source);
}
