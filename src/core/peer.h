/*
 * One remote vnode: who it is, how far we are with it, its sessions, queue
 * and counters. Other folders read the fields and change nothing.
 */
#ifndef VPLAM_CORE_PEER_H
#define VPLAM_CORE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "base/heap.h"
#include "base/htab.h"
#include "base/pool.h"
#include "base/run.h"
#include "core/attempt.h"
#include "core/due.h"
#include "core/frag.h"
#include "core/guard.h"
#include "core/peertab.h"
#include "core/pmtu.h"
#include "core/ratelimit.h"
#include "core/roam.h"
#include "core/tell.h"
#include "crypto/prim.h"
#include "wire/frame.h"
#include "wire/msg.h"

struct agreed;
struct core;
struct session;

#define PEER_ENDPOINTS 8
#define PEER_NAME_MAX 64

/*
 * candidate: never shook hands with us. vnode: did, and has no live tunnel.
 * vrnode: live tunnel, takes part in the fan-out. dead: was a vrnode and
 * answered nothing for 35 s.
 */
enum peer_state { PEER_CANDIDATE, PEER_VNODE, PEER_VRNODE, PEER_DEAD };

/* How it came to be here. */
enum peer_origin {
	PEER_CONFIGURED, /* by the configuration or a control command */
	PEER_LEARNED,	 /* from the address book: we dial */
	PEER_ADMITTED,	 /* it dialled us, and no one had named it */
};

/* The newest of a peer's sessions are in these slots (protocol.md 2.6). */
enum slot { SLOT_PREV, SLOT_CUR, SLOT_NEXT, SLOT_DOUBT, SLOTS };

struct peer_config {
	char name[PEER_NAME_MAX + 1];
	uint8_t ed_pk[KEY_LEN];
	uint8_t x_pk[KEY_LEN];	   /* of ed_pk, by key_to_x25519() */
	uint8_t pair_psk[KEY_LEN]; /* zero: none */
};

/* Byte counts are of UDP payloads. */
struct peer_stats {
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_packets, tx_packets; /* transport packets */
	uint64_t fan_sent, fan_received; /* packets of the mesh daemon */
	uint64_t deaths, rekeys;
};

