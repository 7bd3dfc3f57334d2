/* Requests to the entry server: what is taken lies within the head. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "entryserver/http.h"

static void
inside(const struct http_text *t, const char *p, size_t len)
{
	MUST(t->len == 0 || (t->p >= p && t->p + t->len <= p + len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *p = (const char *)bytes;
	size_t head = http_head_len(p, len, 0), from;
	struct http_request r;
	enum http_status st;

	MUST(head <= len);
	for (from = 1; from < len && from < 64; from++) /* as it came in */
		MUST(http_head_len(p, from, 0) <= from);
	if (head == 0)
		return 0;
	MUST(http_head_len(p, len, head - 1) == head);
	st = http_parse(p, head, &r);
	MUST(http_reason(st) != NULL);
	if (st != HTTP_OK) {
		MUST(!r.keep);
		return 0;
	}
	MUST(r.path.len > 0 && r.path.p[0] == '/');
	inside(&r.path, p, head);
	inside(&r.none_match, p, head);
	inside(&r.modified_since, p, head);
	(void)http_unchanged(&r, "\"etag\"", 1700000000);
	(void)http_unchanged(&r, "\"etag\"", 0);
	return 0;
}
