#include "vplamad/place.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmem.h"
#include "core/negotiate.h"
#include "core/route.h"
#include "io/meshprobe.h"
#include "neg/space.h"
#include "vplamad/memory.h"
#include "vplamad/rehooker.h"
#include "vplamad/vplamad.h"

static struct neg_config
neg_config(const struct config *cfg)
{
	return (struct neg_config){
		.policy = (enum rehook_policy)cfg->rehook,
		.rule = (enum verdict_rule)cfg->rehook_rule,
		.stable = (enum neg_stable)cfg->stable,
		.max_nodes = cfg->rehook_max_nodes,
		.netid = cfg->netid,
	};
}

/* Of option claim, which has been checked. */
static struct netdesc
claimed(const struct config *cfg)
{
	struct netdesc d = { .topo = topology_plain(), .nodes = cfg->nodes };
	unsigned i;
	int n;

	if (cfg->rehook_hook[0] != '\0')
		d.flags = NETDESC_MOVABLE;
	for (i = 0; i < cfg->given[OPT_claim].n; i++) {
		n = claims_from_prefix(&cfg->claim[i], d.claim + d.n_claims,
		    (unsigned)(NETDESC_CLAIMS - d.n_claims));
		d.n_claims = (uint8_t)(d.n_claims + (n > 0 ? n : 0));
	}
	return d;
}

static void
tell_place(struct vplamad *d, struct turn *t)
{
	const struct netdesc *desc = &d->place.desc;

	negotiate_place(&d->core, desc->n_claims > 0 ? desc : NULL, t);
}

/* A growing list for negotiate_avoid(); without memory it is none at all. */
struct avoid {
	struct neg_taken *t;
	size_t n;
	bool failed;
};

static void
avoid_add(struct avoid *av, const struct prefix *p, size_t n, uint32_t peer)
{
	struct neg_taken *more;
	size_t i;

	if (n == 0 || av->failed)
		return;
	more = try_reallocarray(av->t, av->n + n, sizeof(*more));
	if (more == NULL) {
		av->failed = true;
		return;
	}
	av->t = more;
	for (i = 0; i < n; i++)
		av->t[av->n++] = (struct neg_taken){ p[i], peer };
}

/* An address of a device is ours; what its network holds may be agreed on. */
static void
avoid_devices(struct avoid *av, const struct config *cfg)
{
	unsigned i, k;

	for (i = 0; i < cfg->n_devices; i++)
		for (k = 0; k < cfg->devices[i].given[DEV_OPT_address].n; k++) {
			struct prefix p = cfg->devices[i].address[k];

			p.bits = (uint8_t)(8 * prefix_alen(p.family));
			avoid_add(av, &p, 1, ROUTE_LOCAL);
		}
}

/*
 * What is this very host's or configured goes before what peers agree on.
 * Without memory what was told holds, and the next turn tries again.
 */
static void
tell_avoid(struct vplamad *d, struct turn *t)
{
	struct avoid av = { .n = 0 };
	const struct node *n;

	avoid_devices(&av, &d->cfg);
	avoid_add(&av, d->cfg.prefix, d->cfg.given[OPT_prefix].n, ROUTE_LOCAL);
	TAILQ_FOREACH (n, &d->nodes, link)
		avoid_add(&av, n->conf.prefix, n->conf.given[PEER_OPT_prefix].n,
		    n->id);
	d->place.avoid_changed =
	    av.failed || !negotiate_avoid(&d->core, av.t, av.n, t);
	free(av.t);
}

static void
on_routes(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	struct vplamad *d = arg;

	routes_set(d->routes, peer, p, n);
}

static const char *
name_of(const struct vplamad *d, const uint8_t key[NEG_KEY])
{
	const struct peer *p;

	TAILQ_FOREACH (p, &d->core.peers, link)
		if (memcmp(p->cfg.ed_pk, key, NEG_KEY) == 0)
			return p->cfg.name;
	return "unknown";
}

/* Every demand is told with its key: whoever looks for it later needs that. */
static void
log_demand(const struct vplamad *d, const struct neg_record *rec)
{
	char key[KEY_TEXT], text[CLAIM_TEXT];

	key_format(rec->u.demand.key, key);
	log_info("rehook %u: peer=%s key=%s claim=%s state=%s why=%s",
	    rec->u.demand.id, name_of(d, rec->u.demand.key), key,
	    claim_format(&rec->u.demand.topo, &rec->u.demand.from, text),
	    demand_state_name(rec->u.demand.state),
	    rec->u.demand.why != 0 ? neg_why_name(rec->u.demand.why) : "none");
}

static void
on_save(void *arg, const struct neg_record *rec)
{
	struct vplamad *d = arg;
	struct memory_buf buf;
	struct store_rec row;

	if (rec->kind == NEG_REC_DEMAND)
		log_demand(d, rec);
	if (!memory_to_store(rec, clock_wall(), &row, &buf))
		log_debug("memory: a record of kind %d makes no sense",
		    (int)rec->kind);
	else if (d->keep != NULL) /* what decides who may move is not lost */
		keep_put(d->keep, &row,
		    rec->kind == NEG_REC_NETWORK ? KEEP_LATE : KEEP_NOW);
}

static void
on_probe(void *arg, const struct addr *to, const uint8_t nonce[NEG_NONCE])
{
	struct vplamad *d = arg;

	if (d->place.probe != NULL)
		(void)meshprobe_send(
		    d->place.probe, to, nonce, loop_turn(d->loop)->now);
}

