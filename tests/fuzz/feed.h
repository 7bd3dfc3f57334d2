/* What a target of several steps reads its input by: never past the end. */
#ifndef VPLAM_TESTS_FEED_H
#define VPLAM_TESTS_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed {
	const uint8_t *p;
	size_t left;
};

static inline bool
feed_empty(const struct feed *f)
{
	return f->left == 0;
}

/* Behind the end there are zeros. */
static inline uint8_t
feed_u8(struct feed *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->p++;
}

static inline uint16_t
feed_u16(struct feed *f)
{
	unsigned high = feed_u8(f);

	return (uint16_t)(high << 8 | feed_u8(f));
}

/* Behind a u16 that says how many; fewer when there are no more. */
static inline size_t
feed_bytes(struct feed *f, const uint8_t **ret)
{
	size_t len = feed_u16(f);

	if (len > f->left)
		len = f->left;
	*ret = f->p;
	f->p += len;
	f->left -= len;
	return len;
}

/* Exactly n bytes, zeros behind the end. */
static inline void
feed_fill(struct feed *f, uint8_t *ret, size_t n)
{
	while (n-- > 0)
		*ret++ = feed_u8(f);
}

#endif
