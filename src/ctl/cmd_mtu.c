/* mtu: what a packet for a peer may measure, as a sum from body to line. */
#include "core/peer_send.h"
#include "core/session.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define UDP_HEAD 8
#define IPV4_HEAD 20
#define IPV6_HEAD 40

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
	size_t ip = v4 ? IPV4_HEAD : IPV6_HEAD;
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

/* What happens on this device to a packet that does not fit. */
static struct json_object *
port_json(const struct fwd_port *port, unsigned no)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "number", no);
	put_str(o, "carries", port->cfg.ethernet ? "ethernet" : "ip");
	put_str(o, "longer",
	    port->cfg.ethernet ? "goes in fragments"
			       : "is answered \"too big\" if it must not be "
				 "fragmented, else goes in fragments");
	return o;
}

static struct json_object *
ports_json(const struct core *c, const struct peer *p)
{
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; i < c->n_port; i++)
		if (c->port[i] != NULL &&
		    (c->port[i]->cfg.peer == 0 ||
			c->port[i]->cfg.peer == p->id))
			json_object_array_add(list, port_json(c->port[i], i));
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
	json_object_object_add(o, "ports", ports_json(c, p));
	return o;
}
