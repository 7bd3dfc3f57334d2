/* Bounded reader over received bytes; the only place that indexes them. */
#ifndef VPLAM_BASE_RD_H
#define VPLAM_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A get succeeds whole, or returns false and zeroes its output; after one
 * failure every later get, and rd_end(), fails too. So a chain joined by &&
 * is the wire format. The bytes are borrowed.
 */
struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct rd
rd_of(const void *p, size_t len)
{
	return (struct rd){ (const uint8_t *)p, len, false };
}

bool rd_u8(struct rd *r, uint8_t *out);
bool rd_be16(struct rd *r, uint16_t *out);
bool rd_be32(struct rd *r, uint32_t *out);
bool rd_be64(struct rd *r, uint64_t *out);
bool rd_le16(struct rd *r, uint16_t *out);
bool rd_le32(struct rd *r, uint32_t *out);
bool rd_le64(struct rd *r, uint64_t *out);
bool rd_bytes(struct rd *r, void *out, size_t len); /* copies */
bool rd_skip(struct rd *r, size_t len);
bool rd_zeros(struct rd *r, size_t len); /* fails unless all are zero */

/* Borrows len bytes: *out points into the input. NULL on failure. */
bool rd_ref(struct rd *r, const uint8_t **out, size_t len);

/* Carves the next len bytes into a reader of their own. */
bool rd_sub(struct rd *r, struct rd *out, size_t len);

/* True when all has been read and nothing failed. */
bool rd_end(struct rd *r);

#endif
