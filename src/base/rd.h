/* Bounded reader over received bytes; the only place that indexes them. */
#ifndef VPLAM_BASE_RD_H
#define VPLAM_BASE_RD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A get succeeds whole, or returns false and zeroes its output; after one
 * failure every later get, and rd_end(), fails too. So a chain joined by &&
 * is the wire format. The bytes are borrowed. What each packet takes a dozen
 * of is inline: a call would cost more than the get.
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

/* The next len bytes, or NULL and the reader is bad from then on. */
static inline const uint8_t *
rd_take(struct rd *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

/* Borrows len bytes: *out points into the input. NULL on failure. */
static inline bool
rd_ref(struct rd *r, const uint8_t **out, size_t len)
{
	*out = rd_take(r, len);
	return *out != NULL;
}

static inline bool
rd_skip(struct rd *r, size_t len)
{
	return rd_take(r, len) != NULL;
}

/* bool NAME(struct rd *r, TYPE *out) */
#define RD_NUMBER(name, type, to_host)                       \
	static inline bool name(struct rd *r, type *out)     \
	{                                                    \
		const uint8_t *p = rd_take(r, sizeof(*out)); \
                                                             \
		*out = 0;                                    \
		if (p == NULL)                               \
			return false;                        \
		memcpy(out, p, sizeof(*out));                \
		*out = to_host(*out);                        \
		return true;                                 \
	}

RD_NUMBER(rd_u8, uint8_t, )
RD_NUMBER(rd_be16, uint16_t, be16toh)
RD_NUMBER(rd_be32, uint32_t, be32toh)
RD_NUMBER(rd_be64, uint64_t, be64toh)
RD_NUMBER(rd_le16, uint16_t, le16toh)
RD_NUMBER(rd_le32, uint32_t, le32toh)
RD_NUMBER(rd_le64, uint64_t, le64toh)
#undef RD_NUMBER

bool rd_bytes(struct rd *r, void *out, size_t len); /* copies */
bool rd_zeros(struct rd *r, size_t len); /* fails unless all are zero */

/* Carves the next len bytes into a reader of their own. */
bool rd_sub(struct rd *r, struct rd *out, size_t len);

/* True when all has been read and nothing failed. */
static inline bool
rd_end(const struct rd *r)
{
	return !r->bad && r->left == 0;
}

#endif
