#include "wire/frame.h"

#include "base/rd.h"
#include "base/wr.h"
#include "wire/msg.h"

#define PAD_TO 16u
#define ANY_LEN SIZE_MAX
#define CLAIM_MAX 512
#define NEG_HEAD 8
#define NEG_PARTS 16

static bool
rekey_ok(const struct frame *f)
{
	return f->len == INIT_NOMACS || f->len == RESP_NOMACS;
}

static bool
ntk_ok(const struct frame *f)
{
	struct envelope env;
	const uint8_t *packet;
	size_t len;

	return envelope_parse(f->body, f->len, f->flags, &env, &packet, &len);
}

static bool
neg_ok(const struct frame *f)
{
	struct rd r = rd_of(f->body, f->len);
	uint8_t parts;

	return rd_skip(&r, 2) && rd_u8(&r, &parts) && parts >= 1 &&
	    parts <= NEG_PARTS;
}

static bool
frag_ok(const struct frame *f)
{
	struct frag fr;

	return frag_parse(f->body, f->len, &fr);
}

static const struct rule {
	size_t min, max; /* bytes of body */
	uint8_t flags;	 /* those that have a meaning */
	bool (*check)(const struct frame *f);
} rules[FRAME_TYPES] = {
	[FRAME_DATA] = { 1, ANY_LEN, FRAME_ETHERNET | FRAME_CSUM, NULL },
	[FRAME_NTK] = { ENVELOPE_LEN, ANY_LEN, NTK_KEYED, ntk_ok },
	[FRAME_PROBE] = { PROBE_LEN, PROBE_LEN, 0, NULL },
	[FRAME_PROBE_REPLY] = { PROBE_REPLY_LEN, PROBE_REPLY_LEN, 0, NULL },
	[FRAME_CHALLENGE] = { CHALLENGE_LEN, CHALLENGE_LEN, 0, NULL },
	[FRAME_RESPONSE] = { CHALLENGE_LEN, CHALLENGE_LEN, 0, NULL },
	[FRAME_CLOSE] = { CLOSE_LEN, CLOSE_LEN, 0, NULL },
	[FRAME_REKEY] = { RESP_NOMACS, INIT_NOMACS, 0, rekey_ok },
	[FRAME_CLAIM] = { 1, CLAIM_MAX, 0, NULL },
	[FRAME_RECORDS] = { 2, ANY_LEN, 0, NULL },
	[FRAME_NEG] = { NEG_HEAD, ANY_LEN, 0, neg_ok },
	[FRAME_FRAG] = { FRAG_HEAD + 1, ANY_LEN, 0, frag_ok },
};

bool
frame_check(const struct frame *f)
{
	const struct rule *ru;

	if (f->type >= FRAME_TYPES)
		return true;
	ru = &rules[f->type];
	if (f->type == 0 || (f->flags & ~ru->flags) != 0)
		return false;
	if (f->len < ru->min || f->len > ru->max)
		return false;
	return ru->check == NULL || ru->check(f);
}

bool
frame_parse(
    const uint8_t *p, size_t len, struct frame *ret, enum counter *ret_why)
{
	struct rd r = rd_of(p, len);
	uint16_t body_len;
	bool ok;

	*ret = (struct frame){ 0 };
	ok = rd_u8(&r, &ret->type) && rd_u8(&r, &ret->flags) &&
	    rd_le16(&r, &body_len) && rd_ref(&r, &ret->body, body_len) &&
	    rd_zeros(&r, r.left) && rd_end(&r);
	ret->len = ok ? body_len : 0;
	if (ok && frame_check(ret))
		return true;
	*ret = (struct frame){ 0 };
	*ret_why = CNT_frame_bad;
	return false;
}

size_t
frame_write_head(
    uint8_t *p, uint8_t type, uint8_t flags, size_t body_len, size_t mtu)
{
	struct wr w = wr_of(p, FRAME_HEAD);
	size_t plain = FRAME_HEAD + body_len;
	size_t padded = (plain + PAD_TO - 1) / PAD_TO * PAD_TO;

	wr_u8(&w, type);
	wr_u8(&w, flags);
	wr_le16(&w, (uint16_t)body_len);
	if (padded > FRAME_MAX_PLAIN(mtu))
		padded = FRAME_MAX_PLAIN(mtu);
	return padded > plain ? padded - plain : 0;
}

static void
put_probe(struct wr *w, const struct probe *pr)
{
	wr_le32(w, pr->seq);
	wr_le64(w, pr->sent_us);
}

void
probe_write(uint8_t out[PROBE_LEN], const struct probe *pr)
{
	struct wr w = wr_of(out, PROBE_LEN);

	put_probe(&w, pr);
}

