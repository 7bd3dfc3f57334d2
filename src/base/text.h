/* Text that others wrote: is it fit to be kept and printed? */
#ifndef VPLAM_BASE_TEXT_H
#define VPLAM_BASE_TEXT_H

#include <stddef.h>

/*
 * NULL, or why not (static, as option parsers say it): UTF-8 in its shortest
 * form, without surrogates and without control characters (so no zero byte).
 */
const char *text_check(const void *p, size_t len);

#endif
