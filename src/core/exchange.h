/*
 * Peer exchange in the core: our own record, those of others, revocations and
 * questions as frames; peers that the address book (src/book) wants dialled,
 * and what becomes of them. A core without it counts its frames as unwanted.
 */
#ifndef VPLAM_CORE_EXCHANGE_H
#define VPLAM_CORE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book/book.h"
#include "core/trust.h"
#include "wire/record.h"

struct core;
struct exchange;
struct frame;
struct peer;
struct rx;

/* What we say of ourselves; key, seq, issued, caps, load come from the core. */
struct exchange_self {
	struct record about; /* flags, accepts, texts, place, prefixes; ep: the
			      * advertised endpoints, else those that peers saw
			      * and no NAT is before */
};

struct exchange_config {
	struct trust_config trust;
	struct book_config book;
	struct exchange_self self;
};

/* What lies outside the core; the rule of struct core_io holds. */
struct exchange_io {
	void *arg;
	/* TRUST_HOOK: may it? trust_decided() follows. from: of its datagram.
	 */
	void (*ask)(
	    void *arg, const uint8_t x_pk[KEY_LEN], const struct addr *from);
	void (*save)(void *arg, const struct book_entry *e, bool urgent);
	void (*forget)(void *arg, const uint8_t key[KEY_LEN]);
	void (*save_revoked)(void *arg, const struct book_revoked *r);
	void (*save_watched)(void *arg, uint32_t minutes);
};

/* Before the first peer. All is copied. */
void exchange_start(struct core *c, const struct exchange_config *cfg,
    const struct exchange_io *io);
void exchange_fini(struct core *c); /* fine without a start */
void exchange_set_config(
    struct core *c, const struct exchange_config *cfg, struct turn *t);

/* Before the first tunnel: see book_restore(). */
void exchange_restore(struct core *c, const struct book_entry *e);
void exchange_restore_revoked(struct core *c, const struct book_revoked *r);
void exchange_restore_watched(struct core *c, uint32_t minutes);

/*
 * Told from outside: a vnode by key and addresses, or its signed record (false:
 * its signature does not hold); a revocation (false: nobody who may, or no
 * room).
 */
enum book_news exchange_heard_of(struct core *c, struct book_source src,
    const uint8_t key[KEY_LEN], const struct addr *ep, unsigned n,
    struct turn *t);
bool exchange_heard(struct core *c, struct book_source src, const uint8_t *raw,
    size_t len, struct turn *t, enum book_news *ret);
bool exchange_revoke(
    struct core *c, const uint8_t *raw, size_t len, struct turn *t);

/* Our own record as we tell it; false: we have no endpoint to tell yet. */
bool exchange_own(const struct core *c, struct record *ret,
    uint8_t raw[RECORD_MAX], size_t *ret_len);

/* For reading. NULL without an exchange. */
const struct book *exchange_book(const struct core *c);
const struct trust_config *exchange_trust(const struct core *c);

/* Called by the rest of the core. */
void exchange_peer_up(struct core *c, struct peer *p, struct turn *t);
void exchange_peer_down(struct core *c, struct peer *p, struct turn *t);
void exchange_receive(struct rx *rx, const struct frame *f);
bool exchange_may_dial(struct core *c, const struct peer *p,
    const struct addr *to, struct turn *t);
void exchange_tick(struct core *c, struct turn *t);
struct mono exchange_deadline(const struct core *c);

/* What told us of p, as src/neg tells sources apart. */
uint32_t exchange_source_id(const struct peer *p);

#endif
