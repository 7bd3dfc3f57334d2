#include "wire/uri.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/wr.h"

#define SCHEME "vpla://"
#define KEY_CHARS 43
#define LIST_KEY 42 /* bytes of a minisign public key */

/* A piece of a text, without a NUL. */
struct piece {
	const char *p;
	size_t len;
};

static struct piece
piece_of(const char *text)
{
	return (struct piece){ text, strlen(text) };
}

/* Takes what is before the first c, and c; false: all of it */
static bool
cut_at(struct piece *rest, char c, struct piece *before)
{
	const char *at = rest->len > 0 ? memchr(rest->p, c, rest->len) : NULL;

	*before = *rest;
	if (at == NULL) {
		rest->p += rest->len;
		rest->len = 0;
		return false;
	}
	before->len = (size_t)(at - rest->p);
	rest->p += before->len + 1;
	rest->len -= before->len + 1;
	return true;
}

static bool
piece_is(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.p, word, p.len) == 0;
}

/* Takes word off its beginning. */
static bool
take_word(struct piece *p, const char *word)
{
	size_t len = strlen(word);

	if (p->len < len || memcmp(p->p, word, len) != 0)
		return false;
	p->p += len;
	p->len -= len;
	return true;
}

/* Percent-decoded, 1 to max bytes of text that can be printed. */
static bool
value_get(struct piece v, char *ret, size_t max)
{
	struct wr w = wr_of(ret, max);
	size_t i;

	for (i = 0; i < v.len; i++) {
		char hex[3] = "";

		if (v.p[i] != '%') {
			wr_u8(&w, (uint8_t)v.p[i]);
			continue;
		}
		if (v.len - i < 3)
			return false;
		memcpy(hex, v.p + i + 1, 2);
		if (strspn(hex, "0123456789abcdefABCDEF") != 2)
			return false;
		wr_u8(&w, (uint8_t)strtoul(hex, NULL, 16));
		i += 2;
	}
	if (!wr_ok(&w) || w.len == 0 || text_check(ret, w.len) != NULL)
		return false;
	ret[w.len] = '\0';
	return true;
}

static void
value_put(struct wr *w, const char *text)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "-._~:";
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(plain, c) != NULL) {
			wr_u8(w, c);
			continue;
		}
		wr_u8(w, '%');
		wr_u8(w, (uint8_t)hex[c >> 4]);
		wr_u8(w, (uint8_t)hex[c & 0xf]);
	}
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A name of DNS or an IPv4 address: labels of 1 to 63 characters. */
static bool
host_ok(struct piece host)
{
	size_t i, label = 0;

	for (i = 0; i < host.len; i++) {
		if (host.p[i] == '.' && label > 0) {
			label = 0;
			continue;
		}
		if (!is_name_char(host.p[i]) || ++label > 63)
			return false;
	}
	return label > 0 && host.len < URI_HOST;
}

static bool
port_get(struct piece text, uint16_t *ret)
{
	uint32_t v = 0;
	size_t i;

	if (text.len == 0 || text.len > 5 || text.p[0] == '0')
		return false;
	for (i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(text.p[i] - '0');
	}
	*ret = (uint16_t)v;
	return v <= 65535;
}

/* "host:port", "[IPv6]:port", or without the port. */
static bool
endpoint_get(struct piece text, struct uri_endpoint *ret)
{
	struct piece host;
	uint8_t ip[16];
	bool v6 = take_word(&text, "["), more;

	*ret = (struct uri_endpoint){ .port = URI_PORT };
	more = cut_at(&text, v6 ? ']' : ':', &host);
	if (host.len >= sizeof(ret->host))
		return false;
	memcpy(ret->host, host.p, host.len);
	if (v6 ? inet_pton(AF_INET6, ret->host, ip) != 1 : !host_ok(host))
		return false;
	if (v6 && !more)
		return false; /* the bracket is not closed */
	if (v6) {
		more = text.len > 0;
		if (more && !take_word(&text, ":"))
			return false;
	}
	return !more || port_get(text, &ret->port);
}

