/*
 * ntkd is moved by its own rules: a gnode that claims more nodes than its own
 * speaks to it, from an address in the path where it is to go; it hooks again,
 * and there is only that one to hook at.
 */
#include <string.h>

#include "base/wr.h"
#include "base/xmem.h"
#include "ntkd-shim/amb.h"

#define END_US (60 * (uint64_t)MONO_SEC)
#define RING_US (20 * (uint64_t)MONO_SEC) /* more for each doubling */
#define AGAIN_US (20 * (uint64_t)MONO_SEC)
#define STAY_US (20 * (uint64_t)MONO_SEC) /* after the hook, for its scans */
#define ROUND_AGE_S 100			  /* any: no round is under way there */

static const char *const why_name[] = {
	[AMB_WHY_TIMEOUT] = "timeout",
	[AMB_WHY_ABSENT] = "absent",
	[AMB_WHY_PATH] = "path",
	[AMB_WHY_ASTRAY] = "astray",
};

const char *
amb_why_name(enum amb_why why)
{
	return (unsigned)why < sizeof(why_name) / sizeof(why_name[0])
	    ? why_name[why]
	    : "?";
}

bool
amb_rehooking(const struct amb *a)
{
	return a->rehook.on;
}

/* --- the hook, as the gnode there would serve it --- */

/* The other of the two that are offered; at least two have to be. */
static uint8_t
beside(uint8_t gid)
{
	return (gid ^ 1) == 0 ? 2 : (uint8_t)(gid ^ 1);
}

static void
offer(struct ntk_free_nodes *fn, uint8_t gid)
{
	fn->bitmap[gid / 8] |= (uint8_t)(1 << gid % 8);
	fn->nodes++;
}

/* ntkd may keep the last byte of its address, or take the one beside it. */
static void
put_free_nodes(struct amb *a, struct wr *w)
{
	uint32_t ip = a->temp->ip;
	uint8_t own = ntk_gid(a->rehook.old, 0);
	struct ntk_free_nodes fn = { .ipstart = ip & ~UINT32_C(0xff),
		.level = 1,
		.gid = ntk_gid(ip, 1) };

	offer(&fn, own);
	offer(&fn, beside(own));
	ntk_free_nodes_write(w, &fn);
}

static void
put_round(struct amb *a, struct wr *w)
{
	struct ntk_qspn_round q = { 0 };
	unsigned i;

	for (i = 0; i < NTK_LEVELS; i++)
		q.sec[i] = ROUND_AGE_S;
	for (i = 0; i < NTK_COUNTS; i++)
		q.gcount[i] = a->rehook.gcount;
	ntk_qspn_round_write(w, a->wire, &q);
}

static void
put_ext_map(struct amb *a, struct wr *w)
{
	ntk_ext_map_write(w, a->wire, a->temp->ip, 1);
}

static void
put_int_map(struct amb *a, struct wr *w)
{
	ntk_int_map_write(w, a->wire, ntk_gid(a->temp->ip, 0));
}

static void
put_bnode_map(struct amb *a, struct wr *w)
{
	ntk_bnode_map_write(w, a->wire);
}

static const struct {
	uint8_t get, put, flags;
	void (*body)(struct amb *a, struct wr *w);
} answers[] = {
	{ NTK_GET_FREE_NODES, NTK_PUT_FREE_NODES, NTK_HOOKING, put_free_nodes },
	{ NTK_GET_QSPN_ROUND, NTK_PUT_QSPN_ROUND, NTK_HOOKING, put_round },
	{ NTK_GET_EXT_MAP, NTK_PUT_EXT_MAP, 0, put_ext_map },
	{ NTK_GET_INT_MAP, NTK_PUT_INT_MAP, 0, put_int_map },
	{ NTK_GET_BNODE_MAP, NTK_PUT_BNODE_MAP, 0, put_bnode_map },
};

void
amb_hook_serve(struct amb *a, uint32_t conn, const struct ntk_packet *pkt)
{
	uint8_t *body = xmalloc(NTK_MAP_MAX), *out = xmalloc(NTK_PACKET_MAX);
	struct wr b = wr_of(body, NTK_MAP_MAX), w = wr_of(out, NTK_PACKET_MAX);
	struct ntk_head head = { .id = pkt->id };
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].get != pkt->op)
			continue;
		answers[i].body(a, &b);
		head.op = answers[i].put;
		head.flags = answers[i].flags;
		head.size = b.len;
		ntk_put_head(&w, a->wire, &head);
		wr_bytes(&w, body, b.len);
		a->io.tcp_send(a->io.arg, conn, out, w.len);
	}
	free(body);
	free(out);
}

/* --- the command --- */

static void
drop_temp(struct amb *a, struct mono now)
{
	a->rehook.drop = MONO_NEVER;
	if (a->temp != NULL)
		amb_ident_free(a, a->temp, now);
	a->temp = NULL;
	amb_settle(a, now);
}

static void
failed(struct amb *a, enum amb_why why, struct mono now)
{
	a->rehook.on = false;
	drop_temp(a, now);
	a->io.rehook_failed(a->io.arg, a->rehook.id, why);
}

