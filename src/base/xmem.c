#include "base/xmem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* What malloc() said is no one module's: counted where all ask. */
static _Atomic uint64_t failed;

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

void *
xmalloc(size_t len)
{
	return must(malloc(len > 0 ? len : 1));
}

void *
xcalloc(size_t n, size_t len)
{
	return must(calloc(n > 0 ? n : 1, len > 0 ? len : 1));
}

void *
xreallocarray(void *p, size_t n, size_t len)
{
	return must(reallocarray(p, n > 0 ? n : 1, len > 0 ? len : 1));
}

char *
xstrdup(const char *s)
{
	return must(strdup(s));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		fatalx("out of memory");
	va_end(ap);
	return s;
}

/* As it is; NULL counts. */
static void *
noted(void *p)
{
	if (p == NULL)
		mem_note_failed();
	return p;
}

void *
try_malloc(size_t len)
{
	return noted(malloc(len > 0 ? len : 1));
}

void *
try_calloc(size_t n, size_t len)
{
	return noted(calloc(n > 0 ? n : 1, len > 0 ? len : 1));
}

void *
try_aligned_alloc(size_t align, size_t len)
{
	void *p;

	return noted(posix_memalign(&p, align, len) == 0 ? p : NULL);
}

void *
try_reallocarray(void *p, size_t n, size_t len)
{
	return noted(reallocarray(p, n > 0 ? n : 1, len > 0 ? len : 1));
}

char *
try_strdup(const char *s)
{
	return noted(strdup(s));
}

void
mem_note_failed(void)
{
	failed++;
}

uint64_t
mem_failed(void)
{
	return failed;
}
