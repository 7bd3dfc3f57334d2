#include "vplamad/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "vplamad/config.h"
#include "vplamad/optnet.h"
#include "vplamad/optself.h"

#define HOST_MAX 253 /* RFC 1035: a name as people write it */
#define LABEL_MAX 63

const char *
option_name_check(const char *name, size_t max)
{
	size_t len = strlen(name);

	if (len == 0)
		return "is empty";
	if (len > max)
		return "is too long";
	return text_check(name, len);
}

static const char *
parse_name(const struct option *o, const char *text, void *ret)
{
	const char *why = option_name_check(text, (size_t)o->most);

	if (why == NULL)
		strcpy(ret, text);
	return why;
}

static const char *
parse_path(const struct option *o, const char *text, void *ret)
{
	if (text[0] != '/')
		return "does not begin with /";
	if (strlen(text) > (size_t)o->most)
		return "is too long";
	strcpy(ret, text);
	return NULL;
}

static const char *
parse_number(const struct option *o, const char *text, void *ret)
{
	uint32_t v;
	char *end;
	long long l;

	if (*text < '0' || *text > '9')
		return "is no number";
	l = strtoll(text, &end, 10);
	if (*end != '\0')
		return "is no number";
	if (l < o->least || l > o->most)
		return "is out of range";
	v = (uint32_t)l;
	memcpy(ret, &v, sizeof(v));
	return NULL;
}

static const char *
parse_level(const struct option *o, const char *text, void *ret)
{
	enum log_level level;

	(void)o;
	if (!log_level_parse(text, &level))
		return "is no log level";
	memcpy(ret, &level, sizeof(level));
	return NULL;
}

static const char *
parse_word(const struct option *o, const char *text, void *ret)
{
	uint32_t v;

	for (v = 0; o->type->words[v] != NULL; v++)
		if (strcmp(o->type->words[v], text) == 0) {
			memcpy(ret, &v, sizeof(v));
			return NULL;
		}
	return "is not known";
}

static const char *
parse_pubkey(const struct option *o, const char *text, void *ret)
{
	uint8_t key[KEY_LEN], x[KEY_LEN];

	(void)o;
	if (!key_parse(text, key))
		return "is no key";
	if (!key_to_x25519(key, x))
		return "is a key that nobody can have";
	memcpy(ret, key, sizeof(key));
	return NULL;
}

/* Letters, digits, '-' and '_' in labels parted by single dots. */
static bool
host_ok(const char *s, size_t len)
{
	size_t i, label = 0;

	if (len == 0 || len > HOST_MAX)
		return false;
	for (i = 0; i < len; i++) {
		char c = s[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!letter && (c < '0' || c > '9') && c != '-' && c != '_')
			return false;
		if (++label > LABEL_MAX)
			return false;
	}
	return true;
}

static bool
digits_and_dots(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] != '.' && (s[i] < '0' || s[i] > '9'))
			return false;
	return true;
}

static const char *
parse_endpoint(const struct option *o, const char *text, void *ret)
{
	const char *colon = strrchr(text, ':');
	char port[ADDR_TEXT];
	struct addr a;
	size_t len;

	if (strlen(text) > (size_t)o->most)
		return "is too long";
	if (colon == NULL || strlen(colon) > 6)
		return "has no port";
	/* The port is judged by the parser of addresses, behind a good one. */
	snprintf(port, sizeof(port), "127.0.0.1%s", colon);
	if (!addr_parse(port, 0, &a) || a.port == 0)
		return "has no port";
	len = (size_t)(colon - text);
	if (text[0] == '[' || digits_and_dots(text, len)) {
		if (!addr_parse(text, 0, &a))
			return "is no address";
		if (addr_is_any(&a))
			return "is no address of a machine";
	} else if (memchr(text, ':', len) != NULL) {
		return "is an IPv6 address without brackets";
	} else if (!host_ok(text, len)) {
		return "is no host name";
	}
	strcpy(ret, text);
	return NULL;
}

