/*
 * The address book: the vnodes that we have heard of, what we measured of
 * each, whom to dial next, and whom to tell others of (doc/peers.md). Pure
 * state: facts and time go in, decisions come out; no peers, tunnels, clock,
 * files or signatures (who hands in a record has checked it).
 */
#ifndef VPLAM_BOOK_BOOK_H
#define VPLAM_BOOK_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "book/uptime.h"
#include "wire/record.h"

#define BOOK_AGE_S 259200u   /* observed seconds that make a peer established */
#define BOOK_REACHED 16384   /* entries that answered us once, at most */
#define BOOK_HEARD 1024	     /* entries that never did */
#define BOOK_PER_GROUP 32    /* of those in one /16 or /32 */
#define BOOK_PER_SOURCE 256  /* of those from one source */
#define BOOK_ANCHORS 8	     /* dialled first after a restart */
#define BOOK_DIALS 3	     /* datagrams to an address that never answered */
#define BOOK_SILENCE_S 86400 /* then, from the last one, none */
#define BOOK_DIAL_RATE 50    /* such datagrams a second in all */
#define BOOK_REVOKED 4096    /* revoked keys that are kept */

/* Who told us of a vnode first: a kind, and which of them. */
enum book_from {
	BOOK_FROM_USER, /* configuration or control command */
	BOOK_FROM_SELF, /* it dialled us */
	BOOK_FROM_PEER, /* which: first bytes of the teller's key */
	BOOK_FROM_LIST, /* which: a hash of the list's source */
	BOOK_FROMS
};
struct book_source {
	uint8_t from;	/* enum book_from */
	uint32_t which; /* 0 where there is but one */
};

/*
 * An entry, as it is shown and saved. Times are seconds since 1970 by a clock
 * that may have been wrong: for people, no decision hangs on them.
 */
struct book_entry {
	uint8_t key[RECORD_KEY]; /* Ed25519 */
	struct book_source source;
	struct addr ep[RECORD_ENDPOINTS]; /* where it is said to be */
	unsigned n_ep;
	bool reached;	    /* we have shaken hands */
	bool dialled;	    /* at proven we were the one who dialled */
	struct addr proven; /* where; port 0: not from an address of its own */
	bool anchor;	    /* one of the BOOK_ANCHORS */
	uint32_t observed;  /* seconds of authenticated contact */
	uint32_t rtt_us;    /* smoothed; 0: not measured */
	uint32_t fails;	    /* trials in a row without an answer */
	int64_t first_at, last_at; /* first and last contact; 0: none */
	struct uptime uptime;
	const uint8_t *record; /* the newest of the owner, signed; borrowed */
	uint16_t record_len;   /* 0: none */
};

/* A revocation, as it came; signed by itself or by an authority. */
struct book_revoked {
	uint8_t key[RECORD_KEY];
	uint8_t raw[REVOKE_LEN];
};

struct book_config {
	unsigned max_peers; /* tunnels that we open or take by ourselves */
	bool dial;	    /* open any at all */
};

/* Callbacks out; they must not call in. Entries live for the call. */
struct book_io {
	void *arg;
	/*
	 * Must survive a restart: who was reached, or named by a person.
	 * urgent: news; else a minute more of age.
	 */
	void (*save)(void *arg, const struct book_entry *e, bool urgent);
	void (*forget)(void *arg, const uint8_t key[RECORD_KEY]);
	void (*save_revoked)(void *arg, const struct book_revoked *r);
	void (*save_watched)(void *arg, uint32_t minutes);
	void (*random)(void *arg, void *p, size_t len);
};

struct book;

/* All is copied; self is our own key, never an entry. Aborts without memory. */
struct book *book_new(const struct book_config *cfg, const struct book_io *io,
    const uint8_t self[RECORD_KEY]);
void book_free(struct book *b);
void book_set_config(struct book *b, const struct book_config *cfg);

/* What was saved in an earlier life, before anything else. */
void book_restore(struct book *b, const struct book_entry *e);
void book_restore_revoked(struct book *b, const struct book_revoked *r);
void book_restore_watched(struct book *b, uint32_t minutes);

