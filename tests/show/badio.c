/*
 * To be preloaded: a disk with errors under the files whose names have
 * "store.db" in them, those of this process. BADIO names a file of two bytes,
 * which may change at any time: the errno, 0 for none, and to what it comes, a
 * sum of 1 for reading, 2 for writing, 4 for syncing, 8 for names that come
 * and go.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { BAD_READ = 1, BAD_WRITE = 2, BAD_SYNC = 4, BAD_NAME = 8 };

static const volatile unsigned char *state;

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("BADIO");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, 2, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		state = p;
}

static int
bad_path(const char *path, unsigned what)
{
	if (state == NULL || state[0] == 0 || !(state[1] & what) ||
	    strstr(path, "store.db") == NULL)
		return 0;
	errno = state[0];
	return 1;
}

static int
bad_fd(int fd, unsigned what)
{
	char link[32], path[4096];
	ssize_t n;

	if (state == NULL || state[0] == 0 || !(state[1] & what))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = '\0';
	return bad_path(path, what);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t
read(int fd, void *p, size_t n)
{
	return bad_fd(fd, BAD_READ) ? -1 : REAL(read)(fd, p, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return bad_fd(fd, BAD_WRITE) ? -1 : REAL(write)(fd, p, n);
}

int
fsync(int fd)
{
	return bad_fd(fd, BAD_SYNC) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return bad_fd(fd, BAD_SYNC) ? -1 : REAL(fdatasync)(fd);
}

int
unlink(const char *path)
{
	return bad_path(path, BAD_NAME) ? -1 : REAL(unlink)(path);
}

int
rename(const char *from, const char *to)
{
	return bad_path(to, BAD_NAME) ? -1 : REAL(rename)(from, to);
}

/* Programs call these by either name, as their offsets were built. */
#define BOTH(pread_, pwrite_, ftruncate_, open_, off)                          \
	ssize_t pread_(int fd, void *p, size_t n, off at)                      \
	{                                                                      \
		return bad_fd(fd, BAD_READ) ? -1 : REAL(pread_)(fd, p, n, at); \
	}                                                                      \
	ssize_t pwrite_(int fd, const void *p, size_t n, off at)               \
	{                                                                      \
		return bad_fd(fd, BAD_WRITE) ? -1                              \
					     : REAL(pwrite_)(fd, p, n, at);    \
	}                                                                      \
	int ftruncate_(int fd, off n)                                          \
	{                                                                      \
		return bad_fd(fd, BAD_WRITE) ? -1 : REAL(ftruncate_)(fd, n);   \
	}                                                                      \
	int open_(const char *path, int flags, ...)                            \
	{                                                                      \
		mode_t mode = 0;                                               \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, flags);                                           \
		if (flags & O_CREAT)                                           \
			mode = va_arg(ap, mode_t);                             \
		va_end(ap);                                                    \
		if (bad_path(path, flags & O_CREAT ? BAD_NAME : BAD_READ))     \
			return -1;                                             \
		return REAL(open_)(path, flags, mode);                         \
	}

BOTH(pread, pwrite, ftruncate, open, off_t)
BOTH(pread64, pwrite64, ftruncate64, open64, off64_t)
