/* A UDP endpoint: IPv4 or IPv6 address, port, scope. */
#ifndef VPLAM_BASE_ADDR_H
#define VPLAM_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDR_TEXT 80 /* bytes that any addr_format() fits */
#define ADDR_HOST 46 /* bytes that any addr_host_format() fits */

/*
 * ip holds IPv4 as v4-mapped IPv6; host byte order elsewhere. Without hidden
 * bytes, so that the whole can be a hash key.
 */
struct addr {
	uint8_t ip[16];
	uint16_t port;
	uint16_t zero;
	uint32_t scope; /* interface index of a link-local address, else 0 */
};

/*
 * Where packets of a peer go and come from: remote, and the local address it
 * came to, so that the answer leaves from there. sock is the number of the
 * listening socket in the order of the configuration; a zero local address
 * and SOCK_ANY leave the choice to the kernel.
 */
#define SOCK_ANY 0xffffu
struct path {
	struct addr remote;
	struct addr local;
	uint16_t sock;
};

/*
 * "192.0.2.1:7469", "[2001:db8::1]:7469", "[fe80::1%eth0]:7469"; a missing
 * port is default_port, and then IPv6 needs no brackets. No names.
 */
bool addr_parse(const char *s, uint16_t default_port, struct addr *ret);

/* Writes such a text; returns buf. */
const char *addr_format(const struct addr *a, char buf[static ADDR_TEXT]);

/* The address alone, as URLs and zones have it: no brackets, port or scope. */
const char *addr_host_format(const struct addr *a, char buf[static ADDR_HOST]);

/* ip has alen bytes: 4 or 16. */
struct addr addr_from_ip(const uint8_t *ip, size_t alen, uint16_t port);

bool addr_is_v4(const struct addr *a);
bool addr_is_any(const struct addr *a); /* 0.0.0.0, :: or no address */
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same_ip(const struct addr *a, const struct addr *b);

/*
 * May others dial it? It has a port, no scope, and is no address of the
 * loopback, of a link alone or of a group.
 */
bool addr_routable(const struct addr *a);

/* Of a network that many use for themselves: RFC 1918, 6598 and 4193. */
bool addr_is_private(const struct addr *a);

/* false for families other than AF_INET and AF_INET6. */
bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret);

/* as_v6: an IPv4 address as v4-mapped sockaddr_in6; returns the length. */
socklen_t addr_to_sockaddr(
    const struct addr *a, bool as_v6, struct sockaddr_storage *ret);

#endif
