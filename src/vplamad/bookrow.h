/* What the address book must not forget: as rows of the store and back. */
#ifndef VPLAM_VPLAMAD_BOOKROW_H
#define VPLAM_VPLAMAD_BOOKROW_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"
#include "store/rec.h"

/* The row borrows from it, and from the entry. */
struct bookrow_buf {
	uint8_t ep[RECORD_ENDPOINTS * STORE_ADDR];
	uint8_t proven[STORE_ADDR];
	uint8_t uptime[UPTIME_BYTES];
};

void bookrow_from_entry(
    const struct book_entry *e, struct store_rec *ret, struct bookrow_buf *buf);

/* False: it makes no sense. The entry borrows from the row. */
bool bookrow_to_entry(const struct store_rec *row, struct book_entry *ret);

void bookrow_from_revoked(
    const struct book_revoked *r, int64_t now, struct store_rec *ret);
bool bookrow_to_revoked(const struct store_rec *row, struct book_revoked *ret);

#endif
