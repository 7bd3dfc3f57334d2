/*
 * Inside of the negotiation: its links and all that it keeps. Nobody outside
 * of this folder includes it.
 *
 * Times here are those of the caller plus NEG_EPOCH, so that what happened
 * before the machine started has one, too.
 */
#ifndef VPLAM_NEG_LINK_H
#define VPLAM_NEG_LINK_H

#include <sys/queue.h>

#include "base/heap.h"
#include "base/htab.h"
#include "neg/budget.h"
#include "neg/channel.h"
#include "neg/demand.h"
#include "neg/past.h"
#include "neg/neg.h"
#include "neg/times.h"
#include "neg/verdict.h"

#define NEG_OWN_MAX 7900 /* bytes: in a HELLO it fits 16 parts of 500 */

/* What a link has been told or asks for while it moves. */
struct wish {
	struct claim from, to;
	unsigned level, rounds;
	bool notice; /* for a third party: with this one there is peace */
	struct claim *taken; /* by the other side's word */
	size_t n_taken;
};

struct link {
	struct hpent ent;
	struct hnode by_id;
	TAILQ_ENTRY(link) all;
	struct neg_peer p;
	struct channel ch;
	struct network *net; /* what we remember of its key */

	enum neg_state state;
	unsigned words; /* descriptors heard, less those that time forgives */
	struct mono words_at;
	struct mono since, up_at, timer;
	unsigned tries, backoff;
	struct mono anew_at; /* a broken channel begins anew, not before */

	bool closed;  /* we wait for neg_link_down() */
	bool greeted; /* we have sent a HELLO in this life of the channel */
	bool has_role, initiator;
	bool has_verdict;
	uint8_t why;
	bool why_peer;
	bool routed; /* the state allows routes */

	const struct netdesc *desc; /* by netdesc_keep() */
	struct verdict verdict;
	struct mono told; /* when we told it of a third party, or 0 */

	uint8_t nonce_out[NEG_NONCE], nonce_in[NEG_NONCE], probe[NEG_NONCE];
	uint8_t heard[NEG_NONCE]; /* of the peer, in the mesh */
	bool probing, probed, sibling;
	uint32_t probed_mine, probed_theirs; /* epochs */

	struct wish wish;
	struct mono conflict; /* since when, MONO_NEVER: there is none */
	struct mono compat;   /* since when UP in this epoch, or MONO_NEVER */

	struct claim *route;
	struct claim *held; /* routes as they were when it last had settled */
	unsigned n_routes, n_held;
};

/* A place kept for whoever moves there. */
struct reserve {
	TAILQ_ENTRY(reserve) all;
	uint64_t netid;
	uint8_t key[NEG_KEY];
	bool has_key; /* else whoever has the netid: it was restored */
	struct topology topo;
	struct claim claim;
	struct mono until;
};

TAILQ_HEAD(link_list, link);

struct neg {
	struct hpent ent; /* of what belongs to no link */
	struct neg_config cfg;
	struct neg_io io;
	struct heap heap;
	struct htab by_id;
	struct link_list links;

	uint64_t netid, vnodeid;
	uint32_t epoch;
	struct mono born; /* of netid */

	/* As the mesh daemon says, and as all links were told at sent_at. */
	struct netdesc place, own;
	bool has_place, has_own, restored;
	bool dirty; /* place, flags or known ones are newer than own */
	struct mono kept_until;	    /* of a known one: then it goes */
	uint8_t bytes[NEG_OWN_MAX]; /* len of them */
	size_t len;
	uint8_t sig[NEG_SIG];
	struct mono sent_at, placed_at; /* placed: in this epoch */

	struct neg_taken *avoid;
	size_t n_avoid;

	enum neg_role role;
	struct link *mover; /* ROLE_LOSER: the link that we move for */
	bool moving;
	uint32_t rehook_id;

	bool stable;
	struct mono unstable; /* MARKED without a connection since; or NEVER */
	struct mono join;     /* begin of the window, or MONO_NEVER */
	bool joined;
	struct mono check; /* stable_check() has something to do */

	TAILQ_HEAD(, reserve) reserves;
	struct past mem;
	struct budget budget;
	struct demands demands;
};

#endif
