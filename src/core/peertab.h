/* Look-ups of peers and of what belongs to them: by id, key, index, address. */
#ifndef VPLAM_CORE_PEERTAB_H
#define VPLAM_CORE_PEERTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/htab.h"

struct core;
struct peer;

/* What a receiver index stands for: a session or an attempt. */
enum index_kind { INDEX_SESSION, INDEX_ATTEMPT };

struct index {
	struct hnode node; /* in core.by_index */
	uint32_t index;
	enum index_kind kind;
	struct peer *peer;
};

/* One endpoint that we know to be a peer's; several peers may share one. */
struct known_addr {
	struct hnode node; /* in core.by_endpoint */
	struct addr addr;
};

void peertab_init(struct core *c);
void peertab_fini(struct core *c);

/* A random index that is in use nowhere. */
uint32_t index_fresh(struct core *c);
void index_add(struct core *c, struct index *ix, uint32_t index,
    enum index_kind kind, struct peer *p);
void index_del(struct core *c, struct index *ix); /* fine when not in */
struct index *index_find(struct core *c, uint32_t index);

struct peer *peertab_by_id(struct core *c, uint32_t id);
struct peer *peertab_by_key(struct core *c, const uint8_t *x_pk);

/*
 * Takes the present endpoints and path of p for known ones. Without memory none
 * is: then it pays with a cookie, like anybody.
 */
void known_update(struct core *c, struct peer *p);
void known_forget(struct core *c, struct peer *p);
bool known_has(const struct core *c, const struct addr *a);

#endif
