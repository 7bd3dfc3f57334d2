/* Valid rows of levels, claims and descriptors at random. */
#ifndef VPLAM_TESTS_DESCGEN_H
#define VPLAM_TESTS_DESCGEN_H

#include "tests/rng.h"
#include "wire/netdesc.h"

/* Of any class; half of them not as ntkd has them. */
struct topology descgen_topology(struct rng *r);

struct claim descgen_claim(struct rng *r, const struct topology *topo);

/* At most max_known known ones; the caller finishes *d. */
void descgen_desc(
    struct rng *r, enum netdesc_use use, unsigned max_known, struct netdesc *d);

/* Asserts that they are equal, known ones and all. */
void descgen_equal(const struct netdesc *a, const struct netdesc *b);

#endif
