#include "base/container.h"
#include "tests/netns/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"

struct got {
	struct hnode node;
	uint8_t key[MESHPKT_KEY];
	uint64_t id;
	char origin[MESHPKT_NAME_MAX + 1];
	uint64_t times[2]; /* by enum ledger_from */
	enum ledger_from first;
	uint64_t at_ms, born_ms;
	uint8_t hops;
};

void
ledger_init(struct ledger *l)
{
	static const uint8_t secret[16]; /* no stranger chooses these keys */

	*l = (struct ledger){ 0 };
	htab_init(
	    &l->tab, HTAB_KEY_OFF(struct got, node, key), MESHPKT_KEY, secret);
}

void
ledger_fini(struct ledger *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->got[i]);
	free(l->got);
	htab_fini(&l->tab);
}

static struct got *
got_new(struct ledger *l, const struct meshpkt *pk, const uint8_t *key)
{
	struct got *g = xcalloc(1, sizeof(*g));

	memcpy(g->key, key, sizeof(g->key));
	memcpy(g->origin, pk->origin, sizeof(g->origin));
	g->id = pk->id;
	g->born_ms = pk->born_ms;
	g->hops = pk->hops;
	if (l->n == l->max) {
		l->max = l->max > 0 ? 2 * l->max : 64;
		l->got = xreallocarray(l->got, l->max, sizeof(struct got *));
	}
	l->got[l->n++] = g;
	htab_add(&l->tab, &g->node);
	return g;
}

bool
ledger_note(struct ledger *l, const struct meshpkt *pk, enum ledger_from from,
    uint64_t at_ms)
{
	uint8_t key[MESHPKT_KEY];
	struct hnode *n;
	struct got *g;

	meshpkt_key(pk, key);
	n = htab_find(&l->tab, key);
	if (n != NULL) {
		CONTAINER_OF(n, struct got, node)->times[from]++;
		return false;
	}
	g = got_new(l, pk, key);
	g->first = from;
	g->at_ms = at_ms;
	g->times[from]++;
	return true;
}

void
ledger_print(const struct ledger *l, FILE *f)
{
	static const char *const from[] = { "vplamad", "mesh" };
	const struct got *g;
	size_t i;

	for (i = 0; i < l->n; i++) {
		g = l->got[i];
		fprintf(f,
		    "got origin=%s id=%llu vplamad=%llu mesh=%llu first=%s "
		    "at=%llu born=%llu hops=%u\n",
		    g->origin, (unsigned long long)g->id,
		    (unsigned long long)g->times[FROM_VPLAMAD],
		    (unsigned long long)g->times[FROM_MESH], from[g->first],
		    (unsigned long long)g->at_ms,
		    (unsigned long long)g->born_ms, g->hops);
	}
}