static void
endpoint_put(struct wr *w, const struct uri_endpoint *e, bool as_value)
{
	char text[URI_HOST + 10];

	snprintf(text, sizeof(text),
	    strchr(e->host, ':') != NULL ? "[%s]:%u" : "%s:%u", e->host,
	    e->port);
	if (as_value)
		value_put(w, text);
	else
		wr_bytes(w, text, strlen(text));
}

/* NULL, or why not. */
static const char *
item_get(struct piece item, struct uri *u)
{
	char text[URI_HOST + 10];
	struct piece name;

	cut_at(&item, '=', &name);
	if (piece_is(name, "ep")) {
		if (u->n_ep == RECORD_ENDPOINTS)
			return "names more than 4 endpoints";
		if (!value_get(item, text, sizeof(text) - 1) ||
		    !endpoint_get(piece_of(text), &u->ep[u->n_ep++]))
			return "has a bad ep=; expected host:port";
	} else if (piece_is(name, "name")) {
		if (u->name[0] != '\0' ||
		    !value_get(item, u->name, RECORD_NAME))
			return "has a bad name=; expected one, of 1 to 32 "
			       "bytes of printable UTF-8, percent-encoded";
	} else if (piece_is(name, "network")) {
		if (u->network[0] != '\0' ||
		    !value_get(item, u->network, sizeof(u->network) - 1))
			return "has a bad network=; expected one, of 1 to 64 "
			       "bytes of printable UTF-8, percent-encoded";
	}
	return NULL;
}

static const char *
uri_get(struct piece rest, struct uri *u)
{
	struct piece key, host, item;
	const char *why = NULL;
	size_t len;

	if (rest.len >= URI_TEXT)
		return "is too long; expected at most 1023 characters";
	if (!take_word(&rest, SCHEME))
		return "is no URI of a vnode; expected vpla://KEY@host:port";
	if (!cut_at(&rest, '@', &key))
		return "has no @; expected vpla://KEY@host:port";
	if (key.len != KEY_CHARS ||
	    !base64_parse(
		BASE64_URL, key.p, key.len, u->key, sizeof(u->key), &len) ||
	    len != sizeof(u->key))
		return "has a bad key; expected 43 characters of base64url";
	cut_at(&rest, '?', &host);
	if (host.len > 0 && host.p[host.len - 1] == '/')
		host.len--; /* some programs add it */
	if (!endpoint_get(host, &u->ep[u->n_ep++]))
		return "has a bad address; expected host:port or "
		       "[IPv6]:port behind the @";
	while (rest.len > 0 && why == NULL) {
		cut_at(&rest, '&', &item);
		why = item_get(item, u);
	}
	return why;
}

