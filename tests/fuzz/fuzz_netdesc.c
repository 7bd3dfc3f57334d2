/* Descriptors: what parses is valid, is written, and parses the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/netdesc.h"

static void
try_use(const uint8_t *p, size_t len, enum netdesc_use use)
{
	struct rd r = rd_of(p, len);
	const struct netdesc *kept;
	struct netdesc d, again;
	uint8_t *once, *twice;
	struct wr w1, w2;
	const char *field = netdesc_parse(&r, use, &d);

	if (field != NULL) {
		MUST(d.known == NULL && d.topo.levels == 0);
		return;
	}
	MUST(netdesc_check(&d, use) == NULL);
	MUST(use == NETDESC_TUNNEL || d.known == NULL);
	once = malloc(len);
	twice = malloc(len);
	MUST(once != NULL && twice != NULL);
	w1 = wr_of(once, len);
	w2 = wr_of(twice, len);
	MUST(netdesc_write(&w1, &d, len) && w1.len == len);
	r = rd_of(once, len);
	MUST(netdesc_parse(&r, use, &again) == NULL);
	MUST(netdesc_same_place(&d, &again) && again.n_known == d.n_known);
	MUST(netdesc_write(&w2, &again, len) && w2.len == len);
	MUST(memcmp(once, twice, len) == 0); /* not p: unknown flags went */
	netdesc_fini(&again);
	netdesc_copy(&again, &d);
	kept = netdesc_keep(&again);
	MUST(kept != NULL);
	w2 = wr_of(twice, len);
	MUST(netdesc_write(&w2, kept, len) && memcmp(once, twice, len) == 0);
	netdesc_free(kept);
	netdesc_fini(&again);
	netdesc_fini(&d);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	try_use(p, len, NETDESC_TUNNEL);
	try_use(p, len, NETDESC_MESH);
	return 0;
}
