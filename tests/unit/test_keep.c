/* The daemon's store: who gets which rows, when they are safe, who is told. */
#include "base/clock.h"
#include "vplamad/keep.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/io_env.h"

struct fix {
	struct env env;
	struct keep *k;
	unsigned taken[STORE_KINDS];
	int64_t now;
	bool refuse;
	unsigned lost;
	unsigned stored;	 /* keys that were told of */
	uint8_t last[STORE_KEY]; /* the last of them */
	struct mono began;	 /* by the loop's clock */
};

static bool
take(void *arg, const struct store_rec *row, int64_t now)
{
	struct fix *f = arg;

	f->taken[row->kind]++;
	f->now = now;
	return !f->refuse;
}

static void
on_stored(void *arg, const uint8_t (*key)[STORE_KEY], size_t n)
{
	struct fix *f = arg;

	assert_true(n > 0);
	f->stored += (unsigned)n;
	memcpy(f->last, key[n - 1], STORE_KEY);
}

static void
on_lost(void *arg)
{
	struct fix *f = arg;

	f->lost++;
}

static void
open_keep(struct fix *f, unsigned interval_s)
{
	const struct keep_config cfg = {
		.state_dir = f->env.dir,
		.interval_s = interval_s,
		.take = { [STORE_PEER] = take, [STORE_LIST] = take },
		.stored = on_stored,
		.lost = on_lost,
		.arg = f,
	};

	memset(f->taken, 0, sizeof(f->taken));
	f->stored = 0;
	f->began = clock_boot();
	f->k = keep_open(f->env.loop, &cfg);
}

static void
fix_init(struct fix *f)
{
	*f = (struct fix){ .k = NULL };
	env_init(&f->env);
}

static void
fix_fini(struct fix *f)
{
	char cmd[128];

	keep_close(f->k);
	snprintf(cmd, sizeof(cmd), "rm -f %s/store.db*", f->env.dir);
	assert_int_equal(system(cmd), 0);
	env_fini(&f->env);
}

static struct store_rec
peer_row(uint8_t who)
{
	static const uint8_t byte[1];
	struct store_rec row = { .kind = STORE_PEER, .at = 1800000000 };
	const struct store_blob none = { byte, 0 };

	memset(row.u.peer.key, who, STORE_KEY);
	row.u.peer.reached = true;
	row.u.peer.ep = row.u.peer.proven = none;
	row.u.peer.uptime = row.u.peer.record = none;
	return row;
}

static void
put(struct fix *f, uint8_t who, enum keep_when when)
{
	struct store_rec row = peer_row(who);

	keep_put(f->k, &row, when);
}

static bool
told_of_three(void *arg)
{
	struct fix *f = arg;

	keep_tick(f->k, clock_boot());
	return f->stored >= 3;
}

static bool
told_of_one(void *arg)
{
	struct fix *f = arg;

	keep_tick(f->k, clock_boot());
	return f->stored >= 1;
}

static void
damage_file(const struct fix *f)
{
	char cmd[128];

	snprintf(
	    cmd, sizeof(cmd), "printf %%06000d 0 >%s/store.db", f->env.dir);
	assert_int_equal(system(cmd), 0);
}

/* Told once, and not for a file that was there all the time. */
static void
told_of_damage(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	open_keep(&f, 1);
	put(&f, 1, KEEP_NOW);
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.lost, 0);
	damage_file(&f);
	f.stored = 0;
	put(&f, 2, KEEP_NOW);
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.lost, 1);
	f.stored = 0;
	put(&f, 3, KEEP_NOW);
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.lost, 1);
	fix_fini(&f);
}

