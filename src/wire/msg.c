#include "wire/msg.h"

#include "base/rd.h"
#include "base/wr.h"

#define HEAD 4
#define MAC_LEN 16

/* What an outer message of each type looks like before any key is used. */
static const struct shape {
	size_t len;
	bool longer; /* len is the minimum */
	size_t zero_at, zero_len;
} shapes[] = {
	[MSG_INIT] = { .len = INIT_LEN },
	[MSG_RESP] = { .len = RESP_LEN, .zero_at = 116, .zero_len = MAC_LEN },
	[MSG_COOKIE] = { .len = COOKIE_LEN },
	[MSG_DATA] = { .len = DATA_MIN, .longer = true },
	[MSG_IDQ] = { .len = IDQ_LEN, .zero_at = 40, .zero_len = 96 },
	[MSG_IDR] = { .len = IDR_LEN, .zero_at = 104, .zero_len = 12 },
};
#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static bool
zeros_at(const uint8_t *p, size_t len, size_t at, size_t n)
{
	struct rd r = rd_of(p, len);

	return rd_skip(&r, at) && rd_zeros(&r, n);
}

int
msg_classify(const uint8_t *p, size_t len, enum counter *ret_why)
{
	struct rd r = rd_of(p, len);
	const struct shape *sh;
	uint8_t type, version;
	uint16_t zero;

	*ret_why = CNT_msg_short;
	if (!rd_u8(&r, &type))
		return 0;
	*ret_why = CNT_msg_type;
	if (type == 0 || type >= N_SHAPES)
		return 0;
	sh = &shapes[type];
	*ret_why = CNT_msg_short;
	if (len < sh->len || (len > sh->len && !sh->longer))
		return 0;
	*ret_why = CNT_msg_version;
	if (!rd_u8(&r, &version) || version != VPL_VERSION)
		return 0;
	*ret_why = CNT_msg_zero;
	if (!rd_le16(&r, &zero) || zero != 0)
		return 0;
	if (sh->zero_len > 0 && !zeros_at(p, len, sh->zero_at, sh->zero_len))
		return 0;
	return type;
}

/* The in-band forms come here without msg_classify(). */
static bool
head_parse(struct rd *r, enum msg_type want)
{
	uint8_t type, version;
	uint16_t zero;

	return rd_u8(r, &type) && type == want && rd_u8(r, &version) &&
	    version == VPL_VERSION && rd_le16(r, &zero) && zero == 0;
}

bool
msg_init_parse(const uint8_t *p, size_t len, struct msg_init *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_init){ 0 };
	ok = head_parse(&r, MSG_INIT) && rd_le32(&r, &ret->sender) &&
	    rd_ref(&r, &ret->ephemeral, 32) &&
	    rd_ref(&r, &ret->static_sealed, 48) &&
	    rd_ref(&r, &ret->payload_sealed, 48);
	if (ok && r.left > 0)
		ok = rd_ref(&r, &ret->mac1, MAC_LEN) &&
		    rd_ref(&r, &ret->mac2, MAC_LEN);
	ok = ok && rd_end(&r);
	if (!ok)
		*ret = (struct msg_init){ 0 };
	return ok;
}

bool
msg_resp_parse(const uint8_t *p, size_t len, struct msg_resp *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_resp){ 0 };
	ok = head_parse(&r, MSG_RESP) && rd_le32(&r, &ret->sender) &&
	    rd_le32(&r, &ret->receiver) && rd_ref(&r, &ret->ephemeral, 32) &&
	    rd_ref(&r, &ret->payload_sealed, 56);
	if (ok && r.left > 0)
		ok = rd_ref(&r, &ret->mac1, MAC_LEN) && rd_zeros(&r, MAC_LEN);
	ok = ok && rd_end(&r);
	if (!ok)
		*ret = (struct msg_resp){ 0 };
	return ok;
}

bool
msg_cookie_parse(const uint8_t *p, size_t len, struct msg_cookie *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_cookie){ 0 };
	ok = head_parse(&r, MSG_COOKIE) && rd_le32(&r, &ret->receiver) &&
	    rd_ref(&r, &ret->nonce, 24) && rd_ref(&r, &ret->sealed, 32) &&
	    rd_end(&r);
	if (!ok)
		*ret = (struct msg_cookie){ 0 };
	return ok;
}

bool
msg_data_parse(const uint8_t *p, size_t len, struct msg_data *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_data){ 0 };
	ok = head_parse(&r, MSG_DATA) && rd_le32(&r, &ret->receiver) &&
	    rd_le64(&r, &ret->counter) && rd_skip(&r, DATA_MIN - DATA_HEAD);
	if (!ok)
		*ret = (struct msg_data){ 0 };
	return ok;
}

bool
msg_idq_parse(const uint8_t *p, size_t len, struct msg_idq *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_idq){ 0 };
	ok = head_parse(&r, MSG_IDQ) && rd_le32(&r, &ret->sender) &&
	    rd_ref(&r, &ret->nonce, IDENT_NONCE) &&
	    rd_zeros(&r, shapes[MSG_IDQ].zero_len) &&
	    rd_skip(&r, 2 * MAC_LEN) && rd_end(&r);
	if (!ok)
		*ret = (struct msg_idq){ 0 };
	return ok;
}

