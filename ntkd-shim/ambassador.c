#include "ntkd-shim/ambassador.h"

#include <string.h>

#include "base/xmem.h"
#include "ntkd-shim/amb.h"

#define SILENT_US (60 * (uint64_t)MONO_SEC) /* radar comes every 5 s */

struct amb *
amb_new(const struct amb_config *cfg, const struct amb_io *io)
{
	struct amb *a = xcalloc(1, sizeof(*a));
	struct claim any = { 0 };

	a->cfg = *cfg;
	a->io = *io;
	a->wire = cfg->wire;
	a->topo = topology_ntk(cfg->class);
	a->top = claim_top(&a->topo, &any);
	TAILQ_INIT(&a->idents);
	LIST_INIT(&a->conns);
	STAILQ_INIT(&a->known);
	heap_init(&a->replies);
	a->place.heard = MONO_NEVER;
	a->place.hold = a->place.lost = MONO_NEVER;
	a->rehook.drop = MONO_NEVER;
	return a;
}

/* Everything that only we hold; what others hold they drop themselves. */
void
amb_free(struct amb *a)
{
	struct amb_ident *i;

	if (a == NULL)
		return;
	while ((i = TAILQ_FIRST(&a->idents)) != NULL) {
		TAILQ_REMOVE(&a->idents, i, entry);
		amb_queue_drop(i);
		free(i);
	}
	amb_conns_fini(a);
	amb_radar_fini(a);
	amb_known_fini(a);
	free(a);
}

uint32_t
amb_random(struct amb *a)
{
	uint32_t v;

	a->io.random(a->io.arg, &v, sizeof(v));
	return v;
}

struct claim
amb_claim_of(uint32_t ip, unsigned level)
{
	struct claim c = { .level = (uint8_t)level };
	unsigned k;

	for (k = level; k < NTK_LEVELS; k++)
		c.gid[k] = ntk_gid(ip, k);
	return c;
}

/* Not one that a hooking daemon borrows. */
static bool
is_home(const struct amb *a, uint32_t ip)
{
	struct claim c = amb_claim_of(ip, a->top);

	return ip >> 8 != 0x0a0000 && claim_allowed(&a->topo, &c);
}

uint32_t
amb_home(const struct amb *a)
{
	return mono_is_never(a->place.heard) || !is_home(a, a->place.addr)
	    ? 0
	    : a->place.addr;
}

struct amb_ident *
amb_ident_at(const struct amb *a, uint32_t ip)
{
	struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->there && i->ip == ip)
			return i;
	return NULL;
}

struct amb_ident *
amb_ident_new(struct amb *a, uint32_t peer)
{
	struct amb_ident *i = xcalloc(1, sizeof(*i));

	i->peer = peer;
	STAILQ_INIT(&i->queue);
	TAILQ_INSERT_TAIL(&a->idents, i, entry);
	a->n_idents++;
	return i;
}

static void
unseen(struct amb_ident *i)
{
	i->answered = i->seen = false;
	amb_queue_drop(i);
}

void
amb_unseen(struct amb *a)
{
	struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		unseen(i);
}

/* Connections go with the address: the other half has closed them. */
static void
take_away(struct amb *a, struct amb_ident *i, struct mono now)
{
	if (!i->there)
		return;
	i->there = false;
	amb_foreign(a, i, now);
	amb_conns_forget(a, i->ip);
	i->line = 0;
	i->line_up = false;
	unseen(i);
	a->io.identity_del(a->io.arg, i->ip);
}

void
amb_ident_free(struct amb *a, struct amb_ident *i, struct mono now)
{
	take_away(a, i, now);
	TAILQ_REMOVE(&a->idents, i, entry);
	a->n_idents--;
	amb_queue_drop(i);
	free(i);
}

void
amb_settle(struct amb *a, struct mono now)
{
	struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->ip == a->place.addr)
			take_away(a, i, now);
	TAILQ_FOREACH (i, &a->idents, entry) {
		if (i->there || i->ip == 0 || i->ip == a->place.addr ||
		    amb_ident_at(a, i->ip) != NULL)
			continue;
		i->there = true;
		i->line_at = now;
		i->backoff_us = 0;
		a->io.identity_add(a->io.arg, i->ip);
	}
}

