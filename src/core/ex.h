/* What the parts of the exchange share: exchange, trust, tell and trial. */
#ifndef VPLAM_CORE_EX_H
#define VPLAM_CORE_EX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/htab.h"
#include "base/mono.h"
#include "core/exchange.h"
#include "core/ratelimit.h"

#define EX_WORDS 256 /* of the hook, that are kept */

struct core;

/* What the hook said of a key, or has been asked. */
struct word {
	bool used, asked; /* asked: no answer yet */
	uint8_t x_pk[KEY_LEN];
	int class;	   /* enum peer_class, or TRUST_REFUSED, TRUST_UNSAID */
	struct mono until; /* it holds, or the question is open */
};

struct exchange {
	struct core *c;
	struct exchange_config cfg;
	struct exchange_io io;
	struct book *book;

	struct record own; /* as it was signed last */
	uint8_t own_raw[RECORD_MAX];
	size_t own_len;			    /* 0: not signed yet */
	struct addr seen[RECORD_ENDPOINTS]; /* how peers see us, no NAT */
	unsigned n_seen;

	struct mono minute_at, pick_at;
	struct mono picked; /* the last time; 0: never */
	unsigned n_doomed;
	struct bucket records;	    /* of all peers together, verified */
	struct bucket answers;	    /* to all their questions */
	struct bucket asks;	    /* of the hook */
	struct ratelimit *ask_rate; /* of it, from one network */

	struct htab revoked; /* X25519 keys of revoked ones */
	struct word word[EX_WORDS];
};

void revoked_init(struct exchange *ex, const uint8_t secret[16]);
void revoked_fini(struct exchange *ex);

/* The X25519 key is that of a revoked one. */
bool exchange_has_revoked(const struct core *c, const uint8_t x_pk[KEY_LEN]);

/* Its X25519 key is ed_pk's, and no other peer's than p's own. */
bool exchange_is_key_of(const struct peer *p, const uint8_t ed_pk[KEY_LEN]);

/* Who told us of p first. */
struct book_source exchange_source(const struct peer *p);

/* A peer has been made; its key may be revoked. */
void exchange_new_peer(struct core *c, struct peer *p);

/* p is where its record says: the book notes it as reached. */
void exchange_note_reached(struct core *c, struct peer *p, struct turn *t);

/*
 * A revocation whose origin the caller does not trust: false unless it holds
 * and concerns us. from: through whose tunnel, or NULL.
 */
bool exchange_take_revoked(struct core *c, const uint8_t *raw, size_t len,
    const struct peer *from, struct turn *t);

/* The book has that record, byte for byte. */
bool exchange_has(const struct core *c, const uint8_t key[KEY_LEN],
    const uint8_t *raw, size_t len);

/* One more signature of what peers send; false: too many, counted. */
bool exchange_may_verify(struct core *c, struct turn *t);

/* Signs our record anew if what it says has changed or it is old. */
void exchange_refresh(struct core *c, struct turn *t);

/* The same when p, who has come up, may know something new of us. */
void exchange_refresh_by(struct core *c, const struct peer *p, struct turn *t);

/* Our own record says that we are there. */
bool exchange_is_self(const struct core *c, const struct addr *at);

/* Something new is in the book: it is asked at once whom to dial. */
void exchange_pick_soon(struct core *c, struct turn *t);

void trust_start(
    struct exchange *ex, const uint8_t secret[16], struct mono now);
void trust_end(struct exchange *ex);

/* p may do what its class may: tells those who care; false: of nothing. */
bool trust_update(struct core *c, struct peer *p, struct turn *t);
void trust_update_all(struct core *c, struct turn *t);

/* A new peer of that key that nobody named: is it a member? */
bool trust_is_member(
    const struct core *c, const uint8_t x_pk[KEY_LEN], struct mono now);

/* Asks the hook about a live peer, until it has spoken. */
void trust_ask(struct core *c, struct peer *p, struct turn *t);

#endif
