/*
 * A row of the database, column by column: read from a statement that stands
 * on it, or bound to one. And what is to be known of each kind of record.
 */
#ifndef VPLAM_STORE_ROW_H
#define VPLAM_STORE_ROW_H

#include "store/db.h"
#include "store/rec.h"
#include "store/schema.h"

struct row {
	sqlite3_stmt *st;
	int at;	  /* columns done */
	bool bad; /* sticky: one was not of that type or out of its range */
};

int64_t row_int(struct row *r, int64_t min, int64_t max);
int64_t row_time(struct row *r); /* from 0 */
uint32_t row_u32(struct row *r);
uint64_t row_u64(struct row *r); /* kept as a signed number */
bool row_bool(struct row *r);
struct store_blob row_blob(struct row *r); /* borrowed until the next step */
struct store_blob row_text(struct row *r, size_t max);
void row_bytes(struct row *r, uint8_t *to, size_t len); /* just so many */

/* The bytes are borrowed until db_step() is done. */
void row_put_int(struct row *r, int64_t v);
void row_put_u64(struct row *r, uint64_t v);
void row_put_bytes(struct row *r, const uint8_t *p, size_t len);
void row_put_blob(struct row *r, struct store_blob b);
void row_put_text(struct row *r, struct store_blob b);

/*
 * put binds what makes a record replace another first, and nothing else of one
 * that is gone. del is STMT_COUNT where none can be.
 */
struct row_kind {
	enum schema_stmt all, put, del;
	void (*get_row)(struct row *r, struct store_rec *rec);
	void (*put_row)(struct row *r, const struct store_rec *rec);
};

#endif
