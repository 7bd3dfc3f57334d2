#include "wire/negmsg.h"

#include <string.h>

/* How the fields of a type are read and written. */
struct codec {
	bool claims; /* the row of levels must be known */
	bool (*get)(
	    struct rd *r, const struct topology *topo, struct neg_msg *m);
	bool (*put)(
	    struct wr *w, const struct topology *topo, const struct neg_msg *m);
};

bool
neg_head_parse(struct rd *r, struct neg_head *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (rd_u8(r, &ret->type) && rd_u8(r, &ret->part) &&
	    rd_u8(r, &ret->parts) && rd_u8(r, &ret->life) &&
	    rd_be32(r, &ret->seq) && ret->type < NEG_TYPES && ret->parts >= 1 &&
	    ret->parts <= NEG_PARTS && ret->part < ret->parts && ret->seq != 0)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

void
neg_head_write(struct wr *w, const struct neg_head *h)
{
	wr_u8(w, h->type);
	wr_u8(w, h->part);
	wr_u8(w, h->parts);
	wr_u8(w, h->life);
	wr_be32(w, h->seq);
}

static bool
nothing_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	(void)r;
	(void)topo;
	(void)m;
	return true;
}

static bool
nothing_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	(void)w;
	(void)topo;
	(void)m;
	return true;
}

static bool
desc_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	struct neg_desc *d = &m->u.desc;
	uint16_t len;

	(void)topo;
	if (!rd_be16(r, &len) || len == 0 || len > NEG_DESC_MAX ||
	    !rd_ref(r, &d->bytes, len))
		return false;
	d->len = len;
	return rd_bytes(r, d->sig, sizeof(d->sig));
}

static bool
desc_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	const struct neg_desc *d = &m->u.desc;

	(void)topo;
	if (d->len == 0 || d->len > NEG_DESC_MAX)
		return false;
	wr_be16(w, (uint16_t)d->len);
	wr_bytes(w, d->bytes, d->len);
	wr_bytes(w, d->sig, sizeof(d->sig));
	return true;
}

static bool
hello_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	return rd_u8(r, &m->u.desc.flags) && m->u.desc.flags <= HELLO_FLAGS &&
	    rd_bytes(r, m->u.desc.nonce, NEG_NONCE) && desc_get(r, topo, m);
}

static bool
hello_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	if (m->u.desc.flags > HELLO_FLAGS)
		return false;
	wr_u8(w, m->u.desc.flags);
	wr_bytes(w, m->u.desc.nonce, NEG_NONCE);
	return desc_put(w, topo, m);
}

static bool
probe_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	(void)topo;
	return rd_bytes(r, m->u.nonce, NEG_NONCE);
}

static bool
probe_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	(void)topo;
	wr_bytes(w, m->u.nonce, NEG_NONCE);
	return true;
}

static bool
reject_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	uint16_t n;
	unsigned i;

	if (!rd_be16(r, &n) || n > NEG_TAKEN)
		return false;
	m->n_taken = n;
	for (i = 0; i < n; i++)
		if (!claim_parse(r, topo, &m->taken[i]))
			return false;
	return true;
}

static bool
reject_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	unsigned i;

	if (m->n_taken > NEG_TAKEN)
		return false;
	wr_be16(w, (uint16_t)m->n_taken);
	for (i = 0; i < m->n_taken; i++) {
		if (!claim_in_range(topo, &m->taken[i]))
			return false;
		claim_write(w, topo, &m->taken[i]);
	}
	return true;
}

static bool
verdict_ok(const struct neg_verdict *v, const struct topology *topo)
{
	return v->kind < NEG_VERDICT_KINDS && v->who < NEG_MOVERS &&
	    (v->level < topo->levels || v->level == NEG_NO_LEVEL);
}

static bool
verdict_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	struct neg_verdict *v = &m->u.verdict;

	return rd_u8(r, &v->kind) && rd_u8(r, &v->level) && rd_u8(r, &v->who) &&
	    rd_zeros(r, 1) && rd_be64(r, &v->third) && rd_be32(r, &v->epoch) &&
	    verdict_ok(v, topo) && reject_get(r, topo, m);
}

