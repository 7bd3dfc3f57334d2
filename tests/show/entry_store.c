/*
 * Makes the store of a vplamad of the network "lab" that has watched others:
 *
 *	entry_store FILE made N		N vnodes, of 83 hours each
 *	entry_store FILE peers SECONDS KEYFILE ADDR:PORT ...
 *					those, observed for so long each
 *
 * or says what is in one, "KEY SECONDS" a line:
 *
 *	entry_store FILE show
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/prim.h"
#include "store/reader.h"
#include "store/store.h"
#include "tests/tool.h"
#include "tests/unit/entry_rows.h"

#define MADE_MINUTES 5000u

static void
ignore(void *arg, const struct store_rec *rec)
{
	(void)arg;
	(void)rec;
}

static void
put(struct store *s, const struct store_rec *rec)
{
	if (store_put(s, rec) == 0)
		fatalx("the store took no more");
}

static uint32_t
put_made(struct store *s, unsigned n, uint64_t now)
{
	struct row_vnode v;

	for (unsigned i = 0; i < n; i++) {
		row_vnode(&v, i, MADE_MINUTES, now);
		put(s, &v.rec);
	}
	return MADE_MINUTES;
}

/* The last minute was that of the longest. */
static uint32_t
put_peers(struct store *s, int n, char **arg, uint64_t now)
{
	uint32_t most = 0;

	for (; n >= 3; n -= 3, arg += 3) {
		uint32_t seconds = (uint32_t)strtoul(arg[0], NULL, 10);
		struct addr at = tool_addr(arg[2]);
		uint8_t seed[KEY_LEN];
		struct identity id;
		struct row_vnode v;
		const char *why;

		if (!key_file_load(arg[1], seed, &why))
			fatalx("%s: %s", arg[1], why);
		if (!identity_from_seed(seed, &id))
			fatalx("%s: no key", arg[1]);
		row_of(&v, &id, &at, seconds / 60, now);
		v.rec.u.peer.observed = seconds;
		put(s, &v.rec);
		most = seconds / 60 > most ? seconds / 60 : most;
	}
	return most;
}

static void
show_row(void *arg, const struct store_rec *rec)
{
	char key[KEY_TEXT];

	(void)arg;
	if (rec->kind != STORE_PEER)
		return;
	key_format(rec->u.peer.key, key);
	printf("%s %" PRIu32 "\n", key, rec->u.peer.observed);
}

static int
show(const char *path)
{
	char why[DB_WHY];

	if (reader_load(path, show_row, NULL, why) != DB_OK)
		fatalx("%s: %s", path, why);
	return 0;
}

int
main(int argc, char **argv)
{
	uint64_t now = (uint64_t)clock_wall();
	struct store_config cfg = {
		.every_ms = 100, .retry_ms = 100, .waiting = 16384
	};
	struct store_rec watch;
	struct store *s;
	uint32_t minutes;

	log_init("entry_store", LOG_LV_INFO);
	if (!crypto_start())
		return 1;
	if (argc == 3 && strcmp(argv[2], "show") == 0)
		return show(argv[1]);
	if (argc < 4)
		fatalx("usage: entry_store FILE show | made N | peers SECONDS "
		       "KEYFILE ADDR:PORT ...");
	cfg.path = argv[1];
	s = store_open(&cfg, ignore, NULL);
	if (strcmp(argv[2], "made") == 0)
		minutes = put_made(s, (unsigned)atoi(argv[3]), now);
	else
		minutes = put_peers(s, argc - 3, argv + 3, now);
	watch = rows_watch(minutes, (int64_t)now);
	put(s, &watch);
	if (!store_close(s))
		fatalx("%s: not all was written", argv[1]);
	return 0;
}
