/* What the core reports: one line in the log, and the control's monitors. */
#include <stdio.h>

#include "base/xmem.h"
#include "core/negotiate.h"
#include "core/trust.h"
#include "neg/space.h"
#include "vplamad/vplamad.h"

#define EVENT_ROOM (96u * 1024u) /* more than any event is as JSON */

static const char *
yes_no(bool b)
{
	return b ? "yes" : "no";
}

static const char *
path_text(const struct peer *p, char buf[static ADDR_TEXT])
{
	if (!p->has_path)
		return "none";
	return addr_format(&p->path.remote, buf);
}

static void
log_state(struct vplamad *d, const struct peer *p)
{
	char buf[ADDR_TEXT];

	(void)d;
	log_info("peer %s: state=%s endpoint=%s dialled=%s", p->cfg.name,
	    peer_state_name(p->state), path_text(p, buf), yes_no(p->dialled));
}

static void
log_endpoint(struct vplamad *d, const struct peer *p)
{
	char buf[ADDR_TEXT];

	(void)d;
	log_info("peer %s: endpoint=%s", p->cfg.name, path_text(p, buf));
}

static void
log_session(struct vplamad *d, const struct peer *p)
{
	(void)d;
	log_debug(
	    "peer %s: session=new dialled=%s", p->cfg.name, yes_no(p->dialled));
}

static void
log_dial(struct vplamad *d, const struct peer *p)
{
	(void)d;
	log_debug("peer %s: dial=%u", p->cfg.name, p->dial.tries);
}

/* Its name has only the beginning of its key. */
static void
log_class(struct vplamad *d, const struct peer *p)
{
	char key[KEY_TEXT] = "unknown";

	if (p->ed_known)
		key_format(p->cfg.ed_pk, key);
	log_info("peer %s: class=%s key=%s", p->cfg.name,
	    trust_class_name(trust_class(&d->core, p)), key);
}

static void
log_revoked(struct vplamad *d, const struct peer *p)
{
	(void)d;
	log_warnx("peer %s: revoked=yes", p->cfg.name);
}

static void
log_gone(struct vplamad *d, const struct peer *p)
{
	(void)d;
	log_info("peer %s: gone=yes", p->cfg.name);
}

static void
log_recursion(struct vplamad *d, const struct peer *p)
{
	char buf[ADDR_TEXT];

	(void)d;
	log_warnx("peer %s: the route to its endpoint %s leads into a device "
		  "of this node: what would go through the tunnel once more is "
		  "dropped; set bind-device, or mark and "
		  "its routing rule",
	    p->cfg.name, path_text(p, buf));
}

/* "10.1.0.0/16"; claims of our own gnode have no one prefix. */
static const char *
mesh_text(const struct prefix *p, char buf[static PREFIX_TEXT])
{
	if (p->bits == 0)
		return "our gnode";
	return prefix_format(p, buf);
}

static void
log_inside(struct vplamad *d, const struct peer *p)
{
	char at[ADDR_TEXT], mesh[PREFIX_TEXT];

	(void)d;
	log_warnx("peer %s: its endpoint %s is in %s, which the mesh has: no "
		  "tunnel goes there; see Endpoints in the mesh in "
		  "vplamad.conf(5)",
	    p->cfg.name, addr_format(&p->guard->ep, at),
	    mesh_text(&p->guard->mesh, mesh));
}

static void
log_unrouted(struct vplamad *d, const struct peer *p)
{
	char at[ADDR_TEXT], route[PREFIX_TEXT];

	(void)d;
	log_warnx("peer %s: its %s would cover the endpoint %s of another: "
		  "not routed",
	    p->cfg.name, prefix_format(&p->guard->route, route),
	    addr_format(&p->guard->covers, at));
}

static void
log_mesh_up(struct vplamad *d, const struct peer *p)
{
	(void)d, (void)p;
	log_info("mesh daemon: state=up");
}

static void
log_mesh_down(struct vplamad *d, const struct peer *p)
{
	(void)d, (void)p;
	log_info("mesh daemon: state=down");
}

