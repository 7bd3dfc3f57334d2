#include "entryserver/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "crypto/prim.h"

/* A candidate on its way through. */
struct entrant {
	const struct candidate *who;
	size_t rank;
	uint64_t lot;
};

static int
by_rank(const void *pa, const void *pb)
{
	const struct candidate *a = ((const struct entrant *)pa)->who;
	const struct candidate *b = ((const struct entrant *)pb)->who;

	if (a->solid != b->solid)
		return a->solid > b->solid ? -1 : 1;
	if (a->server.uptime_30d != b->server.uptime_30d)
		return a->server.uptime_30d > b->server.uptime_30d ? -1 : 1;
	/* One below 0, what was never measured, comes out the slowest. */
	if (a->server.rtt_us != b->server.rtt_us)
		return a->server.rtt_us - 1 < b->server.rtt_us - 1 ? -1 : 1;
	return memcmp(a->server.key, b->server.key, RECORD_KEY);
}

static int
by_lot(const void *pa, const void *pb)
{
	const struct entrant *a = pa, *b = pb;

	return a->lot != b->lot ? (a->lot < b->lot ? -1 : 1) : 0;
}

static int
by_place(const void *pa, const void *pb)
{
	const struct entrant *a = pa, *b = pb;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Do the first len bytes of two addresses, IPv4 or not, agree? */
static bool
share(const struct addr *a, const struct addr *b, size_t v4, size_t v6)
{
	return addr_is_v4(a) == addr_is_v4(b) &&
	    memcmp(a->ip, b->ip, addr_is_v4(a) ? 12 + v4 : v6) == 0;
}

/* Is there room beside those that were taken, who all rank higher? */
static bool
has_room(const struct entrant *taken, size_t n, const struct candidate *who)
{
	unsigned near = 0, far = 0;

	for (size_t i = 0; i < n; i++) {
		const struct addr *a = &taken[i].who->server.ep[0];

		far += share(a, &who->server.ep[0], 2, 4);
		near += share(a, &who->server.ep[0], 3, 6);
	}
	return near < CHOOSE_PER_NEAR && far < CHOOSE_PER_FAR;
}

void
choose(struct census *c, unsigned max, const uint8_t secret[16],
    struct entry_list *ret)
{
	struct entrant *e = xcalloc(c->n + 1, sizeof(*e));
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		e[i].who = &c->candidate[i];
	qsort(e, c->n, sizeof(*e), by_rank);
	for (size_t i = 0; i < c->n; i++) {
		if (!has_room(e, n, e[i].who)) {
			c->left[LEFT_CROWD]++;
			continue;
		}
		e[n].who = e[i].who;
		e[n].rank = n;
		e[n].lot = siphash(secret, e[n].who->server.key, RECORD_KEY);
		n++;
	}
	if (n > max) {
		qsort(e, n, sizeof(*e), by_lot);
		c->left[LEFT_ROOM] += (unsigned)(n - max);
		n = max;
		qsort(e, n, sizeof(*e), by_place);
	}
	ret->server = xcalloc(n + 1, sizeof(*ret->server));
	for (size_t i = 0; i < n; i++)
		ret->server[i] = e[i].who->server;
	ret->n = (unsigned)n;
	free(e);
}