void
amb_ntkd_addr(struct amb *a, uint32_t ip, struct mono now)
{
	struct amb_place *pl = &a->place;
	uint32_t before = amb_home(a);

	if (ip == pl->addr)
		return;
	pl->addr = ip;
	if (ip != 0)
		amb_conns_close_others(a, ip, now);
	amb_settle(a, now);
	amb_place_moved(a, before, now);
	amb_rehook_addr(a, now);
}

void
amb_ntkd_gone(struct amb *a, struct mono now)
{
	a->place.addr = 0;
	a->place.heard = MONO_NEVER;
	a->wire = a->cfg.wire;
	amb_conns_close_others(a, 0, now);
	amb_unseen(a);
	amb_place_gone(a);
}

/* No word from ntkd for long: it may hang, and then it is as good as gone. */
static void
check_silence(struct amb *a, struct mono now)
{
	if (mono_is_never(a->place.heard) ||
	    mono_since(a->place.heard, now) < SILENT_US)
		return;
	a->place.heard = MONO_NEVER;
	amb_unseen(a);
	amb_place_gone(a);
}

static struct amb_ident *
find_peer(const struct amb *a, uint32_t peer)
{
	struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->peer == peer && i != a->temp)
			return i;
	return NULL;
}

static struct amb_ident *
get_peer(struct amb *a, uint32_t peer)
{
	struct amb_ident *i = find_peer(a, peer);

	return i != NULL || a->n_idents >= AMB_PEERS ? i
						     : amb_ident_new(a, peer);
}

void
amb_mesh_up(struct amb *a, struct mono now)
{
	a->mesh = true;
	if (a->place.told || mono_is_never(a->place.hold))
		a->place.hold = now;
	a->place.told = false;
	amb_place_tick(a, now);
}

void
amb_mesh_down(struct amb *a, struct mono now)
{
	struct amb_ident *i;

	a->mesh = false;
	do { /* each takes several away */
		i = TAILQ_FIRST(&a->idents);
		if (i != NULL && i == a->temp)
			i = TAILQ_NEXT(i, entry);
		if (i != NULL)
			amb_peer_down(a, i->peer, now);
	} while (i != NULL);
}

void
amb_peer_rtt(struct amb *a, uint32_t peer, uint32_t rtt_us, struct mono now)
{
	struct amb_ident *i = get_peer(a, peer);

	(void)now;
	for (; i != NULL; i = TAILQ_NEXT(i, entry))
		if (i->peer == peer)
			i->rtt_us = rtt_us;
}

/* Does the address stand for a claim of the peer besides its first? */
static bool
is_wanted(const struct amb_ident *first, const uint32_t *extra, unsigned n,
    uint32_t ip)
{
	while (n-- > 0)
		if (extra[n] == ip)
			return first->ip != 0;
	return false;
}

static bool
has_extra(const struct amb *a, uint32_t peer, uint32_t ip)
{
	const struct amb_ident *i;

	TAILQ_FOREACH (i, &a->idents, entry)
		if (i->extra && i->peer == peer && i->ip == ip)
			return true;
	return false;
}

/*
 * A neighbour in each further gnode that the peer claims, by the lower bytes
 * of its address: ntkd withdraws at once what a neighbour is gone of, and what
 * it was merely told of it keeps for minutes.
 */
static void
set_extras(struct amb *a, const struct amb_ident *first, const uint32_t *extra,
    unsigned n, struct mono now)
{
	struct amb_ident *i, *next;
	unsigned k;

	for (i = TAILQ_FIRST(&a->idents); i != NULL; i = next) {
		next = TAILQ_NEXT(i, entry);
		if (i->extra && i->peer == first->peer &&
		    !is_wanted(first, extra, n, i->ip))
			amb_ident_free(a, i, now);
	}
	for (k = 0; first->ip != 0 && k < n; k++) {
		if (has_extra(a, first->peer, extra[k]) ||
		    a->n_idents >= AMB_PEERS)
			continue;
		i = amb_ident_new(a, first->peer);
		i->extra = true;
		i->ip = extra[k];
		i->rtt_us = first->rtt_us;
	}
}

