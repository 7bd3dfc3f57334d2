/*
 * The path MTU of a peer, found by our own probes (RFC 8899): routers that
 * say nothing, or lie, change nothing. Sizes are bodies of inner frames.
 *
 * A path is trusted to carry what both sides take until a probe of that size
 * goes unanswered. Then a ladder of sizes is asked for at once, and the largest
 * answered is the path's; a bigger one is tried again now and then. Nothing is
 * probed while only small frames are sent.
 */
#ifndef VPLAM_CORE_PMTU_H
#define VPLAM_CORE_PMTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"

struct core;
struct peer;
struct turn;

#define PMTU_FLOOR 508 /* fits an IPv4 path of 576 bytes */
#define PMTU_SENT 40   /* probes that are remembered */

enum pmtu_state {
	PMTU_IDLE,    /* nothing asked */
	PMTU_CONFIRM, /* is the present size still carried? */
	PMTU_LADDER,  /* it seems not: which one is? */
	PMTU_CERTAIN, /* is it really not? */
	PMTU_RAISE,   /* is a bigger one, by now? */
};

struct pmtu {
	enum pmtu_state state;
	uint16_t size;	      /* what the path carries; 0: all we take */
	uint16_t best;	      /* the largest answered since the last round */
	uint16_t before;      /* the size that PMTU_CERTAIN asks for */
	bool used;	      /* big frames were sent since the last probe */
	uint64_t bytes;	      /* of runs with big frames, since then */
	struct mono asked_at; /* PMTU_CONFIRM, the last time */
	uint32_t bunch;	      /* number of the last probe sent beside others */
	bool hurried;	      /* asked early, and nothing was answered since */
	struct mono raise_at; /* next try of a bigger one */
	struct mono known_at; /* when size was last confirmed; 0: never */
	uint32_t first;	      /* number of the probe in sent[0] */
	unsigned n;
	uint16_t *sent; /* PMTU_SENT; NULL: nothing was asked lately */
};

/* A new path: nothing is known of it. */
void pmtu_forget(struct core *c, struct peer *p);

/* A run was sent: its longest body, and all its bytes. */
void pmtu_note_sent(struct core *c, struct peer *p, size_t longest,
    size_t bytes, struct mono now);

/*
 * Datagrams to remote were longer than our own line takes. That alone changes
 * nothing: it is asked at once what the path carries. May be called from within
 * core_io.udp_send.
 */
void pmtu_refused(struct core *c, const struct addr *remote, struct mono now);

/*
 * Probe number seq was answered. True if that tells the round trip: probes sent
 * at once wait for each other.
 */
bool pmtu_note_reply(
    struct core *c, struct peer *p, uint32_t seq, struct mono now);

/* TM_MTU is due. */
void pmtu_run(struct core *c, struct peer *p, struct turn *t);

#endif
