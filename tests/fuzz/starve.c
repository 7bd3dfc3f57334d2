#include "tests/fuzz/starve.h"

#include "base/xmem.h"

void *__real_try_malloc(size_t len);
void *__real_try_calloc(size_t n, size_t len);
void *__real_try_aligned_alloc(size_t align, size_t len);
void *__real_try_reallocarray(void *p, size_t n, size_t len);
void *__wrap_try_malloc(size_t len);
void *__wrap_try_calloc(size_t n, size_t len);
void *__wrap_try_aligned_alloc(size_t align, size_t len);
void *__wrap_try_reallocarray(void *p, size_t n, size_t len);

static unsigned left;

void
starve_after(unsigned n)
{
	left = n;
}

static int
is_refused(void)
{
	return left > 0 && --left == 0;
}

void *
__wrap_try_malloc(size_t len)
{
	return is_refused() ? NULL : __real_try_malloc(len);
}

void *
__wrap_try_calloc(size_t n, size_t len)
{
	return is_refused() ? NULL : __real_try_calloc(n, len);
}

void *
__wrap_try_aligned_alloc(size_t align, size_t len)
{
	return is_refused() ? NULL : __real_try_aligned_alloc(align, len);
}

void *
__wrap_try_reallocarray(void *p, size_t n, size_t len)
{
	return is_refused() ? NULL : __real_try_reallocarray(p, n, len);
}
