/* Where ntkd is: its address, and what it answers when it is asked. */
#include <stdlib.h>

#include "base/rd.h"
#include "ntkd-shim/amb.h"

#define ASK_EVERY_US (30 * (uint64_t)MONO_SEC)
#define ASK_AGAIN_US (10 * (uint64_t)MONO_SEC)
#define ANSWER_US (5 * (uint64_t)MONO_SEC)
#define LOST_US (30 * (uint64_t)MONO_SEC) /* a hook takes 11 s */
#define TELL_US (1 * (uint64_t)MONO_SEC)  /* not more often */
/* ntkd's map is slow to forget; the temporary one goes in a round. */
#define FOREIGN_US (600 * (uint64_t)MONO_SEC)
#define TEMP_FOREIGN_US (60 * (uint64_t)MONO_SEC)

/* --- what is told to vplamad --- */

void
amb_foreign(struct amb *a, const struct amb_ident *i, struct mono now)
{
	struct mono until =
	    mono_add(now, i == a->temp ? TEMP_FOREIGN_US : FOREIGN_US);
	unsigned k;

	a->place.foreign_until[ntk_gid(i->ip, a->top)] = until;
	for (k = 0; k < i->n_claims; k++)
		if (i->claim[k].level <= a->top)
			a->place
			    .foreign_until[i->claim[k].gid[a->top] % NTK_GIDS] =
			    until;
}

/* A peer stands there, or did a short while ago. */
static bool
is_foreign(const struct amb *a, uint8_t gid, struct mono now)
{
	const struct amb_ident *i;
	unsigned k;

	if (mono_before(now, a->place.foreign_until[gid]))
		return true;
	TAILQ_FOREACH (i, &a->idents, entry) {
		if (i->there && ntk_gid(i->ip, a->top) == gid)
			return true;
		for (k = 0; k < i->n_claims; k++)
			if (i->claim[k].level <= a->top &&
			    i->claim[k].gid[a->top] == gid)
				return true;
	}
	return false;
}

/* One comes there through the mesh, without any tunnel of ours. */
static bool
is_reached(const struct amb *a, uint8_t gid, struct mono now)
{
	const struct ntk_gnode *g = &a->place.map.at[a->top - 1][gid];
	unsigned k;

	if (!g->known || g->ours || is_foreign(a, gid, now))
		return false;
	for (k = 0; k < g->n_gateways; k++)
		if (!is_foreign(a, g->gateway[k], now))
			return true;
	return g->n_gateways == 0;
}

static void
add_claim(const struct amb *a, struct netdesc *d, unsigned gid)
{
	struct claim c = amb_claim_of(amb_home(a), a->top);
	const struct amb_place *pl = &a->place;

	c.gid[a->top] = (uint16_t)gid;
	if (d->n_claims >= NETDESC_CLAIMS || !claim_allowed(&a->topo, &c))
		return;
	if (d->n_claims > 0 && pl->has_left &&
	    claims_equal(&a->topo, &c, &pl->left))
		c.flags = CLAIM_LEAVING;
	d->claim[d->n_claims++] = c;
}

