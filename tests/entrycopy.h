/* An entry of the address book that outlives its record in the book. */
#ifndef VPLAM_TESTS_ENTRYCOPY_H
#define VPLAM_TESTS_ENTRYCOPY_H

#include <string.h>

#include "book/book.h"

/* raw: where the record goes; it may be there already. */
static inline void
entry_copy(struct book_entry *to, uint8_t raw[static RECORD_MAX],
    const struct book_entry *from)
{
	*to = *from;
	if (from->record_len > 0)
		memmove(raw, from->record, from->record_len);
	to->record = raw;
}

#endif