bool
msg_idr_parse(const uint8_t *p, size_t len, struct msg_idr *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct msg_idr){ 0 };
	ok = head_parse(&r, MSG_IDR) && rd_le32(&r, &ret->receiver) &&
	    rd_ref(&r, &ret->key, 32) && rd_ref(&r, &ret->sig, 64) &&
	    rd_zeros(&r, shapes[MSG_IDR].zero_len) && rd_skip(&r, MAC_LEN) &&
	    rd_end(&r);
	if (!ok)
		*ret = (struct msg_idr){ 0 };
	return ok;
}

static void
put_head(struct wr *w, enum msg_type type)
{
	wr_u8(w, (uint8_t)type);
	wr_u8(w, VPL_VERSION);
	wr_zeros(w, 2);
}

void
msg_init_head(uint8_t p[8], uint32_t sender)
{
	struct wr w = wr_of(p, 8);

	put_head(&w, MSG_INIT);
	wr_le32(&w, sender);
}

void
msg_resp_head(uint8_t p[12], uint32_t sender, uint32_t receiver)
{
	struct wr w = wr_of(p, 12);

	put_head(&w, MSG_RESP);
	wr_le32(&w, sender);
	wr_le32(&w, receiver);
}

void
msg_cookie_head(uint8_t p[8], uint32_t receiver)
{
	struct wr w = wr_of(p, 8);

	put_head(&w, MSG_COOKIE);
	wr_le32(&w, receiver);
}

void
msg_data_head(uint8_t p[DATA_HEAD], uint32_t receiver, uint64_t counter)
{
	struct wr w = wr_of(p, DATA_HEAD);

	put_head(&w, MSG_DATA);
	wr_le32(&w, receiver);
	wr_le64(&w, counter);
}

void
msg_idq_write(
    uint8_t p[IDQ_LEN], uint32_t sender, const uint8_t nonce[IDENT_NONCE])
{
	struct wr w = wr_of(p, IDQ_LEN);

	put_head(&w, MSG_IDQ);
	wr_le32(&w, sender);
	wr_bytes(&w, nonce, IDENT_NONCE);
	wr_zeros(&w, IDQ_LEN - w.len);
}

void
msg_idr_write(uint8_t p[IDR_LEN], uint32_t receiver, const uint8_t key[32],
    const uint8_t sig[64])
{
	struct wr w = wr_of(p, IDR_LEN);

	put_head(&w, MSG_IDR);
	wr_le32(&w, receiver);
	wr_bytes(&w, key, 32);
	wr_bytes(&w, sig, 64);
	wr_zeros(&w, IDR_LEN - w.len);
}

void
init_payload_write(uint8_t out[INIT_PAYLOAD], const struct init_payload *pl)
{
	struct wr w = wr_of(out, INIT_PAYLOAD);

	wr_bytes(&w, pl->stamp, STAMP_LEN);
	wr_u8(&w, pl->suites);
	wr_u8(&w, pl->preferred);
	wr_le16(&w, pl->mtu);
	wr_le32(&w, pl->caps);
	wr_u8(&w, pl->psk_id);
	wr_u8(&w, pl->class);
	wr_zeros(&w, 2);
	wr_bytes(&w, pl->boot, BOOT_LEN);
}

bool
init_payload_parse(const uint8_t p[INIT_PAYLOAD], struct init_payload *ret)
{
	struct rd r = rd_of(p, INIT_PAYLOAD);

	return rd_bytes(&r, ret->stamp, STAMP_LEN) && rd_u8(&r, &ret->suites) &&
	    rd_u8(&r, &ret->preferred) && rd_le16(&r, &ret->mtu) &&
	    rd_le32(&r, &ret->caps) && rd_u8(&r, &ret->psk_id) &&
	    rd_u8(&r, &ret->class) && rd_skip(&r, 2) &&
	    rd_bytes(&r, ret->boot, BOOT_LEN) && rd_end(&r);
}

void
resp_payload_write(uint8_t out[RESP_PAYLOAD], const struct resp_payload *pl)
{
	struct wr w = wr_of(out, RESP_PAYLOAD);

	wr_u8(&w, pl->suite);
	wr_u8(&w, pl->psk_id);
	wr_le16(&w, pl->mtu);
	wr_le32(&w, pl->caps);
	wr_bytes(&w, pl->boot, BOOT_LEN);
	wr_bytes(&w, pl->seen_ip, sizeof(pl->seen_ip));
	wr_le16(&w, pl->seen_port);
	wr_le32(&w, pl->sender);
	wr_zeros(&w, 2);
}

bool
resp_payload_parse(const uint8_t p[RESP_PAYLOAD], struct resp_payload *ret)
{
	struct rd r = rd_of(p, RESP_PAYLOAD);

	return rd_u8(&r, &ret->suite) && rd_u8(&r, &ret->psk_id) &&
	    rd_le16(&r, &ret->mtu) && rd_le32(&r, &ret->caps) &&
	    rd_bytes(&r, ret->boot, BOOT_LEN) &&
	    rd_bytes(&r, ret->seen_ip, sizeof(ret->seen_ip)) &&
	    rd_le16(&r, &ret->seen_port) && rd_le32(&r, &ret->sender) &&
	    rd_skip(&r, 2) && rd_end(&r);
}