/* What became of something we heard. */
enum book_news {
	BOOK_NEW,     /* an entry more */
	BOOK_NEWER,   /* in place of what was known */
	BOOK_KNOWN,   /* we have it, or a later one */
	BOOK_REFUSED, /* no room, our own, revoked, or out of time */
	BOOK_CLASH,   /* another record with the number of the one we have */
};

/*
 * A record whose signature holds (raw: as it came), or only an address with a
 * key. wall: seconds since 1970.
 */
enum book_news book_heard(struct book *b, struct book_source src,
    const struct record *r, const uint8_t *raw, size_t len, struct mono now,
    uint64_t wall);
enum book_news book_heard_of(struct book *b, struct book_source src,
    const uint8_t key[RECORD_KEY], const struct addr *ep, unsigned n,
    struct mono now);

/* Forgets the entry. False: not kept: it was before, or there is no room. */
bool book_revoke(struct book *b, const struct book_revoked *r, bool by_person);
bool book_is_revoked(const struct book *b, const uint8_t key[RECORD_KEY]);

/*
 * May an initiation be sent to that address, which never answered the key? It
 * counts as sent. Whatever key, record or port names it, and of IPv6 all of a
 * /64: nobody makes us a weapon. The last is for keys that a list or a person
 * told of. An answer, authenticated, forgets what was sent there.
 */
bool book_may_dial(struct book *b, const uint8_t key[RECORD_KEY],
    const struct addr *to, struct mono now);
void book_answers(struct book *b, const struct addr *from);

/* A tunnel as it is now, of a peer that the book knows or not. */
struct book_tunnel {
	uint8_t key[RECORD_KEY];
	bool live, dialled, configured;
	bool trial; /* dialled by book_pick() and not answered yet */
	struct addr at;
	struct book_source source;
};

/*
 * Whom to dial now, and where: in the order of the choice, at most max; ask
 * again at *ret_at. Half of max_peers is for whom we dial: anchors first, then
 * reached ones, then others; half of that from one source and 2 from one /16
 * (IPv6: /32) as long as others are to be had. A feeler every 120 s beyond
 * that. Each is the caller's to end by book_tried().
 */
unsigned book_pick(struct book *b, const struct book_tunnel *t, size_t n,
    struct book_entry *ret, unsigned max, struct mono now, struct mono *ret_at);

/* A feeler: dialled to see whether it is there, closed when it was. */
bool book_is_feeler(const struct book *b, const uint8_t key[RECORD_KEY]);

/*
 * The trial is over; untried: nothing was sent. ok: the handshake was proven;
 * at: where (port 0: not to be passed on, as behind a NAT); dialled: by us.
 */
void book_tried(
    struct book *b, const uint8_t key[RECORD_KEY], bool ok, struct mono now);
void book_untried(struct book *b, const uint8_t key[RECORD_KEY]);
void book_reached(struct book *b, const uint8_t key[RECORD_KEY],
    struct book_source src, const struct addr *at, bool dialled,
    struct mono now, uint64_t wall);

/* For another that dialled us: of those that did, who goes; -1: none. */
int book_evict(const struct book *b, const struct book_tunnel *t, size_t n);

/*
 * A minute has passed for those with a tunnel that is wanted: up: heard of
 * within it. At most 60 s a minute count, whatever the clock says. Then
 * book_minute_end() once; it chooses the anchors.
 */
void book_minute(struct book *b, const uint8_t key[RECORD_KEY], bool up,
    uint32_t rtt_us, uint64_t wall);
void book_minute_end(struct book *b);
uint32_t book_watched(const struct book *b); /* minutes in all */

/*
 * For whoever asks: at most max with a record in time, reached in this life and
 * day where it says, at random, never the asker's own.
 */
unsigned book_tell(struct book *b, const uint8_t asker[RECORD_KEY],
    const struct book_entry **ret, unsigned max, uint64_t wall);

/* All of them in no order; NULL: the end. *pos begins at 0. */
const struct book_entry *book_each(const struct book *b, size_t *pos);
const struct book_revoked *book_each_revoked(const struct book *b, size_t *pos);
const struct book_entry *book_find(
    const struct book *b, const uint8_t key[RECORD_KEY]);

/* The network an address is in, for diversity: its /16 or /32. */
uint64_t book_group(const struct addr *a);

#endif
