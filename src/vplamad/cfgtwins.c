#include "vplamad/cfgtwins.h"

#include <string.h>

#include "base/container.h"
#include "base/htab.h"
#include "base/xmem.h"
#include "crypto/prim.h"

/* One peer; the name has zeros behind it. */
struct twin {
	struct hnode by_name, by_key;
	const struct config_peer *p;
	char name[PEER_NAME_MAX + 1];
	uint8_t key[KEY_LEN];
};

struct twins {
	struct htab names, keys;
	size_t n;
	struct twin twin[];
};

struct twins *
twins_new(size_t n)
{
	struct twins *tw = xcalloc(1, sizeof(*tw) + n * sizeof(tw->twin[0]));
	uint8_t secret[16];

	random_bytes(secret, sizeof(secret));
	htab_init(&tw->names, HTAB_KEY_OFF(struct twin, by_name, name),
	    sizeof(tw->twin[0].name), secret);
	htab_init(
	    &tw->keys, HTAB_KEY_OFF(struct twin, by_key, key), KEY_LEN, secret);
	return tw;
}

void
twins_free(struct twins *tw)
{
	htab_fini(&tw->names);
	htab_fini(&tw->keys);
	free(tw);
}

static const struct config_peer *
same_name(struct twins *tw, struct twin *t)
{
	struct hnode *n;

	if (t->name[0] == '\0')
		return NULL;
	n = htab_find(&tw->names, t->name);
	if (n != NULL)
		return CONTAINER_OF(n, struct twin, by_name)->p;
	htab_add(&tw->names, &t->by_name);
	return NULL;
}

static const struct config_peer *
same_key(struct twins *tw, struct twin *t)
{
	struct hnode *n;

	if (t->p->given[PEER_OPT_public_key].n == 0)
		return NULL;
	n = htab_find(&tw->keys, t->key);
	if (n != NULL)
		return CONTAINER_OF(n, struct twin, by_key)->p;
	htab_add(&tw->keys, &t->by_key);
	return NULL;
}

static void
complain_name(const struct config_peer *p, const struct config_peer *q,
    struct config_errors *errs)
{
	if (q != NULL)
		config_error(errs,
		    "%s:%d: peer \"%s\": the name is taken (%s:%d); expected "
		    "another",
		    p->file, p->line, p->name, q->file, q->line);
}

static void
complain_key(const struct config_peer *p, const struct config_peer *q,
    struct config_errors *errs)
{
	if (q != NULL)
		config_error(errs,
		    "%s:%d: public-key: is that of peer \"%s\" (%s:%d); "
		    "expected one of its own",
		    p->file, p->given[PEER_OPT_public_key].line, q->name,
		    q->file, q->line);
}

void
twins_check(
    struct twins *tw, const struct config_peer *p, struct config_errors *errs)
{
	struct twin *t = &tw->twin[tw->n++];
	const struct config_peer *name, *key;

	t->p = p;
	strcpy(t->name, p->name);
	memcpy(t->key, p->public_key, KEY_LEN);
	name = same_name(tw, t);
	key = same_key(tw, t);
	complain_name(p, name, errs);
	complain_key(p, key, errs);
}
