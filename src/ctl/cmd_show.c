#include "core/exchange.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "ctl/neg.h"
#include "wire/ctlmsg.h"

/* A reply has to fit into what the control socket lets wait for a client. */
#define PEERS_PAGE 100

static struct json_object *
suites_json(uint8_t suites)
{
	struct json_object *list = json_object_new_array();
	unsigned s;

	for (s = 0; s < SUITE_MAX; s++)
		if ((suites & 1u << s) != 0)
			json_object_array_add(
			    list, json_object_new_string(suite_text(s)));
	return list;
}

/* Who may have a tunnel, and how many nobody configured there may be. */
static void
put_trust(struct json_object *o, const struct core *c)
{
	const struct trust_config *tc = exchange_trust(c);

	if (tc == NULL)
		return;
	put_str(o, "trust", trust_mode_name(tc->mode));
	put_u64(o, "max_peers", tc->max_peers);
}

static struct json_object *
node_json(const struct core *c)
{
	struct json_object *o = json_object_new_object();

	put_key(o, "public_key", c->id.ed_pk);
	put_key(o, "handshake_key", c->id.x_pk);
	put_str(o, "network", c->network);
	json_object_object_add(o, "suites", suites_json(c->aead.suites));
	put_u64(o, "mtu", c->limits.mtu);
	put_bool(o, "mesh_connected", c->mesh_up);
	put_trust(o, c);
	return o;
}

/* One page of peers but those on trial, those with greater ids than after;
 * *ret_more: not all. */
static struct json_object *
peers_json(const struct ctl_call *call, const struct peer *only, uint32_t after,
    bool *ret_more)
{
	struct json_object *list = json_object_new_array();
	const struct core *c = call->ctl->core;
	const struct peer *p;

	*ret_more = false;
	TAILQ_FOREACH (p, &c->peers, link) {
		if ((only != NULL && only != p) || p->id <= after ||
		    peer_is_trial(p))
			continue;
		if (json_object_array_length(list) == PEERS_PAGE) {
			*ret_more = true;
			break;
		}
		json_object_array_add(list, peer_json(c, p, call->t->now));
	}
	return list;
}

struct json_object *
cmd_show(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	const struct peer *only = NULL;
	struct json_object *o, *peers;
	uint32_t after;
	bool more;

	if (call_arg(call, "peer") != NULL) {
		only = call_peer(call);
		if (only == NULL)
			return NULL;
	}
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(o, "daemon", host->about(host->arg));
	json_object_object_add(o, "node", node_json(call->ctl->core));
	json_object_object_add(
	    o, "negotiation", neg_self_json(call->ctl->core, call->t->now));
	json_object_object_add(o, "devices", devices_json(call));
	after = (uint32_t)json_object_get_int64(call_arg(call, "after"));
	peers = peers_json(call, only, after, &more);
	json_object_object_add(o, "peers", peers);
	put_bool(o, "more", more);
	return o;
}
