/*
 * A vnode in one line: "vpla://KEY@host:port?..." for machines and QR codes, a
 * beacon to be read out over the telephone, and what `entry =` takes.
 */
#ifndef VPLAM_WIRE_URI_H
#define VPLAM_WIRE_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

#define URI_HOST 254 /* bytes of a name or address, NUL included */
#define URI_TEXT 1024
#define URI_PORT 7469

/* An address or a name, and a port. */
struct uri_endpoint {
	char host[URI_HOST]; /* IPv6 without brackets */
	uint16_t port;
};

/*
 * vpla://KEY@host:port?ep=host:port&name=...&network=...
 * KEY is base64url without padding (43 characters); values are percent-encoded;
 * unknown ones are skipped.
 */
struct uri {
	uint8_t key[RECORD_KEY];
	struct uri_endpoint ep[RECORD_ENDPOINTS];
	unsigned n_ep; /* at least one */
	char name[RECORD_NAME + 1];
	char network[65]; /* "": not told */
};

/* False and *ret_why (static): what is wrong, and what was expected. */
bool uri_parse(const char *text, struct uri *ret, const char **ret_why);
/* False: it does not fit. */
bool uri_write(const struct uri *u, char out[static URI_TEXT]);

/*
 * At most 100 characters of Crockford's base32: version, key, one endpoint,
 * end, network name when there is room (16 bytes beside IPv4, 4 beside IPv6),
 * CRC-32, so that any one wrong character is noticed. Case, spaces and dashes
 * do not matter; I and L are read as 1, O as 0.
 */
#define BEACON_TEXT 101
struct beacon {
	uint8_t key[RECORD_KEY];
	struct addr ep;
	uint32_t ends;	  /* seconds since 1970, whole hours */
	char network[17]; /* "": not told */
};

/* False: the network name does not fit, or no unicast endpoint. */
bool beacon_write(const struct beacon *b, char out[static BEACON_TEXT]);
/* Expiry is the caller's to look at. */
bool beacon_parse(const char *text, struct beacon *ret, const char **ret_why);

/*
 * Where a list is: "http://host/entry.json#KEY&network=NAME" (or https), with
 * the last two left out as one likes; "dns:NAME", "file:/PATH", "cmd:/PATH".
 * KEY is the line of a minisign public key (56 characters).
 */
#define SOURCE_KEY_TEXT 57
#define SOURCE_TEXT 512
enum source_kind {
	SOURCE_HTTP,
	SOURCE_HTTPS,
	SOURCE_DNS,
	SOURCE_FILE,
	SOURCE_CMD,
	SOURCE_KINDS
};
struct source {
	enum source_kind kind;
	char url[SOURCE_TEXT];	   /* without the fragment; else the rest */
	char key[SOURCE_KEY_TEXT]; /* "": whoever signs first is pinned */
	char network[65];	   /* "": not told */
};
bool source_parse(const char *text, struct source *ret, const char **ret_why);

#endif
