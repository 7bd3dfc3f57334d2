#include "neg/channel.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"

#define TRIES 4

struct channel_msg {
	STAILQ_ENTRY(channel_msg) link;
	uint8_t type, parts;
	size_t len, each; /* bytes in all, and in each part but the last */
	uint8_t p[];
};

void
channel_init(struct channel *ch, uint8_t life)
{
	memset(ch, 0, sizeof(*ch));
	STAILQ_INIT(&ch->out);
	ch->out_seq = 1;
	ch->out_life = life;
	ch->again = MONO_NEVER;
}

static void
pop(struct channel *ch)
{
	struct channel_msg *m = STAILQ_FIRST(&ch->out);

	STAILQ_REMOVE_HEAD(&ch->out, link);
	free(m);
	ch->n_out--;
	ch->again = MONO_NEVER;
}

static void
forget_parts(struct channel *ch)
{
	free(ch->in);
	ch->in = NULL;
	ch->in_have = 0;
}

void
channel_fini(struct channel *ch)
{
	while (ch->n_out > 0)
		pop(ch);
	forget_parts(ch);
}

void
channel_again(struct channel *ch)
{
	while (ch->n_out > 0)
		pop(ch);
	ch->out_seq = 1;
	ch->out_life++;
	ch->broken = false;
}

static void
send_part(const struct channel *ch, const struct channel_msg *m, unsigned part,
    channel_send_fn *send, void *arg)
{
	uint8_t buf[NEG_HEAD + NEG_PART_MAX];
	struct neg_head h = { .type = m->type,
		.part = (uint8_t)part,
		.parts = m->parts,
		.life = ch->out_life,
		.seq = ch->out_seq };
	struct wr w = wr_of(buf, sizeof(buf));
	size_t at = part * m->each;

	neg_head_write(&w, &h);
	wr_bytes(&w, m->p + at, m->len - at < m->each ? m->len - at : m->each);
	send(arg, buf, w.len);
}

/* Sends the first one, once more. */
static void
send_first(
    struct channel *ch, struct mono now, channel_send_fn *send, void *arg)
{
	static const unsigned wait_s[TRIES] = { 1, 2, 4, 4 };
	const struct channel_msg *m = STAILQ_FIRST(&ch->out);
	unsigned i;

	ch->again = mono_add(now, (uint64_t)wait_s[ch->tries++] * MONO_SEC);
	for (i = 0; i < m->parts; i++)
		send_part(ch, m, i, send, arg);
}

bool
channel_put(struct channel *ch, uint8_t type, const uint8_t *p, size_t len,
    size_t part_max, struct mono now, channel_send_fn *send, void *arg)
{
	size_t each = part_max < NEG_PART_MAX ? part_max : NEG_PART_MAX;
	struct channel_msg *m;

	if (each == 0 || len > each * NEG_PARTS || ch->broken ||
	    ch->n_out == CHANNEL_QUEUE)
		return false;
	m = try_malloc(sizeof(*m) + len);
	if (m == NULL)
		return false;
	m->type = type;
	m->len = len;
	m->each = each;
	m->parts = (uint8_t)(len == 0 ? 1 : (len + each - 1) / each);
	if (len > 0)
		memcpy(m->p, p, len);
	STAILQ_INSERT_TAIL(&ch->out, m, link);
	if (ch->n_out++ == 0) {
		ch->tries = 0;
		send_first(ch, now, send, arg);
	}
	return true;
}

static void
acknowledge(
    const struct channel *ch, uint32_t seq, channel_send_fn *send, void *arg)
{
	uint8_t buf[NEG_HEAD];
	struct neg_head h = {
		.type = NEG_ACK, .parts = 1, .life = ch->in_life, .seq = seq
	};
	struct wr w = wr_of(buf, sizeof(buf));

	neg_head_write(&w, &h);
	send(arg, buf, w.len);
}

