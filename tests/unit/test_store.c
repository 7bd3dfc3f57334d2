/* The store as the daemon uses it: real files, a real thread, real kills. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/rng.h"
#include "tests/unit/store_made.h"
#include "tests/unit/store_rig.h"

#define WHO RIG_WHO
#define HOUR 3600000u	    /* ms: not in this test */
#define KILLS 50	    /* VPLAMA_KILLS for more */
#define KILL_STEP (1 << 20) /* versions of one life */

static bool
may_go(enum store_kind kind)
{
	return kind == STORE_RESERVE || kind == STORE_PEER ||
	    kind == STORE_LIST;
}

/* One step of a life, in the store and in the model. */
static uint64_t
step(struct store *s, struct held *model, struct rng *r, uint32_t n)
{
	enum store_kind kind = (enum store_kind)rng_below(r, STORE_KINDS);
	unsigned who = (unsigned)rng_below(r, WHO);
	struct made m;

	if (made_alone(kind))
		who = 0;
	if (may_go(kind) && n % 3 == 0) {
		made_init(&m, kind, who, n);
		m.rec.gone = true;
		model->n[kind][who] = 0;
		return store_put(s, &m.rec);
	}
	if (kind == STORE_MOVE)
		model->move[model->moves++] = n;
	else
		model->n[kind][who] = n;
	return rig_put(s, kind, who, n);
}

/* Random lives against a model; every way to end one but violence. */
static void
restarts(void **state)
{
	struct rng r = rng_seeded(20);
	struct held model = { 0 }, h;
	uint64_t ticket = 0, last;
	uint32_t n = 1;
	struct store *s;
	unsigned life, i;

	(void)state;
	for (life = 0; life < 12; life++) {
		s = rig_opens(&h, life % 3 == 0 ? HOUR : 2, 10, 2048);
		rig_same(&h, &model);
		last = 0;
		for (i = 0; i < 200; i++) {
			ticket = step(s, &model, &r, n++);
			assert_true(ticket > last);
			last = ticket;
			if (rng_below(&r, 40) == 0)
				store_flush(s);
		}
		if (life % 2 == 0) {
			store_flush(s);
			assert_true(rig_comes(s, ticket, 10));
		}
		assert_true(store_close(s));
	}
	assert_true(store_close(NULL));
}

static const struct store_blob source = { (const uint8_t *)"s", 1 };

static void
put_list(struct store *s, const char *signer, uint64_t serial)
{
	struct store_rec rec = { .kind = STORE_LIST, .at = 4000000000 };

	rec.u.list.source = source;
	rec.u.list.signer = (struct store_blob){ (const uint8_t *)signer, 1 };
	rec.u.list.serial = serial;
	rec.u.list.valid_until = (int64_t)(serial & 0xff);
	(void)store_put(s, &rec);
}

static void
put_peer(struct store *s, uint32_t observed, uint32_t rtt)
{
	struct store_rec rec = { .kind = STORE_PEER, .at = 4000000000 };

	rec.u.peer.observed = observed;
	rec.u.peer.rtt_us = rtt;
	(void)store_put(s, &rec);
}

struct grown {
	uint64_t serial;
	int64_t until;
	uint32_t observed, rtt;
};

static void
take_grown(void *arg, const struct store_rec *rec)
{
	struct grown *g = arg;

	if (rec->kind == STORE_LIST) {
		g->serial = rec->u.list.serial;
		g->until = rec->u.list.valid_until;
	} else if (rec->kind == STORE_PEER) {
		g->observed = rec->u.peer.observed;
		g->rtt = rec->u.peer.rtt_us;
	}
}

/* Another life, and what is there after it. */
static struct grown
grows(const char *signer, uint64_t serial, uint32_t observed)
{
	const struct store_config cfg = { "db", HOUR, 10, 10 };
	struct grown g = { .serial = 0 };
	struct store *s = store_open(&cfg, take_grown, &g);

	put_list(s, signer, serial);
	put_peer(s, observed, observed);
	assert_true(store_close(s));
	s = store_open(&cfg, take_grown, &g);
	assert_true(store_close(s));
	assert_true(g.until == (int64_t)(g.serial & 0xff));
	return g;
}

/* Who knows only what was yesterday does not put back what has grown since. */
static void
only_grows(void **state)
{
	struct grown g;

	(void)state;
	g = grows("a", 7, 100);
	assert_true(g.serial == 7 && g.observed == 100);
	g = grows("a", 6, 99);
	assert_true(g.serial == 7 && g.observed == 100 && g.rtt == 99);
	g = grows("a", UINT64_MAX, UINT32_MAX);
	assert_true(g.serial == UINT64_MAX && g.observed == UINT32_MAX);
	g = grows("a", INT64_MAX, 0);
	assert_true(g.serial == UINT64_MAX && g.observed == UINT32_MAX);
	g = grows("b", 3, 0); /* another signer counts on its own */
	assert_true(g.serial == 3);
	g = grows("b", 4, 0);
	assert_true(g.serial == 4);
}

