/* Names of network interfaces, as we make and take them. */
#ifndef VPLAM_BASE_IFNAME_H
#define VPLAM_BASE_IFNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define IFNAME_MAX 15 /* bytes: IFNAMSIZ less the NUL */

/*
 * 1 to max signs that no program takes for anything else; the kernel allows
 * more, and would choose a number for a %.
 */
static inline bool
ifname_ok(const char *name, size_t max)
{
	static const char good[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_.-";
	size_t len = strnlen(name, max + 1);

	return len > 0 && len <= max && strspn(name, good) == len &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

#endif
