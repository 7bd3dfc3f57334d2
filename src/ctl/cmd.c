#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/counters.h"
#include "ctl/call.h"
#include "wire/ctlmsg.h"

static const struct ctl_cmd cmds[] = {
	{ "hello", CTL_READ, cmd_hello, "version, and the list of commands",
	    { { 0 } } },
	{ "show", CTL_READ, cmd_show, "this node and its peers, or one of them",
	    { { "peer", ARG_PEER, false }, { "after", ARG_ID, false } } },
	{ "counters", CTL_READ, cmd_counters, "what happened how often",
	    { { "describe", ARG_BOOL, false } } },
	{ "macs", CTL_READ, cmd_macs, "addresses learned, and behind whom",
	    { { "after", ARG_STRING, false } } },
	{ "routes", CTL_READ, cmd_routes, "prefixes, and who has them",
	    { { "after", ARG_STRING, false } } },
	{ "explain", CTL_READ, cmd_explain, "why a peer is in the state it is",
	    { { "peer", ARG_PEER, true } } },
	{ "mtu", CTL_READ, cmd_mtu,
	    "how long a packet to a peer may be, and why",
	    { { "peer", ARG_PEER, true } } },
	{ "monitor", CTL_READ, cmd_monitor, "events from now on, a line each",
	    { { 0 } } },
	{ "rehook.list", CTL_READ, cmd_rehook_list,
	    "who wanted us to move, and what became of it", { { 0 } } },
	{ "rehook.plan", CTL_READ, cmd_rehook_plan,
	    "who would move for whom, and to what",
	    { { "peer", ARG_PEER, true } } },
	{ "rehook.approve", CTL_ADMIN, cmd_rehook_approve,
	    "move, as a demand wants it", { { "id", ARG_ID, true } } },
	{ "rehook.refuse", CTL_ADMIN, cmd_rehook_refuse,
	    "do not move for a demand", { { "id", ARG_ID, true } } },
	{ "entry.list", CTL_READ, cmd_entry_list,
	    "vnodes that we have heard of",
	    { { "after", ARG_STRING, false } } },
	{ "entry.self", CTL_READ, cmd_entry_self,
	    "what we tell others of us, and our URI", { { 0 } } },
	{ "entry.sources", CTL_READ, cmd_entry_sources,
	    "the entry lists, and how each is", { { 0 } } },
	{ "entry.audit", CTL_READ, cmd_entry_audit,
	    "what each list says beside what we measured", { { 0 } } },
	{ "entry.add", CTL_ADMIN, cmd_entry_add, "tell of a vnode by its URI",
	    { { "uri", ARG_STRING, true }, { "from", ARG_STRING, false } } },
	{ "entry.fetch", CTL_ADMIN, cmd_entry_fetch, "get the entry lists now",
	    { { 0 } } },
	{ "entry.revoke", CTL_ADMIN, cmd_entry_revoke,
	    "spread the word that a key must not be used any more",
	    { { "revocation", ARG_STRING, true } } },
	{ "identity.ask", CTL_ADMIN, cmd_identity_ask,
	    "ask who is at an address which key it has",
	    { { "endpoint", ARG_STRING, true } } },
	{ "identity.answer", CTL_READ, cmd_identity_answer,
	    "what became of that", { { "id", ARG_ID, true } } },
	{ "peers.add", CTL_ADMIN, cmd_peers_add, "add a peer until restart",
	    { { "name", ARG_STRING, true }, { "public_key", ARG_STRING, true },
		{ "endpoints", ARG_STRINGS, false } } },
	{ "peers.del", CTL_ADMIN, cmd_peers_del, "remove a peer until restart",
	    { { "peer", ARG_PEER, true } } },
	{ "reload", CTL_ADMIN, cmd_reload, "read the configuration again",
	    { { 0 } } },
	{ "stop", CTL_ADMIN, cmd_stop, "say goodbye to all peers and end",
	    { { 0 } } },
};
#define N_CMDS (sizeof(cmds) / sizeof(cmds[0]))

const struct ctl_cmd *
ctl_cmds(size_t *ret_n)
{
	*ret_n = N_CMDS;
	return cmds;
}

struct json_object *
call_fail(struct ctl_call *call, const char *code, const char *fmt, ...)
{
	va_list ap;

	call->code = code;
	va_start(ap, fmt);
	vsnprintf(call->text, sizeof(call->text), fmt, ap);
	va_end(ap);
	return NULL;
}

