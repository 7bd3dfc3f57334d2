#include "vplamad/optself.h"

#include <string.h>

#include "vplamad/config.h"

#define DEGREE 100000 /* of the unit that places are kept in */
#define DECIMALS 5

static const char *
parse_advertise(const struct option *o, const char *text, void *ret)
{
	struct addr a;

	(void)o;
	if (!addr_parse(text, 0, &a))
		return "is no address";
	if (a.port == 0)
		return "has no port";
	if (!addr_routable(&a))
		return "is no address that others can dial";
	memcpy(ret, &a, sizeof(a));
	return NULL;
}

static void
print_advertise(const struct option *o, const void *value, FILE *out)
{
	char buf[ADDR_TEXT];
	struct addr a;

	(void)o;
	memcpy(&a, value, sizeof(a));
	option_quote(addr_format(&a, buf), out);
}

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static const char *
parse_country(const struct option *o, const char *text, void *ret)
{
	if (strlen(text) != (size_t)o->most)
		return "is not two letters";
	if (!is_capital(text[0]) || !is_capital(text[1]))
		return "has a sign that is no capital letter";
	strcpy(ret, text);
	return NULL;
}

static void
print_text(const struct option *o, const void *value, FILE *out)
{
	(void)o;
	option_quote(value, out);
}

/*
 * A number of degrees with at most five decimals, from -most to most. Where it
 * ends, or NULL.
 */
static const char *
degrees(const char *s, int32_t most, int32_t *ret)
{
	bool minus = *s == '-';
	int32_t v = 0, unit = DEGREE;
	const char *begin;

	s += minus;
	for (begin = s; *s >= '0' && *s <= '9' && s - begin < 3; s++)
		v = v * 10 + (*s - '0');
	if (s == begin)
		return NULL;
	v *= DEGREE;
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9' && unit > 1; s++) {
			unit /= 10;
			v += (*s - '0') * unit;
		}
		if (unit == DEGREE)
			return NULL;
	}
	if (v > most * DEGREE)
		return NULL;
	*ret = minus ? -v : v;
	return s;
}

static const char *
parse_degrees(const struct option *o, const char *text, void *ret)
{
	struct config_degrees d;
	const char *s;

	(void)o;
	s = degrees(text, 90, &d.lat);
	if (s == NULL || *s != ' ')
		return "has no latitude";
	while (*s == ' ')
		s++;
	s = degrees(s, 180, &d.lon);
	if (s == NULL || *s != '\0')
		return "has no longitude";
	memcpy(ret, &d, sizeof(d));
	return NULL;
}

static void
print_degree(int32_t v, FILE *out)
{
	int32_t abs = v < 0 ? -v : v;

	fprintf(out, "%s%d.%0*d", v < 0 ? "-" : "", abs / DEGREE, DECIMALS,
	    abs % DEGREE);
}

static void
print_degrees(const struct option *o, const void *value, FILE *out)
{
	struct config_degrees d;

	(void)o;
	memcpy(&d, value, sizeof(d));
	fputc('"', out);
	print_degree(d.lat, out);
	fputc(' ', out);
	print_degree(d.lon, out);
	fputc('"', out);
}

static const char *
parse_source(const struct option *o, const char *text, void *ret)
{
	struct source src;
	const char *why;

	if (strlen(text) > (size_t)o->most)
		return "is too long";
	if (!source_parse(text, &src, &why))
		return why;
	strcpy(ret, text);
	return NULL;
}

const struct option_type T_ADVERTISE = {
	"unicast address:port or [IPv6 address]:port", sizeof(struct addr),
	parse_advertise, print_advertise, NULL
};
const struct option_type T_COUNTRY = { "two capital letters, such as DE", 3,
	parse_country, print_text, NULL };
const struct option_type T_DEGREES = {
	"degrees of latitude and longitude, such as \"52.52 -13.405\"",
	sizeof(struct config_degrees), parse_degrees, print_degrees, NULL
};
const struct option_type T_SOURCE = {
	"URL#KEY, dns:NAME, file:/PATH or cmd:/PATH", SOURCE_TEXT, parse_source,
	print_text, NULL
};
