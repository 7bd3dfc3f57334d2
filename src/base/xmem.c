#include "base/xmem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* What malloc() said is no one module's: counted where all ask. */
static _Atomic uint64_t failed;

/* Given back at once when there is no other memory. */
#define RESERVE (64u * 1024u)
static _Atomic(void *) reserve;

/* True: there may be memory now. */
static bool
spend(void)
{
	void *p = atomic_exchange(&reserve, NULL);

	mem_note_failed();
	free(p);
	return p != NULL;
}

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
	return must(mem_last(NULL, len));
}

void *
xcalloc(size_t n, size_t len)
{
	void *p;

	do
		p = calloc(n > 0 ? n : 1, len > 0 ? len : 1);
	while (p == NULL && spend());
	return must(p);
}

void *
xreallocarray(void *p, size_t n, size_t len)
{
	void *ret;

	do
		ret = reallocarray(p, n > 0 ? n : 1, len > 0 ? len : 1);
	while (ret == NULL && spend());
	return must(ret);
}

char *
xstrdup(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(xmalloc(len), s, len);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	do {
		va_start(ap, fmt);
		n = vasprintf(&s, fmt, ap);
		va_end(ap);
	} while (n < 0 && spend());
	return must(n < 0 ? NULL : s);
}

bool
mem_reserve(void)
{
	void *p = atomic_load(&reserve), *none = NULL;

	if (p != NULL)
		return true;
	p = malloc(RESERVE);
	if (p != NULL && !atomic_compare_exchange_strong(&reserve, &none, p))
		free(p);
	return p != NULL;
}

void *
mem_last(void *p, size_t len)
{
	void *ret;

	do
		ret = realloc(p, len > 0 ? len : 1);
	while (ret == NULL && spend());
	return ret;
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

char *
try_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return noted(n < 0 ? NULL : s);
}

bool
mem_has(size_t len)
{
	void *volatile p = try_malloc(len); /* no compiler leaves it out */

	free(p);
	return p != NULL;
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
