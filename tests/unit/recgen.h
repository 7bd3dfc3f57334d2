/* Random records that hold, for the tests of wire. */
#ifndef VPLAM_TESTS_RECGEN_H
#define VPLAM_TESTS_RECGEN_H

#include "tests/rng.h"
#include "wire/record.h"

/* Every field has a say; it fits RECORD_MAX. */
struct record recgen_record(struct rng *r);

/* An address that others may dial. */
struct addr recgen_endpoint(struct rng *r);
struct prefix recgen_prefix(struct rng *r);
/* 1 to max bytes of UTF-8, of one to four bytes each, quotes among them. */
void recgen_text(struct rng *r, char *ret, size_t max);
/* The fields say the same; gaps of the structs are not compared. */
bool recgen_same(const struct record *a, const struct record *b);

#endif