void
amb_peer_down(struct amb *a, uint32_t peer, struct mono now)
{
	struct amb_ident *i = find_peer(a, peer);

	if (i == NULL)
		return;
	if (i->n_claims > 0)
		a->io.route_set(a->io.arg, peer, NULL, 0);
	set_extras(a, i, NULL, 0, now);
	amb_ident_free(a, i, now);
	amb_settle(a, now); /* another may have waited for this address */
}

static struct prefix
prefix_of(const struct claim *c)
{
	struct prefix p = { .family = PREFIX_IPV4 };
	unsigned k;

	p.bits = (uint8_t)(8 * (NTK_LEVELS - c->level));
	for (k = c->level; k < NTK_LEVELS; k++)
		p.a[NTK_LEVELS - 1 - k] = (uint8_t)c->gid[k];
	return p;
}

/* The address of its vnode, when that lies under what may be routed to it. */
static uint32_t
peer_ip(
    const struct amb *a, const uint16_t *gid, const struct claim *c, unsigned n)
{
	struct claim whole = { .level = 0 };
	unsigned i, k;
	uint32_t ip = 0;

	for (k = 0; k < NTK_LEVELS; k++) {
		whole.gid[k] = gid[k];
		ip |= (uint32_t)gid[k] << 8 * k;
	}
	for (i = 0; i < n; i++)
		if (claims_overlap(&a->topo, &whole, &c[i], NULL))
			return ip;
	return 0;
}

uint32_t
amb_under(const struct claim *c, uint32_t ip)
{
	unsigned k;

	for (k = c->level; k < NTK_LEVELS; k++)
		ip = (ip & ~(UINT32_C(0xff) << 8 * k)) |
		    (uint32_t)c->gid[k] << 8 * k;
	return ip;
}

static void
set_identity(struct amb *a, struct amb_ident *i, uint32_t ip,
    const struct claim *c, unsigned n, struct mono now)
{
	uint32_t extra[NETDESC_CLAIMS];
	unsigned k, n_extra = 0;

	if (i->there)
		amb_foreign(a, i, now); /* for what it had claimed */
	if (ip != i->ip)
		take_away(a, i, now);
	i->ip = ip;
	i->n_claims = n;
	if (n > 0)
		memcpy(i->claim, c, n * sizeof(*c));
	for (k = 0; k < n; k++)
		if (amb_under(&c[k], ip) != ip)
			extra[n_extra++] = amb_under(&c[k], ip);
	set_extras(a, i, extra, n_extra, now);
	amb_settle(a, now);
}

void
amb_route(struct amb *a, uint32_t peer, const struct topology *topo,
    const uint16_t *gid, const struct claim *c, unsigned n, struct mono now)
{
	struct prefix p[NETDESC_CLAIMS];
	struct amb_ident *i = get_peer(a, peer);
	unsigned k;

	if (i == NULL)
		return;
	if (n > NETDESC_CLAIMS || (n > 0 && !topology_equal(topo, &a->topo)))
		n = 0;
	for (k = 0; k < n; k++)
		p[k] = prefix_of(&c[k]);
	set_identity(a, i, n > 0 ? peer_ip(a, gid, c, n) : 0, c, n, now);
	a->io.route_set(a->io.arg, peer, p, n);
}

void
amb_tick(struct amb *a, struct mono now)
{
	struct amb_ident *i;

	check_silence(a, now);
	amb_radar_tick(a, now);
	amb_known_tick(a, now);
	TAILQ_FOREACH (i, &a->idents, entry)
		amb_line_tick(a, i, now);
	amb_place_tick(a, now);
	amb_rehook_tick(a, now);
}

struct mono
amb_deadline(const struct amb *a)
{
	struct mono at = amb_radar_deadline(a);
	const struct amb_ident *i;

	if (!mono_is_never(a->place.heard))
		at = mono_min(at, mono_add(a->place.heard, SILENT_US));
	TAILQ_FOREACH (i, &a->idents, entry)
		at = mono_min(at, amb_line_deadline(a, i));
	at = mono_min(at, amb_place_deadline(a));
	return mono_min(at, amb_rehook_deadline(a));
}
