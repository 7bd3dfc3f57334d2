/* One connection: real files, whole and broken ones. */
#include "base/clock.h"
#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/copy.h"
#include "store/recdb.h"
#include "store/schema.h"
#include "tests/folder.h"
#include "tests/rng.h"
#include "tests/unit/store_made.h"

#define FILE_MAX (1u << 20)

/* Each test works in an empty folder of its own, the current one. */
static int
enter(void **state)
{
	char dir[32];

	if (!folder_make(dir) || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

/* Files whose names begin so. */
static unsigned
files(const char *head)
{
	struct dirent *e;
	DIR *d = opendir(".");
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, head, strlen(head)) == 0;
	closedir(d);
	return n;
}

static void
empty_folder(void)
{
	struct dirent *e;
	DIR *d = opendir(".");

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (unlink(e->d_name) < 0)
			(void)rmdir(e->d_name); /* but for . and .. */
	closedir(d);
}

static int
leave(void **state)
{
	int rc;

	empty_folder();
	rc = chdir("/") < 0 || rmdir(*state) < 0;
	free(*state);
	return rc;
}

static size_t
slurp(const char *path, uint8_t *buf)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, FILE_MAX, f);
	fclose(f);
	return n;
}

static void
spill(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static struct db *
opens(const struct db_schema *s)
{
	char why[DB_WHY];
	enum db_rc rc;
	struct db *db = db_open("db", s, &rc, why);

	if (db == NULL)
		print_error("db_open: %d %s\n", (int)rc, why);
	assert_non_null(db);
	assert_int_equal(rc, DB_OK);
	return db;
}

static enum db_rc
fails(const struct db_schema *s, const char *want)
{
	char why[DB_WHY] = "";
	enum db_rc rc;
	struct db *db = db_open("db", s, &rc, why);

	assert_null(db);
	assert_true(rc != DB_OK);
	if (strstr(why, want) == NULL)
		print_error("'%s' is not in '%s'\n", want, why);
	assert_non_null(strstr(why, want));
	return rc;
}

/* Three releases: each adds to what the one before has written. */
static const char *const steps[] = {
	"CREATE TABLE t (a INTEGER NOT NULL) STRICT;"
	"INSERT INTO t VALUES (1);",
	"ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'old';"
	"INSERT INTO t VALUES (2, 'two');",
	"CREATE TABLE u (n INTEGER NOT NULL CHECK (n > 0)) STRICT;"
	"INSERT INTO u SELECT sum(a) FROM t;",
	"CREATE TABLE v (a) STRICT;", /* has no type: an error */
};
enum { ASK_T, PUT_T };
static const char *const asks[] = {
	[ASK_T] = "SELECT a FROM t ORDER BY a",
	[PUT_T] = "INSERT INTO t (a) VALUES (?1)",
};
static const char *const asks_u[] = { "SELECT n FROM u",
	"INSERT INTO u VALUES (?1)" };

static struct db_schema
release(unsigned n)
{
	return (struct db_schema){ steps, n, asks, n > 0 ? 2 : 0 };
}

static void
put(struct db *db, unsigned id, int64_t v, enum db_rc want)
{
	sqlite3_stmt *st = db_stmt(db, id);

	sqlite3_bind_int64(st, 1, v);
	assert_int_equal(db_step(db, st), want);
}

/* The numbers that the statement gives, added up; how many. */
static int64_t
sum(struct db *db, unsigned id, unsigned *ret_n)
{
	sqlite3_stmt *st = db_stmt(db, id);
	int64_t v = 0;
	enum db_rc rc;

	*ret_n = 0;
	while ((rc = db_step(db, st)) == DB_ROW) {
		v += sqlite3_column_int64(st, 0);
		(*ret_n)++;
	}
	assert_int_equal(rc, DB_OK);
	return v;
}

static void
migrates_from_each(void **state)
{
	const struct db_schema last = { steps, 3, asks_u, 2 };
	struct db_schema s;
	unsigned from, n;
	struct db *db;

	(void)state;
	for (from = 0; from <= 3; from++) {
		unlink("db");
		s = release(from);
		db = opens(&s);
		if (from > 0)
			put(db, PUT_T, 100, DB_OK);
		db_close(db);
		db = opens(&last);
		assert_int_equal(sum(db, 0, &n),
		    from == 0	    ? 3
			: from == 3 ? 3
				    : 103);
		assert_int_equal(n, 1);
		put(db, 1, 5, DB_OK);
		put(db, 1, -5, DB_REFUSED);
		assert_non_null(strstr(db_why(db), "CHECK"));
		db_close(db);
		db = opens(&last); /* again: nothing is done twice */
		assert_int_equal(
		    sum(db, 0, &n), from == 0 || from == 3 ? 8 : 108);
		db_close(db);
	}
}

/* What the daemon brings, from each version that it had. */
static void
migrates_ours(void **state)
{
	struct db_schema s = schema_now(), old;
	unsigned from;
	struct db *db;
	struct made m;

	(void)state;
	made_init(&m, STORE_NETWORK, 1, 1);
	for (from = 0; from <= s.n_migrations; from++) {
		unlink("db");
		old = (struct db_schema){ s.migration, from, NULL, 0 };
		db_close(opens(&old));
		db = opens(&s);
		assert_int_equal(recdb_put(db, &m.rec), DB_OK);
		db_close(db);
		old.n_migrations = s.n_migrations;
		db_close(opens(&old));
	}
}

static void
bad_step_leaves_no_trace(void **state)
{
	struct db_schema s = release(4), two = release(3);
	uint8_t *before = malloc(FILE_MAX), *after = malloc(FILE_MAX);
	size_t len;

	(void)state;
	db_close(opens(&two));
	len = slurp("db", before);
	assert_int_equal(fails(&s, "v.a"), DB_DAMAGED);
	assert_int_equal(slurp("db", after), len);
	assert_memory_equal(before, after, len);
	db_close(opens(&two));
	free(before);
	free(after);
}

static void
newer_is_left_alone(void **state)
{
	struct db_schema three = release(3), two = release(2);
	uint8_t *before = malloc(FILE_MAX), *after = malloc(FILE_MAX);
	size_t len;

	(void)state;
	db_close(opens(&three));
	len = slurp("db", before);
	assert_int_equal(fails(&two, "version: 3"), DB_NEWER);
	assert_int_equal(slurp("db", after), len);
	assert_memory_equal(before, after, len);
	db_close(opens(&three));
	free(before);
	free(after);
}

static void
rolls_back(void **state)
{
	struct db_schema s = release(1);
	struct db *db = opens(&s);
	unsigned n;

	(void)state;
	assert_int_equal(db_begin(db), DB_OK);
	put(db, PUT_T, 5, DB_OK);
	db_rollback(db);
	db_rollback(db); /* fine */
	assert_int_equal(sum(db, ASK_T, &n), 1);
	assert_int_equal(db_begin(db), DB_OK);
	put(db, PUT_T, 6, DB_OK);
	assert_int_equal(db_commit(db), DB_OK);
	assert_int_equal(db_begin(db), DB_OK);
	put(db, PUT_T, 7, DB_OK);
	db_close(db); /* as a crash would */
	db = opens(&s);
	assert_int_equal(sum(db, ASK_T, &n), 7);
	db_close(db);
	assert_int_equal(files("db"), 1); /* no journal is left */
}

/* Who else has it: we wait a second, not for ever, and do not take it as bad */
static void
busy_may_pass(void **state)
{
	struct db_schema s = release(1);
	struct db *a = opens(&s), *b = opens(&s);
	enum db_rc rc;
	char why[DB_WHY];

	(void)state;
	assert_int_equal(db_begin(a), DB_OK);
	assert_int_equal(db_begin(b), DB_FAILED);
	put(a, PUT_T, 9, DB_OK);
	assert_int_equal(db_commit(a), DB_OK);
	assert_int_equal(db_begin(b), DB_OK);
	db_close(b);
	db_close(a);

	assert_int_equal(mkdir("d", 0700), 0);
	assert_null(db_open("d", &s, &rc, why));
	assert_int_equal(rc, DB_FAILED);
	assert_null(db_open("none/db", &s, &rc, why));
	assert_int_equal(rc, DB_FAILED);
	assert_non_null(strstr(why, strerror(ENOENT)));
}

/* A file with many records of all kinds, as bytes. */
static size_t
full_file(uint8_t *buf)
{
	struct db_schema s = schema_now();
	struct db *db = opens(&s);
	struct made m;
	uint32_t n;

	assert_int_equal(db_begin(db), DB_OK);
	for (n = 1; n <= 300; n++) {
		made_init(&m, (enum store_kind)(n % STORE_KINDS), n, n);
		if (m.rec.kind == STORE_MOVE)
			m.rec.u.move.id = (int64_t)n;
		assert_int_equal(recdb_put(db, &m.rec), DB_OK);
	}
	assert_int_equal(db_commit(db), DB_OK);
	db_close(db);
	return slurp("db", buf);
}

static void
count_rec(void *arg, const struct store_rec *rec)
{
	unsigned *n = arg;

	assert_true(rec->kind < STORE_KINDS);
	(*n)++;
}

/*
 * Whatever "db" holds: it is read and written to, or refused; set aside, a new
 * one takes all.
 */
static enum db_rc
survive(void)
{
	struct db_schema s = schema_now();
	unsigned n = 0, bad;
	char why[DB_WHY];
	enum db_rc rc;
	struct made m;
	struct db *db = db_open("db", &s, &rc, why);

	made_init(&m, STORE_SELF, 0, 7);
	if (db != NULL)
		rc = recdb_load(db, count_rec, &n, &bad);
	if (rc == DB_OK)
		rc = db_begin(db);
	if (rc == DB_OK)
		rc = recdb_put(db, &m.rec);
	if (rc == DB_OK)
		rc = recdb_prune(db, m.rec.at);
	if (rc == DB_OK)
		rc = db_commit(db);
	db_close(db);
	if (rc != DB_DAMAGED)
		return rc;
	assert_int_equal(copy_set_aside("db", 1700000000), 0);
	assert_int_equal(files("db.corrupt-1700000000"), 1);
	db = opens(&s);
	assert_int_equal(recdb_put(db, &m.rec), DB_OK);
	n = 0;
	assert_int_equal(recdb_load(db, count_rec, &n, &bad), DB_OK);
	assert_int_equal(n, 1);
	assert_int_equal(bad, 0);
	db_close(db);
	return rc;
}

static void
flipped_bits(void **state)
{
	uint8_t *good = malloc(FILE_MAX), *is = malloc(FILE_MAX);
	size_t len = full_file(good), i;
	struct rng r = rng_seeded(7469);
	unsigned damaged = 0, k;

	(void)state;
	for (i = 0; i < 1000; i++) {
		memcpy(is, good, len);
		/* one in ten in the head of the file, some in bunches */
		for (k = 0; k <= i % 4; k++)
			is[rng_below(&r, i % 10 == 0 ? 100 : len)] ^=
			    (uint8_t)(1u << rng_below(&r, 8));
		empty_folder();
		spill("db", is, len);
		damaged += survive() == DB_DAMAGED;
	}
	assert_true(damaged > 50); /* else nothing was looked for */
	free(good);
	free(is);
}

static void
truncated(void **state)
{
	uint8_t *good = malloc(FILE_MAX);
	size_t len = full_file(good), cut;
	unsigned damaged = 0, n = 0;
	enum db_rc rc;

	(void)state;
	for (cut = 0; cut < len; cut += cut < 200 ? 7 : 509) {
		empty_folder();
		spill("db", good, cut);
		rc = survive();
		assert_true(rc == DB_OK ? cut == 0 : rc == DB_DAMAGED);
		damaged += rc == DB_DAMAGED;
		n++;
	}
	assert_int_equal(damaged, n - 1);
	free(good);
}

static void
no_database(void **state)
{
	static const char text[] = "This is a letter, and a long one: nobody "
				   "would take it for anything else.\n";
	uint8_t *p = calloc(1, 65536);
	struct rng r = rng_seeded(1);

	(void)state;
	spill("db", text, sizeof(text) - 1);
	assert_int_equal(survive(), DB_DAMAGED);
	empty_folder();
	spill("db", p, 65536); /* zeros alone */
	assert_int_equal(survive(), DB_DAMAGED);
	empty_folder();
	rng_fill(&r, p, 65536);
	spill("db", p, 65536);
	assert_int_equal(survive(), DB_DAMAGED);
	free(p);
}

/* A journal of the old file would be played back into the new one. */
static void
set_aside_with_journal(void **state)
{
	char name[32];
	int64_t t;

	(void)state;
	for (t = 1; t <= 5; t++) {
		spill("db", "x", 1);
		spill("db-journal", "y", 1);
		assert_int_equal(copy_set_aside("db", t), 0);
		assert_int_equal(files("db"), 2 * (t < 3 ? t : 3));
		snprintf(
		    name, sizeof(name), "db.corrupt-%010d-journal", (int)t);
		assert_int_equal(access(name, F_OK), 0);
	}
	assert_int_equal(files("db.corrupt-0000000003"), 2);
	assert_int_equal(files("db.corrupt-0000000002"), 0);
	assert_int_equal(copy_set_aside("db", 6), 0); /* there is none */
	assert_int_equal(mkdir("db.corrupt-0000000007", 0700), 0);
	spill("db", "x", 1);
	assert_int_equal(copy_set_aside("db", 7), -EISDIR);
	assert_int_equal(access("db", F_OK), 0);
}

#define PEER_ROW(values) "INSERT INTO peer VALUES (" values ")"

static const char *const senseless[] = {
	"INSERT INTO self VALUES (1, -1, 1, 1, 1, 1, 0, x'01')",
	"INSERT OR REPLACE INTO self"
	" VALUES (1, 1, 1, 1, 4294967296, 1, 0, x'01')",
	"INSERT OR REPLACE INTO self VALUES (1, 1, 1, 1, 1, 1, 2, x'')",
	"INSERT INTO network VALUES (x'01', 1, 1, 1, x'', "
	"zeroblob(64))",
	"INSERT INTO network"
	" VALUES (zeroblob(32), 1, 1, 1, x'', zeroblob(63))",
	"INSERT INTO network"
	" VALUES (zeroblob(32), 1, 1, -1, x'', zeroblob(64))",
	"INSERT INTO network"
	" VALUES (zeroblob(32), 1, 1, 1, zeroblob(16385), "
	"zeroblob(64))",
	"INSERT INTO move VALUES (0, 1, x'', x'')",
	"INSERT INTO reservation VALUES (1, 1, -1, x'')",
	"INSERT INTO demand VALUES (-1, zeroblob(32), 1, x'', 1, 1)",
	"INSERT INTO demand VALUES (1, zeroblob(32), 1, x'', 256, 1)",
	"INSERT INTO demand VALUES (1, zeroblob(32), 1, x'', 1, -1)",
	"INSERT INTO watch VALUES (1, 1, -1, zeroblob(32), "
	"zeroblob(32), 'n')",
	"INSERT INTO watch VALUES (1, 1, 1, zeroblob(32), "
	"zeroblob(31), "
	"'n')",
	"INSERT INTO watch VALUES (1, 1, 1, zeroblob(32), "
	"zeroblob(32), "
	"printf('%065d', 1))",
	"INSERT INTO revoked VALUES (zeroblob(33), 1, x'')",
	PEER_ROW("zeroblob(31), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, x'', x'', "
		 "x'', x''"),
	PEER_ROW("zeroblob(32), 1, -1, 1, 1, 1, 1, 1, 1, 1, 1, x'', "
		 "x'', x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 256, 1, 1, 1, 1, 1, 1, 1, x'', "
		 "x'', x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, x'', x'', "
		 "x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 1, 1, 1, 1, 1, 4294967296, 1, 1, "
		 "x'', x'', x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "
		 "zeroblob(19), x'', x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, x'', "
		 "zeroblob(36), x'', x''"),
	PEER_ROW("zeroblob(32), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, x'', x'', "
		 "x'', zeroblob(16385)"),
	"INSERT INTO list VALUES (printf('%0513d', 1), 1, x'', 1, 1)",
	"INSERT INTO list VALUES ('x', 1, x'', 1, -1)",
};

/* Rows that have the right types and still make no sense are left out. */
static void
senseless_rows(void **state)
{
	struct db_schema s = schema_now();
	unsigned i, n = 0, bad;
	struct db *db;
	sqlite3 *raw;

	(void)state;
	for (i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		unlink("db");
		db_close(opens(&s));
		assert_int_equal(sqlite3_open("db", &raw), SQLITE_OK);
		assert_int_equal(
		    sqlite3_exec(raw, senseless[i], NULL, NULL, NULL),
		    SQLITE_OK);
		sqlite3_close(raw);
		db = opens(&s);
		assert_int_equal(recdb_load(db, count_rec, &n, &bad), DB_OK);
		assert_int_equal(n, 0);
		assert_int_equal(bad, 1);
		db_close(db);
	}
}

#define DAY 86400

static void
prune_count(void *arg, const struct store_rec *rec)
{
	unsigned *n = arg;

	n[rec->kind]++;
}

/* 100 of each kind, the n-th n days old; what is there after a prune. */
static void
prunes(void **state)
{
	const int64_t now = 2000000000;
	unsigned i, bad, n[STORE_KINDS] = { 0 };
	struct db_schema s = schema_now();
	struct db *db = opens(&s);
	enum store_kind kind;
	struct made m;

	(void)state;
	for (i = 0; i < 100; i++) {
		for (kind = STORE_NETWORK; kind < STORE_KINDS; kind++) {
			/* the future of a clock that was wrong, too */
			made_init(&m, kind, i, 1 + i);
			m.rec.at = now + (2 - (int64_t)i) * 4 * DAY;
			if (kind == STORE_MOVE)
				m.rec.u.move.id = 1000 - (int64_t)i;
			if (kind == STORE_RESERVE)
				m.rec.u.reserve.until = m.rec.at + 30;
			if (kind == STORE_PEER)
				m.rec.u.peer.reached = true;
			if (kind == STORE_DEMAND)
				m.rec.u.demand.state = i % 10 != 0;
			assert_int_equal(recdb_put(db, &m.rec), DB_OK);
		}
	}
	assert_int_equal(recdb_prune(db, now), DB_OK);
	assert_int_equal(recdb_load(db, prune_count, n, &bad), DB_OK);
	assert_int_equal(n[STORE_NETWORK], 64);
	assert_int_equal(n[STORE_MOVE], 16);
	assert_int_equal(n[STORE_RESERVE], 3);
	assert_int_equal(n[STORE_DEMAND], 10 + 64);
	assert_int_equal(n[STORE_PEER], 100);
	assert_int_equal(n[STORE_REVOKED], 100);
	assert_int_equal(n[STORE_LIST], 94); /* a year and two in the future */

	/* a clock of the year 2106, a clock of 1970: the rest stays */
	assert_int_equal(recdb_prune(db, UINT32_MAX), DB_OK);
	assert_int_equal(recdb_prune(db, 0), DB_OK);
	memset(n, 0, sizeof(n));
	assert_int_equal(recdb_load(db, prune_count, n, &bad), DB_OK);
	assert_int_equal(n[STORE_NETWORK], 64);
	assert_int_equal(n[STORE_MOVE], 16);
	assert_int_equal(n[STORE_RESERVE], 0);
	assert_int_equal(n[STORE_DEMAND], 10 + 64);
	db_close(db);
}

/* So many peers and revocations, the n-th was seen at n. */
static void
fill_book(struct db *db, unsigned reached, unsigned heard, unsigned revoked)
{
	struct store_rec p = { .kind = STORE_PEER };
	struct store_rec r = { .kind = STORE_REVOKED };
	uint32_t i;

	assert_int_equal(db_begin(db), DB_OK);
	for (i = 1; i <= reached + heard; i++) {
		memcpy(p.u.peer.key, &i, sizeof(i));
		p.u.peer.reached = i <= reached;
		p.at = p.u.peer.reached ? i : 0;
		assert_int_equal(recdb_put(db, &p), DB_OK);
	}
	for (i = 1; i <= revoked; i++) {
		memcpy(r.u.revoked.key, &i, sizeof(i));
		assert_int_equal(recdb_put(db, &r), DB_OK);
	}
	assert_int_equal(db_commit(db), DB_OK);
}

struct oldest {
	unsigned n[STORE_KINDS], heard;
	uint32_t reached_from, heard_from, revoked_from;
};

static void
find_oldest(void *arg, const struct store_rec *rec)
{
	struct oldest *o = arg;
	const uint8_t *key =
	    rec->kind == STORE_REVOKED ? rec->u.revoked.key : rec->u.peer.key;
	uint32_t *from = rec->kind == STORE_REVOKED ? &o->revoked_from
	    : rec->u.peer.reached		    ? &o->reached_from
						    : &o->heard_from;
	uint32_t i;

	memcpy(&i, key, sizeof(i));
	*from = *from == 0 || i < *from ? i : *from;
	o->n[rec->kind]++;
	o->heard += rec->kind == STORE_PEER && !rec->u.peer.reached;
}

/* What strangers can make us write has an end; the oldest go. */
static void
bounds(void **state)
{
	struct db_schema s = schema_now();
	struct db *db = opens(&s);
	struct oldest o = { { 0 }, 0, 0, 0, 0 };
	unsigned bad;

	(void)state;
	fill_book(db, 16384 + 50, 1024 + 30, 4096 + 20);
	assert_int_equal(recdb_prune(db, 0), DB_OK);
	assert_int_equal(recdb_load(db, find_oldest, &o, &bad), DB_OK);
	assert_int_equal(o.n[STORE_PEER], 16384 + 1024);
	assert_int_equal(o.heard, 1024);
	assert_int_equal(o.n[STORE_REVOKED], 4096);
	assert_int_equal(o.reached_from, 51);
	assert_int_equal(o.heard_from, 16384 + 50 + 31);
	assert_int_equal(o.revoked_from, 21);
	db_close(db);
}

/* 10 000 peers are read within a second, check of the file and all. */
static void
ten_thousand(void **state)
{
	struct db_schema s = schema_now();
	struct db *db = opens(&s);
	unsigned i, bad, n = 0;
	uint64_t start;
	struct made m;
	double took;

	(void)state;
	assert_int_equal(db_begin(db), DB_OK);
	for (i = 0; i < 10000; i++) {
		made_init(&m, STORE_PEER, i, 1 + i);
		assert_int_equal(recdb_put(db, &m.rec), DB_OK);
	}
	assert_int_equal(db_commit(db), DB_OK);
	db_close(db);
	start = clock_mono_ns();
	db = opens(&s);
	assert_int_equal(recdb_load(db, count_rec, &n, &bad), DB_OK);
	took = (double)(clock_mono_ns() - start) * 1e-9;
	db_close(db);
	printf("# 10000 read in %.3f s\n", took);
	assert_int_equal(n, 10000);
	assert_true(took < 1.0);
}

/* The group may read what vplamad's umask would keep from it; no one else. */
static void
group_may_read(void **state)
{
	struct db_schema s = schema_now();
	mode_t was = umask(077);
	struct stat st;

	(void)state;
	db_close(opens(&s));
	umask(was);
	assert_int_equal(stat("db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(migrates_from_each),
		T(migrates_ours),
		T(bad_step_leaves_no_trace),
		T(newer_is_left_alone),
		T(rolls_back),
		T(busy_may_pass),
		T(flipped_bits),
		T(truncated),
		T(no_database),
		T(set_aside_with_journal),
		T(senseless_rows),
		T(prunes),
		T(bounds),
		T(ten_thousand),
		T(group_may_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
