/* Text that others wrote: is it fit to be kept and printed? */
#ifndef VPLAM_BASE_TEXT_H
#define VPLAM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * NULL, or why not (static, as option parsers say it): UTF-8 in its shortest
 * form, without surrogates and without control characters (so no zero byte).
 */
const char *text_check(const void *p, size_t len);

/*
 * The bytes of the UTF-8 character that s begins with, of at most left, and the
 * character itself; 0 when it is none, is longer than need be, a surrogate, or
 * beyond U+10FFFF.
 */
size_t text_next(const void *s, size_t left, uint32_t *ret);

#endif
