/*
 * Who may have a tunnel, and what it may do through it (doc/peers.md): the
 * network's mode of trust, the class of each peer, revocations.
 */
#ifndef VPLAM_CORE_TRUST_H
#define VPLAM_CORE_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/run.h"
#include "crypto/prim.h"

struct core;
struct peer;

enum trust_mode {
	TRUST_KNOWN,  /* those of the configuration */
	TRUST_OPEN,   /* anybody, as a stranger */
	TRUST_HOOK,   /* whom a program lets in */
	TRUST_SECRET, /* whoever knows the network key, as a member */
};

/* What a peer may do, rising. */
enum peer_class {
	CLASS_STRANGER,	   /* liveness and a list of peers */
	CLASS_MEMBER,	   /* inner traffic, negotiation, records */
	CLASS_ESTABLISHED, /* a member for three observed days */
	CLASS_ANCHOR,	   /* named by the configuration */
};

#define TRUST_STRANGERS 256 /* tunnels that strangers opened, at most */
#define TRUST_AUTHORITIES 8
#define TRUST_PENDING 64   /* questions to the hook under way */
#define TRUST_ASK_S 10	   /* so long one may take */
#define TRUST_HOLD_S 3600  /* so long a word of the hook holds */
#define TRUST_RETRY_S 30   /* when it failed it is asked again after */
#define TRUST_REFUSED (-1) /* its word: not let in */
#define TRUST_UNSAID (-2)  /* it failed, and said nothing */

struct trust_config {
	enum trust_mode mode;
	bool open_transit; /* strangers may send inner traffic */
	unsigned max_peers;
	uint8_t authority[TRUST_AUTHORITIES][KEY_LEN]; /* may revoke */
	unsigned n_authority;
};

/*
 * An initiation of a key that is no peer has been opened: its new peer, or
 * NULL (counted): refused, or the hook has been asked (exchange_io.ask), and a
 * later try of the same key will find out. ss: see peer_new().
 */
struct peer *trust_admit(struct core *c, const uint8_t x_pk[KEY_LEN],
    const uint8_t *ss, const struct path *from, struct turn *t);

/*
 * The hook's word: an enum peer_class or TRUST_REFUSED; or TRUST_UNSAID, which
 * changes nothing. Unknown questions are ignored.
 */
void trust_decided(
    struct core *c, const uint8_t x_pk[KEY_LEN], int class, struct turn *t);

enum peer_class trust_class(const struct core *c, const struct peer *p);

/* We have had three observed days of contact with it, whatever its class. */
bool trust_is_old(const struct core *c, const struct peer *p);

/* Nobody is let in whom no person named. */
bool trust_is_closed(const struct core *c);

/* May this type of frame come from it, or go to it? */
bool trust_carries(const struct core *c, const struct peer *p, uint8_t frame);

const char *trust_class_name(enum peer_class k); /* "stranger" */
const char *trust_mode_name(enum trust_mode m);	 /* "known" */

#endif
