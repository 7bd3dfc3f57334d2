/* Who should move for whom: rehook.list, .plan, .approve, .refuse. */
#include "core/negotiate.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "ctl/neg.h"
#include "neg/space.h"
#include "wire/ctlmsg.h"

static const struct neg *
negotiation(struct ctl_call *call)
{
	const struct neg *g = negotiate_neg(call->ctl->core);

	if (g == NULL)
		call_fail(call, "no-negotiation",
		    "this node negotiates no addresses");
	return g;
}

static void
put_claim(struct json_object *o, const char *name, const struct topology *topo,
    const struct claim *c)
{
	char text[CLAIM_TEXT];

	put_str(o, name, claim_format(topo, c, text));
}

static void
put_why(struct json_object *o, const char *name, uint8_t why)
{
	if (why == 0)
		json_object_object_add(o, name, NULL);
	else
		put_str(o, name, neg_why_name(why));
}

static struct json_object *
demand_json(const struct ctl_call *call, const struct demand_view *v)
{
	const struct peer *p = core_peer_by_id(call->ctl->core, v->peer);
	struct json_object *o = json_object_new_object();

	put_u64(o, "id", v->id);
	put_key(o, "public_key", v->key);
	if (p != NULL)
		put_str(o, "peer", p->cfg.name);
	else
		json_object_object_add(o, "peer", NULL);
	put_u64(o, "age_seconds", mono_since(v->at, call->t->now) / MONO_SEC);
	put_claim(o, "claim", v->topo, &v->from);
	put_str(o, "state", demand_state_name(v->state));
	put_why(o, "why", v->why);
	return o;
}

struct json_object *
cmd_rehook_list(struct ctl_call *call)
{
	const struct neg *g = negotiation(call);
	struct json_object *o, *list;
	struct demand_view v;
	unsigned i;

	if (g == NULL)
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	for (i = 0; neg_show_demand(g, i, &v); i++)
		json_object_array_add(list, demand_json(call, &v));
	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(o, "demands", list);
	return o;
}

/* Without names for roles: who it is from here. */
static const char *
mover_text(enum mover who, bool initiator)
{
	if (who == MOVE_T)
		return "third-party";
	if (who == MOVE_NOBODY)
		return "nobody";
	return (who == MOVE_I) == initiator ? "us" : "peer";
}

static void
put_otherwise(struct json_object *o, const struct neg_plan *plan)
{
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; i < plan->n_otherwise; i++)
		json_object_array_add(
		    list, json_object_new_string(plan->otherwise[i]));
	json_object_object_add(o, "otherwise", list);
}

struct json_object *
cmd_rehook_plan(struct ctl_call *call)
{
	const struct neg *g = negotiation(call);
	const struct peer *p = g != NULL ? call_peer(call) : NULL;
	struct neg_link_view link;
	struct neg_plan plan;
	struct json_object *o;

	if (p == NULL)
		return NULL;
	if (!neg_show_link(g, p->id, &link) || link.desc == NULL ||
	    !neg_plan(g, p->id, call->t->now, &plan))
		return call_fail(call, "no-descriptor",
		    "%s has not said where its gnode is, or we do not know "
		    "where ours is",
		    p->cfg.name);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", p->id);
	put_str(o, "name", p->cfg.name);
	put_str(o, "verdict", verdict_name(plan.verdict.kind));
	put_str(o, "because", plan.verdict.why);
	put_str(o, "who", mover_text(plan.verdict.who, link.initiator));
	put_u64(o, "nodes", plan.nodes);
	put_bool(o, "of_itself", plan.gate_open);
	put_why(o, "why_not", plan.why_not);
	put_bool(o, "person", plan.person);
	if (plan.demand != 0)
		put_u64(o, "demand", plan.demand);
	else
		json_object_object_add(o, "demand", NULL);
	put_u64(o, "free", plan.n_free);
	put_otherwise(o, &plan);
	if (plan.has_to) {
		put_claim(o, "from", &link.desc->topo, &plan.from);
		put_claim(o, "to", &link.desc->topo, &plan.to);
	}
	return o;
}

static struct json_object *
decide(struct ctl_call *call,
    bool (*fn)(struct core *c, uint32_t id, struct turn *t))
{
	uint32_t id = (uint32_t)json_object_get_int64(call_arg(call, "id"));
	struct json_object *o;

	if (negotiation(call) == NULL)
		return NULL;
	if (!fn(call->ctl->core, id, call->t))
		return call_fail(call, "no-such-demand",
		    "no demand %u waits; rehook.list has all", id);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", id);
	return o;
}

struct json_object *
cmd_rehook_approve(struct ctl_call *call)
{
	return decide(call, negotiate_approve);
}

struct json_object *
cmd_rehook_refuse(struct ctl_call *call)
{
	return decide(call, negotiate_refuse);
}
