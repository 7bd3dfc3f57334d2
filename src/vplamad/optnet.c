#include "vplamad/optnet.h"

#include <inttypes.h>
#include <string.h>

#include "base/addr.h"
#include "base/ifname.h"
#include "base/prefix.h"
#include "vplamad/config.h"

#define NETID_DIGITS 16

static const char *
parse_listen(const struct option *o, const char *text, void *ret)
{
	struct addr a;

	(void)o;
	if (!addr_parse(text, 0, &a))
		return "is no address";
	if (a.port == 0)
		return "has no port";
	memcpy(ret, &a, sizeof(a));
	return NULL;
}

static void
print_listen(const struct option *o, const void *value, FILE *out)
{
	char buf[ADDR_TEXT];
	struct addr a;

	(void)o;
	memcpy(&a, value, sizeof(a));
	option_quote(addr_format(&a, buf), out);
}

static const char *
parse_prefix(const struct option *o, const char *text, void *ret)
{
	(void)o;
	return prefix_parse(text, ret);
}

static const char *
parse_claim(const struct option *o, const char *text, void *ret)
{
	struct prefix p;
	const char *why = prefix_parse(text, &p);

	(void)o;
	if (why != NULL)
		return why;
	if (p.family == PREFIX_MAC)
		return "is a MAC address";
	memcpy(ret, &p, sizeof(p));
	return NULL;
}

/* Interfaces have no MAC addresses beside their own. */
static const char *
parse_address(const struct option *o, const char *text, void *ret)
{
	struct prefix p;
	const char *why = prefix_parse_host(text, &p);

	(void)o;
	if (why != NULL)
		return why;
	if (p.family == PREFIX_MAC)
		return "is a MAC address";
	if (strchr(text, '/') == NULL)
		return "has no length";
	memcpy(ret, &p, sizeof(p));
	return NULL;
}

static void
print_prefix(const struct option *o, const void *value, FILE *out)
{
	char buf[PREFIX_TEXT];
	struct prefix p;

	(void)o;
	memcpy(&p, value, sizeof(p));
	option_quote(prefix_format(&p, buf), out);
}

/* Two digits; -1 when they are none. */
static int
hex_octet(const char *s)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *high, *low;

	if (s[0] == '\0' || s[1] == '\0')
		return -1;
	high = strchr(digits, s[0]);
	low = strchr(digits, s[1]);
	if (high == NULL || low == NULL)
		return -1;
	return (int)((high - digits) % 16 * 16 + (low - digits) % 16);
}

/* Nobody else's by accident: locally administered, and of one machine. */
static const char *
parse_mac(const struct option *o, const char *text, void *ret)
{
	struct config_mac m = { 0 };
	int v;

	for (;; text += 3) {
		v = hex_octet(text);
		if (v < 0 || (text[2] != '\0' && text[2] != ':'))
			return "is no beginning of a MAC address";
		if (m.n == o->most)
			return "is too long";
		m.a[m.n++] = (uint8_t)v;
		if (text[2] == '\0')
			break;
	}
	if ((m.a[0] & 1) != 0)
		return "is a group of machines";
	if ((m.a[0] & 2) == 0)
		return "is of a maker's range";
	memcpy(ret, &m, sizeof(m));
	return NULL;
}

static void
print_mac(const struct option *o, const void *value, FILE *out)
{
	struct config_mac m;
	unsigned i;

	(void)o;
	memcpy(&m, value, sizeof(m));
	fputc('"', out);
	for (i = 0; i < m.n; i++)
		fprintf(out, "%s%02x", i > 0 ? ":" : "", m.a[i]);
	fputc('"', out);
}

/* Which of the two it has to be depends on the kind of the device. */
static const char *
parse_place(const struct option *o, const char *text, void *ret)
{
	struct addr a;
	const char *why;

	if (strlen(text) > (size_t)o->most)
		return "is too long";
	why = text[0] == '/' ? NULL : parse_listen(o, text, &a);
	if (why == NULL)
		strcpy(ret, text);
	return why;
}

static void
print_place(const struct option *o, const void *value, FILE *out)
{
	(void)o;
	option_quote(value, out);
}

static const char *
parse_iface(const struct option *o, const char *text, void *ret)
{
	if (!ifname_ok(text, (size_t)o->most))
		return "is no name of an interface";
	strcpy(ret, text);
	return NULL;
}

/* Written and shown as 16 digits, so that two are seen to be the same. */
static const char *
parse_netid(const struct option *o, const char *text, void *ret)
{
	uint64_t id = 0;
	size_t i;
	int v;

	(void)o;
	if (strcmp(text, "none") != 0) {
		if (strlen(text) != NETID_DIGITS)
			return "is not 16 digits long";
		for (i = 0; i < NETID_DIGITS; i += 2) {
			v = hex_octet(text + i);
			if (v < 0)
				return "has a sign that is no hexadecimal "
				       "digit";
			id = id << 8 | (uint64_t)v;
		}
		if (id == 0)
			return "is zero";
	}
	memcpy(ret, &id, sizeof(id));
	return NULL;
}

static void
print_netid(const struct option *o, const void *value, FILE *out)
{
	uint64_t id;

	(void)o;
	memcpy(&id, value, sizeof(id));
	if (id == 0)
		fputs("none", out);
	else
		fprintf(out, "%016" PRIx64, id);
}

const struct option_type T_LISTEN = { "address:port or [IPv6 address]:port",
	sizeof(struct addr), parse_listen, print_listen, NULL };
const struct option_type T_PREFIX = {
	"an IPv4, IPv6 or MAC address, with /length unless it is whole",
	sizeof(struct prefix), parse_prefix, print_prefix, NULL
};
const struct option_type T_CLAIM = {
	"an IPv4 or IPv6 address, with /length unless it is whole",
	sizeof(struct prefix), parse_claim, print_prefix, NULL
};
const struct option_type T_ADDRESS = {
	"an IPv4 or IPv6 address with the length of its network",
	sizeof(struct prefix), parse_address, print_prefix, NULL
};
const struct option_type T_MAC = {
	"1 to 6 octets with colons, the second digit 2, 6, a or e",
	sizeof(struct config_mac), parse_mac, print_mac, NULL
};
const struct option_type T_PLACE = { "address:port, or a path of at most 107 "
				     "bytes",
	PLACE_TEXT, parse_place, print_place, NULL };
const struct option_type T_IFACE = {
	"the name of an interface: 1 to 15 of A-Z a-z 0-9 _ . -",
	IFNAME_MAX + 1, parse_iface, print_place, NULL
};
const struct option_type T_NETID = { "16 hexadecimal digits, or none",
	sizeof(uint64_t), parse_netid, print_netid, NULL };