/* In the path to, as near to ntkd's own address as can be, but not it. */
static uint32_t
temp_ip(struct amb *a, const struct claim *to)
{
	uint32_t ip = amb_under(to, a->rehook.old & 0xffffff00);
	uint8_t last, own = ntk_gid(a->rehook.old, 0);

	do
		last = (uint8_t)(1 + amb_random(a) % 254);
	while (last == own || last == beside(own));
	return ip | last;
}

static bool
is_own_claim(const struct amb *a, const struct claim *c)
{
	struct claim own = amb_claim_of(amb_home(a), a->top);

	return claims_equal(&a->topo, &own, c);
}

static bool
path_fits(const struct amb *a, const struct topology *topo,
    const struct claim *from, const struct claim *to)
{
	return topology_equal(topo, &a->topo) && is_own_claim(a, from) &&
	    to->level == a->top && claim_allowed(topo, to) &&
	    !claims_equal(topo, from, to);
}

static unsigned
doublings(uint32_t nodes)
{
	unsigned n = 0;

	while (n < 32 && UINT64_C(1) << n < (uint64_t)nodes + 1)
		n++;
	return n;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void
begin(struct amb *a, const struct claim *from, const struct claim *to,
    uint32_t count, struct mono now)
{
	struct amb_rehook *rh = &a->rehook;
	uint32_t nodes = a->place.told ? a->place.desc.nodes : 1, most;

	rh->on = true;
	rh->old = a->place.addr;
	rh->from = *from;
	rh->to = *to;
	rh->arrived = false;
	rh->again = now;
	rh->drop = MONO_NEVER;
	rh->end = mono_add(now, END_US + RING_US * doublings(nodes));
	/* More than ntkd believes its own to be. */
	most = larger(count, larger(nodes, a->place.round.gcount[a->top - 1]));
	rh->gcount = most < UINT32_MAX ? most + 1 : most;
	a->temp = amb_ident_new(a, 0);
	a->temp->ip = temp_ip(a, to);
	amb_settle(a, now);
	amb_place_ask(a, now); /* which round is it? */
}

/* To a newer one. ntkd may be hooking: what it hooks at stays for that. */
static void
give_way(struct amb *a, struct mono now)
{
	a->rehook.on = false;
	a->rehook.drop = mono_add(now, STAY_US);
}

void
amb_rehook(struct amb *a, uint32_t id, const struct topology *topo,
    const struct claim *from, const struct claim *to, uint32_t count,
    struct mono now)
{
	if (a->rehook.on)
		give_way(a, now);
	if (amb_home(a) == 0)
		a->io.rehook_failed(a->io.arg, id, AMB_WHY_ABSENT);
	else if (!path_fits(a, topo, from, to))
		a->io.rehook_failed(a->io.arg, id, AMB_WHY_PATH);
	else {
		drop_temp(a, now); /* of the last one */
		a->rehook.id = id;
		begin(a, from, to, count, now);
	}
}

void
amb_rehook_addr(struct amb *a, struct mono now)
{
	struct amb_rehook *rh = &a->rehook;
	uint32_t home = amb_home(a);

	if (a->place.has_left && home != 0 && is_own_claim(a, &a->place.left))
		a->place.has_left = false; /* back again */
	if (!rh->on || rh->arrived || home == 0 || home == rh->old)
		return;
	if (!is_own_claim(a, &rh->to)) {
		failed(a, AMB_WHY_ASTRAY, now);
		return;
	}
	rh->arrived = true;
	a->place.left = rh->from;
	a->place.has_left = true;
	amb_rehook_tick(a, now);
}

/* Done once vplamad has been told of the new place. */
static void
check_arrived(struct amb *a, struct mono now)
{
	struct amb_rehook *rh = &a->rehook;
	struct claim at = amb_claim_of(rh->old, a->top);

	if (!a->place.told || amb_home(a) == 0)
		return;
	memcpy(at.gid, a->place.desc.gid, sizeof(at.gid));
	if (!claims_equal(&a->topo, &at, &rh->to))
		return;
	rh->on = false;
	rh->drop = mono_add(now, STAY_US);
	a->io.rehook_done(a->io.arg, rh->id);
}

/* ntkd can be told, and has not moved yet. */
static bool
may_close(const struct amb *a)
{
	return a->temp->seen && a->place.fresh && !a->rehook.arrived &&
	    amb_home(a) == a->rehook.old;
}

void
amb_rehook_tick(struct amb *a, struct mono now)
{
	struct amb_rehook *rh = &a->rehook;
	uint32_t *round = &a->place.round.id[a->top];

	if (mono_due(rh->drop, now))
		drop_temp(a, now);
	if (!rh->on)
		return;
	if (rh->arrived)
		check_arrived(a, now);
	if (rh->on && mono_due(rh->end, now)) {
		failed(a, AMB_WHY_TIMEOUT, now);
	} else if (rh->on && may_close(a) && mono_due(rh->again, now)) {
		rh->again = mono_add(now, AGAIN_US);
		amb_speak_close(a, a->temp, ++*round, rh->gcount, now);
	}
}

struct mono
amb_rehook_deadline(const struct amb *a)
{
	const struct amb_rehook *rh = &a->rehook;
	struct mono at = rh->drop;

	if (!rh->on)
		return at;
	at = mono_min(at, rh->end);
	if (may_close(a))
		at = mono_min(at, rh->again);
	return at;
}
