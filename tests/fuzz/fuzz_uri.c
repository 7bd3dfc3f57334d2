/* URIs, beacons and places of lists: what is read is written and read again. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <zlib.h>

#include "wire/qr.h"
#include "wire/uri.h"

static void
try_qr(const char *text)
{
	static struct qr qr;

	if (qr_make(text, &qr))
		MUST(qr_built_in() && qr.side > 0 && qr.side <= QR_SIDE_MAX);
	else
		MUST(qr.side == 0);
}

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
	try_qr(once);
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

/* 5 bits a character, as a beacon has them; out has room for all. */
static void
base32(const uint8_t *p, size_t len, char *out)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned acc = 0, bits = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		acc = (acc << 8 | p[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = digits[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = digits[acc << (5 - bits) & 31];
	*out = '\0';
}

/* The same bytes with a checksum that holds: what it says is looked at. */
static void
try_summed(const uint8_t *p, size_t len)
{
	uint8_t bytes[80];
	char text[160];
	uint32_t crc;

	if (len > 58)
		len = 58;
	memcpy(bytes, p, len);
	crc = (uint32_t)crc32(0, bytes, (uInt)len);
	bytes[len] = (uint8_t)(crc >> 24);
	bytes[len + 1] = (uint8_t)(crc >> 16);
	bytes[len + 2] = (uint8_t)(crc >> 8);
	bytes[len + 3] = (uint8_t)crc;
	base32(bytes, len + 4, text);
	try_beacon(text);
}

/* Written from any bytes: what is written reads back. */
static void
try_made(const uint8_t *p, size_t len)
{
	struct beacon b = { 0 }, again;
	char out[BEACON_TEXT];
	const char *why;

	memcpy(&b, p, len < sizeof(b) ? len : sizeof(b));
	b.ep.scope = 0;
	b.network[16] = '\0';
	if (!beacon_write(&b, out)) {
		MUST(out[0] == '\0');
		return;
	}
	MUST(beacon_parse(out, &again, &why));
	MUST(addr_equal(&b.ep, &again.ep) && again.ends >= b.ends);
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
	try_qr(""); /* there is nothing to write */
	try_beacon(text);
	try_source(text);
	try_summed(p, len);
	try_made(p, len);
	free(text);
	return 0;
}
