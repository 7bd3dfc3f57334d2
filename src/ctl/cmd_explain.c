#include <stdio.h>
#include <string.h>

#include "core/exchange.h"
#include "core/negotiate.h"
#include "core/session.h"
#include "core/peer_send.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "neg/space.h"
#include "wire/ctlmsg.h"

/* Initiations that a slow or lossy path may well have eaten. */
#define FEW_TRIES 3

/* What led the tunnel into itself, or would have, may still be so. */
#define RECURSION_FRESH_US (300 * MONO_SEC)

/* What the rules look at. */
struct view {
	const struct core *core;
	const struct peer *peer;
	struct mono now;
	struct json_object *names; /* configured endpoints, see ctl_host */
	unsigned n_devices;
	size_t n_names, n_failed; /* n_failed: look-ups that found nothing */
	bool has_link;		  /* addresses are negotiated with it */
	struct neg_link_view link;
	const char *refused; /* why there is no kernel route; NULL: there is */
};

/*
 * A cookie came after the last handshake, and it serves for the newest
 * initiation: the peer's daemon was there lately and could check our mac1.
 */
static bool
cookie_came(const struct peer *p)
{
	struct mono came = cookie_last(p->dial.cookies);

	return came.us != 0 &&
	    mono_since(came, p->dial.last) < COOKIE_LIFE_S * MONO_SEC &&
	    (p->handshake_wall_ms == 0 || mono_before(p->handshake_at, came));
}

static bool
in_itself(const struct view *k)
{
	return k->peer->recursion_at.us != 0 &&
	    mono_since(k->peer->recursion_at, k->now) < RECURSION_FRESH_US;
}

static bool
inside(const struct view *k)
{
	const struct guard *g = k->peer->guard;

	return k->peer->state != PEER_VRNODE && g != NULL && g->at.us != 0 &&
	    mono_since(g->at, k->now) < RECURSION_FRESH_US;
}

static bool
covering(const struct view *k)
{
	return k->peer->unrouted;
}

static bool
no_suite(const struct view *k)
{
	return k->core->aead.suites == 0;
}

static bool
silent_tunnel(const struct view *k)
{
	return k->peer->state == PEER_VRNODE && k->peer->probes > 0;
}

static bool
link_is(const struct view *k, enum neg_state s)
{
	return k->has_link && k->link.state == s;
}

static bool
held(const struct view *k)
{
	return link_is(k, NEG_HELD);
}

static bool
held_by_peer(const struct view *k)
{
	return held(k) && k->link.why_peer;
}

static bool
held_unable(const struct view *k)
{
	return held(k) && k->link.why == NEG_WHY_CANNOT;
}

/* Agreed on, and the kernel does not take it. */
static bool
unrouted(const struct view *k)
{
	return k->has_link && k->refused != NULL;
}

static bool
partial(const struct view *k)
{
	return link_is(k, NEG_PARTIAL);
}

static bool
topology(const struct view *k)
{
	return link_is(k, NEG_TOPO);
}

static bool
moving(const struct view *k)
{
	return link_is(k, NEG_MOVING) || link_is(k, NEG_RESERVED);
}

/* A gnode that takes no part says nothing, and that is no fault. */
static bool
negotiating(const struct view *k)
{
	return k->has_link && k->link.desc != NULL && k->link.state < NEG_UP;
}

static bool
stranger(const struct view *k)
{
	return k->peer->state == PEER_VRNODE &&
	    !trust_carries(k->core, k->peer, FRAME_DATA);
}

static bool
no_mesh(const struct view *k)
{
	return k->peer->state == PEER_VRNODE && !k->core->mesh_up &&
	    k->n_devices == 0;
}

static bool
live(const struct view *k)
{
	return k->peer->state == PEER_VRNODE;
}

static bool
confirming(const struct view *k)
{
	return peer_session(k->peer) != NULL;
}

static bool
no_address(const struct view *k)
{
	return k->peer->n_ep == 0 && !k->peer->dial.active;
}

