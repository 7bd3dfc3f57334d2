/* Who is at an address? See core/ident.h. */
#include <json-c/json.h>

#include "core/ident.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"

struct json_object *
cmd_identity_ask(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	const char *why = NULL;
	uint32_t id = host->identity_ask(host->arg,
	    json_object_get_string(call_arg(call, "endpoint")), &why);
	struct json_object *o;

	if (id == 0)
		return call_fail(call, "refused", "identity.ask: %s", why);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", id);
	return o;
}

static const char *
state_name(enum ident_state state)
{
	static const char *const names[] = {
		[IDENT_FREE] = NULL,
		[IDENT_NAMES] = "looking-up",
		[IDENT_ASKING] = "asking",
		[IDENT_KNOWN] = "known",
		[IDENT_FAILED] = "failed",
	};

	return names[state];
}

struct json_object *
cmd_identity_answer(struct ctl_call *call)
{
	const struct ident_query *q = ident_find(call->ctl->core,
	    (uint32_t)json_object_get_int64(call_arg(call, "id")));
	char key[KEY_TEXT] = "", from[ADDR_TEXT] = "";
	struct json_object *o;

	if (q == NULL)
		return call_fail(call, "no-such-query",
		    "nobody is being asked under this id; answers are kept "
		    "for a minute");
	if (q->state == IDENT_KNOWN) {
		key_format(q->key, key);
		addr_format(&q->from, from);
	}
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_u64(o, "id", q->id);
	put_str(o, "state", state_name(q->state));
	put_text(o, "public_key", key);
	put_text(o, "endpoint", from);
	put_text(o, "why", q->why);
	return o;
}
