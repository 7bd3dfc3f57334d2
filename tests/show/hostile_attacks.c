/* The kinds of attacks: what a foe says of itself, and what it does next. */
#include <string.h>

#include "tests/show/hostile.h"

/* --- what it says of itself ------------------------------------------------
 */

static struct claim
random_claim(struct stage *st)
{
	struct claim c = line_claim(1 + (unsigned)below(st, 255));

	return c;
}

static const struct claim *
place_of_victim(const struct stage *st)
{
	return &st->ln.s[VICTIM].own.claim[0];
}

/* The place of the victim, or of one of its honest peers. */
static struct claim
coveted(struct stage *st)
{
	size_t i = below(st, st->n_honest + 1);

	return i == 0 ? *place_of_victim(st) : st->ln.s[i].own.claim[0];
}

static struct claim
honest_place(struct stage *st)
{
	size_t i = below(st, st->n_honest);

	return st->ln.s[HONEST + i].own.claim[0];
}

/* The same, a part of it, or what it is a part of. */
static struct claim
near(struct stage *st, struct claim c)
{
	unsigned level = (unsigned)below(st, 3);

	while (c.level > level) {
		c.level--;
		c.gid[c.level] = (uint16_t)(1 + below(st, 254));
	}
	while (c.level < level)
		c.gid[c.level++] = 0;
	return c;
}

/* Its only claim, with an address within. */
static void
claims(struct foe *f, struct claim c)
{
	unsigned k;

	f->d.n_claims = 1;
	f->d.claim[0] = c;
	f->d.claim[0].flags = 0;
	for (k = 0; k < 4; k++)
		f->d.gid[k] = k < c.level ? 1 : c.gid[k];
}

static void
tell(struct stage *st, struct foe *f)
{
	static const uint8_t types[] = { NEG_HELLO, NEG_DESC, NEG_MOVED };

	f->d.epoch++;
	foe_desc(st, f, types[below(st, 3)]);
}

static uint32_t
huge(struct stage *st)
{
	return below(st, 2) == 0 ? UINT32_MAX : (uint32_t)rng_next(&st->rng);
}

static void
likes_victim(struct stage *st, struct foe *f)
{
	claims(f, *place_of_victim(st));
}

static void
likes_all(struct stage *st, struct foe *f)
{
	claims(f, coveted(st));
}

/* --- one function for each kind --------------------------------------------
 */

static void
forge_size(struct stage *st, struct foe *f)
{
	f->d.nodes = huge(st) | 1;
	f->d.age = huge(st);
	tell(st, f);
}

static void
forge_stable(struct stage *st, struct foe *f)
{
	f->d.flags ^= NETDESC_STABLE;
	if (below(st, 2) == 0)
		f->d.flags ^= NETDESC_PASSIVE;
	foe_desc(st, f, below(st, 2) == 0 ? NEG_DESC : NEG_HELLO);
}

static void
forge_rehooking(struct stage *st, struct foe *f)
{
	f->d.flags ^= below(st, 2) == 0 ? NETDESC_REHOOKING : NETDESC_BUSY;
	tell(st, f);
}

static void
claim_equal(struct stage *st, struct foe *f)
{
	claims(f, coveted(st));
	tell(st, f);
}

static void
claim_near(struct stage *st, struct foe *f)
{
	claims(f, near(st, coveted(st)));
	tell(st, f);
}

static void
claim_host(struct stage *st, struct foe *f)
{
	struct claim c = coveted(st);

	while (c.level > 0)
		c.gid[--c.level] = (uint16_t)(1 + below(st, 254));
	claims(f, c);
	tell(st, f);
}

static void
claim_32(struct stage *st, struct foe *f)
{
	unsigned i, k;

	claims(f, coveted(st));
	for (i = 1; i < NETDESC_CLAIMS; i++) {
		struct claim c = i <= st->n_honest
		    ? st->ln.s[HONEST + i - 1].own.claim[0]
		    : random_claim(st);

		for (k = 0; k < f->d.n_claims; k++)
			if (claims_overlap(
				&f->d.topo, &f->d.claim[k], &c, NULL))
				break;
		if (k == f->d.n_claims)
			f->d.claim[f->d.n_claims++] = c;
	}
	tell(st, f);
}

static void
add_known(struct foe *f, uint64_t netid, struct claim c, unsigned flags)
{
	c.flags = (uint8_t)flags;
	if (f->d.n_known < NETDESC_KNOWN)
		f->known[f->d.n_known++] = (struct known){ netid, c };
}

