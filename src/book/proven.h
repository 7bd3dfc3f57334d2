/* Where the entries of the book answered, for whoever cuts addresses off. */
#ifndef VPLAM_BOOK_PROVEN_H
#define VPLAM_BOOK_PROVEN_H

#include <stddef.h>

#include "base/addr.h"
#include "base/prefix.h"

struct book;

/*
 * Where entries answered when we dialled them, in that prefix: one after the
 * other, NULL at the end; *pos begins at 0. Not who failed three times since,
 * and no private addresses, which many have elsewhere. Quick: 0.2 ms for a full
 * book.
 */
const struct addr *book_proven_in(
    const struct book *b, const struct prefix *p, size_t *pos);

#endif