static bool
unresolved(const struct view *k)
{
	return no_address(k) && k->n_failed > 0;
}

static bool
resolving(const struct view *k)
{
	return no_address(k) && k->n_names > 0;
}

static bool
passive(const struct view *k)
{
	return no_address(k) && !k->peer->ever_live;
}

static bool
cookie_only(const struct view *k)
{
	return k->peer->dial.active && k->peer->dial.tries > FEW_TRIES &&
	    cookie_came(k->peer);
}

static bool
dead(const struct view *k)
{
	return k->peer->state == PEER_DEAD;
}

static bool
just_begun(const struct view *k)
{
	return k->peer->dial.active && k->peer->dial.tries <= FEW_TRIES;
}

static bool
no_answer(const struct view *k)
{
	return k->peer->dial.active;
}

static bool
gone(const struct view *k)
{
	return k->peer->ever_live;
}

static bool
always(const struct view *k)
{
	(void)k;
	return true;
}

/* The first that holds decided. */
static const struct rule {
	const char *id;
	bool (*holds)(const struct view *k);
	const char *text;
	const char *option; /* of the peer's block or of the file, or NULL */
	const char *change; /* what to do */
} rules[] = {
	{ "recursion", in_itself,
	    "The route to the peer's endpoint leads into a device of this "
	    "node: what the tunnel sends comes back to be sent through it, and "
	    "is dropped. A mesh route covers the endpoint.",
	    "mark",
	    "Set mark, with a routing rule that sends marked packets by a "
	    "table without mesh routes, or bind-device (Loops in "
	    "mesh-daemons.md)." },
	{ "endpoint-in-mesh", inside,
	    "An endpoint of the peer is an address of the mesh: in a prefix "
	    "that is ours or goes to a peer (mesh_prefix below). A tunnel "
	    "through the mesh would lead into itself, so none goes there.",
	    "endpoint",
	    "Correct the endpoint or the prefix; if the way there is not "
	    "through the mesh, set bind-device or mark." },
	{ "silent", silent_tunnel,
	    "The tunnel is up, but the peer has stopped answering: probes are "
	    "on their way, and it is dead when 45 of them had no answer.",
	    NULL, "Nothing here: look at the line and at the peer's daemon." },
	{ "stranger", stranger,
	    "The tunnel is up, but the peer is a stranger: nobody here has "
	    "named it, and by the mode of trust it is no member. It gets lists "
	    "of vnodes; packets do not pass.",
	    "open-transit",
	    "Give it a peer block, or set open-transit or another trust." },
	{ "route-covers-endpoint", covering,
	    "The tunnel is up; what the peer asks for covers the endpoint of "
	    "a tunnel, or of a vnode that is known there (route_covers "
	    "below), which a route would cut off. That is not routed, the "
	    "rest is.",
	    "bind-device",
	    "Ask the peer's operator whose addresses these are; with "
	    "bind-device or mark they can be routed." },
	{ "addresses-held-by-peer", held_by_peer,
	    "The tunnel is up; addresses of both gnodes overlap and the peer's "
	    "does not move. What overlaps is not routed, the rest is.",
	    NULL,
	    "Ask the peer's operator (rehook list there), or give our gnode "
	    "other addresses." },
	{ "addresses-held-unable", held_unable,
	    "The tunnel is up; addresses of both gnodes overlap, and ours has "
	    "no way to move. What overlaps is not routed, the rest is.",
	    "rehook-hook",
	    "Set rehook-hook to a program that moves our gnode, or change "
	    "claim." },
	{ "addresses-held", held,
	    "The tunnel is up; addresses of both gnodes overlap and nobody has "
	    "moved. What overlaps is not routed, the rest is.",
	    "rehook",
	    "See rehook plan PEER, and approve in rehook list what waits "
	    "there, "
	    "or give one of the gnodes other addresses." },
	{ "route-refused", unrouted,
	    "The tunnel is up and addresses are agreed on, but the kernel does "
	    "not take a route to them (route_refused below).",
	    "route-metric",
	    "Remove the route that is in the way, or set route-metric or "
	    "route-table." },
	{ "addresses-partial", partial,
	    "The tunnel is up; a part of the addresses overlaps with those of "
	    "a third gnode and is not routed.",
	    NULL, "One of the two that overlap has to move." },
	{ "other-address-space", topology,
	    "The tunnel is up, but the gnodes live in address spaces of "
	    "different kinds: there are no routes between them.",
	    "claim", "Both need mesh daemons, or claims, of the same kind." },
	{ "moving", moving,
	    "The tunnel is up, and one of the gnodes is moving to addresses "
	    "that suit both; routes follow.",
	    NULL, "Wait some minutes." },
	{ "negotiating", negotiating,
	    "The tunnel is up, and both sides are about to agree on their "
	    "addresses; routes follow.",
	    NULL, "Wait some seconds." },
	{ "no-mesh-daemon", no_mesh,
	    "The tunnel is up, but this node has no device, and no mesh daemon "
	    "is connected to its mesh socket, so nothing travels through it.",
	    "mesh-socket",
	    "Add a device block, or let the mesh daemon use this socket." },
	{ "live", live, "The tunnel is up and carries packets.", NULL,
	    "Nothing: this works." },
	{ "no-suite", no_suite,
	    "This node has no cipher suite to offer: no handshake can succeed.",
	    NULL, "Install a libsodium that has ChaCha20-Poly1305." },
	{ "confirming", confirming,
	    "The handshake succeeded, and nothing has come through the tunnel "
	    "since: it counts as live with the first packet.",
	    NULL,
	    "Wait some seconds; if it stays so, something on the way drops "
	    "what is no handshake." },
	{ "name-unresolved", unresolved,
	    "No address to dial: a name among the endpoints does not resolve, "
	    "or to no address that a peer can be at (endpoint_configured "
	    "below).",
	    "endpoint", "Correct the name, or write the address itself." },
	{ "resolving", resolving,
	    "No address to dial yet: the look-up of the peer's name goes on.",
	    "endpoint", "Wait; if it stays so, write the address itself." },
	{ "waiting-for-peer", passive,
	    "No endpoint of this peer is known: it has to dial us, and has not "
	    "done so with the key we know.",
	    "endpoint", "Add an endpoint, or check the key at the peer." },
	{ "not-accepted", cookie_only,
	    "The peer's daemon is there, with the key and in the network that "
	    "we expect (it sent cookies), but accepts no handshake: it does "
	    "not know our public key, or holds another pair key.",
	    "pair-psk-file",
	    "At the peer: add a peer block with our public key. At both: the "
	    "same pair-psk-file, or none." },
	{ "dead", dead,
	    "The tunnel was up, then the peer answered nothing for 35 seconds "
	    "(50 when idle), nor any initiation since.",
	    "endpoint",
	    "Nothing if the peer is down; else check where it is now." },
	{ "dialling", just_begun,
	    "Dialling has just begun: no answer to the first initiations yet.",
	    NULL, "Wait some seconds and ask again." },
	{ "no-answer", no_answer,
	    "Nothing at all came back. A vplamad says nothing when its key or "
	    "its network is another one or when it does not know our key; a "
	    "firewall, a wrong port or no daemon look the same.",
	    "endpoint",
	    "Check endpoint and public-key of the peer, network (and "
	    "network-key-file) at both ends, our key at the peer, UDP in both "
	    "firewalls." },
	{ "gone", gone,
	    "There was a tunnel and it is over: the peer closed it, or nobody "
	    "needed it. We are not dialling now.",
	    "endpoint", "Add an endpoint if this node should dial again." },
	{ "never-answered", always,
	    "The peer never completed a handshake with us, and the next "
	    "initiation is not due yet.",
	    "endpoint", "Wait for the next initiation and ask again." },
};

