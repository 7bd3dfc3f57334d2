/* Packets and super-packets to cut and join, and a slow look at them. */
#ifndef VPLAM_TESTS_GSO_MADE_H
#define VPLAM_TESTS_GSO_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/rng.h"
#include "wire/gso.h"

#define MADE_MAX 70000

/* What to make. */
struct shape {
	bool ethernet, vlan, v6, udp;
	bool df;
	size_t ip_opt;	/* bytes of IPv4 options, or of a v6 header: 0, 8 */
	size_t tcp_opt; /* a multiple of 4 */
	size_t payload;
	uint16_t gso;  /* 0: no super-packet */
	uint8_t flags; /* TCP */
};

struct made {
	struct vnet v;
	size_t l3, l4, head, len;
	uint8_t p[MADE_MAX];
};

/* As a kernel would hand it over: with a partial checksum. */
void make(struct made *m, const struct shape *s, struct rng *r);

/* Any shape whose packet is at most 65535 bytes of IP. */
struct shape shape_random(struct rng *r);

unsigned made_get16(const uint8_t *p);
void made_put16(uint8_t *p, size_t v);

/* The header checksum of IPv4 at ip, after a change. */
void made_ip_csum(uint8_t *ip);

/* Word by word, as RFC 1071 says it; folded, not complemented. */
unsigned slow_sum(unsigned sum, const uint8_t *p, size_t len);

/* The sum of the pseudo-header for the bytes of p from l4 on. */
unsigned slow_pseudo(const uint8_t *p, size_t len, size_t l3, size_t l4);

/* Both checksums and all lengths of a whole packet are right. */
bool made_valid(const uint8_t *p, size_t len, size_t l3, size_t l4);

#endif
