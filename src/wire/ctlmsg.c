#include "wire/ctlmsg.h"

#include <string.h>

/* The id comes first: a reply to what is wrong behind it can carry it. */
static const char *
take_id(struct json_object *v, struct ctl_req *ret)
{
	static const char why[] = "id must be an integer from 0 on";

	if (!json_object_is_type(v, json_type_int) ||
	    json_object_get_int64(v) < 0 ||
	    json_object_get_uint64(v) > INT64_MAX)
		return why;
	ret->id = json_object_get_int64(v);
	return NULL;
}

static const char *
take_cmd(struct json_object *v, struct ctl_req *ret)
{
	size_t len;

	if (!json_object_is_type(v, json_type_string))
		return "cmd must be there and a string";
	len = (size_t)json_object_get_string_len(v);
	if (len == 0 || len >= sizeof(ret->cmd) ||
	    strlen(json_object_get_string(v)) != len)
		return "cmd must be 1 to 31 bytes of text";
	memcpy(ret->cmd, json_object_get_string(v), len + 1);
	return NULL;
}

static const char *
take_args(struct json_object *v, struct ctl_req *ret)
{
	if (!json_object_is_type(v, json_type_object))
		return "args must be an object";
	ret->args = json_object_get(v);
	return NULL;
}

static const struct member {
	const char *name;
	bool needed;
	const char *(*take)(struct json_object *v, struct ctl_req *ret);
} members[] = {
	{ "id", false, take_id },
	{ "cmd", true, take_cmd },
	{ "args", false, take_args },
};
#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

static const char *
take_members(struct json_object *top, struct ctl_req *ret)
{
	size_t i, n = 0;

	for (i = 0; i < N_MEMBERS; i++) {
		struct json_object *v = NULL;
		const char *why;

		if (json_object_object_get_ex(top, members[i].name, &v))
			n++;
		else if (!members[i].needed)
			continue;
		why = members[i].take(v, ret);
		if (why != NULL)
			return why;
	}
	if ((size_t)json_object_object_length(top) != n)
		return "only id, cmd and args are known";
	return NULL;
}

static const char *
parse_error(enum json_tokener_error err)
{
	if (err == json_tokener_error_depth)
		return "nested too deep";
	if (err == json_tokener_continue)
		return "the line ends inside a value";
	return "not a line of JSON";
}

/* Returns what was wrong, or NULL and a value that the caller puts. */
static const char *
parse_line(const char *line, size_t len, struct json_object **ret)
{
	struct json_tokener *tok = json_tokener_new_ex(CTL_DEPTH_MAX);
	const char *why = NULL;

	if (tok == NULL)
		return "out of memory";
	json_tokener_set_flags(
	    tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*ret = json_tokener_parse_ex(tok, line, (int)len);
	if (json_tokener_get_error(tok) != json_tokener_success)
		why = parse_error(json_tokener_get_error(tok));
	else if (json_tokener_get_parse_end(tok) != len)
		why = "one object to a line, nothing behind it";
	else if (!json_object_is_type(*ret, json_type_object))
		why = "a request is an object";
	if (why != NULL)
		json_object_put(*ret);
	json_tokener_free(tok);
	return why;
}

bool
ctl_req_parse(
    const char *line, size_t len, struct ctl_req *ret, const char **ret_why)
{
	struct json_object *top;
	const char *why;

	*ret = (struct ctl_req){ 0 };
	*ret_why = "the line is too long";
	if (len >= CTL_LINE_MAX)
		return false;
	why = parse_line(line, len, &top);
	if (why == NULL) {
		why = take_members(top, ret);
		json_object_put(top);
	}
	if (why != NULL) {
		ctl_req_fini(ret);
		*ret_why = why;
		return false;
	}
	if (ret->args == NULL)
		ret->args = json_object_new_object();
	return true;
}

void
ctl_req_fini(struct ctl_req *req)
{
	json_object_put(req->args);
	req->args = NULL;
}

static struct json_object *
reply_new(int64_t id, bool ok)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "id", json_object_new_int64(id));
	json_object_object_add(o, "ok", json_object_new_boolean(ok));
	return o;
}

struct json_object *
ctl_reply(int64_t id, struct json_object *result)
{
	struct json_object *o = reply_new(id, true);

	json_object_object_add(o, "result", result);
	return o;
}

struct json_object *
ctl_error(int64_t id, const char *code, const char *text)
{
	struct json_object *o = reply_new(id, false);
	struct json_object *e = json_object_new_object();

	json_object_object_add(e, "code", json_object_new_string(code));
	json_object_object_add(e, "text", json_object_new_string(text));
	json_object_object_add(o, "error", e);
	return o;
}

struct json_object *
ctl_request(int64_t id, const char *cmd, struct json_object *args)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "id", json_object_new_int64(id));
	json_object_object_add(o, "cmd", json_object_new_string(cmd));
	if (args != NULL)
		json_object_object_add(o, "args", args);
	return o;
}
