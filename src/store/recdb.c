#include "store/recdb.h"

#include "store/negdb.h"
#include "store/peerdb.h"
#include "store/schema.h"

static const struct row_kind *const kinds[STORE_KINDS] = {
	[STORE_SELF] = &negdb_self,
	[STORE_NETWORK] = &negdb_network,
	[STORE_MOVE] = &negdb_move,
	[STORE_RESERVE] = &negdb_reserve,
	[STORE_DEMAND] = &negdb_demand,
	[STORE_WATCH] = &peerdb_watch,
	[STORE_REVOKED] = &peerdb_revoked,
	[STORE_PEER] = &peerdb_peer,
	[STORE_LIST] = &peerdb_list,
};

enum db_rc
recdb_load_kind(struct db *db, enum store_kind kind, store_rec_fn *each,
    void *arg, unsigned *bad)
{
	sqlite3_stmt *st = db_stmt(db, kinds[kind]->all);
	enum db_rc rc;

	while ((rc = db_step(db, st)) == DB_ROW) {
		struct store_rec rec = { .kind = kind };
		struct row r = { st, 0, false };

		kinds[kind]->get_row(&r, &rec);
		if (r.bad)
			(*bad)++;
		else
			each(arg, &rec);
	}
	return rc;
}

enum db_rc
recdb_load(struct db *db, store_rec_fn *each, void *arg, unsigned *ret_bad)
{
	enum db_rc rc = DB_OK;
	unsigned kind;

	*ret_bad = 0;
	for (kind = 0; kind < STORE_KINDS && rc == DB_OK; kind++)
		rc = recdb_load_kind(db, kind, each, arg, ret_bad);
	return rc;
}

enum db_rc
recdb_put(struct db *db, const struct store_rec *rec)
{
	const struct row_kind *kind = kinds[rec->kind];
	bool gone = rec->gone && kind->del != STMT_COUNT;
	struct row r = { NULL, 0, false };

	r.st = db_stmt(db, gone ? kind->del : kind->put);
	kind->put_row(&r, rec);
	return db_step(db, r.st);
}

enum db_rc
recdb_prune(struct db *db, int64_t now)
{
	static const enum schema_stmt prunes[] = { STMT_NETWORK_PRUNE,
		STMT_MOVE_PRUNE, STMT_RESERVATION_PRUNE, STMT_DEMAND_PRUNE,
		STMT_REVOKED_PRUNE, STMT_PEER_PRUNE, STMT_HEARD_PRUNE,
		STMT_LIST_PRUNE };
	enum db_rc rc = DB_OK;
	size_t i;

	for (i = 0; i < sizeof(prunes) / sizeof(prunes[0]) && rc == DB_OK;
	     i++) {
		sqlite3_stmt *st = db_stmt(db, prunes[i]);

		if (sqlite3_bind_parameter_count(st) > 0)
			sqlite3_bind_int64(st, 1, now);
		rc = db_step(db, st);
	}
	return rc;
}
