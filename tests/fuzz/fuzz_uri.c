/* URIs, beacons and places of lists: what is read is written and read again. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/uri.h"

static void
try_uri(const char *text)
{
	char once[URI_TEXT], twice[URI_TEXT];
	struct uri u;
	const char *why;

	if (!uri_parse(text, &u, &why)) {
		MUST(why != NULL && u.n_ep == 0);
		return;
	}
	MUST(why == NULL && u.n_ep >= 1 && u.n_ep <= RECORD_ENDPOINTS);
	if (!uri_write(&u, once)) /* percents make it longer */
		return;
	MUST(uri_parse(once, &u, &why));
	MUST(uri_write(&u, twice) && strcmp(once, twice) == 0);
}

static void
try_beacon(const char *text)
{
	char out[BEACON_TEXT];
	struct beacon b, again;
	const char *why;

	if (!beacon_parse(text, &b, &why)) {
		MUST(why != NULL);
		return;
	}
	MUST(beacon_write(&b, out));
	MUST(beacon_parse(out, &again, &why));
	MUST(addr_equal(&b.ep, &again.ep) && b.ends == again.ends);
	MUST(strcmp(b.network, again.network) == 0);
}

static void
try_source(const char *text)
{
	struct source s;
	const char *why;

	if (!source_parse(text, &s, &why)) {
		MUST(why != NULL && s.url[0] == '\0');
		return;
	}
	MUST(s.kind < SOURCE_KINDS && s.url[0] != '\0');
	MUST(s.key[0] == '\0' || strlen(s.key) == SOURCE_KEY_TEXT - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char *text = malloc(len + 1);

	MUST(text != NULL);
	memcpy(text, p, len);
	text[len] = '\0';
	try_uri(text);
	try_beacon(text);
	try_source(text);
	free(text);
	return 0;
}
