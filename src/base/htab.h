/* Intrusive hash table keyed with SipHash: strangers cannot aim at a bucket. */
#ifndef VPLAM_BASE_HTAB_H
#define VPLAM_BASE_HTAB_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what is stored; key points into the same object. */
struct hnode {
	struct hnode *next;
	uint64_t hash;
};

struct htab {
	struct hnode **slot;
	size_t mask; /* number of slots, a power of two, minus one */
	size_t n;
	size_t key_off; /* from the hnode to the key inside the object */
	size_t key_len;
	uint8_t secret[16];
};

#define HTAB_KEY_OFF(type, node, key)              \
	((size_t)((ptrdiff_t)offsetof(type, key) - \
	    (ptrdiff_t)offsetof(type, node)))

/* secret: 16 random bytes. Aborts without memory. */
void htab_init(
    struct htab *t, size_t key_off, size_t key_len, const uint8_t secret[16]);
void htab_fini(struct htab *t);	 /* the objects are the caller's */
void htab_clear(struct htab *t); /* nothing is in it any more */

/*
 * The caller makes sure that the key is not in yet. A table that finds no
 * memory to grow is slower, and tries again.
 */
void htab_add(struct htab *t, struct hnode *n);
void htab_del(struct htab *t, struct hnode *n);
struct hnode *htab_find(const struct htab *t, const void *key);

#endif
