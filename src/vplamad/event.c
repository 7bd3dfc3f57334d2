/* What the core reports: one line in the log, and the control's monitors. */
#include "vplamad/vplamad.h"

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
log_state(const struct peer *p)
{
	char buf[ADDR_TEXT];

	log_info("peer %s: state=%s endpoint=%s dialled=%s", p->cfg.name,
	    peer_state_name(p->state), path_text(p, buf), yes_no(p->dialled));
}

static void
log_endpoint(const struct peer *p)
{
	char buf[ADDR_TEXT];

	log_info("peer %s: endpoint=%s", p->cfg.name, path_text(p, buf));
}

static void
log_session(const struct peer *p)
{
	log_debug(
	    "peer %s: session=new dialled=%s", p->cfg.name, yes_no(p->dialled));
}

static void
log_dial(const struct peer *p)
{
	log_debug("peer %s: dial=%u", p->cfg.name, p->dial.tries);
}

static void
log_recursion(const struct peer *p)
{
	char buf[ADDR_TEXT];

	log_warnx("peer %s: the route to its endpoint %s leads into a device "
		  "of this node: what would go through the tunnel once more is "
		  "dropped; set mark and its routing rule",
	    p->cfg.name, path_text(p, buf));
}

static void
log_mesh_up(const struct peer *p)
{
	(void)p;
	log_info("mesh daemon: state=up");
}

static void
log_mesh_down(const struct peer *p)
{
	(void)p;
	log_info("mesh daemon: state=down");
}

/* RTTs change all the time: nothing for the log. */
static void (*const loggers[])(const struct peer *p) = {
	[EV_PEER_STATE] = log_state,
	[EV_PEER_ENDPOINT] = log_endpoint,
	[EV_PEER_RTT] = NULL,
	[EV_PEER_SESSION] = log_session,
	[EV_PEER_DIAL] = log_dial,
	[EV_PEER_RECURSION] = log_recursion,
	[EV_MESH_UP] = log_mesh_up,
	[EV_MESH_DOWN] = log_mesh_down,
};

void
event_from_core(void *arg, enum core_event ev, const struct peer *p)
{
	struct vplamad *d = arg;
	struct json_object *o;
	struct node *n;

	if (loggers[ev] != NULL)
		loggers[ev](p);
	/* a new session may be the first that takes what a device carries */
	if (ev == EV_PEER_STATE || ev == EV_PEER_SESSION)
		d->live_changed = true;
	/* The core is in the middle of something: its names wait. */
	if (ev == EV_PEER_DIAL && (n = node_by_id(d, p->id)) != NULL)
		n->dialled = true;
	if (d->ctlsock == NULL || !ctlsock_has_monitors(d->ctlsock))
		return;
	o = ctl_event(&d->ctl, ev, p, loop_turn(d->loop));
	ctlsock_broadcast(d->ctlsock, o);
	json_object_put(o);
}
