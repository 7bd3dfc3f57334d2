#include "io/fetch_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmem.h"

static void
read_all(struct fetch_task *k, int fd)
{
	char *buf = try_malloc(k->max + 2);
	size_t len = 0;
	ssize_t n = 1;

	if (buf == NULL) {
		fetch_got_fail(&k->got, FETCH_NO_MEMORY);
		return;
	}
	while (n > 0 && len <= k->max) {
		n = read(fd, buf + len, k->max + 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	if (n < 0)
		fetch_got_fail(&k->got, "%s", strerror(errno));
	else if (len > k->max)
		fetch_got_fail(&k->got, "is longer than %zu bytes", k->max);
	buf[len] = '\0';
	k->got.data = buf;
	k->got.len = len;
}

/* A pipe or a device might never end. */
static void
on_run(struct fetch_task *k)
{
	int fd = open(k->url, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		fetch_got_fail(&k->got, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		fetch_got_fail(&k->got, "is no regular file");
	else
		read_all(k, fd);
	if (fd >= 0)
		close(fd);
}

static void *
file_begin(const struct fetch_ask *ask, fetch_got_fn *done, void *arg)
{
	return fetch_thread_begin(ask, on_run, done, arg);
}

const struct fetch_ops fetch_file_ops = { file_begin, fetch_thread_end };
