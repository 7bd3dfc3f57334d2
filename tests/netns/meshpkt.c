#include "tests/netns/meshpkt.h"

#include <string.h>

static uint8_t
fill_byte(uint64_t id, size_t i)
{
	return (uint8_t)(id * 31 + i);
}

static bool
name_parse(struct rd *r, char *ret)
{
	uint8_t len;

	if (!rd_u8(r, &len) || len == 0 || len > MESHPKT_NAME_MAX)
		return false;
	memset(ret, 0, MESHPKT_NAME_MAX + 1);
	return rd_bytes(r, ret, len);
}

bool
meshpkt_parse(struct rd r, struct meshpkt *ret)
{
	char name[MESHPKT_NAME_MAX + 1];
	uint8_t b;
	size_t i;

	if (!rd_be64(&r, &ret->id) || !rd_be64(&r, &ret->born_ms) ||
	    !name_parse(&r, ret->origin) || !rd_u8(&r, &ret->hops))
		return false;
	ret->hop = r.p;
	for (i = 0; i < ret->hops; i++)
		if (!name_parse(&r, name))
			return false;
	ret->hop_len = (size_t)(r.p - ret->hop);
	ret->fill = r.left;
	for (i = 0; i < ret->fill; i++)
		if (!rd_u8(&r, &b) || b != fill_byte(ret->id, i))
			return false;
	return true;
}

static void
name_write(struct wr *w, const char *name)
{
	size_t len = strlen(name);

	wr_u8(w, (uint8_t)len);
	wr_bytes(w, name, len);
}

void
meshpkt_write(struct wr *w, const struct meshpkt *pk, const char *via)
{
	size_t i;

	wr_be64(w, pk->id);
	wr_be64(w, pk->born_ms);
	name_write(w, pk->origin);
	wr_u8(w, (uint8_t)(pk->hops + (via != NULL ? 1 : 0)));
	if (pk->hop_len > 0)
		wr_bytes(w, pk->hop, pk->hop_len);
	if (via != NULL)
		name_write(w, via);
	for (i = 0; i < pk->fill; i++)
		wr_u8(w, fill_byte(pk->id, i));
}

void
meshpkt_key(const struct meshpkt *pk, uint8_t ret[MESHPKT_KEY])
{
	struct wr w = wr_of(ret, MESHPKT_KEY);

	memset(ret, 0, MESHPKT_KEY);
	wr_be64(&w, pk->id);
	wr_bytes(&w, pk->origin, strlen(pk->origin));
}
