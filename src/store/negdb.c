#include "store/negdb.h"

#include <string.h>

#include "store/schema.h"

/* Columns from left to right; bad is sticky. */
struct row {
	sqlite3_stmt *st;
	int at;
	bool bad;
};

static int64_t
get_int(struct row *r, int64_t min, int64_t max)
{
	int64_t v = sqlite3_column_int64(r->st, r->at);

	if (sqlite3_column_type(r->st, r->at) != SQLITE_INTEGER || v < min ||
	    v > max)
		r->bad = true;
	r->at++;
	return v;
}

static int64_t
get_time(struct row *r)
{
	return get_int(r, 0, INT64_MAX);
}

static uint32_t
get_u32(struct row *r)
{
	return (uint32_t)get_int(r, 0, UINT32_MAX);
}

static uint64_t
get_u64(struct row *r)
{
	return (uint64_t)get_int(r, INT64_MIN, INT64_MAX);
}

static struct store_blob
get_blob(struct row *r)
{
	struct store_blob b = { sqlite3_column_blob(r->st, r->at), 0 };

	b.len = (size_t)sqlite3_column_bytes(r->st, r->at);
	if (sqlite3_column_type(r->st, r->at) != SQLITE_BLOB ||
	    b.len > STORE_BLOB_MAX)
		r->bad = true;
	r->at++;
	return b;
}

static void
get_bytes(struct row *r, uint8_t *to, size_t len)
{
	struct store_blob b = get_blob(r);

	if (b.len == len && b.p != NULL)
		memcpy(to, b.p, len);
	else
		r->bad = true;
}

static void
get_self(struct row *r, struct store_rec *rec)
{
	rec->at = get_time(r);
	rec->u.self.netid = get_u64(r);
	rec->u.self.vnodeid = get_u64(r);
	rec->u.self.epoch = get_u32(r);
	rec->u.self.age = get_u32(r);
	rec->u.self.stable = get_int(r, 0, 1) == 1;
	rec->u.self.place = get_blob(r);
}

static void
get_network(struct row *r, struct store_rec *rec)
{
	get_bytes(r, rec->u.network.key, STORE_KEY);
	rec->at = get_time(r);
	rec->u.network.netid = get_u64(r);
	rec->u.network.uptime = get_u32(r);
	rec->u.network.desc = get_blob(r);
	get_bytes(r, rec->u.network.sig, STORE_SIG);
}

static void
get_move(struct row *r, struct store_rec *rec)
{
	rec->u.move.id = get_int(r, 1, INT64_MAX);
	rec->at = get_time(r);
	rec->u.move.from = get_blob(r);
	rec->u.move.to = get_blob(r);
}

static void
get_reserve(struct row *r, struct store_rec *rec)
{
	rec->u.reserve.netid = get_u64(r);
	rec->at = get_time(r);
	rec->u.reserve.until = get_time(r);
	rec->u.reserve.place = get_blob(r);
}

static void
get_demand(struct row *r, struct store_rec *rec)
{
	rec->u.demand.id = get_u32(r);
	get_bytes(r, rec->u.demand.key, STORE_KEY);
	rec->at = get_time(r);
	rec->u.demand.place = get_blob(r);
	rec->u.demand.why = (uint8_t)get_int(r, 0, UINT8_MAX);
	rec->u.demand.state = (uint8_t)get_int(r, 0, UINT8_MAX);
}

static void
put_int(struct row *r, int64_t v)
{
	sqlite3_bind_int64(r->st, ++r->at, v);
}

static void
put_u64(struct row *r, uint64_t v)
{
	put_int(r, (int64_t)v);
}

