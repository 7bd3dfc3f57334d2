/* The reserve of stamps on disk, and what is told to the service manager. */
#include "vplamad/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "vplamad/notify.h"

#define DIR_TEXT 40

static void
put(const char *dir, const char *text, size_t len)
{
	char path[DIR_TEXT + 8];

	snprintf(path, sizeof(path), "%s/stamp", dir);
	assert_int_equal(file_write(path, text, len, 0600), 0);
}

static int
setup(void **state)
{
	char *dir = strdup("/tmp/vplama-stamp.XXXXXX");

	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	char path[DIR_TEXT + 8];

	snprintf(path, sizeof(path), "%s/stamp", (char *)*state);
	unlink(path);
	rmdir(*state);
	free(*state);
	return 0;
}

static void
test_ahead(void **state)
{
	uint64_t v = 7;

	assert_int_equal(stamp_load(*state, &v), 0);
	assert_int_equal(v, 0); /* none yet */
	assert_int_equal(stamp_save(*state, 1000), 0);
	assert_int_equal(stamp_load(*state, &v), 0);
	assert_int_equal(v, 1000 + 20 * 60 * 1000);
	assert_int_equal(stamp_save(*state, v), 0);
	assert_int_equal(stamp_load(*state, &v), 0);
	assert_int_equal(v, 1000 + 2 * 20 * 60 * 1000);
}

/* Whatever the file holds: a number, or an error and the old value. */
static void
test_bad_file(void **state)
{
	static const char *const bad[] = { "", "\n", "12", "x\n", "-1\n",
		" 1\n", "1\n2\n", "1 \n", "0x10\n", "99999999999999999999\n",
		"9007199254740993\n", "1234567890123456789012345678901234\n" };
	uint64_t v = 7;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(*state, bad[i], strlen(bad[i]));
		assert_true(stamp_load(*state, &v) < 0);
		assert_int_equal(v, 7);
	}
	put(*state, "9007199254740992\n", 17);
	assert_int_equal(stamp_load(*state, &v), 0);
	assert_int_equal(stamp_save(*state, v), -ERANGE);
}

static void
test_no_folder(void **state)
{
	char long_dir[600];
	uint64_t v = 7;

	(void)state;
	assert_int_equal(stamp_save("/nonexistent/x", 1), -ENOENT);
	memset(long_dir, 'x', sizeof(long_dir) - 1);
	long_dir[sizeof(long_dir) - 1] = '\0';
	assert_int_equal(stamp_save(long_dir, 1), -ENAMETOOLONG);
	assert_int_equal(stamp_load(long_dir, &v), -ENAMETOOLONG);
	assert_int_equal(v, 7);
}

/* What the other side of NOTIFY_SOCKET would read. */
static void
expect_told(int fd, const char *text)
{
	char buf[256];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	buf[n] = '\0';
	assert_ptr_equal(strstr(buf, text), buf);
}

static void
tell_all(const struct notify *n, int fd)
{
	assert_int_equal(notify_ready(n), 0);
	expect_told(fd, "READY=1");
	assert_int_equal(notify_reloading(n), 0);
	expect_told(fd, "RELOADING=1\nMONOTONIC_USEC=");
	assert_int_equal(notify_live(n, 1), 0);
	expect_told(fd, "STATUS=1 peer live");
	assert_int_equal(notify_live(n, 2), 0);
	expect_told(fd, "STATUS=2 peers live");
	assert_int_equal(notify_stopping(n), 0);
	expect_told(fd, "STOPPING=1");
}

/* A manager that does not read (its queue is full) holds up no tunnel. */
static void
live_does_not_wait(const struct notify *n)
{
	unsigned i;
	int rc = 0;

	alarm(20);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = notify_live(n, i);
	alarm(0);
	assert_int_equal(rc, -EAGAIN);
}

/* A manager at dir/name, or at that name in the abstract namespace. */
static int
manager(const char *dir, bool abstract)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char name[sizeof(sun.sun_path)];
	size_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(name, sizeof(name), "%s/manager", dir);
	unlink(name);
	strcpy(sun.sun_path, name);
	if (abstract) {
		name[0] = '@';
		sun.sun_path[0] = '\0';
	}
	len = strlen(name) + offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, (socklen_t)len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void
unlink_manager(const char *dir)
{
	char name[DIR_TEXT + 16];

	snprintf(name, sizeof(name), "%s/manager", dir);
	unlink(name);
}

/* No descriptor can be had from now on. */
static struct rlimit
no_files(void)
{
	struct rlimit was, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return was;
}

static void
test_notify(void **state)
{
	struct rlimit was;
	struct notify n;
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = manager(*state, i == 1);
		notify_open(&n);
		was = no_files();
		tell_all(&n, fd);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		live_does_not_wait(&n);
		close(fd);
		assert_int_equal(notify_ready(&n), -ECONNREFUSED);
		notify_close(&n);
	}
	unlink_manager(*state);

	setenv("NOTIFY_SOCKET", "no/absolute", 1);
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	assert_int_equal(notify_ready(&n), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	assert_int_equal(notify_ready(&n), 0);
	notify_close(&n);
}

#define EVERY_US 1000000u /* a third of what the manager waits */

static void
set_watchdog(const char *usec, const char *pid)
{
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	else
		unsetenv("WATCHDOG_PID");
}

static void
expect_silence(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Nobody asked for it, or not us. */
static void
no_watchdog(int fd)
{
	static const char *const none[][2] = { { "", NULL }, { "0", NULL },
		{ "2", NULL }, { "soon", NULL }, { "3000000 ", NULL },
		{ "-3000000", NULL }, { "99999999999999999999", NULL },
		{ "3000000", "1" } };
	struct notify n;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		set_watchdog(none[i][0], none[i][1]);
		notify_open(&n);
		notify_watchdog(&n, (struct mono){ 5 });
		assert_true(mono_is_never(n.at));
		notify_tick(&n, (struct mono){ UINT64_MAX - 1 });
		expect_silence(fd);
		notify_close(&n);
	}
}

static void
watchdog_for_us(int fd)
{
	struct mono now = { 5 };
	struct notify n;
	char pid[32];
	unsigned i;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	set_watchdog("3000000", pid);
	notify_open(&n);
	notify_watchdog(&n, now);
	for (i = 0; i < 5; i++) {
		assert_int_equal(n.at.us, now.us);
		notify_tick(&n, now);
		expect_told(fd, "WATCHDOG=1");
		notify_tick(&n, mono_add(now, EVERY_US - 1));
		expect_silence(fd);
		now = mono_add(now, EVERY_US);
	}
	/* a manager that does not read holds up no tunnel */
	alarm(20);
	for (i = 0; i < 100000; i++, now = mono_add(now, EVERY_US))
		notify_tick(&n, now);
	alarm(0);
	notify_close(&n);
	assert_true(mono_is_never(n.at));
}

static void
test_watchdog(void **state)
{
	int fd = manager(*state, false);
	struct notify n;

	no_watchdog(fd);
	watchdog_for_us(fd);
	close(fd);
	unlink_manager(*state);
	unsetenv("NOTIFY_SOCKET");
	notify_open(&n);
	notify_watchdog(&n, (struct mono){ 5 });
	assert_true(mono_is_never(n.at));
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notify, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
