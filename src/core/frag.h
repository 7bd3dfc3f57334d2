/*
 * Frames too big for a datagram: cut into parts, put together again in
 * bounded memory (protocol.md 2.3, type 12).
 */
#ifndef VPLAM_CORE_FRAG_H
#define VPLAM_CORE_FRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counters.h"
#include "base/mono.h"
#include "base/run.h"
#include "wire/frame.h"

#define FRAG_WHOLES 16		  /* unfinished ones, per peer */
#define FRAG_BYTES (256u * 1024u) /* held by them, per peer */
#define FRAG_LIFE_MS 2000

struct frag_whole; /* one unfinished whole */

/* Starts zeroed. Most peers have none most of the time: there is no room yet */
struct frag_table {
	struct frag_whole **whole; /* FRAG_WHOLES places; or NULL */
	uint32_t bytes;		   /* of bodies held */
};

/* Can len bytes go in parts for bodies of at most mtu at all? */
bool frag_can(size_t len, size_t mtu);

/*
 * Cuts body (len bytes of a frame of type and flags) into as few parts as there
 * can be for bodies of at most mtu, of one length but for the last, which lacks
 * at most one byte for each other. The packets of run, the caller's own, are
 * bodies of FRAME_FRAG. False: not frag_can(), or the arena is full.
 */
bool frag_cut(struct run *run, const uint8_t *body, size_t len, uint8_t type,
    uint8_t flags, size_t mtu, uint32_t id, struct arena *mem);

/*
 * Takes one part. session names the session it came by: parts of different
 * sessions never meet. True when it completed a whole, which then lies in the
 * arena as *ret (the body of a frame of fr's type and flags, with head- and
 * tailroom), for frame_check() to look at. What is dropped is counted here,
 * what is taken (frag_got, frag_whole) by the caller. When there is no room the
 * oldest unfinished whole gives way, and each of its parts counts as frag_room.
 * A part that is held already is ignored, also when the whole is complete.
 */
bool frag_take(struct frag_table *ft, const struct frag *fr, uint32_t session,
    struct pkt *ret, struct counters *cnt, struct turn *t);

/* Gives up what is older than FRAG_LIFE_MS; the next deadline. */
struct mono frag_expire(
    struct frag_table *ft, struct counters *cnt, struct mono now);
void frag_fini(struct frag_table *ft);

#endif
