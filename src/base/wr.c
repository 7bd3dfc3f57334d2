#include "base/wr.h"

#include <string.h>

/* Room for len bytes, or NULL and the writer is bad from then on. */
static uint8_t *
room(struct wr *w, size_t len)
{
	uint8_t *p = w->start + w->len;

	if (w->bad || len > w->max - w->len) {
		w->bad = true;
		return NULL;
	}
	w->len += len;
	return p;
}

static void
put_be(struct wr *w, uint64_t v, size_t len)
{
	uint8_t *p = room(w, len);
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		p[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static void
put_le(struct wr *w, uint64_t v, size_t len)
{
	uint8_t *p = room(w, len);
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void
wr_u8(struct wr *w, uint8_t v)
{
	put_be(w, v, 1);
}

void
wr_be16(struct wr *w, uint16_t v)
{
	put_be(w, v, 2);
}

void
wr_be32(struct wr *w, uint32_t v)
{
	put_be(w, v, 4);
}

void
wr_be64(struct wr *w, uint64_t v)
{
	put_be(w, v, 8);
}

void
wr_le16(struct wr *w, uint16_t v)
{
	put_le(w, v, 2);
}

void
wr_le32(struct wr *w, uint32_t v)
{
	put_le(w, v, 4);
}

void
wr_le64(struct wr *w, uint64_t v)
{
	put_le(w, v, 8);
}

void
wr_bytes(struct wr *w, const void *p, size_t len)
{
	uint8_t *to = room(w, len);

	if (to != NULL && len > 0)
		memcpy(to, p, len);
}

void
wr_zeros(struct wr *w, size_t len)
{
	uint8_t *to = room(w, len);

	if (to != NULL)
		memset(to, 0, len);
}
