#include "ctl/ctl.h"

#include <stddef.h>

#include "ctl/json.h"
#include "ctl/neg.h"
#include "wire/ctlmsg.h"

static const char *
event_name(enum core_event ev)
{
	static const char *const names[] = {
		[EV_PEER_STATE] = "peer.state",
		[EV_PEER_ENDPOINT] = "peer.endpoint",
		[EV_PEER_RTT] = "peer.rtt",
		[EV_PEER_SESSION] = "peer.session",
		[EV_PEER_DIAL] = "peer.dial",
		[EV_PEER_SILENT] = "peer.silent",
		[EV_PEER_RECURSION] = "peer.recursion",
		[EV_PEER_INSIDE] = "peer.endpoint-refused",
		[EV_PEER_UNROUTED] = "peer.route-refused",
		[EV_PEER_CLASS] = "peer.class",
		[EV_PEER_REVOKED] = "peer.revoked",
		[EV_PEER_GONE] = "peer.gone",
		[EV_MESH_UP] = "mesh.up",
		[EV_MESH_DOWN] = "mesh.down",
		[EV_NEG_STATE] = "neg.state",
		[EV_NEG_DEMAND] = "neg.demand",
		[EV_NEG_MOVED] = "neg.moved",
		[EV_NEG_STABLE] = "neg.stable",
	};

	return names[ev];
}

static struct json_object *
peer_summary(const struct core *c, const struct peer *p)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "id", p->id);
	put_str(o, "name", p->cfg.name);
	put_peer_key(o, p);
	put_str(o, "state", peer_state_name(p->state));
	put_bool(o, "dialled", p->dialled);
	put_endpoint(o, p);
	put_u64(o, "rtt_us", p->rtt_us);
	put_u64(o, "initiations", p->dial.tries);
	json_object_object_add(o, "negotiation", neg_link_json(c, p));
	return o;
}

static struct json_object *
begin(const struct ctl *ctl, const char *name, const struct turn *t)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "version", CTL_VERSION);
	put_str(o, "event", name);
	put_u64(o, "time_ms", t->wall_ms);
	put_str(o, "network", ctl->core->network);
	return o;
}

struct json_object *
ctl_event(const struct ctl *ctl, enum core_event ev, const struct peer *p,
    const struct turn *t)
{
	struct json_object *o = begin(ctl, event_name(ev), t);

	if (ev == EV_NEG_MOVED || ev == EV_NEG_STABLE)
		json_object_object_add(
		    o, "negotiation", neg_self_json(ctl->core, t->now));
	if (p != NULL)
		json_object_object_add(o, "peer", peer_summary(ctl->core, p));
	return o;
}

struct json_object *
ctl_event_stored(const struct ctl *ctl, const uint8_t (*key)[KEY_LEN], size_t n,
    const struct turn *t)
{
	struct json_object *o = begin(ctl, "stored", t);
	struct json_object *keys = json_object_new_array();
	char text[KEY_TEXT];
	size_t i;

	for (i = 0; i < n; i++) {
		key_format(key[i], text);
		json_object_array_add(keys, json_object_new_string(text));
	}
	json_object_object_add(o, "keys", keys);
	return o;
}
