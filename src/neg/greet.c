#include <string.h>

#include "base/xmem.h"
#include "neg/act.h"

#define PROBES 3u /* one a second */
#define WORDS 60u
#define PROBE_S 4u    /* then nobody has heard them */
#define PROBE_MARK 8u /* bytes that HELLO told; the others only the mesh */

/*
 * When both dialled, or neither: the keys decide. Of what HELLO tells all may
 * change while the two cross.
 */
static void
settle_role(struct link *l, bool peer_dialled)
{
	l->has_role = true;
	l->initiator = l->p.dialled != peer_dialled ? l->p.dialled : l->p.first;
}

/* NULL: it breaks the rules, or there is no memory for it. */
static const struct netdesc *
read_desc(const struct neg *g, const struct link *l, const struct neg_desc *m,
    bool *ret_bad)
{
	struct rd r = rd_of(m->bytes, m->len);
	const struct netdesc *kept = NULL;
	const char *field;
	struct netdesc d;

	field = netdesc_parse(&r, NETDESC_TUNNEL, &d);
	if (field != NULL) {
		*ret_bad = strcmp(field, NETDESC_NO_MEMORY) != 0;
		return NULL;
	}
	*ret_bad = !g->io.verify(g->io.arg, l->p.key, m->bytes, m->len, m->sig);
	if (!*ret_bad)
		kept = netdesc_keep(&d);
	netdesc_fini(&d);
	return kept;
}

static void
remember(
    struct neg *g, struct link *l, const struct neg_desc *m, struct mono now)
{
	struct neg_record rec;

	l->net->seen = now;
	if (!network_desc(l->net, l->desc, m->bytes, m->len, m->sig))
		return;
	network_record(l->net, &rec);
	g->io.save(g->io.arg, &rec);
}

static bool
another_place(const struct netdesc *old, const struct netdesc *d)
{
	return old == NULL || old->epoch != d->epoch ||
	    old->netid != d->netid || old->vnodeid != d->vnodeid ||
	    !netdesc_same_place(old, d);
}

/* It has but taken our netid, as two do that have heard each other. */
static bool
adopts_ours(
    const struct neg *g, const struct netdesc *old, const struct netdesc *d)
{
	return old != NULL && d->netid == g->netid &&
	    old->vnodeid == d->vnodeid && netdesc_same_place(old, d);
}

/*
 * The other side waits for our HELLO, though it has acknowledged one: it has
 * started again, and knows nothing of this life of ours.
 */
static void
greet_again(struct neg *g, struct link *l, struct mono now)
{
	if (!g->has_own || l->ch.out_seq == 1)
		return;
	channel_again(&l->ch);
	talk_hello(g, l, now);
}

/* What a descriptor means for the state of its link. */
static void
follow(struct neg *g, struct link *l, uint8_t type, bool anew, struct mono now)
{
	if (!g->has_own)
		return;
	eval_conflict(g, l, now);
	if (anew ||
	    (type == NEG_HELLO && !link_settled(l) &&
		l->state != NEG_RESERVED)) {
		link_restart(g, l, now);
	} else if (!l->initiator && link_settled(l)) {
		if (type == NEG_HELLO)
			l->has_verdict = false; /* it wants to hear it again */
		eval_link(g, l, now);
	}
	routes_update(g, l, now);
	if (l->state == NEG_SAME)
		stable_check(g, now); /* its tunnels count as ours */
}

/* An honest side sends one a second, and a few more while all is new. */
static bool
too_many(struct link *l, struct mono now)
{
	uint64_t s = mono_since(l->words_at, now) / MONO_SEC;

	if (s > 0) {
		l->words = s >= l->words ? 0 : l->words - (unsigned)s;
		l->words_at = now;
	}
	return ++l->words > WORDS;
}

