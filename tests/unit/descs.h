/* Descriptors of gnodes for tests: from a line of text, or random. */
#ifndef VPLAM_TESTS_DESCS_H
#define VPLAM_TESTS_DESCS_H

#include "tests/rng.h"
#include "wire/netdesc.h"

/*
 * "B 10.79.0.0/16 n=5 age=50 stable knows C:10.90.0.0/16!": netid; words
 *
 *	10.79.0.0/16		a claim; -10.79.0.0/16 one that is being left
 *	n=5 age=50		1 and 100 when they are missing
 *	stable rehooking
 *	172 any site6 plain L3	another class or number of levels: before claims
 *	C:10.90.0.0/16		a known one; ! behind it: stable, *: reserved
 *
 * What it cannot read ends the program. The caller finishes it.
 */
struct netdesc desc_of(const char *text);

/* One claim in that topology; the text must be exactly one. */
struct claim claim_of(const struct topology *topo, const char *text);

/* A kind of address space: all that differ from one another in the tests. */
#define DESC_KINDS 6
struct topology desc_topology(unsigned kind);

/*
 * Fit for a tunnel, of few neighbouring paths, so that two often overlap; with
 * up to max_known known ones, of netids 1 to 9. The caller finishes it.
 */
struct netdesc desc_random(struct rng *rng, unsigned kind, unsigned max_known);
struct claim claim_random(struct rng *rng, const struct topology *topo);

#endif
