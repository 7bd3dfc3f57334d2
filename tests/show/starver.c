/*
 * To be preloaded: memory that is not there. NOMEM names a file of 16 bytes,
 * which may change at any time: the first byte is 0, or of how many requests
 * one finds nothing (1: none does any more); the last eight count those.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct plan {
	_Atomic unsigned char every;
	unsigned char unused[7];
	_Atomic uint64_t failed;
};

static struct plan *plan;
static _Atomic uint64_t asked;

void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *p, size_t len);
void *__libc_memalign(size_t align, size_t len);

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("NOMEM");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(
	    NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		plan = p;
}

/* Steps of a prime: who always asks in the same order is not always hit. */
static bool
fails(void)
{
	unsigned every = plan != NULL ? plan->every : 0;

	if (every == 0 || atomic_fetch_add(&asked, 1) * 7919u % every != 0)
		return false;
	atomic_fetch_add(&plan->failed, 1);
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t len)
{
	return fails() ? NULL : __libc_malloc(len);
}

void *
calloc(size_t n, size_t len)
{
	return fails() ? NULL : __libc_calloc(n, len);
}

void *
realloc(void *p, size_t len)
{
	return fails() ? NULL : __libc_realloc(p, len);
}

void *
reallocarray(void *p, size_t n, size_t len)
{
	size_t all;

	if (__builtin_mul_overflow(n, len, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

int
posix_memalign(void **ret, size_t align, size_t len)
{
	void *p = fails() ? NULL : __libc_memalign(align, len);

	if (p == NULL)
		return ENOMEM;
	*ret = p;
	return 0;
}

void *
aligned_alloc(size_t align, size_t len)
{
	return fails() ? NULL : __libc_memalign(align, len);
}
