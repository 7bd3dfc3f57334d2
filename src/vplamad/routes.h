/*
 * The routes in the kernel: which prefixes are wanted for which peers, and what
 * of that is installed. Set at any time, carried out at the end of the turn.
 */
#ifndef VPLAM_VPLAMAD_ROUTES_H
#define VPLAM_VPLAMAD_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/prefix.h"

struct priv;
struct routes;

#define ROUTES_RETRY_US (10u * MONO_SEC) /* refused, or without memory */

struct routes_env {
	void *arg;
	const struct priv *pv;

	/*
	 * As priv_route_add() wants it, of the device that leads to the peer;
	 * NULL: it is not there now.
	 */
	const char *(*unit)(void *arg, uint32_t peer);

	/* There was no memory for some: routes_set() for all, again. */
	void (*all)(void *arg);
};

/*
 * Takes away what an earlier life has left. env is copied. All functions are
 * fine on NULL: then no routes are installed.
 */
struct routes *routes_new(const struct routes_env *env);

/* Takes all away. */
void routes_free(struct routes *r);

/*
 * All that goes to the peer (not 0) from now on, in place of before; copied.
 * Of two peers with the same prefix the first one has it while its device is
 * there, then the other.
 */
void routes_set(
    struct routes *r, uint32_t peer, const struct prefix *p, size_t n);

/*
 * The device of that peer, of all for 0, came or went: its routes went with it
 * and have to be made again.
 */
void routes_again(struct routes *r, uint32_t peer);

/* Does what is due, at the end of a turn; cheap when nothing is. */
void routes_apply(struct routes *r, struct mono now);

/* When it is to be called again; MONO_NEVER: not before something is set. */
struct mono routes_deadline(const struct routes *r);

/* Number i of what is wanted; false: there are no more. */
struct routes_info {
	struct prefix p;
	uint32_t peer; /* that it leads to, or is to */
	bool installed;
	const char *why; /* it is not (static), or NULL */
};
bool routes_get(const struct routes *r, size_t i, struct routes_info *ret);

/* Why there is no route to a prefix that is wanted (static); else NULL. */
const char *routes_why(const struct routes *r, const struct prefix *p);

#endif
