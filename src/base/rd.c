#include "base/rd.h"

#include <string.h>

/* The next len bytes, or NULL and the reader is bad from then on. */
static const uint8_t *
take(struct rd *r, size_t len)
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

static bool
get_be(struct rd *r, uint64_t *out, size_t len)
{
	const uint8_t *p = take(r, len);
	uint64_t v = 0;
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	*out = v;
	return p != NULL;
}

static bool
get_le(struct rd *r, uint64_t *out, size_t len)
{
	const uint8_t *p = take(r, len);
	uint64_t v = 0;
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	*out = v;
	return p != NULL;
}

bool
rd_u8(struct rd *r, uint8_t *out)
{
	uint64_t v;
	bool ok = get_be(r, &v, 1);

	*out = (uint8_t)v;
	return ok;
}

bool
rd_be16(struct rd *r, uint16_t *out)
{
	uint64_t v;
	bool ok = get_be(r, &v, 2);

	*out = (uint16_t)v;
	return ok;
}

bool
rd_be32(struct rd *r, uint32_t *out)
{
	uint64_t v;
	bool ok = get_be(r, &v, 4);

	*out = (uint32_t)v;
	return ok;
}

bool
rd_be64(struct rd *r, uint64_t *out)
{
	return get_be(r, out, 8);
}

bool
rd_le16(struct rd *r, uint16_t *out)
{
	uint64_t v;
	bool ok = get_le(r, &v, 2);

	*out = (uint16_t)v;
	return ok;
}

bool
rd_le32(struct rd *r, uint32_t *out)
{
	uint64_t v;
	bool ok = get_le(r, &v, 4);

	*out = (uint32_t)v;
	return ok;
}

bool
rd_le64(struct rd *r, uint64_t *out)
{
	return get_le(r, out, 8);
}

bool
rd_bytes(struct rd *r, void *out, size_t len)
{
	const uint8_t *p = take(r, len);

	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
	return p != NULL;
}

bool
rd_skip(struct rd *r, size_t len)
{
	return take(r, len) != NULL;
}

bool
rd_zeros(struct rd *r, size_t len)
{
	const uint8_t *p = take(r, len);
	uint8_t seen = 0;
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		seen |= p[i];
	if (seen != 0)
		r->bad = true;
	return p != NULL && seen == 0;
}

bool
rd_ref(struct rd *r, const uint8_t **out, size_t len)
{
	*out = take(r, len);
	return *out != NULL;
}

bool
rd_sub(struct rd *r, struct rd *out, size_t len)
{
	const uint8_t *p = take(r, len);

	*out = (struct rd){ p, p != NULL ? len : 0, p == NULL };
	return p != NULL;
}

bool
rd_end(struct rd *r)
{
	return !r->bad && r->left == 0;
}