/* "10.79.0.0/16, 10.80.0.0/16", as much of it as fits. */
static const char *
claims_text(const struct netdesc *desc, char *buf, size_t max)
{
	char one[CLAIM_TEXT];
	size_t len = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < desc->n_claims && len + CLAIM_TEXT < max; i++)
		len += (size_t)snprintf(buf + len, max - len, "%s%s",
		    i > 0 ? ", " : "",
		    claim_format(&desc->topo, &desc->claim[i], one));
	return buf;
}

static void
log_neg_state(struct vplamad *d, const struct peer *p)
{
	struct neg_link_view v;
	char text[512] = "unknown";

	if (p == NULL || !neg_show_link(negotiate_neg(&d->core), p->id, &v))
		return;
	if (v.desc != NULL)
		claims_text(v.desc, text, sizeof(text));
	log_info("peer %s: addresses=%s theirs=%s%s%s", p->cfg.name,
	    neg_state_name(v.state), text, v.why != 0 ? " why=" : "",
	    v.why != 0 ? neg_why_name(v.why) : "");
}

static void
log_neg_self(struct vplamad *d, const struct peer *p)
{
	struct neg_self_view v;
	char text[512];

	(void)p;
	neg_show_self(negotiate_neg(&d->core), &v, loop_turn(d->loop)->now);
	if (v.own != NULL)
		log_info("our gnode: addresses=%s epoch=%u stable=%s",
		    claims_text(v.own, text, sizeof(text)), v.own->epoch,
		    yes_no(v.stable));
}

/* RTTs change all the time: nothing for the log. */
static void (*const loggers[])(struct vplamad *d, const struct peer *p) = {
	[EV_PEER_STATE] = log_state,
	[EV_PEER_ENDPOINT] = log_endpoint,
	[EV_PEER_RTT] = NULL,
	[EV_PEER_SESSION] = log_session,
	[EV_PEER_DIAL] = log_dial,
	[EV_PEER_SILENT] = NULL, /* its death is logged */
	[EV_PEER_RECURSION] = log_recursion,
	[EV_PEER_INSIDE] = log_inside,
	[EV_PEER_UNROUTED] = log_unrouted,
	[EV_PEER_CLASS] = log_class,
	[EV_PEER_REVOKED] = log_revoked,
	[EV_PEER_GONE] = log_gone,
	[EV_MESH_UP] = log_mesh_up,
	[EV_MESH_DOWN] = log_mesh_down,
	[EV_NEG_STATE] = log_neg_state,
	[EV_NEG_DEMAND] = NULL, /* vplamad/place tells of each */
	[EV_NEG_MOVED] = log_neg_self,
	[EV_NEG_STABLE] = log_neg_self,
};

/* What somebody can cause whom nobody asked for is not logged. */
static bool
is_anybody(const struct peer *p)
{
	return p->origin == PEER_ADMITTED && !p->member;
}

/* By a monitor; and json-c finds the memory that it needs. */
static bool
is_heard(const struct vplamad *d)
{
	return d->ctlsock != NULL && ctlsock_has_monitors(d->ctlsock) &&
	    mem_has(EVENT_ROOM);
}

void
event_from_core(void *arg, enum core_event ev, const struct peer *p)
{
	struct vplamad *d = arg;
	struct json_object *o;
	struct node *n;

	if (loggers[ev] != NULL && (p == NULL || !is_anybody(p)))
		loggers[ev](d, p);
	/* a new session may be the first that takes what a device carries */
	if (ev == EV_PEER_STATE || ev == EV_PEER_SESSION || ev == EV_PEER_CLASS)
		d->live_changed = true;
	/* The core is in the middle of something: its names wait. */
	if ((ev == EV_PEER_DIAL || ev == EV_PEER_SILENT) &&
	    (n = node_by_id(d, p->id)) != NULL)
		node_look_soon(n, loop_turn(d->loop)->now);
	if (!is_heard(d))
		return;
	o = ctl_event(&d->ctl, ev, p, loop_turn(d->loop));
	ctlsock_broadcast(d->ctlsock, o);
	json_object_put(o);
}

void
event_stored(struct vplamad *d, const uint8_t (*key)[KEY_LEN], size_t n)
{
	struct json_object *o;

	if (!is_heard(d))
		return;
	o = ctl_event_stored(&d->ctl, key, n, loop_turn(d->loop));
	ctlsock_broadcast(d->ctlsock, o);
	json_object_put(o);
}
