#include <string.h>

#include "base/container.h"
#include "tests/show/hostile.h"

#define LIVES 40 /* keys that one foe shows up with */

size_t
below(struct stage *st, size_t n)
{
	return rng_below(&st->rng, n);
}

struct speech {
	struct stage *st;
	struct foe *f;
};

static void
send_part(void *arg, const uint8_t *part, size_t len)
{
	struct speech *sp = arg;

	line_send(&sp->st->ln, sp->f->n, VICTIM, part, len);
}

static void
put(struct stage *st, struct foe *f, uint8_t type, const uint8_t *p, size_t len)
{
	struct speech sp = { st, f };

	if (!f->up)
		return;
	if (f->ch.broken || f->ch.n_out > 8)
		channel_again(&f->ch);
	f->ch.broken = false;
	if (!channel_put(&f->ch, type, p, len, 600, st->ln.now, send_part, &sp))
		channel_again(&f->ch);
}

void
foe_say(struct stage *st, struct foe *f, const struct neg_msg *m)
{
	struct topology topo = topology_ntk(NETDESC_10);
	uint8_t buf[NEG_MSG_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	if (neg_msg_write(&w, m, &topo))
		put(st, f, m->type, buf, w.len);
}

void
foe_bytes(struct stage *st, struct foe *f, uint8_t type, const uint8_t *p,
    size_t len, const uint8_t *sig)
{
	struct neg_msg m = { .type = type };

	m.u.desc.flags = f->hello;
	rng_fill(&st->rng, m.u.desc.nonce, NEG_NONCE);
	m.u.desc.bytes = p;
	m.u.desc.len = len;
	if (sig != NULL)
		memcpy(m.u.desc.sig, sig, NEG_SIG);
	else
		line_sign(&st->ln, f->n, p, len, m.u.desc.sig);
	if (f->bad_sig)
		m.u.desc.sig[below(st, 9)] ^= 0x40;
	foe_say(st, f, &m);
}

void
foe_desc(struct stage *st, struct foe *f, uint8_t type)
{
	uint8_t buf[NETDESC_MAX];
	struct wr w = wr_of(buf, 8000);

	f->d.known = f->d.n_known > 0 ? f->known : NULL;
	if (netdesc_write(&w, &f->d, 8000))
		foe_bytes(st, f, type, buf, w.len, NULL);
}

void
foe_input(struct side *s, unsigned from, const uint8_t *part, size_t len)
{
	struct stage *st = s->line->arg;
	struct foe *f = &st->foe[s->n - FOE];
	struct speech sp = { st, f };
	struct neg_msg m;
	struct netdesc d;
	const uint8_t *p;
	struct rd r;
	uint8_t type;
	size_t n;
	bool bad;

	(void)from;
	if (f->silent || !f->up ||
	    !channel_get(&f->ch, part, len, st->ln.now, send_part, &sp, &type,
		&p, &n, &bad) ||
	    (type != NEG_HELLO && type != NEG_DESC) ||
	    !neg_msg_parse(type, p, n, NULL, &m))
		return;
	r = rd_of(m.u.desc.bytes, m.u.desc.len);
	if (netdesc_parse(&r, NETDESC_TUNNEL, &d) != NULL)
		return;
	f->epoch = d.epoch;
	netdesc_fini(&d);
}

void
foe_up(struct stage *st, struct foe *f)
{
	struct neg_peer none = { 0 };

	if (f->up)
		return;
	channel_fini(&f->ch);
	memset(&f->ch, 0, sizeof(f->ch));
	channel_init(&f->ch, (uint8_t)rng_next(&st->rng));
	f->up = true;
	line_join_as(&st->ln, VICTIM, f->n, &f->as, &none);
	foe_desc(st, f, NEG_HELLO);
}

void
foe_down(struct stage *st, struct foe *f)
{
	if (!f->up)
		return;
	f->up = false;
	line_cut(&st->ln, VICTIM, f->n);
}

/* The victim has had enough: with another key, or the same after a while. */
static void
come_back(struct stage *st, struct foe *f)
{
	if (f->lives < LIVES && below(st, 3) > 0) {
		f->lives++;
		st->ln.s[f->n].life++;
	}
	f->up = false;
	f->at = mono_add(st->ln.now, (1 + below(st, 60)) * MONO_SEC);
}

void
foe_tick(struct stage *st, struct foe *f)
{
	struct speech sp = { st, f };
	struct neg_link_view v;

	if (f->up && !neg_show_link(st->ln.s[VICTIM].g, f->n + 1, &v))
		come_back(st, f);
	if (f->up && !f->silent)
		channel_tick(&f->ch, st->ln.now, send_part, &sp);
	if (!mono_due(f->at, st->ln.now))
		return;
	f->at = mono_add(st->ln.now,
	    (1 + below(st, 2 * (size_t)f->pace_ms)) * (uint64_t)MONO_MS);
	if (!f->up)
		foe_up(st, f);
	else if (below(st, 200) == 0)
		foe_down(st, f);
	else {
		f->acts++;
		st->attack->act(st, f);
	}
}
