/*
 * The store from outside of vplamad: filled with vnodes that were reached, or
 * asked whether it is sound.
 *
 *	store_fill keys KEYS N
 *	store_fill fill PATH KEYS N
 *	store_fill sound PATH
 *	store_fill count PATH
 *	store_fill changed PATH
 *
 * changed: how many have another address than they were filled with.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "book/uptime.h"
#include "store/store.h"
#include "tests/show/storekey.h"

#define MET 1795000000 /* some day of 2026 */

static void
ignore(void *arg, const struct store_rec *rec)
{
	(void)arg;
	(void)rec;
}

static void
put_peer(struct store *s, const uint8_t key[STORE_KEY])
{
	struct store_rec rec = { .kind = STORE_PEER, .at = MET };
	uint8_t ep[STORE_ADDR], up[UPTIME_BYTES];
	struct uptime u;
	struct addr a;

	memcpy(rec.u.peer.key, key, STORE_KEY);
	a = storekey_addr(rec.u.peer.key, 0);
	memcpy(ep, a.ip, sizeof(a.ip));
	ep[16] = (uint8_t)(a.port >> 8);
	ep[17] = (uint8_t)a.port;
	uptime_init(&u, 0);
	rec.u.peer.first_at = MET;
	rec.u.peer.reached = rec.u.peer.dialled = true;
	rec.u.peer.observed = 300000;
	rec.u.peer.rtt_us = 20000;
	rec.u.peer.ep = (struct store_blob){ ep, sizeof(ep) };
	rec.u.peer.proven = rec.u.peer.ep;
	rec.u.peer.uptime = (struct store_blob){ up, uptime_write(&u, up) };
	if (store_put(s, &rec) == 0)
		fatalx("the store takes no more");
}

static int
fill(const char *path, const char *keys, size_t n)
{
	const struct store_config cfg = { path, 3600000, STORE_RETRY_MS,
		(unsigned)n };
	struct store *s = store_open(&cfg, ignore, NULL);
	size_t i, have;
	uint8_t *key = storekey_read(keys, &have);

	for (i = 0; i < n && i < have; i++)
		put_peer(s, key + i * STORE_KEY);
	free(key);
	return store_close(s) ? 0 : 1;
}

/* The first column of the first row, to standard output. */
static int
ask(const char *path, const char *sql)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int rc;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) ==
		SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		printf("%s\n", (const char *)sqlite3_column_text(st, 0));
		rc = 0;
	} else {
		printf("%s\n", sqlite3_errmsg(db));
		rc = 1;
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rc;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "keys") == 0) {
		storekey_write(argv[2], strtoul(argv[3], NULL, 10));
		return 0;
	}
	if (argc == 5 && strcmp(argv[1], "fill") == 0)
		return fill(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "sound") == 0)
		return ask(argv[2], "PRAGMA integrity_check(1)");
	if (argc == 3 && strcmp(argv[1], "changed") == 0)
		return ask(argv[2],
		    "SELECT count(*) FROM peer"
		    " WHERE substr(endpoints, 15, 2) <> x'0000'"
		    " AND substr(endpoints, 13, 1) = x'0a'");
	if (argc == 3 && strcmp(argv[1], "count") == 0)
		return ask(argv[2], "SELECT count(*) FROM peer");
	fprintf(stderr,
	    "usage: store_fill keys KEYS N | fill PATH KEYS N |"
	    " sound PATH | count PATH | changed PATH\n");
	return 2;
}
