#include "store/reader.h"

#include <string.h>

#include "store/recdb.h"
#include "store/schema.h"

struct reader {
	store_rec_fn *each;
	void *arg;
};

static void
on_rec(void *arg, const struct store_rec *rec)
{
	const struct reader *r = arg;

	if (rec->kind != STORE_PEER || rec->u.peer.reached)
		r->each(r->arg, rec);
}

enum db_rc
reader_load(
    const char *path, store_rec_fn *each, void *arg, char why[static DB_WHY])
{
	static const enum store_kind kinds[] = { STORE_WATCH, STORE_REVOKED,
		STORE_PEER };
	const struct db_schema schema = schema_now();
	struct reader r = { each, arg };
	unsigned bad = 0;
	enum db_rc rc;
	struct db *db = db_open_read(path, &schema, &rc, why);
	size_t i;

	if (db == NULL)
		return rc;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc == DB_OK; i++)
		rc = recdb_load_kind(db, kinds[i], on_rec, &r, &bad);
	if (rc != DB_OK)
		memcpy(why, db_why(db), DB_WHY);
	db_close(db);
	return rc;
}
