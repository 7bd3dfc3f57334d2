/* Base64 of RFC 4648; what is parsed is what formatting would give again. */
#ifndef VPLAM_BASE_BASE64_H
#define VPLAM_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

enum base64_kind {
	BASE64_PLAIN, /* + and /, padded */
	BASE64_URL,   /* - and _, without padding */
};

#define BASE64_TEXT(n) (((n) + 2) / 3 * 4 + 1) /* of n bytes, with the NUL */

/* ret has room for BASE64_TEXT(len). */
void base64_format(enum base64_kind kind, const void *p, size_t len, char *ret);

/*
 * All of text, text_len characters. False for anything else, spare bits that
 * are set, and for more than max bytes.
 */
bool base64_parse(enum base64_kind kind, const char *text, size_t text_len,
    void *ret, size_t max, size_t *ret_len);

#endif
