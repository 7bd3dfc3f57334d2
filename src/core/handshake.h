/*
 * The VPL1 handshake, Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b, as a pure state
 * machine (protocol.md 2.3, 2.4): writes and reads messages 1 and 2 without
 * their macs, in locals; nothing outside is touched before all has passed.
 */
#ifndef VPLAM_CORE_HANDSHAKE_H
#define VPLAM_CORE_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "crypto/keys.h"
#include "crypto/noise.h"
#include "wire/msg.h"

/* The initiator's state between messages 1 and 2. Wipe with wipe(). */
struct hs_init {
	struct noise ns;
	uint8_t e_sk[KEY_LEN];
	uint8_t psk[KEY_LEN];
	uint8_t psk_id;
	uint8_t suites; /* what we offered */
	uint32_t sender;
};

/* The responder's, between reading 1 and writing 2. */
struct hs_resp {
	struct noise ns;
	uint8_t re[KEY_LEN]; /* the initiator's ephemeral */
	uint8_t rs[KEY_LEN]; /* and static X25519 key */
	uint32_t sender;     /* its index */
	struct init_payload payload;
};

/* What a finished handshake yields: by direction, suite applied. */
struct hs_keys {
	enum suite suite;
	uint8_t send[KEY_LEN], recv[KEY_LEN];
};

/*
 * Message 1, bytes 0..135. e_sk is a fresh random secret; ss the static-static
 * DH with the responder, peer_pk its X25519 key. False: low-order result.
 */
bool hs_init_write(struct hs_init *hs, const struct network *net,
    const struct identity *us, const uint8_t peer_pk[KEY_LEN],
    const uint8_t ss[KEY_LEN], const uint8_t psk[KEY_LEN],
    const uint8_t e_sk[KEY_LEN], uint32_t sender,
    const struct init_payload *payload, uint8_t out[INIT_NOMACS]);

/* Reads up to the static key (1 DH): hs->rs says who it is. */
bool hs_resp_read_static(struct hs_resp *hs, const struct network *net,
    const struct identity *us, const uint8_t *msg, const struct msg_init *in);

/* Goes on with that key's static-static DH: hs->payload. */
bool hs_resp_read_payload(
    struct hs_resp *hs, const uint8_t ss[KEY_LEN], const struct msg_init *in);

/* Message 2, bytes 0..99, and the keys. False: low-order result. */
bool hs_resp_write(struct hs_resp *hs, const uint8_t psk[KEY_LEN],
    const uint8_t e_sk[KEY_LEN], uint32_t sender,
    const struct resp_payload *payload, uint8_t out[RESP_NOMACS],
    struct hs_keys *ret);

/*
 * Reads message 2. On failure nothing is changed: the attempt goes on waiting
 * for the right one. Checks the suite, the psk id and the copied index.
 */
bool hs_init_read(const struct hs_init *hs, const struct identity *us,
    const struct msg_resp *in, struct resp_payload *ret, struct hs_keys *keys);

/* The suite for both, or -1: what both prefer, else the lowest in common. */
int hs_pick_suite(uint8_t ours, uint8_t our_preferred, uint8_t theirs,
    uint8_t their_preferred);

#endif
