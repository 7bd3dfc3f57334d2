/* What tests/show/modes shoots with: packets that no kernel would send. */
#ifndef VPLAM_TESTS_SHOW_RAWPKT_H
#define VPLAM_TESTS_SHOW_RAWPKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/wr.h"
#include "tests/rawsock.h"

#define RAW_PROTO 253	/* of IP, for experiments (RFC 3692) */
#define RAW_TYPE 0x88b5 /* of Ethernet, the same (IEEE 802) */
#define RAW_HEAD 58	/* of the longest heads: Ethernet, VLAN, IPv6 */

/* Where packets come from and go to; a family is given or not. */
struct way {
	bool given;
	struct prefix src, dst; /* of a shorter src the last octet varies */
};

struct args {
	const char *device;
	struct way way[PREFIX_FAMILIES];
	unsigned n;
	uint16_t vlan;	     /* of frames; 0: none */
	size_t max;	     /* length of the longest payload */
	const char *control; /* of the daemon that counts them */
	const char *counted; /* by what */
	char **rest;	     /* arguments behind the options */
};

/*
 * Writes packet i of a, with this payload, in the families in turn: IP, behind
 * a MAC header if MAC addresses are given; these without any IP: a frame of
 * RAW_TYPE.
 */
void raw_write(const struct args *a, unsigned i, const void *data, size_t len,
    struct wr *w);

bool raw_is_ip(const struct args *a);

int raw_flood(const struct args *a);
int raw_probe(const struct args *a);
int raw_mirror(const struct args *a);

#endif
