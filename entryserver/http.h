/*
 * HTTP/1.0 and 1.1 as far as files need it: GET and HEAD without a body.
 * Pure; strict, as nothing but clients of our own making has reason to come
 * near the edges.
 */
#ifndef VPLAM_ENTRYSERVER_HTTP_H
#define VPLAM_ENTRYSERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 8192 /* bytes of a request */

enum http_status {
	HTTP_OK = 200,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD = 405,
	HTTP_BODY = 413,
	HTTP_LONG = 414,
	HTTP_TOO_MANY = 429,
	HTTP_HEADERS = 431,
	HTTP_UNAVAILABLE = 503,
	HTTP_VERSION = 505,
};
const char *http_reason(enum http_status status);

/* Borrowed from the head. */
struct http_text {
	const char *p;
	size_t len;
};

struct http_request {
	bool head_only;	       /* HEAD */
	bool keep;	       /* the connection may serve another request */
	struct http_text path; /* without what follows '?' */
	struct http_text none_match;	 /* If-None-Match; len 0: none */
	struct http_text modified_since; /* the same */
};

/* Bytes of the first head in p, 0 when its end has not come yet. Looks from
 * byte `from` on: what was looked at before. */
size_t http_head_len(const char *p, size_t len, size_t from);

/* Reads a whole head. HTTP_OK, or what to answer; then ret->keep is false. */
enum http_status http_parse(
    const char *p, size_t len, struct http_request *ret);

/* Does that client have what we have? etag with its quotes. */
bool http_unchanged(
    const struct http_request *r, const char *etag, int64_t modified);

/* "Sat, 21 Nov 2026 22:30:00 GMT" */
#define HTTP_DATE 32
const char *http_date(int64_t at, char buf[static HTTP_DATE]);

#endif