static uint32_t
plus(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* In another gnode than ours: as it says, but one at least. */
static uint32_t
gnode_nodes(const struct ntk_gnode *g)
{
	if (!g->known || g->ours)
		return 0;
	return g->gcount > 0 ? g->gcount : 1;
}

/*
 * What is in our gnode, as the maps show it, when both are there. ntkd's own
 * count still has what the last rehook made it believe: never too few.
 */
static uint32_t
count_nodes(const struct amb *a)
{
	const struct amb_place *pl = &a->place;
	uint32_t home = amb_home(a) & 0xffffff00, n = 0;
	unsigned l, k;

	if (!pl->has_map || !pl->has_near)
		return pl->has_round ? pl->round.gcount[a->top - 1] : 1;
	for (k = 0; k < NTK_GIDS; k++)
		n += pl->near.known[k] && amb_ident_at(a, home | k) == NULL;
	for (l = 0; l + 1 < a->top; l++)
		for (k = 0; k < NTK_GIDS; k++)
			n = plus(n, gnode_nodes(&pl->map.at[l][k]));
	return n;
}

static struct netdesc
describe(const struct amb *a, struct mono now)
{
	const struct amb_place *pl = &a->place;
	struct netdesc d = { .topo = a->topo, .flags = NETDESC_MOVABLE };
	unsigned k, own = ntk_gid(amb_home(a), a->top);

	for (k = 0; k < NTK_LEVELS; k++)
		d.gid[k] = ntk_gid(amb_home(a), k);
	d.nodes = count_nodes(a);
	add_claim(a, &d, own);
	for (k = 0; pl->has_map && k < NTK_GIDS; k++)
		if (k != own && is_reached(a, (uint8_t)k, now)) {
			add_claim(a, &d, k);
			d.nodes = plus(
			    d.nodes, gnode_nodes(&pl->map.at[a->top - 1][k]));
		}
	if (d.nodes == 0)
		d.nodes = 1;
	return d;
}

static void
tell(struct amb *a, struct mono now)
{
	struct amb_place *pl = &a->place;
	struct netdesc d = describe(a, now);

	pl->hold = MONO_NEVER;
	pl->lost = MONO_NEVER;
	if (pl->told && d.nodes == pl->desc.nodes &&
	    netdesc_same_place(&d, &pl->desc))
		return;
	if (netdesc_check(&d, NETDESC_MESH) != NULL)
		return; /* an address that no gnode may have */
	pl->told = true;
	pl->desc = d;
	pl->hold = mono_add(now, TELL_US);
	a->io.mesh_netdesc(a->io.arg, &d);
}

void
amb_place_gone(struct amb *a)
{
	struct amb_place *pl = &a->place;

	pl->has_round = pl->has_map = pl->has_near = false;
	pl->hold = pl->lost = MONO_NEVER;
	if (pl->told && a->mesh)
		a->io.mesh_netdesc(a->io.arg, NULL);
	pl->told = false;
}

/* --- how ntkd is asked --- */

static bool
may_ask(const struct amb *a)
{
	return amb_home(a) != 0 && a->wire != 0;
}

static void
ask(struct amb *a, uint8_t op, enum ask_step step)
{
	struct amb_place *pl = &a->place;
	uint8_t out[NTK_SMALL];
	size_t n;

	pl->step = step;
	pl->ask_id = amb_random(a);
	n = ntk_write_plain(a->wire, op, NTK_ACK_WANTED, pl->ask_id, out);
	a->io.tcp_send(a->io.arg, pl->conn, out, n);
}

static void
ask_start(struct amb *a, struct mono now)
{
	struct amb_conn *c = amb_conn_new(a, CONN_ASK, 0, amb_home(a));

	a->place.ask_at = mono_add(now, ANSWER_US);
	if (c == NULL)
		return;
	a->place.conn = c->id;
	a->place.step = ASK_GREETING;
	a->io.tcp_connect(a->io.arg, c->id, 0, c->remote);
}

void
amb_ask_greeted(struct amb *a, struct mono now)
{
	a->place.ask_at = mono_add(now, ANSWER_US);
	ask(a, NTK_GET_QSPN_ROUND, ASK_ROUND);
}

static void
ask_done(struct amb *a, struct mono now)
{
	uint32_t conn = a->place.conn;

	a->place.conn = 0;
	a->place.step = ASK_NOTHING;
	amb_conn_close(a, conn, now);
	a->place.ask_at = mono_add(now, ASK_EVERY_US);
	a->place.hold = now;
	amb_place_tick(a, now);
	amb_rehook_tick(a, now); /* it may have waited for that */
}

void
amb_place_ask(struct amb *a, struct mono now)
{
	if (a->place.step == ASK_EXT || a->place.step == ASK_INT)
		return; /* the round has only just come */
	a->place.fresh = false;
	if (a->place.conn != 0)
		return;
	a->place.ask_at = now;
	amb_place_tick(a, now);
}

static void
got_round(struct amb *a, struct rd *r, struct mono now)
{
	struct ntk_qspn_round q;

	if (ntk_qspn_round_parse(r, a->wire, &q)) {
		a->place.round = q;
		a->place.has_round = a->place.fresh = true;
	}
	a->place.ask_at = mono_add(now, ANSWER_US);
	ask(a, NTK_GET_EXT_MAP, ASK_EXT);
}

/* A map that cannot be read is none: then the last one is too old. */
static void
got_ext(struct amb *a, struct rd *r, struct mono now)
{
	a->place.has_map = ntk_ext_map_parse(r, a->wire, &a->place.map);
	a->place.ask_at = mono_add(now, ANSWER_US);
	ask(a, NTK_GET_INT_MAP, ASK_INT);
}

static void
got_int(struct amb *a, struct rd *r, struct mono now)
{
	a->place.has_near = ntk_int_map_parse(r, a->wire, &a->place.near);
	ask_done(a, now);
}

void
amb_ask_input(struct amb *a, const struct ntk_packet *pkt, struct mono now)
{
	struct amb_place *pl = &a->place;
	uint8_t *body;
	struct rd r;
	size_t len;

	if (pkt->id != pl->ask_id)
		return;
	body = ntk_unpack(pkt, &len);
	if (body == NULL)
		return;
	r = rd_of(body, len);
	if (pl->step == ASK_ROUND && pkt->op == NTK_PUT_QSPN_ROUND)
		got_round(a, &r, now);
	else if (pl->step == ASK_EXT && pkt->op == NTK_PUT_EXT_MAP)
		got_ext(a, &r, now);
	else if (pl->step == ASK_INT && pkt->op == NTK_PUT_INT_MAP)
		got_int(a, &r, now);
	free(body);
}

/* Without its last answer no more is known than what it counts itself. */
void
amb_ask_closed(struct amb *a, struct mono now)
{
	if (a->place.step == ASK_INT && a->place.has_near) {
		a->place.has_near = false;
		if (a->place.told)
			a->place.hold = now;
	}
	a->place.conn = 0;
	a->place.step = ASK_NOTHING;
	a->place.ask_at = mono_add(now, ASK_AGAIN_US);
}

/* --- events --- */

/* A little time for the answers, so that one word tells all. */
static void
settle_in(struct amb *a, struct mono now)
{
	a->place.ask_at = now;
	a->place.hold = mono_add(now, ANSWER_US);
	a->place.lost = MONO_NEVER;
	amb_place_tick(a, now);
}

void
amb_place_moved(struct amb *a, uint32_t before, struct mono now)
{
	struct amb_place *pl = &a->place;

	if (amb_home(a) == before)
		return;
	amb_unseen(a);
	pl->has_round = pl->has_map = pl->has_near = false;
	if (amb_home(a) != 0)
		settle_in(a, now);
	else if (pl->told)
		pl->lost = mono_add(now, LOST_US);
}

void
amb_place_heard(struct amb *a, struct mono now)
{
	bool first = mono_is_never(a->place.heard);

	a->place.heard = now;
	if (first && amb_home(a) != 0)
		settle_in(a, now);
}

void
amb_place_tick(struct amb *a, struct mono now)
{
	struct amb_place *pl = &a->place;

	if (may_ask(a) && mono_due(pl->ask_at, now)) {
		if (pl->conn != 0)
			amb_conn_close(a, pl->conn, now); /* no answer */
		else
			ask_start(a, now);
	}
	if (a->mesh && amb_home(a) != 0 && mono_due(pl->hold, now))
		tell(a, now);
	if (mono_due(pl->lost, now))
		amb_place_gone(a);
}

struct mono
amb_place_deadline(const struct amb *a)
{
	const struct amb_place *pl = &a->place;
	struct mono at = pl->lost;

	if (may_ask(a))
		at = mono_min(at, pl->ask_at);
	if (a->mesh && amb_home(a) != 0)
		at = mono_min(at, pl->hold);
	return at;
}
