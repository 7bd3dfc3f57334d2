/* Our own record: what it says, when it is signed anew. */
#include <string.h>

#include "core/core.h"
#include "core/ex.h"
#include "core/negotiate.h"
#include "core/trial.h"
#include "crypto/sign.h"
#include "neg/space.h"

#define OWN_LIFE_S 86400u

static unsigned
add_addr(struct addr *to, unsigned n, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (addr_equal(&to[i], a))
			return n;
	if (n < RECORD_ENDPOINTS && addr_routable(a))
		to[n++] = *a;
	return n;
}

/*
 * Where a peer sees us, when that is what we have ourselves: it has told us,
 * or it dialled an address of ours that no NAT would translate to.
 */
static bool
is_seen(const struct peer *p)
{
	if (p->state != PEER_VRNODE || p->path.local.port == 0)
		return false;
	if (p->reflexive.port == 0)
		return !p->dialled && !addr_is_private(&p->path.local);
	return !p->behind_nat && addr_equal(&p->reflexive, &p->path.local);
}

static void
look_around(struct core *c)
{
	struct exchange *ex = c->ex;
	struct addr seen[RECORD_ENDPOINTS];
	const struct peer *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &c->peers, link)
		if (is_seen(p))
			n = add_addr(seen, n, &p->path.local);
	if (n == 0)
		return; /* nobody says otherwise */
	memcpy(ex->seen, seen, n * sizeof(*seen));
	ex->n_seen = n;
}

static uint8_t
load(const struct core *c)
{
	unsigned max = c->ex->cfg.trust.max_peers, n = trial_count(c);

	if (max == 0)
		return RECORD_LOAD_UNKNOWN;
	return (uint8_t)(n < max ? 100 * n / max : 100);
}

/* Where our gnode is; a mesh daemon knows better than the configuration. */
static void
add_place(const struct core *c, struct record *r, struct mono now)
{
	struct neg_self_view v;
	struct prefix p;
	unsigned i;

	if (c->neg == NULL)
		return;
	neg_show_self(negotiate_neg(c), &v, now);
	if (v.stable)
		r->flags |= RECORD_STABLE;
	if (v.own == NULL)
		return;
	for (r->n_prefix = 0, i = 0; i < v.own->n_claims; i++)
		if (r->n_prefix < RECORD_PREFIXES &&
		    claim_prefix(&v.own->topo, &v.own->claim[i], &p) &&
		    prefix_routable(&p))
			r->prefix[r->n_prefix++] = p;
}

static void
fill(const struct core *c, struct record *r, struct mono now)
{
	const struct exchange *ex = c->ex;

	*r = ex->cfg.self.about;
	memcpy(r->key, c->id.ed_pk, KEY_LEN);
	r->caps = c->caps;
	r->life = OWN_LIFE_S;
	add_place(c, r, now);
	if (r->n_ep > 0)
		return;
	memcpy(r->ep, ex->seen, ex->n_seen * sizeof(*r->ep));
	r->n_ep = ex->n_seen;
}

/* By a clock that is none, what was signed by one that was stays young. */
static bool
is_young(const struct record *own, uint64_t wall)
{
	if (wall < RECORD_EPOCH && own->issued >= RECORD_EPOCH)
		return true;
	return wall + RECORD_SKEW_S >= own->issued &&
	    wall < own->issued + OWN_LIFE_S / 2;
}

/* Does the one that was signed say the same, and is it young? */
static bool
is_current(const struct exchange *ex, struct record *r, uint64_t wall)
{
	uint8_t raw[RECORD_MAX];
	size_t len;

	if (ex->own_len == 0 || !is_young(&ex->own, wall))
		return false;
	r->seq = ex->own.seq;
	r->issued = ex->own.issued;
	r->load = ex->own.load; /* changes all the time */
	len = record_write(r, raw);
	return len + RECORD_SIG == ex->own_len &&
	    memcmp(raw, ex->own_raw, len) == 0;
}

void
exchange_refresh(struct core *c, struct turn *t)
{
	struct exchange *ex = c->ex;
	struct record r;
	uint64_t seq;
	size_t len;

	look_around(c);
	fill(c, &r, t->now);
	if (is_current(ex, &r, t->wall_ms / 1000))
		return;
	/* No clock that went back makes it older than what others have. */
	seq = t->wall_ms > c->stamp_ms ? t->wall_ms : c->stamp_ms;
	r.seq = seq > ex->own.seq ? seq : ex->own.seq + 1;
	r.issued = t->wall_ms / 1000;
	r.load = load(c);
	len = record_write(&r, ex->own_raw);
	if (len == 0) {
		ex->own_len = 0;
		return;
	}
	identity_sign(&c->id, SIGN_RECORD, c->net.netid, ex->own_raw, len,
	    ex->own_raw + len);
	ex->own_len = len + RECORD_SIG;
	ex->own = r;
	tell_own(c, t);
}

/* A thousand may come at once: one that sees what others see is not news. */
void
exchange_refresh_by(struct core *c, const struct peer *p, struct turn *t)
{
	const struct exchange *ex = c->ex;
	struct addr seen[RECORD_ENDPOINTS];

	memcpy(seen, ex->seen, ex->n_seen * sizeof(*seen));
	if (ex->own_len == 0 ||
	    (is_seen(p) &&
		add_addr(seen, ex->n_seen, &p->path.local) > ex->n_seen))
		exchange_refresh(c, t);
}

bool
exchange_own(const struct core *c, struct record *ret, uint8_t raw[RECORD_MAX],
    size_t *ret_len)
{
	const struct exchange *ex = c->ex;

	if (ex == NULL || ex->own_len == 0 || ex->own.n_ep == 0)
		return false;
	*ret = ex->own;
	memcpy(raw, ex->own_raw, ex->own_len);
	*ret_len = ex->own_len;
	return true;
}
