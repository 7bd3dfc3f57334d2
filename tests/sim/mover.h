/* Where the one that a verdict names would move, by two descriptors alone. */
#ifndef VPLAM_SIM_MOVER_H
#define VPLAM_SIM_MOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neg/space.h"
#include "neg/verdict.h"

#define MOVER_TAKEN (2 * (NETDESC_CLAIMS + NETDESC_KNOWN))

struct mover_space {
	struct claim from; /* the claim that has to go */
	struct claim taken[MOVER_TAKEN];
	size_t n;
};

/* False: nobody moves. */
bool mover_space(const struct netdesc *i, const struct netdesc *r,
    const struct verdict *v, struct mover_space *ret);

#endif
