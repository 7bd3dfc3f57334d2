#include "entryserver/guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/xmem.h"

void
guests_init(
    struct guests *g, unsigned most, uint32_t rate, const uint8_t secret[16])
{
	*g = (struct guests){ .most = most, .rate = rate };
	htab_init(&g->tab, HTAB_KEY_OFF(struct guest, node, key),
	    sizeof(((struct guest *)NULL)->key), secret);
}

void
guests_fini(struct guests *g)
{
	while (g->all != NULL) {
		struct guest *next = g->all->next;

		free(g->all);
		g->all = next;
	}
	htab_fini(&g->tab);
}

struct guest *
guests_enter(struct guests *g, const struct addr *from, struct mono now)
{
	uint8_t key[16] = { 0 };
	struct guest *guest;
	struct hnode *n;

	memcpy(key, from->ip, addr_is_v4(from) ? 16 : 8);
	n = htab_find(&g->tab, key);
	if (n != NULL) {
		guest = CONTAINER_OF(n, struct guest, node);
	} else {
		if (g->tab.n >= GUESTS_MAX)
			return NULL;
		guest = xcalloc(1, sizeof(*guest));
		memcpy(guest->key, key, sizeof(key));
		guest->at = now;
		guest->next = g->all;
		g->all = guest;
		htab_add(&g->tab, &guest->node);
	}
	if (guest->connections >= g->most)
		return NULL;
	guest->connections++;
	return guest;
}

void
guests_leave(struct guest *guest)
{
	guest->connections--;
}

static void
recover(struct guest *guest, struct mono now)
{
	uint64_t since = mono_since(guest->at, now);

	guest->spent = guest->spent > since ? guest->spent - since : 0;
	guest->at = now;
}

bool
guests_ask(struct guests *g, struct guest *guest, struct mono now)
{
	uint64_t one = MONO_SEC / g->rate;

	recover(guest, now);
	if (guest->spent + one > GUESTS_BURST * (uint64_t)MONO_SEC)
		return false;
	guest->spent += one;
	return true;
}

void
guests_tidy(struct guests *g, struct mono now)
{
	struct guest **at = &g->all;

	while (*at != NULL) {
		struct guest *guest = *at;

		recover(guest, now);
		if (guest->connections > 0 || guest->spent > 0) {
			at = &guest->next;
			continue;
		}
		*at = guest->next;
		htab_del(&g->tab, &guest->node);
		free(guest);
	}
}
