/* What is remembered of peers by their key: last descriptor, uptime, sins. */
#ifndef VPLAM_NEG_PAST_H
#define VPLAM_NEG_PAST_H

#include <sys/queue.h>

#include "base/htab.h"
#include "neg/neg.h"

#define PAST_MAX 512	     /* then those that were here least go */
#define PAST_FLAPS 4	     /* tunnel deaths in 10 min */
#define PAST_POINTS 5	     /* then a peer is refused for an hour */
#define PAST_TAKEN_S 86400u  /* not chosen for so long after it was seen */
#define PAST_KEPT_S 2592000u /* 30 days */

struct network {
	struct hnode node;
	TAILQ_ENTRY(network) all;
	uint8_t key[NEG_KEY];
	bool linked; /* it has a tunnel now */
	bool agreed; /* we had routes to these claims */
	bool routed; /* we have some now */
	uint64_t netid;
	struct topology topo;
	struct claim *claim; /* without those that it was leaving */
	uint8_t *desc;	     /* as signed; NULL: nothing but sins is known */
	size_t len;
	uint8_t sig[NEG_SIG];
	unsigned n_claims;
	uint32_t uptime;	   /* compatible seconds in all */
	struct mono seen, counted; /* counted: uptime is known up to there */

	struct mono sinned; /* points are counted up to there */
	struct mono refuse_until;
	struct mono death[PAST_FLAPS]; /* the oldest is replaced */
	unsigned points;	       /* one less each hour */
	unsigned next_death;
};

struct past {
	struct htab tab;
	TAILQ_HEAD(, network) all;
};

void past_init(struct past *m, const uint8_t secret[16]);
void past_fini(struct past *m);

/* The one of that key, made if need be; NULL without memory. */
struct network *past_get(
    struct past *m, const uint8_t key[NEG_KEY], struct mono now);

/*
 * Takes over a signed descriptor. True: it is another one than before. Without
 * memory for it none is kept.
 */
bool network_desc(struct network *n, const struct netdesc *d,
    const uint8_t *bytes, size_t len, const uint8_t sig[NEG_SIG]);
void network_record(const struct network *n, struct neg_record *ret);

void network_died(struct network *n, struct mono now);
bool network_flaps(const struct network *n, struct mono now);
/* A point; true: that was one too many. */
bool network_sinned(struct network *n, struct mono now);

/* Until when its place is kept while nothing goes there, or 0: not at all. */
struct mono network_kept_until(const struct network *n);
bool network_kept(const struct network *n, struct mono now);

#endif