static const struct rule *
decide(const struct view *k)
{
	const struct rule *r = rules;

	while (!r->holds(k))
		r++;
	return r;
}

/* "" when the look-up brought addresses or has not ended. */
static const char *
name_error(struct json_object *name)
{
	struct json_object *v = json_object_object_get(name, "error");

	return v == NULL ? "" : json_object_get_string(v);
}

static void
fact(struct json_object *facts, const char *what, struct json_object *value)
{
	struct json_object *o = json_object_new_object();

	put_str(o, "what", what);
	json_object_object_add(o, "value", value);
	json_object_array_add(facts, o);
}

static void
fact_u64(struct json_object *facts, const char *what, uint64_t v)
{
	fact(facts, what, json_object_new_uint64(v));
}

static void
fact_str(struct json_object *facts, const char *what, const char *s)
{
	fact(facts, what, json_object_new_string(s));
}

static void
fact_ago(struct json_object *facts, const char *what, struct mono at,
    const struct view *k)
{
	fact_u64(facts, what, mono_since(at, k->now) / MONO_SEC);
}

static void
facts_names(struct json_object *facts, const struct view *k)
{
	size_t i;

	for (i = 0; i < k->n_names; i++) {
		struct json_object *n = json_object_array_get_idx(k->names, i);

		fact(facts, "endpoint_configured", json_object_get(n));
	}
}

