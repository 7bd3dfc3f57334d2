/* Spans that several files of the negotiation share (doc/negotiation.md). */
#ifndef VPLAM_NEG_TIMES_H
#define VPLAM_NEG_TIMES_H

#include "base/mono.h"

#define NEG_DAY_S 86400u
#define NEG_EPOCH (100u * (uint64_t)NEG_DAY_S * MONO_SEC)
#define NEG_STABLE_S 600u	    /* T_stable */
#define NEG_SETTLE_S 10u	    /* T_settle */
#define NEG_RECHECK_S 600u	    /* of a link that has settled */
#define NEG_KNOWN_S (3 * NEG_DAY_S) /* of peace: a peer is established */
#define NEG_JOIN_S 600u	   /* the window in which a newcomer may move */
#define NEG_PATIENCE_S 30u /* for a verdict that the other side owes us */

#endif
