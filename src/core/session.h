/*
 * One pair of transport keys with its counters: seal and open in place, by
 * runs (protocol.md 2.3 type 4, 2.6, 2.7).
 */
#ifndef VPLAM_CORE_SESSION_H
#define VPLAM_CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/run.h"
#include "core/handshake.h"
#include "core/peertab.h"
#include "core/replay.h"
#include "crypto/aead.h"

struct session {
	struct index ix; /* our receiver index, in core.by_index */
	uint32_t remote; /* the peer's */
	const struct aead_ops *ops;
	void *send_key, *recv_key;
	uint64_t counter; /* next to send */
	uint64_t failed;  /* packets that did not open */
	struct replay replay;
	bool initiator;	       /* we wrote message 1 */
	bool heard;	       /* something has opened under it */
	struct mono heard_at;  /* the first time */
	struct mono born, end; /* no use from end on */
	uint16_t mtu;	       /* the smaller of both sides' */
	uint32_t caps;
	uint8_t boot[BOOT_LEN];	  /* the peer's */
	uint8_t stamp[STAMP_LEN]; /* of the message 1 that we answered */
	bool in_band;		  /* born inside another session */
	struct path to;		  /* else: where the peer has proven to be */
};

/*
 * Makes contexts of the keys with ops, which are of their suite; the index is
 * not set. NULL without memory.
 */
struct session *session_new(const struct aead_ops *ops,
    const struct hs_keys *keys, uint32_t remote, struct mono now);
void session_free(struct session *s); /* wipes; NULL is fine */

/*
 * Seals each packet (a whole plaintext) in place and puts the header in
 * front. False when the counters are used up: nothing was sealed.
 */
bool session_seal(struct session *s, struct run *run);

/* Opens each packet; what fails leaves the run, counted. The rest are
 * plaintexts, possibly empty. *ret_newest: one of them has the highest
 * counter so far. */
void session_open(
    struct session *s, struct run *run, struct counters *cnt, bool *ret_newest);

/* Limits by count: a successor is wanted; no more use at all. */
bool session_wants_rekey(const struct session *s);
bool session_spent(const struct session *s);

#endif
