/*
 * The leading bits of an address that somebody owns: of an IPv4 or IPv6
 * address, or of a MAC address.
 */
#ifndef VPLAM_BASE_PREFIX_H
#define VPLAM_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum prefix_family { PREFIX_IPV4, PREFIX_IPV6, PREFIX_MAC, PREFIX_FAMILIES };

#define PREFIX_TEXT 48 /* bytes that any prefix_format() fits */

/* Bytes behind the address's own 4, 16 or 6 are zero, also host bits. */
struct prefix {
	uint8_t family; /* enum prefix_family */
	uint8_t bits;
	uint8_t a[16];
};

/* Bytes of an address of that family: 4, 16, 6. */
size_t prefix_alen(enum prefix_family family);

/*
 * "10.1.0.0/16", "2001:db8::/48", "02:76:70:00:00:00/24"; without a length it
 * is the whole address. Set host bits are refused: NULL, or why not (static,
 * as option parsers say it: "has bits behind its length").
 */
const char *prefix_parse(const char *s, struct prefix *ret);

/* The same, host bits kept: an address on a network, "10.1.2.3/16". */
const char *prefix_parse_host(const char *s, struct prefix *ret);

/* Writes such a text, always with a length; returns buf. */
const char *prefix_format(const struct prefix *p, char buf[static PREFIX_TEXT]);

/* a has prefix_alen(p->family) bytes. */
bool prefix_has(const struct prefix *p, const uint8_t *a);

/* The family of an endpoint's address, and its 4 or 16 bytes. */
enum prefix_family prefix_addr(const struct addr *a, const uint8_t **ret_bytes);
bool prefix_has_addr(const struct prefix *p, const struct addr *a);

/* Equal: host bits are not compared. */
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* How many leading bits they share; at most the shorter length. One family. */
unsigned prefix_common(const struct prefix *a, const struct prefix *b);

/*
 * May it be routed? An IPv4 or IPv6 prefix without bits behind its length that
 * holds no address of the loopback, of a link alone or of a group: so not all
 * addresses either.
 */
bool prefix_routable(const struct prefix *p);

#endif
