#include "base/fdutil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };

/* Each test works in an empty folder of its own, the current one. */
static int
enter(void **state)
{
	char dir[] = "/tmp/vplama-fd-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
leave(void **state)
{
	int rc = unlink("s") < 0 && errno != ENOENT;

	rc |= unlink("f") < 0 && errno != ENOENT;
	rc |= chdir("/") < 0 || rmdir(*state) < 0; /* nothing left behind */
	free(*state);
	return rc;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static bool
is_cloexec(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static void
listen_and_talk(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		int s = unix_listen("s", types[i], 0600), c, a;
		uid_t uid = 12345;
		gid_t gid = 12345;
		char buf[8];

		assert_true(s >= 0);
		assert_true(is_cloexec(s));
		assert_true(fcntl(s, F_GETFL) & O_NONBLOCK);
		c = unix_connect("s", types[i]);
		assert_true(c >= 0);
		assert_true(is_cloexec(c));
		assert_false(fcntl(c, F_GETFL) & O_NONBLOCK);
		a = accept(s, NULL, NULL);
		assert_true(a >= 0);
		assert_int_equal(unix_peer(a, &uid, &gid), 0);
		assert_int_equal(uid, geteuid());
		assert_int_equal(gid, getegid());
		assert_int_equal(write(c, "hello", 5), 5);
		assert_int_equal(read(a, buf, sizeof(buf)), 5);
		assert_int_equal(fd_nonblock(a), 0);
		assert_int_equal(read(a, buf, sizeof(buf)), -1);
		assert_int_equal(errno, EAGAIN);
		close(a);
		close(c);
		close(s);
	}
}

static void
stale_is_replaced(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) { /* also by a socket of the other type */
		int s = unix_listen("s", types[i / 2], 0600), c;

		assert_true(s >= 0);
		close(s);
		assert_int_equal(
		    unix_connect("s", types[i % 2]), -ECONNREFUSED);
		s = unix_listen("s", types[i % 2], 0600);
		assert_true(s >= 0);
		c = unix_connect("s", types[i % 2]);
		assert_true(c >= 0);
		close(c);
		close(s);
	}
}

static void
live_is_in_use(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		int s = unix_listen("s", types[i / 2], 0600), c;

		assert_true(s >= 0);
		assert_int_equal(
		    unix_listen("s", types[i % 2], 0600), -EADDRINUSE);
		c = unix_connect("s", types[i / 2]); /* it lives on */
		assert_true(c >= 0);
		close(c);
		close(s);
	}
}

static void
datagrams(void **state)
{
	int s = unix_listen("s", SOCK_DGRAM, 0640), c;
	char buf[8];

	(void)state;
	assert_true(s >= 0);
	assert_true(is_cloexec(s));
	assert_int_equal(mode_of("s"), 0640);
	assert_int_equal(unix_listen("s", SOCK_DGRAM, 0640), -EADDRINUSE);
	assert_int_equal(unix_listen("s", SOCK_STREAM, 0640), -EADDRINUSE);
	c = unix_connect("s", SOCK_DGRAM);
	assert_true(c >= 0);
	assert_int_equal(send(c, "abc", 3, 0), 3);
	assert_int_equal(recv(s, buf, sizeof(buf), 0), 3);
	close(c);
	close(s);
	s = unix_listen("s", SOCK_DGRAM, 0600); /* the file was stale */
	assert_true(s >= 0);
	close(s);
}

/* A daemon that hangs, its queue full, is still there: do not wait for it. */
static void
live_with_a_full_queue(void **state)
{
	int s = unix_listen("s", SOCK_STREAM, 0600), c[64], n = 0;

	(void)state;
	assert_true(s >= 0);
	while (n < 64) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);

		assert_int_equal(
		    getsockname(s, (struct sockaddr *)&ss, &len), 0);
		c[n++] = fd;
		if (connect(fd, (struct sockaddr *)&ss, len) < 0)
			break;
	}
	assert_true(n < 64);
	alarm(5);
	assert_int_equal(unix_listen("s", SOCK_STREAM, 0600), -EADDRINUSE);
	alarm(0);
	while (n > 0)
		close(c[--n]);
	close(s);
}

static void
not_a_socket(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(file_write("f", "keep", 4, 0600), 0);
	assert_int_equal(unix_listen("f", SOCK_STREAM, 0600), -ENOTSOCK);
	assert_int_equal(file_read("f", buf, sizeof(buf)), 4);
	assert_string_equal(buf, "keep");
	assert_int_equal(mkdir("s", 0700), 0);
	assert_int_equal(unix_listen("s", SOCK_STREAM, 0600), -ENOTSOCK);
	assert_int_equal(rmdir("s"), 0);
	assert_int_equal(symlink("f", "s"), 0);
	assert_int_equal(unix_listen("s", SOCK_STREAM, 0600), -ENOTSOCK);
}

static void
bad_paths(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(unix_listen(path, SOCK_STREAM, 0600), -ENAMETOOLONG);
	assert_int_equal(unix_connect(path, SOCK_STREAM), -ENAMETOOLONG);
	assert_int_equal(unix_connect("s", SOCK_STREAM), -ENOENT);
	assert_int_equal(unix_listen("no/s", SOCK_STREAM, 0600), -ENOENT);
}

static void
modes(void **state)
{
	static const mode_t want[] = { 0600, 0660, 0666, 0700, 0777 };
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		for (k = 0; k < sizeof(masks) / sizeof(masks[0]); k++) {
			mode_t old = umask(masks[k]);
			int s = unix_listen("s", SOCK_STREAM, want[i]);

			assert_true(s >= 0);
			assert_int_equal(umask(masks[k]), masks[k]);
			assert_int_equal(file_write("f", "x", 1, want[i]), 0);
			umask(old);
			assert_int_equal(mode_of("s"), want[i]);
			assert_int_equal(mode_of("f"), want[i]);
			close(s);
			unlink("f");
		}
}