/* What is urgent takes along what is not. */
static void
told_when_safe(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	open_keep(&f, 1);
	put(&f, 1, KEEP_LATE);
	assert_true(mono_is_never(keep_deadline(f.k)));
	put(&f, 2, KEEP_LATE);
	env_run(&f.env, 100);
	assert_int_equal(f.stored, 0);
	put(&f, 3, KEEP_NOW);
	env_until(&f.env, told_of_three, &f);
	assert_int_equal(f.stored, 3);
	assert_int_equal(f.last[0], 3);
	fix_fini(&f);
}

/* Of what the file does not take nobody is told that it is safe. */
static void
not_told_when_refused(void **state)
{
	struct fix f;
	char path[128];
	sqlite3 *db;

	(void)state;
	fix_init(&f);
	open_keep(&f, 1);
	snprintf(path, sizeof(path), "%s/store.db", f.env.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000); /* a copy may be under way */
	assert_int_equal(
	    sqlite3_exec(db, "CREATE UNIQUE INDEX one ON peer (rtt_us)", NULL,
		NULL, NULL),
	    SQLITE_OK);
	put(&f, 1, KEEP_LATE);
	put(&f, 2, KEEP_LATE);
	put(&f, 3, KEEP_NOW);
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.stored, 1);
	assert_int_equal(f.last[0], 1);
	assert_int_equal(
	    sqlite3_exec(db, "DROP INDEX one", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	f.stored = 0;
	put(&f, 2, KEEP_NOW); /* now it is taken */
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.last[0], 2);
	fix_fini(&f);
}

/* News waits for the interval, from the first. */
static void
interval(void **state)
{
	struct mono at;
	struct fix f;

	(void)state;
	fix_init(&f);
	open_keep(&f, 1);
	put(&f, 1, KEEP_SOON);
	at = keep_deadline(f.k);
	assert_true(at.us >= f.began.us + MONO_SEC);
	assert_true(at.us <= clock_boot().us + MONO_SEC);
	put(&f, 2, KEEP_SOON);
	assert_true(keep_deadline(f.k).us == at.us);
	keep_tick(f.k, (struct mono){ at.us - 1 });
	assert_false(mono_is_never(keep_deadline(f.k)));
	env_run(&f.env, 50);
	assert_int_equal(f.stored, 0);
	keep_tick(f.k, at); /* as if it had passed */
	assert_true(mono_is_never(keep_deadline(f.k)));
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.stored, 2);
	fix_fini(&f);
}

/* One that is forgotten is nobody to tell of; the rest outlives us. */
static void
next_life(void **state)
{
	struct store_rec gone = peer_row(2), list = { .kind = STORE_LIST };
	static const uint8_t text[] = "file:/x";
	struct fix f;

	(void)state;
	fix_init(&f);
	open_keep(&f, 3600);
	assert_int_equal(f.taken[STORE_PEER], 0);
	put(&f, 1, KEEP_SOON);
	put(&f, 2, KEEP_SOON);
	put(&f, 3, KEEP_LATE);
	gone.gone = true;
	keep_put(f.k, &gone, KEEP_LATE);
	list.u.list.source = (struct store_blob){ text, sizeof(text) - 1 };
	list.u.list.signer = (struct store_blob){ text, 0 };
	keep_put(f.k, &list, KEEP_LATE);
	keep_close(f.k);

	open_keep(&f, 3600);
	assert_int_equal(f.taken[STORE_PEER], 2);
	assert_int_equal(f.taken[STORE_LIST], 1);
	assert_true(llabs(f.now - clock_wall()) < 60);
	keep_close(f.k);

	f.refuse = true; /* senseless rows are no reason not to start */
	open_keep(&f, 3600);
	assert_int_equal(f.taken[STORE_PEER], 2);
	put(&f, 4, KEEP_NOW);
	env_until(&f.env, told_of_one, &f);
	assert_int_equal(f.last[0], 4);
	fix_fini(&f);
	keep_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_when_safe),
		cmocka_unit_test(told_of_damage),
		cmocka_unit_test(not_told_when_refused),
		cmocka_unit_test(interval),
		cmocka_unit_test(next_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