/* Acknowledgements of older messages come late and say nothing. */
static void
take_ack(struct channel *ch, const struct neg_head *h, struct mono now,
    channel_send_fn *send, void *arg)
{
	if (ch->n_out == 0 || ch->broken || h->seq != ch->out_seq ||
	    h->life != ch->out_life)
		return;
	pop(ch);
	ch->out_seq++;
	if (ch->n_out > 0) {
		ch->tries = 0;
		send_first(ch, now, send, arg);
	}
}

/*
 * Keeps a part; false: it does not fit those before it, or there is no memory:
 * it comes again.
 */
static bool
keep_part(struct channel *ch, const struct neg_head *h, const struct rd *r)
{
	if (r->left == 0)
		return false;
	if (ch->in == NULL) {
		ch->in = try_malloc((size_t)h->parts * NEG_PART_MAX);
		if (ch->in == NULL)
			return false;
		ch->in_type = h->type;
		ch->in_parts = h->parts;
	} else if (h->type != ch->in_type || h->parts != ch->in_parts)
		return false;
	if ((ch->in_have & 1u << h->part) != 0)
		return true;
	memcpy(ch->in + (size_t)h->part * NEG_PART_MAX, r->p, r->left);
	ch->in_len[h->part] = (uint16_t)r->left;
	ch->in_have |= (uint16_t)(1u << h->part);
	return true;
}

/* Moves the parts together; how long the whole is. */
static size_t
join_parts(struct channel *ch)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; i < ch->in_parts; i++) {
		memmove(ch->in + len, ch->in + (size_t)i * NEG_PART_MAX,
		    ch->in_len[i]);
		len += ch->in_len[i];
	}
	return len;
}

/* Is it of the message that is due? A life that is new begins at 1. */
static bool
is_next(struct channel *ch, const struct neg_head *h, channel_send_fn *send,
    void *arg)
{
	if (h->life != ch->in_life || ch->in_seq == 0) {
		if (h->seq != 1)
			return false;
		if (h->life != ch->in_life)
			forget_parts(ch);
		ch->in_life = h->life;
		ch->in_seq = 0;
	}
	if (h->seq == ch->in_seq)
		acknowledge(ch, h->seq, send, arg);
	return h->seq == ch->in_seq + 1;
}

bool
channel_get(struct channel *ch, const uint8_t *part, size_t len,
    struct mono now, channel_send_fn *send, void *arg, uint8_t *ret_type,
    const uint8_t **ret, size_t *ret_len, bool *ret_bad)
{
	struct rd r = rd_of(part, len);
	struct neg_head h;

	if (ch->in_have == 0)
		forget_parts(ch); /* delivered by the call before */
	*ret_bad = !neg_head_parse(&r, &h) || r.left > NEG_PART_MAX ||
	    (h.type == NEG_ACK && (h.parts != 1 || r.left != 0));
	if (*ret_bad)
		return false;
	if (h.type == NEG_ACK) {
		take_ack(ch, &h, now, send, arg);
		return false;
	}
	if (!is_next(ch, &h, send, arg))
		return false;
	*ret_type = h.type;
	*ret = r.p;
	*ret_len = r.left;
	if (h.parts > 1 || ch->in != NULL) {
		*ret_bad = !keep_part(ch, &h, &r);
		if (*ret_bad || ch->in_have != (1u << ch->in_parts) - 1)
			return false;
		*ret = ch->in;
		*ret_len = join_parts(ch);
		ch->in_have = 0;
	}
	ch->in_seq = h.seq;
	acknowledge(ch, h.seq, send, arg);
	return true;
}

struct mono
channel_deadline(const struct channel *ch)
{
	return ch->again;
}

void
channel_tick(
    struct channel *ch, struct mono now, channel_send_fn *send, void *arg)
{
	if (!mono_due(ch->again, now))
		return;
	if (ch->tries < TRIES) {
		send_first(ch, now, send, arg);
		return;
	}
	ch->broken = true;
	ch->again = MONO_NEVER;
}