void
option_quote(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (strchr("\\\"$", *text) != NULL)
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
print_text(const struct option *o, const void *value, FILE *out)
{
	(void)o;
	option_quote(value, out);
}

static void
print_number(const struct option *o, const void *value, FILE *out)
{
	uint32_t v;

	(void)o;
	memcpy(&v, value, sizeof(v));
	fprintf(out, "%u", v);
}

static void
print_word(const struct option *o, const void *value, FILE *out)
{
	uint32_t v;

	memcpy(&v, value, sizeof(v));
	fputs(option_word(o, v), out);
}

static void
print_pubkey(const struct option *o, const void *value, FILE *out)
{
	char text[KEY_TEXT];

	(void)o;
	key_format(value, text);
	option_quote(text, out);
}

static const struct option_type T_NAME = { "a name", NETWORK_NAME_MAX + 1,
	parse_name, print_text, NULL };
static const struct option_type T_LABEL = { "a name", RECORD_NAME + 1,
	parse_name, print_text, NULL };
static const struct option_type T_PATH = { "a path that begins with /",
	PATH_TEXT, parse_path, print_text, NULL };
static const struct option_type T_NUMBER = { "a number", sizeof(uint32_t),
	parse_number, print_number, NULL };

/* The words of a type stand in the order of the enum that they fill. */
#define WORD_TYPE_BY(name, parse, expected, ...)                             \
	static const char *const name##_words[] = { __VA_ARGS__, NULL };     \
	static const struct option_type name = { expected, sizeof(uint32_t), \
		parse, print_word, name##_words }
#define WORD_TYPE(name, ...) WORD_TYPE_BY(name, parse_word, __VA_ARGS__)

WORD_TYPE_BY(T_LEVEL, parse_level, "error, warn, info or debug", "error",
    "warn", "info", "debug");
WORD_TYPE(T_YESNO, "yes or no", "no", "yes");
WORD_TYPE(T_REHOOK, "never, ask, atomic-only or auto", "never", "ask",
    "atomic-only", "auto");
WORD_TYPE(T_RULE, "seed or size", "seed", "size");
WORD_TYPE(T_STABLE, "auto, yes or no", "auto", "yes", "no");
WORD_TYPE(
    T_TRUST, "known, open, hook or secret", "known", "open", "hook", "secret");
WORD_TYPE(T_MODE, "normal, hub, switch or router", "normal", "hub", "switch",
    "router");
WORD_TYPE(T_CARRIES, "ethernet or ip", "ethernet", "ip");
WORD_TYPE(T_OFFLOAD, "vnet, tso, uso, gso or gro, or none alone", "none",
    "vnet", "tso", "uso", "gso", "gro");
WORD_TYPE(T_KIND,
    "tap, tun, tun-per-peer, dummy, stdio, udp, tcp, unix-stream, unix-dgram, "
    "unix-seqpacket or fd",
    "tap", "tun", "tun-per-peer", "dummy", "stdio", "udp", "tcp", "unix-stream",
    "unix-dgram", "unix-seqpacket", "fd");

static const struct option_type T_PUBKEY = {
	"a public key of 44 characters, as vplamctl pubkey prints it", KEY_LEN,
	parse_pubkey, print_pubkey, NULL
};
static const struct option_type T_ENDPOINT = {
	"host:port or [IPv6 address]:port", ENDPOINT_TEXT, parse_endpoint,
	print_text, NULL
};
#define ROW(st, id, name, type, least, most, values, def, unit, reload, help) \
	{ name, &T_##type, least, most, values, def, unit, reload, help,      \
		offsetof(struct st, id) },

const struct option options[] = {
#define OPTION(...) ROW(config, __VA_ARGS__)
#include "vplamad/options.def"
};

const struct option device_options[] = {
#define DEVICE_OPTION(...) ROW(config_device, __VA_ARGS__)
#include "vplamad/options.def"
};

const struct option peer_options[] = {
#define PEER_OPTION(...) ROW(config_peer, __VA_ARGS__)
#include "vplamad/options.def"
};

const char *
option_word(const struct option *o, uint32_t v)
{
	return o->type->words[v];
}

void
option_expected(const struct option *o, char *buf, size_t len)
{
	if (o->type == &T_NUMBER)
		snprintf(buf, len, "%s from %lld to %lld%s%s%s",
		    o->type->expected, o->least, o->most,
		    o->unit[0] != '\0' ? " (" : "", o->unit,
		    o->unit[0] != '\0' ? ")" : "");
	else if (o->type->parse == parse_name || o->type == &T_PATH)
		snprintf(buf, len, "%s, %lld to %lld %s", o->type->expected,
		    o->least, o->most, o->unit);
	else
		snprintf(buf, len, "%s", o->type->expected);
}

void
option_print(const struct option *o, const void *base, unsigned n,
    const char *indent, FILE *out)
{
	const char *value = (const char *)base + o->at;
	unsigned i;

	if (n == 0)
		return;
	fprintf(out, "%s%s = ", indent, o->name);
	if (o->values > 1)
		fputs("{ ", out);
	for (i = 0; i < n; i++) {
		if (i > 0)
			fputs(", ", out);
		o->type->print(o, value + i * o->type->size, out);
	}
	fputs(o->values > 1 ? " }\n" : "\n", out);
}
