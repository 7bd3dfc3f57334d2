#include "store/schema.h"

/*
 * Some things only grow. A daemon that began with a copy of yesterday, as it
 * could not read the file, must not put them back once it can write it. Serials
 * have no sign.
 */
#define LIST_IS_NEWER "signer = ?3 AND (serial < 0, serial) > (?4 < 0, ?4)"

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
	[STMT_WATCH_ALL] = "SELECT at, minutes, key, netid, network FROM watch",
	[STMT_WATCH_PUT] = "INSERT OR REPLACE INTO watch"
			   " (id, at, minutes, key, netid, network)"
			   " VALUES (1, ?1, ?2, ?3, ?4, ?5)",
	[STMT_REVOKED_ALL] = "SELECT key, at, raw FROM revoked ORDER BY rowid",
	[STMT_REVOKED_PUT] = "INSERT OR REPLACE INTO revoked (key, at, raw)"
			     " VALUES (?1, ?2, ?3)",
	[STMT_REVOKED_PRUNE] =
	    "DELETE FROM revoked WHERE rowid IN (SELECT rowid FROM revoked"
	    " ORDER BY rowid DESC LIMIT -1 OFFSET 4096)",
	[STMT_PEER_ALL] =
	    "SELECT key, first_at, last_at, told_by, told_which, reached,"
	    " dialled, anchor, observed, rtt_us, fails, endpoints, proven,"
	    " uptime, record FROM peer ORDER BY rowid",
	[STMT_PEER_PUT] =
	    "INSERT INTO peer (key, first_at, last_at, told_by, told_which,"
	    " reached, dialled, anchor, observed, rtt_us, fails, endpoints,"
	    " proven, uptime, record)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " ?14, ?15)"
	    " ON CONFLICT (key) DO UPDATE SET"
	    " first_at = ?2, last_at = ?3, told_by = ?4, told_which = ?5,"
	    " reached = ?6, dialled = ?7, anchor = ?8,"
	    " observed = max(observed, ?9),"
	    " rtt_us = ?10, fails = ?11, endpoints = ?12, proven = ?13,"
	    " uptime = ?14, record = ?15",
	[STMT_PEER_DEL] = "DELETE FROM peer WHERE key = ?1",
	[STMT_PEER_PRUNE] =
	    "DELETE FROM peer WHERE rowid IN (SELECT rowid FROM peer"
	    " WHERE reached <> 0"
	    " ORDER BY last_at DESC, rowid DESC LIMIT -1 OFFSET 16384)",
	[STMT_HEARD_PRUNE] =
	    "DELETE FROM peer WHERE rowid IN (SELECT rowid FROM peer"
	    " WHERE reached = 0"
	    " ORDER BY last_at DESC, rowid DESC LIMIT -1 OFFSET 1024)",
	[STMT_LIST_ALL] = "SELECT source, at, signer, serial, valid_until"
			  " FROM list ORDER BY rowid",
	[STMT_LIST_PUT] =
	    "INSERT INTO list (source, at, signer, serial, valid_until)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT (source) DO UPDATE SET at = ?2, signer = ?3,"
	    " serial = iif(" LIST_IS_NEWER ", serial, ?4),"
	    " valid_until = iif(" LIST_IS_NEWER ", valid_until, ?5)",
	[STMT_LIST_DEL] = "DELETE FROM list WHERE source = ?1",
	[STMT_LIST_PRUNE] = "DELETE FROM list WHERE at < ?1 - 365 * 86400"
			    " AND rowid NOT IN (SELECT rowid FROM list"
			    " ORDER BY at DESC LIMIT 64)",
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
