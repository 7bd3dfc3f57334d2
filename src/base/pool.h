/* Bounded copies of packets that outlive a turn. */
#ifndef VPLAM_BASE_POOL_H
#define VPLAM_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

/* One copy; embedded list links belong to the holder. */
struct pbuf {
	struct pbuf *next;
	uint32_t len;
	uint8_t data[];
};

/* Accounts for what is held; the memory itself comes from malloc. */
struct pool {
	size_t used; /* bytes, with the head of each copy */
	size_t max;
};

/* len bytes, not initialised; NULL at the ceiling or without memory. */
struct pbuf *pool_get(struct pool *pl, size_t len);
struct pbuf *pool_dup(struct pool *pl, const void *p, size_t len);
void pool_put(struct pool *pl, struct pbuf *b); /* NULL is fine */

#endif
