/* Traffic for tests/show/mtu: sent, taken and compared byte by byte. */
#ifndef VPLAM_SHOW_MTULAB_H
#define VPLAM_SHOW_MTULAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_PACKET_MAX 9300  /* longest packet or frame */
#define LAB_ETHERTYPE 0x4305 /* batman-adv */
#define LAB_ACK 8	     /* number, then 1: the bytes were right */

/* The byte at a place of a stream, and of a packet with a number. */
static inline uint8_t
lab_byte(uint64_t at)
{
	return (uint8_t)(at * 7 + (at >> 8));
}

/* Packets begin with their number. */
void lab_fill(uint8_t *p, size_t len, uint32_t number);
bool lab_is_filled(const uint8_t *p, size_t len, uint32_t *ret_number);

/*
 * Takes datagrams and streams on port, and frames of LAB_ETHERTYPE on the
 * devices; answers the first two. A line "mark" on standard input has it tell
 * what came since the last one. Until SIGTERM.
 */
int lab_sink(const char *port, char **dev);

/*
 * Packets of many sizes up to max to the sink at each address, with and without
 * leave to fragment them, until each has arrived or was answered with "too
 * big"; then a stream. A line for each; 0 when nothing was lost for good.
 */
int lab_sweep(const char *port, const char *max, char **addr);

/* bytes, in mono time, of one stream to addr; 0 when all were taken. */
bool lab_stream(
    const char *addr, const char *port, uint64_t bytes, unsigned per_second);

/* count frames of len bytes from dev to a station. */
int lab_frames(const char *dev, const char *mac, const char *len,
    const char *count, const char *per_second);

#endif
