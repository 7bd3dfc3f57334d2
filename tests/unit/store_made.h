/* Records made from two numbers, so that a test knows what must be in them. */
#ifndef VPLAM_TESTS_UNIT_STORE_MADE_H
#define VPLAM_TESTS_UNIT_STORE_MADE_H

#include "store/rec.h"

struct made {
	struct store_rec rec; /* its blobs are in bytes */
	uint8_t bytes[600];
};

/*
 * The n-th version (from 1, below 2^30) of record number who of its kind; a
 * MOVE is told by n alone.
 */
void made_init(struct made *m, enum store_kind kind, unsigned who, uint32_t n);

/* There is one of its kind: its number is to be 0. */
bool made_alone(enum store_kind kind);

/* Which number and version it is; fails the test when anything is not so. */
uint32_t made_check(const struct store_rec *rec, unsigned *ret_who);

#endif
