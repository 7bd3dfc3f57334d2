/*
 * The store on a small disk of its own: full, full from the start, read-only.
 * Mounts it in a mount namespace of its own.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/store_made.h"

#define PEERS 300 /* records, some 100 KiB */

/* A disk of 512 KiB, the current folder. */
static int
enter(void **state)
{
	char dir[] = "/tmp/vplama-disk-XXXXXX";

	if (mkdtemp(dir) == NULL ||
	    mount("disk", dir, "tmpfs", 0, "size=512k") < 0 || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
leave(void **state)
{
	int rc = chdir("/") < 0 || umount2(*state, MNT_DETACH) < 0 ||
	    rmdir(*state) < 0;

	free(*state);
	return rc;
}

static void
fill_disk(void)
{
	static const char page[4096];
	int fd = open("ballast", O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	while (write(fd, page, sizeof(page)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
empty_disk(void)
{
	assert_int_equal(unlink("ballast"), 0);
}

struct held {
	uint32_t n[PEERS];
};

static void
hold(void *arg, const struct store_rec *rec)
{
	struct held *h = arg;
	unsigned who;
	uint32_t n = made_check(rec, &who);

	assert_int_equal(rec->kind, STORE_NETWORK);
	assert_true(who < PEERS);
	h->n[who] = n;
}

static struct store *
opens(struct held *h)
{
	const struct store_config cfg = { "db", 20, 200, STORE_WAITING };

	memset(h, 0, sizeof(*h));
	return store_open(&cfg, hold, h);
}

static uint64_t
put(struct store *s, unsigned who, uint32_t n)
{
	struct made m;
	struct mono start = clock_mono();
	uint64_t t;

	made_init(&m, STORE_NETWORK, who, n);
	t = store_put(s, &m.rec);
	assert_true(mono_since(start, clock_mono()) < 500 * MONO_MS);
	return t;
}

static uint64_t
put_all(struct store *s, uint32_t n)
{
	uint64_t t = 0;
	unsigned i;

	for (i = 0; i < PEERS; i++)
		t = put(s, i, n + i);
	assert_true(t > 0);
	return t;
}

static bool
comes(struct store *s, uint64_t ticket, unsigned seconds)
{
	struct pollfd p = { .fd = store_fd(s), .events = POLLIN };
	struct mono end = mono_add(clock_mono(), seconds * MONO_SEC);

	while (store_committed(s) < ticket) {
		uint64_t left = mono_since(clock_mono(), end);

		if (left == 0 || poll(&p, 1, (int)(left / MONO_MS) + 1) < 0)
			return false;
	}
	return true;
}

static void
all_there(uint32_t n)
{
	struct held h;
	struct store *s = opens(&h);
	unsigned i;

	for (i = 0; i < PEERS; i++)
		assert_int_equal(h.n[i], n + i);
	assert_true(store_close(s));
}

/* How often it is said that the file cannot be used while fn runs. */
static unsigned
complaints_of(void (*fn)(struct store *s, uint64_t *ticket), struct store *s,
    uint64_t *ticket)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	char line[1024];
	unsigned n = 0;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	fn(s, ticket);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, ": cannot be used: ") != NULL;
	fclose(f);
	return n;
}

static void
while_full(struct store *s, uint64_t *ticket)
{
	*ticket = put_all(s, 1000);
	assert_false(comes(s, *ticket, 2));
	*ticket = put_all(s, 2000);
	assert_false(comes(s, *ticket, 1));
}

static void
disk_full(void **state)
{
	uint64_t t, before;
	struct held h;
	struct store *s = opens(&h);

	(void)state;
	assert_true(comes(s, put(s, 0, 1), 5));
	before = store_committed(s);
	fill_disk();
	assert_int_equal(complaints_of(while_full, s, &t), 1);
	assert_true(store_committed(s) == before);
	empty_disk();
	assert_true(comes(s, t, 5));
	assert_true(store_close(s));
	all_there(2000);
	assert_int_equal(access("db-journal", F_OK), -1);
}

/* What was there before stays whole when the disk is full at the end. */
static void
full_at_the_end(void **state)
{
	struct held h;
	struct store *s = opens(&h);

	(void)state;
	put_all(s, 500);
	assert_true(store_close(s));
	s = opens(&h);
	assert_int_equal(h.n[7], 507);
	fill_disk();
	put_all(s, 800);
	assert_false(store_close(s));
	empty_disk();
	all_there(500);
}

static void
full_from_the_start(void **state)
{
	uint64_t t;
	struct held h;
	struct store *s;

	(void)state;
	fill_disk();
	s = opens(&h);
	t = put_all(s, 100);
	assert_false(comes(s, t, 1));
	empty_disk();
	assert_true(comes(s, t, 5));
	assert_true(store_close(s));
	all_there(100);
}

static void
remount(unsigned long flags)
{
	char dir[64];

	assert_non_null(getcwd(dir, sizeof(dir)));
	assert_int_equal(
	    mount("disk", dir, "tmpfs", MS_REMOUNT | flags, "size=512k"), 0);
}

static void
read_only(void **state)
{
	uint64_t t;
	struct held h;
	struct store *s = opens(&h);

	(void)state;
	put_all(s, 100);
	assert_true(store_close(s));
	remount(MS_RDONLY);
	s = opens(&h);
	assert_int_equal(h.n[PEERS - 1], 100 + PEERS - 1);
	t = put_all(s, 300);
	assert_false(comes(s, t, 1));
	remount(0);
	assert_true(comes(s, t, 5));
	assert_true(store_close(s));
	all_there(300);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(disk_full),
		T(full_at_the_end),
		T(full_from_the_start),
		T(read_only),
	};

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: needs root to mount a disk\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
