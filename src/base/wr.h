/* Bounded writer, the mirror of rd.h: overflow is sticky, checked once. */
#ifndef VPLAM_BASE_WR_H
#define VPLAM_BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr {
	uint8_t *start;
	size_t len; /* bytes written so far */
	size_t max;
	bool bad; /* something did not fit; nothing was written past max */
};

static inline struct wr
wr_of(void *p, size_t max)
{
	return (struct wr){ (uint8_t *)p, 0, max, false };
}

void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);
void wr_le16(struct wr *w, uint16_t v);
void wr_le32(struct wr *w, uint32_t v);
void wr_le64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t len);
void wr_zeros(struct wr *w, size_t len);

/* True when all fitted. */
static inline bool
wr_ok(const struct wr *w)
{
	return !w->bad;
}

#endif
