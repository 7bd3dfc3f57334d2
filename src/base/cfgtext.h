/* The text of a configuration file, made ready for libconfuse. */
#ifndef VPLAM_BASE_CFGTEXT_H
#define VPLAM_BASE_CFGTEXT_H

#include <stddef.h>

/*
 * Blanks out comments and keeps line ends, because libconfuse 3.3 counts lines
 * wrongly behind a comment. Finds what is opened and never closed, which
 * libconfuse takes for the end. Returns NULL, or what is wrong (static) and
 * the line where it begins in *ret_line.
 */
const char *cfgtext_prepare(char *text, size_t len, int *ret_line);

#endif