struct json_object *
call_arg(const struct ctl_call *call, const char *name)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(call->args, name, &v);
	return v;
}

/* A text without NUL bytes: the rest of the daemon takes C strings. */
static bool
is_text(struct json_object *v)
{
	return json_object_is_type(v, json_type_string) &&
	    strlen(json_object_get_string(v)) ==
	    (size_t)json_object_get_string_len(v);
}

static bool
is_bool(struct json_object *v)
{
	return json_object_is_type(v, json_type_boolean);
}

static bool
is_id(struct json_object *v)
{
	return json_object_is_type(v, json_type_int) &&
	    json_object_get_int64(v) >= 0 &&
	    json_object_get_int64(v) <= UINT32_MAX;
}

static bool
is_peer(struct json_object *v)
{
	return is_text(v) || is_id(v);
}

static bool
is_texts(struct json_object *v)
{
	size_t i;

	if (!json_object_is_type(v, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(v); i++)
		if (!is_text(json_object_array_get_idx(v, i)))
			return false;
	return true;
}

static const struct arg_type {
	bool (*is)(struct json_object *v);
	const char *name;
} arg_types[] = {
	[ARG_STRING] = { is_text, "a string" },
	[ARG_BOOL] = { is_bool, "true or false" },
	[ARG_ID] = { is_id, "an id, a whole number" },
	[ARG_PEER] = { is_peer, "a name, an id or a public key" },
	[ARG_STRINGS] = { is_texts, "an array of strings" },
};

const char *
ctl_type_text(enum ctl_type type)
{
	return arg_types[type].name;
}

static const struct ctl_arg *
arg_find(const struct ctl_cmd *cmd, const char *name)
{
	const struct ctl_arg *a;

	for (a = cmd->args; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

/* Every argument is known and of its type; none that is needed lacks. */
static bool
args_ok(struct ctl_call *call, const struct ctl_cmd *cmd)
{
	const struct ctl_arg *a;

	json_object_object_foreach(call->args, name, v)
	{
		a = arg_find(cmd, name);
		if (a == NULL) {
			call_fail(call, "unknown-argument",
			    "%s takes no argument %.64s", cmd->name, name);
			return false;
		}
		if (!arg_types[a->type].is(v)) {
			call_fail(call, "bad-argument", "%s: %s must be %s",
			    cmd->name, name, arg_types[a->type].name);
			return false;
		}
	}
	for (a = cmd->args; a->name != NULL; a++) {
		if (a->needed && call_arg(call, a->name) == NULL) {
			call_fail(call, "missing-argument",
			    "%s needs the argument %s", cmd->name, a->name);
			return false;
		}
	}
	return true;
}

static struct json_object *
run(struct ctl_call *call, const char *name)
{
	const struct ctl_cmd *cmd;

	for (cmd = cmds; cmd < cmds + N_CMDS; cmd++)
		if (strcmp(cmd->name, name) == 0)
			break;
	if (cmd == cmds + N_CMDS)
		return call_fail(call, "unknown-command",
		    "there is no command %s; hello lists them", name);
	if (cmd->role > call->role)
		return call_fail(call, "forbidden",
		    "%s is for administrators: root, the daemon's user",
		    cmd->name);
	if (!args_ok(call, cmd))
		return NULL;
	return cmd->run(call);
}

/* Takes over call->details. */
static struct json_object *
error_reply(int64_t id, struct ctl_call *call)
{
	struct json_object *reply = ctl_error(id, call->code, call->text);
	struct json_object *err = json_object_object_get(reply, "error");

	count(&call->ctl->core->cnt, CNT_ctl_bad);
	if (call->details != NULL)
		json_object_object_add(err, "details", call->details);
	return reply;
}

struct json_object *
ctl_dispatch(const struct ctl *ctl, enum ctl_role role, const char *line,
    size_t len, struct turn *t, bool *ret_monitor)
{
	struct ctl_call call = { .ctl = ctl, .role = role, .t = t };
	struct json_object *result = NULL;
	struct ctl_req req;
	const char *why;

	*ret_monitor = false;
	if (!ctl_req_parse(line, len, &req, &why)) {
		call_fail(&call, "format", "%s", why);
		return error_reply(req.id, &call);
	}
	call.args = req.args;
	result = run(&call, req.cmd);
	*ret_monitor = call.monitor;
	ctl_req_fini(&req);
	if (result == NULL)
		return error_reply(req.id, &call);
	return ctl_reply(req.id, result);
}
