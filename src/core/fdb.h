/*
 * Who has which address behind it, as seen from what they send: MAC addresses
 * per VLAN, or IP addresses in switch mode on IP (threats.md T11: an address
 * sticks to the first that used it).
 */
#ifndef VPLAM_CORE_FDB_H
#define VPLAM_CORE_FDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

#define FDB_MAX 16384 /* addresses in all */

/* An address and its VLANs; unused bytes are zero, so that it can be hashed. */
struct fdb_key {
	uint8_t a[16];
	uint16_t vlan;	 /* 0: none */
	uint16_t inner;	 /* a VLAN within that VLAN; 0: none */
	uint16_t family; /* enum prefix_family */
};

/* Where it is: a peer's id; 0 is behind our own device. */
#define FDB_LOCAL 0u

enum fdb_verdict {
	FDB_OK,	   /* known there, or learned now */
	FDB_SPOOF, /* it is another's: the packet is a lie, or it has moved */
	FDB_ROOM,  /* that peer has as many as it may: not learned */
};

struct fdb;

/*
 * age_ms: an address not seen for so long is forgotten, and free for others.
 * per_peer: addresses a peer may have. secret: 16 random bytes. Aborts without
 * memory.
 */
struct fdb *fdb_new(
    uint32_t age_ms, uint32_t per_peer, const uint8_t secret[16]);
void fdb_free(struct fdb *f);

/*
 * A packet with this source came from there. What our own device sends takes
 * the address from whoever has it; a peer takes it from nobody before it has
 * aged. Addresses behind our device count against no limit but FDB_MAX: when
 * full the oldest of all goes. The address of nobody, all zeros, is let through
 * and not learned.
 */
enum fdb_verdict fdb_learn(
    struct fdb *f, const struct fdb_key *key, uint32_t where, struct mono now);

/* True and *ret_where for an address that is known and not too old. */
bool fdb_find(struct fdb *f, const struct fdb_key *key, struct mono now,
    uint32_t *ret_where);

/* Forgets all of a peer: it is gone. Cost is in its own addresses. */
void fdb_forget(struct fdb *f, uint32_t where);

/* Calls fn for each address in no order; for people who look. */
struct fdb_entry {
	struct fdb_key key;
	uint32_t where;
	struct mono seen;
};
void fdb_each(const struct fdb *f, struct mono now,
    void (*fn)(void *arg, const struct fdb_entry *e), void *arg);

#endif
