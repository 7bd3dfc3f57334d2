#include "base/counters.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"

static const char *
role_text(enum ctl_role role)
{
	return role == CTL_ADMIN ? "admin" : "read";
}

static struct json_object *
args_json(const struct ctl_arg *a)
{
	struct json_object *list = json_object_new_array();

	for (; a->name != NULL; a++) {
		struct json_object *o = json_object_new_object();

		put_str(o, "name", a->name);
		put_str(o, "type", ctl_type_text(a->type));
		put_bool(o, "needed", a->needed);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *
cmds_json(void)
{
	struct json_object *list = json_object_new_array();
	const struct ctl_cmd *cmd;
	size_t n;

	for (cmd = ctl_cmds(&n); n > 0; cmd++, n--) {
		struct json_object *o = json_object_new_object();

		put_str(o, "name", cmd->name);
		put_str(o, "role", role_text(cmd->role));
		put_str(o, "usage", cmd->usage);
		json_object_object_add(o, "args", args_json(cmd->args));
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *
cmd_hello(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *about = host->about(host->arg);
	struct json_object *o = json_object_new_object();
	struct json_object *version = NULL;

	put_u64(o, "version", CTL_VERSION);
	json_object_object_get_ex(about, "version", &version);
	json_object_object_add(o, "daemon", json_object_get(version));
	put_str(o, "role", role_text(call->role));
	json_object_object_add(o, "commands", cmds_json());
	json_object_put(about);
	return o;
}

static struct json_object *
counters_json(const struct counters *cnt)
{
	struct json_object *o = json_object_new_object();
	unsigned i;

	for (i = 0; i < CNT_MAX; i++)
		put_u64(o, counter_name((enum counter)i), cnt->v[i]);
	return o;
}

static struct json_object *
texts_json(void)
{
	struct json_object *o = json_object_new_object();
	unsigned i;

	for (i = 0; i < CNT_MAX; i++)
		put_str(o, counter_name((enum counter)i),
		    counter_text((enum counter)i));
	return o;
}

struct json_object *
cmd_counters(struct ctl_call *call)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(
	    o, "counters", counters_json(&call->ctl->core->cnt));
	if (json_object_get_boolean(call_arg(call, "describe")))
		json_object_object_add(o, "texts", texts_json());
	return o;
}

struct json_object *
cmd_monitor(struct ctl_call *call)
{
	struct json_object *o = json_object_new_object();

	call->monitor = true;
	put_u64(o, "version", CTL_VERSION);
	return o;
}

struct json_object *
cmd_reload(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *errors = json_object_new_array();

	bool good = host->reload(host->arg, errors);

	if (!good || json_object_array_length(errors) > 0) {
		call->details = errors;
		return good ? call_fail(call, "partly",
				  "the new configuration is in force but for "
				  "these peers")
			    : call_fail(call, "config",
				  "the new configuration has errors; the old "
				  "one stays");
	}
	json_object_put(errors);
	return json_object_new_object();
}

struct json_object *
cmd_stop(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;

	host->stop(host->arg);
	return json_object_new_object();
}
