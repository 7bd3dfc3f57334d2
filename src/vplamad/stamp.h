/*
 * The disk reserve of handshake stamps (protocol.md 2.6): a file with a time
 * in milliseconds that no stamp of an earlier run has reached, for machines
 * whose clock starts anew.
 */
#ifndef VPLAM_VPLAMAD_STAMP_H
#define VPLAM_VPLAMAD_STAMP_H

#include <stdint.h>

#define STAMP_AHEAD_MS (20u * 60 * 1000)
#define STAMP_EVERY_US (10u * 60 * 1000000u)

/* Reads dir/stamp: 0 and *ret (0 when there is no such file), or -errno. */
int stamp_load(const char *dir, uint64_t *ret);

/* Writes stamp_ms and the reserve ahead of it: 0 or -errno. */
int stamp_save(const char *dir, uint64_t stamp_ms);

#endif
