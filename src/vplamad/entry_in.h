/* Entry lists: what the parts of vplamad/entry share. */
#ifndef VPLAM_VPLAMAD_ENTRY_IN_H
#define VPLAM_VPLAMAD_ENTRY_IN_H

#include "book/book.h"
#include "io/fetch.h"
#include "vplamad/config.h"
#include "vplamad/entry.h"
#include "vplamad/entrycheck.h"

struct work;
struct worker;

#define ENTRY_VOICE_DNS "dns" /* of all of it: whoever forges one does all */
#define ENTRY_HINTS_S 86400   /* so long hints of DNS speak */

/* A source, and the last good list of it. */
struct list {
	struct entries *es;
	char text[SOURCE_TEXT]; /* as configured */
	char name[SOURCE_TEXT]; /* without key and network: as it is kept */
	struct source src;
	struct book_source book; /* as the address book knows it */

	char signer[MINISIGN_KEY_TEXT]; /* held to; "": nobody yet */
	uint64_t serial;		/* of signer; 0: none came */
	int64_t valid_until;

	struct fetch_job *job; /* under way, or NULL */
	struct work *check;    /* likewise, after it */
	struct mono next_at;
	unsigned fails;			      /* in a row */
	char why[FETCH_WHY + ENTRYCHECK_WHY]; /* of the last; "": it was good */
	char etag[FETCH_ETAG];
	int64_t tried_at, good_at; /* seconds since 1970; 0: never */

	bool has; /* what follows is there */
	struct entry_checked said;
	struct fetch_hint *hint; /* of DNS: then said.key is of these */
	struct mono hint_until;
	unsigned n;	  /* of said.list or hint */
	unsigned told;	  /* of them: looked at for the address book */
	unsigned counted; /* of them: the book was told */
};

/* Who signed for a source, and how far it was: what the store keeps. */
struct entry_pin {
	char name[SOURCE_TEXT];
	char signer[MINISIGN_KEY_TEXT];
	uint64_t serial;
	int64_t valid_until;
};

struct entries {
	struct vplamad *d;
	struct fetch *fetch;
	struct worker *worker;
	struct list *list[CONFIG_ENTRIES];
	unsigned n;
	struct entry_pin *pin; /* also of sources that are not configured */
	size_t n_pins;
};

/* entry.c: the last good list of it is not there any more. */
void entry_forget(struct list *l);

/* entry_tell.c: what it said is too old to count. */
bool entry_over(const struct list *l, const struct turn *t);

/* A slice of what is to be told to the book. */
bool entry_telling(const struct entries *es);
void entry_tell_all(struct entries *es); /* from the beginning */
void entry_tell(struct entries *es, struct turn *t);

#endif
