/*
 * The negotiation of one vplamad (doc/negotiation.md): a link for each live
 * tunnel, one role for all of them, and what must be remembered. Messages,
 * facts and time go in; what to send, route, move and save comes out through
 * struct neg_io. No peers, tunnels, clock or files.
 */
#ifndef VPLAM_NEG_NEG_H
#define VPLAM_NEG_NEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "neg/record.h"
#include "neg/verdict.h"
#include "wire/netdesc.h"
#include "wire/negmsg.h"

/* When a demand that we should move may be followed without a person. */
enum rehook_policy { REHOOK_NEVER, REHOOK_ASK, REHOOK_ATOMIC, REHOOK_AUTO };
enum neg_stable { NEG_STABLE_AUTO, NEG_STABLE_YES, NEG_STABLE_NO };

struct neg_config {
	enum rehook_policy policy;
	enum verdict_rule rule;
	enum neg_stable stable;
	uint32_t max_nodes; /* REHOOK_ATOMIC: a gnode of more never moves */
	uint64_t netid;	    /* given by a person; 0: a random one of our own */
};

/* Once the verdict is there: NEG_UP to NEG_HELD last, others pass. */
enum neg_state {
	NEG_HELLO_WAIT,
	NEG_PROBING, /* R: is it our own gnode behind another tunnel? */
	NEG_VERDICT_WAIT,
	NEG_LOSE_ASK, /* we have proposed an address */
	NEG_MOVING,
	NEG_WIN_WAIT, /* the other side is to propose */
	NEG_RESERVED, /* and has; it moves */
	NEG_BACKOFF,
	NEG_UP,
	NEG_SAME,
	NEG_PARTIAL,
	NEG_TOPO,
	NEG_HELD, /* alive, no routes between what overlaps */
	NEG_STATES
};

enum neg_role { ROLE_IDLE, ROLE_LOSER, ROLE_WINNER };

/* A tunnel as the negotiation sees it. */
struct neg_peer {
	uint32_t id; /* not 0 */
	uint8_t key[NEG_KEY];
	bool dialled; /* by us: we are I */
	bool first;   /* when both dialled we are I: our key is the smaller */
	bool trusted; /* its word alone may move us (trust-renumber) */
	bool established; /* known for three days: besides by our memory */
	bool stranger;	  /* nobody vouches for it: it never is */
	uint64_t group;	  /* /16 or /32 that its endpoint is in */
	uint32_t source;  /* what told us of it; its id: the configuration */
};

enum neg_event {
	NEG_EV_STATE,  /* of a link */
	NEG_EV_DEMAND, /* a new one, or its state has changed */
	NEG_EV_MOVED,  /* our own claims have changed; peer 0 */
	NEG_EV_STABLE, /* the mark has come or gone; peer 0 */
};

/* Callbacks out. They must not call in. */
struct neg_io {
	void *arg;
	/* One part of the channel; it may be lost. */
	void (*send)(void *arg, uint32_t peer, const uint8_t *part, size_t len);
	size_t (*part_max)(void *arg, uint32_t peer);
	/* The tunnel is of no use: reason is an enum close_reason. */
	void (*close)(void *arg, uint32_t peer, uint8_t reason);
	/* All that goes to this peer now, in place of before; n 0: nothing. */
	void (*routes)(void *arg, uint32_t peer, const struct netdesc *of,
	    const struct claim *c, unsigned n);
	/* Move our claim from to to; neg_own() or neg_rehook_failed() follows,
	 * or time runs out. count: what to say is there already. */
	void (*rehook)(void *arg, uint32_t id, const struct topology *topo,
	    const struct claim *from, const struct claim *to, uint32_t count);
	void (*rehook_stop)(void *arg, uint32_t id);
	/* Send the nonce to the peer's address through the mesh alone. */
	void (*probe)(void *arg, uint32_t peer, const struct netdesc *to,
	    const uint8_t nonce[NEG_NONCE]);
	void (*sign)(
	    void *arg, const uint8_t *p, size_t len, uint8_t sig[NEG_SIG]);
	bool (*verify)(void *arg, const uint8_t key[NEG_KEY], const uint8_t *p,
	    size_t len, const uint8_t sig[NEG_SIG]);
	void (*save)(void *arg, const struct neg_record *rec);
	void (*event)(void *arg, enum neg_event ev, uint32_t peer);
	void (*random)(void *arg, void *p, size_t len);
};

struct neg;

/* Both are copied. Aborts without memory. */
struct neg *neg_new(const struct neg_config *cfg, const struct neg_io *io);
void neg_free(struct neg *g);
void neg_set_config(
    struct neg *g, const struct neg_config *cfg, struct mono now);

/* What was saved in an earlier life: before neg_own() and any link. */
void neg_restore(struct neg *g, const struct neg_record *rec, struct mono now);

/*
 * Where we are: from the mesh daemon or the configuration (netdesc_check() for
 * NETDESC_MESH holds; copied). NULL: not known any more; links stay, nothing
 * is agreed.
 */
void neg_own(struct neg *g, const struct netdesc *own, struct mono now);

/*
 * What is somebody's whatever is agreed: addresses of the host itself, prefixes
 * of the configuration. We choose nothing of it, and no other peer has a route
 * to it. Copied. One of length 0 stands for all the rest and says nothing.
 * False without memory: what was said before holds.
 */
struct neg_taken {
	struct prefix p;
	uint32_t peer; /* whose; 0: our own */
};
bool neg_avoid(
    struct neg *g, const struct neg_taken *t, size_t n, struct mono now);

/* A tunnel has come to life, has died, has changed what we know of it. */
void neg_link_up(struct neg *g, const struct neg_peer *p, struct mono now);
void neg_link_down(struct neg *g, uint32_t peer, struct mono now);

/* A part from the peer. False: it breaks the format. */
bool neg_input(struct neg *g, uint32_t peer, const uint8_t *part, size_t len,
    struct mono now);

/* A nonce came over the mesh, from an address of our own gnode. */
void neg_nonce_seen(
    struct neg *g, const uint8_t nonce[NEG_NONCE], struct mono now);

/* What rehook(id) asked for does not come; when it does, neg_own() says so. */
void neg_rehook_failed(struct neg *g, uint32_t id, struct mono now);

/* A person's word on demand id; false: no such demand waits. */
bool neg_approve(struct neg *g, uint32_t id, struct mono now);
bool neg_refuse(struct neg *g, uint32_t id, struct mono now);

void neg_tick(struct neg *g, struct mono now);
struct mono neg_deadline(const struct neg *g);

#endif
