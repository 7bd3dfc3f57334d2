/* Allocation for the control plane: aborts when there is no memory. */
#ifndef VPLAM_BASE_XMEM_H
#define VPLAM_BASE_XMEM_H

#include <stddef.h>
#include <stdlib.h>

void *xmalloc(size_t len);
void *xcalloc(size_t n, size_t len);
void *xreallocarray(void *p, size_t n, size_t len);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
