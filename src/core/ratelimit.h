/* Token buckets: one, and a fixed table of one per address. */
#ifndef VPLAM_CORE_RATELIMIT_H
#define VPLAM_CORE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"

/* Tokens are kept in millionths, so that a rate of 1/s needs no division. */
struct bucket {
	uint64_t tokens;
	struct mono at;
	uint32_t rate;	/* tokens a second */
	uint32_t burst; /* tokens it holds at most */
};

void bucket_init(
    struct bucket *b, uint32_t rate, uint32_t burst, struct mono now);

/* Changes rate and burst, keeps what is in it (at most the new burst). */
void bucket_set(
    struct bucket *b, uint32_t rate, uint32_t burst, struct mono now);

bool bucket_take(struct bucket *b, struct mono now); /* one token, or false */
bool bucket_take_n(
    struct bucket *b, uint32_t n, struct mono now); /* all or none */

/* Whole tokens left now. */
uint32_t bucket_left(struct bucket *b, struct mono now);

/*
 * Per /32 of IPv4 and /64 of IPv6: 8192 entries, 4 ways, the oldest of a set
 * gives way. Memory is fixed at start; entries hold 24 bytes.
 */
struct ratelimit;

/* secret: 16 random bytes that key the hash. Aborts without memory. */
struct ratelimit *ratelimit_new(
    uint32_t rate, uint32_t burst, const uint8_t secret[16]);
void ratelimit_free(struct ratelimit *rl);
bool ratelimit_take(
    struct ratelimit *rl, const struct addr *from, struct mono now);

#endif
