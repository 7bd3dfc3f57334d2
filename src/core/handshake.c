#include "core/handshake.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "crypto/kx.h"
#include "crypto/prim.h"

#define NAME "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b"
#define HEAD1 8	 /* clear bytes of message 1 before the ephemeral */
#define HEAD2 12 /* and of message 2 */
#define STATIC_SEALED (KEY_LEN + TAG_LEN)
#define INIT_SEALED (INIT_PAYLOAD + TAG_LEN)
#define RESP_SEALED (RESP_PAYLOAD + TAG_LEN)

_Static_assert(
    HEAD1 + KEY_LEN + STATIC_SEALED + INIT_SEALED == INIT_NOMACS, "message 1");
_Static_assert(HEAD2 + KEY_LEN + RESP_SEALED == RESP_NOMACS, "message 2");

/* Both sides' first step; head is what message 1 begins with. */
static void
start(struct noise *ns, const struct network *net, const uint8_t *head,
    const uint8_t resp_pk[KEY_LEN])
{
	uint8_t prologue[4 + 1 + KEY_LEN + HEAD1];
	struct wr w = wr_of(prologue, sizeof(prologue));

	wr_bytes(&w, "VPL1", 4);
	wr_u8(&w, VPL_VERSION);
	wr_bytes(&w, net->netid, KEY_LEN);
	wr_bytes(&w, head, HEAD1);
	noise_init(ns, NOISE_CHACHAPOLY, NAME);
	noise_mix_hash(ns, prologue, w.len);
	noise_mix_hash(ns, resp_pk, KEY_LEN);
}

/* Token e of a pattern with a psk: the bytes on the wire count twice. */
static void
mix_e(struct noise *ns, const uint8_t e[KEY_LEN])
{
	noise_mix_hash(ns, e, KEY_LEN);
	noise_mix_key(ns, e, KEY_LEN);
}

/* Tokens ee, es, se. False: a low-order key. */
static bool
mix_dh(struct noise *ns, const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
	uint8_t dh[KEY_LEN];
	bool ok = kx_shared(dh, sk, pk);

	if (ok)
		noise_mix_key(ns, dh, KEY_LEN);
	wipe(dh, sizeof(dh));
	return ok;
}

/* The keys of one side, and the suite's own from Noise's. */
static void
derive(struct hs_keys *ret, const struct noise *ns, enum suite suite,
    bool initiator)
{
	uint8_t to_resp[KEY_LEN], to_init[KEY_LEN];

	noise_split(ns, to_resp, to_init);
	ret->suite = suite;
	aead_derive(ret->send, initiator ? to_resp : to_init, suite);
	aead_derive(ret->recv, initiator ? to_init : to_resp, suite);
	wipe(to_resp, sizeof(to_resp));
	wipe(to_init, sizeof(to_init));
}

bool
hs_init_write(struct hs_init *hs, const struct network *net,
    const struct identity *us, const uint8_t peer_pk[KEY_LEN],
    const uint8_t ss[KEY_LEN], const uint8_t psk[KEY_LEN],
    const uint8_t e_sk[KEY_LEN], uint32_t sender,
    const struct init_payload *payload, uint8_t out[INIT_NOMACS])
{
	uint8_t *e = out + HEAD1, *s = e + KEY_LEN, plain[INIT_PAYLOAD];

	hs->psk_id = payload->psk_id;
	hs->suites = payload->suites;
	hs->sender = sender;
	memcpy(hs->psk, psk, KEY_LEN);
	memcpy(hs->e_sk, e_sk, KEY_LEN);

	msg_init_head(out, sender);
	start(&hs->ns, net, out, peer_pk);
	kx_public(e, e_sk);
	mix_e(&hs->ns, e);
	if (!mix_dh(&hs->ns, e_sk, peer_pk)) {
		wipe(hs, sizeof(*hs));
		return false;
	}
	noise_seal(&hs->ns, s, us->x_pk, KEY_LEN);
	noise_mix_key(&hs->ns, ss, KEY_LEN);
	init_payload_write(plain, payload);
	noise_seal(&hs->ns, s + STATIC_SEALED, plain, sizeof(plain));
	return true;
}

