/*
 * What the negotiation must not forget at a restart: its records as rows of
 * the store and back. A clock may be wrong: what is told from the future
 * happened now.
 */
#ifndef VPLAM_VPLAMAD_MEMORY_H
#define VPLAM_VPLAMAD_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "neg/neg.h"
#include "store/rec.h"

/* Bytes of a topology and as many claims as there can be. */
#define MEMORY_PLACE \
	(3 + NETDESC_LEVELS + NETDESC_CLAIMS * (2 + 2 * NETDESC_LEVELS))

struct memory_buf {
	uint8_t a[MEMORY_PLACE], b[MEMORY_PLACE];
};

/*
 * now: seconds since 1970. The row borrows from buf and from the record; the
 * record borrows from the row. False: it makes no sense, or (from the store) it
 * is a reservation that is over.
 */
bool memory_to_store(const struct neg_record *rec, int64_t now,
    struct store_rec *ret, struct memory_buf *buf);
bool memory_from_store(
    const struct store_rec *row, int64_t now, struct neg_record *ret);

#endif
