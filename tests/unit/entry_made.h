/* Made-up lists for the tests of the entry server. */
#ifndef TESTS_UNIT_ENTRY_MADE_H
#define TESTS_UNIT_ENTRY_MADE_H

#include "entryserver/model.h"

#define MADE_AT 1795300000 /* seconds since 1970 at which it is generated */

/*
 * A model with n servers of all sorts: with and without a name, place, IPv4,
 * IPv6; one called "<script>"; up and down. The same n makes the same one;
 * list.server is for free().
 */
void entry_made(struct model *ret, unsigned n);

#endif
