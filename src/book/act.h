/*
 * What the parts of the address book share: its state and the few steps that
 * more than one of them takes. For src/book only.
 */
#ifndef VPLAM_BOOK_ACT_H
#define VPLAM_BOOK_ACT_H

#include <sys/queue.h>

#include "base/htab.h"
#include "book/book.h"

#define ACT_BACKOFF_S 60u /* after the first failure; doubles */
#define ACT_BACKOFF_MAX 86400u
#define ACT_ALONE_S 600u  /* nobody answered for so long: it may be us */
#define ACT_FAILS 3u	  /* then one that never answered is dropped */
#define ACT_YOUNG_S 3600u /* contact that an entry is not pushed out with */
#define ACT_FEELER_S 120u

/* An entry is in one of two lists. */
enum list { HEARD, REACHED, LISTS };

/*
 * How many entries are in one network, were told by one source, or answered at
 * one address.
 */
struct share {
	struct hnode node;
	uint64_t key;
	size_t n[LISTS];
	unsigned used; /* by tunnels; only during book_pick() */

	/* Of an address: trials since it answered, whatever the key. */
	unsigned trials;
	struct mono again; /* none before */
};

struct item {
	struct hnode node;
	struct book_entry e; /* its record is ours */
	size_t pos;	     /* in its list */
	struct share *group, *source;
	struct share *site;   /* where it answered; NULL: nowhere */
	uint64_t seq, issued; /* of its record */
	uint32_t life;
	bool says;	   /* e.ep is what the record says */
	bool vouched;	   /* a list or a person told of it, too */
	struct mono again; /* not dialled before */
	unsigned tries;	   /* since it was last up for a minute */
	uint32_t minute;   /* the last one that counted */
	bool saved;	   /* the store has it */
	bool met;	   /* was in contact in this life, and not seen down */
	bool up;	   /* in the minute that ends */
	bool trying, feeler;
	bool busy;	  /* has a tunnel; only during book_pick() */
	bool proven_only; /* not dialled elsewhere; only during book_pick() */
};

/* What was dialled and has not answered: an address, or the site it is in. */
struct target {
	struct hnode node;
	TAILQ_ENTRY(target) by_age;
	uint8_t net[17]; /* an IPv4 address or a /64; a /24 or a /48; which */
	struct mono last;
	unsigned n;
};

struct revoked {
	struct hnode node;
	struct book_revoked r;
};

struct book {
	struct book_config cfg;
	struct book_io io;
	uint8_t self[RECORD_KEY];
	struct htab by_key, groups, sources, sites;
	struct share others; /* of those for whose own there was no memory */
	struct item **list[LISTS];
	size_t n[LISTS];
	struct addr *proven_at; /* of those reached; port 0: of no use */
	uint32_t watched;	/* minutes */
	struct mono answered;	/* when somebody last did; 0: never */

	struct mono feeler_at, trial_slot; /* 0: none yet */

	struct htab targets;
	TAILQ_HEAD(, target) by_age; /* the one dialled longest ago is first */
	struct mono dial_slot;

	struct htab revoked;
	struct revoked **all_revoked;
	size_t n_revoked;
};

/* book.c */
struct item *act_find(const struct book *b, const uint8_t key[RECORD_KEY]);
struct share *act_share(
    const struct htab *t, uint64_t key); /* NULL: no entry is of it */
struct share *act_site(const struct book *b, const struct addr *a);
uint64_t act_source_key(struct book_source src);

/* Told by more than a vnode, which may be anybody's. */
bool act_is_vouched(struct book_source src);

/*
 * A new entry in that list, without a record; the caller has made room. NULL:
 * no memory.
 */
struct item *act_add(
    struct book *b, enum list l, const struct book_entry *e, struct mono now);
void act_drop(struct book *b, struct item *it); /* and out of the store */

/* In place of the one it has; len 0: none. False: no memory, that one stays. */
bool act_record(struct item *it, const uint8_t *raw, size_t len);
void act_save(struct book *b, struct item *it, bool urgent);

/* To another list, network, source or address: as e now says. */
void act_move(struct book *b, struct item *it);

/* Where it would be dialled; NULL: nowhere. */
const struct addr *act_address(const struct book_entry *e);
uint64_t act_group(const struct book_entry *e);

/* A random number below n, which is not 0. */
uint64_t act_random(struct book *b, uint64_t n);

/* room.c: false: there is none, and nobody who must go. */
bool act_room_heard(struct book *b, struct book_source src, uint64_t group);
bool act_room_group(struct book *b, struct book_source src, uint64_t group);
bool act_room_reached(struct book *b);

/* trial.c: microseconds after the n-th failure in a row. */
uint64_t act_backoff(const struct book *b, unsigned n, struct mono now);

/* dials.c: nothing may be sent there for its sake, until a day has passed. */
bool act_is_silent(const struct book *b, const struct item *it,
    const struct addr *to, struct mono now);
void act_dials_fini(struct book *b);

/* One slot each interval, burst of them at once. */
bool act_rate(
    struct mono *slot, uint64_t interval_us, unsigned burst, struct mono now);

/* proven.c: where one of those reached answered; enough within its site. */
void act_note_proven(struct book *b, const struct item *it);

/* revoked.c */
void act_revoked_fini(struct book *b);

#endif