static void
facts_tunnel(struct json_object *facts, const struct view *k)
{
	const struct peer *p = k->peer;
	const struct session *s = peer_session(p);
	char text[ADDR_TEXT];

	if (p->has_path)
		fact_str(facts, "endpoint_in_use",
		    addr_format(&p->path.remote, text));
	if (s != NULL) {
		fact_str(facts, "dialled_by", p->dialled ? "us" : "peer");
		fact_str(facts, "suite", suite_text(s->ops->suite));
		fact_u64(facts, "mtu", peer_mtu(k->core, p));
	}
	if (p->handshake_wall_ms != 0)
		fact_ago(facts, "handshake_age_seconds", p->handshake_at, k);
	if (p->stats.rx_packets != 0)
		fact_ago(facts, "last_heard_seconds", p->last_rx, k);
	fact_u64(facts, "probes_unanswered", p->probes);
	fact_u64(facts, "rtt_us", p->rtt_us);
	fact_u64(facts, "deaths", p->stats.deaths);
	if (p->recursion_at.us != 0)
		fact_ago(facts, "recursion_seen_seconds", p->recursion_at, k);
}

static void
facts_guard(struct json_object *facts, const struct view *k)
{
	const struct guard *g = k->peer->guard;
	char at[ADDR_TEXT], text[PREFIX_TEXT];

	if (g == NULL)
		return;
	if (g->at.us != 0) {
		fact_str(facts, "endpoint_refused", addr_format(&g->ep, at));
		fact_str(facts, "mesh_prefix",
		    g->mesh.bits > 0 ? prefix_format(&g->mesh, text) : "ours");
		fact_ago(facts, "endpoint_refused_seconds", g->at, k);
	}
	if (k->peer->unrouted) {
		fact_str(facts, "route_covers", addr_format(&g->covers, at));
		fact_str(
		    facts, "prefix_not_routed", prefix_format(&g->route, text));
	}
}

static void
facts_addresses(struct json_object *facts, const struct view *k)
{
	const struct neg_link_view *l = &k->link;
	char text[CLAIM_TEXT];
	unsigned i;

	if (!k->has_link)
		return;
	fact_str(facts, "addresses", neg_state_name(l->state));
	for (i = 0; l->desc != NULL && i < l->desc->n_claims; i++)
		fact_str(facts, "claimed_by_peer",
		    claim_format(&l->desc->topo, &l->desc->claim[i], text));
	if (l->has_verdict)
		fact_str(facts, "addresses_because", l->verdict.why);
	if (k->refused != NULL)
		fact_str(facts, "route_refused", k->refused);
	if (l->why != 0)
		fact_str(facts, l->why_peer ? "peer_refuses" : "we_refuse",
		    neg_why_name(l->why));
}

