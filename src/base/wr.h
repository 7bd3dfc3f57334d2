/* Bounded writer, the mirror of rd.h: overflow is sticky, checked once. */
#ifndef VPLAM_BASE_WR_H
#define VPLAM_BASE_WR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Room for len bytes, or NULL and the writer is bad from then on. */
static inline uint8_t *
wr_room(struct wr *w, size_t len)
{
	if (w->bad || len > w->max - w->len) {
		w->bad = true;
		return NULL;
	}
	w->len += len;
	return w->start + (w->len - len);
}

/* void NAME(struct wr *w, TYPE v) */
#define WR_NUMBER(name, type, as_sent)                \
	static inline void name(struct wr *w, type v) \
	{                                             \
		uint8_t *p = wr_room(w, sizeof(v));   \
                                                      \
		v = as_sent(v);                       \
		if (p != NULL)                        \
			memcpy(p, &v, sizeof(v));     \
	}

WR_NUMBER(wr_u8, uint8_t, )
WR_NUMBER(wr_be16, uint16_t, htobe16)
WR_NUMBER(wr_be32, uint32_t, htobe32)
WR_NUMBER(wr_be64, uint64_t, htobe64)
WR_NUMBER(wr_le16, uint16_t, htole16)
WR_NUMBER(wr_le32, uint32_t, htole32)
WR_NUMBER(wr_le64, uint64_t, htole64)
#undef WR_NUMBER

void wr_bytes(struct wr *w, const void *p, size_t len);
void wr_zeros(struct wr *w, size_t len);

/* True when all fitted. */
static inline bool
wr_ok(const struct wr *w)
{
	return !w->bad;
}

#endif
