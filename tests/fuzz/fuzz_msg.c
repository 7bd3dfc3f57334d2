/* Outer messages: what is classified parses, and its head is written back. */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "wire/msg.h"

static bool
inside(const uint8_t *ref, size_t n, const uint8_t *p, size_t len)
{
	return ref >= p && n <= len && ref <= p + len - n;
}

static bool
check_init(const uint8_t *p, size_t len)
{
	struct msg_init m;
	struct init_payload pl;
	uint8_t head[8], out[INIT_PAYLOAD];

	if (!msg_init_parse(p, len, &m))
		return false;
	msg_init_head(head, m.sender);
	MUST(memcmp(head, p, sizeof(head)) == 0);
	MUST(inside(m.ephemeral, 32, p, len));
	MUST(inside(m.static_sealed, 48, p, len));
	MUST(inside(m.payload_sealed, 48, p, len));
	MUST(m.mac1 == NULL || inside(m.mac1, 16, p, len));
	MUST(m.mac2 == NULL || inside(m.mac2, 16, p, len));
	MUST((len == INIT_NOMACS) == (m.mac1 == NULL));
	MUST(init_payload_parse(m.payload_sealed, &pl)); /* any bytes do */
	init_payload_write(out, &pl);
	MUST(memcmp(out, m.payload_sealed, 22) == 0);
	MUST(memcmp(out + 24, m.payload_sealed + 24, BOOT_LEN) == 0);
	return true;
}

static bool
check_resp(const uint8_t *p, size_t len)
{
	struct msg_resp m;
	struct resp_payload pl;
	uint8_t head[12], out[RESP_PAYLOAD];

	if (!msg_resp_parse(p, len, &m))
		return false;
	msg_resp_head(head, m.sender, m.receiver);
	MUST(memcmp(head, p, sizeof(head)) == 0);
	MUST(inside(m.ephemeral, 32, p, len));
	MUST(inside(m.payload_sealed, 56, p, len));
	MUST(m.mac1 == NULL || inside(m.mac1, 16, p, len));
	MUST((len == RESP_NOMACS) == (m.mac1 == NULL));
	MUST(resp_payload_parse(m.payload_sealed, &pl));
	resp_payload_write(out, &pl);
	MUST(memcmp(out, m.payload_sealed, RESP_PAYLOAD - 2) == 0);
	return true;
}

static bool
check_cookie(const uint8_t *p, size_t len)
{
	struct msg_cookie m;
	uint8_t head[8];

	if (!msg_cookie_parse(p, len, &m))
		return false;
	msg_cookie_head(head, m.receiver);
	MUST(memcmp(head, p, sizeof(head)) == 0);
	MUST(inside(m.nonce, 24, p, len) && inside(m.sealed, 32, p, len));
	return true;
}

static bool
check_data(const uint8_t *p, size_t len)
{
	struct msg_data m;
	uint8_t head[DATA_HEAD];

	if (!msg_data_parse(p, len, &m))
		return false;
	msg_data_head(head, m.receiver, m.counter);
	MUST(memcmp(head, p, sizeof(head)) == 0);
	return true;
}

static bool
check_idq(const uint8_t *p, size_t len)
{
	uint8_t again[IDQ_LEN];
	struct msg_idq m;

	if (!msg_idq_parse(p, len, &m)) {
		MUST(m.nonce == NULL);
		return false;
	}
	MUST(len == IDQ_LEN && inside(m.nonce, IDENT_NONCE, p, len));
	msg_idq_write(again, m.sender, m.nonce);
	MUST(memcmp(again, p, INIT_NOMACS) == 0);
	return true;
}

static bool
check_idr(const uint8_t *p, size_t len)
{
	uint8_t again[IDR_LEN];
	struct msg_idr m;

	if (!msg_idr_parse(p, len, &m)) {
		MUST(m.key == NULL && m.sig == NULL);
		return false;
	}
	MUST(len == IDR_LEN && inside(m.key, 32, p, len));
	MUST(inside(m.sig, 64, p, len));
	msg_idr_write(again, m.receiver, m.key, m.sig);
	MUST(memcmp(again, p, IDR_LEN - 16) == 0);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	enum counter why = CNT_MAX;
	int type = msg_classify(p, len, &why);
	bool init = check_init(p, len), resp = check_resp(p, len);
	bool cookie = check_cookie(p, len), data = check_data(p, len);
	bool idq = check_idq(p, len), idr = check_idr(p, len);

	MUST(init + resp + cookie + data + idq + idr <= 1);
	MUST(type != MSG_INIT || init);
	MUST(type != MSG_RESP || resp);
	MUST((type == MSG_COOKIE) == cookie);
	MUST((type == MSG_DATA) == data);
	MUST((type == MSG_IDQ) == idq && (type == MSG_IDR) == idr);
	MUST(type != 0 || counter_name(why) != NULL);
	MUST(type >= 0 && type <= MSG_IDR);
	return 0;
}
