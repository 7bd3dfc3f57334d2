/* mtu: what a packet for a peer may measure, as a sum from body to line. */
#include "core/peer_send.h"
#include "core/session.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/l4.h"
#include "wire/msg.h"

static void
add(struct json_object *list, const char *what, size_t bytes)
{
	struct json_object *o = json_object_new_object();

	put_str(o, "what", what);
	put_u64(o, "bytes", bytes);
	json_object_array_add(list, o);
}

/* From the body to the wire; the parts add up to "line". */
static struct json_object *
sum_json(const struct peer *p, size_t body, size_t *ret_line)
{
	bool v4 = addr_is_v4(&p->path.remote);
	size_t ip = v4 ? IP4_HEAD : IP6_HEAD;
	struct json_object *list = json_object_new_array();
	uint8_t head[FRAME_HEAD];
	size_t pad = frame_write_head(head, FRAME_DATA, 0, body, body);

	add(list, "body of the frame", body);
	add(list, "head of the frame", FRAME_HEAD);
	add(list, "padding to 16", pad);
	add(list, "head and tag of the packet", DATA_HEAD + TAG_LEN);
	add(list, "UDP", UDP_HEAD);
	add(list, v4 ? "IPv4" : "IPv6", ip);
	*ret_line =
	    body + FRAME_HEAD + pad + DATA_HEAD + TAG_LEN + UDP_HEAD + ip;
	return list;
}

/* The largest MTU of a device whose packets, with a VLAN tag, go whole. */
static size_t
fitting(const struct fwd_port *port, size_t body)
{
	size_t head = port->cfg.ethernet ? ETH_HEAD + ETH_VLAN : 0;

	return body > head ? body - head : 0;
}

/* Does this device suit the path, and what if a packet does not fit? */
static struct json_object *
port_json(const struct ctl_call *call, unsigned no, size_t body)
{
	const struct fwd_port *port = call->ctl->core->port[no];
	const struct ctl_host *host = call->ctl->host;
	struct ctl_device dev = { .name = "", .kind = "" };
	struct json_object *o = json_object_new_object();
	size_t mtu = fitting(port, body);

	(void)host->device(host->arg, no, &dev);
	put_str(o, "name", dev.name);
	put_u64(o, "mtu", dev.mtu);
	put_u64(o, "fitting_mtu", mtu);
	put_bool(o, "fits", dev.mtu <= mtu);
	put_str(o, "carries", port->cfg.ethernet ? "ethernet" : "ip");
	put_str(o, "longer",
	    port->cfg.ethernet ? "goes in fragments"
			       : "is answered \"too big\" if it must not be "
				 "fragmented, else goes in fragments");
	return o;
}

static struct json_object *
ports_json(const struct ctl_call *call, const struct peer *p)
{
	struct json_object *list = json_object_new_array();
	const struct core *c = call->ctl->core;
	unsigned i;

	for (i = 0; i < c->n_port; i++)
		if (c->port[i] != NULL &&
		    (c->port[i]->cfg.peer == 0 ||
			c->port[i]->cfg.peer == p->id))
			json_object_array_add(
			    list, port_json(call, i, peer_mtu(c, p)));
	return list;
}

struct json_object *
cmd_mtu(struct ctl_call *call)
{
	const struct core *c = call->ctl->core;
	const struct peer *p = call_peer(call);
	const struct session *s;
	struct json_object *o;
	size_t line;

	if (p == NULL)
		return NULL;
	s = peer_session(p);
	if (s == NULL)
		return call_fail(call, "no-tunnel",
		    "%s has no tunnel: its path is not known", p->cfg.name);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", p->id);
	put_str(o, "name", p->cfg.name);
	put_u64(o, "ours", c->limits.mtu);
	put_u64(o, "agreed", s->mtu);
	put_u64(o, "body", peer_mtu(c, p));
	put_bool(o, "path_is_smaller", p->pmtu.size != 0);
	put_bool(o, "confirmed", p->pmtu.known_at.us != 0);
	if (p->pmtu.known_at.us != 0)
		put_u64(o, "confirmed_ago",
		    mono_since(p->pmtu.known_at, call->t->now) / MONO_SEC);
	json_object_object_add(o, "sum", sum_json(p, peer_mtu(c, p), &line));
	put_u64(o, "line", line);
	json_object_object_add(o, "ports", ports_json(call, p));
	return o;
}