static bool
verdict_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	const struct neg_verdict *v = &m->u.verdict;

	if (!verdict_ok(v, topo))
		return false;
	wr_u8(w, v->kind);
	wr_u8(w, v->level);
	wr_u8(w, v->who);
	wr_zeros(w, 1);
	wr_be64(w, v->third);
	wr_be32(w, v->epoch);
	return reject_put(w, topo, m);
}

static bool
propose_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	struct neg_propose *p = &m->u.propose;

	return rd_be32(r, &p->epoch) && claim_parse(r, topo, &p->from) &&
	    claim_parse(r, topo, &p->to);
}

static bool
propose_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	const struct neg_propose *p = &m->u.propose;

	if (!claim_in_range(topo, &p->from) || !claim_in_range(topo, &p->to))
		return false;
	wr_be32(w, p->epoch);
	claim_write(w, topo, &p->from);
	claim_write(w, topo, &p->to);
	return true;
}

static bool
busy_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	(void)topo;
	return rd_be32(r, &m->u.retry_s);
}

static bool
busy_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	(void)topo;
	wr_be32(w, m->u.retry_s);
	return true;
}

static bool
why_ok(uint8_t why)
{
	return why >= NEG_WHY_STABLE && why < NEG_WHYS;
}

static bool
why_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	(void)topo;
	return rd_u8(r, &m->u.why) && why_ok(m->u.why);
}

static bool
why_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	(void)topo;
	wr_u8(w, m->u.why);
	return why_ok(m->u.why);
}

static bool
notice_get(struct rd *r, const struct topology *topo, struct neg_msg *m)
{
	return known_parse(r, topo, &m->u.notice) && m->u.notice.netid != 0;
}

static bool
notice_put(struct wr *w, const struct topology *topo, const struct neg_msg *m)
{
	const struct known *k = &m->u.notice;

	if (k->netid == 0 || !claim_in_range(topo, &k->claim))
		return false;
	known_write(w, topo, k);
	return true;
}

static const struct codec codecs[NEG_TYPES] = {
	[NEG_ACK] = { false, nothing_get, nothing_put },
	[NEG_HELLO] = { false, hello_get, hello_put },
	[NEG_PROBE_SEEN] = { false, probe_get, probe_put },
	[NEG_VERDICT] = { true, verdict_get, verdict_put },
	[NEG_PROPOSE] = { true, propose_get, propose_put },
	[NEG_ACCEPT] = { true, propose_get, propose_put },
	[NEG_REJECT] = { true, reject_get, reject_put },
	[NEG_BUSY] = { false, busy_get, busy_put },
	[NEG_REFUSE] = { false, why_get, why_put },
	[NEG_NOTICE] = { true, notice_get, notice_put },
	[NEG_MOVED] = { false, desc_get, desc_put },
	[NEG_ABORT] = { false, why_get, why_put },
	[NEG_DESC] = { false, desc_get, desc_put },
};

static const struct codec *
codec_of(uint8_t type, const struct topology *topo)
{
	if (type >= NEG_TYPES || (codecs[type].claims && topo == NULL))
		return NULL;
	return &codecs[type];
}

bool
neg_msg_parse(uint8_t type, const uint8_t *p, size_t len,
    const struct topology *topo, struct neg_msg *ret)
{
	const struct codec *codec = codec_of(type, topo);
	struct rd r = rd_of(p, len);

	memset(ret, 0, sizeof(*ret));
	ret->type = type;
	if (codec != NULL && codec->get(&r, topo, ret) && rd_end(&r))
		return true;
	memset(ret, 0, sizeof(*ret));
	ret->type = type;
	return false;
}

bool
neg_msg_write(
    struct wr *w, const struct neg_msg *m, const struct topology *topo)
{
	const struct codec *codec = codec_of(m->type, topo);

	return codec != NULL && codec->put(w, topo, m) && wr_ok(w);
}

const char *
neg_why_name(uint8_t why)
{
	static const char *const names[NEG_WHYS] = {
		[NEG_WHY_STABLE] = "stable",
		[NEG_WHY_POLICY] = "policy",
		[NEG_WHY_BUDGET] = "budget",
		[NEG_WHY_FULL] = "full",
		[NEG_WHY_CANNOT] = "cannot",
		[NEG_WHY_TIMEOUT] = "timeout",
		[NEG_WHY_FAILED] = "failed",
		[NEG_WHY_CHANGED] = "changed",
		[NEG_WHY_PINNED] = "pinned",
	};

	return why_ok(why) ? names[why] : "?";
}
