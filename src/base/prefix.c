#include "base/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t alen_of[PREFIX_FAMILIES] = {
	[PREFIX_IPV4] = 4,
	[PREFIX_IPV6] = 16,
	[PREFIX_MAC] = 6,
};

size_t
prefix_alen(enum prefix_family family)
{
	return alen_of[family];
}

/* The bits of byte i that lie within the first `bits` of an address. */
static uint8_t
mask_of(unsigned bits, size_t i)
{
	size_t before = i * 8;

	if (bits >= before + 8)
		return 0xff;
	if (bits <= before)
		return 0;
	return (uint8_t)(0xff00u >> (bits - before));
}

static bool
hex_digit(char c, uint8_t *ret)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	if (at == NULL)
		return false;
	*ret = (uint8_t)(at - digits) & 0xf;
	return true;
}

/* Six pairs of digits and nothing else: no other form is in use here. */
static bool
mac_parse(const char *s, uint8_t *a)
{
	uint8_t high, low;
	size_t i;

	if (strlen(s) != 17)
		return false;
	for (i = 0; i < 6; i++, s += 3) {
		if (!hex_digit(s[0], &high) || !hex_digit(s[1], &low) ||
		    s[2] != (i < 5 ? ':' : '\0'))
			return false;
		a[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/*
 * inet_pton() takes four numbers without leading zeros only, so nothing can
 * be read as octal by one program and as decimal by another.
 */
static const char *
address_parse(const char *s, struct prefix *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (strpbrk(s, " \t\r\n") != NULL)
		return "has a space";
	if (strchr(s, '%') != NULL)
		return "has a zone";
	if (inet_pton(AF_INET, s, p->a) == 1) {
		p->family = PREFIX_IPV4;
	} else if (inet_pton(AF_INET6, s, p->a) == 1) {
		if (memcmp(p->a, mapped, sizeof(mapped)) == 0)
			return "is an IPv4 address written as IPv6";
		p->family = PREFIX_IPV6;
	} else if (mac_parse(s, p->a)) {
		p->family = PREFIX_MAC;
	} else {
		return "is no IPv4, IPv6 or MAC address";
	}
	return NULL;
}

static const char *
bits_parse(const char *s, unsigned max, uint8_t *ret)
{
	unsigned v = 0;
	size_t i;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 3; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	if (i == 0 || s[i] != '\0' || (s[0] == '0' && i > 1))
		return "has a length that is no number";
	if (v > max)
		return "has a length beyond the end of the address";
	*ret = (uint8_t)v;
	return NULL;
}

const char *
prefix_parse_host(const char *s, struct prefix *ret)
{
	const char *slash = strchr(s, '/'), *why;
	size_t len = slash != NULL ? (size_t)(slash - s) : strlen(s);
	struct prefix p = { 0 };
	char text[INET6_ADDRSTRLEN];
	unsigned max;

	if (len == 0)
		return "is empty";
	if (len >= sizeof(text))
		return "is no IPv4, IPv6 or MAC address";
	memcpy(text, s, len);
	text[len] = '\0';
	why = address_parse(text, &p);
	if (why != NULL)
		return why;
	max = alen_of[p.family] * 8u;
	p.bits = (uint8_t)max;
	if (slash != NULL)
		why = bits_parse(slash + 1, max, &p.bits);
	if (why == NULL)
		*ret = p;
	return why;
}

const char *
prefix_parse(const char *s, struct prefix *ret)
{
	struct prefix p;
	const char *why = prefix_parse_host(s, &p);
	size_t i;

	if (why != NULL)
		return why;
	for (i = 0; i < sizeof(p.a); i++)
		if ((p.a[i] & ~mask_of(p.bits, i)) != 0)
			return "has bits behind its length";
	*ret = p;
	return NULL;
}

const char *
prefix_format(const struct prefix *p, char buf[static PREFIX_TEXT])
{
	char text[INET6_ADDRSTRLEN] = "";
	const uint8_t *a = p->a;

	if (p->family == PREFIX_MAC)
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
		    a[0], a[1], a[2], a[3], a[4], a[5]);
	else
		inet_ntop(p->family == PREFIX_IPV4 ? AF_INET : AF_INET6, a,
		    text, sizeof(text));
	snprintf(buf, PREFIX_TEXT, "%.39s/%u", text, p->bits);
	return buf;
}

bool
prefix_has(const struct prefix *p, const uint8_t *a)
{
	size_t whole = p->bits / 8;

	if (memcmp(p->a, a, whole) != 0)
		return false;
	return p->bits % 8 == 0 ||
	    ((p->a[whole] ^ a[whole]) & mask_of(p->bits, whole)) == 0;
}

enum prefix_family
prefix_addr(const struct addr *a, const uint8_t **ret_bytes)
{
	bool v4 = addr_is_v4(a);

	*ret_bytes = v4 ? a->ip + 12 : a->ip;
	return v4 ? PREFIX_IPV4 : PREFIX_IPV6;
}

bool
prefix_has_addr(const struct prefix *p, const struct addr *a)
{
	const uint8_t *bytes;

	return prefix_addr(a, &bytes) == p->family && prefix_has(p, bytes);
}

unsigned
prefix_common(const struct prefix *a, const struct prefix *b)
{
	unsigned max = a->bits < b->bits ? a->bits : b->bits, n = 0;

	while (n + 8 <= max && a->a[n / 8] == b->a[n / 8])
		n += 8;
	while (n < max && ((a->a[n / 8] ^ b->a[n / 8]) & (0x80 >> n % 8)) == 0)
		n++;
	return n;
}

bool
prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && prefix_overlaps(a, b);
}

bool
prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family &&
	    prefix_has(
		a->bits < b->bits ? a : b, a->bits < b->bits ? b->a : a->a);
}

bool
prefix_routable(const struct prefix *p)
{
	static const struct prefix never[] = {
		{ PREFIX_IPV4, 8, { 0 } },
		{ PREFIX_IPV4, 8, { 127 } },
		{ PREFIX_IPV4, 16, { 169, 254 } },
		{ PREFIX_IPV4, 3, { 224 } },
		{ PREFIX_IPV6, 96, { [10] = 0xff, 0xff } },
		{ PREFIX_IPV6, 127, { 0 } },
		{ PREFIX_IPV6, 10, { 0xfe, 0x80 } },
		{ PREFIX_IPV6, 8, { 0xff } },
	};
	unsigned bits = p->bits, i;

	if ((p->family != PREFIX_IPV4 && p->family != PREFIX_IPV6) ||
	    bits > 8 * prefix_alen(p->family))
		return false;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (prefix_overlaps(p, &never[i]))
			return false;
	if (bits % 8 != 0 && (p->a[bits / 8] & (0xff >> bits % 8)) != 0)
		return false;
	for (i = (bits + 7) / 8; i < sizeof(p->a); i++)
		if (p->a[i] != 0)
			return false;
	return true;
}
