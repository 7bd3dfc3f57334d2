/*
 * Inner frames: the plaintext of a transport packet (doc/protocol.md "Inner
 * frame"). An empty plaintext is a keepalive and has no frame.
 */
#ifndef VPLAM_WIRE_FRAME_H
#define VPLAM_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counters.h"

#define FRAME_HEAD 4
#define FRAME_MAX_PLAIN(m) (FRAME_HEAD + (size_t)(m))
#define MTU_MIN 576 /* what a peer's smaller value counts as */

enum frame_type {
	FRAME_DATA = 1,
	FRAME_NTK = 2,
	FRAME_PROBE = 3,
	FRAME_PROBE_REPLY = 4,
	FRAME_CHALLENGE = 5,
	FRAME_RESPONSE = 6,
	FRAME_CLOSE = 7,
	FRAME_REKEY = 8,
	FRAME_CLAIM = 9,
	FRAME_RECORDS = 10,
	FRAME_NEG = 11,
	FRAME_FRAG = 12,
	FRAME_TYPES
};

/* Flags, by type; every other bit is refused. */
enum {
	FRAME_ETHERNET = 1 << 0, /* FRAME_DATA: an Ethernet frame, else IP */
	FRAME_CSUM = 1 << 1,	 /* FRAME_DATA: its checksum is partial */
	NTK_KEYED = 1 << 0,	 /* FRAME_NTK: a key follows the envelope */
};

struct frame {
	uint8_t type, flags;
	const uint8_t *body; /* borrowed */
	size_t len;
};

/*
 * Splits a plaintext of len > 0 bytes and checks it: a known type has its
 * exact length and only known flags, padding is zero. Unknown types parse.
 * On failure false, and *ret_why is frame_bad.
 */
bool frame_parse(
    const uint8_t *p, size_t len, struct frame *ret, enum counter *ret_why);

/* Frames that carry what a mesh daemon or device sent; the rest is ours. */
static inline bool
frame_is_payload(uint8_t type)
{
	return type == FRAME_DATA || type == FRAME_NTK || type == FRAME_FRAG;
}

/* The same checks on a whole that fragments carried: it has no padding. */
bool frame_check(const struct frame *f);

/*
 * Writes the FRAME_HEAD bytes at p, which the body follows (at most 65 535
 * bytes). Returns how many zero bytes the caller puts behind the body: up to a
 * multiple of 16, but never above FRAME_MAX_PLAIN(mtu).
 */
size_t frame_write_head(
    uint8_t *p, uint8_t type, uint8_t flags, size_t body_len, size_t mtu);

#define PROBE_LEN 12
#define PROBE_REPLY_LEN 16
#define CHALLENGE_LEN 8
#define CLOSE_LEN 9

struct probe {
	uint32_t seq;
	uint64_t sent_us;  /* the sender's clock */
	uint32_t delay_us; /* replies only */
};

void probe_write(uint8_t out[PROBE_LEN], const struct probe *pr);
void probe_reply_write(uint8_t out[PROBE_REPLY_LEN], const struct probe *pr);
bool probe_parse(const uint8_t *p, size_t len, struct probe *ret);
bool probe_reply_parse(const uint8_t *p, size_t len, struct probe *ret);

enum close_reason {
	CLOSE_NONE = 0,
	CLOSE_STOPPING = 1,
	CLOSE_REMOVED = 2,
	CLOSE_POLICY = 3,
	CLOSE_ROOM = 4,
	CLOSE_BAD_DESC = 5,
	CLOSE_CROSSED = 6,
	CLOSE_REASONS
};

void close_write(uint8_t out[CLOSE_LEN], uint8_t reason, const uint8_t boot[8]);
/* Reasons from CLOSE_REASONS on are read as CLOSE_NONE; *boot is borrowed. */
bool close_parse(
    const uint8_t *p, size_t len, uint8_t *reason, const uint8_t **boot);

/* Envelope of a packet of a mesh daemon. */
#define ENVELOPE_LEN 18
#define NTK_KEY_MAX 32
#define NTK_HEAD_MAX (ENVELOPE_LEN + 1 + NTK_KEY_MAX)

struct envelope {
	uint8_t origin[8]; /* first bytes of the origin's X25519 key */
	uint8_t boot[4];   /* first bytes of its boot id */
	uint32_t seq;
	uint8_t hops;
	uint8_t class;
	uint8_t key_len; /* 0: the packet has no key */
	uint8_t key[NTK_KEY_MAX];
};

/* Writes envelope and key; returns their length, and the frame's flags. */
size_t envelope_write(
    uint8_t out[NTK_HEAD_MAX], const struct envelope *env, uint8_t *ret_flags);

/*
 * What follows the envelope and its key is the packet, borrowed; it may be
 * empty.
 */
bool envelope_parse(const uint8_t *p, size_t len, uint8_t flags,
    struct envelope *ret, const uint8_t **packet, size_t *packet_len);

/* Fragment of a frame that does not fit. */
#define FRAG_HEAD 8
#define FRAG_PARTS 64
#define PACKET_MAX 65536 /* body of a mesh daemon's packet */
#define FRAG_WHOLE_MAX (PACKET_MAX + NTK_HEAD_MAX)

/* What is carried in parts is a FRAME_DATA or FRAME_NTK. */
struct frag {
	uint32_t id;
	uint8_t part, parts;
	uint8_t type, flags; /* of the whole frame */
	const uint8_t *body;
	size_t len;
};

void frag_write_head(uint8_t out[FRAG_HEAD], const struct frag *fr);
bool frag_parse(const uint8_t *p, size_t len, struct frag *ret);

#endif