static void
on_heard(void *arg, const struct addr *from,
    const uint8_t nonce[MESHPROBE_NONCE], struct turn *t)
{
	struct vplamad *d = arg;

	negotiate_nonce(&d->core, from, nonce, t);
}

/* Which of the claims it is, or NULL. */
static struct claim *
find_claim(struct netdesc *desc, const struct claim *c)
{
	unsigned i;

	for (i = 0; i < desc->n_claims; i++)
		if (claims_equal(&desc->topo, &desc->claim[i], c))
			return &desc->claim[i];
	return NULL;
}

/* The program has moved us: until the configuration says otherwise. */
static void
take_move(struct vplamad *d, struct turn *t)
{
	struct claim *c = find_claim(&d->place.desc, &d->place.from);

	if (c != NULL)
		*c = d->place.to;
	tell_place(d, t);
}

static void
on_moved(void *arg, uint32_t id, bool ok, struct turn *t)
{
	struct vplamad *d = arg;

	if (!ok) {
		negotiate_move_failed(&d->core, id, t);
		return;
	}
	take_move(d, t);
	if (find_claim(&d->place.file, &d->place.from) != NULL)
		log_warnx("our gnode has moved; change option claim as "
			  "rehook-hook has told, or the next start is at the "
			  "old addresses");
}

static void
on_rehook(void *arg, uint32_t id, const struct prefix *from,
    const struct prefix *to, uint32_t count)
{
	struct vplamad *d = arg;
	char a[PREFIX_TEXT], b[PREFIX_TEXT];
	const struct rehooker_order o = { id, prefix_format(from, a),
		prefix_format(to, b), count };
	int rc;

	if (claims_from_prefix(from, &d->place.from, 1) != 1 ||
	    claims_from_prefix(to, &d->place.to, 1) != 1)
		return; /* they were claims: one is one again */
	log_info(
	    "rehook %u: from %s to %s by %s", id, a, b, d->cfg.rehook_hook);
	rc = rehooker_run(d->place.rehooker, d->cfg.rehook_hook, REHOOKER_MS,
	    &o, on_moved, d);
	if (rc < 0) {
		log_warnx(
		    "rehook-hook %s: %s", d->cfg.rehook_hook, strerror(-rc));
		d->place.failed = id; /* not from within the core */
	}
}

static void
on_rehook_stop(void *arg, uint32_t id)
{
	struct vplamad *d = arg;

	rehooker_stop(d->place.rehooker, id);
}

/* A reservation that is over is no fault. */
bool
place_row(void *arg, const struct store_rec *row, int64_t now)
{
	struct vplamad *d = arg;
	struct neg_record rec;

	if (!memory_from_store(row, now, &rec))
		return row->kind == STORE_RESERVE;
	negotiate_restore(&d->core, &rec, loop_turn(d->loop));
	return true;
}

static void
open_probe(struct vplamad *d, struct mono now)
{
	const struct meshprobe_handler h = { d, on_heard };
	unsigned n = d->cfg.given[OPT_mesh_interface].n;

	if (n > 0)
		d->place.probe = meshprobe_new(
		    d->loop, &d->priv, d->cfg.mesh_interface, n, &h, now);
}

void
place_open(struct vplamad *d, struct turn *t)
{
	const struct negotiate_io io = {
		.arg = d,
		.routes = on_routes,
		.rehook = on_rehook,
		.rehook_stop = on_rehook_stop,
		.probe = on_probe,
		.save = on_save,
	};
	const struct neg_config nc = neg_config(&d->cfg);

	d->place.rehooker = rehooker_new(d->loop);
	open_probe(d, t->now);
	negotiate_start(&d->core, &nc, &io);
}

void
place_begin(struct vplamad *d, struct turn *t)
{
	d->place.desc = d->place.file = claimed(&d->cfg);
	tell_avoid(d, t);
	tell_place(d, t);
}

void
place_close(struct vplamad *d)
{
	rehooker_free(d->place.rehooker);
	meshprobe_free(d->place.probe);
	memset(&d->place, 0, sizeof(d->place));
}

/* Where a move has left us holds until other claims are configured. */
static void
take_file(struct vplamad *d)
{
	struct netdesc *desc = &d->place.desc, file = claimed(&d->cfg);

	if (!netdesc_same_place(&d->place.file, &file))
		*desc = file;
	desc->nodes = file.nodes;
	desc->flags = file.flags;
	d->place.file = file;
}

void
place_reload(struct vplamad *d, struct turn *t)
{
	const struct neg_config nc = neg_config(&d->cfg);

	negotiate_set_config(&d->core, &nc, t);
	tell_avoid(d, t);
	take_file(d);
	tell_place(d, t);
}

void
place_peer(struct vplamad *d, const struct node *n, struct turn *t)
{
	struct peer *p = core_peer_by_id(&d->core, n->id);

	if (p != NULL)
		negotiate_trust(&d->core, p, n->conf.trust_renumber != 0, t);
}

void
place_prefixes(struct vplamad *d)
{
	d->place.avoid_changed = true;
}

void
place_act(struct vplamad *d, struct turn *t)
{
	uint32_t id = d->place.failed;

	if (d->place.avoid_changed)
		tell_avoid(d, t);
	d->place.failed = 0;
	if (id != 0)
		negotiate_move_failed(&d->core, id, t);
	if (mono_due(meshprobe_deadline(d->place.probe), t->now))
		meshprobe_tick(d->place.probe, t->now);
}

struct mono
place_deadline(const struct vplamad *d)
{
	return meshprobe_deadline(d->place.probe);
}
