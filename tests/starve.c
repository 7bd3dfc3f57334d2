#include "tests/starve.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/xmem.h"

void *__real_try_malloc(size_t len);
void *__real_try_calloc(size_t n, size_t len);
void *__real_try_aligned_alloc(size_t align, size_t len);
void *__real_try_reallocarray(void *p, size_t n, size_t len);
char *__real_try_strdup(const char *s);
char *__wrap_try_asprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
void *__wrap_try_malloc(size_t len);
void *__wrap_try_calloc(size_t n, size_t len);
void *__wrap_try_aligned_alloc(size_t align, size_t len);
void *__wrap_try_reallocarray(void *p, size_t n, size_t len);
char *__wrap_try_strdup(const char *s);

static struct {
	bool on;
	unsigned asked, refused, first, last;
} plan;

void
starve(unsigned first, unsigned last)
{
	plan.on = true;
	plan.asked = plan.refused = 0;
	plan.first = first;
	plan.last = last;
}

void
starve_end(void)
{
	plan.on = false;
}

bool
starve_is_on(void)
{
	return plan.on;
}

unsigned
starve_asked(void)
{
	return plan.asked;
}

unsigned
starve_refused(void)
{
	return plan.refused;
}

static bool
is_refused(void)
{
	if (!plan.on)
		return false;
	plan.asked++;
	if (plan.asked < plan.first || plan.asked > plan.last)
		return false;
	plan.refused++;
	mem_note_failed();
	return true;
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

char *
__wrap_try_strdup(const char *s)
{
	return is_refused() ? NULL : __real_try_strdup(s);
}

char *
__wrap_try_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	if (is_refused())
		return NULL;
	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return s;
}