static void
reading(void **state)
{
	char buf[9];

	(void)state;
	assert_int_equal(file_read("f", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(file_write("f", "", 0, 0600), 0);
	assert_int_equal(file_read("f", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(file_write("f", "12345678", 8, 0600), 0);
	memset(buf, 'z', sizeof(buf));
	assert_int_equal(file_read("f", buf, sizeof(buf)), 8);
	assert_string_equal(buf, "12345678");
	assert_int_equal(file_read("f", buf, 8), -EFBIG); /* NUL included */
	assert_int_equal(file_read("f", buf, 1), -EFBIG);
	assert_int_equal(file_read(".", buf, sizeof(buf)), -EISDIR);
}

/* Who has the old file open keeps the old content; no reader sees a part. */
static void
write_replaces_whole(void **state)
{
	char buf[64];
	int fd;

	(void)state;
	assert_int_equal(file_write("f", "old content", 11, 0600), 0);
	fd = open("f", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(file_write("f", "new", 3, 0600), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 11);
	assert_memory_equal(buf, "old content", 11);
	close(fd);
	assert_int_equal(file_read("f", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "new");
}

static void
create_overwrites_nothing(void **state)
{
	char buf[64];

	(void)state;
	unlink("c");
	assert_int_equal(file_create("c", "first", 5, 0640), 0);
	assert_int_equal(mode_of("c"), 0640);
	assert_int_equal(file_create("c", "other", 5, 0600), -EEXIST);
	assert_int_equal(file_read("c", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "first");
	/* somebody's own file */
	assert_int_equal(file_write("c.new", "theirs", 6, 0644), 0);
	assert_int_equal(unlink("c"), 0);
	assert_int_equal(file_create("c", "first", 5, 0640), 0);
	assert_int_equal(file_read("c.new", buf, sizeof(buf)), 6);
	assert_string_equal(buf, "theirs");
	assert_int_equal(unlink("c.new"), 0);
	assert_int_equal(unlink("c"), 0);
	assert_int_equal(file_create("./c", "first", 5, 0640), 0);
	assert_int_equal(file_create("no/c", "x", 1, 0600), -ENOENT);
	assert_int_equal(unlink("c"), 0);
	assert_int_equal(symlink("elsewhere", "c"), 0);
	assert_int_equal(file_create("c", "x", 1, 0600), -EEXIST);
	assert_int_equal(access("elsewhere", F_OK), -1);
	assert_int_equal(unlink("c"), 0);
}

/* What lies where the temporary file goes gets neither mode nor content. */
static void
write_is_not_misled(void **state)
{
	char buf[64];
	int fd = open("f.new", O_WRONLY | O_CREAT, 0644);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(file_write("f", "secret", 6, 0600), 0);
	assert_int_equal(mode_of("f"), 0600);
	assert_int_equal(write(fd, "harm", 4), 4);
	close(fd);
	assert_int_equal(file_read("f", buf, sizeof(buf)), 6);
	assert_string_equal(buf, "secret");

	assert_int_equal(file_write("s", "other", 5, 0600), 0);
	assert_int_equal(symlink("s", "f.new"), 0);
	assert_int_equal(file_write("f", "again", 5, 0600), 0);
	assert_int_equal(file_read("s", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "other");
}

static void
failed_write_keeps_the_old(void **state)
{
	char buf[64], *path;

	(void)state;
	assert_int_equal(file_write("no/f", "x", 1, 0600), -ENOENT);
	assert_int_equal(file_write("f", "old", 3, 0600), 0);
	assert_int_equal(mkdir("s", 0700), 0);
	assert_int_equal(file_write("s", "x", 1, 0600), -EISDIR);
	assert_int_equal(rmdir("s"), 0); /* leave() sees what stays */
	assert_int_equal(mkdir("f.new", 0700), 0);
	assert_true(file_write("f", "new", 3, 0600) < 0);
	assert_int_equal(rmdir("f.new"), 0);
	assert_int_equal(file_read("f", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "old");
	path = malloc(5000);
	assert_non_null(path);
	memset(path, 'x', 4999);
	path[4999] = '\0';
	assert_int_equal(file_write(path, "x", 1, 0600), -ENAMETOOLONG);
	assert_int_equal(file_create(path, "x", 1, 0600), -ENAMETOOLONG);
	free(path);
}

/* A program that is started without them opens none of its own there. */
static void
standard_descriptors(void **state)
{
	struct stat st, null;
	int kept = dup(STDIN_FILENO), fd = dup(STDIN_FILENO);

	(void)state;
	assert_true(kept > STDERR_FILENO && fd > kept);
	close(fd);
	assert_int_equal(stat("/dev/null", &null), 0);
	close(STDIN_FILENO);
	fd_keep_standard();
	assert_int_equal(fstat(STDIN_FILENO, &st), 0);
	assert_true(st.st_rdev == null.st_rdev && !is_cloexec(STDIN_FILENO));
	/* nothing else stays open */
	assert_int_equal(dup(kept), fd);
	close(fd);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		CASE(listen_and_talk),
		CASE(stale_is_replaced),
		CASE(live_is_in_use),
		CASE(datagrams),
		CASE(live_with_a_full_queue),
		CASE(not_a_socket),
		CASE(bad_paths),
		CASE(modes),
		CASE(reading),
		CASE(write_replaces_whole),
		CASE(create_overwrites_nothing),
		CASE(write_is_not_misled),
		CASE(failed_write_keeps_the_old),
		CASE(standard_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