/* The victim's place, or that of its peers, is called somebody else's. */
static void
known_lists(struct stage *st, struct foe *f)
{
	size_t n = below(st, 2) == 0 ? 1 + below(st, 8) : NETDESC_KNOWN;

	f->d.n_known = 0;
	while (n-- > 0)
		add_known(f, rng_next(&st->rng) | 1,
		    below(st, 3) == 0 ? random_claim(st)
				      : near(st, coveted(st)),
		    (unsigned)below(st, 4));
	tell(st, f);
}

static void
known_peers(struct stage *st, struct foe *f)
{
	unsigned i;

	f->d.n_known = 0;
	for (i = 0; i < st->n_honest; i++)
		add_known(f, line_netid(&st->ln, HONEST + i),
		    near(st, *place_of_victim(st)), (unsigned)below(st, 4));
	tell(st, f);
}

static void
say_verdict(struct stage *st, struct foe *f, uint8_t kind, uint8_t who)
{
	struct neg_msg m = { .type = NEG_VERDICT };

	m.u.verdict.kind = kind;
	m.u.verdict.level =
	    below(st, 3) == 0 ? NEG_NO_LEVEL : place_of_victim(st)->level;
	m.u.verdict.who = who;
	m.u.verdict.epoch = f->epoch - (below(st, 5) == 0);
	if (below(st, 3) == 0)
		m.u.verdict.third = line_netid(&st->ln, VICTIM);
	for (m.n_taken = 0; m.n_taken < below(st, NEG_TAKEN + 1); m.n_taken++)
		m.taken[m.n_taken] = random_claim(st);
	foe_say(st, f, &m);
}

static void
verdicts(struct stage *st, struct foe *f)
{
	say_verdict(st, f, (uint8_t)below(st, NEG_VERDICT_KINDS),
	    (uint8_t)below(st, NEG_MOVERS));
}

/* What would be just, again and again, from both roles. */
static void
verdict_replay(struct stage *st, struct foe *f)
{
	say_verdict(st, f, VERDICT_REHOOK, below(st, 2) == 0 ? MOVE_I : MOVE_R);
	if (below(st, 20) == 0)
		foe_desc(st, f, NEG_HELLO);
}

static void
swap_roles(struct stage *st, struct foe *f)
{
	f->hello = (uint8_t)below(st, HELLO_FLAGS + 1u);
	foe_desc(st, f, NEG_HELLO);
	verdict_replay(st, f);
}

static void
notices(struct stage *st, struct foe *f)
{
	struct neg_msg m = { .type = NEG_NOTICE };

	m.u.notice.netid = below(st, 2) == 0
	    ? line_netid(&st->ln, (unsigned)(HONEST + below(st, st->n_honest)))
	    : rng_next(&st->rng) | 1;
	m.u.notice.claim = near(st, coveted(st));
	foe_say(st, f, &m);
}

static void
propose(struct stage *st, struct foe *f, struct claim to)
{
	struct neg_msg m = { .type = NEG_PROPOSE };

	m.u.propose.from = f->d.claim[0];
	m.u.propose.to = to;
	m.u.propose.to.flags = 0;
	m.u.propose.epoch = f->d.epoch;
	foe_say(st, f, &m);
}

static void
proposals(struct stage *st, struct foe *f)
{
	propose(st, f, below(st, 3) == 0 ? random_claim(st) : coveted(st));
}

/* Places are asked for, and never gone to. */
static void
hoard(struct stage *st, struct foe *f)
{
	if (below(st, 4) == 0) {
		claims(f, *place_of_victim(st));
		f->d.netid = rng_next(&st->rng) | 1;
		tell(st, f);
	}
	propose(st, f, random_claim(st));
}

/* ACCEPT, REJECT, MOVED, ABORT, BUSY and REFUSE, whenever it likes. */
static void
out_of_order(struct stage *st, struct foe *f)
{
	static const uint8_t types[] = { NEG_ACCEPT, NEG_REJECT, NEG_ABORT,
		NEG_BUSY, NEG_REFUSE, NEG_MOVED, NEG_PROPOSE };
	struct neg_msg m = { .type = types[below(st, 7)] };

	switch (m.type) {
	case NEG_MOVED:
		tell(st, f);
		return;
	case NEG_BUSY:
		m.u.retry_s = huge(st);
		break;
	case NEG_REFUSE:
	case NEG_ABORT:
		m.u.why = (uint8_t)(1 + below(st, NEG_WHYS - 1));
		break;
	case NEG_REJECT:
		for (; m.n_taken < NEG_TAKEN; m.n_taken++)
			m.taken[m.n_taken] = random_claim(st);
		break;
	default:
		m.u.propose.from = *place_of_victim(st);
		m.u.propose.to = random_claim(st);
		m.u.propose.epoch = f->epoch;
	}
	foe_say(st, f, &m);
}

