#include <string.h>

#include "neg/act.h"

void
talk_part(void *arg, const uint8_t *part, size_t len)
{
	const struct talk_to *to = arg;

	to->g->io.send(to->g->io.arg, to->l->p.id, part, len);
}

/*
 * Of the paths that are taken as many as fit, from the first: a few less only
 * cost a proposal that is rejected.
 */
static bool
write_fitting(const struct neg *g, struct neg_msg *m, struct wr *w,
    uint8_t *buf, size_t max)
{
	while (*w = wr_of(buf, max), !neg_msg_write(w, m, &g->own.topo)) {
		if (m->n_taken == 0)
			return false;
		m->n_taken--;
	}
	return true;
}

/* A message that does not fit breaks the channel: link_tick() begins anew. */
static void
put(struct neg *g, struct link *l, struct neg_msg *m, struct mono now)
{
	size_t part = g->io.part_max(g->io.arg, l->p.id);
	size_t max = part < NEG_PART_MAX ? part * NEG_PARTS : NEG_MSG_MAX;
	uint8_t buf[NEG_MSG_MAX];
	struct wr w;
	struct talk_to to = { g, l };

	if (l->closed || l->ch.broken)
		return;
	if (!write_fitting(g, m, &w, buf, max) ||
	    !channel_put(
		&l->ch, m->type, buf, w.len, part, now, talk_part, &to))
		l->ch.broken = true;
	link_schedule(g, l);
}

static void
fill_desc(const struct neg *g, struct neg_msg *m)
{
	m->u.desc.bytes = g->bytes;
	m->u.desc.len = g->len;
	memcpy(m->u.desc.sig, g->sig, NEG_SIG);
}

void
talk_hello(struct neg *g, struct link *l, struct mono now)
{
	struct neg_msg m = { .type = NEG_HELLO };

	fill_desc(g, &m);
	m.u.desc.flags = (uint8_t)((l->p.dialled ? HELLO_DIALLED : 0) |
	    (l->desc == NULL ? HELLO_ALONE : 0));
	memcpy(m.u.desc.nonce, l->nonce_out, NEG_NONCE);
	l->greeted = true;
	put(g, l, &m, now);
}

void
talk_desc(struct neg *g, struct link *l, uint8_t type, struct mono now)
{
	struct neg_msg m = { .type = type };

	fill_desc(g, &m);
	put(g, l, &m, now);
}

void
talk_why(
    struct neg *g, struct link *l, uint8_t type, uint8_t why, struct mono now)
{
	struct neg_msg m = { .type = type, .u.why = why };

	put(g, l, &m, now);
}

void
talk_busy(struct neg *g, struct link *l, uint32_t retry_s, struct mono now)
{
	struct neg_msg m = { .type = NEG_BUSY, .u.retry_s = retry_s };

	put(g, l, &m, now);
}

void
talk_propose(struct neg *g, struct link *l, uint8_t type,
    const struct claim *from, const struct claim *to, struct mono now)
{
	struct neg_msg m = { .type = type };

	m.u.propose.from = *from;
	m.u.propose.to = *to;
	m.u.propose.epoch = type == NEG_PROPOSE ? g->epoch : l->desc->epoch;
	put(g, l, &m, now);
}

void
talk_verdict(struct neg *g, struct link *l, struct mono now)
{
	struct neg_msg m = { .type = NEG_VERDICT };

	m.u.verdict.kind = (uint8_t)l->verdict.kind;
	m.u.verdict.level = l->verdict.level;
	m.u.verdict.who = (uint8_t)l->verdict.who;
	m.u.verdict.third = l->verdict.third;
	m.u.verdict.epoch = l->desc->epoch;
	if (l->verdict.who == MOVE_I)
		m.n_taken = win_taken(g, l, m.taken, NEG_TAKEN, now);
	put(g, l, &m, now);
}

void
talk_reject(struct neg *g, struct link *l, struct mono now)
{
	struct neg_msg m = { .type = NEG_REJECT };

	m.n_taken = win_taken(g, l, m.taken, NEG_TAKEN, now);
	put(g, l, &m, now);
}

void
talk_notice(struct neg *g, struct link *l, uint64_t netid,
    const struct claim *c, struct mono now)
{
	struct neg_msg m = { .type = NEG_NOTICE };

	m.u.notice.netid = netid;
	m.u.notice.claim = *c;
	m.u.notice.claim.flags = 0;
	put(g, l, &m, now);
}

void
talk_seen(struct neg *g, struct link *l, const uint8_t nonce[NEG_NONCE],
    struct mono now)
{
	struct neg_msg m = { .type = NEG_PROBE_SEEN };

	memcpy(m.u.nonce, nonce, NEG_NONCE);
	put(g, l, &m, now);
}
