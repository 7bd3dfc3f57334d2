/*
 * Is an entry list good, and does what it names count? Bytes in, verdict out;
 * no I/O, no clock: it runs on a thread and under the tests alike.
 */
#ifndef VPLAM_VPLAMAD_ENTRYCHECK_H
#define VPLAM_VPLAMAD_ENTRYCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keys.h"
#include "crypto/minisign.h"
#include "wire/entry.h"

#define ENTRYCHECK_WHY 192
#define ENTRYCHECK_QUORUM 3 /* of so many sources on */
#define ENTRYCHECK_VOICES 2 /* so many signers have to name a vnode */

/* What is known of a source before its next list. */
struct entry_hold {
	char key[MINISIGN_KEY_TEXT]; /* must sign; "": whoever signs is held to
				      */
	uint64_t serial;	     /* of its last list; 0: none came */
	char network[NETWORK_NAME_MAX + 1];
	uint8_t netid[KEY_LEN];
};

/* A list that holds. */
struct entry_checked {
	char signer[MINISIGN_KEY_TEXT];
	bool late;	      /* it has expired: of use for ENTRY_LATE_S */
	unsigned bad_records; /* vnodes left out: not signed by their own key */
	struct entry_list list;
	uint8_t (*key)[RECORD_KEY]; /* list.n, sorted */
};

/*
 * now: seconds since 1970; before RECORD_EPOCH it refuses nothing. Where no key
 * is held to, the signer names its own in the trusted comment, "key:RW...".
 * False and why: a clause.
 */
bool entrycheck_list(const struct entry_hold *h, const char *text, size_t len,
    const char *sig, size_t sig_len, int64_t now, struct entry_checked *ret,
    char why[static ENTRYCHECK_WHY]);
void entrycheck_fini(struct entry_checked *c); /* fine on zeroes */

/* Too late even for ENTRY_LATE_S? */
bool entrycheck_over(const struct entry_list *l, int64_t now);

/* For bsearch(): sorts n keys. */
void entrycheck_sort(uint8_t (*key)[RECORD_KEY], size_t n);

/* What a source says at this time. */
struct entry_voice {
	const char *signer; /* two sources with one signer have one voice */
	const uint8_t (*key)[RECORD_KEY]; /* sorted */
	size_t n;
};

/* Does a vnode that one of them names count, with so many sources in all? */
bool entrycheck_counts(const struct entry_voice *v, size_t n, unsigned sources,
    const uint8_t key[RECORD_KEY]);

#endif
