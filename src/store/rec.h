/*
 * What is remembered, one row of the database each, in plain numbers and
 * bytes. Times are seconds since 1970 by the wall clock of their day.
 */
#ifndef VPLAM_STORE_REC_H
#define VPLAM_STORE_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_KEY 32
#define STORE_SIG 64
#define STORE_BLOB_MAX 16384
#define STORE_NAME 64	 /* bytes of a network's name */
#define STORE_SOURCE 512 /* bytes of where a list is */
#define STORE_ADDR 18	 /* an endpoint: IPv6 or v4-mapped, port big-endian */

/*
 * They are loaded in this order. What makes a record replace another follows
 * each name.
 */
enum store_kind {
	STORE_SELF,    /* there is one */
	STORE_NETWORK, /* key */
	STORE_MOVE,    /* each is a new one */
	STORE_RESERVE, /* netid */
	STORE_DEMAND,  /* id */
	STORE_WATCH,   /* there is one */
	STORE_REVOKED, /* key */
	STORE_PEER,    /* key */
	STORE_LIST,    /* source */
	STORE_KINDS
};

/* Bytes that the store does not look into; at most STORE_BLOB_MAX. */
struct store_blob {
	const uint8_t *p;
	size_t len;
};

struct store_rec {
	enum store_kind kind;
	bool gone;  /* RESERVE, PEER, LIST: forget what has its name */
	int64_t at; /* when it was so; of a peer: the last contact */
	union {
		struct {
			uint64_t netid, vnodeid;
			uint32_t epoch, age; /* of netid, seconds */
			bool stable;
			struct store_blob place; /* levels and claims */
		} self;
		struct {
			uint8_t key[STORE_KEY];
			uint64_t netid;
			uint32_t uptime;
			struct store_blob desc;
			uint8_t sig[STORE_SIG];
		} network;
		struct {
			int64_t id; /* the store's own */
			struct store_blob from, to;
		} move;
		struct {
			uint64_t netid;
			int64_t until;
			struct store_blob place;
		} reserve;
		struct {
			uint32_t id;
			uint8_t key[STORE_KEY];
			struct store_blob place;
			uint8_t why, state; /* state 0: it waits */
		} demand;
		struct { /* a vnode of the address book */
			uint8_t key[STORE_KEY];
			int64_t first_at;
			uint8_t from; /* who told of it, and which of them */
			uint32_t which;
			bool reached, dialled, anchor;
			uint32_t observed; /* seconds of contact */
			uint32_t rtt_us, fails;
			struct store_blob ep;	  /* of STORE_ADDR each */
			struct store_blob proven; /* one, or empty */
			struct store_blob uptime, record;
		} peer;
		struct {
			uint8_t key[STORE_KEY];
			struct store_blob raw; /* as it travels */
		} revoked;
		struct { /* for who reads the file: whose it is */
			uint32_t minutes;
			uint8_t key[STORE_KEY], netid[STORE_KEY];
			struct store_blob network; /* its name */
		} watch;
		struct { /* what is known of an entry list */
			struct store_blob source; /* where it is, a text */
			struct store_blob signer; /* pinned public key, text */
			uint64_t serial;
			int64_t valid_until;
		} list;
	} u;
};

/* What load hands each record to; the blobs live for the call. */
typedef void store_rec_fn(void *arg, const struct store_rec *rec);

/* A copy in one piece with all its blobs, for free(). NULL: no memory. */
struct store_rec *store_rec_dup(const struct store_rec *rec);
size_t store_rec_size(const struct store_rec *rec); /* bytes of such a copy */

/*
 * What makes a record replace another, as a key of base/htab. Of lists all
 * have the same: their names are too long.
 */
struct store_id {
	uint8_t kind, name[STORE_KEY];
};
void store_rec_id(const struct store_rec *rec, struct store_id *ret);

/* Does one replace the other? */
bool store_rec_same(const struct store_rec *a, const struct store_rec *b);

#endif
