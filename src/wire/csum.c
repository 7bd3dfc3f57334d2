#include "wire/csum.h"

#include <endian.h>
#include <string.h>

/*
 * All adds are of words as the machine loads them: a sum of swapped words is
 * the swapped sum (RFC 1071, 2 B), so the order is put right once at the end.
 */

static inline uint64_t
halves(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return (w & UINT32_MAX) + (w >> 32);
}

/* Fewer than 8 bytes; a lone last byte is the first of a word. */
static inline uint64_t
tail(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint32_t four;
	uint16_t two;

	if (len & 4) {
		memcpy(&four, p, sizeof(four));
		sum += four;
		p += sizeof(four);
	}
	if (len & 2) {
		memcpy(&two, p, sizeof(two));
		sum += two;
		p += sizeof(two);
	}
	if (len & 1) {
		two = 0;
		memcpy(&two, p, 1);
		sum += two;
	}
	return sum;
}

uint32_t
csum_add(uint32_t sum, const uint8_t *p, size_t len)
{
	uint64_t a = 0, b = 0; /* two, so that one need not wait */

	for (; len >= 32; p += 32, len -= 32) {
		a += halves(p) + halves(p + 8);
		b += halves(p + 16) + halves(p + 24);
	}
	for (; len >= 8; p += 8, len -= 8)
		a += halves(p);
	a += b + tail(p, len);
	a = (a & UINT32_MAX) + (a >> 32);
	a = (a & 0xffff) + (a >> 16 & 0xffff) + (a >> 32);
	a = (a & 0xffff) + (a >> 16);
	a = (a & 0xffff) + (a >> 16);
	return (sum & 0xffff) + (sum >> 16) + be16toh((uint16_t)a);
}
