#include "base/pool.h"

#include <string.h>

#include "base/xmem.h"

struct pbuf *
pool_get(struct pool *pl, size_t len)
{
	struct pbuf *b;
	size_t room = pl->max - pl->used;

	if (len > UINT32_MAX || room < sizeof(*b) || len > room - sizeof(*b))
		return NULL;
	b = try_malloc(sizeof(*b) + len);
	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->len = (uint32_t)len;
	pl->used += sizeof(*b) + len;
	return b;
}

struct pbuf *
pool_dup(struct pool *pl, const void *p, size_t len)
{
	struct pbuf *b = pool_get(pl, len);

	if (b != NULL)
		memcpy(b->data, p, len);
	return b;
}

void
pool_put(struct pool *pl, struct pbuf *b)
{
	if (b == NULL)
		return;
	pl->used -= sizeof(*b) + b->len;
	free(b);
}
