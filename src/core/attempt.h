/* Attempts to open a session with one peer: the last three initiations. */
#ifndef VPLAM_CORE_ATTEMPT_H
#define VPLAM_CORE_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/cookie.h"
#include "core/handshake.h"
#include "core/peertab.h"
#include "wire/msg.h"

/* With one, a path slower than the retry gap never opens. */
#define ATTEMPTS 3

struct attempt {
	struct index ix; /* in core.by_index */
	bool in_band;
	uint32_t carrier; /* in-band: index of the session that took it */
	bool cookie_done; /* sent again with a cookie: at most once */
	bool crossed;	  /* sent again for a crossing one: at most once */
	struct mono sent;
	struct path to;
	struct hs_init hs;
	uint8_t msg[INIT_LEN]; /* as sent: a cookie seals its mac1 */
};

struct dial {
	struct attempt *at[ATTEMPTS]; /* NULL: none, as most of the time */
	unsigned next;		      /* place of the next one */
	struct mono last;	      /* when the newest was made */
	bool active;		      /* we want a session */
	bool sent;	  /* one of them ever left for an endpoint */
	unsigned tries;	  /* since it began, over all endpoints */
	unsigned in_band; /* of them inside the living session */
	unsigned raced;	  /* addresses of this try that had their turn */
	unsigned left;	  /* endpoints that this try has not come to */
	bool by_path;	  /* it goes where the peer was heard, too */
	bool at_path;	  /* and there next */
	bool recall;	  /* all tries of the first while do */
	bool doubt;	  /* over when the peer is heard */
	uint64_t gap_us;  /* to the next try, once it is slow */
	struct mono began;
	struct mono anew;	    /* our line changed last; 0: never */
	struct cookie_jar *cookies; /* that it gave us; NULL: none */
};

#endif
