#include "base/htab.h"

#include <sodium.h>
#include <string.h>

#include "base/xmem.h"

_Static_assert(crypto_shorthash_KEYBYTES == 16, "SipHash key");

static uint64_t
hash_of(const struct htab *t, const void *key)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h;

	crypto_shorthash(out, key, t->key_len, t->secret);
	memcpy(&h, out, sizeof(h));
	return h;
}

static const void *
key_of(const struct htab *t, const struct hnode *n)
{
	return (const uint8_t *)n + (ptrdiff_t)t->key_off;
}

void
htab_init(
    struct htab *t, size_t key_off, size_t key_len, const uint8_t secret[16])
{
	*t =
	    (struct htab){ .mask = 15, .key_off = key_off, .key_len = key_len };
	memcpy(t->secret, secret, sizeof(t->secret));
	t->slot = xcalloc(t->mask + 1, sizeof(*t->slot));
}

void
htab_fini(struct htab *t)
{
	free(t->slot);
	*t = (struct htab){ 0 };
}

void
htab_clear(struct htab *t)
{
	memset(t->slot, 0, (t->mask + 1) * sizeof(*t->slot));
	t->n = 0;
}

static void
grow(struct htab *t)
{
	size_t i, mask = t->mask * 2 + 1;
	struct hnode **slot = try_calloc(mask + 1, sizeof(*slot));

	if (slot == NULL)
		return;
	for (i = 0; i <= t->mask; i++) {
		struct hnode *n, *next;

		for (n = t->slot[i]; n != NULL; n = next) {
			next = n->next;
			n->next = slot[n->hash & mask];
			slot[n->hash & mask] = n;
		}
	}
	free(t->slot);
	t->slot = slot;
	t->mask = mask;
}

void
htab_add(struct htab *t, struct hnode *n)
{
	struct hnode **head;

	if (t->n > t->mask)
		grow(t);
	n->hash = hash_of(t, key_of(t, n));
	head = &t->slot[n->hash & t->mask];
	n->next = *head;
	*head = n;
	t->n++;
}

void
htab_del(struct htab *t, struct hnode *n)
{
	struct hnode **at = &t->slot[n->hash & t->mask];

	while (*at != NULL && *at != n)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = n->next;
	n->next = NULL;
	t->n--;
}

struct hnode *
htab_find(const struct htab *t, const void *key)
{
	uint64_t h = hash_of(t, key);
	struct hnode *n = t->slot[h & t->mask];

	while (n != NULL &&
	    (n->hash != h || memcmp(key_of(t, n), key, t->key_len) != 0))
		n = n->next;
	return n;
}