/* The count of transactions in the head of the file. */
static uint32_t
changes(void)
{
	uint8_t b[4];
	int fd = open("db", O_RDONLY);

	assert_int_equal(pread(fd, b, 4, 24), 4);
	close(fd);
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
}

static void
batches(void **state)
{
	struct held h;
	struct store *s = rig_opens(&h, 400, 10, 2048);
	double start = rig_now();
	uint64_t ticket = 0;
	uint32_t before = changes();
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		ticket = rig_put(s, STORE_NETWORK, i % WHO, 1 + i);
	assert_true(store_committed(s) < ticket);
	assert_true(rig_comes(s, ticket, 10));
	assert_true(rig_now() - start >= 0.4);
	assert_int_equal(changes(), before + 1);

	assert_true(store_close(s));
	s = rig_opens(&h, HOUR, 10, 2048);
	assert_false(rig_comes(s, rig_put(s, STORE_SELF, 0, 300), 0.3));
	ticket = rig_put(s, STORE_MOVE, 0, 300);
	store_flush(s);
	assert_true(rig_comes(s, ticket, 10));
	assert_int_equal(changes(), before + 2);
	store_flush(s); /* of nothing */
	assert_true(store_close(s));
	assert_int_equal(changes(), before + 2);
}

/* Holds the file as another program may, and lets go of it. */
static sqlite3 *
locks(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
unlocks(sqlite3 *db)
{
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/*
 * The disk is out of reach for a while: nobody waits, the mailbox has an end,
 * one line says so, one that it is over, and then all is there.
 */
static void
never_waits(void **state)
{
	struct held h, model = { 0 };
	struct store *s = rig_opens(&h, 0, 50, WHO);
	sqlite3 *other = locks();
	double start, worst = 0;
	uint64_t ticket = 0, t;
	unsigned i, full = 0;
	FILE *f;
	int saved = rig_to_file(&f);
	char *text;

	(void)state;
	for (i = 0; i < 2000; i++) {
		start = rig_now();
		t = rig_put(s, STORE_NETWORK, i % WHO, 1 + i);
		if (i % 100 == 0)
			store_flush(s);
		if (rig_now() - start > worst)
			worst = rig_now() - start;
		assert_true(t > 0);
		model.n[STORE_NETWORK][i % WHO] = 1 + i;
		if (i % 10 == 0)
			usleep(12000);
	}
	assert_true(worst < 0.5); /* it is a second that the thread waits */
	for (i = 0; i < 200; i++) {
		t = rig_put(s, STORE_MOVE, 0, 1 + i);
		ticket = t > 0 ? t : ticket;
		if (t > 0)
			model.move[model.moves++] = 1 + i;
		full += t == 0;
	}
	assert_int_equal(store_committed(s), 0);
	assert_true(full >= 200 - 2 * WHO);
	unlocks(other);
	start = rig_now();
	assert_true(rig_comes(s, ticket, 5));
	assert_true(store_close(s));
	text = rig_stderr_of(saved, f);
	assert_int_equal(rig_lines(text), 2);
	assert_non_null(strstr(text, "db: cannot be used: database is locked"));
	assert_non_null(strstr(text, "db: is written again"));
	free(text);
	s = rig_opens(&h, 0, 10, 1);
	rig_same(&h, &model);
	assert_true(store_close(s));
}

/* The disk does not take what is written: EFBIG, as any error it gives. */
static void
write_errors(void **state)
{
	struct held h, model = { 0 };
	struct store *s = rig_opens(&h, 0, 50, 2048);
	struct rlimit was, small;
	uint64_t t = 0;
	unsigned i;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < WHO; i++) {
		t = rig_put(s, STORE_NETWORK, i, 200 + i);
		model.n[STORE_NETWORK][i] = 200 + i;
	}
	assert_false(rig_comes(s, t, 0.5));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(rig_comes(s, t, 5));
	assert_true(store_close(s));
	s = rig_opens(&h, 0, 10, 10);
	rig_same(&h, &model);
	assert_true(store_close(s));
}

/* What cannot be written at the end is lost, and the log says how much. */
static void
closes_on_failure(void **state)
{
	struct held h;
	struct store *s = rig_opens(&h, HOUR, 10, 100);
	sqlite3 *other = locks();
	FILE *f;
	int saved = rig_to_file(&f);
	char *text;

	(void)state;
	rig_put(s, STORE_SELF, 0, 1);
	rig_put(s, STORE_SELF, 0, 2);
	rig_put(s, STORE_MOVE, 0, 3);
	assert_false(store_close(s));
	text = rig_stderr_of(saved, f);
	assert_non_null(strstr(text, "could not be written: 2"));
	free(text);
	unlocks(other);
	s = rig_opens(&h, 0, 10, 1);
	assert_int_equal(h.n[STORE_SELF][0], 0);
	assert_true(store_close(s));
}

/* Damaged before the start, and while it is in use. */
static void
begins_anew(void **state)
{
	struct held h;
	struct store *s;
	FILE *f;
	int saved = rig_to_file(&f);
	char *text;

	(void)state;
	rig_scribble("db", "no database\n");
	s = rig_opens(&h, 0, 10, 100);
	assert_int_equal(rig_files("db.corrupt-"), 1);
	assert_true(rig_comes(s, rig_put(s, STORE_SELF, 0, 5), 5));
	assert_true(store_close(s));
	text = rig_stderr_of(saved, f);
	assert_int_equal(rig_lines(text), 2);
	assert_non_null(strstr(text, "set aside as db.corrupt-"));
	assert_non_null(strstr(text, "a new one is begun"));
	free(text);

	s = rig_opens(&h, 0, 10, 100);
	assert_int_equal(h.n[STORE_SELF][0], 5);
	rig_scribble("db", "no more\n");
	sleep(1); /* another second, another name */
	assert_true(rig_comes(s, rig_put(s, STORE_SELF, 0, 6), 5));
	assert_int_equal(rig_files("db.corrupt-"), 2);
	assert_true(store_close(s));
	s = rig_opens(&h, 0, 10, 100);
	assert_int_equal(h.n[STORE_SELF][0], 6);
	assert_true(store_close(s));
}

/* A disk that damages all it gets is not filled with copies of it. */
static void
sets_aside_seldom(void **state)
{
	struct held h;
	struct store *s = rig_opens(&h, 0, 20, 100);
	unsigned i;
	uint64_t t;

	(void)state;
	for (i = 0; i < 3; i++) {
		rig_scribble("db", "again\n");
		t = rig_put(s, STORE_SELF, 0, 1 + i);
		assert_int_equal(rig_comes(s, t, 1.2), i == 0);
	}
	assert_int_equal(rig_files("db.corrupt-"), 1);
	assert_int_equal(unlink("db"), 0);
	assert_true(rig_comes(s, t, 5)); /* a file that is gone is begun anew */
	assert_int_equal(unlink("db"), 0); /* while all is well */
	assert_true(rig_comes(s, rig_put(s, STORE_SELF, 0, 9), 5));
	assert_true(store_close(s));
}

static void
newer_holds_nothing(void **state)
{
	struct held h;
	struct store *s = rig_opens(&h, 0, 10, 100);
	struct stat before, after;
	sqlite3 *db;
	FILE *f;
	int saved;
	char *text;

	(void)state;
	assert_true(store_close(s));
	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(stat("db", &before), 0);
	saved = rig_to_file(&f);
	s = rig_opens(&h, 0, 10, 100);
	assert_int_equal(rig_put(s, STORE_SELF, 0, 1), 0);
	store_flush(s);
	assert_int_equal(store_committed(s), 0);
	assert_true(store_close(s));
	text = rig_stderr_of(saved, f);
	assert_int_equal(rig_lines(text), 1);
	assert_non_null(strstr(text, "later release has written it"));
	free(text);
	assert_int_equal(stat("db", &after), 0);
	assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
	    before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	assert_int_equal(rig_files("db"), 1);
}

/*
 * In a child that is no root: 0 when all goes as it should, else the line. The
 * folder cannot be written to; later it can.
 */
static int
in_closed_folder(int to_parent, int from_parent)
{
	struct held h;
	struct store *s;
	uint64_t t;
	char c;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return __LINE__;
	s = rig_opens(&h, 0, 50, 100);
	if (h.n[STORE_SELF][0] != 7) /* it can be read */
		return __LINE__;
	t = rig_put(s, STORE_SELF, 0, 8);
	if (t == 0 || rig_comes(s, t, 0.5))
		return __LINE__;
	if (write(to_parent, "x", 1) != 1 || read(from_parent, &c, 1) != 1)
		return __LINE__;
	if (!rig_comes(s, t, 5))
		return __LINE__;
	return store_close(s) ? 0 : __LINE__;
}

static void
closed_folder(void **state)
{
	int down[2], up[2], status;
	struct held h;
	struct store *s = rig_opens(&h, 0, 10, 100);
	pid_t pid;
	char c;

	(void)state;
	rig_put(s, STORE_SELF, 0, 7);
	assert_true(store_close(s));
	assert_int_equal(chmod("db", 0444), 0);
	assert_int_equal(chmod(".", 0555), 0);
	assert_int_equal(pipe(down) | pipe(up), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int line = in_closed_folder(up[1], down[0]);

		if (line != 0)
			fprintf(stderr, "failed: line %d\n", line);
		_exit(line != 0);
	}
	close(up[1]); /* a child that fails is not waited for */
	assert_int_equal(read(up[0], &c, 1), 1);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_equal(chmod("db", 0666), 0);
	assert_int_equal(write(down[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(up[0]);
	close(down[0]);
	close(down[1]);
	s = rig_opens(&h, 0, 10, 100);
	assert_int_equal(h.n[STORE_SELF][0], 8);
	assert_true(store_close(s));
}

/* The version that a life writes as its i-th, and to which record. */
static void
kill_made(struct made *m, unsigned life, unsigned i)
{
	struct rng r = { ((uint64_t)life << 32) + i };
	enum store_kind kind = (enum store_kind)rng_below(&r, STORE_KINDS);
	unsigned who = (unsigned)rng_below(&r, WHO);

	if (kind == STORE_MOVE && i % 16 != 0)
		kind = STORE_NETWORK; /* or they grow out of hand */
	made_init(
	    m, kind, made_alone(kind) ? 0 : who, life * KILL_STEP + 1 + i);
}

/* Writes until it is killed; tells what was acknowledged. */
_Noreturn static void
live(unsigned life, int fd)
{
	const struct store_config cfg = { "db", life % 4, 10, 2048 };
	uint64_t done, told = 0, ticket = 0;
	struct held h = { 0 };
	struct store *s = store_open(&cfg, rig_hold, &h);
	unsigned i = 0, k;
	struct made m;

	for (;;) {
		for (k = 0; k < 1 + life % 7 && ticket < told + 500; k++) {
			kill_made(&m, life, i);
			ticket = store_put(s, &m.rec);
			if (ticket != ++i) /* tickets count from 1 */
				_exit(3);
		}
		done = store_committed(s);
		if (done > told && write(fd, &done, sizeof(done)) < 0)
			_exit(4);
		told = done;
		usleep(100);
	}
}

/* Lets it live for a while; how much of it was acknowledged. */
static unsigned
kill_one(unsigned life, struct rng *r)
{
	uint64_t done = 0;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		live(life, fd[1]);
	close(fd[1]);
	/* the first is acknowledged, then some time */
	assert_int_equal(read(fd[0], &done, sizeof(done)), sizeof(done));
	usleep((useconds_t)rng_below(r, 30000));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fd[0], &done, sizeof(done)) == sizeof(done))
		;
	close(fd[0]);
	return (unsigned)done;
}

static bool
has_move(const struct held *h, uint32_t n)
{
	unsigned i;

	for (i = 0; i < h->moves; i++)
		if (h->move[i] == n)
			return true;
	return false;
}

/* No later write of the same record can have brought an older version. */
static void
check_life(const struct held *h, unsigned life, unsigned acked)
{
	struct made m;
	unsigned i, who;
	uint32_t n;

	for (i = 0; i < acked; i++) {
		kill_made(&m, life, i);
		n = made_check(&m.rec, &who);
		if (m.rec.kind == STORE_MOVE)
			assert_true(has_move(h, n));
		else
			assert_true(h->n[m.rec.kind][who] >= n);
	}
}

static void
forget_all(void)
{
	(void)unlink("db");
	(void)unlink("db.1");
	(void)unlink("db.2");
}

static void
kills(void **state)
{
	const char *env = getenv("VPLAMA_KILLS");
	unsigned n = env != NULL ? (unsigned)atoi(env) : KILLS;
	unsigned life, acked, all = 0;
	struct rng r = rng_seeded(9);
	struct held h;
	struct store *s;

	(void)state;
	for (life = 1; life <= n; life++) {
		if (life % 50 == 0)
			forget_all();
		acked = kill_one(life % 1000, &r);
		s = rig_opens(&h, HOUR, 10, 10);
		check_life(&h, life % 1000, acked);
		assert_true(store_close(s));
		all += acked;
	}
	assert_int_equal(rig_files("db.corrupt-"), 0);
	printf("# %u kills, %u acknowledged records, none lost\n", n, all);
}

#define T(test) cmocka_unit_test_setup_teardown(test, rig_enter, rig_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(restarts),
		T(only_grows),
		T(batches),
		T(never_waits),
		T(write_errors),
		T(closes_on_failure),
		T(begins_anew),
		T(sets_aside_seldom),
		T(newer_holds_nothing),
		T(closed_folder),
		T(kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
