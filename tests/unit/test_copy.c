/* Daily copies: made in time, and what they are good for. */
#include "base/clock.h"
#include "store/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/schema.h"
#include "store/writer.h"
#include "tests/rng.h"
#include "tests/unit/store_made.h"
#include "tests/unit/store_rig.h"

#define DAY 86400
#define FLIPS 60
#define FILE_MAX (1u << 20)

/* Writes one and waits, also for the copy that may follow it. */
static void
writes(unsigned who, uint32_t n)
{
	struct held h;
	struct store *s = rig_opens(&h, 0, 20, 100);

	assert_true(rig_comes(s, rig_put(s, STORE_PEER, who, n), 5));
	/* one more batch comes after the copy of the first */
	assert_true(rig_comes(s, rig_put(s, STORE_WATCH, 0, n), 5));
	assert_true(store_close(s));
}

/* The version of that peer as a store in the file finds it, 0: none. */
static uint32_t
finds(unsigned who)
{
	struct held h;
	struct store *s = rig_opens(&h, 0, 20, 100);

	assert_true(store_close(s));
	return h.n[STORE_PEER][who];
}

/* The same of a copy. */
static uint32_t
copy_finds(const char *path, unsigned who)
{
	uint32_t n;

	assert_int_equal(rename("db", "kept"), 0);
	assert_int_equal(link(path, "db"), 0);
	n = finds(who);
	assert_int_equal(rename("kept", "db"), 0);
	return n;
}