bool
hs_resp_read_static(struct hs_resp *hs, const struct network *net,
    const struct identity *us, const uint8_t *msg, const struct msg_init *in)
{
	struct rd r = rd_of(msg, INIT_NOMACS);
	const uint8_t *head;

	memset(hs, 0, sizeof(*hs));
	if (!rd_ref(&r, &head, HEAD1))
		return false;
	hs->sender = in->sender;
	memcpy(hs->re, in->ephemeral, KEY_LEN);
	start(&hs->ns, net, head, us->x_pk);
	mix_e(&hs->ns, hs->re);
	return mix_dh(&hs->ns, us->x_sk, hs->re) &&
	    noise_open(&hs->ns, hs->rs, in->static_sealed, STATIC_SEALED);
}

bool
hs_resp_read_payload(
    struct hs_resp *hs, const uint8_t ss[KEY_LEN], const struct msg_init *in)
{
	uint8_t plain[INIT_PAYLOAD];

	noise_mix_key(&hs->ns, ss, KEY_LEN);
	return noise_open(&hs->ns, plain, in->payload_sealed, INIT_SEALED) &&
	    init_payload_parse(plain, &hs->payload);
}

bool
hs_resp_write(struct hs_resp *hs, const uint8_t psk[KEY_LEN],
    const uint8_t e_sk[KEY_LEN], uint32_t sender,
    const struct resp_payload *payload, uint8_t out[RESP_NOMACS],
    struct hs_keys *ret)
{
	uint8_t *e = out + HEAD2, plain[RESP_PAYLOAD];
	struct resp_payload pl = *payload;

	msg_resp_head(out, sender, hs->sender);
	kx_public(e, e_sk);
	mix_e(&hs->ns, e);
	if (!mix_dh(&hs->ns, e_sk, hs->re) || !mix_dh(&hs->ns, e_sk, hs->rs))
		return false;
	noise_mix_key_and_hash(&hs->ns, psk, KEY_LEN);
	pl.sender = sender;
	resp_payload_write(plain, &pl);
	noise_seal(&hs->ns, e + KEY_LEN, plain, sizeof(plain));
	derive(ret, &hs->ns, (enum suite)pl.suite, false);
	return true;
}

/* What the seal alone does not promise: it was an answer to our offer. */
static bool
answers(const struct hs_init *hs, const struct resp_payload *pl,
    const struct msg_resp *in)
{
	return in->receiver == hs->sender && pl->sender == in->sender &&
	    pl->psk_id == hs->psk_id && pl->suite < SUITE_MAX &&
	    (hs->suites >> pl->suite & 1) != 0;
}

bool
hs_init_read(const struct hs_init *hs, const struct identity *us,
    const struct msg_resp *in, struct resp_payload *ret, struct hs_keys *keys)
{
	struct noise ns = hs->ns;
	uint8_t plain[RESP_PAYLOAD];
	struct resp_payload pl;
	bool ok;

	mix_e(&ns, in->ephemeral);
	ok = mix_dh(&ns, hs->e_sk, in->ephemeral) &&
	    mix_dh(&ns, us->x_sk, in->ephemeral);
	if (ok) {
		noise_mix_key_and_hash(&ns, hs->psk, KEY_LEN);
		ok = noise_open(&ns, plain, in->payload_sealed, RESP_SEALED) &&
		    resp_payload_parse(plain, &pl) && answers(hs, &pl, in);
	}
	if (ok) {
		*ret = pl;
		derive(keys, &ns, (enum suite)pl.suite, true);
	}
	wipe(&ns, sizeof(ns));
	return ok;
}

int
hs_pick_suite(uint8_t ours, uint8_t our_preferred, uint8_t theirs,
    uint8_t their_preferred)
{
	uint8_t both = ours & theirs;
	int i;

	if (our_preferred == their_preferred && our_preferred < SUITE_MAX &&
	    (both >> our_preferred & 1) != 0)
		return our_preferred;
	for (i = 0; i < SUITE_MAX; i++)
		if ((both >> i & 1) != 0)
			return i;
	return -1;
}