struct peer {
	TAILQ_ENTRY(peer) link;
	struct hnode key_node; /* in core.by_key: x_pk */
	struct hnode id_node;  /* in core.by_id */
	struct hpent due;      /* in core.deadlines */
	uint32_t id;	       /* never used again for another peer */
	struct peer_config cfg;
	uint8_t psk[KEY_LEN], psk_id;
	uint8_t ss[KEY_LEN]; /* static-static DH, worked out once */
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN]; /* the peer's */

	enum peer_state state;
	struct mono since; /* of this state */
	bool ever_live;	   /* has been a vrnode */
	bool dialled;	   /* the current session was opened by us */
	bool trusted;	   /* its word may move us (core/negotiate.h) */
	enum peer_origin origin;
	bool ed_known;	     /* cfg.ed_pk is: else only the handshake's key */
	bool member;	     /* of the network, by core/trust; anchors are */
	bool carries;	     /* inner traffic: only core/trust sets it */
	bool worded;	     /* the hook has spoken of it */
	bool feeler;	     /* here for a look: the dialled one, or we */
	bool revoked;	     /* its key is: no more handshakes with it */
	bool met;	     /* it dialled us, and we knew it */
	bool doomed;	     /* core/trial ends it at the next tick */
	uint8_t doom_reason; /* enum close_reason */
	uint32_t told_by, told_which; /* its enum book_from, which of them */

	struct addr ep[PEER_ENDPOINTS];
	unsigned n_ep, next_ep;
	bool has_path;
	struct path path;	  /* where we send */
	struct known_addr *known; /* n_known of them */
	unsigned n_known;
	struct addr reflexive; /* how the peer sees us; port 0: not known */
	bool behind_nat;       /* reflexive differs from the local address */

	struct session *slot[SLOTS];
	struct dial dial; /* attempts to open a session */
	bool has_stamp;
	uint8_t stamp[STAMP_LEN];  /* last fresh one seen */
	struct mono next_answered; /* when SLOT_NEXT was filled */
	struct mono doubt_after;   /* no doubtful session before */
	struct mono init_after;	   /* no in-band initiation before */

	struct mono deadline[TIMERS];
	struct mono last_rx, last_tx; /* authenticated packet, any packet */
	struct mono last_data_rx;     /* payload */
	struct mono unanswered;	      /* first payload sent since last_rx */
	struct mono handshake_at;     /* last completed handshake */
	uint64_t handshake_wall_ms;
	unsigned probes;   /* unanswered so far */
	unsigned confirms; /* first packets sent under the current session */
	uint32_t probe_seq;
	uint32_t line_seq;    /* the probe that line.h waits for; 0: none */
	uint32_t rtt_us;      /* smoothed; 0: not measured yet */
	uint32_t rtt_told_us; /* what the mesh daemon knows */

	struct roam roam;
	struct pmtu pmtu;
	struct frag_table frags;
	uint32_t frag_id;
	struct tell tell;
	struct agreed *agreed; /* by core/negotiate; NULL: nothing is */
	bool unrouted;	       /* it asks for prefixes that it does not get */
	bool no_use;	       /* says it: the tunnel ends at the next tick */
	uint8_t no_use_why;    /* enum close_reason */
	struct bucket fan;     /* its share of what we take from tunnels */
	struct bucket *flood;  /* by device: what it may send to all there */
	struct pbuf *staged, **staged_end; /* frames without a session */
	unsigned n_staged;
	struct mono recursion_at;   /* core/recursion.h, the last; 0: never */
	struct mono recursion_told; /* when the host last heard of it */
	struct guard *guard;	    /* what was refused of it; NULL: nothing */
	struct peer_stats stats;
};

const char *peer_state_name(enum peer_state s); /* "vrnode" */

/*
 * On trial: dialled or admitted without a person's word, and never live, or not
 * named, or here for a look. Not shown, not told of, and gone when nothing
 * comes of it.
 */
bool peer_is_trial(const struct peer *p);

/*
 * The peer is in no table yet; NULL and *ret_why for a key of no use, or
 * without memory. ss: of that key and ours, where it is known already, else
 * NULL.
 */
struct peer *peer_new(struct core *c, const struct peer_config *cfg,
    enum peer_origin origin, const uint8_t *ss, const char **ret_why,
    struct turn *t);

/* Takes p out of all tables and frees it with all it holds. Tells nobody. */
void peer_free(struct core *c, struct peer *p);

/* Tells the mesh daemon (why is an enum mesh_down) and core_io.event. */
void peer_set_state(struct core *c, struct peer *p, enum peer_state s,
    uint8_t why, struct turn *t);

/* Proven to be where p is: a check of another address is over. */
void peer_set_path(struct core *c, struct peer *p, const struct path *path);

/* We opened s and its message 2 has come: it is the current one. */
void peer_take_current(
    struct core *c, struct peer *p, struct session *s, struct turn *t);

/* We answered: s waits for its first packet in SLOT_NEXT or SLOT_DOUBT. */
void peer_take_waiting(struct core *c, struct peer *p, struct session *s,
    enum slot slot, struct turn *t);

/*
 * Something opened under s, maybe with the highest counter so far: s is proven,
 * the previous session ends soon, or after crossing handshakes it is the
 * current one again (doc/protocol.md 4).
 */
void peer_opened(struct core *c, struct peer *p, struct session *s, bool newest,
    struct turn *t);

/* The limits have changed: sessions live as long, but none ends sooner. */
void peer_prolong(struct core *c, struct peer *p);

/* Frees the sessions older than reject-after; the next one's time. */
struct mono peer_expire(struct core *c, struct peer *p, struct mono now);

/* All sessions and attempts are over. The peer's new state is s. */
void peer_drop(struct core *c, struct peer *p, enum peer_state s, uint8_t why,
    struct turn *t);

#endif
