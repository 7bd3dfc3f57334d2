/*
 * Address spaces: what a claim stands for as an address, and the choice of a
 * free one (doc/negotiation.md "A new address"). Pure functions; what claims
 * may be at all, and whether they overlap, is in wire/netdesc.h.
 */
#ifndef VPLAM_NEG_SPACE_H
#define VPLAM_NEG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "wire/netdesc.h"

/* Does it lie under the claim? gid: a whole address. */
bool claim_has(
    const struct topology *topo, const struct claim *c, const uint16_t *gid);

/*
 * What to route for it: false where the row of levels is no whole address (32
 * or 128 bits in all). IPv4 inside NETDESC_PLAIN becomes an IPv4 prefix.
 */
bool claim_prefix(
    const struct topology *topo, const struct claim *c, struct prefix *ret);

/* The text of that prefix, else "level 2: 79.10" (gids from level up). */
#define CLAIM_TEXT 128
const char *claim_format(const struct topology *topo, const struct claim *c,
    char buf[static CLAIM_TEXT]);

/*
 * The claims that cover exactly these prefixes, in topology_plain(): as few as
 * its levels allow. How many, or -1: more than max, or a MAC prefix.
 */
int claims_from_prefix(const struct prefix *p, struct claim *out, unsigned max);

/*
 * The smallest claim in topo that holds the whole prefix; false: it lies
 * outside of what topo can name (MAC, another family).
 */
bool claim_covering(
    const struct topology *topo, const struct prefix *p, struct claim *ret);

/* The same in any row; -1 also for addresses that it does not hold. */
int claims_of_prefix(const struct topology *topo, const struct prefix *p,
    struct claim *out, unsigned max);

/* Paths that must not be chosen. */
struct taken {
	const struct claim *claim;
	size_t n;
};

enum choose_result { CHOOSE_OK, CHOOSE_FULL };

/*
 * A free path for claim, which collides at level k: at the lowest level from k
 * to claim_top() that has one, lower gids kept; *ret overlaps nothing taken
 * and is not claim; more, nothing taken lies in the new gnode of that level,
 * nor anything that nobody may have. pick chooses one of n candidates, 0 to n -
 * 1 in order of gid: random in life, the smallest in tests.
 */
enum choose_result space_choose(const struct topology *topo,
    const struct claim *claim, unsigned k, const struct taken *taken,
    uint32_t (*pick)(void *arg, uint32_t n), void *arg, struct claim *ret);

#endif
