#include <string.h>

#include "base/xmem.h"
#include "book/act.h"

#define FRESH_MIN 1440u /* watched minutes */

static bool
where_it_says(const struct item *it)
{
	unsigned i;

	if (!it->says || it->e.proven.port == 0)
		return false;
	for (i = 0; i < it->e.n_ep; i++)
		if (addr_equal(&it->e.ep[i], &it->e.proven))
			return true;
	return false;
}

/*
 * Reached in this life: what was true before a long sleep may not be now. One
 * that did not answer since is not told of either.
 */
static bool
may_tell(const struct book *b, const struct item *it)
{
	return it->met && it->e.fails == 0 && it->e.record_len > 0 &&
	    b->watched + 1 - it->e.uptime.up_at <= FRESH_MIN &&
	    where_it_says(it);
}

static size_t
gather(const struct book *b, const uint8_t asker[RECORD_KEY], uint64_t wall,
    const struct book_entry **ret)
{
	struct record when;
	size_t i, n = 0;

	memset(&when, 0, sizeof(when));
	for (i = 0; i < b->n[REACHED]; i++) {
		const struct item *it = b->list[REACHED][i];

		when.issued = it->issued;
		when.life = it->life;
		if (may_tell(b, it) && record_in_time(&when, wall) &&
		    memcmp(it->e.key, asker, RECORD_KEY) != 0)
			ret[n++] = &it->e;
	}
	return n;
}

unsigned
book_tell(struct book *b, const uint8_t asker[RECORD_KEY],
    const struct book_entry **ret, unsigned max, uint64_t wall)
{
	const struct book_entry **all =
	    try_calloc(b->n[REACHED] + 1, sizeof(*all));
	size_t n, k;
	unsigned i;

	if (all == NULL)
		return 0;
	n = gather(b, asker, wall, all);
	for (i = 0; i < max && i < n; i++) {
		k = i + act_random(b, n - i);
		ret[i] = all[k];
		all[k] = all[i];
	}
	free(all);
	return i;
}
