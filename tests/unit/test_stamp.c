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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notify, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
