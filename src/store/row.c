#include "store/row.h"

#include <string.h>

int64_t
row_int(struct row *r, int64_t min, int64_t max)
{
	int64_t v = sqlite3_column_int64(r->st, r->at);

	if (sqlite3_column_type(r->st, r->at) != SQLITE_INTEGER || v < min ||
	    v > max)
		r->bad = true;
	r->at++;
	return v;
}

int64_t
row_time(struct row *r)
{
	return row_int(r, 0, INT64_MAX);
}

uint32_t
row_u32(struct row *r)
{
	return (uint32_t)row_int(r, 0, UINT32_MAX);
}

uint64_t
row_u64(struct row *r)
{
	return (uint64_t)row_int(r, INT64_MIN, INT64_MAX);
}

bool
row_bool(struct row *r)
{
	return row_int(r, 0, 1) == 1;
}

/* A text as bytes: the file holds UTF-8, so nothing is converted. */
static struct store_blob
row_data(struct row *r, int type, size_t max)
{
	struct store_blob b = { NULL, 0 };

	if (sqlite3_column_type(r->st, r->at) == type) {
		b.p = sqlite3_column_blob(r->st, r->at);
		b.len = (size_t)sqlite3_column_bytes(r->st, r->at);
	} else {
		r->bad = true;
	}
	if (b.len > max)
		r->bad = true;
	r->at++;
	return b;
}

struct store_blob
row_blob(struct row *r)
{
	return row_data(r, SQLITE_BLOB, STORE_BLOB_MAX);
}

struct store_blob
row_text(struct row *r, size_t max)
{
	return row_data(r, SQLITE_TEXT, max);
}

void
row_bytes(struct row *r, uint8_t *to, size_t len)
{
	struct store_blob b = row_blob(r);

	if (b.len == len && b.p != NULL)
		memcpy(to, b.p, len);
	else
		r->bad = true;
}

void
row_put_int(struct row *r, int64_t v)
{
	sqlite3_bind_int64(r->st, ++r->at, v);
}

void
row_put_u64(struct row *r, uint64_t v)
{
	row_put_int(r, (int64_t)v);
}

/* No bytes are a blob as well, not NULL. */
void
row_put_bytes(struct row *r, const uint8_t *p, size_t len)
{
	if (len > 0)
		sqlite3_bind_blob64(r->st, ++r->at, p, len, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(r->st, ++r->at, 0);
}

void
row_put_blob(struct row *r, struct store_blob b)
{
	row_put_bytes(r, b.p, b.len);
}

void
row_put_text(struct row *r, struct store_blob b)
{
	sqlite3_bind_text64(r->st, ++r->at, b.len > 0 ? (const char *)b.p : "",
	    b.len, SQLITE_STATIC, SQLITE_UTF8);
}
