#include "tests/unit/norealloc.h"

#include <stddef.h>

bool no_memory;

void *__real_try_reallocarray(void *p, size_t n, size_t len);
void *__wrap_try_reallocarray(void *p, size_t n, size_t len);

void *
__wrap_try_reallocarray(void *p, size_t n, size_t len)
{
	return no_memory ? NULL : __real_try_reallocarray(p, n, len);
}
