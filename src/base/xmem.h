/*
 * Allocation. x...() ends the process when there is no memory: for what is
 * made at the start, by the configuration or on the command line. try_...() is
 * for all that a peer or the network has us make later: NULL then costs that
 * peer, packet or entry, and is counted here.
 *
 * What the loop itself cannot do without has a reserve, which x...() and
 * mem_last() fall back to: so that what peers use up does not end the process.
 */
#ifndef VPLAM_BASE_XMEM_H
#define VPLAM_BASE_XMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void *xmalloc(size_t len);
void *xcalloc(size_t n, size_t len);
void *xreallocarray(void *p, size_t n, size_t len);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void *try_malloc(size_t len);
void *try_calloc(size_t n, size_t len);
void *try_aligned_alloc(size_t align, size_t len);
void *try_reallocarray(void *p, size_t n, size_t len); /* NULL: p stays */
char *try_strdup(const char *s);
char *try_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Would so much be there? Asked before a library that ends the process. */
bool mem_has(size_t len);

/* A library had no memory: counts one. */
void mem_note_failed(void);

/*
 * Makes the reserve when there is none: at the start, and again later, when
 * some of it was needed. False without memory.
 */
bool mem_reserve(void);

/* As realloc(): for the event loop, out of the reserve when nothing is left. */
void *mem_last(void *p, size_t len);

/* How often there was none, in all threads since the start. */
uint64_t mem_failed(void);

#endif
