/*
 * First contact without a key (doc/protocol.md, section "First contact"): asks
 * whoever is at an address which key it has, and answers such a question where
 * that is allowed. Whoever asks has to see for itself whether the key is that
 * of the right one: all that is proven is that who answered holds it.
 */
#ifndef VPLAM_CORE_IDENT_H
#define VPLAM_CORE_IDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/run.h"
#include "crypto/prim.h"
#include "wire/msg.h"

struct core;

#define IDENT_QUERIES 4 /* of ours at a time */
#define IDENT_ADDRS 4	/* that one of them asks */
#define IDENT_WHY 128

enum ident_state {
	IDENT_FREE,
	IDENT_NAMES,  /* its addresses are being looked up */
	IDENT_ASKING, /* under way */
	IDENT_KNOWN,  /* key and from are there */
	IDENT_FAILED, /* why says it */
};

struct ident_target {
	struct addr at;
	bool has_cookie;
	bool resent; /* with a cookie, at once: one for each try */
	uint8_t cookie[MAC_LEN];
};

/* Kept for a minute after its end, for whoever wants to know. */
struct ident_query {
	enum ident_state state;
	uint32_t id; /* for whoever asked us to */
	uint32_t index;
	struct mono next; /* try, or when it is forgotten */
	unsigned tries, n;
	struct ident_target target[IDENT_ADDRS];
	bool cookies; /* came */
	bool foreign; /* so did a reply of another network */
	bool forged;  /* or one whose signature does not hold */
	uint8_t key[KEY_LEN];
	struct addr from;
	char why[IDENT_WHY];
	uint8_t msg[IDQ_LEN];
};

/* First contact: who is asked, and whether we answer. */
struct ident {
	bool answers; /* to whoever asks for our key */
	/* Of 32 zero bytes: nobody's key is known yet. */
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN];
	uint32_t last_id;
	struct ident_query query[IDENT_QUERIES];
};

void ident_init(struct core *c);
void ident_set_answers(struct core *c, bool answers);

/*
 * Begins a query and returns its id, never 0; 0: as many as may be are under
 * way. ident_ask() or ident_fail() has to follow, at once or later; addresses
 * that are too many, or in the mesh (core/guard), are left out.
 */
uint32_t ident_open(struct core *c);
void ident_ask(struct core *c, uint32_t id, const struct addr *at, unsigned n,
    struct turn *t);
void ident_fail(struct core *c, uint32_t id, const char *why, struct mono now);

/* NULL: there is none, or it was forgotten. */
const struct ident_query *ident_find(struct core *c, uint32_t id);

/* Types 5 and 6. */
void ident_asked(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);
void ident_told(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);

/* A cookie reply; false: it is for no query of ours. */
bool ident_cookie(struct core *c, const struct path *from, const uint8_t *msg,
    size_t len, struct turn *t);

void ident_tick(struct core *c, struct turn *t);
struct mono ident_deadline(const struct core *c);

#endif
