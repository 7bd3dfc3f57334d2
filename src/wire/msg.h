/*
 * Outer UDP messages of VPL1 (doc/protocol.md "Messages"): bytes to structs
 * and back. Integers are little-endian unless said. No state, no I/O, no
 * cryptography: macs and seals are carried as bytes.
 */
#ifndef VPLAM_WIRE_MSG_H
#define VPLAM_WIRE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counters.h"

#define VPL_VERSION 1

enum msg_type {
	MSG_INIT = 1,
	MSG_RESP = 2,
	MSG_COOKIE = 3,
	MSG_DATA = 4,
	MSG_IDQ = 5,
	MSG_IDR = 6
};

#define INIT_LEN 168
#define INIT_NOMACS 136 /* what the in-band form carries */
#define RESP_LEN 132
#define RESP_NOMACS 100
#define COOKIE_LEN 64
#define IDQ_LEN 168
#define IDR_LEN 132
#define IDR_NOMAC 116
#define IDENT_NONCE 32
#define DATA_HEAD 16
#define DATA_MIN 32 /* header and tag: an empty keepalive */

/* Fields borrow from the message; a sealed field includes its tag. */
struct msg_init {
	uint32_t sender;
	const uint8_t *ephemeral;      /* 32 */
	const uint8_t *static_sealed;  /* 48 */
	const uint8_t *payload_sealed; /* 48 */
	const uint8_t *mac1, *mac2;    /* 16 each; NULL in the in-band form */
};

struct msg_resp {
	uint32_t sender, receiver;
	const uint8_t *ephemeral;      /* 32 */
	const uint8_t *payload_sealed; /* 56 */
	const uint8_t *mac1;	       /* NULL in the in-band form */
};

struct msg_cookie {
	uint32_t receiver;
	const uint8_t *nonce;  /* 24 */
	const uint8_t *sealed; /* 32 */
};

struct msg_data {
	uint32_t receiver;
	uint64_t counter;
};

/* Its macs lie where those of an initiation do. */
struct msg_idq {
	uint32_t sender;
	const uint8_t *nonce; /* 32 */
};

struct msg_idr {
	uint32_t receiver;
	const uint8_t *key; /* 32 */
	const uint8_t *sig; /* 64 */
};

/*
 * The type of a message whose length, version and reserved bytes are right
 * for it. Otherwise 0, and *ret_why is the counter that says why.
 */
int msg_classify(const uint8_t *p, size_t len, enum counter *ret_why);

/* Parsers: for a message that msg_classify() passed, or an in-band part. */
bool msg_init_parse(const uint8_t *p, size_t len, struct msg_init *ret);
bool msg_resp_parse(const uint8_t *p, size_t len, struct msg_resp *ret);
bool msg_cookie_parse(const uint8_t *p, size_t len, struct msg_cookie *ret);
bool msg_data_parse(const uint8_t *p, size_t len, struct msg_data *ret);
bool msg_idq_parse(const uint8_t *p, size_t len, struct msg_idq *ret);
bool msg_idr_parse(const uint8_t *p, size_t len, struct msg_idr *ret);

/* Writers of the clear first bytes; the caller fills in the rest. */
void msg_init_head(uint8_t p[8], uint32_t sender);
void msg_resp_head(uint8_t p[12], uint32_t sender, uint32_t receiver);
void msg_cookie_head(uint8_t p[8], uint32_t receiver);
void msg_data_head(uint8_t p[DATA_HEAD], uint32_t receiver, uint64_t counter);

/* All but the macs, which are left zero. */
void msg_idq_write(
    uint8_t p[IDQ_LEN], uint32_t sender, const uint8_t nonce[IDENT_NONCE]);
void msg_idr_write(uint8_t p[IDR_LEN], uint32_t receiver, const uint8_t key[32],
    const uint8_t sig[64]);

#define STAMP_LEN 12
#define BOOT_LEN 8
#define INIT_PAYLOAD 32
#define RESP_PAYLOAD 40

enum {
	CAP_TAP = 1 << 0,
	CAP_REKEY = 1 << 1,
	CAP_PATH = 1 << 2,
	CAP_CSUM = 1 << 3,
	CAP_FRAG = 1 << 4,
	CAP_NEG = 1 << 5,
	CAP_RECORDS = 1 << 6, /* tells and takes peer records */
};

/* The sealed payload of an initiation. */
struct init_payload {
	uint8_t stamp[STAMP_LEN]; /* u64 BE ms since 1970, u32 BE counter */
	uint8_t suites;		  /* bitmap by enum suite */
	uint8_t preferred;
	uint16_t mtu; /* largest data body its sender takes */
	uint32_t caps;
	uint8_t psk_id;
	uint8_t class; /* wanted */
	uint8_t boot[BOOT_LEN];
};

/* The sealed payload of a response. */
struct resp_payload {
	uint8_t suite;
	uint8_t psk_id;
	uint16_t mtu;
	uint32_t caps;
	uint8_t boot[BOOT_LEN];
	uint8_t seen_ip[16]; /* v4-mapped */
	uint16_t seen_port;
	uint32_t sender; /* copy of the clear one */
};

/* Exact lengths; reserved bytes are written as 0 and not looked at. */
void init_payload_write(uint8_t out[INIT_PAYLOAD], const struct init_payload *);
bool init_payload_parse(const uint8_t p[INIT_PAYLOAD], struct init_payload *);
void resp_payload_write(uint8_t out[RESP_PAYLOAD], const struct resp_payload *);
bool resp_payload_parse(const uint8_t p[RESP_PAYLOAD], struct resp_payload *);

#endif