void
greet_desc(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	const struct netdesc *d, *old = l->desc;
	bool anew, alone, bad = true;

	d = too_many(l, now) ? NULL : read_desc(g, l, &m->u.desc, &bad);
	if (d == NULL) {
		link_close(g, l, bad, now);
		return;
	}
	if (m->type != NEG_HELLO && !l->has_role) {
		netdesc_free(d);
		return;
	}
	alone = m->type == NEG_HELLO && (m->u.desc.flags & HELLO_ALONE) != 0;
	anew = another_place(old, d) || (alone && !link_settled(l));
	if (anew && l->state == NEG_RESERVED)
		win_release(g, l);
	if (anew && !adopts_ours(g, old, d))
		l->sibling = false; /* by what was heard of another place */
	l->desc = d;
	netdesc_free(old);
	remember(g, l, &m->u.desc, now);
	if (m->type == NEG_HELLO) {
		memcpy(l->nonce_in, m->u.desc.nonce, NEG_NONCE);
		if (!l->has_role || alone)
			settle_role(l, (m->u.desc.flags & HELLO_DIALLED) != 0);
		if (alone)
			greet_again(g, l, now);
	}
	if (g->has_own && !l->greeted)
		talk_hello(g, l, now);
	follow(g, l, m->type, anew, now);
}

bool
greet_probed(const struct neg *g, const struct link *l)
{
	return l->probed && l->probed_mine == g->epoch &&
	    l->probed_theirs == l->desc->epoch;
}

static void
send_probe(struct neg *g, struct link *l, struct mono now)
{
	l->timer = mono_add(now, MONO_SEC);
	if (l->tries++ < PROBES)
		g->io.probe(g->io.arg, l->p.id, l->desc, l->probe);
	link_schedule(g, l);
}

/*
 * The peer finds us by what our HELLO has told it; the rest of the nonce it
 * can only know from the mesh.
 */
void
greet_probe(struct neg *g, struct link *l, struct mono now)
{
	memcpy(l->probe, l->nonce_out, PROBE_MARK);
	g->io.random(g->io.arg, l->probe + PROBE_MARK, NEG_NONCE - PROBE_MARK);
	l->probing = true;
	l->tries = 0;
	link_state(g, l, NEG_PROBING, now);
	send_probe(g, l, now);
}

void
greet_probe_tick(struct neg *g, struct link *l, struct mono now)
{
	if (l->tries < PROBE_S) {
		send_probe(g, l, now);
		return;
	}
	l->probing = false;
	l->probed = true;
	l->probed_mine = g->epoch;
	l->probed_theirs = l->desc->epoch;
	eval_link(g, l, now);
}

/* Only who claims what we claim can be the very same gnode. */
static bool
shares_place(const struct neg *g, const struct link *l)
{
	const struct netdesc *d = l->desc;
	unsigned i, k;

	if (!topology_equal(&g->own.topo, &d->topo))
		return false;
	for (i = 0; i < g->own.n_claims; i++)
		for (k = 0; k < d->n_claims; k++)
			if (((g->own.claim[i].flags | d->claim[k].flags) &
				CLAIM_LEAVING) == 0 &&
			    claims_overlap(
				&d->topo, &g->own.claim[i], &d->claim[k], NULL))
				return true;
	return false;
}

/* One gnode: the smaller netid, and its age, hold for both. */
static void
join(struct neg *g, struct link *l, struct mono now)
{
	l->sibling = true;
	own_adopt(g, l->desc->netid, l->desc->age, now);
}

/* Late is good enough, as long as both are where they were. */
void
greet_seen(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now)
{
	bool asked = l->probing || greet_probed(g, l);

	if (!g->has_own || !asked || l->sibling || !shares_place(g, l) ||
	    memcmp(l->probe, m->u.nonce, NEG_NONCE) != 0)
		return;
	l->probing = false;
	join(g, l, now);
	link_restart(g, l, now);
}

void
greet_said(struct neg *g, struct link *l, struct mono now)
{
	talk_seen(g, l, l->heard, now);
}

void
greet_nonce(struct neg *g, struct link *l, const uint8_t nonce[NEG_NONCE],
    struct mono now)
{
	if (!g->has_own || l->desc == NULL || l->closed || !l->has_role ||
	    !l->initiator || !shares_place(g, l) ||
	    memcmp(l->nonce_in, nonce, PROBE_MARK) != 0)
		return;
	memcpy(l->heard, nonce, NEG_NONCE);
	talk_seen(g, l, nonce, now);
	join(g, l, now);
}
