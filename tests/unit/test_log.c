#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES 300 /* of 500 bytes: more than a pipe holds */

/* What waits in a pipe. */
static size_t
drain(int fd, char *buf, size_t max)
{
	size_t len = 0;
	ssize_t n;

	while (len < max - 1 && (n = read(fd, buf + len, max - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return len;
}

/* A reader that hangs costs lines and no time; afterwards it is told so. */
static void
stuck_reader(void **state)
{
	static char buf[1 << 18];
	int fd[2], old = dup(STDERR_FILENO), i;
	char first[64];
	size_t len;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(dup2(fd[1], STDERR_FILENO) >= 0);
	alarm(20); /* who waits for the reader ends here */
	for (i = 0; i < LINES; i++)
		log_info("%04d %0490d", i, 7);
	len = drain(fd[0], buf, sizeof(buf));
	log_info("room");
	drain(fd[0], first, sizeof(first));
	alarm(0);
	dup2(old, STDERR_FILENO);
	close(old);
	close(fd[0]);
	close(fd[1]);
	assert_true(len > 20 * 500 && len < LINES * 500);
	assert_int_equal(buf[len - 1], '\n'); /* no half line */

	assert_memory_equal(buf, "test: 0000 ", 11);
	assert_string_equal(
	    first, "test: messages lost: nobody read them\ntest: room\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stuck_reader),
	};

	unsetenv("JOURNAL_STREAM");
	log_init("test", LOG_LV_INFO);
	log_hurry();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
