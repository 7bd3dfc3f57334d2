#include "store/schema.h"

/*
 * Prunes keep what is newest whatever its time is: a clock that has jumped
 * ahead must not empty the memory.
 */
static const char *const statements[STMT_COUNT] = {
	[STMT_SELF_ALL] =
	    "SELECT at, netid, vnodeid, epoch, age, stable, place FROM self",
	[STMT_SELF_PUT] = "INSERT OR REPLACE INTO self"
			  " (id, at, netid, vnodeid, epoch, age, stable, place)"
			  " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STMT_NETWORK_ALL] =
	    "SELECT key, seen_at, netid, uptime, descriptor, signature"
	    " FROM network ORDER BY seen_at",
	[STMT_NETWORK_PUT] =
	    "INSERT OR REPLACE INTO network"
	    " (key, seen_at, netid, uptime, descriptor, signature)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[STMT_NETWORK_PRUNE] =
	    "DELETE FROM network WHERE seen_at < ?1 - 180 * 86400"
	    " AND key NOT IN (SELECT key FROM network"
	    " ORDER BY seen_at DESC LIMIT 64)",
	[STMT_MOVE_ALL] =
	    "SELECT id, at, from_place, to_place FROM move ORDER BY id",
	[STMT_MOVE_PUT] =
	    "INSERT OR REPLACE INTO move (id, at, from_place, to_place)"
	    " VALUES (?1, ?2, ?3, ?4)",
	[STMT_MOVE_PRUNE] =
	    "DELETE FROM move WHERE at < ?1 - 31 * 86400"
	    " AND id NOT IN (SELECT id FROM move ORDER BY id DESC LIMIT 16)",
	[STMT_RESERVATION_ALL] =
	    "SELECT netid, at, until, place FROM reservation ORDER BY at",
	[STMT_RESERVATION_PUT] =
	    "INSERT OR REPLACE INTO reservation (netid, at, until, place)"
	    " VALUES (?1, ?2, ?3, ?4)",
	[STMT_RESERVATION_DEL] = "DELETE FROM reservation WHERE netid = ?1",
	[STMT_RESERVATION_PRUNE] =
	    "DELETE FROM reservation WHERE until < ?1 - 86400",
	[STMT_DEMAND_ALL] =
	    "SELECT id, key, at, place, why, state FROM demand ORDER BY id",
	[STMT_DEMAND_PUT] =
	    "INSERT OR REPLACE INTO demand (id, key, at, place, why, state)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[STMT_DEMAND_PRUNE] =
	    "DELETE FROM demand WHERE state <> 0"
	    " AND id NOT IN (SELECT id FROM demand WHERE state <> 0"
	    " ORDER BY at DESC, id DESC LIMIT 64)",
};

struct db_schema
schema_now(void)
{
	return (struct db_schema){
		.migration = schema_migrations,
		.n_migrations = schema_migrations_n,
		.stmt = statements,
		.n_stmts = STMT_COUNT,
	};
}
