/*
 * What the database looks like and all that is asked of it: the migrations
 * (the files of sql/, in order) and the table of statements.
 */
#ifndef VPLAM_STORE_SCHEMA_H
#define VPLAM_STORE_SCHEMA_H

#include "store/db.h"

enum schema_stmt {
	STMT_SELF_ALL,
	STMT_SELF_PUT,
	STMT_NETWORK_ALL,
	STMT_NETWORK_PUT,
	STMT_NETWORK_PRUNE,
	STMT_MOVE_ALL,
	STMT_MOVE_PUT,
	STMT_MOVE_PRUNE,
	STMT_RESERVATION_ALL,
	STMT_RESERVATION_PUT,
	STMT_RESERVATION_DEL,
	STMT_RESERVATION_PRUNE,
	STMT_DEMAND_ALL,
	STMT_DEMAND_PUT,
	STMT_DEMAND_PRUNE,
	STMT_WATCH_ALL,
	STMT_WATCH_PUT,
	STMT_REVOKED_ALL,
	STMT_REVOKED_PUT,
	STMT_REVOKED_PRUNE,
	STMT_PEER_ALL,
	STMT_PEER_PUT,
	STMT_PEER_DEL,
	STMT_PEER_PRUNE,
	STMT_HEARD_PRUNE,
	STMT_LIST_ALL,
	STMT_LIST_PUT,
	STMT_LIST_DEL,
	STMT_LIST_PRUNE,
	STMT_COUNT
};

/* migrations.c, which the makefile makes. */
extern const char *const schema_migrations[];
extern const unsigned schema_migrations_n;

/* All of it, for db_open(). */
struct db_schema schema_now(void);

#endif
