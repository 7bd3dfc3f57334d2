#include "base/rd.h"

bool
rd_bytes(struct rd *r, void *out, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
	return p != NULL;
}

bool
rd_zeros(struct rd *r, size_t len)
{
	const uint8_t *p = rd_take(r, len);
	uint8_t seen = 0;
	size_t i;

	for (i = 0; p != NULL && i < len; i++)
		seen |= p[i];
	if (seen != 0)
		r->bad = true;
	return p != NULL && seen == 0;
}

bool
rd_sub(struct rd *r, struct rd *out, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	*out = (struct rd){ p, p != NULL ? len : 0, p == NULL };
	return p != NULL;
}
