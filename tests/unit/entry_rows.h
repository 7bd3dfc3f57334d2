/* Rows of a store as a vplamad leaves them, for tests of the entry server. */
#ifndef VPLAM_TESTS_UNIT_ENTRY_ROWS_H
#define VPLAM_TESTS_UNIT_ENTRY_ROWS_H

#include "book/uptime.h"
#include "crypto/keys.h"
#include "store/rec.h"
#include "wire/record.h"

#define ROWS_NETWORK "lab"

/* A vnode, and its row; rec points into the rest. */
struct row_vnode {
	struct identity id;
	struct record record;
	uint8_t raw[RECORD_MAX];
	struct addr proven;
	uint8_t proven_raw[STORE_ADDR];
	struct uptime uptime;
	uint8_t uptime_raw[UPTIME_BYTES];
	struct store_rec rec;
};

void rows_netid(uint8_t ret[STORE_KEY]);

/* Whose store it is, as its vplamad wrote it at that time. */
struct store_rec rows_watch(uint32_t minutes, int64_t at);

/*
 * One that may be listed: reached, in contact for all of those minutes, public.
 * What is changed in it counts after row_seal().
 */
void row_of(struct row_vnode *v, const struct identity *id,
    const struct addr *at, uint32_t minutes, uint64_t now);

/* Number i of such, each in a /16 of its own. */
void row_vnode(struct row_vnode *v, unsigned i, uint32_t minutes, uint64_t now);
void row_seal(struct row_vnode *v);

#endif
