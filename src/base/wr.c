#include "base/wr.h"

void
wr_bytes(struct wr *w, const void *p, size_t len)
{
	uint8_t *to = wr_room(w, len);

	if (to != NULL && len > 0)
		memcpy(to, p, len);
}

void
wr_zeros(struct wr *w, size_t len)
{
	uint8_t *to = wr_room(w, len);

	if (to != NULL)
		memset(to, 0, len);
}