static void
own_netid(struct stage *st, struct foe *f)
{
	f->d.netid = line_netid(&st->ln, VICTIM);
	if (below(st, 2) == 0)
		claims(f, near(st, coveted(st)));
	tell(st, f);
}

/* An honest peer's name, and its place or a piece of it. */
static void
peer_netid(struct stage *st, struct foe *f)
{
	unsigned i = HONEST + (unsigned)below(st, st->n_honest);
	const struct claim *c = &st->ln.s[i].own.claim[0];

	f->d.netid = line_netid(&st->ln, i);
	if (f->d.netid == 0)
		f->d.netid = 1;
	claims(f, below(st, 3) == 0 ? near(st, *c) : *c);
	tell(st, f);
	if (below(st, 4) == 0)
		propose(st, f, honest_place(st));
}

static void
guess_nonce(struct stage *st, struct foe *f)
{
	struct neg_msg m = { .type = NEG_PROBE_SEEN };

	rng_fill(&st->rng, m.u.nonce, NEG_NONCE);
	if (below(st, 2) == 0)
		memset(m.u.nonce, 0, NEG_NONCE);
	foe_say(st, f, &m);
	if (below(st, 10) == 0)
		foe_desc(st, f, NEG_HELLO);
}

static void
leaving(struct stage *st, struct foe *f)
{
	claims(f, random_claim(st));
	f->d.claim[1] = coveted(st);
	if (!claims_overlap(&f->d.topo, &f->d.claim[0], &f->d.claim[1], NULL)) {
		f->d.n_claims = 2;
		f->d.claim[below(st, 2)].flags = CLAIM_LEAVING;
	}
	tell(st, f);
}

static void
old_epochs(struct stage *st, struct foe *f)
{
	if (below(st, 2) == 0)
		claims(f, near(st, coveted(st)));
	f->d.epoch -= 1 + (uint32_t)below(st, 4);
	foe_desc(st, f, below(st, 2) == 0 ? NEG_HELLO : NEG_MOVED);
}

static void
hello_storm(struct stage *st, struct foe *f)
{
	unsigned i;

	for (i = 0; i < 6; i++)
		foe_desc(st, f, NEG_HELLO);
}

static void
reconnect(struct stage *st, struct foe *f)
{
	foe_down(st, f);
	if (below(st, 4) == 0)
		claims(f, near(st, coveted(st)));
	foe_up(st, f);
}

static void
many_sides(struct stage *st, struct foe *f)
{
	unsigned i = f->n - FOE;

	likes_victim(st, f);
	f->as.dialled = true;
	f->as.group = 1000 + i;
	f->as.source = 1000 + i;
	f->hello = 0;
	f->known[0].netid = 0x5151;
	f->known[0].claim = *place_of_victim(st);
	f->d.n_known = 1;
	if (i > 0) /* the witnesses: it is the same one's */
		f->d.netid = 0x5151;
	f->d.n_known = f->d.netid == 0x5151 ? 0 : 1;
}

static void
one_group(struct stage *st, struct foe *f)
{
	many_sides(st, f);
	f->as.group = 1000;
	f->as.source = 1000;
}

static void
sybils(struct stage *st, struct foe *f)
{
	say_verdict(st, f, VERDICT_REHOOK, MOVE_I);
	if (below(st, 4) == 0)
		foe_desc(st, f, NEG_HELLO);
}

static void
bad_signature(struct stage *st, struct foe *f)
{
	f->bad_sig = below(st, 2) == 0;
	tell(st, f);
}

/* A descriptor that the victim has of somebody else, as it was signed. */
static void
replay_desc(struct stage *st, struct foe *f)
{
	const struct side *v = &st->ln.s[VICTIM];
	unsigned i = (unsigned)below(st, v->n_rec + 1u);

	if (i < v->n_rec && v->rec[i].kind == NEG_REC_NETWORK)
		foe_bytes(st, f, NEG_HELLO, v->rec[i].u.network.desc,
		    v->rec[i].u.network.desc_len, v->rec[i].u.network.sig);
	else
		tell(st, f);
}

