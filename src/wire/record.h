/*
 * What vnodes tell each other about vnodes (doc/protocol.md "Peer records"):
 * records signed by their owner, revocations, and the question for more. A
 * FRAME_RECORDS is a row of such items, each behind its u16 length; numbers are
 * big-endian. Signatures are checked by whoever knows the network.
 */
#ifndef VPLAM_WIRE_RECORD_H
#define VPLAM_WIRE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/prefix.h"
#include "base/rd.h"

#define RECORD_KEY 32
#define RECORD_SIG 64
#define RECORD_MAX 512 /* bytes, signature included */
#define RECORD_ENDPOINTS 4
#define RECORD_PREFIXES 8
#define RECORD_NAME 32 /* bytes of UTF-8 */
#define RECORD_CONTACT 64
#define RECORD_LIFE_S 172800u /* the longest */
#define RECORD_ASK 20	      /* records that one question may ask for */
#define REVOKE_LEN (2 + 2 * RECORD_KEY + 8 + 1 + RECORD_SIG)

enum item_kind { ITEM_RECORD = 1, ITEM_REVOKE = 2, ITEM_ASK = 3 };

enum {
	RECORD_PUBLIC = 1 << 0, /* the owner wants to be listed in public */
	RECORD_STABLE = 1 << 1, /* its gnode is settled */
};

/* Who may join through it. */
enum record_accepts {
	ACCEPTS_CLOSED,
	ACCEPTS_ASK,
	ACCEPTS_OPEN,
	ACCEPTS_KINDS
};

#define RECORD_LOAD_UNKNOWN 255

/*
 * What one vnode says of itself. Texts are printable UTF-8 without control
 * characters, "" when not given. All but endpoints is its bare word.
 */
struct record {
	uint8_t key[RECORD_KEY]; /* Ed25519 */
	uint64_t seq;		 /* of two records the higher holds */
	uint64_t issued;	 /* seconds since 1970, by the owner's clock */
	uint32_t life;		 /* seconds from there, 1 to RECORD_LIFE_S */
	uint32_t caps;		 /* CAP_* of the handshake */
	uint8_t flags;
	uint8_t accepts; /* enum record_accepts */
	uint8_t load;	 /* percent of its peer slots in use, or unknown */
	struct addr ep[RECORD_ENDPOINTS]; /* unicast, with port, no scope */
	unsigned n_ep;
	struct prefix prefix[RECORD_PREFIXES]; /* its gnode's */
	unsigned n_prefix;
	char name[RECORD_NAME + 1], community[RECORD_NAME + 1];
	char country[3]; /* two capital letters, or "" */
	bool has_place;
	int32_t lat, lon; /* 1/100000 degree */
	char contact[RECORD_CONTACT + 1];
};

/*
 * Writes all but the signature; returns its length, or 0: no room within
 * RECORD_MAX, or a field that record_parse() would refuse.
 */
size_t record_write(const struct record *r, uint8_t out[RECORD_MAX]);

/*
 * Reads a whole item; unknown fields are skipped. ret_signed: how many bytes
 * from its beginning the signature, which comes last, covers. False for what
 * breaks the format; the signature is not looked at.
 */
bool record_parse(const uint8_t *p, size_t len, struct record *ret,
    size_t *ret_signed, const uint8_t **ret_sig);

/*
 * May it still be used at that time (seconds since 1970)? Clocks may be five
 * minutes apart; one before RECORD_EPOCH is no clock and refuses nothing.
 */
#define RECORD_EPOCH 1750000000u
#define RECORD_SKEW_S 300u
bool record_in_time(const struct record *r, uint64_t now);

/* The key must not be used any more. by: the key itself, or an authority. */
struct revoke {
	uint8_t key[RECORD_KEY], by[RECORD_KEY];
	uint64_t issued;
	uint8_t reason; /* enum revoke_reason */
};

enum revoke_reason {
	REVOKE_NONE,
	REVOKE_RETIRED,
	REVOKE_STOLEN,
	REVOKE_POLICY,
	REVOKE_REASONS
};

/* All but the signature: REVOKE_LEN - RECORD_SIG bytes. */
void revoke_write(const struct revoke *r, uint8_t out[REVOKE_LEN]);
bool revoke_parse(
    const uint8_t *p, size_t len, struct revoke *ret, const uint8_t **ret_sig);

/* A question for at most want (1 to RECORD_ASK) records: 2 bytes. */
#define ASK_LEN 2
void ask_write(uint8_t out[ASK_LEN], uint8_t want);
bool ask_parse(const uint8_t *p, size_t len, uint8_t *ret_want);

/*
 * The next item of a FRAME_RECORDS: kind is its first byte, p and len all of
 * it. False at the end, and then rd->left is 0, or at a malformed one.
 */
bool item_next(
    struct rd *rd, uint8_t *ret_kind, const uint8_t **p, size_t *len);

#endif
