/*
 * Cores on the line of duo.h that find each other: each with an address book, a
 * store that remembers what it was given, and a hook that is asked.
 */
#ifndef VPLAM_TESTS_PARTY_H
#define VPLAM_TESTS_PARTY_H

#include "core/exchange.h"
#include "tests/unit/duo.h"

#define PARTY_SAVED 64
#define PARTY_WALL_MS UINT64_C(1800000000000)
#define PARTY_HOUR (3600 * (uint64_t)MONO_SEC)

/* What the world of one end was told. */
struct party_world {
	struct book_entry saved[PARTY_SAVED]; /* the newest of each key */
	uint8_t raw[PARTY_SAVED][RECORD_MAX]; /* their records */
	size_t n_saved;
	struct book_revoked revoked[PARTY_SAVED];
	size_t n_revoked;
	uint32_t watched;
	unsigned asks; /* of the hook */
	uint8_t asked[KEY_LEN];
};

struct party {
	struct duo d;
	struct party_world w[DUO_MAX];
	struct exchange_config cfg; /* of those that start now */
};

/* Mode, 32 peers, dialling; more by way of p->cfg. */
void party_init(struct party *p, uint64_t seed, enum trust_mode mode);
void party_fini(struct party *p);

/* The one that is too large for a stack, begun: the caller ends it. */
struct party *party_of(uint64_t seed, enum trust_mode mode);

/* Ends from up to below to, all of one network. */
void party_start(struct party *p, unsigned from, unsigned to);
void party_start_as(
    struct party *p, unsigned nr, const struct duo_options *opt);

/* kill -9, and a new life with the same key and what was saved. */
void party_restart(struct party *p, unsigned nr);

/* a hears of b where it is, from a person. */
void party_tell(struct party *p, unsigned a, unsigned b);

/* Ends 1 to n - 1 know nobody but 0. */
void party_one_known(struct party *p, unsigned n);

/* 20.i.9.1, each in a network of its own. */
struct addr party_nowhere(unsigned i);

/* What a has of b, or NULL. */
struct peer *party_peer(struct party *p, unsigned a, unsigned b);
bool party_live(struct party *p, unsigned a, unsigned b);

/* a and b have tunnels to each other, for each pair below n. */
bool party_meshed(struct party *p, unsigned n);
bool party_wait_meshed(struct party *p, unsigned n, uint64_t us);

/* The entry that a keeps of b, or NULL. */
const struct book_entry *party_entry(struct party *p, unsigned a, unsigned b);

/* A record of that identity, signed for the network; returns its length. */
size_t party_record(const struct party *p, const struct identity *id,
    const struct addr *ep, unsigned n, uint64_t seq, uint64_t issued,
    uint8_t raw[RECORD_MAX]);
size_t party_revoke(const struct party *p, const struct identity *key,
    const struct identity *by, uint8_t raw[REVOKE_LEN]);
void party_identity(struct party *p, struct identity *ret);

/* It hears a record, as out of a list. */
bool party_hear(struct party *p, unsigned nr, const uint8_t *raw, size_t len);

/* Peers that it made by itself and shows. */
unsigned party_made(const struct party *p, unsigned nr);

/* Datagrams that anybody sent to an address of nobody. */
unsigned party_stray(const struct party *p, const struct addr *to);

/* a sends b a frame of that body, whatever a's core would do. */
void party_send(struct party *p, unsigned a, unsigned b, uint8_t type,
    const void *body, size_t len);

#endif
