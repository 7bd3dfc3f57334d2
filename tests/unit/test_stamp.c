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
tell_all(int fd)
{
	assert_int_equal(notify_ready(), 0);
	expect_told(fd, "READY=1");
	assert_int_equal(notify_reloading(), 0);
	expect_told(fd, "RELOADING=1\nMONOTONIC_USEC=");
	assert_int_equal(notify_live(1), 0);
	expect_told(fd, "STATUS=1 peer live");
	assert_int_equal(notify_live(2), 0);
	expect_told(fd, "STATUS=2 peers live");
	assert_int_equal(notify_stopping(), 0);
	expect_told(fd, "STOPPING=1");
}

/* A manager that does not read (its queue is full) holds up no tunnel. */
static void
live_does_not_wait(void)
{
	unsigned i;
	int rc = 0;

	alarm(20);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = notify_live(i);
	alarm(0);
	assert_int_equal(rc, -EAGAIN);
}

static void
test_notify(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char name[sizeof(sun.sun_path) + 2];
	size_t len;
	int fd;

	/* a file, then the same name in the abstract namespace */
	snprintf(
	    sun.sun_path, sizeof(sun.sun_path), "%s/stamp", (char *)*state);
	unlink(sun.sun_path);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	tell_all(fd);
	live_does_not_wait();
	close(fd);
	assert_int_equal(notify_ready(), -ECONNREFUSED);

	len = strlen(sun.sun_path);
	snprintf(name, sizeof(name), "@%s", sun.sun_path + 1);
	sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	len += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, (socklen_t)len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	tell_all(fd);
	close(fd);

	setenv("NOTIFY_SOCKET", "no/absolute", 1);
	assert_int_equal(notify_ready(), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(), 0);
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
	struct watchdog w;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		set_watchdog(none[i][0], none[i][1]);
		watchdog_begin(&w, (struct mono){ 5 });
		assert_true(mono_is_never(w.at));
		watchdog_tick(&w, (struct mono){ UINT64_MAX - 1 });
		expect_silence(fd);
		watchdog_end(&w);
	}
}

static void
watchdog_for_us(int fd)
{
	struct rlimit was, none;
	struct mono now = { 5 };
	struct watchdog w;
	char pid[32];
	unsigned i;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	set_watchdog("3000000", pid);
	watchdog_begin(&w, now);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (i = 0; i < 5; i++) {
		assert_int_equal(w.at.us, now.us);
		watchdog_tick(&w, now);
		expect_told(fd, "WATCHDOG=1");
		watchdog_tick(&w, mono_add(now, EVERY_US - 1));
		expect_silence(fd);
		now = mono_add(now, EVERY_US);
	}
	/* a manager that does not read holds up no tunnel */
	alarm(20);
	for (i = 0; i < 100000; i++, now = mono_add(now, EVERY_US))
		watchdog_tick(&w, now);
	alarm(0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	watchdog_end(&w);
	assert_true(mono_is_never(w.at));
}

static void
test_watchdog(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct watchdog w;
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/dog", (char *)*state);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	no_watchdog(fd);
	watchdog_for_us(fd);
	close(fd);
	unlink(sun.sun_path);
	unsetenv("NOTIFY_SOCKET");
	watchdog_begin(&w, (struct mono){ 5 });
	assert_true(mono_is_never(w.at));
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
