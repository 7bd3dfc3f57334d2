/* The Internet checksum (RFC 1071), as a sum of big-endian 16-bit words. */
#ifndef VPLAM_WIRE_CSUM_H
#define VPLAM_WIRE_CSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * len bytes on top of sum, not yet folded. Of the pieces that make one sum
 * only the last may have an odd length.
 */
uint32_t csum_add(uint32_t sum, const uint8_t *p, size_t len);

/* To 16 bits, not complemented: what a header holds is ~csum_fold(sum). */
static inline uint16_t
csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

#endif
