#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"

_Static_assert(ADDR_HOST == INET6_ADDRSTRLEN, "any address fits");

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

static bool
port_parse(const char *s, uint16_t *ret)
{
	unsigned long v;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	v = strtoul(s, &end, 10);
	if (*end != '\0' || v == 0 || v > 65535)
		return false;
	*ret = (uint16_t)v;
	return true;
}

static bool
v6_parse(char *s, struct addr *a)
{
	char *scope = strchr(s, '%');

	if (scope != NULL) {
		*scope++ = '\0';
		a->scope = if_nametoindex(scope);
		if (a->scope == 0)
			return false;
	}
	return inet_pton(AF_INET6, s, a->ip) == 1;
}

static bool
v4_parse(const char *s, struct addr *a)
{
	memcpy(a->ip, v4_prefix, sizeof(v4_prefix));
	return inet_pton(AF_INET, s, a->ip + sizeof(v4_prefix)) == 1;
}

bool
addr_parse(const char *s, uint16_t default_port, struct addr *ret)
{
	struct addr a = { .port = default_port };
	char host[ADDR_TEXT], *colon, *end;
	bool ok;

	if (strlen(s) >= sizeof(host))
		return false;
	strcpy(host, s);
	if (host[0] == '[') {
		end = strchr(host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		if (end[1] == ':' && !port_parse(end + 2, &a.port))
			return false;
		*end = '\0';
		ok = v6_parse(host + 1, &a);
	} else if ((colon = strchr(host, ':')) != strrchr(host, ':')) {
		ok = v6_parse(host, &a);
	} else {
		if (colon != NULL && !port_parse(colon + 1, &a.port))
			return false;
		if (colon != NULL)
			*colon = '\0';
		ok = v4_parse(host, &a);
	}
	if (ok)
		*ret = a;
	return ok;
}

const char *
addr_host_format(const struct addr *a, char buf[static ADDR_HOST])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->ip + sizeof(v4_prefix), buf, ADDR_HOST);
	else
		inet_ntop(AF_INET6, a->ip, buf, ADDR_HOST);
	return buf;
}

const char *
addr_format(const struct addr *a, char buf[static ADDR_TEXT])
{
	char ip[ADDR_HOST], name[IF_NAMESIZE];

	addr_host_format(a, ip);
	if (addr_is_v4(a))
		snprintf(buf, ADDR_TEXT, "%s:%u", ip, a->port);
	else if (a->scope != 0 && if_indextoname(a->scope, name) != NULL)
		snprintf(buf, ADDR_TEXT, "[%s%%%s]:%u", ip, name, a->port);
	else
		snprintf(buf, ADDR_TEXT, "[%s]:%u", ip, a->port);
	return buf;
}

struct addr
addr_from_ip(const uint8_t *ip, size_t alen, uint16_t port)
{
	struct addr a = { .port = port };

	if (alen == 4)
		memcpy(a.ip, v4_prefix, sizeof(v4_prefix));
	memcpy(a.ip + sizeof(a.ip) - alen, ip, alen);
	return a;
}

bool
addr_is_v4(const struct addr *a)
{
	return memcmp(a->ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool
addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	if (addr_is_v4(a))
		return memcmp(a->ip + 12, zero, 4) == 0;
	return memcmp(a->ip, zero, 16) == 0;
}

bool
addr_same_ip(const struct addr *a, const struct addr *b)
{
	return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0 && a->scope == b->scope;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

bool
addr_routable(const struct addr *a)
{
	struct prefix p = { .family = PREFIX_IPV6, .bits = 128 };

	if (addr_is_v4(a)) {
		p.family = PREFIX_IPV4;
		p.bits = 32;
		memcpy(p.a, a->ip + sizeof(v4_prefix), 4);
	} else {
		memcpy(p.a, a->ip, sizeof(p.a));
	}
	return a->port != 0 && a->scope == 0 && prefix_routable(&p);
}

bool
addr_is_private(const struct addr *a)
{
	const uint8_t *ip = a->ip + sizeof(v4_prefix);

	if (!addr_is_v4(a))
		return (a->ip[0] & 0xfe) == 0xfc;
	return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
	    (ip[0] == 192 && ip[1] == 168) ||
	    (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

bool
addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*ret = (struct addr){ 0 };
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(ret->ip, v4_prefix, sizeof(v4_prefix));
		memcpy(ret->ip + sizeof(v4_prefix), &in.sin_addr, 4);
		ret->port = ntohs(in.sin_port);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof(in6));
	memcpy(ret->ip, &in6.sin6_addr, 16);
	ret->port = ntohs(in6.sin6_port);
	ret->scope = in6.sin6_scope_id;
	return true;
}

socklen_t
addr_to_sockaddr(const struct addr *a, bool as_v6, struct sockaddr_storage *ret)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(ret, 0, sizeof(*ret));
	if (addr_is_v4(a) && !as_v6) {
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->ip + sizeof(v4_prefix), 4);
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	in6.sin6_port = htons(a->port);
	memcpy(&in6.sin6_addr, a->ip, 16);
	in6.sin6_scope_id = a->scope;
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}
