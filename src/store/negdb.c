#include "store/negdb.h"

static void
get_self(struct row *r, struct store_rec *rec)
{
	rec->at = row_time(r);
	rec->u.self.netid = row_u64(r);
	rec->u.self.vnodeid = row_u64(r);
	rec->u.self.epoch = row_u32(r);
	rec->u.self.age = row_u32(r);
	rec->u.self.stable = row_bool(r);
	rec->u.self.place = row_blob(r);
}

static void
get_network(struct row *r, struct store_rec *rec)
{
	row_bytes(r, rec->u.network.key, STORE_KEY);
	rec->at = row_time(r);
	rec->u.network.netid = row_u64(r);
	rec->u.network.uptime = row_u32(r);
	rec->u.network.desc = row_blob(r);
	row_bytes(r, rec->u.network.sig, STORE_SIG);
}

static void
get_move(struct row *r, struct store_rec *rec)
{
	rec->u.move.id = row_int(r, 1, INT64_MAX);
	rec->at = row_time(r);
	rec->u.move.from = row_blob(r);
	rec->u.move.to = row_blob(r);
}

static void
get_reserve(struct row *r, struct store_rec *rec)
{
	rec->u.reserve.netid = row_u64(r);
	rec->at = row_time(r);
	rec->u.reserve.until = row_time(r);
	rec->u.reserve.place = row_blob(r);
}

static void
get_demand(struct row *r, struct store_rec *rec)
{
	rec->u.demand.id = row_u32(r);
	row_bytes(r, rec->u.demand.key, STORE_KEY);
	rec->at = row_time(r);
	rec->u.demand.place = row_blob(r);
	rec->u.demand.why = (uint8_t)row_int(r, 0, UINT8_MAX);
	rec->u.demand.state = (uint8_t)row_int(r, 0, UINT8_MAX);
}

static void
put_self(struct row *r, const struct store_rec *rec)
{
	row_put_int(r, rec->at);
	row_put_u64(r, rec->u.self.netid);
	row_put_u64(r, rec->u.self.vnodeid);
	row_put_int(r, rec->u.self.epoch);
	row_put_int(r, rec->u.self.age);
	row_put_int(r, rec->u.self.stable);
	row_put_blob(r, rec->u.self.place);
}

static void
put_network(struct row *r, const struct store_rec *rec)
{
	row_put_bytes(r, rec->u.network.key, STORE_KEY);
	row_put_int(r, rec->at);
	row_put_u64(r, rec->u.network.netid);
	row_put_int(r, rec->u.network.uptime);
	row_put_blob(r, rec->u.network.desc);
	row_put_bytes(r, rec->u.network.sig, STORE_SIG);
}

static void
put_move(struct row *r, const struct store_rec *rec)
{
	row_put_int(r, rec->u.move.id);
	row_put_int(r, rec->at);
	row_put_blob(r, rec->u.move.from);
	row_put_blob(r, rec->u.move.to);
}

static void
put_reserve(struct row *r, const struct store_rec *rec)
{
	row_put_u64(r, rec->u.reserve.netid);
	if (rec->gone)
		return;
	row_put_int(r, rec->at);
	row_put_int(r, rec->u.reserve.until);
	row_put_blob(r, rec->u.reserve.place);
}

static void
put_demand(struct row *r, const struct store_rec *rec)
{
	row_put_int(r, rec->u.demand.id);
	row_put_bytes(r, rec->u.demand.key, STORE_KEY);
	row_put_int(r, rec->at);
	row_put_blob(r, rec->u.demand.place);
	row_put_int(r, rec->u.demand.why);
	row_put_int(r, rec->u.demand.state);
}

const struct row_kind negdb_self = { STMT_SELF_ALL, STMT_SELF_PUT, STMT_COUNT,
	get_self, put_self };
const struct row_kind negdb_network = { STMT_NETWORK_ALL, STMT_NETWORK_PUT,
	STMT_COUNT, get_network, put_network };
const struct row_kind negdb_move = { STMT_MOVE_ALL, STMT_MOVE_PUT, STMT_COUNT,
	get_move, put_move };
const struct row_kind negdb_reserve = { STMT_RESERVATION_ALL,
	STMT_RESERVATION_PUT, STMT_RESERVATION_DEL, get_reserve, put_reserve };
const struct row_kind negdb_demand = { STMT_DEMAND_ALL, STMT_DEMAND_PUT,
	STMT_COUNT, get_demand, put_demand };