void
probe_reply_write(uint8_t out[PROBE_REPLY_LEN], const struct probe *pr)
{
	struct wr w = wr_of(out, PROBE_REPLY_LEN);

	put_probe(&w, pr);
	wr_le32(&w, pr->delay_us);
}

static bool
get_probe(struct rd *r, struct probe *ret)
{
	return rd_le32(r, &ret->seq) && rd_le64(r, &ret->sent_us);
}

bool
probe_parse(const uint8_t *p, size_t len, struct probe *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct probe){ 0 };
	ok = get_probe(&r, ret) && rd_end(&r);
	if (!ok)
		*ret = (struct probe){ 0 };
	return ok;
}

bool
probe_reply_parse(const uint8_t *p, size_t len, struct probe *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct probe){ 0 };
	ok = get_probe(&r, ret) && rd_le32(&r, &ret->delay_us) && rd_end(&r);
	if (!ok)
		*ret = (struct probe){ 0 };
	return ok;
}

void
close_write(uint8_t out[CLOSE_LEN], uint8_t reason, const uint8_t boot[8])
{
	struct wr w = wr_of(out, CLOSE_LEN);

	wr_u8(&w, reason);
	wr_bytes(&w, boot, 8);
}

bool
close_parse(const uint8_t *p, size_t len, uint8_t *reason, const uint8_t **boot)
{
	struct rd r = rd_of(p, len);
	bool ok = rd_u8(&r, reason) && rd_ref(&r, boot, 8) && rd_end(&r);

	if (!ok)
		*boot = NULL;
	if (!ok || *reason >= CLOSE_REASONS)
		*reason = CLOSE_NONE;
	return ok;
}

size_t
envelope_write(
    uint8_t out[NTK_HEAD_MAX], const struct envelope *env, uint8_t *ret_flags)
{
	struct wr w = wr_of(out, NTK_HEAD_MAX);

	*ret_flags = 0;
	wr_bytes(&w, env->origin, sizeof(env->origin));
	wr_bytes(&w, env->boot, sizeof(env->boot));
	wr_le32(&w, env->seq);
	wr_u8(&w, env->hops);
	wr_u8(&w, env->class);
	if (env->key_len > 0) {
		*ret_flags = NTK_KEYED;
		wr_u8(&w, env->key_len);
		wr_bytes(&w, env->key, env->key_len);
	}
	return w.len;
}

static bool
get_key(struct rd *r, struct envelope *ret)
{
	return rd_u8(r, &ret->key_len) && ret->key_len >= 1 &&
	    ret->key_len <= NTK_KEY_MAX && rd_bytes(r, ret->key, ret->key_len);
}

bool
envelope_parse(const uint8_t *p, size_t len, uint8_t flags,
    struct envelope *ret, const uint8_t **packet, size_t *packet_len)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct envelope){ 0 };
	ok = rd_bytes(&r, ret->origin, sizeof(ret->origin)) &&
	    rd_bytes(&r, ret->boot, sizeof(ret->boot)) &&
	    rd_le32(&r, &ret->seq) && rd_u8(&r, &ret->hops) &&
	    rd_u8(&r, &ret->class);
	if (ok && (flags & NTK_KEYED) != 0)
		ok = get_key(&r, ret);
	if (!ok)
		*ret = (struct envelope){ 0 };
	*packet = ok ? r.p : NULL;
	*packet_len = ok ? r.left : 0;
	return ok;
}

void
frag_write_head(uint8_t out[FRAG_HEAD], const struct frag *fr)
{
	struct wr w = wr_of(out, FRAG_HEAD);

	wr_le32(&w, fr->id);
	wr_u8(&w, fr->part);
	wr_u8(&w, fr->parts);
	wr_u8(&w, fr->type);
	wr_u8(&w, fr->flags);
}

static bool
frag_valid(const struct frag *fr)
{
	if (fr->parts < 2 || fr->parts > FRAG_PARTS || fr->part >= fr->parts)
		return false;
	if (fr->type != FRAME_DATA && fr->type != FRAME_NTK)
		return false;
	return (fr->flags & ~rules[fr->type].flags) == 0 && fr->len > 0;
}

bool
frag_parse(const uint8_t *p, size_t len, struct frag *ret)
{
	struct rd r = rd_of(p, len);
	bool ok;

	*ret = (struct frag){ 0 };
	ok = rd_le32(&r, &ret->id) && rd_u8(&r, &ret->part) &&
	    rd_u8(&r, &ret->parts) && rd_u8(&r, &ret->type) &&
	    rd_u8(&r, &ret->flags);
	ret->len = r.left;
	ok = ok && rd_ref(&r, &ret->body, r.left) && frag_valid(ret);
	if (!ok)
		*ret = (struct frag){ 0 };
	return ok;
}