/* Borrowed until db_step() is done. No bytes are a blob as well, not NULL. */
static void
put_bytes(struct row *r, const uint8_t *p, size_t len)
{
	if (len > 0)
		sqlite3_bind_blob64(r->st, ++r->at, p, len, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(r->st, ++r->at, 0);
}

static void
put_blob(struct row *r, struct store_blob b)
{
	put_bytes(r, b.p, b.len);
}

static void
put_self(struct row *r, const struct store_rec *rec)
{
	put_int(r, rec->at);
	put_u64(r, rec->u.self.netid);
	put_u64(r, rec->u.self.vnodeid);
	put_int(r, rec->u.self.epoch);
	put_int(r, rec->u.self.age);
	put_int(r, rec->u.self.stable);
	put_blob(r, rec->u.self.place);
}

static void
put_network(struct row *r, const struct store_rec *rec)
{
	put_bytes(r, rec->u.network.key, STORE_KEY);
	put_int(r, rec->at);
	put_u64(r, rec->u.network.netid);
	put_int(r, rec->u.network.uptime);
	put_blob(r, rec->u.network.desc);
	put_bytes(r, rec->u.network.sig, STORE_SIG);
}

static void
put_move(struct row *r, const struct store_rec *rec)
{
	put_int(r, rec->u.move.id);
	put_int(r, rec->at);
	put_blob(r, rec->u.move.from);
	put_blob(r, rec->u.move.to);
}

static void
put_reserve(struct row *r, const struct store_rec *rec)
{
	put_u64(r, rec->u.reserve.netid);
	if (rec->gone)
		return;
	put_int(r, rec->at);
	put_int(r, rec->u.reserve.until);
	put_blob(r, rec->u.reserve.place);
}

static void
put_demand(struct row *r, const struct store_rec *rec)
{
	put_int(r, rec->u.demand.id);
	put_bytes(r, rec->u.demand.key, STORE_KEY);
	put_int(r, rec->at);
	put_blob(r, rec->u.demand.place);
	put_int(r, rec->u.demand.why);
	put_int(r, rec->u.demand.state);
}

static const struct {
	enum schema_stmt all, put;
	void (*get_row)(struct row *r, struct store_rec *rec);
	void (*put_row)(struct row *r, const struct store_rec *rec);
} kinds[STORE_KINDS] = {
	[STORE_SELF] = { STMT_SELF_ALL, STMT_SELF_PUT, get_self, put_self },
	[STORE_NETWORK] = { STMT_NETWORK_ALL, STMT_NETWORK_PUT, get_network,
	    put_network },
	[STORE_MOVE] = { STMT_MOVE_ALL, STMT_MOVE_PUT, get_move, put_move },
	[STORE_RESERVE] = { STMT_RESERVATION_ALL, STMT_RESERVATION_PUT,
	    get_reserve, put_reserve },
	[STORE_DEMAND] = { STMT_DEMAND_ALL, STMT_DEMAND_PUT, get_demand,
	    put_demand },
};

static enum db_rc
load_kind(struct db *db, enum store_kind kind, store_rec_fn *each, void *arg,
    unsigned *bad)
{
	sqlite3_stmt *st = db_stmt(db, kinds[kind].all);
	enum db_rc rc;

	while ((rc = db_step(db, st)) == DB_ROW) {
		struct store_rec rec = { .kind = kind };
		struct row r = { st, 0, false };

		kinds[kind].get_row(&r, &rec);
		if (r.bad)
			(*bad)++;
		else
			each(arg, &rec);
	}
	return rc;
}

enum db_rc
negdb_load(struct db *db, store_rec_fn *each, void *arg, unsigned *ret_bad)
{
	enum db_rc rc = DB_OK;
	unsigned kind;

	*ret_bad = 0;
	for (kind = 0; kind < STORE_KINDS && rc == DB_OK; kind++)
		rc = load_kind(db, kind, each, arg, ret_bad);
	return rc;
}

enum db_rc
negdb_put(struct db *db, const struct store_rec *rec)
{
	bool gone = rec->gone && rec->kind == STORE_RESERVE;
	struct row r = { NULL, 0, false };

	r.st = db_stmt(db, gone ? STMT_RESERVATION_DEL : kinds[rec->kind].put);
	kinds[rec->kind].put_row(&r, rec);
	return db_step(db, r.st);
}

enum db_rc
negdb_prune(struct db *db, int64_t now)
{
	static const enum schema_stmt prunes[] = { STMT_NETWORK_PRUNE,
		STMT_MOVE_PRUNE, STMT_RESERVATION_PRUNE };
	enum db_rc rc = db_step(db, db_stmt(db, STMT_DEMAND_PRUNE));
	size_t i;

	for (i = 0; i < sizeof(prunes) / sizeof(prunes[0]) && rc == DB_OK;
	     i++) {
		sqlite3_stmt *st = db_stmt(db, prunes[i]);

		sqlite3_bind_int64(st, 1, now);
		rc = db_step(db, st);
	}
	return rc;
}