static void
facts_dial(struct json_object *facts, const struct view *k)
{
	const struct peer *p = k->peer;
	struct mono next = p->deadline[TM_DIAL];

	if (!p->dial.active)
		return;
	fact_ago(facts, "dialling_seconds", p->dial.began, k);
	fact_u64(facts, "initiations_sent", p->dial.tries);
	fact_str(facts, "cookie_reply", cookie_came(p) ? "came" : "none");
	if (!mono_is_never(next))
		fact_u64(facts, "next_initiation_ms",
		    mono_since(k->now, next) / MONO_MS);
}

static struct json_object *
facts_json(const struct view *k)
{
	struct json_object *facts = json_object_new_array();
	const struct peer *p = k->peer;

	fact_str(facts, "state", peer_state_name(p->state));
	fact_str(facts, "origin", peer_origin_name(p->origin));
	fact_str(facts, "class", trust_class_name(trust_class(k->core, p)));
	fact_ago(facts, "state_seconds", p->since, k);
	fact(
	    facts, "mesh_connected", json_object_new_boolean(k->core->mesh_up));
	fact_u64(facts, "devices", k->n_devices);
	facts_names(facts, k);
	fact_u64(facts, "addresses_known", p->n_ep);
	facts_tunnel(facts, k);
	facts_guard(facts, k);
	facts_addresses(facts, k);
	facts_dial(facts, k);
	return facts;
}

static struct json_object *
rule_json(const struct rule *r)
{
	struct json_object *o = json_object_new_object();

	put_str(o, "id", r->id);
	put_str(o, "text", r->text);
	return o;
}

static struct json_object *
config_json(
    const struct ctl_call *call, const struct peer *p, const struct rule *r)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *o = json_object_new_object();
	struct ctl_origin at = { 0 };

	if (!host->peer_origin(host->arg, p, r->option, &at) ||
	    at.file == NULL) {
		json_object_object_add(o, "file", NULL);
		json_object_object_add(o, "line", NULL);
	} else {
		put_str(o, "file", at.file);
		json_object_object_add(o, "line",
		    at.line == 0 ? NULL : json_object_new_int(at.line));
	}
	if (r->option == NULL)
		json_object_object_add(o, "option", NULL);
	else
		put_str(o, "option", r->option);
	put_str(o, "change", r->change);
	return o;
}

static const char *
route_refused(const struct ctl_host *host, const struct neg_link_view *l)
{
	const char *why = NULL;
	struct prefix p;
	unsigned i;

	for (i = 0; i < l->n_routes && why == NULL; i++)
		if (claim_prefix(&l->desc->topo, &l->route[i], &p))
			why = host->route_why(host->arg, &p);
	return why;
}

static void
gather(struct view *k, const struct ctl_call *call, const struct peer *p)
{
	const struct ctl_host *host = call->ctl->host;
	size_t i;
	unsigned no;

	*k = (struct view){ .core = call->ctl->core,
		.peer = p,
		.now = call->t->now,
		.names = host->peer_names(host->arg, p) };
	for (no = 0; no < k->core->n_port; no++)
		k->n_devices += k->core->port[no] != NULL;
	if (negotiate_neg(k->core) != NULL)
		k->has_link =
		    neg_show_link(negotiate_neg(k->core), p->id, &k->link);
	if (k->has_link)
		k->refused = route_refused(host, &k->link);
	if (k->names != NULL)
		k->n_names = json_object_array_length(k->names);
	for (i = 0; i < k->n_names; i++)
		if (name_error(json_object_array_get_idx(k->names, i))[0] !=
		    '\0')
			k->n_failed++;
}

struct json_object *
cmd_explain(struct ctl_call *call)
{
	const struct peer *p = call_peer(call);
	const struct rule *r;
	struct json_object *o;
	struct view k;

	if (p == NULL)
		return NULL;
	gather(&k, call, p);
	r = decide(&k);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", p->id);
	put_str(o, "name", p->cfg.name);
	json_object_object_add(o, "rule", rule_json(r));
	json_object_object_add(o, "facts", facts_json(&k));
	json_object_object_add(o, "config", config_json(call, p, r));
	json_object_put(k.names);
	return o;
}
