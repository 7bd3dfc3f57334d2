#include "ctl/neg.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/negotiate.h"
#include "ctl/json.h"
#include "neg/space.h"

static struct json_object *
claims_json(const struct topology *topo, const struct claim *c, unsigned n)
{
	struct json_object *list = json_object_new_array();
	char text[CLAIM_TEXT];
	unsigned i;

	for (i = 0; i < n; i++)
		json_object_array_add(list,
		    json_object_new_string(claim_format(topo, &c[i], text)));
	return list;
}

/* Hexadecimal: JSON numbers end at 53 bits for many readers. */
static void
put_netid(struct json_object *o, uint64_t netid)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, netid);
	put_str(o, "netid", text);
}

static void
put_desc(struct json_object *o, const struct netdesc *d)
{
	put_netid(o, d->netid);
	put_u64(o, "epoch", d->epoch);
	put_u64(o, "nodes", d->nodes);
	put_bool(o, "stable", (d->flags & NETDESC_STABLE) != 0);
	put_bool(o, "passive", (d->flags & NETDESC_PASSIVE) != 0);
	json_object_object_add(
	    o, "claims", claims_json(&d->topo, d->claim, d->n_claims));
}

struct json_object *
neg_self_json(const struct core *c, struct mono now)
{
	const struct neg *g = negotiate_neg(c);
	struct neg_self_view v;
	struct json_object *o;

	if (g == NULL)
		return NULL;
	neg_show_self(g, &v, now);
	if (v.own == NULL)
		return NULL;
	o = json_object_new_object();
	put_desc(o, v.own);
	put_str(o, "role", neg_role_name(v.role));
	put_u64(o, "moves_10_minutes", v.moves_10min);
	put_u64(o, "moves_24_hours", v.moves_24h);
	put_u64(o, "moves_30_days", v.moves_30d);
	put_u64(o, "hold_seconds",
	    mono_is_never(v.hold_until)
		? 0
		: mono_since(now, v.hold_until) / MONO_SEC);
	return o;
}

struct json_object *
neg_link_json(const struct core *c, const struct peer *p)
{
	const struct neg *g = negotiate_neg(c);
	struct neg_link_view v;
	struct json_object *o;

	if (g == NULL || !neg_show_link(g, p->id, &v))
		return NULL;
	o = json_object_new_object();
	put_str(o, "state", neg_state_name(v.state));
	put_bool(o, "initiator", v.initiator);
	if (v.desc != NULL)
		put_desc(o, v.desc);
	if (v.has_verdict) {
		put_str(o, "verdict", verdict_name(v.verdict.kind));
		put_str(o, "because", v.verdict.why);
	}
	if (v.why != 0) {
		put_str(o, "why", neg_why_name(v.why));
		put_bool(o, "said_by_peer", v.why_peer);
	}
	if (v.desc != NULL)
		json_object_object_add(o, "routes",
		    claims_json(&v.desc->topo, v.route, v.n_routes));
	return o;
}
