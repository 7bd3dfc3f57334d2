#include "neg/past.h"

#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "neg/times.h"

#define FLAP_S 600u
#define REFUSE_S 3600u
#define FORGIVE_S 3600u

void
past_init(struct past *m, const uint8_t secret[16])
{
	htab_init(
	    &m->tab, HTAB_KEY_OFF(struct network, node, key), NEG_KEY, secret);
	TAILQ_INIT(&m->all);
}

static void
drop(struct past *m, struct network *n)
{
	htab_del(&m->tab, &n->node);
	TAILQ_REMOVE(&m->all, n, all);
	free(n->claim);
	free(n->desc);
	free(n);
}

void
past_fini(struct past *m)
{
	while (!TAILQ_EMPTY(&m->all))
		drop(m, TAILQ_FIRST(&m->all));
	htab_fini(&m->tab);
}

/* Who was here for a shorter time, then who was not seen for longer. */
static bool
worth_less(const struct network *a, const struct network *b)
{
	if (a->uptime != b->uptime)
		return a->uptime < b->uptime;
	return mono_before(a->seen, b->seen);
}

/* Makes room: crowds of newcomers must not drive out whom we know. */
static void
make_room(struct past *m)
{
	struct network *n, *old = NULL;

	if (m->tab.n < PAST_MAX)
		return;
	TAILQ_FOREACH (n, &m->all, all)
		if (!n->linked && (old == NULL || worth_less(n, old)))
			old = n;
	if (old != NULL)
		drop(m, old);
}

struct network *
past_get(struct past *m, const uint8_t key[NEG_KEY], struct mono now)
{
	struct hnode *h = htab_find(&m->tab, key);
	struct network *n;

	if (h != NULL)
		return CONTAINER_OF(h, struct network, node);
	make_room(m);
	n = try_calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	memcpy(n->key, key, NEG_KEY);
	n->seen = n->counted = now;
	htab_add(&m->tab, &n->node);
	TAILQ_INSERT_TAIL(&m->all, n, all);
	return n;
}

static void
forget(struct network *n)
{
	free(n->claim);
	free(n->desc);
	n->claim = NULL;
	n->desc = NULL;
	n->n_claims = 0;
	n->len = 0;
}

static void
take_claims(struct network *n, const struct netdesc *d)
{
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if ((d->claim[i].flags & CLAIM_LEAVING) == 0)
			n->claim[n->n_claims++] = d->claim[i];
}

static bool
same_claims(const struct network *n, const struct netdesc *d)
{
	unsigned i, k, same = 0;

	if (!topology_equal(&n->topo, &d->topo) || n->n_claims != d->n_claims)
		return false;
	for (i = 0; i < n->n_claims; i++)
		for (k = 0; k < d->n_claims; k++)
			same +=
			    claims_equal(&d->topo, &n->claim[i], &d->claim[k]);
	return same == n->n_claims;
}

bool
network_desc(struct network *n, const struct netdesc *d, const uint8_t *bytes,
    size_t len, const uint8_t sig[NEG_SIG])
{
	bool same = n->desc != NULL && n->len == len &&
	    memcmp(n->desc, bytes, len) == 0;

	if (same)
		return false;
	if (n->netid != d->netid)
		n->uptime = 0; /* another gnode: what we knew was not of it */
	n->netid = d->netid;
	n->agreed = n->agreed && same_claims(n, d);
	n->topo = d->topo;
	forget(n);
	n->claim = try_calloc(d->n_claims, sizeof(*n->claim));
	n->desc = try_malloc(len);
	if (n->claim == NULL || n->desc == NULL) {
		forget(n);
		return false;
	}
	take_claims(n, d);
	memcpy(n->desc, bytes, len);
	n->len = len;
	memcpy(n->sig, sig, NEG_SIG);
	return true;
}

void
network_record(const struct network *n, struct neg_record *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = NEG_REC_NETWORK;
	memcpy(ret->u.network.key, n->key, NEG_KEY);
	ret->u.network.netid = n->netid;
	/* Of these claims: the next life knows no other ones. */
	ret->u.network.uptime = n->agreed ? n->uptime : 0;
	ret->u.network.desc = n->desc;
	ret->u.network.desc_len = n->len;
	memcpy(ret->u.network.sig, n->sig, NEG_SIG);
}

void
network_died(struct network *n, struct mono now)
{
	n->death[n->next_death] = now;
	n->next_death = (n->next_death + 1) % PAST_FLAPS;
}

bool
network_flaps(const struct network *n, struct mono now)
{
	struct mono oldest = n->death[n->next_death];

	return oldest.us != 0 &&
	    mono_since(oldest, now) < FLAP_S * (uint64_t)MONO_SEC;
}

/* Who sins now and then is not who does nothing else. */
static void
forgive(struct network *n, struct mono now)
{
	const uint64_t one = FORGIVE_S * (uint64_t)MONO_SEC;
	uint64_t all = mono_since(n->sinned, now) / one;

	n->points = all < n->points ? n->points - (unsigned)all : 0;
	n->sinned = n->points == 0 ? now : mono_add(n->sinned, all * one);
}

bool
network_sinned(struct network *n, struct mono now)
{
	forgive(n, now);
	if (++n->points < PAST_POINTS)
		return false;
	n->points = 0;
	n->refuse_until = mono_add(now, REFUSE_S * (uint64_t)MONO_SEC);
	return true;
}

/*
 * At most as long as it was here, so that nobody fills all places with gnodes
 * that last an hour each.
 */
struct mono
network_kept_until(const struct network *n)
{
	uint32_t s = n->uptime < PAST_KEPT_S ? n->uptime : PAST_KEPT_S;

	if (!n->agreed || n->routed || n->uptime < NEG_STABLE_S)
		return (struct mono){ 0 };
	return mono_add(n->seen, s * (uint64_t)MONO_SEC);
}

bool
network_kept(const struct network *n, struct mono now)
{
	return mono_before(now, network_kept_until(n));
}
