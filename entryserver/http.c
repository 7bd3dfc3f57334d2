#include "entryserver/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TARGET_MAX 1024

const char *
http_reason(enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case HTTP_NOT_MODIFIED:
		return "Not Modified";
	case HTTP_BAD:
		return "Bad Request";
	case HTTP_NOT_FOUND:
		return "Not Found";
	case HTTP_METHOD:
		return "Method Not Allowed";
	case HTTP_BODY:
		return "Content Too Large";
	case HTTP_LONG:
		return "URI Too Long";
	case HTTP_TOO_MANY:
		return "Too Many Requests";
	case HTTP_HEADERS:
		return "Request Header Fields Too Large";
	case HTTP_UNAVAILABLE:
		return "Service Unavailable";
	case HTTP_VERSION:
		return "HTTP Version Not Supported";
	}
	return "";
}

static const char date_form[] = "%a, %d %b %Y %H:%M:%S GMT";

const char *
http_date(int64_t at, char buf[static HTTP_DATE])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, HTTP_DATE, date_form, &tm) == 0)
		buf[0] = '\0';
	return buf;
}

size_t
http_head_len(const char *p, size_t len, size_t from)
{
	/* The line before the empty one may have been looked at. */
	for (size_t i = from > 2 ? from - 2 : 0; i < len; i++) {
		if (p[i] != '\n')
			continue;
		if (i + 1 < len && p[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && p[i + 1] == '\r' && p[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* The next line, without its end; false: there is none. */
static bool
next_line(struct http_text *rest, struct http_text *ret)
{
	const char *end = memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return false;
	*ret = (struct http_text){ rest->p, (size_t)(end - rest->p) };
	rest->len -= ret->len + 1;
	rest->p = end + 1;
	if (ret->len > 0 && ret->p[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

/* What stands before the first sep, which goes; all of it when there is none.
 */
static struct http_text
cut(struct http_text *rest, char sep)
{
	const char *at = memchr(rest->p, sep, rest->len);
	struct http_text ret = *rest;

	if (at != NULL)
		ret.len = (size_t)(at - rest->p);
	rest->p += ret.len + (at != NULL);
	rest->len -= ret.len + (at != NULL);
	return ret;
}

static bool
is(struct http_text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.p, word, t.len) == 0;
}

static bool
is_nocase(struct http_text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.p, word, t.len) == 0;
}

static struct http_text
trim(struct http_text t)
{
	while (t.len > 0 && (*t.p == ' ' || *t.p == '\t')) {
		t.p++;
		t.len--;
	}
	while (t.len > 0 && (t.p[t.len - 1] == ' ' || t.p[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* No control characters but the tab. */
static bool
is_printable(struct http_text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (((unsigned char)t.p[i] < 0x20 && t.p[i] != '\t') ||
		    t.p[i] == 0x7f)
			return false;
	return true;
}

/* "/path?query" or "http://host/path": the path alone. */
static bool
take_target(struct http_text t, struct http_request *ret)
{
	if (t.len > 7 && strncasecmp(t.p, "http://", 7) == 0) {
		const char *slash = memchr(t.p + 7, '/', t.len - 7);

		if (slash == NULL)
			return false;
		t.len -= (size_t)(slash - t.p);
		t.p = slash;
	}
	if (t.len == 0 || t.p[0] != '/')
		return false;
	ret->path = cut(&t, '?');
	return true;
}

static enum http_status
parse_first(struct http_text line, struct http_request *ret, bool *ret_11)
{
	struct http_text method = cut(&line, ' ');
	struct http_text target = cut(&line, ' ');

	if (method.len == 0 || !is_printable(target))
		return HTTP_BAD;
	if (target.len > TARGET_MAX)
		return HTTP_LONG;
	*ret_11 = is(line, "HTTP/1.1");
	if (!*ret_11 && !is(line, "HTTP/1.0"))
		return line.len == 8 && memcmp(line.p, "HTTP/", 5) == 0
		    ? HTTP_VERSION
		    : HTTP_BAD;
	ret->head_only = is(method, "HEAD");
	if (!ret->head_only && !is(method, "GET"))
		return HTTP_METHOD;
	return take_target(target, ret) ? HTTP_OK : HTTP_BAD;
}

/* A comma-separated list of words, in any case. */
static bool
has_word(struct http_text list, const char *word)
{
	while (list.len > 0)
		if (is_nocase(trim(cut(&list, ',')), word))
			return true;
	return false;
}

struct heads {
	bool host, close, keep_alive;
};

static enum http_status
parse_field(struct http_text line, struct http_request *ret, struct heads *h)
{
	bool has_colon = memchr(line.p, ':', line.len) != NULL;
	struct http_text name = cut(&line, ':'), value = trim(line);

	if (!has_colon || name.len == 0 || !is_printable(value) ||
	    trim(name).len != name.len || !is_printable(name))
		return HTTP_BAD;
	if (is_nocase(name, "host")) {
		if (h->host)
			return HTTP_BAD;
		h->host = true;
	} else if (is_nocase(name, "connection")) {
		h->close |= has_word(value, "close");
		h->keep_alive |= has_word(value, "keep-alive");
	} else if (is_nocase(name, "content-length")) {
		return is(value, "0") ? HTTP_OK : HTTP_BODY;
	} else if (is_nocase(name, "transfer-encoding")) {
		return HTTP_BODY;
	} else if (is_nocase(name, "if-none-match")) {
		ret->none_match = value;
	} else if (is_nocase(name, "if-modified-since")) {
		ret->modified_since = value;
	}
	return HTTP_OK;
}

enum http_status
http_parse(const char *p, size_t len, struct http_request *ret)
{
	struct http_text rest = { p, len }, line;
	struct heads h = { 0 };
	enum http_status rc = HTTP_BAD;
	bool is_11 = false;

	*ret = (struct http_request){ 0 };
	if (next_line(&rest, &line))
		rc = parse_first(line, ret, &is_11);
	while (rc == HTTP_OK && next_line(&rest, &line) && line.len > 0)
		rc = parse_field(line, ret, &h);
	if (rc == HTTP_OK && is_11 && !h.host)
		rc = HTTP_BAD;
	ret->keep = rc == HTTP_OK && !h.close && (is_11 || h.keep_alive);
	return rc;
}

bool
http_unchanged(const struct http_request *r, const char *etag, int64_t modified)
{
	struct http_text list = r->none_match, one;
	char text[HTTP_DATE];
	const char *end;
	struct tm tm = { 0 };

	if (list.len > 0) {
		while (list.len > 0) {
			one = trim(cut(&list, ','));
			if (one.len > 2 && memcmp(one.p, "W/", 2) == 0) {
				one.p += 2;
				one.len -= 2;
			}
			if (is(one, "*") || is(one, etag))
				return true;
		}
		return false;
	}
	if (r->modified_since.len == 0 || r->modified_since.len >= sizeof(text))
		return false;
	memcpy(text, r->modified_since.p, r->modified_since.len);
	text[r->modified_since.len] = '\0';
	end = strptime(text, date_form, &tm);
	return end != NULL && *end == '\0' && timegm(&tm) >= modified;
}