bool
uri_parse(const char *text, struct uri *ret, const char **ret_why)
{
	memset(ret, 0, sizeof(*ret));
	*ret_why = uri_get(piece_of(text), ret);
	if (*ret_why == NULL)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

/* c: what parts it from what is before. */
static void
item_put(struct wr *w, const char **c, const char *name)
{
	wr_bytes(w, *c, 1);
	wr_bytes(w, name, strlen(name));
	*c = "&";
}

bool
uri_write(const struct uri *u, char out[static URI_TEXT])
{
	char key[BASE64_TEXT(RECORD_KEY)];
	struct wr w = wr_of(out, URI_TEXT);
	const char *c = "?";
	unsigned i;

	out[0] = '\0';
	if (u->n_ep == 0 || u->n_ep > RECORD_ENDPOINTS)
		return false;
	base64_format(BASE64_URL, u->key, sizeof(u->key), key);
	wr_bytes(&w, SCHEME, strlen(SCHEME));
	wr_bytes(&w, key, strlen(key));
	wr_u8(&w, '@');
	endpoint_put(&w, &u->ep[0], false);
	for (i = 1; i < u->n_ep; i++) {
		item_put(&w, &c, "ep=");
		endpoint_put(&w, &u->ep[i], true);
	}
	if (u->name[0] != '\0') {
		item_put(&w, &c, "name=");
		value_put(&w, u->name);
	}
	if (u->network[0] != '\0') {
		item_put(&w, &c, "network=");
		value_put(&w, u->network);
	}
	wr_u8(&w, '\0');
	if (!wr_ok(&w))
		out[0] = '\0';
	return wr_ok(&w);
}

static const char *
http_get(struct piece rest)
{
	size_t i;

	for (i = 0; i < rest.len; i++)
		if (rest.p[i] <= ' ' || rest.p[i] > '~')
			return "has a character that no URL has";
	take_word(&rest, "http");
	take_word(&rest, "s");
	take_word(&rest, "://");
	if (rest.len == 0 || rest.p[0] == '/' || rest.p[0] == ':')
		return "names no host; expected http://host/entry.json";
	return NULL;
}

static const char *
dns_get(struct piece rest)
{
	return host_ok(rest) ? NULL : "has a bad name; expected dns:NAME";
}

static const char *
path_get(struct piece rest)
{
	if (rest.len < 2 || rest.p[0] != '/' ||
	    text_check(rest.p, rest.len) != NULL)
		return "has a bad path; expected one that begins with /";
	return NULL;
}

static const struct {
	const char *scheme;
	bool kept; /* in url */
	const char *(*check)(struct piece rest);
} sources[SOURCE_KINDS] = {
	[SOURCE_HTTP] = { "http://", true, http_get },
	[SOURCE_HTTPS] = { "https://", true, http_get },
	[SOURCE_DNS] = { "dns:", false, dns_get },
	[SOURCE_FILE] = { "file:", false, path_get },
	[SOURCE_CMD] = { "cmd:", false, path_get },
};

/* As crypto/minisign takes it: "Ed" before its id. */
static bool
list_key_get(struct piece text, char ret[SOURCE_KEY_TEXT])
{
	uint8_t raw[LIST_KEY];
	size_t len;

	if (!base64_parse(
		BASE64_PLAIN, text.p, text.len, raw, sizeof(raw), &len) ||
	    len != sizeof(raw) || raw[0] != 'E' || raw[1] != 'd')
		return false;
	memcpy(ret, text.p, text.len);
	ret[text.len] = '\0';
	return true;
}

static const char *
fragment_get(struct piece rest, struct source *s)
{
	while (rest.len > 0) {
		struct piece item;

		cut_at(&rest, '&', &item);
		if (take_word(&item, "network=")) {
			if (s->network[0] != '\0' ||
			    !value_get(
				item, s->network, sizeof(s->network) - 1))
				return "has a bad network=; expected one, of "
				       "1 to 64 bytes of printable UTF-8, "
				       "percent-encoded";
		} else if (s->key[0] != '\0' || !list_key_get(item, s->key)) {
			return "has a bad key behind the #; expected the 56 "
			       "characters of a list key, RW...";
		}
	}
	return NULL;
}

static const char *
source_get(struct piece rest, struct source *s)
{
	struct piece url, body;
	unsigned kind;

	cut_at(&rest, '#', &url);
	if (url.len >= sizeof(s->url))
		return "is too long; expected at most 511 characters";
	for (kind = 0; kind < SOURCE_KINDS; kind++) {
		const char *why;

		body = url;
		if (!take_word(&body, sources[kind].scheme))
			continue;
		if (sources[kind].kept)
			body = url;
		why = sources[kind].check(body);
		if (why != NULL)
			return why;
		s->kind = (enum source_kind)kind;
		memcpy(s->url, body.p, body.len);
		return fragment_get(rest, s);
	}
	return "is no place of a list; expected http://, https://, dns:NAME, "
	       "file:/PATH or cmd:/PATH";
}

bool
source_parse(const char *text, struct source *ret, const char **ret_why)
{
	memset(ret, 0, sizeof(*ret));
	*ret_why = source_get(piece_of(text), ret);
	if (*ret_why == NULL)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}