/* Signed, and wrong in a byte or two. */
static void
bad_desc(struct stage *st, struct foe *f)
{
	uint8_t buf[NETDESC_MAX];
	struct wr w = wr_of(buf, 8000);
	unsigned n;

	f->d.known = f->d.n_known > 0 ? f->known : NULL;
	if (!netdesc_write(&w, &f->d, 8000))
		return;
	for (n = 1 + (unsigned)below(st, 3); n > 0; n--)
		buf[below(st, w.len)] = (uint8_t)rng_next(&st->rng);
	foe_bytes(st, f, NEG_HELLO, buf, w.len, NULL);
}

static void
bad_parts(struct stage *st, struct foe *f)
{
	uint8_t buf[80];
	size_t len = below(st, sizeof(buf) + 1);

	rng_fill(&st->rng, buf, len);
	if (len > 0)
		buf[0] = (uint8_t)(buf[0] % (NEG_TYPES + 1));
	if (len > 2 && below(st, 2) == 0) {
		buf[1] &= 3;
		buf[2] &= 7;
	}
	line_send(&st->ln, f->n, VICTIM, buf, len);
}

static void
silent(struct stage *st, struct foe *f)
{
	f->silent = below(st, 3) > 0;
	if (!f->silent)
		tell(st, f);
}

static void
other_space(struct stage *st, struct foe *f)
{
	f->d.topo = topology_ntk(below(st, 2) == 0 ? NETDESC_10 : NETDESC_ANY);
	tell(st, f);
	verdicts(st, f);
}

/* Waits for a place whose owner is away. */
static void
cuckoo(struct stage *st, struct foe *f)
{
	unsigned i;

	for (i = 0; i < st->n_honest; i++)
		if (!st->up[i]) {
			claims(f, near(st, st->ln.s[HONEST + i].own.claim[0]));
			if (below(st, 2) == 0)
				f->d.netid = line_netid(&st->ln, HONEST + i);
			tell(st, f);
			return;
		}
	claims(f, random_claim(st));
	tell(st, f);
}

static void
anything(struct stage *st, struct foe *f)
{
	/* The last one is this. */
	attacks[below(st, n_attacks - 1)].act(st, f);
}

static void
as_it_is(struct stage *st, struct foe *f)
{
	(void)st;
	(void)f;
}

const struct attack attacks[] = {
	{ "forged size and age", likes_all, forge_size, 20000 },
	{ "forged stability", likes_all, forge_stable, 20000 },
	{ "forged rehooking, busy", likes_victim, forge_rehooking, 10000 },
	{ "equal claims", likes_all, claim_equal, 30000 },
	{ "inner and outer claims", likes_all, claim_near, 30000 },
	{ "single addresses", likes_all, claim_host, 30000 },
	{ "32 claims", likes_all, claim_32, 30000 },
	{ "known: your place", as_it_is, known_lists, 20000 },
	{ "known: peers in your place", as_it_is, known_peers, 20000 },
	{ "verdicts of no ground", likes_victim, verdicts, 5000 },
	{ "replayed verdicts", likes_victim, verdict_replay, 3000 },
	{ "swapped roles", likes_victim, swap_roles, 10000 },
	{ "notices of third parties", as_it_is, notices, 5000 },
	{ "proposals", likes_victim, proposals, 5000 },
	{ "hoarded places", likes_victim, hoard, 5000 },
	{ "answers to nothing", likes_victim, out_of_order, 3000 },
	{ "the victim's netid", likes_victim, own_netid, 20000 },
	{ "a peer's netid", likes_all, peer_netid, 20000 },
	{ "guessed nonces", likes_victim, guess_nonce, 1000 },
	{ "leaving claims", as_it_is, leaving, 20000 },
	{ "epochs that go back", likes_all, old_epochs, 20000 },
	{ "HELLO storms", likes_all, hello_storm, 2000 },
	{ "reconnects", likes_all, reconnect, 20000 },
	{ "sybils of one group", one_group, sybils, 10000 },
	{ "sybils of many groups", many_sides, sybils, 10000 },
	{ "bad signatures", likes_all, bad_signature, 20000 },
	{ "replayed descriptors", likes_all, replay_desc, 20000 },
	{ "broken descriptors", likes_all, bad_desc, 5000 },
	{ "broken parts", likes_all, bad_parts, 1000 },
	{ "silence", likes_victim, silent, 10000 },
	{ "other address spaces", likes_victim, other_space, 10000 },
	{ "places of the absent", as_it_is, cuckoo, 10000 },
	{ "all of these", likes_all, anything, 5000 },
};
const unsigned n_attacks = sizeof(attacks) / sizeof(attacks[0]);
