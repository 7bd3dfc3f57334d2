#include "core/session.h"

#include "base/xmem.h"
#include "wire/msg.h"

/* Packets one key may carry, and failures it may see (protocol.md 2.7). */
#define FAILED_REKEY (UINT64_C(1) << 30)
#define FAILED_SPENT (UINT64_C(1) << 36)

static const struct {
	uint64_t rekey, reject; /* packets sent */
} limits[SUITE_MAX] = {
	[SUITE_CHACHAPOLY] = { UINT64_C(1) << 60, UINT64_MAX - (1 << 13) },
	[SUITE_AES256GCM] = { UINT64_C(1) << 27, UINT64_C(1) << 28 },
};

struct session *
session_new(const struct aead_ops *ops, const struct hs_keys *keys,
    uint32_t remote, struct mono now)
{
	struct session *s = try_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ops = ops;
	s->send_key = s->ops->key_new(keys->send);
	s->recv_key = s->ops->key_new(keys->recv);
	if (s->send_key == NULL || s->recv_key == NULL) {
		session_free(s);
		return NULL;
	}
	s->remote = remote;
	s->born = now;
	replay_init(&s->replay);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	s->ops->key_free(s->send_key);
	s->ops->key_free(s->recv_key);
	replay_fini(&s->replay);
	free(s);
}

bool
session_seal(struct session *s, struct run *run)
{
	unsigned i;

	if (s->counter + run->n > limits[s->ops->suite].reject)
		return false;
	for (i = 0; i < run->n; i++) {
		struct pkt *pk = &run->pkt[i];
		uint8_t *head = pk->p - DATA_HEAD;

		msg_data_head(head, s->remote, s->counter);
		s->ops->seal(
		    s->send_key, s->counter, head, DATA_HEAD, pk->p, pk->len);
		s->counter++;
		pk->p = head;
		pk->len += DATA_HEAD + TAG_LEN;
	}
	return true;
}

/* One packet in place; false leaves the reason in *why. */
static bool
open_one(struct session *s, struct pkt *pk, uint64_t *ret_n, enum counter *why)
{
	struct msg_data m;

	*why = CNT_data_replay;
	if (!msg_data_parse(pk->p, pk->len, &m) ||
	    m.counter >= limits[s->ops->suite].reject ||
	    !replay_check(&s->replay, m.counter))
		return false;
	*why = CNT_data_auth;
	if (s->failed >= FAILED_SPENT ||
	    !s->ops->open(s->recv_key, m.counter, pk->p, DATA_HEAD,
		pk->p + DATA_HEAD, pk->len - DATA_HEAD)) {
		s->failed++;
		return false;
	}
	*why = CNT_data_replay;
	if (!replay_accept(&s->replay, m.counter))
		return false;
	pk->p += DATA_HEAD;
	pk->len -= DATA_HEAD + TAG_LEN;
	*ret_n = m.counter;
	return true;
}

void
session_open(
    struct session *s, struct run *run, struct counters *cnt, bool *ret_newest)
{
	unsigned i, n = 0;
	enum counter why;
	uint64_t nr;

	*ret_newest = false;
	for (i = 0; i < run->n; i++) {
		struct pkt pk = run->pkt[i];

		if (!open_one(s, &pk, &nr, &why)) {
			count(cnt, why);
			continue;
		}
		if (nr + 1 == s->replay.top)
			*ret_newest = true;
		run->pkt[n++] = pk;
	}
	run->n = n;
}

bool
session_wants_rekey(const struct session *s)
{
	return s->counter >= limits[s->ops->suite].rekey ||
	    s->failed >= FAILED_REKEY;
}

bool
session_spent(const struct session *s)
{
	return s->counter + RUN_MAX >= limits[s->ops->suite].reject ||
	    s->failed >= FAILED_SPENT;
}
