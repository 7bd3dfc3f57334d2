/*
 * The protocol as a library without I/O: bytes, their source and the turn go
 * in; what to send comes out through struct core_io. No sockets, clock, files
 * or statics, so the same code runs in the daemon, the simulator and the
 * fuzzers. One thread per struct core.
 */
#ifndef VPLAM_CORE_CORE_H
#define VPLAM_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/heap.h"
#include "base/htab.h"
#include "base/pool.h"
#include "base/run.h"
#include "core/config.h"
#include "core/cookie.h"
#include "core/dupcache.h"
#include "core/event.h"
#include "core/fwd.h"
#include "core/ident.h"
#include "core/peer.h"
#include "core/ratelimit.h"
#include "core/route.h"
#include "crypto/aead.h"
#include "crypto/keys.h"

struct core;

/*
 * Callbacks out; called once per run, not per packet. They must not call in,
 * but pmtu_refused() and dial_unreachable(). A run is theirs for the call, its
 * bytes for the turn.
 */
struct core_io {
	void *arg;

	void (*udp_send)(void *arg, const struct path *to, struct run *run);

	/*
	 * What udp_send() was given leaves now: its bytes are used again. NULL:
	 * they never are before the turn ends.
	 */
	void (*udp_flush)(void *arg);

	/* One record of the mesh socket per packet. */
	void (*mesh_send)(void *arg, struct run *run);

	/* Packets for device no. */
	void (*port_deliver)(void *arg, unsigned no, struct run *run);

	/* Close the mesh daemon's connection once what was sent is out. */
	void (*mesh_hangup)(void *arg);

	void (*event)(void *arg, enum core_event ev, const struct peer *peer);

	/* Unpredictable bytes; seeded in simulations. */
	void (*random)(void *arg, void *p, size_t len);
};

struct core {
	struct identity id;
	struct network net;
	char network[NETWORK_NAME_MAX + 1];
	struct aead_choice aead;
	struct core_limits limits;
	struct core_io io;
	uint8_t boot[8];
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN]; /* ours, as responder */
	uint64_t stamp_ms;			      /* last one used */
	uint32_t stamp_n;

	TAILQ_HEAD(, peer) peers; /* in order of id */
	uint32_t last_id, n_peers;
	uint32_t n_live; /* of them vrnodes */
	struct htab by_id, by_key, by_index, by_endpoint;
	struct heap deadlines;

	struct cookie_check cookies;
	struct ratelimit *rate;	 /* per address */
	struct bucket dh_budget; /* initiations we may spend DHs on */
	struct bucket cookie_budget, cookie_known, doubt_budget;
	struct cookie_turns turns;
	struct mono loaded_until; /* under load: cookies from everybody */

	struct dupcache dups;
	struct bucket fan_own, fan_in; /* what the mesh daemon / tunnels send */
	uint32_t fan_seq;
	uint8_t sip_key[16];

	struct fwd_port *port[FWD_PORTS]; /* NULL: no such device */
	unsigned n_port;		  /* all are below */
	struct route *routes;		  /* whose each prefix is */
	bool has_own;			  /* some are ours */
	struct route *device_nets; /* core/guard.h: networks on devices */
	bool guarded;
	bool places_changed;	/* of peers, since they were looked at */
	struct negotiate *neg;	/* of addresses; NULL: none */
	struct exchange *ex;	/* of peers; NULL: none */
	struct ident ident;	/* who is there? */
	uint32_t caps;		/* what we can, CAP_* */
	struct ratelimit *icmp; /* answers to devices, per address */

	bool stopping;		/* has said goodbye: no more handshakes */
	bool mesh_up;		/* a mesh daemon has said HELLO */
	bool mesh_open;		/* somebody is connected */
	struct mono hello_by;	/* or whoever is connected is refused */
	uint32_t mesh_body_max; /* largest packet it takes */
	struct pool staging;	/* packets that wait for a session */
	struct counters cnt;
};

/* cfg is copied. Aborts without memory. */
void core_init(struct core *c, const struct core_config *cfg,
    const struct core_io *io, struct mono now);
void core_fini(struct core *c); /* sends nothing */

/* A run of datagrams from one address; the bytes are overwritten. */
void core_udp_input(
    struct core *c, const struct path *from, struct run *run, struct turn *t);

/* The handshake socket's queue is more than an eighth full. */
void core_note_load(struct core *c, struct mono now);

/* Does what is due. Call when core_deadline() has come. */
void core_tick(struct core *c, struct turn *t);
struct mono core_deadline(const struct core *c);

/* The mesh daemon's connection: opened, records in, gone. */
void core_mesh_open(struct core *c, struct turn *t);
void core_mesh_input(struct core *c, struct run *run, struct turn *t);
void core_mesh_close(struct core *c, struct turn *t);

/* A device: its number, or -1 when FWD_PORTS are there. cfg is copied. */
int core_port_add(struct core *c, const struct fwd_config *cfg, struct turn *t);
void core_port_del(struct core *c, unsigned no);

/* Packets that device no gave; the bytes are overwritten. */
void core_port_input(
    struct core *c, unsigned no, struct run *run, struct turn *t);

/* Our addresses or routes are others, or we slept: see core/line.h. */
void core_line_changed(struct core *c, struct turn *t);

/*
 * The prefixes that are ours, and those granted to a peer: all of them, in
 * place of those before. False when number *ret_bad is another's already (of
 * the peer with the id *ret_who, 0: ours); then there are none.
 */
bool core_own_prefixes(struct core *c, const struct prefix *p, size_t n,
    size_t *ret_bad, uint32_t *ret_who);
bool core_peer_prefixes(struct core *c, struct peer *peer,
    const struct prefix *p, size_t n, size_t *ret_bad, uint32_t *ret_who);

/*
 * Adds a peer; NULL and *ret_why (static) when its key is ours, converts to no
 * X25519 key, or is there already. It is dialled once it has endpoints.
 */
struct peer *core_peer_add(struct core *c, const struct peer_config *cfg,
    const char **ret_why, struct turn *t);

/* Resolved endpoints, in the order to try; at most PEER_ENDPOINTS count. */
void core_peer_endpoints(struct core *c, struct peer *p, const struct addr *ep,
    unsigned n, struct turn *t);

/* Says goodbye and frees p. */
void core_peer_del(
    struct core *c, struct peer *p, uint8_t close_reason, struct turn *t);

struct peer *core_peer_by_id(struct core *c, uint32_t id);
struct peer *core_peer_by_name(struct core *c, const char *name);

void core_set_limits(
    struct core *c, const struct core_limits *lim, struct turn *t);

/*
 * Sends one close to every live peer. A stopping daemon calls it at 0, 200
 * and 400 ms; there is no acknowledgement. From then on nothing is dialled or
 * answered: who was told would be back before the next one.
 */
void core_close_all(struct core *c, uint8_t reason, struct turn *t);

#endif
