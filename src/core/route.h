/*
 * Longest-prefix routing: which peer an address belongs to, by configuration
 * or by agreement (src/neg). One table for all families.
 */
#ifndef VPLAM_CORE_ROUTE_H
#define VPLAM_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"

/* Whose: a peer's id; 0 is ourselves. No id: there was no memory. */
#define ROUTE_LOCAL 0u
#define ROUTE_NOBODY UINT32_MAX

/* For one prefix, what the configuration says goes before what was agreed. */
enum route_kind { ROUTE_CONFIGURED, ROUTE_AGREED, ROUTE_KINDS };

struct route;

struct route *route_new(void);
void route_free(struct route *r);

/*
 * False: another has the very same prefix in that kind, *ret_who says who (or
 * ROUTE_NOBODY), and the table is unchanged. A prefix inside somebody's longer
 * or shorter one is taken: who adds it has thought of that, and the longest
 * match decides.
 */
bool route_add(struct route *r, enum route_kind kind, const struct prefix *p,
    uint32_t whose, uint32_t *ret_who);

/* Takes out all of that kind that are whose's. */
void route_drop(struct route *r, enum route_kind kind, uint32_t whose);

/* The longest match for a whole address; false: nobody's. */
bool route_find(const struct route *r, enum prefix_family family,
    const uint8_t *a, uint32_t *ret_whose);

/* The prefix of that match, or NULL. It is the table's until that changes. */
const struct prefix *route_match(
    const struct route *r, enum prefix_family family, const uint8_t *a);

/* Each prefix in order of family, address, length, kind. */
typedef void route_fn(
    void *arg, const struct prefix *p, enum route_kind kind, uint32_t whose);
void route_each(const struct route *r, route_fn *fn, void *arg);

size_t route_count(const struct route *r);

#endif