/* As if it had been made so many seconds ago. */
static void
ages(const char *path, int64_t s)
{
	const struct timespec at = { .tv_sec = time(NULL) - s };
	const struct timespec both[2] = { at, at };

	assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

static void
one_a_day(void **state)
{
	(void)state;
	writes(1, 1);
	assert_int_equal(rig_files("db"), 2); /* db, db.1 and nothing else */
	assert_int_equal(copy_finds("db.1", 1), 1);
	writes(1, 2);
	ages("db.1", DAY - 60);
	writes(1, 3);
	assert_int_equal(copy_finds("db.1", 1), 1);
	assert_int_equal(rig_files("db"), 2);

	ages("db.1", DAY + 1);
	writes(1, 4);
	assert_int_equal(copy_finds("db.1", 1), 4);
	assert_int_equal(copy_finds("db.2", 1), 1);
	ages("db.1", -60); /* a clock that was wrong */
	writes(1, 5);
	assert_int_equal(copy_finds("db.1", 1), 5);
	assert_int_equal(copy_finds("db.2", 1), 4);
	assert_int_equal(rig_files("db"), 3);
}

/* The log of a start that finds that. */
static char *
log_of(unsigned who, uint32_t n)
{
	FILE *f;
	int saved = rig_to_file(&f);
	uint32_t is = finds(who);
	char *text = rig_stderr_of(saved, f);

	if (is != n)
		print_error("%s", text);
	assert_int_equal(is, n);
	return text;
}

static void
starts_with(unsigned who, uint32_t n, const char *want)
{
	char *text = log_of(who, n);

	if (strstr(text, want) == NULL)
		print_error("'%s' is not in '%s'\n", want, text);
	assert_non_null(strstr(text, want));
	assert_true(rig_lines(text) <= 2);
	free(text);
}

/* Version 9 in db, 2 in db.1, 1 in db.2. */
static void
three_files(void)
{
	writes(1, 1);
	ages("db.1", DAY + 1);
	writes(1, 2);
	writes(1, 9);
}

static void
newest_sound_one(void **state)
{
	struct stat st;

	(void)state;
	three_files();
	rig_scribble("db", "no database\n");
	starts_with(1, 2, "restored from db.1");
	assert_int_equal(rig_files("db.corrupt-"), 1);
	assert_int_equal(stat("db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	sleep(1); /* another second, another name */
	rig_scribble("db", "no database\n");
	rig_scribble("db.1", "no copy\n");
	starts_with(1, 1, "restored from db.2");
	assert_int_equal(rig_files("db.corrupt-"), 2);

	sleep(1);
	rig_scribble("db", "no database\n");
	rig_scribble("db.2", "no copy\n");
	starts_with(1, 0, "a new one is begun");
	assert_int_equal(rig_files("db.corrupt-"), 3);
	assert_int_equal(rig_files("db.new"), 0);
	writes(1, 3);
	assert_int_equal(finds(1), 3);
}

/* Gone, or emptied: as good as damaged. */
static void
missing_one(void **state)
{
	(void)state;
	three_files();
	assert_int_equal(unlink("db"), 0);
	starts_with(1, 2, "restored from db.1");
	assert_int_equal(truncate("db", 0), 0);
	starts_with(1, 2, "restored from db.1");
	assert_int_equal(truncate("db", 0), 0);
	assert_int_equal(truncate("db.1", 0), 0);
	starts_with(1, 1, "restored from db.2");
	assert_int_equal(rig_files("db.corrupt-"), 0);
}

/* A copy of a later release is none for us. */
static void
newer_copy(void **state)
{
	sqlite3 *db;

	(void)state;
	three_files();
	assert_int_equal(sqlite3_open("db.1", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(unlink("db"), 0);
	starts_with(1, 1, "restored from db.2");
	assert_int_equal(access("db.1", F_OK), 0);
}

/* Found while it runs: what still waits is written to what was restored. */
static void
while_it_runs(void **state)
{
	struct held h;
	struct store *s;
	unsigned i;

	(void)state;
	three_files();
	for (i = 0; i < 2; i++) {
		s = rig_opens(&h, 0, 20, 100);
		assert_false(store_lost(s));
		if (i == 0)
			rig_scribble("db", "no database\n");
		else
			assert_int_equal(unlink("db"), 0);
		assert_true(rig_comes(s, rig_put(s, STORE_PEER, 2, 7 + i), 5));
		assert_true(store_lost(s));
		assert_false(store_lost(s));
		assert_true(rig_comes(s, rig_put(s, STORE_PEER, 3, 8), 5));
		assert_false(store_lost(s));
		assert_true(store_close(s));
		s = rig_opens(&h, 0, 20, 100);
		assert_int_equal(h.n[STORE_PEER][1], 2);
		assert_int_equal(h.n[STORE_PEER][2], 7 + i);
		assert_int_equal(h.n[STORE_PEER][3], 8);
		assert_true(store_close(s));
	}
}

static void
limit_files(rlim_t max)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/*
 * Damaged, and nothing can be written: what the copy holds is there at once,
 * and no new file takes the place that it will have.
 */
static void
on_a_full_disk(void **state)
{
	struct held h;
	struct store *s;
	uint64_t t;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	three_files();
	rig_scribble("db", "no database\n");
	limit_files(1024);
	s = rig_opens(&h, 0, 50, 100);
	assert_int_equal(h.n[STORE_PEER][1], 2);
	t = rig_put(s, STORE_PEER, 2, 5);
	assert_false(rig_comes(s, t, 0.4));
	limit_files(RLIM_INFINITY);
	assert_true(rig_comes(s, t, 5));
	assert_true(store_close(s));
	s = rig_opens(&h, 0, 50, 100);
	assert_int_equal(h.n[STORE_PEER][1], 2);
	assert_int_equal(h.n[STORE_PEER][2], 5);
	assert_true(store_close(s));
	assert_int_equal(rig_files("db.corrupt-"), 1);
}

/* One that cannot be read at the start, but is all right. */
static void
locked_out(void **state)
{
	struct held h;
	struct store *s;
	sqlite3 *other;

	(void)state;
	three_files();
	assert_int_equal(sqlite3_open("db", &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
	    SQLITE_OK);
	s = rig_opens(&h, 0, 50, 100);
	assert_int_equal(h.n[STORE_PEER][1], 2);
	sqlite3_close(other);
	assert_true(rig_comes(s, rig_put(s, STORE_PEER, 2, 5), 5));
	assert_true(store_close(s));
	s = rig_opens(&h, 0, 50, 100);
	assert_int_equal(h.n[STORE_PEER][1], 9);
	assert_int_equal(h.n[STORE_PEER][2], 5);
	assert_true(store_close(s));
}

/* Overwrites the second half, page by page. */
static void
spoil(const char *path)
{
	struct stat st;
	uint8_t bad[64];
	int fd = open(path, O_RDWR);
	off_t at;

	memset(bad, 0xa5, sizeof(bad));
	assert_int_equal(fstat(fd, &st), 0);
	for (at = st.st_size / 2 / 4096 * 4096; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, bad, sizeof(bad), at), sizeof(bad));
	close(fd);
}

static void
ignore(void *arg, const struct store_rec *rec)
{
	(void)arg;
	(void)rec;
}

/* A batch of one, as the store's thread writes it. */
static enum db_rc
writes_one(struct writer *w, unsigned who, uint32_t n)
{
	struct item_list l = TAILQ_HEAD_INITIALIZER(l);
	struct item it;
	struct made m;
	enum db_rc rc;

	made_init(&m, STORE_PEER, who, n);
	it.rec = &m.rec;
	TAILQ_INSERT_TAIL(&l, &it, entry);
	rc = writer_write(w, &l, 0);
	if (rc == DB_OK)
		writer_copy(w);
	return rc;
}

/* A day later, the file is damaged where nobody has looked. */
static void
never_of_a_damaged_one(void **state)
{
	atomic_bool quit = false;
	struct writer w;
	unsigned i;

	(void)state;
	writer_init(&w, "db", &quit);
	assert_int_equal(writer_load(&w, ignore, NULL), DB_OK);
	for (i = 0; i < RIG_WHO; i++)
		assert_int_equal(writes_one(&w, i, 200 + i), DB_OK);
	w.copy_at = clock_mono();
	assert_int_equal(writes_one(&w, 0, 300), DB_OK);
	assert_int_equal(copy_finds("db.1", 1), 201);
	assert_int_equal(copy_finds("db.1", 0), 300);
	assert_true(copy_finds("db.2", 0) > 0);

	spoil("db");
	w.copy_at = clock_mono();
	assert_int_equal(writes_one(&w, 0, 400), DB_OK);
	assert_true(w.lost);
	writer_fini(&w);
	assert_int_equal(rig_files("db.corrupt-"), 1);
	assert_int_equal(finds(0), 400);
	assert_int_equal(finds(RIG_WHO - 1), 200 + RIG_WHO - 1);
	assert_int_equal(copy_finds("db.2", 0), 300);
	assert_int_equal(copy_finds("db.1", 0), 400);
}

/* Who wants to end does not wait for a copy, and no part of one is left. */
static void
given_up(void **state)
{
	const struct db_schema schema = schema_now();
	atomic_bool quit = false;
	char why[DB_WHY];
	struct writer w;
	unsigned i;

	(void)state;
	writer_init(&w, "db", &quit);
	w.copy_at = mono_add(clock_mono(), 3600 * MONO_SEC);
	assert_int_equal(writer_load(&w, ignore, NULL), DB_OK);
	assert_int_equal(db_begin(w.db), DB_OK);
	for (i = 0; i < 20000; i++) {
		sqlite3_stmt *st = db_stmt(w.db, STMT_REVOKED_PUT);

		sqlite3_bind_blob(st, 1, &i, sizeof(i), SQLITE_TRANSIENT);
		sqlite3_bind_int64(st, 2, 1);
		sqlite3_bind_zeroblob(st, 3, 100);
		assert_int_equal(db_step(w.db, st), DB_OK);
	}
	assert_int_equal(db_commit(w.db), DB_OK);
	quit = true;
	assert_int_equal(copy_make(w.db, "db", &quit, why), DB_FAILED);
	assert_int_equal(rig_files("db"), 1);
	quit = false;
	assert_int_equal(copy_make(w.db, "db", &quit, why), DB_OK);
	writer_fini(&w);
	assert_int_equal(unlink("db"), 0);
	assert_int_equal(copy_restore("db", &schema, &i, why), DB_OK);
	assert_int_equal(i, 1);
}

static size_t
slurp(const char *path, uint8_t *p)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, p, FILE_MAX);

	assert_true(n > 0);
	close(fd);
	return (size_t)n;
}

static void
spill(const char *path, const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), len);
	close(fd);
}

static void
count(void *arg, const struct store_rec *rec)
{
	unsigned *n = arg;

	*n += rec->kind == STORE_PEER && rec->u.peer.reached;
}

/* Every start has the peers: of a sound file, or of a copy. */
static void
flips_and_cuts(void **state)
{
	const struct store_config cfg = { "db", 0, 20, 100 };
	uint8_t *good = malloc(FILE_MAX), *is = malloc(FILE_MAX);
	struct rng r = rng_seeded(22);
	unsigned i, k, n, restored = 0;
	FILE *f;
	int saved;
	size_t len;

	(void)state;
	for (i = 0; i < RIG_WHO; i++)
		writes(i, 2 * i + 1); /* an odd version is a reached one */
	ages("db.1", DAY + 1);
	writes(0, 1);
	len = slurp("db", good);
	saved = rig_to_file(&f);
	for (i = 0; i < FLIPS; i++) {
		memcpy(is, good, len);
		for (k = 0; k <= i % 4; k++)
			is[rng_below(&r, i % 5 == 0 ? 100 : len)] ^=
			    (uint8_t)(1u << rng_below(&r, 8));
		spill("db", is, i % 3 == 0 ? rng_below(&r, len) : len);
		n = 0;
		assert_true(store_close(store_open(&cfg, count, &n)));
		if (n < RIG_WHO - 3) /* senseless rows are left out */
			fprintf(stdout, "# flip %u: %u\n", i, n);
		assert_true(n >= RIG_WHO - 4);
		restored += rig_files("db.corrupt-") > 0;
	}
	free(rig_stderr_of(saved, f));
	assert_true(restored > FLIPS / 3);
	free(good);
	free(is);
}

#define T(test) cmocka_unit_test_setup_teardown(test, rig_enter, rig_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_a_day),
		T(newest_sound_one),
		T(missing_one),
		T(newer_copy),
		T(while_it_runs),
		T(on_a_full_disk),
		T(locked_out),
		T(never_of_a_damaged_one),
		T(given_up),
		T(flips_and_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
