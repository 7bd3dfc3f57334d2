/* The hosts file: names that no name server is asked for. */
#ifndef VPLAM_IO_HOSTS_H
#define VPLAM_IO_HOSTS_H

#include <stddef.h>

#include "base/addr.h"

#define HOSTS_MAX (1u << 20) /* bytes of it that count */

/*
 * Its text, to be freed by the caller; "" where there is no file, NULL without
 * memory. Where reading it fails, or memory for more of it, the text is what
 * came before, and its last line may be a part of one.
 */
char *hosts_load(const char *path);

/* The addresses of a name in it, with port, at most max; none for NULL. */
unsigned hosts_find(const char *text, const char *name, uint16_t port,
    struct addr *ret, unsigned max);

#endif
