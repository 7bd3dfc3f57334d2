/*
 * What the store knows, weighed: who may be listed, and why the others may not.
 * Pure: rows and the time go in. Only what this vnode measured counts as age
 * and reliability; an owner's word counts for consent and how it is called.
 */
#ifndef VPLAM_ENTRYSERVER_CENSUS_H
#define VPLAM_ENTRYSERVER_CENSUS_H

#include "store/rec.h"
#include "wire/entry.h"

#define CENSUS_SOLID 95 /* percent of 8 hours, of a day, of three days */
#define CENSUS_UP_MIN 15

/* Why a vnode that was reached is not listed: the first that holds. */
enum left_out {
	LEFT_UNPROVEN, /* never dialled by us at an address of its own */
	LEFT_YOUNG,    /* less than BOOK_AGE_S in contact */
	LEFT_RECORD,   /* no record, or one that its key did not sign */
	LEFT_CONSENT,  /* public = no */
	LEFT_REVOKED,
	LEFT_SHAKY, /* answered less than CENSUS_SOLID percent */
	LEFT_LATE,  /* its record is out of time */
	LEFT_CROWD, /* better ones in the same networks */
	LEFT_ROOM,  /* the list is full: another time */
	LEFT_KINDS
};

/* One word for it, for metrics. */
const char *left_word(enum left_out why);

struct candidate {
	struct entry_server server;
	uint8_t solid; /* percent answered of the last three days */
};

struct census {
	uint64_t now;  /* seconds since 1970 */
	bool watched;  /* the watch row was there; its fields: */
	int64_t saved; /* when vplamad wrote it */
	uint32_t minutes;
	uint8_t netid[STORE_KEY];
	char network[ENTRY_NETWORK + 1];

	struct candidate *candidate; /* owned */
	size_t n, max;
	uint8_t (*revoked)[STORE_KEY]; /* owned */
	size_t n_revoked;
	unsigned reached, lasting, left[LEFT_KINDS];
	unsigned late_up; /* of LEFT_LATE: in contact at this moment */
};

void census_begin(struct census *c, uint64_t now);
void census_rec(void *census, const struct store_rec *rec); /* store_rec_fn */
void census_end(struct census *c); /* all rows are in */
void census_fini(struct census *c);

/*
 * Is our clock one that a list can be dated by? Not without a time, and not
 * when most of those in contact at this moment bring records that it takes
 * for outdated: they renew them twice a day, so it is we who are wrong.
 */
bool census_clock_holds(const struct census *c);

#endif
